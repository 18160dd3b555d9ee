//! A wire between two endpoints in virtual time that loses, doubles, delays and swaps datagrams by seed.
//! It refuses to know what the bytes mean: `sip` and `media` are tested over it apart from each other.

use super::dist::Dist;
use super::heap::Heap;
use super::rng::{Purpose, Stream, chance, stream};
use crate::words::Moment;
use std::time::Duration;

/// A protocol machine: bytes in, bytes out, timers.
pub trait Endpoint {
    fn receive(&mut self, now: Moment, bytes: &[u8]);
    /// The next datagram to send, until there is none.
    fn transmit(&mut self, now: Moment) -> Option<Vec<u8>>;
    /// When it wants `timeout` next.
    fn next_timeout(&self) -> Option<Moment>;
    fn timeout(&mut self, now: Moment);
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    pub delay: Dist,
    /// Share of datagrams that never arrive.
    pub loss: f64,
    /// Share that arrive twice.
    pub duplication: f64,
    /// Share held back by `held_back`, so that later ones overtake.
    pub reordering: f64,
    pub held_back: Duration,
}

impl Default for Conditions {
    fn default() -> Conditions {
        Conditions {
            delay: Dist::Fixed(0.010),
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            held_back: Duration::from_millis(50),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    Left,
    Right,
}

/// What became of the datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub sent: u64,
    pub lost: u64,
    pub doubled: u64,
    pub delivered: u64,
}

pub struct Wire<L, R> {
    pub left: L,
    pub right: R,
    pub conditions: Conditions,
    pub counts: Counts,
    now: Moment,
    under_way: Heap<(To, Vec<u8>)>,
    rng: Stream,
}

impl<L: Endpoint, R: Endpoint> Wire<L, R> {
    pub fn new(left: L, right: R, conditions: Conditions, seed: u64) -> Wire<L, R> {
        let rng = stream(seed, Purpose::Wire, 0, 0);
        let (counts, now, under_way) = Default::default();
        Wire { left, right, conditions, counts, now, under_way, rng }
    }

    pub fn now(&self) -> Moment {
        self.now
    }

    /// Until `until`, or until `done` holds (looked at after every event). Returns whether it came to hold.
    pub fn run(&mut self, until: Moment, mut done: impl FnMut(&L, &R) -> bool) -> bool {
        loop {
            self.collect();
            if done(&self.left, &self.right) {
                return true;
            }
            let timers = self.left.next_timeout().into_iter().chain(self.right.next_timeout());
            let next = timers.chain(self.under_way.next_at()).min();
            let Some(next) = next.filter(|at| *at <= until) else {
                self.now = until.max(self.now);
                return false;
            };
            self.now = next.max(self.now);
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.now;
        if self.under_way.next_at().is_some_and(|at| at <= now) {
            let (_, (to, bytes)) = self.under_way.pop().expect("seen just now");
            self.counts.delivered += 1;
            match to {
                To::Left => self.left.receive(now, &bytes),
                To::Right => self.right.receive(now, &bytes),
            }
        } else if self.left.next_timeout().is_some_and(|at| at <= now) {
            self.left.timeout(now);
        } else {
            self.right.timeout(now);
        }
    }

    fn collect(&mut self) {
        while let Some(bytes) = self.left.transmit(self.now) {
            self.carry(To::Right, bytes);
        }
        while let Some(bytes) = self.right.transmit(self.now) {
            self.carry(To::Left, bytes);
        }
    }

    fn carry(&mut self, to: To, bytes: Vec<u8>) {
        let Conditions { delay, loss, duplication, reordering, held_back } = self.conditions;
        self.counts.sent += 1;
        let lost = chance(&mut self.rng, loss);
        let twice = chance(&mut self.rng, duplication);
        let copies = if lost { 0 } else { 1 + usize::from(twice) };
        self.counts.lost += u64::from(lost);
        self.counts.doubled += u64::from(copies == 2);
        for _ in 0..copies {
            let late = if chance(&mut self.rng, reordering) { held_back } else { Duration::ZERO };
            let at = self.now + delay.draw(&mut self.rng) + late;
            self.under_way.plan(at, (to, bytes.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Sends each number again every 100 ms until its echo came back.
    #[derive(Default)]
    struct Caller {
        open: BTreeSet<u8>,
        to_send: Vec<u8>,
        again: Option<Moment>,
    }
    impl Endpoint for Caller {
        fn receive(&mut self, _: Moment, bytes: &[u8]) {
            self.open.remove(&bytes[0]);
        }
        fn transmit(&mut self, _: Moment) -> Option<Vec<u8>> {
            self.to_send.pop().map(|n| vec![n])
        }
        fn next_timeout(&self) -> Option<Moment> {
            self.again.filter(|_| !self.open.is_empty())
        }
        fn timeout(&mut self, now: Moment) {
            self.to_send = self.open.iter().copied().collect();
            self.again = Some(now + Duration::from_millis(100));
        }
    }

    #[derive(Default)]
    struct Echo {
        heard: Vec<u8>,
        answers: Vec<u8>,
    }
    impl Endpoint for Echo {
        fn receive(&mut self, _: Moment, bytes: &[u8]) {
            self.heard.push(bytes[0]);
            self.answers.push(bytes[0]);
        }
        fn transmit(&mut self, _: Moment) -> Option<Vec<u8>> {
            self.answers.pop().map(|n| vec![n])
        }
        fn next_timeout(&self) -> Option<Moment> {
            None
        }
        fn timeout(&mut self, _: Moment) {}
    }

    fn run(seed: u64) -> (Vec<u8>, Counts, Moment) {
        let caller = Caller { open: (0..50).collect(), to_send: vec![], again: Some(Moment(0)) };
        let bad = Conditions {
            loss: 0.2,
            duplication: 0.1,
            reordering: 0.2,
            delay: Dist::uniform(0.005, 0.03),
            ..Conditions::default()
        };
        let mut wire = Wire::new(caller, Echo::default(), bad, seed);
        let done = wire.run(Moment::from_millis(60_000), |caller, _| caller.open.is_empty());
        assert!(done, "everything arrives in the end");
        (wire.right.heard, wire.counts, wire.now)
    }

    #[test]
    fn a_bad_wire_loses_doubles_and_swaps_and_does_so_again_by_its_seed() {
        let (heard, counts, at) = run(1);
        assert!(counts.lost > 0 && counts.doubled > 0);
        assert!(heard.windows(2).any(|pair| pair[0] < pair[1]) && heard.windows(2).any(|pair| pair[0] > pair[1]));
        assert_eq!((heard.clone(), counts, at), run(1));
        assert_ne!(heard, run(2).0);
    }
}
