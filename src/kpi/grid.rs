//! Rule G2: the rows of a query in time. Half-open intervals on the calendar of one zone, business days included,
//! so that a day of a clock change has 23 or 25 hours. It refuses to know what is booked into them.

use super::profile::Window;
use super::query::{Interval, QueryError};
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};
use std::sync::LazyLock;

/// The zones of the binary, not those of the machine: the same answer everywhere.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Rows a query may have, and pieces they may be cut into.
const BUCKETS_MAX: usize = 20_000;
const SLOTS_MAX: usize = 200_000;
const HOUR_MS: i64 = 3_600_000;

pub(super) fn zone(name: &str) -> Result<TimeZone, QueryError> {
    ZONES.get(name).map_err(|_| QueryError::UnknownZone(name.chars().take(60).collect()))
}

/// What the rows are to be.
pub(super) struct Plan<'a> {
    /// Wall milliseconds.
    pub from: i64,
    pub to: i64,
    /// Was the range asked for, or is it all there is?
    pub from_given: bool,
    pub to_given: bool,
    pub interval: Option<Interval>,
    /// For `Interval::Profile`: the window and the first call it counts from.
    pub window: (Window, i64),
    pub zone: &'a TimeZone,
    pub day_start_minutes: u16,
    pub by_hour: bool,
}

/// A stretch of time that belongs to one row, and to one hour of the day if asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub from: i64,
    pub to: i64,
    pub bucket: u32,
    pub hour: u8,
}

#[derive(Debug, Clone)]
pub(super) struct Grid {
    /// `[from, to)` of each row, in wall milliseconds.
    pub buckets: Vec<(i64, i64)>,
    /// Ordered, without overlap.
    slots: Vec<Slot>,
}

impl Grid {
    pub fn new(plan: &Plan) -> Result<Grid, QueryError> {
        let buckets = buckets(plan)?;
        let mut slots = Vec::with_capacity(buckets.len());
        for (i, (from, to)) in buckets.iter().enumerate() {
            let bucket = i as u32;
            if plan.by_hour {
                by_hour(plan.zone, *from, *to, bucket, &mut slots)?;
            } else {
                slots.push(Slot { from: *from, to: *to, bucket, hour: 0 });
            }
        }
        // Where no range was asked for, nothing falls off its ends.
        if let (Some(first), false) = (slots.first_mut(), plan.from_given) {
            first.from = i64::MIN;
        }
        if let (Some(last), false) = (slots.last_mut(), plan.to_given) {
            last.to = i64::MAX;
        }
        Ok(Grid { buckets, slots })
    }

    pub fn find(&self, at: i64) -> Option<Slot> {
        let after = self.slots.partition_point(|slot| slot.from <= at);
        let slot = self.slots[..after].last()?;
        (at < slot.to).then_some(*slot)
    }

    /// The parts of `[from, to)` by slot, with their milliseconds.
    pub fn clip(&self, from: i64, to: i64) -> impl Iterator<Item = (Slot, i64)> + '_ {
        let first = self.slots.partition_point(|slot| slot.to <= from);
        self.slots[first..]
            .iter()
            .take_while(move |slot| slot.from < to)
            .map(move |slot| (*slot, slot.to.min(to) - slot.from.max(from)))
    }
}

fn buckets(plan: &Plan) -> Result<Vec<(i64, i64)>, QueryError> {
    let day = |at| Day { zone: plan.zone, start_minutes: plan.day_start_minutes }.holding(at);
    let starts = Day { zone: plan.zone, start_minutes: plan.day_start_minutes };
    let Some(interval) = plan.interval else { return Ok(vec![(plan.from, plan.to)]) };
    let mut rows = Rows { plan, rows: Vec::new() };
    match interval {
        Interval::Minutes(width) => {
            let mut date = day(plan.from);
            while starts.start(date) < plan.to {
                let (mut at, end) = (starts.start(date), starts.start(next(date, 1)));
                while at < end {
                    let to = (at + i64::from(width.max(1)) * 60_000).min(end);
                    rows.push(at, to)?;
                    at = to;
                }
                date = next(date, 1);
            }
        }
        Interval::Days(width) => rows.days(starts, day(plan.from), width)?,
        Interval::Month => rows.months(starts, day(plan.from))?,
        Interval::Profile => match plan.window {
            (Window::Day, _) => rows.days(starts, day(plan.from), 1)?,
            (Window::Month, _) => rows.months(starts, day(plan.from))?,
            (Window::Days(width), first_call) => rows.days(starts, day(first_call.min(plan.from)), width)?,
        },
    }
    Ok(rows.rows)
}

