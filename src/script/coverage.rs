//! Which steps, choices, objections and outcomes a run of tests or a dry walk has seen. It refuses to judge.

use super::request::{Answer, Ask, Turn};
use serde::Serialize;
use std::collections::BTreeMap;

/// Names with how often they were seen (0: known, never seen).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Coverage {
    pub steps: BTreeMap<String, u32>,
    /// `step/choice`.
    pub choices: BTreeMap<String, u32>,
    pub objections: BTreeMap<String, u32>,
    pub outcomes: BTreeMap<String, u32>,
    pub prompts: BTreeMap<String, u32>,
}

impl Coverage {
    pub fn saw_turn(&mut self, turn: &Turn) {
        match turn {
            Turn::Asks(Ask::Step(step)) => {
                count(&mut self.steps, &step.name);
                for choice in &step.choices {
                    self.choices.entry(format!("{}/{}", step.name, choice.id)).or_default();
                }
            }
            Turn::Asks(Ask::Say { prompt } | Ask::Gather { prompt: Some(prompt), .. }) => {
                count(&mut self.prompts, &prompt.name);
            }
            Turn::Finished(finish) => count(&mut self.outcomes, &finish.outcome),
            Turn::Asks(
                Ask::Gather { prompt: None, .. }
                | Ask::Wait { .. }
                | Ask::Order { .. }
                | Ask::OptOut
                | Ask::Callback { .. }
                | Ask::Fill { .. },
            )
            | Turn::Failed(_) => {}
        }
    }

    pub fn saw_answer(&mut self, ask: &Ask, answer: &Answer) {
        if let (Ask::Step(step), Answer::Choice { id, .. }) = (ask, answer) {
            match id.strip_prefix("objection:") {
                Some(objection) => count(&mut self.objections, objection),
                None => count(&mut self.choices, &format!("{}/{id}", step.name)),
            }
        }
    }

    /// Takes over the names of another coverage as known, without its counts.
    pub fn know(&mut self, other: &Coverage) {
        let pairs = [
            (&mut self.steps, &other.steps),
            (&mut self.choices, &other.choices),
            (&mut self.objections, &other.objections),
            (&mut self.outcomes, &other.outcomes),
            (&mut self.prompts, &other.prompts),
        ];
        for (mine, theirs) in pairs {
            for name in theirs.keys() {
                mine.entry(name.clone()).or_default();
            }
        }
    }
}

fn count(counts: &mut BTreeMap<String, u32>, name: &str) {
    *counts.entry(name.to_owned()).or_default() += 1;
}

/// Seen and known.
pub fn share(counts: &BTreeMap<String, u32>) -> (usize, usize) {
    (counts.values().filter(|n| **n > 0).count(), counts.len())
}
