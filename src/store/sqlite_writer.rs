//! The one connection that writes to SQLite: statements run where they are asked for, without a thread of its own.
//! It knows no table, and it never lets two callers into one transaction.
//!
//! The driver of the readers gives every connection a thread and carries each statement and each row there and back.
//! A group of facts is some twenty statements, so that was half of what a call cost (docs/figures.md).

use super::StoreError;
use super::db::{Arg, Row, STATEMENTS_KEPT};
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Another process (an import beside `serve`) may hold the file for a chunk of rows. A lock must be named within five
/// seconds (I14), so this is shorter.
pub(super) const BUSY: Duration = Duration::from_secs(3);
/// How long a caller waits for its turn among our own writers.
pub(super) const TURN: Duration = Duration::from_secs(30);

/// In WAL, with every commit on the disk before it is acknowledged.
const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";

/// Callers take turns in the order they came. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SqliteWriter {
    slot: Arc<Mutex<Slot>>,
}

#[derive(Debug)]
struct Slot {
    file: PathBuf,
    /// `None`: it could not be brought out of a transaction, and the next caller opens another.
    connection: Option<Connection>,
    closed: bool,
}

impl SqliteWriter {
    /// Makes the file if there is none.
    pub fn open(file: &Path) -> Result<SqliteWriter, rusqlite::Error> {
        let slot = Slot { file: file.to_owned(), connection: Some(connect(file)?), closed: false };
        Ok(SqliteWriter { slot: Arc::new(Mutex::new(slot)) })
    }

    /// One statement as its own transaction.
    pub async fn run(&self, place: &'static str, sql: &str, args: Vec<Arg>) -> Result<u64, StoreError> {
        let mut turn = self.turn(place).await?;
        here(|| run(turn.connection()?, sql, &args)).map_err(|error| of(place, &error))
    }

    pub async fn begin(&self) -> Result<SqliteTx, StoreError> {
        let place = "BEGIN";
        let mut turn = self.turn(place).await?;
        here(|| turn.connection()?.prepare_cached("BEGIN IMMEDIATE")?.raw_execute())
            .map_err(|error| of(place, &error))?;
        Ok(SqliteTx { turn })
    }

    pub async fn file(&self) -> PathBuf {
        self.slot.lock().await.file.clone()
    }

    /// Waits for the transaction that is open.
    pub async fn close(&self) {
        let mut slot = self.slot.lock().await;
        slot.closed = true;
        slot.connection = None;
    }

    async fn turn(&self, place: &'static str) -> Result<OwnedMutexGuard<Slot>, StoreError> {
        tokio::time::timeout(TURN, self.slot.clone().lock_owned()).await.map_err(|_| {
            let cause = format!("our own writer was busy for {} s", TURN.as_secs());
            StoreError::Locked { place, cause }
        })
    }
}

impl Slot {
    /// In no transaction.
    fn connection(&mut self) -> Result<&Connection, rusqlite::Error> {
        if self.closed {
            return Err(failure(rusqlite::ffi::SQLITE_CANTOPEN, "the store is closed"));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.file)?,
        };
        Ok(self.connection.insert(connection))
    }
}

/// Dropped without `commit`, also by a caller who went away, it is undone.
pub struct SqliteTx {
    turn: OwnedMutexGuard<Slot>,
}

impl SqliteTx {
    pub fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, rusqlite::Error> {
        here(|| run(self.connection()?, sql, args))
    }

    pub fn all(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<Row>, rusqlite::Error> {
        here(|| all(self.connection()?, sql, args))
    }

    /// A COMMIT that fails (a full disk) may or may not have ended the transaction: `drop` looks.
    pub fn commit(self) -> Result<(), rusqlite::Error> {
        here(|| self.connection()?.prepare_cached("COMMIT")?.raw_execute()).map(|_| ())
    }

    fn connection(&self) -> Result<&Connection, rusqlite::Error> {
        self.turn.connection.as_ref().ok_or_else(|| failure(rusqlite::ffi::SQLITE_CANTOPEN, "the connection is gone"))
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        let Some(connection) = &self.turn.connection else { return };
        if !connection.is_autocommit() && (connection.execute_batch("ROLLBACK").is_err() || !connection.is_autocommit())
        {
            // Closing undoes it.
            self.turn.connection = None;
        }
    }
}

fn connect(file: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(SETTINGS)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// A statement may wait for the disk: on a runtime's worker its other tasks go to other workers meanwhile.
fn here<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        Ok(_) | Err(_) => work(),
    }
}

fn run(connection: &Connection, sql: &str, args: &[Arg]) -> Result<u64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    statement.raw_execute().map(|rows| rows as u64)
}

fn all(connection: &Connection, sql: &str, args: &[Arg]) -> Result<Vec<Row>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|index| row.get_ref(index).map(Value::try_from));
        let values = values.map(|value| Ok(value??)).collect::<Result<Vec<Value>, rusqlite::Error>>()?;
        out.push(Row::InPlace(values));
    }
    Ok(out)
}

/// Statements write `$1`, `$2` in any order and more than once, or `?` for each value in turn; never both.
fn bind(statement: &mut CachedStatement<'_>, args: &[Arg]) -> Result<(), rusqlite::Error> {
    let named = statement.parameter_name(1).is_some();
    for index in 1..=statement.parameter_count() {
        let place = if named { statement.parameter_name(index).and_then(number_of) } else { Some(index) };
        let arg = place.and_then(|place| args.get(place - 1));
        statement.raw_bind_parameter(index, arg.ok_or(rusqlite::Error::InvalidParameterCount(args.len(), index))?)?;
    }
    Ok(())
}

fn number_of(name: &str) -> Option<usize> {
    name.strip_prefix('$')?.parse().ok().filter(|number| *number > 0)
}

impl ToSql for Arg {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        let value = match self {
            Arg::Int(value) => value.map_or(ValueRef::Null, ValueRef::Integer),
            Arg::Text(value) => value.as_ref().map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
            Arg::Blob(value) => ValueRef::Blob(value),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// A column of a row in place.
pub(super) fn column<T: FromSql>(values: &[Value], index: usize) -> Result<T, StoreError> {
    let broken = |cause: String| StoreError::Broken { place: "reading a row", cause };
    let value = values.get(index).ok_or_else(|| broken(format!("no column {index}")))?;
    T::column_result(ValueRef::from(value)).map_err(|error| broken(format!("column {index}: {error}")))
}

fn failure(code: i32, why: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(why.to_owned()))
}

/// Primary result codes: <https://sqlite.org/rescode.html>.
pub(super) fn of(place: &'static str, error: &rusqlite::Error) -> StoreError {
    let cause = error.to_string();
    let code = error.sqlite_error_code();
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { place, cause },
        Some(ErrorCode::DiskFull) => StoreError::Full { place, cause },
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => StoreError::Gone { place, cause },
        _ => StoreError::Broken { place, cause },
    }
}
