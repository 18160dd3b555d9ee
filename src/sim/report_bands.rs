//! Many seeds of one day: bands of what they came to, hour by hour, and two settings side by side on the same people.
//! Text for a terminal stands here, pages in `report_html`. It refuses to define a figure: those are the summaries'.

use super::reasons::{self, ReasonTime};
use super::report::Summary;
use serde::Serialize;
use std::fmt::Write;

/// Of one figure over the runs. Percentiles by rank, without interpolation.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Band {
    pub runs: usize,
    pub mean: f64,
    pub low: f64,
    pub p50: f64,
    pub high: f64,
}

/// The share of runs that lie below `low`, and above `high`.
const TAIL: f64 = 0.05;

impl Band {
    /// Of the runs that have the figure; `None` where none has.
    pub fn of(figures: impl IntoIterator<Item = Option<f64>>) -> Option<Band> {
        let mut all: Vec<f64> = figures.into_iter().flatten().filter(|figure| figure.is_finite()).collect();
        all.sort_by(f64::total_cmp);
        let last = all.len().checked_sub(1)?;
        let at = |share: f64| all[(last as f64 * share).round() as usize];
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        Some(Band { runs: all.len(), mean, low: at(TAIL), p50: at(0.5), high: at(1.0 - TAIL) })
    }

    pub fn holds(&self, figure: f64) -> bool {
        (self.low..=self.high).contains(&figure)
    }
}

/// A figure of a day, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    Share,
    Seconds,
    Count,
}

impl Shown {
    pub fn text(self, value: f64) -> String {
        match self {
            Shown::Share => format!("{:.2} %", value * 100.0),
            Shown::Seconds => format!("{value:.1} s"),
            Shown::Count => format!("{value:.0}"),
        }
    }
}

/// Names as in the KPI dictionary, where it has them.
pub struct Figure {
    pub id: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
    pub shown: Shown,
    of: fn(&Summary) -> Option<f64>,
}

fn kpi(summary: &Summary, id: &str) -> Option<f64> {
    summary.kpis.get(id).and_then(|figure| figure.value)
}

fn kpi_count(summary: &Summary, id: &str) -> Option<f64> {
    summary.kpis.get(id).map(|figure| figure.num)
}

pub const FIGURES: &[Figure] = &[
    Figure { id: "occupancy", en: "utilization", zh: "利用率", shown: Shown::Share, of: |s| kpi(s, "occupancy") },
    Figure {
        id: "abandon_rate", en: "abandonment", zh: "骚扰率", shown: Shown::Share, of: |s| kpi(s, "abandon_rate")
    },
    Figure {
        id: "worst_hour",
        en: "worst hour's abandonment",
        zh: "最差一小时骚扰率",
        shown: Shown::Share,
        of: worst_hour,
    },
    Figure {
        id: "human_answer_rate",
        en: "human answers of dials",
        zh: "接听率",
        shown: Shown::Share,
        of: |s| kpi(s, "human_answer_rate"),
    },
    Figure { id: "dials", en: "dials", zh: "外呼量", shown: Shown::Count, of: |s| kpi_count(s, "dials") },
    Figure {
        id: "handled",
        en: "conversations",
        zh: "接通处理量",
        shown: Shown::Count,
        of: |s| kpi_count(s, "handled"),
    },
    Figure { id: "orders", en: "orders", zh: "订单量", shown: Shown::Count, of: |s| kpi_count(s, "orders") },
    Figure {
        id: "agents_wait",
        en: "agents wait, mean",
        zh: "座席等待均值",
        shown: Shown::Seconds,
        of: |s| Some(s.agents_wait.mean_ms / 1000.0),
    },
    Figure {
        id: "customers_wait_p90",
        en: "people wait, 90 %",
        zh: "客户等待 90 分位",
        shown: Shown::Seconds,
        of: |s| Some(s.customers_wait.p90_ms as f64 / 1000.0),
    },
    Figure { id: "list_left", en: "leads not closed", zh: "未结名单", shown: Shown::Count, of: left },
];

