//! The stage between answer and verdict: how long AMD thinks over people and over the others.
//! The share of people at a given ring age stands in `ring`.

use serde::{Deserialize, Serialize};

/// Bins of a quarter second, up to six seconds.
const WIDTH: f64 = 0.25;
const BINS: usize = 24;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Amd {
    live: [f64; BINS],
    other: [f64; BINS],
    /// Cumulated shares at the upper edge of each bin.
    live_by: [f64; BINS],
    other_by: [f64; BINS],
}

impl Default for Amd {
    fn default() -> Amd {
        let mut amd = Amd { live: [0.0; BINS], other: [0.0; BINS], live_by: [0.0; BINS], other_by: [0.0; BINS] };
        // A prior worth six verdicts: people are told after about a second, machines after about two.
        (2..8).for_each(|bin| amd.live[bin] += 1.0);
        (4..14).for_each(|bin| amd.other[bin] += 0.6);
        amd.refresh();
        amd
    }
}

impl Amd {
    pub fn verdict(&mut self, seconds: f64, live: bool) {
        let bin = ((seconds / WIDTH) as usize).min(BINS - 1);
        if live { self.live[bin] += 1.0 } else { self.other[bin] += 1.0 }
    }

    pub fn refresh(&mut self) {
        cumulate(&mut self.live, &mut self.live_by);
        cumulate(&mut self.other, &mut self.other_by);
    }

    /// Such as a run can leave.
    pub fn sound(&self) -> bool {
        let counts = self.live.iter().chain(&self.other).chain(&self.live_by).chain(&self.other_by);
        let some = |counts: &[f64; BINS]| counts.iter().sum::<f64>() > 0.0;
        counts.into_iter().all(|x| x.is_finite() && *x >= 0.0) && some(&self.live) && some(&self.other)
    }

    /// Share of live verdicts given within so many seconds.
    pub fn live_within(&self, seconds: f64) -> f64 {
        within(&self.live_by, seconds)
    }

    /// Probability that this answer, of which `share` are live at its ring age, turns out live
    /// though nothing was said for `seconds`.
    pub fn still_live(&self, share: f64, seconds: f64) -> f64 {
        let live = share * (1.0 - within(&self.live_by, seconds)).max(1e-3);
        let other = (1.0 - share) * (1.0 - within(&self.other_by, seconds)).max(1e-3);
        live / (live + other)
    }

    /// Mass of live verdicts in each half second: the delay that landing tables are folded with.
    pub fn live_mass(&self, half_second: usize) -> f64 {
        let from = half_second as f64 * 0.5;
        self.live_within(from + 0.5) - self.live_within(from)
    }
}

fn cumulate(counts: &mut [f64; BINS], by: &mut [f64; BINS]) {
    let total: f64 = counts.iter().sum();
    let mut sum = 0.0;
    for (count, by) in counts.iter_mut().zip(by) {
        sum += *count;
        *by = sum / total.max(1e-9);
        // Half forgotten after some 2,000 verdicts.
        if total > 2000.0 {
            *count *= 0.5;
        }
    }
}

fn within(by: &[f64; BINS], seconds: f64) -> f64 {
    let x = seconds / WIDTH;
    let bin = x as usize;
    if bin >= BINS {
        return 1.0;
    }
    let before = if bin == 0 { 0.0 } else { by[bin - 1] };
    before + (by[bin] - before) * (x - bin as f64)
}
