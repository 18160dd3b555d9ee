//! Nobody is free in time: the message plays, and the call counts as abandoned once.

use crate::kit::*;
use outpace::sim::dist::Dist;

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
