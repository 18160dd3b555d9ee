//! The tables of demand and supply against closed forms: constant hazards have exponential tails, and what always
//! happens at one age makes a step there.

use super::near;
use crate::pacing::estimate::{Amd, Demand, HORIZON_SECONDS, HORIZONS, Level, Ring, Row, Supply, Talk};

/// Every line rings after `rings` seconds, and is answered after `answered` more, or ends then.
fn clockwork(rings: f64, answered: f64, share: f64) -> Ring {
    let mut ring = Ring::new(30.0, false);
    let calls = 4000;
    for call in 0..calls {
        ring.expose_pre(0.0, rings);
        ring.rang(rings);
        ring.expose_ring(0.0, answered);
        if f64::from(call) < share * f64::from(calls) {
            ring.answered(answered)
        } else {
            ring.expose_ring(answered, 30.0)
        }
    }
    ring
}

fn demand(ring: &Ring, amd: Option<&Amd>, level: f64) -> Demand {
    let mut demand = Demand::default();
    demand.rebuild(ring, amd, level);
    demand
}

/// By the horizon of so many seconds.
fn by(row: &Row, seconds: f64) -> f64 {
    row[HORIZON_SECONDS.iter().position(|horizon| *horizon == seconds).expect("a horizon")]
}

#[test]
fn demand_is_a_chance_that_grows_with_the_horizon() {
    let ring = Ring::new(25.0, true);
    for amd in [None, Some(&Amd::default())] {
        let demand = demand(&ring, amd, 1.3);
        let (pre, rung) = demand.buckets();
        let rows = (0..pre).map(|at| demand.pre_row(at)).chain((0..rung).map(|at| demand.ring_row(at)));
        for row in rows {
            assert!(row.is_sorted() && row[0] >= 0.0 && row[HORIZONS - 1] <= 1.0, "{row:?}");
        }
        near(demand.landing().iter().sum(), 1.0, 1e-9);
        assert!(demand.landing().iter().all(|weight| *weight >= 0.0));
    }
}

#[test]
fn a_line_is_wanted_when_its_answer_is_due() {
    // Rings after 2.5 s; half are answered after 6.5 s of ringing, so 9 s after the dial.
    let demand = demand(&clockwork(2.5, 6.5, 0.5), None, 1.0);
    let fresh = demand.fresh();
    assert_eq!(fresh, demand.pre_row(0));
    assert!(by(fresh, 6.5) < 0.05, "{fresh:?}");
    assert!(by(fresh, 8.0) < 0.3, "{fresh:?}");
    near(by(fresh, 11.0), 0.47, 0.06);
    near(demand.answer_rate(), by(fresh, 32.0), 0.05);
    // The bins of a second are smoothed over three.
    let rung = demand.ring_row(demand.ring_bucket(5.0));
    near(by(rung, 3.5), by(rung, 32.0), 0.06);
    assert!(by(rung, 1.0) > 0.03 && by(rung, 1.0) < 0.3, "{rung:?}");
    let late = demand.ring_row(demand.ring_bucket(12.0));
    assert!(by(late, 32.0) < 0.12, "whoever did not answer by then will not: {late:?}");
    let near_it = demand.ring_row(demand.ring_bucket(6.5));
    assert!(by(near_it, 1.0) > by(rung, 1.0));
    // A fresh dial lands around the ninth second.
    let landing = demand.landing();
    let around: f64 = (0..HORIZONS).filter(|j| (8.0..=11.0).contains(&HORIZON_SECONDS[*j])).map(|j| landing[j]).sum();
    assert!(around > 0.75, "{landing:?}");
}

#[test]
fn a_line_that_dials_longer_is_nearer() {
    let demand = demand(&clockwork(2.5, 6.5, 0.5), None, 1.0);
    let dialed = demand.pre_row(demand.pre_bucket(2.0));
    assert!(by(dialed, 6.5) < 0.25 && by(dialed, 9.5) > 0.4, "{dialed:?}");
}

