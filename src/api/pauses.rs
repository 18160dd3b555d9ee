//! Why agents pause: the reasons that the house names in its configuration, or the usual ones. They stand on the page,
//! and each is counted by itself in the KPIs. It refuses a reason that nobody named, which would be counted as another.

use super::error::Problem;
use crate::words::Text;
use serde::Serialize;

/// One that a person may choose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PauseReason {
    /// As facts and KPIs carry it.
    pub id: String,
    pub title: Text,
}

/// Of a pause without a word, and of those that the dialer itself asks for.
const UNSAID: &str = "pause";

const USUAL: [(&str, [&str; 3]); 8] = [
    ("break", ["Break", "小休", "小休"]),
    ("lunch", ["Lunch", "用餐", "用餐"]),
    ("training", ["Training", "培训", "培訓"]),
    ("coaching", ["Coaching", "辅导", "輔導"]),
    ("meeting", ["Meeting", "会议", "會議"]),
    ("paperwork", ["Paperwork", "案头工作", "文書作業"]),
    ("technical", ["Technical trouble", "设备故障", "設備故障"]),
    ("care", ["A moment for myself", "关怀时间", "關懷時間"]),
];

/// Where the house names none.
pub fn usual() -> Vec<PauseReason> {
    USUAL.iter().filter_map(|(id, _)| Some(PauseReason { id: (*id).to_owned(), title: title_of(id)? })).collect()
}

/// The usual words of a usual reason.
pub fn title_of(id: &str) -> Option<Text> {
    let (_, [en, zh_hans, zh_hant]) = USUAL.iter().find(|(usual, _)| *usual == id)?;
    let word = |word: &str| Some(word.to_owned());
    Some(Text { en: word(en), zh_hans: word(zh_hans), zh_hant: word(zh_hant) })
}

/// The reason that was asked for, if it is one.
pub(super) fn choose(known: &[PauseReason], asked: Option<String>) -> Result<String, Problem> {
    let Some(asked) = asked else { return Ok(UNSAID.to_owned()) };
    if asked == UNSAID || known.iter().any(|reason| reason.id == asked) {
        return Ok(asked);
    }
    let known: Vec<&str> = known.iter().map(|reason| reason.id.as_str()).collect();
    Err(Problem::one_of("reason", &asked, &known.join(", ")))
}
