//! Never again: the number is blocked while the call still runs.

use crate::kit::*;
use outpace::sim::plan::{Planned, What};

/// Acknowledged before its turn came: the number is never dialed (I6).
#[test]
fn a_suppressed_number_is_not_dialed() {
    let mut day = quiet(HUMAN);
    day.list.leads = 2;
    day.planned = vec![Planned { at_seconds: 0.5, what: What::Suppress { campaign: 0, lead: 0 } }];
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
