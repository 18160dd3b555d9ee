//! The gate over real zones: half-open borders, days of the clock change, numbers with several zones, midnights.

use outpace::campaign::{Lead, Rules, Settings, Verdict, gate};
use outpace::words::{LeadId, NotDialed, Phone, Wall};
use proptest::prelude::*;
use std::collections::BTreeMap;

const BASE: &str = r#"
title = "t"
[seller]
name = "s"
caller_id = "+12025550100"
callback_number = "+12025550100"
[abandonment]
profile = "us_tsr"
message = "m"
"#;

fn settings(region: &str, hours: &str) -> Settings {
    let text = format!("{BASE}\n[dialing]\nmode = \"progressive\"\nregion = \"{region}\"\n[hours]\n{hours}");
    toml::from_str(&text).unwrap()
}

fn every_day(zone: &str, hours: &str) -> String {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let lines: Vec<String> = days.iter().map(|day| format!("{day} = \"{hours}\"")).collect();
    format!("zone = \"{zone}\"\n{}", lines.join("\n"))
}

fn lead(number: &str) -> Lead {
    let phone = Phone::e164(number).unwrap();
    Lead {
        id: LeadId(1),
        zones: phone.zones().iter().map(|z| z.to_string()).collect(),
        phone,
        number_hash: "00".into(),
        attempts: 0,
        attempts_today: 0,
        day: "2026-11-23".into(),
        callback_at: None,
        callback_agent: None,
        fields: BTreeMap::new(),
    }
}

fn wall(text: &str) -> Wall {
    Wall::parse_rfc3339(text).unwrap()
}

fn ask(lead: &Lead, rules: &Rules, at: &str) -> Verdict {
    gate(lead, wall(at), rules, &|_| false)
}

fn held(verdict: &Verdict) -> (NotDialed, Vec<String>, Option<String>) {
    assert!(!verdict.allowed, "{verdict:?}");
    (verdict.why.unwrap(), verdict.rules.to_strings(), verdict.until.map(|w| w.rfc3339()))
}

const NEW_YORK: &str = "+12125550100";
const SHANGHAI: &str = "+8613800138000";
/// Area 208, block 210: Mountain and Pacific time.
const IDAHO: &str = "+12082105501";

#[test]
fn the_window_is_half_open_to_the_microsecond() {
    let rules = Rules::compile(&settings("CN", &every_day("Asia/Shanghai", "09:00-20:00")));
    let lead = lead(SHANGHAI);
    assert!(!ask(&lead, &rules, "2026-11-20T00:59:59.999999Z").allowed);
    assert!(ask(&lead, &rules, "2026-11-20T01:00:00Z").allowed);
    assert!(ask(&lead, &rules, "2026-11-20T11:59:59.999999Z").allowed);
    let shut = ask(&lead, &rules, "2026-11-20T12:00:00Z");
    assert_eq!(
        held(&shut),
        (NotDialed::Window, vec!["hours.campaign".into()], Some("2026-11-21T01:00:00.000Z".into()))
    );
    assert_eq!(shut.pack, "base-2026.11");
}

#[test]
fn the_law_of_the_united_states_bounds_every_campaign() {
    let rules = Rules::compile(&settings("US", &every_day("America/New_York", "00:00-24:00")));
    let lead = lead(NEW_YORK);
    let early = ask(&lead, &rules, "2026-11-20T12:59:59Z");
    assert_eq!(held(&early), (NotDialed::Window, vec!["us.hours".into()], Some("2026-11-20T13:00:00.000Z".into())));
    assert_eq!(early.pack, "us-2026.11");
    let open = ask(&lead, &rules, "2026-11-20T13:00:00Z");
    assert!(open.allowed && open.rules.to_strings().contains(&"us.hours".to_owned()), "{open:?}");
    assert!(ask(&lead, &rules, "2026-11-21T01:59:59Z").allowed);
    assert!(!ask(&lead, &rules, "2026-11-21T02:00:00Z").allowed);
}

