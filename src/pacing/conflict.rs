//! The conflict probability: that a call finds no agent because those before it took them all.
//! Lines and busy agents are independent coins, so their sum is Poisson-binomial: summed exactly while the team
//! is small, by the normal with continuity and skewness correction (Volkova 1996) above.
//!
//! X(t) = lines that are live by t + busy agents still busy then. A call that lands at t finds nobody
//! if X(t) >= all agents at work, that is if the others took every agent.

use super::estimate::{HORIZONS, Row};

/// Agents up to which the sum is exact.
pub const EXACT_AGENTS: usize = 24;

#[derive(Debug, Clone)]
pub struct Conflict {
    /// Busy and ready agents, less waiting calls: X must stay below.
    room: usize,
    exact: bool,
    /// Probability of X = x for x < room, at each horizon.
    mass: Vec<[f64; EXACT_AGENTS]>,
    mean: Row,
    variance: Row,
    skew: Row,
}

impl Default for Conflict {
    fn default() -> Conflict {
        let zero = [0.0; HORIZONS];
        Conflict {
            room: 0,
            exact: true,
            mass: vec![[0.0; EXACT_AGENTS]; HORIZONS],
            mean: zero,
            variance: zero,
            skew: zero,
        }
    }
}

impl Conflict {
    pub fn begin(&mut self, room: usize) {
        self.room = room;
        self.exact = room <= EXACT_AGENTS;
        for mass in &mut self.mass {
            mass.fill(0.0);
            mass[0] = 1.0;
        }
        (self.mean, self.variance, self.skew) = ([0.0; HORIZONS], [0.0; HORIZONS], [0.0; HORIZONS]);
    }

    pub fn copy_from(&mut self, other: &Conflict) {
        (self.room, self.exact) = (other.room, other.exact);
        if self.exact {
            self.mass.copy_from_slice(&other.mass);
        }
        (self.mean, self.variance, self.skew) = (other.mean, other.variance, other.skew);
    }

    /// `count` coins with these probabilities.
    pub fn add(&mut self, row: &Row, count: u32) {
        let n = f64::from(count);
        for j in 0..HORIZONS {
            let p = row[j];
            let v = p * (1.0 - p);
            self.mean[j] += n * p;
            self.variance[j] += n * v;
            self.skew[j] += n * v * (1.0 - 2.0 * p);
        }
        if self.exact {
            for _ in 0..count {
                self.convolve(row);
            }
        }
    }

    fn convolve(&mut self, row: &Row) {
        for (mass, &p) in self.mass.iter_mut().zip(row) {
            let q = 1.0 - p;
            let mut before = 0.0;
            for x in &mut mass[..self.room] {
                let here = *x;
                *x = here * q + before * p;
                before = here;
            }
        }
    }

    /// Uncertainty of the level moves all lines together: adds to the variance only.
    pub fn widen(&mut self, demand: &Row, relative_variance: f64) {
        for j in 0..HORIZONS {
            self.variance[j] += demand[j] * demand[j] * relative_variance;
        }
    }

    /// Probability that a call landing at horizon `j` finds nobody.
    pub fn at(&self, j: usize) -> f64 {
        if self.room == 0 {
            return 1.0;
        }
        if self.exact {
            return (1.0 - self.mass[j][..self.room].iter().sum::<f64>()).clamp(0.0, 1.0);
        }
        let sd = self.variance[j].max(1e-6).sqrt();
        let z = (self.room as f64 - 0.5 - self.mean[j]) / sd;
        let skew = self.skew[j] / (sd * sd * sd);
        let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        (1.0 - (normal(z) + skew * (1.0 - z * z) * density / 6.0)).clamp(0.0, 1.0)
    }

    /// Averaged over where a call lands.
    pub fn over(&self, weights: &Row) -> f64 {
        weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0).map(|(j, weight)| weight * self.at(j)).sum()
    }
}

/// Normal distribution function, Abramowitz and Stegun 7.1.26.
pub fn normal(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let poly =
        ((((1.061_405_429 * t - 1.453_152_027) * t + 1.421_413_741) * t - 0.284_496_736) * t + 0.254_829_592) * t;
    let tail = 0.5 * poly * (-x * x).exp();
    if z >= 0.0 { 1.0 - tail } else { tail }
}
