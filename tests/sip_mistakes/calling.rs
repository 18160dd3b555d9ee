//! Our own INVITE: its CANCEL, challenges, forks, redirections, forgeries.

use super::*;

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