/// Rows under construction, clipped to the asked range.
struct Rows<'a> {
    plan: &'a Plan<'a>,
    rows: Vec<(i64, i64)>,
}

impl Rows<'_> {
    fn push(&mut self, from: i64, to: i64) -> Result<(), QueryError> {
        let from = if self.plan.from_given { from.max(self.plan.from) } else { from };
        let to = if self.plan.to_given { to.min(self.plan.to) } else { to };
        let touches = from < self.plan.to && to > self.plan.from && from < to;
        if !touches {
            return Ok(());
        }
        if self.rows.len() == BUCKETS_MAX {
            return Err(QueryError::TooManyRows { limit: BUCKETS_MAX });
        }
        self.rows.push((from, to));
        Ok(())
    }

    fn days(&mut self, starts: Day, mut date: Date, width: u32) -> Result<(), QueryError> {
        while starts.start(date) < self.plan.to {
            let after = next(date, i64::from(width.max(1)));
            self.push(starts.start(date), starts.start(after))?;
            date = after;
        }
        Ok(())
    }

    fn months(&mut self, starts: Day, date: Date) -> Result<(), QueryError> {
        let mut first = date.first_of_month();
        while starts.start(first) < self.plan.to {
            let after = next(first, 32).first_of_month();
            self.push(starts.start(first), starts.start(after))?;
            first = after;
        }
        Ok(())
    }
}

/// Business days of a zone.
#[derive(Clone, Copy)]
struct Day<'a> {
    zone: &'a TimeZone,
    start_minutes: u16,
}

impl Day<'_> {
    /// In a gap of the clock the later side, in a fold the earlier (RFC 5545).
    fn start(self, date: Date) -> i64 {
        let (hour, minute) = (self.start_minutes / 60 % 24, self.start_minutes % 60);
        let local = date.at(hour as i8, minute as i8, 0, 0);
        self.zone.to_timestamp(local).map_or(i64::MAX, |at| at.as_millisecond())
    }

    fn holding(self, at: i64) -> Date {
        let date = timestamp(at).to_zoned(self.zone.clone()).date();
        if at < self.start(date) { next(date, -1) } else { date }
    }
}

fn next(date: Date, days: i64) -> Date {
    date.saturating_add(Span::new().days(days))
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// RFC 3339 with the zone's offset (rule G2).
pub(super) fn local(ms: i64, zone: &TimeZone) -> String {
    let at = timestamp(ms);
    let offset = zone.to_offset(at);
    format!("{:.3}", at.display_with_offset(offset))
}

fn by_hour(zone: &TimeZone, from: i64, to: i64, bucket: u32, slots: &mut Vec<Slot>) -> Result<(), QueryError> {
    let mut at = from;
    while at < to {
        let here = timestamp(at);
        let offset_ms = i64::from(zone.to_offset(here).seconds()) * 1000;
        let local = at + offset_ms;
        let hour = local.div_euclid(HOUR_MS).rem_euclid(24) as u8;
        let end = (at + HOUR_MS - local.rem_euclid(HOUR_MS)).min(to);
        if slots.len() == SLOTS_MAX {
            return Err(QueryError::TooManyRows { limit: BUCKETS_MAX });
        }
        slots.push(Slot { from: at, to: end, bucket, hour });
        at = end;
    }
    Ok(())
}
