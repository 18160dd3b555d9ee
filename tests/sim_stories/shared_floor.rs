//! Several campaigns on one floor: agents are shared by weights, one seller has one budget.

use crate::kit::*;
use outpace::engine::CampaignSpec;
use outpace::facts::{Abandon, Envelope, Fact};
use outpace::sim::Scenario;
use outpace::words::*;
use std::collections::BTreeMap;

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

/// The other one has no leads: all agents work for this one, as if they were its alone.
#[test]
fn a_campaign_without_leads_leaves_all_agents_to_the_other() {
    let day = floor(8, 0.5);
    let told = live_with(&day, vec![spec(1, "1"), spec(2, "5")], |world| world.set_list(1, Vec::new()));
    sound(&told);
    let (shared, alone) = (worked(&told.facts, 120.0), worked(&live(&day, spec(1, "1")).facts, 120.0));
    assert!(!shared.contains_key(&CampaignId(2)));
    let (shared, alone) = (shared[&CampaignId(1)], alone[&CampaignId(1)]);
    assert!(shared > 0.95 * alone, "{shared:.0} s of work, and {alone:.0} s where they work for it alone");
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
