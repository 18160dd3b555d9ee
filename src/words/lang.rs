//! The languages in which everything a person reads exists.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Lang {
    #[default]
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    ZhHans,
    /// Traditional Chinese.
    #[serde(rename = "zh-Hant")]
    ZhHant,
}

impl Lang {
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::ZhHans => "zh-Hans",
            Lang::ZhHant => "zh-Hant",
        }
    }

    /// From a BCP 47 tag or an Accept-Language header: the first language we have, else English.
    pub fn from_tag(tags: &str) -> Lang {
        for part in tags.split(',') {
            let tag = part.split(';').next().unwrap_or("").trim().to_ascii_lowercase().replace('_', "-");
            if tag.starts_with("zh-hant")
                || tag.starts_with("zh-tw")
                || tag.starts_with("zh-hk")
                || tag.starts_with("zh-mo")
            {
                return Lang::ZhHant;
            }
            if tag.starts_with("zh") {
                return Lang::ZhHans;
            }
            if tag.starts_with("en") {
                return Lang::En;
            }
        }
        Lang::En
    }
}

/// A text in the languages its author wrote. Missing languages fall back to English, then to any.
/// In TOML and JSON either a plain string (English) or a table `{ en = "", zh-Hans = "" }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "TextForm", into = "TextForm")]
pub struct Text {
    pub en: Option<String>,
    pub zh_hans: Option<String>,
    pub zh_hant: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum TextForm {
    Plain(String),
    Each {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        en: Option<String>,
        #[serde(rename = "zh-Hans", default, skip_serializing_if = "Option::is_none")]
        zh_hans: Option<String>,
        #[serde(rename = "zh-Hant", default, skip_serializing_if = "Option::is_none")]
        zh_hant: Option<String>,
    },
}

impl From<TextForm> for Text {
    fn from(form: TextForm) -> Text {
        match form {
            TextForm::Plain(en) => Text { en: Some(en), ..Text::default() },
            TextForm::Each { en, zh_hans, zh_hant } => Text { en, zh_hans, zh_hant },
        }
    }
}

impl From<Text> for TextForm {
    fn from(text: Text) -> TextForm {
        match text {
            Text { en: Some(en), zh_hans: None, zh_hant: None } => TextForm::Plain(en),
            Text { en, zh_hans, zh_hant } => TextForm::Each { en, zh_hans, zh_hant },
        }
    }
}

/// As another program said it, or of no language.
impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::plain(text)
    }
}

impl Text {
    pub fn plain(text: impl Into<String>) -> Text {
        Text { en: Some(text.into()), ..Text::default() }
    }

    /// Said in every language.
    pub fn in_each(say: impl Fn(Lang) -> String) -> Text {
        let text = |lang| Some(say(lang));
        Text { en: text(Lang::En), zh_hans: text(Lang::ZhHans), zh_hant: text(Lang::ZhHant) }
    }

    pub fn get(&self, lang: Lang) -> &str {
        let own = match lang {
            Lang::En => &self.en,
            Lang::ZhHans => &self.zh_hans,
            Lang::ZhHant => &self.zh_hant,
        };
        let near = match lang {
            Lang::En => &self.en,
            Lang::ZhHans => &self.zh_hant,
            Lang::ZhHant => &self.zh_hans,
        };
        [own, near, &self.en, &self.zh_hans, &self.zh_hant].into_iter().find_map(|t| t.as_deref()).unwrap_or("")
    }

    pub fn is_empty(&self) -> bool {
        self.en.is_none() && self.zh_hans.is_none() && self.zh_hant.is_none()
    }
}
