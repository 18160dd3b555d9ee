//! Who is logged in: random tokens of 256 bits, kept as SHA-256, with an end when nothing comes and an end in any case.
//! They survive a restart. It refuses to know of cookies.

use super::db::{args, statements};
use super::users::user;
use super::{CENTRE, Store, StoreError, UserRow, hex, secret_hex};
use crate::words::*;
use sha2::{Digest, Sha256};
use std::time::Duration;

statements! {
    ADD_SESSION = one("INSERT INTO web_session (token, centre, user_id, created, seen) VALUES ($1, $2, $3, $4, $4)");
    READ_SESSION = one(
        "SELECT u.id, u.name, u.role, u.agent, u.campaign, u.lang, u.created, s.created, s.seen
         FROM web_session AS s JOIN users AS u ON u.id = s.user_id WHERE s.token = $1");
    SEE_SESSION = one("UPDATE web_session SET seen = $2 WHERE token = $1 AND seen < $2");
    END_SESSION = one("DELETE FROM web_session WHERE token = $1");
    END_OLD_SESSIONS = one("DELETE FROM web_session WHERE seen < $1 OR created < $2");
    END_SPARE_SESSIONS = one(
        "DELETE FROM web_session WHERE user_id = $1 AND token NOT IN
         (SELECT token FROM web_session WHERE user_id = $1 ORDER BY seen DESC, token LIMIT $2)");
}

/// Without any request. An open page counts as requests.
pub const SESSION_IDLE: Duration = Duration::from_secs(2 * 3600);
/// A shift with its overtime.
pub const SESSION_LONGEST: Duration = Duration::from_secs(16 * 3600);
/// `seen` is written so often at most.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// Of one user; a further login ends the one that was silent longest.
const SESSIONS_MAX: i64 = 20;

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHash(String);

impl std::fmt::Display for SessionHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl SessionHash {
    /// Of anything a stranger sends.
    pub fn of(token: &str) -> SessionHash {
        SessionHash(hex(&Sha256::digest(token)))
    }
}

impl Store {
    /// The token, for the browser alone.
    pub async fn begin_session(&self, user: UserId, now: Wall) -> Result<String, StoreError> {
        let token = secret_hex();
        let mut tx = self.db().begin().await?;
        tx.run(&END_OLD_SESSIONS, args![(now - SESSION_IDLE).0, (now - SESSION_LONGEST).0]).await?;
        tx.run(&ADD_SESSION, args![SessionHash::of(&token).0, CENTRE.sql(), user.sql(), now.0]).await?;
        tx.run(&END_SPARE_SESSIONS, args![user.sql(), SESSIONS_MAX]).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// `None`: unknown, ended, or too old. Looking keeps it alive.
    pub async fn session_user(&self, session: &SessionHash, now: Wall) -> Result<Option<UserRow>, StoreError> {
        let Some(row) = self.db().first(&READ_SESSION, args![session.0.as_str()]).await? else { return Ok(None) };
        let (created, seen) = (Wall(row.int(7)?), Wall(row.int(8)?));
        if now.since(seen) >= SESSION_IDLE || now.since(created) >= SESSION_LONGEST {
            return Ok(None);
        }
        if now.since(seen) >= SEEN_EVERY {
            self.db().run(&SEE_SESSION, args![session.0.as_str(), now.0]).await?;
        }
        user(&row).map(Some)
    }

    pub async fn end_session(&self, session: &SessionHash) -> Result<(), StoreError> {
        self.db().run(&END_SESSION, args![session.0.as_str()]).await.map(|_| ())
    }
}
