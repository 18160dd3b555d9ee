//! Mistakes that other SIP stacks made, one test each. The carrier is played by hand, message by message.

#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::*;
use outpace::words::LegId;
use wire::*;

const CONTACT: &str = "Contact: <sip:gw@10.0.0.2:5060>\r\n";

fn calling() -> World {
    let mut w = lone_dialer(41, |t| (t.user, t.password) = ("us".into(), "pw".into()));
    w.invite(1, "15550100");
    w
}

fn say(w: &mut World, request: &str, code: u16, tag: &str, headers: &str, body: &str) {
    w.inject(CARRIER, DIALER, &response_to(request, code, tag, headers, body));
}

fn up() -> World {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 200, "t1", CONTACT, SDP);
    w
}

fn hang_up(w: &mut World) {
    let now = w.now;
    w.at(DIALER).hang_up(now, LegId(1));
    w.flush();
}

/// A request of the carrier within the dialog that our INVITE made.
fn request(w: &World, method: &str, cseq: u32, headers: &str, body: &str) -> String {
    let invite = w.last_sent(DIALER, "INVITE");
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{method}{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: {};tag=t1\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n{headers}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        header(&invite, "To"),
        header(&invite, "From"),
        header(&invite, "Call-ID"),
        body.len()
    )
}

#[test]
fn cancel_of_an_early_call_repeats_the_invites_to_without_tag_and_its_branch() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 183, "early", CONTACT, "");
    hang_up(&mut w);
    let cancel = w.last_sent(DIALER, "CANCEL");
    for name in ["Via", "From", "To", "Call-ID"] {
        assert_eq!(header(&cancel, name), header(&invite, name), "{name}");
    }
    assert_eq!(header(&cancel, "CSeq"), "1 CANCEL");
    assert_eq!(cancel.split(' ').nth(1), invite.split(' ').nth(1));
    say(&mut w, &cancel, 200, "x", "", "");
    say(&mut w, &invite, 487, "early", "", "");
    let ack = w.last_sent(DIALER, "ACK");
    assert!(header(&ack, "To").ends_with("tag=early"));
    assert_eq!(header(&ack, "Via"), header(&invite, "Via"), "the ACK to a refusal is part of its transaction");
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
}

#[test]
fn bye_goes_to_the_contact_of_the_answer_over_its_record_route() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    let headers = "Contact: <sip:gw@10.0.0.9:5066;x=y>\r\nRecord-Route: <sip:10.0.0.8;lr>, <sip:10.0.0.7:5070;lr>\r\n";
    say(&mut w, &invite, 200, "t1", headers, SDP);
    let ack = w.last_sent(DIALER, "ACK");
    assert!(ack.starts_with("ACK sip:gw@10.0.0.9:5066;x=y SIP/2.0"), "{ack}");
    hang_up(&mut w);
    let bye = w.last_sent(DIALER, "BYE");
    assert!(bye.starts_with("BYE sip:gw@10.0.0.9:5066;x=y SIP/2.0"), "{bye}");
    let routes: Vec<&str> = bye.lines().filter(|l| l.starts_with("Route")).collect();
    assert_eq!(routes, ["Route: <sip:10.0.0.7:5070;lr>", "Route: <sip:10.0.0.8;lr>"], "reversed");
    let to = w.log.iter().rev().find(|(_, _, t)| t.starts_with("BYE")).unwrap().1;
    assert_eq!(to, addr("10.0.0.7:5070"), "loose routing: the first route is the next hop");
    assert_eq!(header(&bye, "CSeq"), "2 BYE");
}

