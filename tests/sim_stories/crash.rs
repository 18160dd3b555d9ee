//! The program dies at any step: the next run closes what was open and loses nothing.

use crate::day::floor_day;
use crate::kit::*;
use outpace::engine::{Engine, run};
use outpace::facts::{Abandon, Envelope, Fact, Verdict};
use outpace::sim::rng::mix;
use outpace::sim::{Scenario, SimWorld};
use outpace::words::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

/// Half an hour of ten agents.
fn short_day(seed: u64) -> Scenario {
    let mut day = floor_day(seed);
    day.hours = 0.5;
    day.agents.number = 10;
    day.agents.breaks.clear();
    day.list.leads = 600;
    day
}

type Disk = Rc<RefCell<Vec<Envelope>>>;

fn sink(disk: &Disk) -> Box<dyn FnMut(&Envelope)> {
    let disk = disk.clone();
    Box::new(move |envelope: &Envelope| disk.borrow_mut().push(envelope.clone()))
}

/// Power off before each of `steps`, twenty seconds down, on again; then to the end of the day.
fn crashing(seed: u64, steps: &[u64]) -> (Vec<Envelope>, Vec<String>) {
    let disk = Disk::default();
    let day = short_day(seed);
    let mut world = SimWorld::new(&day, vec![campaign(&[])], sink(&disk));
    for step in steps {
        world.cut_at(*step);
        run(&mut Engine::new(seed), &mut world);
        let remains = world.crashes(disk.borrow().clone());
        world = SimWorld::after(remains, Duration::from_secs(20), sink(&disk));
    }
    run(&mut Engine::new(seed), &mut world);
    world.closes();
    let mut wrong: Vec<String> = world.checks.violations.iter().map(ToString::to_string).collect();
    if world.checks.calls_without_end() > 0 {
        wrong.push(format!("I3: {} calls that the carrier saw have no end", world.checks.calls_without_end()));
    }
    let counts = world.lists()[0].counts();
    let known = counts.pending + counts.scheduled + counts.closed + counts.excluded;
    if known != u64::from(day.list.leads) || counts.in_flight > 0 {
        wrong.push(format!("I2: {counts:?} of {} leads", day.list.leads));
    }
    drop(world);
    let facts = disk.take();
    wrong.extend(judged(&facts));
    (facts, wrong)
}

/// I1, I3, I4 and the numbering, from nothing but what is on disk.
fn judged(facts: &[Envelope]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ends: BTreeMap<CallId, u32> = BTreeMap::new();
    let mut attempts = BTreeMap::new();
    let (mut placed, mut people, mut served) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for (at, envelope) in facts.iter().enumerate() {
        if envelope.seq != at as u64 + 1 {
            wrong.push(format!("fact {} in place {}", envelope.seq, at + 1));
        }
        match &envelope.fact {
            Fact::CallPlaced { call, lead, attempt, .. } => _ = placed.insert(*call, (*lead, *attempt)),
            Fact::InviteSent { call, .. } => {
                if *attempts.entry(placed[call]).or_insert(*call) != *call {
                    wrong.push(format!("I1: {:?} was dialed twice", placed[call]));
                }
            }
            Fact::CallClassified { call, verdict: Verdict::Human | Verdict::Unknown, .. } => _ = people.insert(*call),
            Fact::CallBridged { call, within: true, .. } => _ = served.insert(*call),
            Fact::CallAbandoned { call, .. } => _ = served.insert(*call),
            Fact::CallEnded { call, .. } | Fact::CallWithdrawn { call, .. } => *ends.entry(*call).or_default() += 1,
            _ => {}
        }
    }
    wrong.extend(placed.keys().filter(|c| ends.get(c) != Some(&1)).map(|c| format!("I3: {c} ended {:?}", ends.get(c))));
    wrong.extend(people.difference(&served).map(|call| format!("I4: {call} was a person, not served, not counted")));
    wrong
}

#[test]
fn a_power_cut_at_any_step_loses_nothing_and_dials_nobody_twice() {
    let cuts = if cfg!(debug_assertions) { 6 } else { 200 };
    for cut in 0..cuts {
        // Spread over the first two thirds of such a day's steps.
        let step = mix(cut) % 9_000 + 20;
        let (_, wrong) = crashing(cut % 5 + 1, &[step]);
        assert!(wrong.is_empty(), "cut at step {step}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn a_program_that_dies_three_times_a_day() {
    let (facts, wrong) = crashing(3, &[3_000, 900, 40]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let starts = facts.iter().filter(|e| matches!(e.fact, Fact::EngineStarted { .. })).count();
    assert_eq!(starts, 4);
    let interrupted = |e: &&Envelope| matches!(e.fact, Fact::CallEnded { cause: Cause::Interrupted, .. });
    assert!(facts.iter().filter(interrupted).count() > 0, "somebody was on the line");
}

/// A person waited when the program died: counted against the cap.
#[test]
fn a_person_who_waited_at_the_crash_counts_as_abandoned() {
    let mut seen = false;
    for step in 5..200 {
        let disk = Disk::default();
        let mut day = quiet(HUMAN);
        day.hours = 0.01;
        let mut world = SimWorld::new(&day, vec![campaign(&[])], sink(&disk));
        world.cut_at(step);
        run(&mut Engine::new(1), &mut world);
        let last = disk.borrow().last().map(|e| e.fact.clone());
        if !matches!(last, Some(Fact::CallAnswered { .. } | Fact::GreetingStarted { .. })) {
            continue;
        }
        seen = true;
        let remains = world.crashes(disk.borrow().clone());
        let mut world = SimWorld::after(remains, Duration::from_secs(1), sink(&disk));
        run(&mut Engine::new(1), &mut world);
        drop(world);
        let counted =
            disk.borrow().iter().any(|e| matches!(e.fact, Fact::CallAbandoned { abandon: Abandon::Crash, .. }));
        assert!(counted, "cut at step {step}");
    }
    assert!(seen, "no step between the answer and the verdict");
}
