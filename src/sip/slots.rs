//! Numbered places with generations: a key to something that has gone finds nothing, even after its place is reused.

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct SlotKey {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

pub(crate) struct Slots<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
    limit: usize,
}

struct Place<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Slots<T> {
    /// At most `limit` values at a time.
    pub(crate) fn new(limit: usize) -> Slots<T> {
        Slots { places: Vec::new(), free: Vec::new(), limit }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.limit
    }

    /// The key the next `insert` will give; `None` when full.
    pub(crate) fn vacant(&self) -> Option<SlotKey> {
        if self.is_full() {
            return None;
        }
        let slot = self.free.last().copied().unwrap_or(self.places.len() as u32);
        let generation = self.places.get(slot as usize).map_or(1, |place| place.generation.wrapping_add(1));
        Some(SlotKey { slot, generation })
    }

    pub(crate) fn insert(&mut self, value: T) -> Option<SlotKey> {
        let key = self.vacant()?;
        match self.free.pop() {
            Some(slot) => {
                let place = &mut self.places[slot as usize];
                place.generation = key.generation;
                place.value = Some(value);
            }
            None => self.places.push(Place { generation: key.generation, value: Some(value) }),
        }
        Some(key)
    }

    pub(crate) fn get(&self, key: SlotKey) -> Option<&T> {
        let place = self.places.get(key.slot as usize)?;
        if place.generation == key.generation { place.value.as_ref() } else { None }
    }

    pub(crate) fn get_mut(&mut self, key: SlotKey) -> Option<&mut T> {
        let place = self.places.get_mut(key.slot as usize)?;
        if place.generation == key.generation { place.value.as_mut() } else { None }
    }

    /// The key of whatever lives in this place now.
    pub(crate) fn current(&self, slot: u32) -> Option<SlotKey> {
        let place = self.places.get(slot as usize)?;
        place.value.as_ref().map(|_| SlotKey { slot, generation: place.generation })
    }

    pub(crate) fn remove(&mut self, key: SlotKey) -> Option<T> {
        let place = self.places.get_mut(key.slot as usize)?;
        if place.generation != key.generation {
            return None;
        }
        let value = place.value.take()?;
        self.free.push(key.slot);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_finds_nothing_in_a_reused_place() {
        let mut slots = Slots::new(2);
        let a = slots.insert('a').unwrap();
        let b = slots.insert('b').unwrap();
        assert!(slots.insert('c').is_none());
        assert_eq!(slots.remove(a), Some('a'));
        assert_eq!(slots.remove(a), None);
        let c = slots.insert('c').unwrap();
        assert_eq!(c.slot, a.slot);
        assert_eq!(slots.get(a), None);
        assert_eq!(slots.get(c), Some(&'c'));
        assert_eq!(slots.get(b), Some(&'b'));
        assert_eq!(slots.len(), 2);
    }
}
