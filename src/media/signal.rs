//! What single tones on a line mean: fax (CED, CNG), special information tones, a machine's beep.
//! It refuses ring-back and busy: signalling tells those.

use super::FRAME_MS;
use super::tone::{self, Found};

/// A frame is a tone when this share of it is one frequency.
const SHARE_MIN: f64 = 0.8;
/// And no quieter than this, dBFS.
const QUIETEST_DB: f32 = -45.0;
/// Two frames are the same tone within this.
const SAME_HZ: f64 = 30.0;
/// A frame that fails inside a tone (phase reversal of ANSam, an edge) is forgiven once.
const MISSES_MAX: u8 = 1;
const BEEP_MS: std::ops::RangeInclusive<i64> = 120..=3000;
const BEEP_HZ: std::ops::RangeInclusive<f64> = 350.0..=2600.0;
/// CED and CNG are believed after this long (they last 2.6 s and 0.5 s).
const FAX_MS: i64 = 400;
const CED_HZ: f64 = 2100.0;
const CNG_HZ: f64 = 1100.0;
const FAX_WITHIN_HZ: f64 = 30.0;
/// First, second and third tone of ITU-T E.180 Suppl. 2 and of Telcordia GR-1162; each 276 or 380 ms.
const SIT_HZ: [(f64, f64); 3] = [(890.0, 1010.0), (1340.0, 1460.0), (1740.0, 1820.0)];
const SIT_MS: std::ops::RangeInclusive<i64> = 180..=480;
const SIT_GAP_MS: i64 = 80;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A tone ended that could be a machine's beep: 0.12 to 3 s.
    Beep,
    /// A fax answers (CED 2100 Hz) or calls (CNG 1100 Hz).
    Fax,
    /// The triad is complete.
    Sit,
}

#[derive(Debug, Clone, Default)]
pub struct Signals {
    run: Option<Run>,
    sit_heard: usize,
    sit_gap_ms: i64,
    fax_told: bool,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    hz: f64,
    ms: i64,
    misses: u8,
}

impl Signals {
    /// A tone is sounding now.
    pub fn in_tone(&self) -> bool {
        self.run.is_some_and(|run| run.ms >= 60)
    }

    pub fn frame(&mut self, samples: &[i16], level_db: f32) -> Option<Signal> {
        let found = if level_db > QUIETEST_DB { tone::find(samples) } else { None };
        let found = found.filter(|found| found.share >= SHARE_MIN);
        match (self.run, found) {
            (Some(run), Some(found)) if (found.hz - run.hz).abs() <= SAME_HZ => self.goes_on(run, found),
            (Some(run), None) if run.misses < MISSES_MAX && level_db > QUIETEST_DB => {
                self.run = Some(Run { ms: run.ms + FRAME_MS, misses: run.misses + 1, ..run });
                None
            }
            (Some(run), next) => {
                self.run = next.map(|found| Run { hz: found.hz, ms: FRAME_MS, misses: 0 });
                self.ended(run)
            }
            (None, next) => {
                self.run = next.map(|found| Run { hz: found.hz, ms: FRAME_MS, misses: 0 });
                self.sit_gap_ms += FRAME_MS;
                None
            }
        }
    }

    fn goes_on(&mut self, run: Run, found: Found) -> Option<Signal> {
        // The first frame is often half a tone: trust the later ones.
        let run = Run { hz: run.hz * 0.5 + found.hz * 0.5, ms: run.ms + FRAME_MS, misses: 0 };
        self.run = Some(run);
        let fax = [CED_HZ, CNG_HZ].iter().any(|hz| (run.hz - hz).abs() <= FAX_WITHIN_HZ);
        if fax && run.ms >= FAX_MS && !self.fax_told {
            self.fax_told = true;
            return Some(Signal::Fax);
        }
        // The third tone is told while it sounds: the sooner the line is freed the better.
        if self.sit_heard == 2 && self.sit_fits(run) && run.ms >= *SIT_MS.start() {
            self.sit_heard = 0;
            return Some(Signal::Sit);
        }
        None
    }

    fn sit_fits(&self, run: Run) -> bool {
        let (low, high) = SIT_HZ[self.sit_heard];
        (low..=high).contains(&run.hz) && (self.sit_heard == 0 || self.sit_gap_ms <= SIT_GAP_MS)
    }

    fn ended(&mut self, run: Run) -> Option<Signal> {
        if run.ms < 3 * FRAME_MS {
            self.sit_gap_ms += run.ms;
            return None;
        }
        let fits = self.sit_heard < 2 && SIT_MS.contains(&run.ms) && self.sit_fits(run);
        let first = SIT_MS.contains(&run.ms) && (SIT_HZ[0].0..=SIT_HZ[0].1).contains(&run.hz);
        self.sit_heard = if fits { self.sit_heard + 1 } else { usize::from(first) };
        self.sit_gap_ms = 0;
        let fax = (run.hz - CED_HZ).abs() <= FAX_WITHIN_HZ && run.ms >= FAX_MS;
        let beep = BEEP_MS.contains(&run.ms) && BEEP_HZ.contains(&run.hz) && !fax && self.sit_heard != 2;
        beep.then_some(Signal::Beep)
    }
}
