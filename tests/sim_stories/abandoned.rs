//! Nobody is free in time: the message plays, its key opts out, and the call counts as abandoned once.

use crate::kit::*;
use outpace::facts::{Fact, LeadEnd};
use outpace::sim::dist::Dist;
use outpace::words::Side;

/// Two people answer at once, one agent is there: the other hears the message and counts as abandoned.
#[test]
fn a_person_nobody_serves_in_time_hears_the_message() {
    let mut day = quiet(HUMAN);
    day.list.leads = 2;
    // Nobody hangs up before the message; progressive dialing meets it only by a break in mid-ring.
    day.agents.breaks =
        vec![outpace::sim::scenario::Break { after_minutes: 0.0, minutes: 1.0, reason: "break".into() }];
    day.agents.break_jitter_seconds = 0.0;
    day.agents.reaction_seconds = Dist::Fixed(55.0);
    insta::assert_snapshot!(story(&day, campaign(&[])));
}

/// The same, but the person hangs up before the threshold: counted apart, and not against the cap.
#[test]
fn a_person_who_hangs_up_early_is_not_in_the_budget() {
    let mut day = quiet(HUMAN);
    day.agents.breaks =
        vec![outpace::sim::scenario::Break { after_minutes: 0.0, minutes: 1.0, reason: "break".into() }];
    day.agents.break_jitter_seconds = 0.0;
    day.agents.reaction_seconds = Dist::Fixed(55.0);
    day.population.patience_seconds = Dist::Fixed(0.9);
    insta::assert_snapshot!(story(&day, campaign(&[])));
}

/// One person whom nobody serves, with both hands at the keys.
fn with_keys(digit: &str) -> outpace::sim::Scenario {
    let mut day = quiet(HUMAN);
    day.agents.breaks =
        vec![outpace::sim::scenario::Break { after_minutes: 0.0, minutes: 1.0, reason: "break".into() }];
    day.agents.break_jitter_seconds = 0.0;
    day.agents.reaction_seconds = Dist::Fixed(55.0);
    day.population.presses = 1.0;
    day.population.digits = [(digit.to_owned(), 1.0)].into();
    day.population.presses_after_seconds = Dist::Fixed(2.0);
    day
}

/// What became of it: the number blocked or not, how long after the message began the call ended, and the lead.
fn came_to(day: &outpace::sim::Scenario, settings: &[(&str, &str)]) -> (bool, i64, Option<LeadEnd>) {
    let told = live(day, campaign(settings));
    assert!(told.violations.is_empty(), "{:?}", told.violations);
    let at = |wanted: &dyn Fn(&Fact) -> bool| told.facts.iter().find(|e| wanted(&e.fact)).map(|e| e.moment.0);
    let begun = at(&|fact| matches!(fact, Fact::MessagePlayed { .. })).expect("the message plays");
    let ended = at(&|fact| matches!(fact, Fact::CallEnded { .. })).expect("the call ends");
    let closed = told.facts.iter().find_map(|e| match &e.fact {
        Fact::LeadClosed { reason, .. } => Some(*reason),
        _ => None,
    });
    let opted_out = at(&|fact| matches!(fact, Fact::OptedOut { call: Some(_), by: Side::Customer, .. })).is_some();
    let judged = told.facts.iter().filter(|e| matches!(e.fact, Fact::CallAbandoned { .. })).count();
    assert_eq!(judged, 1, "whoever opts out was abandoned all the same, once");
    (opted_out, (ended - begun) / 1_000_000, closed)
}

/// The message lasts five seconds; two seconds later the key is still taken, and ends the call at once.
#[test]
fn the_key_opts_out_in_the_moment_after_the_message() {
    assert_eq!(came_to(&with_keys("9"), &[]), (true, 7, Some(LeadEnd::OptedOut)));
}

#[test]
fn the_key_opts_out_while_the_message_plays() {
    let mut day = with_keys("9");
    day.population.interrupts = 1.0;
    let (opted_out, seconds, closed) = came_to(&day, &[]);
    assert!(opted_out && closed == Some(LeadEnd::OptedOut) && seconds < 5, "{opted_out} {seconds} {closed:?}");
}

#[test]
fn another_key_opts_nobody_out() {
    assert_eq!(came_to(&with_keys("1"), &[]), (false, 8, None), "and the line stays up for the right one");
    let mut late = with_keys("9");
    late.population.presses_after_seconds = Dist::Fixed(3.5);
    assert_eq!(came_to(&late, &[]), (false, 8, None), "three seconds, no more");
}

#[test]
fn a_message_of_ones_own_may_offer_another_key() {
    let star = [("message = \"sorry\"", "message = \"sorry\"\nopt_out_key = \"*\"")];
    assert_eq!(came_to(&with_keys("*"), &star), (true, 7, Some(LeadEnd::OptedOut)));
    assert_eq!(came_to(&with_keys("9"), &star), (false, 8, None));
}
