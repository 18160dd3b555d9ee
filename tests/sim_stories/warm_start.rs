//! The second day of a list starts from what the first one taught: the same hour, the same list type. After a pause today's
//! own word counts.

use crate::kit::*;
use outpace::engine::tape::{Entry, Reader, replay};
use outpace::engine::{DecisionView, Engine, Input, LearnedRow, Output, Wake, World, run};
use outpace::facts::Envelope;
use outpace::sim::plan::{Planned, What};
use outpace::sim::{Scenario, SimWorld};
use outpace::words::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

const MINUTES: Duration = Duration::from_secs(15 * 60);

fn day(seed: u64) -> Scenario {
    let mut day = Scenario { seed, hours: MINUTES.as_secs_f64() / 3600.0, ..Scenario::default() };
    day.agents.number = 15;
    day.agents.login_ramp_seconds = 20.0;
    day.agents.forgets_ready = 0.0;
    day.agents.leaves_early = 0.0;
    day
}

/// Seconds of talk and wrap-up, as pacing believed at the first decision of a morning and at its last.
fn believed(world: &SimWorld<'_>) -> [f64; 2] {
    let of = |one: Option<&(CampaignId, DecisionView)>| one.expect("decisions were kept").1.estimates.handling_seconds;
    let at_work = || world.decided.iter().filter(|(_, decision)| decision.dial > 0);
    [of(at_work().next()), of(at_work().next_back())]
}

/// Two mornings on one disk; with what was learned carried over, or thrown away in the night.
fn second_morning(remembers: bool) -> ([f64; 2], [f64; 2]) {
    let disk: Rc<RefCell<Vec<Envelope>>> = Rc::default();
    let sink = || {
        let kept = disk.clone();
        Box::new(move |envelope: &Envelope| kept.borrow_mut().push(envelope.clone()))
    };
    let spec = campaign(&[("mode = \"progressive\"", "mode = \"predictive\"")]);
    let mut world = SimWorld::new(&day(1), vec![spec], sink());
    run(&mut Engine::new(1), &mut world);
    world.closes();
    assert_eq!(world.checks.violations, []);
    let first = believed(&world);
    let bytes = world.learned.values().map(|row| row.body.len()).max().unwrap_or(0);
    assert!((1..64 << 10).contains(&bytes), "a small row: {bytes} bytes");
    if !remembers {
        world.learned.clear();
    }
    let start = Wall::parse_rfc3339("2026-11-24T09:00:00-05:00").expect("a morning");
    let facts = disk.borrow().clone();
    let mut world = SimWorld::after(world.until_next_day(facts, start, MINUTES), Duration::ZERO, sink());
    run(&mut Engine::new(1), &mut world);
    world.closes();
    assert_eq!(world.checks.violations, []);
    (first, believed(&world))
}

/// The warm morning begins with what the day before ended with; the same morning without memory begins from nothing.
#[test]
fn the_second_day_starts_from_what_the_first_one_taught() {
    let far = |a: f64, b: f64| (a / b).ln().abs();
    let ([_, taught], [warm, _]) = second_morning(true);
    let (_, [cold, _]) = second_morning(false);
    let told = format!("taught {taught:.1} s, warm {warm:.1} s, cold {cold:.1} s");
    assert!(far(warm, taught) < 0.3 * far(cold, taught), "{told}");
}

/// A warm morning, played again from its tape: what was learned is on it, and the same decisions follow.
#[test]
fn a_warm_morning_replays_as_it_was() {
    let disk: Rc<RefCell<Vec<Envelope>>> = Rc::default();
    let sink = || {
        let kept = disk.clone();
        Box::new(move |envelope: &Envelope| kept.borrow_mut().push(envelope.clone()))
    };
    let spec = campaign(&[("mode = \"progressive\"", "mode = \"predictive\"")]);
    let mut world = SimWorld::new(&day(1), vec![spec], sink());
    run(&mut Engine::new(1), &mut world);
    world.closes();
    let start = Wall::parse_rfc3339("2026-11-24T09:00:00-05:00").expect("a morning");
    let facts = disk.borrow().clone();
    let mut world = SimWorld::after(world.until_next_day(facts, start, MINUTES), Duration::ZERO, sink());
    run(&mut Engine::new(1), &mut world);
    world.closes();
    assert_eq!(warmed(&world), 1, "before its first call");
    let (mut asked, mut dialed) = (0, 0);
    replay(world.tapes.iter().map(|(_, piece)| piece.as_slice()), &|_| (), |one| {
        assert_eq!(one.recorded, one.replayed, "at {}", one.at.rfc3339());
        asked += 1;
        dialed += one.recorded.dial;
    })
    .expect("a whole tape");
    assert!(asked > 2_000 && dialed > 100, "{dialed} calls in {asked} decisions");
    // Without it the same morning would have gone otherwise: the comparison would notice.
    let cold: Vec<Vec<u8>> = world.tapes.iter().map(|(_, piece)| without_warmth(piece)).collect();
    let mut differs = 0;
    replay(cold.iter().map(Vec::as_slice), &|_| (), |one| differs += u32::from(one.recorded != one.replayed))
        .expect("a whole tape");
    assert!(differs > 10, "{differs} decisions");
}

