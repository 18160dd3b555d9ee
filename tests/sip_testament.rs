//! Calls outlive the program that made them: what the dying run had told, and the host had kept, lets the next run end
//! every one of them, whatever stage it was in. And phones that registered with the one are known to the other.

#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::*;
use outpace::words::LegId;
use std::time::Duration;
use wire::*;

const LEG: u64 = 1;
/// Time enough for a CANCEL, a BYE and their repetitions.
const OVER_MS: u64 = 40_000;

/// A pair whose dialer tells testaments.
fn heedful(seed: u64) -> World {
    let mut w = World::pair(seed);
    another_run(&mut w, seed);
    w
}

/// The dialer dies without a word, and another run stands at its address.
fn another_run(w: &mut World, seed: u64) {
    let mut config = Config::new(addr(DIALER));
    config.testaments = true;
    // Each run has a seed of its own.
    let mut stack = Stack::new(config, seed * 1_000_000 + w.log.len() as u64);
    stack.add_trunk(w.now, Trunk::new(TRUNK, "carrier", addr(CARRIER)));
    w.stacks.insert(addr(DIALER), stack);
    w.events.retain(|(at, _)| *at != addr(DIALER));
}

/// The last testament told, as the host would have kept it.
fn kept(w: &World) -> Option<(bool, String)> {
    let told = w.told(DIALER, LEG);
    let at = told.iter().rposition(|e| matches!(e, CallEvent::Testament { .. } | CallEvent::Gone))?;
    match &told[at] {
        CallEvent::Testament { answered, text, .. } => Some((*answered, text.clone())),
        _ => None,
    }
}

fn confirm(w: &mut World) {
    let now = w.now;
    w.at(DIALER).confirm(now, LegId(LEG));
    w.flush();
}

/// Kept, sent, ringing at the carrier.
fn ringing(w: &mut World) -> LegId {
    w.invite(LEG, "15550100");
    confirm(w);
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).ring(now, call.leg);
    w.settle();
    call.leg
}

fn answered(w: &mut World) -> LegId {
    let (leg, now) = (ringing(w), w.now);
    w.at(CARRIER).answer(now, leg, addr("10.0.0.2:8000"));
    // The 200 is under way for 5 ms; the ACK waits.
    w.run(50);
    leg
}

fn execute(w: &mut World, testament: &str) {
    let now = w.now;
    w.at(DIALER).execute(now, LegId(LEG), testament);
    w.flush();
}

fn nothing_is_left(w: &mut World) {
    w.run(OVER_MS);
    assert_eq!(w.at(CARRIER).stats().legs, 0, "no call is up at the carrier");
    assert_eq!(w.ends(DIALER, LEG).len(), 1, "its end is told once: {:?}", w.told(DIALER, LEG));
    assert_eq!(w.told(DIALER, LEG).last(), Some(&CallEvent::Gone));
}

#[test]
fn no_invite_leaves_before_it_is_kept_how_to_cancel_it() {
    let mut w = heedful(1);
    w.invite(LEG, "15550100");
    w.run(5_000);
    assert_eq!(w.count_sent(DIALER, "INVITE"), 0);
    let (answered, text) = kept(&w).expect("told");
    assert!(!answered && text.contains("\r\nCANCEL sip:15550100@"), "{text}");
    confirm(&mut w);
    w.settle();
    assert_eq!(w.count_sent(DIALER, "INVITE"), 1);
    let told = w.told(DIALER, LEG);
    assert!(matches!(told[0], CallEvent::Testament { .. }) && matches!(told[1], CallEvent::InviteSent { .. }));
}

