//! What pacing is told of promises, as it stands on the tape: each leaves once, whatever became of it.

use super::super::tape::Reader;
use super::*;
use crate::campaign::Lead;
use crate::campaign::recycle::{Close, Next};
use crate::engine::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const TOML: &str = r#"
title = "Filters"
currency = "USD"
[seller]
name = "Clear Spring"
caller_id = "+12125550100"
callback_number = "+12125550101"
[hours]
zone = "America/New_York"
mon = "09:00-20:00"
[dialing]
mode = "predictive"
region = "US"
[abandonment]
profile = "us_tsr"
message = "sorry"
[outcomes.order]
title = "Ordered"
right_party = true
"#;

const ONE: CampaignId = CampaignId(1);
const TWO: CampaignId = CampaignId(2);
const ANNA: AgentId = AgentId(7);
/// A Monday, ten in New York.
const START: Wall = Wall(1_795_446_000_000_000);

struct Bench {
    engine: Engine,
    /// By campaign: when, in minutes from the start.
    expected: BTreeMap<CampaignId, Vec<i64>>,
}

fn spec(id: CampaignId) -> CampaignSpec {
    let settings = crate::campaign::check::check(TOML).unwrap_or_else(|all| panic!("{}", all[0]));
    let flow = "return flow { opener = function(call) finish(\"order\") end }".to_owned();
    CampaignSpec {
        id,
        name: format!("campaign{id}"),
        version: "1".into(),
        seller: SellerId(1),
        client: ClientId(1),
        settings,
        sources: BTreeMap::from([("flow.lua".to_owned(), flow)]),
        prompts: BTreeMap::from([("sorry".to_owned(), Duration::from_secs(5))]),
    }
}

fn minute(minutes: i64) -> Wall {
    Wall(START.0 + minutes * 60_000_000)
}

fn promised(campaign: CampaignId, lead: u64, minutes: i64, number: &str) -> Promised {
    Promised { campaign, lead: LeadId(lead), at: minute(minutes), number_hash: number.to_owned() }
}

impl Bench {
    /// Two campaigns, with what earlier runs promised. The number "never" is on the list of those.
    fn new(promised: Vec<Promised>) -> Bench {
        let mut engine = Engine::new(1);
        engine.handle(Moment::ZERO, Input::WallClock { offset: START.0 });
        let suppressed = vec!["never".to_owned()];
        let known = Recovered { node: 1, epoch: 1, promised, suppressed, ..Recovered::default() };
        engine.handle(Moment::ZERO, Input::Recovered(Box::new(known)));
        let mut bench = Bench { engine, expected: BTreeMap::new() };
        [ONE, TWO].into_iter().for_each(|id| bench.ask(Request::Configure(Arc::new(spec(id)))));
        bench
    }

    fn ask(&mut self, request: Request) {
        self.engine.handle(Moment::ZERO, Input::Request { id: RequestId(1), by: "test".into(), request });
    }

    /// What pacing expects by now, by its tape.
    fn expects(&mut self, id: CampaignId) -> Vec<i64> {
        let expected = self.expected.entry(id).or_default();
        let tape = self.engine.campaigns.get_mut(&id).and_then(|campaign| campaign.tape.take());
        let piece = tape.map(|(_, piece)| piece).unwrap_or_default();
        let mut reader = (!piece.is_empty()).then(|| Reader::open(&piece).expect("a piece"));
        while let Some((_, _, entry)) = reader.as_mut().and_then(|reader| reader.next_entry().expect("whole")) {
            let Entry::Callback { at, expected: wanted } = entry else { continue };
            let minutes = at.0 / 60_000_000;
            if wanted {
                expected.push(minutes);
            } else {
                let place = expected.iter().position(|one| *one == minutes).expect("it was expected");
                expected.remove(place);
            }
        }
        expected.sort_unstable();
        expected.clone()
    }
}

fn lead(id: u64, number: &str) -> Lead {
    Lead {
        id: LeadId(id),
        phone: Phone::e164("+12125550177").expect("strict"),
        number_hash: number.to_owned(),
        zones: vec!["America/New_York".to_owned()],
        attempts: 1,
        attempts_today: 0,
        day: "2026-11-23".into(),
        callback_at: Some(minute(0)),
        callback_agent: Some(ANNA),
        fields: BTreeMap::new(),
    }
}

/// An opt-out holds in every campaign, and so does what it calls off.
#[test]
fn what_was_promised_to_a_number_that_may_not_be_called_is_off() {
    let of = [
        promised(ONE, 1, 30, "anna"),
        promised(ONE, 2, 40, "boris"),
        promised(TWO, 3, 50, "anna"),
        promised(TWO, 4, 60, "never"),
    ];
    let mut bench = Bench::new(of.to_vec());
    assert_eq!((bench.expects(ONE), bench.expects(TWO)), (vec![30, 40], vec![50]), "nobody calls those on the list");
    bench.ask(Request::Suppress { number_hash: "anna".into() });
    assert_eq!((bench.expects(ONE), bench.expects(TWO)), (vec![40], vec![]));
    bench.ask(Request::Suppress { number_hash: "anna".into() });
    assert_eq!(bench.expects(ONE), [40], "said twice, off once");
    bench.engine.promise(ONE, LeadId(9), minute(70), "anna".into());
    assert_eq!(bench.expects(ONE), [40], "and nothing more is promised to it");
}

/// Amended to a no, to another day, to another time: the old appointment is none any more.
#[test]
fn a_lead_that_is_planned_anew_leaves_its_old_appointment() {
    let mut bench = Bench::new((1..=4).map(|lead| promised(ONE, lead, 10 * lead as i64, "anna")).collect());
    let word = Some(Word { agent: ANNA, number_hash: "anna" });
    let plans = [
        Next::Close(Close::Worked),
        Next::Retry { not_before: minute(500) },
        Next::Callback { at: minute(35) },
        Next::Callback { at: minute(45) },
    ];
    for (lead, next) in (1..).zip(plans) {
        // The last one is a promise of the flow's, with no agent of its own.
        let word = if lead == 4 { None } else { word };
        bench.engine.plan(ONE, LeadId(lead), CallId(lead), word, next);
    }
    assert_eq!(bench.expects(ONE), [35]);
}

/// The gate finds, when its turn comes, that it may never be called, or was called often enough.
#[test]
fn a_lead_that_the_gate_closes_leaves_its_appointment() {
    let mut bench = Bench::new(vec![promised(ONE, 1, 30, "anna"), promised(ONE, 2, 40, "boris")]);
    bench.engine.suppressed.insert("anna".to_owned());
    let anna = lead(1, "anna");
    let verdict = bench.engine.ask_gate(ONE, &anna);
    assert!(!verdict.allowed && verdict.until.is_none(), "{verdict:?}");
    bench.engine.hold_lead(ONE, &anna, verdict);
    assert_eq!(bench.expects(ONE), [40]);
}
