//! Eight hours of fifty agents: nothing breaks, and twice the same.

use crate::kit::*;
use outpace::facts::Envelope;
use outpace::sim::Scenario;
use outpace::sim::run::{Day, simulate};
use outpace::sim::scenario::Break;

/// Eight hours of fifty agents, with breaks, forgetful people and everything a carrier does.
pub fn floor_day(seed: u64) -> Scenario {
    let mut day = Scenario { seed, ..Scenario::default() };
    day.agents.number = 50;
    day.agents.breaks = vec![
        Break { after_minutes: 120.0, minutes: 15.0, reason: "break".into() },
        Break { after_minutes: 240.0, minutes: 40.0, reason: "lunch".into() },
        Break { after_minutes: 360.0, minutes: 15.0, reason: "break".into() },
    ];
    day.list.leads = 40_000;
    day.carrier.trunks[0].channels = 300;
    day
}

/// Every byte of every fact, as one number, and what the day came to.
fn bytes(day: &Scenario, settings: &[(&str, &str)]) -> (u64, Day) {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let done = simulate(day, vec![campaign(settings)], |envelope: &Envelope| {
        for byte in serde_json::to_vec(envelope).expect("facts are JSON") {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    });
    (hash, done)
}

fn broken(day: &Day) -> String {
    day.summary.violations.join("\n")
}

const PREDICTIVE: &[(&str, &str)] = &[("mode = \"progressive\"", "mode = \"predictive\"")];

/// The whole day where the code is optimised, its first half hour where it is not.
#[test]
fn a_day_of_fifty_agents_is_twice_the_same_and_breaks_no_rule() {
    let mut floor = floor_day(7);
    if cfg!(debug_assertions) {
        floor.hours = 0.5;
    }
    let (first, day) = bytes(&floor, PREDICTIVE);
    assert_eq!(day.violations, 0, "{}", broken(&day));
    assert!(
        day.summary.hours.iter().map(|hour| hour.handled).sum::<u64>() > 500,
        "{}",
        day.summary.text(outpace::words::Lang::En)
    );
    let (second, _) = bytes(&floor, PREDICTIVE);
    assert_eq!(first, second);
}

/// The KPI module and the report's own counting meet the same facts.
#[test]
fn the_kpis_of_a_day_agree_with_a_plain_count_of_its_facts() {
    let mut floor = floor_day(3);
    floor.hours = 0.25;
    let (_, day) = bytes(&floor, PREDICTIVE);
    let total = |pick: fn(&outpace::sim::report::Hour) -> u64| day.summary.hours.iter().map(pick).sum::<u64>() as f64;
    let kpi = |id: &str| day.summary.kpis[id].num;
    assert_eq!(kpi("dials"), total(|hour| hour.dials));
    assert_eq!(kpi("handled"), total(|hour| hour.handled));
    assert_eq!(kpi("orders"), total(|hour| hour.orders));
    assert_eq!(kpi("abandon_rate@us_tsr"), total(|hour| hour.abandoned));
}

#[test]
fn another_seed_is_another_day() {
    let mut day = floor_day(1);
    day.hours = 0.05;
    let one = bytes(&day, PREDICTIVE).0;
    day.seed = 2;
    assert_ne!(one, bytes(&day, PREDICTIVE).0);
}
