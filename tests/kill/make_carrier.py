#!/usr/bin/env python3
"""Writes the SIPp scenario of the kill tests' carrier: quick people, so that a kill every two seconds meets every stage.

The last two digits dialled choose: 00-54 a person who picks up, listens and hangs up late; 55-64 a person who rings
long; 65-69 a person who hangs up early; 70-77 busy; 78-84 nobody answers; 85-89 no such number (404); 90-94 congestion
(503); 95-97 nothing after 100; 98-99 picks up at once, even while we cancel.
No sound: the campaign listens to nobody (AMD is off), and the recorder hears the agents.
"""
import sys

RESPONSE = """SIP/2.0 {line}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
{more}Content-Length: {length}

{body}"""
TAG = ";tag=carrier-[pid]-[call_number]"
CONTACT = "Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n"
SDP = """v=0
o=carrier 1000[call_number] 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 8 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=sendrecv
"""
BYE = """BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From:[$dlg_us]{tag}
To:[$dlg_them]
[last_Call-ID:]
CSeq: 900 BYE
Max-Forwards: 70
Content-Length: 0

""".replace("{tag}", TAG)


def send(text, retrans=False):
    again = ' retrans="500"' if retrans else ""
    return f"<send{again}>\n<![CDATA[\n{text}\n]]>\n</send>\n"


def respond(line, tag=True, more="", body="", retrans=False):
    length = "[len]" if body else "0"
    if body:
        more = CONTACT + "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\nContent-Type: application/sdp\n" + more
    return send(RESPONSE.format(line=line, tag=TAG if tag else "", more=more, length=length, body=body), retrans)


def pause(low, high):
    return f'<pause distribution="uniform" min="{low}" max="{high}"/>\n'


def refused(label, line, low, high, more=""):
    return (
        f'<label id="{label}"/>\n' + pause(low, high) + respond(line, more=more, retrans=True)
        + '<recv request="ACK" crlf="true"/>\n<nop next="end"/>\n'
    )


def person(label, ring, talk):
    return (
        f'<label id="{label}"/>\n' + respond("180 Ringing", more=CONTACT) + pause(*ring)
        + '<nop><action><assign assign_to="answered" value="1"/></action></nop>\n'
        + respond("200 OK", body=SDP, retrans=True) + '<recv request="ACK" crlf="true"/>\n' + pause(*talk)
        + send(BYE, True) + '<recv response="200" crlf="true" optional="true" next="end"/>\n'
        + '<recv response="481" crlf="true" next="end"/>\n<nop next="end"/>\n'
    )


PARTS = [(55, "person"), (65, "slow"), (70, "early"), (78, "busy"), (85, "noanswer"), (90, "invalid"), (95, "congested"), (98, "silent")]


def scenario():
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="kill_carrier">\n']
    out.append('<recv request="CANCEL" optional="global" next="cancelled"/>\n<recv request="BYE" optional="global" next="got_bye"/>\n')
    out.append('<recv request="OPTIONS" optional="true" next="pinged"/>\n')
    out.append('<recv request="INVITE" rrs="true" crlf="true">\n<action>\n')
    for header, name in [("CSeq", "icseq"), ("Via", "ivia"), ("From", "dlg_them"), ("To", "dlg_us")]:
        out.append(f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>\n')
    out.append('<ereg regexp="^INVITE sip:[+0-9]*([0-9][0-9])@" search_in="msg" check_it="false" assign_to="whole,last2"/>\n')
    out.append('<todouble assign_to="n" variable="last2"/>\n')
    for below, name in PARTS:
        out.append(f'<test assign_to="is{below}" variable="n" compare="less_than" value="{below}"/>\n')
    out.append("</action>\n</recv>\n" + respond("100 Trying", tag=False))
    for below, name in PARTS:
        out.append(f'<nop test="is{below}" next="{name}"/>\n')
    out.append('<nop next="atonce"/>\n')
    out.append(person("person", (100, 1500), (9000, 20000)))
    out.append(person("slow", (2000, 6000), (9000, 20000)))
    out.append(person("early", (100, 800), (50, 2500)))
    out.append(refused("busy", "486 Busy Here", 50, 400))
    out.append('<label id="noanswer"/>\n' + respond("180 Ringing", more=CONTACT) + pause(60000, 60000)
               + respond("480 Temporarily Unavailable", retrans=True) + '<recv request="ACK" crlf="true"/>\n<nop next="end"/>\n')
    out.append(refused("invalid", "404 Not Found", 20, 200))
    out.append(refused("congested", "503 Service Unavailable", 20, 100, "Retry-After: 2\n"))
    out.append('<label id="silent"/>\n' + pause(60000, 60000) + '<nop next="end"/>\n')
    out.append(person("atonce", (0, 20), (9000, 20000)))
    out.append('<label id="got_bye"/>\n' + respond("200 OK", tag=False) + '<nop next="end"/>\n')
    # A CANCEL after the answer changes nothing (RFC 3261 section 9.2): the 200 is repeated until its ACK comes.
    # A CANCEL for a call that is over, or never came.
    out.append('<label id="cancelled"/>\n<nop test="icseq" next="known"/>\n'
               + respond("481 Call/Transaction Does Not Exist", tag=False) + '<nop next="end"/>\n')
    out.append('<label id="known"/>\n' + respond("200 OK", tag=False) + '<nop test="answered" next="late"/>\n')
    out.append(send(
        "SIP/2.0 487 Request Terminated\nVia:[$ivia]\n[last_From:]\n[last_To:]" + TAG
        + "\n[last_Call-ID:]\nCSeq:[$icseq]\nContent-Length: 0\n", True))
    out.append('<recv request="ACK" crlf="true"/>\n<nop next="end"/>\n')
    out.append('<label id="late"/>\n' + send(
        "SIP/2.0 200 OK\nVia:[$ivia]\n[last_From:]\n[last_To:]" + TAG + "\n[last_Call-ID:]\nCSeq:[$icseq]\n" + CONTACT
        + "Content-Type: application/sdp\nContent-Length: [len]\n\n" + SDP, True))
    out.append('<recv request="ACK" crlf="true"/>\n' + pause(9000, 20000) + send(BYE, True)
               + '<recv response="200" crlf="true" optional="true" next="end"/>\n<recv response="481" crlf="true" next="end"/>\n')
    out.append('<label id="pinged"/>\n' + respond("200 OK", tag=False) + '<nop next="end"/>\n')
    out.append('<label id="end"/>\n<timewait milliseconds="4000"/>\n<Reference variables="answered,ivia,icseq,dlg_us,dlg_them,whole"/>\n</scenario>\n')
    return "".join(out)


if __name__ == "__main__":
    sys.stdout.write(scenario())
