//! The controller of the conflict limit: how much conflict a dial may carry so that abandonment ends just below
//! the cap. It reads the ledger's tightest window; the hard guards stand in `predictive`.

use super::event::Settings;
use super::ledger::Tally;

#[derive(Debug, Clone)]
pub struct Budget {
    /// Of the logarithm of the limit.
    integral: f64,
    pub tuning: Tuning,
}

#[derive(Debug, Clone)]
pub struct Tuning {
    /// Share of the cap that is aimed at.
    pub aim: f64,
    /// Calls kept back.
    pub reserve: f64,
    /// Calls lent at the start, and paid back over the first answers.
    pub credit: f64,
    pub credit_answers: f64,
    pub first_limit: f64,
    pub proportional: f64,
    /// Answers over which the integral follows.
    pub integral_answers: f64,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            aim: 0.99,
            reserve: 2.0,
            credit: 2.0,
            credit_answers: 150.0,
            first_limit: 0.10,
            proportional: 0.5,
            integral_answers: 150.0,
        }
    }
}

/// What may be spent now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The highest conflict probability at which a line is still dialed.
    pub conflict: f64,
    /// Calls that may still be abandoned without passing the cap, after what is in flight.
    pub room: f64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { integral: 0.0, tuning: Tuning::default() }
    }
}

impl Budget {
    /// A human answer came to its end: bridged in time, or not (in part, where nobody knows).
    pub fn passed(&mut self, settings: &Settings, answer: Tally) {
        let aim = self.tuning.aim * spendable(settings);
        if aim <= 0.0 {
            return;
        }
        let step = (aim * answer.humans - answer.abandoned) / (aim * self.tuning.integral_answers);
        self.integral = (self.integral + step).clamp(-3.0, 3.0);
    }

    /// `in_flight`: answers and abandoned calls that are expected of the lines now up.
    pub fn limit(&self, settings: &Settings, cap: f64, tally: Tally, in_flight: Tally) -> Limit {
        let tuning = &self.tuning;
        let room = room(settings, cap, tally) - in_flight.abandoned;
        let lent = tuning.credit * (-tally.humans / tuning.credit_answers).exp();
        let humans = tally.humans + in_flight.humans;
        let aimed = tuning.aim * cap * found(settings, humans)
            - mistaken(settings, humans)
            - tally.abandoned
            - in_flight.abandoned;
        let balance = aimed - tuning.reserve + lent;
        let spent = (tally.abandoned + 4.0).sqrt();
        let push = (tuning.proportional * balance / spent).clamp(-4.0, 2.0);
        let conflict = (tuning.first_limit.ln() + self.integral + push).exp().clamp(1e-4, 0.6);
        Limit { conflict, room }
    }
}

/// Humans, including those that AMD took for machines.
fn found(settings: &Settings, humans: f64) -> f64 {
    humans / (1.0 - settings.amd_false_positive_rate.clamp(0.0, 0.5))
}

/// Upper bound (two standard deviations) of people hung up on by AMD.
fn mistaken(settings: &Settings, humans: f64) -> f64 {
    let rate = settings.amd_false_positive_rate.clamp(0.0, 0.5);
    let mean = rate * found(settings, humans);
    mean + 2.0 * mean.sqrt()
}

/// Calls that may still be abandoned: the cap's share, less AMD's errors, less those abandoned.
pub fn room(settings: &Settings, cap: f64, tally: Tally) -> f64 {
    cap * found(settings, tally.humans) - mistaken(settings, tally.humans) - tally.abandoned
}

/// The cap less AMD's own error: what pacing may spend, as a share of the humans found.
pub fn spendable(settings: &Settings) -> f64 {
    let rate = settings.amd_false_positive_rate.clamp(0.0, 0.5);
    ((settings.cap - rate) / (1.0 - rate)).max(0.0)
}

/// Where the cap is below one and a half times AMD's own error, no pacing can meet it.
pub fn unreachable(settings: &Settings) -> bool {
    settings.amd && settings.amd_false_positive_rate > 0.0 && settings.cap < 1.5 * settings.amd_false_positive_rate
}
