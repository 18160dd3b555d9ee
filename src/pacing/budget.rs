//! The controller of the conflict limit: how much conflict a dial may carry so that abandonment ends just below
//! the cap. It reads the ledger's tightest window; the hard guards stand in `predictive`.
//!
//! The balance (calls that may still be abandoned, less a reserve) is held at zero by proportional and integral
//! action on the logarithm of the limit. Both are scaled by what a minute abandons by chance, so that a team of
//! three and one of a thousand react alike to what is more than noise.

use super::event::Settings;
use super::ledger::Tally;
use super::state::seconds;
use crate::words::Moment;

/// Over which the utilization is measured against the target.
const TARGET_SECONDS: f64 = 600.0;
/// Speed of easing: a utilization five points above the target shrinks the limit by a tenth a minute.
const EASE: f64 = 0.03;
/// Over which answers per minute are measured.
const RATE_SECONDS: f64 = 120.0;

#[derive(Debug, Clone)]
pub struct Budget {
    /// Of the logarithm of the limit.
    integral: f64,
    /// The balance when the limit was last asked for, in units of noise.
    balance: f64,
    noise: f64,
    /// Human answers per minute, lately.
    per_minute: f64,
    last: Option<Moment>,
    /// Busy and working seconds lately, and how far the limit is eased (a logarithm, zero or less) because the
    /// target is met.
    busy: (f64, f64),
    ease: f64,
    /// Variance of the abandoned that were counted in part.
    unsure: f64,
    pub tuning: Tuning,
}

#[derive(Debug, Clone)]
pub struct Tuning {
    /// Share of the cap that is aimed at.
    pub aim: f64,
    /// Calls kept back, for a small team; grows with the noise.
    pub reserve: f64,
    /// Calls lent at the start, and paid back over the first answers.
    pub credit: f64,
    pub credit_answers: f64,
    pub first_limit: f64,
    pub proportional: f64,
    /// Of critical damping.
    pub integral: f64,
    /// Conflict that a dial may carry while the cap is spent.
    pub spent_limit: f64,
    /// Standard deviations of the partly counted that are kept back.
    pub margin: f64,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            aim: 0.99,
            reserve: 3.0,
            credit: 4.0,
            credit_answers: 150.0,
            first_limit: 0.08,
            proportional: 0.5,
            integral: 0.6,
            spent_limit: 0.003,
            margin: 1.0,
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
        Budget {
            integral: 0.0,
            balance: 0.0,
            noise: 2.0,
            per_minute: 0.0,
            last: None,
            busy: (0.0, 0.0),
            ease: 0.0,
            unsure: 0.0,
            tuning: Tuning::default(),
        }
    }
}

impl Budget {
    /// A human answer came to its end: bridged in time, or not (in part, where nobody knows).
    pub fn passed(&mut self, settings: &Settings, now: Moment, answer: Tally) {
        let gap = self.last.map_or(0.0, |last| seconds(now, last));
        self.last = Some(now);
        self.per_minute = self.per_minute * (-gap / RATE_SECONDS).exp() + answer.humans * 60.0 / RATE_SECONDS;
        self.unsure += answer.abandoned * (1.0 - answer.abandoned).max(0.0);
        let tuning = &self.tuning;
        let gain =
            tuning.integral * 0.25 * tuning.proportional * tuning.proportional * spendable(settings) / self.noise;
        self.integral = (self.integral + gain * self.balance.clamp(-3.0, 3.0) * answer.humans).clamp(-4.0, 2.5);
    }

    /// Time passed with so many agents busy and ready: eases the limit while the target is exceeded.
    pub fn worked(&mut self, settings: &Settings, seconds: f64, busy: f64, ready: f64) {
        let keep = (-seconds / TARGET_SECONDS).exp();
        self.busy = (self.busy.0 * keep + busy * seconds, self.busy.1 * keep + (busy + ready) * seconds);
        if self.busy.1 <= 0.0 || settings.target_utilization >= 1.0 {
            self.ease = 0.0;
            return;
        }
        let above = self.busy.0 / self.busy.1 - settings.target_utilization;
        self.ease = (self.ease - EASE * above * seconds).clamp(-8.0, 0.0);
    }

    /// The target holds the dialer back, not the law.
    pub fn eased(&self) -> bool {
        self.ease < -0.5
    }

    /// `in_flight`: answers and abandoned calls that are expected of the lines now up.
    pub fn limit(&mut self, settings: &Settings, cap: f64, tally: Tally, in_flight: Tally) -> Limit {
        let tuning = &self.tuning;
        // Counted in part: a run of a thousand answers must hold the cap by itself, small ones together.
        let margin = tuning.margin * (tally.humans / 1000.0).clamp(0.3, 1.0) * self.unsure.sqrt();
        let lent = tuning.credit * (-tally.humans / tuning.credit_answers).exp();
        let room = room(settings, cap, tally) - in_flight.abandoned - margin + lent;
        self.noise = (4.0 + 3.0 * cap * self.per_minute).sqrt();
        let humans = tally.humans + in_flight.humans;
        let allowed = tuning.aim * cap * found(settings, humans) - mistaken(settings, humans) - margin + lent;
        let balance = allowed - tally.abandoned - in_flight.abandoned - tuning.reserve * 0.5 * self.noise;
        self.balance = balance / self.noise;
        let push = (tuning.proportional * self.balance).clamp(-4.0, 2.0);
        let conflict = (tuning.first_limit.ln() + self.integral + push + self.ease).exp().clamp(1e-4, 0.6);
        let conflict = if room < 0.0 { conflict.min(tuning.spent_limit) } else { conflict };
        Limit { conflict, room }
    }
}

/// Humans, including those that AMD took for machines.
fn found(settings: &Settings, humans: f64) -> f64 {
    humans / (1.0 - settings.amd_false_positive_rate.clamp(0.0, 0.5))
}

/// Upper bound (one and a half standard deviations) of people hung up on by AMD.
fn mistaken(settings: &Settings, humans: f64) -> f64 {
    let rate = settings.amd_false_positive_rate.clamp(0.0, 0.5);
    let mean = rate * found(settings, humans);
    mean + 1.5 * mean.max(0.0).sqrt()
}

/// Calls that may still be abandoned: the cap's share, less AMD's errors, less those abandoned.
pub fn room(settings: &Settings, cap: f64, tally: Tally) -> f64 {
    cap * found(settings, tally.humans) - mistaken(settings, tally.humans) - tally.abandoned
}

/// The cap less AMD's own error: what pacing may spend, as a share of the humans found.
fn spendable(settings: &Settings) -> f64 {
    let rate = settings.amd_false_positive_rate.clamp(0.0, 0.5);
    ((settings.cap - rate) / (1.0 - rate)).max(0.0)
}

/// Where the cap is below one and a half times AMD's own error, no pacing can meet it.
pub fn unreachable(settings: &Settings) -> bool {
    settings.amd && settings.amd_false_positive_rate > 0.0 && settings.cap < 1.5 * settings.amd_false_positive_rate
}
