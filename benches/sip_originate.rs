//! Originated calls per CPU-second against a SIPp carrier, beside SIPp as the caller in the same minutes.
//! `cargo bench --bench sip_originate [RATE] [SECONDS]`
//! A call is INVITE, 100, 180, 200, ACK, BYE (by the carrier), 200, over the real socket of `SipThread`. CPU is this
//! process's alone: the SIP thread, and the thread here that asks for calls. It asserts nothing about time.

use nix::sys::resource::{UsageWho, getrusage};
use outpace::live::clock::Clock;
use outpace::live::sip_thread::{SipCommand, SipThread};
use outpace::sip::{CallEvent, Config, Event, Invite, Route, Stack, Stats, Trunk};
use outpace::words::{LegId, TrunkId};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CARRIER: u16 = 37_070;
const HOLD_MS: u64 = 1000;

#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    ended: AtomicU64,
    refused: AtomicU64,
}

fn main() {
    let mut numbers = std::env::args().filter_map(|a| a.parse::<u64>().ok());
    let (rate, seconds) = (numbers.next().unwrap_or(1000), numbers.next().unwrap_or(10));
    build_cost();
    originate(rate, seconds);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/bench/sipp_reference.sh");
    println!("SIPp as the caller, the same rate and hold:");
    let numbers = [rate, seconds.max(8), HOLD_MS].map(|n| n.to_string());
    let _ = Command::new("bash").arg(script).args(numbers).status();
}

