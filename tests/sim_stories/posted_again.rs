//! A campaign's folder posted again while it runs: as it is, which changes nothing, or with another word in it, which
//! waits until no call of the running version is left.

use crate::kit::*;
use outpace::sim::Scenario;
use outpace::sim::plan::{Planned, What};

fn day(posts: &[(f64, bool)]) -> Scenario {
    let mut day = quiet(HUMAN);
    day.agents.choices = [("yes", 1.0), ("no", 0.0), ("later", 0.0), ("buy", 1.0)].map(|(k, w)| (k.into(), w)).into();
    let post = |&(at_seconds, changed)| Planned { at_seconds, what: What::PostCampaign { campaign: 0, changed } };
    day.planned = posts.iter().map(post).collect();
    day
}

/// While it rings, in the middle of the talk, in wrap-up: the flow goes on, and so does every other thing.
#[test]
fn as_it_is_it_changes_nothing() {
    let undisturbed = story(&day(&[]), campaign(&[]));
    assert_eq!(story(&day(&[(5.0, false), (25.0, false), (45.0, false)]), campaign(&[])), undisturbed);
}

#[test]
fn changed_it_is_refused_while_calls_are_in_hand_and_taken_after_them() {
    let undisturbed = story(&day(&[]), campaign(&[]));
    assert_eq!(story(&day(&[(5.0, true), (25.0, true), (45.0, true)]), campaign(&[])), undisturbed);
    let taken = |posts| story(&day(posts), campaign(&[])).matches("CampaignConfigured").count();
    assert_eq!(taken(&[(25.0, true)]), 1);
    assert_eq!(taken(&[(25.0, true), (100.0, true)]), 2);
    assert_eq!(taken(&[(100.0, true), (110.0, true)]), 2, "the second time it is as it is");
}
