//! The clocks of the real world. The only place that reads them.

use crate::words::{Moment, Wall};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Monotonic from the start of the run. Cheap to copy; every thread of a run has the same one.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    pub fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    pub fn now(&self) -> Moment {
        Moment(i64::try_from(self.start.elapsed().as_micros()).expect("a run is shorter than 292,000 years"))
    }

    /// What to add to a moment for wall time, now. It changes when the wall clock is set.
    pub fn wall_offset(&self) -> i64 {
        wall_now().0 - self.now().0
    }

    /// When this moment comes, for blocking waits.
    pub fn instant(&self, at: Moment) -> Instant {
        self.start + at.since(Moment::ZERO)
    }
}

pub fn wall_now() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
