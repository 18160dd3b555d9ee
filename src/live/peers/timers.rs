//! What the parts will do, in order of time. It refuses to cancel: what no longer applies is judged when its time comes.

use crate::words::{LegId, Moment};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is due on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The network's first word: 180, tones, or the refusal of a line that never rings.
    PostDial,
    /// After ringing: picks up, refuses, or the network gives up.
    RingEnds,
    /// "Hello?", the machine's greeting, the fax's tone.
    Greet,
    Speak,
    Patience,
    Leave,
    Press,
}

#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Moment, u64, LegId, Due)>>,
    planned: u64,
}

impl Timers {
    pub fn plan(&mut self, at: Moment, leg: LegId, due: Due) {
        self.planned += 1;
        self.heap.push(Reverse((at, self.planned, leg, due)));
    }

    pub fn next(&self) -> Option<Moment> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// What is due at `now`, the earliest first.
    pub fn pop(&mut self, now: Moment) -> Option<(LegId, Due)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, _, leg, due))| (leg, due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_first_and_never_early() {
        let mut timers = Timers::default();
        timers.plan(Moment(5), LegId(1), Due::Leave);
        timers.plan(Moment(5), LegId(2), Due::Greet);
        timers.plan(Moment(1), LegId(3), Due::Speak);
        assert_eq!(timers.pop(Moment(0)), None);
        let order: Vec<LegId> = std::iter::from_fn(|| timers.pop(Moment(9))).map(|(leg, _)| leg).collect();
        assert_eq!(order, [LegId(3), LegId(1), LegId(2)]);
    }
}