#[test]
fn of_several_challenges_the_strongest_that_we_know() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    let challenges = "Proxy-Authenticate: Digest realm=\"c\", nonce=\"1\", algorithm=AKAv1-MD5\r\n\
        Proxy-Authenticate: Digest realm=\"c\", nonce=\"2\", algorithm=MD5, qop=\"auth\", Digest realm=\"c\", nonce=\"3\", \
        algorithm=SHA-256, qop=\"auth,auth-int\", opaque=\"o\"\r\nProxy-Authenticate: Basic realm=\"c\"\r\n";
    say(&mut w, &invite, 407, "t", challenges, "");
    let again = w.last_sent(DIALER, "INVITE");
    let answer = header(&again, "Proxy-Authorization");
    assert!(answer.contains("nonce=\"3\"") && answer.contains("algorithm=SHA-256") && answer.contains("qop=auth,"));
    assert!(answer.contains("opaque=\"o\"") && answer.contains("nc=00000001"), "{answer}");
    assert_eq!(header(&again, "Call-ID"), header(&invite, "Call-ID"));
    assert_eq!(header(&again, "CSeq"), "2 INVITE");
    assert_ne!(header(&again, "Via"), header(&invite, "Via"));
    let invites = w.told(DIALER, 1).iter().filter(|e| matches!(e, CallEvent::InviteSent { .. })).count();
    assert_eq!(invites, 1);
    say(&mut w, &again, 407, "t", "Proxy-Authenticate: Digest realm=\"c\", nonce=\"4\"\r\n", "");
    let end = CallEvent::Refused { code: 407, q850: None, retry_after: None, why: Refusal::Credentials };
    assert_eq!(w.ends(DIALER, 1), [end], "the same password again would not help");
}

#[test]
fn a_stale_nonce_is_answered_once_more() {
    let mut w = calling();
    for nonce in ["1", "2"] {
        let invite = w.last_sent(DIALER, "INVITE");
        let line = format!("WWW-Authenticate: Digest realm=\"c\", nonce=\"{nonce}\", qop=\"auth\", stale=TRUE\r\n");
        say(&mut w, &invite, 401, "t", &line, "");
        assert!(header(&w.last_sent(DIALER, "INVITE"), "Authorization").contains(&format!("nonce=\"{nonce}\"")));
    }
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 401, "t", "WWW-Authenticate: Digest realm=\"c\", nonce=\"3\", stale=true\r\n", "");
    assert_eq!(w.ends(DIALER, 1).len(), 1, "but not for ever");
}

#[test]
fn credentials_go_to_no_stranger_and_to_no_other_realm() {
    // Somebody who can see the branch, at another address.
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    let challenge = "WWW-Authenticate: Digest realm=\"c\", nonce=\"1\"\r\n";
    w.inject("66.6.6.6:5060", DIALER, &response_to(&invite, 401, "t", challenge, ""));
    assert!(!w.log.iter().any(|(_, _, t)| t.contains("Authorization")));
    assert_eq!(w.ends(DIALER, 1).len(), 1);
    // The trunk itself, with a realm that is not its own.
    let mut w = lone_dialer(42, |t| {
        (t.user, t.password) = ("us".into(), "pw".into());
        t.realm = Some("c".into());
    });
    w.invite(1, "15550100");
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 407, "t", "Proxy-Authenticate: Digest realm=\"evil\", nonce=\"1\"\r\n", "");
    assert!(!w.log.iter().any(|(_, _, t)| t.contains("Authorization")));
    // After one realm was met, it stays the only one.
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 401, "t", challenge, "");
    w.invite(2, "15550101");
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 401, "t", "WWW-Authenticate: Digest realm=\"other\", nonce=\"1\"\r\n", "");
    assert_eq!(w.ends(DIALER, 2).len(), 1);
}

#[test]
fn forged_responses_are_refused_before_anything_is_touched() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    let branch = header(&invite, "Via").split("branch=z9hG4bK").nth(1).unwrap().to_owned();
    for i in 0..32 {
        let mut forged: Vec<char> = branch.chars().collect();
        forged[i] = if forged[i] == 'a' { 'b' } else { 'a' };
        let forged: String = forged.into_iter().collect();
        let text = response_to(&invite.replace(&branch, &forged), 200, "t1", CONTACT, SDP);
        w.inject(CARRIER, DIALER, &text);
    }
    assert_eq!(w.at(DIALER).stats().forged, 32);
    assert_eq!(w.told(DIALER, 1).len(), 1, "only InviteSent");
}

