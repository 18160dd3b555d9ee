//! How many lines predictive mode asks for, and why: the limit, the growth at the start, what is usual, and which
//! surplus lines are hung up.

use super::{WIDE, at, hours, near, team};
use crate::pacing::budget::{Held, Standing};
use crate::pacing::conflict::Conflict;
use crate::pacing::estimate::Demand;
use crate::pacing::predictive::{Predictive, Wish, cut};
use crate::pacing::state::{Stage, State, Work};
use crate::pacing::why::Binding;
use crate::pacing::{Room, Settings, Tally, Window};
use crate::words::CallId;

/// One that has seen enough to grow, and the table of its answers.
fn grown(limit: f64) -> Predictive {
    let mut predictive = Predictive::new(&Settings::default());
    predictive.tuning.caution = 0.0;
    // What is learned of the pace is another test's.
    predictive.tuning.pace_agents = 1e9;
    predictive.ring.resolved = 100_000;
    predictive.budget.tuning.first_limit = limit;
    predictive
}

fn held(cap: f64, humans: f64, abandoned: f64) -> Held {
    let tally = Tally { humans, abandoned, variance: 0.0 };
    Held { window: Window::law(hours(1), cap), tally, others: Tally::default() }
}

fn wish(predictive: &mut Predictive, state: &mut State, held: Held, room: Room) -> Wish {
    predictive.refresh(state, &Settings::default(), at(0.0));
    let standing = Standing { windows: &[held], in_flight: Tally::default(), agents: 10.0 };
    predictive.decide(state, &Settings::default(), standing, room)
}

fn leads(leads: u32) -> Room {
    Room { leads, ..WIDE }
}

#[test]
fn lines_are_added_while_the_limit_bears_them() {
    for (ready, talking) in [(4, 4), (3, 0), (10, 0), (12, 9), (20, 3), (23, 0), (24, 40), (90, 30)] {
        for limit in [0.002, 0.01, 0.03, 0.1, 0.3] {
            let (mut predictive, mut state) = (grown(limit), team(ready, talking));
            let wish = wish(&mut predictive, &mut state, held(0.03, 10_000.0, 100.0), WIDE);
            let mut demand = Demand::default();
            demand.rebuild(&predictive.ring, None, predictive.level.value());
            // The agents who talk, as the forecast has them: those that come free are taken off the sum's other side.
            let mut conflict = Conflict::default();
            let supply = {
                let mut supply = crate::pacing::estimate::Supply::default();
                let people = predictive.ring.person_share_overall();
                supply.rebuild(&predictive.talk, predictive.tuning.grace, people);
                supply.talk_row(0, 0.0, 1.0).map(|free| 1.0 - free)
            };
            conflict.begin((ready + talking) as usize);
            conflict.add(&supply, talking as u32);
            let before = |lines: u32| {
                let mut with = conflict.clone();
                with.add(demand.fresh(), lines);
                with.over(demand.landing())
            };
            let floor = ready as u32;
            assert!(wish.dial >= floor);
            if wish.dial > floor {
                assert!(before(wish.dial - 1) <= wish.limit.conflict + 1e-9, "{ready} {talking} {limit}: {wish:?}");
            }
            assert!(before(wish.dial) > wish.limit.conflict - 1e-9, "{ready} {talking} {limit}: {wish:?}");
            assert_eq!(wish.binding, Binding::Conflict);
            // One more than the leads at hand, so that the reason can be told; then the leads cut.
            for few in [0, 1, floor + 2, wish.dial] {
                let asked = self::wish(&mut predictive, &mut state, held(0.03, 10_000.0, 100.0), leads(few));
                assert_eq!(asked.dial, wish.dial.min(few + 1).max(floor), "{ready} {talking} {limit} {few}");
            }
        }
    }
}

#[test]
fn the_room_cuts_last_and_is_named() {
    let (mut predictive, mut state) = (grown(0.1), team(9, 0));
    let wish = wish(&mut predictive, &mut state, held(0.03, 10_000.0, 100.0), WIDE);
    assert_eq!(cut(&wish, WIDE), (wish.dial, Binding::Conflict));
    assert_eq!(cut(&wish, leads(2)), (2, Binding::Leads));
    for room in [Room { channels: 12, ..WIDE }, Room { calls_this_second: 12, ..WIDE }, leads(12)] {
        assert_eq!(self::wish(&mut predictive, &mut state, held(0.03, 10_000.0, 100.0), room).dial, 13);
    }
}

