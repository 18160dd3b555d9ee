//! Leads as a person looks at them. Leasing stands in `lease`, importing in `import`.

use super::db::{Row, args, statements};
use super::rows::LeadState;
use super::table::{Column, enum_from};
use super::{Store, StoreError};
use crate::words::*;
use std::collections::BTreeMap;

const PAGE_MAX: u32 = 1_000;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT l.id, l.campaign, l.number_hash, p.phone, p.name, p.lang, l.zones, p.fields, l.state, l.attempts, l.next_at,
                    l.callback_at, l.callback_agent, l.end_reason, l.last_call
             FROM lead AS l LEFT JOIN person AS p ON p.id = l.person
             WHERE ", $condition, " AND l.id > $2 AND ($3 = '' OR l.state = $3) ORDER BY l.id LIMIT $4"
        )
    };
}

statements! {
    READ_LEAD = one(select!("l.id = $1"));
    READ_LEADS = one(select!("($1 = 0 OR l.campaign = $1)"));
    READ_LEADS_OF_NUMBER = one(select!("l.number_hash = $1 AND ($5 = 0 OR l.campaign = $5)"));
}

#[derive(Debug, Clone, PartialEq)]
pub struct LeadRow {
    pub id: LeadId,
    pub campaign: CampaignId,
    pub number_hash: String,
    /// `None`, as the name and the fields: the person was erased.
    pub phone: Option<Phone>,
    pub name: Option<String>,
    pub lang: Option<Lang>,
    pub zones: Vec<String>,
    pub fields: BTreeMap<String, String>,
    pub state: LeadState,
    pub attempts: u32,
    pub next_at: Option<Wall>,
    pub callback_at: Option<Wall>,
    pub callback_agent: Option<AgentId>,
    /// Why it is closed or excluded: a `LeadEnd`, or `listed`, `erased`, `attempts_total`.
    pub end: Option<String>,
    pub last_call: Option<CallId>,
}

/// All conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct LeadFilter {
    pub campaign: Option<CampaignId>,
    pub state: Option<LeadState>,
    pub number_hash: Option<String>,
}

impl Store {
    pub async fn lead(&self, id: LeadId) -> Result<Option<LeadRow>, StoreError> {
        let row = self.db().first(&READ_LEAD, args![id.sql(), -1_i64, "", 1_i64]).await?;
        row.as_ref().map(lead).transpose()
    }

    /// In the order of import. At most 1,000.
    pub async fn leads(
        &self,
        filter: &LeadFilter,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<LeadRow>, StoreError> {
        let state = filter.state.map_or("", LeadState::name);
        let (after, limit) = (after.map_or(-1, LeadId::sql), limit.min(PAGE_MAX));
        let campaign = filter.campaign.map_or(0, CampaignId::sql);
        let rows = match &filter.number_hash {
            Some(hash) => self.db().all(&READ_LEADS_OF_NUMBER, args![hash, after, state, limit, campaign]).await?,
            None => self.db().all(&READ_LEADS, args![campaign, after, state, limit]).await?,
        };
        rows.iter().map(lead).collect()
    }
}

/// As it stands with the person.
pub(super) fn phone(text: Option<String>) -> Result<Option<Phone>, StoreError> {
    let read = text.map(|text| Phone::e164(&text)).transpose();
    read.map_err(|error| StoreError::Broken { place: "reading a number", cause: error.to_string() })
}

fn lead(row: &Row) -> Result<LeadRow, StoreError> {
    let broken = |error: String| StoreError::Broken { place: "reading a lead", cause: error };
    let phone = phone(row.opt_text(3)?)?;
    let fields = row.opt_text(7)?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(LeadRow {
        id: LeadId::from_sql(row.int(0)?),
        campaign: CampaignId::from_sql(row.int(1)?),
        number_hash: row.text(2)?,
        phone,
        name: row.opt_text(4)?,
        lang: row.opt_text(5)?.map(|tag| enum_from(&tag)).transpose()?,
        zones: serde_json::from_str(&row.text(6)?).map_err(|e| broken(e.to_string()))?,
        fields: fields.map_err(|e| broken(e.to_string()))?.unwrap_or_default(),
        state: Column::read(row, 8)?,
        attempts: Column::read(row, 9)?,
        next_at: Some(row.int(10)?).filter(|at| *at != 0).map(Wall),
        callback_at: Column::read(row, 11)?,
        callback_agent: Column::read(row, 12)?,
        end: row.opt_text(13)?,
        last_call: Column::read(row, 14)?,
    })
}
