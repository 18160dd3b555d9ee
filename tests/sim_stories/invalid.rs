//! A number that is not in service: refused, its lead closed.

use crate::kit::*;
use outpace::sim::scenario::Mix;

#[test]
fn a_vacant_number_closes_its_lead() {
    let mut day = quiet(Mix::NOBODY);
    day.population.invalid = 1.0;
    insta::assert_snapshot!(story(&day, campaign(&[])));
}

/// The tones come as early media, before any refusal.
#[test]
fn special_information_tones_close_the_lead() {
    insta::assert_snapshot!(story(&quiet(Mix { sit: 1.0, ..Mix::NOBODY }), campaign(&[])));
}
