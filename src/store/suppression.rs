//! Numbers that may never be called: opt-outs (from facts) and do-not-call lists. Keyed hashes only.

use super::db::{Row, Tx, args, json_rows, statements};
use super::import::CHUNK_MAX;
use super::named::Touched;
use super::projection::LISTED;
use super::rows::LeadState;
use super::touched::Work;
use super::{CENTRE, Store, StoreError, take_ids};
use crate::words::Wall;
use serde_json::{Value, json};

const PAGE_MAX: u32 = 1_000;

statements! {
    SUPPRESS = rows(
        "INSERT INTO suppression (centre, number_hash, since, why, from_fact, place, author)
         SELECT CAST(j.value->>'centre' AS BIGINT), j.value->>'hash', CAST(j.value->>'since' AS BIGINT), j.value->>'why', 0,
                CAST(j.value->>'place' AS BIGINT), j.value->>'author'
         FROM",
        "WHERE 1 = 1 ON CONFLICT (number_hash) DO NOTHING");
    ALL_SUPPRESSED = one("SELECT number_hash FROM suppression ORDER BY number_hash");
    ONE_SUPPRESSED = one("SELECT 1 FROM suppression WHERE number_hash = $1");
    READ_SUPPRESSION = one("SELECT number_hash, since, why, author FROM suppression WHERE number_hash = $1");
    READ_SUPPRESSIONS = one(
        "SELECT number_hash, since, why, author FROM suppression WHERE number_hash > $1 ORDER BY number_hash LIMIT $2");
    LAST_PLACE = one("SELECT COALESCE(MAX(place), 0) FROM suppression");
    SUPPRESSED_SINCE = one("SELECT number_hash, place FROM suppression WHERE place > $1 ORDER BY place LIMIT $2");
}

/// A number that may never be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionRow {
    pub number_hash: String,
    pub since: Wall,
    /// The list's name, what a person wrote, or `opted_out`.
    pub why: String,
    /// `None`: not known, or the person called.
    pub author: Option<String>,
}

/// What came of suppressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suppressed {
    /// Numbers that were on no list before.
    pub numbers: u64,
    /// Leads that waited, and are excluded now.
    pub leads: u64,
}

fn suppression(row: &Row) -> Result<SuppressionRow, StoreError> {
    let author = Some(row.text(3)?).filter(|author| !author.is_empty());
    Ok(SuppressionRow { number_hash: row.text(0)?, since: Wall(row.int(1)?), why: row.text(2)?, author })
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
    /// As `suppress_by`, by nobody in particular.
    pub async fn suppress(&self, number_hashes: &[String], why: &str, now: Wall) -> Result<(), StoreError> {
        self.suppress_by(number_hashes, why, "", now).await.map(|_| ())
    }

    /// Holds for every lease from here on; leads of these numbers that wait are excluded at once, in every campaign.
    /// Calls that a running engine holds in its hands are its matter: tell it, too. Engines of other nodes hear of it by
    /// `suppressed_since`. A number that is on a list keeps its first reason and author.
    pub async fn suppress_by(
        &self,
        number_hashes: &[String],
        why: &str,
        author: &str,
        now: Wall,
    ) -> Result<Suppressed, StoreError> {
        let mut sorted: Vec<&String> = number_hashes.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut sum = Suppressed::default();
        for chunk in sorted.chunks(CHUNK_MAX) {
            let mut tx = self.db().begin().await?;
            // Leads first, as facts do: two that wait for each other would never end.
            let numbers = chunk.iter().map(|hash| (*hash).clone()).collect();
            let mut work = Work::load(&mut tx, &Touched { numbers, ..Touched::default() }).await?;
            for lead in work.now.leads.values_mut().filter(|lead| lead.waits()) {
                lead.end(LeadState::Excluded, LISTED.to_owned());
                sum.leads += 1;
            }
            let first = take_places(&mut tx, chunk.len()).await?;
            let of = |(place, hash): (i64, &&String)| json!({ "centre": CENTRE.sql(), "hash": hash, "since": now.0, "why": why, "place": place, "author": author });
            let rows: Vec<Value> = (first..).zip(chunk).map(of).collect();
            sum.numbers += tx.run(&SUPPRESS, args![json_rows(&rows)]).await?;
            work.save(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(sum)
    }

    /// By their hashes, for there is nothing else to order them by that never changes. At most 1,000.
    pub async fn suppressions(&self, after: Option<&str>, limit: u32) -> Result<Vec<SuppressionRow>, StoreError> {
        let rows = self.db().all(&READ_SUPPRESSIONS, args![after.unwrap_or(""), limit.min(PAGE_MAX)]).await?;
        rows.iter().map(suppression).collect()
    }

    pub async fn suppression(&self, number_hash: &str) -> Result<Option<SuppressionRow>, StoreError> {
        self.db().first(&READ_SUPPRESSION, args![number_hash]).await?.as_ref().map(suppression).transpose()
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
