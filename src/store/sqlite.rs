//! Opening SQLite: one writer, several readers, WAL, and every commit on the disk before it is acknowledged.

use super::StoreError;
use super::db::Db;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Another process (an import beside `serve`) may hold the file for a chunk of rows. A lock must be named within five
/// seconds (I14), so this is shorter.
const BUSY: Duration = Duration::from_secs(3);
const READERS: u32 = 4;

/// `path` as written after `sqlite:`; relative ones lie in the data directory.
pub(super) fn file(path: &str, data_dir: &Path) -> Result<PathBuf, StoreError> {
    let refuse = |why: &str| StoreError::Url {
        url: format!("sqlite:{path}"),
        why: why.to_owned(),
        fix: "write sqlite:FILE, such as sqlite:outpace.db",
    };
    let plain = path.strip_prefix("//").unwrap_or(path);
    if plain.is_empty() {
        return Err(refuse("the file's name is missing"));
    }
    if plain.contains(":memory:") {
        return Err(refuse("a store in memory keeps nothing"));
    }
    if plain.contains('?') {
        return Err(refuse("parameters are not taken: durability is not a choice"));
    }
    Ok(data_dir.join(plain))
}

pub(super) async fn open(file: &Path) -> Result<Db, StoreError> {
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir).map_err(|error| unreachable(file, &error.to_string()))?;
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(super::db::STATEMENTS_KEPT);
    let log = |options: SqliteConnectOptions| {
        use sqlx::ConnectOptions;
        options.disable_statement_logging()
    };
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(log(options.clone()))
        .await
        .map_err(|error| unreachable(file, &error.to_string()))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(log(options.pragma("query_only", "ON").pragma("cache_size", "-16384")))
        .await
        .map_err(|error| unreachable(file, &error.to_string()))?;
    private(file)?;
    Ok(Db::Sqlite { writer, readers })
}

/// The file holds personal data: nobody but its owner reads it.
fn private(file: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file, mode).map_err(|error| unreachable(file, &error.to_string()))
}

fn unreachable(file: &Path, cause: &str) -> StoreError {
    StoreError::Unreachable {
        url: format!("sqlite:{}", file.display()),
        cause: cause.to_owned(),
        fix: "check that the directory exists, is writable and has room, and that the file is an SQLite database",
    }
}
