//! Lists that came in by whatever way: the API itself, or `outpace import` beside a running server. The store writes
//! their fact by itself, so those who watch, the KPIs and the engine hear of it here. It imports nothing.

use super::state::Api;
use crate::engine::Request;
use crate::store::{FactCursor, FactFilter, STORE_NODE, StoreError};
use crate::words::CampaignId;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::Mutex;

const LOOK: Duration = Duration::from_secs(1);
const PAGE: u32 = 1_000;

/// How far the imports of the store have been told.
pub struct Imports {
    told: Mutex<u64>,
}

impl Imports {
    /// `told`: the seq of the last fact of the store's own that the KPIs hold already.
    pub fn new(told: u64) -> Imports {
        Imports { told: Mutex::new(told) }
    }

    /// Tells what is new, once. Returns the campaigns whose lists grew.
    pub async fn tell(&self, api: &Api) -> Result<BTreeSet<CampaignId>, StoreError> {
        let mut told = self.told.lock().await;
        let mut grown = BTreeSet::new();
        loop {
            let after = FactCursor { node: STORE_NODE, seq: *told };
            let page = api.store.facts(&FactFilter::default(), Some(after), PAGE).await?;
            let page: Vec<_> = page.into_iter().filter(|fact| fact.node == STORE_NODE).collect();
            let Some(last) = page.last() else { return Ok(grown) };
            *told = last.seq;
            for fact in page {
                grown.extend(fact.fact.campaign());
                api.feed.observe_written(fact);
            }
        }
    }

    /// Looks every second until the task is dropped. A store that is away is the writer's matter to name.
    pub async fn follow(&self, api: &Api) {
        let mut look = tokio::time::interval(LOOK);
        // What was imported before the first ring is heard, is told by the first look.
        let (mut bell, mut first) = (None, true);
        loop {
            look.tick().await;
            let Some(bell) = &mut bell else {
                bell = api.store.listen().await.ok();
                continue;
            };
            let Ok(rung) = api.store.leads_changed(bell).await else { continue };
            if rung.is_empty() && !std::mem::take(&mut first) {
                continue;
            }
            for campaign in self.tell(api).await.unwrap_or_default() {
                // A campaign that is not configured yet takes its leads when it is.
                let _ = api.ask("import", Request::LeadsChanged { campaign }).await;
            }
        }
    }
}
