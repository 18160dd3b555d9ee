//! Is the store what its facts say (I12)? Replays all facts into fresh tables, in memory, and compares them with those
//! on disk; asks the database for its own checks. It repairs nothing.
//!
//! Not compared, because no fact makes them: leases, a due time that the day's cap moved, and leads that the store itself
//! excluded (`listed`, `erased`, `attempts_total`).

use super::db::{Db, Row, args, json_rows, statements};
use super::named::Touched;
use super::projection::Tables;
use super::rows::*;
use super::{FactCursor, FactFilter, Store, StoreError};
use crate::words::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

const PAGE: u32 = 5_000;
/// Shown at most: one mistake of ours may touch every row.
const DIFFERENCES_MAX: usize = 100;

statements! {
    FRESH_LEADS = rows(
        "SELECT t.id, t.centre, t.campaign, t.number_hash, t.first_at FROM lead AS t
         WHERE t.id IN (SELECT CAST(j.value AS BIGINT) FROM", ")");
    FRESH_NUMBERS = rows(
        "SELECT t.id, t.centre, t.campaign, t.number_hash, t.first_at FROM lead AS t
         WHERE t.number_hash IN (SELECT j.value->>'hash' FROM", ")");
    STORED_LEADS = one(concat!(lead_sql!(select), " WHERE t.id > $1 ORDER BY t.id LIMIT $2"));
    STORED_CALLS = one(concat!(call_sql!(select), " WHERE t.id > $1 ORDER BY t.id LIMIT $2"));
    STORED_ORDERS = one(concat!(orders_sql!(select), " WHERE t.id > $1 ORDER BY t.id LIMIT $2"));
    STORED_SESSIONS = one(concat!(agent_session_sql!(select), " WHERE t.id > $1 ORDER BY t.id LIMIT $2"));
    STORED_RECORDINGS = one(concat!(recording_sql!(select), " WHERE t.id > $1 ORDER BY t.id LIMIT $2"));
    STORED_DAYS = one("SELECT number_hash, day, placed FROM number_day WHERE placed <> 0");
    STORED_RESERVATIONS = one("SELECT number_hash, day, reserved FROM number_day WHERE reserved <> 0");
    LEASED_RESERVATIONS = one(
        "SELECT number_hash, lease_day, COUNT(*) FROM lead WHERE lease_day IS NOT NULL GROUP BY number_hash, lease_day");
    STORED_COUNTS = one("SELECT campaign, state, n FROM lead_count WHERE n <> 0");
    REAL_COUNTS = one("SELECT campaign, state, COUNT(*) FROM lead GROUP BY campaign, state");
    STORED_SUPPRESSED = one("SELECT number_hash FROM suppression WHERE from_fact = 1");
    STORED_CAMPAIGNS = one("SELECT id, state FROM campaign WHERE state <> 'idle'");
    FACT_GAPS = one("SELECT node, MIN(seq), MAX(seq), COUNT(*) FROM fact GROUP BY node");
    SQLITE_INTEGRITY = each("PRAGMA integrity_check(10)", "SELECT 'ok'");
    SQLITE_FOREIGN_KEYS = each("PRAGMA foreign_key_check", "SELECT 'ok' WHERE 1 = 0");
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub table: String,
    pub key: String,
    pub stored: String,
    pub replayed: String,
}

impl Store {
    /// Empty: all is as the facts say. At most 100 differences. Call it while nothing writes: rows and facts are read
    /// one after the other.
    pub async fn check(&self) -> Result<Vec<Difference>, StoreError> {
        let mut found = Found::default();
        self.check_database(&mut found).await?;
        let tables = self.replay().await?;
        self.check_leads(&tables, &mut found).await?;
        let by_id = |row: &CallRow| row.id.sql();
        let calls = tables.calls.values().map(|row| (row.id.sql(), row.clone())).collect();
        self.check_rows("call", &STORED_CALLS, CallRow::read, by_id, calls, &mut found).await?;
        let orders = tables.orders.values().map(|row| (row.id.sql(), row.clone())).collect();
        self.check_rows("orders", &STORED_ORDERS, OrderHead::read, |row| row.id.sql(), orders, &mut found).await?;
        let sessions = tables.sessions.values().map(|row| (row.id.sql(), row.clone())).collect();
        self.check_rows("agent_session", &STORED_SESSIONS, SessionRow::read, |row| row.id.sql(), sessions, &mut found)
            .await?;
        self.check_recordings(&tables, &mut found).await?;
        self.check_sums(&tables, &mut found).await?;
        Ok(found.0)
    }

    /// The database's own checks, and that no fact is missing in a node's numbering.
    async fn check_database(&self, found: &mut Found) -> Result<(), StoreError> {
        if let Db::Sqlite { .. } = self.db() {
            for row in self.db().all(&SQLITE_INTEGRITY, args![]).await? {
                found.compare("integrity", "database", &row.text(0)?, &"ok".to_owned());
            }
            for row in self.db().all(&SQLITE_FOREIGN_KEYS, args![]).await? {
                found.compare("foreign keys", &row.text(0)?, &"a row without its parent", &"none");
            }
        }
        for row in self.db().all(&FACT_GAPS, args![]).await? {
            let (first, last, count) = (row.int(1)?, row.int(2)?, row.int(3)?);
            found.compare("fact", &format!("node {}", row.int(0)?), &(first, count), &(1, last));
        }
        Ok(())
    }

    /// All facts, folded from zero.
    async fn replay(&self) -> Result<Tables, StoreError> {
        let mut tables = Tables::default();
        let mut after: Option<FactCursor> = None;
        loop {
            let page = self.facts(&FactFilter::default(), after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(tables);
            };
            after = Some(FactCursor::of(last));
            self.add_fresh_leads(&mut tables, &Touched::of(page.iter())).await?;
            page.iter().for_each(|envelope| tables.fold(envelope));
        }
    }

    /// Leads as they were imported.
    async fn add_fresh_leads(&self, tables: &mut Tables, touched: &Touched) -> Result<(), StoreError> {
        let ids: Vec<i64> =
            touched.leads.iter().filter(|id| !tables.leads.contains_key(id)).map(|id| id.sql()).collect();
        let hashes: Vec<serde_json::Value> =
            touched.numbers.iter().map(|hash| serde_json::json!({ "hash": hash })).collect();
        let mut rows = self.db().all(&FRESH_LEADS, args![json_rows(&ids)]).await?;
        rows.extend(self.db().all(&FRESH_NUMBERS, args![json_rows(&hashes)]).await?);
        for row in &rows {
            let lead = fresh(row)?;
            tables.leads.entry(lead.id).or_insert(lead);
        }
        Ok(())
    }

    async fn check_leads(&self, tables: &Tables, found: &mut Found) -> Result<(), StoreError> {
        let mut after = -1_i64;
        loop {
            let rows = self.db().all(&STORED_LEADS, args![after, PAGE]).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let stored = rows.iter().map(LeadFold::read).collect::<Result<Vec<_>, _>>()?;
            after = stored.last().expect("not empty").id.sql();
            let ids = Touched { leads: stored.iter().map(|lead| lead.id).collect(), ..Touched::default() };
            let mut untouched = Tables::default();
            self.add_fresh_leads(&mut untouched, &ids).await?;
            for lead in stored {
                let replayed = tables.leads.get(&lead.id).or(untouched.leads.get(&lead.id));
                if lead.excluded_by_store() {
                    continue;
                }
                found.compare("lead", &lead.id.to_string(), &Some(at_rest(&lead)), &replayed.map(at_rest));
            }
        }
    }

    async fn check_recordings(&self, tables: &Tables, found: &mut Found) -> Result<(), StoreError> {
        // An erased person's file has no name any more.
        let nameless = |row: &Row| RecordingRow::read(row).map(|row| RecordingRow { file: String::new(), ..row });
        let replayed = tables.recordings.values();
        let replayed =
            replayed.map(|row| (row.id.sql(), RecordingRow { file: String::new(), ..row.clone() })).collect();
        self.check_rows("recording", &STORED_RECORDINGS, nameless, |row| row.id.sql(), replayed, found).await
    }

    async fn check_rows<R: PartialEq + Debug>(
        &self,
        table: &str,
        sql: &super::db::Sql,
        read: impl Fn(&Row) -> Result<R, StoreError>,
        id: impl Fn(&R) -> i64,
        mut replayed: BTreeMap<i64, R>,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let mut after = -1_i64;
        loop {
            let rows = self.db().all(sql, args![after, PAGE]).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let stored = read(row)?;
                after = id(&stored);
                found.compare(table, &format!("{after:016x}"), &Some(&stored), &replayed.remove(&after).as_ref());
            }
        }
        for (id, row) in replayed {
            found.compare(table, &format!("{id:016x}"), &None, &Some(row));
        }
        Ok(())
    }

    /// What stands in sums: attempts by day, reservations, counts, suppressions, campaign states.
    async fn check_sums(&self, tables: &Tables, found: &mut Found) -> Result<(), StoreError> {
        let days = tables.days.iter().filter(|(_, (placed, _))| *placed != 0);
        let days = days.map(|((hash, day), (placed, _))| (format!("{hash} {day}"), placed.to_string())).collect();
        found.compare_maps("number_day", self.pairs(&STORED_DAYS).await?, days);
        let leased = self.pairs(&LEASED_RESERVATIONS).await?;
        found.compare_maps("number_day reserved", self.pairs(&STORED_RESERVATIONS).await?, leased);
        let real = self.counted(&REAL_COUNTS).await?;
        found.compare_maps("lead_count", self.counted(&STORED_COUNTS).await?, real);
        let stored = self.db().all(&STORED_SUPPRESSED, args![]).await?;
        let stored = stored.iter().map(|row| row.text(0)).collect::<Result<BTreeSet<_>, _>>()?;
        let replayed: BTreeSet<String> = tables.suppressed.keys().cloned().collect();
        found.compare("suppression", "from facts", &stored, &replayed);
        let mut campaigns = BTreeMap::new();
        for row in self.db().all(&STORED_CAMPAIGNS, args![]).await? {
            campaigns.insert(CampaignId::from_sql(row.int(0)?).to_string(), row.text(1)?);
        }
        // Facts may speak of a campaign that is not stored: a simulated one, or a test's.
        let known = tables.campaigns.iter().map(|(id, state)| (id.to_string(), (*state).to_owned()));
        let known: BTreeMap<String, String> = known.filter(|(id, _)| campaigns.contains_key(id)).collect();
        found.compare_maps("campaign", campaigns, known);
        Ok(())
    }

    async fn pairs(&self, sql: &super::db::Sql) -> Result<BTreeMap<String, String>, StoreError> {
        let of = |row: &Row| Ok((format!("{} {}", row.text(0)?, row.text(1)?), row.int(2)?.to_string()));
        self.db().all(sql, args![]).await?.iter().map(of).collect()
    }

    async fn counted(&self, sql: &super::db::Sql) -> Result<BTreeMap<String, String>, StoreError> {
        let of = |row: &Row| Ok((format!("{:016x} {}", row.int(0)?, row.text(1)?), row.int(2)?.to_string()));
        self.db().all(sql, args![]).await?.iter().map(of).collect()
    }
}

fn fresh(row: &Row) -> Result<LeadFold, StoreError> {
    let first_at = Wall(row.int(4)?);
    let callback_at = Some(first_at).filter(|at| at.0 != 0);
    Ok(LeadFold {
        centre: CentreId::from_sql(row.int(1)?),
        id: LeadId::from_sql(row.int(0)?),
        campaign: CampaignId::from_sql(row.int(2)?),
        number_hash: row.text(3)?,
        state: if callback_at.is_some() { LeadState::Scheduled } else { LeadState::Pending },
        attempts: 0,
        next_at: first_at,
        due_at: first_at,
        callback_at,
        callback_agent: None,
        end_reason: None,
        last_call: None,
        lease_node: None,
        lease_epoch: None,
        lease_day: None,
        lease_ticket: None,
    })
}

/// Without what no fact makes.
fn at_rest(lead: &LeadFold) -> LeadFold {
    let state = if lead.state == LeadState::Leased { lead.resting() } else { lead.state };
    let mut lead = LeadFold { state, due_at: lead.next_at, ..lead.clone() };
    lead.unlease();
    lead
}

#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn compare<T: PartialEq + Debug>(&mut self, table: &str, key: &str, stored: &T, replayed: &T) {
        if stored != replayed && self.0.len() < DIFFERENCES_MAX {
            self.0.push(Difference {
                table: table.to_owned(),
                key: key.to_owned(),
                stored: format!("{stored:?}"),
                replayed: format!("{replayed:?}"),
            });
        }
    }

    fn compare_maps(&mut self, table: &str, stored: BTreeMap<String, String>, replayed: BTreeMap<String, String>) {
        let keys: BTreeSet<&String> = stored.keys().chain(replayed.keys()).collect();
        for key in keys {
            self.compare(table, key, &stored.get(key), &replayed.get(key));
        }
    }
}
