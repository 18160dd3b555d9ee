//! Strangers: garbage, mutated messages, floods, forged tags. Nothing panics, nothing grows, nothing is amplified.

#[path = "sip/torture.rs"]
mod torture;
#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::scan::{Scratch, scan};
use outpace::sip::*;
use outpace::words::{LegId, Moment};
use proptest::prelude::*;
use std::time::Duration;
use wire::*;

fn samples() -> Vec<Vec<u8>> {
    use torture::*;
    let mut all = vec![
        wsinv(),
        intmeth(),
        esc01(),
        escnull(),
        esc02(),
        lwsdisp(),
        longreq(),
        dblreq(),
        semiuri(),
        transports(),
        mpart01(),
        unreason(),
        noreason(),
        badinv01(),
        scalar02(),
        quotbal(),
        regbadct(),
        invut(),
        regaut01(),
        inv2543(),
        zeromf(),
    ];
    // Everything that two of our stacks say to each other in a call, a challenge and a registration.
    let mut w = World::pair(61);
    w.at(DIALER).add_user("agent0", &UserSecret::Password("pw".into()));
    let now = w.now;
    let account = Account {
        id: AccountId(1),
        registrar: addr(DIALER),
        domain: "10.0.0.1".into(),
        user: "agent0".into(),
        password: "pw".into(),
        expires: Duration::from_secs(60),
    };
    w.at(CARRIER).register(now, account);
    w.invite(1, "15550100");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).ring(now, call.leg);
    w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8000"));
    w.settle();
    let now = w.now;
    w.at(DIALER).hang_up(now, LegId(1));
    w.settle();
    all.extend(w.log.iter().map(|(_, _, t)| t.clone().into_bytes()));
    all
}

/// A stack in the middle of a call, with a trunk, a user and an account.
fn busy() -> World {
    let mut w = World::pair(62);
    w.at(DIALER).add_user("agent0", &UserSecret::Password("pw".into()));
    w.invite(1, "15550100");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8000"));
    w.settle();
    w
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_scanned_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = scan(&bytes, &mut Scratch::default());
        let _ = sdp::parse(&bytes);
    }

    #[test]
    fn mutated_messages_never_panic_a_busy_stack(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..6), 0..12),
    ) {
        let all = samples();
        let mut bytes = all[which.index(all.len())].clone();
        for (at, value, kind) in edits {
            if bytes.is_empty() { break; }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = value,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, value),
                3 => bytes.truncate(at),
                4 => { let tail = bytes[at..].to_vec(); bytes.extend(tail); }
                _ => { bytes.splice(at..at, *b"\r\n,;<>\"=:@"); }
            }
        }
        let mut w = busy();
        for from in [CARRIER, "10.0.0.99:5060"] {
            w.inject_bytes(from, DIALER, &bytes);
            w.run(100);
        }
        // The stack still works.
        w.invite(2, "15550101");
        w.settle();
        prop_assert_eq!(w.incoming(CARRIER).to, "15550101");
    }

    #[test]
    fn lines_of_one_message_in_another_never_panic(
        a in any::<prop::sample::Index>(),
        b in any::<prop::sample::Index>(),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..8),
    ) {
        let all = samples();
        let split = |m: &[u8]| m.split_inclusive(|&c| c == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (mut into, from) = (split(&all[a.index(all.len())]), split(&all[b.index(all.len())]));
        for (at, pick) in picks {
            let at = at.index(into.len());
            into[at] = from[pick.index(from.len())].clone();
        }
        let mut w = busy();
        w.inject_bytes(CARRIER, DIALER, &into.concat());
        w.run(100);
    }

    #[test]
    fn descriptions_are_read_and_answered_without_panic(lines in prop::collection::vec(
        prop::sample::select(vec![
            "v=0", "c=IN IP4 10.0.0.1", "c=IN IP6 ::1", "c=IN IP4 0.0.0.0", "m=audio 4000 RTP/AVP 0 8 101", "m=audio 0 RTP/AVP 0",
            "m=video 9 RTP/AVP 31", "m=audio 4000 RTP/AVP 255 -1 999 96", "a=rtpmap:96 PCMA/8000", "a=sendonly", "a=inactive",
            "a=ptime:99999999999", "a=rtpmap:", "m=", "a=fmtp:101 0-15", "m=audio 70000 RTP/AVP 0", "b=AS:64", "", "x",
        ]), 0..14)) {
        let text = format!("v=0\r\n{}", lines.join("\r\n"));
        if let Ok(offer) = sdp::parse(text.as_bytes())
            && let Ok((at, media)) = sdp::read_offer(&offer, &[Codec::Pcmu, Codec::Pcma])
        {
            let mut out = Vec::new();
            let local = sdp::Local { addr: addr("10.0.0.9:4000"), codecs: &[Codec::Pcmu], session_id: 1, version: 1 };
            sdp::answer(&mut out, &offer, at, &media, &local);
            let again = sdp::parse(&out).unwrap();
            prop_assert_eq!(again.lines.len(), offer.lines.len(), "as many lines as the offer (RFC 3264 section 6)");
        }
    }
}

