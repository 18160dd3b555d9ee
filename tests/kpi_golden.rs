//! Section 9 of the KPI dictionary, as it stands there: an agent's day, a campaign's day, the interval and midnight
//! cases, the double login, the empty campaign.

#[path = "support/story.rs"]
mod story;

use outpace::facts::{Abandon, Fact, Verdict};
use outpace::kpi::{Attribution, Fold, GroupBy, Interval, Query, Row};
use outpace::words::*;
use story::*;

fn fold(story: &Story) -> Fold {
    let mut fold = Fold::new();
    story.facts.iter().for_each(|fact| fold.observe(fact));
    fold
}

fn rows(fold: &Fold, id: &str, query: &Query) -> Vec<Row> {
    fold.report().compute(id, query).unwrap_or_else(|error| panic!("{id}: {error}")).rows
}

fn value(fold: &Fold, id: &str) -> f64 {
    let rows = rows(fold, id, &Query::default());
    assert_eq!(rows.len(), 1, "{id}");
    rows[0].value.unwrap_or_else(|| panic!("{id} is null"))
}

/// The dictionary prints shares with two decimals of per cent, rounded half up.
fn percent(value: f64) -> String {
    format!("{:.2}", (value * 10_000.0 + 0.5 + 1e-9).floor() / 100.0)
}

#[test]
fn an_agents_day() {
    let fold = fold(&agent_day(AgentId(7)));
    let expected = [
        ("util_talk", "52.08"),
        ("occupancy", "72.09"),
        ("util_labour_online", "72.41"),
        ("util_seed_avail", "77.08"),
        ("nonpause_ratio", "90.63"),
        ("busy_ratio", "9.38"),
    ];
    for (id, share) in expected {
        assert_eq!(percent(value(&fold, id)), share, "{id}");
    }
    assert_eq!(value(&fold, "aht"), 310.0);
    assert_eq!(value(&fold, "acw_avg"), 60.0);
    assert_eq!(value(&fold, "handled"), 60.0);
    assert_eq!(value(&fold, "login_time"), 28_800.0);
    assert_eq!(value(&fold, "talk_time_total"), 15_000.0);
    assert_eq!(value(&fold, "busy_time"), 2_700.0);
    assert_eq!(value(&fold, "pause_count"), 2.0);
    // Talk alone over login: half the day.
    assert_eq!((value(&fold, "att_customer") * 60.0) / value(&fold, "login_time"), 0.5);
}

#[test]
fn paid_hours_give_the_shares_of_the_dictionary() {
    // Paid hours come with payroll, which no fact carries yet: the parts are there, the divisor is the fixture's 8 h.
    let fold = fold(&agent_day(AgentId(7)));
    let handle = value(&fold, "aht") * value(&fold, "handled");
    let paid = 8.0 * 3_600.0;
    assert_eq!(percent(handle / paid), "64.58", "util_labour_paid");
    assert_eq!(percent((handle + value(&fold, "ready_time")) / paid), "89.58", "util_avail_paid");
}

