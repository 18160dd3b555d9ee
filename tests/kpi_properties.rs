//! What must hold for every day anyone can think of (KPI dictionary, section 9): states add up to the login time,
//! parts add up to the whole, agents to the team, shares stay at or below one, and neither the order of arrival
//! nor a replay changes a figure.

#[path = "support/story.rs"]
mod story;

use outpace::facts::{Abandon, Envelope, OrderState, Verdict};
use outpace::kpi::{Attribution, Base, Fold, GroupBy, IDS, Interval, Query, Unit, catalogue, find};
use outpace::words::*;
use proptest::prelude::*;
use story::*;

const START: &str = "2026-03-07T20:00:00Z";

/// One agent's sessions: when each begins, and the states with their lengths.
#[derive(Debug, Clone)]
struct Shift {
    begins_ms: i64,
    states: Vec<(AgentState, i64)>,
    logs_out: bool,
}

#[derive(Debug, Clone)]
struct Dialed {
    at_ms: i64,
    lead: u64,
    agent: u64,
    /// Which of the ways below it goes.
    way: u8,
    seconds: i64,
    order: Option<(u8, i64)>,
    amended: bool,
}

fn shift() -> impl Strategy<Value = Shift> {
    let state = prop_oneof![
        Just(AgentState::Ready),
        Just(AgentState::Reserved),
        Just(AgentState::Talk),
        Just(AgentState::Hold),
        Just(AgentState::Wrap),
        Just(AgentState::Pause),
        Just(AgentState::ManualDial),
        Just(AgentState::Preview),
        Just(AgentState::NoDevice),
    ];
    let states = prop::collection::vec((state, 1..4_000_000_i64), 1..12);
    (0..40_000_000_i64, states, prop::bool::weighted(0.9)).prop_map(|(begins_ms, states, logs_out)| Shift {
        begins_ms,
        states,
        logs_out,
    })
}

fn dialed() -> impl Strategy<Value = Dialed> {
    let order = prop::option::weighted(0.3, (0..8_u8, 1..10_000_i64));
    (0..80_000_000_i64, 0..20_u64, 0..3_u64, 0..10_u8, 1..900_i64, order, any::<bool>()).prop_map(
        |(at_ms, lead, agent, way, seconds, order, amended)| Dialed {
            at_ms,
            lead,
            agent,
            way,
            seconds,
            order,
            amended,
        },
    )
}

fn told(dialed: &Dialed) -> Told {
    let agent = AgentId(dialed.agent);
    let answer = Told { ring: Some(2), answer: Some(9), verdict: Some(Verdict::Human), ..Told::to(dialed.lead) };
    let end = |cause: Cause, by: Side| Some((10 + dialed.seconds, cause, by));
    match dialed.way {
        0 => Told { end: end(Cause::Busy, Side::Network), ..Told::to(dialed.lead) },
        1 => Told { ring: Some(3), end: end(Cause::NoAnswer, Side::Us), ..Told::to(dialed.lead) },
        2 => Told { end: end(Cause::Invalid(InvalidKind::Sit), Side::Network), ..Told::to(dialed.lead) },
        3 => Told {
            verdict: Some(Verdict::Machine(MachineKind::Fax)),
            end: end(Cause::Machine(MachineKind::Fax), Side::Us),
            ..answer
        },
        4 => Told { abandon: Some(Abandon::NoAgent), end: end(Cause::AbandonedNoAgent, Side::Us), ..answer },
        5 => Told {
            abandon: Some(Abandon::CustomerEarly),
            end: end(Cause::AbandonedCustomerEarly, Side::Customer),
            ..answer
        },
        6 => Told {
            bridge: Some((agent, 14, false)),
            abandon: Some(Abandon::Late),
            end: end(Cause::Handled, Side::Agent),
            ..answer
        },
        // Still going on.
        7 => Told { bridge: Some((agent, 10, true)), ..answer },
        _handled => Told {
            bridge: Some((agent, 10, true)),
            end: end(Cause::Handled, Side::Customer),
            talk_seconds: dialed.seconds as u32,
            outcome: Some(Outcome {
                right_party: dialed.way == 8,
                effective: dialed.way == 8 && dialed.seconds % 2 == 0,
                interested: dialed.way == 8 && dialed.seconds % 3 == 0,
            }),
            ..answer
        },
    }
}

