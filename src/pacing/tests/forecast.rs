//! What predictive mode believes, against the tables it is made of: lines by age, agents by what they do, the level
//! by what was due and what came.

use super::{at, near};
use crate::pacing::estimate::{Amd, Demand, HORIZON_SECONDS, HORIZONS, Level, Row, Supply};
use crate::pacing::predictive::Predictive;
use crate::pacing::state::{Stage, State, Work};
use crate::pacing::{Counts, Settings};
use crate::words::{AgentId, CallId};

/// The horizon that is shown.
const SHOWN: usize = 7;

fn predictive(settings: &Settings) -> Predictive {
    let mut predictive = Predictive::new(settings);
    predictive.tuning.caution = 0.0;
    predictive
}

fn with_amd() -> Settings {
    Settings { amd: true, ..Settings::default() }
}

/// The table as it must stand after a refresh.
fn demand(predictive: &Predictive, amd: Option<&Amd>) -> Demand {
    let mut demand = Demand::default();
    demand.rebuild(&predictive.ring, amd, predictive.level.value());
    demand
}

fn supply(predictive: &Predictive) -> Supply {
    let mut supply = Supply::default();
    supply.rebuild(&predictive.talk, predictive.tuning.grace, predictive.ring.person_share_overall());
    supply
}

fn lines(state: &mut State, ids: std::ops::Range<u64>, stage: Stage, since: f64) {
    for id in ids {
        state.open(CallId(id), at(since));
        if stage != Stage::Dialing {
            state.advance(CallId(id), stage, at(since));
        }
    }
}

fn agents(state: &mut State, ids: std::ops::Range<u64>, work: Work, since: f64) {
    for id in ids {
        let agent = state.agent(AgentId(id), at(since));
        state.set_work(agent, work, at(since));
        (state.agents[agent].stage_since, state.agents[agent].talk_since) = (at(since), at(since));
    }
}

#[test]
fn answers_are_predicted_line_by_line() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    lines(&mut state, 0..5, Stage::Dialing, 8.0);
    lines(&mut state, 5..12, Stage::Ringing, 4.0);
    lines(&mut state, 12..14, Stage::Answered, 9.0);
    lines(&mut state, 14..20, Stage::Waiting, 9.0);
    predictive.refresh(&mut state, &settings, at(10.0));
    let demand = demand(&predictive, None);
    // In the middle of their slot of a quarter second.
    let (dialed, rung) = (demand.pre_row(demand.pre_bucket(1.875)), demand.ring_row(demand.ring_bucket(5.875)));
    near(predictive.forecast(&state).0, 5.0 * dialed[SHOWN] + 7.0 * rung[SHOWN] + 2.0, 1e-9);
    near(predictive.answer_rate(), demand.answer_rate(), 1e-12);
    let flying = predictive.in_flight(&settings);
    let last = HORIZONS - 1;
    near(flying.humans, 5.0 * dialed[last] + 7.0 * rung[last] + 2.0, 1e-9);
    near(flying.abandoned, flying.humans, 1e-9);
    assert_eq!(flying.variance, 0.0);
    let people = Settings { counts: Counts::People, ..Settings::default() };
    let share = predictive.ring.person_share_overall();
    near(predictive.in_flight(&people).humans, flying.humans * share, 1e-9);
    near(predictive.in_flight(&people).abandoned, flying.abandoned * share, 1e-9);
}

#[test]
fn with_agents_enough_nothing_in_flight_is_lost() {
    let settings = Settings::default();
    for crowd in [14, 60] {
        let (mut predictive, mut state) = (predictive(&settings), State::default());
        agents(&mut state, 0..crowd, Work::Ready, 0.0);
        lines(&mut state, 0..13, Stage::Ringing, 0.0);
        predictive.refresh(&mut state, &settings, at(1.0));
        near(predictive.in_flight(&settings).abandoned, 0.0, 1e-9);
        // Of a team that waits for itself already, all are.
        lines(&mut state, 100..100 + crowd, Stage::Waiting, 1.0);
        predictive.refresh(&mut state, &settings, at(1.0));
        let flying = predictive.in_flight(&settings);
        near(flying.abandoned, flying.humans, 1e-9);
    }
}

