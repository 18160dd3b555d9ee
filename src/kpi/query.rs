//! What is asked of a KPI: which campaign, when, how finely, grouped by what. It refuses to answer.

use super::attribution::Attribution;
use crate::words::{CampaignId, Wall};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `None`: all of them, test campaigns only if `include_test`.
    pub campaign: Option<CampaignId>,
    /// Half-open: `[from, to)`. `None`: from the first fact, to the newest.
    pub from: Option<Wall>,
    pub to: Option<Wall>,
    pub interval: Option<Interval>,
    pub group_by: Option<GroupBy>,
    /// Instead of the KPI's own, where its base facts can be booked so.
    pub attribution: Option<Attribution>,
    /// IANA. `None`: the campaign's, else UTC.
    pub zone: Option<String>,
    /// Minutes after local midnight at which the business day begins.
    pub day_start_minutes: u16,
    pub include_test: bool,
    /// Below this many, `low_n` (rule G5).
    pub min_n: u64,
}

impl Default for Query {
    fn default() -> Query {
        Query {
            campaign: None,
            from: None,
            to: None,
            interval: None,
            group_by: None,
            attribution: None,
            zone: None,
            day_start_minutes: 0,
            include_test: false,
            min_n: 30,
        }
    }
}

impl Query {
    pub fn of(campaign: CampaignId) -> Query {
        Query { campaign: Some(campaign), ..Query::default() }
    }
}

/// Width of the rows in time. Days and months are calendar ones of the query's zone, 23 to 25 hours long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Counted from the start of each day, so that the last one of a day may be short.
    Minutes(u32),
    Days(u32),
    Month,
    /// The window of the abandonment profile: a day, a month, or 30 days from the campaign's first call.
    Profile,
}

impl FromStr for Interval {
    type Err = QueryError;

    /// `15m`, `1h`, `7d`, their ISO 8601 forms (`PT15M`, `P7D`, `P1M`), `month` and `profile`.
    fn from_str(text: &str) -> Result<Interval, QueryError> {
        let bad = || QueryError::bad("interval", text, "15m, 1h, 1d, month or profile");
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "month" | "p1m" => return Ok(Interval::Month),
            "profile" => return Ok(Interval::Profile),
            _other => {}
        }
        let body = lower.strip_prefix("pt").or_else(|| lower.strip_prefix('p')).unwrap_or(&lower);
        let unit = body.chars().last().ok_or_else(bad)?;
        let count: u32 = body[..body.len() - unit.len_utf8()].parse().map_err(|_| bad())?;
        match (unit, count) {
            ('m', 1..=1440) if !lower.starts_with('p') || lower.starts_with("pt") => Ok(Interval::Minutes(count)),
            ('h', 1..=24) => Ok(Interval::Minutes(count * 60)),
            ('d', 1..=366) => Ok(Interval::Days(count)),
            _other => Err(bad()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    Agent,
    Campaign,
    /// Hour of the local day, 0 to 23.
    Hour,
    Trunk,
    /// Our own number that the called party saw.
    CallerId,
    /// Of a pause.
    Reason,
    /// Of orders.
    Currency,
}

impl GroupBy {
    pub const ALL: &'static [(&'static str, GroupBy)] = &[
        ("agent", GroupBy::Agent),
        ("campaign", GroupBy::Campaign),
        ("hour", GroupBy::Hour),
        ("trunk", GroupBy::Trunk),
        ("caller_id", GroupBy::CallerId),
        ("reason", GroupBy::Reason),
        ("currency", GroupBy::Currency),
    ];
}

impl FromStr for GroupBy {
    type Err = QueryError;
    fn from_str(text: &str) -> Result<GroupBy, QueryError> {
        let found = GroupBy::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, group)| *group).ok_or_else(|| {
            QueryError::bad("group_by", text, "agent, campaign, hour, trunk, caller_id, reason or currency")
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryError {
    UnknownKpi {
        id: String,
        near: Option<&'static str>,
    },
    /// `from` is not before `to`.
    EmptyRange {
        from: Wall,
        to: Wall,
    },
    UnknownZone(String),
    TooManyRows {
        limit: usize,
    },
    Bad {
        field: &'static str,
        value: String,
        expected: &'static str,
    },
}

impl QueryError {
    pub(super) fn bad(field: &'static str, value: &str, expected: &'static str) -> QueryError {
        QueryError::Bad { field, value: value.chars().take(40).collect(), expected }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryError::UnknownKpi { id, near: Some(near) } => {
                write!(f, "kpi \"{id}\" is unknown; did you mean {near}?")
            }
            QueryError::UnknownKpi { id, near: None } => {
                write!(f, "kpi \"{id}\" is unknown; GET /v1/kpis lists the ids")
            }
            QueryError::EmptyRange { from, to } => {
                write!(f, "from {} is not before to {}", from.rfc3339(), to.rfc3339())
            }
            QueryError::UnknownZone(zone) => {
                write!(f, "zone \"{zone}\" is unknown: an IANA name is expected, such as Asia/Shanghai")
            }
            QueryError::TooManyRows { limit } => {
                write!(f, "more than {limit} rows: take a wider interval or a shorter range")
            }
            QueryError::Bad { field, value, expected } => write!(f, "{field} \"{value}\": {expected} is expected"),
        }
    }
}
impl std::error::Error for QueryError {}
