//! Campaigns as stored: the folder's files, its checked form as the caller writes it, and the state that facts gave it.
//! It reads no settings.

use super::db::{Row, args, statements};
use super::table::enum_from;
use super::{CENTRE, Store, StoreError, take_ids};
use crate::words::*;
use std::collections::BTreeMap;

statements! {
    ADD_SELLER = one("INSERT INTO seller (id, centre, name) VALUES ($1, $2, 'seller') ON CONFLICT (id) DO NOTHING");
    ADD_CLIENT = one("INSERT INTO client (id, centre, name) VALUES ($1, $2, 'client') ON CONFLICT (id) DO NOTHING");
    ADD_CAMPAIGN = one(
        "INSERT INTO campaign (id, centre, name, version, seller, client, spec, updated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (centre, name) DO UPDATE SET version = excluded.version, seller = excluded.seller, client = excluded.client,
             spec = excluded.spec, updated = excluded.updated
         RETURNING id");
    FIND_CAMPAIGN = one("SELECT id FROM campaign WHERE centre = $1 AND name = $2");
    DROP_FILES = one("DELETE FROM campaign_file WHERE campaign = $1");
    ADD_FILE = one("INSERT INTO campaign_file (centre, campaign, path, content) VALUES ($1, $2, $3, $4)");
    READ_CAMPAIGNS = one("SELECT id, name, version, seller, client, state, spec, updated FROM campaign ORDER BY id");
    READ_CAMPAIGNS_AFTER = one(
        "SELECT id, name, version, seller, client, state, spec, updated FROM campaign
         WHERE ($1 = 0 OR id = $1) AND id > $2 ORDER BY id LIMIT $3");
    READ_CAMPAIGN = one("SELECT id, name, version, seller, client, state, spec, updated FROM campaign WHERE id = $1");
    READ_CAMPAIGN_NAMED = one(
        "SELECT id, name, version, seller, client, state, spec, updated FROM campaign WHERE centre = $1 AND name = $2");
    READ_FILES = one("SELECT path, content FROM campaign_file WHERE campaign = $1 ORDER BY path");
}

/// Of one page.
const PAGE_MAX: u32 = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub struct CampaignRow {
    pub id: CampaignId,
    /// The folder's name.
    pub name: String,
    pub version: String,
    pub seller: SellerId,
    pub client: ClientId,
    pub state: CampaignState,
    /// JSON of the caller.
    pub spec: String,
    pub updated: Wall,
}

#[derive(Debug, Clone)]
pub struct NewCampaign<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub seller: SellerId,
    pub client: ClientId,
    pub spec: &'a str,
    /// Path within the folder to bytes: `campaign.toml`, `flow.lua`, `prompts/welcome.wav`.
    pub files: &'a BTreeMap<String, Vec<u8>>,
    pub now: Wall,
}

impl Store {
    /// The same name is the same campaign, in a new version; its leads and state stay.
    pub async fn put_campaign(&self, new: &NewCampaign<'_>) -> Result<CampaignId, StoreError> {
        let mut tx = self.db().begin().await?;
        tx.run(&ADD_SELLER, args![new.seller.sql(), CENTRE.sql()]).await?;
        tx.run(&ADD_CLIENT, args![new.client.sql(), CENTRE.sql()]).await?;
        let id = match tx.first(&FIND_CAMPAIGN, args![CENTRE.sql(), new.name]).await? {
            Some(row) => row.int(0)?,
            None => take_ids(&mut tx, "campaign", 1).await? as i64,
        };
        let (seller, client) = (new.seller.sql(), new.client.sql());
        let args = args![id, CENTRE.sql(), new.name, new.version, seller, client, new.spec, new.now.0];
        let row = tx.first(&ADD_CAMPAIGN, args).await?;
        let id = row.ok_or(StoreError::Missing { what: "campaign", value: new.name.to_owned() })?.int(0)?;
        tx.run(&DROP_FILES, args![id]).await?;
        for (path, content) in new.files {
            tx.run(&ADD_FILE, args![CENTRE.sql(), id, path, content.clone()]).await?;
        }
        tx.commit().await?;
        Ok(CampaignId::from_sql(id))
    }

    pub async fn campaigns(&self) -> Result<Vec<CampaignRow>, StoreError> {
        self.db().all(&READ_CAMPAIGNS, args![]).await?.iter().map(read).collect()
    }

    /// A page of them, the oldest first. `only`: this one, if it is on the page.
    pub async fn campaigns_after(
        &self,
        only: Option<CampaignId>,
        after: Option<CampaignId>,
        limit: u32,
    ) -> Result<Vec<CampaignRow>, StoreError> {
        let (only, after) = (only.map_or(0, CampaignId::sql), after.map_or(0, CampaignId::sql));
        self.db().all(&READ_CAMPAIGNS_AFTER, args![only, after, limit.min(PAGE_MAX)]).await?.iter().map(read).collect()
    }

    pub async fn campaign(&self, id: CampaignId) -> Result<Option<CampaignRow>, StoreError> {
        self.db().first(&READ_CAMPAIGN, args![id.sql()]).await?.as_ref().map(read).transpose()
    }

    pub async fn campaign_named(&self, name: &str) -> Result<Option<CampaignRow>, StoreError> {
        self.db().first(&READ_CAMPAIGN_NAMED, args![CENTRE.sql(), name]).await?.as_ref().map(read).transpose()
    }

    pub async fn campaign_files(&self, id: CampaignId) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let rows = self.db().all(&READ_FILES, args![id.sql()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.blob(1)?))).collect()
    }
}

fn read(row: &Row) -> Result<CampaignRow, StoreError> {
    Ok(CampaignRow {
        id: CampaignId::from_sql(row.int(0)?),
        name: row.text(1)?,
        version: row.text(2)?,
        seller: SellerId::from_sql(row.int(3)?),
        client: ClientId::from_sql(row.int(4)?),
        state: enum_from(&row.text(5)?)?,
        spec: row.text(6)?,
        updated: Wall(row.int(7)?),
    })
}
