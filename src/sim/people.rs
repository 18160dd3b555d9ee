//! What an attempt on a number will come to, drawn before it is dialed, from streams of that number alone.
//! It refuses to know when and by whom it is called, so the same people meet every setting.

use super::dist::Dist;
use super::rng::{Purpose, Stream, chance, stream, unit, weighted};
use super::scenario::Population;
use crate::facts::Verdict;
use crate::words::MachineKind;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Human,
    Machine,
    Fax,
    NoAnswer,
    Busy,
    Rejected,
    /// SIP code and Q.850 cause.
    Invalid(u16, u8),
    Sit,
    Fail,
    Congestion,
    /// Nothing comes back.
    Silent,
}

impl Kind {
    pub fn answers(self) -> bool {
        matches!(self, Kind::Human | Kind::Machine | Kind::Fax)
    }
}

/// One attempt's fate. Times as in the scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Fate {
    pub kind: Kind,
    /// From 180 to 200, if it answers.
    pub ring: Duration,
    /// From 200 to the first word; `None`: says nothing.
    pub greeting_after: Option<Duration>,
    pub greeting: Duration,
    /// From 200 to the verdict of AMD.
    pub amd_after: Duration,
    pub verdict: Verdict,
    pub patience: Duration,
    pub silence_patience: Duration,
}

/// `hour` of the called party's day. Every draw is made whatever the outcome, so that streams stay in step.
pub fn fate(people: &Population, seed: u64, lead: u64, attempt: u32, hour: u8) -> Fate {
    let mut of_attempt = stream(seed, Purpose::Attempt, lead, u64::from(attempt));
    let kind = kind(people, seed, lead, &mut of_attempt, hour);
    let rng = &mut of_attempt;
    let ring_human = people.ring_human_seconds.draw(rng);
    let ring_machine = people.ring_machine_seconds.draw(rng);
    let silent = chance(rng, people.silent_pickup);
    let greeting_after = people.greeting_after_seconds.draw(rng);
    let greeting_human = people.greeting_seconds.draw(rng);
    let greeting_machine = people.machine_greeting_seconds.draw(rng);
    let amd_human = people.amd.human_seconds.draw(rng);
    let amd_machine = people.amd.machine_seconds.draw(rng);
    let mistaken = unit(rng);
    let patience = people.patience_seconds.draw(rng);
    let silence_patience = people.silence_patience_seconds.draw(rng);
    let human = kind == Kind::Human;
    let verdict = match kind {
        Kind::Machine if mistaken >= people.amd.miss => Verdict::Machine(MachineKind::Voicemail),
        Kind::Fax => Verdict::Machine(MachineKind::Fax),
        _ if human && mistaken < people.amd.false_positive => Verdict::Machine(MachineKind::Voicemail),
        _ if human && silent => Verdict::Unknown,
        _ => Verdict::Human,
    };
    Fate {
        kind,
        ring: if human { ring_human } else { ring_machine },
        greeting_after: (!(human && silent)).then_some(greeting_after),
        greeting: if human { greeting_human } else { greeting_machine },
        amd_after: if human { amd_human } else { amd_machine },
        verdict,
        patience,
        silence_patience,
    }
}

fn kind(people: &Population, seed: u64, lead: u64, of_attempt: &mut Stream, hour: u8) -> Kind {
    let mut of_number = stream(seed, Purpose::Number, lead, 0);
    let standing = unit(&mut of_number);
    let which = unit(&mut of_number);
    let u = unit(of_attempt);
    if standing < people.invalid {
        return match which {
            w if w < 0.7 => Kind::Invalid(404, 1),
            w if w < 0.9 => Kind::Invalid(410, 22),
            _ => Kind::Invalid(484, 28),
        };
    }
    if standing < people.invalid + people.fax {
        return Kind::Fax;
    }
    let kinds =
        [Kind::Human, Kind::Machine, Kind::Busy, Kind::Rejected, Kind::Sit, Kind::Fail, Kind::Congestion, Kind::Silent];
    let mut rest = u;
    for (kind, share) in kinds.into_iter().zip(people.mix_at(hour).shares()) {
        if rest < share {
            return kind;
        }
        rest -= share;
    }
    Kind::NoAnswer
}

