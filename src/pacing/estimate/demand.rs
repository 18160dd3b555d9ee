//! Demand tables: the probability that a line of a given stage and age wants an agent within each horizon, and that it
//! holds one then: short talks are over before a later call lands, and their agents are free again.
//! Rebuilt from the hazards, the level and AMD's delays; looked up per line.

use super::{Amd, HORIZON_SECONDS, HORIZONS, Ring, Row, ZERO};

/// Half-second grid.
const STEP: f64 = 0.5;
/// Ages since dialing that are told apart, in steps.
const PRE_STEPS: usize = 40;
/// AMD's delay is folded in over this many steps.
const DELAY_STEPS: usize = 12;
/// The horizons, in steps: all of them are whole.
const HORIZON_STEPS: [usize; HORIZONS] = horizon_steps();
/// Of the last horizon.
const REACH: usize = HORIZON_STEPS[HORIZONS - 1];
/// By half seconds since an agent took a call: the chance to be ready again.
pub type Again = [f64; REACH + 1];
pub const NEVER: Again = [0.0; REACH + 1];

const fn horizon_steps() -> [usize; HORIZONS] {
    let mut steps = [0; HORIZONS];
    let mut j = 0;
    while j < HORIZONS {
        steps[j] = (HORIZON_SECONDS[j] / STEP) as usize;
        j += 1;
    }
    steps
}

#[derive(Debug, Clone, Default)]
pub struct Demand {
    /// By half seconds since dialing.
    pre: Vec<Row>,
    /// By half seconds of ringing.
    ring: Vec<Row>,
    /// The same: holds an agent at the horizon.
    pre_held: Vec<Row>,
    ring_held: Vec<Row>,
    /// Live answers fallen due by each second of ringing, at level one.
    live_due: Vec<f64>,
    /// Where a fresh dial lands, given that it becomes a person's answer; sums to one.
    landing: Row,
    /// A fresh dial becomes live at all.
    answer_rate: f64,
    /// Scratch: survival and live incidence by ring age.
    survival: Vec<f64>,
    incidence: Vec<f64>,
    people: Vec<f64>,
    /// Incidence half a step before each step, to the last horizon of the oldest line.
    halves: Vec<f64>,
    /// The two incidences behind AMD's delay, half a step before each step.
    delayed: Vec<f64>,
    delayed_people: Vec<f64>,
    delay: [f64; DELAY_STEPS],
    again: Vec<f64>,
    /// Live, served and done within so many steps of being answered; and of a line that begins to ring.
    done: Vec<f64>,
    done_fresh: Vec<f64>,
}

impl Demand {
    /// How soon an agent who takes a call is ready for the next: for the tables made from now on; before, never.
    pub fn expect_again(&mut self, again: &Again) {
        self.again.clear();
        self.again.extend_from_slice(again);
    }

    pub fn rebuild(&mut self, ring: &Ring, amd: Option<&Amd>, level: f64) {
        self.delay = match amd {
            Some(amd) => std::array::from_fn(|step| amd.live_mass(step)),
            None => std::array::from_fn(|step| if step == 0 { 1.0 } else { 0.0 }),
        };
        self.incidences(ring, level);
        halve(&self.incidence, &mut self.halves);
        let delay = amd.is_some().then_some(&self.delay);
        behind(&self.incidence, delay, &mut self.delayed);
        behind(&self.people, delay, &mut self.delayed_people);
        self.ringing(amd.is_some());
        self.finishing();
        self.dialing(ring);
    }

