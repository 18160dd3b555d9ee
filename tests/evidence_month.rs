//! The proof of abandonment over a simulated month, against a plain count of the raw facts written here in another
//! way: by sets of calls, day by day on the wall calendar of the zone, without the product's fold.

#[path = "sim_stories/kit.rs"]
#[allow(dead_code, reason = "this file uses a part of the stories' kit")]
mod kit;

use kit::*;
use outpace::cli::evidence::elements::{Abandoned, Elements, Observer};
use outpace::cli::evidence::proof::{Proof, Prover, Span};
use outpace::engine::{Engine, run};
use outpace::facts::{Abandon, Envelope, Fact, Verdict};
use outpace::kpi::Fold;
use outpace::sim::dist::Dist;
use outpace::sim::scenario::{FromHour, Mix};
use outpace::sim::{Scenario, SimWorld};
use outpace::words::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

const DAYS: u32 = 31;
const ZONE: &str = "America/New_York";

/// Four minutes of six agents a day, from 15 October over the change of the clocks on 1 November. People are quick to
/// hang up and slow agents come late, so that every kind of abandonment happens.
fn month() -> Scenario {
    let mut day = Scenario { hours: 1.0 / 15.0, start: "2026-10-15T10:00:00".into(), ..Scenario::default() };
    day.agents.number = 6;
    day.agents.login_ramp_seconds = 10.0;
    day.agents.leaves_early = 0.3;
    day.agents.leaves_early_seconds = Dist::uniform(60.0, 180.0);
    day.agents.step_seconds = ["opener", "step", "objection", "closing"].map(|k| (k.into(), Dist::Fixed(8.0))).into();
    day.agents.wrap_seconds = Dist::Fixed(4.0);
    day.list.leads = 15_000;
    let mix = Mix { human: 0.4, machine: 0.2, busy: 0.1, ..Mix::NOBODY };
    day.population.hours = vec![FromHour { from: 0, mix }];
    day.population.patience_seconds = Dist::uniform(0.5, 9.0);
    day.population.amd.miss = 0.2;
    day
}

fn spec() -> outpace::engine::CampaignSpec {
    let week = (
        "tue = \"09:00-20:00\"",
        "tue = \"09:00-20:00\"\nwed = \"09:00-20:00\"\nthu = \"09:00-20:00\"\nfri = \"09:00-20:00\"\nsat = \"09:00-20:00\"\nsun = \"09:00-20:00\"",
    );
    // Two lines per free agent, and a cap that lets many go: there must be something to count.
    let mode = ("mode = \"progressive\"", "mode = \"ratio\"\nlines_per_agent = 4.0");
    let mut spec = campaign(&[week, mode]);
    spec.settings.abandonment.cap = 0.5;
    spec
}

/// Simulated once for all tests of this file.
fn facts_of_the_month() -> &'static [Envelope] {
    static FACTS: LazyLock<Vec<Envelope>> = LazyLock::new(simulate_the_month);
    &FACTS
}

/// Working day after working day on one disk: nights, restarts, the same list.
fn simulate_the_month() -> Vec<Envelope> {
    let day = month();
    let facts: Rc<RefCell<Vec<Envelope>>> = Rc::default();
    let sink = || {
        let kept = facts.clone();
        Box::new(move |envelope: &Envelope| kept.borrow_mut().push(envelope.clone()))
    };
    let length = Duration::from_secs_f64(day.hours * 3600.0);
    let mut world = SimWorld::new(&day, vec![spec()], sink());
    for nth in 1..=DAYS {
        run(&mut Engine::new(u64::from(nth)), &mut world);
        world.closes();
        assert_eq!(world.checks.violations, [], "day {nth}");
        let morning: jiff::civil::DateTime = day.start.parse().expect("a time");
        let morning = morning.saturating_add(jiff::Span::new().days(nth)).in_tz(ZONE).expect("a zone");
        let start = Wall(morning.timestamp().as_microsecond());
        let remains = world.until_next_day(facts.borrow().clone(), start, length);
        world = SimWorld::after(remains, Duration::ZERO, sink());
    }
    drop(world);
    facts.take()
}

