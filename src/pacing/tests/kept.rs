//! What a run leaves to the next: whatever no run can have left is refused, number by number; what is sound is aged.

use super::{at, near};
use crate::pacing::estimate::{Amd, Ring, Talk};
use crate::pacing::{Event, Learned, LearnedError, Pacer, Settings};
use crate::words::{AgentId, CallId};
use serde_json::Value;

/// Some calls and talks, so that nothing is left at its default.
fn run(calls: u64) -> Learned {
    let mut pacer = Pacer::new(Settings::default());
    let agent = AgentId(1);
    for n in 0..calls {
        let (call, start) = (CallId(n), at(n as f64 * 30.0));
        let later = |seconds: f64| at(n as f64 * 30.0 + seconds);
        pacer.observe(start, Event::Dialed { call });
        pacer.observe(later(2.5), Event::Ringing { call });
        pacer.observe(later(6.5), Event::Live { call });
        pacer.observe(later(6.5), Event::Connected { call, agent, within: true });
        pacer.observe(later(9.5), Event::Step { call, agent, step: 1 });
        pacer.observe(later(16.5), Event::TalkEnded { call, agent, human: n % 2 == 0 });
        pacer.observe(later(20.0), Event::Ready { agent });
    }
    pacer.learned()
}

fn value(learned: &Learned) -> Value {
    serde_json::to_value(learned).expect("numbers")
}

fn taken(value: Value) -> Result<(Ring, Amd, Talk), LearnedError> {
    serde_json::from_value::<Learned>(value).expect("still the same form").prior(false, 25.0)
}

/// Every number within, by its path.
fn numbers(value: &Value, path: String, out: &mut Vec<String>) {
    match value {
        Value::Number(_) => out.push(path),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| numbers(item, format!("{path}/{n}"), out)),
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| numbers(field, format!("{path}/{name}"), out));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Counts of the display and of the fading, which decide nothing and begin anew with each run.
const SHOWN: [&str; 8] = ["resolved", "lives", "rung", "since_fade", "ring_seconds_max", "version", "talks", "wrapped"];

#[test]
fn no_number_may_be_below_zero() {
    let sound = value(&run(40));
    assert!(taken(sound.clone()).is_ok());
    for (part, field) in [("ring", "ring"), ("delays", "delays"), ("talk", "talk")] {
        let mut paths = Vec::new();
        numbers(&sound[part], format!("/{part}"), &mut paths);
        paths.retain(|path| !SHOWN.iter().any(|shown| path.split('/').nth(2) == Some(shown)));
        assert!(paths.len() > 50, "{part}: {}", paths.len());
        for path in paths {
            let mut broken = sound.clone();
            *broken.pointer_mut(&path).expect("just found") = (-1e-3).into();
            assert_eq!(taken(broken).err(), Some(LearnedError::Broken { field }), "{path}");
        }
    }
}

#[test]
fn nothing_may_be_missing_or_too_much() {
    let sound = value(&run(40));
    let refused = |path: &str, to: Value| {
        let mut broken = sound.clone();
        *broken.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = to;
        taken(broken).is_err()
    };
    for list in ["pre", "ring", "live", "person"] {
        let path = format!("/ring/{list}");
        let mut shorter = sound.pointer(&path).expect("a list").as_array().expect("a list").clone();
        shorter.pop();
        assert!(refused(&path, shorter.into()), "{list}");
    }
    // Nothing to divide by.
    for path in ["/ring/live_overall/yes", "/ring/person_overall/yes", "/talk/ready/1", "/talk/pooled/rate"] {
        assert!(refused(path, 0.into()), "{path}");
    }
    for path in ["/talk/stages/0/leaves/rate", "/talk/wraps/0/rate", "/talk/wraps/1/rate", "/talk/pauses/rate"] {
        assert!(refused(path, 0.into()), "{path}");
    }
    assert!(refused("/talk/taken/rate", 0.into()));
    for delays in ["live", "other"] {
        assert!(refused(&format!("/delays/{delays}"), serde_json::json!(vec![0.0; 24])), "no verdict at all: {delays}");
    }
    // A share above one.
    for path in ["/ring/live_overall/yes", "/ring/person_overall/yes", "/ring/live/3/yes", "/ring/person/3/yes"] {
        assert!(refused(path, 1e6.into()), "{path}");
    }
    assert!(refused("/talk/ready/0", 1e6.into()));
    let rounded = sound.pointer("/ring/live/3/of").and_then(Value::as_f64).expect("a number") + 1e-9;
    assert!(!refused("/ring/live/3/yes", rounded.into()), "what sums and products leave is forgiven");
    // Stages: one at least, 64 at most, and as many that follow.
    let stage = sound.pointer("/talk/stages/0").expect("a stage").clone();
    assert!(refused("/talk/stages", serde_json::json!([])));
    assert!(!refused("/talk/stages", Value::Array(vec![stage.clone(); 64])));
    assert!(refused("/talk/stages", Value::Array(vec![stage; 65])));
    assert!(!refused("/talk/stages/0/next", serde_json::json!(vec![1.0; 64])));
    assert!(refused("/talk/stages/0/next", serde_json::json!(vec![1.0; 65])));
}