#[test]
fn a_campaigns_day() {
    let fold = fold(&campaign_day("cn_default", 0.0));
    let counts = [("dials", 1000.0), ("orders", 27.0), ("handled", 234.0), ("compliance_abandon", 6.0)];
    for (id, count) in counts {
        assert_eq!(value(&fold, id), count, "{id}");
    }
    let expected = [
        ("connect_rate_all", "30.00"),
        ("connect_rate_valid", "34.09"),
        ("human_answer_rate", "24.00"),
        ("human_answer_rate_valid", "27.27"),
        ("contact_rate_rpc", "18.00"),
        ("contact_rate_rpc_valid", "20.45"),
        ("effective_connect_rate", "50.00"),
        ("effective_connect_rate_human", "62.50"),
        ("abandon_rate", "2.50"),
        ("abandon_rate_answers", "2.00"),
        ("abandon_rate_all_calls", "0.60"),
        ("abandon_rate@judge", "2.50"),
        ("conv_dial", "2.70"),
        ("conv_human", "11.25"),
        ("conv_contact", "15.00"),
        ("conv_interest", "45.00"),
        ("delivery_rate_shipped", "86.36"),
        ("delivery_rate_order", "70.37"),
        ("invalid_rate", "12.00"),
        ("busy_rate", "6.00"),
        ("no_answer_rate", "52.00"),
        ("machine_rate", "20.00"),
        ("ring_ge_15s_rate", "100.00"),
        ("answer_to_agent_within_T", "97.50"),
    ];
    for (id, share) in expected {
        assert_eq!(percent(value(&fold, id)), share, "{id}");
    }
    assert_eq!(value(&fold, "pdd_p95"), 2.0);
    assert_eq!(value(&fold, "answer_to_agent_avg"), 1.0);
    assert_eq!(value(&fold, "aov"), 5_000.0);
}

#[test]
fn people_taken_for_machines_raise_the_uk_rate() {
    let fold = fold(&campaign_day("uk_style", 0.01));
    // 3.475 % exactly; the dictionary prints 3.47.
    for id in ["abandon_rate", "abandon_rate@uk_style"] {
        assert!((value(&fold, id) - 0.03475).abs() < 1e-12, "{id}: {}", value(&fold, id));
    }
    assert_eq!(percent(value(&fold, "abandon_rate@us_tsr")), "2.50");
}

#[test]
fn an_empty_campaign_has_no_shares() {
    let mut story = Story::from("2026-11-02T08:00:00Z");
    story.configured(ms("2026-11-02T08:00:00Z"), CAMPAIGN, |_| {});
    for fold in [fold(&story), Fold::new()] {
        let report = fold.report();
        for (id, figure) in report.figures(&Query::of(CAMPAIGN)).expect("the default query is sound") {
            let kpi = outpace::kpi::find(id).expect("figures come from the catalogue");
            if kpi.denominator() == "1" && !id.contains("_p") {
                assert_eq!((figure.num, figure.den, figure.value), (0.0, 1.0, Some(0.0)), "{id} counts nothing");
            } else {
                assert_eq!((figure.num, figure.den, figure.value), (0.0, 0.0, None), "{id} has nothing to divide");
            }
        }
    }
}

/// Amazon's example: a contact from 05:23 to 06:15 without wrap-up.
#[test]
fn a_long_contact_in_half_hours() {
    let mut story = Story::from("2026-11-02T05:00:00Z");
    let (agent, session, call) = (AgentId(7), SessionId(1), CallId(1));
    let at = ms("2026-11-02T05:23:00Z");
    story.configured(ms("2026-11-02T05:00:00Z"), CAMPAIGN, |_| {});
    story.login(ms("2026-11-02T05:00:00Z"), agent, session);
    story.state(ms("2026-11-02T05:00:00Z"), agent, session, AgentState::Ready, None);
    story.state(at, agent, session, AgentState::Talk, Some(call));
    let told = Told {
        answer: Some(0),
        bridge: Some((agent, 0, true)),
        end: Some((52 * 60, Cause::Handled, Side::Customer)),
        talk_seconds: 52 * 60,
        ..Told::to(1)
    };
    story.call(call, at, &told);
    story.state(ms("2026-11-02T06:15:00Z"), agent, session, AgentState::Ready, None);
    story.logout(ms("2026-11-02T06:30:00Z"), agent, session);
    let fold = fold(&story);
    let minutes = |attribution, interval| {
        let query = Query {
            from: Some(Wall::from_millis(ms("2026-11-02T05:00:00Z"))),
            to: Some(Wall::from_millis(ms("2026-11-02T06:30:00Z"))),
            interval: Some(interval),
            attribution: Some(attribution),
            ..Query::default()
        };
        let rows = rows(&fold, "talk_time_total", &query);
        rows.iter().map(|row| row.num as i64 / 60).collect::<Vec<_>>()
    };
    assert_eq!(minutes(Attribution::Start, Interval::Minutes(60)), [52, 0]);
    assert_eq!(minutes(Attribution::Close, Interval::Minutes(60)), [0, 52]);
    assert_eq!(minutes(Attribution::Start, Interval::Minutes(30)), [52, 0, 0]);
    assert_eq!(minutes(Attribution::Close, Interval::Minutes(30)), [0, 0, 52]);
    assert_eq!(minutes(Attribution::Split, Interval::Minutes(30)), [7, 30, 15]);
}

