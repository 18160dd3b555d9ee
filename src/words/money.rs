//! Money in minor units (cents, fen). It is counted as whole numbers; only shown does it get a point.

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

    /// In the currency's own unit, as ISO 4217 divides it: `49.90` of 4990 USD, `500` of 500 JPY. Without the code.
    pub fn decimal(&self) -> String {
        let digits = minor_digits(&self.currency);
        let scale = 10_u64.pow(digits);
        let (sign, minor) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        match digits {
            0 => format!("{sign}{minor}"),
            digits => format!("{sign}{}.{:0width$}", minor / scale, minor % scale, width = digits as usize),
        }
    }
}

/// How many decimals the minor unit is away: 2 for most, 0 for JPY, 3 for KWD (ISO 4217, list one, 2024).
pub fn minor_digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_stands_where_the_currency_has_it() {
        let shown = |minor, currency| Money::new(minor, currency).decimal();
        assert_eq!(shown(4_990, "USD"), "49.90");
        assert_eq!(shown(7, "CNY"), "0.07");
        assert_eq!(shown(500, "JPY"), "500");
        assert_eq!(shown(1_250, "KWD"), "1.250");
        assert_eq!(shown(-1_005, "EUR"), "-10.05");
        assert_eq!(shown(i64::MIN, "EUR"), "-92233720368547758.08");
    }
}
