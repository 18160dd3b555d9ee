//! The abandonment ledger: human answers and abandoned ones, by legal window. What counts is judged
//! elsewhere (by the engine, once) and told here; this only adds it up, and says when a spent window has room again.

use crate::words::Moment;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// Entries of a rolling window are kept by the second, in windows above a day by the minute.
const FINE_SECONDS_MAX: u64 = 24 * 3600;

/// From when to when a window looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Since the ledger began.
    Ever,
    /// The last so long.
    Rolling(Duration),
    /// Fixed periods, one after the other, the first of which begins at `from` (16 CFR 310.4: 30 days from the
    /// campaign's first call; a calendar day or month, whose host sets `from` and `length` anew where they differ).
    Period { from: Moment, length: Duration },
}

impl Span {
    /// `None`: without end.
    pub fn length(self) -> Option<Duration> {
        match self {
            Span::Ever => None,
            Span::Rolling(length) | Span::Period { length, .. } => Some(length),
        }
    }
}

/// A legal window and its cap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub span: Span,
    /// Abandoned over human-answered, 0 to 1.
    pub cap: f64,
    /// Fewer answers than these count as so many: a share of ten says nothing. Zero for a window of the law.
    pub answers_min: f64,
}

impl Window {
    pub fn law(span: Span, cap: f64) -> Window {
        Window { span, cap, answers_min: 0.0 }
    }

    /// So that a good month cannot hide a bad day or hour: one and a half times the cap in any 24 hours, twice in any
    /// hour, each from a hundred answers on. Only those shorter than the law's own window.
    pub fn guards(law: Span, cap: f64) -> Vec<Window> {
        let guard = |hours: u64, times: f64| Window {
            span: Span::Rolling(Duration::from_secs(hours * 3600)),
            cap: (cap * times).min(1.0),
            answers_min: 100.0,
        };
        let longer = |window: &Window| law.length().is_none_or(|length| window.span.length() < Some(length));
        [guard(24, 1.5), guard(1, 2.0)].into_iter().filter(longer).collect()
    }

    /// For people: `1 h`, `24 h`, `30 d`, or `∞`.
    pub fn name(self) -> String {
        match self.span.length().map(|length| length.as_secs()) {
            None => "∞".to_owned(),
            Some(seconds) if seconds > 48 * 3600 => format!("{} d", seconds / 86_400),
            Some(seconds) if seconds >= 3600 => format!("{} h", seconds / 3600),
            Some(seconds) => format!("{} min", seconds / 60),
        }
    }
}

/// Weights, since an answer that nobody saw may count in part. Whole numbers under `Counts::Answers`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    pub humans: f64,
    pub abandoned: f64,
    /// Of `abandoned`, by what was counted in part.
    pub variance: f64,
}

impl Tally {
    /// A human answer, of which the abandoned part may be less than one.
    pub fn answer(humans: f64, abandoned: f64) -> Tally {
        Tally { humans, abandoned, variance: (abandoned * (1.0 - abandoned)).max(0.0) }
    }

    /// Zero where nobody answered.
    pub fn rate(self) -> f64 {
        if self.humans > 0.0 { self.abandoned / self.humans } else { 0.0 }
    }

    fn add(&mut self, other: Tally) {
        self.humans += other.humans;
        self.abandoned += other.abandoned;
        self.variance += other.variance;
    }

    fn sub(&mut self, other: Tally) {
        self.add(Tally { humans: -other.humans, abandoned: -other.abandoned, variance: -other.variance });
    }
}

/// A rolling window's oldest slot leaves when all of it is older than the window: late by less than a second
/// (a minute in windows above a day).
#[derive(Debug, Clone)]
pub struct Ledger {
    accounts: Vec<Account>,
}

#[derive(Debug, Clone)]
struct Account {
    window: Window,
    tally: Tally,
    /// Of a rolling window, by slot.
    slots: VecDeque<(i64, Tally)>,
    /// Of a period: which one the tally is of.
    period: i64,
}

impl Ledger {
    pub fn new(windows: impl IntoIterator<Item = Window>) -> Ledger {
        Ledger { accounts: windows.into_iter().map(Account::new).collect() }
    }

    /// Earlier entries, oldest first: when, and whether abandoned. Moments before the start are negative.
    pub fn seed(&mut self, entries: impl IntoIterator<Item = (Moment, bool)>) {
        for (at, abandoned) in entries {
            self.record(at, Tally::answer(1.0, f64::from(u8::from(abandoned))));
        }
    }

    /// The same for one window alone, for hosts that keep sums by window; the others stay as they are.
    pub fn seed_window(&mut self, at: usize, entries: impl IntoIterator<Item = (Moment, Tally)>) {
        if let Some(account) = self.accounts.get_mut(at) {
            entries.into_iter().for_each(|(at, tally)| account.record(at, tally));
        }
    }

    /// An entry (or a correction: negative weights), in any order. A period that is over takes none.
    pub fn record(&mut self, at: Moment, tally: Tally) {
        self.accounts.iter_mut().for_each(|account| account.record(at, tally));
    }

