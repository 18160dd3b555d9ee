//! A phone number in E.164, its region and its masked form. It refuses to know who may be called.

mod parse;
mod plan;
mod zones;

pub use plan::{Kind, Region};

use super::Reason;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `+` and 3 to 15 digits (E.164). Printing it with `{}` or `{:?}` masks it; `digits()` is for the wire and the store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is not a number that can be dialed. The value is masked: errors end in logs and reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneError {
    /// Masked by `mask_text`, at most 32 characters.
    pub value: String,
    /// Of the catalogue `reasons.toml`: `phone.letters`, `phone.excel_exponent`, ...
    pub code: &'static str,
    /// The same in English, for `Display`.
    pub why: &'static str,
}

impl PhoneError {
    fn new(text: &str, code: &'static str, why: &'static str) -> PhoneError {
        PhoneError { value: mask_text(text), code, why }
    }

    /// With the masked value as its argument `value`.
    pub fn reason(&self) -> Reason {
        Reason::new(self.code).with("value", &self.value)
    }
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "phone \"{}\": {}", self.value, self.why)
    }
}
impl std::error::Error for PhoneError {}

/// Shows the shape of a text that may hold a number, not the number: from the fourth on, all but the last two
/// digits (of any script) become `*`. At most 32 characters are kept, none of them a control character.
pub fn mask_text(text: &str) -> String {
    let shown: String = text.chars().take(32).collect();
    let digits = shown.chars().filter(|c| c.is_numeric()).count();
    let last = if shown.len() < text.len() { digits } else { digits.saturating_sub(2) };
    let mut nth = 0;
    let mask = |c: char| {
        if c.is_control() {
            return '\u{fffd}';
        }
        if !c.is_numeric() {
            return c;
        }
        nth += 1;
        if nth > 3 && nth <= last { '*' } else { c }
    };
    shown.chars().map(mask).collect()
}

impl Phone {
    /// Takes only strict E.164. Human forms are read by `Phone::parse`.
    pub fn e164(text: &str) -> Result<Phone, PhoneError> {
        let refuse = |why| Err(PhoneError::new(text, "phone.not_e164", why));
        let Some(digits) = text.strip_prefix('+') else {
            return refuse("a leading + and the country code are expected (E.164)");
        };
        if !(3..=15).contains(&digits.len()) {
            return refuse("3 to 15 digits are expected after the + (E.164)");
        }
        if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.starts_with('0') {
            return refuse("only digits are expected after the +, the first of them not 0 (E.164)");
        }
        Ok(Phone(text.to_owned()))
    }

    /// Reads what people write: spaces, dashes, brackets, `00` and `011`, full-width digits, `tel:`.
    /// `region` (ISO 3166, such as `US`) is where numbers without a country code are.
    /// What a spreadsheet has damaged is refused by name, never guessed.
    pub fn parse(text: &str, region: &str) -> Result<Phone, PhoneError> {
        parse::parse(text, region).map(|(phone, _)| phone)
    }

    /// As `parse`, with what the numbering plan says: spares asking it again.
    pub fn parse_with_plan(text: &str, region: &str) -> Result<(Phone, Plan), PhoneError> {
        parse::parse(text, region)
    }

    /// Region and kind by the numbering plan (libphonenumber's metadata).
    pub fn plan(&self) -> Plan {
        plan::plan(self)
    }

    /// ISO 3166, such as `US`. `None`: of no region (satellite), or not a number of its plan.
    pub fn region(&self) -> Option<Region> {
        self.plan().region
    }

    pub fn kind(&self) -> Kind {
        self.plan().kind
    }

    /// Every IANA zone the number may be in, sorted; empty if unknown. Several: the strictest window.
    pub fn zones(&self) -> &'static [&'static str] {
        zones::zones(&self.0[1..])
    }

    /// The full number, with its plus. Never log it.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// What the numbering plan says of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub region: Option<Region>,
    pub kind: Kind,
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.len();
        let (head, tail) = if n > 9 { (n - 8, n - 4) } else { (n.min(3), n.saturating_sub(2).max(n.min(3))) };
        write!(f, "{}****{}", &self.0[..head], &self.0[tail..])
    }
}
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({self})")
    }
}
impl TryFrom<String> for Phone {
    type Error = PhoneError;
    fn try_from(text: String) -> Result<Phone, PhoneError> {
        Phone::e164(&text)
    }
}
impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}
