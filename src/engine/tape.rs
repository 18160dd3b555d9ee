//! What pacing heard and what it said, in the order and at the moments it happened, as compact bytes: `outpace replay`
//! plays a past day again, as it was or under other settings. Facts cannot serve: they do not hold the room on the
//! trunks, the moments at which pacing was asked, or the wish of an agent to pause after the call.
//! It refuses to be needed: a lost tape loses a comparison, nothing else. No number and no name of a person is on it.

mod reader;
mod replay;

pub use reader::{Reader, TapeError, begins};
pub use replay::{Replayed, replay};

use crate::pacing::{Decision, Ending, Event, Mode, Room, Settings, Tally, Window};
use crate::words::{AgentId, CallId, Moment, Wall};
use std::time::Duration;

/// A piece is handed to the store when it is so old or so long.
const PIECE: Duration = Duration::from_secs(60);
const PIECE_BYTES: usize = 64 << 10;
/// Two: with `Joint`, `Warm`, `Callback`. Three: with `Spoke`, `Unserved`. Older pieces are read, too.
const VERSION: u64 = 3;

/// What stands on a tape.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A new pacer, with the ledger's entries of earlier runs: when, and whether abandoned.
    Begin {
        settings: Box<Settings>,
        ledger: Vec<(Moment, bool)>,
    },
    Settings(Box<Settings>),
    Mode(Mode),
    Asked(u32),
    Heard(Event),
    Decided(Decided),
    Joint(Joint),
    /// What earlier runs taught, as JSON of `pacing::Learned`.
    Warm(String),
    /// A callback is expected at this moment, or no more.
    Callback {
        at: Moment,
        expected: bool,
    },
}

/// The windows that campaigns of one seller share, with their sums; and what the others have in flight.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Joint {
    pub windows: Vec<(Window, Tally)>,
    pub others: Tally,
}

/// A decision with the room it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub room: Room,
    pub dial: u32,
    pub hangups: Vec<CallId>,
    /// Of the reason.
    pub code: String,
}

impl Decided {
    pub fn of(room: Room, decision: &Decision) -> Decided {
        let (dial, hangups) = (decision.dial, decision.hangups.clone());
        Decided { room, dial, hangups, code: decision.reason.code.clone() }
    }
}

/// The piece being written. Bounded: the engine takes it off when it is full.
#[derive(Debug, Default)]
pub struct Tape {
    bytes: Vec<u8>,
    begun: Option<(Moment, Wall)>,
    last: i64,
    call: u64,
    codes: Vec<String>,
    /// Sets of joint windows, each written once a piece.
    windows: Vec<Vec<Window>>,
}

impl Tape {
    pub fn write(&mut self, now: Moment, wall: Wall, entry: &Entry) {
        if self.begun.is_none() {
            self.begun = Some((now, wall));
            self.put(VERSION);
            self.put_signed(now.0);
            self.put_signed(wall.0.wrapping_sub(now.0));
            self.last = now.0;
        }
        let gap = now.0.saturating_sub(self.last).max(0);
        self.last = self.last.max(now.0);
        match entry {
            Entry::Begin { settings, ledger } => {
                self.head(1, gap);
                self.put_json(settings);
                self.put_json(ledger);
            }
            Entry::Settings(settings) => {
                self.head(2, gap);
                self.put_json(settings);
            }
            Entry::Mode(mode) => {
                self.head(3, gap);
                self.put_json(mode);
            }
            Entry::Asked(calls) => {
                self.head(4, gap);
                self.put(u64::from(*calls));
            }
            Entry::Decided(decided) => self.decided(gap, decided),
            Entry::Joint(joint) => self.joint(gap, joint),
            Entry::Warm(learned) => {
                self.head(7, gap);
                self.put_bytes(learned.as_bytes());
            }
            Entry::Callback { at, expected } => {
                self.head(8, gap);
                self.put_signed(at.0);
                self.put(u64::from(*expected));
            }
            Entry::Heard(event) => self.heard(gap, *event),
        }
    }

    /// Time to hand the piece on.
    pub fn full(&self, now: Moment) -> bool {
        self.bytes.len() >= PIECE_BYTES || self.begun.is_some_and(|(at, _)| now.since(at) >= PIECE)
    }

    /// The piece and when it began; the next one stands for itself.
    pub fn take(&mut self) -> Option<(Wall, Vec<u8>)> {
        let (_, wall) = self.begun.take()?;
        let bytes = std::mem::take(&mut self.bytes);
        *self = Tape::default();
        Some((wall, bytes))
    }

