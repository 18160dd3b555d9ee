//! The TOML document with the place of every key, and the problems found in it.

use super::schema::{self, Keys, Kind};
use super::{Problem, values};
use crate::campaign::settings::Settings;
use crate::words::Reason;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

pub struct Document<'a> {
    text: &'a str,
    /// Of every key: where its value stands, or the key itself for tables.
    spots: BTreeMap<String, Range<usize>>,
    problems: Vec<Problem>,
    /// What is left when everything unreadable is taken out.
    readable: toml::Table,
}

pub fn nowhere() -> Problem {
    Problem {
        file: "campaign.toml".into(),
        line: 0,
        column: 0,
        key: String::new(),
        value: String::new(),
        reason: Reason::new(""),
    }
}

impl<'a> Document<'a> {
    pub fn read(text: &'a str) -> Document<'a> {
        let mut this = Document { text, spots: BTreeMap::new(), problems: Vec::new(), readable: toml::Table::new() };
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let reason = Reason::new("check.toml").with("message", error.message());
            this.push_at(span, "", reason);
        }
        this.readable = this.table("", root.get_ref(), schema::ROOT);
        this
    }

    /// The settings, if what is readable is enough for them: then the rules across keys can be checked too.
    pub fn settings(&mut self) -> Option<Settings> {
        match std::mem::take(&mut self.readable).try_into() {
            Ok(settings) => Some(settings),
            Err(_) if !self.problems.is_empty() => None,
            Err(error) => {
                let error: toml::de::Error = error;
                self.push_at(0..0, "", Reason::new("check.toml").with("message", error.message()));
                None
            }
        }
    }

    /// A problem of this key; at the nearest enclosing table if the key is not written. The first of a key stands:
    /// what is no number needs no further judgement.
    pub fn problem(&mut self, key: &str, reason: Reason) {
        if self.problems.iter().any(|p| p.key == key) {
            return;
        }
        let mut path = key;
        let span = loop {
            if let Some(span) = self.spots.get(path) {
                break span.clone();
            }
            match path.rsplit_once('.') {
                Some((above, _)) => path = above,
                None => break 0..0,
            }
        };
        let written = path == key;
        self.push(span, key, reason, written);
    }

    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    fn push_at(&mut self, span: Range<usize>, key: &str, reason: Reason) {
        self.push(span, key, reason, true);
    }

    fn push(&mut self, span: Range<usize>, key: &str, reason: Reason, written: bool) {
        let start = (0..=span.start.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let value = if written { shorten(self.text.get(span).unwrap_or("")) } else { String::new() };
        self.problems.push(Problem {
            line: u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX),
            column: u32::try_from(before[line_start..].chars().count() + 1).unwrap_or(u32::MAX),
            key: key.to_owned(),
            value,
            reason,
            ..nowhere()
        });
    }

    /// Walks a table by its schema; what is left is readable for serde.
    fn table(&mut self, path: &str, table: &DeTable<'_>, keys: &Keys) -> toml::Table {
        let text = self.text;
        let mut left = toml::Table::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let full = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            let is_table = value.get_ref().is_table();
            self.spots.insert(full.clone(), if is_table { key.span() } else { value.span() });
            let Some(kind) = keys.kind(name) else {
                self.push_at(key.span(), &full, unknown_key(name, keys));
                let value = if is_table { "" } else { text.get(value.span()).unwrap_or("") };
                self.problems.last_mut().expect("just pushed").value = shorten(value);
                continue;
            };
            if let Some(readable) = self.value(&full, value.get_ref(), kind) {
                left.insert(name.to_owned(), readable);
            }
        }
        for name in keys.required() {
            if !table.iter().any(|(key, _)| key.get_ref().as_ref() == name) {
                let full = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                self.problem(&full, missing(&full));
            }
        }
        left
    }

    /// `None`: of the wrong type, and said so.
    fn value(&mut self, path: &str, value: &DeValue<'_>, kind: &Kind) -> Option<toml::Value> {
        match (kind, value) {
            (Kind::Table(keys), DeValue::Table(table)) => Some(self.table(path, table, keys).into()),
            (Kind::Text, DeValue::Table(table)) => Some(self.table(path, table, schema::TEXT).into()),
            (Kind::Text | Kind::Plain(_), DeValue::String(text)) => {
                let check = if let Kind::Plain(check) = kind { *check } else { values::not_empty };
                if let Err(reason) = check(text) {
                    self.problem(path, reason);
                }
                Some(text.to_string().into())
            }
            (Kind::Flag, DeValue::Boolean(flag)) => Some((*flag).into()),
            (Kind::Whole(least, most), DeValue::Integer(_)) => {
                let number = as_number(value)?;
                self.range(path, number, *least as f64, *most as f64);
                (0.0..=f64::from(u32::MAX)).contains(&number).then(|| (number as i64).into())
            }
            (Kind::Number(least, most), DeValue::Integer(_) | DeValue::Float(_)) => {
                let number = as_number(value)?;
                self.range(path, number, *least, *most);
                Some(number.into())
            }
            (Kind::List(check), DeValue::Array(items)) => Some(self.list(path, items, *check).into()),
            (
                Kind::Table(_)
                | Kind::Text
                | Kind::Plain(_)
                | Kind::Flag
                | Kind::Whole(..)
                | Kind::Number(..)
                | Kind::List(_),
                found,
            ) => {
                let reason =
                    Reason::new("check.wrong_type").with("expected", kind.name()).with("found", found.type_str());
                self.problem(path, reason);
                None
            }
        }
    }

    fn list(&mut self, path: &str, items: &toml::de::DeArray<'_>, check: values::Check) -> Vec<toml::Value> {
        let mut left = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => {
                    if let Err(reason) = check(text) {
                        self.push_at(item.span(), path, reason);
                    }
                    left.push(text.to_string().into());
                }
                found => {
                    let reason =
                        Reason::new("check.wrong_type").with("expected", "string").with("found", found.type_str());
                    self.push_at(item.span(), path, reason);
                }
            }
        }
        left
    }

    fn range(&mut self, path: &str, number: f64, least: f64, most: f64) {
        if !(least..=most).contains(&number) {
            self.problem(path, Reason::new("check.range").with("least", least).with("most", most));
        }
    }
}

fn as_number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(number) => {
            i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok().map(|n| n as f64)
        }
        DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
        DeValue::String(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn unknown_key(name: &str, keys: &Keys) -> Reason {
    let known: Vec<&str> = keys.names().collect();
    match values::nearest(name, known.iter().copied()) {
        Some(nearest) => Reason::new("check.unknown_key").with("nearest", nearest),
        None => Reason::new("check.unknown_key_here").with("known", known.join(", ")),
    }
}

fn missing(path: &str) -> Reason {
    match path {
        "abandonment.message" | "abandonment" => Reason::new("check.missing_message"),
        path => Reason::new("check.missing").with("key", path),
    }
}

/// The first line, at most 60 characters.
fn shorten(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or("");
    let mut short: String = line.chars().take(60).collect();
    if short.len() < text.trim().len() {
        short.push('…');
    }
    short
}
