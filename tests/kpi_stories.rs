//! Rules of the dictionary that its fixture does not touch, one story each.

#[path = "support/story.rs"]
mod story;

use outpace::facts::{Envelope, Fact, Verdict};
use outpace::kpi::{Figure, Fold, GroupBy, Interval, Query};
use outpace::words::*;
use story::*;

const EIGHT: &str = "2026-11-02T08:00:00Z";

fn fold(story: &Story) -> Fold {
    let mut fold = Fold::new();
    story.facts.iter().for_each(|fact| fold.observe(fact));
    fold
}

fn figure(fold: &Fold, id: &str, query: &Query) -> Figure {
    fold.report().figures(query).expect("the query is sound")[id].clone()
}

fn parts(fold: &Fold, id: &str) -> (f64, f64) {
    let figure = figure(fold, id, &Query::default());
    (figure.num, figure.den)
}

fn handled(lead: u64, agent: AgentId) -> Told {
    Told {
        ring: Some(1),
        answer: Some(5),
        verdict: Some(Verdict::Human),
        bridge: Some((agent, 6, true)),
        end: Some((60, Cause::Handled, Side::Agent)),
        talk_seconds: 54,
        outcome: Some(Outcome { right_party: true, effective: true, interested: false }),
        ..Told::to(lead)
    }
}

#[test]
fn a_promise_is_kept_within_five_minutes() {
    let mut story = Story::from(EIGHT);
    let start = ms(EIGHT);
    story.configured(start, CAMPAIGN, |_| {});
    let promise = |story: &mut Story, at: i64, lead: u64, due: i64| {
        let (lead, at_due) = (LeadId(lead), Wall::from_millis(due));
        story.tell(at, Fact::CallbackPlanned { campaign: CAMPAIGN, lead, after: CallId(0), at: at_due, agent: None });
    };
    let hour = 3_600_000;
    promise(&mut story, start, 1, start + hour);
    promise(&mut story, start, 2, start + hour);
    promise(&mut story, start, 3, start + hour);
    promise(&mut story, start, 4, start + hour);
    promise(&mut story, start, 5, start + 20 * hour);
    story.call(CallId(1), start + hour + 4 * 60_000, &handled(1, AgentId(1)));
    story.call(
        CallId(2),
        start + hour + 6 * 60_000,
        &Told { end: Some((20, Cause::Busy, Side::Network)), ..Told::to(2) },
    );
    // The third is never dialled; the fourth opted out before it was due.
    let (lead, by, number_hash) = (LeadId(4), Side::Customer, format!("{:016x}", 4));
    story.tell(start + 1, Fact::OptedOut { campaign: CAMPAIGN, lead, call: None, number_hash, by });
    story.tell(start + 3 * hour, Fact::CampaignFinished { campaign: CAMPAIGN });
    let fold = fold(&story);
    assert_eq!(parts(&fold, "callback_scheduled"), (5.0, 1.0));
    assert_eq!(parts(&fold, "callback_kept_rate"), (1.0, 3.0), "the fourth was taken back, the fifth is not due");
    assert_eq!(parts(&fold, "callback_success_rate"), (1.0, 2.0));
}

#[test]
fn a_call_after_an_opt_out_is_a_violation() {
    let mut story = Story::from(EIGHT);
    let start = ms(EIGHT);
    story.configured(start, CAMPAIGN, |_| {});
    story.call(CallId(1), start, &handled(1, AgentId(1)));
    let opted_out = Fact::OptedOut {
        campaign: CAMPAIGN,
        lead: LeadId(1),
        call: Some(CallId(1)),
        number_hash: format!("{:016x}", 1),
        by: Side::Customer,
    };
    story.tell(start + 50_000, opted_out);
    let clean = fold(&story);
    assert_eq!((parts(&clean, "dnc_violation"), parts(&clean, "optout_rate")), ((0.0, 1.0), (1.0, 1.0)));
    // Another lead, the same number.
    story.call(CallId(2), start + 100_000, &Told::to(1));
    assert_eq!(parts(&fold(&story), "dnc_violation"), (1.0, 1.0));
}

