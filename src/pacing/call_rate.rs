//! Calls per second of one trunk: an exact sliding window (never more than the limit in any second), and
//! governor's spacing inside it, both on a clock of ours. It keeps no queue: who is refused asks again at `next`.

use crate::words::Moment;
use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A second, in microseconds.
const WINDOW: i64 = 1_000_000;
/// Calls that may leave together: a tenth of a second's worth, so that a gateway sees a stream, not a burst.
const BURST_SHARE: u32 = 10;

/// Of one trunk. A limit of zero lets nothing through.
#[derive(Debug)]
pub struct CallRate {
    per_second: u32,
    /// When the calls of the last second left, oldest first.
    taken: VecDeque<Moment>,
    /// Nothing leaves before.
    opens: Moment,
    /// The spacing said: not before.
    spaced: Moment,
    clock: Told,
    spacing: Option<RateLimiter<NotKeyed, InMemoryState, Told, NoOpMiddleware<Tick>>>,
}

impl CallRate {
    /// Opens at once: for a trunk that certainly placed nothing in the last second.
    pub fn new(per_second: u32) -> CallRate {
        CallRate::open_from(per_second, Moment(i64::MIN))
    }

    /// After a start nobody knows what left in the second before: it waits one.
    pub fn starting(per_second: u32, now: Moment) -> CallRate {
        CallRate::open_from(per_second, Moment(now.0.saturating_add(WINDOW)))
    }

    fn open_from(per_second: u32, opens: Moment) -> CallRate {
        let clock = Told::default();
        let spacing = NonZeroU32::new(per_second).map(|limit| {
            let burst = NonZeroU32::new(per_second.div_ceil(BURST_SHARE)).expect("rounded up from one or more");
            RateLimiter::direct_with_clock(Quota::per_second(limit).allow_burst(burst), clock.clone())
        });
        CallRate { per_second, taken: VecDeque::new(), opens, spaced: Moment(i64::MIN), clock, spacing }
    }

    /// Calls that the window still lets through now. Spacing may put some of them off by milliseconds.
    pub fn allowed(&mut self, now: Moment) -> u32 {
        if now < self.opens {
            return 0;
        }
        self.forget(now);
        self.per_second - self.taken.len() as u32
    }

    /// Takes one place if window and spacing allow.
    pub fn take(&mut self, now: Moment) -> bool {
        if self.allowed(now) == 0 {
            return false;
        }
        let Some(spacing) = &self.spacing else { return false };
        self.clock.tell(now);
        match spacing.check() {
            Ok(()) => {
                self.taken.push_back(now);
                true
            }
            Err(refused) => {
                // Rounded up to our microseconds.
                self.spaced = Moment(refused.earliest_possible().0 + 1);
                false
            }
        }
    }

    /// When to ask again: now or later; `None` if never (a limit of zero). It may be refused once more then, by the
    /// spacing where the window had spoken before.
    pub fn next(&self, now: Moment) -> Option<Moment> {
        self.spacing.as_ref()?;
        let inside = self.taken.iter().filter(|at| at.0 > now.0 - WINDOW);
        let full = inside.clone().count() as u32 >= self.per_second;
        let windowed = inside.copied().next().filter(|_| full).map_or(now, |oldest| Moment(oldest.0 + WINDOW));
        Some(windowed.max(self.spaced).max(self.opens).max(now))
    }

    fn forget(&mut self, now: Moment) {
        while self.taken.front().is_some_and(|at| at.0 <= now.0 - WINDOW) {
            self.taken.pop_front();
        }
    }
}

/// A clock that shows what it was told last.
#[derive(Debug, Clone, Default)]
struct Told(Arc<AtomicI64>);

impl Told {
    fn tell(&self, now: Moment) {
        self.0.fetch_max(now.0, Ordering::Relaxed);
    }
}

impl Clock for Told {
    type Instant = Tick;
    fn now(&self) -> Tick {
        Tick(self.0.load(Ordering::Relaxed))
    }
}

/// Microseconds, for governor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(i64);

impl std::ops::Add<Nanos> for Tick {
    type Output = Tick;
    fn add(self, nanos: Nanos) -> Tick {
        Tick(self.0.saturating_add(i64::try_from(nanos.as_u64() / 1000).unwrap_or(i64::MAX)))
    }
}

impl Reference for Tick {
    fn duration_since(&self, earlier: Tick) -> Nanos {
        Nanos::from(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0).saturating_mul(1000))
    }
    fn saturating_sub(&self, duration: Nanos) -> Tick {
        Tick(self.0.saturating_sub(i64::try_from(duration.as_u64() / 1000).unwrap_or(i64::MAX)))
    }
}