    /// What of the ringing lines is done with its agent at each horizon.
    fn finishing(&mut self) {
        let again = &self.again;
        self.done.clear();
        self.done.extend((0..=REACH).map(|step| {
            let since_live = again.iter().take(step + 1).rev();
            self.delay.iter().zip(since_live).map(|(mass, done)| mass * done).sum::<f64>()
        }));
        let (done, incidence) = (&self.done, &self.incidence);
        // Answered in each step after `age`, and done in the rest of the steps to the horizon.
        let by = |age: usize, steps: usize| {
            let answered = incidence[age..].windows(2).map(|pair| pair[1] - pair[0]);
            done[..steps].iter().rev().zip(answered).map(|(done, mass)| mass * done).sum::<f64>()
        };
        self.ring_held.clear();
        self.ring_held.extend(self.ring.iter().enumerate().map(|(age, live)| -> Row {
            let scale = 1.0 / self.survival[age];
            std::array::from_fn(|j| (live[j] - by(age, HORIZON_STEPS[j]) * scale).clamp(0.0, 1.0))
        }));
        self.done_fresh.clear();
        self.done_fresh.push(0.0);
        let whole = (1..=REACH).map(|steps| by(0, steps));
        let mut before = 0.0;
        self.done_fresh.extend(whole.map(|now| 0.5 * (std::mem::replace(&mut before, now) + now)));
    }

    /// Survival and incidence of live answers by ring age.
    fn incidences(&mut self, ring: &Ring, level: f64) {
        let steps = (ring.ring_seconds_max() / STEP).ceil() as usize;
        for table in [&mut self.survival, &mut self.incidence, &mut self.people] {
            table.clear();
            table.reserve(steps + 1);
        }
        self.survival.push(1.0);
        self.incidence.push(0.0);
        self.people.push(0.0);
        self.live_due.clear();
        self.live_due.push(0.0);
        let (mut alive, mut live_sum, mut people_sum) = (1.0, 0.0, 0.0);
        for step in 0..steps {
            let age = (step as f64 + 0.5) * STEP;
            let (on, off) = ring.ring_hazard(age);
            let share = ring.live_share(age);
            if step % 2 == 0 {
                let due = self.live_due[step / 2] + on * share;
                self.live_due.push(due);
            }
            let live = level * on * share;
            let total = (live + on * (1.0 - share) + off).max(1e-9);
            let ends = alive * (1.0 - (-total * STEP).exp());
            alive -= ends;
            live_sum += ends * live / total;
            people_sum += ends * live / total * ring.person_share(age);
            self.survival.push(alive.max(1e-6));
            self.incidence.push(live_sum);
            self.people.push(people_sum);
        }
    }

    fn ringing(&mut self, delayed: bool) {
        self.ring.clear();
        for age in 0..self.survival.len() {
            let (base, scale) = (self.incidence[age], 1.0 / self.survival[age]);
            let row = std::array::from_fn(|j| {
                let by = if delayed {
                    let end = age + HORIZON_STEPS[j];
                    let from_now = self.halves[age + 1..=end].iter().rev();
                    self.delay.iter().zip(from_now).map(|(mass, by)| mass * (by - base)).sum::<f64>()
                } else {
                    self.incidence[(age + HORIZON_STEPS[j]).min(self.incidence.len() - 1)] - base
                };
                (by * scale).clamp(0.0, 1.0)
            });
            self.ring.push(row);
        }
    }

    fn dialing(&mut self, ring: &Ring) {
        // Mass of "starts to ring" per step, and survival in the dialing stage.
        let mut mass = [0.0; PRE_STEPS];
        let mut alive = [1.0; PRE_STEPS + 1];
        for step in 0..PRE_STEPS {
            let (on, off) = ring.pre_hazard((step as f64 + 0.5) * STEP);
            let total = (on + off).max(1e-9);
            let ends = alive[step] * (1.0 - (-total * STEP).exp());
            mass[step] = ends * on / total;
            alive[step + 1] = (alive[step] - ends).max(1e-6);
        }
        // What starts to ring `n` steps from now is live by a horizon if it takes the steps that are left.
        let fold = |from: usize, j: usize, table: &[f64]| {
            let left = table[1..=HORIZON_STEPS[j]].iter().rev();
            mass[from..].iter().zip(left).map(|(mass, by)| mass * by).sum::<f64>()
        };
        self.pre.clear();
        self.pre_held.clear();
        for from in 0..PRE_STEPS {
            let scale = 1.0 / alive[from];
            let live: Row = std::array::from_fn(|j| (fold(from, j, &self.delayed) * scale).clamp(0.0, 1.0));
            let done = |j: usize| fold(from, j, &self.done_fresh) * scale;
            self.pre_held.push(std::array::from_fn(|j| (live[j] - done(j)).clamp(0.0, 1.0)));
            self.pre.push(live);
        }
        let people: Row = std::array::from_fn(|j| fold(0, j, &self.delayed_people));
        self.answer_rate = mass.iter().sum::<f64>() * self.incidence.last().copied().unwrap_or(0.0);
        self.landing = landing(&people);
    }

