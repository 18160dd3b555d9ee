//! What the stories share: a small campaign, ways to shape a day, and how it is told. It refuses to judge.

use outpace::campaign::Settings;
use outpace::engine::{CampaignSpec, Engine, run};
use outpace::facts::Envelope;
use outpace::sim::dist::Dist;
use outpace::sim::lines::line;
use outpace::sim::scenario::{AgentsAtWork, FromHour, Mix, Population};
use outpace::sim::{Scenario, SimWorld, Violation};
use outpace::words::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

pub const TOML: &str = r#"
title = "Filters"
currency = "USD"
[seller]
name = "Clear Spring"
caller_id = "+12125550100"
callback_number = "+12125550101"
[hours]
zone = "America/New_York"
mon = "09:00-20:00"
tue = "09:00-20:00"
[dialing]
mode = "progressive"
region = "US"
[abandonment]
profile = "us_tsr"
message = "sorry"
[amd]
enabled = true
[agents]
wrap_seconds_max = 30
[outcomes.order]
title = "Ordered"
right_party = true
effective = true
interested = true
[outcomes.no]
title = "Not interested"
right_party = true
effective = true
[outcomes.later]
title = "Later"
right_party = true
then = "retry"
after = "2h"
[retry]
busy = ["10m"]
no_answer = ["1h"]
machine = ["2h"]
failed = ["5m"]
"#;

const FLOW: &str = r#"
return flow {
	objections = {
		objection("dear", { text = "It costs less than you think." }),
	},
	refused = "no",
	opener = function(call)
		local choice = step("hello", { text = "Good day, may I?", choices = { { "yes", en = "Yes" }, { "no", en = "No" }, { "later", en = "Later" } } })
		if choice ~= "yes" then finish(choice or "no") end
	end,
	pitch = function(call)
		local choice = step("offer", { text = "One filter?", choices = { { "buy", en = "Buys" }, { "no", en = "No" } } })
		if choice ~= "buy" then finish("no") end
	end,
	closing = function(call)
		local id = order { lines = { { sku = "TAP", quantity = 1, price = 4990 } } }
		step("thanks", { text = "Thank you.", choices = { { "done", en = "Done" } }, objections = false })
		finish(if id then "order" else "no")
	end,
}
"#;

/// `settings`: replaces lines of `TOML`, such as `("mode = \"progressive\"", "mode = \"predictive\"")`.
pub fn campaign(settings: &[(&str, &str)]) -> CampaignSpec {
    campaign_with(settings, FLOW)
}

pub fn campaign_with(settings: &[(&str, &str)], flow: &str) -> CampaignSpec {
    let mut text = TOML.to_owned();
    for (from, to) in settings {
        assert!(text.contains(from), "{from} is not in the campaign");
        text = text.replace(from, to);
    }
    let settings: Settings = outpace::campaign::check::check(&text).unwrap_or_else(|all| panic!("{}", all[0]));
    let prompt = |name: &str, ms| (name.to_owned(), Duration::from_millis(ms));
    CampaignSpec {
        id: CampaignId(1),
        name: "filters".into(),
        version: "0011223344556677".into(),
        seller: SellerId(1),
        client: ClientId(1),
        settings,
        sources: BTreeMap::from([("flow.lua".to_owned(), flow.to_owned())]),
        prompts: BTreeMap::from([prompt("sorry", 5000), prompt("welcome", 4000), prompt("bye", 2000)]),
    }
}

/// One lead, one agent, one minute of dialing, and nothing left to chance that can be fixed.
pub fn quiet(mix: Mix) -> Scenario {
    let agents = AgentsAtWork {
        number: 1,
        login_ramp_seconds: 0.0,
        pace_sigma: 0.0,
        forgets_ready: 0.0,
        leaves_early: 0.0,
        reaction_seconds: Dist::Fixed(1.0),
        wrap_seconds: Dist::Fixed(8.0),
        phone_answer_seconds: Dist::Fixed(0.5),
        step_seconds: ["opener", "step", "objection", "closing"].map(|kind| (kind.into(), Dist::Fixed(10.0))).into(),
        objection_weight: 0.0,
        holds: 0.0,
        notices_machine_seconds: Dist::Fixed(4.0),
        ..AgentsAtWork::default()
    };
    let mut population = Population {
        invalid: 0.0,
        fax: 0.0,
        hours: vec![FromHour { from: 0, mix }],
        ring_human_seconds: Dist::Fixed(6.0),
        ring_machine_seconds: Dist::Fixed(12.0),
        greeting_after_seconds: Dist::Fixed(0.4),
        greeting_seconds: Dist::Fixed(0.6),
        silent_pickup: 0.0,
        machine_greeting_seconds: Dist::Fixed(5.0),
        patience_seconds: Dist::Fixed(20.0),
        silence_patience_seconds: Dist::Fixed(20.0),
        leaves_in_step: 0.0,
        leaves_in_prompt: 0.0,
        ..Population::default()
    };
    population.amd.human_seconds = Dist::Fixed(1.2);
    population.amd.machine_seconds = Dist::Fixed(1.4);
    population.amd.false_positive = 0.0;
    population.amd.miss = 0.0;
    let mut scenario = Scenario { hours: 2.0 / 60.0, agents, population, ..Scenario::default() };
    scenario.list.leads = 1;
    scenario.carrier.trunks[0].post_dial_seconds = Dist::Fixed(1.0);
    scenario.carrier.trunks[0].cancel_crosses = 0.0;
    scenario.store.durable_seconds = Dist::Fixed(0.003);
    scenario.store.lease_seconds = Dist::Fixed(0.005);
    scenario
}

pub const HUMAN: Mix = Mix { human: 1.0, ..Mix::NOBODY };

pub struct Told {
    pub facts: Vec<Envelope>,
    pub violations: Vec<Violation>,
    pub stopped: bool,
}

/// Runs to the end and checks nothing.
pub fn live(scenario: &Scenario, spec: CampaignSpec) -> Told {
    live_with(scenario, vec![spec], |_| ())
}

/// Several campaigns on one floor; `change` comes before the first step.
pub fn live_with(scenario: &Scenario, specs: Vec<CampaignSpec>, change: impl FnOnce(&mut SimWorld<'_>)) -> Told {
    let facts = Rc::new(RefCell::new(Vec::new()));
    let kept = facts.clone();
    let sink = Box::new(move |envelope: &Envelope| kept.borrow_mut().push(envelope.clone()));
    let mut world = SimWorld::new(scenario, specs, sink);
    change(&mut world);
    run(&mut Engine::new(scenario.seed), &mut world);
    world.closes();
    let (violations, stopped) = (world.checks.violations.clone(), world.stopped());
    drop(world);
    Told { facts: facts.take(), violations, stopped }
}

/// Runs to the end, breaks no rule, and tells the story in lines.
pub fn story(scenario: &Scenario, spec: CampaignSpec) -> String {
    let told = live(scenario, spec);
    let lines: Vec<String> = told.facts.iter().map(line).collect();
    let broken: Vec<String> = told.violations.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}\n--\n{}", broken.join("\n"), lines.join("\n"));
    assert!(told.stopped, "the engine never stopped:\n{}", lines.join("\n"));
    lines.join("\n")
}
