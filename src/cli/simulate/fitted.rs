//! A past day of the store as a scenario, and what that day came to, for `simulate --from-day`.

use crate::cli::config::Config;
use crate::cli::evidence::{border, zone_of};
use crate::cli::why::campaign;
use crate::cli::{Failure, block_on, data};
use crate::facts::{Envelope, Fact};
use crate::sim::Scenario;
use crate::sim::population::Fitter;
use crate::sim::report::{Report, Summary};
use crate::store::{FactFilter, Store};
use crate::words::{CallId, CampaignId, Wall};
use std::collections::BTreeSet;
use std::time::Duration;

pub(super) fn from_day(
    config: &Config,
    name: &str,
    day: &str,
    base: &Scenario,
) -> Result<(Scenario, Summary), Failure> {
    block_on(async {
        let store = data::open_store(config).await?;
        let row = campaign(&store, name).await?;
        let zone = zone_of(&row.spec);
        let from = border(day, &zone)?;
        let facts = facts_of(&store, row.id, from).await?;
        store.close().await;
        let (mut fitter, mut report) = (Fitter::new(row.id, zone.clone()), Report::new(0, 0, zone));
        facts.iter().for_each(|fact| {
            fitter.observe(fact);
            report.take(fact);
        });
        let mut base = base.clone();
        base.carrier.trunks.truncate(1);
        for (trunk, shape) in config.trunks.iter().zip(&mut base.carrier.trunks) {
            (shape.channels, shape.calls_per_second) = (trunk.channels, trunk.calls_per_second);
        }
        let scenario = fitter
            .scenario(&base)
            .ok_or_else(|| Failure(format!("no call of \"{name}\" was placed on {day}: there is nothing to fit")))?;
        let mut summary = report.finish(Vec::new());
        summary.leads = u64::from(scenario.list.leads);
        Ok((scenario, summary))
    })
}

/// Of one campaign's day, with its settings and its agents' time; agents who worked for others too keep that time.
async fn facts_of(store: &Store, campaign: CampaignId, from: Wall) -> Result<Vec<Envelope>, Failure> {
    let mut configured = None;
    let settings = FactFilter {
        campaign: Some(campaign),
        kind: Some("campaign_configured".to_owned()),
        to: Some(from + Duration::from_secs(86_400)),
        ..FactFilter::default()
    };
    store.each_fact(&settings, |fact| configured = Some(fact.clone())).await?;
    let day = FactFilter { from: Some(from), to: Some(from + Duration::from_secs(86_400)), ..FactFilter::default() };
    let (mut facts, mut calls): (Vec<Envelope>, BTreeSet<CallId>) = (configured.into_iter().collect(), BTreeSet::new());
    store
        .each_fact(&day, |fact| {
            if let Fact::CallPlaced { call, campaign: of, .. } = &fact.fact
                && *of == campaign
            {
                calls.insert(*call);
            }
            let own =
                fact.fact.campaign() == Some(campaign) || fact.fact.call().is_some_and(|call| calls.contains(&call));
            let agents = matches!(
                fact.fact,
                Fact::AgentLoggedIn { .. } | Fact::AgentStateChanged { .. } | Fact::AgentLoggedOut { .. }
            );
            let again = matches!(fact.fact, Fact::CampaignConfigured(_));
            if (own || agents) && !again {
                facts.push(fact.clone());
            }
        })
        .await?;
    Ok(facts)
}
