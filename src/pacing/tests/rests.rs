//! The pacer around its modes: the fallback and its rest, recoveries, warnings, what a decision shows, and settings that
//! are brought to reason.

use super::*;
use crate::words::Lang;

/// Answers at one moment, of which some are lost: with agent 0, who is ready again at once.
fn answers(pacer: &mut Pacer, ids: std::ops::Range<u64>, now: f64, lost: impl Fn(u64) -> bool) {
    for id in ids {
        let (call, agent) = (CallId(id), AgentId(0));
        pacer.observe(at(now), Event::Dialed { call });
        pacer.observe(at(now), Event::Live { call });
        if lost(id) {
            pacer.observe(at(now), Event::Abandoned { call });
        } else {
            pacer.observe(at(now), Event::Connected { call, agent, within: true });
            pacer.observe(at(now), Event::TalkEnded { call, agent, human: true });
            pacer.observe(at(now), Event::Ready { agent });
        }
    }
}

fn stopped(decision: &Decision) -> bool {
    code(decision) == "pacing.cap_stopped"
}

/// The cap is spent at second 0, and what was placed before has landed by second 38: 25 s of ringing, 2 s of waiting,
/// and ten.
fn spent(mode: Mode) -> Pacer {
    let mut pacer = with_agents(mode, 2);
    answers(&mut pacer, 0..100, 0.0, |id| id % 10 == 0);
    assert_eq!(
        code(&pacer.decide(at(0.0), WIDE)),
        if mode == Mode::Progressive { "pacing.progressive" } else { "pacing.cap_reached" }
    );
    pacer
}

#[test]
fn what_was_placed_before_does_not_speak_against_the_fallback() {
    for mode in [Mode::Predictive, Mode::Progressive, Mode::Ratio] {
        let mut pacer = spent(mode);
        answers(&mut pacer, 200..210, 36.9, |_| true);
        assert!(!stopped(&pacer.decide(at(36.9), WIDE)), "{mode:?}");
        answers(&mut pacer, 210..213, 37.0, |_| true);
        assert!(stopped(&pacer.decide(at(37.0), WIDE)), "{mode:?}");
    }
}

#[test]
fn a_fallback_is_judged_by_enough_and_by_their_share() {
    let rests = |lost: u64, of: u64| {
        let mut pacer = spent(Mode::Predictive);
        answers(&mut pacer, 1000..1000 + of, 100.0, |id| id < 1000 + lost);
        stopped(&pacer.decide(at(100.0), WIDE))
    };
    assert!(!rests(2, 2), "two are chance");
    assert!(rests(3, 3));
    // Five times the cap is tolerable: 15 %.
    assert!(!rests(3, 20) && rests(4, 26) && !rests(3, 21));
    let mut strict = Pacer::new(Settings { cap: 0.01, ..Settings::default() });
    (0..2).for_each(|id| strict.observe(at(0.0), Event::Login { agent: AgentId(id) }));
    answers(&mut strict, 0..100, 0.0, |id| id % 10 == 0);
    strict.decide(at(0.0), WIDE);
    answers(&mut strict, 1000..1031, 100.0, |id| id < 1003);
    assert!(!stopped(&strict.decide(at(100.0), WIDE)), "but never less than a tenth is too much");
    answers(&mut strict, 2000..2002, 100.0, |_| true);
    assert!(stopped(&strict.decide(at(100.0), WIDE)));
}

