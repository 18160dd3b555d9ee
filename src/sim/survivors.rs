//! What becomes of a line that rings on, by its age: what a cancelled one would have become. Lines that were cut off
//! count for as long as they rang (Kaplan and Meier 1958; Aalen and Johansen 1978): those that were left ringing are
//! no fair sample, for the quickly answered escape the cut and those that nobody answers do not.
//! It refuses to know what a call is.

/// How a line's ringing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rung {
    /// We hung up.
    Cut,
    Human,
    Machine,
    /// Nobody answered.
    Nobody,
}

pub(super) struct Survivors(Vec<Step>);

/// Just after somebody's ringing came to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    age: f64,
    /// The share that rings on.
    rings: f64,
    /// The shares that a person and a machine have answered by then.
    pub human: f64,
    pub machine: f64,
}

const START: Step = Step { age: 0.0, rings: 1.0, human: 0.0, machine: 0.0 };

impl Survivors {
    /// Seconds of ringing, and how each ended.
    pub fn of(mut rang: Vec<(f64, Rung)>) -> Survivors {
        rang.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut at, mut steps) = (START, Vec::new());
        for (before, (age, rung)) in rang.iter().enumerate() {
            let ends = at.rings / (rang.len() - before) as f64;
            match rung {
                Rung::Cut => continue,
                Rung::Human => at.human += ends,
                Rung::Machine => at.machine += ends,
                Rung::Nobody => {}
            }
            (at.age, at.rings) = (*age, at.rings - ends);
            steps.push(at);
        }
        Survivors(steps)
    }

    /// Ages at which somebody answered, and the share of all lines that each stands for.
    pub fn answers(&self, of: impl Fn(&Step) -> f64) -> impl Iterator<Item = (f64, f64)> {
        let before = std::iter::once(START).chain(self.0.iter().copied());
        let grown = before.zip(&self.0).map(move |(before, step)| (step.age, of(step) - of(&before)));
        grown.filter(|(_, share)| *share > 0.0)
    }

    /// What a line of this age becomes: the chances of a person and of a machine.
    pub fn from(&self, age: f64) -> (f64, f64) {
        let passed = self.0.partition_point(|step| step.age <= age);
        let now = passed.checked_sub(1).map_or(START, |last| self.0[last]);
        let end = self.0.last().copied().unwrap_or(START);
        if now.rings <= f64::EPSILON {
            return (0.0, 0.0);
        }
        ((end.human - now.human) / now.rings, (end.machine - now.machine) / now.rings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(groups: &[(usize, f64, Rung)]) -> Survivors {
        Survivors::of(groups.iter().flat_map(|&(n, age, rung)| std::iter::repeat_n((age, rung), n)).collect())
    }

    /// People answer after 16 s, and nobody cut them off; of those who would not answer nearly all were cut off at 20 s.
    /// Of what was left ringing ten in eleven are people. Of what rings at 15 s it is every second.
    #[test]
    fn a_cancelled_line_counts_as_those_that_rang_on() {
        let groups = [(10, 16.0, Rung::Human), (9, 20.0, Rung::Cut), (1, 30.0, Rung::Nobody), (5, 15.0, Rung::Cut)];
        let survivors = lines(&groups);
        let (human, machine) = survivors.from(15.0);
        assert!((human - 0.5).abs() < 1e-9 && machine == 0.0, "{human} {machine}");
        assert_eq!(survivors.from(20.0), (0.0, 0.0), "after that nobody answers");
        assert_eq!(survivors.from(40.0), (0.0, 0.0));
    }

    /// Half of the people answer at 10 s; the others would at 20 s, and all but one of them were cut off before.
    #[test]
    fn slow_answers_that_were_cut_off_count_for_more() {
        let survivors = lines(&[(4, 10.0, Rung::Human), (3, 15.0, Rung::Cut), (1, 20.0, Rung::Human)]);
        let weights: Vec<(f64, f64)> = survivors.answers(|step| step.human).collect();
        let of = |age: f64| weights.iter().filter(|(at, _)| *at == age).map(|(_, weight)| weight).sum::<f64>();
        assert!((of(10.0) - 0.5).abs() < 1e-9 && (of(20.0) - 0.5).abs() < 1e-9, "{weights:?}");
    }

    #[test]
    fn nothing_rang_and_nothing_is_said() {
        assert_eq!(lines(&[]).from(3.0), (0.0, 0.0));
    }
}
