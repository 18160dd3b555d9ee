//! What a flow may use until it asks again: safepoints and bytes, counted. It refuses to look at a clock;
//! the watchdog's flag is set from outside.

use super::host::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicUsize, Ordering::Relaxed};

/// Why a flow was stopped by its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// Safepoints: loop turns, calls and returns, pattern steps; and what long library calls cost.
    Points,
    /// Bytes allocated.
    Bytes,
    /// The wall-clock watchdog, from outside.
    Watchdog,
}

/// Shared by the host, the interrupt and the guarded library functions of one Lua state.
/// Only one flow runs at a time, so relaxed atomics do.
#[derive(Debug, Default)]
pub struct Meter {
    armed: AtomicBool,
    points: AtomicI64,
    points_given: AtomicI64,
    /// `used_memory` above which the running flow has used its bytes.
    bytes_top: AtomicUsize,
    spent: AtomicU8,
    pub watchdog: Arc<AtomicBool>,
}

/// Every so many safepoints the memory is read: the allocator's own limit is the hard one.
const MEMORY_EVERY: i64 = 8;

impl Meter {
    /// Before a resume. `bytes_top` in the terms of `used_memory`.
    pub fn arm(&self, points: u64, bytes_top: usize) {
        let points = i64::try_from(points).unwrap_or(i64::MAX);
        self.points.store(points, Relaxed);
        self.points_given.store(points, Relaxed);
        self.bytes_top.store(bytes_top, Relaxed);
        self.spent.store(0, Relaxed);
        self.watchdog.store(false, Relaxed);
        self.armed.store(true, Relaxed);
    }

    /// After a resume: the points used.
    pub fn disarm(&self) -> u64 {
        self.armed.store(false, Relaxed);
        u64::try_from(self.points_given.load(Relaxed) - self.points.load(Relaxed)).unwrap_or(0)
    }

    /// One safepoint. `used_memory` is asked only now and then. Once spent, it stays spent until the next `arm`,
    /// so that pcall cannot swallow it.
    pub fn safepoint(&self, used_memory: impl FnOnce() -> usize) -> Option<Spent> {
        if !self.armed.load(Relaxed) {
            return None;
        }
        if let Some(spent) = self.spent() {
            return Some(spent);
        }
        let left = self.points.load(Relaxed) - 1;
        self.points.store(left, Relaxed);
        if left < 0 {
            return self.trip(Spent::Points);
        }
        if self.watchdog.load(Relaxed) {
            return self.trip(Spent::Watchdog);
        }
        if left % MEMORY_EVERY == 0 && used_memory() > self.bytes_top.load(Relaxed) {
            return self.trip(Spent::Bytes);
        }
        None
    }

    /// Charges for work inside one library call.
    pub fn spend(&self, points: f64) -> Option<Spent> {
        if !self.armed.load(Relaxed) {
            return None;
        }
        if let Some(spent) = self.spent() {
            return Some(spent);
        }
        // NaN and what is beyond i64 cost everything: `as` saturates, and NaN would be 0.
        let cost = if points.is_nan() { i64::MAX } else { (points.max(0.0)) as i64 };
        let left = self.points.load(Relaxed).saturating_sub(cost).max(-1);
        self.points.store(left, Relaxed);
        if left < 0 { self.trip(Spent::Points) } else { None }
    }

    pub fn spent(&self) -> Option<Spent> {
        match self.spent.load(Relaxed) {
            1 => Some(Spent::Points),
            2 => Some(Spent::Bytes),
            3 => Some(Spent::Watchdog),
            _none => None,
        }
    }

    fn trip(&self, why: Spent) -> Option<Spent> {
        let code = match why {
            Spent::Points => 1,
            Spent::Bytes => 2,
            Spent::Watchdog => 3,
        };
        self.spent.store(code, Relaxed);
        Some(why)
    }
}

impl Spent {
    /// `points` and `bytes`: what was given for this resume, by the resume's own limit or by what the flow had left.
    pub fn message(self, limits: &Limits, points: u64, bytes: usize) -> String {
        match self {
            Spent::Points if points < limits.points_per_resume => {
                format!("used up the {} safepoints of a whole flow", limits.points_per_flow)
            }
            Spent::Points => {
                format!("used up its {points} safepoints without asking anything: is there an endless loop?")
            }
            Spent::Bytes if bytes < limits.bytes_per_resume => {
                format!("used up the {} kB of memory of a whole flow", limits.bytes_per_flow / 1024)
            }
            Spent::Bytes => format!(
                "used up its {} kB of memory without asking anything: does a string or a table grow for ever?",
                bytes / 1024
            ),
            Spent::Watchdog => "ran too long and was stopped by the watchdog".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_stays_spent_until_armed_again() {
        let meter = Meter::default();
        meter.arm(2, usize::MAX);
        assert_eq!(meter.safepoint(|| 0), None);
        assert_eq!(meter.safepoint(|| 0), None);
        assert_eq!(meter.safepoint(|| 0), Some(Spent::Points));
        assert_eq!(meter.spend(0.0), Some(Spent::Points));
        meter.arm(2, usize::MAX);
        assert_eq!(meter.safepoint(|| 0), None);
        assert_eq!(meter.spend(f64::NAN), Some(Spent::Points));
    }

    #[test]
    fn the_watchdog_stops_at_the_next_safepoint() {
        let meter = Meter::default();
        meter.arm(10, usize::MAX);
        meter.watchdog.store(true, Relaxed);
        assert_eq!(meter.safepoint(|| 0), Some(Spent::Watchdog));
    }
}
