//! The conflict probability: that a call finds no agent because those before it took them all.
//! Lines and busy agents are independent coins, so their sum is Poisson-binomial: summed exactly while the team
//! is small, by the normal with continuity and skewness correction (Volkova 1996) above.
//!
//! X(t) = lines that are live by t + busy agents still busy then. A call that lands at t finds nobody
//! if X(t) >= all agents at work, that is if the others took every agent.

use super::estimate::{HORIZONS, Row, ZERO};

/// Agents up to which the sum is exact.
pub const EXACT_AGENTS: usize = 24;

/// By horizon, and one to fill the last lane.
const LANES: usize = HORIZONS + 1;

#[derive(Debug, Clone)]
pub struct Conflict {
    /// Busy and ready agents, less waiting calls: X must stay below.
    room: usize,
    /// Agents at work: masses are kept for x below.
    width: usize,
    /// Probability of X = x at each horizon, while the team is small.
    mass: [[f64; LANES]; EXACT_AGENTS],
    pub moments: Moments,
}

impl Default for Conflict {
    fn default() -> Conflict {
        Conflict { room: 0, width: 0, mass: [[0.0; LANES]; EXACT_AGENTS], moments: Moments::default() }
    }
}

impl Conflict {
    /// Nobody busy yet, of so many agents.
    pub fn begin(&mut self, width: usize) {
        (self.room, self.width) = (width, width);
        if self.exact() {
            self.nobody();
        }
        self.moments = Moments::default();
    }

    /// Calls that wait take the first agents.
    pub fn occupy(&mut self, waiting: usize) {
        self.room = self.width.saturating_sub(waiting);
    }

    pub fn exact(&self) -> bool {
        self.width <= EXACT_AGENTS
    }

    pub fn copy_from(&mut self, other: &Conflict) {
        (self.room, self.width) = (other.room, other.width);
        if self.exact() {
            self.mass[..self.width].copy_from_slice(&other.mass[..self.width]);
        }
        self.moments = other.moments;
    }

    /// `count` coins with these probabilities.
    pub fn add(&mut self, row: &Row, count: u32) {
        self.moments.add(row, f64::from(count));
        if self.exact() {
            (0..count).for_each(|_| self.convolve(row));
        }
    }

    /// So many agents at work, and the coins whose moments were added: the exact sum is made anew.
    pub fn resize(&mut self, width: usize, coins: &[Option<Row>]) {
        (self.room, self.width) = (width, width);
        if self.exact() {
            self.nobody();
            coins.iter().flatten().for_each(|coin| self.convolve(coin));
        }
    }

    fn nobody(&mut self) {
        self.mass[..self.width].fill([0.0; LANES]);
        self.mass[..self.width.min(1)].fill([1.0; LANES]);
    }

    fn convolve(&mut self, row: &Row) {
        let (mut p, mut q) = ([0.0; LANES], [1.0; LANES]);
        p[..HORIZONS].copy_from_slice(row);
        q.iter_mut().zip(&p).for_each(|(q, p)| *q -= p);
        for x in (0..self.width).rev() {
            let below = if x == 0 { [0.0; LANES] } else { self.mass[x - 1] };
            let here = &mut self.mass[x];
            for j in 0..LANES {
                here[j] = here[j] * q[j] + below[j] * p[j];
            }
        }
    }

    /// Uncertainty of the level moves all lines together: adds to the variance only.
    pub fn widen(&mut self, demand: &Row, relative_variance: f64) {
        for (variance, demand) in self.moments.variance.iter_mut().zip(demand) {
            *variance += demand * demand * relative_variance;
        }
    }

    /// Probability that a call landing at each horizon finds nobody.
    pub fn by_horizon(&self) -> Row {
        if self.room == 0 {
            return [1.0; HORIZONS];
        }
        if self.exact() {
            let mut served = [0.0; LANES];
            for mass in &self.mass[..self.room] {
                served.iter_mut().zip(mass).for_each(|(sum, mass)| *sum += mass);
            }
            return std::array::from_fn(|j| (1.0 - served[j]).clamp(0.0, 1.0));
        }
        self.moments.conflict(self.room)
    }

    /// Averaged over where a call lands.
    pub fn over(&self, weights: &Row) -> f64 {
        weighted(&self.by_horizon(), weights)
    }

    /// Whether the average stays within the limit with so many more of the same coin: for large teams, untossed.
    pub fn bears(&self, coin: &Row, count: u32, weights: &Row, limit: f64) -> bool {
        let mut more = self.moments;
        more.add(coin, f64::from(count));
        weighted(&more.conflict(self.room), weights) <= limit
    }
}

/// Sums of a coin's mean, variance and third central moment.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    mean: Row,
    variance: Row,
    skew: Row,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { mean: ZERO, variance: ZERO, skew: ZERO }
    }
}

impl Moments {
    pub fn add(&mut self, row: &Row, n: f64) {
        for j in 0..HORIZONS {
            let p = row[j];
            let v = p * (1.0 - p);
            self.mean[j] += n * p;
            self.variance[j] += n * v;
            self.skew[j] += n * v * (1.0 - 2.0 * p);
        }
    }

    fn conflict(&self, room: usize) -> Row {
        std::array::from_fn(|j| {
            let sd = self.variance[j].max(1e-6).sqrt();
            let z = (room as f64 - 0.5 - self.mean[j]) / sd;
            let skew = self.skew[j] / (sd * sd * sd);
            let bell = (-0.5 * z * z).exp();
            let density = bell / (2.0 * std::f64::consts::PI).sqrt();
            (1.0 - (normal(z, bell) + skew * (1.0 - z * z) * density / 6.0)).clamp(0.0, 1.0)
        })
    }
}

fn weighted(conflict: &Row, weights: &Row) -> f64 {
    conflict.iter().zip(weights).map(|(conflict, weight)| conflict * weight).sum()
}

/// Normal distribution function, Abramowitz and Stegun 7.1.26; `bell` is exp(-z²/2).
fn normal(z: f64, bell: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let poly =
        ((((1.061_405_429 * t - 1.453_152_027) * t + 1.421_413_741) * t - 0.284_496_736) * t + 0.254_829_592) * t;
    let tail = 0.5 * poly * bell;
    if z >= 0.0 { 1.0 - tail } else { tail }
}
