//! From any rate to 8 kHz, once, when a prompt is loaded: a windowed sinc (Hann, 16 zero crossings a side) that cuts
//! at 3.6 kHz. Slow and good; it refuses to run while calls do.

use super::RATE;
use std::f64::consts::PI;

const ZERO_CROSSINGS: f64 = 16.0;
/// Pass band, as a part of the lower of the two half rates.
const PASS: f64 = 0.9;

pub fn to_8k(samples: &[f32], rate: u32) -> Vec<f32> {
    if rate == RATE {
        return samples.to_vec();
    }
    let step = f64::from(rate) / f64::from(RATE);
    // Cut-off, in cycles per input sample.
    let cut = PASS * 0.5 / step.max(1.0);
    let reach = ZERO_CROSSINGS / (2.0 * cut);
    let length = (samples.len() as f64 / step).floor() as usize;
    (0..length).map(|i| at(samples, i as f64 * step, cut, reach)).collect()
}

fn at(samples: &[f32], centre: f64, cut: f64, reach: f64) -> f32 {
    let from = (centre - reach).ceil().max(0.0) as usize;
    let to = ((centre + reach).floor() as usize).min(samples.len().saturating_sub(1));
    let (mut sum, mut weights) = (0.0, 0.0);
    for (i, &sample) in samples.iter().enumerate().take(to + 1).skip(from) {
        let x = i as f64 - centre;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { (2.0 * PI * cut * x).sin() / (2.0 * PI * cut * x) };
        let weight = sinc * (0.5 + 0.5 * (PI * x / reach).cos());
        sum += weight * f64::from(sample);
        weights += weight;
    }
    if weights.abs() < 1e-9 { 0.0 } else { (sum / weights) as f32 }
}
