//! What a campaign's trunks leave room for.

use super::*;
use crate::campaign::Lead;
use crate::engine::*;
use std::collections::BTreeMap;
use std::sync::Arc;

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
trunks = ["TRUNK"]
[abandonment]
profile = "us_tsr"
message = "sorry"
[outcomes.order]
title = "Ordered"
right_party = true
"#;

const EAST: CampaignId = CampaignId(1);
const WEST: CampaignId = CampaignId(2);
/// A Monday, ten in New York.
const START: Wall = Wall(1_795_446_000_000_000);
/// After a start the calls-per-second window waits one second.
const LATER: Moment = Moment(2_000_000);

fn spec(id: CampaignId, trunk: &str) -> CampaignSpec {
    let settings =
        crate::campaign::check::check(&TOML.replace("TRUNK", trunk)).unwrap_or_else(|all| panic!("{}", all[0]));
    let flow = "return flow { opener = function(call) finish(\"order\") end }".to_owned();
    CampaignSpec {
        id,
        name: trunk.to_owned(),
        version: "1".into(),
        seller: SellerId(1),
        client: ClientId(1),
        settings,
        sources: BTreeMap::from([("flow.lua".to_owned(), flow)]),
        prompts: BTreeMap::from([("sorry".to_owned(), Duration::from_secs(5))]),
    }
}

fn lead(id: u64) -> Lead {
    Lead {
        id: LeadId(id),
        phone: Phone::e164(&format!("+1212555{id:04}")).expect("strict"),
        number_hash: format!("{id}"),
        zones: vec!["America/New_York".to_owned()],
        attempts: 0,
        attempts_today: 0,
        day: "2026-11-23".into(),
        callback_at: None,
        callback_agent: None,
        fields: BTreeMap::new(),
    }
}

/// Two trunks, ten calls a second each, and a campaign on each.
fn engine() -> Engine {
    let mut engine = Engine::new(1);
    let trunk =
        |id, name: &str| TrunkRecord { id: TrunkId(id), name: name.to_owned(), channels: 100, calls_per_second: 10 };
    let trunks = vec![trunk(1, "east"), trunk(2, "west")];
    engine.handle(Moment::ZERO, Input::WallClock { offset: START.0 });
    let known = Recovered { node: 1, epoch: 1, trunks, ..Recovered::default() };
    engine.handle(Moment::ZERO, Input::Recovered(Box::new(known)));
    for (id, campaign, name) in [(1, EAST, "east"), (2, WEST, "west")] {
        engine.handle(Moment::ZERO, Input::Trunk { trunk: TrunkId(id), event: TrunkEvent::Up });
        let request = Request::Configure(Arc::new(spec(campaign, name)));
        engine.handle(Moment::ZERO, Input::Request { id: RequestId(id), by: "test".into(), request });
    }
    engine.handle(LATER, Input::WallClock { offset: START.0 });
    engine
}

/// Calls on record wait for the disk, and for their turn: their own trunk's next second is taken, the other's is not.
#[test]
fn a_backlog_on_one_trunk_leaves_the_other_alone() {
    let mut engine = engine();
    assert_eq!((engine.room(EAST).calls_this_second, engine.room(WEST).calls_this_second), (10, 10));
    for id in 100..107 {
        let lead = lead(id);
        let verdict = engine.ask_gate(WEST, &lead);
        assert!(verdict.allowed, "{verdict:?}");
        engine.place(WEST, TrunkId(2), lead, verdict);
    }
    assert_eq!((engine.room(EAST).calls_this_second, engine.room(WEST).calls_this_second), (10, 3));
}
