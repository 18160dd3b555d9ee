//! Several campaigns on one floor: agents are shared by weights, one seller has one budget.

use crate::kit::*;
use outpace::cli::evidence::proof::Prover;
use outpace::engine::tape::{Entry, Joint, Reader};
use outpace::engine::{CampaignSpec, Engine, run};
use outpace::facts::{Abandon, Envelope, Fact};
use outpace::sim::{Scenario, SimWorld};
use outpace::words::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

const PREDICTIVE: (&str, &str) = ("mode = \"progressive\"", "mode = \"predictive\"");

/// Agents who work for both campaigns.
fn floor(agents: u32, hours: f64) -> Scenario {
    let mut day = Scenario { seed: 11, hours, ..Scenario::default() };
    day.agents.number = agents;
    day.agents.login_ramp_seconds = 10.0;
    day.list.leads = 20_000;
    day
}

fn spec(id: u64, weight: &str) -> CampaignSpec {
    let weight = format!("wrap_seconds_max = 30\nweight = {weight}");
    let spec = campaign(&[PREDICTIVE, ("wrap_seconds_max = 30", &weight)]);
    CampaignSpec { id: CampaignId(id), name: format!("campaign{id}"), ..spec }
}

fn sound(told: &Told) {
    let broken: Vec<String> = told.violations.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty() && told.stopped, "{}", broken.join("\n"));
}

/// Seconds of talk and wrap-up by campaign, from so many seconds on.
fn worked(facts: &[Envelope], from_seconds: f64) -> BTreeMap<CampaignId, f64> {
    let mut sums: BTreeMap<CampaignId, f64> = BTreeMap::new();
    let mut since: BTreeMap<AgentId, (Moment, Option<CampaignId>)> = BTreeMap::new();
    let from = Moment((from_seconds * 1e6) as i64);
    for envelope in facts {
        let Fact::AgentStateChanged { agent, campaign, .. } = &envelope.fact else { continue };
        let before = since.insert(*agent, (envelope.moment, *campaign));
        if let Some((at, Some(campaign))) = before {
            *sums.entry(campaign).or_default() += envelope.moment.since(at.max(from)).as_secs_f64();
        }
    }
    sums
}

/// Both are hungry: the agents' time is near two to one.
#[test]
fn agents_time_follows_the_weights_while_both_are_hungry() {
    let told = live_with(&floor(24, 0.75), vec![spec(1, "2"), spec(2, "1")], |_| ());
    sound(&told);
    let sums = worked(&told.facts, 300.0);
    let ratio = sums[&CampaignId(1)] / sums[&CampaignId(2)];
    assert!((1.7..2.35).contains(&ratio), "{ratio:.2}: {sums:?}");
}

/// The other one has no leads: all agents work for this one, as if they were its alone.
#[test]
fn a_campaign_without_leads_leaves_all_agents_to_the_other() {
    let day = floor(8, 0.5);
    let told = live_with(&day, vec![spec(1, "1"), spec(2, "5")], |world| world.set_list(1, Vec::new()));
    sound(&told);
    let (shared, alone) = (worked(&told.facts, 120.0), worked(&live(&day, spec(1, "1")).facts, 120.0));
    assert!(!shared.contains_key(&CampaignId(2)));
    let (shared, alone) = (shared[&CampaignId(1)], alone[&CampaignId(1)]);
    // By weight it would be a sixth; two runs of eight agents differ by some percent by chance.
    assert!(shared > 0.85 * alone, "{shared:.0} s of work, and {alone:.0} s where they work for it alone");
}

/// People served and let go, over all campaigns.
fn pooled(facts: &[Envelope]) -> (u64, u64) {
    let (mut humans, mut abandoned) = (0, 0);
    for envelope in facts {
        match &envelope.fact {
            Fact::CallBridged { within: true, .. } => humans += 1,
            Fact::CallAbandoned { abandon: Abandon::NoAgent | Abandon::Late | Abandon::Crash, .. } => {
                humans += 1;
                abandoned += 1;
            }
            _ => {}
        }
    }
    (humans, abandoned)
}

