//! What is kept: facts, and the tables folded from them; leads and persons; campaigns, agents, keys.
//! SQLite or PostgreSQL behind one list of statements. It refuses to decide anything about calls.
//!
//! Facts are the truth. `append` writes them and the tables that follow from them in one transaction (`projection`
//! is the fold), and `check` replays all of them into fresh tables and compares. Personal data stands in `person`,
//! `call_field` and `call_note` alone, apart from facts, so that erasing a person and replaying facts do not collide;
//! it is not encrypted at rest: that is the disk's or the database's matter.

// First, and in this order: their macros are used below.
#[macro_use]
mod table;
#[macro_use]
mod rows;

mod agents;
mod calls;
mod campaigns;
mod db;
mod decisions;
mod do_not_call;
mod error;
mod examine;
mod facts;
mod fail_point;
mod health;
mod idempotency;
mod import;
mod intake;
mod keys;
mod kpi_facts;
mod leads;
mod learned;
mod lease;
mod named;
mod orders;
mod passwords;
mod persons;
mod postgres;
mod projection;
mod recordings;
mod recovery;
mod since;
mod sqlite;
mod sqlite_writer;
mod suppression;
mod testaments;
mod touched;
mod tuples;
mod users;
mod verify;
mod wake;
mod web_sessions;

pub use agents::{AgentRow, NewAgentSecrets, SipCredential};
pub use calls::CallFilter;
pub use campaigns::{CampaignRow, NewCampaign};
pub use do_not_call::{ListReport, dry_run as dry_run_suppressions};
pub use error::StoreError;
pub use examine::{Examined, examine};
pub use facts::{FactCursor, FactFilter, STORE_NODE, Write};
pub use fail_point::fail_point;
pub use health::{Fault, Health};
pub use idempotency::{Begun, IdempotencyKey, KEPT_FOR};
pub use import::{Import, ImportSummary, NewLead, RowResult};
pub use intake::{IntakeError, dry_run};
pub use keys::{Binding, KeyRow, Scope};
pub use leads::{LeadFilter, LeadRow};
pub use lease::{Lease, LeasePolicy, Owner};
pub use orders::{Customer, OrderFilter};
pub use passwords::{PASSWORD_BYTES_MAX, generate as generate_password};
pub use persons::Erasure;
pub use recovery::Standing;
pub use rows::{CallRow, LeadState, OrderRow, RecordingRow};
pub use since::FactCursors;
pub use suppression::{Suppressed, SuppressionPlace, SuppressionRow};
pub use testaments::Testament;
pub use users::{NewUser, UserRow};
pub use verify::Difference;
pub use wake::Bell;
pub use web_sessions::{SESSION_IDLE, SESSION_LONGEST, SessionHash};

use crate::words::{CentreId, Phone};
use db::{Db, Sql, args, statements};
use sha2::{Digest, Sha256};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr};
use std::path::Path;
use std::sync::Arc;

/// The first version makes one centre.
const CENTRE: CentreId = CentreId(1);

statements! {
    PING = one("SELECT 1");
    READ_SETTING = one("SELECT value FROM setting WHERE centre = $1 AND name = $2");
    ADD_SETTING = one("INSERT INTO setting (centre, name, value) VALUES ($1, $2, $3) ON CONFLICT (centre, name) DO NOTHING");
    ADD_ID_BLOCK = one("INSERT INTO id_block (centre, name, next) VALUES ($1, $2, 1) ON CONFLICT (centre, name) DO NOTHING");
    TAKE_IDS = one("UPDATE id_block SET next = next + $3 WHERE centre = $1 AND name = $2 RETURNING next - $3");
}

/// Version, name, and the text in each database's words.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "first",
        include_str!("../../migrations/sqlite/0001_first.sql"),
        include_str!("../../migrations/postgres/0001_first.sql"),
    ),
    (
        2,
        "people",
        include_str!("../../migrations/sqlite/0002_people.sql"),
        include_str!("../../migrations/postgres/0002_people.sql"),
    ),
    (
        4,
        "decisions",
        include_str!("../../migrations/sqlite/0004_decisions.sql"),
        include_str!("../../migrations/postgres/0004_decisions.sql"),
    ),
    (
        5,
        "testaments",
        include_str!("../../migrations/sqlite/0005_testaments.sql"),
        include_str!("../../migrations/postgres/0005_testaments.sql"),
    ),
    (
        6,
        "learned",
        include_str!("../../migrations/sqlite/0006_learned.sql"),
        include_str!("../../migrations/postgres/0006_learned.sql"),
    ),
    (
        7,
        "looks",
        include_str!("../../migrations/sqlite/0007_looks.sql"),
        include_str!("../../migrations/postgres/0007_looks.sql"),
    ),
    (
        8,
        "clients",
        include_str!("../../migrations/sqlite/0008_clients.sql"),
        include_str!("../../migrations/postgres/0008_clients.sql"),
    ),
    (
        9,
        "agent_display",
        include_str!("../../migrations/sqlite/0009_agent_display.sql"),
        include_str!("../../migrations/postgres/0009_agent_display.sql"),
    ),
];

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    url: String,
    number_key: [u8; 32],
}