#[test]
fn a_rest_lasts_ten_minutes_and_forgets_what_it_was_for() {
    let mut pacer = spent(Mode::Predictive);
    answers(&mut pacer, 200..203, 100.0, |_| true);
    let rest = pacer.decide(at(100.0), WIDE);
    assert_eq!((rest.dial, rest.recovers), (0, Some(at(700.0))));
    assert_eq!(pacer.decide(at(400.0), WIDE).recovers, Some(at(700.0)));
    assert!(stopped(&pacer.decide(at(699.9), WIDE)));
    let after = pacer.decide(at(700.0), WIDE);
    assert_eq!((after.dial, code(&after)), (2, "pacing.cap_reached"));
    answers(&mut pacer, 300..302, 800.0, |_| true);
    assert!(!stopped(&pacer.decide(at(800.0), WIDE)), "counted anew");
    answers(&mut pacer, 302..303, 801.0, |_| true);
    let again = pacer.decide(at(801.0), WIDE);
    assert_eq!((again.dial, again.recovers), (0, Some(at(1401.0))));
}

#[test]
fn a_window_with_room_again_ends_the_fallback() {
    for mode in [Mode::Predictive, Mode::Progressive] {
        let mut pacer = spent(mode);
        answers(&mut pacer, 1000..1400, 50.0, |_| false);
        pacer.decide(at(50.0), WIDE);
        // The cap is spent anew: what lands now was placed before that.
        answers(&mut pacer, 2000..2012, 60.0, |_| true);
        pacer.decide(at(60.0), WIDE);
        answers(&mut pacer, 2012..2016, 90.0, |_| true);
        assert!(!stopped(&pacer.decide(at(90.0), WIDE)), "{mode:?}");
        answers(&mut pacer, 2016..2020, 100.0, |_| true);
        assert!(stopped(&pacer.decide(at(100.0), WIDE)), "{mode:?}");
    }
}

#[test]
fn modes_that_agents_and_flows_lead_never_rest() {
    for mode in [Mode::Manual, Mode::Preview, Mode::Agentless] {
        let mut pacer = spent(Mode::Progressive);
        answers(&mut pacer, 200..203, 100.0, |_| true);
        assert!(stopped(&pacer.decide(at(100.0), WIDE)));
        pacer.set_mode(mode);
        pacer.ask(2);
        assert!(pacer.decide(at(101.0), WIDE).dial > 0, "{mode:?}");
        pacer.set_mode(Mode::Progressive);
        assert_eq!(pacer.decide(at(102.0), WIDE).dial, 2, "{mode:?}: and the rest is over");
    }
}

#[test]
fn a_ratio_falls_back_while_less_than_one_call_is_left() {
    let dial = |lost: u64| {
        let mut pacer = Pacer::new(Settings { mode: Mode::Ratio, ratio: 3.0, ..Settings::default() });
        (0..2).for_each(|id| pacer.observe(at(0.0), Event::Login { agent: AgentId(id) }));
        answers(&mut pacer, 0..100, 0.0, |id| id < lost);
        let decision = pacer.decide(at(1.0), WIDE);
        (decision.dial, decision.reason.code)
    };
    assert_eq!(dial(0), (6, "pacing.ratio".to_owned()));
    assert_eq!(dial(2), (6, "pacing.ratio".to_owned()), "one may still be lost");
    assert_eq!(dial(3), (2, "pacing.cap_reached".to_owned()));
    let mut young = Pacer::new(Settings { mode: Mode::Ratio, ratio: 3.0, ..Settings::default() });
    young.observe(at(0.0), Event::Login { agent: AgentId(1) });
    assert_eq!(young.decide(at(0.0), WIDE).dial, 3, "nobody was lost yet");
    // Fewer lines than agents are fewer still.
    let mut half = Pacer::new(Settings { mode: Mode::Ratio, ratio: 0.5, ..Settings::default() });
    (0..4).for_each(|id| half.observe(at(0.0), Event::Login { agent: AgentId(id) }));
    answers(&mut half, 0..10, 0.0, |id| id < 3);
    assert_eq!(half.decide(at(1.0), WIDE).dial, 2);
}