/// One seller: what both let go, together, stays under the cap of both served.
#[test]
fn two_campaigns_of_one_seller_stay_under_the_cap_together() {
    let told = live_with(&floor(20, 1.0), vec![spec(1, "1"), spec(2, "1")], |_| ());
    sound(&told);
    let (humans, abandoned) = pooled(&told.facts);
    assert!(humans > 300, "{humans} people are too few to judge");
    assert!(abandoned as f64 <= 0.03 * humans as f64, "{abandoned} of {humans}");
}

/// Same seed, same facts, with agents handed to and fro.
#[test]
fn a_shared_floor_is_twice_the_same() {
    let once = || {
        let told = live_with(&floor(9, 0.2), vec![spec(1, "2"), spec(2, "1"), spec(3, "1")], |_| ());
        serde_json::to_string(&told.facts).expect("facts are JSON")
    };
    assert_eq!(once(), once());
}

/// What a campaign was first told of the seller's budget.
fn told_first(world: &SimWorld<'_>, id: CampaignId) -> Joint {
    for (_, piece) in world.tapes.iter().filter(|(of, _)| *of == id) {
        let mut reader = Reader::open(piece).expect("a piece");
        while let Some((_, _, entry)) = reader.next_entry().expect("whole") {
            if let Entry::Joint(joint) = entry {
                return joint;
            }
        }
    }
    panic!("campaign {id} was told nothing")
}

/// The power goes off in mid-morning. Both campaigns begin again with what both had let go, people on the line at the
/// crash among them: the seller's budget knows no restart.
#[test]
fn one_sellers_budget_outlives_a_power_cut() {
    let disk: Rc<RefCell<Vec<Envelope>>> = Rc::default();
    let sink = || {
        let kept = disk.clone();
        Box::new(move |envelope: &Envelope| kept.borrow_mut().push(envelope.clone()))
    };
    let mut day = floor(6, 0.3);
    day.population.patience_seconds = outpace::sim::dist::Dist::uniform(1.0, 9.0);
    let hasty = |id| {
        let mode = (PREDICTIVE.0, "mode = \"ratio\"\nlines_per_agent = 4.0");
        let spec = campaign(&[mode]);
        let mut spec = CampaignSpec { id: CampaignId(id), name: format!("campaign{id}"), ..spec };
        spec.settings.abandonment.cap = 0.3;
        spec
    };
    let mut world = SimWorld::new(&day, vec![hasty(1), hasty(2)], sink());
    world.cut_at(6_000);
    run(&mut Engine::new(1), &mut world);
    let remains = world.crashes(disk.borrow().clone());
    let before = disk.borrow().len();
    let mut world = SimWorld::after(remains, Duration::from_secs(20), sink());
    run(&mut Engine::new(1), &mut world);
    world.closes();
    assert_eq!(world.checks.violations, []);
    let facts = disk.borrow();
    // Up to the restart, and how it judged the calls that were open.
    let configured = facts.iter().skip(before).position(|e| matches!(e.fact, Fact::CampaignConfigured(_)));
    let known = &facts[..before + configured.expect("it began again")];
    let counts = [CampaignId(1), CampaignId(2)].map(|id| {
        let mut prover = Prover::new(id);
        known.iter().for_each(|fact| prover.observe(fact));
        let total = prover.prove(None, None).expect("it was configured").total;
        (total.human as f64, total.abandoned() as f64)
    });
    let both = (counts[0].0 + counts[1].0, counts[0].1 + counts[1].1);
    assert!(counts.iter().all(|(humans, abandoned)| *humans > 10.0 && *abandoned >= 1.0), "{counts:?}");
    for id in [CampaignId(1), CampaignId(2)] {
        let joint = told_first(&world, id);
        // The seller's: the law's window and its guards. What spills over to shared agents is counted anew.
        for (window, tally) in &joint.windows[..3] {
            assert_eq!((tally.humans, tally.abandoned), both, "{id}, {}", window.name());
        }
    }
}