fn worst_hour(summary: &Summary) -> Option<f64> {
    let rates = summary.hours.iter().filter(|hour| hour.handled + hour.abandoned >= 30);
    rates.map(|hour| hour.abandoned as f64 / (hour.handled + hour.abandoned) as f64).max_by(f64::total_cmp)
}

fn left(summary: &Summary) -> Option<f64> {
    summary.hours.last().map(|hour| summary.leads.saturating_sub(hour.closed) as f64)
}

/// One hour of the day over all runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HourBand {
    /// Local, as in the summaries.
    pub from: String,
    pub occupancy: Option<Band>,
    pub abandonment: Option<Band>,
    pub dials: Option<Band>,
    pub handled: Option<Band>,
    pub left: Option<Band>,
}

/// One setting over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bands {
    pub name: String,
    pub runs: usize,
    pub figures: Vec<(&'static str, Option<Band>)>,
    pub hours: Vec<HourBand>,
    /// Over all runs, longest first.
    pub reasons: Vec<ReasonTime>,
    pub violations: usize,
}

impl Bands {
    pub fn of(name: &str, runs: &[Summary]) -> Bands {
        let figures = FIGURES.iter().map(|figure| (figure.id, Band::of(runs.iter().map(figure.of)))).collect();
        let mut names: Vec<&str> = runs.iter().flat_map(|run| &run.hours).map(|hour| hour.from.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let hours = names.into_iter().map(|from| hour(from, runs)).collect();
        let reasons = reasons::pooled(runs.iter().map(|run| run.reasons.as_slice()));
        let violations = runs.iter().map(|run| run.violations.len()).sum();
        Bands { name: name.to_owned(), runs: runs.len(), figures, hours, reasons, violations }
    }

    pub fn figure(&self, id: &str) -> Option<Band> {
        self.figures.iter().find(|(own, _)| *own == id).and_then(|(_, band)| *band)
    }
}

fn hour(from: &str, runs: &[Summary]) -> HourBand {
    let all: Vec<(&Summary, &super::report::Hour)> =
        runs.iter().filter_map(|run| Some((run, run.hours.iter().find(|hour| hour.from == from)?))).collect();
    let rate = |handled: u64, abandoned: u64| {
        let people = handled + abandoned;
        (people > 0).then(|| abandoned as f64 / people as f64)
    };
    HourBand {
        from: from.to_owned(),
        occupancy: Band::of(all.iter().map(|(_, hour)| hour.occupancy)),
        abandonment: Band::of(all.iter().map(|(_, hour)| rate(hour.handled, hour.abandoned))),
        dials: Band::of(all.iter().map(|(_, hour)| Some(hour.dials as f64))),
        handled: Band::of(all.iter().map(|(_, hour)| Some(hour.handled as f64))),
        left: Band::of(all.iter().map(|(run, hour)| Some(run.leads.saturating_sub(hour.closed) as f64))),
    }
}

/// B less A on the same seeds: the people, the carrier and the agents' paces are the same, so that chance cancels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paired {
    pub id: &'static str,
    pub pairs: usize,
    pub mean: f64,
    /// 95 % confidence of the mean difference (Student's t).
    pub low: f64,
    pub high: f64,
    /// Seeds in which B stood above A.
    pub above: usize,
}

impl Paired {
    /// Zero lies outside.
    pub fn significant(&self) -> bool {
        self.pairs > 1 && (self.low > 0.0 || self.high < 0.0)
    }
}

