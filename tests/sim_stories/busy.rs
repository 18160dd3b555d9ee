//! A busy line: the cause, and the lead planned again.

use crate::kit::*;
use outpace::sim::scenario::Mix;

#[test]
fn a_busy_line_is_tried_again() {
    let mut day = quiet(Mix { busy: 1.0, ..Mix::NOBODY });
    day.hours = 0.25;
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
