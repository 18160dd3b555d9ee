//! A piece of tape read back, entry by entry. Whatever is damaged, or of a later program, is an error that says where.
//! It plays nothing.

use super::{Decided, ENDINGS, Entry, Joint, VERSION};
use crate::pacing::{Event, Room, Tally, Window};
use crate::words::{AgentId, CallId, Moment, Wall};
use std::fmt;

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

/// Does this piece hold the beginning of a pacer before anything else?
pub fn begins(piece: &[u8]) -> bool {
    let first = Reader::open(piece).and_then(|mut reader| reader.next_entry());
    matches!(first, Ok(Some((_, _, Entry::Begin { .. }))))
}