#[test]
fn an_answer_under_analysis_is_live_by_its_silence() {
    let settings = with_amd();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    lines(&mut state, 0..1, Stage::Answered, 0.0);
    state.line(CallId(0)).expect("up").rung_seconds = 7.0;
    for now in [0.0, 1.0, 2.25, 7.0] {
        predictive.refresh(&mut state, &settings, at(now));
        let level = predictive.level.value();
        let share = predictive.ring.live_share(7.0);
        let live = predictive.amd.still_live(level * share / (level * share + 1.0 - share), now);
        let passed = predictive.amd.live_within(now);
        let by = predictive.amd.live_within(now + HORIZON_SECONDS[SHOWN]);
        let expected = if passed >= 1.0 - 1e-6 { live } else { live * (by - passed) / (1.0 - passed) };
        near(predictive.forecast(&state).0, expected, 1e-9);
        assert!(expected > 0.0);
    }
}

#[test]
fn verdicts_come_bit_by_bit() {
    // Of two hundred answers under analysis some are live within a second, more within two.
    let settings = with_amd();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    agents(&mut state, 0..100, Work::Ready, 0.0);
    lines(&mut state, 0..200, Stage::Answered, 0.0);
    let lost = |predictive: &mut Predictive, state: &mut State, now: f64| {
        predictive.refresh(state, &settings, at(now));
        predictive.in_flight(&settings)
    };
    let fresh = lost(&mut predictive, &mut state, 0.0);
    let level = predictive.level.value();
    let share = predictive.ring.live_share(0.0);
    near(fresh.humans, 200.0 * level * share / (level * share + 1.0 - share), 1e-6);
    assert!(fresh.abandoned > 0.0 && fresh.abandoned < fresh.humans, "the first hundred are served: {fresh:?}");
}

#[test]
fn agents_are_predicted_one_by_one() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    agents(&mut state, 0..3, Work::Ready, 0.0);
    agents(&mut state, 3..5, Work::Talk, 2.0);
    agents(&mut state, 5..6, Work::Wrap, 7.0);
    agents(&mut state, 6..7, Work::Pause, 1.0);
    agents(&mut state, 7..9, Work::Taken, 4.0);
    agents(&mut state, 9..11, Work::Out, 4.0);
    predictive.refresh(&mut state, &settings, at(10.0));
    let supply = supply(&predictive);
    let talk = |state: &State, agent: usize| supply.talk_row(0, 8.0, state.agents[agent].speed.talk_factor())[SHOWN];
    let wrap = supply.wrap_row(true, 3.0, state.agents[5].speed.wrap_factor())[SHOWN];
    let others = supply.pause_row(9.0)[SHOWN] + 2.0 * supply.taken_row(6.0)[SHOWN];
    let all = 3.0 + talk(&state, 3) + talk(&state, 4) + wrap + others;
    near(predictive.forecast(&state).1, all, 1e-9);
    // Who announced a pause is no supply, whatever they do; who pauses already comes back as pauses do.
    for (agent, less) in [(3, talk(&state, 3)), (5, wrap), (7, supply.taken_row(6.0)[SHOWN]), (6, 0.0)] {
        state.agents[agent].leaving = true;
        state.touch(agent);
        predictive.refresh(&mut state, &settings, at(10.0));
        near(predictive.forecast(&state).1, all - less, 1e-9);
        state.agents[agent].leaving = false;
        state.touch(agent);
        predictive.refresh(&mut state, &settings, at(10.0));
        near(predictive.forecast(&state).1, all, 1e-9);
    }
}

