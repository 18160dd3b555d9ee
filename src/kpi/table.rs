//! The answer: numerator, denominator and value of each row (rules G5 and G13), with bounds and cautions.

use super::attribution::Attribution;
use super::base::{Base, Sums};
use super::booking::book;
use super::cell::{Cell, Cells, Currency, Group};
use super::grid::{Grid, Plan, local, zone};
use super::metric::{Expr, Kpi, Measure, Sample, Unit};
use super::profile::{Profile, Window};
use super::query::{GroupBy, Interval, Query, QueryError};
use super::report::Report;
use super::{catalogue, find};
use crate::words::Wall;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of all KPIs together: some 30 MB as JSON.
const ROWS_OF_ALL_MAX: usize = 100_000;

/// One KPI over the rows of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub id: &'static str,
    pub version: &'static str,
    pub unit: Unit,
    /// As used: `start`, or `start/split` where numerator and denominator differ.
    pub attribution: String,
    pub zone: String,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub from: Wall,
    pub to: Wall,
    /// `from` on the clock of the zone, with its offset.
    pub from_local: String,
    pub group: Option<String>,
    pub num: f64,
    pub den: f64,
    /// `num / den`; `None` where the denominator is zero.
    pub value: Option<f64>,
    /// How many things the value rests on.
    pub n: u64,
    pub low_n: bool,
    /// Wilson 95 % bounds, for shares of counted things.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Facts to come may still change it.
    pub provisional: bool,
    /// Holds agent time that other campaigns' rows hold too: do not add them up.
    pub shared: bool,
    /// Of money, where there is any.
    pub currency: Option<String>,
}

/// The short form, for files and comparisons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    #[serde(serialize_with = "plain")]
    pub num: f64,
    #[serde(serialize_with = "plain")]
    pub den: f64,
    #[serde(serialize_with = "plain_or_null")]
    pub value: Option<f64>,
    /// Of money, where there is any (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// Whole numbers without a point.
fn plain<S: Serializer>(number: &f64, s: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        s.serialize_i64(*number as i64)
    } else {
        s.serialize_f64(*number)
    }
}

fn plain_or_null<S: Serializer>(number: &Option<f64>, s: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => plain(number, s),
        None => s.serialize_none(),
    }
}

impl From<Row> for Figure {
    fn from(row: Row) -> Figure {
        Figure { num: row.num, den: row.den, value: row.value, currency: row.currency }
    }
}

