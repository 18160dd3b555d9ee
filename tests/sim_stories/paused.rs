//! A campaign paused while lines ring: they are let go, nothing more leaves.

use crate::kit::*;
use outpace::sim::plan::{Planned, What};

/// Ringing lines are let go, nothing new leaves, and the lead comes round again after the start.
#[test]
fn a_campaign_paused_in_mid_ring() {
    let mut day = quiet(HUMAN);
    day.list.leads = 2;
    let at = |at_seconds, what| Planned { at_seconds, what };
    day.planned = vec![at(5.0, What::PauseCampaign { campaign: 0 }), at(30.0, What::StartCampaign { campaign: 0 })];
    insta::assert_snapshot!(story(&day, campaign(&[])));
}

/// Paused between the record and the INVITE: the record is withdrawn and nothing leaves.
#[test]
fn a_campaign_paused_before_the_invite_left() {
    let mut day = quiet(HUMAN);
    day.store.durable_seconds = outpace::sim::dist::Dist::Fixed(0.5);
    day.planned = vec![Planned { at_seconds: 1.7, what: What::PauseCampaign { campaign: 0 } }];
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