#[test]
fn an_agents_own_speed_counts_in_small_teams() {
    let settings = Settings::default();
    for (known, tuned) in [(true, 2.0), (false, 1.0)] {
        let (mut predictive, mut state) = (predictive(&settings), State::default());
        predictive.tuning.speed_agents = tuned;
        agents(&mut state, 0..1, Work::Talk, 0.0);
        agents(&mut state, 1..2, Work::Wrap, 0.0);
        state.agents[0].speed.talked(0.0, 30.0);
        state.agents[1].speed.wrapped(0.0, 15.0);
        predictive.refresh(&mut state, &settings, at(0.0));
        let supply = supply(&predictive);
        let factor = |own: f64| if known { own } else { 1.0 };
        let (talk, wrap) = (state.agents[0].speed.talk_factor(), state.agents[1].speed.wrap_factor());
        assert_eq!((talk, wrap), (1.75, 1.75));
        let both = supply.talk_row(0, 0.0, factor(talk))[SHOWN] + supply.wrap_row(true, 0.0, factor(wrap))[SHOWN];
        near(predictive.forecast(&state).1, both, 1e-9);
    }
}

/// Supply and conflict of a state, looked up from nothing.
fn anew(state: &mut State, settings: &Settings, now: f64) -> (f64, f64) {
    let mut fresh = predictive(settings);
    fresh.refresh(state, settings, at(now));
    (fresh.forecast(state).1, fresh.in_flight(settings).abandoned)
}

#[test]
fn looking_up_who_changed_equals_looking_up_all() {
    let settings = Settings::default();
    for crowd in [8, 40] {
        let story = |steps: usize| {
            let mut state = State::default();
            agents(&mut state, 0..crowd, Work::Talk, 1.0);
            lines(&mut state, 0..crowd / 2, Stage::Answered, 1.0);
            let mut kept = predictive(&settings);
            kept.refresh(&mut state, &settings, at(1.0));
            for step in 0..steps {
                let agent = step * 3 % crowd as usize;
                let works = [Work::Wrap, Work::Ready, Work::Pause, Work::Talk, Work::Out];
                state.set_work(agent, works[step % works.len()], at(1.0));
                // At the same moment, so that only the touched are looked up.
                kept.refresh(&mut state, &settings, at(1.0));
            }
            ((kept.forecast(&state).1, kept.in_flight(&settings).abandoned), state)
        };
        for steps in 0..12 {
            let (found, mut state) = story(steps);
            let all = anew(&mut state, &settings, 1.0);
            near(found.0, all.0, 1e-9);
            near(found.1, all.1, 1e-6);
        }
    }
}

#[test]
fn agents_are_looked_up_again_as_time_passes() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    for _ in 0..400 {
        predictive.talk.wraps[1].expose(0.0, 12.0);
        predictive.talk.wrapped(true, 12.0, true, false);
    }
    agents(&mut state, 0..1, Work::Wrap, 0.0);
    let free = |predictive: &mut Predictive, state: &mut State, now: f64| {
        predictive.refresh(state, &settings, at(now));
        predictive.forecast(state).1
    };
    let first = free(&mut predictive, &mut state, 6.0);
    assert_eq!(free(&mut predictive, &mut state, 6.2), first, "not within a quarter second");
    let then = free(&mut predictive, &mut state, 6.25);
    assert!(then > first, "{first} {then}");
}

#[test]
fn what_was_due_and_did_not_come_lowers_the_level() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    lines(&mut state, 0..60, Stage::Ringing, 0.0);
    predictive.refresh(&mut state, &settings, at(1.0));
    let fresh = predictive.level.value();
    let mut expected = Level::default();
    near(fresh, expected.value(), 1e-12);
    let due = 60.0 * demand(&predictive, None).live_due(0.875, 1.875);
    predictive.refresh(&mut state, &settings, at(2.0));
    expected.expect(due);
    expected.pass(1.0);
    near(predictive.level.value(), expected.value(), 1e-9);
    assert!(expected.value() < 0.9 * fresh);
    // Not weighed again before a tenth of a second, and then with all of it.
    let table = demand(&predictive, None);
    let before = predictive.level.value();
    predictive.refresh(&mut state, &settings, at(2.0625));
    assert_eq!(predictive.level.value(), before);
    predictive.refresh(&mut state, &settings, at(2.125));
    expected.expect(60.0 * table.live_due(1.875, 2.0));
    expected.pass(0.125);
    near(predictive.level.value(), expected.value(), 1e-3);
    assert!(predictive.level.value() < before);
}

