//! Demand tables: the probability that a line of a given stage and age wants an agent within each horizon.
//! Rebuilt from the hazards, the level and AMD's delays; looked up per line.

use super::{Amd, HORIZON_SECONDS, HORIZONS, Ring, Row, ZERO};

/// Half-second grid.
const STEP: f64 = 0.5;
/// Ages since dialing that are told apart, in steps.
const PRE_STEPS: usize = 40;
/// AMD's delay is folded in over this many steps.
const DELAY_STEPS: usize = 12;

#[derive(Debug, Clone, Default)]
pub struct Demand {
    /// By half seconds since dialing.
    pre: Vec<Row>,
    /// By half seconds of ringing.
    ring: Vec<Row>,
    /// By one-second bins of ring age, at level one: what the level filter expects.
    live_hazard: Vec<f64>,
    /// Where a fresh dial lands, given that it becomes a person's answer; sums to one.
    landing: Row,
    /// A fresh dial becomes live at all.
    answer_rate: f64,
    /// Scratch: survival and live incidence by ring age.
    survival: Vec<f64>,
    incidence: Vec<f64>,
    people: Vec<f64>,
    /// The same two, behind AMD's delay.
    delayed: Vec<f64>,
    delayed_people: Vec<f64>,
    delay: [f64; DELAY_STEPS],
}

impl Demand {
    pub fn rebuild(&mut self, ring: &Ring, amd: Option<&Amd>, level: f64) {
        self.delay = match amd {
            Some(amd) => std::array::from_fn(|step| amd.live_mass(step)),
            None => std::array::from_fn(|step| if step == 0 { 1.0 } else { 0.0 }),
        };
        self.incidences(ring, level);
        let delayed = amd.is_some();
        behind(&self.incidence, &self.delay, delayed, &mut self.delayed);
        behind(&self.people, &self.delay, delayed, &mut self.delayed_people);
        self.ringing(delayed);
        self.dialing(ring);
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
        self.live_hazard.clear();
        let (mut alive, mut live_sum, mut people_sum) = (1.0, 0.0, 0.0);
        for step in 0..steps {
            let age = (step as f64 + 0.5) * STEP;
            let (on, off) = ring.ring_hazard(age);
            let share = ring.live_share(age);
            if step % 2 == 0 {
                self.live_hazard.push(on * share);
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
            let base = self.incidence[age];
            let row = std::array::from_fn(|j| {
                let by = folded(&self.incidence, &self.delay, age as f64 + HORIZON_SECONDS[j] / STEP, base, delayed);
                (by / self.survival[age]).clamp(0.0, 1.0)
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
        self.pre.clear();
        let mut people = ZERO;
        for from in 0..PRE_STEPS {
            let row = std::array::from_fn(|j| {
                let end = HORIZON_SECONDS[j] / STEP;
                let mut by = 0.0;
                for (step, mass) in mass.iter().enumerate().skip(from) {
                    let left = end - (step - from) as f64 - 0.5;
                    if left <= 0.0 {
                        break;
                    }
                    by += mass * value(&self.delayed, left);
                    if from == 0 {
                        people[j] += mass * value(&self.delayed_people, left);
                    }
                }
                (by / alive[from]).clamp(0.0, 1.0)
            });
            self.pre.push(row);
        }
        self.answer_rate = mass.iter().sum::<f64>() * self.incidence.last().copied().unwrap_or(0.0);
        self.landing = landing(&people);
    }

    pub fn fresh(&self) -> &Row {
        &self.pre[0]
    }

    pub fn landing(&self) -> &Row {
        &self.landing
    }

    pub fn live_hazard(&self) -> &[f64] {
        &self.live_hazard
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

    pub fn buckets(&self) -> (usize, usize) {
        (self.pre.len(), self.ring.len())
    }
}

/// Incidence beyond `base` by grid time `at`, behind AMD's delay.
fn folded(table: &[f64], delay: &[f64; DELAY_STEPS], at: f64, base: f64, delayed: bool) -> f64 {
    if !delayed {
        return (value(table, at) - base).max(0.0);
    }
    let mut sum = 0.0;
    for (step, mass) in delay.iter().enumerate() {
        let then = at - step as f64 - 0.5;
        if then <= 0.0 {
            break;
        }
        sum += mass * (value(table, then) - base).max(0.0);
    }
    sum
}

/// A whole table moved behind AMD's delay.
fn behind(table: &[f64], delay: &[f64; DELAY_STEPS], delayed: bool, out: &mut Vec<f64>) {
    out.clear();
    let steps = table.len() + if delayed { DELAY_STEPS } else { 0 };
    out.extend((0..steps).map(|at| folded(table, delay, at as f64, 0.0, delayed)));
}

fn value(table: &[f64], at: f64) -> f64 {
    let below = at as usize;
    match table.get(below + 1) {
        Some(above) => table[below] + (above - table[below]) * (at - below as f64),
        None => table.last().copied().unwrap_or(0.0),
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