pub fn paired(a: &[Summary], b: &[Summary]) -> Vec<Paired> {
    let of = |figure: &Figure| {
        let differences = a.iter().zip(b).filter_map(|(a, b)| Some((figure.of)(b)? - (figure.of)(a)?));
        let all: Vec<f64> = differences.filter(|difference| difference.is_finite()).collect();
        let pairs = all.len();
        if pairs == 0 {
            return None;
        }
        let n = pairs as f64;
        let mean = all.iter().sum::<f64>() / n;
        let variance = all.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0).max(1.0);
        let half = student(pairs) * (variance / n).sqrt();
        let above = all.iter().filter(|difference| **difference > 0.0).count();
        Some(Paired { id: figure.id, pairs, mean, low: mean - half, high: mean + half, above })
    };
    FIGURES.iter().filter_map(of).collect()
}

/// Two-sided 95 % of Student's t with `pairs - 1` degrees of freedom; above the table its limit, on the wide side.
fn student(pairs: usize) -> f64 {
    const T: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];
    match pairs {
        0 | 1 => f64::INFINITY,
        pairs => T.get(pairs - 2).copied().unwrap_or(2.02),
    }
}

// ── for a terminal, 100 columns ──

/// The figures with their bands, and a day recorded beside them, if there is one.
pub fn text(bands: &Bands, recorded: Option<&Summary>) -> String {
    let mut out = String::new();
    writeln!(out, "{} — {} runs: median, and where 90 % of the runs lie  中位数与 90 % 区间", bands.name, bands.runs)
        .expect("a string");
    for figure in FIGURES {
        let Some(band) = bands.figure(figure.id) else { continue };
        let [low, p50, high] = [band.low, band.p50, band.high].map(|value| figure.shown.text(value));
        let was = recorded.and_then(|day| (figure.of)(day)).map_or_else(String::new, |value| {
            let fits = if band.holds(value) { "within" } else { "OUTSIDE" };
            format!("   recorded 实际 {} ({fits})", figure.shown.text(value))
        });
        let line = format!("  {:<26} {p50:>10}   {low:>10} … {high:<10}{was}  {}", figure.en, figure.zh);
        writeln!(out, "{}", line.trim_end()).expect("a string");
    }
    hours_text(&mut out, bands);
    out += &reasons::text(&bands.reasons);
    if bands.violations > 0 {
        writeln!(out, "{} rules were broken: please report this with the seed. 有规则被违反。", bands.violations)
            .expect("a string");
    }
    out
}

fn hours_text(out: &mut String, bands: &Bands) {
    let dials = bands.hours.iter().filter_map(|hour| hour.dials).map(|band| band.high).fold(1.0, f64::max);
    writeln!(
        out,
        "\n{:<18} {:<30}   {:<20} {:<14} list left",
        "hour 时", "utilization 利用率 0–100 %", "dials 外呼", "abandonment"
    )
    .expect("a string");
    for hour in &bands.hours {
        let percent = |band: Option<Band>| {
            band.map_or_else(
                || "-".to_owned(),
                |b| format!("{:.1} ({:.1}–{:.1})", b.p50 * 100.0, b.low * 100.0, b.high * 100.0),
            )
        };
        let left = hour.left.map_or_else(|| "-".to_owned(), |band| format!("{:.0}", band.p50));
        let drawn = hour.occupancy.map_or_else(|| " ".repeat(30), |band| strip(band, 1.0, 30));
        let counts = hour.dials.map_or_else(|| " ".repeat(20), |band| strip(band, dials, 20));
        writeln!(
            out,
            "{:<18} {drawn} {:>5} {counts} {:<18} {left}",
            hour.from,
            short(hour.occupancy),
            percent(hour.abandonment)
        )
        .expect("a string");
    }
}

fn short(band: Option<Band>) -> String {
    band.map_or_else(|| "-".to_owned(), |band| format!("{:.0} %", band.p50 * 100.0))
}

/// `····├──█──┤···`: where the runs lie between zero and `most`.
pub fn strip(band: Band, most: f64, width: usize) -> String {
    let at = |value: f64| ((value / most).clamp(0.0, 1.0) * (width - 1) as f64).round() as usize;
    let (low, middle, high) = (at(band.low), at(band.p50), at(band.high));
    (0..width)
        .map(|column| match column {
            c if c == middle => '█',
            c if c == low => '├',
            c if c == high => '┤',
            c if c > low && c < high => '─',
            _ => '·',
        })
        .collect()
}