    /// Lets old entries leave their windows, and new periods begin.
    pub fn advance(&mut self, now: Moment) {
        self.accounts.iter_mut().for_each(|account| account.advance(now));
    }

    /// Windows of the same span keep their sums; new ones begin empty.
    pub fn set_windows(&mut self, windows: impl IntoIterator<Item = Window>) {
        let mut old = std::mem::take(&mut self.accounts);
        for window in windows {
            let account = match old.iter().position(|account| account.window.span == window.span) {
                Some(at) => Account { window, ..old.swap_remove(at) },
                None => Account::new(window),
            };
            self.accounts.push(account);
        }
    }

    /// Every window with its sums, in the order given.
    pub fn windows(&self) -> impl Iterator<Item = (Window, Tally)> + '_ {
        self.accounts.iter().map(|account| (account.window, account.tally))
    }

    /// The same, by its place.
    pub fn window(&self, at: usize) -> Option<(Window, Tally)> {
        self.accounts.get(at).map(|account| (account.window, account.tally))
    }

    /// When this window has room again if nobody more is abandoned and so many people are served per second: by their
    /// number, by the abandoned that leave the window, or by the next period. `None`: never.
    pub fn recovers(&self, at: usize, now: Moment, humans_per_second: f64) -> Option<Moment> {
        self.accounts.get(at)?.recovers(now, humans_per_second)
    }
}

impl Account {
    fn new(window: Window) -> Account {
        Account { window, tally: Tally::default(), slots: VecDeque::new(), period: i64::MIN }
    }

    /// Microseconds of a slot.
    fn slot(&self) -> i64 {
        match self.window.span {
            Span::Rolling(length) if length.as_secs() > FINE_SECONDS_MAX => 60_000_000,
            Span::Ever | Span::Rolling(_) | Span::Period { .. } => 1_000_000,
        }
    }

    fn record(&mut self, at: Moment, tally: Tally) {
        match self.window.span {
            Span::Ever => {}
            Span::Rolling(_) => {
                let slot = at.0.div_euclid(self.slot());
                // Answers come nearly in order.
                let after = self.slots.iter().rev().take_while(|(later, _)| *later > slot).count();
                let place = self.slots.len() - after;
                match place.checked_sub(1).and_then(|before| self.slots.get_mut(before)) {
                    Some((same, sum)) if *same == slot => sum.add(tally),
                    Some(_) | None => self.slots.insert(place, (slot, tally)),
                }
            }
            Span::Period { from, length } => {
                let period = period(at, from, length);
                if period < self.period {
                    return;
                }
                self.enter(period);
            }
        }
        self.tally.add(tally);
    }

    fn advance(&mut self, now: Moment) {
        match self.window.span {
            Span::Ever => {}
            Span::Rolling(length) => {
                let oldest = now.0.saturating_sub(micros(length)).div_euclid(self.slot()).saturating_sub(1);
                while let Some(&(slot, tally)) = self.slots.front().filter(|(slot, _)| *slot < oldest) {
                    self.slots.pop_front();
                    debug_assert!(slot < oldest);
                    self.tally.sub(tally);
                }
                if self.slots.is_empty() {
                    self.tally = Tally::default();
                }
            }
            Span::Period { from, length } => self.enter(period(now, from, length)),
        }
    }

    fn enter(&mut self, period: i64) {
        if period > self.period {
            (self.period, self.tally) = (period, Tally::default());
        }
    }

    fn recovers(&self, now: Moment, humans_per_second: f64) -> Option<Moment> {
        let cap = self.window.cap;
        let served = |tally: Tally, from: Moment| {
            let needed = tally.abandoned / cap - tally.humans.max(self.window.answers_min);
            let seconds = (needed / humans_per_second).max(0.0);
            (cap > 0.0 && humans_per_second > 0.0 && seconds < 1e9).then(|| Moment(from.0 + (seconds * 1e6) as i64))
        };
        let by_serving = served(self.tally, now);
        match self.window.span {
            Span::Ever => by_serving,
            Span::Period { from, length } => {
                let ends = from.0.saturating_add((period(now, from, length) + 1).saturating_mul(micros(length).max(1)));
                Some(by_serving.map_or(Moment(ends), |at| at.min(Moment(ends))))
            }
            Span::Rolling(length) => {
                let mut tally = self.tally;
                let mut from = now;
                for &(slot, gone) in &self.slots {
                    let leaves = Moment((slot + 2).saturating_mul(self.slot()).saturating_add(micros(length)));
                    if let Some(at) = served(tally, from).filter(|at| *at <= leaves) {
                        return Some(at);
                    }
                    let seconds = leaves.since(from).as_secs_f64();
                    tally.humans += humans_per_second * seconds;
                    tally.sub(gone);
                    from = from.max(leaves);
                    if tally.abandoned <= cap * tally.humans.max(self.window.answers_min) {
                        return Some(from);
                    }
                }
                served(tally, from)
            }
        }
    }
}

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

fn period(at: Moment, from: Moment, length: Duration) -> i64 {
    at.0.saturating_sub(from.0).div_euclid(micros(length).max(1))
}