#[test]
fn constant_hazards_give_exponential_answers() {
    // A fresh ring: answered at 3.5 %, ended at half a percent a second, all live.
    let ring = Ring::new(60.0, false);
    let (on, off) = ring.ring_hazard(10.0);
    let live = on * ring.live_share(10.0);
    let total = on + off;
    for level in [1.0, 2.0, 0.3] {
        let demand = demand(&ring, None, level);
        let total = total + (level - 1.0) * live;
        for age in [0.0, 4.0, 20.0] {
            let row = demand.ring_row(demand.ring_bucket(age));
            for (j, horizon) in HORIZON_SECONDS.into_iter().enumerate() {
                let expected = level * live / total * (1.0 - (-total * horizon).exp());
                near(row[j], expected, 1e-3);
            }
        }
    }
}

#[test]
fn nobody_answers_beyond_the_longest_ring() {
    let ring = Ring::new(10.0, false);
    let demand = demand(&ring, None, 1.0);
    let (on, off) = ring.ring_hazard(1.0);
    let whole = on * ring.live_share(1.0) / (on + off) * (1.0 - (-(on + off) * 10.0).exp());
    near(by(demand.ring_row(0), 11.0), whole, 1e-3);
    near(by(demand.ring_row(0), 32.0), whole, 1e-3);
    near(by(demand.ring_row(demand.ring_bucket(1e6)), 32.0), 0.0, 1e-9);
}

#[test]
fn rows_are_of_the_nearest_half_second() {
    let demand = demand(&Ring::new(20.0, false), None, 1.0);
    for (age, bucket) in [(0.0, 0), (0.24, 0), (0.26, 1), (0.74, 1), (0.76, 2), (5.0, 10)] {
        assert_eq!((demand.pre_bucket(age), demand.ring_bucket(age)), (bucket, bucket), "{age}");
    }
    let (pre, rung) = demand.buckets();
    assert_eq!((demand.pre_bucket(1e9), demand.ring_bucket(1e9)), (pre - 1, rung - 1));
    assert_eq!(rung, 41, "twenty seconds in halves, and the end");
}

#[test]
fn what_is_due_is_hazard_by_time() {
    let ring = Ring::new(25.0, false);
    let demand = demand(&ring, None, 3.0);
    let rate = ring.ring_hazard(5.0).0 * ring.live_share(5.0);
    near(demand.live_due(0.0, 4.0), 4.0 * rate, 1e-9);
    near(demand.live_due(3.25, 7.5), 4.25 * rate, 1e-9);
    near(demand.live_due(5.0, 5.0), 0.0, 1e-12);
    near(demand.live_due(-5.0, 2.0), 2.0 * rate, 1e-9);
    assert!(demand.live_due(20.0, 400.0) < 6.0 * rate, "nothing beyond the end");
    near(demand.live_due(400.0, 500.0), 0.0, 1e-12);
    // At one age all of it.
    let step = super::forecasts::demand(&clockwork(2.5, 6.5, 0.5), None, 1.0);
    assert!(step.live_due(5.0, 9.0) > 20.0 * step.live_due(0.0, 4.0).max(1e-3));
    near(step.live_due(0.0, 3.0) + step.live_due(3.0, 9.0), step.live_due(0.0, 9.0), 1e-9);
}