impl Store {
    /// `sqlite:FILE` (relative: within `data_dir`) or `postgres://USER:PASSWORD@HOST/DATABASE`.
    /// Brings the tables up to date.
    pub async fn open(url: &str, data_dir: &Path) -> Result<Store, StoreError> {
        let (db, shown) = connect(url, data_dir).await?;
        migrate(&db, &shown).await?;
        let number_key = number_key(&db).await?;
        Ok(Store { inner: Arc::new(Inner { db, url: shown, number_key }) })
    }

    /// Where it is, without the password.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    pub fn centre(&self) -> CentreId {
        CENTRE
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db().all(&PING, args![]).await.map(|_| ())
    }

    pub async fn close(&self) {
        self.db().close().await;
    }

    /// What facts carry instead of a number: HMAC-SHA-256 (RFC 2104) under a key of this store, its first 16 bytes in hex.
    pub fn hash_number(&self, phone: &Phone) -> String {
        let key = &self.inner.number_key;
        let pad = |byte: u8| {
            let mut block = [byte; 64];
            block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
            block
        };
        let inside = Sha256::new().chain_update(pad(0x36)).chain_update(phone.digits()).finalize();
        let outside = Sha256::new().chain_update(pad(0x5c)).chain_update(inside).finalize();
        hex(&outside[..16])
    }

    /// Asks the database to understand every statement of ours; what it refuses, with its words. Runs none of them.
    pub async fn prepare_all(&self) -> Vec<String> {
        let mut refused = Vec::new();
        let many = ALL_TUPLES.iter().flat_map(|file| file.iter().map(|tuples| tuples.smallest()));
        for sql in ALL_STATEMENTS.concat().into_iter().chain(many) {
            if let Err(error) = self.db().prepare(&sql).await {
                refused.push(error.to_string());
            }
        }
        refused
    }

    /// True: a write runs where it is asked for, disk and all (SQLite). False: it is awaited (PostgreSQL).
    pub fn writes_in_place(&self) -> bool {
        match self.db() {
            Db::Sqlite { .. } => true,
            Db::Postgres(_) => false,
        }
    }

    fn db(&self) -> &Db {
        &self.inner.db
    }
}

/// Every statement of the store, file by file.
const ALL_STATEMENTS: &[&[Sql]] = &[
    STATEMENTS,
    agents::STATEMENTS,
    calls::STATEMENTS,
    campaigns::STATEMENTS,
    decisions::STATEMENTS,
    facts::STATEMENTS,
    idempotency::STATEMENTS,
    import::STATEMENTS,
    keys::STATEMENTS,
    learned::STATEMENTS,
    lease::STATEMENTS,
    leads::STATEMENTS,
    orders::STATEMENTS,
    persons::STATEMENTS,
    recordings::STATEMENTS,
    recovery::STATEMENTS,
    since::STATEMENTS,
    suppression::STATEMENTS,
    testaments::STATEMENTS,
    touched::STATEMENTS,
    users::STATEMENTS,
    verify::STATEMENTS,
    wake::STATEMENTS,
    web_sessions::STATEMENTS,
];

/// Every statement over many rows.
const ALL_TUPLES: [&[&tuples::Tuples]; 3] = [facts::TUPLES, import::TUPLES, touched::TUPLES];

async fn connect(url: &str, data_dir: &Path) -> Result<(Db, String), StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let file = sqlite::file(path, data_dir)?;
        return Ok((sqlite::open(&file).await?, format!("sqlite:{}", file.display())));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok((postgres::open(url).await?, postgres::masked(url)));
    }
    Err(StoreError::Url {
        url: postgres::masked(url),
        why: "neither SQLite nor PostgreSQL".to_owned(),
        fix: "write sqlite:outpace.db or postgres://USER:PASSWORD@HOST:5432/DATABASE",
    })
}