/// Dialled 23:59:50, answered 00:00:05, ended 00:04:00, wrapped up 00:05:00.
#[test]
fn a_call_over_midnight() {
    let mut story = Story::from("2026-11-02T23:00:00Z");
    let (agent, session, call) = (AgentId(7), SessionId(1), CallId(1));
    let (dial, answer) = (ms("2026-11-02T23:59:50Z"), ms("2026-11-03T00:00:05Z"));
    let (end, wrapped) = (ms("2026-11-03T00:04:00Z"), ms("2026-11-03T00:05:00Z"));
    story.configured(dial - 60_000, CAMPAIGN, |config| config.amd = false);
    story.login(dial - 60_000, agent, session);
    story.state(dial - 60_000, agent, session, AgentState::Ready, None);
    let told = Told {
        answer: Some(15),
        bridge: Some((agent, 15, true)),
        end: Some((250, Cause::Handled, Side::Customer)),
        talk_seconds: 235,
        ..Told::to(1)
    };
    story.call(call, dial, &told);
    story.state(answer, agent, session, AgentState::Talk, Some(call));
    story.state(end, agent, session, AgentState::Wrap, Some(call));
    story.state(wrapped, agent, session, AgentState::Ready, None);
    story.logout(ms("2026-11-03T01:00:00Z"), agent, session);
    let fold = fold(&story);
    let days = |id: &str| {
        let query = Query { interval: Some(Interval::Days(1)), ..Query::default() };
        rows(&fold, id, &query).iter().map(|row| row.den * row.value.unwrap_or(0.0)).collect::<Vec<_>>()
    };
    assert_eq!(days("dials"), [1.0, 0.0], "START books the first day");
    assert_eq!(days("connect_rate_all"), [1.0, 0.0], "and the answer with it");
    assert_eq!(days("answer_to_agent_within_T"), [0.0, 1.0], "ANSWER books the second day");
    assert_eq!(days("handled"), [0.0, 1.0], "CLOSE books the second day");
    assert_eq!(days("talk_time_total"), [0.0, 235.0], "the talk is all of the second day");
    assert_eq!(days("aht"), [0.0, 295.0]);
}

#[test]
fn two_sessions_at_once_are_one_login() {
    let mut story = Story::from("2026-11-02T09:00:00Z");
    let agent = AgentId(7);
    let at = |hour: i64| ms("2026-11-02T00:00:00Z") + hour * 3_600_000;
    story.login(at(9), agent, SessionId(1));
    story.state(at(9), agent, SessionId(1), AgentState::Ready, None);
    story.login(at(11), agent, SessionId(2));
    story.pause(at(11), agent, SessionId(2), "break");
    story.logout(at(12), agent, SessionId(1));
    story.logout(at(13), agent, SessionId(2));
    let fold = fold(&story);
    assert_eq!(value(&fold, "login_time"), 4.0 * 3_600.0);
    assert_eq!(value(&fold, "ready_time"), 3.0 * 3_600.0, "ready outranks pause while both devices are up");
    assert_eq!(value(&fold, "busy_time"), 3_600.0);
}

