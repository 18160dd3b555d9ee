//! Two SIP threads on loopback: the dialer calls, the carrier answers, both say how it ended.

use crossbeam_channel::{Receiver, unbounded};
use outpace::live::clock::Clock;
use outpace::live::ended::Why;
use outpace::live::sip_thread::{SipCommand, SipThread};
use outpace::sip::*;
use outpace::words::{LegId, TrunkId};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

struct Side {
    thread: SipThread,
    events: Receiver<Event>,
    addr: SocketAddr,
}

fn side(name: &str, seed: u64) -> Side {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = socket.local_addr().unwrap();
    let (tx, events) = unbounded();
    let clock = Clock::start();
    let stack = Stack::new(Config::new(addr), seed);
    let thread = SipThread::start(
        name,
        stack,
        socket,
        move || clock.now(),
        move |_, event| {
            let _ = tx.send(event);
        },
    );
    Side { thread: thread.unwrap(), events, addr }
}

impl Side {
    fn until<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(60)).expect("the event comes");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }
}

#[test]
fn a_hundred_calls_on_loopback_are_answered_and_ended() {
    let (dialer, carrier) = (side("dialer", 1), side("carrier", 2));
    let (d, c) = (dialer.thread.handle(), carrier.thread.handle());
    d.send(SipCommand::AddTrunk(Box::new(Trunk::new(TrunkId(1), "carrier", carrier.addr)))).unwrap();
    c.send(SipCommand::AddTrunk(Box::new(Trunk::new(TrunkId(1), "dialer", dialer.addr)))).unwrap();
    let media: SocketAddr = "127.0.0.1:9000".parse().unwrap();
    for n in 0..100 {
        let invite = Invite {
            route: Route::Trunk(TrunkId(1)),
            to: format!("1555{n:04}"),
            caller_id: "100".into(),
            media,
            ring_max: Duration::from_secs(20),
            auto_answer: false,
        };
        d.send(SipCommand::Invite { leg: LegId(n + 1), invite: Box::new(invite) }).unwrap();
    }
    for _ in 0..100 {
        let leg = carrier.until(|e| match e {
            Event::Incoming(call) => Some(call.leg),
            _ => None,
        });
        c.send(SipCommand::Answer { leg, media }).unwrap();
    }
    for _ in 0..100 {
        let leg = dialer.until(|e| match e {
            Event::Call { leg, event: CallEvent::Answered { .. } } => Some(*leg),
            _ => None,
        });
        d.send(SipCommand::HangUp { leg }).unwrap();
    }
    for _ in 0..100 {
        carrier.until(|e| match e {
            Event::Call { event: CallEvent::Ended { by: EndedBy::Peer, .. }, .. } => Some(()),
            _ => None,
        });
    }
    dialer.thread.stop().unwrap();
    carrier.thread.stop().unwrap();
}

#[test]
fn a_thread_that_panics_says_so_to_whoever_watches_and_one_that_is_stopped_does_not() {
    let (tell, told) = unbounded();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (addr, clock) = (socket.local_addr().unwrap(), Clock::start());
    let events = move |_, event: Event| {
        let _ = tell.send(());
        panic!("at {event:?}, as a mistake of ours would");
    };
    let dying = SipThread::start("sip", Stack::new(Config::new(addr), 3), socket, move || clock.now(), events).unwrap();
    let living = side("living", 4);
    let (handle, other) = (dying.handle(), living.thread.handle());
    assert_eq!(handle.ended().get(), None);
    let invite = Invite {
        route: Route::Trunk(TrunkId(1)),
        to: "1555".into(),
        caller_id: "100".into(),
        media: "127.0.0.1:9000".parse().unwrap(),
        ring_max: Duration::from_secs(20),
        auto_answer: false,
    };
    // No such trunk: an event at once.
    handle.send(SipCommand::Invite { leg: LegId(1), invite: Box::new(invite) }).unwrap();
    told.recv_timeout(Duration::from_secs(60)).expect("it came to the event");
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dying.stop())).is_err(), "its panic goes on");
    let end = handle.ended().get().expect("kept");
    assert_eq!((end.thread.as_str(), &end.why), ("sip", &Why::Panicked));
    living.thread.stop().unwrap();
    assert_eq!(other.ended().get(), None);
}
