//! Faults by name: what is wrong now, since when and why. For health checks, logs and screens. It mends nothing.

use crate::words::Wall;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Such as `store_full`.
    pub name: &'static str,
    pub since: Wall,
    /// The latest words of the one who suffers it.
    pub cause: String,
}

/// Shared by all who can suffer a fault and all who tell of it. Cheap to clone. Bounded by the number of names.
#[derive(Debug, Clone, Default)]
pub struct Health {
    faults: Arc<Mutex<BTreeMap<&'static str, Fault>>>,
}

impl Health {
    /// True: it is new, and worth a line in the log.
    pub fn raise(&self, name: &'static str, cause: &str, now: Wall) -> bool {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let new = !faults.contains_key(name);
        let fault = faults.entry(name).or_insert_with(|| Fault { name, since: now, cause: String::new() });
        cause.clone_into(&mut fault.cause);
        new
    }

    /// The fault that ended, if it stood.
    pub fn clear(&self, name: &str) -> Option<Fault> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }

    /// Empty: ready.
    pub fn faults(&self) -> Vec<Fault> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