#[test]
fn amd_puts_its_thinking_between_answer_and_want() {
    let mut amd = Amd::default();
    (0..3000).for_each(|_| amd.verdict(2.1, true));
    amd.refresh();
    let mut ring = clockwork(2.5, 6.5, 0.5);
    // Everybody is a person, so that only the delay differs.
    (0..3000).for_each(|_| ring.verdict(6.5, true));
    let (plain, thinking) = (demand(&ring, None, 1.0), demand(&ring, Some(&amd), 1.0));
    let (now, then) = (plain.ring_row(plain.ring_bucket(5.5)), thinking.ring_row(thinking.ring_bucket(5.5)));
    // Two seconds later, to half a second.
    for (early, late) in [(1.0, 3.5), (3.0, 5.0), (4.5, 6.5)] {
        let value = |row: &Row, seconds: f64| {
            let above = HORIZON_SECONDS.iter().position(|horizon| *horizon >= seconds).expect("one");
            let (from, to) = (HORIZON_SECONDS[above.max(1) - 1], HORIZON_SECONDS[above.max(1)]);
            row[above.max(1) - 1] + (row[above.max(1)] - row[above.max(1) - 1]) * (seconds - from) / (to - from)
        };
        near(value(then, late), value(now, late - 2.1), 0.12);
        assert!(value(then, early) < value(now, early).max(0.05));
    }
    near(by(then, 32.0), by(now, 32.0), 0.01);
    assert!(by(then, 1.0) < 0.02, "{then:?}");
    let lands = |demand: &Demand| -> f64 { demand.landing().iter().zip(HORIZON_SECONDS).map(|(w, s)| w * s).sum() };
    near(lands(&thinking) - lands(&plain), 2.1, 0.6);
    near(thinking.answer_rate(), plain.answer_rate(), 1e-9);
}

#[test]
fn where_nobody_answers_a_dial_lands_in_the_middle() {
    let mut ring = Ring::new(25.0, false);
    (0..200).for_each(|_| ring.expose_pre(0.0, 1e9));
    let demand = demand(&ring, None, 0.0);
    assert_eq!(demand.landing()[HORIZONS / 2], 1.0);
    near(demand.landing().iter().sum(), 1.0, 1e-12);
}

#[test]
fn the_level_moves_answers_up_and_down() {
    let ring = Ring::new(25.0, false);
    let rates = [0.2, 0.5, 1.0, 2.0, 5.0].map(|level| demand(&ring, None, level).answer_rate());
    assert!(rates.is_sorted_by(|a, b| a < b), "{rates:?}");
}

// ── supply ──

fn supply(talk: &Talk, grace: f64, person_share: f64) -> Supply {
    let mut supply = Supply::default();
    // Twice, so that stages that lead to each other are settled.
    (0..3).for_each(|_| supply.rebuild(talk, grace, person_share));
    supply
}

#[test]
fn a_pause_of_constant_hazard_ends_exponentially() {
    let talk = Talk::default();
    for grace in [0.0, 1.25] {
        let supply = supply(&talk, grace, 1.0);
        for age in [0.0, 3.7, 240.0, 5000.0] {
            for (j, horizon) in HORIZON_SECONDS.into_iter().enumerate() {
                near(supply.pause_row(age)[j], 1.0 - (-(horizon + grace) / 600.0).exp(), 1e-4);
                near(supply.taken_row(age)[j], 1.0 - (-(horizon + grace) / 120.0).exp(), 1e-3);
                let wrap = talk.ready_share() * (1.0 - (-(horizon + grace) / 12.0).exp());
                near(supply.wrap_row(true, age, 1.0)[j], wrap, 5e-3);
                near(supply.wrap_row(false, age, 1.0)[j], wrap, 5e-3);
            }
        }
    }
}

#[test]
fn a_talk_goes_through_its_wrap_up() {
    let talk = Talk::default();
    let supply = supply(&talk, 0.0, 0.7);
    let (a, b) = (1.0 / 60.0, 1.0 / 12.0);
    for (j, t) in HORIZON_SECONDS.into_iter().enumerate() {
        let both = 1.0 - (b * (-a * t).exp() - a * (-b * t).exp()) / (b - a);
        near(supply.talk_row(0, 7.0, 1.0)[j], talk.ready_share() * both, 4e-3);
    }
}

