//! Pure tones: how much of a sound is one frequency (Goertzel), which frequency it is, and making one.
//! It refuses to know what a tone means: that is `signal`'s.

use super::RATE;
use std::f64::consts::PI;

/// Share of the energy that stands at `hz`: 1 is a pure sine, 0 is none or silence. (Goertzel 1958.)
/// The longer the samples, the narrower it looks: the width is `RATE / samples.len()`.
pub fn share(samples: &[i16], hz: f64) -> f64 {
    let energy: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    if energy < 1.0 {
        return 0.0;
    }
    (2.0 * power(samples, hz) / (samples.len() as f64 * energy)).min(1.0)
}

/// |X(hz)|², unscaled.
pub fn power(samples: &[i16], hz: f64) -> f64 {
    let mut goertzel = Goertzel::new(hz);
    samples.iter().for_each(|&sample| goertzel.push(sample));
    goertzel.power()
}

/// One bin of a Fourier transform, sample by sample.
#[derive(Debug, Clone)]
pub struct Goertzel {
    coefficient: f64,
    s1: f64,
    s2: f64,
}

impl Goertzel {
    pub fn new(hz: f64) -> Goertzel {
        Goertzel { coefficient: 2.0 * (2.0 * PI * hz / f64::from(RATE)).cos(), s1: 0.0, s2: 0.0 }
    }

    #[inline]
    pub fn push(&mut self, sample: i16) {
        let s0 = f64::from(sample) + self.coefficient * self.s1 - self.s2;
        (self.s2, self.s1) = (self.s1, s0);
    }

    pub fn power(&self) -> f64 {
        self.s1 * self.s1 + self.s2 * self.s2 - self.coefficient * self.s1 * self.s2
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    pub hz: f64,
    /// As `share`.
    pub share: f64,
}

/// The one frequency that would explain the samples, and how much it explains. Pisarenko's estimate for a single
/// sinusoid (white noise does not bias it), then Goertzel there.
pub fn find(samples: &[i16]) -> Option<Found> {
    let n = samples.len();
    let lag = |k: usize| -> f64 {
        samples[k..].iter().zip(samples).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>() / (n - k) as f64
    };
    if n < 8 {
        return None;
    }
    let (r1, r2) = (lag(1), lag(2));
    if r1.abs() < 1e-9 {
        return None;
    }
    let cosine = (r2 + (r2 * r2 + 8.0 * r1 * r1).sqrt()) / (4.0 * r1);
    if cosine.abs() >= 1.0 {
        return None;
    }
    let hz = cosine.acos() * f64::from(RATE) / (2.0 * PI);
    Some(Found { hz, share: share(samples, hz) })
}

/// A sine of `ms` at `dbfs` (0 is full scale), with 10 ms of soft start and end.
pub fn sine(hz: f64, ms: u32, dbfs: f64) -> Vec<i16> {
    let n = (RATE / 1000 * ms) as usize;
    let edge = 80.0f64.min(n as f64 / 2.0);
    let amplitude = 32767.0 * 10f64.powf(dbfs / 20.0);
    (0..n)
        .map(|i| {
            let from_edge = (i as f64).min((n - i) as f64) / edge;
            let gain = if from_edge < 1.0 { 0.5 - 0.5 * (PI * from_edge).cos() } else { 1.0 };
            (amplitude * gain * (2.0 * PI * hz * i as f64 / f64::from(RATE)).sin()) as i16
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_is_found_where_it_is_also_in_noise() {
        let mut seed = 1u32;
        for hz in [350.0, 440.0, 913.8, 1000.0, 1776.7, 2100.0, 2500.0] {
            let noisy: Vec<i16> = sine(hz, 60, -20.0)[80..240]
                .iter()
                .map(|&s| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    s + ((seed >> 16) as i32 % 600 - 300) as i16
                })
                .collect();
            let found = find(&noisy).expect("a tone");
            assert!((found.hz - hz).abs() < 20.0 && found.share > 0.9, "{hz}: {found:?}");
        }
    }

    #[test]
    fn silence_and_two_tones_are_not_one() {
        assert_eq!(share(&[0; 160], 1000.0), 0.0);
        let two: Vec<i16> = sine(440.0, 60, -20.0).iter().zip(sine(480.0, 60, -20.0)).map(|(a, b)| a + b).collect();
        assert!(share(&two, 440.0) < 0.7);
    }
}
