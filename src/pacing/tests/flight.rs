//! What is in flight and who is at work: counts follow events, clocks follow stages, contradictions change nothing.

use super::at;
use crate::pacing::inbound::Inbound;
use crate::pacing::sharing::{Claim, FreeAgent, keep};
use crate::pacing::since::Since;
use crate::pacing::state::{Stage, State, Work, seconds};
use crate::pacing::{Mode, Settings, progressive};
use crate::words::{AgentId, CallId, Moment};

fn seen(since: &Since, now: f64) -> Vec<(f64, u32)> {
    let mut seen = Vec::new();
    since.each(at(now), |age, count| seen.push((age, count)));
    seen
}

#[test]
fn seconds_between_moments_never_run_backwards() {
    assert_eq!(seconds(at(3.5), at(1.0)), 2.5);
    assert_eq!(seconds(at(1.0), at(3.5)), 0.0);
    assert!(seconds(Moment(i64::MAX), Moment(i64::MIN)) > 1e12);
}

#[test]
fn a_line_is_counted_where_it_is() {
    let mut state = State::default();
    let counts = |state: &State| {
        [Stage::Dialing, Stage::Ringing, Stage::Answered, Stage::Waiting, Stage::Talking]
            .map(|stage| state.count(stage))
    };
    (0..5).for_each(|id| state.open(CallId(id), at(id as f64)));
    state.open(CallId(2), at(9.0));
    assert_eq!((counts(&state), state.coming(), state.lines_in_use()), ([5, 0, 0, 0, 0], 5, 5));
    state.advance(CallId(0), Stage::Ringing, at(10.0));
    state.advance(CallId(1), Stage::Answered, at(10.0));
    state.advance(CallId(2), Stage::Waiting, at(10.0));
    state.advance(CallId(3), Stage::Talking, at(10.0));
    state.advance(CallId(77), Stage::Talking, at(10.0));
    assert_eq!((counts(&state), state.coming(), state.lines_in_use()), ([1, 1, 1, 1, 1], 3, 5));
    assert_eq!(seen(&state.dialing, 6.0), [(1.875, 1)], "line 4, dialed two seconds ago");
    assert_eq!(seen(&state.ringing, 12.0), [(1.875, 1)]);
    let line = state.line(CallId(3)).copied().expect("it is up");
    assert_eq!((line.since, line.settled, line.stage, line.call), (at(10.0), at(10.0), Stage::Talking, CallId(3)));
    assert_eq!(state.close(CallId(4)).map(|line| line.since), Some(at(4.0)));
    assert!(state.close(CallId(4)).is_none() && state.line(CallId(4)).is_none());
    assert_eq!((counts(&state), seen(&state.dialing, 6.0)), ([0, 1, 1, 1, 1], vec![]));
    state.close(CallId(0));
    assert_eq!(seen(&state.ringing, 12.0), []);
}

#[test]
fn a_closed_line_leaves_the_others_where_they_are_found() {
    let mut state = State::default();
    (0..6).for_each(|id| state.open(CallId(id), at(id as f64)));
    state.close(CallId(1));
    state.close(CallId(5));
    state.close(CallId(0));
    for id in [2, 3, 4] {
        let line = state.line(CallId(id)).expect("up");
        assert_eq!((line.call, line.since), (CallId(id), at(id as f64)));
    }
    assert_eq!(state.lines(Stage::Dialing).len(), 3);
}

#[test]
fn a_line_that_is_being_cancelled_rings_no_more() {
    let mut state = State::default();
    (0..3).for_each(|id| state.open(CallId(id), at(0.0)));
    (0..2).for_each(|id| state.advance(CallId(id), Stage::Ringing, at(1.0)));
    state.cancel(CallId(0));
    state.cancel(CallId(0));
    state.cancel(CallId(2));
    state.cancel(CallId(99));
    assert_eq!(seen(&state.ringing, 2.0), [(0.875, 1)], "once, and only what rings");
    assert_eq!((state.count(Stage::Ringing), seen(&state.dialing, 2.0)), (2, vec![(1.875, 1)]));
    assert!(state.line(CallId(0)).is_some_and(|line| line.cancelling));
    state.close(CallId(0));
    assert_eq!(seen(&state.ringing, 2.0), [(0.875, 1)], "it was taken out already");
    // Answered all the same, and back in a stage of its own.
    state.cancel(CallId(1));
    state.advance(CallId(1), Stage::Answered, at(3.0));
    assert!(state.line(CallId(1)).is_some_and(|line| !line.cancelling));
    assert_eq!(seen(&state.ringing, 4.0), []);
}

#[test]
fn agents_are_counted_by_what_they_do() {
    let mut state = State::default();
    let (first, second) = (state.agent(AgentId(7), at(1.0)), state.agent(AgentId(9), at(2.0)));
    assert_eq!((first, second, state.agent(AgentId(7), at(5.0))), (0, 1, 0));
    assert_eq!((state.working(Work::Out), state.agents[1].since), (2, at(2.0)));
    state.set_work(0, Work::Talk, at(3.0));
    let works = [Work::Out, Work::Ready, Work::Talk, Work::Wrap, Work::Pause, Work::Taken];
    assert_eq!(works.map(|work| state.working(work)), [1, 0, 1, 0, 0, 0]);
    assert_eq!((state.agents[0].since, state.agents[0].settled), (at(3.0), at(3.0)));
}

