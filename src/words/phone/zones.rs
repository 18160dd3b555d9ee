//! Leading digits to time zones: the table of libphonenumber, longest prefix first. It refuses to guess:
//! where the digits leave several zones open, all of them are the answer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Made by `make_zones.py`, which names source and licence.
const TABLE: &str = include_str!("zones.tsv");
const PREFIX_DIGITS_MAX: usize = 9;

struct Table {
    /// By length of the prefix, sorted: the prefix as a number, and which of `sets`.
    by_length: [Vec<(u32, u16)>; PREFIX_DIGITS_MAX + 1],
    sets: Vec<Vec<&'static str>>,
}

static ZONES: LazyLock<Table> = LazyLock::new(load);

/// `digits` of E.164 without the plus. Sorted; empty if nothing is known.
pub(super) fn zones(digits: &str) -> &'static [&'static str] {
    let table = &*ZONES;
    let longest = digits.len().min(PREFIX_DIGITS_MAX);
    let mut prefix: u32 = digits[..longest].parse().unwrap_or(0);
    for length in (1..=longest).rev() {
        let list = &table.by_length[length];
        if let Ok(found) = list.binary_search_by_key(&prefix, |(p, _)| *p) {
            return &table.sets[usize::from(list[found].1)];
        }
        prefix /= 10;
    }
    &[]
}

fn load() -> Table {
    let mut table = Table { by_length: Default::default(), sets: Vec::new() };
    let mut known: BTreeMap<&'static str, u16> = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let (prefix, names) = line.split_once('\t').expect("a tab in every line: make_zones.py writes it");
        let set = *known.entry(names).or_insert_with(|| {
            table.sets.push(names.split('&').collect());
            u16::try_from(table.sets.len() - 1).expect("fewer sets than the 3,300 prefixes")
        });
        let number = prefix.parse().expect("prefixes of at most 9 digits");
        table.by_length[prefix.len()].push((number, set));
    }
    table.by_length.iter_mut().for_each(|list| list.sort_unstable());
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn the_longest_prefix_wins() {
        assert_eq!(zones("8613800138000"), ["Asia/Shanghai"]);
        assert_eq!(zones("12125550100"), ["America/New_York"]);
        assert_eq!(zones("12082010000"), ["America/Denver"]);
        assert_eq!(zones("12082150000"), ["America/Los_Angeles"]);
        assert_eq!(zones("12082100000").len(), 2, "Idaho lies in two zones");
        assert!(zones("18005550100").len() > 40, "a toll-free number may be anywhere in North America");
        assert_eq!(zones("999123"), [""; 0]);
        assert_eq!(zones("1"), zones("18"));
    }

    #[test]
    fn the_table_is_sorted_and_jiff_knows_every_zone() {
        let lines: Vec<&str> = TABLE.lines().skip(1).collect();
        assert!(lines.len() > 3_000 && lines.is_sorted_by_key(|l| l.split('\t').next()));
        for set in &ZONES.sets {
            assert!(set.is_sorted() && set.iter().all(|name| TimeZone::get(name).is_ok()), "{set:?}");
        }
    }
}
