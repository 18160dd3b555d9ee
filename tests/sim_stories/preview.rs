//! Preview: a ready agent is shown a lead and dials it, passes it over, or lets the time run out.

use crate::kit::*;
use outpace::facts::Fact;
use outpace::sim::dist::Dist;
use outpace::sim::plan::{Planned, What};

const PREVIEW: (&str, &str) = ("mode = \"progressive\"", "mode = \"preview\"");

#[test]
fn an_agent_dials_the_shown_lead_and_meets_its_person() {
    insta::assert_snapshot!(story(&quiet(HUMAN), campaign(&[PREVIEW])));
}

/// Two leads: the first is passed over, and comes back after its hour.
#[test]
fn a_lead_that_is_passed_over_comes_later() {
    let mut day = quiet(HUMAN);
    day.list.leads = 2;
    day.agents.skips = 1.0;
    day.hours = 1.0 / 60.0;
    insta::assert_snapshot!(story(&day, campaign(&[PREVIEW])));
}

/// Nobody decides in time: the lead is dialed by itself.
#[test]
fn the_time_to_look_at_a_lead_runs_out() {
    let mut day = quiet(HUMAN);
    day.agents.reaction_seconds = Dist::Fixed(20.0);
    let hurry = ("[agents]", "[preview]\nseconds = 5\n[agents]");
    let told = story(&day, campaign(&[PREVIEW, hurry]));
    assert!(told.contains("CallBridged"), "{told}");
    let passes = ("[agents]", "[preview]\nseconds = 5\non_timeout = \"skip\"\n[agents]");
    let told = story(&day, campaign(&[PREVIEW, passes]));
    assert!(told.contains("why=skipped") && !told.contains("CallPlaced"), "{told}");
}

/// Nobody answers: the agent is free again and is shown the next lead.
#[test]
fn a_call_that_comes_to_nothing_frees_its_agent() {
    let mut day = quiet(outpace::sim::scenario::Mix { busy: 1.0, ..outpace::sim::scenario::Mix::NOBODY });
    day.list.leads = 2;
    day.agents.skips = 0.0;
    insta::assert_snapshot!(story(&day, campaign(&[PREVIEW])));
}

/// The agent's phone goes while the record of the call is on its way to a slow disk: nobody is rung up for nobody.
#[test]
fn a_call_whose_agent_is_gone_before_the_invite_does_not_leave() {
    let mut day = quiet(HUMAN);
    let slow = What::SlowStore { seconds: 5.0, durable_seconds: Dist::Fixed(5.0) };
    day.planned = vec![
        Planned { at_seconds: 2.0, what: slow },
        Planned { at_seconds: 4.0, what: What::PhoneLost { agent: 0, seconds: 100.0 } },
    ];
    let told = live(&day, campaign(&[PREVIEW]));
    assert_eq!(told.violations, []);
    let count = |kind: &str| told.facts.iter().filter(|e| e.fact.kind() == kind).count();
    assert_eq!((count("call_placed"), count("call_withdrawn"), count("invite_sent")), (1, 1, 0));
    let gone = |rules: &[String]| rules == ["agent.gone"];
    assert!(told.facts.iter().any(|e| matches!(&e.fact, Fact::CallWithdrawn { rules, .. } if gone(rules))));
}
