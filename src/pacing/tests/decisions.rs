//! Stories of single decisions: each mode, each reason, and the bad days.

use super::*;
use crate::words::Lang;

#[test]
fn nobody_is_dialed_without_an_agent() {
    for mode in [Mode::Progressive, Mode::Ratio, Mode::Predictive, Mode::Manual, Mode::Preview] {
        let decision = pacer(mode).decide(at(1.0), WIDE);
        assert_eq!((decision.dial, code(&decision), decision.next), (0, "pacing.no_agents", None), "{mode:?}");
    }
}

#[test]
fn progressive_dials_one_line_per_free_agent_counting_those_out() {
    let mut pacer = with_agents(Mode::Progressive, 5);
    assert_eq!(pacer.decide(at(0.0), WIDE).dial, 5);
    dial(&mut pacer, 0..5, 0.0);
    assert_eq!(pacer.decide(at(0.1), WIDE).dial, 0);
    pacer.observe(at(3.0), Event::Ringing { call: CallId(0) });
    pacer.observe(at(8.0), Event::Live { call: CallId(0) });
    assert_eq!(pacer.decide(at(8.0), WIDE).dial, 0, "waiting counts");
    pacer.observe(at(8.1), Event::Connected { call: CallId(0), agent: AgentId(3), within: true });
    pacer.observe(at(9.0), Event::Ended { call: CallId(1), why: Ending::Busy });
    let decision = pacer.decide(at(9.0), WIDE);
    assert_eq!((decision.dial, code(&decision)), (1, "pacing.progressive"));
}

#[test]
fn ratio_dials_its_ratio_until_the_cap_is_near() {
    let mut pacer = Pacer::new(Settings { mode: Mode::Ratio, ratio: 2.5, ..Settings::default() });
    (0..4).for_each(|id| pacer.observe(at(0.0), Event::Login { agent: AgentId(id) }));
    assert_eq!(pacer.decide(at(0.0), WIDE).dial, 10);
    abandon(&mut pacer, 1, 0.0);
    let decision = pacer.decide(at(11.0), WIDE);
    assert_eq!((decision.dial, code(&decision)), (4, "pacing.cap_reached"));
}

#[test]
fn manual_and_preview_dial_only_what_agents_ask_for() {
    for mode in [Mode::Manual, Mode::Preview] {
        let mut pacer = with_agents(mode, 3);
        assert_eq!(pacer.decide(at(0.0), WIDE).dial, 0);
        pacer.ask(2);
        assert_eq!(pacer.decide(at(0.0), Room { channels: 1, ..WIDE }).dial, 1);
        assert_eq!(pacer.decide(at(0.0), WIDE).dial, 1);
        assert_eq!(code(&pacer.decide(at(0.0), WIDE)), "pacing.asked");
    }
}

#[test]
fn agentless_fills_its_lines() {
    let mut pacer = Pacer::new(Settings { mode: Mode::Agentless, lines_max: 7, ..Settings::default() });
    assert_eq!(pacer.decide(at(0.0), WIDE).dial, 7);
    dial(&mut pacer, 0..7, 0.0);
    let decision = pacer.decide(at(0.0), WIDE);
    assert_eq!((decision.dial, code(&decision)), (0, "pacing.lines_max"));
}

#[test]
fn the_room_binds_and_says_so() {
    for (room, expected) in [
        (Room { channels: 0, ..WIDE }, "pacing.no_channels"),
        (Room { leads: 0, ..WIDE }, "pacing.no_leads"),
        (Room { calls_this_second: 0, ..WIDE }, "pacing.cps"),
    ] {
        for mode in [Mode::Progressive, Mode::Predictive, Mode::Agentless] {
            let decision = with_agents(mode, 5).decide(at(1.0), room);
            assert_eq!((decision.dial, code(&decision)), (0, expected), "{mode:?}");
        }
    }
}

