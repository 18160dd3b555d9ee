//! The flags by which the host of the engine stops a flow that takes too long by the wall clock.
//! The engine only collects them; when they are raised is the host's matter, for only it has a clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Default)]
pub struct Watchdogs {
    flags: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
}

impl Watchdogs {
    pub(super) fn add(&self, flag: Arc<AtomicBool>) {
        let mut flags = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
        // Flags of campaign versions that are gone are held by nobody else.
        flags.retain(|flag| Arc::strong_count(flag) > 1);
        flags.push(flag);
    }

    /// Whichever flow runs now fails at its next safepoint. Where none runs, nothing happens.
    pub fn raise(&self) {
        for flag in self.flags.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            flag.store(true, Ordering::Relaxed);
        }
    }
}
