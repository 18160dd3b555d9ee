//! Facts are for ever: what version 1 wrote, every later program reads. The golden file is never regenerated;
//! a field that is added has a default, and its line is appended.

use outpace::facts::{Envelope, Fact};
use std::collections::BTreeSet;

const V1: &str = include_str!("facts_golden/v1.jsonl");
const SOURCE: &str = include_str!("../src/facts/about.rs");

fn read(line: &str) -> Envelope {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("a fact of version 1 cannot be read: {error}\n{line}"))
}

/// Every kind that `Fact::kind` names.
fn kinds() -> BTreeSet<&'static str> {
    let body = SOURCE.split("pub fn kind(&self)").nth(1).expect("Fact has a method kind");
    let body = body.split("\n    }\n").next().expect("the method ends");
    body.lines().filter_map(|line| line.split("=> \"").nth(1)?.split('"').next()).collect()
}

#[test]
fn version_1_is_read_and_written_as_it_was() {
    for line in V1.lines() {
        let fact = read(line);
        assert_eq!(serde_json::to_string(&fact).expect("facts are plain"), line);
    }
}

#[test]
fn every_kind_has_its_golden_line() {
    let written: BTreeSet<&str> = V1.lines().map(|line| read(line).fact.kind()).collect();
    let missing: Vec<_> = kinds().difference(&written).copied().collect();
    assert!(missing.is_empty(), "tests/facts_golden/v1.jsonl: append one line for each of {missing:?}");
}

#[test]
fn a_kind_is_its_tag() {
    for line in V1.lines() {
        let json: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(json["kind"], read(line).fact.kind());
        assert_eq!(json["version"], 1, "the envelope's own version, not one of the fact's");
    }
}

#[test]
fn seq_and_time_survive_beside_the_fact() {
    let first = read(V1.lines().next().expect("the file is not empty"));
    assert_eq!((first.seq, first.node, first.version), (1, 1, 1));
    assert!(matches!(first.fact, Fact::EngineStarted { epoch: 4, .. }));
}

/// A database written before a field existed.
#[test]
fn fields_added_later_have_defaults() {
    let line = V1.lines().find(|line| line.contains("campaign_configured")).expect("the file has every kind");
    let older = line.replace(",\"amd\":true", "");
    assert_ne!(older, line);
    assert!(matches!(read(&older).fact, Fact::CampaignConfigured(config) if !config.amd));
}

/// Names, numbers and what people say stay out of facts: no field is called so, and no line holds a number of a person.
#[test]
fn no_field_names_a_person() {
    const PERSONAL: [&str; 6] = ["phone", "note", "address", "customer", "value", "text"];
    for line in V1.lines() {
        let json: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let fields: Vec<&String> = json.as_object().expect("a fact is an object").keys().collect();
        for personal in PERSONAL {
            assert!(!fields.iter().any(|field| *field == personal), "{personal} in {line}");
        }
    }
}