    fn decided(&mut self, gap: i64, decided: &Decided) {
        self.head(5, gap);
        let Decided { room, dial, hangups, code } = decided;
        for number in [room.channels, room.calls_this_second, room.leads, *dial] {
            self.put(u64::from(number));
        }
        self.put(hangups.len() as u64);
        hangups.iter().for_each(|call| self.put_call(*call));
        match self.codes.iter().position(|known| known == code) {
            Some(at) => self.put(at as u64),
            None => {
                self.put(self.codes.len() as u64);
                self.codes.push(code.clone());
                self.put_bytes(code.as_bytes());
            }
        }
    }

    fn joint(&mut self, gap: i64, joint: &Joint) {
        self.head(6, gap);
        let windows: Vec<Window> = joint.windows.iter().map(|(window, _)| *window).collect();
        match self.windows.iter().position(|known| *known == windows) {
            Some(at) => self.put(at as u64),
            None => {
                self.put(self.windows.len() as u64);
                self.put_json(&windows);
                self.windows.push(windows);
            }
        }
        joint.windows.iter().for_each(|(_, tally)| self.put_tally(*tally));
        self.put_tally(joint.others);
    }

    fn heard(&mut self, gap: i64, event: Event) {
        match event {
            Event::Dialed { call } => self.of_call(16, gap, call),
            Event::Ringing { call } => self.of_call(17, gap, call),
            Event::Answered { call } => self.of_call(18, gap, call),
            Event::Live { call } => self.of_call(19, gap, call),
            Event::Machine { call } => self.of_call(20, gap, call),
            Event::Abandoned { call } => self.of_call(21, gap, call),
            Event::Ended { call, why } => {
                self.of_call(22, gap, call);
                self.put(ENDINGS.iter().position(|one| *one == why).expect("all of them") as u64);
            }
            Event::Connected { call, agent, within } => {
                self.of_call(23, gap, call);
                self.put(agent.0);
                self.put(u64::from(within));
            }
            Event::Step { call, agent, step } => {
                self.of_call(24, gap, call);
                self.put(agent.0);
                self.put(u64::from(step));
            }
            Event::TalkEnded { call, agent, human } => {
                self.of_call(25, gap, call);
                self.put(agent.0);
                self.put(u64::from(human));
            }
            Event::Login { agent } => self.of_agent(26, gap, agent),
            Event::Ready { agent } => self.of_agent(27, gap, agent),
            Event::Pausing { agent } => self.of_agent(28, gap, agent),
            Event::Pause { agent } => self.of_agent(29, gap, agent),
            Event::Logout { agent } => self.of_agent(30, gap, agent),
            Event::Taken { agent } => self.of_agent(31, gap, agent),
            Event::Spoke { call, within } => {
                self.of_call(32, gap, call);
                self.put(u64::from(within));
            }
            Event::Unserved { call, answered, abandoned } => {
                self.of_call(33, gap, call);
                self.put_signed(answered.0);
                self.put(u64::from(abandoned));
            }
        }
    }

    fn head(&mut self, tag: u64, gap: i64) {
        self.put(tag);
        self.put(gap as u64);
    }

    fn of_call(&mut self, tag: u64, gap: i64, call: CallId) {
        self.head(tag, gap);
        self.put_call(call);
    }

    fn of_agent(&mut self, tag: u64, gap: i64, agent: AgentId) {
        self.head(tag, gap);
        self.put(agent.0);
    }

    fn put_call(&mut self, call: CallId) {
        let step = call.0.wrapping_sub(self.call) as i64;
        self.call = call.0;
        self.put_signed(step);
    }

    /// Seven bits a byte, the lowest first.
    fn put(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn put_signed(&mut self, number: i64) {
        self.put(((number << 1) ^ (number >> 63)) as u64);
    }

    fn put_tally(&mut self, tally: Tally) {
        [tally.humans, tally.abandoned, tally.variance].into_iter().for_each(|number| self.put_float(number));
    }

    /// Exactly; whole numbers have their zeros behind and take two or three bytes.
    fn put_float(&mut self, number: f64) {
        self.put(number.to_bits().swap_bytes());
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    fn put_json<T: serde::Serialize>(&mut self, value: &T) {
        let text = serde_json::to_vec(value).expect("settings and numbers print as JSON");
        self.put_bytes(&text);
    }
}

const ENDINGS: [Ending; 6] =
    [Ending::NoAnswer, Ending::Busy, Ending::Sit, Ending::Fail, Ending::Cancelled, Ending::Hangup];

#[cfg(test)]
mod tests;
