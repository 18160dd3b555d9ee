//! `30m`, `2h`, `1d`: durations as campaign authors write them. It refuses units it cannot name.

use std::time::Duration;

/// A whole number and one of `s`, `m`, `h`, `d`; above zero, at most 366 days.
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = match text.chars().next_back()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: u64 = digits.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=366 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write() {
        assert_eq!(parse("30m"), Some(Duration::from_secs(1_800)));
        assert_eq!(parse("2h"), Some(Duration::from_secs(7_200)));
        assert_eq!(parse("1d"), Some(Duration::from_secs(86_400)));
        assert_eq!(parse("90s"), Some(Duration::from_secs(90)));
        for wrong in ["", "m", "30", "0m", "-1h", "1.5h", "1w", "1h30m", "367d", "99999999999d", "３0m", "分"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
