//! People who log in: a name, a role, a password. An agent is one of them, made together with the agent.
//! What a role allows is the API's matter.

use super::db::{Row, Tx, args, statements};
use super::table::{enum_from, enum_text};
use super::{Binding, CENTRE, Scope, Store, StoreError, passwords, take_ids};
use crate::words::*;

statements! {
    ADD_USER = one(
        "INSERT INTO users (id, centre, name, role, agent, campaign, lang, password, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (centre, name) DO NOTHING");
    READ_USERS = one("SELECT id, name, role, agent, campaign, lang, created, password FROM users ORDER BY id");
    READ_USER_NAMED = one(
        "SELECT id, name, role, agent, campaign, lang, created, password FROM users WHERE centre = $1 AND name = $2");
    SET_PASSWORD = one("UPDATE users SET password = $2 WHERE id = $1");
    REMOVE_USER = one("DELETE FROM users WHERE id = $1");
    END_SESSIONS = one("DELETE FROM web_session WHERE user_id = $1");
}

#[derive(Debug, Clone, PartialEq)]
pub struct UserRow {
    pub id: UserId,
    /// What they type to log in.
    pub name: String,
    pub role: Scope,
    pub binding: Binding,
    pub lang: Lang,
    pub created: Wall,
}

#[derive(Clone)]
pub struct NewUser<'a> {
    pub name: &'a str,
    pub role: Scope,
    pub binding: Binding,
    pub lang: Lang,
    pub password: &'a str,
    pub now: Wall,
}

impl Store {
    /// Role agent needs its agent, role client its campaign; no other role has either.
    pub async fn add_user(&self, new: &NewUser<'_>) -> Result<UserRow, StoreError> {
        check_name("user", new.name)?;
        check_binding(new.role, new.binding)?;
        passwords::check(new.password)?;
        let kept = passwords::hash(new.password).await;
        let mut tx = self.db().begin().await?;
        let row = add_in(&mut tx, new, &kept).await?;
        tx.commit().await?;
        Ok(row)
    }

    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.db().all(&READ_USERS, args![]).await?.iter().map(user).collect()
    }

    pub async fn user_named(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let row = self.db().first(&READ_USER_NAMED, args![CENTRE.sql(), name]).await?;
        row.as_ref().map(user).transpose()
    }

    /// `None`: unknown name or wrong password; both take the same way and the same time.
    pub async fn check_password(&self, name: &str, password: &str) -> Result<Option<UserRow>, StoreError> {
        let row = self.db().first(&READ_USER_NAMED, args![CENTRE.sql(), name]).await?;
        let kept = row.as_ref().map(|row| row.text(7)).transpose()?;
        let right = passwords::verify(password, kept).await;
        row.filter(|_| right).as_ref().map(user).transpose()
    }

    /// Ends every session of the user's: whoever knew the old password is out.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<(), StoreError> {
        passwords::check(password)?;
        let kept = passwords::hash(password).await;
        let user = self.user_named(name).await?;
        let user = user.ok_or_else(|| StoreError::Missing { what: "user", value: name.to_owned() })?;
        let mut tx = self.db().begin().await?;
        tx.run(&SET_PASSWORD, args![user.id.sql(), kept]).await?;
        tx.run(&END_SESSIONS, args![user.id.sql()]).await?;
        tx.commit().await
    }

    /// False: there was none. An agent of theirs stays, with all it did.
    pub async fn remove_user(&self, name: &str) -> Result<bool, StoreError> {
        let Some(user) = self.user_named(name).await? else { return Ok(false) };
        let mut tx = self.db().begin().await?;
        tx.run(&END_SESSIONS, args![user.id.sql()]).await?;
        let removed = tx.run(&REMOVE_USER, args![user.id.sql()]).await?;
        tx.commit().await?;
        Ok(removed > 0)
    }
}

/// `kept`: the password as it is stored.
pub(super) async fn add_in(tx: &mut Tx, new: &NewUser<'_>, kept: &str) -> Result<UserRow, StoreError> {
    let id = UserId(take_ids(tx, "users", 1).await?);
    let NewUser { name, role, binding, lang, now, .. } = *new;
    let (agent, campaign) = (binding.agent.map(AgentId::sql), binding.campaign.map(CampaignId::sql));
    let args = args![id.sql(), CENTRE.sql(), name, enum_text(&role), agent, campaign, enum_text(&lang), kept, now.0];
    if tx.run(&ADD_USER, args).await? == 0 {
        return Err(StoreError::Taken { what: "user", value: name.to_owned() });
    }
    Ok(UserRow { id, name: name.to_owned(), role, binding, lang, created: now })
}

pub(super) fn user(row: &Row) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        id: UserId::from_sql(row.int(0)?),
        name: row.text(1)?,
        role: enum_from(&row.text(2)?)?,
        binding: Binding {
            agent: row.opt_int(3)?.map(AgentId::from_sql),
            campaign: row.opt_int(4)?.map(CampaignId::from_sql),
            client: None,
        },
        lang: enum_from(&row.text(5)?)?,
        created: Wall(row.int(6)?),
    })
}

/// An agent's name is the user part of a SIP URI and stands in a digest: letters, digits, `.`, `-`, `_`; others follow.
pub(super) fn check_name(what: &'static str, name: &str) -> Result<(), StoreError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if (1..=32).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    let value = name.chars().take(40).collect();
    Err(StoreError::Invalid { what, value, fix: "1 to 32 letters, digits, dots, hyphens or underscores are a name" })
}

/// Without its binding an agent's or a client's login would see what is others'.
fn check_binding(role: Scope, binding: Binding) -> Result<(), StoreError> {
    let fix = match (role, binding.agent.is_some(), binding.campaign.is_some()) {
        (Scope::Agent, true, false) | (Scope::Client, false, true) => return Ok(()),
        (Scope::Admin | Scope::Manager | Scope::Supervisor, false, false) => return Ok(()),
        (Scope::Agent, _, _) => "name the agent, and no campaign",
        (Scope::Client, _, _) => "name the campaign, and no agent",
        (Scope::Admin | Scope::Manager | Scope::Supervisor, _, _) => "name neither agent nor campaign",
    };
    Err(StoreError::Invalid { what: "role", value: role.to_string(), fix })
}
