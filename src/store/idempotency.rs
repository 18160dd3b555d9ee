//! Requests that may come twice, with the answer that the first one got. It knows nothing of HTTP but a status.
//!
//! An answer may hold a secret that is shown once, so it is sealed under the Idempotency-Key, of which only a hash is
//! kept: who does not have the key cannot read it, this store's owner included.

use super::db::{args, statements};
use super::{CENTRE, Store, StoreError, hex};
use crate::words::Wall;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

statements! {
    BEGIN_REQUEST = one(
        "INSERT INTO idempotency (id, centre, request, begun, status, answer) VALUES ($1, $2, $3, $4, 0, '')
         ON CONFLICT (id) DO NOTHING");
    READ_REQUEST = one("SELECT request, begun, status, answer FROM idempotency WHERE id = $1");
    KEEP_ANSWER = one("UPDATE idempotency SET status = $2, answer = $3 WHERE id = $1");
    FORGET_REQUEST = one("DELETE FROM idempotency WHERE id = $1");
    FORGET_OLD = one("DELETE FROM idempotency WHERE begun < $1");
    FORGET_MANY = one(
        "DELETE FROM idempotency WHERE begun < (SELECT begun FROM idempotency ORDER BY begun DESC LIMIT 1 OFFSET $1)");
}

/// Then the key may be used for something else.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Longer than any request takes: who began it is gone, and nobody knows how far they came.
const IN_FLIGHT: Duration = Duration::from_secs(60);
/// Beyond, the oldest go; looked at once in so many requests.
const KEPT_MAX: i64 = 100_000;
const LOOK_EVERY: u32 = 256;

/// One caller's key. Different callers may use the same one.
#[derive(Clone)]
pub struct IdempotencyKey {
    id: String,
    secret: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Not seen before: do it, then `keep` or `forget`.
    Fresh,
    /// Done before, with this answer.
    Done {
        status: u16,
        answer: Vec<u8>,
    },
    /// The key was used for another request.
    Other,
    InFlight,
    /// Began, and its answer was never kept.
    Lost {
        begun: Wall,
    },
}

impl IdempotencyKey {
    pub fn of(caller: &str, key: &str) -> IdempotencyKey {
        let hash = |what: &str| {
            let start = Sha256::new().chain_update(what).chain_update((caller.len() as u64).to_be_bytes());
            start.chain_update(caller).chain_update(key).finalize()
        };
        IdempotencyKey { id: hex(&hash("id")), secret: hash("answer").into() }
    }

    /// Its own inverse: the bytes under a stream that SHA-256 makes of the secret and a counter.
    fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        let blocks = bytes.chunks(32).zip(0_u64..);
        let sealed = blocks.flat_map(|(chunk, count)| {
            let stream = Sha256::new().chain_update(self.secret).chain_update(count.to_be_bytes()).finalize();
            chunk.iter().zip(stream).map(|(byte, mask)| byte ^ mask).collect::<Vec<u8>>()
        });
        sealed.collect()
    }
}

impl Store {
    /// `request`: a hash of what was asked.
    pub async fn begin_request(&self, key: &IdempotencyKey, request: &str, now: Wall) -> Result<Begun, StoreError> {
        let mut tx = self.db().begin().await?;
        tx.run(&FORGET_OLD, args![(now - KEPT_FOR).0]).await?;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if COUNT.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK_EVERY) {
            tx.run(&FORGET_MANY, args![KEPT_MAX]).await?;
        }
        let id = key.id.as_str();
        let fresh = tx.run(&BEGIN_REQUEST, args![id, CENTRE.sql(), request, now.0]).await? > 0;
        let row = tx.first(&READ_REQUEST, args![id]).await?;
        tx.commit().await?;
        let row = row.ok_or(StoreError::Missing { what: "request", value: id.to_owned() })?;
        let (begun, status) = (Wall(row.int(1)?), row.int(2)? as u16);
        Ok(match (fresh, row.text(0)? == request, status) {
            (true, _, _) => Begun::Fresh,
            (false, false, _) => Begun::Other,
            (false, true, 0) if now.since(begun) < IN_FLIGHT => Begun::InFlight,
            (false, true, 0) => Begun::Lost { begun },
            (false, true, status) => {
                let broken =
                    || StoreError::Broken { place: "reading a kept answer", cause: "hex is expected".to_owned() };
                Begun::Done { status, answer: key.seal(&bytes(&row.text(3)?).ok_or_else(broken)?) }
            }
        })
    }

    pub async fn keep_answer(&self, key: &IdempotencyKey, status: u16, answer: &[u8]) -> Result<(), StoreError> {
        let sealed = hex(&key.seal(answer));
        self.db().run(&KEEP_ANSWER, args![key.id.as_str(), status, sealed]).await.map(|_| ())
    }

    /// Nothing was done: the key may be used again.
    pub async fn forget_request(&self, key: &IdempotencyKey) -> Result<(), StoreError> {
        self.db().run(&FORGET_REQUEST, args![key.id.as_str()]).await.map(|_| ())
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_its_key_alone() {
        let (own, other) = (IdempotencyKey::of("key:1", "a"), IdempotencyKey::of("key:2", "a"));
        let answer = b"{\"page_password\":\"abcd-efgh\", and more than one block of it}";
        let sealed = own.seal(answer);
        assert_eq!(own.seal(&sealed), answer);
        assert_ne!(other.seal(&sealed), answer);
        assert_ne!(own.id, other.id);
        assert_eq!(bytes(&hex(answer)).as_deref(), Some(answer.as_slice()));
    }
}
