//! A look at a database before anybody uses it: is it there, how far are its tables, is it whole? It changes nothing:
//! a store that is opened brings its tables up to date, one that is examined does not.

use super::db::Db;
use super::{MIGRATIONS, StoreError, connect, sqlite};
use sqlx::Row as _;
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Without its password.
    pub url: String,
    /// SQLite: the file is not there yet; the first start makes it.
    pub absent: bool,
    /// Versions that the next start will add.
    pub missing: Vec<i64>,
    /// Versions of a newer program: this one cannot use the tables.
    pub newer: Vec<i64>,
    /// What SQLite says of its file, if it is not whole.
    pub damage: Option<String>,
}

/// As `Store::open`, with the same addresses.
pub async fn examine(url: &str, data_dir: &Path) -> Result<Examined, StoreError> {
    let mut examined =
        Examined { url: url.to_owned(), absent: false, missing: Vec::new(), newer: Vec::new(), damage: None };
    if let Some(path) = url.strip_prefix("sqlite:") {
        let file = sqlite::file(path, data_dir)?;
        if !file.exists() {
            examined.url = format!("sqlite:{}", file.display());
            examined.absent = true;
            return Ok(examined);
        }
    }
    let (db, shown) = connect(url, data_dir).await?;
    examined.url = shown;
    let done = versions(&db).await;
    examined.missing = MIGRATIONS.iter().map(|m| m.0).filter(|version| !done.contains(version)).collect();
    examined.newer = done.into_iter().filter(|version| !MIGRATIONS.iter().any(|m| m.0 == *version)).collect();
    examined.damage = damage(&db).await?;
    db.close().await;
    Ok(examined)
}

/// None yet: the table of versions is made by the first start.
async fn versions(db: &Db) -> Vec<i64> {
    let sql = "SELECT version FROM _sqlx_migrations ORDER BY version";
    let read = match db {
        Db::Sqlite { readers, .. } => {
            let rows = sqlx::query(sql).fetch_all(readers).await;
            rows.map(|rows| rows.iter().filter_map(|row| row.try_get(0).ok()).collect())
        }
        Db::Postgres(pool) => {
            let rows = sqlx::query(sql).fetch_all(pool).await;
            rows.map(|rows| rows.iter().filter_map(|row| row.try_get(0).ok()).collect())
        }
    };
    read.unwrap_or_default()
}

async fn damage(db: &Db) -> Result<Option<String>, StoreError> {
    let Db::Sqlite { readers, .. } = db else { return Ok(None) };
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(readers).await;
    let row = row.map_err(|error| StoreError::of("quick_check", error))?;
    let said: String = row.try_get(0).map_err(|error| StoreError::of("quick_check", error))?;
    Ok((said != "ok").then_some(said))
}
