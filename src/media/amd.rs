//! Person or machine, from the first seconds after the answer. The first judge listens to cadence: a person says a
//! word or two and waits; a machine goes on. Tones (fax, beep, SIT) decide at once.
//! It refuses to hear words, and it refuses to make a person wait for certainty: undecided counts as a person.

use super::event::Verdict;
use super::signal::Signal;
use super::{FRAME, FRAME_MS};
use crate::words::MachineKind;

/// 20 ms of sound, with what was already found in it.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub samples: &'a [i16; FRAME],
    /// dBFS.
    pub level_db: f32,
    /// By itself, over the noise floor, and no tone.
    pub speech: bool,
    pub signal: Option<Signal>,
    /// A single tone sounds: it may become a signal.
    pub in_tone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    /// A code of the catalogue of reasons.
    pub why: &'static str,
}

/// A judge of one answer. Fed every 20 ms until it finds.
pub trait Amd: Send + std::fmt::Debug {
    fn frame(&mut self, frame: Frame<'_>) -> Option<Finding>;
    /// The deadline passed.
    fn deadline(&mut self) -> Finding;
}

/// Judged by cadence and energy. Times in milliseconds of sound; the figures were tuned on the sounds of
/// `tests/peers/media` and their variations (`tests/amd.rs` prints the table).
#[derive(Debug, Clone, Default)]
pub struct Cadence {
    now_ms: i64,
    /// Start of the first word, end of the latest, and whether one is going on.
    first_ms: Option<i64>,
    last_ms: i64,
    loud_row: i64,
}

/// Shorter sounds are clicks.
const WORD_MS: i64 = 60;
/// A greeting that goes on for this long is a recording.
const GREETING_MS: i64 = 3600;
/// After a greeting of up to so long, so much silence means that somebody waits for an answer. "Hello?" is short and
/// answered soon; "Leave a message." is followed by its beep within a second; "The person you are calling is not
/// available." by its second part within 1.6 s. All stay below the 2 s that the law gives.
const WAITS: [(i64, i64); 3] = [(700, 560), (1300, 1100), (GREETING_MS, 1720)];

impl Cadence {
    fn greeting_ms(&self) -> i64 {
        self.first_ms.map_or(0, |first| self.last_ms - first)
    }

    fn silence_ms(&self) -> i64 {
        self.now_ms - self.last_ms
    }

    fn hear(&mut self, speech: bool) {
        if !speech {
            self.loud_row = 0;
            return;
        }
        self.loud_row += FRAME_MS;
        if self.loud_row < WORD_MS {
            return;
        }
        self.first_ms.get_or_insert(self.now_ms - self.loud_row);
        self.last_ms = self.now_ms;
    }

    fn judge(&self, in_tone: bool) -> Option<Finding> {
        self.first_ms?;
        let greeting = self.greeting_ms();
        if greeting >= GREETING_MS {
            return Some(machine(MachineKind::Voicemail, "amd.long_greeting"));
        }
        let wait = WAITS.iter().find(|(up_to, _)| greeting <= *up_to).map_or(WAITS[2].1, |(_, wait)| *wait);
        (self.silence_ms() >= wait && !in_tone)
            .then_some(Finding { verdict: Verdict::Human, why: "amd.short_greeting_then_silence" })
    }
}

fn machine(kind: MachineKind, why: &'static str) -> Finding {
    Finding { verdict: Verdict::Machine(kind), why }
}

impl Amd for Cadence {
    fn frame(&mut self, frame: Frame<'_>) -> Option<Finding> {
        self.now_ms += FRAME_MS;
        self.hear(frame.speech);
        match frame.signal {
            Some(Signal::Fax) => Some(machine(MachineKind::Fax, "amd.fax_tone")),
            Some(Signal::Sit) => Some(machine(MachineKind::Ivr, "amd.sit")),
            Some(Signal::Beep) if self.first_ms.is_some() => Some(machine(MachineKind::Voicemail, "amd.beep")),
            Some(Signal::Beep) | None => self.judge(frame.in_tone),
        }
    }

    fn deadline(&mut self) -> Finding {
        let why = if self.first_ms.is_none() { "amd.nothing_said" } else { "amd.undecided" };
        Finding { verdict: Verdict::Unknown, why }
    }
}
