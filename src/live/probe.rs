//! One look at other ends of SIP: do they answer OPTIONS, do they take our registration? A stack of its own for some
//! seconds, on a free port. It makes no calls.

use super::clock::Clock;
use super::sip_thread::{SipCommand, SipThread};
use crate::sip::{Config, Event, Stack, Trunk};
use crate::words::TrunkId;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// The stack itself calls an end silent after four seconds.
const PATIENCE: Duration = Duration::from_secs(6);
/// For taking our registrations back.
const FAREWELL: Duration = Duration::from_millis(500);
/// More often than the look lasts is never.
const ONCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It answers, and takes our registration if it is asked to.
    Well,
    /// It answered so.
    Refused(u16),
    Silence,
}

/// Asks all of them at once. `from`: the address to ask from; port 0 takes a free one.
pub fn probe(from: SocketAddr, ends: Vec<Trunk>, seed: u64) -> io::Result<BTreeMap<TrunkId, Heard>> {
    let socket = UdpSocket::bind(from)?;
    let local = socket.local_addr()?;
    let clock = Clock::start();
    let (tell, told) = std::sync::mpsc::channel();
    let stack = Stack::new(Config::new(local), seed);
    let thread = SipThread::start(
        "probe",
        stack,
        socket,
        move || clock.now(),
        move |_, event| {
            // Whoever asked may have heard enough.
            let _ = tell.send(event);
        },
    )?;
    let handle = thread.handle();
    let ids: Vec<TrunkId> = ends.iter().map(|end| end.id).collect();
    for end in ends {
        let end = Trunk { options: Some(ONCE), ..end };
        handle.send(SipCommand::AddTrunk(Box::new(end))).map_err(io::Error::other)?;
    }
    let mut heard = BTreeMap::new();
    let until = Instant::now() + PATIENCE;
    while heard.len() < ids.len() {
        match told.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Event::TrunkUp { trunk }) => _ = heard.insert(trunk, Heard::Well),
            Ok(Event::TrunkDown { trunk, code }) => {
                _ = heard.insert(trunk, code.map_or(Heard::Silence, Heard::Refused));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    for id in ids {
        heard.entry(id).or_insert(Heard::Silence);
        handle.send(SipCommand::RemoveTrunk(id)).map_err(io::Error::other)?;
    }
    std::thread::park_timeout(FAREWELL);
    thread.stop()?;
    Ok(heard)
}
