//! The called party's calendar day: what attempts a day are counted by. It reads no clock.

use super::Wall;
use jiff::tz::TimeZone;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalDay {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// The midnight that ends it.
    pub ends: Wall,
}

impl LocalDay {
    /// Of several possible zones the westernmost counts (where it is earliest), so that one day never serves two caps.
    /// Zones that nobody knows are passed over; `fallback` serves when none is left, and UTC after it.
    pub fn at(now: Wall, zones: &[String], fallback: &str) -> LocalDay {
        let known = zones.iter().filter_map(|zone| TimeZone::get(zone).ok());
        known
            .map(|zone| LocalDay::in_zone(now, zone))
            .min_by(|a, b| a.date.cmp(&b.date).then(b.ends.cmp(&a.ends)))
            .unwrap_or_else(|| LocalDay::in_zone(now, TimeZone::get(fallback).unwrap_or(TimeZone::UTC)))
    }

    fn in_zone(now: Wall, zone: TimeZone) -> LocalDay {
        let here = now.timestamp().to_zoned(zone);
        let ends = here.tomorrow().and_then(|next| next.start_of_day());
        let ends = ends.map_or(now.0 + 86_400_000_000, |next| next.timestamp().as_microsecond());
        LocalDay { date: here.date().to_string(), ends: Wall(ends) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_westernmost_day_counts() {
        let now = Wall::parse_rfc3339("2026-11-21T06:30:00Z").expect("a time");
        let both = ["America/New_York".to_owned(), "America/Los_Angeles".to_owned()];
        let day = LocalDay::at(now, &both, "UTC");
        assert_eq!((day.date.as_str(), day.ends.rfc3339().as_str()), ("2026-11-20", "2026-11-21T08:00:00.000Z"));
    }

    #[test]
    fn unknown_zones_fall_back() {
        let now = Wall::parse_rfc3339("2026-11-21T20:00:00Z").expect("a time");
        assert_eq!(LocalDay::at(now, &["Moon/Crater".to_owned()], "Asia/Shanghai").date, "2026-11-22");
        assert_eq!(LocalDay::at(now, &[], "nowhere").date, "2026-11-21");
    }
}
