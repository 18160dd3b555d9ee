//! Reads `campaign.toml` and names everything that is wrong with it at once: line, key, the value found, the fix.
//! It refuses to repair: what is wrong stays refused until its author changes it.

mod across;
mod document;
pub mod reference;
mod schema;
mod values;

use super::settings::Settings;
use crate::words::{Lang, Reason};
use document::Document;
use serde::Serialize;
use std::fmt;

/// One thing that is wrong, with where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Path within the campaign's folder.
    pub file: String,
    /// From 1; 0 if the problem has no place (a file is missing).
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// `abandonment.cap`.
    pub key: String,
    /// As it stands in the file, shortened; empty if nothing stands there.
    pub value: String,
    /// What is wrong and how to mend it.
    pub reason: Reason,
}

impl Problem {
    /// `campaign.toml:12:5: abandonment.cap = 0.1: at most 0.03 ...`
    pub fn text(&self, lang: Lang) -> String {
        let place = match self.line {
            0 => self.file.clone(),
            line => format!("{}:{line}:{}", self.file, self.column),
        };
        let found = match (self.key.as_str(), self.value.as_str()) {
            ("", _) => String::new(),
            (key, "") => format!(" {key}:"),
            (key, value) => format!(" {key} = {value}:"),
        };
        format!("{place}:{found} {}", self.reason.text(lang))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}
impl std::error::Error for Problem {}

/// The longest `campaign.toml` that is read, in bytes.
pub const BYTES_MAX: usize = 256 * 1024;

/// All problems in the order of the file, or settings that may dial.
pub fn check(text: &str) -> Result<Settings, Vec<Problem>> {
    if text.len() > BYTES_MAX {
        let reason = Reason::new("check.too_large").with("most", BYTES_MAX);
        return Err(vec![Problem { reason, ..document::nowhere() }]);
    }
    let mut document = Document::read(text);
    let settings = document.settings();
    if let Some(settings) = &settings {
        across::check(settings, &mut document);
    }
    let mut problems = document.into_problems();
    problems.sort_by_key(|p| (p.line, p.column));
    problems.dedup();
    match settings {
        Some(settings) if problems.is_empty() => Ok(settings),
        Some(_) | None => Err(problems),
    }
}