#[test]
fn each_refusal_says_what_and_the_remedy() {
    let texts = [
        LearnedError::Version(7),
        LearnedError::Amd { learned: true },
        LearnedError::Amd { learned: false },
        LearnedError::Broken { field: "talk" },
    ]
    .map(|error| error.to_string());
    for (text, said) in texts.iter().zip(["version 7", "run with ", "run without ", "broken in talk"]) {
        assert!(text.contains(said) && text.contains("start without it"), "{text}");
    }
}

#[test]
fn what_is_kept_is_what_was_told() {
    let kept = value(&run(10));
    let number = |path: &str| kept.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {path}"));
    // Ten lines dialed for two seconds and a half; the third second is half exposed and saw all of them ring.
    let fresh = value(&Pacer::new(Settings::default()).learned());
    let more = |path: &str| number(path) - fresh.pointer(path).and_then(Value::as_f64).expect("a number");
    for (path, expected) in [
        ("/ring/pre/0/exposure", 10.0),
        ("/ring/pre/2/exposure", 5.0),
        ("/ring/pre/3/exposure", 0.0),
        ("/ring/pre/2/on", 10.0),
        ("/ring/pre/2/off", 0.0),
        ("/ring/ring/3/exposure", 10.0),
        ("/ring/ring/4/exposure", 0.0),
        ("/ring/ring/4/on", 10.0),
        ("/ring/live/4/yes", 10.0),
        ("/ring/live/4/of", 10.0),
        ("/ring/person/4/yes", 5.0),
        ("/ring/person/4/of", 10.0),
        ("/ring/resolved", 10.0),
        ("/ring/rung/0", 40.0),
        ("/ring/rung/1", 10.0),
        ("/talk/talks/0", 100.0),
        ("/talk/talks/1", 10.0),
        ("/talk/wrapped/0", 35.0),
        ("/talk/wraps/0/total/0", 17.5),
        ("/talk/wraps/1/total/1", 5.0),
        ("/talk/ready/0", 10.0),
        ("/talk/stages/0/leaves/total/0", 30.0),
        ("/talk/pooled/total/0", 100.0),
    ] {
        near(more(path), expected, 1e-9);
    }
    assert_eq!((number("/talk/stages/0/next/2"), number("/talk/stages/2/ends")), (10.0, 10.0));
    assert_eq!(run(10).calls(), 10);
}