#[test]
fn wrap_ups_after_machines_are_told_from_those_after_people() {
    let mut talk = Talk::default();
    (0..500).for_each(|_| {
        talk.wraps[0].expose(0.0, 2.0);
        talk.wrapped(false, 2.0, true, false);
        talk.wraps[1].expose(0.0, 30.0);
        talk.wrapped(true, 30.0, true, false);
    });
    let all = |supply: &Supply| (by(&supply.wrap_row(false, 0.0, 1.0), 5.0), by(&supply.wrap_row(true, 0.0, 1.0), 5.0));
    let (machine, person) = all(&supply(&talk, 0.0, 1.0));
    assert!(machine > 0.9 && person < 0.1, "{machine} {person}");
    let talking = |share: f64| by(&supply(&talk, 0.0, share).talk_row(0, 0.0, 1.0), 32.0);
    assert!(talking(0.0) > talking(0.5) && talking(0.5) > talking(1.0));
    near(talking(0.5), 0.5 * (talking(0.0) + talking(1.0)), 1e-9);
}

#[test]
fn a_step_that_always_ends_soon_frees_its_agent() {
    let mut talk = Talk::default();
    // Step one lasts 10 s and leads to step two; that one lasts 5 s and ends the talk; wrap-ups last 3 s.
    for _ in 0..1500 {
        talk.expose(1, (0.0, 10.0), (0.0, 10.0));
        talk.stepped(1, 10.0, 2);
        talk.expose(2, (0.0, 5.0), (10.0, 15.0));
        talk.ended(2, 5.0, 15.0);
        talk.wraps[1].expose(0.0, 3.0);
        talk.wrapped(true, 3.0, true, false);
    }
    let supply = supply(&talk, 0.0, 1.0);
    let free = |stage: usize, age: f64, seconds: f64| by(&supply.talk_row(stage, age, 1.0), seconds);
    assert!(free(2, 0.0, 6.5) < 0.15 && free(2, 0.0, 13.0) > 0.85, "eight seconds or so from the last step's start");
    assert!(free(1, 0.0, 15.0) < 0.2 && free(1, 0.0, 27.0) > 0.8, "eighteen from the first one's");
    assert!(free(1, 9.0, 11.0) > 0.4, "and nearer the longer it lasted");
    assert_eq!(supply.talk_row(40, 0.0, 1.0), [0.0; HORIZONS], "nothing is known of a step never seen");
}

#[test]
fn an_agents_speed_is_a_factor_on_the_hazard() {
    let supply = supply(&Talk::default(), 0.0, 1.0);
    for speed in [0.5, 0.8, 1.0, 1.3, 2.0, 9.0, 0.0] {
        let of = f64::clamp(speed, 0.5, 2.0);
        let (row, plain) = (supply.wrap_row(true, 0.0, speed), supply.wrap_row(true, 0.0, 1.0));
        for j in 0..HORIZONS {
            // By two terms of the exponential's series, good to some hundredths where much is over.
            near(1.0 - row[j], (1.0 - plain[j]).powf(of), 0.04);
        }
    }
    let at = |speed: f64| supply.talk_row(0, 0.0, speed)[9];
    assert!(at(0.6) < at(1.0) && at(1.0) < at(1.7));
}

#[test]
fn between_two_ages_a_row_lies_between_theirs() {
    let mut talk = Talk::default();
    (0..400).for_each(|_| {
        talk.wraps[1].expose(0.0, 12.0);
        talk.wrapped(true, 12.0, true, false);
    });
    let supply = supply(&talk, 0.0, 1.0);
    let row = |age: f64| supply.wrap_row(true, age, 1.0);
    // Rows are kept for six and eight seconds; a quarter of the way a quarter of the difference.
    for j in 0..HORIZONS {
        near(row(6.5)[j], 0.75 * row(6.0)[j] + 0.25 * row(8.0)[j], 1e-9);
    }
    assert!(row(8.0)[3] > row(6.0)[3]);
    assert_eq!(row(900.0), row(1e9));
    assert_eq!(row(0.0), row(-1.0));
}

// ── the level ──

#[test]
fn a_fresh_level_is_about_one_and_uncertain() {
    let level = Level::default();
    assert!((0.8..1.6).contains(&level.value()) && level.uncertainty() > 0.1);
}

