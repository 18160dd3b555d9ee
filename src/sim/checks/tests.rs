//! One broken run for each rule.

use super::*;
use crate::campaign::settings::UnknownZone;

fn envelope(seq: u64, ms: i64, fact: Fact) -> Envelope {
    let moment = Moment::from_millis(ms);
    Envelope { centre: CentreId(1), node: 0, seq, moment, wall: moment.wall(0), version: 1, fact }
}

fn placed(call: u64, lead: u64, attempt: u32) -> Fact {
    Fact::CallPlaced {
        call: CallId(call),
        campaign: CampaignId(1),
        lead: LeadId(lead),
        attempt,
        number_hash: format!("{lead}"),
        zone: "UTC".into(),
        rules: vec!["hours".into()],
        pack: "us".into(),
    }
}

fn ended(call: u64, cause: Cause) -> Fact {
    let (sip, q850, talk_ms) = Default::default();
    Fact::CallEnded { call: CallId(call), cause, sip, q850, by: Side::Us, talk_ms }
}

fn hours() -> Hours {
    let day = Some("09:00-17:00".to_owned());
    Hours {
        zone: "UTC".into(),
        unknown_zone: UnknownZone::Refuse,
        mon: day.clone(),
        tue: day,
        wed: None,
        thu: None,
        fri: None,
        sat: None,
        sun: None,
        closed: vec!["2026-11-24".into()],
    }
}

fn rules(checks: &Checks) -> Vec<&'static str> {
    checks.violations.iter().map(|v| v.rule).collect()
}

const MONDAY_NOON: &str = "2026-11-23T12:00:00Z";

fn dial(checks: &mut Checks, ms: i64, wall: &str, call: u64) {
    let wall = Wall::parse_rfc3339(wall).expect("a time");
    let zones = ["UTC".to_owned()];
    checks.dial(Moment::from_millis(ms), wall, LegId(call), CallId(call), TrunkId(1), &zones, &hours());
}

#[test]
fn a_call_as_it_should_be_breaks_nothing() {
    let mut checks = Checks::default();
    checks.trunk(TrunkId(1), 5, 5);
    checks.fact(&envelope(1, 0, placed(1, 1, 1)));
    checks.durable(1);
    dial(&mut checks, 5, MONDAY_NOON, 1);
    checks.fact(&envelope(2, 9, ended(1, Cause::Busy)));
    checks.leg_gone(LegId(1));
    checks.finish(Moment::from_millis(20), 0);
    assert_eq!(checks.violations, []);
}

#[test]
fn each_kind_of_wrong_dialing_is_seen() {
    let mut checks = Checks::default();
    checks.trunk(TrunkId(1), 2, 2);
    for call in 1..=5 {
        checks.fact(&envelope(call, 0, placed(call, call, 1)));
    }
    dial(&mut checks, 5, MONDAY_NOON, 1);
    checks.durable(5);
    checks.suppress("2");
    dial(&mut checks, 6, MONDAY_NOON, 2);
    dial(&mut checks, 7, "2026-11-23T17:00:00Z", 3);
    dial(&mut checks, 2000, "2026-11-24T12:00:00Z", 4);
    dial(&mut checks, 2001, "2026-11-25T12:00:00Z", 5);
    dial(&mut checks, 4000, MONDAY_NOON, 9);
    let expected = [
        "durable_first",
        "do_not_call",
        "hours",
        "channels",
        "calls_per_second",
        "hours",
        "channels",
        "hours",
        "channels",
        "placed_first",
    ];
    assert_eq!(rules(&checks), expected);
}

#[test]
fn two_ends_a_gap_and_a_lead_in_two_calls_are_seen() {
    let mut checks = Checks::default();
    checks.fact(&envelope(1, 0, placed(1, 1, 1)));
    checks.fact(&envelope(2, 0, placed(2, 1, 2)));
    checks.fact(&envelope(4, 1, ended(1, Cause::Busy)));
    checks.fact(&envelope(5, 1, ended(1, Cause::Busy)));
    assert_eq!(rules(&checks), ["lead_twice", "no_gap", "one_end"]);
    checks.finish(Moment(1), 0);
    assert!(rules(&checks).contains(&"one_end"));
}

#[test]
fn a_person_who_was_not_served_must_be_counted() {
    let mut checks = Checks::default();
    checks.fact(&envelope(1, 0, placed(1, 1, 1)));
    let verdict = Fact::CallClassified { call: CallId(1), verdict: Verdict::Human, why: String::new(), analysed_ms: 0 };
    checks.fact(&envelope(2, 0, verdict));
    checks.fact(&envelope(3, 0, ended(1, Cause::AbandonedNoAgent)));
    assert_eq!(rules(&checks), ["abandoned_counted", "cause_fits"]);
}

#[test]
fn an_agents_day_must_add_up() {
    let (agent, session) = (AgentId(1), SessionId(1));
    let state = |state, call| Fact::AgentStateChanged { agent, session, state, reason: None, call, campaign: None };
    let out = Fact::AgentLoggedOut { agent, session, effective: Moment::from_millis(900), reason: String::new() };
    let mut checks = Checks::default();
    checks.fact(&envelope(1, 0, Fact::AgentLoggedIn { agent, session, campaigns: vec![] }));
    checks.fact(&envelope(2, 100, state(AgentState::Pause, None)));
    checks.fact(&envelope(3, 500, state(AgentState::Talk, Some(CallId(7)))));
    checks.fact(&envelope(4, 900, out));
    assert_eq!(rules(&checks), ["day_adds_up", "talk_without_call", "day_adds_up"]);
}