#[test]
fn a_line_that_stops_ringing_was_due_until_then() {
    let settings = Settings::default();
    for (refreshed, from) in [(None, 0.0), (Some(3.0), 3.0)] {
        let (mut predictive, mut state) = (predictive(&settings), State::default());
        if let Some(refreshed) = refreshed {
            predictive.refresh(&mut State::default(), &settings, at(refreshed));
        }
        lines(&mut state, 0..1, Stage::Ringing, 0.0);
        let due = demand(&predictive, None).live_due(from, 5.0);
        let line = state.line(CallId(0)).expect("up");
        predictive.rang_until(line, at(5.0));
        assert_eq!(line.settled, at(5.0));
        let mut expected = Level::default();
        expected.expect(due);
        expected.pass(1.0);
        predictive.level.pass(1.0);
        near(predictive.level.value(), expected.value(), 1e-9);
    }
}

#[test]
fn shares_move_with_the_level() {
    let settings = Settings { counts: Counts::People, ..with_amd() };
    let mut predictive = predictive(&settings);
    (0..9).for_each(|_| predictive.level.observe(1.0));
    let level = predictive.level.value();
    assert!(level > 2.0);
    near(predictive.levelled(0.5), level / (level + 1.0), 1e-12);
    near(predictive.levelled(0.2), level * 0.2 / (level * 0.2 + 0.8), 1e-12);
    let cautious = level * (1.0 + predictive.tuning.person_caution * predictive.level.uncertainty().sqrt());
    let share = predictive.ring.person_share(4.0);
    near(predictive.person(4.0), cautious * share / (cautious * share + 1.0 - share), 1e-12);
}

#[test]
fn caution_makes_the_list_better_than_it_is_believed_to_be() {
    let settings = Settings::default();
    let rate = |caution: f64| {
        let mut predictive = predictive(&settings);
        predictive.tuning.caution = caution;
        predictive.refresh(&mut State::default(), &settings, at(0.0));
        let level = predictive.level.value() * (1.0 + caution * predictive.level.uncertainty().sqrt());
        let mut demand = Demand::default();
        demand.rebuild(&predictive.ring, None, level);
        (predictive.answer_rate(), demand.answer_rate())
    };
    assert_eq!(rate(0.5).0, rate(0.5).1);
    assert!(rate(0.0).0 < rate(0.5).0);
}

#[test]
fn tables_are_made_anew_each_second_or_when_the_level_has_moved() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    let mut rate = |predictive: &mut Predictive, now: f64| {
        predictive.refresh(&mut state, &settings, at(now));
        predictive.answer_rate()
    };
    let first = rate(&mut predictive, 10.0);
    (0..300).for_each(|_| predictive.ring.answered(3.0));
    assert_eq!(rate(&mut predictive, 10.5), first, "within the second the old ones do");
    assert!(rate(&mut predictive, 11.0) > first);
    let second = rate(&mut predictive, 11.1);
    predictive.level.observe(2.0);
    assert!(rate(&mut predictive, 11.2) > second, "another level at once");
    let third = rate(&mut predictive, 11.3);
    (0..4).for_each(|_| predictive.level.observe(-1.0));
    assert!(rate(&mut predictive, 11.4) < third, "downwards as well");
    (0..300).for_each(|_| predictive.ring.answered(4.0));
    // That was no reason to wait longer for the second's end.
    let fourth = rate(&mut predictive, 11.9);
    assert!(rate(&mut predictive, 12.0) != fourth);
}

#[test]
fn supply_follows_what_was_learned_every_other_second() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    agents(&mut state, 0..1, Work::Pause, 0.0);
    let mut free = |predictive: &mut Predictive, now: f64| {
        predictive.refresh(&mut state, &settings, at(now));
        predictive.forecast(&state).1
    };
    let first = free(&mut predictive, 100.0);
    let back = |predictive: &mut Predictive, times: u32| (0..times).for_each(|_| predictive.talk.returned(100.0));
    back(&mut predictive, 2);
    near(free(&mut predictive, 110.0), first, 1e-3);
    back(&mut predictive, 5);
    let then = free(&mut predictive, 111.0);
    assert!(then > 2.0 * first && then < 0.8, "{first} {then}");
    back(&mut predictive, 1000);
    near(free(&mut predictive, 112.5), then, 0.05);
    assert!(free(&mut predictive, 113.0) > then + 0.1);
}

