//! The gate: may this number be called at this moment, and which rules say so. Asked twice for every INVITE.
//! Pure and cheap: no clock, no allocation. It refuses to count attempts and to keep lists: others bring those.

pub mod ids;
pub mod pack;
pub mod week;

pub use ids::{RULES, Rule, RuleEntry, RuleSet};
pub use pack::{PACKS, Pack};
pub use week::{HoursError, Week};

use super::lead::Lead;
use super::settings::{Hours, Settings, UnknownZone};
use super::zone::{DAY, Zone, weekday};
use crate::words::phone::{Kind, Plan, Region};
use crate::words::{NotDialed, Wall};

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    /// Set exactly when not allowed.
    pub why: Option<NotDialed>,
    /// Allowed: all that were asked. Not allowed: those that said no.
    pub rules: RuleSet,
    /// Not allowed: when it would be, as far as the clock alone decides. `None`: not by waiting.
    pub until: Option<Wall>,
    /// Whose law was applied: `us-2026.11`, `base-2026.11`.
    pub pack: &'static str,
}

/// A campaign's settings, ready for the gate. Compiled once; what cannot be read is closed, never open:
/// `check` refuses such settings before.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The campaign's hours, and those within each pack's (by index of `PACKS`).
    base: Week,
    within: Vec<Week>,
    /// Local days (since 1970-01-01) without calls, sorted.
    closed: Vec<i64>,
    zone: Option<&'static Zone>,
    unknown_zone: UnknownZone,
    regions: Vec<Region>,
    attempts_per_day: u32,
    attempts_total: u32,
}

/// May `lead` be dialed at `now`? `suppressed` knows the keyed hashes of numbers that may never be called
/// (do-not-call lists and opt-outs).
pub fn gate(lead: &Lead, now: Wall, rules: &Rules, suppressed: &dyn Fn(&str) -> bool) -> Verdict {
    let plan = lead.phone.plan();
    let pack = pack::of_number(&lead.phone, plan.region);
    let no = |why, rule: RuleSet, until| Verdict {
        allowed: false,
        why: Some(why),
        rules: rule,
        until,
        pack: pack.map_or(pack::BASE.id, |at| PACKS[at].id),
    };
    if suppressed(&lead.number_hash) {
        return no(NotDialed::Dnc, RuleSet::of(Rule::DoNotCall), None);
    }
    if let Some(rule) = rules.closed_range(plan) {
        return no(NotDialed::Filtered, RuleSet::of(rule), None);
    }
    let promised = lead.callback_at.is_some();
    if !promised && lead.attempts >= rules.attempts_total {
        return no(NotDialed::FreqCap, RuleSet::of(Rule::AttemptsTotal), None);
    }
    let zones = rules.zones_of(lead);
    if zones.unknown {
        return no(NotDialed::Window, RuleSet::of(Rule::HoursZoneUnknown), None);
    }
    let open_from = |second| rules.next_open(&zones, pack, second).map(at_second);
    if let Some(at) = lead.callback_at.filter(|at| now < *at) {
        let until = open_from(ceil_second(at)).map(|open| open.max(at));
        return no(NotDialed::Window, RuleSet::of(Rule::CallbackNotDue), until);
    }
    if let Some(rule) = rules.day_used_up(lead.attempts_today, pack) {
        let tomorrow = zones.iter().map(|zone| zone.next_midnight(now.seconds())).max().unwrap_or(i64::MAX);
        let until = (rules.attempts_per_day > 0).then(|| open_from(tomorrow)).flatten();
        return no(NotDialed::FreqCap, RuleSet::of(rule), until);
    }
    match rules.shut(&zones, pack, now.seconds()) {
        RuleSet::EMPTY => {}
        shut => return no(NotDialed::Window, shut, open_from(now.seconds())),
    }
    Verdict {
        allowed: true,
        why: None,
        rules: asked(promised, pack),
        until: None,
        pack: pack.map_or(pack::BASE.id, |at| PACKS[at].id),
    }
}

/// The rules a yes has passed.
fn asked(promised: bool, pack: Option<usize>) -> RuleSet {
    let mut asked = RuleSet::of(Rule::DoNotCall)
        .and(Rule::RangeForeign)
        .and(Rule::AttemptsDay)
        .and(Rule::HoursCampaign)
        .and(if promised { Rule::CallbackPromised } else { Rule::AttemptsTotal });
    if let Some(hours) = pack.and_then(|at| PACKS[at].hours.as_ref()) {
        asked = asked.and(hours.rule);
    }
    if let Some(attempts) = pack.and_then(|at| PACKS[at].attempts_per_day.as_ref()) {
        asked = asked.and(attempts.rule);
    }
    asked
}