/// B beside A, and what the difference is worth.
pub fn versus_text(a: &Bands, b: &Bands, pairs: &[Paired]) -> String {
    let mut out = String::new();
    writeln!(
        out,
        "\nA  {}\nB  {}\n{:<28} {:>12} {:>12}   B − A, same seeds (95 %) 同种子差值",
        a.name, b.name, "", "A", "B"
    )
    .expect("a string");
    for figure in FIGURES {
        let Some(pair) = pairs.iter().find(|pair| pair.id == figure.id) else { continue };
        let mean = |bands: &Bands| bands.figure(figure.id).map_or("-".to_owned(), |band| figure.shown.text(band.mean));
        let scaled = |value: f64| match figure.shown {
            Shown::Share => format!("{:+.2}", value * 100.0),
            Shown::Seconds => format!("{value:+.2}"),
            Shown::Count => format!("{value:+.1}"),
        };
        let star = if pair.significant() { "*" } else { "" };
        writeln!(
            out,
            "{:<28} {:>12} {:>12}   {:>9} ({} … {}){star}",
            figure.en,
            mean(a),
            mean(b),
            scaled(pair.mean),
            scaled(pair.low),
            scaled(pair.high)
        )
        .expect("a string");
    }
    writeln!(out, "* zero lies outside: more than chance.  * 区间不含零：差异显著。").expect("a string");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_where_nine_of_ten_runs_lie() {
        let band = Band::of((0..=100).map(|n| Some(f64::from(n)))).expect("it has figures");
        assert_eq!((band.low, band.p50, band.high, band.mean), (5.0, 50.0, 95.0, 50.0));
        assert!(band.holds(5.0) && band.holds(95.0) && !band.holds(95.1));
        assert_eq!(Band::of([None, Some(f64::NAN)]), None);
        assert_eq!(Band::of([Some(7.0)]).map(|b| (b.low, b.high)), Some((7.0, 7.0)));
    }

    #[test]
    fn a_strip_is_as_wide_as_asked() {
        let band = Band { runs: 3, mean: 0.5, low: 0.25, p50: 0.5, high: 0.75 };
        assert_eq!(strip(band, 1.0, 9), "··├─█─┤··");
        assert_eq!(strip(Band { low: -1.0, high: 9.0, ..band }, 1.0, 5), "├─█─┤");
    }

    fn day(seed: u64, dials: u64) -> Summary {
        let hour = super::super::report::Hour { from: "2026-11-23 09:00".into(), dials, ..Default::default() };
        let dialed = crate::kpi::Figure { num: dials as f64, den: 1.0, value: Some(dials as f64), currency: None };
        let kpis = [("dials", dialed)].into();
        Summary { seed, hours: vec![hour], kpis, ..Summary::default() }
    }

    #[test]
    fn pairs_tell_a_steady_difference_from_chance() {
        let a: Vec<Summary> = (0..10).map(|n| day(n, 100 + 13 * n % 40)).collect();
        let steady: Vec<Summary> = a.iter().map(|d| day(d.seed, d.hours[0].dials + 2)).collect();
        let chance: Vec<Summary> = a.iter().map(|d| day(d.seed, d.hours[0].dials + 7 * (d.seed % 2) - 3)).collect();
        let of = |b: &[Summary]| paired(&a, b).into_iter().find(|pair| pair.id == "dials").expect("counted");
        let (steady, chance) = (of(&steady), of(&chance));
        assert!(steady.significant() && steady.above == 10 && (steady.mean - 2.0).abs() < 1e-9, "{steady:?}");
        assert!(!chance.significant(), "{chance:?}");
        assert!(!paired(&a[..1], &a[..1])[0].significant(), "one pair proves nothing");
    }
}
