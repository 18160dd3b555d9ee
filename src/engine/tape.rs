//! What pacing heard and what it said, in the order and at the moments it happened, as compact bytes: `outpace replay`
//! plays a past day again, as it was or under other settings. Facts cannot serve: they do not hold the room on the
//! trunks, the moments at which pacing was asked, or the wish of an agent to pause after the call.
//! It refuses to be needed: a lost tape loses a comparison, nothing else. No number and no name of a person is on it.

use crate::pacing::{Decision, Ending, Event, Learned, Mode, Pacer, Room, Settings, Tally, Window};
use crate::words::{AgentId, CallId, Moment, Wall};
use std::fmt;
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

// ── reading ──

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapeError {
    /// At this byte of a piece.
    Broken(usize),
    /// Of a later program.
    Version(u64),
    /// The piece in which the pacer began is not kept any more.
    NoBeginning,
}

impl fmt::Display for TapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TapeError::Broken(at) => write!(f, "the pacing tape is damaged at byte {at} of a piece"),
            TapeError::Version(version) => write!(f, "the pacing tape has version {version}: a later program wrote it"),
            TapeError::NoBeginning => {
                write!(
                    f,
                    "the pacing tape does not reach back to the start of the program on that day: it is not kept any more"
                )
            }
        }
    }
}
impl std::error::Error for TapeError {}

/// Reads one piece.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    now: i64,
    offset: i64,
    call: u64,
    codes: Vec<String>,
    windows: Vec<Vec<Window>>,
}

impl<'a> Reader<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Reader<'a>, TapeError> {
        let mut reader = Reader { bytes, at: 0, now: 0, offset: 0, call: 0, codes: Vec::new(), windows: Vec::new() };
        match reader.number()? {
            1..=VERSION => {}
            version => return Err(TapeError::Version(version)),
        }
        reader.now = reader.signed()?;
        reader.offset = reader.signed()?;
        Ok(reader)
    }

    /// The next entry with its moment and its wall time; `None` at the end.
    pub fn next_entry(&mut self) -> Result<Option<(Moment, Wall, Entry)>, TapeError> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let tag = self.number()?;
        let gap = i64::try_from(self.number()?).map_err(|_| TapeError::Broken(self.at))?;
        self.now = self.now.saturating_add(gap);
        let entry = match tag {
            1 => Entry::Begin { settings: self.json()?, ledger: self.json()? },
            2 => Entry::Settings(self.json()?),
            3 => Entry::Mode(self.json()?),
            4 => Entry::Asked(self.small()?),
            5 => Entry::Decided(self.decided()?),
            6 => Entry::Joint(self.joint()?),
            7 => Entry::Warm(self.text()?),
            8 => Entry::Callback { at: Moment(self.signed()?), expected: self.number()? == 1 },
            tag => Entry::Heard(self.event(tag)?),
        };
        Ok(Some((Moment(self.now), Moment(self.now).wall(self.offset), entry)))
    }

    fn decided(&mut self) -> Result<Decided, TapeError> {
        let room = Room { channels: self.small()?, calls_this_second: self.small()?, leads: self.small()? };
        let dial = self.small()?;
        let count = self.small()?;
        let mut hangups = Vec::new();
        for _ in 0..count {
            hangups.push(self.call()?);
        }
        let at = self.small()? as usize;
        if at == self.codes.len() {
            let text = self.text()?;
            self.codes.push(text);
        }
        let code = self.codes.get(at).cloned().ok_or(TapeError::Broken(self.at))?;
        Ok(Decided { room, dial, hangups, code })
    }

    fn joint(&mut self) -> Result<Joint, TapeError> {
        let at = self.small()? as usize;
        if at == self.windows.len() {
            let windows: Vec<Window> = self.json()?;
            self.windows.push(windows);
        }
        let windows = self.windows.get(at).cloned().ok_or(TapeError::Broken(self.at))?;
        let windows =
            windows.into_iter().map(|window| Ok((window, self.tally()?))).collect::<Result<_, TapeError>>()?;
        Ok(Joint { windows, others: self.tally()? })
    }

    fn tally(&mut self) -> Result<Tally, TapeError> {
        Ok(Tally { humans: self.float()?, abandoned: self.float()?, variance: self.float()? })
    }

    fn float(&mut self) -> Result<f64, TapeError> {
        let number = f64::from_bits(self.number()?.swap_bytes());
        if number.is_finite() { Ok(number) } else { Err(TapeError::Broken(self.at)) }
    }

    fn event(&mut self, tag: u64) -> Result<Event, TapeError> {
        Ok(match tag {
            16 => Event::Dialed { call: self.call()? },
            17 => Event::Ringing { call: self.call()? },
            18 => Event::Answered { call: self.call()? },
            19 => Event::Live { call: self.call()? },
            20 => Event::Machine { call: self.call()? },
            21 => Event::Abandoned { call: self.call()? },
            22 => {
                let call = self.call()?;
                let why = *ENDINGS.get(self.small()? as usize).ok_or(TapeError::Broken(self.at))?;
                Event::Ended { call, why }
            }
            23 => Event::Connected { call: self.call()?, agent: self.agent()?, within: self.number()? == 1 },
            24 => Event::Step { call: self.call()?, agent: self.agent()?, step: self.small()? },
            25 => Event::TalkEnded { call: self.call()?, agent: self.agent()?, human: self.number()? == 1 },
            26 => Event::Login { agent: self.agent()? },
            27 => Event::Ready { agent: self.agent()? },
            28 => Event::Pausing { agent: self.agent()? },
            29 => Event::Pause { agent: self.agent()? },
            30 => Event::Logout { agent: self.agent()? },
            31 => Event::Taken { agent: self.agent()? },
            32 => Event::Spoke { call: self.call()?, within: self.number()? == 1 },
            33 => {
                let (call, answered) = (self.call()?, Moment(self.signed()?));
                Event::Unserved { call, answered, abandoned: self.number()? == 1 }
            }
            _ => return Err(TapeError::Broken(self.at)),
        })
    }

    fn call(&mut self) -> Result<CallId, TapeError> {
        self.call = self.call.wrapping_add(self.signed()? as u64);
        Ok(CallId(self.call))
    }

    fn agent(&mut self) -> Result<AgentId, TapeError> {
        Ok(AgentId(self.number()?))
    }

    fn small(&mut self) -> Result<u32, TapeError> {
        u32::try_from(self.number()?).map_err(|_| TapeError::Broken(self.at))
    }

    fn number(&mut self) -> Result<u64, TapeError> {
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let byte = *self.bytes.get(self.at).ok_or(TapeError::Broken(self.at))?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
            if shift > 63 {
                return Err(TapeError::Broken(self.at));
            }
        }
    }

    fn signed(&mut self) -> Result<i64, TapeError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn piece(&mut self) -> Result<&'a [u8], TapeError> {
        let length = usize::try_from(self.number()?).map_err(|_| TapeError::Broken(self.at))?;
        let end = self.at.checked_add(length).ok_or(TapeError::Broken(self.at))?;
        let piece = self.bytes.get(self.at..end).ok_or(TapeError::Broken(self.at))?;
        self.at = end;
        Ok(piece)
    }

    fn text(&mut self) -> Result<String, TapeError> {
        String::from_utf8(self.piece()?.to_vec()).map_err(|_| TapeError::Broken(self.at))
    }

    fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, TapeError> {
        let at = self.at;
        serde_json::from_slice(self.piece()?).map_err(|_| TapeError::Broken(at))
    }
}