/// What the raw facts say, call by call.
#[derive(Default)]
struct Plain {
    answered: BTreeMap<CallId, String>,
    machine: BTreeSet<CallId>,
    found: BTreeSet<CallId>,
    met: BTreeSet<CallId>,
    late: BTreeSet<CallId>,
    lost: BTreeSet<CallId>,
    early: BTreeSet<CallId>,
    message: BTreeSet<CallId>,
    ended: BTreeMap<CallId, Cause>,
}

impl Plain {
    fn of(facts: &[Envelope]) -> Plain {
        let mut plain = Plain::default();
        for envelope in facts {
            let Some(call) = envelope.fact.call() else { continue };
            match &envelope.fact {
                Fact::CallAnswered { .. } => {
                    let day = envelope.wall.timestamp().in_tz(ZONE).expect("a zone").strftime("%Y-%m-%d").to_string();
                    plain.answered.entry(call).or_insert(day);
                }
                Fact::CallClassified { verdict: Verdict::Machine(_), .. } => _ = plain.machine.insert(call),
                Fact::CallClassified { .. } => _ = plain.found.insert(call),
                Fact::CallBridged { within, .. } => {
                    if plain.met.insert(call) && !within {
                        plain.late.insert(call);
                    }
                }
                Fact::CallAbandoned { abandon: Abandon::CustomerEarly, .. } => _ = plain.early.insert(call),
                Fact::CallAbandoned { abandon: Abandon::Late, .. } => _ = plain.late.insert(call),
                Fact::CallAbandoned { .. } => _ = plain.lost.insert(call),
                Fact::MessagePlayed { .. } => _ = plain.message.insert(call),
                Fact::CallEnded { cause, .. } => _ = plain.ended.insert(call, cause.clone()),
                _ => {}
            }
        }
        plain
    }

    /// Human answers, abandoned (late ones among them), late, hung up early, heard the message: on days that match.
    fn counts(&self, on: impl Fn(&str) -> bool) -> [u64; 5] {
        let calls: BTreeSet<CallId> = self.answered.iter().filter(|(_, day)| on(day)).map(|(call, _)| *call).collect();
        let size = |of: BTreeSet<CallId>| of.len() as u64;
        let both = |a: &BTreeSet<CallId>| calls.intersection(a).copied().collect::<BTreeSet<CallId>>();
        let met = both(&self.met);
        let lost: BTreeSet<CallId> = both(&self.lost).difference(&met).copied().collect();
        let human = both(&self.found).union(&met).chain(&lost).copied().collect::<BTreeSet<CallId>>();
        let abandoned = lost.union(&both(&self.late)).copied().collect();
        let heard = lost.intersection(&self.message).copied().collect();
        [size(human), size(abandoned), size(both(&self.late)), size(both(&self.early)), size(heard)]
    }
}

fn shown(span: &Span) -> [u64; 5] {
    let c = &span.counts;
    [c.human, c.abandoned(), c.late, c.customer_early, c.message_played]
}

fn prove(facts: &[Envelope]) -> (Proof, Fold) {
    let (mut prover, mut fold) = (Prover::new(CampaignId(1)), Fold::new());
    facts.iter().for_each(|fact| {
        prover.observe(fact);
        fold.observe(fact);
    });
    (prover.prove(None, None).expect("it was configured"), fold)
}

/// The same calls under another law.
fn under(facts: &[Envelope], profile: &str, f: f64) -> Vec<Envelope> {
    let mut facts = facts.to_vec();
    for envelope in &mut facts {
        if let Fact::CampaignConfigured(configured) = &mut envelope.fact {
            configured.abandon_profile = profile.to_owned();
            configured.amd_false_positive_rate = f;
        }
    }
    facts
}