#[test]
fn an_announced_pause_is_over_when_it_came() {
    let mut state = State::default();
    let agent = state.agent(AgentId(1), at(0.0));
    for (work, still) in [
        (Work::Talk, true),
        (Work::Wrap, true),
        (Work::Taken, true),
        (Work::Pause, false),
        (Work::Ready, false),
        (Work::Out, false),
    ] {
        state.agents[agent].leaving = true;
        state.set_work(agent, work, at(1.0));
        assert_eq!(state.agents[agent].leaving, still, "{work:?}");
    }
}

#[test]
fn who_changed_is_told_apart_until_there_are_too_many() {
    let mut state = State::default();
    state.agent(AgentId(1), at(0.0));
    assert_eq!(state.touched(), None, "a new one: look at all");
    state.untouch();
    assert_eq!(state.touched(), Some(&[][..]));
    state.touch(0);
    state.set_work(0, Work::Ready, at(1.0));
    assert_eq!(state.touched(), Some(&[0, 0][..]));
    (0..61).for_each(|_| state.touch(0));
    assert_eq!(state.touched().map(<[usize]>::len), Some(63));
    (0..2).for_each(|_| state.touch(0));
    assert_eq!(state.touched(), None);
    state.untouch();
    assert_eq!(state.touched(), Some(&[][..]));
}

#[test]
fn lines_wanted_are_per_free_agent_less_those_out_and_waiting() {
    let mut state = State::default();
    (0..6).for_each(|id| {
        let agent = state.agent(AgentId(id), at(0.0));
        state.set_work(agent, if id < 4 { Work::Ready } else { Work::Talk }, at(0.0));
    });
    let ratio =
        |state: &State, ratio| progressive::ratio(state, &Settings { mode: Mode::Ratio, ratio, ..Settings::default() });
    assert_eq!((progressive::progressive(&state), ratio(&state, 2.6)), (4, 10), "rounded down");
    state.open(CallId(1), at(0.0));
    state.open(CallId(2), at(0.0));
    state.advance(CallId(2), Stage::Waiting, at(0.0));
    assert_eq!((progressive::progressive(&state), ratio(&state, 2.6)), (2, 8));
    assert_eq!((ratio(&state, -1.0), ratio(&state, f64::NAN), ratio(&state, f64::INFINITY)), (0, 0, 0));
    let agentless = |lines_max| progressive::agentless(&state, &Settings { lines_max, ..Settings::default() });
    assert_eq!((agentless(5), agentless(1)), (3, 0));
}

#[test]
fn ages_are_kept_in_quarters_of_a_second() {
    let mut since = Since::default();
    assert_eq!(since.oldest(at(5.0)), 0.0);
    since.add(at(10.0));
    since.add(at(10.6));
    since.add(at(9.0));
    assert_eq!(seen(&since, 11.0), [(0.875, 2), (0.375, 1)], "one of before counts with the oldest");
    assert_eq!(since.oldest(at(11.0)), 1.0);
    since.remove(at(9.0));
    since.remove(at(10.0));
    assert_eq!((seen(&since, 11.0), since.oldest(at(11.0))), (vec![(0.375, 1)], 0.5));
    since.add(at(-3.0));
    assert_eq!(seen(&since, 11.0), [(0.375, 2)]);
}

#[test]
fn what_is_over_two_minutes_old_is_together() {
    let mut since = Since::default();
    since.add(at(0.0));
    since.add(at(0.25));
    since.add(at(127.75));
    assert_eq!(seen(&since, 128.0).len(), 3, "512 slots");
    since.add(at(128.0));
    assert_eq!(seen(&since, 128.0), [(127.625, 2), (0.125, 1), (-0.0, 1)]);
    assert_eq!(since.oldest(at(128.0)), 127.75);
    since.remove(at(0.0));
    since.remove(at(0.25));
    assert_eq!(seen(&since, 128.0).len(), 2);
}

#[test]
fn what_is_too_old_moves_no_more_than_it_must() {
    let mut since = Since::default();
    [1000.0, 1000.25, 1000.5, 1128.0].into_iter().for_each(|when| since.add(at(when)));
    assert_eq!(seen(&since, 1128.0), [(127.625, 2), (127.375, 1), (-0.0, 1)]);
    // What was never added takes the last one, and nothing breaks.
    since.remove(at(5000.0));
    assert_eq!(seen(&since, 1128.0), [(127.625, 2), (127.375, 1)]);
}

// ── agents whom somebody else will want ──

#[test]
fn a_callback_takes_an_agent_from_its_time_on() {
    let mut inbound = Inbound::default();
    inbound.plan(at(20.0));
    let coin = inbound.coins(at(18.0));
    assert_eq!(coin.len(), 1);
    assert_eq!(coin[0][..3], [0.0, 1.0, 1.0], "two seconds from now, to the second");
    assert!(coin[0][3..].iter().all(|chance| *chance == 1.0));
    assert!(inbound.coins(at(20.0 - 32.0)).is_empty(), "beyond the last horizon");
    assert_eq!(inbound.coins(at(20.0 - 31.9)).len(), 1);
}