async fn migrate(db: &Db, shown: &str) -> Result<(), StoreError> {
    let migrator = |postgres: bool| {
        let of = |&(version, name, lite, post): &(i64, &'static str, &'static str, &'static str)| {
            let text = if postgres { post } else { lite };
            Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
        };
        Migrator::with_migrations(MIGRATIONS.iter().map(of).collect())
    };
    let done = match db {
        Db::Sqlite { writer, .. } => match sqlite::for_migrations(writer).await {
            Ok(mut connection) => {
                let done = migrator(false).run(&mut connection).await;
                // A connection that does not close in order is closed by its drop.
                done.and(connection.close().await.map_err(Into::into))
            }
            Err(error) => Err(error.into()),
        },
        Db::Postgres(pool) => migrator(true).run(pool).await,
    };
    fail_point("at", "migrated");
    done.map_err(|error| StoreError::Migration { url: shown.to_owned(), cause: error.to_string() })
}

/// Made at the first start; the same for every node of this store.
async fn number_key(db: &Db) -> Result<[u8; 32], StoreError> {
    let name = "number_key";
    db.run(&ADD_SETTING, args![CENTRE.sql(), name, secret_hex()]).await?;
    let row = db.first(&READ_SETTING, args![CENTRE.sql(), name]).await?;
    let text = row.ok_or(StoreError::Missing { what: "setting", value: name.to_owned() })?.text(0)?;
    unhex(&text)
        .ok_or(StoreError::Broken { place: "setting number_key", cause: "64 hex digits are expected".to_owned() })
}

/// The first of `count` fresh ids. Their node and epoch bits are zero, so they meet none of the engine's.
async fn take_ids(tx: &mut db::Tx, name: &str, count: usize) -> Result<u64, StoreError> {
    tx.run(&ADD_ID_BLOCK, args![CENTRE.sql(), name]).await?;
    let row = tx.first(&TAKE_IDS, args![CENTRE.sql(), name, count as i64]).await?;
    Ok(row.ok_or(StoreError::Missing { what: "id block", value: name.to_owned() })?.int(0)? as u64)
}

/// 256 random bits in hex.
fn secret_hex() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a String takes all");
        out
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0_u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, slot) in out.iter_mut().enumerate() {
        *slot = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, calls, facts, orders};

    /// What SQLite will do for a statement on the tables as they are.
    fn plan(sql: &str) -> String {
        let db = rusqlite::Connection::open_in_memory().expect("memory");
        MIGRATIONS.iter().for_each(|(_, name, sqlite, _)| db.execute_batch(sqlite).expect(name));
        let mut asked = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("understood");
        // Nothing is bound: the plan does not hang on the values.
        let mut rows = asked.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().expect("explained") {
            steps.push(row.get::<_, String>(3).expect("a text"));
        }
        steps.join("; ")
    }

    #[test]
    fn lists_of_a_time_do_not_walk_whole_histories() {
        let looks = [
            (calls::READ_CALLS_OF_DAY, "call_agent_placed (agent=? AND placed_at>?)"),
            (facts::FACT_BOUNDS_OF_NODE, "COVERING INDEX fact_wall (wall>? AND wall<?)"),
            (facts::FACT_BOUNDS, "COVERING INDEX fact_wall (wall>? AND wall<?)"),
            (facts::READ_FACTS, "PRIMARY KEY ((node,seq)>(?,?) AND (node,seq)<(?,?))"),
            (facts::READ_FACTS_OF_CAMPAIGN, "fact_campaign (campaign=? AND (node,seq)>(?,?) AND (node,seq)<(?,?))"),
        ];
        for (sql, wanted) in looks {
            let plan = plan(sql.sqlite);
            assert!(plan.contains(wanted) && !plan.contains("ORDER BY"), "{}: {plan}", sql.name);
        }
    }

    /// They are put in the order of their ids, but first found by what was asked for.
    #[test]
    fn orders_of_a_time_and_calls_of_a_number_are_found_by_them() {
        let looks = [
            (orders::READ_ORDERS_TAKEN, "orders_taken (taken_at>? AND taken_at<?)"),
            (orders::READ_ORDERS_CHANGED, "orders_changed (changed_at>?)"),
            (calls::READ_CALLS_OF_NUMBER, "call_lead (lead=?"),
        ];
        for (sql, wanted) in looks {
            let plan = plan(sql.sqlite);
            assert!(plan.contains(wanted), "{}: {plan}", sql.name);
        }
    }

    #[test]
    fn both_databases_have_the_same_tables() {
        for (version, name, sqlite, postgres) in MIGRATIONS {
            let translated = sqlite
                .replace("INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY")
                .replace("BLOB NOT NULL", "BYTEA NOT NULL")
                .replace(") WITHOUT ROWID;", ");");
            let without_header =
                |text: &str| text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
            assert_eq!(without_header(&translated), without_header(postgres), "migration {version} {name}");
        }
    }
}