#[test]
fn a_paused_campaign_dials_nothing() {
    let mut pacer = with_agents(Mode::Predictive, 5);
    pacer.set_paused(true);
    let decision = pacer.decide(at(1.0), WIDE);
    assert_eq!((decision.dial, code(&decision), decision.next), (0, "pacing.paused", None));
    pacer.set_paused(false);
    assert!(pacer.decide(at(1.0), WIDE).dial > 0);
}

#[test]
fn a_mode_is_switched_live() {
    let mut pacer = with_agents(Mode::Progressive, 2);
    dial(&mut pacer, 0..2, 0.0);
    pacer.set_mode(Mode::Manual);
    assert_eq!(pacer.decide(at(1.0), WIDE).dial, 0);
    pacer.set_mode(Mode::Ratio);
    assert_eq!(pacer.decide(at(1.0), WIDE).dial, 1, "1.5 lines for two agents, less the two that are out");
}

#[test]
fn predictive_overdials_once_it_knows_the_list() {
    let mut pacer = with_agents(Mode::Predictive, 10);
    // One in ten answers.
    for round in 0..40 {
        let start = f64::from(round) * 40.0;
        let base = u64::from(round as u32) * 100;
        dial(&mut pacer, base + 1..base + 10, start);
        (base + 1..base + 10).for_each(|id| pacer.observe(at(start + 2.0), Event::Ringing { call: CallId(id) }));
        serve(&mut pacer, base + 50, 3, start);
        (base + 1..base + 10)
            .for_each(|id| pacer.observe(at(start + 40.0), Event::Ended { call: CallId(id), why: Ending::NoAnswer }));
        pacer.decide(at(start + 40.0), WIDE);
    }
    let decision = pacer.decide(at(1601.0), WIDE);
    assert!(decision.dial > 20, "ten free agents and a poor list: {decision:?}");
    assert!((0.05..0.2).contains(&decision.estimates.answer_rate), "{:?}", decision.estimates);
}

#[test]
fn a_spent_cap_leaves_one_line_per_free_agent_and_none_without() {
    let mut pacer = with_agents(Mode::Predictive, 3);
    (0..20).for_each(|call| abandon(&mut pacer, call, 0.0));
    let decision = pacer.decide(at(11.0), WIDE);
    assert_eq!(code(&decision), "pacing.cap_reached");
    assert_eq!(decision.dial, 3);
    for (agent, call) in [(0, 100), (1, 101), (2, 102)] {
        pacer.observe(at(12.0), Event::Dialed { call: CallId(call) });
        pacer.observe(at(12.0), Event::Live { call: CallId(call) });
        pacer.observe(at(12.0), Event::Connected { call: CallId(call), agent: AgentId(agent), within: true });
    }
    let decision = pacer.decide(at(12.0), WIDE);
    assert_eq!((decision.dial, code(&decision)), (0, "pacing.cap_reached"));
}

#[test]
fn a_cap_of_zero_is_progressive_and_stops_at_the_first_abandoned_call() {
    let mut pacer = Pacer::new(Settings { cap: 0.0, ..Settings::default() });
    (0..4).for_each(|id| pacer.observe(at(0.0), Event::Login { agent: AgentId(id) }));
    assert_eq!(pacer.decide(at(0.0), WIDE).dial, 4);
    abandon(&mut pacer, 1, 0.0);
    assert_eq!(pacer.decide(at(11.0), WIDE).dial, 0);
}

#[test]
fn a_cap_below_amds_own_error_is_refused() {
    let mut pacer = Pacer::new(Settings { amd: true, amd_false_positive_rate: 0.025, ..Settings::default() });
    pacer.observe(at(0.0), Event::Login { agent: AgentId(1) });
    let decision = pacer.decide(at(0.0), WIDE);
    assert_eq!((decision.dial, code(&decision)), (0, "pacing.cap_unreachable"));
}