#[test]
fn the_ack_to_a_200_is_repeated_when_the_200_is() {
    let mut w = up();
    let invite = w.last_sent(DIALER, "INVITE");
    assert_eq!(w.count_sent(DIALER, "ACK"), 1);
    for _ in 0..3 {
        say(&mut w, &invite, 200, "t1", CONTACT, SDP);
    }
    assert_eq!(w.count_sent(DIALER, "ACK"), 4);
    let answers = w.told(DIALER, 1).iter().filter(|e| matches!(e, CallEvent::Answered { .. })).count();
    assert_eq!(answers, 1);
}

#[test]
fn two_200s_to_a_forked_invite_the_second_is_acknowledged_and_ended() {
    let mut w = up();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 200, "fork2", "Contact: <sip:gw2@10.0.0.3:5060>\r\n", SDP);
    let (ack, bye) = (w.last_sent(DIALER, "ACK"), w.last_sent(DIALER, "BYE"));
    assert!(ack.starts_with("ACK sip:gw2@10.0.0.3:5060") && header(&ack, "To").ends_with("tag=fork2"), "{ack}");
    assert!(bye.starts_with("BYE sip:gw2@10.0.0.3:5060") && header(&bye, "To").ends_with("tag=fork2"), "{bye}");
    say(&mut w, &invite, 200, "fork2", "Contact: <sip:gw2@10.0.0.3:5060>\r\n", SDP);
    assert_eq!((w.count_sent(DIALER, "ACK"), w.count_sent(DIALER, "BYE")), (3, 1));
    assert!(w.ends(DIALER, 1).is_empty(), "the first call goes on");
    hang_up(&mut w);
    assert!(header(&w.last_sent(DIALER, "BYE"), "To").ends_with("tag=t1"));
}

#[test]
fn a_redirection_is_followed_once_and_only_to_the_same_number() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 302, "t", "Contact: <sip:15550100@10.0.0.5:5080>\r\n", "");
    let again = w.last_sent(DIALER, "INVITE");
    assert!(again.starts_with("INVITE sip:15550100@10.0.0.5:5080"), "{again}");
    assert_eq!(w.log.last().unwrap().1, addr("10.0.0.5:5080"));
    w.inject(
        "10.0.0.5:5080",
        DIALER,
        &response_to(&again, 401, "t", "WWW-Authenticate: Digest realm=\"c\", nonce=\"1\"\r\n", ""),
    );
    assert!(!w.log.iter().any(|(_, _, t)| t.contains("Authorization")), "the trunk's password is the trunk's");
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 302, "t", "Contact: <sip:190055501@10.0.0.5:5080>\r\n", "");
    assert!(matches!(w.ends(DIALER, 1)[0], CallEvent::Refused { code: 302, .. }), "the gate passed another number");
}

#[test]
fn comma_joined_vias_come_back_in_order_with_received_and_rport_on_the_first() {
    let mut w = lone_dialer(43, |_| {});
    w.inject(
        "10.0.0.2:5099",
        DIALER,
        "OPTIONS sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 192.168.1.1:5060;branch=z9hG4bKa;rport, SIP/2.0/UDP b.example;\
         branch=z9hG4bKb,SIP/2.0/UDP c.example;branch=z9hG4bKc\nVia: SIP/2.0/UDP d.example\nFrom: <sip:a@b>;tag=1\n\
         To: <sip:us@10.0.0.1>\nCall-ID: v\nCSeq: 1 OPTIONS\nMax-Forwards: 9\n\n",
    );
    let answer = w.last_sent(DIALER, "SIP/2.0 200");
    let vias: Vec<&str> = answer.lines().filter(|l| l.starts_with("Via")).collect();
    assert_eq!(vias.len(), 4);
    assert!(
        vias[0].contains("branch=z9hG4bKa") && vias[0].contains("rport=5099") && vias[0].contains("received=10.0.0.2")
    );
    assert!(vias[1].contains("b.example") && vias[2].contains("c.example") && vias[3].contains("d.example"));
    assert_eq!(w.log.last().unwrap().1, addr("10.0.0.2:5099"));
}

