//! Two programs on common seeds: the differences of utilization seed by seed, their mean with its standard error, the paired
//! t-value and the sign test; and, if wanted, the gap of both to a program that is told when agents come free.
//! It says what the figures are, not what follows from them.
use crate::scenario::Scenario;
use crate::sim::Score;

/// Who plays a scenario with a seed.
pub type Play<'a> = &'a dyn Fn(&Scenario, u64) -> Score;

/// Plays all on the same seeds; prints a line per seed, then a summary per scenario and one over all.
pub fn compare(scenarios: &[&Scenario], seeds: std::ops::Range<u64>, one: Play, other: Play, oracle: Option<Play>) {
    println!("scenario,seed,difference,util_a,aband_a,util_b,aband_b{}", if oracle.is_some() { ",util_oracle,aband_oracle" } else { "" });
    let mut all = vec![];
    let mut summaries = vec![];
    for scenario in scenarios {
        let mut sides: Vec<Side> = vec![Side::default(); if oracle.is_some() { 3 } else { 2 }];
        let mut differences = vec![];
        for seed in seeds.clone() {
            let scores: Vec<Score> = [Some(one), Some(other), oracle].into_iter().flatten().map(|play| play(scenario, seed)).collect();
            sides.iter_mut().zip(&scores).for_each(|(side, score)| side.add(score));
            differences.push(scores[0].util - scores[1].util);
            let cells: Vec<String> = scores.iter().map(|s| format!("{:.4},{:.5}", s.util, s.aband)).collect();
            println!("{},{seed},{:+.4},{}", scenario.name, scores[0].util - scores[1].util, cells.join(","));
        }
        let n = differences.len().max(1) as f64;
        let means: Vec<String> = sides.iter().map(|side| side.mean(n)).collect();
        summaries.push(format!("{}: {}: {}", scenario.name, means.join(" against "), summary(&differences)));
        if let Some(oracle) = sides.get(2) {
            let gap = |side: &Side| 100.0 * (oracle.util - side.util) / n;
            summaries.push(format!("{}: gap to the oracle {:.2} against {:.2}", scenario.name, gap(&sides[0]), gap(&sides[1])));
        }
        all.extend(differences);
    }
    summaries.iter().for_each(|line| println!("{line}"));
    if scenarios.len() > 1 {
        println!("all: {}", summary(&all));
    }
}

/// Sums of one program over the seeds.
#[derive(Clone, Default)]
struct Side { util: f64, lost: u64, humans: u64, worst: f64 }

impl Side {
    fn add(&mut self, score: &Score) {
        self.util += score.util;
        self.lost += score.abandoned + score.amd_fp;
        self.humans += score.humans;
        self.worst = self.worst.max(score.aband);
    }

    /// Utilization, abandonment pooled and of the worst seed, all in percent.
    fn mean(&self, n: f64) -> String {
        format!("{:.2} / {:.2} (worst {:.2})", 100.0 * self.util / n, 100.0 * self.lost as f64 / self.humans.max(1) as f64, 100.0 * self.worst)
    }
}

/// Differences in points of utilization.
fn summary(differences: &[f64]) -> String {
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n.max(1.0);
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let error = (variance / n.max(1.0)).sqrt();
    let (above, below) = (differences.iter().filter(|d| **d > 0.0).count(), differences.iter().filter(|d| **d < 0.0).count());
    let (of, p) = (above + below, sign_test(above, below));
    format!("{:+.2} points, standard error {:.2}, t {:.2}, above zero in {above} of {of} (sign test p {p:.4})", 100.0 * mean, 100.0 * error, mean / error.max(1e-12))
}

/// Two-sided: how likely a fair coin falls at least as unevenly.
fn sign_test(above: usize, below: usize) -> f64 {
    let n = above + below;
    let (mut term, mut sum) = (0.5f64.powi(n as i32), 0.0);
    for k in 0..=above.min(below) {
        sum += term;
        term *= (n - k) as f64 / (k + 1) as f64;
    }
    (2.0 * sum).min(1.0)
}