#[test]
fn what_is_spent_leaves_little_and_nothing_without_a_free_agent() {
    let spent = held(0.03, 100.0, 9.0);
    for (ready, talking, dial) in [(0, 5, 0), (2, 5, 2)] {
        let asked = wish(&mut grown(0.3), &mut team(ready, talking), spent, WIDE);
        assert_eq!((asked.dial, asked.binding), (dial, Binding::CapReached));
    }
    // A team so large that one line more can hardly hit: a little is still dialed for it.
    let large = wish(&mut grown(0.3), &mut team(100, 0), spent, WIDE);
    assert!(large.dial > 100 && large.binding == Binding::CapReached, "{large:?}");
    assert!(large.dial < wish(&mut grown(0.3), &mut team(100, 0), held(0.03, 1e4, 0.0), WIDE).dial);
}

#[test]
fn a_cap_of_zero_is_one_line_for_each_free_agent_until_one_is_lost() {
    let asked = |ready: u64, held| wish(&mut grown(0.3), &mut team(ready, 6), held, WIDE);
    let none = asked(4, held(0.0, 10.0, 0.0));
    assert_eq!((none.dial, none.binding), (4, Binding::CapReached));
    let lost = asked(4, held(0.0, 10.0, 1.0));
    assert_eq!((lost.dial, lost.binding), (0, Binding::CapReached));
    assert!(asked(4, held(1e-9, 10.0, 0.0)).binding != Binding::CapReached);
}

#[test]
fn each_reason_to_stop_is_told_from_the_others() {
    let binding = |predictive: &mut Predictive, held| wish(predictive, &mut team(8, 0), held, WIDE).binding;
    assert_eq!(binding(&mut grown(0.05), held(0.03, 1000.0, 28.5)), Binding::Budget, "a call and a half are left");
    assert_eq!(binding(&mut grown(0.05), held(0.03, 1000.0, 28.0)), Binding::Conflict, "two");
    assert_eq!(binding(&mut grown(0.05), held(0.03, 1000.0, 30.0)), Binding::Budget, "none, and none too many");
    assert_eq!(binding(&mut grown(0.05), held(0.03, 1000.0, 31.0)), Binding::CapReached);
    let mut eased = grown(0.05);
    let target = Settings { target_utilization: 0.2, ..Settings::default() };
    (0..600).for_each(|_| eased.budget.worked(&target, 1.0, 9.0, 1.0));
    assert_eq!(binding(&mut eased, held(0.03, 1000.0, 28.5)), Binding::Target);
    let mut young = grown(0.6);
    young.ring.resolved = 0;
    assert_eq!(binding(&mut young, held(0.03, 1000.0, 10.0)), Binding::Starting);
}

#[test]
fn lines_at_the_start_grow_with_what_resolved() {
    let dial = |resolved: u64, lines: u64, talking: u64| {
        let (mut predictive, mut state) = (grown(0.6), team(40, talking));
        predictive.ring.resolved = resolved;
        (predictive.tuning.start_lines, predictive.tuning.start_per_resolved) = (1.25, 0.5);
        (0..lines).for_each(|id| state.open(CallId(id), at(0.0)));
        let wish = wish(&mut predictive, &mut state, held(0.03, 10_000.0, 0.0), WIDE);
        assert_eq!(wish.binding, Binding::Starting);
        wish.dial
    };
    assert_eq!(dial(0, 0, 0), 50);
    assert_eq!(dial(0, 4, 0), 46, "less those that are up");
    assert_eq!(dial(9, 0, 0), 54);
    assert_eq!(dial(9, 4, 2), 53, "who talks counts");
}

#[test]
fn a_silence_does_not_pile_lines_up() {
    // Thirty answers at two lines for twenty agents, then ten at twelve.
    let asked = |few: u32, more: u32| {
        let (mut predictive, mut state) = (grown(0.6), team(15, 5));
        (16..18).for_each(|agent| state.set_work(agent, Work::Wrap, at(0.0)));
        predictive.tuning.usual_times = 1.0;
        (0..2).for_each(|id| state.open(CallId(id), at(0.0)));
        (0..few).for_each(|_| predictive.answered(&state));
        (2..12).for_each(|id| state.open(CallId(id), at(0.0)));
        (0..more).for_each(|_| predictive.answered(&state));
        wish(&mut predictive, &mut state, held(0.03, 10_000.0, 0.0), WIDE)
    };
    let usual = |lines: f64| (20.0 * (1.0 + lines)) as u32 - 12;
    let first = asked(30, 0);
    assert_eq!((first.dial, first.binding), (usual(0.1), Binding::Starting));
    let kept = 0.9f64.powi(10);
    assert_eq!(asked(30, 10).dial, usual(0.6 - 0.5 * kept));
    assert_eq!(asked(5, 25).dial, asked_by_hand(5, 25, usual));
    assert!(asked(29, 0).dial > first.dial, "too few to know what is usual");
}

