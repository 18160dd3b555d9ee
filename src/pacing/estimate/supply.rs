//! Supply tables: the probability that an agent of a given state and age is ready within each horizon.
//! A talk goes through its stages into the wrap-up and out of it; each is a hazard by its own age.

use super::demand::NEVER;
use super::hazard::Outlasts;
use super::{Again, HORIZON_SECONDS, HORIZONS, Row, Talk, ZERO};

/// Seconds looked ahead.
const SECONDS: usize = 36;
/// Ages at which a table has a row; between them it is interpolated.
const KNOTS: [f64; 30] = [
    0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0, 27.0, 33.0, 40.0, 50.0, 60.0, 75.0, 90.0,
    110.0, 135.0, 165.0, 200.0, 250.0, 300.0, 400.0, 500.0, 650.0, 900.0,
];

/// Probabilities by whole seconds from now.
type Curve = [f64; SECONDS + 1];
const FLAT: Curve = [0.0; SECONDS + 1];

/// The chance of being not yet ready at each horizon, and its logarithm: what an agent's speed multiplies.
#[derive(Debug, Clone, Copy)]
struct Left {
    left: Row,
    log: Row,
}

#[derive(Debug, Clone, Default)]
struct Table(Vec<Left>);

#[derive(Debug, Clone)]
pub struct Supply {
    stages: Vec<Table>,
    /// Ready within so many seconds from the first moment of each stage, kept between rebuilds.
    from_start: Vec<Curve>,
    wraps: [Table; 2],
    pauses: Table,
    taken: Table,
    /// Who takes a call is ready again within so many half seconds.
    again: Again,
}

impl Default for Supply {
    fn default() -> Supply {
        let (wraps, pauses, taken) = Default::default();
        Supply { stages: Vec::new(), from_start: Vec::new(), wraps, pauses, taken, again: NEVER }
    }
}

impl Supply {
    /// `grace` is added to every horizon: a caller waits that long.
    pub fn rebuild(&mut self, talk: &Talk, grace: f64, person_share: f64) {
        let ready = talk.ready_share();
        let wraps = [talk.wraps[0].outlasts(), talk.wraps[1].outlasts()];
        let wrap_curve = |at: usize, age: f64| passed(&wraps[at], age, ready);
        for at in 0..2 {
            self.wraps[at].fill(grace, |age| wrap_curve(at, age));
        }
        let pauses = talk.pauses.outlasts();
        self.pauses.fill(grace, |age| passed(&pauses, age, 1.0));
        let taken = talk.taken.outlasts();
        self.taken.fill(grace, |age| passed(&taken, age, 1.0));
        let (after_machine, after_person) = (wrap_curve(0, 0.0), wrap_curve(1, 0.0));
        self.talks(talk, grace, &after_machine, &after_person, person_share);
        let wrap: Curve =
            std::array::from_fn(|t| after_machine[t] + (after_person[t] - after_machine[t]) * person_share);
        let again = folded(&talk.pooled.outlasts(), 0.0, &wrap);
        self.again = std::array::from_fn(|step| at(&again, 0.5 * step as f64 + grace));
    }

    /// Who takes a call now is ready again within so many half seconds, the caller's patience with them.
    pub fn again(&self) -> &Again {
        &self.again
    }

    fn talks(&mut self, talk: &Talk, grace: f64, after_machine: &Curve, after_person: &Curve, person_share: f64) {
        let count = talk.stages.len();
        self.from_start.resize(count, FLAT);
        self.stages.resize(count, Table::default());
        let leaves: Vec<Outlasts> = talk.stages.iter().map(|stage| stage.leaves.outlasts()).collect();
        // A stage may lead to itself: two sweeps over curves kept from the last time settle it.
        for _ in 0..2 {
            for at in 0..count {
                let onward = self.onward(talk, at, after_machine, after_person, person_share);
                self.from_start[at] = folded(&leaves[at], 0.0, &onward);
            }
        }
        for at in 0..count {
            let onward = self.onward(talk, at, after_machine, after_person, person_share);
            self.stages[at].fill(grace, |age| folded(&leaves[at], age, &onward));
        }
    }

