//! Our SIP thread with real peers on loopback: SIPp carriers of every temper, and a baresip softphone that registers.

#[path = "real/mod.rs"]
mod real;

use crossbeam_channel::{Receiver, unbounded};
use outpace::live::clock::Clock;
use outpace::live::sip_thread::{SipCommand, SipHandle, SipThread};
use outpace::sip::*;
use outpace::words::{LegId, TrunkId};
use real::baresip::{Baresip, Phone};
use real::sipp::Sipp;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

struct Us {
    _thread: SipThread,
    handle: SipHandle,
    events: Receiver<Event>,
    local: SocketAddr,
}

fn us() -> Us {
    let socket = UdpSocket::bind(("127.0.0.1", real::udp_port())).unwrap();
    let local = socket.local_addr().unwrap();
    let (tx, events) = unbounded();
    let clock = Clock::start();
    let stack = Stack::new(Config::new(local), 77);
    let thread = SipThread::start(
        "sip",
        stack,
        socket,
        move || clock.now(),
        move |_, event| {
            let _ = tx.send(event);
        },
    );
    let thread = thread.unwrap();
    Us { handle: thread.handle(), _thread: thread, events, local }
}

impl Us {
    fn send(&self, command: SipCommand) {
        self.handle.send(command).unwrap();
    }

    fn next(&self) -> Event {
        self.events.recv_timeout(Duration::from_secs(40)).expect("an event comes")
    }

    /// The events of a leg up to the one that is wanted.
    fn until(&self, wanted: impl Fn(&CallEvent) -> bool) -> Vec<CallEvent> {
        let mut seen = Vec::new();
        loop {
            if let Event::Call { event, .. } = self.next() {
                let found = wanted(&event);
                seen.push(event);
                if found {
                    return seen;
                }
                let over = matches!(seen.last(), Some(CallEvent::Ended { .. } | CallEvent::Refused { .. }));
                assert!(!over, "{seen:?}");
            }
        }
    }

    fn dial(&self, port: u16, number: &str, ring_seconds_max: u64) {
        let mut trunk = Trunk::new(TrunkId(1), "sipp", ([127, 0, 0, 1], port).into());
        (trunk.user, trunk.password) = ("trunk".into(), "trunkpass".into());
        self.send(SipCommand::AddTrunk(Box::new(trunk)));
        let invite = Invite {
            route: Route::Trunk(TrunkId(1)),
            to: number.into(),
            caller_id: "+15550001".into(),
            media: ([127, 0, 0, 1], real::udp_port()).into(),
            ring_max: Duration::from_secs(ring_seconds_max),
            auto_answer: false,
        };
        self.send(SipCommand::Invite { leg: LegId(1), invite: Box::new(invite) });
    }
}

fn call(scenario: &str, wanted: impl Fn(&CallEvent) -> bool) -> (Us, Sipp, Vec<CallEvent>) {
    let scratch = real::scratch(&format!("sip_real_{scenario}"));
    let sipp = Sipp::carrier(scenario, real::udp_port(), &scratch, &[]);
    let us = us();
    us.dial(sipp.port, "15550100", if scenario == "uas_noanswer" { 3 } else { 30 });
    let seen = us.until(wanted);
    (us, sipp, seen)
}

fn is_answer(event: &CallEvent) -> bool {
    matches!(event, CallEvent::Answered { .. })
}

fn is_end(event: &CallEvent) -> bool {
    matches!(event, CallEvent::Ended { .. } | CallEvent::Refused { .. })
}

fn hung_up(scenario: &str) {
    let (us, sipp, seen) = call(scenario, is_answer);
    assert!(matches!(seen[0], CallEvent::InviteSent { .. }));
    us.send(SipCommand::HangUp { leg: LegId(1) });
    assert_eq!(us.until(is_end), [CallEvent::Ended { by: EndedBy::Us, q850: None }]);
    real::wait_until("the BYE at the carrier", Duration::from_secs(10), || {
        sipp.calls().values().any(|c| c.bye_received)
    });
    let calls = sipp.calls();
    assert_eq!(calls.len(), 1, "challenge retries keep their Call-ID");
    assert_eq!(calls.values().next().unwrap().last, Some(200));
}

