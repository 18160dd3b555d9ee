//! What the demo says, in English and Chinese: in both at once, or in the language asked for.

use crate::words::Lang;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Labels {
    /// `None`: English and simplified Chinese side by side.
    pub lang: Option<Lang>,
}

/// English, simplified, traditional.
pub(super) type Said = [&'static str; 3];

impl Labels {
    pub fn say(self, said: Said) -> String {
        match self.lang {
            None if said[0] == said[1] => said[0].to_owned(),
            None => format!("{} {}", said[0], said[1]),
            Some(lang) => said[index(lang)].to_owned(),
        }
    }

    /// For whole sentences: two lines' worth of text is too much for one.
    pub fn lang(self) -> Lang {
        self.lang.unwrap_or(Lang::En)
    }
}

fn index(lang: Lang) -> usize {
    match lang {
        Lang::En => 0,
        Lang::ZhHans => 1,
        Lang::ZhHant => 2,
    }
}

/// How wide a text stands in a terminal: Chinese characters and full-width signs take two columns.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Filled with spaces up to `columns`.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Cut to `columns`.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let mut taken = 0;
    text.chars()
        .take_while(|c| {
            taken += if is_wide(*c) { 2 } else { 1 };
            taken <= columns
        })
        .collect()
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_or_one_and_chinese_takes_two_columns() {
        let said = ["ready", "空闲", "空閒"];
        assert_eq!(Labels { lang: None }.say(said), "ready 空闲");
        assert_eq!(Labels { lang: Some(Lang::ZhHant) }.say(said), "空閒");
        assert_eq!(width("ab空"), 4);
        assert_eq!(pad("空", 4), "空  ");
        assert_eq!(cut("空闲中", 5), "空闲");
    }
}
