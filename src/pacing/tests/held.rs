//! The tables of demand, entry by entry, against sums written out here: hazards by half second, AMD's delay, the way
//! from dialing to ringing, and how long an agent is held by what was answered.

use super::{at, hours, near, team};
use crate::pacing::budget::{Held, Standing};
use crate::pacing::conflict::Conflict;
use crate::pacing::estimate::{Amd, Demand, HORIZON_SECONDS, HORIZONS, Level, Ring, Row, Supply, Talk};
use crate::pacing::predictive::Predictive;
use crate::pacing::state::Stage;
use crate::pacing::{Settings, Tally, Window};
use crate::words::CallId;

const STEP: f64 = 0.5;

fn steps(seconds: f64) -> usize {
    (seconds / STEP) as usize
}

/// Rings after two seconds or five, is answered after four of ringing or after twelve, or never.
fn uneven() -> Ring {
    let mut ring = Ring::new(20.5, true);
    for call in 0..3000 {
        let rings = if call % 3 == 0 { 5.2 } else { 2.2 };
        ring.expose_pre(0.0, rings);
        ring.rang(rings);
        let rung = [4.3, 12.3, 20.5][call % 3];
        ring.expose_ring(0.0, rung);
        if call % 3 < 2 {
            ring.answered(rung);
            ring.verdict(rung, call % 4 > 0);
        } else {
            ring.ended(rung, true);
        }
    }
    ring
}

/// Live answers by so many steps of ringing after an age in steps, of one that has rung so long.
fn answered(ring: &Ring, level: f64, age: usize, after: usize) -> f64 {
    let (mut alive, mut live_by) = (1.0, 0.0);
    for step in age..(age + after).min(steps(ring.ring_seconds_max())) {
        let age = (step as f64 + 0.5) * STEP;
        let ((on, off), share) = (ring.ring_hazard(age), ring.live_share(age));
        let live = level * on * share;
        let total = live + on * (1.0 - share) + off;
        let ends: f64 = alive * (1.0 - f64::exp(-total * STEP));
        live_by += ends * live / total;
        alive -= ends;
    }
    live_by
}

/// The same half a step before, as a mean of its neighbours; with a verdict after so many steps by their masses.
fn wanted(ring: &Ring, amd: Option<&Amd>, level: f64, age: usize, after: usize) -> f64 {
    let half = |by: usize| {
        if by == 0 { 0.0 } else { 0.5 * (answered(ring, level, age, by) + answered(ring, level, age, by - 1)) }
    };
    match amd {
        None => answered(ring, level, age, after),
        Some(amd) => (0..after.min(12)).map(|step| amd.live_mass(step) * half(after - step)).sum(),
    }
}

/// Of one that dials for an age in steps: it begins to ring in one of them, and the rest is as above.
fn dialed(ring: &Ring, from: usize, by: &dyn Fn(usize) -> f64, after: usize) -> f64 {
    let (mut alive, mut sum) = (1.0, 0.0);
    for step in from..40 {
        let (on, off) = ring.pre_hazard((step as f64 + 0.5) * STEP);
        let ends: f64 = alive * (1.0 - f64::exp(-(on + off) * STEP));
        if step - from < after {
            let left = after - (step - from);
            sum += ends * on / (on + off) * 0.5 * (by(left) + by(left - 1));
        }
        alive -= ends;
    }
    sum
}

#[test]
fn each_entry_is_the_sum_it_stands_for() {
    let ring = uneven();
    let mut amd = Amd::default();
    (0..60).for_each(|n| amd.verdict(f64::from(n % 16) * 0.25, true));
    amd.refresh();
    for (amd, level) in [(None, 1.0), (None, 2.5), (Some(&amd), 1.0), (Some(&amd), 0.4)] {
        let mut demand = Demand::default();
        demand.rebuild(&ring, amd, level);
        for (j, horizon) in HORIZON_SECONDS.into_iter().enumerate() {
            for age in [0, 1, 7, 8, 9, 20, 30, 40, 41] {
                near(demand.ring_row(age)[j], wanted(&ring, amd, level, age, steps(horizon)), 1e-6);
            }
            let by = |left: usize| wanted(&ring, amd, level, 0, left);
            for from in [0, 2, 4, 9, 12, 39] {
                near(demand.pre_row(from)[j], dialed(&ring, from, &by, steps(horizon)), 1e-6);
            }
        }
    }
}

#[test]
fn the_answer_rate_is_that_of_all_who_begin_to_ring() {
    let ring = uneven();
    let mut demand = Demand::default();
    demand.rebuild(&ring, None, 1.0);
    let rings = dialed(&ring, 0, &|_| 1.0, 100);
    near(demand.answer_rate(), rings * answered(&ring, 1.0, 0, 41), 1e-6);
    // Due by the second, at the hazard of its first quarter.
    let due = |second: usize| {
        let age = second as f64 + 0.25;
        ring.ring_hazard(age).0 * ring.live_share(age)
    };
    for second in 0..21 {
        near(demand.live_due(second as f64, second as f64 + 1.0), due(second), 1e-12);
    }
}

