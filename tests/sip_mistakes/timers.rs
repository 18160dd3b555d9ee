//! Session timers, refreshes, and what is repeated until somebody answers.

use super::*;

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

/// A challenge without `stale=true`, as most carriers send them.
fn challenge(nonce: &str) -> String {
    format!("Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"{nonce}\", qop=\"auth\"\r\n")
}

/// Each request of a call is challenged: the refreshes, and at last the BYE.
fn refreshed_under_challenges(allow: &str, method: &str) {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    let agreed = format!("{CONTACT}Session-Expires: 120;refresher=uac\r\nAllow: {allow}\r\n");
    say(&mut w, &invite, 200, "t1", &agreed, SDP);
    let body = if method == "INVITE" { SDP } else { "" };
    for refresh in 0..3 {
        w.run(61_000);
        let first = w.last_sent(DIALER, method);
        assert!(!first.contains("Proxy-Authorization"), "an old answer would repeat its nc: {first}");
        say(&mut w, &first, 407, "t1", &challenge(&format!("r{refresh}")), "");
        let again = w.last_sent(DIALER, method);
        assert!(header(&again, "Proxy-Authorization").contains(&format!("nonce=\"r{refresh}\"")), "{again}");
        say(&mut w, &again, 200, "t1", &agreed, body);
    }
    if method == "INVITE" {
        let ack = w.last_sent(DIALER, "ACK");
        assert!(header(&ack, "Proxy-Authorization").contains("nonce=\"r2\""), "RFC 3261 section 22.1: {ack}");
    }
    hang_up(&mut w);
    let bye = w.last_sent(DIALER, "BYE");
    say(&mut w, &bye, 407, "t1", &challenge("b"), "");
    let again = w.last_sent(DIALER, "BYE");
    assert!(header(&again, "Proxy-Authorization").contains("nonce=\"b\""), "the call would stay up there: {again}");
    say(&mut w, &again, 200, "t1", "", "");
    w.run(60_000);
    assert_eq!(w.at(DIALER).stats().legs, 0);
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
}

#[test]
fn challenged_updates_leave_an_answer_for_the_bye() {
    refreshed_under_challenges("INVITE, UPDATE", "UPDATE");
}

#[test]
fn challenged_reinvites_leave_an_answer_for_the_bye() {
    refreshed_under_challenges("INVITE", "INVITE");
}

#[test]
fn a_refresh_challenged_while_we_hang_up_takes_nothing_from_the_bye() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    let agreed = format!("{CONTACT}Session-Expires: 120;refresher=uac\r\nAllow: INVITE, UPDATE\r\n");
    say(&mut w, &invite, 200, "t1", &agreed, SDP);
    w.run(61_000);
    let update = w.last_sent(DIALER, "UPDATE");
    hang_up(&mut w);
    let bye = w.last_sent(DIALER, "BYE");
    say(&mut w, &update, 407, "t1", &challenge("u"), "");
    say(&mut w, &bye, 407, "t1", &challenge("b"), "");
    assert!(header(&w.last_sent(DIALER, "BYE"), "Proxy-Authorization").contains("nonce=\"b\""));
    assert_eq!(w.count_sent(DIALER, "BYE"), 2);
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
