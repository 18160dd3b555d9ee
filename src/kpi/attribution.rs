//! Rule G4 of the dictionary: to which moment a quantity is booked. It refuses to know any KPI.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribution {
    /// The attempt's `t_dial`: cohorts, so that shares stay at or below one.
    Start,
    /// `t_wrap_end`, or `t_end` where nobody wrapped up.
    Close,
    /// `t_answer`: compliance.
    Answer,
    /// Time, clipped at interval borders.
    Split,
    /// The state at the interval's end.
    Snap,
    /// The event's own time.
    Event,
    /// The promised time of a callback.
    Due,
    /// The order's creation.
    OrderCohort,
    /// The order's shipping.
    ShipCohort,
    /// The lead's first dial (facts do not tie a lead to its import).
    LeadCohort,
}

impl Attribution {
    pub const ALL: &'static [Attribution] = &[
        Attribution::Start,
        Attribution::Close,
        Attribution::Answer,
        Attribution::Split,
        Attribution::Snap,
        Attribution::Event,
        Attribution::Due,
        Attribution::OrderCohort,
        Attribution::ShipCohort,
        Attribution::LeadCohort,
    ];

    pub fn tag(self) -> &'static str {
        match self {
            Attribution::Start => "start",
            Attribution::Close => "close",
            Attribution::Answer => "answer",
            Attribution::Split => "split",
            Attribution::Snap => "snap",
            Attribution::Event => "event",
            Attribution::Due => "due",
            Attribution::OrderCohort => "order_cohort",
            Attribution::ShipCohort => "ship_cohort",
            Attribution::LeadCohort => "lead_cohort",
        }
    }
}

impl fmt::Display for Attribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Attribution {
    type Err = super::QueryError;
    fn from_str(text: &str) -> Result<Attribution, super::QueryError> {
        Attribution::ALL.iter().copied().find(|a| a.tag().eq_ignore_ascii_case(text)).ok_or_else(|| {
            super::QueryError::bad("attribution", text, "start, close, answer, split, snap, event or a cohort")
        })
    }
}
