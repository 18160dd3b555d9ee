//! Many small worlds with many faults, each from its seed: the checks hold after every step.

use crate::kit::*;
use outpace::engine::{CampaignSpec, Engine, run};
use outpace::facts::Envelope;
use outpace::sim::dist::Dist;
use outpace::sim::plan::{Outage, Planned, What};
use outpace::sim::rng::{Purpose, Stream, chance, stream, unit};
use outpace::sim::scenario::{Break, FromHour, Mix, TrunkShape};
use outpace::sim::{Scenario, SimWorld};
use outpace::words::CampaignId;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Somewhere in the range, whole numbers.
fn some(rng: &mut Stream, from: u32, to: u32) -> u32 {
    from + (unit(rng) * f64::from(to - from + 1)) as u32
}

/// A short day in which much goes wrong.
fn bad_day(seed: u64) -> (Scenario, Vec<CampaignSpec>, Stream) {
    let mut rng = stream(seed, Purpose::List, 77, 0);
    let rng_ref = &mut rng;
    let mut day = Scenario { seed, hours: 0.08 + 0.15 * unit(rng_ref), ..Scenario::default() };
    // Some days end at the close of the calling hours, some begin before they open.
    day.start =
        ["2026-11-23T09:00:00", "2026-11-23T19:53:00", "2026-11-24T08:56:00"][some(rng_ref, 0, 2) as usize].into();
    let agents = &mut day.agents;
    agents.number = some(rng_ref, 1, 12);
    agents.login_ramp_seconds = 60.0 * unit(rng_ref);
    agents.leaves_early = 0.2;
    agents.leaves_early_seconds = Dist::uniform(60.0, 400.0);
    agents.holds = 0.1;
    agents.forgets_ready = 0.3;
    agents.breaks = vec![Break { after_minutes: 3.0, minutes: 2.0, reason: "break".into() }];
    agents.break_jitter_seconds = 120.0;
    agents.step_seconds = [("step".to_owned(), Dist::lognormal(15.0, 0.8))].into();
    let people = &mut day.population;
    let human = 0.2 + 0.6 * unit(rng_ref);
    let rest = (1.0 - human) / 8.0;
    let mix =
        Mix { human, machine: rest, busy: rest, rejected: rest, sit: rest, fail: rest, congestion: rest, silent: rest };
    people.hours = vec![FromHour { from: 0, mix }];
    people.patience_seconds = Dist::lognormal(3.0, 1.0);
    people.leaves_in_step = 0.15;
    people.amd.miss = 0.3;
    people.amd.false_positive = 0.05;
    people.presses_after_seconds = Dist::uniform(0.0, 8.0);
    let trunk = |rng: &mut Stream, name: &str| TrunkShape {
        name: name.into(),
        channels: some(rng, 2, 40),
        calls_per_second: some(rng, 1, 6),
        refuses: 0.1,
        cancel_crosses: 0.2,
        ..TrunkShape::default()
    };
    day.carrier.trunks = vec![trunk(rng_ref, "one"), trunk(rng_ref, "two")];
    day.list.leads = some(rng_ref, 5, 400);
    day.list.zones = [("America/New_York".to_owned(), 3.0), ("America/Chicago".to_owned(), 1.0)].into();
    day.store.durable_seconds = Dist::uniform(0.001, if chance(rng_ref, 0.3) { 1.0 } else { 0.01 });
    day.planned = (0..some(rng_ref, 0, 8)).map(|_| fault(rng_ref, agents_of(day.agents.number))).collect();
    // Some floors work for two campaigns at once.
    let mut specs = vec![spec(rng_ref)];
    if chance(rng_ref, 0.3) {
        let second = spec(rng_ref);
        specs.push(CampaignSpec { id: CampaignId(2), name: "second".into(), ..second });
    }
    (day, specs, rng)
}

fn agents_of(number: u32) -> usize {
    number as usize
}

