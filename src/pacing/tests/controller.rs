//! The controller of the limit: what doubles when a setting doubles, and that its noise is that of what is abandoned by
//! chance. Constants are read from the tuning, so that these hold whatever they are tuned to.

use super::{at, hours, near};
use crate::pacing::budget::{Budget, Held, Standing};
use crate::pacing::{Settings, Tally, Window};

fn held(cap: f64, abandoned: f64, variance: f64) -> Held {
    Held {
        window: Window::law(hours(1), cap),
        tally: Tally { humans: 1000.0, abandoned, variance },
        others: Tally::default(),
    }
}

/// The logarithm of the limit's conflict, for a team that is lent nothing.
fn log_limit(budget: &mut Budget, settings: &Settings, held: Held) -> f64 {
    let standing = Standing { windows: &[held], in_flight: Tally::default(), agents: 0.0 };
    budget.limit(settings, standing).conflict.ln()
}

fn amd(rate: f64) -> Settings {
    Settings { amd: true, amd_false_positive_rate: rate, ..Settings::default() }
}

/// A pure balance: no reserve, all of the cap aimed at.
fn plain() -> Budget {
    let mut budget = Budget::default();
    (budget.tuning.reserve, budget.tuning.aim) = (0.0, 1.0);
    budget
}

#[test]
fn at_a_balance_of_zero_the_limit_is_the_first_one() {
    let mut budget = plain();
    near(log_limit(&mut budget, &Settings::default(), held(0.03, 30.0, 0.0)), budget.tuning.first_limit.ln(), 1e-9);
    budget.tuning.aim = 0.5;
    near(log_limit(&mut budget, &Settings::default(), held(0.03, 15.0, 0.0)), budget.tuning.first_limit.ln(), 1e-9);
}

#[test]
fn a_quiet_teams_reserve_is_so_many_calls() {
    for reserve in [1.0, 3.0] {
        let mut kept = plain();
        kept.tuning.reserve = reserve;
        let kept = log_limit(&mut kept, &Settings::default(), held(0.03, 29.0 - reserve, 0.0));
        near(kept, log_limit(&mut plain(), &Settings::default(), held(0.03, 29.0, 0.0)), 1e-9);
    }
}

/// How strongly one more abandoned call pushes, at so many answers a minute: by it the noise is known.
fn noise(cap: f64, per_minute: f64) -> f64 {
    let settings = Settings::default();
    let pushed = |abandoned: f64| {
        let mut budget = plain();
        // Before the window was asked for, so that nothing is gathered.
        let last = (600.0 * per_minute / 60.0) as u32;
        for n in 0..last {
            budget.passed(&settings, at(f64::from(n) * 60.0 / per_minute), Tally::answer(1.0, 0.0));
        }
        let spent = 1000.0 * cap - abandoned;
        (log_limit(&mut budget, &settings, held(cap, spent, 0.0)), budget.humans_per_second())
    };
    let ((one, _), (two, rate)) = (pushed(1.0), pushed(2.0));
    near(rate * 60.0, per_minute, 0.02 * per_minute + 0.3);
    plain().tuning.proportional / (two - one)
}

#[test]
fn noise_is_the_root_of_what_a_minute_abandons_and_of_a_constant() {
    let square = |cap, per_minute| f64::powi(noise(cap, per_minute), 2);
    let quiet = square(0.03, 0.001);
    assert!(quiet > 1.0);
    let grown = |cap, per_minute| square(cap, per_minute) - quiet;
    assert!(grown(0.03, 60.0) > 1.0);
    near(grown(0.03, 120.0) / grown(0.03, 60.0), 2.0, 0.05);
    near(grown(0.06, 60.0) / grown(0.03, 60.0), 2.0, 0.05);
}

/// What one answer of such a weight adds to the logarithm of the limit.
fn step(settings: &Settings, tune: impl Fn(&mut Budget), held: Held, weight: f64) -> f64 {
    let mut budget = plain();
    tune(&mut budget);
    let first = log_limit(&mut budget, settings, held);
    budget.passed(settings, at(0.0), Tally { humans: weight, abandoned: 0.0, variance: 0.0 });
    // After a long silence the noise is what it was.
    budget.passed(settings, at(1e6), Tally::default());
    log_limit(&mut budget, settings, held) - first
}

#[test]
fn what_is_gathered_is_the_balance_by_answers_at_a_share_of_critical_damping() {
    let settings = Settings::default();
    let of = |tune: &dyn Fn(&mut Budget), abandoned, weight| step(&settings, tune, held(0.03, abandoned, 0.0), weight);
    let one = of(&|_| (), 28.0, 0.1);
    assert!(one > 0.0);
    near(of(&|_| (), 28.0, 0.2), 2.0 * one, 1e-9);
    near(of(&|_| (), 26.0, 0.1), 2.0 * one, 1e-9);
    near(of(&|budget| budget.tuning.reserve = 4.0, 28.0, 0.1), -one, 1e-9);
    near(of(&|budget| budget.tuning.integral *= 0.5, 28.0, 0.1), 0.5 * one, 1e-9);
    near(of(&|budget| budget.tuning.proportional *= 0.5, 28.0, 0.1), 0.25 * one, 1e-9);
    // Critical: a quarter of the proportional part's square, by what an answer may spend, over the noise. The
    // balance here is of two calls, in units of that noise.
    let tuning = plain().tuning;
    let (noise, spendable) = (noise(0.03, 0.001), 0.03);
    let critical = 0.25 * tuning.proportional * tuning.proportional * spendable / noise;
    near(one, tuning.integral * critical * 0.1 * 2.0 / noise, 1e-5);
}