#[test]
fn a_call_given_up_before_it_was_kept_never_leaves() {
    let mut w = heedful(2);
    w.invite(LEG, "15550100");
    let now = w.now;
    w.at(DIALER).hang_up(now, LegId(LEG));
    confirm(&mut w);
    w.run(5_000);
    assert_eq!(w.count_sent(DIALER, "INVITE"), 0);
    assert_eq!(w.ends(DIALER, LEG), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
    assert_eq!(w.told(DIALER, LEG).last(), Some(&CallEvent::Gone));
}

#[test]
fn a_disk_that_never_answers_fails_the_call() {
    let mut w = heedful(3);
    w.invite(LEG, "15550100");
    w.run(60_000);
    assert_eq!(w.count_sent(DIALER, "INVITE"), 0);
    let refused = CallEvent::Refused { code: 503, q850: None, retry_after: None, why: Refusal::Unsendable };
    assert_eq!(w.ends(DIALER, LEG), [refused]);
}

#[test]
fn the_ack_waits_for_the_disk_but_not_for_long() {
    let mut w = heedful(4);
    answered(&mut w);
    assert_eq!(w.count_sent(DIALER, "ACK"), 0);
    assert!(matches!(kept(&w), Some((true, _))));
    confirm(&mut w);
    w.settle();
    assert_eq!(w.count_sent(DIALER, "ACK"), 1);

    let mut w = heedful(5);
    answered(&mut w);
    w.run(500);
    assert_eq!(w.count_sent(DIALER, "ACK"), 1, "before the 200 is repeated");
    assert_eq!(w.at(CARRIER).stats().retransmitted, 0);
}

/// The disk confirms many at once; the carrier never sees more than it allows.
#[test]
fn confirmed_together_they_leave_one_after_the_other() {
    let mut w = heedful(11);
    let limited = Trunk { calls_per_second: Some(4), ..Trunk::new(TRUNK, "carrier", addr(CARRIER)) };
    let now = w.now;
    w.at(DIALER).add_trunk(now, limited);
    for leg in 1..=10 {
        w.invite(leg, &format!("155501{leg:02}"));
    }
    let now = w.now;
    for leg in 1..=10 {
        w.at(DIALER).confirm(now, LegId(leg));
    }
    w.flush();
    for (after_ms, sent) in [(0, 4), (1_000, 4), (20, 8), (980, 8), (40, 10)] {
        w.run(after_ms);
        assert_eq!(w.count_sent(DIALER, "INVITE"), sent, "after {after_ms} ms more");
    }
}

#[test]
fn the_next_run_cancels_what_rings() {
    let mut w = heedful(6);
    ringing(&mut w);
    let (_, text) = kept(&w).expect("it rings");
    another_run(&mut w, 6);
    execute(&mut w, &text);
    w.settle();
    assert_eq!(w.at(CARRIER).stats().legs, 0, "at once");
    nothing_is_left(&mut w);
    assert_eq!(w.at(CARRIER).stats().retransmitted, 0, "the 487 was acknowledged");
}

#[test]
fn the_next_run_hangs_up_what_is_up() {
    let mut w = heedful(7);
    let leg = answered(&mut w);
    confirm(&mut w);
    w.settle();
    let (_, text) = kept(&w).expect("it is up");
    another_run(&mut w, 7);
    execute(&mut w, &text);
    w.settle();
    assert_eq!(w.ends(CARRIER, leg.0), [CallEvent::Ended { by: EndedBy::Peer, q850: None }]);
    nothing_is_left(&mut w);
}

/// Killed when the 200 had come and nothing about it was on disk: the carrier repeats it, for it saw no ACK.
#[test]
fn the_next_run_ends_what_was_answered_and_never_recorded() {
    let mut w = heedful(8);
    ringing(&mut w);
    let (_, cancel) = kept(&w).expect("it rings");
    let (leg, now) = (w.incoming(CARRIER).leg, w.now);
    w.at(CARRIER).answer(now, leg, addr("10.0.0.2:8000"));
    w.run(100);
    another_run(&mut w, 8);
    w.run(900);
    execute(&mut w, &cancel);
    w.run(6_000);
    assert!(w.told(DIALER, LEG).contains(&CallEvent::PickedUp), "{:?}", w.told(DIALER, LEG));
    assert_eq!(w.count_sent(DIALER, "BYE"), 0, "not before it is on disk that somebody picked up");
    let (up, bye) = kept(&w).expect("told anew");
    assert!(up);
    // Killed once more, just then: the third run knows that it was answered.
    another_run(&mut w, 9);
    execute(&mut w, &bye);
    w.run(6_000);
    assert_eq!(w.at(CARRIER).stats().legs, 0);
    nothing_is_left(&mut w);
}

/// Killed when what ends the call was on disk, and the ACK had not left.
#[test]
fn the_next_run_acknowledges_before_it_hangs_up() {
    let mut w = heedful(9);
    answered(&mut w);
    let (up, text) = kept(&w).expect("it is up");
    assert!(up);
    another_run(&mut w, 9);
    execute(&mut w, &text);
    nothing_is_left(&mut w);
}

#[test]
fn an_invite_that_never_left_is_no_matter() {
    let mut w = heedful(10);
    w.invite(LEG, "15550100");
    let (_, text) = kept(&w).expect("told");
    another_run(&mut w, 11);
    execute(&mut w, &text);
    w.run(6_000);
    assert_eq!(w.ends(DIALER, LEG).len(), 1, "the carrier knows nothing of it: over within seconds");
    nothing_is_left(&mut w);
}

#[test]
fn a_lossy_wire_keeps_no_call_up() {
    for seed in 20..60 {
        let mut w = heedful(seed);
        w.invite(LEG, "15550100");
        confirm(&mut w);
        w.settle();
        let (call, now) = (w.incoming(CARRIER), w.now);
        w.at(CARRIER).ring(now, call.leg);
        w.settle();
        if seed % 2 == 0 {
            let now = w.now;
            w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8000"));
            w.run(seed * 5);
        }
        let Some((_, text)) = kept(&w) else { panic!("alive") };
        another_run(&mut w, seed);
        w.loss_percent = 30;
        execute(&mut w, &text);
        for _ in 0..400 {
            w.run(200);
            // As the host does once it is on disk.
            confirm(&mut w);
        }
        assert_eq!(w.at(CARRIER).stats().legs, 0, "seed {seed}: {:#?}", w.sent(DIALER));
        assert_eq!(w.ends(DIALER, LEG).len(), 1, "seed {seed}");
    }
}

#[test]
fn a_torn_testament_is_said_and_hurts_nobody() {
    let mut w = heedful(70);
    for text in [
        "",
        "10.0.0.2:5060\r\n",
        "nowhere\r\nBYE sip:a@b SIP/2.0\r\n\r\n",
        "10.0.0.2:5060\r\nINVITE sip:a@b SIP/2.0\r\n\r\n",
    ] {
        w.events.clear();
        execute(&mut w, text);
        assert_eq!(w.told(DIALER, LEG), [CallEvent::Ended { by: EndedBy::Network, q850: None }, CallEvent::Gone]);
        assert_eq!(w.sent(DIALER).iter().filter(|l| !l.starts_with("OPTIONS")).count(), 0);
    }
}

#[test]
fn phones_of_the_last_run_can_be_called_before_they_register_again() {
    const PHONE: &str = "10.0.0.3:5062";
    let mut w = World::new(&[DIALER, PHONE], 80);
    another_run(&mut w, 80);
    let account = Account {
        id: AccountId(1),
        registrar: addr(DIALER),
        domain: "10.0.0.1".into(),
        user: "anna".into(),
        password: "secret".into(),
        expires: Duration::from_secs(60),
    };
    let secret = UserSecret::Password("secret".into());
    w.at(DIALER).add_user("anna", &secret);
    let now = w.now;
    w.at(PHONE).register(now, account);
    w.settle();
    let bindings = w.events.iter().rev().find_map(|(_, event)| match event {
        Event::Bindings { user, bindings } if user == "anna" => Some(bindings.clone()),
        _ => None,
    });
    let bindings = bindings.expect("told");
    assert_eq!((bindings.len(), bindings[0].address), (1, addr(PHONE)));

    another_run(&mut w, 81);
    w.at(DIALER).add_user("anna", &secret);
    let now = w.now;
    w.at(DIALER).restore(now, "anna", &bindings);
    w.flush();
    assert!(w.events.iter().any(|(_, e)| matches!(e, Event::Registered { user, .. } if user == "anna")));
    w.at(DIALER).call_user(now, LegId(9), "anna", "floor", addr("10.0.0.1:7000"));
    w.at(DIALER).confirm(now, LegId(9));
    w.settle();
    assert_eq!(w.incoming(PHONE).from, "floor");
    w.run(120_000);
    let now = w.now;
    assert!(w.at(DIALER).is_registered(now, "anna"), "it renewed with the new run");
    let gone = Duration::ZERO;
    another_run(&mut w, 82);
    w.at(DIALER).add_user("anna", &secret);
    let now = w.now;
    let expired: Vec<Binding> = bindings.into_iter().map(|b| Binding { expires_in: gone, ..b }).collect();
    w.at(DIALER).restore(now, "anna", &expired);
    assert!(!w.at(DIALER).is_registered(now, "anna"), "an expired one is not taken up");
}
