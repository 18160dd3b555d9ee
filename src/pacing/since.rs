//! Lines by when their stage began, in slots of a quarter second: a decision adds up some hundred slots instead
//! of thousands of lines. It knows counts, no lines.

use super::state::seconds;
use crate::words::Moment;
use std::collections::VecDeque;

/// Microseconds of a slot.
const SLOT: i64 = 250_000;
/// Older lines share the oldest slot: nobody rings for over two minutes.
const SLOTS_MAX: usize = 512;

#[derive(Debug, Clone, Default)]
pub struct Since {
    counts: VecDeque<u32>,
    /// The slot of the first count.
    first: i64,
}

impl Since {
    pub fn add(&mut self, at: Moment) {
        let slot = at.0.div_euclid(SLOT);
        self.reach(slot);
        let index = self.index(slot);
        self.counts[index] += 1;
    }

    /// Of a line that was added with the same moment.
    pub fn remove(&mut self, at: Moment) {
        if self.counts.is_empty() {
            return;
        }
        let index = self.index(at.0.div_euclid(SLOT));
        self.counts[index] = self.counts[index].saturating_sub(1);
        while self.counts.front() == Some(&0) {
            self.counts.pop_front();
            self.first += 1;
        }
    }

    /// Every slot that has lines, oldest first: seconds of age in its middle, and the number of lines.
    pub fn each(&self, now: Moment, mut say: impl FnMut(f64, u32)) {
        for (index, &count) in self.counts.iter().enumerate() {
            if count > 0 {
                let middle = (self.first + index as i64).saturating_mul(SLOT).saturating_add(SLOT / 2);
                say(seconds(now, Moment(middle)), count);
            }
        }
    }

    /// Upper bound of the age of the oldest line, in seconds; zero without lines.
    pub fn oldest(&self, now: Moment) -> f64 {
        if self.counts.is_empty() { 0.0 } else { seconds(now, Moment(self.first.saturating_mul(SLOT))) }
    }

    /// Makes a place for `slot`; what is too old moves into the oldest place kept.
    fn reach(&mut self, slot: i64) {
        if self.counts.is_empty() {
            self.first = slot;
        }
        if slot.saturating_sub(self.first) >= SLOTS_MAX as i64 {
            let first = slot - (SLOTS_MAX as i64 - 1);
            let gone = usize::try_from(first - self.first).unwrap_or(usize::MAX).min(self.counts.len());
            let moved: u32 = self.counts.drain(..gone).sum();
            self.first = first;
            match self.counts.front_mut() {
                Some(oldest) => *oldest += moved,
                None => self.counts.push_back(moved),
            }
        }
        while self.first + (self.counts.len() as i64) <= slot {
            self.counts.push_back(0);
        }
    }

    fn index(&self, slot: i64) -> usize {
        usize::try_from(slot.saturating_sub(self.first)).unwrap_or(0).min(self.counts.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(since: &Since, now: i64) -> Vec<(f64, u32)> {
        let mut seen = Vec::new();
        since.each(Moment(now), |age, count| seen.push((age, count)));
        seen
    }

    #[test]
    fn lines_of_a_quarter_second_are_counted_together_at_its_middle() {
        let mut since = Since::default();
        [0, 100_000, 249_999, 250_000].into_iter().for_each(|at| since.add(Moment(at)));
        assert_eq!(seen(&since, 1_000_000), [(0.875, 3), (0.625, 1)]);
        assert_eq!(since.oldest(Moment(1_000_000)), 1.0);
    }

    #[test]
    fn what_ended_is_forgotten_and_the_oldest_moves_on() {
        let mut since = Since::default();
        [0, 1_000_000].into_iter().for_each(|at| since.add(Moment(at)));
        since.remove(Moment(0));
        assert_eq!((seen(&since, 1_000_000), since.oldest(Moment(2_000_000))), (vec![(0.0, 1)], 1.0));
        since.remove(Moment(1_000_000));
        since.remove(Moment(1_000_000));
        assert_eq!((seen(&since, 5_000_000), since.oldest(Moment(5_000_000))), (vec![], 0.0));
    }

    #[test]
    fn lines_that_never_end_share_the_oldest_slot_and_can_still_be_taken_out() {
        let mut since = Since::default();
        since.add(Moment(0));
        since.add(Moment(1_000_000_000_000));
        assert_eq!(seen(&since, 1_000_000_000_000).iter().map(|(_, count)| count).sum::<u32>(), 2);
        assert_eq!(since.counts.len(), SLOTS_MAX);
        since.remove(Moment(0));
        assert_eq!(seen(&since, 1_000_000_250_000), [(0.125, 1)]);
    }
}
