//! Packs: what the law of a region adds to every campaign there, as dated tables. It refuses to be loosened.

use super::ids::Rule;
use super::week::Week;
use crate::words::Phone;
use crate::words::phone::Region;

/// The law of some regions, or of a state in one, at a date. A change is a new id; old ids stay in old facts.
pub struct Pack {
    pub id: &'static str,
    pub regions: &'static [Region],
    /// A state: numbers of these area codes alone. Empty: every number of the regions that no state's pack has.
    pub area_codes: &'static [&'static str],
    /// Hours that bound the campaign's, on the called party's clock.
    pub hours: Option<PackHours>,
    /// Attempts to one number on the called party's day, whatever the campaign allows.
    pub attempts_per_day: Option<PackAttempts>,
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

pub struct PackAttempts {
    pub rule: Rule,
    pub most: u32,
}

const H: i64 = 3_600;

/// For regions without a pack of their own: only the campaign's rules and the product's.
pub const BASE: Pack = Pack {
    id: "base-2026.11",
    regions: &[],
    area_codes: &[],
    hours: None,
    attempts_per_day: None,
    ring_seconds_min: 10,
    ring_source: "product",
    profile: None,
};

const UNITED_STATES: Pack = Pack {
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
    ..BASE
};

/// The North American Numbering Plan's codes of two states, of which the federal law is the floor: libphonenumber
/// 9.0.43, `resources/geocoding/en/1.txt` (the code alone, or any place in it, lies in the state). Read 2026-11-22. A
/// person may have moved: the code is the place that the law presumes (15 O.S. 775C.4), not the place itself.
const FLORIDA: &[&str] = &[
    "239", "305", "321", "324", "352", "386", "407", "448", "561", "645", "656", "689", "727", "728", "754", "772",
    "786", "813", "850", "863", "904", "941", "954",
];
const OKLAHOMA: &[&str] = &["405", "539", "572", "580", "918"];

/// States first: the first pack that has the number is its law.
pub const PACKS: &[Pack] = &[
    Pack {
        id: "us-fl-2026.11",
        regions: &[Region::known(b"US")],
        area_codes: FLORIDA,
        hours: Some(PackHours { rule: Rule::HoursFlorida, week: || Week::daily(8 * H, 20 * H) }),
        attempts_per_day: Some(PackAttempts { rule: Rule::AttemptsFlorida, most: 3 }),
        ..UNITED_STATES
    },
    Pack {
        id: "us-ok-2026.11",
        regions: &[Region::known(b"US")],
        area_codes: OKLAHOMA,
        hours: Some(PackHours { rule: Rule::HoursOklahoma, week: || Week::daily(8 * H, 20 * H) }),
        attempts_per_day: Some(PackAttempts { rule: Rule::AttemptsOklahoma, most: 3 }),
        ..UNITED_STATES
    },
    UNITED_STATES,
];

/// Which of `PACKS` is a whole region's; `None`: the base.
pub fn of(region: Option<Region>) -> Option<usize> {
    let region = region?;
    PACKS.iter().position(|pack| pack.area_codes.is_empty() && pack.regions.contains(&region))
}

/// Which of `PACKS` is a number's: its state's, else its region's; `None`: the base.
pub fn of_number(phone: &Phone, region: Option<Region>) -> Option<usize> {
    let region = region?;
    let code = phone.digits().strip_prefix("+1").and_then(|national| national.get(..3)).unwrap_or("");
    PACKS.iter().position(|pack| {
        pack.regions.contains(&region) && (pack.area_codes.is_empty() || pack.area_codes.contains(&code))
    })
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

    #[test]
    fn a_state_is_told_by_the_area_code() {
        let pack = |number: &str| {
            let phone = Phone::e164(number).expect("E.164");
            of_number(&phone, phone.region()).map(|at| PACKS[at].id)
        };
        assert_eq!(pack("+13055550100"), Some("us-fl-2026.11"));
        assert_eq!(pack("+14055550100"), Some("us-ok-2026.11"));
        assert_eq!(pack("+12125550100"), Some("us-2026.11"));
        assert_eq!(pack("+17875550100"), Some("us-2026.11"), "Puerto Rico");
        assert_eq!(pack("+16045551234"), None, "Canada");
        assert_eq!(pack("+8613054055555"), None, "305 elsewhere");
    }

    /// States stand before their country, and no code in two of them.
    #[test]
    fn packs_are_told_apart() {
        let country = |pack: &Pack| of(pack.regions.first().copied()).expect("a state lies in a country");
        for (at, pack) in PACKS.iter().enumerate() {
            assert!(pack.area_codes.is_empty() || at < country(pack), "{}", pack.id);
            for other in &PACKS[..at] {
                assert!(pack.area_codes.iter().all(|code| !other.area_codes.contains(code)), "{}", pack.id);
                assert_ne!(pack.id, other.id);
            }
        }
    }
}