/// Miami and Oklahoma City: an hour less in the evening, and three attempts a day whatever the campaign allows.
#[test]
fn the_law_of_a_state_bounds_its_area_codes() {
    let mut settings = settings("US", &every_day("America/New_York", "00:00-24:00"));
    settings.dialing.attempts_per_day = 10;
    settings.dialing.attempts_total = 20;
    let rules = Rules::compile(&settings);
    for (number, state, eight, shut, morning) in [
        ("+13055550100", "fl", "2026-11-21T00:59:59Z", "2026-11-21T01:00:00Z", "2026-11-21T13:00:00.000Z"),
        ("+14055550100", "ok", "2026-11-21T01:59:59Z", "2026-11-21T02:00:00Z", "2026-11-21T14:00:00.000Z"),
    ] {
        let mut lead = lead(number);
        let open = ask(&lead, &rules, eight);
        assert!(open.allowed && open.pack == format!("us-{state}-2026.11"), "{open:?}");
        for rule in ["hours", "attempts"] {
            assert!(open.rules.to_strings().contains(&format!("us.{state}.{rule}")), "{open:?}");
        }
        let closed = ask(&lead, &rules, shut);
        assert_eq!(held(&closed), (NotDialed::Window, vec![format!("us.{state}.hours")], Some(morning.into())));
        lead.attempts_today = 2;
        assert!(ask(&lead, &rules, eight).allowed);
        lead.attempts_today = 3;
        let enough = ask(&lead, &rules, eight);
        assert_eq!(held(&enough), (NotDialed::FreqCap, vec![format!("us.{state}.attempts")], Some(morning.into())));
    }
    let mut elsewhere = lead(NEW_YORK);
    elsewhere.attempts_today = 3;
    let open = ask(&elsewhere, &rules, "2026-11-21T01:30:00Z");
    assert!(open.allowed && open.pack == "us-2026.11", "New York keeps the federal hours: {open:?}");
}

#[test]
fn days_of_the_clock_change() {
    // 9:00 in New York is 14:00Z until 7 March 2026 and 13:00Z from 8 March on.
    let rules = Rules::compile(&settings("US", &every_day("America/New_York", "09:00-20:00")));
    let lead = lead(NEW_YORK);
    for (at, allowed) in [
        ("2026-03-07T13:30:00Z", false),
        ("2026-03-07T14:00:00Z", true),
        ("2026-03-08T12:59:59Z", false),
        ("2026-03-08T13:00:00Z", true),
        ("2026-03-08T23:59:59Z", true),
        ("2026-03-09T00:00:00Z", false),
        ("2026-11-01T13:59:59Z", false),
        ("2026-11-01T14:00:00Z", true),
        ("2026-11-02T00:59:59Z", true),
        ("2026-11-02T01:00:00Z", false),
    ] {
        assert_eq!(ask(&lead, &rules, at).allowed, allowed, "{at}");
    }
    let before = ask(&lead, &rules, "2026-03-08T01:00:00Z");
    assert_eq!(held(&before).2.unwrap(), "2026-03-08T13:00:00.000Z", "across the change");
}

#[test]
fn a_window_within_the_hour_that_is_skipped_or_doubled() {
    // Nobody calls at two in the morning; the arithmetic must hold nevertheless. Germany, 29 March and 25 October.
    let rules = Rules::compile(&settings("DE", &every_day("Europe/Berlin", "02:15-02:45")));
    let lead = lead("+493012345678");
    let skipped = ask(&lead, &rules, "2026-03-28T12:00:00Z");
    assert_eq!(held(&skipped).2.unwrap(), "2026-03-30T00:15:00.000Z", "02:15 does not exist on the 29th");
    assert!(ask(&lead, &rules, "2026-10-25T00:15:00Z").allowed, "02:15 summer time");
    assert!(!ask(&lead, &rules, "2026-10-25T00:45:00Z").allowed);
    assert!(ask(&lead, &rules, "2026-10-25T01:15:00Z").allowed, "02:15 again, in winter time");
    let between = ask(&lead, &rules, "2026-10-25T00:50:00Z");
    assert_eq!(held(&between).2.unwrap(), "2026-10-25T01:15:00.000Z");
}

#[test]
fn several_zones_mean_the_strictest() {
    let rules = Rules::compile(&settings("US", &every_day("America/New_York", "09:00-20:00")));
    let lead = lead(IDAHO);
    assert_eq!(lead.zones, ["America/Boise", "America/Los_Angeles"]);
    // 9:00 in Boise is 16:00Z, in Los Angeles 17:00Z; 20:00 is 3:00Z and 4:00Z.
    assert!(!ask(&lead, &rules, "2026-11-20T16:30:00Z").allowed);
    assert!(ask(&lead, &rules, "2026-11-20T17:00:00Z").allowed);
    assert!(ask(&lead, &rules, "2026-11-21T02:59:59Z").allowed);
    let shut = ask(&lead, &rules, "2026-11-21T03:00:00Z");
    assert_eq!(held(&shut).2.unwrap(), "2026-11-21T17:00:00.000Z");
    assert_eq!(rules.zones_text(&lead), "America/Boise&America/Los_Angeles");
}

