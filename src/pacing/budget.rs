//! The controller of the conflict limit: how much conflict a dial may carry so that abandonment ends just below
//! the cap, in every window of the ledger; the strictest one binds. The hard guards stand in `predictive`.
//!
//! The balance (calls that may still be abandoned, less a reserve) is held at zero by proportional and integral
//! action on the logarithm of the limit. Both are scaled by what a minute abandons by chance, so that a team of
//! three and one of a thousand react alike to what is more than noise.

use super::event::Settings;
use super::ledger::{Tally, Window};
use super::state::seconds;
use crate::words::Moment;
use std::time::Duration;

/// The cap that the constants were found for.
const USUAL_CAP: f64 = 0.03;
/// Over which the utilization is measured against the target.
const TARGET_SECONDS: f64 = 600.0;
/// Speed of easing: a utilization five points above the target shrinks the limit by a tenth a minute.
const EASE: f64 = 0.03;
/// Over which answers per minute are measured.
const RATE_SECONDS: f64 = 120.0;
/// Windows shorter than this lend nothing at their start.
const LENDS_FROM: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Clone)]
pub struct Budget {
    /// By window: the ledger's first, then those of the joint ledger.
    purses: Vec<Purse>,
    /// Human answers per minute, lately.
    per_minute: f64,
    /// Answers of the last minutes, fading.
    lately: Tally,
    last: Option<Moment>,
    /// Busy and working seconds lately, and how far the limit is eased (a logarithm, zero or less) because the
    /// target is met.
    busy: (f64, f64),
    ease: f64,
    pub tuning: Tuning,
}

/// One window's controller.
#[derive(Debug, Clone, Copy)]
struct Purse {
    /// Of the logarithm of the limit.
    integral: f64,
    /// The balance when the limit was last asked for, in units of noise.
    balance: f64,
    noise: f64,
    /// The window's cap.
    cap: f64,
}

#[derive(Debug, Clone)]
pub struct Tuning {
    /// Share of the cap that is aimed at.
    pub aim: f64,
    /// Calls kept back, for a small team; grows with the noise, and below a cap of three in a hundred, where one call too
    /// many takes the longer to make good.
    pub reserve: f64,
    /// Lent at the start to a team of `credit_agents` or more and paid back over the first answers: calls, as a share of
    /// what those answers will bring, and at most so many.
    pub credit_share: f64,
    pub credit: f64,
    pub credit_answers: f64,
    pub credit_agents: f64,
    pub first_limit: f64,
    pub proportional: f64,
    /// Of critical damping.
    pub integral: f64,
    /// Conflict that a dial may carry while the cap is spent.
    pub spent_limit: f64,
    /// Minutes that abandon more than chance explains by so many standard deviations shrink the limit, each further
    /// one by this logarithm; over so many seconds.
    pub burst: f64,
    pub burst_push: f64,
    pub burst_seconds: f64,
    /// Standard deviations of the partly counted that are kept back, and the share of them that short runs keep.
    pub margin: f64,
    pub margin_least: f64,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            aim: 0.99,
            reserve: 3.0,
            credit_share: 0.9,
            credit: 4.0,
            credit_answers: 150.0,
            credit_agents: 15.0,
            first_limit: 0.08,
            proportional: 0.5,
            integral: 0.6,
            spent_limit: 0.003,
            burst: 2.5,
            burst_push: 0.7,
            burst_seconds: 150.0,
            margin: 1.0,
            margin_least: 0.5,
        }
    }
}

/// What may be spent now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The highest conflict probability at which a line is still dialed.
    pub conflict: f64,
    /// Calls that may still be abandoned without passing the cap, after what is in flight, in the window that binds.
    pub room: f64,
    /// Which window binds.
    pub window: usize,
}

/// A window, what it holds, and what other campaigns that share it have in flight.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    pub window: Window,
    pub tally: Tally,
    pub others: Tally,
}

/// All windows, what is in flight, and how many agents are at work.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub windows: &'a [Held],
    /// Answers and abandoned calls that are expected of the lines now up.
    pub in_flight: Tally,
    pub agents: f64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            purses: Vec::new(),
            per_minute: 0.0,
            lately: Tally::default(),
            last: None,
            busy: (0.0, 0.0),
            ease: 0.0,
            tuning: Tuning::default(),
        }
    }
}

impl Default for Purse {
    fn default() -> Purse {
        Purse { integral: 0.0, balance: 0.0, noise: 2.0, cap: 0.0 }
    }
}