#[test]
fn a_dial_lands_where_people_answer() {
    // No word of who is a person: as all who are live. Each horizon reaches half-way to its neighbours.
    let ring = uneven();
    let mut demand = Demand::default();
    demand.rebuild(&ring, None, 1.0);
    let by = *demand.pre_row(0);
    let total = by[HORIZONS - 1];
    for j in 0..HORIZONS {
        let edge = |j: usize| if j + 1 < HORIZONS { 0.5 * (by[j] + by[j + 1]) } else { total };
        let before = if j == 0 { 0.0 } else { edge(j - 1) };
        near(demand.landing()[j], (edge(j) - before) / total, 1e-9);
    }
    // Those who answer early are people, the late ones are not.
    let mut told = uneven();
    for _ in 0..500 {
        told.disposition(4.3, true);
        told.disposition(12.3, false);
    }
    demand.rebuild(&told, None, 1.0);
    let late =
        |landing: &Row| -> f64 { (0..HORIZONS).filter(|j| HORIZON_SECONDS[*j] > 12.0).map(|j| landing[j]).sum() };
    let early = late(demand.landing());
    demand.rebuild(&ring, None, 1.0);
    assert!(early < 0.35 * late(demand.landing()), "{early}");
}

#[test]
fn an_agent_is_held_until_done() {
    let ring = uneven();
    let horizon_steps = HORIZON_SECONDS.map(steps);
    for done_after in [0, 10, 1000] {
        let mut demand = Demand::default();
        // Done exactly so many half seconds after the answer.
        let again = std::array::from_fn(|step| if step >= done_after { 1.0 } else { 0.0 });
        demand.expect_again(&again);
        demand.rebuild(&ring, None, 1.3);
        for (j, after) in horizon_steps.into_iter().enumerate() {
            for age in [0, 5, 9, 24, 41] {
                let done = answered(&ring, 1.3, age, after.saturating_sub(done_after));
                near(demand.ring_held(age)[j], answered(&ring, 1.3, age, after) - done, 1e-6);
            }
            let by = |left: usize| answered(&ring, 1.3, 0, left);
            let done_by = |left: usize| by(left.saturating_sub(done_after));
            for from in [0, 3, 11] {
                let held = dialed(&ring, from, &by, after) - dialed(&ring, from, &done_by, after);
                near(demand.pre_held(from)[j], held, 1e-6);
            }
        }
        assert_eq!(demand.fresh(), demand.pre_held(0));
    }
}

#[test]
fn behind_amd_an_agent_is_held_from_the_verdict_on() {
    let (ring, mut amd) = (uneven(), Amd::default());
    (0..4000).for_each(|_| amd.verdict(2.1, true));
    amd.refresh();
    let rows = |done_after: usize| {
        let mut demand = Demand::default();
        demand.expect_again(&std::array::from_fn(|step| if step >= done_after { 1.0 } else { 0.0 }));
        demand.rebuild(&ring, Some(&amd), 1.0);
        demand
    };
    let (never, soon, at_once) = (rows(1000), rows(12), rows(0));
    for j in 0..HORIZONS {
        near(never.ring_held(0)[j], never.ring_row(0)[j], 1e-9);
        near(at_once.ring_held(0)[j], 0.0, 0.08);
        assert!(soon.ring_held(0)[j] <= soon.ring_row(0)[j] && soon.ring_held(0)[j] >= at_once.ring_held(0)[j] - 1e-9);
    }
    // Answered by the sixth second and told two later; six on, those are done.
    let by_then = answered(&ring, 1.0, 0, 32 * 2 - 4 - 12);
    near(soon.ring_held(0)[HORIZONS - 1], soon.ring_row(0)[HORIZONS - 1] - by_then, 0.02);
}

#[test]
fn who_takes_a_call_is_ready_again_after_talk_and_wrap_up() {
    let mut talk = Talk::default();
    let mut supply = Supply::default();
    assert!(supply.again().iter().all(|by| *by == 0.0), "nothing is known yet");
    supply.rebuild(&talk, 1.25, 1.0);
    let (a, b) = (1.0 / 60.0, 1.0 / 12.0);
    for (step, by) in supply.again().iter().enumerate() {
        let t = 0.5 * step as f64 + 1.25;
        let both = 1.0 - (b * f64::exp(-a * t) - a * f64::exp(-b * t)) / (b - a);
        near(*by, talk.ready_share() * both, 5e-3);
    }
    // After machines a wrap-up is short, after people long: by the share of people between.
    for _ in 0..300 {
        talk.wraps[0].expose(0.0, 1.0);
        talk.wrapped(false, 1.0, true, false);
        talk.wraps[1].expose(0.0, 40.0);
        talk.wrapped(true, 40.0, true, false);
    }
    let last = |share: f64| {
        let mut supply = Supply::default();
        supply.rebuild(&talk, 0.0, share);
        supply.again()[60]
    };
    assert!(last(0.0) > 1.5 * last(1.0));
    near(last(0.25), 0.75 * last(0.0) + 0.25 * last(1.0), 1e-9);
}