#[test]
fn a_latin_1_byte_in_a_display_name_cuts_nothing() {
    let mut w = lone_dialer(44, |_| {});
    let mut text = b"INVITE sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKl\r\n\
        From: \"Jos\xe9\" <sip:jose@10.0.0.2>;tag=1\r\nTo: <sip:us@10.0.0.1>\r\nCall-ID: l\r\nCSeq: 1 INVITE\r\n\
        Max-Forwards: 70\r\nContact: <sip:jose@10.0.0.2>\r\nContent-Type: application/sdp\r\n"
        .to_vec();
    text.extend_from_slice(format!("Content-Length: {}\r\n\r\n{SDP}", SDP.len()).as_bytes());
    w.inject_bytes(CARRIER, DIALER, &text);
    let call = w.incoming(DIALER);
    assert_eq!(call.from, "jose");
    assert!(call.media.is_some(), "headers and body after the byte were read");
}

#[test]
fn an_unknown_method_is_405_and_a_body_with_binary_bytes_is_left_alone() {
    let mut w = lone_dialer(45, |_| {});
    let mut text = b"MESSAGE sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKl\r\n\
        From: <sip:a@10.0.0.2>;tag=1\r\nTo: <sip:us@10.0.0.1>\r\nCall-ID: l\r\nCSeq: 1 MESSAGE\r\nContent-Length: 6\r\n\r\n"
        .to_vec();
    text.extend_from_slice(b"\x00\xff\r\n\r\n");
    w.inject_bytes(CARRIER, DIALER, &text);
    let answer = w.last_sent(DIALER, "SIP/2.0 405");
    assert!(header(&answer, "Allow").contains("INVITE"));
}

#[test]
fn a_retransmitted_request_is_answered_alike_and_done_once() {
    let mut w = up();
    let bye = request(&w, "BYE", 1, "Reason: Q.850;cause=16;text=\"bye\"\r\n", "");
    for _ in 0..4 {
        w.inject(CARRIER, DIALER, &bye);
    }
    let answers: Vec<_> =
        w.log.iter().filter(|(_, _, t)| t.starts_with("SIP/2.0 200")).map(|(_, _, t)| t.clone()).collect();
    assert_eq!(answers.len(), 4);
    assert!(answers.iter().all(|a| a == &answers[0]));
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Peer, q850: Some(16) }]);
}

#[test]
fn requests_out_of_order_or_in_dialogs_long_gone() {
    let mut w = up();
    let late = request(&w, "INFO", 5, "", "");
    w.inject(CARRIER, DIALER, &late);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 200"));
    let early = request(&w, "INFO", 4, "", "");
    w.inject(CARRIER, DIALER, &early);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 500"));
    let wrong = request(&w, "BYE", 6, "", "").replace("tag=t1", "tag=other");
    w.inject(CARRIER, DIALER, &wrong);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 481"));
    let bye = request(&w, "BYE", 7, "", "");
    w.inject(CARRIER, DIALER, &bye);
    let again = request(&w, "INFO", 8, "", "");
    w.inject(CARRIER, DIALER, &again);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 481"));
}

#[test]
fn a_merged_request_is_a_loop() {
    let mut w = lone_dialer(46, |_| {});
    let text = |branch: &str| {
        format!(
            "INVITE sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch={branch}\nFrom: <sip:a@10.0.0.2>;tag=1\n\
             To: <sip:us@10.0.0.1>\nCall-ID: l\nCSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:a@10.0.0.2>\n\n"
        )
    };
    w.inject(CARRIER, DIALER, &text("z9hG4bKone"));
    w.inject(CARRIER, DIALER, &text("z9hG4bKtwo"));
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 482"));
}