impl Budget {
    /// A human answer came to its end: bridged in time, or not (in part, where nobody knows).
    pub fn passed(&mut self, settings: &Settings, now: Moment, answer: Tally) {
        let gap = self.last.map_or(0.0, |last| seconds(now, last));
        self.last = Some(now);
        self.per_minute = self.per_minute * (-gap / RATE_SECONDS).exp() + answer.humans * 60.0 / RATE_SECONDS;
        let keep = (-gap / self.tuning.burst_seconds).exp();
        self.lately.humans = self.lately.humans * keep + answer.humans;
        self.lately.abandoned = self.lately.abandoned * keep + answer.abandoned;
        let Tuning { proportional, integral, .. } = self.tuning;
        for purse in &mut self.purses {
            let gain = integral * 0.25 * proportional * proportional * spendable(settings, purse.cap) / purse.noise;
            let step = gain * purse.balance.clamp(-3.0, 3.0) * answer.humans;
            purse.integral = (purse.integral + step).clamp(-4.0, 2.5);
        }
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

    /// Utilization over the last ten minutes, and the agents' seconds it was measured over.
    pub fn utilization(&self) -> (f64, f64) {
        if self.busy.1 > 0.0 { (self.busy.0 / self.busy.1, self.busy.1) } else { (0.0, 0.0) }
    }

    pub fn humans_per_second(&self) -> f64 {
        self.per_minute / 60.0
    }

    pub fn limit(&mut self, settings: &Settings, standing: Standing<'_>) -> Limit {
        self.purses.resize(standing.windows.len(), Purse::default());
        let mut strictest = Limit { conflict: f64::INFINITY, room: f64::INFINITY, window: 0 };
        for (at, &held) in standing.windows.iter().enumerate() {
            let limit = self.of_window(settings, standing, at, held);
            // A spent window binds, whatever the others would allow; else the smallest conflict.
            let key = |limit: &Limit| (limit.room >= 0.0, limit.conflict);
            if key(&limit).partial_cmp(&key(&strictest)).is_some_and(|order| order.is_lt()) {
                strictest = limit;
            }
        }
        strictest
    }

    fn of_window(&mut self, settings: &Settings, standing: Standing<'_>, at: usize, held: Held) -> Limit {
        let Held { window, tally, others } = held;
        let (tuning, cap) = (&self.tuning, window.cap);
        let in_flight = Tally {
            humans: standing.in_flight.humans + others.humans,
            abandoned: standing.in_flight.abandoned + others.abandoned,
            variance: 0.0,
        };
        // Counted in part: a run of a thousand answers must hold the cap by itself, small ones together.
        let whole = (tally.humans / 1000.0).clamp(tuning.margin_least, 1.0);
        let margin = tuning.margin * scarcity(cap) * whole * tally.variance.max(0.0).sqrt();
        let lent = lent(tuning, window, tally, standing.agents);
        let room = room(settings, window, tally) - in_flight.abandoned - margin + lent;
        let humans = (tally.humans + in_flight.humans).max(window.answers_min);
        let allowed = tuning.aim * cap * found(settings, humans) - mistaken(settings, humans) - margin + lent;
        let purse = &mut self.purses[at];
        purse.cap = cap;
        purse.noise = (4.0 + 3.0 * cap * self.per_minute).sqrt();
        let reserve = tuning.reserve * 0.5 * purse.noise * scarcity(cap).sqrt();
        let balance = allowed - tally.abandoned - in_flight.abandoned - reserve;
        purse.balance = balance / purse.noise;
        let push = (tuning.proportional * purse.balance).clamp(-4.0, 2.0);
        let burst = burst(tuning, self.lately, cap);
        let conflict = (tuning.first_limit.ln() + purse.integral + push + burst + self.ease).exp().clamp(1e-4, 0.6);
        let conflict = if room < 0.0 { conflict.min(tuning.spent_limit) } else { conflict };
        Limit { conflict, room, window: at }
    }
}

/// Below the usual cap each call too many takes so much longer to make good, and more is kept back for it.
fn scarcity(cap: f64) -> f64 {
    (USUAL_CAP / cap.max(1e-3)).clamp(1.0, 2.5)
}

/// A logarithm, zero or less: what the last minutes abandoned above the cap and above chance. A list that turns, or
/// agents who are slow to come back, show there long before a day's balance does.
fn burst(tuning: &Tuning, lately: Tally, cap: f64) -> f64 {
    let due = cap * lately.humans;
    let above = (lately.abandoned - due) / (due + 1.0).sqrt() - tuning.burst;
    -tuning.burst_push * above.max(0.0)
}

/// Lent to a window that has hardly begun, and only where it lasts long enough to be paid back.
fn lent(tuning: &Tuning, window: Window, tally: Tally, agents: f64) -> f64 {
    if window.span.length().is_some_and(|length| length < LENDS_FROM) {
        return 0.0;
    }
    let share = (agents / tuning.credit_agents.max(1.0)).min(1.0);
    let calls = (tuning.credit_share * window.cap * tuning.credit_answers).min(tuning.credit);
    calls * share * (-tally.humans / tuning.credit_answers).exp()
}

/// The share of people that AMD takes for machines, where it counts.
fn error(settings: &Settings) -> f64 {
    if settings.amd && settings.amd_errors_count { settings.amd_false_positive_rate.clamp(0.0, 0.5) } else { 0.0 }
}

/// Humans, including those that AMD took for machines.
fn found(settings: &Settings, humans: f64) -> f64 {
    humans / (1.0 - error(settings))
}

/// Upper bound (one and a half standard deviations) of people hung up on by AMD.
fn mistaken(settings: &Settings, humans: f64) -> f64 {
    let mean = error(settings) * found(settings, humans);
    mean + 1.5 * mean.max(0.0).sqrt()
}

/// Calls that may still be abandoned: the cap's share, less AMD's errors, less those abandoned.
pub fn room(settings: &Settings, window: Window, tally: Tally) -> f64 {
    let humans = tally.humans.max(window.answers_min);
    window.cap * found(settings, humans) - mistaken(settings, humans) - tally.abandoned
}

/// The cap less AMD's own error: what pacing may spend, as a share of the humans found.
fn spendable(settings: &Settings, cap: f64) -> f64 {
    ((cap - error(settings)) / (1.0 - error(settings))).max(0.0)
}

/// Where a cap is below one and a half times AMD's own error, no pacing can meet it.
pub fn unreachable(settings: &Settings) -> bool {
    error(settings) > 0.0 && settings.windows().any(|window| window.cap < 1.5 * error(settings))
}