impl Rules {
    pub fn compile(settings: &Settings) -> Rules {
        let base = week_of(&settings.hours);
        let dialing = &settings.dialing;
        let opened = if dialing.regions.is_empty() { std::slice::from_ref(&dialing.region) } else { &dialing.regions };
        let mut closed: Vec<i64> = settings.hours.closed.iter().filter_map(|day| day_number(day)).collect();
        closed.sort_unstable();
        Rules {
            within: PACKS.iter().map(|p| p.hours.as_ref().map_or(base.clone(), |h| base.and(&(h.week)()))).collect(),
            base,
            closed,
            zone: Zone::find(&settings.hours.zone),
            unknown_zone: settings.hours.unknown_zone,
            regions: opened.iter().filter_map(|text| Region::parse(text)).collect(),
            attempts_per_day: dialing.attempts_per_day,
            attempts_total: dialing.attempts_total,
        }
    }

    /// The zones by which this lead is judged, joined by `&`, for facts. Empty: unknown, and never dialed.
    pub fn zones_text(&self, lead: &Lead) -> String {
        let zones = self.zones_of(lead);
        if zones.unknown {
            return String::new();
        }
        let names: Vec<&str> = zones.iter().map(Zone::name).collect();
        names.join("&")
    }

    /// The clock of the called party, `2026-11-21 09:30`: of the first zone, if several are possible.
    pub fn local_time(&self, lead: &Lead, now: Wall) -> Option<String> {
        let zones = self.zones_of(lead);
        if zones.unknown { None } else { zones.iter().next().map(|zone| zone.local_text(now)) }
    }

    /// Midnight after `now` for the called party, the latest of all plausible zones: when `attempts_today` is 0 again.
    pub fn next_midnight(&self, lead: &Lead, now: Wall) -> Option<Wall> {
        let zones = self.zones_of(lead);
        if zones.unknown {
            return None;
        }
        zones.iter().map(|zone| zone.next_midnight(now.seconds())).max().map(at_second)
    }

    /// The pack and its rule that leave none of the campaign's hours in an opened region.
    pub fn shut_by_law(&self) -> Option<(&'static str, &'static str)> {
        let opened = self.regions.iter().filter_map(|region| pack::of(Some(*region)));
        let mut shut = opened.filter(|at| !self.base.never_opens() && self.within[*at].never_opens());
        let pack = &PACKS[shut.next()?];
        pack.hours.as_ref().map(|hours| (pack.id, hours.rule.id()))
    }

    fn closed_range(&self, plan: Plan) -> Option<Rule> {
        match plan.kind {
            Kind::Emergency => return Some(Rule::RangeEmergency),
            Kind::Premium | Kind::SharedCost | Kind::Personal | Kind::Pager | Kind::Voicemail => {
                return Some(Rule::RangePremium);
            }
            Kind::Satellite => return Some(Rule::RangeSatellite),
            Kind::Unassigned => return Some(Rule::RangeUnassigned),
            Kind::Mobile | Kind::Fixed | Kind::FixedOrMobile | Kind::TollFree | Kind::Voip | Kind::Universal => {}
        }
        let opened = plan.region.is_some_and(|region| self.regions.contains(&region));
        (!opened).then_some(Rule::RangeForeign)
    }

