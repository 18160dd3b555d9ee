//! API keys: `op_<id>_<secret>`, printed once; of the secret only its SHA-256 is kept (it has 256 random bits).
//! What a scope allows is the API's matter.

use super::db::{Row, args, statements};
use super::table::{enum_from, enum_text};
use super::{CENTRE, Store, StoreError, hex, secret_hex, take_ids};
use crate::words::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq;

statements! {
    ADD_KEY = one(
        "INSERT INTO api_key (id, centre, scope, campaign, client, agent, hash, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    KEY_HOLDS = one("SELECT id FROM api_key WHERE id = $1 AND revoked IS NULL");
    READ_KEY = one("SELECT id, scope, campaign, client, agent, created, revoked, hash FROM api_key WHERE id = $1");
    READ_KEYS = one("SELECT id, scope, campaign, client, agent, created, revoked FROM api_key ORDER BY id");
    REVOKE_KEY = one("UPDATE api_key SET revoked = $2 WHERE id = $1 AND revoked IS NULL");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Admin,
    Manager,
    Supervisor,
    Agent,
    Client,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&enum_text(self))
    }
}
impl FromStr for Scope {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Scope, StoreError> {
        enum_from(text).map_err(|_| StoreError::Invalid {
            what: "scope",
            value: text.chars().take(40).collect(),
            fix: "it is one of admin, manager, supervisor, agent, client",
        })
    }
}

/// A key may be bound to one campaign, one client or one agent, and sees nothing else then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Binding {
    pub campaign: Option<CampaignId>,
    pub client: Option<ClientId>,
    pub agent: Option<AgentId>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct KeyRow {
    pub id: KeyId,
    pub scope: Scope,
    pub binding: Binding,
    pub created: Wall,
    pub revoked: Option<Wall>,
}

impl Store {
    /// The row, and the key itself: nobody can read it again.
    pub async fn create_key(&self, scope: Scope, binding: Binding, now: Wall) -> Result<(KeyRow, String), StoreError> {
        let secret = secret_hex();
        let mut tx = self.db().begin().await?;
        let id = KeyId(take_ids(&mut tx, "api_key", 1).await?);
        let args = args![
            id.sql(),
            CENTRE.sql(),
            enum_text(&scope),
            binding.campaign.map(CampaignId::sql),
            binding.client.map(ClientId::sql),
            binding.agent.map(AgentId::sql),
            hash(&secret),
            now.0
        ];
        tx.run(&ADD_KEY, args).await?;
        tx.commit().await?;
        Ok((KeyRow { id, scope, binding, created: now, revoked: None }, format!("op_{id}_{secret}")))
    }

    /// `None`: not a key, unknown, wrong or revoked; nobody is told which.
    pub async fn check_key(&self, key: &str) -> Result<Option<KeyRow>, StoreError> {
        let parts = key.strip_prefix("op_").and_then(|rest| rest.split_once('_'));
        let Some((id, secret)) = parts.and_then(|(id, secret)| Some((id.parse::<KeyId>().ok()?, secret))) else {
            return Ok(None);
        };
        let Some(row) = self.db().first(&READ_KEY, args![id.sql()]).await? else {
            return Ok(None);
        };
        let right = bool::from(hash(secret).as_bytes().ct_eq(row.text(7)?.as_bytes()));
        Ok(Some(read(&row)?).filter(|row| right && row.revoked.is_none()))
    }

    /// Not revoked since it was checked.
    pub async fn key_holds(&self, id: KeyId) -> Result<bool, StoreError> {
        Ok(self.db().first(&KEY_HOLDS, args![id.sql()]).await?.is_some())
    }

    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        self.db().all(&READ_KEYS, args![]).await?.iter().map(read).collect()
    }

    /// False: there was nothing to revoke.
    pub async fn revoke_key(&self, id: KeyId, now: Wall) -> Result<bool, StoreError> {
        Ok(self.db().run(&REVOKE_KEY, args![id.sql(), now.0]).await? > 0)
    }
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

fn read(row: &Row) -> Result<KeyRow, StoreError> {
    Ok(KeyRow {
        id: KeyId::from_sql(row.int(0)?),
        scope: enum_from(&row.text(1)?)?,
        binding: Binding {
            campaign: row.opt_int(2)?.map(CampaignId::from_sql),
            client: row.opt_int(3)?.map(ClientId::from_sql),
            agent: row.opt_int(4)?.map(AgentId::from_sql),
        },
        created: Wall(row.int(5)?),
        revoked: row.opt_int(6)?.map(Wall),
    })
}
