//! A phone number in E.164, its region and its masked form. It refuses to know who may be called.

use serde::{Deserialize, Serialize};
use std::fmt;

/// `+` and 3 to 15 digits (E.164). Printing it with `{}` or `{:?}` masks it; `digits()` is for the wire and the store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneError {
    pub value: String,
    pub why: &'static str,
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "phone \"{}\": {}", self.value, self.why)
    }
}
impl std::error::Error for PhoneError {}

impl Phone {
    /// Takes only strict E.164. Human forms are read by `Phone::parse`.
    pub fn e164(text: &str) -> Result<Phone, PhoneError> {
        let refuse = |why| Err(PhoneError { value: text.chars().take(32).collect(), why });
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

    /// The full number, with its plus. Never log it.
    pub fn digits(&self) -> &str {
        &self.0
    }
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
