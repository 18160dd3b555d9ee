//! Agents whom somebody else will want: inbound calls by how often they came lately, callbacks by their appointed time.
//! They are subtracted from the agents predicted free. It knows no callers.

use super::estimate::{HORIZON_SECONDS, HORIZONS, Row, ZERO};
use super::state::seconds;
use crate::words::Moment;

/// Over which inbound calls per second are measured.
const RATE_SECONDS: f64 = 900.0;
/// A callback is waited for so long after its time.
const LATE_SECONDS: f64 = 30.0;
/// Callbacks remembered, 128 kB at most; the earliest are kept. Far above what a host tells at a start (10,000): one that
/// fell off the end would be missed when its time comes, for nobody tells it twice.
const PLANNED_MAX: usize = 16_384;
/// Inbound calls within the last horizon, as so many coins.
const COINS: usize = 3;

#[derive(Debug, Clone, Default)]
pub struct Inbound {
    /// Agents taken per second, as of `last`.
    per_second: f64,
    last: Option<Moment>,
    /// When, earliest first.
    planned: Vec<Moment>,
}

impl Inbound {
    /// An agent was taken. If a callback was due about now, it was that; else somebody called in.
    pub fn taken(&mut self, now: Moment) {
        self.forget(now);
        if let Some(due) = self.planned.first().copied().filter(|due| seconds(*due, now) <= LATE_SECONDS) {
            debug_assert!(seconds(now, due) <= LATE_SECONDS);
            self.planned.remove(0);
            return;
        }
        self.per_second = self.rate(now) + 1.0 / RATE_SECONDS;
        self.last = Some(now);
    }

    /// A callback is appointed.
    pub fn plan(&mut self, at: Moment) {
        let place = self.planned.partition_point(|planned| *planned <= at);
        self.planned.insert(place, at);
        self.planned.truncate(PLANNED_MAX);
    }

    /// An appointment is gone: moved, or the campaign is over.
    pub fn unplan(&mut self, at: Moment) {
        if let Ok(place) = self.planned.binary_search(&at) {
            self.planned.remove(place);
        }
    }

    /// Agents wanted by each horizon, as coins: one for each callback, some for the inbound calls.
    pub fn coins(&mut self, now: Moment) -> Vec<Row> {
        self.forget(now);
        let near = |at: &&Moment| seconds(**at, now) < HORIZON_SECONDS[HORIZONS - 1];
        let wanted = |at: &Moment| {
            let mut row = ZERO;
            let gap = seconds(*at, now);
            (0..HORIZONS).filter(|&j| HORIZON_SECONDS[j] >= gap).for_each(|j| row[j] = 1.0);
            row
        };
        let mut coins: Vec<Row> = self.planned.iter().take_while(near).map(wanted).collect();
        let rate = self.rate(now);
        if rate * HORIZON_SECONDS[HORIZONS - 1] > 1e-3 {
            let row = HORIZON_SECONDS.map(|horizon| (rate * horizon / COINS as f64).min(0.9));
            coins.extend([row; COINS]);
        }
        coins
    }

    fn rate(&self, now: Moment) -> f64 {
        self.last.map_or(0.0, |last| self.per_second * (-seconds(now, last) / RATE_SECONDS).exp())
    }

    fn forget(&mut self, now: Moment) {
        let late = self.planned.iter().take_while(|at| seconds(now, **at) > LATE_SECONDS).count();
        self.planned.drain(..late);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment(seconds * 1_000_000)
    }

    #[test]
    fn a_callback_is_wanted_from_its_time_on_and_taken_once() {
        let mut inbound = Inbound::default();
        inbound.plan(at(110));
        let coins = inbound.coins(at(100));
        assert_eq!(coins.len(), 1);
        assert_eq!((coins[0][6], coins[0][7]), (0.0, 1.0), "9.5 and 11 seconds ahead");
        assert!(inbound.coins(at(50)).is_empty(), "a minute ahead is no business of now");
        inbound.taken(at(109));
        assert!(inbound.coins(at(110)).is_empty());
    }

    #[test]
    fn a_callback_that_never_came_is_forgotten() {
        let mut inbound = Inbound::default();
        inbound.plan(at(0));
        assert_eq!(inbound.coins(at(30)).len(), 1);
        assert!(inbound.coins(at(31)).is_empty());
        inbound.plan(at(40));
        inbound.unplan(at(40));
        assert!(inbound.coins(at(40)).is_empty());
    }

    #[test]
    fn inbound_calls_are_expected_as_often_as_they_came() {
        let mut inbound = Inbound::default();
        (0..90).for_each(|call| inbound.taken(at(call * 10)));
        let expected: f64 = inbound.coins(at(900)).iter().map(|row| row[HORIZONS - 1]).sum();
        assert!((1.5..3.5).contains(&expected), "one in ten seconds, within 32: {expected}");
        assert!(inbound.coins(at(900 + 7200)).is_empty(), "two quiet hours later: none");
    }

    #[test]
    fn appointments_without_end_are_bounded_and_the_earliest_stay() {
        let mut inbound = Inbound::default();
        let all = PLANNED_MAX as i64 + 1000;
        (0..all).rev().for_each(|second| inbound.plan(at(second)));
        assert_eq!(inbound.planned.len(), PLANNED_MAX);
        assert_eq!(inbound.planned[0], at(0));
    }

    /// A day's worth of appointments at once: each is wanted when its time comes, also those told last and due last.
    #[test]
    fn of_a_thousand_appointments_none_is_missed() {
        let mut inbound = Inbound::default();
        (0..1000).for_each(|minute| inbound.plan(at(minute * 60)));
        (500..510).for_each(|minute| inbound.unplan(at(minute * 60)));
        for minute in 0..1000 {
            let wanted = usize::from(!(500..510).contains(&minute));
            assert_eq!(inbound.coins(at(minute * 60)).len(), wanted, "minute {minute}");
        }
    }
}
