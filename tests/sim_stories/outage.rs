//! The carrier is away for a while: no call is lost, dialing comes back.

use crate::kit::*;
use outpace::sim::plan::{Outage, Planned, What};
use outpace::sim::scenario::TrunkShape;

fn outage(how: Outage) -> outpace::sim::Scenario {
    let mut day = quiet(HUMAN);
    day.planned = vec![Planned { at_seconds: 0.0, what: What::TrunkOutage { trunk: 0, seconds: 100.0, how } }];
    day
}

/// The first trunk refuses, the second carries the same attempt.
#[test]
fn an_attempt_goes_on_over_the_other_trunk() {
    let mut day = outage(Outage::Refuse);
    let other = TrunkShape { name: "other".into(), ..day.carrier.trunks[0].clone() };
    day.carrier.trunks.push(other);
    insta::assert_snapshot!(story(&day, campaign(&[])));
}

#[test]
fn a_carrier_that_says_nothing_is_given_up_and_tried_later() {
    let mut day = outage(Outage::Silent);
    day.hours = 0.15;
    insta::assert_snapshot!(story(&day, campaign(&[])));
}

#[test]
fn a_trunk_that_is_down_is_not_dialed_over() {
    let mut day = outage(Outage::Down);
    day.hours = 0.05;
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
