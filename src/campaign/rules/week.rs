//! A week of calling hours on the local clock: half-open windows a day. It refuses to know zones.

/// Windows of one day, `[from, to)` in seconds after local midnight, sorted, apart.
pub type Day = Vec<(i64, i64)>;

/// Monday first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week(pub [Day; 7]);

/// Why a day's text is no windows; each has its own fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoursError {
    /// Not `HH:MM-HH:MM`.
    Form,
    /// Above 24:00, or 60 minutes and more.
    Clock,
    /// Ends before it begins, or at once.
    Backwards,
    /// Two windows of the day touch or overlap, or stand in the wrong order.
    Overlap,
}

/// `09:00-20:00`, or several: `09:00-12:00, 14:00-20:00`. `24:00` is the end of the day.
pub fn parse_day(text: &str) -> Result<Day, HoursError> {
    let mut day = Day::new();
    for part in text.split([',', '，']) {
        let (from, to) = part.split_once(['-', '–', '—', '~']).ok_or(HoursError::Form)?;
        let (from, to) = (clock(from)?, clock(to)?);
        if from >= to {
            return Err(HoursError::Backwards);
        }
        if day.last().is_some_and(|(_, end)| from <= *end) {
            return Err(HoursError::Overlap);
        }
        day.push((from, to));
    }
    Ok(day)
}

fn clock(text: &str) -> Result<i64, HoursError> {
    let (hour, minute) = text.trim().split_once([':', '：']).ok_or(HoursError::Form)?;
    let digits = |t: &str| (1..=2).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return Err(HoursError::Form);
    }
    let (hour, minute): (i64, i64) = (hour.parse().expect("two digits"), minute.parse().expect("two digits"));
    if minute > 59 || hour > 24 || (hour == 24 && minute > 0) {
        return Err(HoursError::Clock);
    }
    Ok((hour * 60 + minute) * 60)
}

impl Week {
    /// The same window every day.
    pub fn daily(from: i64, to: i64) -> Week {
        Week(std::array::from_fn(|_| vec![(from, to)]))
    }

    pub fn open(&self, weekday: usize, second: i64) -> bool {
        self.0[weekday].iter().any(|(from, to)| (*from..*to).contains(&second))
    }

    /// The begin of the first window at or after this second of the day; the second itself inside of one.
    pub fn next_open(&self, weekday: usize, second: i64) -> Option<i64> {
        self.0[weekday].iter().find(|(_, to)| second < *to).map(|(from, _)| second.max(*from))
    }

    /// Open where both are.
    pub fn and(&self, other: &Week) -> Week {
        Week(std::array::from_fn(|day| {
            let pairs = self.0[day].iter().flat_map(|a| other.0[day].iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))));
            let mut both: Day = pairs.filter(|(from, to)| from < to).collect();
            both.sort_unstable();
            both
        }))
    }

    pub fn never_opens(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: i64 = 3_600;

    #[test]
    fn days() {
        assert_eq!(parse_day("09:00-20:00"), Ok(vec![(9 * H, 20 * H)]));
        assert_eq!(parse_day("9:00 - 20:00"), Ok(vec![(9 * H, 20 * H)]));
        assert_eq!(parse_day("00:00-24:00"), Ok(vec![(0, 24 * H)]));
        assert_eq!(parse_day("09:00-12:00, 14:00-20:30"), Ok(vec![(9 * H, 12 * H), (14 * H, 20 * H + 1_800)]));
        for text in ["", "9-20", "09:00", "all day", "09:00-20:00-21:00", "0９:00-10:00", "09:0-10:00", "+9:00-10:00"]
        {
            assert_eq!(parse_day(text), Err(HoursError::Form), "{text}");
        }
        for text in ["09:00-25:00", "09:60-10:00", "09:00-24:01"] {
            assert_eq!(parse_day(text), Err(HoursError::Clock), "{text}");
        }
        for text in ["20:00-09:00", "09:00-09:00", "22:00-02:00"] {
            assert_eq!(parse_day(text), Err(HoursError::Backwards), "{text}");
        }
        for text in ["09:00-12:00,11:00-13:00", "14:00-20:00,09:00-12:00", "09:00-12:00,12:00-13:00"] {
            assert_eq!(parse_day(text), Err(HoursError::Overlap), "{text}");
        }
    }

    #[test]
    fn half_open_and_intersected() {
        let mut week = Week::default();
        week.0[0] = vec![(9 * H, 12 * H), (14 * H, 22 * H)];
        assert!(week.open(0, 9 * H) && !week.open(0, 12 * H) && !week.open(1, 10 * H));
        assert_eq!(week.next_open(0, 0), Some(9 * H));
        assert_eq!(week.next_open(0, 12 * H), Some(14 * H));
        assert_eq!(week.next_open(0, 15 * H), Some(15 * H));
        assert_eq!(week.next_open(0, 22 * H), None);
        let both = week.and(&Week::daily(8 * H, 21 * H));
        assert_eq!(both.0[0], [(9 * H, 12 * H), (14 * H, 21 * H)]);
        assert!(both.0[1].is_empty() && !both.never_opens() && Week::default().never_opens());
    }
}
