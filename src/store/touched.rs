//! Rows in and out of the fold: loads what a batch touches, saves what changed. It changes no row itself.

use super::db::{Arg, Tx, args, json_rows, statements};
use super::named::Touched;
use super::projection::Tables;
use super::rows::{CallRow, LeadFold, LeadState, OrderHead, RecordingRow, SessionRow};
use super::suppression::take_places;
use super::tuples::tuples;
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
    SAVE_CAMPAIGN_STATE = one("UPDATE campaign SET state = $2 WHERE id = $1");
}

tuples! {
    SAVE_LEADS = lead_sql!(columns), lead_sql!(update_before), lead_sql!(update_after);
    SAVE_CALLS = call_sql!(columns), call_sql!(upsert_before), call_sql!(upsert_after);
    SAVE_ORDERS = orders_sql!(columns), orders_sql!(upsert_before), orders_sql!(upsert_after);
    SAVE_SESSIONS = agent_session_sql!(columns), agent_session_sql!(upsert_before), agent_session_sql!(upsert_after);
    SAVE_RECORDINGS = recording_sql!(columns), recording_sql!(upsert_before), recording_sql!(upsert_after);
    SAVE_LINES = "iiitiit",
        "INSERT INTO order_line (order_id, place, centre, sku, quantity, price_minor, currency) VALUES",
        "ON CONFLICT (order_id, place) DO NOTHING";
    SAVE_DAYS = "ittii",
        "INSERT INTO number_day (centre, number_hash, day, placed, reserved) VALUES",
        "ON CONFLICT (number_hash, day) DO UPDATE
         SET placed = number_day.placed + excluded.placed, reserved = number_day.reserved + excluded.reserved";
    SAVE_SUPPRESSED = "ititii",
        "INSERT INTO suppression (centre, number_hash, since, why, from_fact, place) VALUES",
        "ON CONFLICT (number_hash) DO UPDATE SET from_fact = 1";
    SAVE_COUNTS = "iiti",
        "INSERT INTO lead_count (centre, campaign, state, n) VALUES",
        "ON CONFLICT (campaign, state) DO UPDATE SET n = lead_count.n + excluded.n";
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
        tx.put(&SAVE_LEADS, changed(&now.leads, &was.leads, LeadFold::bind)).await?;
        tx.put(&SAVE_CALLS, changed(&now.calls, &was.calls, CallRow::bind)).await?;
        tx.put(&SAVE_ORDERS, changed(&now.orders, &was.orders, OrderHead::bind)).await?;
        tx.put(&SAVE_LINES, line_rows(&now)).await?;
        tx.put(&SAVE_SESSIONS, changed(&now.sessions, &was.sessions, SessionRow::bind)).await?;
        tx.put(&SAVE_RECORDINGS, changed(&now.recordings, &was.recordings, RecordingRow::bind)).await?;
        if !now.suppressed.is_empty() {
            let first = take_places(tx, now.suppressed.len()).await?;
            tx.put(&SAVE_SUPPRESSED, suppressed_rows(&now, first)).await?;
        }
        tx.put(&SAVE_DAYS, day_rows(&now)).await?;
        for (campaign, state) in &now.campaigns {
            tx.run(&SAVE_CAMPAIGN_STATE, args![campaign.sql(), *state]).await?;
        }
        tx.put(&SAVE_COUNTS, count_rows(&count_changes(&was, &now))).await
    }
}

/// Changes of `lead_count`, for leads that were not in the store before.
pub async fn count_new(tx: &mut Tx, counts: &BTreeMap<(CampaignId, LeadState), i64>) -> Result<(), StoreError> {
    tx.put(&SAVE_COUNTS, count_rows(counts)).await
}

async fn load(
    tx: &mut Tx,
    sql: &super::db::Sql,
    ids: impl Iterator<Item = i64>,
) -> Result<Vec<super::db::Row>, StoreError> {
    let ids: Vec<i64> = ids.collect();
    if ids.is_empty() { Ok(Vec::new()) } else { tx.all(sql, args![json_rows(&ids)]).await }
}

fn changed<K: Ord, R: PartialEq>(now: &BTreeMap<K, R>, was: &BTreeMap<K, R>, bind: fn(&R, &mut Vec<Arg>)) -> Vec<Arg> {
    let mut values = Vec::new();
    let changed = now.iter().filter(|(key, row)| was.get(key) != Some(row));
    changed.for_each(|(_, row)| bind(row, &mut values));
    values
}

fn line_rows(now: &Tables) -> Vec<Arg> {
    let of = |(order, lines): (&OrderId, &Vec<crate::facts::OrderLine>)| {
        let order = order.sql();
        let row = move |(place, line): (usize, &crate::facts::OrderLine)| {
            let (sku, money) = (&line.sku, &line.price);
            args![order, place as i64, CENTRE.sql(), sku, line.quantity, money.minor, &money.currency]
        };
        lines.iter().enumerate().flat_map(row).collect::<Vec<Arg>>()
    };
    now.lines.iter().flat_map(of).collect()
}

fn suppressed_rows(now: &Tables, first: i64) -> Vec<Arg> {
    let of =
        |(place, (hash, since)): (i64, (&String, &Wall))| args![CENTRE.sql(), hash, since.0, "opted_out", 1_i64, place];
    (first..).zip(&now.suppressed).flat_map(of).collect()
}

fn day_rows(now: &Tables) -> Vec<Arg> {
    let moved = now.days.iter().filter(|(_, change)| **change != (0, 0));
    moved.flat_map(|((hash, day), (placed, reserved))| args![CENTRE.sql(), hash, day, *placed, *reserved]).collect()
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

fn count_rows(counts: &BTreeMap<(CampaignId, LeadState), i64>) -> Vec<Arg> {
    let moved = counts.iter().filter(|(_, n)| **n != 0);
    moved.flat_map(|((campaign, state), n)| args![CENTRE.sql(), campaign.sql(), state.name(), *n]).collect()
}