impl Report<'_> {
    /// One KPI. Without an interval and a group: exactly one row. With an interval: a row for each, also the empty
    /// ones. With a group: a row for each group that has anything.
    pub fn compute(&self, id: &str, query: &Query) -> Result<Table, QueryError> {
        let kpi = find(id).ok_or_else(|| QueryError::UnknownKpi { id: shorten(id), near: near(id) })?;
        let frame = Frame::new(self, query, kpi)?;
        let (num_at, den_at) = kpi.booked(query.attribution);
        let num = book(self, query, &frame.grid, num_at);
        let den = if num_at == den_at { None } else { Some(book(self, query, &frame.grid, den_at)) };
        Ok(self.table(kpi, query, &frame, &num, den.as_ref().unwrap_or(&num)))
    }

    /// Every KPI over the query's range as one figure each; interval and group of the query are left out.
    pub fn figures(&self, query: &Query) -> Result<BTreeMap<&'static str, Figure>, QueryError> {
        let query = Query { interval: None, group_by: None, ..query.clone() };
        let first = |table: Table| Some((table.id, table.rows.into_iter().next()?.into()));
        Ok(self.tables(&query)?.into_iter().filter_map(first).collect())
    }

    /// Every KPI as `compute` answers for one, in the catalogue's order. What they share is booked once.
    pub fn tables(&self, query: &Query) -> Result<Vec<Table>, QueryError> {
        // KPIs differ in their rows only by the window of their abandonment profile.
        let mut shelves: Vec<(Frame, BTreeMap<Attribution, Cells>)> = Vec::new();
        let (mut tables, mut rows) = (Vec::new(), 0);
        for kpi in catalogue() {
            let frame = Frame::new(self, query, kpi)?;
            let too_many = QueryError::TooManyRows { limit: ROWS_OF_ALL_MAX };
            if frame.grid.buckets.len() * catalogue().len() > ROWS_OF_ALL_MAX {
                return Err(too_many);
            }
            let known = shelves.iter().position(|(other, _)| other.grid.buckets == frame.grid.buckets);
            let place = known.unwrap_or(shelves.len());
            if known.is_none() {
                shelves.push((frame, BTreeMap::new()));
            }
            let (frame, booked) = &mut shelves[place];
            let (num_at, den_at) = kpi.booked(query.attribution);
            for at in [num_at, den_at] {
                booked.entry(at).or_insert_with(|| book(self, query, &frame.grid, at));
            }
            let table = self.table(kpi, query, frame, &booked[&num_at], &booked[&den_at]);
            rows += table.rows.len();
            if rows > ROWS_OF_ALL_MAX {
                return Err(too_many);
            }
            tables.push(table);
        }
        Ok(tables)
    }

    /// The base facts themselves over the query's whole range, as `at` books them: for proofs and comparisons.
    pub fn sums(&self, at: Attribution, query: &Query) -> Result<Sums, QueryError> {
        let query = Query { interval: None, group_by: None, ..query.clone() };
        let frame = Frame::new(self, &query, &catalogue()[0])?;
        let mut sums = Sums::default();
        book(self, &query, &frame.grid, at).values().for_each(|cell| sums.merge(&cell.sums));
        Ok(sums)
    }

    fn table(&self, kpi: &'static Kpi, query: &Query, frame: &Frame, num: &Cells, den: &Cells) -> Table {
        let mut keys: BTreeSet<(u32, Group)> = num.keys().chain(den.keys()).cloned().collect();
        if query.group_by.is_none() {
            keys.extend((0..frame.grid.buckets.len()).map(|bucket| (bucket as u32, Group::All)));
        }
        let empty = Cell::default();
        let row = |key: (u32, Group)| {
            let (num, den) = (num.get(&key).unwrap_or(&empty), den.get(&key).unwrap_or(&empty));
            self.row(kpi, query, frame, key, num, den)
        };
        let (num_at, den_at) = kpi.booked(query.attribution);
        let attribution = if num_at == den_at { num_at.to_string() } else { format!("{num_at}/{den_at}") };
        Table {
            id: kpi.id,
            version: kpi.version,
            unit: kpi.unit,
            attribution,
            zone: frame.zone_name.clone(),
            rows: keys.into_iter().map(row).filter(|row| query.group_by.is_none() || has_something(row)).collect(),
        }
    }

    fn row(&self, kpi: &Kpi, query: &Query, frame: &Frame, key: (u32, Group), num: &Cell, den: &Cell) -> Row {
        let part = self.divide(kpi, num, den);
        let (from, to) = frame.grid.buckets[key.0 as usize];
        let bounds = (kpi.is_proportion() && part.den > 0.0).then(|| wilson(part.num, part.den));
        let mut currencies = [&num.currency, &den.currency].into_iter();
        let mixed = kpi.unit == Unit::MoneyMinor && currencies.any(|held| *held == Currency::Mixed);
        let value = (part.den > 0.0 && !mixed).then(|| part.num / part.den);
        let currency = match &num.currency {
            Currency::One(code) if kpi.unit == Unit::MoneyMinor => Some(code.clone()),
            Currency::One(_) | Currency::None | Currency::Mixed => None,
        };
        Row {
            from: Wall::from_millis(from),
            to: Wall::from_millis(to),
            from_local: local(from, &frame.zone),
            group: key.1.name(),
            num: part.num,
            den: part.den,
            value,
            n: part.n,
            low_n: part.counted && part.n < query.min_n,
            low: bounds.map(|(low, _)| low),
            high: bounds.map(|(_, high)| high),
            provisional: num.provisional || den.provisional || to > self.now,
            shared: num.shared || den.shared,
            currency,
        }
    }

    fn divide(&self, kpi: &Kpi, num: &Cell, den: &Cell) -> Part {
        match &kpi.measure {
            Measure::Count(expr) => {
                let amount = sum(num, expr);
                let scale = if is_time(expr) { 1_000.0 } else { 1.0 };
                Part { num: amount as f64 / scale, den: 1.0, n: amount.max(0) as u64, counted: false }
            }
            Measure::Ratio(top, bottom) => {
                let (above, below) = (sum(num, top), sum(den, bottom));
                let per = match kpi.unit {
                    Unit::PerHour => 3_600_000.0,
                    Unit::PerMinute => 60_000.0,
                    Unit::Ratio | Unit::Count | Unit::Seconds | Unit::MoneyMinor | Unit::Quotient => 1_000.0,
                };
                Part {
                    num: if is_time(top) { above as f64 / 1_000.0 } else { above as f64 },
                    den: if is_time(bottom) { below as f64 / per } else { below as f64 },
                    n: below.max(0) as u64,
                    counted: !is_time(bottom),
                }
            }
            Measure::Quantile { of, percent, .. } => {
                let samples = match of {
                    Sample::PostDialDelay => &num.post_dial_delay,
                    Sample::AnswerToAgent => &num.answer_to_agent,
                };
                let found = quantile(samples, *percent);
                let n = samples.len() as u64;
                let den = if found.is_some() { 1.0 } else { 0.0 };
                Part { num: found.unwrap_or(0) as f64 / 1_000.0, den, n, counted: true }
            }
            Measure::Abandonment(profile) => self.abandonment(*profile, num),
        }
    }

    fn abandonment(&self, profile: Option<Profile>, cell: &Cell) -> Part {
        let (mut num, mut den, mut n) = (0.0, 0.0, 0);
        for (key, answers) in &cell.answers {
            let config = key.and_then(|(campaign, at)| self.fold.configured.get(&campaign)?.get(&at));
            let own = config.and_then(|config| Profile::named(&config.abandon_profile));
            let f = config.map_or(0.0, |config| config.amd_false_positive_rate);
            // A campaign that names no known profile is counted without additions.
            let (ab, h) = profile.or(own).unwrap_or(Profile::CnDefault).rate(*answers, f);
            num += ab;
            den += h;
            n += answers.human.max(0) as u64;
        }
        Part { num, den, n, counted: true }
    }
}

