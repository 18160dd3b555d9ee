//! Pacing's decisions and its tape, for `why` and `replay`. Bounded by age and by rows, each hour anew; no facts, so
//! nothing is derived from them and nothing breaks without them. It reads neither.

use super::db::{Tx, args, statements};
use super::{CENTRE, Store, StoreError};
use crate::words::{CampaignId, Wall};
use std::time::Duration;

/// Decisions of a campaign are kept so long, and so many of them.
const DECISION_AGE_MAX: Duration = Duration::from_secs(35 * 86_400);
const DECISIONS_MAX: u32 = 100_000;
/// Pieces of tape: a minute each, or 64 KiB.
const TAPE_AGE_MAX: Duration = Duration::from_secs(14 * 86_400);
const PIECES_MAX: u32 = 20_160;
/// Of one read.
const PAGE_MAX: u32 = 1_000;

statements! {
    ADD_DECISION = one(
        "INSERT INTO decision (campaign, at, centre, body) VALUES ($1, $2, $3, $4) ON CONFLICT (campaign, at) DO NOTHING");
    LAST_DECISION = one("SELECT COALESCE(MAX(at), 0) FROM decision WHERE campaign = $1");
    FORGET_DECISIONS = one(
        "DELETE FROM decision WHERE campaign = $1 AND (at < $2
           OR at < (SELECT k.at FROM decision AS k WHERE k.campaign = $1 ORDER BY k.at DESC LIMIT 1 OFFSET $3))");
    DECISIONS_AT = one(
        "SELECT at, body FROM decision WHERE campaign = $1 AND at <= $2 ORDER BY at DESC LIMIT $3");
    ADD_PIECE = one(
        "INSERT INTO pacing_tape (campaign, begun, centre, piece) VALUES ($1, $2, $3, $4)
         ON CONFLICT (campaign, begun) DO NOTHING");
    LAST_PIECE = one("SELECT COALESCE(MAX(begun), 0) FROM pacing_tape WHERE campaign = $1");
    FORGET_PIECES = one(
        "DELETE FROM pacing_tape WHERE campaign = $1 AND (begun < $2
           OR begun < (SELECT k.begun FROM pacing_tape AS k WHERE k.campaign = $1 ORDER BY k.begun DESC LIMIT 1 OFFSET $3))");
    PIECES = one(
        "SELECT begun, piece FROM pacing_tape WHERE campaign = $1 AND begun > $2 AND begun < $3 ORDER BY begun LIMIT $4");
}

impl Store {
    /// The latest decisions at or before `at`, the newest first: when, and the caller's JSON.
    pub async fn decisions_at(
        &self,
        campaign: CampaignId,
        at: Wall,
        count: u32,
    ) -> Result<Vec<(Wall, String)>, StoreError> {
        let rows = self.db().all(&DECISIONS_AT, args![campaign.sql(), at.0, count.min(PAGE_MAX)]).await?;
        rows.iter().map(|row| Ok((Wall(row.int(0)?), row.text(1)?))).collect()
    }

    /// Pieces of the tape that began after `after` and before `before`, oldest first, at most a thousand.
    pub async fn tape(
        &self,
        campaign: CampaignId,
        after: Wall,
        before: Wall,
    ) -> Result<Vec<(Wall, Vec<u8>)>, StoreError> {
        let rows = self.db().all(&PIECES, args![campaign.sql(), after.0, before.0, PAGE_MAX]).await?;
        rows.iter().map(|row| Ok((Wall(row.int(0)?), row.blob(1)?))).collect()
    }
}

pub(super) async fn keep_decision(tx: &mut Tx, campaign: CampaignId, at: Wall, body: &str) -> Result<(), StoreError> {
    if new_hour(tx.first(&LAST_DECISION, args![campaign.sql()]).await?, at)? {
        let oldest = at - DECISION_AGE_MAX;
        tx.run(&FORGET_DECISIONS, args![campaign.sql(), oldest.0, DECISIONS_MAX]).await?;
    }
    tx.run(&ADD_DECISION, args![campaign.sql(), at.0, CENTRE.sql(), body]).await.map(|_| ())
}

pub(super) async fn keep_piece(tx: &mut Tx, campaign: CampaignId, begun: Wall, piece: &[u8]) -> Result<(), StoreError> {
    if new_hour(tx.first(&LAST_PIECE, args![campaign.sql()]).await?, begun)? {
        let oldest = begun - TAPE_AGE_MAX;
        tx.run(&FORGET_PIECES, args![campaign.sql(), oldest.0, PIECES_MAX]).await?;
    }
    tx.run(&ADD_PIECE, args![campaign.sql(), begun.0, CENTRE.sql(), piece.to_vec()]).await.map(|_| ())
}

fn new_hour(last: Option<super::db::Row>, now: Wall) -> Result<bool, StoreError> {
    let last = last.map(|row| row.int(0)).transpose()?.unwrap_or(0);
    Ok(last.div_euclid(3_600_000_000) != now.0.div_euclid(3_600_000_000))
}
