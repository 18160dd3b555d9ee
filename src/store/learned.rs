//! What pacing learned, for the next run of the same list type and hour. The latest word of each, bounded by age; no
//! fact, so nothing breaks without it. It reads none of it.

use super::db::{Tx, args, statements};
use super::{CENTRE, Store, StoreError};
use crate::facts::{LearnedRow, Promised};
use crate::words::*;
use std::time::Duration;

/// Older rows go when one is written.
const AGE_MAX: Duration = Duration::from_secs(60 * 86_400);
/// List types times hours of the day: of one read, the newest.
const ROWS_MAX: u32 = 2_400;
/// Callbacks told of at a start, the earliest.
const PROMISED_MAX: u32 = 10_000;

statements! {
    KEEP_LEARNED = one(
        "INSERT INTO learned (centre, list_type, hour, at, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (centre, list_type, hour) DO UPDATE SET at = excluded.at, body = excluded.body");
    FORGET_LEARNED = one("DELETE FROM learned WHERE centre = $1 AND at < $2");
    LEARNED = one(
        "SELECT list_type, hour, at, body FROM learned WHERE centre = $1 AND at >= $2 ORDER BY at DESC LIMIT $3");
    PROMISED = one(
        "SELECT campaign, id, callback_at, number_hash FROM lead
         WHERE state = 'scheduled' AND callback_agent IS NOT NULL AND callback_at >= $1 ORDER BY callback_at, id LIMIT $2");
}

impl Store {
    /// The rows that are not too old at `now`.
    pub async fn learned(&self, now: Wall) -> Result<Vec<LearnedRow>, StoreError> {
        let rows = self.db().all(&LEARNED, args![CENTRE.sql(), (now - AGE_MAX).0, ROWS_MAX]).await?;
        rows.iter()
            .map(|row| {
                let hour = row.int(1)?;
                let hour = u8::try_from(hour).map_err(|_| StoreError::Broken {
                    place: "learned.hour",
                    cause: format!("{hour} is no hour of the day"),
                })?;
                Ok(LearnedRow { list_type: row.text(0)?, hour, at: Wall(row.int(2)?), body: row.text(3)? })
            })
            .collect()
    }

    /// Callbacks from `now` on that were promised with an agent of their own.
    pub async fn promised(&self, now: Wall) -> Result<Vec<Promised>, StoreError> {
        let rows = self.db().all(&PROMISED, args![now.0, PROMISED_MAX]).await?;
        rows.iter()
            .map(|row| {
                let (campaign, lead) = (CampaignId::from_sql(row.int(0)?), LeadId::from_sql(row.int(1)?));
                Ok(Promised { campaign, lead, at: Wall(row.int(2)?), number_hash: row.text(3)? })
            })
            .collect()
    }
}

pub(super) async fn keep_learned(tx: &mut Tx, row: &LearnedRow) -> Result<(), StoreError> {
    tx.run(&FORGET_LEARNED, args![CENTRE.sql(), (row.at - AGE_MAX).0]).await?;
    let values = args![CENTRE.sql(), row.list_type.as_str(), i64::from(row.hour), row.at.0, row.body.as_str()];
    tx.run(&KEEP_LEARNED, values).await.map(|_| ())
}
