#!/bin/sh
# Makes the prompts of the shipped campaigns with a synthetic voice: 8 kHz mono mu-law WAV, at most 60 kB each.
# Needs espeak-ng and sox. NAME.wav is English, NAME.zh-Hans.wav Chinese. For real calls, record a human voice.
set -eu
cd "$(dirname "$0")"

# speak VOICE WORDS_PER_MINUTE FILE TEXT
speak() {
    espeak-ng -v "$1" -s "$2" -w /tmp/outpace_prompt_$$.wav "$4"
    sox -D /tmp/outpace_prompt_$$.wav -r 8000 -c 1 -e mu-law "$3" gain -3 highpass 200 norm -4 silence 1 0.02 0.2% reverse silence 1 0.02 0.2% pad 0 0.1 reverse pad 0 0.1
    rm -f /tmp/outpace_prompt_$$.wav
    bytes=$(wc -c <"$3")
    if [ "$bytes" -gt 60000 ]; then
        echo "$3 has $bytes bytes; at most 60000 are wanted: say it shorter" >&2
        exit 1
    fi
}
en() { speak en-us 190 "$1/prompts/$2.wav" "$3"; }
zh() { speak cmn 260 "$1/prompts/$2.zh-Hans.wav" "$3"; }

en telesales abandoned "This is Clear Spring, 2 1 2, 5 5 5, 0 1 0 0. Sorry for the call. Press 9 to opt out."
zh telesales abandoned "这里是清泉公司，电话二一二五五五零一零零。抱歉打扰，拒接请按九。"

en template abandoned "This is Example Seller, 2 1 2, 5 5 5, 0 1 0 0. Sorry for the call. Press 9 to opt out."
zh template abandoned "这里是示例公司，电话二一二五五五零一零零。抱歉打扰，拒接请按九。"

en reminder abandoned "This is Green Street Dental, 2 1 2, 5 5 5, 0 1 5 0. Please call us. Press 9 to opt out."
zh reminder abandoned "这里是绿街牙科，电话二一二五五五零一五零。请回电，拒接请按九。"
en reminder welcome "Hello. This is Green Street Dental, 2 1 2, 5 5 5, 0 1 5 0, with a reminder of your appointment."
zh reminder welcome "您好，这里是绿街牙科，电话二一二五五五零一五零。提醒您有一个预约。"
en reminder menu "Press 1 to confirm, 2 for another time, or 9 for no more calls."
zh reminder menu "确认请按一，改时间请按二，不再接听请按九。"
en reminder again "Sorry, that was not understood. Press 1 to confirm, 2 for another time, or 9 for no more calls."
zh reminder again "抱歉，没有听清。确认请按一，改时间请按二，不再接听请按九。"
en reminder confirmed "Thank you. Your appointment is confirmed. Good-bye."
zh reminder confirmed "谢谢，您的预约已确认。再见。"
en reminder another_time "We will call you again to find another time. Good-bye."
zh reminder another_time "我们会再打给您，另约时间。再见。"
en reminder no_more_calls "You will get no more calls from us. Good-bye."
zh reminder no_more_calls "我们不会再打给您。再见。"
en reminder goodbye "Good-bye."
zh reminder goodbye "再见。"

day() {
    en reminder "day_$1" "On $2."
    zh reminder "day_$1" "$3。"
}
day mon Monday 星期一
day tue Tuesday 星期二
day wed Wednesday 星期三
day thu Thursday 星期四
day fri Friday 星期五
day sat Saturday 星期六

hour() {
    en reminder "hour_$1" "At $2."
    zh reminder "hour_$1" "$3。"
}
hour 09 "9 A M" 上午九点
hour 10 "10 A M" 上午十点
hour 11 "11 A M" 上午十一点
hour 12 "noon" 中午十二点
hour 13 "1 P M" 下午一点
hour 14 "2 P M" 下午两点
hour 15 "3 P M" 下午三点
hour 16 "4 P M" 下午四点
hour 17 "5 P M" 下午五点
