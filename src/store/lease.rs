//! Handing leads to a node and taking them back. One transaction decides: due, not suppressed, attempts left,
//! the number's day below its cap (reserved at once, over all campaigns). It knows no calling hours: the gate does.
//!
//! Order: promised callbacks first, then fewest attempts, then longest due, then as imported.

use super::db::{Row, Tx, args, json_rows, statements};
use super::facts::check_owner;
use super::named::Touched;
use super::projection::{ATTEMPTS_TOTAL, ERASED, LISTED};
use super::rows::{LeadFold, LeadState};
use super::touched::Work;
use super::{CENTRE, Store, StoreError};
use crate::campaign::Lead;
use crate::facts::LeadCounts;
use crate::words::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Of one lease.
const COUNT_MAX: u32 = 5_000;
/// A lead that was promised a call so often has been promised enough.
const PROMISED_ATTEMPTS_MAX: u32 = 1_000;
/// Rounds of one lease: each looks past as many refused leads as it asks for.
const ROUNDS_MAX: u32 = 20;

/// What `locked` cannot say: rows that another node holds are passed over, not waited for.
macro_rules! candidates {
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT l.id, l.number_hash, l.zones, l.attempts, l.callback_at, l.callback_agent, p.phone, p.name, p.lang, p.fields,
                    CAST(CASE WHEN s.number_hash IS NULL THEN 0 ELSE 1 END AS BIGINT)
             FROM lead AS l LEFT JOIN person AS p ON p.id = l.person LEFT JOIN suppression AS s ON s.number_hash = l.number_hash
             WHERE l.campaign = $1 AND ", $condition, " AND l.due_at <= $2 ORDER BY ", $order, " LIMIT $3"
        )
    };
}
macro_rules! due_callbacks {
    () => {
        candidates!("l.state = 'scheduled' AND l.callback_at <= $2 AND l.attempts <= $4", "l.callback_at, l.id")
    };
}
macro_rules! due_leads {
    () => {
        candidates!("l.state IN ('pending', 'scheduled') AND l.attempts = $4", "l.due_at, l.id")
    };
}

macro_rules! one_lead {
    () => {
        candidates!("l.state IN ('pending', 'scheduled') AND l.id = $4", "l.id")
    };
}