#[test]
fn time_at_work_is_time_measured() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    agents(&mut state, 0..2, Work::Talk, 0.0);
    agents(&mut state, 2..3, Work::Wrap, 0.0);
    agents(&mut state, 3..4, Work::Ready, 0.0);
    agents(&mut state, 4..9, Work::Pause, 0.0);
    assert!(predictive.stale(at(0.0)));
    predictive.refresh(&mut state, &settings, at(0.0));
    assert!(!predictive.stale(at(0.9)) && predictive.stale(at(1.0)));
    predictive.refresh(&mut state, &settings, at(10.0));
    assert_eq!(predictive.budget.utilization(), (0.75, 40.0));
    predictive.refresh(&mut state, &settings, at(4.0));
    assert!(!predictive.stale(at(10.5)), "a clock that jumps back stands still");
}

#[test]
fn ringing_lines_teach_while_they_ring() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    lines(&mut state, 0..40, Stage::Ringing, 0.0);
    let hazard = |predictive: &Predictive| predictive.ring.ring_hazard(2.5).0;
    let before = hazard(&predictive);
    predictive.refresh(&mut state, &settings, at(10.0));
    // Forty seconds in each bin, beside a prior of eight.
    near(hazard(&predictive), before * 8.0 / 48.0, 1e-9);
    predictive.refresh(&mut state, &settings, at(20.0));
    near(hazard(&predictive), before * 8.0 / 48.0, 1e-9);
    near(predictive.ring.ring_hazard(15.5).0, before * 8.0 / 48.0, 1e-9);
    let line = state.line(CallId(3)).copied().expect("up");
    assert_eq!(line.settled, at(20.0));
}

#[test]
fn callers_and_callbacks_take_part_in_the_conflict() {
    let settings = Settings::default();
    let lost = |prepare: &dyn Fn(&mut Predictive)| {
        let (mut predictive, mut state) = (predictive(&settings), State::default());
        prepare(&mut predictive);
        agents(&mut state, 0..3, Work::Ready, 0.0);
        lines(&mut state, 0..6, Stage::Ringing, 0.0);
        predictive.refresh(&mut state, &settings, at(1.0));
        predictive.in_flight(&settings).abandoned
    };
    let plain = lost(&|_| ());
    assert!(lost(&|predictive| predictive.inbound.plan(at(2.0))) > plain);
    assert_eq!(lost(&|predictive| predictive.inbound.plan(at(200.0))), plain);
}

#[test]
fn an_earlier_run_is_believed_at_once() {
    let settings = Settings::default();
    let (mut teacher, mut pupil) = (predictive(&settings), predictive(&settings));
    (0..500).for_each(|_| {
        teacher.ring.expose_ring(0.0, 20.0);
        teacher.ring.ended(20.0, true);
    });
    let learned = (teacher.ring.clone(), teacher.amd.clone(), teacher.talk.clone());
    let before = pupil.answer_rate();
    pupil.learn(learned, &settings);
    assert!(pupil.answer_rate() < 0.5 * before);
    let row: Row = *demand(&pupil, None).fresh();
    assert!(row.is_sorted());
}

#[test]
fn the_more_is_known_the_more_must_be_new() {
    let settings = Settings::default();
    let (mut predictive, mut state) = (predictive(&settings), State::default());
    agents(&mut state, 0..1, Work::Pause, 0.0);
    predictive.talk.version = 1000;
    let mut free = |predictive: &mut Predictive, now: f64| {
        predictive.refresh(&mut state, &settings, at(now));
        predictive.forecast(&state).1
    };
    let first = free(&mut predictive, 100.0);
    (0..22).for_each(|_| predictive.talk.returned(100.0));
    near(free(&mut predictive, 110.0), first, 1e-3);
    predictive.talk.returned(100.0);
    assert!(free(&mut predictive, 110.5) > 2.0 * first, "a fiftieth and three");
}