/// The same grid and prior, by the book.
fn by_bayes(answers: f64, due: f64) -> (f64, f64) {
    let spread = Level::default().tuning.spread;
    let (mut total, mut mean, mut square) = (0.0, 0.0, 0.0);
    for at in -16..=16 {
        let log = 0.13 * f64::from(at);
        let weight = (-0.5 * (log / spread).powi(2) + answers * log - due * log.exp()).exp();
        total += weight;
        mean += weight * log.exp();
        square += weight * (2.0 * log).exp();
    }
    let mean = mean / total;
    (mean, square / total / (mean * mean) - 1.0)
}

fn still() -> Level {
    let mut level = Level::default();
    (level.tuning.jumps, level.tuning.drift) = (0.0, 0.0);
    level
}

#[test]
fn answers_and_silence_move_the_level_by_bayes() {
    for (answers, due) in [(0, 0.0), (1, 0.0), (0, 2.0), (5, 2.0), (3, 9.0), (40, 20.0)] {
        let mut level = still();
        (0..answers).for_each(|_| level.observe(1.0));
        level.expect(0.25 * due);
        level.expect(0.75 * due);
        level.pass(1.0);
        let (mean, variance) = by_bayes(f64::from(answers), due);
        near(level.value(), mean, 1e-9);
        near(level.uncertainty(), variance, 1e-9);
    }
}

#[test]
fn a_correction_takes_back_what_was_counted_in_advance() {
    let (mut level, mut other) = (still(), still());
    level.observe(0.6);
    level.observe(-0.6);
    other.observe(0.6);
    other.observe(0.4);
    near(level.value(), still().value(), 1e-9);
    near(other.value(), by_bayes(1.0, 0.0).0, 1e-9);
}

#[test]
fn what_falls_due_counts_when_time_passes_and_once() {
    let mut level = still();
    level.expect(5.0);
    near(level.value(), still().value(), 1e-12);
    level.pass(0.0);
    level.pass(-1.0);
    near(level.value(), still().value(), 1e-12);
    level.pass(1.0);
    let once = level.value();
    near(once, by_bayes(0.0, 5.0).0, 1e-9);
    level.pass(1.0);
    near(level.value(), once, 1e-12);
}

#[test]
fn jumps_lead_back_to_the_prior() {
    let mut level = Level::default();
    level.tuning.drift = 0.0;
    let fresh = level.value();
    (0..40).for_each(|_| level.observe(1.0));
    let high = level.value();
    assert!(high > 3.0, "{high}");
    // After the mean time between jumps the e-th part has not jumped.
    level.pass(1.0 / level.tuning.jumps);
    near(level.value(), fresh + (high - fresh) / std::f64::consts::E, 1e-6);
    level.tuning.spread = 0.1;
    level.pass(1e9);
    assert!(level.value() < 1.02, "a jump of another spread: {}", level.value());
}

#[test]
fn drift_spreads_the_logarithm_by_its_variance() {
    let mut level = still();
    // As good as certain: two hundred answers where as many were due.
    for _ in 0..200 {
        level.observe(1.0);
        level.expect(1.0);
        level.pass(1.0);
    }
    let (mean, narrow) = (level.value(), level.uncertainty());
    assert!(narrow < 0.01, "{narrow}");
    level.tuning.drift = 1e-3;
    for _ in 0..50 {
        level.pass(2.0);
    }
    // The variance of the logarithm grew by a tenth; that of a lognormal's value is exp of it less one.
    near(level.uncertainty(), (0.1f64 + (1.0 + narrow).ln()).exp() - 1.0, 0.004);
    near(level.value() / mean, (0.05f64).exp(), 0.01);
    // A long time at once never overshoots.
    level.pass(1e6);
    assert!(level.value().is_finite() && level.value() > 0.0);
}

#[test]
fn the_grid_holds_whatever_is_told() {
    for answers in [1e6, -1e6] {
        let mut level = still();
        level.observe(answers);
        let again = level.value();
        assert!((0.1..9.0).contains(&again), "{again}");
    }
    let mut level = still();
    level.expect(1e9);
    level.pass(1.0);
    near(level.value(), still().value(), 1e-9);
}