#[test]
fn hold_resume_and_an_offer_that_we_cannot_take() {
    let mut w = up();
    let held = SDP.replace("a=rtpmap", "a=sendonly\r\na=rtpmap");
    let reinvite = request(&w, "INVITE", 1, CONTACT, &held);
    w.inject(CARRIER, DIALER, &reinvite);
    let answer = w.last_sent(DIALER, "SIP/2.0 200");
    assert!(answer.contains("a=recvonly\r\n"), "{answer}");
    let Some(CallEvent::MediaChanged { media }) = w.told(DIALER, 1).last().cloned() else { panic!() };
    assert!(!media.direction.sends());
    w.inject(CARRIER, DIALER, &request(&w, "ACK", 1, "", ""));
    w.run(5000);
    assert_eq!(w.count_sent(DIALER, "SIP/2.0 200"), 1, "acknowledged: not repeated");
    let other = SDP.replace("RTP/AVP 8 101", "RTP/AVP 18");
    w.inject(CARRIER, DIALER, &request(&w, "INVITE", 2, CONTACT, &other));
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 488"));
    w.inject(CARRIER, DIALER, &request(&w, "UPDATE", 3, CONTACT, SDP));
    let Some(CallEvent::MediaChanged { media }) = w.told(DIALER, 1).last().cloned() else { panic!() };
    assert!(media.direction.sends(), "resumed by UPDATE");
    assert!(w.ends(DIALER, 1).is_empty());
}

#[test]
fn a_reinvite_without_offer_gets_ours_and_the_answer_in_the_ack_counts() {
    let mut w = up();
    w.inject(CARRIER, DIALER, &request(&w, "INVITE", 1, CONTACT, ""));
    let answer = w.last_sent(DIALER, "SIP/2.0 200");
    assert!(answer.contains("m=audio 7000 RTP/AVP 0 8 101"), "{answer}");
    w.inject(CARRIER, DIALER, &request(&w, "ACK", 1, "", &SDP.replace("8000 RTP", "8444 RTP")));
    let Some(CallEvent::MediaChanged { media }) = w.told(DIALER, 1).last().cloned() else { panic!() };
    assert_eq!(media.remote.port(), 8444);
}

#[test]
fn a_200_without_a_codec_of_ours_is_acknowledged_and_ended() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 200, "t1", CONTACT, &SDP.replace("RTP/AVP 8 101", "RTP/AVP 18"));
    assert_eq!((w.count_sent(DIALER, "ACK"), w.count_sent(DIALER, "BYE")), (1, 1));
    let end = CallEvent::Refused { code: 488, q850: None, retry_after: None, why: Refusal::NoMedia };
    assert_eq!(w.ends(DIALER, 1), [end]);
}

#[test]
fn a_200_without_sdp_after_a_183_with_it() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 183, "t1", CONTACT, SDP);
    say(&mut w, &invite, 200, "t1", CONTACT, "");
    assert!(matches!(w.told(DIALER, 1).last(), Some(CallEvent::Answered { media }) if media.codec == Codec::Pcma));
}

#[test]
fn a_reliable_provisional_is_acknowledged_once() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    let reliable = format!("{CONTACT}Require: 100rel\r\nRSeq: 988\r\n");
    say(&mut w, &invite, 183, "t1", &reliable, SDP);
    say(&mut w, &invite, 183, "t1", &reliable, SDP);
    let prack = w.last_sent(DIALER, "PRACK");
    assert_eq!(header(&prack, "RAck"), "988 1 INVITE");
    assert_eq!(w.count_sent(DIALER, "PRACK"), 1);
    say(&mut w, &prack, 200, "t1", "", "");
    say(&mut w, &invite, 200, "t1", CONTACT, SDP);
    assert_eq!(header(&w.last_sent(DIALER, "ACK"), "CSeq"), "1 ACK");
}

