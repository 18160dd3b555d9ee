//! Engine events per second and simulated agent-hours per second, on one core: `cargo bench --bench sim`.
//! `-- --runs 5 --agents 50 --hours 8 --seed 1 --mode predictive`. Plain wall clock; the median of the runs counts.

use outpace::engine::{CampaignSpec, Engine, Input, Machine, Output, Wake, World};
use outpace::facts::Envelope;
use outpace::sim::{Scenario, SimWorld};
use outpace::words::*;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn main() {
    let (runs, agents) = (argument("--runs", 3.0) as usize, argument("--agents", 50.0) as u32);
    let (hours, seed) = (argument("--hours", 8.0), argument("--seed", 1.0) as u64);
    let mode = text("--mode").unwrap_or_else(|| "predictive".to_owned());
    let mut day = Scenario { seed, hours, ..Scenario::default() };
    day.agents.number = agents;
    day.list.leads = 2_000 * agents;
    day.carrier.trunks[0].channels = agents * 8;
    day.carrier.trunks[0].calls_per_second = agents;
    println!("{agents} agents, {hours} hours, mode {mode}, seed {seed}, {runs} runs");
    let mut measured: Vec<Measured> = (0..runs.max(1)).map(|_| once(&day, &mode)).collect();
    let same =
        measured.iter().all(|m| (m.steps, m.facts, m.hash) == (measured[0].steps, measured[0].facts, measured[0].hash));
    measured.sort_by_key(|m| m.whole);
    let median = &measured[measured.len() / 2];
    let (whole, engine) = (median.whole.as_secs_f64(), median.engine.as_secs_f64());
    println!("steps (inputs and time-outs)   {}", median.steps);
    println!("facts                          {}", median.facts);
    println!("outputs                        {}", median.outputs);
    println!("calls placed                   {}", median.calls);
    println!("the whole run                  {whole:.2} s (fastest {:.2})", measured[0].whole.as_secs_f64());
    println!("of it in the engine            {engine:.2} s");
    println!("engine steps a second          {:.0}", median.steps as f64 / engine);
    println!("engine facts a second          {:.0}", median.facts as f64 / engine);
    println!("simulated agent-hours a second {:.1}", f64::from(agents) * hours / whole);
    println!("all runs the same, byte for byte: {same}");
    println!("rules broken                   {}", median.violations);
    std::process::exit(i32::from(!same || median.violations > 0));
}

struct Measured {
    whole: Duration,
    engine: Duration,
    steps: u64,
    outputs: u64,
    facts: u64,
    calls: u64,
    hash: u64,
    violations: u64,
}

fn once(day: &Scenario, mode: &str) -> Measured {
    let (mut facts, mut calls, mut hash) = (0, 0, 0xcbf2_9ce4_8422_2325_u64);
    // FNV-1a over what cannot be equal by accident; hashing the JSON would measure serde.
    let sink = |envelope: &Envelope| {
        facts += 1;
        calls += u64::from(envelope.fact.kind() == "call_placed");
        for word in [envelope.seq, envelope.moment.0 as u64, envelope.fact.call().map_or(0, |call| call.0)] {
            hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        }
        for byte in envelope.fact.kind().bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    let begun = Instant::now();
    let mut world = SimWorld::new(day, vec![campaign(mode)], Box::new(sink));
    let mut engine = Engine::new(day.seed);
    let (in_engine, outputs) = run_measured(&mut engine, &mut world);
    world.closes();
    let whole = begun.elapsed();
    let (steps, violations) = (world.steps, world.checks.count);
    drop(world);
    Measured { whole, engine: in_engine, steps, outputs, facts, calls, hash, violations }
}

/// The loop of `engine::run`, with a watch on the engine's side of it.
fn run_measured(engine: &mut Engine, world: &mut SimWorld) -> (Duration, u64) {
    let (mut in_engine, mut count) = (Duration::ZERO, 0);
    let mut outputs: Vec<Output> = Vec::new();
    loop {
        let wake = world.wait(engine.poll_timeout());
        let begun = Instant::now();
        let now = match wake {
            Wake::Input(now, input) => {
                handle(engine, now, input);
                now
            }
            Wake::Timeout(now) => {
                engine.handle_timeout(now);
                now
            }
            Wake::Over => return (in_engine, count),
        };
        while let Some(output) = engine.poll_output() {
            outputs.push(output);
        }
        in_engine += begun.elapsed();
        count += outputs.len() as u64;
        for output in outputs.drain(..) {
            world.carry_out(now, output);
        }
    }
}

fn handle(engine: &mut Engine, now: Moment, input: Input) {
    engine.handle(now, input);
}

fn campaign(mode: &str) -> CampaignSpec {
    let text = SETTINGS.replace("MODE", mode);
    let settings = outpace::campaign::check::check(&text).unwrap_or_else(|problems| panic!("{}", problems[0]));
    CampaignSpec {
        id: CampaignId(1),
        name: "bench".into(),
        version: "0011223344556677".into(),
        seller: SellerId(1),
        client: ClientId(1),
        settings,
        sources: BTreeMap::from([("flow.lua".to_owned(), FLOW.to_owned())]),
        prompts: BTreeMap::from([("sorry".to_owned(), Duration::from_secs(5))]),
    }
}

const SETTINGS: &str = r#"
title = "Bench"
currency = "USD"
[seller]
name = "Clear Spring"
caller_id = "+12125550100"
callback_number = "+12125550101"
[hours]
zone = "America/New_York"
mon = "08:00-21:00"
tue = "08:00-21:00"
[dialing]
mode = "MODE"
region = "US"
[abandonment]
profile = "us_tsr"
message = "sorry"
[amd]
enabled = true
[outcomes.order]
title = "Ordered"
right_party = true
effective = true
interested = true
[outcomes.no]
title = "Not interested"
right_party = true
effective = true
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
		objection("no_time", { text = "It takes a minute." }),
	},
	refused = "no",
	opener = function(call)
		local choice = step("hello", { text = "Good day, may I?", choices = { { "yes", en = "Yes" }, { "no", en = "No" } } })
		if choice ~= "yes" then finish("no") end
	end,
	pitch = function(call)
		local choice = step("offer", { text = "One filter?", choices = { { "buy", en = "Buys" }, { "no", en = "No" } } })
		if choice ~= "buy" then finish("no") end
	end,
	closing = function(call)
		local id = order { lines = { { sku = "TAP", quantity = 1, price = 4990 } } }
		finish(if id then "order" else "no")
	end,
}
"#;

fn text(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn argument(name: &str, default: f64) -> f64 {
    text(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} {value}: a number is expected")))
}