#[test]
fn a_number_that_may_be_anywhere_is_dialed_while_all_of_north_america_is_awake() {
    let rules = Rules::compile(&settings("US", &every_day("America/New_York", "09:00-20:00")));
    let toll_free = lead("+18005550100");
    // From nine in Guam (the next day) to eight in the evening in St. John's.
    let shut = ask(&toll_free, &rules, "2026-11-20T18:00:00Z");
    assert_eq!(held(&shut).2.unwrap(), "2026-11-20T23:00:00.000Z");
    assert!(!ask(&toll_free, &rules, "2026-11-20T23:30:00Z").allowed);
    let strict = Rules::compile(&settings("US", &every_day("America/New_York", "10:00-19:00")));
    assert_eq!(held(&ask(&toll_free, &strict, "2026-11-20T23:15:00Z")).2, None);
}

#[test]
fn an_unknown_zone_is_refused_or_the_campaigns() {
    let mut lead = lead(SHANGHAI);
    lead.zones.clear();
    let hours = every_day("Asia/Shanghai", "09:00-20:00");
    let refused = ask(&lead, &Rules::compile(&settings("CN", &hours)), "2026-11-20T02:00:00Z");
    assert_eq!(held(&refused), (NotDialed::Window, vec!["hours.zone_unknown".into()], None));
    let rules = Rules::compile(&settings("CN", &format!("unknown_zone = \"campaign\"\n{hours}")));
    assert!(ask(&lead, &rules, "2026-11-20T02:00:00Z").allowed);
    lead.zones = vec!["Mars/Olympus".into()];
    assert!(!ask(&lead, &rules, "2026-11-20T02:00:00Z").allowed, "a name that nobody knows is no permission");
}

#[test]
fn eight_hours_east_the_week_begins_on_sunday_afternoon_of_utc() {
    let hours = "zone = \"Asia/Shanghai\"\nmon = \"00:00-02:00\"";
    let rules = Rules::compile(&settings("CN", hours));
    let lead = lead(SHANGHAI);
    // Monday 23 November 2026 begins at 16:00Z on Sunday.
    assert!(!ask(&lead, &rules, "2026-11-22T15:59:59Z").allowed);
    assert!(ask(&lead, &rules, "2026-11-22T16:00:00Z").allowed);
    assert!(!ask(&lead, &rules, "2026-11-22T18:00:00Z").allowed);
    let shut = ask(&lead, &rules, "2026-11-23T00:00:00Z");
    assert_eq!(held(&shut).2.unwrap(), "2026-11-29T16:00:00.000Z");
}

#[test]
fn the_end_of_the_day_joins_the_next() {
    let rules = Rules::compile(&settings("CN", &every_day("Asia/Shanghai", "00:00-24:00")));
    for at in ["2026-11-20T15:59:59.999999Z", "2026-11-20T16:00:00Z"] {
        assert!(ask(&lead(SHANGHAI), &rules, at).allowed, "{at}");
    }
}

#[test]
fn lunch_is_kept() {
    let rules = Rules::compile(&settings("CN", &every_day("Asia/Shanghai", "09:00-12:00, 14:00-20:00")));
    let shut = ask(&lead(SHANGHAI), &rules, "2026-11-20T04:00:00Z");
    assert_eq!(held(&shut).2.unwrap(), "2026-11-20T06:00:00.000Z");
}

#[test]
fn closed_days_are_those_of_the_called_party() {
    let hours = format!("closed = [\"2026-11-26\"]\n{}", every_day("America/New_York", "09:00-20:00"));
    let rules = Rules::compile(&settings("US", &hours));
    let shut = ask(&lead(NEW_YORK), &rules, "2026-11-26T18:00:00Z");
    assert_eq!(
        held(&shut),
        (NotDialed::Window, vec!["hours.closed_day".into()], Some("2026-11-27T14:00:00.000Z".into()))
    );
    // In Honolulu it is still the 25th.
    assert!(ask(&lead("+18085550100"), &rules, "2026-11-26T05:30:00Z").allowed);
}

#[test]
fn attempts_a_day_end_at_the_called_partys_midnight() {
    let mut settings = settings("CN", &every_day("Asia/Shanghai", "09:00-20:00"));
    settings.dialing.attempts_per_day = 2;
    settings.dialing.attempts_total = 5;
    let rules = Rules::compile(&settings);
    let mut lead = lead(SHANGHAI);
    lead.attempts = 2;
    lead.attempts_today = 2;
    let today = ask(&lead, &rules, "2026-11-20T02:00:00Z");
    assert_eq!(
        held(&today),
        (NotDialed::FreqCap, vec!["attempts.day".into()], Some("2026-11-21T01:00:00.000Z".into()))
    );
    assert_eq!(rules.next_midnight(&lead, wall("2026-11-20T02:00:00Z")).unwrap().rfc3339(), "2026-11-20T16:00:00.000Z");
    lead.attempts = 5;
    lead.attempts_today = 0;
    let total = ask(&lead, &rules, "2026-11-21T02:00:00Z");
    assert_eq!(held(&total), (NotDialed::FreqCap, vec!["attempts.total".into()], None));
}

