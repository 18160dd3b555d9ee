//! How good the list is right now, as a factor on the slowly learned hazards: a Bayes filter over a grid of
//! levels. Lists drift a little all the time and jump now and then (another list, another hour); the filter
//! weighs both by how well each level foretold the answers, so it moves within seconds where answers are many
//! and contradict it, and rests where they are few.

/// Levels from an eighth to eight times.
const LEVELS: usize = 33;
const STEP: f64 = 0.13;

#[derive(Debug, Clone)]
pub struct Level {
    weights: [f64; LEVELS],
    /// Expected answers since the last update.
    due: f64,
    mean: f64,
    variance: f64,
    /// The levels themselves, and where a jump leads (for the spread that it was made for).
    levels: [f64; LEVELS],
    jump: ([f64; LEVELS], f64),
    pub tuning: Tuning,
}

#[derive(Debug, Clone)]
pub struct Tuning {
    /// Jumps per second.
    pub jumps: f64,
    /// Variance of the logarithm's drift, per second.
    pub drift: f64,
    /// Standard deviation of the logarithm after a jump.
    pub spread: f64,
}

impl Default for Level {
    fn default() -> Level {
        Level::new(Tuning { jumps: 1.0 / 1500.0, drift: 1.0 / 60_000.0, spread: 0.6 })
    }
}

impl Level {
    pub fn new(tuning: Tuning) -> Level {
        let levels = std::array::from_fn(|at| log_level(at).exp());
        let jump = (prior(tuning.spread), tuning.spread);
        let mut level = Level { weights: jump.0, due: 0.0, mean: 1.0, variance: 0.0, levels, jump, tuning };
        level.summarize();
        level
    }

    /// Expected live answers that fell due, by the slow hazards alone.
    pub fn expect(&mut self, answers: f64) {
        self.due += answers;
    }

    /// An answer (one), or a correction of one counted in advance (a part, or negative).
    pub fn observe(&mut self, answers: f64) {
        self.weights.iter_mut().enumerate().for_each(|(at, weight)| *weight *= (answers * log_level(at)).exp());
        self.summarize();
    }

    /// Lets time pass: weighs what was expected, then drifts and jumps.
    pub fn pass(&mut self, seconds: f64) {
        if seconds <= 0.0 {
            return;
        }
        let due = std::mem::take(&mut self.due);
        self.weights.iter_mut().zip(&self.levels).for_each(|(weight, level)| *weight *= (-due * level).exp());
        self.summarize();
        if self.jump.1 != self.tuning.spread {
            self.jump = (prior(self.tuning.spread), self.tuning.spread);
        }
        let jumped = 1.0 - (-seconds * self.tuning.jumps).exp();
        let moved = (0.5 * seconds * self.tuning.drift / (STEP * STEP)).min(0.3);
        let (prior, before) = (self.jump.0, self.weights);
        for at in 0..LEVELS {
            let below = before[at.saturating_sub(1)];
            let above = before[(at + 1).min(LEVELS - 1)];
            let drifted = before[at] + moved * (below + above - 2.0 * before[at]);
            self.weights[at] = drifted * (1.0 - jumped) + prior[at] * jumped;
        }
        self.summarize();
    }

    pub fn value(&self) -> f64 {
        self.mean
    }

    /// Relative variance of `value`.
    pub fn uncertainty(&self) -> f64 {
        self.variance / (self.mean * self.mean)
    }

    fn summarize(&mut self) {
        let total: f64 = self.weights.iter().sum();
        if !(total > 1e-200 && total.is_finite()) {
            self.weights = self.jump.0;
            return self.summarize();
        }
        let (mut mean, mut square) = (0.0, 0.0);
        for (weight, level) in self.weights.iter_mut().zip(&self.levels) {
            *weight /= total;
            mean += *weight * level;
            square += *weight * level * level;
        }
        (self.mean, self.variance) = (mean, (square - mean * mean).max(0.0));
    }
}

fn prior(spread: f64) -> [f64; LEVELS] {
    let weights: [f64; LEVELS] = std::array::from_fn(|at| (-0.5 * (log_level(at) / spread).powi(2)).exp());
    let total: f64 = weights.iter().sum();
    weights.map(|weight| weight / total)
}

fn log_level(at: usize) -> f64 {
    (at as f64 - (LEVELS / 2) as f64) * STEP
}
