#!/usr/bin/env bash
# Installs what the tests need and is missing: carriers, softphones, sounds, a PostgreSQL. Debian, as root.
set -euo pipefail
packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
need sipp sip-tester
need baresip baresip-core
need sox sox
need espeak-ng espeak-ng
need python3 python3
need curl curl
need g++ g++
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages+=(postgresql)
if [ ${#packages[@]} -gt 0 ]; then
    echo "installing: ${packages[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        echo "as root, please: apt-get install ${packages[*]}" >&2
        exit 1
    fi
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"
fi
