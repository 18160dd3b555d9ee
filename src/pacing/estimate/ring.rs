//! The way of a line until it is answered: from dialed to ringing, from ringing to answered or ended, by seconds
//! of age, with exact censoring (what failed at the carrier or was cancelled says nothing about people).

use super::super::event::Prior;
use serde::{Deserialize, Serialize};

/// One-second bins.
const PRE_BINS: usize = 30;
const RING_BINS: usize = 120;
/// Calls after which half is forgotten.
const HALF_LIFE: f64 = 4000.0;
const FADE_EVERY: f64 = 50.0;

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Bin {
    exposure: f64,
    /// To ringing, or answered.
    on: f64,
    /// Ended: nobody there, busy, no answer.
    off: f64,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Share {
    yes: f64,
    of: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ring {
    pre: Vec<Bin>,
    ring: Vec<Bin>,
    /// Live among the answered, by ring age.
    live: Vec<Share>,
    /// People among the live, by ring age; and overall.
    person: Vec<Share>,
    person_overall: Share,
    live_overall: Share,
    /// Calls that ended with knowledge about people, ever.
    pub resolved: u64,
    /// Live answers among them, ever.
    pub lives: u64,
    /// Sum of ring seconds of the answered, and their number: for display.
    rung: (f64, f64),
    since_fade: f64,
    ring_seconds_max: f64,
}

impl Ring {
    pub fn new(ring_seconds_max: f64, amd: bool) -> Ring {
        let mut ring = Ring {
            pre: vec![Bin::default(); PRE_BINS],
            ring: vec![Bin::default(); RING_BINS],
            live: vec![Share::default(); RING_BINS],
            person: vec![Share::default(); RING_BINS],
            person_overall: Share { yes: 4.0, of: if amd { 4.4 } else { 6.0 } },
            live_overall: Share { yes: if amd { 6.0 } else { 99.0 }, of: if amd { 10.0 } else { 99.0 } },
            resolved: 0,
            lives: 0,
            rung: (0.0, 0.0),
            since_fade: 0.0,
            ring_seconds_max: ring_seconds_max.clamp(1.0, RING_BINS as f64),
        };
        // Before anything is known: most calls ring within a few seconds, and many are answered.
        for (age, bin) in ring.pre.iter_mut().enumerate() {
            let weight = if age < 5 { 6.0 } else { 1.0 };
            *bin = Bin { exposure: weight, on: weight * if age < 5 { 0.4 } else { 0.05 }, off: weight * 0.03 };
        }
        for bin in &mut ring.ring {
            *bin = Bin { exposure: 8.0, on: 8.0 * 0.035, off: 8.0 * 0.005 };
        }
        ring
    }

    /// Earlier runs of such a list: scales the answering hazard, as if so many calls had been seen.
    pub fn warm(&mut self, prior: &Prior) {
        let calls = prior.calls.clamp(0.0, 1e4);
        let rate = prior.answer_rate.clamp(0.001, 0.95);
        let mean = prior.ring_seconds.clamp(1.0, self.ring_seconds_max);
        let share = self.live_overall.yes / self.live_overall.of;
        let last = self.ring_seconds_max as usize;
        // A gamma of shape four around the mean ring time, as ring times are.
        let density = |age: f64| (age / mean).powi(3) * (-4.0 * age / mean).exp();
        let whole: f64 = (0..last).map(|age| density(age as f64 + 0.5)).sum();
        let mut left = calls;
        for age in 0..last {
            let answered = calls * rate / share * density(age as f64 + 0.5) / whole.max(1e-12);
            self.ring[age].exposure += left.max(0.0);
            self.ring[age].on += answered.min(left.max(0.0));
            left -= answered;
        }
    }

    /// The same, worth so many calls at most, and counting anew.
    pub fn aged(&self, calls: f64, ring_seconds_max: f64) -> Ring {
        let mut ring = Ring { resolved: 0, lives: 0, rung: (0.0, 0.0), since_fade: 0.0, ..self.clone() };
        ring.ring_seconds_max = ring_seconds_max.clamp(1.0, RING_BINS as f64);
        // Each call leaves its first stage once, also those of the runs that this one started from.
        let left: f64 = self.pre.iter().map(|bin| bin.on + bin.off).sum();
        let known = left.max((self.resolved as f64).min(HALF_LIFE));
        ring.fade((calls / known.max(1.0)).min(1.0));
        ring
    }

    /// Such as a run can leave: all bins there, no number below zero or without value, no share above one.
    pub fn sound(&self) -> bool {
        let lengths = [(self.pre.len(), PRE_BINS), (self.ring.len(), RING_BINS)];
        let shares = [(self.live.len(), RING_BINS), (self.person.len(), RING_BINS)];
        let sane = |x: f64| x.is_finite() && x >= 0.0;
        let bin = |bin: &Bin| sane(bin.exposure) && sane(bin.on) && sane(bin.off);
        let share = |share: &Share| sane(share.yes) && sane(share.of) && share.yes <= share.of + 1e-6;
        let overall = |of: &Share| share(of) && of.yes > 0.0;
        lengths.iter().chain(&shares).all(|(length, expected)| length == expected)
            && self.pre.iter().chain(&self.ring).all(bin)
            && self.live.iter().chain(&self.person).all(share)
            && overall(&self.live_overall)
            && overall(&self.person_overall)
    }

    /// A line was dialing for so long, and then something was heard of it. Told when it is over, so that calls that the
    /// carrier swallows teach nothing of how soon the others ring.
    pub fn expose_pre(&mut self, from_age: f64, to_age: f64) {
        expose(&mut self.pre, from_age, to_age);
    }

    pub fn expose_ring(&mut self, from_age: f64, to_age: f64) {
        expose(&mut self.ring, from_age, to_age);
    }

    pub fn rang(&mut self, age: f64) {
        self.pre[bin(age, PRE_BINS)].on += 1.0;
    }

    /// Busy, vacant, no answer: ended while dialing (`rung` none) or ringing.
    pub fn ended(&mut self, age: f64, rung: bool) {
        if rung {
            self.ring[bin(age, RING_BINS)].off += 1.0
        } else {
            self.pre[bin(age, PRE_BINS)].off += 1.0
        }
        self.resolve();
    }

    pub fn answered(&mut self, ring_age: f64) {
        self.ring[bin(ring_age, RING_BINS)].on += 1.0;
        self.rung.0 += ring_age;
        self.rung.1 += 1.0;
    }

    pub fn verdict(&mut self, ring_age: f64, live: bool) {
        let yes = f64::from(u8::from(live));
        let share = &mut self.live[bin(ring_age, RING_BINS)];
        share.yes += yes;
        share.of += 1.0;
        self.live_overall.yes += yes;
        self.live_overall.of += 1.0;
        self.lives += u64::from(live);
        self.resolve();
    }

    pub fn disposition(&mut self, ring_age: f64, person: bool) {
        let yes = f64::from(u8::from(person));
        let share = &mut self.person[bin(ring_age, RING_BINS)];
        share.yes += yes;
        share.of += 1.0;
        self.person_overall.yes += yes;
        self.person_overall.of += 1.0;
    }

    /// P(live | answered at this ring age), shrunk over the neighbours and to the campaign's share.
    pub fn live_share(&self, ring_age: f64) -> f64 {
        shrunk(&self.live, ring_age, self.live_overall)
    }

    /// P(person | live, answered at this ring age).
    pub fn person_share(&self, ring_age: f64) -> f64 {
        shrunk(&self.person, ring_age, self.person_overall)
    }

    pub fn person_share_overall(&self) -> f64 {
        self.person_overall.yes / self.person_overall.of
    }

    /// Hazards per second at the age of a bin: to ringing, to an end.
    pub fn pre_hazard(&self, age: f64) -> (f64, f64) {
        let bin = self.pre[bin(age, PRE_BINS)];
        (bin.on / bin.exposure.max(1e-9), bin.off / bin.exposure.max(1e-9))
    }

    /// Hazards per second: to an answer, to another end. Smoothed over three seconds.
    pub fn ring_hazard(&self, age: f64) -> (f64, f64) {
        let at = bin(age, RING_BINS);
        let (mut on, mut off, mut exposure) = (0.0, 0.0, 0.0);
        for (bin, weight) in neighbours(at, RING_BINS) {
            let bin = self.ring[bin];
            on += weight * bin.on;
            off += weight * bin.off;
            exposure += weight * bin.exposure;
        }
        (on / exposure.max(1e-9), off / exposure.max(1e-9))
    }

    pub fn ring_seconds_max(&self) -> f64 {
        self.ring_seconds_max
    }

    /// Mean ring time of the answered, and their number.
    pub fn ring_seconds(&self) -> (f64, u64) {
        if self.rung.1 > 0.0 { (self.rung.0 / self.rung.1, self.rung.1 as u64) } else { (0.0, 0) }
    }

    fn resolve(&mut self) {
        self.resolved += 1;
        self.since_fade += 1.0;
        if self.since_fade < FADE_EVERY {
            return;
        }
        self.fade(0.5_f64.powf(self.since_fade / HALF_LIFE));
        self.since_fade = 0.0;
    }

    fn fade(&mut self, keep: f64) {
        for bin in self.pre.iter_mut().chain(&mut self.ring) {
            *bin = Bin { exposure: bin.exposure * keep, on: bin.on * keep, off: bin.off * keep };
        }
        let overall = [&mut self.live_overall, &mut self.person_overall];
        for share in self.live.iter_mut().chain(&mut self.person).chain(overall) {
            *share = Share { yes: share.yes * keep, of: share.of * keep };
        }
    }
}

fn bin(age: f64, bins: usize) -> usize {
    (age.max(0.0) as usize).min(bins - 1)
}

/// The bin with its neighbours, weights 1 2 1.
fn neighbours(at: usize, bins: usize) -> impl Iterator<Item = (usize, f64)> {
    [(at.wrapping_sub(1), 0.5), (at, 1.0), (at + 1, 0.5)].into_iter().filter(move |&(bin, _)| bin < bins)
}

fn shrunk(shares: &[Share], ring_age: f64, overall: Share) -> f64 {
    const WEIGHT: f64 = 6.0;
    let (mut yes, mut of) = (WEIGHT * overall.yes / overall.of, WEIGHT);
    for (bin, weight) in neighbours(bin(ring_age, RING_BINS), RING_BINS) {
        yes += weight * shares[bin].yes;
        of += weight * shares[bin].of;
    }
    (yes / of).clamp(0.001, 0.999)
}

fn expose(bins: &mut [Bin], from_age: f64, to_age: f64) {
    let mut at = from_age.max(0.0);
    while at < to_age {
        let here = bin(at, bins.len());
        let end = if here + 1 == bins.len() { to_age } else { (here as f64 + 1.0).min(to_age) };
        bins[here].exposure += end - at;
        at = end;
    }
}