#[test]
fn people_carriers_that_challenge_and_carriers_slow_at_bye() {
    for scenario in ["uas_human", "uas_alaw", "uas_auth_401", "uas_auth_407", "uas_delayed_bye"] {
        hung_up(scenario);
    }
}

#[test]
fn refusals_with_their_causes() {
    let wanted = [
        ("uas_busy_486", 486, Some(17), None),
        ("uas_notfound_404", 404, Some(1), None),
        ("uas_unavail_480", 480, Some(18), None),
        ("uas_503", 503, None, Some(())),
    ];
    for (scenario, code, q850, retry) in wanted {
        let (_us, _sipp, seen) = call(scenario, is_end);
        let Some(CallEvent::Refused { code: c, q850: q, retry_after, why }) = seen.last() else { panic!("{seen:?}") };
        assert_eq!((*c, *why), (code, Refusal::Peer), "{scenario}");
        assert_eq!(retry_after.is_some(), retry.is_some(), "{scenario}");
        assert!(q850.is_none() || q.is_some(), "{scenario}: {seen:?}");
    }
}

#[test]
fn no_answer_is_cancelled_by_our_own_limit() {
    let (_us, sipp, seen) = call("uas_noanswer", is_end);
    assert!(matches!(seen.last(), Some(CallEvent::Refused { code: 487, why: Refusal::RingMax, .. })), "{seen:?}");
    assert!(sipp.calls().values().all(|c| c.cancelled));
}

#[test]
fn the_carrier_holds_resumes_and_refreshes_by_reinvite() {
    let (us, _sipp, _) = call("uas_reinvite", is_answer);
    let held = us.until(|e| matches!(e, CallEvent::MediaChanged { media } if !media.direction.sends()));
    assert_eq!(held.len(), 1);
    us.until(|e| matches!(e, CallEvent::MediaChanged { media } if media.direction.sends()));
    us.send(SipCommand::HangUp { leg: LegId(1) });
    us.until(is_end);
}

#[test]
fn the_called_person_hangs_up() {
    let (_us, _sipp, seen) = call("uas_human_hangup", is_end);
    assert!(seen.iter().any(is_answer), "{seen:?}");
    assert!(matches!(seen.last(), Some(CallEvent::Ended { by: EndedBy::Peer, .. })), "{seen:?}");
}

#[test]
fn early_media_from_a_carrier() {
    let (us, _sipp, _) = call("uas_early_media", |e| matches!(e, CallEvent::EarlyMedia { .. }));
    us.until(is_answer);
}

#[test]
fn a_baresip_phone_registers_is_called_answers_and_is_hung_up() {
    let scratch = real::scratch("sip_real_baresip");
    let us = us();
    us.send(SipCommand::AddUser { name: "agent1".into(), secret: UserSecret::Password("s3cret".into()) });
    let sound = real::peers().join("media/agent.wav");
    let phone = Phone { name: "agent1", password: "s3cret", registrar: us.local, sound: &sound };
    let phone = Baresip::start(&phone, &scratch);
    loop {
        if let Event::Registered { user, address } = us.next() {
            assert_eq!((user.as_str(), address.port()), ("agent1", phone.sip_port));
            break;
        }
    }
    us.send(SipCommand::CallUser {
        leg: LegId(5),
        user: "agent1".into(),
        caller_id: "outpace".into(),
        media: ([127, 0, 0, 1], real::udp_port()).into(),
    });
    us.until(is_answer);
    us.send(SipCommand::HangUp { leg: LegId(5) });
    us.until(is_end);
    // And the other way: the phone calls in.
    phone.control("dial", &format!("sip:login@{}", us.local));
    let call = loop {
        if let Event::Incoming(call) = us.next() {
            break call;
        }
    };
    assert_eq!((call.origin, call.to.as_str()), (Origin::User("agent1".into()), "login"));
    us.send(SipCommand::Answer { leg: call.leg, media: ([127, 0, 0, 1], real::udp_port()).into() });
    us.until(is_answer);
    phone.control("hangup", "");
    assert!(matches!(us.until(is_end).last(), Some(CallEvent::Ended { by: EndedBy::Peer, .. })));
}