#[test]
fn a_flood_of_strangers_gets_few_small_answers_and_leaves_no_state() {
    let mut w = busy();
    let before = w.at(DIALER).stats();
    let sent_before: usize = w.log.len();
    let (mut bytes_in, mut count) = (0, 0);
    for i in 0..20_000u32 {
        let from = format!("198.51.{}.{}:5060", i % 100, i % 250);
        let method = ["INVITE", "REGISTER", "OPTIONS", "BYE", "SUBSCRIBE"][i as usize % 5];
        let text = format!(
            "{method} sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{i};rport\r\nFrom: <sip:100@10.0.0.1>;\
             tag={i}\r\nTo: <sip:100@10.0.0.1>\r\nCall-ID: {i}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\
             User-Agent: friendly-scanner\r\nContact: <sip:100@{from}>\r\nContent-Length: 0\r\n\r\n"
        );
        bytes_in += text.len();
        count += 1;
        w.now = w.now + Duration::from_micros(50);
        let now = w.now;
        w.at(DIALER).receive(now, Transport::Udp, addr(&from), text.as_bytes());
        w.flush();
    }
    let answers: Vec<usize> = w.log[sent_before..].iter().map(|(_, _, t)| t.len()).collect();
    assert!(answers.len() <= 2_050, "{} answers to {count} messages in a second", answers.len());
    assert!(answers.iter().sum::<usize>() * 2 < bytes_in * 3);
    let after = w.at(DIALER).stats();
    assert_eq!(
        (after.legs, after.server_transactions),
        (before.legs, before.server_transactions),
        "no state for strangers"
    );
    assert!(after.silenced > 0);
    // Calls go on.
    w.invite(2, "15550101");
    w.settle();
    assert_eq!(w.incoming(CARRIER).to, "15550101");
}

#[test]
fn an_answer_to_a_stranger_is_at_most_half_as_long_again() {
    for method in ["INVITE", "REGISTER", "OPTIONS", "BYE", "FOO"] {
        for padding in [0, 50, 400] {
            let mut w = World::new(&[DIALER], 63);
            let text = format!(
                "{method} sip:a@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>\n\
                 Call-ID: c\nCSeq: 1 {method}\nX: {}\n\n",
                "x".repeat(padding)
            );
            w.inject("192.0.2.66:5060", DIALER, &text);
            for (_, _, answer) in &w.log {
                let asked = text.replace('\n', "\r\n").len();
                assert!(answer.len() * 100 <= asked * 150, "{method}: {} to {asked}", answer.len());
            }
        }
    }
}

#[test]
fn keep_alives_and_rubbish_are_silence() {
    let mut w = World::new(&[DIALER], 64);
    for bytes in [b"\r\n\r\n".as_slice(), b"\0", b"", b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0\r\n\r\n", &[0xff; 65_000]] {
        w.inject_bytes("192.0.2.66:5060", DIALER, bytes);
    }
    assert!(w.log.is_empty());
    assert_eq!(w.now, Moment::from_millis(1000));
}

#[test]
fn limits_of_headers_vias_and_uris() {
    let head = |extra: &str| {
        format!(
            "OPTIONS sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\n\
             To: <sip:us@10.0.0.1>\nCall-ID: c\nCSeq: 1 OPTIONS\n{extra}\n"
        )
    };
    let code = |text: &str| {
        let mut w = lone_dialer(65, |_| {});
        w.inject(CARRIER, DIALER, text);
        w.sent(DIALER).last().map(|l| l.split(' ').nth(1).unwrap().to_owned())
    };
    assert_eq!(code(&head("")), Some("200".into()));
    assert_eq!(code(&head(&"X: y\n".repeat(122))), Some("200".into()));
    assert_eq!(code(&head(&"X: y\n".repeat(130))), Some("513".into()));
    assert_eq!(code(&head(&format!("X: {}\nY: z\n", "y".repeat(17_000)))), Some("513".into()));
    assert_eq!(code(&head(&"Via: SIP/2.0/UDP h\n".repeat(69))), Some("200".into()));
    assert_eq!(code(&head(&"Via: SIP/2.0/UDP h\n".repeat(70))), Some("400".into()));
    let long = head("").replace("sip:us@10.0.0.1 SIP", &format!("sip:{}@10.0.0.1 SIP", "u".repeat(2050)));
    assert_eq!(code(&long), Some("414".into()));
}