#[test]
fn a_required_extension_that_we_lack_is_named() {
    let mut w = lone_dialer(47, |_| {});
    w.inject(
        CARRIER,
        DIALER,
        "INVITE sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKr\nFrom: <sip:a@10.0.0.2>;tag=1\n\
         To: <sip:us@10.0.0.1>\nCall-ID: l\nCSeq: 1 INVITE\nMax-Forwards: 70\nRequire: 100rel, timer\n\n",
    );
    assert_eq!(header(&w.last_sent(DIALER, "SIP/2.0 420"), "Unsupported"), "100rel");
}

#[test]
fn session_timers_422_refresh_and_expiry() {
    // 422 raises the interval once.
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    assert_eq!(header(&invite, "Session-Expires"), "1800");
    say(&mut w, &invite, 422, "t", "Min-SE: 3600\r\n", "");
    let again = w.last_sent(DIALER, "INVITE");
    assert_eq!(header(&again, "Session-Expires"), "3600");
    // We refresh at half time; nobody answers; the call is over.
    let headers = format!("{CONTACT}Session-Expires: 120;refresher=uac\r\nRequire: timer\r\nAllow: INVITE, UPDATE\r\n");
    say(&mut w, &again, 200, "t1", &headers, SDP);
    w.run(59_000);
    assert_eq!(w.count_sent(DIALER, "UPDATE"), 0);
    w.run(2_000);
    let update = w.last_sent(DIALER, "UPDATE");
    assert_eq!(header(&update, "Session-Expires"), "120;refresher=uac");
    say(&mut w, &update, 200, "t1", "Session-Expires: 120;refresher=uac\r\n", "");
    w.run(61_000);
    assert!(w.ends(DIALER, 1).is_empty());
    w.run(40_000);
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Network, q850: None }]);
    assert!(w.count_sent(DIALER, "BYE") >= 1);
}

#[test]
fn the_other_end_refreshes_or_the_call_ends() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 200, "t1", &format!("{CONTACT}Session-Expires: 90;refresher=uas\r\n"), SDP);
    w.run(50_000);
    w.inject(
        CARRIER,
        DIALER,
        &request(&w, "UPDATE", 1, "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n", ""),
    );
    let answer = w.last_sent(DIALER, "SIP/2.0 200");
    assert_eq!(header(&answer, "Session-Expires"), "90;refresher=uac");
    w.inject(CARRIER, DIALER, &request(&w, "UPDATE", 2, "Session-Expires: 30\r\nSupported: timer\r\n", ""));
    assert_eq!(header(&w.last_sent(DIALER, "SIP/2.0 422"), "Min-SE"), "90");
    w.run(50_000);
    assert!(w.ends(DIALER, 1).is_empty());
    w.run(15_000);
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Network, q850: None }]);
}

#[test]
fn a_refresh_by_reinvite_where_update_is_not_known_and_glare_waits() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 200, "t1", &format!("{CONTACT}Session-Expires: 120;refresher=uac\r\nAllow: INVITE\r\n"), SDP);
    w.run(61_000);
    let reinvite = w.last_sent(DIALER, "INVITE");
    assert!(header(&reinvite, "To").ends_with("tag=t1") && header(&reinvite, "CSeq") == "2 INVITE");
    w.inject(CARRIER, DIALER, &request_of(&reinvite, "INVITE", 1));
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 491"), "both at once");
    say(&mut w, &reinvite, 491, "t1", "", "");
    w.run(4_500);
    let again = w.last_sent(DIALER, "INVITE");
    assert_eq!(header(&again, "CSeq"), "3 INVITE");
    say(&mut w, &again, 200, "t1", &format!("{CONTACT}Session-Expires: 120;refresher=uac\r\n"), SDP);
    assert_eq!(header(&w.last_sent(DIALER, "ACK"), "CSeq"), "3 ACK");
    assert!(w.ends(DIALER, 1).is_empty());
}

