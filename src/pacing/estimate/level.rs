//! How good the list is right now: observed over expected live answers, a Gamma-Poisson filter on top of the
//! slowly learned hazards. It moves within a minute where answers are many, and slowly where they are few.

/// Forgets after this many seconds or this many answers, whichever is more.
const MEMORY_SECONDS: f64 = 90.0;
const MEMORY_ANSWERS: f64 = 30.0;
/// Weight of "the level is one", in answers.
const PRIOR: f64 = 6.0;

#[derive(Debug, Clone)]
pub struct Level {
    observed: f64,
    expected: f64,
    pub memory_seconds: f64,
    pub memory_answers: f64,
}

impl Default for Level {
    fn default() -> Level {
        Level { observed: 0.0, expected: 0.0, memory_seconds: MEMORY_SECONDS, memory_answers: MEMORY_ANSWERS }
    }
}

impl Level {
    /// `expected` live answers fell due in the last `seconds`, by the slow hazards alone.
    pub fn pass(&mut self, seconds: f64, expected: f64) {
        let forget = (seconds / self.memory_seconds).min(expected * self.value() / self.memory_answers);
        let keep = (-forget).exp();
        self.observed *= keep;
        self.expected = self.expected * keep + expected;
    }

    /// An answer, or a correction of one counted in advance.
    pub fn observe(&mut self, answers: f64) {
        self.observed = (self.observed + answers).max(0.0);
    }

    pub fn value(&self) -> f64 {
        ((self.observed + PRIOR) / (self.expected + PRIOR)).clamp(0.1, 8.0)
    }

    /// Relative variance of `value`.
    pub fn uncertainty(&self) -> f64 {
        1.0 / (self.observed + PRIOR)
    }
}
