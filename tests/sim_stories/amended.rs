//! A word on a call that is long closed: the last one counts, and the lead is planned anew.

use crate::kit::*;
use outpace::sim::plan::{Click, Planned, What};

/// Closed as sold, then corrected: the customer asked to be called later.
#[test]
fn an_outcome_amended_after_the_call_plans_the_lead_anew() {
    let mut day = quiet(HUMAN);
    day.agents.choices = [("yes", 1.0), ("no", 0.0), ("later", 0.0), ("buy", 1.0)].map(|(k, w)| (k.into(), w)).into();
    let click = Click::Amend("later".into());
    day.planned = vec![Planned { at_seconds: 90.0, what: What::AgentClicks { agent: 0, click } }];
    day.hours = 4.0 / 60.0;
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