#[test]
fn the_window_that_binds_is_shown_with_its_sums() {
    let limits = vec![Window::law(hours(1), 0.06), Window::law(hours(2), 0.02)];
    let mut pacer = Pacer::new(Settings { mode: Mode::Progressive, limits, ..Settings::default() });
    pacer.observe(at(0.0), Event::Login { agent: AgentId(0) });
    pacer.seed_ledger((0..300).map(|n| (at(-4000.0 - f64::from(n)), n % 50 == 0)));
    answers(&mut pacer, 0..100, 0.0, |id| id % 20 == 0);
    let decision = pacer.decide(at(1.0), WIDE);
    assert_eq!((decision.window.0, decision.window.1.cap), (2, 0.02), "its room is the least");
    let e = &decision.estimates;
    assert_eq!((e.humans, e.abandoned, e.cap), (400, 11, 0.02));
    assert_eq!((e.agents_ready, e.agents_busy, e.lines_ringing, e.calls_waiting), (1, 0, 0, 0));
}

#[test]
fn what_is_shown_is_what_is_there() {
    let mut pacer = with_agents(Mode::Progressive, 6);
    dial(&mut pacer, 0..9, 0.0);
    (0..7).for_each(|id| pacer.observe(at(1.0), Event::Ringing { call: CallId(id) }));
    (0..5).for_each(|id| pacer.observe(at(5.0), Event::Live { call: CallId(id) }));
    for id in 0..3 {
        pacer.observe(at(5.0), Event::Connected { call: CallId(id), agent: AgentId(id), within: true });
    }
    pacer.observe(at(25.0), Event::TalkEnded { call: CallId(0), agent: AgentId(0), human: true });
    let e = pacer.decide(at(25.0), WIDE).estimates;
    assert_eq!((e.agents_ready, e.agents_busy, e.lines_ringing, e.calls_waiting), (3, 3, 4, 2));
    assert_eq!((e.ring_seconds, e.answer_rate_n, e.handling_n, e.humans), (4.0, 5, 1, 3));
    assert!(e.predicted_answers > 0.0 && e.predicted_answers < 4.0 && e.predicted_free > 3.0);
}

#[test]
fn a_pacer_is_asked_again_soon_while_something_may_change() {
    let mut pacer = with_agents(Mode::Predictive, 1);
    assert_eq!(pacer.decide(at(7.0), WIDE).next, Some(at(7.25)));
    dial(&mut pacer, 0..1, 7.0);
    pacer.observe(at(7.0), Event::Logout { agent: AgentId(0) });
    assert_eq!(pacer.decide(at(8.0), WIDE).next, Some(at(8.25)), "a line is still out");
    pacer.observe(at(9.0), Event::Ended { call: CallId(0), why: Ending::Busy });
    assert_eq!(pacer.decide(at(9.0), WIDE).next, None);
    pacer.set_mode(Mode::Agentless);
    assert_eq!(pacer.decide(at(10.0), WIDE).next, Some(at(10.25)), "no agent is needed");
    pacer.set_paused(true);
    assert_eq!(pacer.decide(at(11.0), WIDE).next, None);
}

#[test]
fn the_net_is_cast_by_the_second_where_nothing_is_forecast() {
    // Progressive mode learns as well, about once a second.
    let mut pacer = with_agents(Mode::Progressive, 2);
    pacer.decide(at(0.0), WIDE);
    dial(&mut pacer, 0..40, 0.0);
    (0..40).for_each(|id| pacer.observe(at(0.0), Event::Ringing { call: CallId(id) }));
    let rate = |pacer: &mut Pacer, now: f64| pacer.decide(at(now), WIDE).estimates.answer_rate;
    let first = rate(&mut pacer, 0.5);
    assert_eq!(rate(&mut pacer, 0.9), first);
    assert!(rate(&mut pacer, 6.0) < first, "six seconds of silence on forty lines");
}

