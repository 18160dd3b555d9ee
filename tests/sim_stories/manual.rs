//! Manual: an agent asks for a lead and dials it; nothing happens by itself. And switching between modes in mid-day.

use crate::kit::*;
use outpace::engine::Mode;
use outpace::facts::Fact;
use outpace::sim::plan::{Planned, What};
use outpace::sim::scenario::Break;

const MANUAL: (&str, &str) = ("mode = \"progressive\"", "mode = \"manual\"");

#[test]
fn an_agent_asks_for_a_lead_and_dials_it() {
    let mut day = quiet(HUMAN);
    day.agents.asks_for_leads = true;
    insta::assert_snapshot!(story(&day, campaign(&[MANUAL])));
}

#[test]
fn nobody_asks_and_nothing_is_dialed() {
    let told = story(&quiet(HUMAN), campaign(&[MANUAL]));
    assert!(!told.contains("CallPlaced"), "{told}");
}

/// All modes in one shift, switched while calls are out: no rule breaks, each change is a fact, and calls that were
/// dialed under the old mode end as calls do.
#[test]
fn modes_are_switched_while_calls_are_in_flight() {
    let mut day = quiet(outpace::sim::scenario::Mix { human: 0.5, ..outpace::sim::scenario::Mix::NOBODY });
    day.hours = 8.0 / 60.0;
    day.list.leads = 300;
    day.agents.number = 4;
    day.agents.asks_for_leads = true;
    day.agents.breaks = vec![Break { after_minutes: 3.0, minutes: 1.0, reason: "tea".into() }];
    let modes =
        [Mode::Preview, Mode::Predictive, Mode::Manual, Mode::Ratio, Mode::Preview, Mode::Agentless, Mode::Manual];
    for (nth, mode) in modes.into_iter().enumerate() {
        let at_seconds = 57.3 * (nth + 1) as f64;
        day.planned.push(Planned { at_seconds, what: What::SetMode { campaign: 0, mode } });
    }
    let told = live(&day, campaign(&[]));
    assert_eq!(told.violations, []);
    assert!(told.stopped);
    let changes: Vec<String> = told
        .facts
        .iter()
        .filter_map(|f| if let Fact::PacingModeChanged { mode, .. } = &f.fact { Some(mode.clone()) } else { None })
        .collect();
    // Agentless is refused: this flow does not speak by itself.
    assert_eq!(changes, ["preview", "predictive", "manual", "ratio", "preview", "manual"]);
    let count = |kind: &str| told.facts.iter().filter(|f| f.fact.kind() == kind).count();
    assert!(count("call_bridged") > 20, "{}", count("call_bridged"));
    assert_eq!(count("call_placed"), count("call_ended") + count("call_withdrawn"));
    let asked = told.facts.iter().filter(|f| {
        matches!(&f.fact, Fact::AgentStateChanged { state: outpace::words::AgentState::ManualDial, call: Some(_), .. })
    });
    assert!(asked.count() > 5);
}
