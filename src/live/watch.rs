//! The wall-clock watchdog: the engine's thread says when it begins to work on an input and when it is done;
//! one that takes too long is in a flow that holds everybody up, and that flow is stopped. The record of it is the fact
//! `FlowFailed` of its call (decision 0045).

use super::clock::Clock;
use crate::engine::Watchdogs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// A flow's answer takes microseconds; the counted budgets stop runaways long before this. Wall time passes on a busy
/// machine without anybody's fault, hence so much of it.
const PATIENCE: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(20);
const IDLE: i64 = -1;

#[derive(Clone)]
pub struct Watch {
    clock: Clock,
    busy_since: Arc<AtomicI64>,
    over: Arc<AtomicBool>,
}

impl Watch {
    pub fn new(clock: Clock) -> Watch {
        Watch { clock, busy_since: Arc::new(AtomicI64::new(IDLE)), over: Arc::default() }
    }

    /// The engine begins to work.
    pub fn begin(&self) {
        self.busy_since.store(self.clock.now().0, Ordering::Relaxed);
    }

    /// The engine waits again.
    pub fn end(&self) {
        self.busy_since.store(IDLE, Ordering::Relaxed);
    }

    /// The thread that looks ends with the engine's.
    pub fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub fn start(&self, dogs: Watchdogs) -> std::io::Result<()> {
        let watch = self.clone();
        std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            while !watch.over.load(Ordering::Relaxed) {
                std::thread::park_timeout(LOOK);
                let since = watch.busy_since.load(Ordering::Relaxed);
                if since != IDLE && watch.clock.now().0 - since > PATIENCE.as_micros() as i64 {
                    tracing::warn!("the engine is held up: the flow that runs now is stopped");
                    dogs.raise();
                }
            }
        })?;
        Ok(())
    }
}
