//! What events teach: of each ending what it says about people, of contradictions nothing, and of script steps
//! what follows them.

use super::*;
use crate::pacing::Counts;
use crate::pacing::estimate::{Demand, Level, Row, Supply};
use serde_json::Value;

fn number(pacer: &Pacer, path: &str) -> f64 {
    let kept: Value = serde_json::to_value(pacer.learned()).expect("numbers");
    kept.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {path}"))
}

/// What a story adds to a number.
fn added(settings: &Settings, path: &str, story: impl Fn(&mut Pacer)) -> f64 {
    let fresh = Pacer::new(settings.clone());
    let mut told = Pacer::new(settings.clone());
    story(&mut told);
    number(&told, path) - number(&fresh, path)
}

fn ended(why: Ending, rings_after: Option<f64>, ends: f64) -> impl Fn(&mut Pacer) {
    move |pacer| {
        let call = CallId(1);
        pacer.observe(at(0.0), Event::Dialed { call });
        if let Some(seconds) = rings_after {
            pacer.observe(at(seconds), Event::Ringing { call });
        }
        pacer.observe(at(ends), Event::Ended { call, why });
    }
}

#[test]
fn endings_of_people_teach_and_those_of_carriers_do_not() {
    let settings = Settings::default();
    let of = |path: &str, why, rings, ends| added(&settings, path, ended(why, rings, ends));
    for why in [Ending::NoAnswer, Ending::Busy, Ending::Sit, Ending::Hangup] {
        assert_eq!(of("/ring/pre/6/off", why, None, 6.5), 1.0, "{why:?}");
        assert_eq!(of("/ring/pre/5/exposure", why, None, 6.5), 1.0, "{why:?}");
        assert_eq!(of("/ring/ring/4/off", why, Some(2.0), 6.5), 1.0, "{why:?}");
        assert_eq!(of("/ring/ring/3/exposure", why, Some(2.0), 6.5), 1.0, "{why:?}");
        assert_eq!(of("/ring/ring/4/exposure", why, Some(2.0), 6.5), 0.5, "{why:?}");
        assert_eq!(of("/ring/resolved", why, Some(2.0), 6.5), 1.0, "{why:?}");
    }
    for why in [Ending::Fail, Ending::Cancelled] {
        assert_eq!(of("/ring/pre/6/off", why, None, 6.5), 0.0, "{why:?}");
        assert_eq!(of("/ring/resolved", why, None, 6.5), 0.0, "{why:?}");
        // Only that what was silent for five seconds stays silent.
        assert_eq!(of("/ring/pre/4/exposure", why, None, 6.5), 0.0, "{why:?}");
        assert_eq!(of("/ring/pre/5/exposure", why, None, 6.5), 1.0, "{why:?}");
        assert_eq!(of("/ring/pre/6/exposure", why, None, 6.5), 0.5, "{why:?}");
        assert_eq!(of("/ring/ring/4/off", why, Some(2.0), 6.5), 0.0, "{why:?}");
        assert_eq!(of("/ring/ring/3/exposure", why, Some(2.0), 6.5), 1.0, "{why:?}");
        assert_eq!(of("/ring/resolved", why, Some(2.0), 6.5), 0.0, "{why:?}");
    }
}

#[test]
fn a_verdict_is_given_once_and_by_its_delay() {
    let amd = Settings { amd: true, ..Settings::default() };
    let answered = |ending: Event| {
        move |pacer: &mut Pacer| {
            let call = CallId(1);
            pacer.observe(at(0.0), Event::Dialed { call });
            pacer.observe(at(1.0), Event::Ringing { call });
            pacer.observe(at(4.5), Event::Answered { call });
            pacer.observe(at(6.1), ending);
            pacer.observe(at(7.0), ending);
        }
    };
    let call = CallId(1);
    let (live, machine) = (Event::Live { call }, Event::Machine { call });
    let hangup = Event::Ended { call, why: Ending::Hangup };
    assert_eq!(added(&amd, "/delays/live/6", answered(live)), 1.0, "one and a half seconds and a bit");
    assert_eq!(added(&amd, "/delays/other/6", answered(machine)), 1.0);
    assert_eq!(added(&amd, "/delays/other/6", answered(hangup)), 1.0);
    for (ending, lives) in [(live, 1.0), (machine, 0.0), (hangup, 0.0)] {
        assert_eq!(added(&amd, "/ring/live/3/of", answered(ending)), 1.0);
        assert_eq!(added(&amd, "/ring/live/3/yes", answered(ending)), lives);
        assert_eq!(added(&amd, "/ring/ring/3/on", answered(ending)), 1.0);
        assert_eq!(added(&amd, "/ring/resolved", answered(ending)), 1.0);
    }
    // Without AMD nobody thinks.
    assert_eq!(added(&Settings::default(), "/delays/live/6", answered(live)), 0.0);
    assert_eq!(added(&Settings::default(), "/ring/live/3/yes", answered(live)), 1.0);
}

