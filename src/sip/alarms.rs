//! When to look at what again. Each object keeps its own deadline; the queue holds at most a few hints per object.
//! Moving a deadline to later costs nothing: the early hint fires, sees nothing due, and queues itself anew.

use crate::words::Moment;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Whose deadline a hint is about. The number is its slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Subject {
    Client(u32),
    Server(u32),
    Leg(u32),
    Account(u32),
    Trunk(u32),
    User(u32),
    /// A call of an earlier run.
    Leftover(u32),
}

/// What each object with a deadline embeds.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Alarm {
    queued: Option<Moment>,
}

#[derive(Default)]
pub(crate) struct Alarms {
    heap: BinaryHeap<Reverse<(Moment, Subject)>>,
}

impl Alarms {
    /// Sees to it that the subject is looked at when `due` comes.
    pub(crate) fn set(&mut self, alarm: &mut Alarm, subject: Subject, due: Option<Moment>) {
        let Some(due) = due else { return };
        if alarm.queued.is_none_or(|queued| due < queued) {
            alarm.queued = Some(due);
            self.heap.push(Reverse((due, subject)));
        }
    }

    pub(crate) fn next(&self) -> Option<Moment> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// The next hint that is due. The caller asks `Alarm::fired` whether it still counts.
    pub(crate) fn pop(&mut self, now: Moment) -> Option<(Moment, Subject)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(hint)| hint)
    }
}

impl Alarm {
    /// False: the hint is stale, another one stands for this object.
    pub(crate) fn fired(&mut self, at: Moment) -> bool {
        if self.queued != Some(at) {
            return false;
        }
        self.queued = None;
        true
    }
}

/// The earlier of two deadlines that may not exist.
pub(crate) fn earlier(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_moved_to_later_leaves_one_stale_hint_and_moved_to_earlier_two() {
        let mut alarms = Alarms::default();
        let mut alarm = Alarm::default();
        alarms.set(&mut alarm, Subject::Leg(1), Some(Moment(10)));
        alarms.set(&mut alarm, Subject::Leg(1), Some(Moment(20)));
        assert_eq!(alarms.heap.len(), 1);
        alarms.set(&mut alarm, Subject::Leg(1), Some(Moment(5)));
        assert_eq!(alarms.pop(Moment(4)), None);
        let (at, _) = alarms.pop(Moment(5)).unwrap();
        assert!(alarm.fired(at));
        alarms.set(&mut alarm, Subject::Leg(1), Some(Moment(20)));
        let (at, _) = alarms.pop(Moment(10)).unwrap();
        assert!(!alarm.fired(at), "the hint for 10 is stale");
    }
}
