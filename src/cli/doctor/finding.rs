//! One thing that was looked at: what it is, what was seen, what that means, what to do.

use crate::words::{Lang, Reason, Text};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    Good,
    /// Works, and will hurt some day.
    Doubtful,
    /// Calls cannot be made, or cannot be kept, like this.
    Bad,
}

pub(super) struct Finding {
    /// Of the configuration or the machine: `sip.bind`, `trunk carrier-a`, `disk`.
    pub what: Text,
    pub seen: Text,
    pub grade: Grade,
    /// `None`: nothing to say about what is well.
    pub meaning: Option<Reason>,
    pub fix: Option<Reason>,
}

impl Finding {
    pub fn good(what: impl Into<Text>, seen: impl Into<Text>) -> Finding {
        Finding { what: what.into(), seen: seen.into(), grade: Grade::Good, meaning: None, fix: None }
    }

    pub fn doubtful(what: impl Into<Text>, seen: impl Into<Text>, meaning: Reason, fix: Reason) -> Finding {
        let grade = Grade::Doubtful;
        Finding { what: what.into(), seen: seen.into(), grade, meaning: Some(meaning), fix: Some(fix) }
    }

    pub fn bad(what: impl Into<Text>, seen: impl Into<Text>, meaning: Reason, fix: Reason) -> Finding {
        let grade = Grade::Bad;
        Finding { what: what.into(), seen: seen.into(), grade, meaning: Some(meaning), fix: Some(fix) }
    }

    pub fn text(&self, lang: Lang) -> String {
        let mark = match self.grade {
            Grade::Good => "ok  ",
            Grade::Doubtful => "warn",
            Grade::Bad => "BAD ",
        };
        let colon = if lang == Lang::En { ": " } else { "：" };
        let mut text = format!("{mark} {}{colon}{}", self.what.get(lang), self.seen.get(lang));
        if let (Some(meaning), Some(fix)) = (&self.meaning, &self.fix) {
            let _ = write!(text, "\n       {}\n     → {}", meaning.text(lang), fix.text(lang));
        }
        text
    }

    pub fn json(&self) -> Value {
        let texts = |reason: &Option<Reason>| {
            reason.as_ref().map(|reason| {
                json!({ "code": reason.code, "en": reason.text(Lang::En), "zh-Hans": reason.text(Lang::ZhHans),
                        "zh-Hant": reason.text(Lang::ZhHant) })
            })
        };
        let grade = match self.grade {
            Grade::Good => "good",
            Grade::Doubtful => "doubtful",
            Grade::Bad => "bad",
        };
        json!({ "what": self.what.get(Lang::En), "seen": self.seen.get(Lang::En), "grade": grade,
                "meaning": texts(&self.meaning), "fix": texts(&self.fix) })
    }
}