#[test]
fn an_event_that_skips_some_stands_for_those_before() {
    let settings = Settings::default();
    let call = CallId(1);
    let connected = Event::Connected { call, agent: AgentId(1), within: true };
    for event in [Event::Answered { call }, Event::Live { call }, connected, Event::Abandoned { call }] {
        let story = |pacer: &mut Pacer| {
            pacer.observe(at(0.0), Event::Dialed { call });
            pacer.observe(at(3.5), event);
        };
        assert_eq!(added(&settings, "/ring/pre/3/on", story), 1.0, "{event:?}");
        assert_eq!(added(&settings, "/ring/ring/0/on", story), 1.0, "{event:?}");
    }
    let machine = |pacer: &mut Pacer| {
        pacer.observe(at(0.0), Event::Dialed { call });
        pacer.observe(at(3.5), Event::Machine { call });
    };
    assert_eq!(added(&settings, "/ring/live/0/of", machine), 1.0);
    // Of a call that nobody dialed nothing is learned, though somebody may be lost or served by it.
    let stranger = |pacer: &mut Pacer| {
        pacer.observe(at(3.5), Event::Live { call });
        pacer.observe(at(3.5), Event::Machine { call });
        pacer.observe(at(3.5), Event::Ended { call, why: Ending::Busy });
        pacer.observe(at(3.5), Event::Abandoned { call });
    };
    assert_eq!(added(&settings, "/ring/resolved", stranger), 0.0);
    let mut told = Pacer::new(settings);
    stranger(&mut told);
    assert_eq!(told.ledger().window(0).expect("one").1.humans, 0.0);
}

/// The flow's first words count once, at the time of the answer; whoever nobody served counts whatever became of the line.
#[test]
fn whom_the_flow_serves_and_whom_nobody_serves_is_counted_at_the_answer() {
    let call = CallId(1);
    let hour = Window::law(Span::Rolling(Duration::from_secs(3600)), 0.03);
    let counted = |story: &dyn Fn(&mut Pacer), now: f64| {
        let mut pacer = Pacer::new(Settings { mode: Mode::Agentless, window: hour.span, ..Settings::default() });
        pacer.observe(at(0.0), Event::Dialed { call });
        pacer.observe(at(4.0), Event::Answered { call });
        story(&mut pacer);
        let waiting = pacer.decide(at(now), WIDE).estimates.calls_waiting;
        let (_, tally) = pacer.ledger().window(0).expect("the law's own");
        (tally.humans, tally.abandoned, waiting)
    };
    let spoke = |within| {
        move |pacer: &mut Pacer| {
            pacer.observe(at(8.0), Event::Live { call });
            pacer.observe(at(9.0), Event::Spoke { call, within });
            pacer.observe(at(12.0), Event::Spoke { call, within });
        }
    };
    assert_eq!(counted(&spoke(true), 20.0), (1.0, 0.0, 0), "served, and nobody waits any more");
    assert_eq!(counted(&spoke(false), 20.0), (1.0, 1.0, 0));
    assert_eq!(counted(&spoke(true), 3604.0).0, 1.0);
    assert_eq!(counted(&spoke(true), 3606.0).0, 0.0, "an hour and its slot after the answer, not after the first word");
    let left = |abandoned| {
        move |pacer: &mut Pacer| {
            pacer.observe(at(8.0), Event::Unserved { call, answered: at(4.0), abandoned });
            pacer.observe(at(8.0), Event::Ended { call, why: Ending::Hangup });
        }
    };
    assert_eq!(counted(&left(false), 20.0), (1.0, 0.0, 0));
    assert_eq!(counted(&left(true), 20.0), (1.0, 1.0, 0));
    assert_eq!(counted(&left(true), 3606.0), (0.0, 0.0, 0));
    // A flow that never spoke on a line that is gone: nobody.
    let stranger = |pacer: &mut Pacer| pacer.observe(at(9.0), Event::Spoke { call: CallId(7), within: true });
    assert_eq!(counted(&stranger, 20.0).0, 0.0);
}