#[test]
fn whoever_is_taken_around_its_time_is_taken_by_the_callback() {
    for (when, calls) in [(-40.0, 3), (-30.0, 0), (0.0, 0), (30.0, 0), (31.0, 3)] {
        let mut inbound = Inbound::default();
        inbound.plan(at(100.0));
        inbound.taken(at(100.0 + when));
        inbound.unplan(at(100.0));
        assert_eq!(inbound.coins(at(100.0 + when)).len(), calls, "{when} s after: a caller, or not");
    }
}

#[test]
fn callers_come_as_often_as_they_came() {
    let mut inbound = Inbound::default();
    inbound.taken(at(0.0));
    let wanted =
        |inbound: &mut Inbound, now: f64, j: usize| -> f64 { inbound.coins(at(now)).iter().map(|row| row[j]).sum() };
    // One in a quarter of an hour, within a second and within 32.
    assert!((wanted(&mut inbound, 0.0, 0) - 1.0 / 900.0).abs() < 1e-9);
    assert!((wanted(&mut inbound, 0.0, 14) - 32.0 / 900.0).abs() < 1e-9);
    assert!((wanted(&mut inbound, 900.0, 14) - 32.0 / 900.0 / std::f64::consts::E).abs() < 1e-9);
    inbound.taken(at(900.0));
    let both = (1.0 + 1.0 / std::f64::consts::E) * 32.0 / 900.0;
    assert!((wanted(&mut inbound, 900.0, 14) - both).abs() < 1e-9);
    (0..1000).for_each(|_| inbound.taken(at(900.0)));
    assert!(inbound.coins(at(900.0)).iter().all(|row| row[14] == 0.9), "never certain");
}

#[test]
fn appointments_come_in_any_order_and_go_one_by_one() {
    let mut inbound = Inbound::default();
    [30.0, 10.0, 20.0, 10.0].into_iter().for_each(|due| inbound.plan(at(due)));
    inbound.unplan(at(10.0));
    inbound.unplan(at(11.0));
    let coins = inbound.coins(at(0.0));
    assert_eq!(coins.len(), 3);
    let first: Vec<usize> =
        coins.iter().map(|row| row.iter().position(|chance| *chance == 1.0).expect("one")).collect();
    assert_eq!(first, [7, 11, 14], "11, 20 and 32 seconds");
}

// ── shared agents ──

#[test]
fn agents_stay_until_a_move_makes_it_fairer() {
    let claims = [1.0, 2.0].map(|weight| Claim { weight, busy: 0, hungry: true, most: u32::MAX });
    let moved = |kept: [usize; 3]| {
        let agents = kept.map(|kept| FreeAgent { campaigns: &[0, 1], kept_for: Some(kept) });
        let kept = keep(&claims, &agents);
        [0, 1].map(|campaign| kept.iter().filter(|one| **one == Some(campaign)).count())
    };
    assert_eq!(moved([0, 0, 0]), [1, 2], "by weight");
    assert_eq!(moved([1, 1, 1]), [1, 2]);
    assert_eq!(moved([1, 0, 1]), [1, 2]);
    let busy = [Claim { busy: 3, ..claims[0] }, Claim { weight: 1.0, busy: 1, ..claims[1] }];
    assert_eq!(keep(&busy, &[FreeAgent { campaigns: &[0, 1], kept_for: Some(0) }]), [Some(1)]);
    let even = [Claim { busy: 0, ..claims[0] }, Claim { weight: 1.0, busy: 1, ..claims[1] }];
    assert_eq!(keep(&even, &[FreeAgent { campaigns: &[0, 1], kept_for: Some(0) }]), [Some(0)]);
    let as_fair = [Claim { busy: 2, ..claims[0] }, Claim { weight: 1.0, busy: 1, ..claims[1] }];
    assert_eq!(keep(&as_fair, &[FreeAgent { campaigns: &[0, 1], kept_for: Some(0) }]), [Some(1)], "two and two");
}

#[test]
fn a_claim_without_weight_or_hunger_keeps_nobody() {
    let claims = [
        Claim { weight: 0.0, busy: 0, hungry: true, most: u32::MAX },
        Claim { weight: 1.0, busy: 9, hungry: false, most: u32::MAX },
    ];
    let agents =
        [FreeAgent { campaigns: &[0, 1], kept_for: Some(1) }, FreeAgent { campaigns: &[0], kept_for: Some(0) }];
    assert_eq!(keep(&claims, &agents), [None, None]);
    let claims = [
        Claim { weight: 1.0, busy: 0, hungry: true, most: u32::MAX },
        Claim { weight: 1.0, busy: 9, hungry: true, most: u32::MAX },
    ];
    assert_eq!(keep(&claims, &[FreeAgent { campaigns: &[1], kept_for: Some(0) }]), [Some(1)], "no longer theirs");
}
