//! What will happen, in order of time; things of the same moment in the order in which they were planned.
//! It refuses to forget: an event that no longer applies is judged by whoever receives it.

use crate::words::Moment;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

#[derive(Debug)]
pub struct Heap<E> {
    events: BinaryHeap<Entry<E>>,
    planned: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Moment,
    number: u64,
    event: E,
}

impl<E> Default for Heap<E> {
    fn default() -> Heap<E> {
        Heap { events: BinaryHeap::new(), planned: 0 }
    }
}

impl<E> Heap<E> {
    pub fn plan(&mut self, at: Moment, event: E) {
        self.planned += 1;
        self.events.push(Entry { at, number: self.planned, event });
    }

    pub fn next_at(&self) -> Option<Moment> {
        self.events.peek().map(|entry| entry.at)
    }

    pub fn pop(&mut self) -> Option<(Moment, E)> {
        self.events.pop().map(|entry| (entry.at, entry.event))
    }

    pub fn len(&self) -> usize {
        self.events.len()
    }
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

// The binary heap gives the greatest: so the earlier is the greater.
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<E> Eq for Entry<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_first_and_first_planned_first() {
        let mut heap = Heap::default();
        heap.plan(Moment(5), "b1");
        heap.plan(Moment(9), "c");
        heap.plan(Moment(5), "b2");
        heap.plan(Moment(1), "a");
        let order: Vec<_> = std::iter::from_fn(|| heap.pop()).map(|(_, e)| e).collect();
        assert_eq!(order, ["a", "b1", "b2", "c"]);
        assert!(heap.is_empty());
    }
}
