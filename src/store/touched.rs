//! Rows in and out of the fold: loads what a batch touches, saves what changed. It changes no row itself.

use super::db::{Tx, args, json_rows, statements};
use super::named::Touched;
use super::projection::Tables;
use super::rows::{CallRow, LeadFold, LeadState, OrderHead, SessionRow};
use super::{CENTRE, StoreError};
use crate::words::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

statements! {
    LOAD_LEADS = rows_locked(
        concat!(lead_sql!(select), " WHERE t.id IN (SELECT CAST(j.value AS BIGINT) FROM"), ") ORDER BY t.id");
    LOAD_NUMBERS = rows_locked(
        concat!(lead_sql!(select), " WHERE t.number_hash IN (SELECT j.value->>'hash' FROM"), ") ORDER BY t.id");
    LOAD_CALLS = rows(concat!(call_sql!(select), " WHERE t.id IN (SELECT CAST(j.value AS BIGINT) FROM"), ")");
    LOAD_ORDERS = rows(concat!(orders_sql!(select), " WHERE t.id IN (SELECT CAST(j.value AS BIGINT) FROM"), ")");
    LOAD_SESSIONS = rows(concat!(agent_session_sql!(select), " WHERE t.id IN (SELECT CAST(j.value AS BIGINT) FROM"), ")");
    SAVE_LEADS = rows(lead_sql!(update_before), lead_sql!(update_after));
    SAVE_CALLS = rows(call_sql!(upsert_before), call_sql!(upsert_after));
    SAVE_ORDERS = rows(orders_sql!(upsert_before), orders_sql!(upsert_after));
    SAVE_SESSIONS = rows(agent_session_sql!(upsert_before), agent_session_sql!(upsert_after));
    SAVE_RECORDINGS = rows(recording_sql!(upsert_before), recording_sql!(upsert_after));
    SAVE_LINES = rows(
        "INSERT INTO order_line (order_id, place, centre, sku, quantity, price_minor, currency)
         SELECT CAST(j.value->>'order_id' AS BIGINT), CAST(j.value->>'place' AS BIGINT), CAST(j.value->>'centre' AS BIGINT),
                j.value->>'sku', CAST(j.value->>'quantity' AS BIGINT), CAST(j.value->>'price_minor' AS BIGINT), j.value->>'currency'
         FROM",
        "WHERE 1 = 1 ON CONFLICT (order_id, place) DO NOTHING");
    SAVE_CAMPAIGN_STATE = one("UPDATE campaign SET state = $2 WHERE id = $1");
    SAVE_DAYS = rows(
        "INSERT INTO number_day (centre, number_hash, day, placed, reserved)
         SELECT CAST(j.value->>'centre' AS BIGINT), j.value->>'hash', j.value->>'day',
                CAST(j.value->>'placed' AS BIGINT), CAST(j.value->>'reserved' AS BIGINT)
         FROM",
        "WHERE 1 = 1 ON CONFLICT (number_hash, day) DO UPDATE
         SET placed = number_day.placed + excluded.placed, reserved = number_day.reserved + excluded.reserved");
    SAVE_SUPPRESSED = rows(
        "INSERT INTO suppression (centre, number_hash, since, why, from_fact)
         SELECT CAST(j.value->>'centre' AS BIGINT), j.value->>'hash', CAST(j.value->>'since' AS BIGINT), 'opted_out', 1
         FROM",
        "WHERE 1 = 1 ON CONFLICT (number_hash) DO UPDATE SET from_fact = 1");
    SAVE_COUNTS = rows(
        "INSERT INTO lead_count (centre, campaign, state, n)
         SELECT CAST(j.value->>'centre' AS BIGINT), CAST(j.value->>'campaign' AS BIGINT), j.value->>'state',
                CAST(j.value->>'n' AS BIGINT)
         FROM",
        "WHERE 1 = 1 ON CONFLICT (campaign, state) DO UPDATE SET n = lead_count.n + excluded.n");
}

/// The rows of one transaction: as they were, and as they are now.
pub struct Work {
    pub now: Tables,
    was: Tables,
}

impl Work {
    /// Loads everything that these ids name, and the leads of their calls. Leads stay locked.
    pub async fn load(tx: &mut Tx, touched: &Touched) -> Result<Work, StoreError> {
        let mut was = Tables::default();
        for row in load(tx, &LOAD_CALLS, touched.calls.iter().map(|id| id.sql())).await? {
            let row = CallRow::read(&row)?;
            was.calls.insert(row.id, row);
        }
        let mut leads: BTreeSet<LeadId> = touched.leads.iter().copied().collect();
        leads.extend(was.calls.values().map(|call| call.lead));
        for row in load(tx, &LOAD_LEADS, leads.iter().map(|id| id.sql())).await? {
            let row = LeadFold::read(&row)?;
            was.leads.insert(row.id, row);
        }
        if !touched.numbers.is_empty() {
            let hashes: Vec<Value> = touched.numbers.iter().map(|hash| json!({ "hash": hash })).collect();
            for row in tx.all(&LOAD_NUMBERS, args![json_rows(&hashes)]).await? {
                let row = LeadFold::read(&row)?;
                was.leads.insert(row.id, row);
            }
        }
        for row in load(tx, &LOAD_ORDERS, touched.orders.iter().map(|id| id.sql())).await? {
            let row = OrderHead::read(&row)?;
            was.orders.insert(row.id, row);
        }
        for row in load(tx, &LOAD_SESSIONS, touched.sessions.iter().map(|id| id.sql())).await? {
            let row = SessionRow::read(&row)?;
            was.sessions.insert(row.id, row);
        }
        Ok(Work { now: was.clone(), was })
    }

    /// Writes what changed. Tables always in the same order, rows by id: two nodes never wait for each other in a ring.
    pub async fn save(self, tx: &mut Tx) -> Result<(), StoreError> {
        let Work { now, was } = self;
        put(tx, &SAVE_LEADS, changed(&now.leads, &was.leads, LeadFold::json)).await?;
        put(tx, &SAVE_CALLS, changed(&now.calls, &was.calls, CallRow::json)).await?;
        put(tx, &SAVE_ORDERS, changed(&now.orders, &was.orders, OrderHead::json)).await?;
        put(tx, &SAVE_LINES, line_rows(&now)).await?;
        put(tx, &SAVE_SESSIONS, changed(&now.sessions, &was.sessions, SessionRow::json)).await?;
        put(tx, &SAVE_RECORDINGS, now.recordings.values().map(|row| row.json()).collect()).await?;
        put(tx, &SAVE_SUPPRESSED, suppressed_rows(&now)).await?;
        put(tx, &SAVE_DAYS, day_rows(&now)).await?;
        for (campaign, state) in &now.campaigns {
            tx.run(&SAVE_CAMPAIGN_STATE, args![campaign.sql(), *state]).await?;
        }
        put(tx, &SAVE_COUNTS, count_rows(&count_changes(&was, &now))).await
    }
}

/// Changes of `lead_count`, for leads that were not in the store before.
pub async fn count_new(tx: &mut Tx, counts: &BTreeMap<(CampaignId, LeadState), i64>) -> Result<(), StoreError> {
    put(tx, &SAVE_COUNTS, count_rows(counts)).await
}

async fn load(
    tx: &mut Tx,
    sql: &super::db::Sql,
    ids: impl Iterator<Item = i64>,
) -> Result<Vec<super::db::Row>, StoreError> {
    let ids: Vec<i64> = ids.collect();
    if ids.is_empty() { Ok(Vec::new()) } else { tx.all(sql, args![json_rows(&ids)]).await }
}

async fn put(tx: &mut Tx, sql: &super::db::Sql, rows: Vec<Value>) -> Result<(), StoreError> {
    if rows.is_empty() { Ok(()) } else { tx.run(sql, args![json_rows(&rows)]).await.map(|_| ()) }
}

fn changed<K: Ord, R: PartialEq>(now: &BTreeMap<K, R>, was: &BTreeMap<K, R>, json: fn(&R) -> Value) -> Vec<Value> {
    now.iter().filter(|(key, row)| was.get(key) != Some(row)).map(|(_, row)| json(row)).collect()
}

fn line_rows(now: &Tables) -> Vec<Value> {
    let of = |(order, lines): (&OrderId, &Vec<crate::facts::OrderLine>)| {
        let order = order.sql();
        let row = move |(place, line): (usize, &crate::facts::OrderLine)| {
            json!({ "order_id": order, "place": place, "centre": CENTRE.sql(), "sku": line.sku, "quantity": line.quantity,
                    "price_minor": line.price.minor, "currency": line.price.currency })
        };
        lines.iter().enumerate().map(row).collect::<Vec<Value>>()
    };
    now.lines.iter().flat_map(of).collect()
}

fn suppressed_rows(now: &Tables) -> Vec<Value> {
    let of = |(hash, since): (&String, &Wall)| json!({ "centre": CENTRE.sql(), "hash": hash, "since": since.0 });
    now.suppressed.iter().map(of).collect()
}

fn day_rows(now: &Tables) -> Vec<Value> {
    let moved = now.days.iter().filter(|(_, change)| **change != (0, 0));
    let of = |((hash, day), (placed, reserved)): (&(String, String), &(i64, i64))| json!({ "centre": CENTRE.sql(), "hash": hash, "day": day, "placed": placed, "reserved": reserved });
    moved.map(of).collect()
}

fn count_changes(was: &Tables, now: &Tables) -> BTreeMap<(CampaignId, LeadState), i64> {
    let mut counts = BTreeMap::new();
    for (id, lead) in &now.leads {
        let before = was.leads.get(id).expect("the fold makes no leads: imports do");
        *counts.entry((lead.campaign, before.state)).or_default() -= 1;
        *counts.entry((lead.campaign, lead.state)).or_default() += 1;
    }
    counts
}

fn count_rows(counts: &BTreeMap<(CampaignId, LeadState), i64>) -> Vec<Value> {
    let moved = counts.iter().filter(|(_, n)| **n != 0);
    let of = |((campaign, state), n): (&(CampaignId, LeadState), &i64)| json!({ "centre": CENTRE.sql(), "campaign": campaign.sql(), "state": state.name(), "n": n });
    moved.map(of).collect()
}