/// How a person takes a prompt: hangs up within it, presses a key before or after its end, or just listens.
#[derive(Debug, Clone, PartialEq)]
pub enum Listening {
    LeavesAfter(Duration),
    /// One after another.
    Presses {
        after: Duration,
        keys: String,
    },
    Listens,
}

pub fn listening(people: &Population, rng: &mut Stream, prompt: Duration) -> Listening {
    let (leaves, fraction, presses) = (unit(rng), unit(rng), unit(rng));
    let reaction = people.presses_after_seconds.draw(rng);
    let keys: Vec<f64> = people.digits.values().copied().collect();
    let key = weighted(rng, &keys);
    if leaves < people.leaves_in_prompt {
        return Listening::LeavesAfter(prompt.mul_f64(fraction));
    }
    let keys = key.and_then(|k| people.digits.keys().nth(k)).filter(|keys| !keys.is_empty());
    match keys {
        Some(keys) if presses < people.presses => {
            let after = if fraction < people.interrupts { prompt.mul_f64(fraction) } else { prompt + reaction };
            Listening::Presses { after, keys: keys.clone() }
        }
        Some(_) | None => Listening::Listens,
    }
}

/// The time a step of the talk takes, and whether (and after how much of it) the customer hangs up.
pub fn step(people: &Population, talk: &mut Stream, time: Dist, pace: f64) -> (Duration, Option<Duration>) {
    let spoken = time.draw(talk).mul_f64(pace);
    let leaves = chance(talk, people.leaves_in_step);
    let fraction = unit(talk);
    (spoken, leaves.then(|| spoken.mul_f64(fraction)))
}

#[cfg(test)]
mod tests {
    use super::super::scenario::{FromHour, Mix};
    use super::*;

    fn people(mix: Mix) -> Population {
        Population { hours: vec![FromHour { from: 0, mix }], ..Population::default() }
    }

    #[test]
    fn shares_come_out_as_written() {
        let people = people(Mix::default());
        let n = 20_000;
        let mut humans = 0;
        let mut invalid = 0;
        for lead in 0..n {
            match fate(&people, 1, lead, 1, 10).kind {
                Kind::Human => humans += 1,
                Kind::Invalid(..) => invalid += 1,
                _ => {}
            }
        }
        let share = |count: u32| f64::from(count) / n as f64;
        assert!((share(invalid) - 0.06).abs() < 0.01, "{}", share(invalid));
        assert!((share(humans) - 0.93 * 0.25).abs() < 0.015, "{}", share(humans));
    }

    #[test]
    fn a_vacant_number_stays_vacant_and_other_luck_changes_by_attempt() {
        let people = people(Mix::default());
        for lead in 0..500 {
            let first = fate(&people, 3, lead, 1, 10);
            let second = fate(&people, 3, lead, 2, 10);
            assert_eq!(matches!(first.kind, Kind::Invalid(..)), matches!(second.kind, Kind::Invalid(..)));
            assert_eq!(first, fate(&people, 3, lead, 1, 10), "the same attempt has the same fate");
        }
    }

    #[test]
    fn another_mix_keeps_the_rest_of_the_fate() {
        let everyone = Mix { human: 1.0, ..Mix::NOBODY };
        let (a, b) = (people(Mix { human: 0.9, ..Mix::NOBODY }), people(everyone));
        for lead in 0..200 {
            let (x, y) = (fate(&a, 1, lead, 1, 9), fate(&b, 1, lead, 1, 9));
            assert_eq!(x.patience, y.patience);
            if x.kind == y.kind {
                assert_eq!(x, y);
            }
        }
    }

    #[test]
    fn a_key_is_pressed_only_after_the_prompt() {
        let people = Population { presses: 1.0, leaves_in_prompt: 0.0, ..people(Mix::NOBODY) };
        let mut rng = stream(1, Purpose::Talk, 1, 1);
        for _ in 0..200 {
            match listening(&people, &mut rng, Duration::from_secs(5)) {
                Listening::Presses { after, keys } => {
                    assert!(after >= Duration::from_secs(5) && ["1", "2", "9"].contains(&keys.as_str()));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