    /// Ready within so many seconds of leaving a stage: its end's wrap-up, or the stages that follow.
    fn onward(&self, talk: &Talk, at: usize, after_machine: &Curve, after_person: &Curve, person_share: f64) -> Curve {
        let stage = &talk.stages[at];
        // Where steps are told, a talk without any is with a machine.
        let person = match (at, talk.stages.len()) {
            (0, 1) => person_share,
            (0, _) => 0.2,
            (_, _) => 1.0,
        };
        let total: f64 = stage.ends + stage.next.iter().sum::<f64>() + 1.0;
        let end = (stage.ends + 1.0) / total;
        let mut curve: Curve =
            std::array::from_fn(|t| end * (after_machine[t] + (after_person[t] - after_machine[t]) * person));
        for (next, count) in stage.next.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            if let Some(from_start) = self.from_start.get(next) {
                curve.iter_mut().zip(from_start).for_each(|(sum, by)| *sum += count / total * by);
            }
        }
        curve
    }

    /// `speed` is a factor on the hazard, near one.
    pub fn talk_row(&self, stage: usize, age: f64, speed: f64) -> Row {
        self.stages.get(stage).map_or(ZERO, |table| table.row(age, speed))
    }

    pub fn wrap_row(&self, human: bool, age: f64, speed: f64) -> Row {
        self.wraps[usize::from(human)].row(age, speed)
    }

    pub fn pause_row(&self, age: f64) -> Row {
        self.pauses.row(age, 1.0)
    }

    pub fn taken_row(&self, age: f64) -> Row {
        self.taken.row(age, 1.0)
    }
}

impl Table {
    fn fill(&mut self, grace: f64, curve: impl Fn(f64) -> Curve) {
        self.0.clear();
        self.0.extend(KNOTS.iter().map(|&age| {
            let curve = curve(age);
            let left: Row = std::array::from_fn(|j| (1.0 - at(&curve, HORIZON_SECONDS[j] + grace)).clamp(1e-12, 1.0));
            Left { left, log: left.map(f64::ln) }
        }));
    }

    fn row(&self, age: f64, speed: f64) -> Row {
        let above = KNOTS.partition_point(|&knot| knot <= age);
        let (from, to, x) = match (above, self.0.len()) {
            (_, 0) => return ZERO,
            (0, _) => (0, 0, 0.0),
            (above, len) if above >= len => (len - 1, len - 1, 0.0),
            (above, _) => (above - 1, above, (age - KNOTS[above - 1]) / (KNOTS[above] - KNOTS[above - 1])),
        };
        let (from, to, more) = (&self.0[from], &self.0[to], (speed - 1.0).clamp(-0.5, 1.0));
        let mut row = ZERO;
        for j in 0..HORIZONS {
            let left = from.left[j] + (to.left[j] - from.left[j]) * x;
            let log = from.log[j] + (to.log[j] - from.log[j]) * x;
            // left^speed = left * exp(more * log), by the first terms of the exponential: of it, or of its inverse.
            let power = (more * log).abs();
            let terms = 1.0 + power + 0.5 * power * power;
            row[j] = (1.0 - if more > 0.0 { left / terms } else { left * terms }).max(0.0);
        }
        row
    }
}

/// Passed one hazard within t seconds from an age, times a share.
fn passed(outlasts: &Outlasts, age: f64, share: f64) -> Curve {
    let mut curve = FLAT;
    let mut alive = 1.0;
    for (by, outlasts) in curve[1..].iter_mut().zip(outlasts.from(age)) {
        alive *= outlasts;
        *by = share * (1.0 - alive);
    }
    curve
}

/// Passed one hazard, then `onward`.
fn folded(outlasts: &Outlasts, age: f64, onward: &Curve) -> Curve {
    let mut curve = FLAT;
    let mut alive = 1.0;
    for (t, outlasts) in outlasts.from(age).take(SECONDS).enumerate() {
        let ends = alive * (1.0 - outlasts);
        alive -= ends;
        // Ended in the middle of this second.
        let then = onward.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
        curve[t + 1..].iter_mut().zip(then).for_each(|(by, then)| *by += ends * then);
    }
    curve
}

fn at(curve: &Curve, seconds: f64) -> f64 {
    let below = (seconds as usize).min(SECONDS);
    let above = (below + 1).min(SECONDS);
    curve[below] + (curve[above] - curve[below]) * (seconds - below as f64).clamp(0.0, 1.0)
}
