//! SIGTERM: nothing new leaves, what talks may finish, everything is on disk.

use crate::kit::*;
use outpace::sim::plan::{Planned, What};

/// SIGTERM in the middle of a talk: the talk ends at the limit, everything has its record, the program stops.
#[test]
fn a_shutdown_ends_the_talk_at_its_limit() {
    let mut day = quiet(HUMAN);
    day.list.leads = 3;
    day.planned = vec![Planned { at_seconds: 12.0, what: What::Shutdown { within_seconds: 5.0 } }];
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
