//! Where the law's clock starts (KPI dictionary, section 4), told by how long people have waited. The simulated world works
//! every wait out again from the facts (`legal_clock`).

use crate::kit::*;
use outpace::engine::CampaignSpec;
use outpace::facts::{Abandon, Envelope, Fact};
use outpace::sim::dist::Dist;
use outpace::sim::scenario::Break;
use outpace::sim::{Scenario, Violation};
use outpace::words::Cause;

const UK: (&str, &str) = ("profile = \"us_tsr\"", "profile = \"uk_style\"");
const PATIENT_AMD: (&str, &str) = ("enabled = true", "enabled = true\ndeadline_seconds = 5.0");

fn told(day: &Scenario, spec: CampaignSpec) -> Vec<Envelope> {
    let told = live(day, spec);
    assert_eq!(told.violations, [] as [Violation; 0]);
    told.facts
}

/// Milliseconds until the agent came, and whether that was in time.
fn bridged(facts: &[Envelope]) -> Option<(u32, bool)> {
    facts.iter().find_map(|e| match e.fact {
        Fact::CallBridged { waited_ms, within, .. } => Some((waited_ms, within)),
        _ => None,
    })
}

fn abandoned(facts: &[Envelope]) -> Option<(Abandon, u32)> {
    facts.iter().find_map(|e| match e.fact {
        Fact::CallAbandoned { abandon, waited_ms, .. } => Some((abandon, waited_ms)),
        _ => None,
    })
}

/// The greeting is from 0.4 to 1.0 s after the answer, the verdict comes at 1.2 s.
#[test]
fn by_the_british_profile_the_clock_starts_with_the_greeting() {
    let day = quiet(HUMAN);
    assert_eq!(bridged(&told(&day, campaign(&[UK]))), Some((800, true)));
    assert_eq!(bridged(&told(&day, campaign(&[]))), Some((200, true)));
}

/// Nobody is there: the message begins two seconds after the greeting did.
#[test]
fn the_british_message_comes_earlier() {
    let mut day = quiet(HUMAN);
    day.agents.breaks = vec![Break { after_minutes: 0.0, minutes: 1.0, reason: "break".into() }];
    day.agents.break_jitter_seconds = 0.0;
    day.agents.reaction_seconds = Dist::Fixed(55.0);
    let facts = told(&day, campaign(&[UK]));
    let at = |kind: &str| facts.iter().find(|e| e.fact.kind() == kind).map(|e| e.moment.0);
    let (greeting, message) = (at("greeting_started").expect("said hello"), at("message_played").expect("abandoned"));
    assert_eq!(message - greeting, 2_000_000);
}

/// Says nothing, and AMD takes its five seconds: three of them are the person's wait.
fn silent() -> Scenario {
    let mut day = quiet(HUMAN);
    day.population.silent_pickup = 1.0;
    day.population.amd.human_seconds = Dist::Fixed(9.0);
    day
}

#[test]
fn the_clock_of_a_silent_person_starts_after_two_seconds() {
    for law in [&[PATIENT_AMD][..], &[PATIENT_AMD, UK][..]] {
        let facts = told(&silent(), campaign(law));
        assert_eq!(bridged(&facts), Some((3_000, false)));
        assert_eq!(abandoned(&facts), Some((Abandon::Late, 3_000)));
    }
}

/// By the deadline that campaigns have unless they say otherwise, nobody has waited yet.
#[test]
fn a_silent_person_met_within_two_seconds_has_not_waited() {
    assert_eq!(bridged(&told(&silent(), campaign(&[]))), Some((0, true)));
}

/// AMD still listens, and the person has had enough: that is no early hang-up any more.
#[test]
fn who_hangs_up_during_amd_after_the_threshold_is_abandoned() {
    let mut day = silent();
    day.population.patience_seconds = Dist::Fixed(4.5);
    let facts = told(&day, campaign(&[PATIENT_AMD]));
    assert_eq!(abandoned(&facts), Some((Abandon::NoAgent, 2_500)));
    let cause = facts.iter().find_map(|e| if let Fact::CallEnded { cause, .. } = &e.fact { Some(cause) } else { None });
    assert_eq!(cause, Some(&Cause::AbandonedNoAgent));
    day.population.patience_seconds = Dist::Fixed(3.5);
    assert_eq!(abandoned(&told(&day, campaign(&[PATIENT_AMD]))), Some((Abandon::CustomerEarly, 1_500)));
}