fn fault(rng: &mut Stream, agents: usize) -> Planned {
    let at_seconds = 700.0 * unit(rng);
    let seconds = 60.0 * unit(rng);
    let agent = (unit(rng) * agents as f64) as usize;
    let trunk = some(rng, 0, 1) as usize;
    let what = match some(rng, 0, 12) {
        0 => What::TrunkOutage { trunk, seconds, how: Outage::Refuse },
        1 => What::TrunkOutage { trunk, seconds, how: Outage::Silent },
        2 => What::TrunkOutage { trunk, seconds, how: Outage::Down },
        3 => What::SlowStore { seconds, durable_seconds: Dist::uniform(0.1, 6.0) },
        4 | 5 => What::PhoneLost { agent, seconds: seconds / 3.0 },
        6 => What::PhoneSilent { agent, seconds },
        7 => What::AgentAway { agent, seconds },
        8 => What::WallClockStep { by_seconds: 600.0 * (unit(rng) - 0.5) },
        9 => What::PauseCampaign { campaign: 0 },
        10 => What::StartCampaign { campaign: 0 },
        11 => What::Suppress { campaign: 0, lead: some(rng, 0, 4) as usize },
        _ => What::Shutdown { within_seconds: seconds },
    };
    Planned { at_seconds, what }
}

fn spec(rng: &mut Stream) -> CampaignSpec {
    let mode = ["progressive", "predictive", "ratio", "agentless"][some(rng, 0, 3) as usize];
    let mode_line = format!("mode = \"{mode}\"");
    let amd = match some(rng, 0, 2) {
        0 => "enabled = false",
        1 => "enabled = true",
        _ => "enabled = true\non_machine = \"message\"\nmachine_message = \"bye\"",
    };
    let mut settings = vec![("mode = \"progressive\"", mode_line.as_str()), ("enabled = true", amd)];
    if mode == "agentless" {
        settings.push(("[agents]", "[flow]\nhandled_by = \"flow\"\n[agents]"));
        return campaign_with(&settings, SPEAKS);
    }
    campaign(&settings)
}

const SPEAKS: &str = r#"
return flow {
	opener = function(call)
		say("welcome")
		local digits = gather { prompt = "welcome", digits = 1, seconds = 5 }
		if digits == "9" then
			opt_out()
			finish("no")
		elseif digits == "2" then
			wait(3)
			finish("later")
		end
		say("bye")
		finish(if digits == "1" then "order" else "no")
	end,
}
"#;

/// One bad day, perhaps with a power cut in it. What went wrong, if anything.
fn lived(seed: u64) -> Vec<String> {
    let (day, specs, mut rng) = bad_day(seed);
    let disk: Rc<RefCell<Vec<Envelope>>> = Rc::default();
    let sink = |disk: &Rc<RefCell<Vec<Envelope>>>| {
        let disk = disk.clone();
        Box::new(move |envelope: &Envelope| disk.borrow_mut().push(envelope.clone()))
    };
    let mut world = SimWorld::new(&day, specs, sink(&disk));
    for _ in 0..some(&mut rng, 0, 2) {
        world.cut_at(u64::from(some(&mut rng, 5, 6_000)));
        run(&mut Engine::new(seed), &mut world);
        if world.stopped() {
            break;
        }
        let remains = world.crashes(disk.borrow().clone());
        let down = Duration::from_millis(u64::from(some(&mut rng, 0, 60_000)));
        world = SimWorld::after(remains, down, sink(&disk));
    }
    if !world.stopped() {
        run(&mut Engine::new(seed), &mut world);
    }
    world.closes();
    let mut wrong: Vec<String> = world.checks.violations.iter().map(ToString::to_string).collect();
    if !world.stopped() {
        wrong.push("the engine never stopped".into());
    }
    for counts in world.lists().iter().map(|list| list.counts()) {
        if counts.pending + counts.scheduled + counts.closed + counts.excluded != u64::from(day.list.leads) {
            wrong.push(format!("I2: {counts:?} of {} leads", day.list.leads));
        }
    }
    if world.checks.calls_without_end() > 0 {
        wrong.push(format!("I3: {} calls without an end", world.checks.calls_without_end()));
    }
    wrong
}

/// `OUTPACE_SWARM_SEED=17` lives one of them again; `OUTPACE_SWARM_DAYS=1000` lives more.
#[test]
fn no_day_is_so_bad_that_a_rule_breaks() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let days = number("OUTPACE_SWARM_DAYS").unwrap_or(if cfg!(debug_assertions) { 12 } else { 300 });
    let seeds = number("OUTPACE_SWARM_SEED").map_or(1..days + 1, |seed| seed..seed + 1);
    let mut broken = Vec::new();
    for seed in seeds {
        let wrong = lived(seed);
        if !wrong.is_empty() {
            broken.push(format!("seed {seed}:\n  {}", wrong.join("\n  ")));
        }
    }
    assert!(broken.is_empty(), "{} bad days\n{}", broken.len(), broken.join("\n"));
}
