//! The house: the database, the campaigns in it and in the folder, and what the clock did to them.

use super::super::config::Config;
use super::super::{check, data};
use super::finding::Finding;
use crate::live::clock::wall_now;
use crate::script::check as walk;
use crate::store::{Examined, FactFilter, Store, StoreError, examine as look_at};
use crate::words::{Reason, Text};
use std::collections::BTreeMap;

/// A fact that is younger than now by more says that the clock was set back.
const SET_BACK_SECONDS: i64 = 5;

pub(super) async fn examine(config: &Config) -> (Option<Store>, Vec<Finding>) {
    let mut findings = Vec::new();
    let examined = look_at(&config.store.url, &config.data.dir).await;
    let (usable, finding) = database(examined);
    findings.push(finding);
    let store = if usable { Store::open(&config.store.url, &config.data.dir).await.ok() } else { None };
    if let Some(store) = &store {
        findings.push(clock_against_facts(store).await);
        findings.extend(leads(store).await);
    }
    findings.extend(folders(config));
    (store, findings)
}

/// Usable: its tables are those of this program.
fn database(examined: Result<Examined, StoreError>) -> (bool, Finding) {
    let examined = match examined {
        Ok(examined) => examined,
        Err(error) => {
            let (meaning, fix) = (Reason::new("doctor.store_away"), Reason::new("doctor.store_away_fix"));
            return (false, Finding::bad(Reason::new("doctor.on_database"), error.to_string(), meaning, fix));
        }
    };
    let what = Reason::new("doctor.on_database_at").with("url", &examined.url);
    if let Some(damage) = examined.damage {
        let (meaning, fix) = (Reason::new("doctor.store_damaged"), Reason::new("doctor.store_damaged_fix"));
        return (false, Finding::bad(what, damage, meaning, fix));
    }
    if !examined.newer.is_empty() {
        let seen = Reason::new("doctor.is_newer").with("versions", format!("{:?}", examined.newer));
        let (meaning, fix) = (Reason::new("doctor.store_newer"), Reason::new("doctor.store_newer_fix"));
        return (false, Finding::bad(what, seen, meaning, fix));
    }
    if examined.absent {
        return (false, Finding::good(what, Reason::new("doctor.is_absent")));
    }
    if !examined.missing.is_empty() {
        let seen = Reason::new("doctor.is_behind").with("versions", format!("{:?}", examined.missing));
        return (false, Finding::good(what, seen));
    }
    (true, Finding::good(what, Reason::new("doctor.is_whole")))
}

async fn clock_against_facts(store: &Store) -> Finding {
    let what = Reason::new("doctor.on_clock_facts");
    let now = wall_now();
    let filter =
        FactFilter { from: Some(crate::words::Wall(now.0 + SET_BACK_SECONDS * 1_000_000)), ..FactFilter::default() };
    match store.facts(&filter, None, 1).await {
        Ok(facts) => match facts.first() {
            Some(fact) => {
                let seen =
                    Reason::new("doctor.is_younger").with("fact", fact.wall.rfc3339()).with("now", now.rfc3339());
                Finding::bad(what, seen, Reason::new("doctor.clock_back"), Reason::new("doctor.clock_fix"))
            }
            None => Finding::good(what, Reason::new("doctor.is_in_order")),
        },
        Err(error) => {
            let (meaning, fix) = (Reason::new("doctor.store_away"), Reason::new("doctor.store_away_fix"));
            Finding::bad(what, error.to_string(), meaning, fix)
        }
    }
}

/// Campaigns that run and have nothing left to dial.
async fn leads(store: &Store) -> Vec<Finding> {
    let mut findings = Vec::new();
    for campaign in store.campaigns().await.unwrap_or_default() {
        let what = Reason::new("doctor.on_campaign").with("campaign", &campaign.name);
        let Ok(counts) = store.lead_counts(campaign.id).await else { continue };
        // Those that are taken out for dialing have not been called yet.
        let open = counts.pending + counts.in_flight;
        let seen = Reason::new("doctor.is_leads").with("open", open).with("scheduled", counts.scheduled);
        let seen = seen.with("done", counts.closed);
        if counts.pending + counts.scheduled + counts.in_flight == 0 {
            let fix = Reason::new("doctor.no_leads_fix").with("campaign", &campaign.name);
            findings.push(Finding::doubtful(what, seen, Reason::new("doctor.no_leads"), fix));
        } else {
            findings.push(Finding::good(what, seen));
        }
    }
    findings
}

fn folders(config: &Config) -> Vec<Finding> {
    let folders = data::campaign_folders(config);
    if folders.is_empty() {
        let what = Reason::new("doctor.on_folders").with("dir", config.data.dir.join("campaigns").display());
        let (meaning, fix) = (Reason::new("doctor.no_campaign"), Reason::new("doctor.no_campaign_fix"));
        return vec![Finding::doubtful(what, Reason::new("doctor.is_none"), meaning, fix)];
    }
    folders.iter().map(|(name, dir)| folder(config, name, dir)).collect()
}

fn folder(config: &Config, name: &str, dir: &std::path::Path) -> Finding {
    let what = Reason::new("doctor.on_folder").with("campaign", name);
    let bad = |seen: Text| {
        let fix = Reason::new("doctor.campaign_fix").with("dir", dir.display());
        Finding::bad(what.clone(), seen, Reason::new("doctor.campaign"), fix)
    };
    let files: BTreeMap<String, Vec<u8>> = match data::read_folder(dir) {
        Ok(files) => files,
        Err(reason) => return bad(reason.in_each()),
    };
    let bundle = match crate::campaign::bundle(&files) {
        Ok(bundle) => bundle,
        Err(problems) => {
            let wrong = Reason::new("doctor.is_wrong").with("count", problems.len());
            let first = |lang| problems.first().map(|problem| problem.text(lang)).unwrap_or_default();
            return bad(Text::in_each(|lang| wrong.clone().with("first", first(lang)).text(lang)));
        }
    };
    let known = |name: &String| config.trunks.iter().any(|trunk| &trunk.name == name);
    let missing: Vec<&String> = bundle.settings.dialing.trunks.iter().filter(|name| !known(name)).collect();
    if let Some(first) = missing.first() {
        let meaning = Reason::new("doctor.campaign_trunk").with("trunk", first);
        let fix = Reason::new("doctor.campaign_trunk_fix").with("trunk", first);
        return Finding::bad(what, Reason::new("doctor.is_trunk_named").with("trunk", first), meaning, fix);
    }
    let (version, bundle) = (bundle.version.clone(), data::with_shared_scripts(bundle));
    let report = walk::check(&check::inputs(dir, &bundle));
    if report.has_errors() {
        return bad(Text::in_each(|lang| report.lines(lang).collect::<Vec<_>>().join("; ")));
    }
    Finding::good(what, Reason::new("doctor.is_ready").with("version", version))
}