/// All of it as facts of one node. Sequence numbers follow the telling, clocks the times.
fn tell(shifts: &[Vec<Shift>], calls: &[Dialed]) -> Vec<Envelope> {
    let start = ms(START);
    let mut story = Story::from(START);
    story.configured(start, CAMPAIGN, |config| config.zone = "America/New_York".into());
    for (n, dialed) in calls.iter().enumerate() {
        let (call, at) = (CallId(n as u64), start + dialed.at_ms);
        story.call(call, at, &told(dialed));
        let ended = at + (10 + dialed.seconds) * 1000;
        if dialed.way >= 8 {
            if dialed.amended {
                let outcome = Outcome { right_party: true, effective: true, interested: true };
                story.outcome(ended + 900_000, call, outcome, true);
            }
            if let Some((fate, minor)) = dialed.order {
                let order = OrderId(n as u64);
                story.order(ended, order, call, dialed.lead, Money::new(minor, "USD"));
                for state in fates(fate) {
                    story.advance(ended + 60_000, order, state);
                }
            }
        }
    }
    for (agent, shifts) in shifts.iter().enumerate() {
        for (n, shift) in shifts.iter().enumerate() {
            tell_shift(&mut story, AgentId(agent as u64), SessionId((agent * 10 + n) as u64), shift, calls.len());
        }
    }
    story.facts
}

fn tell_shift(story: &mut Story, agent: AgentId, session: SessionId, shift: &Shift, calls: usize) {
    let mut at = ms(START) + shift.begins_ms;
    story.login(at, agent, session);
    for (n, (state, length)) in shift.states.iter().enumerate() {
        let with_call = !matches!(state, AgentState::Ready | AgentState::Pause | AgentState::NoDevice);
        let call = (with_call && calls > 0).then(|| CallId((n % calls.max(1)) as u64));
        story.state(at, agent, session, *state, call);
        at += length;
    }
    if shift.logs_out {
        story.logout(at, agent, session);
    }
}

fn fates(fate: u8) -> Vec<OrderState> {
    use OrderState::*;
    match fate {
        0 => vec![Verified],
        1 => vec![Rejected],
        2 => vec![Cancelled],
        3 => vec![Verified, Shipped],
        4 => vec![Verified, Shipped, Delivered],
        5 => vec![Shipped, Delivered, Returned],
        6 => vec![Shipped, Refused],
        _captured => vec![],
    }
}

fn day() -> impl Strategy<Value = Vec<Envelope>> {
    let shifts = prop::collection::vec(prop::collection::vec(shift(), 0..3), 3);
    (shifts, prop::collection::vec(dialed(), 0..40)).prop_map(|(shifts, calls)| tell(&shifts, &calls))
}

fn fold(facts: &[Envelope]) -> Fold {
    let mut fold = Fold::new();
    facts.iter().for_each(|fact| fold.observe(fact));
    fold
}

/// Thousandths, so that sums compare exactly.
fn thousandths(num: f64) -> i64 {
    (num * 1_000.0).round() as i64
}