    /// A fresh dial holds an agent at each horizon.
    pub fn fresh(&self) -> &Row {
        &self.pre_held[0]
    }

    pub fn landing(&self) -> &Row {
        &self.landing
    }

    /// Live answers that fall due between two ages of ringing, at level one: what the level filter expects.
    pub fn live_due(&self, from_age: f64, to_age: f64) -> f64 {
        value(&self.live_due, to_age.max(0.0)) - value(&self.live_due, from_age.max(0.0))
    }

    /// Live answers per call placed and not failed.
    pub fn answer_rate(&self) -> f64 {
        self.answer_rate
    }

    /// Steps of age that share a row.
    pub fn pre_bucket(&self, age: f64) -> usize {
        ((age / STEP + 0.5) as usize).min(self.pre.len() - 1)
    }

    pub fn ring_bucket(&self, age: f64) -> usize {
        ((age / STEP + 0.5) as usize).min(self.ring.len() - 1)
    }

    pub fn pre_row(&self, bucket: usize) -> &Row {
        &self.pre[bucket]
    }

    pub fn ring_row(&self, bucket: usize) -> &Row {
        &self.ring[bucket]
    }

    /// The same: holding an agent at each horizon.
    pub fn pre_held(&self, bucket: usize) -> &Row {
        &self.pre_held[bucket]
    }

    pub fn ring_held(&self, bucket: usize) -> &Row {
        &self.ring_held[bucket]
    }

    pub fn buckets(&self) -> (usize, usize) {
        (self.pre.len(), self.ring.len())
    }
}

/// Between the entries, and as the last beyond them.
fn value(table: &[f64], at: f64) -> f64 {
    let below = at as usize;
    match table.get(below + 1) {
        Some(above) => table[below] + (above - table[below]) * (at - below as f64),
        None => table.last().copied().unwrap_or(0.0),
    }
}

/// A table half a step before each step, as far as any horizon reaches; at zero, nothing.
fn halve(table: &[f64], out: &mut Vec<f64>) {
    let last = table.last().copied().unwrap_or(0.0);
    out.clear();
    out.push(0.0);
    out.extend(table.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])));
    out.resize(table.len() + REACH + 1, last);
}

/// A whole table moved behind AMD's delay, half a step before each step.
fn behind(table: &[f64], delay: Option<&[f64; DELAY_STEPS]>, out: &mut Vec<f64>) {
    halve(table, out);
    let Some(delay) = delay else { return };
    // At whole steps first: what came half a step before, one and a half before, and so on.
    for at in (1..out.len()).rev() {
        out[at] = out[1..=at].iter().rev().zip(delay).map(|(by, mass)| mass * by).sum();
    }
    for at in (1..out.len()).rev() {
        out[at] = 0.5 * (out[at] + out[at - 1]);
    }
}

/// Weights of the horizons: a cell reaches half-way to its neighbours, the last one to infinity.
fn landing(by: &Row) -> Row {
    let total = by[HORIZONS - 1];
    if total <= 1e-9 {
        return std::array::from_fn(|j| if j == HORIZONS / 2 { 1.0 } else { 0.0 });
    }
    let mut row = ZERO;
    let mut before = 0.0;
    for j in 0..HORIZONS {
        let edge = if j + 1 < HORIZONS { 0.5 * (by[j] + by[j + 1]) } else { total };
        row[j] = (edge - before) / total;
        before = edge;
    }
    row
}
