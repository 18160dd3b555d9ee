//! Numbers that may never be called: opt-outs (from facts) and do-not-call lists. Keyed hashes only.

use super::db::{Tx, args, json_rows, statements};
use super::{CENTRE, Store, StoreError, take_ids};
use crate::words::Wall;
use serde_json::{Value, json};

statements! {
    SUPPRESS = rows(
        "INSERT INTO suppression (centre, number_hash, since, why, from_fact, place)
         SELECT CAST(j.value->>'centre' AS BIGINT), j.value->>'hash', CAST(j.value->>'since' AS BIGINT), j.value->>'why', 0,
                CAST(j.value->>'place' AS BIGINT)
         FROM",
        "WHERE 1 = 1 ON CONFLICT (number_hash) DO NOTHING");
    ALL_SUPPRESSED = one("SELECT number_hash FROM suppression ORDER BY number_hash");
    ONE_SUPPRESSED = one("SELECT 1 FROM suppression WHERE number_hash = $1");
    LAST_PLACE = one("SELECT COALESCE(MAX(place), 0) FROM suppression");
    SUPPRESSED_SINCE = one("SELECT number_hash, place FROM suppression WHERE place > $1 ORDER BY place LIMIT $2");
}

/// Where a listener stands among the suppressions, in the order they were committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SuppressionPlace(i64);

/// The first of so many places in a row. The counter stays locked until the commit, so that no place becomes visible
/// before those below it: a listener that has passed one has passed them all.
pub(super) async fn take_places(tx: &mut Tx, count: usize) -> Result<i64, StoreError> {
    Ok(take_ids(tx, "suppression", count).await? as i64)
}

impl Store {
    /// Holds for every lease from here on; leads of these numbers are excluded when their turn comes.
    /// Calls that a running engine holds in its hands are its matter: tell it, too. Engines of other nodes hear of it by
    /// `suppressed_since`.
    pub async fn suppress(&self, number_hashes: &[String], why: &str, now: Wall) -> Result<(), StoreError> {
        let mut sorted: Vec<&String> = number_hashes.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        for chunk in sorted.chunks(10_000) {
            let mut tx = self.db().begin().await?;
            let first = take_places(&mut tx, chunk.len()).await?;
            let of = |(place, hash): (i64, &&String)| json!({ "centre": CENTRE.sql(), "hash": hash, "since": now.0, "why": why, "place": place });
            let rows: Vec<Value> = (first..).zip(chunk).map(of).collect();
            tx.run(&SUPPRESS, args![json_rows(&rows)]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    pub async fn suppressed(&self) -> Result<Vec<String>, StoreError> {
        self.db().all(&ALL_SUPPRESSED, args![]).await?.iter().map(|row| row.text(0)).collect()
    }

    pub async fn is_suppressed(&self, number_hash: &str) -> Result<bool, StoreError> {
        Ok(self.db().first(&ONE_SUPPRESSED, args![number_hash]).await?.is_some())
    }

    /// After all that are suppressed now. Take it before `suppressed`: what comes between is heard twice, not never.
    pub async fn last_suppression(&self) -> Result<SuppressionPlace, StoreError> {
        let row = self.db().first(&LAST_PLACE, args![]).await?;
        Ok(SuppressionPlace(row.map(|row| row.int(0)).transpose()?.unwrap_or(0)))
    }

    /// Numbers suppressed after that place by whatever process, each with its own place. Cheap: ask every second or so.
    pub async fn suppressed_since(
        &self,
        place: SuppressionPlace,
        limit: u32,
    ) -> Result<Vec<(String, SuppressionPlace)>, StoreError> {
        let rows = self.db().all(&SUPPRESSED_SINCE, args![place.0, limit]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, SuppressionPlace(row.int(1)?)))).collect()
    }
}
