//! Recordings: which files exist, how long, with which checksum. The sound itself lies in the data directory.

use super::db::{args, statements};
use super::rows::RecordingRow;
use super::{Store, StoreError};
use crate::words::*;

const PAGE_MAX: u32 = 1_000;

statements! {
    READ_RECORDINGS = one(concat!(recording_sql!(select),
        " WHERE ($1 = 0 OR t.campaign = $1) AND t.id < $2 AND t.file <> '' ORDER BY t.id DESC LIMIT $3"));
    HAS_RECORDING = one("SELECT 1 FROM recording WHERE id = $1");
    READ_RECORDING_OF_CALL = one(concat!(recording_sql!(select), " WHERE t.call = $1 AND t.file <> '' ORDER BY t.id LIMIT 1"));
}

impl Store {
    /// The newest first; erased ones are left out. At most 1,000.
    pub async fn recordings(
        &self,
        campaign: Option<CampaignId>,
        before: Option<RecordingId>,
        limit: u32,
    ) -> Result<Vec<RecordingRow>, StoreError> {
        let key = campaign.map_or(0, CampaignId::sql);
        let before = before.map_or(i64::MAX, RecordingId::sql);
        let rows = self.db().all(&READ_RECORDINGS, args![key, before, limit.min(PAGE_MAX)]).await?;
        rows.iter().map(RecordingRow::read).collect()
    }

    pub async fn has_recording(&self, id: RecordingId) -> Result<bool, StoreError> {
        Ok(self.db().first(&HAS_RECORDING, args![id.sql()]).await?.is_some())
    }

    pub async fn recording_of_call(&self, call: CallId) -> Result<Option<RecordingRow>, StoreError> {
        let row = self.db().first(&READ_RECORDING_OF_CALL, args![call.sql()]).await?;
        row.as_ref().map(RecordingRow::read).transpose()
    }
}
