//! Wake-ups between processes: who changes a list rings its bell, who leases from it listens.
//! The bell is a counter in a table, so that no ring is lost; listening is a look every so often.

use super::db::{Tx, args, statements};
use super::{CENTRE, Store, StoreError};
use crate::words::CampaignId;
use std::collections::BTreeMap;

statements! {
    RING = one(
        "INSERT INTO bell (centre, name, rung) VALUES ($1, $2, 1) ON CONFLICT (name) DO UPDATE SET rung = bell.rung + 1");
    READ_BELLS = one("SELECT name, rung FROM bell ORDER BY name");
}

pub(super) fn leads_bell(campaign: CampaignId) -> String {
    format!("leads:{campaign}")
}

pub(super) async fn ring(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    tx.run(&RING, args![CENTRE.sql(), name]).await.map(|_| ())
}

/// A listener's memory.
#[derive(Debug, Clone)]
pub struct Bell {
    heard: BTreeMap<String, i64>,
}

impl Store {
    /// Hears what is rung from now on.
    pub async fn listen(&self) -> Result<Bell, StoreError> {
        Ok(Bell { heard: self.rung().await? })
    }

    /// The campaigns whose leads changed since the last look. Cheap: call it every second or so.
    pub async fn leads_changed(&self, bell: &mut Bell) -> Result<Vec<CampaignId>, StoreError> {
        let rung = self.rung().await?;
        let new = rung.iter().filter(|(name, n)| bell.heard.get(*name) != Some(n));
        let campaigns = new.filter_map(|(name, _)| name.strip_prefix("leads:")?.parse().ok()).collect();
        bell.heard = rung;
        Ok(campaigns)
    }

    async fn rung(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        self.db().all(&READ_BELLS, args![]).await?.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }
}