#[test]
fn the_proof_of_a_month_equals_a_plain_count_of_its_facts() {
    let facts = facts_of_the_month();
    let plain = Plain::of(facts);
    let everything = plain.counts(|_| true);
    let [human, abandoned, _, early, heard] = everything;
    assert!(human > 1_000 && abandoned > 20 && early > 20 && heard > 20, "each kind happens: {everything:?}");
    assert_eq!(plain.answered.len(), plain.answered.keys().filter(|call| plain.ended.contains_key(call)).count());

    let (proof, fold) = prove(facts);
    assert_eq!(proof.days.len(), DAYS as usize);
    for day in &proof.days {
        assert_eq!(shown(day), plain.counts(|on| on == day.name), "{}", day.name);
    }
    assert_eq!((proof.profile.as_str(), proof.zone.as_str(), proof.threshold_ms), ("us_tsr", ZONE, 2000));
    assert_eq!(proof.packs, ["us-2026.11"]);
    assert_eq!(proof.clock_start, "the end of the greeting, 2 s after the answer at the latest if nothing was said");
    // 30 days from the first call: the 31st day begins the next window.
    let names: Vec<&str> = proof.windows.iter().map(|window| window.name.as_str()).collect();
    assert_eq!(names, ["2026-10-15/P30D", "2026-11-14/P30D"]);
    assert_eq!(shown(&proof.windows[0]), plain.counts(|on| on < "2026-11-14"));
    assert_eq!(shown(&proof.windows[1]), plain.counts(|on| on >= "2026-11-14"));
    outpace::cli::evidence::agrees(&proof, &fold).expect("the KPI comes to the same");
}

#[test]
fn other_laws_cut_and_count_the_same_month_their_way() {
    let facts = facts_of_the_month();
    let plain = Plain::of(facts);
    let (canada, fold) = prove(&under(facts, "ca_crtc", 0.0));
    let months: Vec<(&str, [u64; 5])> = canada.windows.iter().map(|w| (w.name.as_str(), shown(w))).collect();
    let expected = ["2026-10", "2026-11"].map(|month| (month, plain.counts(|on| on.starts_with(month))));
    assert_eq!(months, expected);
    outpace::cli::evidence::agrees(&canada, &fold).expect("the KPI comes to the same");

    let f = 0.02;
    let (britain, fold) = prove(&under(facts, "uk_style", f));
    assert_eq!(britain.windows.len(), DAYS as usize);
    for window in &britain.windows {
        let [human, abandoned, ..] = plain.counts(|on| on == window.name).map(|n| n as f64);
        // Of the people who were there, a share f was taken for machines: H/(1-f) in all, each of the missed abandoned.
        let there = human / (1.0 - f);
        let rate = (abandoned + f * there) / there;
        assert!((window.rate.expect("somebody answered") - rate).abs() < 1e-12, "{}: {window:?}, {rate}", window.name);
    }
    outpace::cli::evidence::agrees(&britain, &fold).expect("the KPI comes to the same");
}

