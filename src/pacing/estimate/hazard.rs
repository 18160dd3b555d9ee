//! Hazards by age: exposure and events per bin, so that what is still under way counts exactly as long as it
//! has lasted (censoring) and fast endings do not bias the rate. It knows no cause by name.

use serde::{Deserialize, Serialize};

/// Age bins of agents' stages, seconds: fine where wrap-ups and openers end, coarse in long talks.
const EDGES: [f64; 27] = [
    0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 30.0, 40.0, 50.0, 65.0, 80.0, 100.0, 130.0, 160.0,
    200.0, 250.0, 320.0, 400.0, 500.0, 650.0, 900.0,
];
const BINS: usize = EDGES.len();

/// One ending, by log-spaced age.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hazard {
    exposure: [f64; BINS],
    events: [f64; BINS],
    /// Of all, for shrinkage.
    total: (f64, f64),
    /// Prior: events per second.
    rate: f64,
}

impl Hazard {
    /// `seconds`: the prior mean duration, worth `weight` observed endings.
    pub fn new(seconds: f64, weight: f64) -> Hazard {
        let rate = 1.0 / seconds.max(0.5);
        Hazard { exposure: [0.0; BINS], events: [0.0; BINS], total: (weight * seconds.max(0.5), weight), rate }
    }

    pub fn expose(&mut self, from_age: f64, to_age: f64) {
        if to_age <= from_age {
            return;
        }
        self.total.0 += to_age - from_age;
        let mut bin = bin_of(from_age);
        let mut at = from_age;
        while at < to_age {
            let end = EDGES.get(bin + 1).copied().unwrap_or(f64::INFINITY).min(to_age);
            self.exposure[bin] += end - at;
            at = end;
            bin += 1;
        }
    }

    pub fn end(&mut self, age: f64) {
        self.events[bin_of(age)] += 1.0;
        self.total.1 += 1.0;
    }

    /// Endings expected between two ages of one that lasts, each bin shrunk towards the overall rate.
    pub fn between(&self, from_age: f64, to_age: f64) -> f64 {
        let towards = self.overall();
        let (mut at, mut bin, mut due) = (from_age, bin_of(from_age), 0.0);
        while at < to_age {
            let end = EDGES.get(bin + 1).copied().unwrap_or(f64::INFINITY).min(to_age);
            due += self.bin(bin, towards) * (end - at);
            at = end;
            bin += 1;
        }
        due
    }

    fn bin(&self, bin: usize, towards: f64) -> f64 {
        // A bin's prior is worth two endings, so it fades as soon as the bin has some of its own.
        let weight = 2.0;
        (self.events[bin] + weight) / (self.exposure[bin] + weight / towards)
    }

    /// The chance to outlast one second, by bin: what tables are built from.
    pub fn outlasts(&self) -> Outlasts {
        let towards = self.overall();
        Outlasts(std::array::from_fn(|bin| (-self.bin(bin, towards)).exp()))
    }

    /// Endings per second over all ages.
    pub fn overall(&self) -> f64 {
        if self.total.0 > 0.0 { (self.total.1 / self.total.0).max(1e-4) } else { self.rate }
    }

    /// Such as a run can leave.
    pub fn sound(&self) -> bool {
        let sums = [self.total.0, self.total.1, self.rate];
        self.exposure.iter().chain(&self.events).chain(&sums).all(|x| x.is_finite() && *x >= 0.0) && self.rate > 0.0
    }

    pub fn fade(&mut self, keep: f64) {
        self.exposure.iter_mut().for_each(|x| *x *= keep);
        self.events.iter_mut().for_each(|x| *x *= keep);
        self.total.0 *= keep;
        self.total.1 *= keep;
    }
}

/// The chance to outlast one second, by age.
#[derive(Debug, Clone, Copy)]
pub struct Outlasts([f64; BINS]);

impl Outlasts {
    /// For the seconds that begin at this age, one after the other.
    pub fn from(&self, age: f64) -> impl Iterator<Item = f64> + '_ {
        let mut bin = bin_of(age);
        (0..).map(move |second| {
            let middle = age + f64::from(second) + 0.5;
            while bin + 1 < BINS && EDGES[bin + 1] <= middle {
                bin += 1;
            }
            self.0[bin]
        })
    }
}

fn bin_of(age: f64) -> usize {
    EDGES.partition_point(|&edge| edge <= age).saturating_sub(1)
}
