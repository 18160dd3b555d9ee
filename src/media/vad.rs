//! Voice activity by energy over an adaptive noise floor, 20 ms at a time.
//! It refuses to tell voices from other sounds: tones are `signal`'s, meaning is `amd`'s.

use super::FRAME_MS;
use std::time::Duration;

/// Speech is this far above the floor, and stays speech down to `KEEP_DB` above it.
const BEGIN_DB: f32 = 9.0;
const KEEP_DB: f32 = 6.0;
/// Below this nothing is speech, dBFS.
const QUIETEST_DB: f32 = -52.0;
/// Nothing at all: a hole, a tone taken out. It says nothing of the line's noise.
pub const SILENCE_DB: f32 = -100.0;
/// Until a second was heard, the floor is not believed above this: a first word must not pass for noise.
const FIRST_FLOOR_DB: f32 = -42.0;
/// Frames whose quietest makes the floor.
const FLOOR_FRAMES: usize = 64;
/// Speech begins after this many loud frames of the last four.
const BEGIN_FRAMES: u32 = 3;
/// Quiet for so long ends a talk spurt.
pub const HANG_OVER: Duration = Duration::from_millis(400);

/// Loudness of a frame, dBFS (0 is a full-scale square, -3 a full-scale sine, -100 silence).
pub fn level_db(samples: &[i16]) -> f32 {
    let sum: i64 = samples.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
    let mean = sum as f32 / samples.len().max(1) as f32;
    if mean < 0.2 { SILENCE_DB } else { 10.0 * (mean / (32768.0 * 32768.0)).log10() }
}

#[derive(Debug, Clone)]
pub struct Vad {
    recent: [f32; FLOOR_FRAMES],
    /// Frames that told something of the noise.
    frames: usize,
    loud: bool,
    /// The last frames, newest in bit 0: loud or not.
    history: u32,
    quiet_frames: i64,
    talking: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// This frame by itself.
    pub loud: bool,
    /// A talk spurt, with its hang-over.
    pub change: Option<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Started,
    /// `HANG_OVER` ago.
    Ended,
}

impl Default for Vad {
    fn default() -> Vad {
        Vad { recent: [0.0; FLOOR_FRAMES], frames: 0, loud: false, history: 0, quiet_frames: 0, talking: false }
    }
}

impl Vad {
    pub fn talking(&self) -> bool {
        self.talking
    }

    /// The noise under the speech, dBFS.
    pub fn floor_db(&self) -> f32 {
        let heard = self.frames.min(FLOOR_FRAMES);
        let lowest = self.recent[..heard].iter().copied().fold(0.0, f32::min);
        if self.frames < 50 { lowest.min(FIRST_FLOOR_DB) } else { lowest }
    }

    /// `level_db` of the next frame.
    pub fn frame(&mut self, level_db: f32) -> Activity {
        if level_db > SILENCE_DB {
            self.recent[self.frames % FLOOR_FRAMES] = level_db;
            self.frames += 1;
        }
        let over = if self.loud { KEEP_DB } else { BEGIN_DB };
        self.loud = level_db > QUIETEST_DB && level_db > self.floor_db().max(-65.0) + over;
        self.history = self.history << 1 | u32::from(self.loud);
        self.quiet_frames = if self.loud { 0 } else { self.quiet_frames + 1 };
        let change = if !self.talking && (self.history & 0xf).count_ones() >= BEGIN_FRAMES {
            Some(Change::Started)
        } else if self.talking && self.quiet_frames * FRAME_MS >= HANG_OVER.as_millis() as i64 {
            Some(Change::Ended)
        } else {
            None
        };
        self.talking = match change {
            Some(Change::Started) => true,
            Some(Change::Ended) => false,
            None => self.talking,
        };
        Activity { loud: self.loud, change }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(levels: &[(f32, usize)]) -> Vec<(usize, Change)> {
        let mut vad = Vad::default();
        let frames = levels.iter().flat_map(|&(level, n)| std::iter::repeat_n(level, n));
        frames.enumerate().filter_map(|(i, level)| vad.frame(level).change.map(|change| (i, change))).collect()
    }

    #[test]
    fn a_word_over_a_quiet_line_starts_and_ends() {
        assert_eq!(changes(&[(-60.0, 20), (-20.0, 20), (-60.0, 40)]), [(22, Change::Started), (59, Change::Ended)]);
    }

    #[test]
    fn a_word_from_the_first_frame_is_heard() {
        assert_eq!(changes(&[(-25.0, 20), (-60.0, 40)]), [(2, Change::Started), (39, Change::Ended)]);
    }

    #[test]
    fn noise_after_a_hole_is_still_noise() {
        assert_eq!(changes(&[(-45.0, 60), (SILENCE_DB, 20), (-45.0, 100)]), []);
    }

    #[test]
    fn steady_noise_silence_and_a_click_are_not_speech() {
        assert_eq!(changes(&[(-40.0, 500)]), []);
        assert_eq!(changes(&[(-100.0, 500)]), []);
        assert_eq!(changes(&[(-60.0, 50), (-10.0, 2), (-60.0, 50)]), []);
    }
}
