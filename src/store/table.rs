//! How a table's rows become Rust records and back, declared once per table. It knows no statement's meaning.

use super::StoreError;
use super::db::{Arg, Row};
use crate::words::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A column's type: read from a row, bound as a value.
pub trait Column: Sized {
    fn read(row: &Row, index: usize) -> Result<Self, StoreError>;
    fn arg(&self) -> Arg;
}

/// Declares a record, its columns, and a macro with the SQL around them: `select` (all columns, no condition),
/// `upsert_before` and `upsert_after`, `update_before` and `update_after` (many rows, by id; see `tuples`), `columns` (their types).
/// A column is an `int` or a `text`; one that never changes in a row's life is `fixed_int` or `fixed_text`, and no
/// update names it: SQLite writes every index anew whose columns an update names, changed or not.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident in $module:ident ($table:literal) {
        $($(#[$fdoc:meta])* $field:ident: $type:ty = $kind:ident,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            pub centre: CentreId,
            $($(#[$fdoc])* pub $field: $type,)+
        }

        impl $name {
            pub(in crate::store) fn read(row: &$crate::store::db::Row) -> Result<$name, $crate::store::StoreError> {
                use $crate::store::table::Column;
                let mut index = 0;
                let mut next = || { index += 1; index };
                Ok($name {
                    centre: Column::read(row, 0)?,
                    $($field: Column::read(row, next())?,)+
                })
            }

            /// The row's values in the order of its columns.
            pub(in crate::store) fn bind(&self, values: &mut Vec<$crate::store::db::Arg>) {
                use $crate::store::table::Column;
                values.push(self.centre.arg());
                $(values.push(self.$field.arg());)+
            }
        }

        macro_rules! $module {
            (select) => { concat!("SELECT t.centre" $(, ", t.", stringify!($field))+, " FROM ", $table, " AS t") };
            (upsert_before) => { concat!("INSERT INTO ", $table, " (centre" $(, ", ", stringify!($field))+,
                ") VALUES") };
            (upsert_after) => { concat!("ON CONFLICT (id) DO UPDATE SET centre = excluded.centre"
                $(, set_column!($kind, $field, " = excluded."))+) };
            (update_before) => { concat!("WITH r (centre" $(, ", ", stringify!($field))+, ") AS") };
            (update_after) => { concat!("UPDATE ", $table, " SET centre = r.centre"
                $(, set_column!($kind, $field, " = r."))+,
                " FROM r WHERE ", $table, ".id = r.id") };
            (columns) => { concat!("i" $(, column_type!($kind))+) };
        }
    };
}

macro_rules! column_type {
    (int) => {
        "i"
    };
    (fixed_int) => {
        "i"
    };
    (text) => {
        "t"
    };
    (fixed_text) => {
        "t"
    };
}

/// One column of an update's SET, with the comma before it.
macro_rules! set_column {
    (fixed_int, $field:ident, $from:literal) => {
        ""
    };
    (fixed_text, $field:ident, $from:literal) => {
        ""
    };
    ($kind:ident, $field:ident, $from:literal) => {
        concat!(", ", stringify!($field), $from, stringify!($field))
    };
}

macro_rules! ints {
    ($($type:ty: $read:expr, $write:expr;)+) => {$(
        impl Column for $type {
            fn read(row: &Row, index: usize) -> Result<Self, StoreError> { Ok($read(row.int(index)?)) }
            fn arg(&self) -> Arg { Arg::from($write(self)) }
        }
        impl Column for Option<$type> {
            fn read(row: &Row, index: usize) -> Result<Self, StoreError> { Ok(row.opt_int(index)?.map($read)) }
            fn arg(&self) -> Arg { Arg::Int(self.as_ref().map($write)) }
        }
    )+};
}

ints! {
    i64: |v: i64| v, |v: &i64| *v;
    u32: |v: i64| v as u32, |v: &u32| i64::from(*v);
    u16: |v: i64| v as u16, |v: &u16| i64::from(*v);
    u8: |v: i64| v as u8, |v: &u8| i64::from(*v);
    bool: |v: i64| v != 0, |v: &bool| i64::from(*v);
    Wall: Wall, |v: &Wall| v.0;
    Moment: Moment, |v: &Moment| v.0;
    CentreId: CentreId::from_sql, |v: &CentreId| v.sql();
    CampaignId: CampaignId::from_sql, |v: &CampaignId| v.sql();
    LeadId: LeadId::from_sql, |v: &LeadId| v.sql();
    CallId: CallId::from_sql, |v: &CallId| v.sql();
    AgentId: AgentId::from_sql, |v: &AgentId| v.sql();
    SessionId: SessionId::from_sql, |v: &SessionId| v.sql();
    OrderId: OrderId::from_sql, |v: &OrderId| v.sql();
    RecordingId: RecordingId::from_sql, |v: &RecordingId| v.sql();
    TrunkId: TrunkId::from_sql, |v: &TrunkId| v.sql();
}

impl Column for String {
    fn read(row: &Row, index: usize) -> Result<Self, StoreError> {
        row.text(index)
    }
    fn arg(&self) -> Arg {
        Arg::from(self)
    }
}
impl Column for Option<String> {
    fn read(row: &Row, index: usize) -> Result<Self, StoreError> {
        row.opt_text(index)
    }
    fn arg(&self) -> Arg {
        Arg::from(self.clone())
    }
}

/// Our enums stand as their serde name (`busy`); those that carry something, as JSON (`{"failed":"carrier"}`).
pub fn enum_text<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value).expect("our enums always print") {
        Value::String(name) => name,
        other => other.to_string(),
    }
}

pub fn enum_from<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    let value = if text.starts_with('{') { serde_json::from_str(text) } else { Ok(Value::from(text)) };
    value
        .and_then(serde_json::from_value)
        .map_err(|error| StoreError::Broken { place: "reading a word", cause: format!("\"{text}\": {error}") })
}

macro_rules! enums {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::store::table::Column for $type {
            fn read(row: &$crate::store::db::Row, index: usize) -> Result<Self, $crate::store::StoreError> {
                $crate::store::table::enum_from(&row.text(index)?)
            }
            fn arg(&self) -> $crate::store::db::Arg { $crate::store::table::enum_text(self).into() }
        }
        impl $crate::store::table::Column for Option<$type> {
            fn read(row: &$crate::store::db::Row, index: usize) -> Result<Self, $crate::store::StoreError> {
                row.opt_text(index)?.map(|text| $crate::store::table::enum_from(&text)).transpose()
            }
            fn arg(&self) -> $crate::store::db::Arg {
                self.as_ref().map($crate::store::table::enum_text).into()
            }
        }
    )+};
}