/// A running mean of the first ten, after which each answer weighs a tenth.
fn asked_by_hand(few: u32, more: u32, usual: impl Fn(f64) -> u32) -> u32 {
    let mut mean = 0.0;
    for answer in 0..few + more {
        let lines = if answer < few { 0.1 } else { 0.6 };
        mean += f64::max(1.0 / f64::from(answer + 1), 0.1) * (lines - mean);
    }
    usual(mean)
}

// ── surplus ──

/// Twenty that ring, one more each half second, and nobody free.
fn ringing(predictive: &mut Predictive, now: f64) -> State {
    let mut state = team(0, 1);
    for id in 0..20 {
        state.open(CallId(id), at(id as f64 * 0.5));
        state.advance(CallId(id), Stage::Ringing, at(id as f64 * 0.5));
    }
    predictive.refresh(&mut state, &Settings::default(), at(now));
    state
}

const NONE: [u64; 0] = [];

fn surplus(predictive: &mut Predictive, state: &mut State, limit: f64, now: f64) -> Vec<u64> {
    let mut out = Vec::new();
    predictive.surplus(state, &Settings::default(), limit, at(now), &mut out);
    out.into_iter().map(|call| call.0).collect()
}

#[test]
fn surplus_lines_go_oldest_first_a_share_at_a_time() {
    let mut predictive = grown(0.1);
    let mut state = ringing(&mut predictive, 20.0);
    // Rung for fifteen seconds: eleven of them; a fifth is three.
    predictive.tuning.cancel_share = 0.2;
    assert_eq!(surplus(&mut predictive, &mut state, 0.0, 20.0), [0, 1, 2]);
    assert_eq!(surplus(&mut predictive, &mut state, 0.0, 20.0), [3, 4], "of the eight that are left, two");
    predictive.tuning.cancel_share = 9.0;
    assert_eq!(surplus(&mut predictive, &mut state, 0.0, 20.0), [5, 6, 7, 8, 9, 10]);
    assert_eq!(surplus(&mut predictive, &mut state, 0.0, 20.0), NONE);
    assert_eq!(surplus(&mut predictive, &mut state, 0.0, 20.5), [11]);
}

#[test]
fn nothing_is_hung_up_before_its_time_or_where_it_is_wanted() {
    let mut predictive = grown(0.1);
    let mut state = ringing(&mut predictive, 14.0);
    assert_eq!(surplus(&mut predictive, &mut state, 0.0, 14.0), NONE);
    let mut state = ringing(&mut predictive, 20.0);
    assert_eq!(surplus(&mut predictive, &mut state, 1.0, 20.0), NONE, "the limit bears them");
    (predictive.tuning.cancel_factor, predictive.tuning.cancel_floor) = (3.0, 0.0);
    assert_eq!(surplus(&mut predictive, &mut state, 0.34, 20.0), NONE, "three times the limit");
    predictive.tuning.cancel_floor = 1.0;
    assert_eq!(surplus(&mut predictive, &mut state, 0.0, 20.0), NONE, "the floor");
    (predictive.tuning.cancel_factor, predictive.tuning.cancel_floor) = (1.0, 0.0);
    assert!(!surplus(&mut predictive, &mut state, 0.34, 20.0).is_empty());
    let mut idle = team(30, 0);
    idle.open(CallId(1), at(0.0));
    idle.advance(CallId(1), Stage::Ringing, at(0.0));
    predictive.refresh(&mut idle, &Settings::default(), at(20.0));
    assert_eq!(surplus(&mut predictive, &mut idle, 0.0, 20.0), NONE, "thirty agents wait for it");
}

#[test]
fn the_risk_is_that_of_the_oldest_line_as_it_lands() {
    let mut predictive = grown(0.1);
    predictive.tuning.cancel_floor = 0.0;
    let mut state = team(2, 0);
    for id in 0..6 {
        state.open(CallId(id), at(0.0));
        state.advance(CallId(id), Stage::Ringing, at(0.0));
    }
    let now = 17.0;
    predictive.refresh(&mut state, &Settings::default(), at(now));
    let mut demand = Demand::default();
    demand.rebuild(&predictive.ring, None, predictive.level.value());
    let row = *demand.ring_row(demand.ring_bucket(17.0 - 0.125));
    let mut conflict = Conflict::default();
    conflict.begin(2);
    conflict.add(&row, 6);
    let oldest = demand.ring_row(demand.ring_bucket(17.0));
    let total = oldest[oldest.len() - 1];
    let mut before = 0.0;
    let landing = oldest.map(|by| (by - std::mem::replace(&mut before, by)) / total);
    near(landing.iter().sum(), 1.0, 1e-9);
    let risk = conflict.over(&landing);
    assert_eq!(surplus(&mut predictive, &mut state, risk + 1e-6, now), NONE);
    assert!(!surplus(&mut predictive, &mut state, risk - 1e-6, now).is_empty());
}
