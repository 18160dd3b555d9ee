//! A whole day at once: the world, the loop, the report. It refuses to build the engine: it is given one.

use super::report::{Report, Summary};
use super::{Scenario, SimWorld, reasons};
use crate::engine::{CampaignSpec, Engine, run};
use crate::facts::Envelope;
use jiff::tz::TimeZone;

/// What came out, beside the facts.
#[derive(Debug)]
pub struct Day {
    pub summary: Summary,
    /// Inputs and time-outs that the engine handled.
    pub steps: u64,
    /// Rules that did not hold, those beyond the first hundred included.
    pub violations: u64,
}

/// Simulates one day; every fact goes to `sink` once it is on the simulated disk.
pub fn simulate(scenario: &Scenario, specs: Vec<CampaignSpec>, mut sink: impl FnMut(&Envelope)) -> Day {
    let zone = scenario.zone.clone().or(specs.first().map(|spec| spec.settings.hours.zone.clone()));
    let zone = zone.and_then(|zone| TimeZone::get(&zone).ok()).unwrap_or(TimeZone::UTC);
    let leads = u64::from(scenario.list.leads) * specs.len() as u64;
    let mut report = Report::new(scenario.seed, leads, zone);
    let mut engine = Engine::new(scenario.seed);
    let take = |envelope: &Envelope| {
        report.take(envelope);
        sink(envelope);
    };
    let mut world = SimWorld::new(scenario, specs, Box::new(take));
    run(&mut engine, &mut world);
    world.closes();
    let (steps, violations) = (world.steps, world.checks.count);
    let reasons = reasons::by_time(&world.decided, world.wall());
    let kept = world.checks.violations.iter().map(ToString::to_string).collect();
    drop(world);
    Day { summary: Summary { reasons, ..report.finish(kept) }, steps, violations }
}