#[test]
fn a_long_run_weighs_no_more_than_its_most() {
    // Two thousand calls: three quarters of each are kept, and three hundred of as many talks.
    let learned = run(2000);
    let (ring, _, talk) = learned.prior(false, 40.0).expect("sound");
    let (before, after) = (value(&learned), serde_json::to_value((&ring, &talk)).expect("numbers"));
    let share = |from: &str, to: &str| {
        let number = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_f64).expect("a number");
        number(&after, to) / number(&before, from)
    };
    for field in ["/pre/2/on", "/pre/1/exposure", "/ring/4/on", "/ring/2/exposure", "/ring/8/off"] {
        near(share(&format!("/ring{field}"), &format!("/0{field}")), 0.75, 1e-9);
    }
    for field in ["/live/4/yes", "/live/4/of", "/live_overall/of", "/person_overall/yes", "/person/4/of"] {
        near(share(&format!("/ring{field}"), &format!("/0{field}")), 0.75, 1e-9);
    }
    for field in ["/stages/0/leaves/total/0", "/stages/2/ends", "/stages/0/next/2", "/pooled/events/7", "/ready/1"] {
        near(share(&format!("/talk{field}"), &format!("/1{field}")), 0.15, 1e-9);
    }
    for field in ["/wraps/0/total/1", "/wraps/1/exposure/0", "/pauses/total/0", "/taken/total/1", "/ready/0"] {
        near(share(&format!("/talk{field}"), &format!("/1{field}")), 0.15, 1e-9);
    }
    // Counting anew.
    assert_eq!((ring.resolved, ring.lives, ring.ring_seconds(), ring.ring_seconds_max()), (0, 0, (0.0, 0), 40.0));
    assert_eq!((talk.handling().1, talk.version), (0, 1));
    assert_eq!(
        (&after["0"], after[0]["since_fade"].as_f64(), after[1]["since_fade"].as_f64()),
        (&Value::Null, Some(0.0), Some(0.0))
    );
    near(talk.handling().0, 1.0 / talk.pooled.overall() + 1.0 / talk.wraps[1].overall(), 1e-9);
}

#[test]
fn a_short_run_is_kept_whole() {
    let learned = run(50);
    let (ring, amd, talk) = learned.prior(false, 0.0).expect("sound");
    let before = value(&learned);
    let after = serde_json::to_value((&ring, &amd, &talk)).expect("numbers");
    for (from, to) in [("/ring/ring", "/0/ring"), ("/delays", "/1"), ("/talk/stages", "/2/stages")] {
        assert_eq!(before.pointer(from), after.pointer(to), "{from}");
    }
    assert_eq!(ring.ring_seconds_max(), 1.0);
    assert_eq!(learned.prior(false, 1e9).expect("sound").0.ring_seconds_max(), 120.0);
    assert_eq!(learned.prior(true, 25.0).err(), Some(LearnedError::Amd { learned: false }));
}

#[test]
fn a_warm_pacer_uses_what_it_was_given() {
    let learned = run(400);
    let mut warm = Pacer::new(Settings::default());
    warm.warm_with(&learned).expect("sound");
    let (ring, _, talk) = learned.prior(false, 25.0).expect("sound");
    let again = value(&warm.learned());
    assert_eq!(again["ring"], serde_json::to_value(&ring).expect("numbers"));
    assert_eq!(again["talk"], serde_json::to_value(&talk).expect("numbers"));
    assert!(Pacer::new(Settings { amd: true, ..Settings::default() }).warm_with(&learned).is_err());
}

/// Days of a small team, each too short to fade: together they may still weigh no more than one aged run, or a new
/// script would be learned for weeks.
#[test]
fn many_short_runs_weigh_no_more_than_one() {
    let (mut ring, mut talk) = (Ring::new(25.0, false), Talk::default());
    for _day in 0..8 {
        for _call in 0..1_000 {
            ring.expose_pre(0.0, 2.5);
            ring.rang(2.5);
        }
        for _talk in 0..250 {
            talk.expose(0, (0.0, 10.5), (0.0, 10.5));
            talk.ended(0, 10.5, 10.5);
        }
        (ring, talk) = (ring.aged(1_500.0, 25.0), talk.aged(300.0));
    }
    // As many calls as the past may weigh say that it rings two seconds later.
    for _call in 0..1_500 {
        ring.expose_pre(0.0, 4.5);
        ring.rang(4.5);
    }
    // So many rang then, after half a second of it; so many did not, in all of it.
    let rings = ring.pre_hazard(2.5).0;
    assert!((rings - 1.0 / 1.5).abs() < 0.03, "{rings}: past and present weigh the same");
    assert!(talk.aged(300.0).sound());
}