/// A re-INVITE of the carrier in the dialog of ours.
fn request_of(ours: &str, method: &str, cseq: u32) -> String {
    format!(
        "{method} sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKglare\r\nMax-Forwards: 70\r\n\
         From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n{CONTACT}Content-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{SDP}",
        header(ours, "To"),
        header(ours, "From"),
        header(ours, "Call-ID"),
        SDP.len()
    )
}

#[test]
fn a_200_of_ours_without_ack_is_repeated_then_ended_and_leaves_nothing_behind() {
    let mut w = lone_dialer(48, |_| {});
    w.inject(
        CARRIER,
        DIALER,
        &format!(
            "INVITE sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKr\nFrom: <sip:a@10.0.0.2>;tag=1\n\
             To: <sip:us@10.0.0.1>\nCall-ID: l\nCSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:a@10.0.0.2>\n\
             Content-Type: application/sdp\nContent-Length: {}\n\n{SDP}",
            SDP.len()
        ),
    );
    let (call, now) = (w.incoming(DIALER), w.now);
    w.at(DIALER).answer(now, call.leg, addr("10.0.0.1:7000"));
    w.run(32_400);
    assert_eq!(w.count_sent(DIALER, "SIP/2.0 200"), 11, "0, 0.5, 1.5, 3.5, then every 4 s until 32 s");
    assert_eq!(w.ends(DIALER, call.leg.0), [CallEvent::Ended { by: EndedBy::Network, q850: None }]);
    assert_eq!(w.count_sent(DIALER, "BYE"), 1);
    w.run(100_000);
    let s = w.at(DIALER).stats();
    assert_eq!((s.legs, s.client_transactions, s.server_transactions), (0, 0, 0));
}

#[test]
fn hanging_up_before_the_ack_waits_for_it() {
    let mut w = World::pair(49);
    w.invite(1, "15550100");
    w.settle();
    w.drop_next.push(("ACK".into(), 1));
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8000"));
    w.run(50);
    let now = w.now;
    w.at(CARRIER).hang_up(now, call.leg);
    w.run(200);
    assert_eq!(w.count_sent(CARRIER, "BYE"), 0, "RFC 3261 section 15: not before the ACK");
    w.run(2_000);
    assert_eq!(w.count_sent(CARRIER, "BYE"), 1);
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Peer, q850: None }]);
}

#[test]
fn an_overload_is_answered_with_503_and_nothing_grows() {
    let mut config = Config::new(addr(DIALER));
    config.limits.legs_max = 10;
    let mut w = World::new(&[DIALER], 50);
    w.stacks.insert(addr(DIALER), Stack::new(config, 9));
    let now = w.now;
    w.at(DIALER).add_trunk(now, Trunk::new(TRUNK, "carrier", addr(CARRIER)));
    for i in 0..100 {
        w.inject(
            CARRIER,
            DIALER,
            &format!(
                "INVITE sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{i}\n\
                 From: <sip:a@10.0.0.2>;tag={i}\nTo: <sip:us@10.0.0.1>\nCall-ID: c{i}\nCSeq: 1 INVITE\nMax-Forwards: 70\n\
                 Contact: <sip:a@10.0.0.2>\n\n"
            ),
        );
    }
    assert_eq!(w.at(DIALER).stats().legs, 10);
    assert_eq!(w.count_sent(DIALER, "SIP/2.0 503"), 90);
    assert!(w.last_sent(DIALER, "SIP/2.0 503").contains("Retry-After: "));
    w.invite(1, "15550100");
    assert!(matches!(w.told(DIALER, 1)[0], CallEvent::Refused { code: 503, why: Refusal::Unsendable, .. }));
}