#[test]
fn late_bridges_count_as_abandoned_and_once_as_people() {
    let mut story = Story::from("2026-11-02T08:00:00Z");
    story.configured(ms("2026-11-02T08:00:00Z"), CAMPAIGN, |_| {});
    let at = ms("2026-11-02T08:01:00Z");
    let human = Told { answer: Some(5), verdict: Some(Verdict::Human), ..Told::to(1) };
    let late = Told {
        bridge: Some((AgentId(1), 9, false)),
        abandon: Some(Abandon::Late),
        end: Some((60, Cause::Handled, Side::Customer)),
        ..human.clone()
    };
    let crash = Told { abandon: Some(Abandon::Crash), end: Some((9, Cause::Interrupted, Side::Us)), ..human.clone() };
    let early = Told {
        abandon: Some(Abandon::CustomerEarly),
        end: Some((6, Cause::AbandonedCustomerEarly, Side::Customer)),
        ..human.clone()
    };
    let early_in_amd = Told { verdict: None, ..early.clone() };
    for (n, told) in [late, crash, early, early_in_amd].iter().enumerate() {
        story.call(CallId(n as u64), at, &Told { lead: n as u64, ..told.clone() });
    }
    let fold = fold(&story);
    let figures = fold.report().figures(&Query::default()).expect("the default query is sound");
    let parts = |id: &str| (figures[id].num, figures[id].den);
    assert_eq!(parts("abandon_rate"), (2.0, 4.0), "late and crash of four people");
    assert_eq!(parts("abandon_rate@judge"), (3.0, 3.0), "a hang-up while waiting counts, one during AMD nowhere");
    assert_eq!(parts("true_abandon"), (2.0, 1.0));
    assert_eq!(parts("answer_to_agent_within_T"), (0.0, 4.0));
}

