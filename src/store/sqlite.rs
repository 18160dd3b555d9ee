//! Opening SQLite: one writer (`sqlite_writer`), several readers, and for migrations a connection of their own.

use super::StoreError;
use super::db::Db;
use super::sqlite_writer::{BUSY, SqliteWriter, TURN};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use std::path::{Path, PathBuf};

const READERS: u32 = 4;
/// Reads and writes: the owner alone.
const OWNER: u32 = 0o600;

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
    private(file)?;
    let writer = SqliteWriter::open(file).map_err(|error| unreachable(file, &error.to_string()))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(TURN)
        // A file does not go away like a server: no ping before each use.
        .test_before_acquire(false)
        .connect_with(options(file).pragma("query_only", "ON").pragma("cache_size", "-16384"))
        .await
        .map_err(|error| unreachable(file, &error.to_string()))?;
    Ok(Db::Sqlite { writer, readers })
}

/// While nobody writes yet.
pub(super) async fn for_migrations(writer: &SqliteWriter) -> Result<SqliteConnection, sqlx::Error> {
    options(&writer.file().await).connect().await
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(super::db::STATEMENTS_KEPT)
        .disable_statement_logging()
}

/// The file holds personal data: nobody but its owner reads it. Made before SQLite opens it, which gives what it lays beside
/// it (`-wal`, `-shm`) the rights of the file itself.
fn private(file: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let refused = |error: std::io::Error| unreachable(file, &error.to_string());
    std::fs::OpenOptions::new().append(true).create(true).mode(OWNER).open(file).map_err(refused)?;
    for beside in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(beside);
        match std::fs::set_permissions(&name, std::fs::Permissions::from_mode(OWNER)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other.map_err(refused)?,
        }
    }
    Ok(())
}

fn unreachable(file: &Path, cause: &str) -> StoreError {
    StoreError::Unreachable {
        url: format!("sqlite:{}", file.display()),
        cause: cause.to_owned(),
        fix: "check that the directory exists, is writable and has room, and that the file is an SQLite database",
    }
}
