//! Calling hours, reckoned another way than the gate does.

use super::Checks;
use crate::campaign::settings::{Hours, UnknownZone};
use crate::words::*;
use jiff::tz::TimeZone;

impl Checks {
    pub(super) fn within_hours(&mut self, hours: &Hours, zones: &[String], wall: Wall) -> bool {
        if zones.is_empty() && hours.unknown_zone == UnknownZone::Refuse {
            return false;
        }
        let own = [hours.zone.clone()];
        let zones = if zones.is_empty() { &own[..] } else { zones };
        zones.iter().all(|name| {
            let zone = self.zones.entry(name.clone()).or_insert_with(|| TimeZone::get(name).unwrap_or(TimeZone::UTC));
            open_at(hours, &zone.to_datetime(wall.timestamp()))
        })
    }
}

/// `HH:MM-HH:MM` of the weekday, end excluded.
fn open_at(hours: &Hours, local: &jiff::civil::DateTime) -> bool {
    use jiff::civil::Weekday;
    let day = match local.weekday() {
        Weekday::Monday => &hours.mon,
        Weekday::Tuesday => &hours.tue,
        Weekday::Wednesday => &hours.wed,
        Weekday::Thursday => &hours.thu,
        Weekday::Friday => &hours.fri,
        Weekday::Saturday => &hours.sat,
        Weekday::Sunday => &hours.sun,
    };
    let minutes = |text: &str| {
        let (h, m) = text.trim().split_once(':')?;
        Some(h.parse::<i32>().ok()? * 60 + m.parse::<i32>().ok()?)
    };
    let now = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let closed = hours.closed.iter().any(|date| *date == local.date().to_string());
    let span = day.as_deref().and_then(|text| text.split_once('-'));
    let open = span.and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
    !closed && open.is_some_and(|(from, to)| (from..to).contains(&now))
}
