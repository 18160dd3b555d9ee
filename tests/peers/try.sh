#!/usr/bin/env bash
# A carrier and softphones to try Outpace with, on this machine alone: nobody is called. Debian: sip-tester, baresip-core,
# sox, espeak-ng (`bash tests/install.sh` installs them). docs/first-campaign.md uses it.
#   try.sh open DIR            a campaign folder may be dialed at any hour, with a list of made-up numbers
#   try.sh carrier             people who pick up and say hello, where outpace.toml's example trunk points
#   try.sh phone NAME SECRET   a softphone that registers as this agent and answers by itself
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sip=${OUTPACE_SIP:-127.0.0.1:5060}
work=${TMPDIR:-/tmp}/outpace-try
mkdir -p "$work"

sounds() {
    [ -f "$work/peers/.made" ] && return
    cp -rT "$here" "$work/peers"
    bash "$work/peers/media/make_media.sh" >/dev/null
    sox "$work/peers/media/agent.wav" "$work/peers/media/agent_long.wav" repeat 200
    touch "$work/peers/.made"
}

case "${1:-}" in
open)
    dir=${2:?the campaign folder}
    [ -f "$dir/campaign.toml" ] || { echo "$dir has no campaign.toml" >&2; exit 1; }
    python3 - "$dir/campaign.toml" <<'PY'
import re, sys
path = sys.argv[1]
text = open(path, encoding="utf-8").read()
days = "".join(f'{day} = "00:00-24:00"\n' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
text = re.sub(r"\[hours\].*?(?=\n\[)", f'[hours]               # for trying only\nzone = "Asia/Shanghai"\n{days}', text, flags=re.S)
text = re.sub(r'region = ".*?"', 'region = "CN"', text, count=1)
text = re.sub(r'regions = \[.*?\]', 'regions = ["CN"]', text, count=1)
text = re.sub(r'profile = ".*?"', 'profile = "cn_default"', text, count=1)
text = re.sub(r'(caller_id|callback_number) = ".*?"', r'\1 = "+862155550100"', text)
open(path, "w", encoding="utf-8").write(text)
PY
    {
        echo "phone,name,lang"
        for n in $(seq 0 99); do
            names=("Ann Lee" "王芳" "Ben Ortiz" "李伟" "Carla Jones" "張敏")
            langs=(en zh-Hans en zh-Hans en zh-Hant)
            printf '+861990000%04d,%s,%s\n' "$n" "${names[n % 6]}" "${langs[n % 6]}"
        done
    } >"$dir/leads.sample.csv"
    echo "$dir may be dialed at any hour now; its list is $dir/leads.sample.csv"
    ;;
carrier)
    sounds
    echo "A carrier on 127.0.0.1:5070: everybody picks up. Ctrl-C ends it."
    cd "$work/peers"
    exec sipp -sf sipp/uas_human.xml -i 127.0.0.1 -p 5070 -mi 127.0.0.1 -mp 16000 -ci 127.0.0.1 -bind_local -nostdin -aa >"$work/carrier.log" 2>&1
    ;;
phone)
    name=${2:?the agent}; secret=${3:?the softphone secret}
    sounds
    slot=$(($(printf '%s' "$name" | cksum | cut -d' ' -f1) % 400))
    folder=$work/phone-$name
    mkdir -p "$folder/rec"
    for file in config accounts; do
        sed -e "s|@NAME@|$name|g" -e "s|@PASSWORD@|$secret|g" -e "s|@REGISTRAR@|$sip|g" \
            -e "s|@SIP_PORT@|$((15200 + slot * 2))|g" -e "s|@CTL_PORT@|$((16400 + slot))|g" \
            -e "s|@RTP_PORTS@|$((17000 + slot * 4))-$((17003 + slot * 4))|g" \
            -e "s|@WAV@|$work/peers/media/agent_long.wav|g" -e "s|@REC@|$folder/rec|g" \
            "$here/baresip/$file.template" >"$folder/$file"
    done
    echo "A softphone registers at $sip as $name and answers by itself. Ctrl-C ends it; its words are in $folder/log."
    exec baresip -f "$folder" </dev/null >"$folder/log" 2>&1
    ;;
*)
    sed -n '2,6s/^# //p' "$0"
    exit 2
    ;;
esac
