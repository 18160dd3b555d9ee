//! Two kinds of time that must not be mixed: `Moment` (monotonic, for timers and durations)
//! and `Wall` (UTC, for law and reports). Neither reads a clock.

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};
use std::time::Duration;

/// Microseconds of a monotonic clock. Zero is the start of the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wall(pub i64);

impl Moment {
    pub const ZERO: Moment = Moment(0);

    pub fn from_millis(ms: i64) -> Moment {
        Moment(ms * 1000)
    }
    /// Whole milliseconds, rounded down: how segment borders are stored.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }
    /// Zero if `earlier` is later.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
    pub fn wall(self, offset: i64) -> Wall {
        Wall(self.0 + offset)
    }
}

impl Wall {
    pub fn from_millis(ms: i64) -> Wall {
        Wall(ms * 1000)
    }
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    pub fn since(self, earlier: Wall) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
    /// RFC 3339 in UTC with milliseconds.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.timestamp())
    }
    pub fn parse_rfc3339(text: &str) -> Option<Wall> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Wall(t.as_microsecond()))
    }
}

fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX / 4)
}

impl Add<Duration> for Moment {
    type Output = Moment;
    fn add(self, d: Duration) -> Moment {
        Moment(self.0.saturating_add(micros(d)))
    }
}
impl Sub<Duration> for Moment {
    type Output = Moment;
    fn sub(self, d: Duration) -> Moment {
        Moment(self.0.saturating_sub(micros(d)))
    }
}
impl Add<Duration> for Wall {
    type Output = Wall;
    fn add(self, d: Duration) -> Wall {
        Wall(self.0.saturating_add(micros(d)))
    }
}
impl Sub<Duration> for Wall {
    type Output = Wall;
    fn sub(self, d: Duration) -> Wall {
        Wall(self.0.saturating_sub(micros(d)))
    }
}