#[test]
fn a_late_event_changes_no_stage_back() {
    let settings = Settings::default();
    let call = CallId(1);
    let story = |pacer: &mut Pacer| {
        pacer.observe(at(0.0), Event::Dialed { call });
        pacer.observe(at(2.0), Event::Ringing { call });
        pacer.observe(at(5.0), Event::Live { call });
        pacer.observe(at(6.0), Event::Ringing { call });
        pacer.observe(at(6.0), Event::Answered { call });
        pacer.observe(at(6.0), Event::Live { call });
        pacer.observe(at(6.0), Event::Dialed { call });
    };
    for (path, expected) in
        [("/ring/pre/2/on", 1.0), ("/ring/ring/3/on", 1.0), ("/ring/live/3/of", 1.0), ("/ring/resolved", 1.0)]
    {
        assert_eq!(added(&settings, path, story), expected, "{path}");
    }
}

#[test]
fn a_line_that_ends_while_it_waits_or_talks_teaches_nothing_more() {
    let settings = Settings::default();
    for talks in [false, true] {
        let story = |pacer: &mut Pacer| {
            let call = CallId(1);
            pacer.observe(at(0.0), Event::Dialed { call });
            pacer.observe(at(2.0), Event::Live { call });
            if talks {
                pacer.observe(at(2.0), Event::Connected { call, agent: AgentId(1), within: true });
            }
            pacer.observe(at(9.0), Event::Ended { call, why: Ending::Hangup });
        };
        assert_eq!(added(&settings, "/ring/resolved", story), 1.0);
        let mut pacer = Pacer::new(settings.clone());
        story(&mut pacer);
        let e = pacer.decide(at(9.0), WIDE).estimates;
        assert_eq!((e.calls_waiting, e.lines_ringing), (0, 0));
    }
}

// ── the ledger's side ──

fn ledger(settings: Settings, events: &[(f64, Event)]) -> Tally {
    let mut pacer = Pacer::new(settings);
    events.iter().for_each(|(now, event)| pacer.observe(at(*now), *event));
    pacer.ledger().window(0).expect("the law's").1
}

#[test]
fn answers_count_whole_or_as_people_by_their_chance() {
    let (call, agent) = (CallId(1), AgentId(1));
    let up = [(0.0, Event::Dialed { call }), (4.0, Event::Live { call })];
    let served = [(4.0, Event::Connected { call, agent, within: true })];
    let late = [(7.0, Event::Connected { call, agent, within: false })];
    let lost = [(7.0, Event::Abandoned { call })];
    let person = [(30.0, Event::TalkEnded { call, agent, human: true })];
    let nobody = [(30.0, Event::TalkEnded { call, agent, human: false })];
    let tally = |counts, parts: &[&[(f64, Event)]]| {
        ledger(Settings { counts, ..Settings::default() }, &[&up[..], &parts.concat()].concat())
    };
    let sums = |tally: Tally| (tally.humans, tally.abandoned);
    for end in [&person, &nobody] {
        assert_eq!(sums(tally(Counts::Answers, &[&served, end])), (1.0, 0.0));
        assert_eq!(sums(tally(Counts::Answers, &[&late, end])), (1.0, 1.0));
    }
    assert_eq!(sums(tally(Counts::Answers, &[&lost])), (1.0, 1.0));
    // People: a chance at first, and the agent's word in the end.
    let first = tally(Counts::People, &[&served]);
    assert!(first.humans > 0.3 && first.humans < 1.0 && first.abandoned == 0.0, "{first:?}");
    near(tally(Counts::People, &[&served, &person]).humans, 1.0, 1e-12);
    near(tally(Counts::People, &[&served, &nobody]).humans, 0.0, 1e-12);
    let late = tally(Counts::People, &[&late]);
    assert_eq!(late.humans, late.abandoned);
    let gone = tally(Counts::People, &[&lost]);
    assert!(gone.humans == gone.abandoned && gone.humans >= first.humans && gone.humans < 1.0, "{gone:?}");
    near(gone.variance, gone.abandoned * (1.0 - gone.abandoned), 1e-12);
}

