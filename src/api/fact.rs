//! A fact as it travels: as it is stored, but with times in RFC 3339, to the microsecond, so that figures computed from
//! them agree with ours. It refuses to leave anything out.

use crate::facts::Envelope;
use crate::words::Wall;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

/// Fields that hold microseconds since 1970 in facts. `at` is also a place in a flow; that one is a text.
const TIMES: [&str; 4] = ["wall", "until", "not_before", "at"];

/// What happened; `kind` says which further fields there are.
#[derive(ToSchema)]
#[schema(as = Fact)]
#[allow(dead_code, reason = "for the document alone: facts serialize as `Shown`")]
pub struct Fields {
    centre: String,
    /// Who wrote it. Each node counts for itself.
    node: u16,
    /// Counts the node's facts from 1, without gaps.
    seq: u64,
    /// Microseconds of the node's monotonic clock: durations within a run are differences of moments.
    moment: i64,
    /// When, UTC, to the microsecond.
    #[schema(format = DateTime)]
    wall: String,
    /// Of the fact's form.
    version: u16,
    /// Such as `call_placed`.
    kind: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(pub &'a Envelope);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fact = serde_json::to_value(self.0).expect("facts print as JSON");
        for name in TIMES {
            if let Some(time) = fact.get_mut(name)
                && let Some(micros) = time.as_i64()
            {
                *time = Value::String(format!("{:.6}", Wall(micros).timestamp()));
            }
        }
        fact.serialize(serializer)
    }
}

/// In the order they came in.
pub fn all(facts: &[Envelope]) -> Vec<Shown<'_>> {
    facts.iter().map(Shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of every kind.
    const KINDS: &str = include_str!("../../tests/facts_golden/v1.jsonl");
    /// In September 2001; moments of a run are smaller.
    const MICROS: i64 = 1_000_000_000_000_000;

    #[test]
    fn no_kind_counts_microseconds_since_1970() {
        for line in KINDS.lines() {
            let fact: Envelope = serde_json::from_str(line).expect("a fact");
            let shown = serde_json::to_value(Shown(&fact)).expect("plain");
            for (name, value) in shown.as_object().expect("an object") {
                assert!(value.as_i64().is_none_or(|n| n < MICROS), "{name} in {shown}");
            }
            let wall = shown["wall"].as_str().and_then(Wall::parse_rfc3339);
            assert_eq!(wall, Some(fact.wall), "nothing is rounded: {shown}");
        }
    }
}
