//! A machine answers: hung up, its lead planned again.

use crate::kit::*;
use outpace::sim::scenario::Mix;

const MACHINE: Mix = Mix { machine: 1.0, ..Mix::NOBODY };

#[test]
fn a_machine_is_let_go_and_tried_again_later() {
    insta::assert_snapshot!(story(&quiet(MACHINE), campaign(&[])));
}

#[test]
fn a_machine_hears_the_message_after_its_beep() {
    let message = "enabled = true\non_machine = \"message\"\nmachine_message = \"bye\"";
    insta::assert_snapshot!(story(&quiet(MACHINE), campaign(&[("enabled = true", message)])));
}

/// AMD takes the machine for a person: the agent hears it and ends the call.
#[test]
fn a_missed_machine_reaches_an_agent() {
    let mut day = quiet(MACHINE);
    day.population.amd.miss = 1.0;
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
