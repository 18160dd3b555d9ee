//! The rules of the gate by id, each with its source and the date on which that was looked at.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    DoNotCall,
    RangeEmergency,
    RangePremium,
    RangeSatellite,
    RangeUnassigned,
    RangeForeign,
    AttemptsTotal,
    CallbackNotDue,
    CallbackPromised,
    AttemptsDay,
    HoursCampaign,
    HoursClosedDay,
    HoursZoneUnknown,
    HoursUs,
    HoursFlorida,
    AttemptsFlorida,
    HoursOklahoma,
    AttemptsOklahoma,
}

pub struct RuleEntry {
    pub rule: Rule,
    pub id: &'static str,
    /// Law and paragraph, or that it is the campaign's or the product's own.
    pub source: &'static str,
    /// Its text was last compared with the source then.
    pub checked: &'static str,
}

const OWN: &str = "the product: never without the centre's explicit opening";
const CAMPAIGN: &str = "campaign.toml";

#[rustfmt::skip]
pub const RULES: &[RuleEntry] = &[
    RuleEntry { rule: Rule::DoNotCall, id: "dnc", source: "47 CFR 64.1200(c)(2), (d); 16 CFR 310.4(b)(1)(iii)", checked: "2026-11-21" },
    RuleEntry { rule: Rule::RangeEmergency, id: "range.emergency", source: "47 CFR 64.1200(a)(1)(i)", checked: "2026-11-21" },
    RuleEntry { rule: Rule::RangePremium, id: "range.premium", source: "47 CFR 64.1200(a)(1)(iii)", checked: "2026-11-21" },
    RuleEntry { rule: Rule::RangeSatellite, id: "range.satellite", source: OWN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::RangeUnassigned, id: "range.unassigned", source: OWN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::RangeForeign, id: "range.foreign", source: OWN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::AttemptsTotal, id: "attempts.total", source: CAMPAIGN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::CallbackNotDue, id: "callback.not_due", source: CAMPAIGN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::CallbackPromised, id: "callback.promised", source: CAMPAIGN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::AttemptsDay, id: "attempts.day", source: CAMPAIGN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::HoursCampaign, id: "hours.campaign", source: CAMPAIGN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::HoursClosedDay, id: "hours.closed_day", source: CAMPAIGN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::HoursZoneUnknown, id: "hours.zone_unknown", source: OWN, checked: "2026-11-21" },
    RuleEntry { rule: Rule::HoursUs, id: "us.hours", source: "47 CFR 64.1200(c)(1); 16 CFR 310.4(c): 8:00 to 21:00 at the called location", checked: "2026-11-21" },
    RuleEntry { rule: Rule::HoursFlorida, id: "us.fl.hours", source: "Florida Statutes 501.616(6)(a): 8:00 to 20:00", checked: "2026-11-22" },
    RuleEntry { rule: Rule::AttemptsFlorida, id: "us.fl.attempts", source: "Florida Statutes 501.616(6)(b): 3 calls in 24 hours on the same subject", checked: "2026-11-22" },
    RuleEntry { rule: Rule::HoursOklahoma, id: "us.ok.hours", source: "15 Oklahoma Statutes 775C.4: 8:00 to 20:00; the area code presumes the place", checked: "2026-11-22" },
    RuleEntry { rule: Rule::AttemptsOklahoma, id: "us.ok.attempts", source: "15 Oklahoma Statutes 775C.4: 3 calls in 24 hours on the same subject", checked: "2026-11-22" },
];

impl Rule {
    pub fn id(self) -> &'static str {
        RULES[self as usize].id
    }
}

/// A set of rules that costs no allocation. Iterates as ids, in the order of `RULES`.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSet(u32);

impl RuleSet {
    pub const EMPTY: RuleSet = RuleSet(0);

    pub const fn of(rule: Rule) -> RuleSet {
        RuleSet(1 << rule as u32)
    }

    pub const fn and(self, rule: Rule) -> RuleSet {
        RuleSet(self.0 | 1 << rule as u32)
    }

    pub fn contains(self, rule: Rule) -> bool {
        self.0 & 1 << rule as u32 != 0
    }

    pub fn ids(self) -> impl Iterator<Item = &'static str> {
        RULES.iter().filter(move |entry| self.contains(entry.rule)).map(|entry| entry.id)
    }

    /// For facts.
    pub fn to_strings(self) -> Vec<String> {
        self.ids().map(str::to_owned).collect()
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_rules() {
        for (i, entry) in RULES.iter().enumerate() {
            assert_eq!(entry.rule as usize, i, "{}", entry.id);
        }
        let set = RuleSet::of(Rule::HoursUs).and(Rule::DoNotCall);
        assert_eq!(set.to_strings(), ["dnc", "us.hours"]);
        assert!(!set.contains(Rule::AttemptsDay));
    }
}
