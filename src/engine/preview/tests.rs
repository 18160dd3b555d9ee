//! Who is shown a lead that several ask for.

use super::*;
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
mode = "manual"
region = "US"
[abandonment]
profile = "us_tsr"
message = "sorry"
[outcomes.order]
title = "Ordered"
right_party = true
"#;

const ONE: CampaignId = CampaignId(1);
const ANNA: AgentId = AgentId(7);
const BORIS: AgentId = AgentId(8);
const WANTED: LeadId = LeadId(5);
/// A Monday, ten in New York.
const START: Wall = Wall(1_795_446_000_000_000);

fn spec() -> CampaignSpec {
    let settings = crate::campaign::check::check(TOML).unwrap_or_else(|all| panic!("{}", all[0]));
    let flow = "return flow { opener = function(call) finish(\"order\") end }".to_owned();
    CampaignSpec {
        id: ONE,
        name: "filters".into(),
        version: "1".into(),
        seller: SellerId(1),
        client: ClientId(1),
        settings,
        sources: BTreeMap::from([("flow.lua".to_owned(), flow)]),
        prompts: BTreeMap::from([("sorry".to_owned(), Duration::from_secs(5))]),
    }
}

struct Bench {
    engine: Engine,
    commands: Vec<Command>,
    seq: u64,
}

impl Bench {
    /// The campaign runs, Anna and Boris are ready.
    fn new() -> Bench {
        let mut bench = Bench { engine: Engine::new(1), commands: Vec::new(), seq: 0 };
        bench.hears(Input::WallClock { offset: START.0 });
        let agents = [(ANNA, "anna"), (BORIS, "boris")];
        let record = |(id, name): (AgentId, &str)| AgentRecord { id, name: name.to_owned(), lang: Lang::En };
        let agents = agents.into_iter().map(record).collect();
        let known = Recovered { node: 1, epoch: 1, agents, ..Recovered::default() };
        bench.hears(Input::Recovered(Box::new(known)));
        bench.asks(Request::Configure(Arc::new(spec()))).expect("a sound campaign");
        bench.asks(Request::StartCampaign { campaign: ONE }).expect("it starts");
        for agent in [ANNA, BORIS] {
            bench.hears(Input::Phone { agent, registered: true });
            bench.asks(Request::Login { agent, campaigns: vec![ONE] }).expect("logged in");
            let calls = |c: &Command| if let Command::CallAgent { leg, .. } = c { Some(*leg) } else { None };
            let leg = bench.commands.iter().rev().find_map(calls).expect("the phone is called");
            bench.hears(Input::Leg { leg, event: LegEvent::Answered });
            bench.asks(Request::Ready { agent }).expect("ready");
        }
        bench
    }

    /// All facts are on disk at once.
    fn hears(&mut self, input: Input) {
        self.engine.handle(Moment::ZERO, input);
        self.drain();
        self.engine.handle(Moment::ZERO, Input::Durable { seq: self.seq });
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Fact(envelope) => self.seq = envelope.seq,
                Output::Command(command) => self.commands.push(command),
                Output::View(_) => {}
            }
        }
    }

    fn asks(&mut self, request: Request) -> Result<Reply, Refusal> {
        self.hears(Input::Request { id: RequestId(1), by: "test".into(), request });
        let reply = |c: &Command| if let Command::Reply { result, .. } = c { Some(result.clone()) } else { None };
        self.commands.iter().rev().find_map(reply).expect("every request is answered")
    }

    fn wants(&mut self, agent: AgentId) -> Result<Reply, Refusal> {
        self.asks(Request::Preview { agent, campaign: ONE, lead: Some(WANTED) })
    }

    fn leases(&self) -> usize {
        self.commands.iter().filter(|c| matches!(c, Command::LeaseLead { lead, .. } if *lead == WANTED)).count()
    }
}

fn lead() -> Lead {
    Lead {
        id: WANTED,
        phone: Phone::e164("+12125550177").expect("strict"),
        number_hash: "five".to_owned(),
        zones: vec!["America/New_York".to_owned()],
        attempts: 0,
        attempts_today: 0,
        day: "2026-11-23".into(),
        callback_at: None,
        callback_agent: None,
        fields: BTreeMap::new(),
    }
}

/// The store is asked once, for the first of them; the second is told at once.
#[test]
fn a_lead_that_two_ask_for_is_shown_to_the_first() {
    let mut bench = Bench::new();
    assert_eq!(bench.wants(ANNA), Ok(Reply::Done));
    let refused = bench.wants(BORIS).expect_err("Anna has asked for it");
    assert_eq!((refused.kind, refused.reason.code.as_str()), (RefusalKind::Conflict, "preview.lead_wanted"));
    assert_eq!(bench.wants(ANNA), Ok(Reply::Done), "asked twice, fetched once");
    assert_eq!(bench.leases(), 1);
    bench.hears(Input::LeadLeased { campaign: ONE, id: WANTED, lead: Some(lead()) });
    assert_eq!(bench.engine.previews.keys().copied().collect::<Vec<_>>(), [ANNA]);
    assert_eq!(bench.wants(BORIS), Ok(Reply::Done), "from now on the store knows who has it");
    assert_eq!(bench.leases(), 2);
}