#[test]
fn amds_errors_leave_less_to_spend() {
    let balanced = |rate: f64| {
        let settings = amd(rate);
        let mut budget = plain();
        let zero = log_limit(&mut budget, &settings, held(0.03, 20.0, 0.0));
        (zero, step(&settings, |_| (), held(0.03, 0.0, 0.0), 0.1))
    };
    assert!(balanced(0.004).0 < balanced(0.001).0 && balanced(0.001).0 < balanced(0.0).0);
    // Where the balance is as far as it counts, only the share that may be spent tells the steps apart.
    let (none, some) = (balanced(0.0).1, balanced(0.004).1);
    near(some / none, (0.03 - 0.004) / (1.0 - 0.004) / 0.03, 1e-3);
}

#[test]
fn doubt_counts_against_the_limit() {
    let settings = Settings::default();
    let with = |variance| log_limit(&mut plain(), &settings, held(0.03, 28.0, variance));
    let tuning = plain().tuning;
    // A standard deviation of two, at a thousand answers kept back in full.
    near(with(0.0) - with(4.0), tuning.proportional * 2.0 * tuning.margin / noise(0.03, 0.001), 1e-3);
}

#[test]
fn a_room_of_nothing_is_not_yet_overspent() {
    let mut budget = plain();
    let standing = Standing { windows: &[held(0.03, 30.0, 0.0)], in_flight: Tally::default(), agents: 0.0 };
    let limit = budget.limit(&Settings::default(), standing);
    assert_eq!(limit.room, 0.0);
    assert!(limit.conflict > budget.tuning.spent_limit);
}

#[test]
fn easing_goes_by_the_excess_and_by_time() {
    let eased = |target: f64, seconds: f64, steps: u32| {
        let settings = Settings { target_utilization: target, ..Settings::default() };
        let mut budget = plain();
        let first = log_limit(&mut budget, &settings, held(0.03, 30.0, 0.0));
        (0..steps).for_each(|_| budget.worked(&settings, seconds, 9.0, 1.0));
        first - log_limit(&mut budget, &settings, held(0.03, 30.0, 0.0))
    };
    let one = eased(0.8, 1.0, 10);
    assert!(one > 0.0);
    near(eased(0.7, 1.0, 10), 2.0 * one, 1e-9);
    near(eased(0.8, 1.0, 20), 2.0 * one, 1e-9);
    near(eased(0.8, 2.0, 10), 2.0 * one, 1e-9);
    near(eased(0.8, 0.5, 20), one, 1e-9);
}

#[test]
fn minutes_that_abandon_more_than_chance_shrink_the_limit() {
    // At a balance of zero, after a hundred answers at once of which so many were lost.
    let pushed = |lost: f64, after: f64, tune: &dyn Fn(&mut Budget)| {
        let settings = Settings::default();
        let mut budget = plain();
        tune(&mut budget);
        budget.passed(&settings, at(0.0), Tally { humans: 60.0, abandoned: 0.0, variance: 0.0 });
        budget.passed(&settings, at(0.0), Tally { humans: 40.0, abandoned: lost, variance: 0.0 });
        budget.passed(&settings, at(after), Tally::default());
        log_limit(&mut budget, &settings, held(0.03, 30.0, 0.0)) - budget.tuning.first_limit.ln()
    };
    let tuning = plain().tuning;
    // Three are due; chance spreads by the root of them and one.
    let above = |lost: f64| (lost - 3.0) / 2.0 - tuning.burst;
    let of = |lost: f64| pushed(lost, 0.0, &|_| ());
    for lost in [0.0, 3.0, 3.0 + 2.0 * tuning.burst] {
        near(of(lost), 0.0, 1e-9);
    }
    for lost in [10.0, 12.0] {
        near(of(lost), -tuning.burst_push * above(lost), 1e-9);
    }
    near(pushed(10.0, 0.0, &|budget| budget.tuning.burst_push *= 2.0), 2.0 * of(10.0), 1e-9);
    near(pushed(10.0, 0.0, &|budget| budget.tuning.burst -= 0.5), of(10.0) - 0.5 * tuning.burst_push, 1e-9);
    // It fades with its time: e times less of both.
    let kept = (-1f64).exp();
    let faded = (14.0 * kept - 3.0 * kept) / (3.0 * kept + 1.0).sqrt() - tuning.burst;
    near(pushed(14.0, tuning.burst_seconds, &|_| ()), -tuning.burst_push * faded.max(0.0), 1e-9);
    assert_eq!(pushed(14.0, 1e6, &|_| ()), 0.0);
}
