//! What can go wrong with the store, each with the value, the cause and the fix. It decides no retry: it says which faults pass.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The address is not one of ours.
    Url {
        url: String,
        why: String,
        fix: &'static str,
    },
    /// Nothing answers there, or it refuses us. `url` without its password.
    Unreachable {
        url: String,
        cause: String,
        fix: &'static str,
    },
    /// The tables are of another program version, or were changed by hand.
    Migration {
        url: String,
        cause: String,
    },
    /// Somebody else holds it for now; passes.
    Locked {
        place: &'static str,
        cause: String,
    },
    /// The connection broke; passes when the database is back.
    Gone {
        place: &'static str,
        cause: String,
    },
    /// No space left; passes when there is room again.
    Full {
        place: &'static str,
        cause: String,
    },
    /// A younger process took this node: this one must stop.
    Fenced {
        node: u16,
        ours: u32,
        current: u32,
    },
    /// Such a name exists already.
    Taken {
        what: &'static str,
        value: String,
    },
    Missing {
        what: &'static str,
        value: String,
    },
    Invalid {
        what: &'static str,
        value: String,
        fix: &'static str,
    },
    /// A row that cannot be read, or a statement that the database refuses: a damaged store or a mistake of ours.
    Broken {
        place: &'static str,
        cause: String,
    },
}

impl StoreError {
    /// Does waiting help?
    pub fn retryable(&self) -> bool {
        match self {
            StoreError::Locked { .. }
            | StoreError::Gone { .. }
            | StoreError::Full { .. }
            | StoreError::Unreachable { .. } => true,
            StoreError::Url { .. }
            | StoreError::Migration { .. }
            | StoreError::Fenced { .. }
            | StoreError::Taken { .. }
            | StoreError::Missing { .. }
            | StoreError::Invalid { .. }
            | StoreError::Broken { .. } => false,
        }
    }

    /// The fault's name in health, log and metrics.
    pub fn fault(&self) -> &'static str {
        match self {
            StoreError::Locked { .. } => "store_locked",
            StoreError::Gone { .. } | StoreError::Unreachable { .. } => "store_gone",
            StoreError::Full { .. } => "store_full",
            StoreError::Fenced { .. } => "store_fenced",
            StoreError::Url { .. }
            | StoreError::Migration { .. }
            | StoreError::Taken { .. }
            | StoreError::Missing { .. }
            | StoreError::Invalid { .. }
            | StoreError::Broken { .. } => "store_broken",
        }
    }

    pub(super) fn of(place: &'static str, error: sqlx::Error) -> StoreError {
        let cause = error.to_string();
        match error {
            sqlx::Error::Database(database) => of_database(place, database.as_ref()),
            sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => StoreError::Full { place, cause },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => StoreError::Gone { place, cause },
            sqlx::Error::PoolTimedOut => StoreError::Locked { place, cause },
            _ => StoreError::Broken { place, cause },
        }
    }
}

/// SQLite: primary result codes (<https://sqlite.org/rescode.html>). PostgreSQL: SQLSTATE (appendix A of its manual).
fn of_database(place: &'static str, error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let cause = error.message().to_owned();
    let code = error.code().unwrap_or_default().into_owned();
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        // Extended codes hold the primary one in their low byte.
        return match code.parse::<u32>().unwrap_or(0) & 0xff {
            5 | 6 => StoreError::Locked { place, cause },
            13 => StoreError::Full { place, cause },
            10 | 14 => StoreError::Gone { place, cause },
            _ => StoreError::Broken { place, cause },
        };
    }
    match code.as_str() {
        "40001" | "40P01" | "55P03" => StoreError::Locked { place, cause },
        "53100" => StoreError::Full { place, cause },
        other if other.starts_with("08") || other.starts_with("57P") || other.starts_with("53") => {
            StoreError::Gone { place, cause }
        }
        // A standby after a fail-over: writes pass again when it is promoted.
        "25006" => StoreError::Gone { place, cause },
        _ => StoreError::Broken { place, cause },
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Url { url, why, fix } => write!(f, "store.url \"{url}\": {why}; {fix}"),
            StoreError::Unreachable { url, cause, fix } => {
                write!(f, "the store {url} cannot be opened: {cause}; {fix}")
            }
            StoreError::Migration { url, cause } => write!(
                f,
                "the tables of {url} cannot be brought up to date: {cause}; run the newest program that used them, or restore a backup"
            ),
            StoreError::Locked { place, cause } => {
                write!(f, "the store is locked ({place}): {cause}; it is tried again")
            }
            StoreError::Gone { place, cause } => write!(f, "the store is gone ({place}): {cause}; it is tried again"),
            StoreError::Full { place, cause } => {
                write!(f, "the store's disk is full ({place}): {cause}; make room, nothing is lost meanwhile")
            }
            StoreError::Fenced { node, ours, current } => write!(
                f,
                "node {node} belongs to a younger process (its epoch {current}, ours {ours}); give each process its own node"
            ),
            StoreError::Taken { what, value } => write!(f, "{what} \"{value}\" exists already; choose another name"),
            StoreError::Missing { what, value } => write!(f, "{what} \"{value}\" does not exist"),
            StoreError::Invalid { what, value, fix } => write!(f, "{what} \"{value}\": {fix}"),
            StoreError::Broken { place, cause } => {
                write!(f, "the store answered what it should not ({place}): {cause}; run `outpace verify`")
            }
        }
    }
}
impl std::error::Error for StoreError {}
