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
# The pages' tests: a browser, its driver, letters for Chinese, and axe-core (below).
need chromium chromium
need chromedriver chromium-driver
need npm npm
ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || packages+=(fonts-noto-cjk)
[ -z "${OUTPACE_PICTURES:-}" ] || need pngquant pngquant
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
# axe-core looks at the pages for what people with disabilities would stumble over. Fetched, not kept with the source.
axe="${CARGO_TARGET_DIR:-$(dirname "$0")/../target}/axe-core"
if [ ! -f "$axe/package/axe.min.js" ]; then
    mkdir -p "$axe"
    (cd "$axe" && npm pack --silent axe-core@4 >/dev/null && tar -xzf axe-core-4*.tgz)
fi
