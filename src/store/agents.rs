//! Agents: who they are, and how their page and their softphone prove it. Both secrets are made here, at random,
//! shown once, and kept only as hashes (the softphone's as HA1, RFC 2617 section 3.2.2.2 and RFC 7616 section 3.4.2).
//!
//! A page password has 128 random bits, so one salted SHA-256 is enough; a password that a person chooses would need more.

use super::db::{Row, args, statements};
use super::table::{enum_from, enum_text};
use super::{CENTRE, Store, StoreError, hex, secret_hex, take_ids};
use crate::words::*;
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

statements! {
    ADD_AGENT = one(
        "INSERT INTO agent (id, centre, name, lang, page_salt, page_hash, realm, ha1_md5, ha1_sha256, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (centre, name) DO NOTHING");
    READ_AGENTS = one("SELECT id, name, lang, created FROM agent ORDER BY id");
    READ_AGENT = one("SELECT id, name, lang, created FROM agent WHERE id = $1");
    READ_AGENT_NAMED = one("SELECT id, name, lang, created, page_salt, page_hash FROM agent WHERE centre = $1 AND name = $2");
    READ_CREDENTIALS = one("SELECT id, name, realm, ha1_md5, ha1_sha256 FROM agent ORDER BY id");
    RENEW_SECRETS = one(
        "UPDATE agent SET page_salt = $2, page_hash = $3, realm = $4, ha1_md5 = $5, ha1_sha256 = $6 WHERE id = $1");
}

#[derive(Debug, Clone, PartialEq)]
pub struct AgentRow {
    pub id: AgentId,
    /// Login name, and user part of the softphone's address of record.
    pub name: String,
    pub lang: Lang,
    pub created: Wall,
}

/// Shown once. It prints nothing of itself.
#[derive(Clone, PartialEq)]
pub struct NewAgentSecrets {
    pub id: AgentId,
    pub page_password: String,
    pub sip_secret: String,
}

impl std::fmt::Debug for NewAgentSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewAgentSecrets({})", self.id)
    }
}

/// What the registrar needs: H(name:realm:secret) in lower-case hex.
#[derive(Clone, PartialEq)]
pub struct SipCredential {
    pub agent: AgentId,
    pub name: String,
    pub realm: String,
    pub ha1_md5: String,
    pub ha1_sha256: String,
}

struct Hashes {
    page_salt: String,
    page_hash: String,
    ha1_md5: String,
    ha1_sha256: String,
}

impl Store {
    /// `sip_realm`: of the digest challenge; the secret serves only there.
    pub async fn create_agent(
        &self,
        name: &str,
        lang: Lang,
        sip_realm: &str,
        now: Wall,
    ) -> Result<NewAgentSecrets, StoreError> {
        check_name(name)?;
        let (secrets, hashes) = secrets(name, sip_realm);
        let mut tx = self.db().begin().await?;
        let id = AgentId(take_ids(&mut tx, "agent", 1).await?);
        let Hashes { page_salt, page_hash, ha1_md5, ha1_sha256 } = hashes;
        let args = args![
            id.sql(),
            CENTRE.sql(),
            name,
            enum_text(&lang),
            page_salt,
            page_hash,
            sip_realm,
            ha1_md5,
            ha1_sha256,
            now.0
        ];
        if tx.run(&ADD_AGENT, args).await? == 0 {
            return Err(StoreError::Taken { what: "agent", value: name.to_owned() });
        }
        tx.commit().await?;
        Ok(NewAgentSecrets { id, ..secrets })
    }

    /// New secrets for an agent who lost them, or after the realm changed. The old ones stop working at once.
    pub async fn renew_agent_secrets(&self, id: AgentId, sip_realm: &str) -> Result<NewAgentSecrets, StoreError> {
        let missing = || StoreError::Missing { what: "agent", value: id.to_string() };
        let agent = self.agent(id).await?.ok_or_else(missing)?;
        let (secrets, hashes) = secrets(&agent.name, sip_realm);
        let Hashes { page_salt, page_hash, ha1_md5, ha1_sha256 } = hashes;
        self.db().run(&RENEW_SECRETS, args![id.sql(), page_salt, page_hash, sip_realm, ha1_md5, ha1_sha256]).await?;
        Ok(NewAgentSecrets { id, ..secrets })
    }

    pub async fn agents(&self) -> Result<Vec<AgentRow>, StoreError> {
        self.db().all(&READ_AGENTS, args![]).await?.iter().map(agent).collect()
    }

    pub async fn agent(&self, id: AgentId) -> Result<Option<AgentRow>, StoreError> {
        self.db().first(&READ_AGENT, args![id.sql()]).await?.as_ref().map(agent).transpose()
    }

    pub async fn agent_named(&self, name: &str) -> Result<Option<AgentRow>, StoreError> {
        self.db().first(&READ_AGENT_NAMED, args![CENTRE.sql(), name]).await?.as_ref().map(agent).transpose()
    }

    /// `None`: unknown name or wrong password; both take the same way.
    pub async fn check_page_password(&self, name: &str, password: &str) -> Result<Option<AgentRow>, StoreError> {
        let row = self.db().first(&READ_AGENT_NAMED, args![CENTRE.sql(), name]).await?;
        let (salt, hash) = match &row {
            Some(row) => (row.text(4)?, row.text(5)?),
            None => (String::new(), String::new()),
        };
        let right = bool::from(page_hash(&salt, password).as_bytes().ct_eq(hash.as_bytes()));
        row.filter(|_| right).as_ref().map(agent).transpose()
    }

    pub async fn sip_credentials(&self) -> Result<Vec<SipCredential>, StoreError> {
        let of = |row: &Row| {
            Ok(SipCredential {
                agent: AgentId::from_sql(row.int(0)?),
                name: row.text(1)?,
                realm: row.text(2)?,
                ha1_md5: row.text(3)?,
                ha1_sha256: row.text(4)?,
            })
        };
        self.db().all(&READ_CREDENTIALS, args![]).await?.iter().map(of).collect()
    }
}

fn agent(row: &Row) -> Result<AgentRow, StoreError> {
    Ok(AgentRow {
        id: AgentId::from_sql(row.int(0)?),
        name: row.text(1)?,
        lang: enum_from(&row.text(2)?)?,
        created: Wall(row.int(3)?),
    })
}

/// The name is the user part of a SIP URI and stands in a digest: letters, digits, `.`, `-`, `_`.
fn check_name(name: &str) -> Result<(), StoreError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if (1..=32).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    let value = name.chars().take(40).collect();
    Err(StoreError::Invalid {
        what: "agent",
        value,
        fix: "1 to 32 letters, digits, dots, hyphens or underscores are a name",
    })
}

fn secrets(name: &str, realm: &str) -> (NewAgentSecrets, Hashes) {
    let (page_password, sip_secret) = (secret_hex()[..32].to_owned(), secret_hex()[..32].to_owned());
    let page_salt = secret_hex()[..32].to_owned();
    let a1 = format!("{name}:{realm}:{sip_secret}");
    let hashes = Hashes {
        page_hash: page_hash(&page_salt, &page_password),
        page_salt,
        ha1_md5: hex(&Md5::digest(&a1)),
        ha1_sha256: hex(&Sha256::digest(&a1)),
    };
    (NewAgentSecrets { id: AgentId(0), page_password, sip_secret }, hashes)
}

fn page_hash(salt: &str, password: &str) -> String {
    hex(&Sha256::new().chain_update(salt).chain_update(":").chain_update(password).finalize())
}
