//! The second day of a list starts from what the first one taught: the same hour, the same list type.

use crate::kit::*;
use outpace::engine::{DecisionView, Engine, run};
use outpace::facts::Envelope;
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