#[test]
fn days_of_a_clock_change_have_23_and_25_hours() {
    let mut story = Story::from("2026-03-01T00:00:00Z");
    let agent = AgentId(7);
    story.configured(ms("2026-03-01T00:00:00Z"), CAMPAIGN, |config| config.zone = "America/New_York".into());
    story.login(ms("2026-03-01T00:00:00Z"), agent, SessionId(1));
    story.state(ms("2026-03-01T00:00:00Z"), agent, SessionId(1), AgentState::Ready, None);
    story.logout(ms("2026-12-01T00:00:00Z"), agent, SessionId(1));
    let fold = fold(&story);
    let hours = |day: &str, next: &str| {
        let range = |text: &str| Some(Wall::from_millis(ms(text)));
        let query =
            Query { from: range(day), to: range(next), interval: Some(Interval::Days(1)), ..Query::of(CAMPAIGN) };
        let rows = rows(&fold, "login_time", &query);
        rows.iter().map(|row| (row.from_local.clone(), row.num / 3_600.0)).collect::<Vec<_>>()
    };
    let spring = hours("2026-03-08T05:00:00Z", "2026-03-10T04:00:00Z");
    assert_eq!(spring[0], ("2026-03-08T00:00:00.000-05:00".to_owned(), 23.0));
    assert_eq!(spring[1], ("2026-03-09T00:00:00.000-04:00".to_owned(), 24.0));
    let autumn = hours("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
    assert_eq!(autumn, [("2026-11-01T00:00:00.000-04:00".to_owned(), 25.0)]);
}

#[test]
fn dead_time_is_talk_but_not_the_customers() {
    let mut story = agent_day(AgentId(7));
    // In the last contact the customer left 40 s before the agent's hold began: the rest of that talk is dead.
    let hold = story
        .facts
        .iter()
        .rposition(|fact| matches!(&fact.fact, Fact::AgentStateChanged { state: AgentState::Hold, .. }));
    let hold = &story.facts[hold.expect("the day has holds")];
    let at = hold.wall.millis() - 40_000;
    story.tell(at, Fact::CustomerLeft { agent: AgentId(7), session: SessionId(1), call: CallId(1_059) });
    let fold = fold(&story);
    assert_eq!(value(&fold, "att_customer"), (60.0 * 240.0 - 40.0) / 60.0);
    assert_eq!(value(&fold, "att"), 250.0);
}

#[test]
fn groups_zones_and_errors() {
    let fold = fold(&campaign_day("cn_default", 0.0));
    let by_hour = Query { group_by: Some(GroupBy::Hour), zone: Some("Asia/Shanghai".into()), ..Query::default() };
    let hours = rows(&fold, "dials", &by_hour);
    let groups: Vec<_> = hours.iter().map(|row| row.group.as_deref().unwrap_or("")).collect();
    assert_eq!(groups, ["16"], "08:01 to 08:18 UTC is 16 o'clock in Shanghai");
    let by_agent = Query { group_by: Some(GroupBy::Agent), ..Query::default() };
    let agents = rows(&fold, "handled", &by_agent);
    assert_eq!(agents.iter().map(|row| row.num).collect::<Vec<_>>(), [234.0]);

    let error = |id: &str, query: &Query| fold.report().compute(id, query).expect_err("must fail").to_string();
    assert_eq!(error("abandon_rat", &Query::default()), "kpi \"abandon_rat\" is unknown; did you mean abandon_rate?");
    let query = Query { zone: Some("Mars/Olympus".into()), ..Query::default() };
    assert_eq!(
        error("dials", &query),
        "zone \"Mars/Olympus\" is unknown: an IANA name is expected, such as Asia/Shanghai"
    );
    assert_eq!(
        "7x".parse::<Interval>().expect_err("no such unit").to_string(),
        "interval \"7x\": 15m, 1h, 1d, month or profile is expected"
    );
    for (text, interval) in [
        ("PT30M", Interval::Minutes(30)),
        ("1h", Interval::Minutes(60)),
        ("P7D", Interval::Days(7)),
        ("P1M", Interval::Month),
        ("profile", Interval::Profile),
    ] {
        assert_eq!(text.parse::<Interval>(), Ok(interval), "{text}");
    }
}

#[test]
fn wilson_bounds_and_small_samples() {
    let fold = fold(&campaign_day("cn_default", 0.0));
    let row = &rows(&fold, "abandon_rate", &Query::default())[0];
    let (low, high) = (row.low.expect("a proportion"), row.high.expect("a proportion"));
    // Wilson 95 % of 6 in 240, by hand.
    assert!((low - 0.011_51).abs() < 1e-4 && (high - 0.053_44).abs() < 1e-4, "{low} {high}");
    assert!(!row.low_n);
    let row = &rows(&fold, "delivery_rate_shipped", &Query::default())[0];
    assert!(row.low_n, "22 shipped orders are few");
    assert!(row.provisional, "three of them are still on the way");
}

#[test]
fn the_json_of_the_catalogue() {
    let json = serde_json::to_value(outpace::kpi::find("occupancy").expect("of the catalogue")).expect("plain");
    let expected = serde_json::json!({
        "id": "occupancy",
        "version": "1.0.0",
        "names": { "en": "Occupancy", "zh-Hans": "占用率", "zh-Hant": "佔用率" },
        "aspect": "efficiency",
        "unit": "ratio",
        "attribution": "split",
        "numerator": "talk + hold + wrap",
        "denominator": "talk + hold + wrap + ready",
    });
    assert_eq!(json, expected);
}

#[test]
fn the_json_of_a_figure() {
    let fold = fold(&campaign_day("cn_default", 0.0));
    let figures = fold.report().figures(&Query::default()).expect("the default query is sound");
    let json = serde_json::to_string(&figures["abandon_rate"]).expect("plain numbers");
    assert_eq!(json, r#"{"num":6,"den":240,"value":0.025}"#);
    let json = serde_json::to_string(&figures["callback_kept_rate"]).expect("plain numbers");
    assert_eq!(json, r#"{"num":0,"den":0,"value":null}"#);
}
