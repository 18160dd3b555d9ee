//! What a KPI is: an id, a version, names, a unit and an expression over base facts. It refuses to hold a value.

use super::attribution::Attribution;
use super::base::Base;
use super::profile::Profile;
use crate::words::{Lang, minor_digits};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::Write;

/// One entry of the catalogue. A change of formula is a new major version (rule G12).
#[derive(Debug, Clone, Copy)]
pub struct Kpi {
    pub id: &'static str,
    pub version: &'static str,
    pub names: Names,
    pub aspect: Aspect,
    pub unit: Unit,
    pub measure: Measure,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Names {
    pub en: &'static str,
    #[serde(rename = "zh-Hans")]
    pub zh_hans: &'static str,
    #[serde(rename = "zh-Hant")]
    pub zh_hant: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    Quality,
    Efficiency,
    Accessibility,
    Satisfaction,
    Business,
    Compliance,
    People,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share, 0 to 1.
    Ratio,
    Count,
    Seconds,
    /// Per hour of the denominator's time.
    PerHour,
    /// Per minute of the denominator's time.
    PerMinute,
    /// Minor units of the currency that stands beside the value: 4990 USD are 49.90, 500 JPY are 500 (ISO 4217).
    MoneyMinor,
    /// A plain quotient, such as dials per lead.
    Quotient,
}

/// `plus` minus `minus`, booked as `at` says.
#[derive(Debug, Clone, Copy)]
pub struct Expr {
    pub plus: &'static [Base],
    pub minus: &'static [Base],
    pub at: Attribution,
}

#[derive(Debug, Clone, Copy)]
pub enum Measure {
    Count(Expr),
    Ratio(Expr, Expr),
    /// Nearest rank: the smallest sample with at least `percent` of all at or below it.
    Quantile {
        of: Sample,
        percent: u32,
        at: Attribution,
    },
    /// `AB / H` under a profile; `None`: the campaign's own.
    Abandonment(Option<Profile>),
}

/// Durations kept one by one, for quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// `t_ring - t_dial` of the leg that rang.
    PostDialDelay,
    /// `t_bridge - t_answer`.
    AnswerToAgent,
}

impl Expr {
    pub fn bases(&self) -> impl Iterator<Item = Base> {
        self.plus.iter().chain(self.minus).copied()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (i, base) in self.plus.iter().enumerate() {
            let sign = if i > 0 { " + " } else { "" };
            write!(text, "{sign}{}", base.label()).expect("a String takes everything");
        }
        for base in self.minus {
            write!(text, " - {}", base.label()).expect("a String takes everything");
        }
        text
    }
}

impl Sample {
    fn label(self) -> &'static str {
        match self {
            Sample::PostDialDelay => "t_ring - t_dial",
            Sample::AnswerToAgent => "t_bridge - t_answer",
        }
    }
}

impl Kpi {
    pub fn name(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.names.en,
            Lang::ZhHans => self.names.zh_hans,
            Lang::ZhHant => self.names.zh_hant,
        }
    }

    /// In the letters of the dictionary's base facts.
    pub fn numerator(&self) -> String {
        match &self.measure {
            Measure::Count(expr) | Measure::Ratio(expr, _) => expr.text(),
            Measure::Quantile { of, percent, .. } => format!("p{percent} of {}", of.label()),
            Measure::Abandonment(profile) => Profile::numerator(*profile).to_owned(),
        }
    }

    /// `1` for counts and quantiles.
    pub fn denominator(&self) -> String {
        match &self.measure {
            Measure::Count(_) | Measure::Quantile { .. } => "1".to_owned(),
            Measure::Ratio(_, expr) => expr.text(),
            Measure::Abandonment(profile) => Profile::denominator(*profile).to_owned(),
        }
    }

    /// `start`, or `start/split` where numerator and denominator differ.
    pub fn attribution(&self) -> String {
        let (num, den) = self.booked(None);
        if num == den { num.to_string() } else { format!("{num}/{den}") }
    }

    /// Where numerator and denominator are booked, with `asked` where all their bases support it.
    pub(super) fn booked(&self, asked: Option<Attribution>) -> (Attribution, Attribution) {
        let of = |expr: &Expr| match asked {
            Some(asked) if expr.bases().all(|base| base.supports(asked)) => asked,
            Some(_) | None => expr.at,
        };
        match &self.measure {
            Measure::Count(expr) => (of(expr), of(expr)),
            Measure::Ratio(num, den) => (of(num), of(den)),
            Measure::Quantile { at, .. } => (*at, *at),
            Measure::Abandonment(_) => {
                let at = match asked {
                    Some(asked @ (Attribution::Start | Attribution::Close)) => asked,
                    Some(_) | None => Attribution::Answer,
                };
                (at, at)
            }
        }
    }

    /// A share of counted things: it has Wilson bounds.
    pub fn is_proportion(&self) -> bool {
        match &self.measure {
            Measure::Ratio(num, den) => {
                self.unit == Unit::Ratio && num.bases().chain(den.bases()).all(|base| !base.is_time())
            }
            Measure::Abandonment(_) => true,
            Measure::Count(_) | Measure::Quantile { .. } => false,
        }
    }

    /// For a person (rule G13): shares in per cent with one decimal (abandonment two), times as `h:mm:ss` or seconds,
    /// money in the currency's own unit with its code. Without a currency there is no money: the value is 0.
    pub fn show(&self, value: Option<f64>, currency: Option<&str>) -> String {
        let Some(value) = value else { return "-".to_owned() };
        match self.unit {
            Unit::Ratio if matches!(self.measure, Measure::Abandonment(_)) => {
                format!("{:.2} %", half_up(value * 100.0, 2))
            }
            Unit::Ratio => format!("{:.1} %", half_up(value * 100.0, 1)),
            Unit::Count => format!("{value:.0}"),
            Unit::Seconds if value >= 600.0 => clock(value),
            Unit::Seconds => format!("{:.1} s", half_up(value, 1)),
            Unit::PerHour => format!("{:.1}/h", half_up(value, 1)),
            Unit::PerMinute => format!("{:.1}/min", half_up(value, 1)),
            Unit::MoneyMinor => match currency {
                Some(code) => format!("{} {code}", money(value, code)),
                None => format!("{value:.0}"),
            },
            Unit::Quotient => format!("{:.2}", half_up(value, 2)),
        }
    }
}

/// As the API lists it, with its expressions in letters.
impl Serialize for Kpi {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut kpi = serializer.serialize_struct("Kpi", 8)?;
        kpi.serialize_field("id", self.id)?;
        kpi.serialize_field("version", self.version)?;
        kpi.serialize_field("names", &self.names)?;
        kpi.serialize_field("aspect", &self.aspect)?;
        kpi.serialize_field("unit", &self.unit)?;
        kpi.serialize_field("attribution", &self.attribution())?;
        kpi.serialize_field("numerator", &self.numerator())?;
        kpi.serialize_field("denominator", &self.denominator())?;
        kpi.end()
    }
}

/// Half-up at the given decimal. The nudge undoes what binary does to numbers such as 9.375.
fn half_up(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale + 0.5 + 1e-9).floor() / scale
}

fn money(minor: f64, currency: &str) -> String {
    let digits = minor_digits(currency);
    let value = minor / 10f64.powi(digits as i32);
    format!("{:.*}", digits as usize, half_up(value, digits as i32))
}

fn clock(seconds: f64) -> String {
    let whole = half_up(seconds, 0) as i64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}