#[test]
fn a_seeded_ledger_binds_from_the_start() {
    let mut pacer = with_agents(Mode::Predictive, 3);
    pacer.seed_ledger((0..100).map(|n| (Moment(-1_000_000 * (200 - n)), n % 10 == 0)));
    let decision = pacer.decide(at(0.0), WIDE);
    assert_eq!((decision.estimates.humans, decision.estimates.abandoned), (100, 10));
    assert_eq!((decision.dial, code(&decision)), (3, "pacing.cap_reached"));
}

#[test]
fn a_late_connect_counts_as_abandoned() {
    let mut pacer = with_agents(Mode::Predictive, 1);
    pacer.observe(at(1.0), Event::Dialed { call: CallId(1) });
    pacer.observe(at(5.0), Event::Live { call: CallId(1) });
    pacer.observe(at(8.0), Event::Connected { call: CallId(1), agent: AgentId(0), within: false });
    let estimates = pacer.decide(at(8.0), WIDE).estimates;
    assert_eq!((estimates.humans, estimates.abandoned), (1, 1));
}

#[test]
fn everyone_pausing_at_once_stops_the_dialer() {
    let mut pacer = with_agents(Mode::Predictive, 20);
    assert!(pacer.decide(at(0.0), WIDE).dial > 0);
    (0..20).for_each(|id| pacer.observe(at(1.0), Event::Pause { agent: AgentId(id) }));
    let decision = pacer.decide(at(1.0), WIDE);
    assert_eq!((decision.dial, code(&decision)), (0, "pacing.no_agents"));
}

#[test]
fn agents_taken_by_inbound_calls_are_no_supply() {
    let mut pacer = with_agents(Mode::Progressive, 3);
    pacer.observe(at(1.0), Event::Taken { agent: AgentId(0) });
    assert_eq!(pacer.decide(at(1.0), WIDE).dial, 2);
}

#[test]
fn surplus_lines_are_cancelled_only_after_the_lawful_ring_time() {
    let mut pacer = with_agents(Mode::Predictive, 4);
    dial(&mut pacer, 0..40, 0.0);
    (0..40).for_each(|id| pacer.observe(at(1.0), Event::Ringing { call: CallId(id) }));
    (0..4).for_each(|id| pacer.observe(at(2.0), Event::Taken { agent: AgentId(id) }));
    pacer.observe(at(2.0), Event::Login { agent: AgentId(9) });
    assert_eq!(pacer.decide(at(15.9), WIDE).hangups, []);
    let hangups = pacer.decide(at(16.0), WIDE).hangups;
    assert!(!hangups.is_empty());
    let again = pacer.decide(at(16.1), WIDE).hangups;
    assert!(again.iter().all(|call| !hangups.contains(call)), "asked once");
}

#[test]
fn a_carrier_outage_teaches_nothing_about_people() {
    let mut pacer = with_agents(Mode::Predictive, 10);
    (0..30).for_each(|round| serve(&mut pacer, round, 1, round as f64 * 41.0));
    let before = pacer.decide(at(1300.0), WIDE).estimates.answer_rate;
    dial(&mut pacer, 1000..3000, 1301.0);
    (1000..3000).for_each(|id| pacer.observe(at(1301.4), Event::Ended { call: CallId(id), why: Ending::Fail }));
    let after = pacer.decide(at(1305.0), WIDE).estimates.answer_rate;
    assert!((after / before - 1.0).abs() < 0.2, "{before} {after}");
}

#[test]
fn the_start_grows_with_what_resolved_not_with_time() {
    let mut pacer = with_agents(Mode::Predictive, 50);
    let first = pacer.decide(at(0.0), WIDE).dial;
    assert!(first <= 50, "{first}");
    dial(&mut pacer, 0..u64::from(first), 0.0);
    let later = pacer.decide(at(10.0), WIDE);
    assert!(later.dial + first <= 50, "nothing resolved: {later:?}");
}

#[test]
fn a_warm_start_knows_the_answer_rate() {
    let mut pacer = with_agents(Mode::Predictive, 10);
    let prior = Prior { answer_rate: 0.08, ring_seconds: 10.0, talk_seconds: 120.0, wrap_seconds: 15.0, calls: 2000.0 };
    pacer.warm(prior);
    let rate = pacer.decide(at(0.0), WIDE).estimates.answer_rate;
    assert!((0.05..0.11).contains(&rate), "{rate}");
}

