//! Money in minor units (cents, fen). It never becomes a float.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Cents, fen: the currency's smallest unit (ISO 4217).
    pub minor: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
}

impl Money {
    pub fn new(minor: i64, currency: &str) -> Money {
        Money { minor, currency: currency.to_owned() }
    }
}
