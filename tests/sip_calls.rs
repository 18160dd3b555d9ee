//! Calls between two stacks over a perfect wire: answered, refused, cancelled, ended from either side.

#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::*;
use wire::*;

fn answered() -> World {
    let mut w = World::pair(1);
    w.invite(1, "15550100");
    w.settle();
    let call = w.incoming(CARRIER);
    let now = w.now;
    w.at(CARRIER).ring(now, call.leg);
    w.settle();
    let now = w.now;
    w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8000"));
    w.settle();
    w
}

#[test]
fn a_call_is_answered_and_the_caller_hangs_up() {
    let mut w = answered();
    let call = w.incoming(CARRIER);
    assert_eq!((call.to.as_str(), call.from.as_str()), ("15550100", "+15550001"));
    assert_eq!(call.origin, Origin::Trunk(TRUNK));
    let told = w.told(DIALER, 1);
    assert!(matches!(told[0], CallEvent::InviteSent { .. }), "{told:?}");
    assert_eq!(told[1], CallEvent::Ringing);
    let CallEvent::Answered { media } = told[2] else { panic!("{told:?}") };
    assert_eq!(media.remote, addr("10.0.0.2:8000"));
    assert_eq!((media.codec, media.payload, media.dtmf), (Codec::Pcmu, 0, Some(101)));
    let CallEvent::Answered { media } = w.told(CARRIER, call.leg.0)[0] else { panic!() };
    assert_eq!(media.remote, addr("10.0.0.1:7000"));
    let now = w.now;
    w.at(DIALER).hang_up(now, outpace::words::LegId(1));
    w.settle();
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
    assert_eq!(w.ends(CARRIER, call.leg.0), [CallEvent::Ended { by: EndedBy::Peer, q850: None }]);
    w.run(60_000);
    for a in [DIALER, CARRIER] {
        let stats = w.at(a).stats();
        assert_eq!((stats.legs, stats.client_transactions, stats.server_transactions), (0, 0, 0), "{a}");
    }
}

#[test]
fn the_called_party_hangs_up() {
    let mut w = answered();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).hang_up(now, call.leg);
    w.settle();
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Peer, q850: None }]);
    assert_eq!(w.ends(CARRIER, call.leg.0), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
}

#[test]
fn a_refusal_carries_code_and_cause() {
    let mut w = World::pair(2);
    w.invite(1, "15550101");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).refuse(now, call.leg, 486, Some(17));
    w.settle();
    let refused = CallEvent::Refused { code: 486, q850: Some(17), retry_after: None, why: Refusal::Peer };
    assert_eq!(w.ends(DIALER, 1), [refused]);
    assert_eq!(w.count_sent(DIALER, "ACK"), 1);
}

#[test]
fn hanging_up_a_ringing_call_cancels_it() {
    let mut w = World::pair(3);
    w.invite(1, "15550102");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).ring(now, call.leg);
    w.settle();
    let now = w.now;
    w.at(DIALER).hang_up(now, outpace::words::LegId(1));
    w.settle();
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
    assert_eq!(w.ends(CARRIER, call.leg.0), [CallEvent::Ended { by: EndedBy::Peer, q850: None }]);
    assert_eq!(w.count_sent(DIALER, "CANCEL"), 1);
    assert_eq!(w.count_sent(DIALER, "BYE"), 0);
}

#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let mut w = World::pair(4);
    w.drop_next.push(("SIP/2.0 100".into(), 1));
    w.invite(1, "15550103");
    let now = w.now;
    w.at(DIALER).hang_up(now, outpace::words::LegId(1));
    w.run(100);
    assert_eq!(w.count_sent(DIALER, "CANCEL"), 0, "nothing has come back");
    w.run(2000);
    assert_eq!(w.count_sent(DIALER, "CANCEL"), 1);
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_ended_with_bye() {
    let mut w = World::pair(5);
    w.invite(1, "15550104");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8000"));
    w.at(DIALER).hang_up(now, outpace::words::LegId(1));
    w.settle();
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
    assert_eq!(w.ends(CARRIER, call.leg.0), [CallEvent::Ended { by: EndedBy::Peer, q850: None }]);
    assert!(!w.told(DIALER, 1).iter().any(|e| matches!(e, CallEvent::Answered { .. })));
    assert_eq!((w.count_sent(DIALER, "ACK"), w.count_sent(DIALER, "BYE")), (1, 1));
}

#[test]
fn our_own_ringing_limit_is_told_apart() {
    let mut w = World::pair(6);
    w.invite(1, "15550105");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).ring(now, call.leg);
    w.run(19_000);
    assert!(w.ends(DIALER, 1).is_empty());
    w.run(2_000);
    let refused = CallEvent::Refused { code: 487, q850: None, retry_after: None, why: Refusal::RingMax };
    assert_eq!(w.ends(DIALER, 1), [refused]);
}

#[test]
fn a_silent_carrier_is_408_after_timer_b() {
    let mut w = World::pair(7);
    w.stacks.remove(&addr(CARRIER));
    w.invite(1, "15550106");
    w.run(31_900);
    assert!(w.ends(DIALER, 1).is_empty() || w.count_sent(DIALER, "INVITE") == 7);
    w.run(1_000);
    let refused = CallEvent::Refused { code: 408, q850: None, retry_after: None, why: Refusal::Silence };
    assert_eq!(w.ends(DIALER, 1), [refused]);
    assert_eq!(w.count_sent(DIALER, "INVITE"), 7, "timer A: 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s");
}

#[test]
fn a_call_that_cannot_be_sent_says_so() {
    let mut w = World::pair(8);
    w.invite(1, "1555\r\nEvil: 1");
    let refused = CallEvent::Refused { code: 484, q850: None, retry_after: None, why: Refusal::Unsendable };
    assert_eq!(w.told(DIALER, 1), [refused]);
    assert!(w.log.is_empty());
}

#[test]
fn early_media_then_answer_with_another_port() {
    let mut w = World::pair(9);
    w.invite(1, "15550107");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).early_media(now, call.leg, addr("10.0.0.2:8100"));
    w.settle();
    let now = w.now;
    w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8102"));
    w.settle();
    let told = w.told(DIALER, 1);
    assert!(matches!(told[1], CallEvent::EarlyMedia { media } if media.remote.port() == 8100), "{told:?}");
    assert!(matches!(told[2], CallEvent::Answered { media } if media.remote.port() == 8102), "{told:?}");
}

#[test]
fn the_ringing_limit_counts_from_the_ringing_not_from_the_invite() {
    let mut w = World::pair(10);
    w.invite(1, "15550108");
    w.run(8_000);
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).ring(now, call.leg);
    w.run(19_500);
    assert!(w.ends(DIALER, 1).is_empty(), "27.5 s after the INVITE, 19.5 s after the first ring");
    w.run(1_000);
    assert_eq!(w.ends(DIALER, 1).len(), 1);
    assert!(w.at(CARRIER).poll_timeout().is_some());
}