    fn zones_of<'a>(&self, lead: &'a Lead) -> Zones<'a> {
        let instead = match self.unknown_zone {
            UnknownZone::Refuse => None,
            UnknownZone::Campaign => self.zone,
        };
        Zones::new(&lead.zones, self.zone, instead)
    }

    /// The rule by which a number has had its attempts of the day: the campaign's, or a state's.
    fn day_used_up(&self, attempts_today: u32, pack: Option<usize>) -> Option<Rule> {
        let law = pack.and_then(|at| PACKS[at].attempts_per_day.as_ref()).filter(|law| attempts_today >= law.most);
        let own = (attempts_today >= self.attempts_per_day).then_some(Rule::AttemptsDay);
        own.or(law.map(|law| law.rule))
    }

    /// The rules by which it is closed at this second in at least one of the zones; empty: open in all.
    fn shut(&self, zones: &Zones<'_>, pack: Option<usize>, second: i64) -> RuleSet {
        let mut shut = RuleSet::EMPTY;
        let law = pack.and_then(|at| PACKS[at].hours.as_ref().map(|hours| (hours.rule, &self.within[at])));
        for zone in zones.iter() {
            let (day, of_day) = zone.local(second);
            let open = self.base.open(weekday(day), of_day);
            if self.closed.binary_search(&day).is_ok() {
                shut = shut.and(Rule::HoursClosedDay);
            } else if !open {
                shut = shut.and(Rule::HoursCampaign);
            } else if let Some((rule, within)) = law
                && !within.open(weekday(day), of_day)
            {
                shut = shut.and(rule);
            }
        }
        shut
    }

    /// The first second at or after this one at which all zones are open. `None`: not within `DAYS_AHEAD`.
    fn next_open(&self, zones: &Zones<'_>, pack: Option<usize>, second: i64) -> Option<i64> {
        let week = pack.map_or(&self.base, |at| &self.within[at]);
        let last = second.saturating_add(DAYS_AHEAD * DAY);
        let mut at = second;
        loop {
            let mut latest = at;
            for zone in zones.iter() {
                latest = latest.max(self.next_open_in(zone, week, at, last)?);
            }
            if latest == at {
                return Some(at);
            }
            at = latest;
        }
    }

    /// The same for one zone. Within a stretch of constant offset the local clock is a straight line.
    fn next_open_in(&self, zone: &Zone, week: &Week, second: i64, last: i64) -> Option<i64> {
        let mut at = second;
        while at <= last {
            let (offset, changes) = zone.offset(at);
            let local = at + offset;
            let (day, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
            let closed = self.closed.binary_search(&day).is_ok();
            let found = if closed { None } else { week.next_open(weekday(day), of_day) };
            let candidate = day * DAY + found.unwrap_or(DAY) - offset;
            match found {
                Some(_) if candidate < changes => return Some(candidate),
                Some(_) | None => at = candidate.min(changes),
            }
        }
        None
    }
}

/// Longer than any row of holidays; short, since hours that never meet (a toll-free number) are sought in vain.
const DAYS_AHEAD: i64 = 60;

/// The zones of a lead, looked up once. A name that nobody knows makes all of them unknown: closed.
struct Zones<'a> {
    first: [Option<&'static Zone>; Zones::LOOKED_UP],
    /// Those behind the first few: looked up when needed, since only toll-free numbers have them.
    others: &'a [String],
    unknown: bool,
}

impl<'a> Zones<'a> {
    const LOOKED_UP: usize = 4;

    /// `own` is the campaign's zone: most leads are there, and need no search. `instead`: where no name is given.
    fn new(names: &'a [String], own: Option<&'static Zone>, instead: Option<&'static Zone>) -> Zones<'a> {
        let find = |name: &String| own.filter(|zone| zone.name() == name).or_else(|| Zone::find(name));
        let (few, others) = names.split_at(names.len().min(Zones::LOOKED_UP));
        let mut first = [None; Zones::LOOKED_UP];
        first.iter_mut().zip(few).for_each(|(zone, name)| *zone = find(name));
        if names.is_empty() {
            first[0] = instead;
        }
        let known = first.iter().flatten().count() == few.len().max(1);
        let unknown = !known || others.iter().any(|name| Zone::find(name).is_none());
        Zones { first, others, unknown }
    }

    fn iter(&self) -> impl Iterator<Item = &'static Zone> {
        self.first.iter().flatten().copied().chain(self.others.iter().filter_map(|name| Zone::find(name)))
    }
}

/// What cannot be read is closed.
fn week_of(hours: &Hours) -> Week {
    let days = [&hours.mon, &hours.tue, &hours.wed, &hours.thu, &hours.fri, &hours.sat, &hours.sun];
    Week(days.map(|day| day.as_deref().and_then(|text| week::parse_day(text).ok()).unwrap_or_default()))
}

/// `YYYY-MM-DD` as days since 1970-01-01.
pub(super) fn day_number(text: &str) -> Option<i64> {
    let date: jiff::civil::Date = text.trim().parse().ok()?;
    let start = jiff::civil::date(1970, 1, 1);
    Some(i64::from(start.until(date).ok()?.get_days()))
}

fn at_second(second: i64) -> Wall {
    Wall(second.saturating_mul(1_000_000))
}

fn ceil_second(at: Wall) -> i64 {
    at.0.saturating_add(999_999).div_euclid(1_000_000)
}
