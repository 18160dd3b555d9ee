//! Many rows in one statement, bound as `VALUES` tuples. It knows no table and opens no transaction.
//!
//! A statement's text depends on how many rows it takes, so rows go in groups of a few fixed sizes: each text is made
//! once, prepared once per connection, and small enough for SQLite's 32,766 variables. Measured against unfolding one
//! JSON text (`json_each`), which it replaced where rows are many: see docs/figures.md.

use super::StoreError;
use super::db::{Arg, Row, Sql, Tx};
use std::sync::OnceLock;

/// Rows of one statement, largest first. At most one of each but the first.
const SIZES: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// Declares a file's statements over many rows, and `TUPLES`, their list.
/// `NAME = columns, before, after`: before, then the tuples, then after. A column is `i` (an integer) or `t` (a text).
macro_rules! tuples {
    ($($(#[$doc:meta])* $name:ident = $columns:expr, $before:expr, $after:expr;)+) => {
        $($(#[$doc])* pub(in crate::store) static $name: $crate::store::tuples::Tuples =
            $crate::store::tuples::Tuples::new(stringify!($name), $columns, $before, $after);)+
        /// Every statement over many rows of this file.
        pub(in crate::store) static TUPLES: &[&$crate::store::tuples::Tuples] = &[$(&$name),+];
    };
}
pub(in crate::store) use tuples;

/// A statement over many rows.
pub struct Tuples {
    name: &'static str,
    columns: &'static str,
    before: &'static str,
    after: &'static str,
    texts: [OnceLock<(String, String)>; SIZES.len()],
}

impl Tuples {
    pub const fn new(name: &'static str, columns: &'static str, before: &'static str, after: &'static str) -> Tuples {
        Tuples { name, columns, before, after, texts: [const { OnceLock::new() }; SIZES.len()] }
    }

    /// The statement for `SIZES[size]` rows.
    fn sql(&'static self, size: usize) -> Sql {
        let (sqlite, postgres) =
            self.texts[size].get_or_init(|| (self.text(SIZES[size], false), self.text(SIZES[size], true)));
        Sql { name: self.name, sqlite, postgres }
    }

    /// SQLite looks a numbered variable up among all before it, so there they stay without numbers.
    fn text(&self, rows: usize, numbered: bool) -> String {
        use std::fmt::Write;
        // As a table of its own the tuples stand in brackets; an INSERT takes them as they are.
        let (open, close) = if self.before.ends_with("VALUES") { (" ", ") ") } else { (" (VALUES ", ")) ") };
        let mut text = format!("{}{open}", self.before);
        let columns = self.columns.as_bytes();
        for place in 0..rows * columns.len() {
            text.push_str(match (place % columns.len(), place) {
                (0, 0) => "(",
                (0, _) => "), (",
                (_, _) => ", ",
            });
            match columns.get(place) {
                _ if !numbered => text.push('?'),
                // The first row tells PostgreSQL the types of all.
                Some(b'i') => write!(text, "CAST(${} AS BIGINT)", place + 1).expect("a String takes all"),
                Some(_) => write!(text, "CAST(${} AS TEXT)", place + 1).expect("a String takes all"),
                None => write!(text, "${}", place + 1).expect("a String takes all"),
            }
        }
        text.push_str(close);
        text.push_str(self.after);
        text
    }

    /// One text of each, for the test that prepares all statements.
    pub fn smallest(&'static self) -> Sql {
        self.sql(SIZES.len() - 1)
    }

    /// The groups that so many rows go in: (place in `SIZES`, how often).
    fn groups(rows: usize) -> impl Iterator<Item = usize> {
        let mut left = rows;
        SIZES.iter().enumerate().flat_map(move |(size, rows)| {
            let times = left / rows;
            left %= rows;
            std::iter::repeat_n(size, times)
        })
    }
}

impl Tx {
    /// `values` are whole rows, one after the other.
    pub async fn put(&mut self, tuples: &'static Tuples, values: Vec<Arg>) -> Result<(), StoreError> {
        let mut values = values.into_iter();
        for size in Tuples::groups(values.len() / tuples.columns.len()) {
            let group = values.by_ref().take(SIZES[size] * tuples.columns.len()).collect();
            self.run(&tuples.sql(size), group).await?;
        }
        Ok(())
    }

    /// The same for a statement that answers.
    pub async fn ask(&mut self, tuples: &'static Tuples, values: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        let mut values = values.into_iter();
        let mut rows = Vec::new();
        for size in Tuples::groups(values.len() / tuples.columns.len()) {
            let group = values.by_ref().take(SIZES[size] * tuples.columns.len()).collect();
            rows.extend(self.all(&tuples.sql(size), group).await?);
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_goes_in_exactly_one_group() {
        for rows in [0, 1, 3, 4, 255, 256, 257, 2_500, 10_000] {
            let sum: usize = Tuples::groups(rows).map(|size| SIZES[size]).sum();
            assert_eq!(sum, rows);
        }
        assert_eq!(Tuples::groups(2_500).count(), 9 + 3);
    }

    #[test]
    fn the_text_has_a_variable_for_each_value() {
        static TWO: Tuples = Tuples::new("TWO", "it", "INSERT INTO t (a, b) VALUES", "ON CONFLICT DO NOTHING");
        assert_eq!(
            TWO.text(2, true),
            "INSERT INTO t (a, b) VALUES (CAST($1 AS BIGINT), CAST($2 AS TEXT)), ($3, $4) ON CONFLICT DO NOTHING"
        );
        static ONE: Tuples = Tuples::new("ONE", "t", "SELECT a FROM t WHERE a IN", "");
        assert_eq!(ONE.text(2, false), "SELECT a FROM t WHERE a IN (VALUES (?), (?)) ");
    }
}