#[test]
fn a_promise_is_kept_when_due_and_within_the_law() {
    let rules = Rules::compile(&settings("US", &every_day("America/New_York", "09:00-20:00")));
    let mut lead = lead(NEW_YORK);
    lead.attempts = 99;
    lead.callback_at = Some(wall("2026-11-20T15:30:00.5Z"));
    let early = ask(&lead, &rules, "2026-11-20T15:30:00Z");
    assert_eq!(
        held(&early),
        (NotDialed::Window, vec!["callback.not_due".into()], Some("2026-11-20T15:30:01.000Z".into()))
    );
    let due = ask(&lead, &rules, "2026-11-20T15:30:00.5Z");
    assert!(due.allowed && due.rules.to_strings().contains(&"callback.promised".to_owned()), "{due:?}");
    assert!(!ask(&lead, &rules, "2026-11-21T02:30:00Z").allowed, "not at night");
    lead.attempts_today = 3;
    assert!(!ask(&lead, &rules, "2026-11-20T16:00:00Z").allowed, "not above the day's attempts");
    lead.attempts_today = 0;
    lead.callback_at = Some(wall("2026-11-21T08:00:00Z"));
    let at_night = ask(&lead, &rules, "2026-11-20T16:00:00Z");
    assert_eq!(held(&at_night).2.unwrap(), "2026-11-21T14:00:00.000Z", "promised for three in the morning");
}

#[test]
fn closed_ranges() {
    let mut settings = settings("US", &every_day("America/New_York", "09:00-20:00"));
    settings.hours.unknown_zone = outpace::campaign::settings::UnknownZone::Campaign;
    let rules = Rules::compile(&settings);
    let rule = |rules: &Rules, number: &str| {
        let verdict = ask(&lead(number), rules, "2026-11-20T18:00:00Z");
        assert_eq!(verdict.why, Some(NotDialed::Filtered), "{number}");
        verdict.rules.to_strings().join(" ")
    };
    assert_eq!(rule(&rules, "+1911"), "range.emergency");
    assert_eq!(rule(&rules, "+19002345678"), "range.premium");
    assert_eq!(rule(&rules, "+881612345678"), "range.satellite");
    assert_eq!(rule(&rules, "+15555550100"), "range.unassigned");
    assert_eq!(rule(&rules, "+16045551234"), "range.foreign");
    settings.dialing.regions = vec!["US".into(), "CA".into()];
    let open = Rules::compile(&settings);
    assert!(ask(&lead("+16045551234"), &open, "2026-11-20T18:00:00Z").allowed);
    assert_eq!(rule(&open, SHANGHAI), "range.foreign");
}

#[test]
fn suppression_comes_first() {
    let rules = Rules::compile(&settings("CN", &every_day("Asia/Shanghai", "09:00-20:00")));
    let verdict = gate(&lead(SHANGHAI), wall("2026-11-20T15:00:00Z"), &rules, &|hash| hash == "00");
    assert_eq!(held(&verdict), (NotDialed::Dnc, vec!["dnc".into()], None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Never allowed outside the hours in any zone; and `until` is a moment at which it is allowed.
    #[test]
    fn no_call_outside_the_hours_of_any_zone(
        micros in 1_735_689_600_000_000i64..1_924_991_000_000_000,
        from in 0u32..1_439,
        length in 1u32..1_440,
        picks in proptest::collection::vec(0usize..400, 1..4),
    ) {
        let to = (from + length).min(1_440);
        let window = format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60);
        let rules = Rules::compile(&settings("CN", &every_day("UTC", &window)));
        let names: Vec<&str> = outpace::campaign::zone::Zone::names().collect();
        let mut lead = lead(SHANGHAI);
        lead.zones = picks.iter().map(|at| names[at % names.len()].to_owned()).collect();
        let open = |now: Wall| lead.zones.iter().all(|name| {
            let local = now.timestamp().in_tz(name).unwrap();
            let minute = local.hour() as u32 * 60 + local.minute() as u32;
            (from..to).contains(&minute)
        });
        let verdict = gate(&lead, Wall(micros), &rules, &|_| false);
        prop_assert_eq!(verdict.allowed, open(Wall(micros)));
        if let Some(until) = verdict.until {
            prop_assert!(until > Wall(micros) && open(until) && gate(&lead, until, &rules, &|_| false).allowed);
            let between = until.0 - Wall(micros).0;
            for part in 1..20 {
                prop_assert!(!open(Wall(micros + between / 20 * part)), "it opened earlier");
            }
        }
    }
}