// ── what predictive mode makes of them ──

fn plain() -> Predictive {
    let mut predictive = Predictive::new(&Settings::default());
    (predictive.tuning.caution, predictive.tuning.pace_agents) = (0.0, 1e9);
    predictive.ring.resolved = 100_000;
    predictive
}

#[test]
fn lines_up_hold_agents_only_until_they_are_done() {
    let settings = Settings::default();
    for ready in [9, 40] {
        let (mut predictive, mut state) = (plain(), team(ready, 0));
        // Talks of three seconds and wrap-ups of one, so that much is over within the horizons.
        for _ in 0..300 {
            predictive.talk.expose(0, (0.0, 3.0), (0.0, 3.0));
            predictive.talk.ended(0, 3.0, 3.0);
            predictive.talk.wraps[1].expose(0.0, 1.0);
            predictive.talk.wrapped(true, 1.0, true, false);
        }
        predictive.refresh(&mut state, &settings, at(0.0));
        for id in 0..10 {
            state.open(CallId(id), at(1.0));
            state.advance(CallId(id), if id < 4 { Stage::Answered } else { Stage::Ringing }, at(1.0));
        }
        predictive.refresh(&mut state, &settings, at(1.0));
        let mut supply = Supply::default();
        supply.rebuild(&predictive.talk, predictive.tuning.grace, predictive.ring.person_share_overall());
        let mut demand = Demand::default();
        demand.expect_again(supply.again());
        demand.rebuild(&predictive.ring, None, predictive.level.value());
        let mut conflict = Conflict::default();
        conflict.begin(ready as usize);
        conflict.add(demand.ring_held(0), 6);
        // An answer is live within the first horizon: since its middle the agent is at it.
        let middle = 0.5 * HORIZON_SECONDS[0];
        let held = HORIZON_SECONDS.map(|seconds| 1.0 - supply.again()[steps(seconds - middle)]);
        assert!(held[HORIZONS - 1] < 0.3, "{held:?}");
        conflict.add(&held, 4);
        conflict.widen(&demand.ring_row(0).map(|live| 6.0 * live + 4.0), predictive.level.uncertainty());
        let before = |lines: u32| {
            let mut with = conflict.clone();
            with.add(demand.fresh(), lines);
            with.over(demand.landing())
        };
        let tally = Tally { humans: 10_000.0, abandoned: 100.0, variance: 0.0 };
        let window = Held { window: Window::law(hours(1), 0.03), tally, others: Tally::default() };
        for first in [0.01, 0.1] {
            predictive.budget.tuning.first_limit = first;
            let standing = Standing { windows: &[window], in_flight: Tally::default(), agents: 0.0 };
            let wish = predictive.decide(&state, &settings, standing, super::WIDE);
            near(wish.limit.room, 200.0 - predictive.in_flight(&settings).abandoned, 1e-9);
            assert!(wish.dial > 0);
            assert!(before(wish.dial - 1) <= wish.limit.conflict + 1e-9, "{ready} {first}: {wish:?}");
            assert!(before(wish.dial) > wish.limit.conflict - 1e-9, "{ready} {first}: {wish:?}");
        }
    }
}

#[test]
fn the_pace_of_talks_counts_in_large_teams() {
    let settings = Settings::default();
    for (talking, counts) in [(24, false), (25, true), (30, true)] {
        let (mut predictive, mut state) = (plain(), team(0, talking));
        (predictive.tuning.speed_agents, predictive.tuning.pace_agents) = (0.0, 25.0);
        (0..12).for_each(|_| predictive.pace.observe(1.0));
        let pace = predictive.pace.value();
        assert!(pace > 1.5);
        predictive.refresh(&mut state, &settings, at(0.0));
        let mut supply = Supply::default();
        supply.rebuild(&predictive.talk, predictive.tuning.grace, predictive.ring.person_share_overall());
        let row = supply.talk_row(0, 0.0, if counts { pace } else { 1.0 });
        near(predictive.forecast(&state).1, talking as f64 * row[7], 1e-9);
    }
}

#[test]
fn the_pace_is_learned_from_talks_that_last_and_end() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (plain(), team(0, 1));
    predictive.refresh(&mut state, &settings, at(0.0));
    let mut pooled = predictive.talk.pooled.clone();
    predictive.refresh(&mut state, &settings, at(1.0));
    pooled.expose(0.0, 1.0);
    let mut expected = Level::new(predictive.pace.tuning.clone());
    expected.expect(pooled.between(0.0, 1.0));
    expected.pass(1.0);
    near(predictive.pace.value(), expected.value(), 1e-9);
    // Half seconds gather until a whole one has passed.
    predictive.refresh(&mut state, &settings, at(1.5));
    near(predictive.pace.value(), expected.value(), 1e-9);
    predictive.refresh(&mut state, &settings, at(2.0));
    pooled.expose(1.0, 2.0);
    expected.expect(pooled.between(1.0, 2.0));
    expected.pass(1.0);
    near(predictive.pace.value(), expected.value(), 1e-9);
}
