//! What an agent's page can do in and after a call: an outcome marked and taken back, more time, a pause to come.

use crate::kit::*;
use outpace::sim::Scenario;
use outpace::sim::dist::Dist;
use outpace::sim::plan::{Click, Planned, What};

/// A person answers and buys; the agent leaves the wrap-up alone but for these clicks.
fn day(clicks: &[(f64, Click)]) -> Scenario {
    let mut day = quiet(HUMAN);
    day.agents.choices = [("yes", 1.0), ("no", 0.0), ("later", 0.0), ("buy", 1.0)].map(|(k, w)| (k.into(), w)).into();
    day.agents.wrap_seconds = Dist::Fixed(300.0);
    day.hours = 4.0 / 60.0;
    day.planned = clicks
        .iter()
        .map(|(at_seconds, click)| Planned {
            at_seconds: *at_seconds,
            what: What::AgentClicks { agent: 0, click: click.clone() },
        })
        .collect();
    day
}

/// Nobody clicks: the wrap-up ends at its limit with the flow's outcome.
#[test]
fn a_wrap_up_left_alone_ends_by_itself() {
    insta::assert_snapshot!(story(&day(&[]), campaign(&[])));
}

/// The mark closes the call seconds later, with the agent's word and not the flow's.
#[test]
fn a_marked_outcome_closes_the_call_soon() {
    insta::assert_snapshot!(story(&day(&[(50.0, Click::MarkOutcome("no".into()))]), campaign(&[])));
}

/// Taken back in time: no outcome but the flow's, at the limit.
#[test]
fn an_outcome_taken_back_leaves_no_trace() {
    let clicks = [(50.0, Click::MarkOutcome("no".into())), (52.0, Click::TakeBack)];
    assert_eq!(story(&day(&clicks), campaign(&[])), story(&day(&[]), campaign(&[])));
}

/// Half a minute each, four times; the fifth is refused.
#[test]
fn a_wrap_up_is_extended_four_times_at_most() {
    let clicks: Vec<_> = (0..5).map(|n| (50.0 + f64::from(n), Click::ExtendWrap)).collect();
    insta::assert_snapshot!(story(&day(&clicks), campaign(&[])));
}

/// Asked for in the talk, or in the wrap-up without ending it.
#[test]
fn a_pause_after_the_call_waits_for_the_end_of_the_wrap_up() {
    insta::assert_snapshot!(story(&day(&[(50.0, Click::PauseAfterCall("lunch".into()))]), campaign(&[])));
}

#[test]
fn a_pause_asked_for_and_taken_back_is_none() {
    let clicks = [(20.0, Click::PauseAfterCall("lunch".into())), (50.0, Click::WorkAfterCall)];
    assert_eq!(story(&day(&clicks), campaign(&[])), story(&day(&[]), campaign(&[])));
}
