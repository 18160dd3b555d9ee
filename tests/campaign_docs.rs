//! docs/campaign.md names every key that may stand in campaign.toml, and nothing else: the table it is written from, the
//! schema that `check` reads and the settings' own fields are held against each other.

use outpace::campaign::check::reference::{SECTIONS, SMALLEST, markdown, schema_paths};
use outpace::campaign::{check, recycle};
use std::collections::BTreeSet;
use toml::{Table, Value};

#[test]
fn the_paper_is_up_to_date() {
    let (path, wanted) = ("docs/campaign.md", markdown());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "{path} is out of date: run UPDATE_DOCS=1 cargo test --test campaign_docs");
}

fn table_paths() -> Vec<String> {
    let join = |path: &str, key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    SECTIONS.iter().flat_map(|section| section.keys.iter().map(|(key, ..)| join(section.path, key))).collect()
}

/// What serde writes of the settings: every field, since none is left out when it is empty.
fn field_paths() -> BTreeSet<String> {
    fn walk(path: &str, value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value.as_object() {
            // Languages, and the waits by ending, are keys of the author's choice.
            Some(fields) if !path.ends_with("title") && path != "retry" => {
                for (key, value) in fields {
                    let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(&full, value, found);
                }
            }
            Some(_) | None => _ = found.insert(path.replace("outcomes.sale", "outcomes.NAME")),
        }
    }
    let mut found = BTreeSet::new();
    let settings = check(SMALLEST).unwrap_or_else(|problems| panic!("{problems:#?}"));
    walk("", &serde_json::to_value(settings).unwrap(), &mut found);
    assert!(found.remove("retry"), "{found:#?}");
    found.extend(recycle::RETRY.iter().map(|(key, _)| format!("retry.{key}")));
    found
}

#[test]
fn table_schema_and_settings_name_the_same_keys() {
    let table: BTreeSet<String> = table_paths().into_iter().collect();
    assert_eq!(table.len(), table_paths().len(), "a key stands twice");
    let schema: BTreeSet<String> = schema_paths().into_iter().collect();
    assert_eq!(table, schema, "src/campaign/check/reference.rs and schema.rs");
    assert_eq!(field_paths(), schema, "src/campaign/settings.rs and schema.rs");
}

/// Each alone, in a file that has what it leans on.
#[test]
fn every_example_is_taken() {
    let around = format!("{SMALLEST}then = \"retry\"\n[amd]\nmachine_message = \"voicemail\"\n");
    for section in SECTIONS {
        for (key, example, en, zh) in section.keys {
            assert!(!en.is_empty() && zh.chars().any(|c| c > '\u{4e00}'), "{key}: both languages");
            let mut file: Table = toml::from_str(&around).unwrap();
            let mut table = &mut file;
            for part in section.path.replace("NAME", "sale").split('.').filter(|part| !part.is_empty()) {
                let below = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
                table = below.as_table_mut().unwrap();
            }
            let line: Table = toml::from_str(&format!("{key} = {example}")).unwrap_or_else(|e| panic!("{key}: {e}"));
            table.extend(line);
            let text = toml::to_string(&file).unwrap();
            assert!(check(&text).is_ok(), "{}.{key} = {example}: {:#?}", section.path, check(&text).unwrap_err());
        }
    }
}
