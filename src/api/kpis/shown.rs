//! KPI figures and tables as they travel: times in RFC 3339, every field described for the manual. It computes nothing.

use crate::kpi;
use crate::words::minor_digits;
use serde::Serialize;
use serde_json::Number;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Every KPI by its id.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AllKpis)]
pub enum All {
    /// Over the whole range.
    Figures(BTreeMap<String, Figure>),
    /// By `interval` or `group_by`.
    Tables(BTreeMap<String, Table>),
}

/// One KPI over the whole range.
#[derive(Serialize, ToSchema)]
#[schema(as = KpiFigure)]
pub struct Figure {
    /// Money: minor units. Time: seconds.
    #[schema(value_type = f64)]
    num: Number,
    /// 1 for counts. Time: in what the unit divides by, such as hours for `per_hour`.
    #[schema(value_type = f64)]
    den: Number,
    /// `num / den`; null where the denominator is zero, and for money of several currencies.
    #[schema(value_type = Option<f64>)]
    value: Option<Number>,
    /// `ratio`: a share, 0 to 1. `count`. `seconds`. `per_hour`, `per_minute`: of the denominator's time. `money_minor`: minor
    /// units of `currency`. `quotient`: a plain one, such as dials per lead.
    #[schema(value_type = String)]
    unit: kpi::Unit,
    /// Of money, where there is any (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Decimals of the currency: 4990 with 2 of them are 49.90, 500 with none are 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    minor_digits: Option<u32>,
}

/// One KPI over the rows that were asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = KpiTable)]
pub struct Table {
    pub id: String,
    /// Of the formula.
    version: String,
    /// As in the catalogue.
    #[schema(value_type = String)]
    unit: kpi::Unit,
    /// As used: `start`, or `start/split` where numerator and denominator differ.
    attribution: String,
    /// IANA: whose days and months the rows are.
    zone: String,
    /// In order of time, then of group. Empty intervals have a row unless it is grouped.
    pub rows: Vec<Row>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = KpiRow)]
pub struct Row {
    #[schema(format = DateTime)]
    from: String,
    /// Exclusive.
    #[schema(format = DateTime)]
    to: String,
    /// `from` on the clock of the zone, with its offset.
    #[schema(format = DateTime)]
    from_local: String,
    /// Of `group_by`: the id, hour, number, reason or currency; `-`: has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Money: minor units. Time: seconds.
    #[schema(value_type = f64)]
    num: Number,
    /// 1 for counts. Time: in what the unit divides by, such as hours for `per_hour`.
    #[schema(value_type = f64)]
    den: Number,
    /// `num / den`; null where the denominator is zero, and for money of several currencies.
    #[schema(value_type = Option<f64>)]
    value: Option<Number>,
    /// How many things the value rests on.
    n: u64,
    /// `n` is below 30: the value means little.
    low_n: bool,
    /// The lower bound of the share at 95 % (Wilson), 0 to 1; only for shares of counted things.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    low: Option<f64>,
    /// The upper bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    high: Option<f64>,
    /// The interval is not over, or facts to come may still change it.
    provisional: bool,
    /// Holds agent time that other campaigns' rows hold too: do not add them up.
    shared: bool,
    /// Of money, where there is any (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Decimals of the currency: 4990 with 2 of them are 49.90, 500 with none are 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    minor_digits: Option<u32>,
}

pub const FIGURE_COLUMNS: [&str; 7] = ["id", "num", "den", "value", "unit", "currency", "minor_digits"];

/// Of a file: as the rows of the JSON answer.
pub const ROW_COLUMNS: [&str; 15] = [
    "from",
    "to",
    "from_local",
    "group",
    "num",
    "den",
    "value",
    "n",
    "low_n",
    "low",
    "high",
    "provisional",
    "shared",
    "currency",
    "minor_digits",
];

pub fn figure((id, figure): (&'static str, kpi::Figure)) -> (String, Figure) {
    let unit = kpi::find(id).expect("figures are of the catalogue").unit;
    let kpi::Figure { num, den, value, currency } = figure;
    let minor_digits = currency.as_deref().map(minor_digits);
    (id.to_owned(), Figure { num: plain(num), den: plain(den), value: value.map(plain), unit, currency, minor_digits })
}

impl From<kpi::Table> for Table {
    fn from(table: kpi::Table) -> Table {
        Table {
            id: table.id.to_owned(),
            version: table.version.to_owned(),
            unit: table.unit,
            attribution: table.attribution,
            zone: table.zone,
            rows: table.rows.into_iter().map(Row::from).collect(),
        }
    }
}

impl From<kpi::Row> for Row {
    fn from(row: kpi::Row) -> Row {
        Row {
            from: row.from.rfc3339(),
            to: row.to.rfc3339(),
            from_local: row.from_local,
            group: row.group,
            num: plain(row.num),
            den: plain(row.den),
            value: row.value.map(plain),
            n: row.n,
            low_n: row.low_n,
            low: row.low,
            high: row.high,
            provisional: row.provisional,
            shared: row.shared,
            minor_digits: row.currency.as_deref().map(minor_digits),
            currency: row.currency,
        }
    }
}

/// Whole numbers without a point.
fn plain(number: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        (number as i64).into()
    } else {
        Number::from_f64(number).expect("figures are finite: nothing is divided by zero")
    }
}
