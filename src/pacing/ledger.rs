//! The abandonment ledger: human answers and abandoned ones, by legal window. What counts is judged
//! elsewhere (by the engine, once) and told here; this only adds it up.

use crate::words::Moment;
use std::collections::VecDeque;
use std::time::Duration;

/// A legal window and its cap. `None` for the length: since the ledger began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub length: Option<Duration>,
    pub cap: f64,
}

/// Weights, since an answer that nobody saw may count in part. Whole numbers under `Counts::Answers`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    pub humans: f64,
    pub abandoned: f64,
}

impl Tally {
    /// Zero where nobody answered.
    pub fn rate(self) -> f64 {
        if self.humans > 0.0 { self.abandoned / self.humans } else { 0.0 }
    }

    fn add(&mut self, other: Tally) {
        self.humans += other.humans;
        self.abandoned += other.abandoned;
    }

    fn sub(&mut self, other: Tally) {
        self.humans -= other.humans;
        self.abandoned -= other.abandoned;
    }
}

/// Entries are kept by the second, and forgotten once the longest window has passed. A second leaves a
/// window when all of it is older than the window: late by less than a second, on the side of the law.
#[derive(Debug, Clone)]
pub struct Ledger {
    windows: Vec<Account>,
    seconds: VecDeque<(i64, Tally)>,
    /// Entries dropped from the front so far: `Account::next` counts from the very first.
    dropped: usize,
}

#[derive(Debug, Clone)]
struct Account {
    window: Window,
    tally: Tally,
    /// The oldest entry still inside, counted from the first ever.
    next: usize,
}

impl Ledger {
    pub fn new(windows: impl IntoIterator<Item = Window>) -> Ledger {
        let windows = windows.into_iter().map(|window| Account { window, tally: Tally::default(), next: 0 }).collect();
        Ledger { windows, seconds: VecDeque::new(), dropped: 0 }
    }

    /// Earlier entries, oldest first: when, and whether abandoned. Moments before the start are negative.
    pub fn seed(&mut self, entries: impl IntoIterator<Item = (Moment, bool)>) {
        for (at, abandoned) in entries {
            self.record(at, Tally { humans: 1.0, abandoned: f64::from(u8::from(abandoned)) });
        }
    }

    /// An entry (or a correction: negative weights). One that is older than the last counts with the last.
    pub fn record(&mut self, at: Moment, tally: Tally) {
        let second = at.0.div_euclid(1_000_000);
        match self.seconds.back_mut() {
            Some((last, sum)) if *last >= second => sum.add(tally),
            Some(_) | None => self.seconds.push_back((second, tally)),
        }
        self.windows.iter_mut().for_each(|account| account.tally.add(tally));
    }

    /// Lets old entries leave their windows.
    pub fn advance(&mut self, now: Moment) {
        let now = now.0.div_euclid(1_000_000);
        let (seconds, dropped) = (&self.seconds, self.dropped);
        for account in &mut self.windows {
            let Some(length) = account.window.length else { continue };
            let oldest = now.saturating_sub(i64::try_from(length.as_secs()).unwrap_or(i64::MAX)).saturating_sub(1);
            while let Some(&(second, tally)) = seconds.get(account.next - dropped) {
                if second >= oldest {
                    break;
                }
                account.tally.sub(tally);
                account.next += 1;
            }
        }
        self.forget();
    }

    /// Nothing older than the longest window is kept; without an end, only the sum is.
    fn forget(&mut self) {
        let finite = self.windows.iter().filter(|account| account.window.length.is_some());
        let keep =
            finite.map(|account| account.next).min().unwrap_or(self.dropped + self.seconds.len().saturating_sub(1));
        while self.dropped < keep && self.seconds.len() > 1 {
            self.seconds.pop_front();
            self.dropped += 1;
        }
        self.windows.iter_mut().for_each(|account| account.next = account.next.max(self.dropped));
    }

    pub fn set_window(&mut self, at: usize, window: Window) {
        if let Some(account) = self.windows.get_mut(at) {
            account.window = window;
        }
    }

    /// Every window with its sums, in the order given.
    pub fn windows(&self) -> impl Iterator<Item = (Window, Tally)> + '_ {
        self.windows.iter().map(|account| (account.window, account.tally))
    }

    /// The window that leaves the least room, by calls that may still be abandoned.
    pub fn tightest(&self) -> (Window, Tally) {
        let room = |(window, tally): &(Window, Tally)| window.cap * tally.humans - tally.abandoned;
        self.windows()
            .min_by(|a, b| room(a).total_cmp(&room(b)))
            .unwrap_or((Window { length: None, cap: 0.0 }, Tally::default()))
    }
}