/// Parts of these do not add up by nature: quantiles, states at an instant, distinct leads.
fn adds_up(id: &str) -> bool {
    let kpi = find(id).expect("of the catalogue");
    let states = kpi.attribution().contains("snap");
    let distinct =
        ["L", "leads_R"].iter().any(|leads| kpi.numerator() == *leads) && !kpi.attribution().contains("cohort");
    !id.contains("_p50") && !id.contains("_p95") && !states && !distinct
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn states_add_up_to_the_login_time(facts in day()) {
        use Base::*;
        let sums = fold(&facts).report().sums(Attribution::Split, &Query::default()).expect("sound");
        let states = [Ready, Reserved, Talk, Hold, Wrap, Pause, ManualDial, Preview, NoDevice];
        let total: i64 = states.iter().map(|state| sums.get(*state)).sum();
        prop_assert_eq!(total, sums.get(Login));
    }

    #[test]
    fn parts_add_up_to_the_whole(facts in day(), width in prop_oneof![
        (1..1440_u32).prop_map(Interval::Minutes), (1..9_u32).prop_map(Interval::Days), Just(Interval::Month)
    ]) {
        let fold = fold(&facts);
        let report = fold.report();
        for id in IDS.lines().filter(|id| adds_up(id)) {
            for attribution in [None, Some(Attribution::Start), Some(Attribution::Close), Some(Attribution::Split)] {
                let whole = Query { campaign: Some(CAMPAIGN), attribution, ..Query::default() };
                let parts = Query { interval: Some(width), ..whole.clone() };
                let whole = report.compute(id, &whole).expect("sound").rows;
                let parts = report.compute(id, &parts).expect("sound").rows;
                let sum: i64 = parts.iter().map(|row| thousandths(row.num)).sum();
                prop_assert_eq!(sum, thousandths(whole[0].num), "{} {:?}", id, attribution);
            }
        }
    }

    #[test]
    fn agents_and_hours_add_up_to_the_team(facts in day()) {
        let fold = fold(&facts);
        let report = fold.report();
        for id in IDS.lines().filter(|id| adds_up(id)) {
            for group in [GroupBy::Agent, GroupBy::Hour, GroupBy::Trunk, GroupBy::Reason] {
                let whole = report.compute(id, &Query::default()).expect("sound").rows;
                let grouped = Query { group_by: Some(group), ..Query::default() };
                let groups = report.compute(id, &grouped).expect("sound").rows;
                let sum: i64 = groups.iter().map(|row| thousandths(row.num)).sum();
                prop_assert_eq!(sum, thousandths(whole[0].num), "{} by {:?}", id, group);
            }
        }
    }

    #[test]
    fn shares_of_a_cohort_are_at_most_one(facts in day()) {
        let figures = fold(&facts).report().figures(&Query::default()).expect("sound");
        for kpi in catalogue().iter().filter(|kpi| kpi.unit == Unit::Ratio && kpi.attribution() == "start") {
            let figure = &figures[kpi.id];
            prop_assert!(figure.num <= figure.den, "{}: {} of {}", kpi.id, figure.num, figure.den);
        }
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(
        (facts, shuffled) in day().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle()))
    ) {
        let (told, heard) = (fold(&facts), fold(&shuffled));
        let query = Query { interval: Some(Interval::Minutes(90)), ..Query::default() };
        for id in IDS.lines() {
            let told = told.report().compute(id, &query).expect("sound");
            prop_assert_eq!(told, heard.report().compute(id, &query).expect("sound"), "{}", id);
        }
    }

    #[test]
    fn a_replay_of_the_log_gives_every_number_again(facts in day()) {
        let log: Vec<String> = facts.iter().map(|fact| serde_json::to_string(fact).expect("facts are plain")).collect();
        let read: Vec<Envelope> = log.iter().map(|line| serde_json::from_str(line).expect("as written")).collect();
        let once = fold(&facts);
        let mut twice = fold(&read);
        // A feed that repeats itself after a break counts nothing twice.
        read.iter().for_each(|fact| twice.observe(fact));
        let figures = |fold: &Fold| fold.report().figures(&Query::default()).expect("sound");
        prop_assert_eq!(figures(&once), figures(&twice));
    }
}

#[test]
fn the_list_of_ids_is_the_catalogue() {
    let mut ids: Vec<&str> = catalogue().iter().map(|kpi| kpi.id).collect();
    ids.sort_unstable();
    let listed: Vec<&str> = IDS.lines().collect();
    assert_eq!(listed, ids, "src/kpi/ids.txt holds each id of the catalogue once, sorted");
    for kpi in catalogue() {
        for lang in [Lang::En, Lang::ZhHans, Lang::ZhHant] {
            assert!(!kpi.name(lang).is_empty(), "{} has no name in {}", kpi.id, lang.tag());
        }
        assert!(!kpi.numerator().is_empty() && !kpi.denominator().is_empty(), "{}", kpi.id);
    }
}

#[test]
fn every_base_can_be_booked_where_its_kpi_books_it() {
    use outpace::kpi::Measure;
    for kpi in catalogue() {
        let exprs = match &kpi.measure {
            Measure::Count(expr) => vec![expr],
            Measure::Ratio(num, den) => vec![num, den],
            Measure::Quantile { .. } | Measure::Abandonment(_) => vec![],
        };
        for expr in exprs {
            for base in expr.bases() {
                assert!(base.supports(expr.at), "{}: {base:?} cannot be booked to {}", kpi.id, expr.at);
            }
            let times = expr.bases().filter(|base| base.is_time()).count();
            assert!(times == 0 || times == expr.bases().count(), "{} adds times to counts", kpi.id);
        }
    }
}