#[test]
fn a_recovery_is_reckoned_every_few_seconds() {
    let mut pacer = with_agents(Mode::Predictive, 2);
    answers(&mut pacer, 0..100, 0.0, |id| id % 10 == 0);
    let recovers = |pacer: &mut Pacer, now: f64| pacer.decide(at(now), WIDE).recovers.expect("people are served").0;
    let first = recovers(&mut pacer, 1.0);
    assert!(first > 1_000_000);
    assert_eq!(recovers(&mut pacer, 5.9), first, "as it was said");
    assert_ne!(recovers(&mut pacer, 6.0), first);
    let spent = pacer.decide(at(6.5), WIDE);
    let seconds = spent.reason.args.get("recovers").expect("told").clone();
    assert!(seconds.ends_with(" s") || seconds.ends_with("min"), "{seconds}");
    answers(&mut pacer, 1000..2000, 7.0, |_| false);
    assert_eq!(pacer.decide(at(7.0), WIDE).recovers, None);
    // Spent again within the five seconds: reckoned anew.
    answers(&mut pacer, 3000..3060, 8.0, |_| true);
    assert!(recovers(&mut pacer, 8.0) > 8_000_000);
}

#[test]
fn a_recovery_is_that_of_the_window_that_binds() {
    let settings = |cap: f64, limits| Settings { cap, limits, ..Settings::default() };
    let mut pacer = Pacer::new(settings(0.5, vec![Window::law(hours(1), 0.03)]));
    pacer.observe(at(0.0), Event::Login { agent: AgentId(0) });
    answers(&mut pacer, 0..100, 0.0, |id| id % 10 == 0);
    let hour = pacer.decide(at(1.0), WIDE);
    assert_eq!(hour.window.0, 1);
    pacer.set_settings(settings(0.05, Vec::new()));
    let ever = pacer.decide(at(1.5), WIDE);
    assert_eq!(ever.window.0, 0);
    assert_ne!(ever.recovers, hour.recovers, "not the other window's, reckoned half a second before");
}

// ── warnings ──

/// A pacer that was forbidden to reach its target for long enough to know.
fn held_back(target: f64, busy: u64, seconds: u32, humans: u64) -> Decision {
    let mut pacer = Pacer::new(Settings { target_utilization: target, ..Settings::default() });
    (0..10).for_each(|id| pacer.observe(at(0.0), Event::Login { agent: AgentId(id) }));
    answers(&mut pacer, 0..humans, 0.0, |id| id % 10 == 0);
    for id in 0..busy {
        let (call, agent) = (CallId(9000 + id), AgentId(9 - id));
        pacer.observe(at(0.0), Event::Dialed { call });
        pacer.observe(at(0.0), Event::Connected { call, agent, within: true });
    }
    let mut last = pacer.decide(at(0.0), WIDE);
    for second in 1..=seconds {
        last = pacer.decide(at(f64::from(second)), WIDE);
    }
    last
}

#[test]
fn a_target_out_of_reach_is_said_when_it_is_known() {
    let said = |target, busy, seconds, humans| held_back(target, busy, seconds, humans).warning;
    let warning = said(0.8, 5, 300, 400).expect("half of the ten are busy");
    let text = warning.text(Lang::En);
    assert!(text.contains("80 %") && text.contains("50 %") && text.contains("3.00 %"), "{text}");
    assert_eq!(said(0.8, 5, 60, 400), None, "ten agents' minute is too short");
    assert!(said(0.8, 5, 150, 400).is_some());
    assert_eq!(said(0.8, 5, 300, 200), None, "too few answers");
    assert_eq!(said(0.51, 5, 300, 400), None, "within two points");
    assert!(said(0.53, 5, 300, 400).is_some());
    assert_eq!(said(1.0, 5, 300, 400), None, "no target");
    assert_eq!(said(0.3, 5, 300, 400), None, "exceeded");
}

