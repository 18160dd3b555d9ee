//! Two databases behind one small face: a statement, its values, its rows. It knows no table.
//!
//! Both take `$1`, so most statements are one text. Many rows at once travel as one JSON text, which each database
//! unfolds with its own function; that, and row locks, are the only places where `statements!` writes two texts.

use super::StoreError;
use super::sqlite_writer::{self, SqliteTx, SqliteWriter};
use rusqlite::types::{FromSql, Value};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

/// Prepared statements a connection keeps: all of ours, those over many rows in each of their sizes.
pub const STATEMENTS_KEPT: usize = 512;

/// A statement in the words of both databases. Made by `statements!`, so that a test can prepare all of them.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// Declares a file's statements and `STATEMENTS`, their list.
/// `one(text)`: one text. `rows(before, after)`: `before`, then the JSON array `$1` as rows `j.value`, then `after`.
/// `locked(text)`: rows stay locked until the transaction ends. `each(sqlite, postgres)`: two texts.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $form:ident($($part:expr),+ $(,)?);)+) => {
        $($(#[$doc])* pub(in crate::store) const $name: $crate::store::db::Sql =
            $crate::store::db::statements!(@ $form stringify!($name), $($part),+);)+
        /// Every statement of this file.
        pub(in crate::store) const STATEMENTS: &[$crate::store::db::Sql] = &[$($name),+];
    };
    (@one $name:expr, $text:expr) => {
        $crate::store::db::Sql { name: $name, sqlite: $text, postgres: $text }
    };
    (@each $name:expr, $sqlite:expr, $postgres:expr) => {
        $crate::store::db::Sql { name: $name, sqlite: $sqlite, postgres: $postgres }
    };
    (@locked $name:expr, $text:expr) => {
        $crate::store::db::Sql { name: $name, sqlite: $text, postgres: concat!($text, " FOR UPDATE") }
    };
    (@rows $name:expr, $before:expr, $after:expr) => {
        $crate::store::db::Sql {
            name: $name,
            sqlite: concat!($before, " json_each($1) AS j ", $after),
            postgres: concat!($before, " jsonb_array_elements(CAST($1 AS jsonb)) AS j(value) ", $after),
        }
    };
    (@rows_locked $name:expr, $before:expr, $after:expr) => {
        $crate::store::db::Sql {
            name: $name,
            sqlite: concat!($before, " json_each($1) AS j ", $after),
            postgres: concat!($before, " jsonb_array_elements(CAST($1 AS jsonb)) AS j(value) ", $after, " FOR UPDATE"),
        }
    };
}
pub(in crate::store) use statements;

/// A value to bind.
#[derive(Debug, Clone)]
pub enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Vec<u8>),
}

macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::db::Arg::from($value)),*] };
}
pub(in crate::store) use args;

impl From<i64> for Arg {
    fn from(value: i64) -> Arg {
        Arg::Int(Some(value))
    }
}
impl From<Option<i64>> for Arg {
    fn from(value: Option<i64>) -> Arg {
        Arg::Int(value)
    }
}
impl From<u32> for Arg {
    fn from(value: u32) -> Arg {
        Arg::Int(Some(i64::from(value)))
    }
}
impl From<u16> for Arg {
    fn from(value: u16) -> Arg {
        Arg::Int(Some(i64::from(value)))
    }
}
impl From<&str> for Arg {
    fn from(value: &str) -> Arg {
        Arg::Text(Some(clean(value)))
    }
}
impl From<String> for Arg {
    fn from(value: String) -> Arg {
        Arg::Text(Some(clean(&value)))
    }
}
impl From<&String> for Arg {
    fn from(value: &String) -> Arg {
        Arg::Text(Some(clean(value)))
    }
}
impl From<Option<String>> for Arg {
    fn from(value: Option<String>) -> Arg {
        Arg::Text(value.map(|text| clean(&text)))
    }
}
impl From<Vec<u8>> for Arg {
    fn from(value: Vec<u8>) -> Arg {
        Arg::Blob(value)
    }
}

/// PostgreSQL's text cannot hold NUL; a stranger's NUL becomes the replacement character in both databases.
pub fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Rows as the JSON text that `rows(..)` statements unfold.
pub fn json_rows<T: serde::Serialize>(rows: &[T]) -> Arg {
    let text = serde_json::to_string(rows).expect("rows of ours always print as JSON");
    // A NUL inside a string prints as \u0000, which jsonb refuses. An escaped backslash before it is text of ours (a fact's body).
    Arg::Text(Some(replace_escaped_nul(text)))
}