#[test]
fn lists_are_seen_as_they_stand() {
    let mut story = Story::from(EIGHT);
    let start = ms(EIGHT);
    story.configured(start, CAMPAIGN, |_| {});
    let (batch, file_sha256) = (BatchId(1), "00".repeat(32));
    let imported = Fact::LeadsImported { campaign: CAMPAIGN, batch, file_sha256, rows: 12, accepted: 10, rejected: 2 };
    story.tell(start, imported);
    let day = 86_400_000;
    story.call(CallId(1), start + 1_000, &Told { end: Some((9, Cause::Busy, Side::Network)), ..Told::to(1) });
    story.call(CallId(2), start + day, &handled(1, AgentId(1)));
    story.call(CallId(3), start + day + 1, &Told { end: Some((9, Cause::Busy, Side::Network)), ..Told::to(2) });
    let closed = Fact::LeadClosed { campaign: CAMPAIGN, lead: LeadId(1), reason: outpace::facts::LeadEnd::Worked };
    story.tell(start + day + 90_000, closed);
    let fold = fold(&story);
    assert_eq!(parts(&fold, "list_penetration"), (2.0, 10.0));
    assert_eq!(parts(&fold, "list_contact_penetration"), (1.0, 10.0));
    assert_eq!(parts(&fold, "list_exhaustion"), (1.0, 10.0));
    assert_eq!(parts(&fold, "attempts_per_lead"), (3.0, 2.0));
    assert_eq!(parts(&fold, "contact_rate_rpc_lead"), (1.0, 2.0));
    let by_day = Query { interval: Some(Interval::Days(1)), ..Query::default() };
    let table = fold.report().compute("list_penetration", &by_day).expect("sound");
    let days: Vec<f64> = table.rows.iter().map(|row| row.num).collect();
    assert_eq!(days, [1.0, 2.0], "each day shows the state at its end");
}

#[test]
fn tests_stay_out_unless_asked_for() {
    let mut story = Story::from(EIGHT);
    story.configured(ms(EIGHT), CAMPAIGN, |config| config.test = true);
    story.call(CallId(1), ms(EIGHT), &handled(1, AgentId(1)));
    let fold = fold(&story);
    assert_eq!(parts(&fold, "dials"), (0.0, 1.0));
    let all = Query { include_test: true, ..Query::default() };
    assert_eq!(figure(&fold, "dials", &all).num, 1.0);
    assert_eq!(figure(&fold, "dials", &Query::of(CAMPAIGN)).num, 1.0, "asked for by name");
}

#[test]
fn money_of_two_currencies_has_no_sum() {
    let mut story = Story::from(EIGHT);
    let start = ms(EIGHT);
    story.configured(start, CAMPAIGN, |_| {});
    for (n, money) in [Money::new(500, "USD"), Money::new(700, "USD"), Money::new(9_900, "CNY")].into_iter().enumerate()
    {
        let n = n as u64;
        story.call(CallId(n), start, &handled(n, AgentId(1)));
        story.order(start + 60_000, OrderId(n), CallId(n), n, money);
    }
    let fold = fold(&story);
    let sum = figure(&fold, "revenue", &Query::default());
    assert_eq!((sum.value, sum.currency), (None, None));
    let by_currency = Query { group_by: Some(GroupBy::Currency), ..Query::default() };
    let table = fold.report().compute("aov", &by_currency).expect("sound");
    let rows: Vec<_> = table.rows.iter().map(|row| (row.group.as_deref().unwrap_or(""), row.value)).collect();
    assert_eq!(rows, [("CNY", Some(9_900.0)), ("USD", Some(600.0))]);
}

#[test]
fn two_orders_in_one_call_convert_once() {
    let mut story = Story::from(EIGHT);
    let start = ms(EIGHT);
    story.configured(start, CAMPAIGN, |_| {});
    story.call(CallId(1), start, &handled(1, AgentId(1)));
    story.order(start + 50_000, OrderId(1), CallId(1), 1, Money::new(500, "USD"));
    story.order(start + 55_000, OrderId(2), CallId(1), 1, Money::new(500, "USD"));
    let fold = fold(&story);
    let revenue = figure(&fold, "revenue", &Query::default());
    assert_eq!((revenue.value, revenue.currency.as_deref()), (Some(1_000.0), Some("USD")), "minor units of a currency");
    assert_eq!(parts(&fold, "orders"), (2.0, 1.0));
    assert_eq!(parts(&fold, "conv_contact"), (1.0, 1.0));
}

#[test]
fn an_amended_outcome_counts_where_the_contact_was_closed() {
    let mut story = Story::from(EIGHT);
    let start = ms(EIGHT);
    story.configured(start, CAMPAIGN, |_| {});
    story.call(CallId(1), start, &handled(1, AgentId(1)));
    let amended = Outcome { right_party: false, effective: false, interested: false };
    story.outcome(start + 3 * 86_400_000, CallId(1), amended, true);
    let fold = fold(&story);
    assert_eq!(parts(&fold, "wrong_party_rate"), (1.0, 1.0));
    let by_day = Query { interval: Some(Interval::Days(1)), ..Query::default() };
    let table = fold.report().compute("handled", &by_day).expect("sound");
    assert_eq!(table.rows[0].num, 1.0);
    assert!(table.rows[1..].iter().all(|row| row.num == 0.0));
}

