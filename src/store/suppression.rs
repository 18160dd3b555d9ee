//! Numbers that may never be called: opt-outs (from facts) and do-not-call lists. Keyed hashes only.

use super::db::{args, json_rows, statements};
use super::{CENTRE, Store, StoreError};
use crate::words::Wall;
use serde_json::{Value, json};

statements! {
    SUPPRESS = rows(
        "INSERT INTO suppression (centre, number_hash, since, why, from_fact)
         SELECT CAST(j.value->>'centre' AS BIGINT), j.value->>'hash', CAST(j.value->>'since' AS BIGINT), j.value->>'why', 0
         FROM",
        "WHERE 1 = 1 ON CONFLICT (number_hash) DO NOTHING");
    ALL_SUPPRESSED = one("SELECT number_hash FROM suppression ORDER BY number_hash");
    ONE_SUPPRESSED = one("SELECT 1 FROM suppression WHERE number_hash = $1");
}

impl Store {
    /// Holds for every lease from here on; leads of these numbers are excluded when their turn comes.
    /// Calls that a running engine holds in its hands are its matter: tell it, too.
    pub async fn suppress(&self, number_hashes: &[String], why: &str, now: Wall) -> Result<(), StoreError> {
        let mut sorted: Vec<&String> = number_hashes.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        for chunk in sorted.chunks(10_000) {
            let of = |hash: &&String| json!({ "centre": CENTRE.sql(), "hash": hash, "since": now.0, "why": why });
            let rows: Vec<Value> = chunk.iter().map(of).collect();
            self.db().run(&SUPPRESS, args![json_rows(&rows)]).await?;
        }
        Ok(())
    }

    pub async fn suppressed(&self) -> Result<Vec<String>, StoreError> {
        self.db().all(&ALL_SUPPRESSED, args![]).await?.iter().map(|row| row.text(0)).collect()
    }

    pub async fn is_suppressed(&self, number_hash: &str) -> Result<bool, StoreError> {
        Ok(self.db().first(&ONE_SUPPRESSED, args![number_hash]).await?.is_some())
    }
}
