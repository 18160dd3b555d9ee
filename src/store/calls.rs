//! Calls as a person looks them up: the row that facts fold into, the timeline of facts, what was collected.

use super::db::{Arg, args, statements};
use super::rows::CallRow;
use super::{FactFilter, Store, StoreError};
use crate::facts::Envelope;
use crate::words::*;
use std::collections::BTreeMap;

const PAGE_MAX: u32 = 1_000;
/// A call has some dozens of facts; a flow that loops is stopped by its budget long before.
const TIMELINE_MAX: u32 = 10_000;

/// `$2` the page's border, `$3`, `$4` the time, `$5` open (1), over (0) or either (-1).
macro_rules! calls {
    ($condition:literal) => {
        concat!(
            call_sql!(select),
            " WHERE ",
            $condition,
            " AND t.id < $2 AND t.placed_at >= $3 AND t.placed_at < $4
               AND ($5 = -1 OR $5 = CASE WHEN t.ended_at IS NULL AND t.withdrawn IS NULL THEN 1 ELSE 0 END)
               AND ($6 = 0 OR t.campaign = $6) AND ($7 = 0 OR t.agent = $7)
             ORDER BY t.id DESC LIMIT $8"
        )
    };
}

statements! {
    READ_CALL = one(concat!(call_sql!(select), " WHERE t.id = $1"));
    READ_CALLS = one(calls!("$1 = 0"));
    READ_CALLS_OF_LEAD = one(calls!("t.lead = $1"));
    READ_CALLS_OF_NUMBER = one(calls!("$1 = 0 AND t.lead IN (SELECT l.id FROM lead AS l WHERE l.number_hash = $9)
         AND ($10 = 0 OR t.lead = $10)"));
    READ_CALLS_OF_AGENT = one(calls!("t.agent = $1"));
    READ_CALLS_OF_CAMPAIGN = one(calls!("t.campaign = $1"));
    // By time, as their index is: without, an agent's first look of the day goes through the calls of years.
    READ_CALLS_OF_DAY = one(concat!(
        call_sql!(select),
        " WHERE t.agent = $1 AND t.placed_at >= $2 ORDER BY t.placed_at DESC, t.id DESC LIMIT $3"));
    READ_FIELDS = one("SELECT name, value FROM call_field WHERE call = $1 ORDER BY name");
    READ_NOTES = one("SELECT note FROM call_note WHERE call = $1 ORDER BY place");
}

/// All conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    pub campaign: Option<CampaignId>,
    pub lead: Option<LeadId>,
    pub agent: Option<AgentId>,
    /// Of placing.
    pub from: Option<Wall>,
    /// Exclusive.
    pub to: Option<Wall>,
    /// Neither ended nor withdrawn, or the contrary.
    pub open: Option<bool>,
    /// Called, in whatever campaign.
    pub number_hash: Option<String>,
}

impl Store {
    /// The newest first; `before` is the last one of the page before. At most 1,000.
    pub async fn calls(
        &self,
        filter: &CallFilter,
        before: Option<CallId>,
        limit: u32,
    ) -> Result<Vec<CallRow>, StoreError> {
        let (campaign, agent) = (filter.campaign.map_or(0, CampaignId::sql), filter.agent.map_or(0, AgentId::sql));
        let (sql, key) = match (filter.lead, filter.agent, filter.campaign) {
            (Some(lead), _, _) => (&READ_CALLS_OF_LEAD, lead.sql()),
            (None, Some(_), _) => (&READ_CALLS_OF_AGENT, agent),
            (None, None, Some(_)) => (&READ_CALLS_OF_CAMPAIGN, campaign),
            (None, None, None) => (&READ_CALLS, 0),
        };
        let (from, to) = (filter.from.map_or(i64::MIN, |w| w.0), filter.to.map_or(i64::MAX, |w| w.0));
        let open = filter.open.map_or(-1, i64::from);
        let before = before.map_or(i64::MAX, CallId::sql);
        let mut args = args![key, before, from, to, open, campaign, agent, limit.min(PAGE_MAX)];
        let sql = match &filter.number_hash {
            Some(hash) => {
                args[0] = Arg::from(0_i64);
                args.extend(args![hash, filter.lead.map_or(0, LeadId::sql)]);
                &READ_CALLS_OF_NUMBER
            }
            None => sql,
        };
        self.db().all(sql, args).await?.iter().map(CallRow::read).collect()
    }

    /// An agent's own, placed at or after `from`, the newest first. At most 1,000.
    pub async fn own_calls(&self, agent: AgentId, from: Wall, limit: u32) -> Result<Vec<CallRow>, StoreError> {
        let args = args![agent.sql(), from.0, limit.min(PAGE_MAX)];
        self.db().all(&READ_CALLS_OF_DAY, args).await?.iter().map(CallRow::read).collect()
    }

    pub async fn call(&self, id: CallId) -> Result<Option<CallRow>, StoreError> {
        self.db().first(&READ_CALL, args![id.sql()]).await?.as_ref().map(CallRow::read).transpose()
    }

    /// Its facts, in order.
    pub async fn timeline(&self, call: CallId) -> Result<Vec<Envelope>, StoreError> {
        self.facts(&FactFilter { call: Some(call), ..FactFilter::default() }, None, TIMELINE_MAX).await
    }

    pub async fn call_fields(&self, call: CallId) -> Result<BTreeMap<String, String>, StoreError> {
        let rows = self.db().all(&READ_FIELDS, args![call.sql()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    pub async fn call_notes(&self, call: CallId) -> Result<Vec<String>, StoreError> {
        self.db().all(&READ_NOTES, args![call.sql()]).await?.iter().map(|row| row.text(0)).collect()
    }
}
