//! The agent's phone falls away in mid-call: the record stays, the customer is kept for a while.

use crate::kit::*;
use outpace::sim::plan::{Planned, What};

fn lost(at_seconds: f64, seconds: f64) -> String {
    let mut day = quiet(HUMAN);
    day.agents.choices = [("yes", 1.0), ("no", 0.0), ("later", 0.0), ("buy", 1.0)].map(|(k, w)| (k.into(), w)).into();
    day.planned = vec![Planned { at_seconds, what: What::PhoneLost { agent: 0, seconds } }];
    story(&day, campaign(&[]))
}

/// The customer is kept while the phone comes back, and the talk goes on.
#[test]
fn a_phone_that_comes_back_in_time_finds_its_customer() {
    insta::assert_snapshot!(lost(15.0, 3.0));
}

/// The record, the outcome and the agent's day stay right though the talk is lost.
#[test]
fn a_phone_that_stays_away_loses_the_customer_but_not_the_record() {
    insta::assert_snapshot!(lost(15.0, 60.0));
}

#[test]
fn a_phone_lost_while_ready_makes_the_agent_not_ready() {
    insta::assert_snapshot!(lost(5.0, 20.0));
}
