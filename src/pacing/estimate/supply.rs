//! Supply tables: the probability that an agent of a given state and age is ready within each horizon.
//! A talk goes through its stages into the wrap-up and out of it; each is a hazard by its own age.

use super::{HORIZON_SECONDS, Row, Talk, ZERO, mix};

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

#[derive(Debug, Clone, Default)]
struct Table(Vec<Row>);

#[derive(Debug, Clone, Default)]
pub struct Supply {
    stages: Vec<Table>,
    /// Ready within so many seconds from the first moment of each stage, kept between rebuilds.
    from_start: Vec<Curve>,
    wraps: [Table; 2],
    pauses: Table,
}

impl Supply {
    /// `grace` is added to every horizon: a caller waits that long.
    pub fn rebuild(&mut self, talk: &Talk, grace: f64, person_share: f64) {
        let ready = talk.ready_share();
        let wrap_curve = |at: usize, age: f64| passed(|t| talk.wraps[at].at(age + t), ready);
        for at in 0..2 {
            self.wraps[at].fill(grace, |age| wrap_curve(at, age));
        }
        self.pauses.fill(grace, |age| passed(|t| talk.pauses.at(age + t), 1.0));
        let (after_machine, after_person) = (wrap_curve(0, 0.0), wrap_curve(1, 0.0));
        self.talks(talk, grace, &after_machine, &after_person, person_share);
    }

    fn talks(&mut self, talk: &Talk, grace: f64, after_machine: &Curve, after_person: &Curve, person_share: f64) {
        let count = talk.stages.len();
        self.from_start.resize(count, FLAT);
        self.stages.resize(count, Table::default());
        // A stage may lead to itself: two sweeps over curves kept from the last time settle it.
        for _ in 0..2 {
            for at in 0..count {
                let onward = self.onward(talk, at, after_machine, after_person, person_share);
                self.from_start[at] = folded(|t| leaving(talk, at, t), &onward);
            }
        }
        for at in 0..count {
            let onward = self.onward(talk, at, after_machine, after_person, person_share);
            self.stages[at].fill(grace, |age| folded(|t| leaving(talk, at, age + t), &onward));
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

    pub fn talk_row(&self, stage: usize, age: f64) -> Row {
        self.stages.get(stage).map_or(ZERO, |table| table.row(age))
    }

    pub fn wrap_row(&self, human: bool, age: f64) -> Row {
        self.wraps[usize::from(human)].row(age)
    }

    pub fn pause_row(&self, age: f64) -> Row {
        self.pauses.row(age)
    }
}

fn leaving(talk: &Talk, at: usize, age: f64) -> f64 {
    talk.stages[at].leaves.at(age)
}

impl Table {
    fn fill(&mut self, grace: f64, curve: impl Fn(f64) -> Curve) {
        self.0.clear();
        self.0.extend(KNOTS.iter().map(|&age| {
            let curve = curve(age);
            std::array::from_fn(|j| at(&curve, HORIZON_SECONDS[j] + grace))
        }));
    }

    fn row(&self, age: f64) -> Row {
        let above = KNOTS.partition_point(|&knot| knot <= age);
        match (above, self.0.len()) {
            (_, 0) => ZERO,
            (0, _) => self.0[0],
            (above, len) if above >= len => self.0[len - 1],
            (above, _) => {
                let (from, to) = (KNOTS[above - 1], KNOTS[above]);
                mix(&self.0[above - 1], &self.0[above], (age - from) / (to - from))
            }
        }
    }
}

/// Passed one hazard within t seconds, times a share.
fn passed(hazard: impl Fn(f64) -> f64, share: f64) -> Curve {
    let mut curve = FLAT;
    let mut alive = 1.0;
    for t in 0..SECONDS {
        alive *= (-hazard(t as f64 + 0.5)).exp();
        curve[t + 1] = share * (1.0 - alive);
    }
    curve
}

/// Passed one hazard, then `onward`.
fn folded(hazard: impl Fn(f64) -> f64, onward: &Curve) -> Curve {
    let mut curve = FLAT;
    let mut alive = 1.0;
    for t in 0..SECONDS {
        let ends = alive * (1.0 - (-hazard(t as f64 + 0.5)).exp());
        alive -= ends;
        // Ended in the middle of this second.
        for later in t + 1..=SECONDS {
            curve[later] += ends * 0.5 * (onward[later - t - 1] + onward[later - t]);
        }
    }
    curve
}

fn at(curve: &Curve, seconds: f64) -> f64 {
    let below = (seconds as usize).min(SECONDS);
    let above = (below + 1).min(SECONDS);
    curve[below] + (curve[above] - curve[below]) * (seconds - below as f64).clamp(0.0, 1.0)
}
