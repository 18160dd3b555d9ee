//! The metric catalogue: each KPI of the dictionary as an expression over sums of facts, the same live, in reports
//! and in the simulator. It stores no share, judges no call and reads no clock.
//!
//! `Fold` takes facts in any order; `Report` derives what they mean together; `Report::compute` answers a `Query`.

mod attempt;
mod attribution;
mod base;
mod booking;
mod catalogue;
mod cell;
mod contact;
mod fold;
mod grid;
mod metric;
mod order;
mod profile;
mod query;
mod report;
mod session;
mod shelves;
mod table;

pub use attribution::Attribution;
pub use base::{Base, Sums};
pub use catalogue::{IDS, catalogue, find};
pub use fold::Fold;
pub use metric::{Aspect, Expr, Kpi, Measure, Names, Sample, Unit};
pub use profile::Profile;
pub use query::{GroupBy, Interval, Query, QueryError};
pub use report::Report;
pub use table::{Figure, Row, Table};
