//! Packs: what the law of a region adds to every campaign there, as dated tables. It refuses to be loosened.

use super::ids::Rule;
use super::week::Week;
use crate::words::phone::Region;

/// The law of some regions, at a date. A change is a new id; old ids stay in old facts.
pub struct Pack {
    pub id: &'static str,
    pub regions: &'static [Region],
    /// Hours that bound the campaign's, on the called party's clock.
    pub hours: Option<PackHours>,
    /// A ringing line may not be given up earlier.
    pub ring_seconds_min: u32,
    pub ring_source: &'static str,
    /// The abandonment profile that the law asks for: a campaign takes it or a stricter one, with its cap or a lower
    /// one. `None`: no law that was read sets one.
    pub profile: Option<&'static str>,
}

pub struct PackHours {
    pub rule: Rule,
    pub week: fn() -> Week,
}

const H: i64 = 3_600;

/// For regions without a pack of their own: only the campaign's rules and the product's.
pub const BASE: Pack =
    Pack { id: "base-2026.11", regions: &[], hours: None, ring_seconds_min: 10, ring_source: "product", profile: None };

pub const PACKS: &[Pack] = &[Pack {
    id: "us-2026.11",
    regions: &[
        Region::known(b"US"),
        Region::known(b"PR"),
        Region::known(b"VI"),
        Region::known(b"GU"),
        Region::known(b"AS"),
        Region::known(b"MP"),
    ],
    hours: Some(PackHours { rule: Rule::HoursUs, week: || Week::daily(8 * H, 21 * H) }),
    ring_seconds_min: 15,
    ring_source: "47 CFR 64.1200(a)(6); 16 CFR 310.4(b)(4)(ii)",
    profile: Some("us_tsr"),
}];

/// Which of `PACKS`; `None`: the base.
pub fn of(region: Option<Region>) -> Option<usize> {
    let region = region?;
    PACKS.iter().position(|pack| pack.regions.contains(&region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Profile;

    #[test]
    fn a_pack_names_a_profile_that_campaigns_may_take() {
        for id in PACKS.iter().filter_map(|pack| pack.profile) {
            assert!(Profile::find(id).is_some_and(|profile| !profile.judge_only), "{id}");
        }
    }
}
