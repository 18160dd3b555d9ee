//! The gate's second look: what became true between the record and the INVITE still stops the call.

use crate::kit::*;
use outpace::facts::Fact;
use outpace::sim::dist::Dist;
use outpace::sim::plan::{Planned, What};
use outpace::sim::scenario::Mix;

/// Many calls wait for a slow trunk's turn while the calling hours end: those that are late are withdrawn.
#[test]
fn hours_that_close_while_a_call_waits_for_its_turn() {
    let mut day = quiet(Mix::NOBODY);
    day.start = "2026-11-23T19:59:00".into();
    day.list.leads = 200;
    day.agents.number = 0;
    day.carrier.trunks[0].calls_per_second = 1;
    // A slow disk lets the queue grow, and lets it all go at once, seconds before the end.
    day.store.durable_seconds = Dist::Fixed(9.0);
    let agentless = [
        ("mode = \"progressive\"", "mode = \"agentless\"\nlines_max = 40"),
        ("[agents]", "[flow]\nhandled_by = \"flow\"\n[agents]"),
    ];
    let told = live(&day, campaign_with(&agentless, "return flow { opener = function(call) finish(\"no\") end }"));
    assert_eq!(told.violations, []);
    let withdrawn = told.facts.iter().filter(|e| matches!(e.fact, Fact::CallWithdrawn { .. })).count();
    assert!(withdrawn > 0, "no call was caught in the queue");
}

/// Acknowledged while the call waits in the queue: no INVITE may follow (I6).
#[test]
fn an_opt_out_while_the_call_waits_for_its_turn() {
    let mut day = quiet(Mix::NOBODY);
    day.list.leads = 200;
    day.agents.number = 0;
    day.carrier.trunks[0].calls_per_second = 1;
    day.planned = (0..40)
        .map(|lead| Planned { at_seconds: 1.0 + 0.25 * lead as f64, what: What::Suppress { campaign: 0, lead } })
        .collect();
    let agentless = [
        ("mode = \"progressive\"", "mode = \"agentless\"\nlines_max = 40"),
        ("[agents]", "[flow]\nhandled_by = \"flow\"\n[agents]"),
    ];
    let told = live(&day, campaign_with(&agentless, "return flow { opener = function(call) finish(\"no\") end }"));
    assert_eq!(told.violations, []);
}