/// A group that this KPI has nothing to say of was made by its neighbours' records.
fn has_something(row: &Row) -> bool {
    row.n > 0 || row.num != 0.0
}

struct Part {
    num: f64,
    den: f64,
    n: u64,
    /// Is `n` a number of things, so that few of them mean little?
    counted: bool,
}

fn sum(cell: &Cell, expr: &Expr) -> i64 {
    let of = |bases: &[Base]| bases.iter().map(|base| cell.sums.get(*base)).sum::<i64>();
    of(expr.plus) - of(expr.minus)
}

fn is_time(expr: &Expr) -> bool {
    expr.bases().all(Base::is_time)
}

/// Nearest rank, of sorted samples.
fn quantile(sorted: &[i64], percent: u32) -> Option<i64> {
    let rank = (sorted.len() * percent as usize).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// The score interval of Wilson (1927) at 95 %.
fn wilson(num: f64, den: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let p = (num / den).clamp(0.0, 1.0);
    let z2 = Z * Z / den;
    let centre = p + z2 / 2.0;
    let spread = Z * (p * (1.0 - p) / den + z2 / (4.0 * den)).sqrt();
    // At the ends the two terms are equal: what binary leaves of their difference is no bound.
    let low = if p == 0.0 { 0.0 } else { ((centre - spread) / (1.0 + z2)).max(0.0) };
    let high = if p == 1.0 { 1.0 } else { ((centre + spread) / (1.0 + z2)).min(1.0) };
    (low, high)
}

/// The rows in time, and the zone they are in.
struct Frame {
    grid: Grid,
    zone: TimeZone,
    zone_name: String,
}

impl Frame {
    fn new(report: &Report, query: &Query, kpi: &Kpi) -> Result<Frame, QueryError> {
        let own = || report.latest_config(query.campaign?).map(|config| config.zone.clone());
        let zone_name = query.zone.clone().or_else(own).unwrap_or_else(|| "UTC".to_owned());
        let zone = zone(&zone_name)?;
        let first = report.fold.first().map_or(0, Wall::millis);
        let from = query.from.map_or(first, Wall::millis);
        let to = query.to.map_or(report.now.max(from + 1), Wall::millis);
        if from >= to {
            return Err(QueryError::EmptyRange { from: Wall::from_millis(from), to: Wall::from_millis(to) });
        }
        let grid = Grid::new(&Plan {
            from,
            to,
            from_given: query.from.is_some(),
            to_given: query.to.is_some(),
            interval: query.interval,
            window: window(report, query, kpi, from),
            zone: &zone,
            day_start_minutes: query.day_start_minutes,
            by_hour: query.group_by == Some(GroupBy::Hour),
        })?;
        Ok(Frame { grid, zone, zone_name })
    }
}

fn window(report: &Report, query: &Query, kpi: &Kpi, from: i64) -> (Window, i64) {
    if query.interval != Some(Interval::Profile) {
        return (Window::Day, from);
    }
    let asked = match kpi.measure {
        Measure::Abandonment(profile) => profile,
        Measure::Count(_) | Measure::Ratio(..) | Measure::Quantile { .. } => None,
    };
    let profile = asked.or_else(|| report.profile(query.campaign?)).unwrap_or(Profile::CnDefault);
    (profile.window(), report.first_call(query.campaign).unwrap_or(from))
}

fn shorten(id: &str) -> String {
    id.chars().take(60).collect()
}

/// The id that shares the longest beginning, if it is more than a word's start.
fn near(id: &str) -> Option<&'static str> {
    let common = |other: &str| id.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let best = catalogue().iter().max_by_key(|kpi| (common(kpi.id), std::cmp::Reverse(kpi.id.len())))?;
    (common(best.id) >= 4).then_some(best.id)
}

#[cfg(test)]
mod tests {
    use super::wilson;

    #[test]
    fn nothing_and_all_bound_exactly() {
        for den in 1..2_000 {
            let den = f64::from(den);
            let (none, all) = (wilson(0.0, den), wilson(den, den));
            assert_eq!((none.0, all.1), (0.0, 1.0), "of {den}");
            assert!(0.0 < none.1 && none.1 < 1.0 && 0.0 < all.0 && all.0 < 1.0, "of {den}: {none:?} {all:?}");
        }
    }
}
