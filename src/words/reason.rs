//! A reason is a code with arguments. Its text stands once, in `reasons.toml`, in three languages.

use super::{Lang, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// Stands in the catalogue, such as `pacing.predicted_answers`.
    pub code: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    en: String,
    #[serde(rename = "zh-Hans")]
    zh_hans: String,
    #[serde(rename = "zh-Hant")]
    zh_hant: String,
}

static CATALOGUE: LazyLock<BTreeMap<String, Entry>> =
    LazyLock::new(|| toml::from_str(include_str!("reasons.toml")).expect("the catalogue is checked by a test"));

impl From<Reason> for Text {
    fn from(reason: Reason) -> Text {
        reason.in_each()
    }
}

impl Reason {
    pub fn new(code: &str) -> Reason {
        Reason { code: code.to_owned(), args: BTreeMap::new() }
    }

    pub fn with(mut self, name: &str, value: impl ToString) -> Reason {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }

    /// The sentence a person reads. A code that the catalogue lacks shows itself.
    pub fn text(&self, lang: Lang) -> String {
        let Some(entry) = CATALOGUE.get(&self.code) else {
            return self.code.clone();
        };
        let mut text = match lang {
            Lang::En => entry.en.clone(),
            Lang::ZhHans => entry.zh_hans.clone(),
            Lang::ZhHant => entry.zh_hant.clone(),
        };
        for (name, value) in &self.args {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// For those who choose the language later.
    pub fn in_each(&self) -> Text {
        Text::in_each(|lang| self.text(lang))
    }

    /// Every code of the catalogue, for the tests that compare it with the code.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CATALOGUE.keys().map(String::as_str)
    }
}
