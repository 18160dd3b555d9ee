//! Distributions of times, as a scenario writes them. Everything is in seconds. It refuses to draw a negative time.
//!
//! `4`, `{ uniform = [1, 3] }`, `{ lognormal = { median = 8, sigma = 0.6 } }`, `{ exponential = { mean = 40 } }`.

use super::rng::{Stream, unit};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// No drawn time is longer: six hours.
const SECONDS_MAX: f64 = 21_600.0;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dist {
    Fixed(f64),
    Drawn(Shape),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    Uniform([f64; 2]),
    Lognormal { median: f64, sigma: f64 },
    Exponential { mean: f64 },
}

impl Dist {
    pub const fn uniform(from: f64, to: f64) -> Dist {
        Dist::Drawn(Shape::Uniform([from, to]))
    }
    pub const fn lognormal(median: f64, sigma: f64) -> Dist {
        Dist::Drawn(Shape::Lognormal { median, sigma })
    }
    pub const fn exponential(mean: f64) -> Dist {
        Dist::Drawn(Shape::Exponential { mean })
    }

    /// Seconds, between 0 and six hours. A fixed time draws nothing.
    pub fn seconds(&self, rng: &mut Stream) -> f64 {
        let drawn = match *self {
            Dist::Fixed(seconds) => seconds,
            Dist::Drawn(Shape::Uniform([from, to])) => from + (to - from) * unit(rng),
            Dist::Drawn(Shape::Lognormal { median, sigma }) => {
                let z: f64 = rng.sample(StandardNormal);
                median * (sigma * z).exp()
            }
            Dist::Drawn(Shape::Exponential { mean }) => -mean * (1.0 - unit(rng)).ln(),
        };
        drawn.clamp(0.0, SECONDS_MAX)
    }

    pub fn draw(&self, rng: &mut Stream) -> Duration {
        seconds(self.seconds(rng))
    }

    /// What is wrong with the numbers, if anything.
    pub fn fault(&self) -> Option<String> {
        let fine = |v: f64| (0.0..=SECONDS_MAX).contains(&v);
        match *self {
            Dist::Fixed(s) if !fine(s) => Some(format!("{s} is not a time between 0 and {SECONDS_MAX} seconds")),
            Dist::Drawn(Shape::Uniform([from, to])) if !(fine(from) && fine(to) && from <= to) => {
                Some(format!("uniform = [{from}, {to}]: two times in rising order, up to {SECONDS_MAX} seconds"))
            }
            Dist::Drawn(Shape::Lognormal { median, sigma }) if !(fine(median) && (0.0..=3.0).contains(&sigma)) => {
                Some(format!("lognormal median {median}, sigma {sigma}: sigma from 0 to 3 is expected"))
            }
            Dist::Drawn(Shape::Exponential { mean }) if !fine(mean) => Some(format!("exponential mean {mean}")),
            Dist::Fixed(_) | Dist::Drawn(_) => None,
        }
    }
}

/// Whole microseconds: the resolution of `Moment`.
pub fn seconds(value: f64) -> Duration {
    Duration::from_micros((value.clamp(0.0, SECONDS_MAX * 100.0) * 1e6).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::super::rng::{Purpose, stream};
    use super::*;

    #[test]
    fn every_shape_reads_from_toml_and_draws_within_its_bounds() {
        #[derive(Deserialize)]
        struct Doc {
            a: Dist,
            b: Dist,
            c: Dist,
            d: Dist,
        }
        let text = "a = 4\nb = { uniform = [1, 3] }\nc = { lognormal = { median = 8.0, sigma = 0.6 } }\nd = { exponential = { mean = 40.0 } }";
        let doc: Doc = toml::from_str(text).expect("four shapes");
        let mut rng = stream(1, Purpose::Talk, 1, 1);
        assert_eq!(doc.a.draw(&mut rng), Duration::from_secs(4));
        let mut logs: Vec<f64> = (0..4001).map(|_| doc.c.seconds(&mut rng)).collect();
        logs.sort_by(f64::total_cmp);
        assert!((logs[2000] - 8.0).abs() < 0.6, "the median is the median: {}", logs[2000]);
        for _ in 0..1000 {
            assert!((1.0..3.0).contains(&doc.b.seconds(&mut rng)));
            assert!(doc.d.seconds(&mut rng) >= 0.0);
        }
    }

    #[test]
    fn impossible_numbers_are_named() {
        assert!(Dist::Fixed(-1.0).fault().is_some());
        assert!(Dist::Fixed(f64::NAN).fault().is_some());
        assert!(Dist::uniform(3.0, 1.0).fault().is_some());
        assert!(Dist::lognormal(8.0, 9.0).fault().is_some());
        assert!(Dist::exponential(4.0).fault().is_none());
    }
}
