//! Who answers: the people and machines of `sim`, cast for the carrier on real sockets. The same number and attempt
//! with the same seed meets the same fate.

use crate::live::peers::{Casting, Course, Part, Person, Who};
use crate::sim::dist::Dist;
use crate::sim::people::{Fate, Kind, fate};
use crate::sim::rng::{Purpose, Stream, chance, mix, stream, unit, weighted};
use crate::sim::scenario::{FromHour, Mix, Population};
use std::collections::HashMap;
use std::time::Duration;

/// "Hello?" is short; what is longer is a machine's.
const GREETING_MAX: Duration = Duration::from_millis(1200);
/// Share of people who hang up by themselves in the middle of a conversation, and when.
const LEAVES: f64 = 0.12;
const LEAVES_AFTER: Dist = Dist::uniform(3.0, 35.0);
const PRESSES_AFTER: Dist = Dist::uniform(6.0, 14.0);

pub(super) struct People {
    population: Population,
    post_dial: Dist,
    seed: u64,
    /// How often each number was called.
    attempts: HashMap<u64, u32>,
}

impl People {
    /// Shorter rings than in life, so that a demo of two minutes shows something; the rest as `sim` has it.
    pub fn new(seed: u64) -> People {
        let mix = Mix {
            human: 0.32,
            machine: 0.22,
            busy: 0.07,
            rejected: 0.02,
            sit: 0.02,
            fail: 0.01,
            congestion: 0.01,
            silent: 0.005,
        };
        let population = Population {
            invalid: 0.05,
            fax: 0.01,
            hours: vec![FromHour { from: 0, mix }],
            ring_human_seconds: Dist::lognormal(4.5, 0.45),
            ring_machine_seconds: Dist::lognormal(8.0, 0.3),
            machine_greeting_seconds: Dist::lognormal(7.0, 0.3),
            machine_records_seconds: 8.0,
            ..Population::default()
        };
        People { population, post_dial: Dist::uniform(0.2, 0.9), seed, attempts: HashMap::new() }
    }

    fn person(&self, fate: &Fate, talk: &mut Stream) -> Person {
        let leaves = chance(talk, LEAVES);
        let leaves_after = LEAVES_AFTER.draw(talk);
        let presses = chance(talk, self.population.presses);
        let presses_after = PRESSES_AFTER.draw(talk);
        let keys: Vec<f64> = self.population.digits.values().copied().collect();
        let key = weighted(talk, &keys).and_then(|k| self.population.digits.keys().nth(k)?.chars().next());
        Person {
            greeting_after: fate.greeting_after,
            greeting: fate.greeting.min(GREETING_MAX),
            patience: fate.patience,
            leaves_after: leaves.then_some(leaves_after),
            presses: key.filter(|_| presses).map(|key| (presses_after, key)),
        }
    }
}

impl Casting for People {
    fn cast(&mut self, number: &str) -> Part {
        let digits = number.trim_start_matches('+').parse().unwrap_or_else(|_| mix(number.len() as u64));
        let attempt = self.attempts.entry(digits).or_insert(0);
        *attempt += 1;
        let fate = fate(&self.population, self.seed, digits, *attempt, 12);
        let mut talk = stream(self.seed, Purpose::Talk, digits, u64::from(*attempt));
        let post_dial = self.post_dial.draw(&mut talk);
        let voice = unit(&mut talk);
        let refuses = |rings, code, q850| Course::Refuses { rings, code, q850: Some(q850) };
        let answers = |who| Course::Answers { ring: fate.ring, who };
        let course = match fate.kind {
            Kind::Human => answers(Who::Person(self.person(&fate, &mut talk))),
            Kind::Machine => answers(Who::Machine {
                greeting: fate.greeting,
                records: Duration::from_secs_f64(self.population.machine_records_seconds * (0.5 + voice)),
            }),
            Kind::Fax => answers(Who::Fax),
            Kind::NoAnswer => {
                Course::RingsOut { after: Duration::from_secs_f64(self.population.network_ring_seconds_max) }
            }
            Kind::Busy => refuses(None, 486, 17),
            Kind::Rejected => refuses(Some(fate.ring / 2), 603, 21),
            Kind::Invalid(code, q850) => refuses(None, code, q850),
            Kind::Sit => Course::Intercept,
            Kind::Fail => refuses(None, 500, 41),
            Kind::Congestion => refuses(None, 503, 34),
            Kind::Silent => Course::Silent,
        };
        Part { post_dial, course }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_casts_the_same_people() {
        let cast = |seed| {
            let mut people = People::new(seed);
            (0..300).map(|n| people.cast(&format!("+1212555{n:04}"))).collect::<Vec<Part>>()
        };
        assert_eq!(cast(1), cast(1));
        assert_ne!(cast(1), cast(2));
        let people = cast(3).into_iter().filter(|p| matches!(p.course, Course::Answers { who: Who::Person(_), .. }));
        assert!((60..130).contains(&people.count()));
    }

    #[test]
    fn a_second_attempt_may_meet_another_fate() {
        let mut people = People::new(5);
        let number = |n| format!("+1212555{n:04}");
        let first: Vec<Part> = (0..100).map(|n| people.cast(&number(n))).collect();
        let second: Vec<Part> = (0..100).map(|n| people.cast(&number(n))).collect();
        assert_ne!(first, second);
    }
}
