//! Agents: who they are, and how their page and their softphone prove it. Both secrets are made here, at random, shown
//! once, and kept only as hashes: the softphone's as HA1 (RFC 2617 section 3.2.2.2 and RFC 7616 section 3.4.2), the
//! page's as the password of a user of the same name.

use super::db::{Row, args, statements};
use super::table::{enum_from, enum_text};
use super::users::{NewUser, add_in, check_name};
use super::{Binding, CENTRE, Scope, Store, StoreError, hex, passwords, secret_hex, take_ids};
use crate::words::*;
use md5::Md5;
use sha2::{Digest, Sha256};

statements! {
    ADD_AGENT = one(
        "INSERT INTO agent (id, centre, name, lang, realm, ha1_md5, ha1_sha256, created, display)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (centre, name) DO NOTHING");
    READ_AGENTS = one("SELECT id, name, lang, created, display FROM agent ORDER BY id");
    READ_AGENTS_AFTER = one("SELECT id, name, lang, created, display FROM agent WHERE id > $1 ORDER BY id LIMIT $2");
    READ_AGENT = one("SELECT id, name, lang, created, display FROM agent WHERE id = $1");
    READ_AGENT_NAMED = one("SELECT id, name, lang, created, display FROM agent WHERE centre = $1 AND name = $2");
    READ_CREDENTIALS = one("SELECT id, name, realm, ha1_md5, ha1_sha256 FROM agent ORDER BY id");
    RENEW_SECRET = one("UPDATE agent SET realm = $2, ha1_md5 = $3, ha1_sha256 = $4 WHERE id = $1");
}

/// Letters of a name that is shown.
const DISPLAY_MAX: usize = 64;
/// Of one page.
const PAGE_MAX: u32 = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub struct AgentRow {
    pub id: AgentId,
    /// Login name, and user part of the softphone's address of record.
    pub name: String,
    /// As customers, the floor and the desk know the agent; `None`: by the login name.
    pub display: Option<String>,
    pub lang: Lang,
    pub created: Wall,
}

impl AgentRow {
    pub fn shown(&self) -> &str {
        self.display.as_deref().unwrap_or(&self.name)
    }
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

/// As the registrar keeps it.
struct Hashes {
    md5: String,
    sha256: String,
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
        self.create_agent_shown(name, None, lang, sip_realm, now).await
    }

    /// `display`: as people know the agent, in any letters.
    pub async fn create_agent_shown(
        &self,
        name: &str,
        display: Option<&str>,
        lang: Lang,
        sip_realm: &str,
        now: Wall,
    ) -> Result<NewAgentSecrets, StoreError> {
        check_name("agent", name)?;
        let display = display.map(check_display).transpose()?;
        let (page_password, sip_secret) = (passwords::generate(), secret_hex()[..32].to_owned());
        let kept = passwords::hash(&page_password).await;
        let Hashes { md5, sha256 } = hashes(name, sip_realm, &sip_secret);
        let mut tx = self.db().begin().await?;
        let id = AgentId(take_ids(&mut tx, "agent", 1).await?);
        let args = args![
            id.sql(),
            CENTRE.sql(),
            name,
            enum_text(&lang),
            sip_realm,
            md5,
            sha256,
            now.0,
            display.map(str::to_owned)
        ];
        if tx.run(&ADD_AGENT, args).await? == 0 {
            return Err(StoreError::Taken { what: "agent", value: name.to_owned() });
        }
        let binding = Binding { agent: Some(id), ..Binding::default() };
        let user = NewUser { name, role: Scope::Agent, binding, lang, password: &page_password, now };
        add_in(&mut tx, &user, &kept).await?;
        tx.commit().await?;
        Ok(NewAgentSecrets { id, page_password, sip_secret })
    }

    /// A new secret for a softphone that lost it, or after the realm changed. The old one stops working at once.
    /// The page's password is renewed with `set_password`.
    pub async fn renew_sip_secret(&self, id: AgentId, sip_realm: &str) -> Result<String, StoreError> {
        let missing = || StoreError::Missing { what: "agent", value: id.to_string() };
        let agent = self.agent(id).await?.ok_or_else(missing)?;
        let secret = secret_hex()[..32].to_owned();
        let Hashes { md5, sha256 } = hashes(&agent.name, sip_realm, &secret);
        self.db().run(&RENEW_SECRET, args![id.sql(), sip_realm, md5, sha256]).await?;
        Ok(secret)
    }

    pub async fn agents(&self) -> Result<Vec<AgentRow>, StoreError> {
        self.db().all(&READ_AGENTS, args![]).await?.iter().map(agent).collect()
    }

    /// A page of them, the oldest first.
    pub async fn agents_after(&self, after: Option<AgentId>, limit: u32) -> Result<Vec<AgentRow>, StoreError> {
        let args = args![after.map_or(0, AgentId::sql), limit.min(PAGE_MAX)];
        self.db().all(&READ_AGENTS_AFTER, args).await?.iter().map(agent).collect()
    }

    pub async fn agent(&self, id: AgentId) -> Result<Option<AgentRow>, StoreError> {
        self.db().first(&READ_AGENT, args![id.sql()]).await?.as_ref().map(agent).transpose()
    }

    pub async fn agent_named(&self, name: &str) -> Result<Option<AgentRow>, StoreError> {
        self.db().first(&READ_AGENT_NAMED, args![CENTRE.sql(), name]).await?.as_ref().map(agent).transpose()
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
        display: row.opt_text(4)?,
    })
}

/// In any letters; it is read out and shown, and never asked for.
fn check_display(text: &str) -> Result<&str, StoreError> {
    let text = text.trim();
    if (1..=DISPLAY_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    let value = text.chars().take(40).collect();
    Err(StoreError::Invalid { what: "display_name", value, fix: "1 to 64 letters of any script are a display name" })
}

fn hashes(name: &str, realm: &str, secret: &str) -> Hashes {
    let a1 = format!("{name}:{realm}:{secret}");
    Hashes { md5: hex(&Md5::digest(&a1)), sha256: hex(&Sha256::digest(&a1)) }
}
