//! A simulated day's tape, played again: the same decisions as recorded when nothing is changed, others when something
//! is. The tape goes through a store on the way, in pieces.

#[path = "sim_stories/kit.rs"]
#[allow(dead_code, reason = "this file uses a part of the stories' kit")]
mod kit;

use kit::*;
use outpace::engine::tape::{Entry, Reader, Replayed, TapeError, replay};
use outpace::engine::{CampaignSpec, Engine, Mode, run};
use outpace::pacing::{Event, Settings};
use outpace::sim::plan::{Outage, Planned, What};
use outpace::sim::scenario::Break;
use outpace::sim::{Scenario, SimWorld};
use outpace::store::{Store, Write};
use outpace::words::*;

/// Twenty minutes of ten agents with breaks, an outage, a change of the mode and back, a pause.
fn day() -> Scenario {
    let mut day = Scenario { hours: 1.0 / 3.0, ..Scenario::default() };
    day.agents.breaks = vec![Break { after_minutes: 8.0, minutes: 2.0, reason: "coffee".into() }];
    day.agents.break_jitter_seconds = 60.0;
    let planned = |at_seconds: f64, what| Planned { at_seconds, what };
    day.planned = vec![
        planned(300.0, What::SetMode { campaign: 0, mode: Mode::Progressive }),
        planned(420.0, What::SetMode { campaign: 0, mode: Mode::Predictive }),
        planned(600.0, What::TrunkOutage { trunk: 0, seconds: 30.0, how: Outage::Silent }),
        planned(800.0, What::PauseCampaign { campaign: 0 }),
        planned(830.0, What::StartCampaign { campaign: 0 }),
        planned(900.0, What::WallClockStep { by_seconds: 3.0 }),
    ];
    day
}

fn tape() -> Vec<Vec<u8>> {
    let spec = campaign(&[("mode = \"progressive\"", "mode = \"predictive\"")]);
    let mut world = SimWorld::new(&day(), vec![spec], Box::new(|_| ()));
    run(&mut Engine::new(1), &mut world);
    world.closes();
    assert_eq!(world.checks.violations, []);
    world.tapes.drain(..).map(|(_, piece)| piece).collect()
}

fn played(tape: &[Vec<u8>], change: &dyn Fn(&mut Settings)) -> Vec<Replayed> {
    let mut all = Vec::new();
    replay(tape.iter().map(Vec::as_slice), change, |one| all.push(one.clone())).expect("a whole tape");
    all
}

#[test]
fn unchanged_settings_decide_as_recorded() {
    let tape = tape();
    let all = played(&tape, &|_| ());
    assert!(all.len() > 4_000, "{} decisions", all.len());
    assert!(all.iter().map(|one| one.recorded.dial).sum::<u32>() > 200);
    assert!(all.iter().any(|one| !one.recorded.hangups.is_empty()), "surplus lines were cancelled");
    for one in &all {
        assert_eq!(one.recorded, one.replayed, "at {}", one.at.rfc3339());
    }
    let bytes: usize = tape.iter().map(Vec::len).sum();
    assert!(bytes < 40 * all.len(), "{bytes} bytes for {} decisions", all.len());
}

/// Two campaigns that share agents by weights and a seller: what each was told of the other is on its tape.
#[test]
fn campaigns_that_share_a_floor_and_a_seller_decide_as_recorded() {
    let heavy = ("wrap_seconds_max = 30", "wrap_seconds_max = 30\nweight = 2");
    let predictive = ("mode = \"progressive\"", "mode = \"predictive\"");
    let second = CampaignSpec { id: CampaignId(2), name: "second".into(), ..campaign(&[predictive]) };
    let mut world = SimWorld::new(&day(), vec![campaign(&[predictive, heavy]), second], Box::new(|_| ()));
    run(&mut Engine::new(1), &mut world);
    world.closes();
    assert_eq!(world.checks.violations, []);
    for id in [CampaignId(1), CampaignId(2)] {
        let tape: Vec<Vec<u8>> =
            world.tapes.iter().filter(|(of, _)| *of == id).map(|(_, piece)| piece.clone()).collect();
        let all = played(&tape, &|_| ());
        assert!(all.len() > 2_000, "{} decisions", all.len());
        assert!(all.iter().map(|one| one.recorded.dial).sum::<u32>() > 50);
        for one in &all {
            assert_eq!(one.recorded, one.replayed, "campaign {id} at {}", one.at.rfc3339());
        }
        let (joint, taken) = told_of_others(&tape);
        assert!(joint > 100 && taken > 10, "{joint} words on the joint budget, {taken} agents taken");
        let strict = played(&tape, &|settings| settings.cap = 0.001);
        let dials = |pick: fn(&Replayed) -> u32| strict.iter().map(pick).sum::<u32>();
        assert!(dials(|one| one.replayed.dial) < dials(|one| one.recorded.dial), "a stricter cap holds it back");
    }
}

/// Words about the joint budget, and agents that others took, on a tape.
fn told_of_others(tape: &[Vec<u8>]) -> (usize, usize) {
    let (mut joint, mut taken) = (0, 0);
    for piece in tape {
        let mut reader = Reader::open(piece).expect("a piece");
        while let Some((_, _, entry)) = reader.next_entry().expect("whole") {
            joint += usize::from(matches!(entry, Entry::Joint(_)));
            taken += usize::from(matches!(entry, Entry::Heard(Event::Taken { .. })));
        }
    }
    (joint, taken)
}

#[test]
fn other_settings_decide_otherwise() {
    let tape = tape();
    let cautious = played(&tape, &|settings| settings.mode = Mode::Progressive);
    let dials = |of: &[Replayed], pick: fn(&Replayed) -> u32| of.iter().map(pick).sum::<u32>();
    assert!(cautious.iter().any(|one| one.recorded != one.replayed));
    assert!(cautious.iter().all(|one| one.replayed.hangups.is_empty()), "one line per agent has no surplus");
    assert!(dials(&cautious, |one| one.replayed.dial) > 0 && dials(&cautious, |one| one.recorded.dial) > 0);
}

#[test]
fn the_tape_outlives_the_process_in_the_store() {
    let tape = tape();
    let dir = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let kept: Vec<Vec<u8>> = runtime.block_on(async {
        let store = Store::open("sqlite:outpace.db", dir.path()).await.expect("a store");
        let begun = |nth: usize| Wall(1_000_000 * (nth as i64 + 1));
        for (nth, piece) in tape.iter().enumerate() {
            let write = Write::KeepTape { campaign: CampaignId(1), begun: begun(nth), piece: piece.clone() };
            store.append(&[write.clone(), write]).await.expect("written once");
        }
        let pieces = store.tape(CampaignId(1), Wall(0), begun(tape.len())).await.expect("read");
        pieces.into_iter().map(|(_, piece)| piece).collect()
    });
    assert_eq!(kept, tape);
    let later = replay(tape[1..].iter().map(Vec::as_slice), &|_| (), |_| ());
    assert_eq!(later, Err(TapeError::NoBeginning), "without its first piece the day cannot be played");
}
