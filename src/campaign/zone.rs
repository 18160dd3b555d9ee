//! Zones as the gate needs them: the offset at an instant, without asking the time zone library each time.
//! The data are jiff's bundled IANA tables; it refuses to read the machine's own.

use crate::words::Wall;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::LazyLock;

/// One IANA zone with its changes of offset between `FROM` and `TO`.
#[derive(Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
    /// From this second of UTC on, this offset in seconds east. The first stands at `FROM`.
    pieces: Vec<(i64, i32)>,
}

/// 2020-01-01 and 2060-01-01: outside of them jiff is asked.
const FROM: i64 = 1_577_836_800;
const TO: i64 = 2_840_140_800;

static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    names.sort();
    names.into_iter().filter_map(Zone::load).collect()
});

impl Zone {
    /// By its IANA name, in any case of letters. The name of the answer is the IANA spelling.
    pub fn find(name: &str) -> Option<&'static Zone> {
        if let Ok(at) = ZONES.binary_search_by(|zone| zone.name.as_str().cmp(name)) {
            return Some(&ZONES[at]);
        }
        ZONES.iter().find(|zone| zone.name.eq_ignore_ascii_case(name))
    }

    /// Every name, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ZONES.iter().map(|zone| zone.name.as_str())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds east of UTC, and the second at which that changes next.
    pub fn offset(&self, second: i64) -> (i64, i64) {
        if !(FROM..TO).contains(&second) {
            return self.ask(second);
        }
        let next = self.pieces.partition_point(|(from, _)| *from <= second);
        let until = self.pieces.get(next).map_or(TO, |(from, _)| *from);
        (i64::from(self.pieces[next - 1].1), until)
    }

    /// The local clock: days since 1970-01-01 and the second of that day.
    pub fn local(&self, second: i64) -> (i64, i64) {
        let local = second + self.offset(second).0;
        (local.div_euclid(DAY), local.rem_euclid(DAY))
    }

    /// The first instant after `second` whose local date is another one.
    pub fn next_midnight(&self, second: i64) -> i64 {
        let (day, _) = self.local(second);
        let mut at = second;
        loop {
            let (offset, until) = self.offset(at);
            let midnight = (day + 1) * DAY - offset;
            if midnight < until {
                return midnight.max(at);
            }
            at = until;
            if self.local(at).0 > day {
                return at;
            }
        }
    }

    /// `2026-11-21 09:30`, for people.
    pub fn local_text(&self, now: Wall) -> String {
        now.timestamp().to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The instant of a local time: the first of two in an overlap, moved on by the gap where there is none.
    pub fn instant(&self, local: jiff::civil::DateTime) -> Option<Wall> {
        let zoned = local.to_zoned(self.zone.clone()).ok()?;
        Some(Wall(zoned.timestamp().as_microsecond()))
    }

    fn load(name: String) -> Option<Zone> {
        let zone = TimeZone::get(&name).ok()?;
        let start = Timestamp::from_second(FROM).ok()?;
        let mut pieces = vec![(FROM, zone.to_offset(start).seconds())];
        let changes = zone.following(start).map(|t| (t.timestamp().as_second(), t.offset().seconds()));
        for (at, offset) in changes.take_while(|(at, _)| *at < TO) {
            if pieces.last().is_some_and(|(_, before)| *before != offset) {
                pieces.push((at, offset));
            }
        }
        Some(Zone { name, zone, pieces })
    }

    fn ask(&self, second: i64) -> (i64, i64) {
        let Ok(at) = Timestamp::from_second(second) else {
            return (0, i64::MAX);
        };
        let until = self.zone.following(at).next().map_or(i64::MAX, |t| t.timestamp().as_second());
        let until = if second < FROM { until.min(FROM) } else { until };
        (i64::from(self.zone.to_offset(at).seconds()), until)
    }
}

/// Seconds of a day of 24 hours.
pub const DAY: i64 = 86_400;

/// 0 is Monday. 1970-01-01 was a Thursday.
pub fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(text: &str) -> i64 {
        Wall::parse_rfc3339(text).unwrap().seconds()
    }

    #[test]
    fn offsets_are_those_of_jiff() {
        for zone in ZONES.iter() {
            for at in (FROM - 10 * DAY..TO + 400 * DAY).step_by(37 * 86_413) {
                let there = zone.zone.to_offset(Timestamp::from_second(at).unwrap()).seconds();
                assert_eq!(zone.offset(at).0, i64::from(there), "{} at {at}", zone.name);
            }
        }
    }

    #[test]
    fn changes_are_exact_to_the_second() {
        let new_york = Zone::find("America/New_York").unwrap();
        let change = second("2026-03-08T07:00:00Z");
        assert_eq!(new_york.offset(change - 1), (-5 * 3_600, change));
        assert_eq!(new_york.offset(change).0, -4 * 3_600);
        assert_eq!(new_york.local(change - 1).1, 2 * 3_600 - 1);
        assert_eq!(new_york.local(change).1, 3 * 3_600);
    }

    #[test]
    fn midnights() {
        let at = |name: &str, text: &str| Zone::find(name).unwrap().next_midnight(second(text));
        assert_eq!(at("Asia/Shanghai", "2026-11-21T10:00:00Z"), second("2026-11-21T16:00:00Z"));
        assert_eq!(at("America/New_York", "2026-03-08T06:00:00Z"), second("2026-03-09T04:00:00Z"));
        // Cuba's clocks skip from 23:59:59 to 01:00: the day begins there.
        assert_eq!(at("America/Havana", "2026-03-07T20:00:00Z"), second("2026-03-08T05:00:00Z"));
        assert_eq!(at("America/Havana", "2026-11-01T03:00:00Z"), second("2026-11-01T04:00:00Z"));
    }

    #[test]
    fn names_in_any_case() {
        assert_eq!(Zone::find("asia/shanghai").unwrap().name(), "Asia/Shanghai");
        assert!(Zone::find("Asia/Peking").is_none());
        assert!(Zone::names().count() > 400);
        assert_eq!(weekday(0), 3);
    }
}