fn replace_escaped_nul(text: String) -> String {
    if !text.contains("\\u0000") {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("\\u0000") {
        let backslashes = rest[..at].bytes().rev().take_while(|b| *b == b'\\').count();
        out.push_str(&rest[..at]);
        out.push_str(if backslashes % 2 == 0 { "\\ufffd" } else { "\\u0000" });
        rest = &rest[at + 6..];
    }
    out.push_str(rest);
    out
}

pub enum Row {
    Sqlite(sqlx::sqlite::SqliteRow),
    /// Of a transaction of SQLite's writer.
    InPlace(Vec<Value>),
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    fn get<T>(&self, index: usize) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite>
            + sqlx::Type<Sqlite>
            + for<'r> sqlx::Decode<'r, Postgres>
            + sqlx::Type<Postgres>
            + FromSql,
    {
        use sqlx::Row as _;
        let got = match self {
            Row::Sqlite(row) => row.try_get(index),
            Row::InPlace(values) => return sqlite_writer::column(values, index),
            Row::Postgres(row) => row.try_get(index),
        };
        got.map_err(|error| StoreError::of("reading a row", error))
    }
    pub fn int(&self, index: usize) -> Result<i64, StoreError> {
        self.get(index)
    }
    pub fn opt_int(&self, index: usize) -> Result<Option<i64>, StoreError> {
        self.get(index)
    }
    pub fn text(&self, index: usize) -> Result<String, StoreError> {
        self.get(index)
    }
    pub fn opt_text(&self, index: usize) -> Result<Option<String>, StoreError> {
        self.get(index)
    }
    pub fn blob(&self, index: usize) -> Result<Vec<u8>, StoreError> {
        self.get(index)
    }
}

macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match arg {
                Arg::Int(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::Blob(value) => query.bind(value),
            };
        }
        query
    }};
}

/// The pools. SQLite has one writer, so that writes queue here and never meet a lock of our own; and several readers.
#[derive(Debug, Clone)]
pub enum Db {
    Sqlite { writer: SqliteWriter, readers: SqlitePool },
    Postgres(PgPool),
}

impl Db {
    /// A transaction that may write. Dropped without `commit`, it is undone.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Db::Sqlite { writer, .. } => writer.begin().await.map(Tx::Sqlite),
            Db::Postgres(pool) => pool.begin().await.map(Tx::Postgres).map_err(|error| self.error("BEGIN", error)),
        }
    }

    pub async fn all(&self, sql: &Sql, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        match self {
            Db::Sqlite { readers, .. } => {
                let rows = bound!(sql.sqlite, args).fetch_all(readers).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Db::Postgres(pool) => {
                let rows = bound!(sql.postgres, args).fetch_all(pool).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(|error| self.error(sql.name, error))
    }

    pub async fn first(&self, sql: &Sql, args: Vec<Arg>) -> Result<Option<Row>, StoreError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// One statement as its own transaction.
    pub async fn run(&self, sql: &Sql, args: Vec<Arg>) -> Result<u64, StoreError> {
        match self {
            Db::Sqlite { writer, .. } => writer.run(sql.name, sql.sqlite, args).await,
            Db::Postgres(pool) => {
                let done = bound!(sql.postgres, args).execute(pool).await;
                done.map(|done| done.rows_affected()).map_err(|error| self.error(sql.name, error))
            }
        }
    }

    /// Waiting for a connection in vain: our own writer is busy (SQLite), or the server is away (PostgreSQL).
    fn error(&self, place: &'static str, error: sqlx::Error) -> StoreError {
        match (self, error) {
            (Db::Postgres(_), sqlx::Error::PoolTimedOut) => {
                StoreError::Gone { place, cause: "no connection to the server could be made".to_owned() }
            }
            (_, error) => StoreError::of(place, error),
        }
    }

    /// The database reads the statement, its tables, columns and types, and runs nothing.
    pub async fn prepare(&self, sql: &Sql) -> Result<(), StoreError> {
        use sqlx::{Executor, SqlSafeStr};
        match self {
            Db::Sqlite { readers, .. } => readers.prepare(sql.sqlite.into_sql_str()).await.map(|_| ()),
            Db::Postgres(pool) => pool.prepare(sql.postgres.into_sql_str()).await.map(|_| ()),
        }
        .map_err(|error| self.error(sql.name, error))
    }

    pub async fn close(&self) {
        match self {
            Db::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

pub enum Tx {
    Sqlite(SqliteTx),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub async fn all(&mut self, sql: &Sql, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        match self {
            Tx::Sqlite(tx) => tx.all(sql.sqlite, &args).map_err(|error| sqlite_writer::of(sql.name, &error)),
            Tx::Postgres(tx) => {
                let rows = bound!(sql.postgres, args).fetch_all(&mut **tx).await;
                let rows = rows.map_err(|error| StoreError::of(sql.name, error))?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    pub async fn first(&mut self, sql: &Sql, args: Vec<Arg>) -> Result<Option<Row>, StoreError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    pub async fn run(&mut self, sql: &Sql, args: Vec<Arg>) -> Result<u64, StoreError> {
        match self {
            Tx::Sqlite(tx) => tx.run(sql.sqlite, &args).map_err(|error| sqlite_writer::of(sql.name, &error)),
            Tx::Postgres(tx) => {
                let done = bound!(sql.postgres, args).execute(&mut **tx).await;
                done.map(|done| done.rows_affected()).map_err(|error| StoreError::of(sql.name, error))
            }
        }
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx) => tx.commit().map_err(|error| sqlite_writer::of("COMMIT", &error)),
            Tx::Postgres(tx) => tx.commit().await.map_err(|error| StoreError::of("COMMIT", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_from_a_stranger_never_reaches_jsonb() {
        let rows = [serde_json::json!({ "a": "x\0y" }), serde_json::json!({ "body": "{\"a\":\"x\\u0000\"}" })];
        let Arg::Text(Some(text)) = json_rows(&rows) else { panic!("JSON rows are text") };
        assert_eq!(text, r#"[{"a":"x\ufffdy"},{"body":"{\"a\":\"x\\u0000\"}"}]"#);
    }
}
