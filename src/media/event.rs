//! What the sound of a leg told us. Isomorphic to the engine's `MediaEvent` (which this module may not import).

use crate::words::{LegId, MachineKind, Moment, PlaybackId};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub leg: LegId,
    /// When it was noticed: the packet's or the tick's moment. The legal clock.
    pub at: Moment,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The first talk spurt began.
    SpeechStarted,
    /// The first talk spurt ended `ago` before `at` (the detector's hang-over).
    SpeechEnded {
        ago: Duration,
    },
    /// `why` is a code of the catalogue of reasons (`amd.…`). Comes once per `listen` with a deadline.
    Amd {
        verdict: Verdict,
        why: &'static str,
        analysed_ms: u32,
    },
    /// A single tone after speech, at its end: the machine records from here.
    Beep,
    /// 0-9, *, #, A-D. At the start of the key press, once per press.
    Digit(char),
    /// A prompt ended; `whole` is false if it was stopped or replaced.
    Played {
        playback: PlaybackId,
        whole: bool,
    },
    /// No packet for a while, and packets again.
    Silent,
    Heard,
    /// Special information tones (ITU-T E.180).
    Sit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Human,
    Machine(MachineKind),
    /// Counts as human.
    Unknown,
}
