//! The catalogue: every KPI that our facts can carry, in the order of the dictionary.
//! What would always be null for want of facts is not here.

mod agents;
mod conversion;
mod reach;
mod waiting;

use super::attribution::Attribution;
use super::base::Base;
use super::metric::{Aspect, Expr, Kpi, Measure, Names, Sample, Unit};
use super::profile::Profile;
use std::sync::LazyLock;

/// One id a line, sorted: the keys of `demo --json`. A test compares it with the catalogue.
pub const IDS: &str = include_str!("../ids.txt");

static CATALOGUE: LazyLock<Vec<Kpi>> =
    LazyLock::new(|| [reach::KPIS, waiting::KPIS, conversion::KPIS, agents::KPIS].concat());

pub fn catalogue() -> &'static [Kpi] {
    &CATALOGUE
}

pub fn find(id: &str) -> Option<&'static Kpi> {
    CATALOGUE.iter().find(|kpi| kpi.id == id)
}

/// The first version of a formula. Names: English, simplified Chinese, traditional Chinese.
const fn kpi(id: &'static str, aspect: Aspect, unit: Unit, measure: Measure, names: [&'static str; 3]) -> Kpi {
    let names = Names { en: names[0], zh_hans: names[1], zh_hant: names[2] };
    Kpi { id, version: "1.0.0", names, aspect, unit, measure }
}

const fn sum(plus: &'static [Base], at: Attribution) -> Expr {
    Expr { plus, minus: &[], at }
}

const fn diff(plus: &'static [Base], minus: &'static [Base], at: Attribution) -> Expr {
    Expr { plus, minus, at }
}