fn carrier() -> Child {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let port = CARRIER.to_string();
    let child = Command::new("sipp")
        .current_dir(peers)
        .args(["-sf", "bench/b_hold.xml", "-i", "127.0.0.1", "-p", &port, "-mi", "127.0.0.1", "-mp", "37100"])
        .args(["-ci", "127.0.0.1", "-key", "rtpport", "37200", "-bind_local", "-nostdin", "-d", &HOLD_MS.to_string()])
        .args(["-buff_size", "4000000"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sipp: tests/install.sh installs it");
    while UdpSocket::bind(("127.0.0.1", CARRIER)).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn originate(rate: u64, seconds: u64) {
    let mut carrier = carrier();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let clock = Clock::start();
    let stack = Stack::new(Config::new(socket.local_addr().expect("bound")), 1);
    let counts = Arc::new(Counts::default());
    let seen = counts.clone();
    let thread = SipThread::start(
        "sip",
        stack,
        socket,
        move || clock.now(),
        move |_, event| {
            if let Event::Call { event, .. } = event {
                let count = match event {
                    CallEvent::Answered { .. } => &seen.answered,
                    CallEvent::Ended { .. } => &seen.ended,
                    CallEvent::Refused { .. } => &seen.refused,
                    _ => return,
                };
                count.fetch_add(1, Ordering::Relaxed);
            }
        },
    );
    let thread = thread.expect("a thread");
    let handle = thread.handle();
    let trunk = Trunk::new(TrunkId(1), "sipp", ([127, 0, 0, 1], CARRIER).into());
    handle.send(SipCommand::AddTrunk(Box::new(trunk))).expect("room");
    let invite = Invite {
        route: Route::Trunk(TrunkId(1)),
        to: "15550001".into(),
        caller_id: "15559999".into(),
        media: ([127, 0, 0, 1], 40_000).into(),
        ring_max: Duration::from_secs(30),
        auto_answer: false,
    };
    let before = cpu();
    let start = Instant::now();
    let total = rate * seconds;
    let mut placed = 0;
    while placed < total {
        let due = (start.elapsed().as_micros() as u64 * rate / 1_000_000).min(total);
        while placed < due {
            placed += 1;
            handle.send(SipCommand::Invite { leg: LegId(placed), invite: Box::new(invite.clone()) }).expect("room");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let over = || counts.ended.load(Ordering::Relaxed) + counts.refused.load(Ordering::Relaxed);
    while over() < total && start.elapsed() < Duration::from_secs(seconds + 60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let used = cpu() - before;
    let (reply, stats) = crossbeam_channel::bounded(1);
    handle.send(SipCommand::Stats(reply)).expect("room");
    let stats: Stats = stats.recv().expect("the thread lives");
    println!(
        "outpace: {total} calls at {rate}/s, answered {}, refused {}, retransmitted {}, {:.3} ms CPU a call, {:.0} calls per CPU-second",
        counts.answered.load(Ordering::Relaxed),
        counts.refused.load(Ordering::Relaxed),
        stats.retransmitted,
        used.as_secs_f64() * 1000.0 / total as f64,
        total as f64 / used.as_secs_f64(),
    );
    thread.stop().expect("the socket is fine");
    let _ = carrier.kill();
    let _ = carrier.wait();
}

fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("our own usage");
    let (user, system) = (usage.user_time(), usage.system_time());
    Duration::from_micros(
        (user.tv_sec() + system.tv_sec()) as u64 * 1_000_000 + (user.tv_usec() + system.tv_usec()) as u64,
    )
}

/// What building one INVITE costs: ours with all its state (leg, transaction, timers), rsip's the message alone.
fn build_cost() {
    const TIMES: u64 = 20_000;
    let now = outpace::words::Moment::from_millis(1);
    let mut stack = Stack::new(Config::new(([127, 0, 0, 1], 5060).into()), 1);
    stack.add_trunk(now, Trunk::new(TrunkId(1), "x", ([127, 0, 0, 1], 5070).into()));
    let invite = Invite {
        route: Route::Trunk(TrunkId(1)),
        to: "15550001".into(),
        caller_id: "15559999".into(),
        media: ([127, 0, 0, 1], 40_000).into(),
        ring_max: Duration::from_secs(30),
        auto_answer: false,
    };
    let mut text = String::new();
    let before = cpu();
    for n in 0..TIMES {
        stack.invite(now, LegId(n + 1), &invite);
        while let Some(transmit) = stack.poll_transmit() {
            if n == 0 {
                text = String::from_utf8_lossy(transmit.bytes).into_owned();
            }
        }
        while stack.poll_event().is_some() {}
    }
    let ours = cpu() - before;
    let typed = typed(rsip::Request::try_from(text.as_bytes()).expect("rsip reads our INVITE"));
    let before = cpu();
    let mut bytes = 0;
    for _ in 0..TIMES {
        bytes += build(&typed).len();
    }
    let theirs = cpu() - before;
    assert!(bytes > 0);
    let micros = |d: Duration| d.as_secs_f64() * 1e6 / TIMES as f64;
    println!(
        "an INVITE: ours with leg, transaction and timers {:.2} us; rsip's message alone {:.2} us",
        micros(ours),
        micros(theirs)
    );
}

/// The headers of a request as rsip's typed values.
struct Typed {
    via: rsip::typed::Via,
    from: rsip::typed::From,
    to: rsip::typed::To,
    contact: rsip::typed::Contact,
    rest: Vec<rsip::Header>,
    request: rsip::Request,
}

fn typed(request: rsip::Request) -> Typed {
    use rsip::headers::ToTypedHeader;
    use rsip::message::HeadersExt;
    let via = request.via_header().expect("there").typed().expect("typed");
    let from = request.from_header().expect("there").typed().expect("typed");
    let to = request.to_header().expect("there").typed().expect("typed");
    let contact = request.contact_header().expect("there").typed().expect("typed");
    let rest = request.headers.iter().filter(|h| {
        use rsip::Header::*;
        !matches!(h, Via(_) | From(_) | To(_) | Contact(_))
    });
    let rest = rest.cloned().collect();
    Typed { via, from, to, contact, rest, request }
}

/// Typed values to bytes, as `sip::build` does for REGISTER.
fn build(typed: &Typed) -> String {
    let mut headers: Vec<rsip::Header> = vec![
        typed.via.clone().into(),
        typed.from.clone().into(),
        typed.to.clone().into(),
        typed.contact.clone().into(),
    ];
    headers.extend_from_slice(&typed.rest);
    let request = rsip::Request {
        method: typed.request.method,
        uri: typed.request.uri.clone(),
        version: typed.request.version.clone(),
        headers: headers.into(),
        body: typed.request.body.clone(),
    };
    request.to_string()
}
