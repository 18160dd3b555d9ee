//! It rings out: cancelled by us, and counted so.

use crate::kit::*;
use outpace::sim::scenario::Mix;

#[test]
fn a_phone_that_nobody_picks_up_rings_as_long_as_the_settings_say() {
    insta::assert_snapshot!(story(&quiet(Mix::NOBODY), campaign(&[])));
}

/// Our CANCEL crosses the 200: the carrier saw an answer, so the record says so, and a BYE ends it.
#[test]
fn an_answer_that_crosses_our_cancel() {
    let mut day = quiet(HUMAN);
    day.population.ring_human_seconds = outpace::sim::dist::Dist::Fixed(40.0);
    day.carrier.trunks[0].cancel_crosses = 1.0;
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