// ── agents ──

/// A talk from second ten on, with steps at these seconds of it, that lasts a minute.
fn talk(steps: &'static [(f64, u32)]) -> impl Fn(&mut Pacer) {
    move |pacer| {
        let (call, agent) = (CallId(1), AgentId(1));
        pacer.observe(at(0.0), Event::Dialed { call });
        pacer.observe(at(10.0), Event::Connected { call, agent, within: true });
        for &(seconds, step) in steps {
            pacer.observe(at(10.0 + seconds), Event::Step { call, agent, step });
        }
        pacer.observe(at(70.0), Event::TalkEnded { call, agent, human: true });
        pacer.observe(at(80.0), Event::Ready { agent });
    }
}

#[test]
fn steps_are_stages_of_the_talk() {
    let settings = Settings::default();
    let two = talk(&[(0.5, 0), (20.5, 4)]);
    // The first came with the connect: the talk was never without one.
    assert_eq!(added(&settings, "/talk/stages/0/leaves/total/1", &two), 0.0);
    let late = talk(&[(0.6, 0), (20.5, 4)]);
    assert_eq!(added(&settings, "/talk/stages/0/leaves/total/1", &late), 1.0);
    let mut told = Pacer::new(settings.clone());
    two(&mut told);
    assert_eq!(number(&told, "/talk/stages/1/next/5"), 1.0);
    assert_eq!(number(&told, "/talk/stages/5/ends"), 1.0);
    near(number(&told, "/talk/stages/1/leaves/events/11"), 0.0, 1e-12);
    near(number(&told, "/talk/stages/1/leaves/events/10"), 1.0, 1e-12);
    near(number(&told, "/talk/talks/0"), 60.0, 1e-9);
    near(added(&settings, "/talk/pooled/total/0", &two), 60.0, 1e-9);
    // Forty seconds in the last stage, whose prior is of another mean.
    near(number(&told, "/talk/stages/5/leaves/exposure/0"), 1.0, 1e-9);
    near(number(&told, "/talk/stages/5/leaves/exposure/13"), 0.0, 1e-9);
    let mut deaf = Pacer::new(settings);
    deaf.set_ignore_steps(true);
    two(&mut deaf);
    assert_eq!(number(&deaf, "/talk/stages/0/ends"), 1.0);
    assert_eq!(
        serde_json::to_value(deaf.learned()).expect("numbers")["talk"]["stages"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_step_outside_a_talk_is_none() {
    let settings = Settings::default();
    let story = |pacer: &mut Pacer| {
        let (call, agent) = (CallId(1), AgentId(1));
        pacer.observe(at(0.0), Event::Login { agent });
        pacer.observe(at(9.0), Event::Step { call, agent, step: 3 });
        pacer.observe(at(10.0), Event::Connected { call, agent, within: true });
        pacer.observe(at(20.0), Event::TalkEnded { call, agent, human: true });
        pacer.observe(at(25.0), Event::Step { call, agent, step: 3 });
        pacer.observe(at(30.0), Event::Ready { agent });
    };
    assert_eq!(added(&settings, "/talk/stages/0/ends", story), 1.0);
    assert_eq!(added(&settings, "/talk/stages/0/leaves/total/1", story), 1.0);
}

#[test]
fn agents_teach_when_they_change_what_they_do() {
    let settings = Settings::default();
    let agent = AgentId(1);
    let story = |events: &'static [(f64, Event)]| {
        move |pacer: &mut Pacer| events.iter().for_each(|(now, event)| pacer.observe(at(*now), *event))
    };
    const READY: Event = Event::Ready { agent: AgentId(1) };
    const PAUSE: Event = Event::Pause { agent: AgentId(1) };
    const TAKEN: Event = Event::Taken { agent: AgentId(1) };
    const LOGOUT: Event = Event::Logout { agent: AgentId(1) };
    const PAUSING: Event = Event::Pausing { agent: AgentId(1) };
    const WRAP: Event = Event::TalkEnded { call: CallId(1), agent: AgentId(1), human: true };
    assert_eq!(agent, AgentId(1));
    let of = |path: &str, events| added(&settings, path, story(events));
    assert_eq!(of("/talk/pauses/total/1", &[(0.0, PAUSE), (30.0, READY)]), 1.0);
    assert_eq!(of("/talk/pauses/total/0", &[(0.0, PAUSE), (30.0, READY)]), 30.0);
    assert_eq!(of("/talk/pauses/total/1", &[(0.0, PAUSE), (30.0, LOGOUT)]), 0.0, "no return");
    assert_eq!(of("/talk/pauses/total/0", &[(0.0, PAUSE), (30.0, LOGOUT)]), 30.0, "but that long a pause");
    assert_eq!(of("/talk/taken/total/1", &[(0.0, READY), (0.0, TAKEN), (50.0, READY)]), 1.0);
    assert_eq!(of("/talk/taken/total/0", &[(0.0, READY), (0.0, TAKEN), (50.0, READY)]), 50.0);
    assert_eq!(of("/talk/taken/total/1", &[(0.0, TAKEN), (50.0, PAUSE)]), 0.0);
    assert_eq!(of("/talk/wraps/1/total/1", &[(0.0, WRAP), (5.0, WRAP), (9.0, READY)]), 1.0, "one wrap-up");
    assert_eq!(of("/talk/wraps/1/total/0", &[(0.0, WRAP), (5.0, WRAP), (9.0, READY)]), 9.0);
    assert_eq!(of("/talk/ready/1", &[(0.0, WRAP), (9.0, PAUSE)]), 1.0);
    assert_eq!(of("/talk/ready/0", &[(0.0, WRAP), (9.0, PAUSE)]), 0.0);
    assert_eq!(of("/talk/ready/0", &[(0.0, WRAP), (9.0, READY)]), 1.0);
    assert_eq!(of("/talk/ready/1", &[(0.0, WRAP), (3.0, PAUSING), (9.0, PAUSE)]), 0.0, "announced");
    assert_eq!(of("/talk/talks/1", &[(0.0, READY), (9.0, PAUSE)]), 0.0);
}

#[test]
fn a_connect_during_a_talk_goes_on_with_it() {
    let settings = Settings::default();
    let story = |pacer: &mut Pacer| {
        let agent = AgentId(1);
        pacer.observe(at(0.0), Event::Connected { call: CallId(1), agent, within: true });
        pacer.observe(at(20.0), Event::Connected { call: CallId(2), agent, within: true });
        pacer.observe(at(50.0), Event::TalkEnded { call: CallId(2), agent, human: true });
    };
    assert_eq!(added(&settings, "/talk/talks/1", story), 1.0);
    assert_eq!(added(&settings, "/talk/talks/0", story), 30.0);
}

#[test]
fn only_a_free_agent_is_taken_by_a_caller() {
    // Callers are expected as often as they took somebody who was free.
    let free = |prepare: &[Event]| {
        let mut pacer = with_agents(Mode::Predictive, 1);
        (0..40).for_each(|_| prepare.iter().for_each(|event| pacer.observe(at(1.0), *event)));
        pacer.observe(at(1.0), Event::Ready { agent: AgentId(0) });
        dial(&mut pacer, 0..4, 1.0);
        pacer.decide(at(1.0), WIDE);
        pacer.in_flight().abandoned
    };
    let agent = AgentId(0);
    let (taken, ready, pause) = (Event::Taken { agent }, Event::Ready { agent }, Event::Pause { agent });
    assert!(free(&[taken, ready]) > free(&[taken, pause]), "from a pause nobody is taken by a caller");
}

#[test]
fn a_quick_agent_is_expected_sooner() {
    // Two agents, one wraps up in two seconds and the other in twenty; then both begin.
    let free = |agent: u64| {
        let mut pacer = with_agents(Mode::Predictive, 2);
        for round in 0..60 {
            let start = f64::from(round) * 100.0;
            for (id, wrap) in [(0, 2.0), (1, 20.0)] {
                let (call, who) = (CallId(u64::from(round as u32) * 2 + id), AgentId(id));
                pacer.observe(at(start), Event::Connected { call, agent: who, within: true });
                pacer.observe(at(start + 10.0), Event::TalkEnded { call, agent: who, human: true });
                pacer.observe(at(start + 10.0 + wrap), Event::Ready { agent: who });
            }
        }
        let other = AgentId(1 - agent);
        pacer.observe(at(6000.0), Event::Logout { agent: other });
        pacer.observe(at(6000.0), Event::TalkEnded { call: CallId(1), agent: AgentId(agent), human: true });
        pacer.decide(at(6000.0), WIDE).estimates.predicted_free
    };
    assert!(free(0) > free(1) + 0.02, "{} {}", free(0), free(1));
}

#[test]
fn a_talk_that_is_long_already_is_a_slow_one() {
    // Agents' speed in talks, likewise.
    let free = |agent: u64| {
        let mut pacer = with_agents(Mode::Predictive, 2);
        for round in 0..60 {
            let start = f64::from(round) * 100.0;
            for (id, talk) in [(0, 5.0), (1, 60.0)] {
                let (call, who) = (CallId(u64::from(round as u32) * 2 + id), AgentId(id));
                pacer.observe(at(start), Event::Connected { call, agent: who, within: true });
                pacer.observe(at(start + talk), Event::TalkEnded { call, agent: who, human: true });
                pacer.observe(at(start + talk + 2.0), Event::Ready { agent: who });
            }
        }
        pacer.observe(at(6000.0), Event::Logout { agent: AgentId(1 - agent) });
        pacer.observe(at(6000.0), Event::Connected { call: CallId(9999), agent: AgentId(agent), within: true });
        pacer.decide(at(6000.0), WIDE).estimates.predicted_free
    };
    assert!(free(0) > free(1) + 0.02, "{} {}", free(0), free(1));
}

/// What the answer rate must be of what a pacer learned, at such a level.
fn rate_at(pacer: &Pacer, level: &Level) -> f64 {
    let (ring, mut delays, _) = pacer.learned().prior(true, 25.0).expect("sound");
    delays.refresh();
    let mut demand = Demand::default();
    demand.rebuild(&ring, Some(&delays), level.value());
    demand.answer_rate()
}

#[test]
fn a_verdict_settles_what_was_credited_to_the_level() {
    for lives in [0, 3, 10] {
        let mut pacer = Pacer::new(Settings { amd: true, ..Settings::default() });
        pacer.tune("caution", 0.0);
        let mut level = Level::default();
        for id in 0..10 {
            let call = CallId(id);
            pacer.observe(at(0.0), Event::Dialed { call });
            pacer.observe(at(0.0), Event::Answered { call });
        }
        for id in 0..10 {
            let call = CallId(id);
            pacer.observe(at(0.0), if id < lives { Event::Live { call } } else { Event::Machine { call } });
        }
        (0..lives).for_each(|_| level.observe(1.0));
        near(pacer.decide(at(0.0), WIDE).estimates.answer_rate, rate_at(&pacer, &level), 1e-6);
    }
}

#[test]
fn an_agent_alone_is_as_fast_as_the_campaign() {
    let agent = AgentId(1);
    let mut pacer = Pacer::new(Settings::default());
    for round in 0..80 {
        let start = f64::from(round) * 60.0;
        let talk = [14.0, 25.0, 33.0, 40.0][round as usize % 4];
        pacer.observe(at(start), Event::Connected { call: CallId(1), agent, within: true });
        pacer.observe(at(start + talk), Event::TalkEnded { call: CallId(1), agent, human: true });
        pacer.observe(at(start + talk + 9.0), Event::Ready { agent });
    }
    let (ring, _, talk) = pacer.learned().prior(false, 25.0).expect("sound");
    let mut supply = Supply::default();
    supply.rebuild(&talk, 1.25, ring.person_share_overall());
    let mut wrapping = 0.0;
    let mut free = |event, row: Row| {
        pacer.observe(at(5000.0), event);
        wrapping = pacer.decide(at(5000.0), WIDE).estimates.predicted_free;
        near(wrapping, row[7], 0.05);
    };
    free(Event::Connected { call: CallId(1), agent, within: true }, supply.talk_row(0, 0.0, 1.0));
    free(Event::TalkEnded { call: CallId(1), agent, human: true }, supply.wrap_row(true, 0.0, 1.0));
}
