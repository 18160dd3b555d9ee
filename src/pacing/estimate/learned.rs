//! What a run of a list taught, in a form that can be kept: the next run of the same list type and hour starts from it.
//! Whose list and which hour is the host's business. Agents' own speeds are not in it, and no number and no name.

use super::{Amd, Ring, Talk};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An earlier run is worth so many calls, and so many talks, at most: today's list has the last word.
const CALLS_MAX: f64 = 1500.0;
const TALKS_MAX: f64 = 300.0;
const VERSION: u32 = 1;

/// Serialisable; made by `Pacer::learned`, given to `Pacer::warm_with`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Learned {
    version: u32,
    /// With answering-machine detection, or without.
    amd: bool,
    ring: Ring,
    delays: Amd,
    talk: Talk,
}

/// Why a summary cannot be used. The remedy is the same for all: start without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LearnedError {
    /// Of another version of the program.
    Version(u32),
    /// Learned with AMD and to be used without, or the other way round.
    Amd { learned: bool },
    /// A number that no run can have left: `field` is where.
    Broken { field: &'static str },
}

impl fmt::Display for LearnedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LearnedError::Version(version) => {
                write!(f, "what was learned is of version {version}, not {VERSION}: start without it")
            }
            LearnedError::Amd { learned } => {
                let with = if *learned { "with" } else { "without" };
                write!(f, "what was learned came from a run {with} answering-machine detection: start without it")
            }
            LearnedError::Broken { field } => write!(f, "what was learned is broken in {field}: start without it"),
        }
    }
}

impl std::error::Error for LearnedError {}

impl Learned {
    pub fn of(amd: bool, ring: &Ring, delays: &Amd, talk: &Talk) -> Learned {
        Learned { version: VERSION, amd, ring: ring.clone(), delays: delays.clone(), talk: talk.clone() }
    }

    /// Calls that it rests on.
    pub fn calls(&self) -> u64 {
        self.ring.resolved
    }

    /// Ready to start a run from: aged, and sound.
    pub fn prior(&self, amd: bool, ring_seconds_max: f64) -> Result<(Ring, Amd, Talk), LearnedError> {
        if self.version != VERSION {
            return Err(LearnedError::Version(self.version));
        }
        if self.amd != amd {
            return Err(LearnedError::Amd { learned: self.amd });
        }
        let broken = [(self.ring.sound(), "ring"), (self.delays.sound(), "delays"), (self.talk.sound(), "talk")];
        if let Some((_, field)) = broken.into_iter().find(|(sound, _)| !sound) {
            return Err(LearnedError::Broken { field });
        }
        let ring = self.ring.aged(CALLS_MAX, ring_seconds_max);
        Ok((ring, self.delays.clone(), self.talk.aged(TALKS_MAX)))
    }
}