statements! {
    ONE_LEAD = each(one_lead!(), concat!(one_lead!(), " FOR UPDATE OF l SKIP LOCKED"));
    DUE_CALLBACKS = each(due_callbacks!(), concat!(due_callbacks!(), " FOR UPDATE OF l SKIP LOCKED"));
    DUE_LEADS = each(due_leads!(), concat!(due_leads!(), " FOR UPDATE OF l SKIP LOCKED"));
    NEXT_DUE = one(
        "SELECT MIN(due_at) FROM lead WHERE campaign = $1 AND state IN ('pending', 'scheduled') AND attempts = $2");
    WORN_OUT = one(
        "SELECT id FROM lead WHERE campaign = $1 AND state IN ('pending', 'scheduled') AND attempts >= $2
           AND callback_at IS NULL ORDER BY attempts, due_at, id LIMIT 1000");
    RESERVE = rows(
        "INSERT INTO number_day (centre, number_hash, day, placed, reserved)
         SELECT CAST(j.value->>'centre' AS BIGINT), j.value->>'hash', j.value->>'day', 0, 1 FROM",
        "WHERE 1 = 1 ON CONFLICT (number_hash, day) DO UPDATE SET reserved = number_day.reserved + 1
         WHERE number_day.placed + number_day.reserved < $2
         RETURNING number_hash, placed + reserved - 1");
    OF_TICKET = one(
        "SELECT id FROM lead WHERE lease_node = $1 AND lease_ticket = $2 AND state = 'leased' ORDER BY id");
    COUNTS = one("SELECT state, n FROM lead_count WHERE campaign = $1");
}

/// Whose hands: a node and its start. Minted by `take_node`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub node: u16,
    pub epoch: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LeasePolicy {
    pub attempts_total: u32,
    /// To one number on the called party's day, over all campaigns.
    pub attempts_per_day: u32,
    /// IANA zone of the campaign, for leads whose zone nobody knows.
    pub zone: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    pub leads: Vec<Lead>,
    /// Fewer than asked: when the next one is due, if any waits.
    pub next_due: Option<Wall>,
    pub counts: LeadCounts,
}

/// A due lead before it is judged.
struct Candidate {
    lead: Lead,
    /// Its person was erased.
    nameless: bool,
    suppressed: bool,
    day: LocalDay,
}

impl Store {
    pub async fn lease(
        &self,
        campaign: CampaignId,
        count: u32,
        now: Wall,
        policy: &LeasePolicy,
        owner: Owner,
    ) -> Result<Lease, StoreError> {
        self.lease_again(campaign, count, now, policy, owner, 0).await
    }

    /// As `lease`, under a `ticket` of the caller, one for each asking, above 0. A second call with the same ticket is
    /// a repetition whose first answer was lost (the connection broke at the commit): what that leased goes back first.
    pub async fn lease_again(
        &self,
        campaign: CampaignId,
        count: u32,
        now: Wall,
        policy: &LeasePolicy,
        owner: Owner,
        ticket: i64,
    ) -> Result<Lease, StoreError> {
        let count = count.min(COUNT_MAX);
        let mut tx = self.db().begin().await?;
        check_owner(&mut tx, owner).await?;
        if ticket > 0 {
            undo(&mut tx, owner, ticket).await?;
        }
        retire(&mut tx, campaign, policy).await?;
        let mut leads: Vec<Lead> = Vec::new();
        for _round in 0..ROUNDS_MAX {
            let wanted = count - leads.len() as u32;
            if wanted == 0 || policy.attempts_per_day == 0 {
                break;
            }
            let due = due(&mut tx, campaign, wanted, now, policy).await?;
            let over = due.is_empty();
            leads.extend(judge(&mut tx, due, policy, owner, ticket).await?);
            if over {
                break;
            }
        }
        let next_due = if (leads.len() as u32) < count { next_due(&mut tx, campaign, policy).await? } else { None };
        let counts = counts(&tx.all(&COUNTS, args![campaign.sql()]).await?)?;
        tx.commit().await?;
        Ok(Lease { leads, next_due, counts })
    }

    /// One lead, also before its time: an agent wants to call it now. `None`: in other hands, closed, suppressed, or
    /// its number's day is full. `ticket` as in `lease_again`.
    pub async fn lease_one(
        &self,
        campaign: CampaignId,
        lead: LeadId,
        now: Wall,
        policy: &LeasePolicy,
        owner: Owner,
        ticket: i64,
    ) -> Result<Option<Lead>, StoreError> {
        let mut tx = self.db().begin().await?;
        check_owner(&mut tx, owner).await?;
        if ticket > 0 {
            undo(&mut tx, owner, ticket).await?;
        }
        let rows = tx.all(&ONE_LEAD, args![campaign.sql(), i64::MAX, 1_i64, lead.sql()]).await?;
        let due = rows.iter().map(|row| candidate(row, now, policy)).collect::<Result<Vec<_>, _>>()?;
        let leased = judge(&mut tx, due, policy, owner, ticket).await?;
        tx.commit().await?;
        Ok(leased.into_iter().next())
    }

    /// Gives back leads that were leased and not placed. Leads that are no longer this owner's are passed over.
    pub async fn release(&self, leads: &[LeadId], owner: Owner) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        release(&mut tx, leads, |lead| lead.lease_node == Some(owner.node) && lead.lease_epoch == Some(owner.epoch))
            .await?;
        tx.commit().await
    }

    pub async fn lead_counts(&self, campaign: CampaignId) -> Result<LeadCounts, StoreError> {
        counts(&self.db().all(&COUNTS, args![campaign.sql()]).await?)
    }
}

/// Leases that `of` names end: the leads rest as before, their reservations are undone.
pub(super) async fn release(tx: &mut Tx, leads: &[LeadId], of: impl Fn(&LeadFold) -> bool) -> Result<(), StoreError> {
    let mut work = Work::load(tx, &Touched { leads: leads.to_vec(), ..Touched::default() }).await?;
    let mut reserved = Vec::new();
    for lead in work.now.leads.values_mut().filter(|lead| lead.state == LeadState::Leased && of(lead)) {
        reserved.push(lead.unlease());
        lead.state = lead.resting();
    }
    reserved.into_iter().for_each(|one| work.now.unreserve(one));
    work.save(tx).await
}

async fn undo(tx: &mut Tx, owner: Owner, ticket: i64) -> Result<(), StoreError> {
    let rows = tx.all(&OF_TICKET, args![owner.node, ticket]).await?;
    let ids = rows.iter().map(|row| Ok(LeadId::from_sql(row.int(0)?))).collect::<Result<Vec<_>, StoreError>>()?;
    if ids.is_empty() {
        return Ok(());
    }
    release(tx, &ids, |lead| lead.lease_epoch == Some(owner.epoch) && lead.lease_ticket == Some(ticket)).await
}

/// Leads whose attempts are used up, because the campaign allows fewer now than when they were planned.
async fn retire(tx: &mut Tx, campaign: CampaignId, policy: &LeasePolicy) -> Result<(), StoreError> {
    let rows = tx.all(&WORN_OUT, args![campaign.sql(), policy.attempts_total]).await?;
    let ids = rows.iter().map(|row| Ok(LeadId::from_sql(row.int(0)?))).collect::<Result<Vec<_>, StoreError>>()?;
    if ids.is_empty() {
        return Ok(());
    }
    let mut work = Work::load(tx, &Touched { leads: ids, ..Touched::default() }).await?;
    work.now.leads.values_mut().for_each(|lead| lead.end(LeadState::Excluded, ATTEMPTS_TOTAL.to_owned()));
    work.save(tx).await
}

async fn due(
    tx: &mut Tx,
    campaign: CampaignId,
    wanted: u32,
    now: Wall,
    policy: &LeasePolicy,
) -> Result<Vec<Candidate>, StoreError> {
    let mut due: BTreeMap<LeadId, ()> = BTreeMap::new();
    let mut out = Vec::new();
    let mut take = |rows: Vec<Row>| -> Result<(), StoreError> {
        for row in &rows {
            let one = candidate(row, now, policy)?;
            if out.len() < wanted as usize && due.insert(one.lead.id, ()).is_none() {
                out.push(one);
            }
        }
        Ok(())
    };
    let mut left = wanted;
    // A promise is kept even above the total; the gate says so, and a day's cap holds all the same.
    let rows = tx.all(&DUE_CALLBACKS, args![campaign.sql(), now.0, left, PROMISED_ATTEMPTS_MAX]).await?;
    left -= rows.len() as u32;
    take(rows)?;
    for attempts in 0..policy.attempts_total {
        if left == 0 {
            break;
        }
        // Callbacks may come a second time here: as many more are asked for.
        let rows = tx.all(&DUE_LEADS, args![campaign.sql(), now.0, wanted, attempts]).await?;
        left = left.saturating_sub(rows.len() as u32);
        take(rows)?;
    }
    Ok(out)
}

fn candidate(row: &Row, now: Wall, policy: &LeasePolicy) -> Result<Candidate, StoreError> {
    let broken = |what: &str| StoreError::Broken { place: "a lead's person", cause: what.to_owned() };
    let zones: Vec<String> = serde_json::from_str(&row.text(2)?).map_err(|error| broken(&error.to_string()))?;
    let phone = row.opt_text(6)?;
    let mut fields: BTreeMap<String, String> = match row.opt_text(9)? {
        Some(text) => serde_json::from_str(&text).map_err(|error| broken(&error.to_string()))?,
        None => BTreeMap::new(),
    };
    // The flow sees the name and the language as columns like any other.
    for (name, value) in [("name", row.opt_text(7)?), ("lang", row.opt_text(8)?)] {
        if let Some(value) = value {
            fields.entry(name.to_owned()).or_insert(value);
        }
    }
    let nameless = phone.is_none();
    let day = LocalDay::at(now, &zones, &policy.zone);
    let lead = Lead {
        id: LeadId::from_sql(row.int(0)?),
        // An erased person's lead is excluded below and never leaves.
        phone: Phone::e164(phone.as_deref().unwrap_or("+999")).map_err(|error| broken(&error.to_string()))?,
        number_hash: row.text(1)?,
        zones,
        attempts: row.int(3)? as u32,
        attempts_today: 0,
        day: day.date.clone(),
        callback_at: row.opt_int(4)?.map(Wall),
        callback_agent: row.opt_int(5)?.map(AgentId::from_sql),
        fields,
    };
    Ok(Candidate { lead, nameless, suppressed: row.int(10)? != 0, day })
}

/// Reserves the number's day and leases, or excludes, or puts off to the next day. In the order given.
async fn judge(
    tx: &mut Tx,
    due: Vec<Candidate>,
    policy: &LeasePolicy,
    owner: Owner,
    ticket: i64,
) -> Result<Vec<Lead>, StoreError> {
    let reserved = reserve(tx, &due, policy.attempts_per_day).await?;
    let ids = due.iter().map(|one| one.lead.id).collect();
    let mut work = Work::load(tx, &Touched { leads: ids, ..Touched::default() }).await?;
    let mut leads = Vec::new();
    for Candidate { mut lead, nameless, suppressed, day } in due {
        let row = work.now.leads.get_mut(&lead.id).expect("loaded and locked in this transaction");
        if suppressed {
            row.end(LeadState::Excluded, LISTED.to_owned());
        } else if nameless {
            row.end(LeadState::Excluded, ERASED.to_owned());
        } else if let Some(today) = reserved.get(&lead.number_hash) {
            row.state = LeadState::Leased;
            row.lease_node = Some(owner.node);
            row.lease_epoch = Some(owner.epoch);
            row.lease_day = Some(day.date);
            row.lease_ticket = Some(ticket);
            lead.attempts_today = *today;
            leads.push(lead);
        } else {
            row.due_at = day.ends;
        }
    }
    work.save(tx).await?;
    Ok(leads)
}

/// Number to attempts of its day so far, for those whose day had room. A campaign holds each number once.
async fn reserve(tx: &mut Tx, due: &[Candidate], cap: u32) -> Result<BTreeMap<String, u32>, StoreError> {
    let wanted: BTreeMap<&str, &str> = due
        .iter()
        .filter(|one| !one.suppressed && !one.nameless)
        .map(|one| (one.lead.number_hash.as_str(), one.day.date.as_str()))
        .collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let of = |(hash, day): (&&str, &&str)| json!({ "centre": CENTRE.sql(), "hash": hash, "day": day });
    let rows: Vec<Value> = wanted.iter().map(of).collect();
    let rows = tx.all(&RESERVE, args![json_rows(&rows), cap]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?.max(0) as u32))).collect()
}

async fn next_due(tx: &mut Tx, campaign: CampaignId, policy: &LeasePolicy) -> Result<Option<Wall>, StoreError> {
    let mut next: Option<Wall> = None;
    for attempts in 0..policy.attempts_total {
        let row = tx.first(&NEXT_DUE, args![campaign.sql(), attempts]).await?;
        let due = row.map(|row| row.opt_int(0)).transpose()?.flatten().map(Wall);
        next = next.into_iter().chain(due).min();
    }
    Ok(next)
}

fn counts(rows: &[Row]) -> Result<LeadCounts, StoreError> {
    let mut counts = LeadCounts::default();
    for row in rows {
        let n = row.int(1)?.max(0) as u64;
        match super::table::enum_from::<LeadState>(&row.text(0)?)? {
            LeadState::Pending => counts.pending += n,
            LeadState::Scheduled => counts.scheduled += n,
            // In somebody's hands either way.
            LeadState::Leased | LeadState::InFlight => counts.in_flight += n,
            LeadState::Closed => counts.closed += n,
            LeadState::Excluded => counts.excluded += n,
        }
    }
    Ok(counts)
}
