//! The disk is slow: no INVITE leaves before its record is durable.

use crate::kit::*;
use outpace::sim::dist::Dist;
use outpace::sim::plan::{Planned, What};

/// No INVITE before its record is on disk, however long that takes; and the clock steps back meanwhile.
#[test]
fn nothing_leaves_before_it_is_durable() {
    let mut day = quiet(HUMAN);
    let slow = What::SlowStore { seconds: 30.0, durable_seconds: Dist::Fixed(4.0) };
    day.planned = vec![
        Planned { at_seconds: 0.0, what: slow },
        Planned { at_seconds: 3.0, what: What::WallClockStep { by_seconds: -1800.0 } },
    ];
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
