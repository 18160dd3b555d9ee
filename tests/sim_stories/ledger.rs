//! One truth of abandonment: what the live ledger holds, what the next start seeds it with (from facts, and from a
//! store), and what `outpace evidence` proves are the same numbers, whoever served the people and however they left.

use crate::kit::*;
use outpace::cli::evidence::proof::{Counts, Prover};
use outpace::engine::{CampaignSpec, Engine, run};
use outpace::facts::{Envelope, LedgerEntry};
use outpace::pacing::{Tally, Window};
use outpace::sim::dist::Dist;
use outpace::sim::scenario::{FromHour, Mix};
use outpace::sim::{Scenario, SimWorld};
use outpace::store::{Store, Write};
use outpace::words::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// By chance it says nothing at all, is late, or is cut short.
const FLOW: &str = r#"
return flow {
	opener = function(call)
		local chance = math.random()
		if chance < 0.2 then finish("no") end
		if chance < 0.5 then wait(4) end
		local digits = gather { prompt = "welcome", digits = 1, seconds = 6 }
		finish(digits == "1" and "order" or "no")
	end,
}
"#;

/// Agents who cannot keep up with four lines each, impatient people, and a campaign beside that a flow serves alone.
fn day() -> Scenario {
    let mut day = Scenario { seed: 5, hours: 0.2, ..Scenario::default() };
    day.agents.number = 4;
    day.agents.login_ramp_seconds = 5.0;
    day.agents.wrap_seconds = Dist::Fixed(4.0);
    day.agents.step_seconds = ["opener", "step", "objection", "closing"].map(|k| (k.into(), Dist::Fixed(8.0))).into();
    day.list.leads = 4_000;
    let mix = Mix { human: 0.5, machine: 0.2, busy: 0.1, ..Mix::NOBODY };
    day.population.hours = vec![FromHour { from: 0, mix }];
    day.population.patience_seconds = Dist::uniform(0.5, 9.0);
    day.population.leaves_in_prompt = 0.2;
    day.population.presses = 0.5;
    day.population.amd.miss = 0.2;
    day
}

fn specs() -> Vec<CampaignSpec> {
    let mut by_agents = campaign(&[("mode = \"progressive\"", "mode = \"ratio\"\nlines_per_agent = 4.0")]);
    by_agents.settings.abandonment.cap = 0.5;
    let agentless = [
        ("mode = \"progressive\"", "mode = \"agentless\"\nlines_max = 6"),
        ("[agents]", "[flow]\nhandled_by = \"flow\"\n[agents]"),
    ];
    let by_flow = CampaignSpec { id: CampaignId(2), name: "by flow".into(), ..campaign_with(&agentless, FLOW) };
    vec![by_agents, by_flow]
}

type Disk = Rc<RefCell<Vec<Envelope>>>;

fn sink(disk: &Disk) -> Box<dyn FnMut(&Envelope)> {
    let disk = disk.clone();
    Box::new(move |envelope: &Envelope| disk.borrow_mut().push(envelope.clone()))
}

/// Humans and abandoned of every window.
type Sums = Vec<(Window, Tally)>;

fn live(engine: &mut Engine, id: CampaignId) -> Sums {
    engine.ledger(id).expect("it was configured")
}

fn sums(humans: u64, abandoned: u64) -> (f64, f64) {
    (humans as f64, abandoned as f64)
}

fn evidence(facts: &[Envelope], id: CampaignId) -> Counts {
    let mut prover = Prover::new(id);
    facts.iter().for_each(|fact| prover.observe(fact));
    prover.prove(None, None).expect("it was configured").total
}

/// What a real store would begin the next run with.
fn stored(facts: &[Envelope], ids: &[CampaignId]) -> BTreeMap<CampaignId, Vec<LedgerEntry>> {
    let dir = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open("sqlite:outpace.db", dir.path()).await.expect("a store");
        let writes: Vec<Write> = facts.iter().cloned().map(Write::Fact).collect();
        for batch in writes.chunks(500) {
            store.append(batch).await.expect("written");
        }
        let node = facts[0].node;
        let owner = store.take_node(node, facts.last().expect("some").wall).await.expect("the node is free");
        let since = ids.iter().map(|id| (*id, Wall(0))).collect();
        store.recover(owner, &since).await.expect("recovered").ledgers
    })
}

/// All four agree on every campaign; what each is made of.
fn agree(engine: &mut Engine, world: SimWorld<'_>, disk: &Disk) -> Vec<Counts> {
    let facts = disk.borrow().clone();
    let ids = [CampaignId(1), CampaignId(2)];
    // On again, and off before anybody is called.
    let mut next = SimWorld::after(world.crashes(facts.clone()), Duration::ZERO, Box::new(|_| ()));
    next.cut_at(10);
    let mut restarted = Engine::new(9);
    run(&mut restarted, &mut next);
    let stored = stored(&facts, &ids);
    let mut all = Vec::new();
    for id in ids {
        let counts = evidence(&facts, id);
        let proven = sums(counts.human, counts.abandoned());
        let lived = live(engine, id);
        for (window, tally) in &lived {
            assert_eq!(
                (tally.humans, tally.abandoned),
                proven,
                "live and evidence, {id}, {}: {counts:?}",
                window.name()
            );
        }
        assert_eq!(live(&mut restarted, id), lived, "seeded from facts and live, {id}");
        let abandoned = stored[&id].iter().filter(|entry| entry.abandoned).count() as u64;
        assert_eq!(sums(stored[&id].len() as u64, abandoned), proven, "seeded from a store and evidence, {id}");
        all.push(counts);
    }
    all
}

#[test]
fn the_live_ledger_the_next_starts_and_the_evidence_are_the_same_numbers() {
    let disk = Disk::default();
    let mut world = SimWorld::new(&day(), specs(), sink(&disk));
    let mut engine = Engine::new(1);
    run(&mut engine, &mut world);
    world.closes();
    assert_eq!(world.checks.violations, []);
    let [agents, flow] = agree(&mut engine, world, &disk)[..] else { panic!("two campaigns") };
    assert!(agents.handled > 20 && agents.no_agent > 5 && agents.customer_early > 5, "each kind happens: {agents:?}");
    assert!(flow.handled > 20 && flow.late > 5 && flow.no_agent > 5, "each kind happens: {flow:?}");
}

/// Talks, waits and flows that a crash ends count like all others, in the run that follows.
#[test]
fn what_a_crash_interrupted_is_in_the_next_ledger() {
    let mut crashed = 0;
    for step in [900, 1_700, 2_600] {
        let disk = Disk::default();
        let mut world = SimWorld::new(&day(), specs(), sink(&disk));
        world.cut_at(step);
        run(&mut Engine::new(1), &mut world);
        let remains = world.crashes(disk.borrow().clone());
        let mut world = SimWorld::after(remains, Duration::from_secs(20), sink(&disk));
        let mut engine = Engine::new(2);
        run(&mut engine, &mut world);
        world.closes();
        assert_eq!(world.checks.violations, []);
        crashed += agree(&mut engine, world, &disk).iter().map(|counts| counts.crashed).sum::<u64>();
    }
    assert!(crashed > 0, "somebody waited");
}
