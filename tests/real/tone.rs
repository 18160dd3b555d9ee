//! Whose tone is in a sound: the share of each candidate's energy, by Goertzel over windows of 100 ms.

use std::path::Path;

/// Samples of one channel of a 16-bit (or G.711) WAV at 8 kHz, as floats.
pub fn channel(path: &Path, channel: usize) -> Vec<f64> {
    let mut reader = hound::WavReader::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let channels = usize::from(reader.spec().channels);
    reader.samples::<i16>().map(|sample| f64::from(sample.unwrap_or(0))).skip(channel).step_by(channels).collect()
}

/// The share of the windows with sound in which this tone carries most of the energy, 0 to 1.
pub fn share(samples: &[f64], hz: f64) -> f64 {
    let windows: Vec<&[f64]> = samples.chunks_exact(800).filter(|w| energy(w) > 800.0 * 100.0 * 100.0).collect();
    if windows.is_empty() {
        return 0.0;
    }
    let with_tone = windows.iter().filter(|w| goertzel(w, hz) / energy(w) > 0.5).count();
    with_tone as f64 / windows.len() as f64
}

/// Windows in which the tone is clearly there at all, even under another one: finds a stranger's crosstalk.
pub fn traces(samples: &[f64], hz: f64) -> usize {
    samples.chunks_exact(800).filter(|w| energy(w) > 800.0 * 50.0 * 50.0 && goertzel(w, hz) / energy(w) > 0.02).count()
}

fn energy(window: &[f64]) -> f64 {
    window.iter().map(|s| s * s).sum()
}

/// The energy of one frequency, on the scale of `energy` (a pure tone gives about all of it).
fn goertzel(window: &[f64], hz: f64) -> f64 {
    let w = std::f64::consts::TAU * hz / 8000.0;
    let (mut a, mut b) = (0.0, 0.0);
    for sample in window {
        (a, b) = (sample + 2.0 * w.cos() * a - b, a);
    }
    let power = a * a + b * b - 2.0 * w.cos() * a * b;
    2.0 * power / window.len() as f64
}