/// So often a run was given what earlier ones taught.
fn warmed(world: &SimWorld<'_>) -> usize {
    let entries = |piece: &[u8]| {
        let (mut reader, mut warm) = (Reader::open(piece).expect("a piece"), 0);
        while let Some((_, _, entry)) = reader.next_entry().expect("whole") {
            warm += usize::from(matches!(entry, Entry::Warm(_)));
        }
        warm
    };
    world.tapes.iter().map(|(_, piece)| entries(piece)).sum()
}

fn without_warmth(piece: &[u8]) -> Vec<u8> {
    let mut tape = outpace::engine::tape::Tape::default();
    let mut reader = Reader::open(piece).expect("a piece");
    while let Some((now, wall, entry)) = reader.next_entry().expect("whole") {
        if !matches!(entry, Entry::Warm(_)) {
            tape.write(now, wall, &entry);
        }
    }
    tape.take().map(|(_, piece)| piece).unwrap_or_default()
}

/// Gives the engine what long gone runs taught.
struct Knowing<'a> {
    world: SimWorld<'a>,
    learned: Vec<LearnedRow>,
}

impl World for Knowing<'_> {
    fn wait(&mut self, until: Option<Moment>) -> Wake {
        match self.world.wait(until) {
            Wake::Input(now, Input::Recovered(mut known)) => {
                known.learned.append(&mut self.learned);
                Wake::Input(now, Input::Recovered(known))
            }
            other => other,
        }
    }

    fn carry_out(&mut self, now: Moment, output: Output) {
        self.world.carry_out(now, output);
    }
}

/// From half past nine, an hour and a quarter of pause, and on: fifty days ago somebody called such a list at this hour,
/// and what this list taught this morning counts all the same.
#[test]
fn after_an_hours_pause_the_morning_counts_and_not_a_row_of_long_ago() {
    let spec = || vec![campaign(&[("mode = \"progressive\"", "mode = \"predictive\"")])];
    let mut world = SimWorld::new(&day(2), spec(), Box::new(|_| ()));
    run(&mut Engine::new(1), &mut world);
    let mut row = world.learned.values().next().expect("it taught something").clone();
    (row.hour, row.at) = (10, row.at - Duration::from_secs(50 * 86_400));

    let mut morning = day(1);
    (morning.start, morning.hours) = ("2026-11-23T09:30:00".into(), 1.75);
    let planned = |at_seconds: f64, what| Planned { at_seconds, what };
    morning.planned = vec![
        planned(720.0, What::PauseCampaign { campaign: 0 }),
        planned(720.0 + 4500.0, What::StartCampaign { campaign: 0 }),
    ];
    let world = SimWorld::new(&morning, spec(), Box::new(|_| ()));
    let mut knowing = Knowing { world, learned: vec![row] };
    run(&mut Engine::new(1), &mut knowing);
    knowing.world.closes();
    assert_eq!(knowing.world.checks.violations, []);
    assert_eq!(warmed(&knowing.world), 1, "in the morning, with what there was, and not after the pause");
    let n = |decision: &DecisionView| decision.estimates.handling_n;
    let seen: Vec<u64> = knowing.world.decided.iter().map(|(_, decision)| n(decision)).collect();
    assert!(seen.windows(2).all(|pair| pair[1] * 10 >= pair[0] * 9), "old talks fade, none are thrown away: {seen:?}");
    assert!(seen.last() > seen.first(), "{seen:?}");
}