#[test]
fn a_target_is_forbidden_by_the_law_alone() {
    let mut pacer = Pacer::new(Settings { target_utilization: 0.8, ..Settings::default() });
    (0..10).for_each(|id| pacer.observe(at(0.0), Event::Login { agent: AgentId(id) }));
    answers(&mut pacer, 0..400, 0.0, |id| id % 10 == 0);
    (0..300).for_each(|second| drop(pacer.decide(at(f64::from(second)), WIDE)));
    assert!(pacer.decide(at(300.0), WIDE).warning.is_some());
    assert_eq!(pacer.decide(at(301.0), Room { leads: 0, ..WIDE }).warning, None, "no leads");
    pacer.set_mode(Mode::Ratio);
    assert_eq!(pacer.decide(at(302.0), WIDE).warning, None, "a ratio has no target");
}

// ── settings ──

#[test]
fn settings_are_brought_to_reason() {
    let window = Window { span: Span::Rolling(Duration::ZERO), cap: f64::NAN, answers_min: -5.0 };
    let wild = Settings {
        cap: 7.0,
        target_utilization: f64::NAN,
        ring_seconds_max: 9999.0,
        ring_seconds_min: -3.0,
        amd_false_positive_rate: f64::NAN,
        window: Span::Period { from: at(0.0), length: Duration::from_millis(999) },
        limits: vec![window; 20],
        ..Settings::default()
    };
    let pacer = Pacer::new(wild.clone());
    let sane = pacer.settings();
    assert_eq!((sane.cap, sane.target_utilization), (1.0, 1.0));
    assert_eq!((sane.ring_seconds_max, sane.ring_seconds_min, sane.amd_false_positive_rate), (120.0, 0.0, 0.5));
    assert_eq!((sane.window, sane.limits.len()), (Span::Ever, 8));
    assert_eq!(sane.limits[7], Window { span: Span::Ever, cap: 0.0, answers_min: 0.0 });
    let second = Settings { window: Span::Rolling(Duration::from_secs(1)), ..Settings::default() };
    assert_eq!(Pacer::new(second.clone()).settings(), &second, "what makes sense stays");
    let mut later = Pacer::new(Settings::default());
    later.set_settings(wild);
    assert_eq!(later.settings(), pacer.settings());
    assert_eq!(later.ledger().windows().count(), 9);
    let mut mode = Pacer::new(Settings::default());
    mode.set_mode(Mode::Preview);
    assert_eq!(mode.mode(), Mode::Preview);
}

#[test]
fn every_constant_of_the_method_has_a_name() {
    let mut pacer = Pacer::new(Settings::default());
    for name in [
        "grace",
        "cancel_factor",
        "cancel_floor",
        "cancel_share",
        "start_lines",
        "start_per_resolved",
        "speed_agents",
        "caution",
        "person_caution",
        "usual_times",
        "burst",
        "burst_push",
        "burst_seconds",
        "pace_agents",
        "aim",
        "reserve",
        "credit",
        "credit_answers",
        "credit_agents",
        "first_limit",
        "proportional",
        "integral",
        "margin",
        "margin_least",
        "spent_limit",
        "jumps",
        "drift",
        "spread",
        "ignore_steps",
    ] {
        assert!(pacer.tune(name, 0.5), "{name}");
    }
    assert!(!pacer.tune("luck", 0.5));
    let stages = |ignore: f64| {
        let mut pacer = Pacer::new(Settings::default());
        pacer.tune("ignore_steps", ignore);
        pacer.observe(at(0.0), Event::Connected { call: CallId(1), agent: AgentId(1), within: true });
        pacer.observe(at(5.0), Event::Step { call: CallId(1), agent: AgentId(1), step: 2 });
        pacer.observe(at(9.0), Event::TalkEnded { call: CallId(1), agent: AgentId(1), human: true });
        let kept = serde_json::to_value(pacer.learned()).expect("numbers");
        kept["talk"]["stages"].as_array().map(Vec::len)
    };
    assert_eq!((stages(0.0), stages(1.0)), (Some(4), Some(1)));
}