/// A late connect is handled and abandoned; a crash while a person waited is abandoned in silence; both in one window.
#[test]
fn late_connects_and_crashes_count() {
    let mut facts = facts_of_the_month().to_vec();
    let lost = |fact: &&mut Envelope| matches!(fact.fact, Fact::CallAbandoned { abandon: Abandon::NoAgent, .. });
    let call = facts.iter_mut().find(lost).map(|envelope| {
        let call = envelope.fact.call().expect("it names its call");
        let (agent, waited_ms) = (AgentId(1), 2_500);
        envelope.fact = Fact::CallBridged { call, agent, waited_ms, within: false };
        call
    });
    let crashed = facts.iter_mut().filter(lost).nth(1).map(|envelope| {
        let call = envelope.fact.call().expect("it names its call");
        envelope.fact = Fact::CallAbandoned { call, abandon: Abandon::Crash, waited_ms: 0, pack: String::new() };
        call
    });
    facts.retain(|envelope| {
        let message = matches!(envelope.fact, Fact::MessagePlayed { .. });
        !(message && (envelope.fact.call() == call || envelope.fact.call() == crashed))
    });
    let (proof, fold) = prove(&facts);
    let (before, _) = prove(facts_of_the_month());
    assert_eq!((proof.total.late, proof.total.crashed, proof.total.silent), (1, 1, before.total.silent + 1));
    assert_eq!(proof.total.abandoned(), before.total.abandoned(), "handled late, and still abandoned");
    assert_eq!(shown(&proof.windows[0]), Plain::of(&facts).counts(|on| on < "2026-11-14"));
    outpace::cli::evidence::agrees(&proof, &fold).expect("the KPI comes to the same");
}

#[test]
fn a_range_shows_the_whole_windows_that_it_touches() {
    let facts = facts_of_the_month();
    let mut prover = Prover::new(CampaignId(1));
    facts.iter().for_each(|fact| prover.observe(fact));
    let at = |text| Wall::parse_rfc3339(text);
    let proof = prover.prove(at("2026-10-20T15:00:00Z"), at("2026-10-22T04:00:00Z")).expect("configured");
    let days: Vec<&str> = proof.days.iter().map(|day| day.name.as_str()).collect();
    assert_eq!(days, ["2026-10-20", "2026-10-21"], "midnight in New York is 04:00 UTC in summer time");
    assert_eq!(proof.windows.len(), 1);
    assert!(!proof.rolling.is_empty());
    assert_eq!(prove(facts).0.total.human, Plain::of(facts).counts(|_| true)[0]);
}

fn observe(facts: &[Envelope]) -> Observer {
    let mut observer = Observer::default();
    facts.iter().for_each(|fact| observer.observe(CampaignId(1), fact));
    observer
}

fn elements(facts: &[Envelope]) -> Elements {
    observe(facts).elements(2_000, &|_| true)
}

/// Moments of a call by kind: first ringing, judgement with its wait, message, end by us without an answer.
#[derive(Default, Clone)]
struct Moments {
    rang: Option<i64>,
    answered: bool,
    judged: Option<i64>,
    message: Option<i64>,
    given_up: Option<i64>,
}

fn moments(facts: &[Envelope]) -> Vec<Moments> {
    let mut calls: BTreeMap<CallId, Moments> = BTreeMap::new();
    for envelope in facts {
        let Some(call) = envelope.fact.call() else { continue };
        let (of, at) = (calls.entry(call).or_default(), envelope.moment.0);
        match &envelope.fact {
            Fact::CallRinging { .. } => of.rang = of.rang.or(Some(at)),
            Fact::CallAnswered { .. } => of.answered = true,
            Fact::CallAbandoned { waited_ms, .. } => of.judged = Some(at - i64::from(*waited_ms) * 1_000),
            Fact::MessagePlayed { .. } => of.message = Some(at),
            Fact::CallEnded { by: Side::Us, .. } => of.given_up = Some(at),
            _ => {}
        }
    }
    calls.into_values().collect()
}