/// The program died; the next start closes what was open. Moments of two runs do not compare.
#[test]
fn a_call_that_a_crash_cut_off_is_a_dial_without_a_ring_time() {
    let mut story = Story::from(EIGHT);
    let start = ms(EIGHT);
    story.configured(start, CAMPAIGN, |_| {});
    story.call(CallId(1), start + 1_000, &Told { ring: Some(3), ..Told::to(1) });
    let (agent, session) = (AgentId(7), SessionId(1));
    story.login(start, agent, session);
    story.state(start, agent, session, AgentState::Ready, None);
    let mut facts = story.facts;
    let next_run = |seq: u64, fact: Fact| Envelope {
        centre: CentreId(1),
        node: 1,
        seq: 1_000 + seq,
        moment: Moment::from_millis(5),
        wall: Wall::from_millis(start + 600_000),
        version: 1,
        fact,
    };
    facts.push(next_run(1, Fact::EngineStarted { epoch: 2, program: "outpace".into() }));
    let ended =
        Fact::CallEnded { call: CallId(1), cause: Cause::Interrupted, sip: None, q850: None, by: Side::Us, talk_ms: 0 };
    facts.push(next_run(2, ended));
    let effective = Moment::from_millis(120_000);
    facts.push(next_run(3, Fact::AgentLoggedOut { agent, session, effective, reason: "crash".into() }));
    let mut fold = Fold::new();
    facts.iter().for_each(|fact| fold.observe(fact));
    assert_eq!(parts(&fold, "dials"), (1.0, 1.0));
    assert_eq!(parts(&fold, "ring_time_avg"), (0.0, 0.0));
    assert_eq!(parts(&fold, "login_time"), (120.0, 1.0), "until the last sign of life, not until the restart");
}

#[test]
fn an_agent_of_two_campaigns_is_marked_as_shared() {
    let mut story = Story::from(EIGHT);
    let (start, agent, session) = (ms(EIGHT), AgentId(7), SessionId(1));
    let other = CampaignId(2);
    story.configured(start, CAMPAIGN, |_| {});
    story.configured(start, other, |config| config.name = "winback".into());
    story.tell(start, Fact::AgentLoggedIn { agent, session, campaigns: vec![CAMPAIGN, other] });
    story.state(start, agent, session, AgentState::Ready, None);
    story.call(CallId(1), start + 60_000, &handled(1, agent));
    story.state(start + 60_000, agent, session, AgentState::Talk, Some(CallId(1)));
    story.state(start + 90_000, agent, session, AgentState::Ready, None);
    story.logout(start + 120_000, agent, session);
    let fold = fold(&story);
    let of = |id: &str, query: Query| {
        let rows = fold.report().compute(id, &query).expect("sound").rows;
        (rows[0].num, rows[0].shared)
    };
    assert_eq!(of("login_time", Query::default()), (120.0, false), "the team's time counts once");
    assert_eq!(of("login_time", Query::of(other)), (120.0, true), "and is shown whole under each campaign");
    assert_eq!(of("talk_time_total", Query::of(CAMPAIGN)), (30.0, true));
    assert_eq!(of("talk_time_total", Query::of(other)), (0.0, true), "talk is the call's campaign's");
}

/// US: 30-day periods from the first call. Canada: calendar months.
#[test]
fn each_profile_has_its_window() {
    let mut story = Story::from("2026-01-10T15:00:00Z");
    let start = ms("2026-01-10T15:00:00Z");
    story.configured(start, CAMPAIGN, |config| {
        config.zone = "America/Toronto".into();
        config.abandon_profile = "us_tsr".into();
    });
    for (n, day) in [0, 29, 30, 45].into_iter().enumerate() {
        story.call(CallId(n as u64), start + day * 86_400_000, &handled(n as u64, AgentId(1)));
    }
    let fold = fold(&story);
    let windows = |id: &str| {
        let query = Query { interval: Some(Interval::Profile), ..Query::of(CAMPAIGN) };
        let rows = fold.report().compute(id, &query).expect("sound").rows;
        rows.iter().map(|row| (row.from_local[..10].to_owned(), row.den)).collect::<Vec<_>>()
    };
    assert_eq!(windows("abandon_rate"), [("2026-01-10".to_owned(), 2.0), ("2026-02-09".to_owned(), 2.0)]);
    assert_eq!(windows("abandon_rate@ca_crtc"), [("2026-01-01".to_owned(), 1.0), ("2026-02-01".to_owned(), 3.0)]);
}

#[test]
fn young_intervals_are_provisional() {
    let mut story = Story::from(EIGHT);
    story.configured(ms(EIGHT), CAMPAIGN, |_| {});
    story.call(CallId(1), ms(EIGHT), &handled(1, AgentId(1)));
    let settled = fold(&story).report().compute("conv_dial", &Query::default()).expect("sound").rows[0].provisional;
    story.call(CallId(2), ms(EIGHT) + 70_000, &Told { ring: Some(1), ..Told::to(2) });
    let ringing = fold(&story).report().compute("conv_dial", &Query::default()).expect("sound").rows[0].provisional;
    assert_eq!((settled, ringing), (false, true));
}