// ── playing ──

/// One question to pacing: what it said then, and what it says now.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    pub at: Wall,
    pub recorded: Decided,
    pub replayed: Decided,
}

/// Plays pieces (oldest first) to a fresh pacer, with settings changed by `change`. What happened is what is on the
/// tape, whatever is decided now: it compares decisions; what would have come of them, `simulate` asks.
pub fn replay<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    change: &dyn Fn(&mut Settings),
    mut each: impl FnMut(&Replayed),
) -> Result<(), TapeError> {
    let mut player: Option<(Pacer, Settings)> = None;
    for piece in pieces {
        let mut reader = Reader::open(piece)?;
        while let Some((now, at, entry)) = reader.next_entry()? {
            if let Entry::Begin { settings, ledger } = entry {
                let mut changed = (*settings).clone();
                change(&mut changed);
                let mut pacer = Pacer::new(changed);
                pacer.seed_ledger(ledger);
                player = Some((pacer, *settings));
                continue;
            }
            let Some((pacer, settings)) = player.as_mut() else { return Err(TapeError::NoBeginning) };
            let changed = |settings: &Settings| {
                let mut changed = settings.clone();
                change(&mut changed);
                changed
            };
            match entry {
                Entry::Begin { .. } => unreachable!("handled above"),
                Entry::Settings(new) => {
                    *settings = *new;
                    pacer.set_settings(changed(settings));
                }
                Entry::Mode(mode) => {
                    settings.mode = mode;
                    pacer.set_mode(changed(settings).mode);
                }
                Entry::Asked(calls) => pacer.ask(calls),
                Entry::Heard(event) => pacer.observe(now, event),
                Entry::Warm(learned) => {
                    let learned: Learned = serde_json::from_str(&learned).map_err(|_| TapeError::Broken(0))?;
                    // Other settings may refuse what was learned under the recorded ones: then they start without it.
                    let _ = pacer.warm_with(&learned);
                }
                Entry::Callback { at, expected: true } => pacer.expect_callback(at),
                Entry::Callback { at, expected: false } => pacer.unexpect_callback(at),
                Entry::Joint(joint) => {
                    let others = joint.others;
                    pacer.set_joint(under(joint, settings, &changed(settings)), others);
                }
                Entry::Decided(recorded) => {
                    let decision = pacer.decide(now, recorded.room);
                    let replayed = Decided::of(recorded.room, &decision);
                    each(&Replayed { at, recorded, replayed });
                }
            }
        }
    }
    if player.is_none() { Err(TapeError::NoBeginning) } else { Ok(()) }
}

/// The joint windows under changed settings: where the recorded cap was the campaign's own, it follows.
fn under(joint: Joint, recorded: &Settings, changed: &Settings) -> Vec<(Window, Tally)> {
    let mut windows = joint.windows;
    for ((window, _), (old, new)) in windows.iter_mut().zip(recorded.windows().zip(changed.windows())) {
        if window.cap == old.cap {
            window.cap = new.cap;
        }
    }
    windows
}

/// Does this piece hold the beginning of a pacer before anything else?
pub fn begins(piece: &[u8]) -> bool {
    let first = Reader::open(piece).and_then(|mut reader| reader.next_entry());
    matches!(first, Ok(Some((_, _, Entry::Begin { .. }))))
}

#[cfg(test)]
mod tests;
