//! Offers and answers where other stacks lost the sound.

use super::*;

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
    let told = w.told(DIALER, 1);
    let end = CallEvent::Ended { by: EndedBy::Us, q850: None };
    assert_eq!(told[1..], [CallEvent::PickedUp, end], "a person heard nobody, and the record says so (I4)");
}

#[test]
fn a_200_whose_sound_comes_from_a_host_name_was_picked_up_too() {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 180, "t1", CONTACT, "");
    say(&mut w, &invite, 200, "t1", CONTACT, &SDP.replace("c=IN IP4 10.0.0.2", "c=IN IP4 gw.example.com"));
    assert_eq!((w.count_sent(DIALER, "ACK"), w.count_sent(DIALER, "BYE")), (1, 1));
    let end = CallEvent::Ended { by: EndedBy::Us, q850: None };
    assert_eq!(w.told(DIALER, 1)[1..], [CallEvent::Ringing, CallEvent::PickedUp, end]);
}

#[test]
fn an_agents_phone_without_a_codec_of_ours_is_refused_not_picked_up() {
    let mut w = World::new(&[DIALER, "10.0.0.11:5060"], 46);
    w.at(DIALER).add_user("agent0", &UserSecret::Password("pw".into()));
    let account = Account {
        id: AccountId(1),
        registrar: addr(DIALER),
        domain: "10.0.0.1".into(),
        user: "agent0".into(),
        password: "pw".into(),
        expires: std::time::Duration::from_secs(60),
    };
    let now = w.now;
    w.at("10.0.0.11:5060").register(now, account);
    w.settle();
    // The phone itself goes; what it would answer is written by hand.
    w.stacks.remove(&addr("10.0.0.11:5060"));
    let now = w.now;
    w.at(DIALER).call_user(now, LegId(1), "agent0", "outpace", addr("10.0.0.1:7000"));
    w.flush();
    let invite = w.last_sent(DIALER, "INVITE");
    let other = SDP.replace("RTP/AVP 8 101", "RTP/AVP 18");
    let contact = "Contact: <sip:agent0@10.0.0.11:5060>\r\n";
    w.inject("10.0.0.11:5060", DIALER, &response_to(&invite, 200, "t1", contact, &other));
    let end = CallEvent::Refused { code: 488, q850: None, retry_after: None, why: Refusal::NoMedia };
    assert_eq!(w.told(DIALER, 1)[1..], [end]);
    assert_eq!((w.count_sent(DIALER, "ACK"), w.count_sent(DIALER, "BYE")), (1, 1));
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
