//! Opening PostgreSQL. Commits are durable as the server is configured; we never turn `synchronous_commit` off.

use super::StoreError;
use super::db::Db;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;

const CONNECTIONS: u32 = 8;
/// A server that is away must be named within five seconds (I14).
const ACQUIRE: Duration = Duration::from_secs(3);

/// The address as it may be shown: without its password.
pub(super) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let rest = match rest.rsplit_once('@') {
        Some((user, place)) => {
            format!("{}@{place}", user.split_once(':').map_or(user.to_owned(), |(u, _)| format!("{u}:****")))
        }
        None => rest.to_owned(),
    };
    // `?password=` is another way to write it.
    let shown = match rest.split_once("password=") {
        Some((before, after)) => format!("{before}password=****{}", after.find('&').map_or("", |at| &after[at..])),
        None => rest,
    };
    format!("{scheme}://{shown}")
}

pub(super) async fn open(url: &str) -> Result<Db, StoreError> {
    use sqlx::{ConnectOptions, Connection};
    let shown = masked(url);
    let options = PgConnectOptions::from_str(url).map_err(|error| StoreError::Url {
        url: shown.clone(),
        why: error.to_string(),
        fix: "write postgres://USER:PASSWORD@HOST:5432/DATABASE",
    })?;
    let options = options
        .application_name("outpace")
        .statement_cache_capacity(super::db::STATEMENTS_KEPT)
        .disable_statement_logging();
    let unreachable = |cause: String| StoreError::Unreachable {
        url: shown.clone(),
        cause,
        fix: "check that PostgreSQL runs there, that the database exists, and user and password",
    };
    // A pool tells only that its time is up; one connection by itself tells why.
    match tokio::time::timeout(ACQUIRE, options.connect()).await {
        Ok(Ok(first)) => first.close().await.map_err(|error| unreachable(error.to_string()))?,
        Ok(Err(error)) => return Err(unreachable(error.to_string())),
        Err(_elapsed) => return Err(unreachable(format!("no answer within {} seconds", ACQUIRE.as_secs()))),
    }
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .connect_with(options)
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    Ok(Db::Postgres(pool))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn no_password_is_shown() {
        assert_eq!(masked("postgres://op:s3cret@db:5432/op"), "postgres://op:****@db:5432/op");
        assert_eq!(masked("postgres://db/op?user=a&password=s3cret&x=1"), "postgres://db/op?user=a&password=****&x=1");
        assert_eq!(masked("postgres://op:p@ss@db/op"), "postgres://op:****@db/op");
        assert_eq!(masked("postgres://db/op"), "postgres://db/op");
    }
}
