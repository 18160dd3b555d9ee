//! A map that is copied in no time: records stand on shelves, a copy shares them, and only a shelf that is written to
//! afterwards is copied. So a report may read a month of calls while the engine goes on telling of new ones.
//! It refuses to forget: nothing is ever taken out.

use crate::words::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many neighbours share a shelf: what one write may have to copy.
const SHELF_BITS: u32 = 8;

/// Says where a record stands. In the order of the keys, so that walking along the shelves is walking in order.
pub(super) trait Shelved: Ord + Copy {
    type Shelf: Ord + Copy;
    fn shelf(self) -> Self::Shelf;
}

impl Shelved for CallId {
    type Shelf = u64;
    fn shelf(self) -> u64 {
        self.0 >> SHELF_BITS
    }
}

impl Shelved for OrderId {
    type Shelf = u64;
    fn shelf(self) -> u64 {
        self.0 >> SHELF_BITS
    }
}

/// A place in the log: node and seq.
impl Shelved for (u16, u64) {
    type Shelf = (u16, u64);
    fn shelf(self) -> (u16, u64) {
        (self.0, self.1 >> SHELF_BITS)
    }
}

/// A session holds hundreds of changes: each has a shelf of its own.
impl Shelved for (AgentId, SessionId) {
    type Shelf = (AgentId, SessionId);
    fn shelf(self) -> (AgentId, SessionId) {
        self
    }
}

/// Records in order, side by side: most come at the end, and a tree's half-full nodes would double a month of calls.
type Shelf<K, V> = Vec<(K, V)>;

#[derive(Debug, Clone)]
pub(super) struct Shelves<K: Shelved, V>(BTreeMap<K::Shelf, Arc<Shelf<K, V>>>);

impl<K: Shelved, V> Default for Shelves<K, V> {
    fn default() -> Self {
        Shelves(BTreeMap::new())
    }
}

impl<K: Shelved, V> Shelves<K, V> {
    pub fn get(&self, key: &K) -> Option<&V> {
        let shelf = self.0.get(&key.shelf())?;
        shelf.binary_search_by_key(key, |(key, _)| *key).ok().map(|place| &shelf[place].1)
    }

    /// In the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.values().flat_map(|shelf| shelf.iter()).map(|(key, value)| (key, value))
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Shelved, V: Clone> Shelves<K, V> {
    /// The record to write to; where there was none, the one that `new` makes.
    fn at_or(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        let shelf = Arc::make_mut(self.0.entry(key.shelf()).or_default());
        let place = shelf.binary_search_by_key(&key, |(key, _)| *key).unwrap_or_else(|place| {
            shelf.insert(place, (key, new()));
            place
        });
        &mut shelf[place].1
    }

    pub fn at(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.at_or(key, V::default)
    }

    /// The first stays: a record that is told twice is the same.
    pub fn insert(&mut self, key: K, value: V) {
        self.at_or(key, || value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_it_was_and_shares_what_nobody_wrote_to() {
        let mut live: Shelves<CallId, u32> = Shelves::default();
        for n in (0..1_000).rev() {
            *live.at(CallId(n)) = n as u32;
        }
        let copy = live.clone();
        *live.at(CallId(300)) = 7;
        *live.at(CallId(1_000)) += 5;
        assert_eq!((copy.get(&CallId(300)), copy.get(&CallId(1_000))), (Some(&300), None));
        assert_eq!((live.get(&CallId(300)), live.get(&CallId(1_000))), (Some(&7), Some(&5)));
        let shared = |shelf| Arc::ptr_eq(&live.0[&shelf], &copy.0[&shelf]);
        assert_eq!([shared(0), shared(1), shared(2), shared(3)], [true, false, true, false]);
        assert!(live.iter().map(|(call, _)| call.0).eq(0..=1_000), "in order");
        assert_eq!(copy.values().count(), 1_000);
    }
}