#[test]
fn a_target_that_is_met_eases_the_dialer() {
    let dials = |target: f64| {
        let mut pacer = Pacer::new(Settings { target_utilization: target, ..Settings::default() });
        (0..10).for_each(|id| pacer.observe(at(0.0), Event::Login { agent: AgentId(id) }));
        dial(&mut pacer, 10_000..10_300, 0.0);
        (10_000..10_300).for_each(|id| pacer.observe(at(1.0), Event::Ended { call: CallId(id), why: Ending::Busy }));
        for second in 2..1200 {
            pacer.decide(at(f64::from(second)), WIDE);
            let call = CallId(u64::from(second as u32));
            if second < 11 {
                pacer.observe(at(f64::from(second)), Event::Dialed { call });
                pacer.observe(at(f64::from(second)), Event::Live { call });
                let agent = AgentId(u64::from(second as u32) - 2);
                pacer.observe(at(f64::from(second)), Event::Connected { call, agent, within: true });
            }
        }
        (pacer.decide(at(1201.0), WIDE).dial, pacer.decide(at(1201.0), WIDE).reason.code)
    };
    let (eased, high) = (dials(0.5), dials(1.0));
    assert!(eased.0 < high.0, "{eased:?} {high:?}");
    assert_eq!(eased.1, "pacing.target_met");
}

#[test]
fn a_clock_that_jumps_back_stands_still() {
    let mut pacer = with_agents(Mode::Predictive, 2);
    pacer.observe(at(100.0), Event::Dialed { call: CallId(1) });
    pacer.observe(at(50.0), Event::Ringing { call: CallId(1) });
    let decision = pacer.decide(at(-5.0), WIDE);
    assert_eq!(decision.next, Some(at(100.25)));
    assert_eq!(decision.estimates.lines_ringing, 1);
}

#[test]
fn settings_that_make_no_sense_do_no_harm() {
    let broken = Settings {
        cap: f64::NAN,
        target_utilization: -1.0,
        threshold: Duration::ZERO,
        ring_seconds_max: f64::INFINITY,
        ring_seconds_min: f64::NAN,
        amd_false_positive_rate: 7.0,
        ratio: f64::NAN,
        ..Settings::default()
    };
    for mode in [Mode::Progressive, Mode::Ratio, Mode::Predictive, Mode::Agentless] {
        let mut pacer = Pacer::new(Settings { mode, ..broken.clone() });
        pacer.observe(at(0.0), Event::Login { agent: AgentId(1) });
        assert!(pacer.decide(at(0.0), WIDE).dial <= 10, "{mode:?}");
    }
}

#[test]
fn every_reason_is_a_sentence_in_three_languages() {
    use crate::pacing::why::{Binding, Spent, reason};
    let spent = Spent { window: Window::law(Span::Rolling(Duration::from_secs(3600)), 0.03), seconds: Some(300.0) };
    let estimates = Estimates { humans: 100, abandoned: 3, cap: 0.03, ..Estimates::default() };
    for binding in [
        Binding::Paused,
        Binding::NoAgents,
        Binding::CapUnreachable,
        Binding::CapReached,
        Binding::CapStopped,
        Binding::Asked,
        Binding::Progressive,
        Binding::Ratio,
        Binding::Lines(3),
        Binding::Conflict,
        Binding::Budget,
        Binding::Starting,
        Binding::Target,
        Binding::Channels,
        Binding::CallsPerSecond,
        Binding::Leads,
    ] {
        for lang in [Lang::En, Lang::ZhHans, Lang::ZhHant] {
            let text = reason(binding, &estimates, spent).text(lang);
            assert!(!text.contains('{') && !text.starts_with("pacing."), "{binding:?} {lang:?}: {text}");
        }
    }
}