/// Ring, message and gate against the raw facts.
#[test]
fn the_other_elements_equal_a_plain_count() {
    let facts = facts_of_the_month();
    let (found, (proof, _)) = (elements(facts), prove(facts));
    let plain = moments(facts);

    let given_up: Vec<i64> =
        plain.iter().filter(|m| !m.answered).filter_map(|m| Some((m.given_up? - m.rang?) / 1_000)).collect();
    let least = given_up.iter().min().copied();
    assert!(given_up.len() > 100, "lines that nobody answers: {}", given_up.len());
    assert_eq!(found.ring.given_up + found.ring.unconfirmed, given_up.len() as u64);
    assert_eq!(found.ring.least_ms.map(|ms| ms as i64), least);
    let short = given_up.iter().filter(|ms| **ms < 15_000).count() as u64;
    assert_eq!((found.ring.too_short, found.ring.law_seconds), (short, 15));

    let begun: Vec<i64> = plain.iter().filter_map(|m| Some((m.message? - m.judged?) / 1_000)).collect();
    assert_eq!(found.message.begun, proof.total.message_played);
    assert_eq!(found.message.latest_ms, begun.iter().max().copied());
    let none = found.message.none_crashed + found.message.none_crossed + found.message.none_cut_off;
    assert_eq!((none, found.message.none_crashed), (proof.total.silent, proof.total.crashed));

    let placed = facts.iter().filter(|e| matches!(e.fact, Fact::CallPlaced { .. })).count() as u64;
    assert_eq!((found.gate.placed, found.gate.passed["dnc"], found.gate.passed["us.hours"]), (placed, placed, placed));
    let held = |facts: &[Envelope]| -> usize {
        let rules = facts.iter().map(|e| if let Fact::LeadHeld { rules, .. } = &e.fact { rules.len() } else { 0 });
        rules.sum()
    };
    assert_eq!(found.gate.held.values().sum::<u64>(), held(facts) as u64);
}

#[test]
fn a_line_given_up_too_early_and_a_lead_held_are_seen() {
    let mut facts = facts_of_the_month().to_vec();
    let before = elements(&facts);
    let plain: BTreeMap<CallId, Moment> = facts
        .iter()
        .filter_map(|e| matches!(e.fact, Fact::CallEnded { cause: Cause::NoAnswer, by: Side::Us, .. }).then_some(e))
        .map(|e| (e.fact.call().expect("it names its call"), e.moment))
        .collect();
    let ringing = |e: &&mut Envelope| matches!(&e.fact, Fact::CallRinging { call, .. } if plain.contains_key(call));
    let early = facts.iter_mut().find(ringing).expect("somebody does not answer");
    early.moment = Moment(plain[&early.fact.call().expect("it names its call")].0 - 9_000_000);
    let mut held = facts[0].clone();
    held.fact = Fact::LeadHeld {
        campaign: CampaignId(1),
        lead: LeadId(7),
        why: NotDialed::Dnc,
        rules: vec!["dnc".to_owned()],
        until: None,
    };
    facts.push(held);
    let after = elements(&facts);
    // A day's end gives up lines that ring: one of those may have rung shorter still.
    let least = before.ring.least_ms.map(|least| least.min(9_000));
    assert_eq!((after.ring.too_short, after.ring.least_ms), (before.ring.too_short + 1, least));
    let dnc = |all: &Elements| all.gate.held.get("dnc").copied().unwrap_or(0);
    assert_eq!(dnc(&after), dnc(&before) + 1);
}

/// The list has a row for each call that the rate counts, on every day.
#[test]
fn each_abandoned_call_has_its_row() {
    let facts = facts_of_the_month();
    let (proof, _) = prove(facts);
    let day_of = |at: Wall| at.timestamp().in_tz(ZONE).expect("a zone").strftime("%Y-%m-%d").to_string();
    let observer = observe(facts);
    let rows: Vec<Abandoned> = observer.abandoned(&|_| true);
    assert_eq!(rows.len() as u64, proof.total.abandoned());
    let heard = rows.iter().filter(|row| row.message_ms.is_some()).count() as u64;
    assert_eq!(heard, proof.total.message_played);
    for day in &proof.days {
        let of_day = observer.abandoned(&|at| day_of(at) == day.name);
        assert_eq!(of_day.len() as u64, day.counts.abandoned(), "{}", day.name);
    }
    let columns = Abandoned::HEAD.split(',').count();
    assert!(rows.iter().all(|row| row.csv().split(',').count() == columns), "{}", rows[0].csv());
    assert!(rows.windows(2).all(|two| two[0].answered <= two[1].answered));
}
