//! Several legal windows at once: which one binds, when it has room again, and what is dialed meanwhile; a joint budget
//! of several campaigns; and what a run leaves to the next one.

use outpace::pacing::{
    Decision, Event, Learned, LearnedError, Ledger, Mode, Pacer, Room, Settings, Span, Tally, Window,
};
use outpace::words::{AgentId, CallId, Lang, Moment};
use std::time::Duration;

const WIDE: Room = Room { channels: 1000, calls_this_second: 1000, leads: 1000 };
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const MONTH: Span = Span::Rolling(Duration::from_secs(30 * DAY as u64));

fn at(seconds: i64) -> Moment {
    Moment(seconds * 1_000_000)
}

fn guarded() -> Settings {
    Settings { window: MONTH, limits: Window::guards(MONTH, 0.03), ..Settings::default() }
}

fn with_agents(settings: Settings, agents: u64) -> Pacer {
    let mut pacer = Pacer::new(settings);
    (0..agents).for_each(|id| pacer.observe(at(0), Event::Login { agent: AgentId(id) }));
    pacer
}

/// A month of good days: 20,000 people served, every hundredth abandoned.
fn good_month() -> impl Iterator<Item = (Moment, bool)> {
    (0..20_000).map(|n| (at(-29 * DAY + n * 125), n % 100 == 0))
}

fn answer(pacer: &mut Pacer, id: u64, now: i64, abandoned: bool) {
    let (call, agent) = (CallId(id), AgentId(0));
    pacer.observe(at(now), Event::Dialed { call });
    pacer.observe(at(now), Event::Ringing { call });
    pacer.observe(at(now), Event::Live { call });
    if abandoned {
        return pacer.observe(at(now), Event::Abandoned { call });
    }
    pacer.observe(at(now), Event::Connected { call, agent, within: true });
    pacer.observe(at(now), Event::TalkEnded { call, agent, human: true });
    pacer.observe(at(now), Event::Ready { agent });
}

fn code(decision: &Decision) -> &str {
    &decision.reason.code
}

#[test]
fn a_good_month_does_not_hide_a_bad_hour() {
    let mut pacer = with_agents(guarded(), 5);
    pacer.seed_ledger(good_month());
    assert_ne!(code(&pacer.decide(at(1), WIDE)), "pacing.cap_reached");
    (0..200).for_each(|id| answer(&mut pacer, id, 2 + id as i64 / 10, id % 10 == 0));
    let decision = pacer.decide(at(60), WIDE);
    assert_eq!((decision.dial, code(&decision)), (5, "pacing.cap_reached"), "one line per free agent");
    assert_eq!(decision.window.1.name(), "1 h");
    assert_eq!((decision.estimates.humans, decision.estimates.abandoned), (200, 20));
    let sentence = decision.reason.text(Lang::En);
    assert!(sentence.contains("(window 1 h)") && sentence.contains("6.00 % is allowed"), "{sentence}");
    let tallies: Vec<f64> = pacer.ledger().windows().map(|(_, tally)| tally.humans).collect();
    assert_eq!(tallies[0], 20_200.0, "the month");
    assert!(tallies[1] > 200.0 && tallies[1] < 1000.0, "24 hours: {tallies:?}");
}

#[test]
fn a_bad_hour_is_over_when_it_has_left_the_window() {
    let mut pacer = with_agents(guarded(), 5);
    pacer.seed_ledger(good_month());
    (0..200).for_each(|id| answer(&mut pacer, id, 2, id % 10 == 0));
    let recovers = pacer.decide(at(60), WIDE).recovers.expect("a rolling window recovers");
    assert!(at(60) < recovers && recovers <= at(HOUR + 5), "{recovers:?}");
    assert_eq!(code(&pacer.decide(at(HOUR - 60), WIDE)), "pacing.cap_reached");
    let after = pacer.decide(at(HOUR + 5), WIDE);
    assert_ne!(code(&after), "pacing.cap_reached");
    assert_eq!(after.recovers, None);
}

#[test]
fn a_period_begins_anew_at_its_first_moment() {
    let day = Span::Period { from: at(-HOUR), length: Duration::from_secs(DAY as u64) };
    let mut pacer = with_agents(Settings { window: day, ..Settings::default() }, 5);
    (0..100).for_each(|id| answer(&mut pacer, id, 2, id % 10 == 0));
    let decision = pacer.decide(at(60), WIDE);
    assert_eq!(code(&decision), "pacing.cap_reached");
    assert!(decision.recovers.is_some_and(|recovers| recovers <= at(DAY - HOUR)), "{decision:?}");
    let next = pacer.decide(at(DAY - HOUR), WIDE);
    assert_ne!(code(&next), "pacing.cap_reached");
    assert_eq!(next.estimates.humans, 0);
}

#[test]
fn a_restart_does_not_forgive() {
    let entries: Vec<(Moment, bool)> = (0..300).map(|n| (at(n * 20), n % 9 == 0)).collect();
    let mut lived = with_agents(guarded(), 3);
    for (id, (when, abandoned)) in entries.iter().enumerate() {
        answer(&mut lived, id as u64, when.0 / 1_000_000, *abandoned);
    }
    let mut restarted = with_agents(guarded(), 3);
    restarted.seed_ledger(entries);
    let (lived_says, restarted_says) = (lived.decide(at(6000), WIDE), restarted.decide(at(6000), WIDE));
    assert!(lived.ledger().windows().eq(restarted.ledger().windows()));
    assert_eq!(code(&lived_says), code(&restarted_says));
    assert_eq!(lived_says.window, restarted_says.window);
}

#[test]
fn settings_that_change_keep_what_the_windows_hold() {
    let mut pacer = with_agents(guarded(), 3);
    pacer.seed_ledger(good_month());
    let stricter = Settings { cap: 0.01, limits: Vec::new(), ..guarded() };
    pacer.set_settings(stricter);
    let windows: Vec<(Window, Tally)> = pacer.ledger().windows().collect();
    assert_eq!(windows.len(), 1);
    assert_eq!((windows[0].0.cap, windows[0].1.humans), (0.01, 20_000.0));
}

#[test]
fn a_joint_budget_binds_each_campaign_that_draws_from_it() {
    let seller = Window::law(Span::Ever, 0.03);
    let mut joint = Ledger::new([seller]);
    let mut campaigns = [with_agents(Settings::default(), 4), with_agents(Settings::default(), 4)];
    // The first campaign alone spends the seller's budget.
    for id in 0..100 {
        answer(&mut campaigns[0], id, 2, id % 10 == 0);
        joint.record(at(2), Tally::answer(1.0, f64::from(u8::from(id % 10 == 0))));
    }
    answer(&mut campaigns[1], 0, 2, false);
    let others = campaigns[0].in_flight();
    campaigns[1].set_joint(joint.windows(), others);
    let decision = campaigns[1].decide(at(3), WIDE);
    assert_eq!((decision.dial, code(&decision)), (4, "pacing.cap_reached"));
    assert_eq!(decision.window, (1, seller), "the campaign's own window is number 0");
    campaigns[1].set_joint([], Tally::default());
    assert_ne!(code(&campaigns[1].decide(at(4), WIDE)), "pacing.cap_reached");
}

#[test]
fn what_other_campaigns_have_in_flight_is_spent_already() {
    let mut joint = Ledger::new([Window::law(Span::Ever, 0.03)]);
    joint.record(at(0), Tally::answer(1000.0, 0.0));
    let dials = |abandoned: f64| {
        let mut pacer = poor_list();
        pacer.set_joint(joint.windows(), Tally { humans: 0.0, abandoned, variance: 0.0 });
        pacer.decide(at(2500), WIDE).dial
    };
    assert!(dials(29.0) < dials(0.0));
}

#[test]
fn where_one_line_per_agent_is_too_much_the_dialer_rests() {
    for mode in [Mode::Predictive, Mode::Progressive, Mode::Ratio] {
        let mut pacer = with_agents(Settings { mode, ..Settings::default() }, 2);
        (0..50).for_each(|id| answer(&mut pacer, id, 1, id % 5 == 0));
        assert_ne!(code(&pacer.decide(at(2), WIDE)), "pacing.cap_stopped", "{mode:?}");
        // Lines placed before do not speak against the fallback; later ones do.
        (100..110).for_each(|id| answer(&mut pacer, id, 20, true));
        assert_ne!(code(&pacer.decide(at(21), WIDE)), "pacing.cap_stopped", "{mode:?}");
        (200..203).for_each(|id| answer(&mut pacer, id, 100, true));
        let rest = pacer.decide(at(101), WIDE);
        assert_eq!((rest.dial, code(&rest), rest.recovers), (0, "pacing.cap_stopped", Some(at(701))), "{mode:?}");
        assert_eq!(pacer.decide(at(700), WIDE).dial, 0, "{mode:?}");
        assert_eq!(pacer.decide(at(702), WIDE).dial, 2, "{mode:?}: it tries again");
    }
}

#[test]
fn a_target_that_the_cap_forbids_is_said() {
    let mut pacer = with_agents(Settings { target_utilization: 0.9, ..Settings::default() }, 3);
    for second in 0..1300 {
        answer(&mut pacer, second as u64, second, false);
        let decision = pacer.decide(at(second), WIDE);
        assert!(second > 200 || decision.warning.is_none(), "too early to say: {second} s");
    }
    // Nothing may be lost any more, and everybody is free most of the time.
    (5000..5100).for_each(|id| answer(&mut pacer, id, 1300, id % 2 == 0));
    let warning = pacer.decide(at(1301), WIDE).warning.expect("said");
    assert_eq!(warning.code, "pacing.target_forbidden");
    let sentence = warning.text(Lang::En);
    assert!(sentence.contains("90 %") && sentence.contains("3.00 %"), "{sentence}");
}

#[test]
fn amd_errors_count_only_where_the_pack_asks() {
    let error = Settings { amd: true, amd_false_positive_rate: 0.025, ..Settings::default() };
    let refused = with_agents(error.clone(), 2).decide(at(1), WIDE);
    assert_eq!((refused.dial, code(&refused)), (0, "pacing.cap_unreachable"));
    let allowed = with_agents(Settings { amd_errors_count: false, ..error.clone() }, 2).decide(at(1), WIDE);
    assert!(allowed.dial > 0);
    let hour = Window { cap: 0.01, ..Window::guards(MONTH, 0.03)[1] };
    let strict = Settings { amd_false_positive_rate: 0.01, limits: vec![hour], ..error };
    let refused = with_agents(strict, 2).decide(at(1), WIDE);
    assert_eq!(code(&refused), "pacing.cap_unreachable", "any window's cap, not the first one's alone");
}

/// A run of a list of which one in ten answers, four lines an agent: so many are usual here.
fn poor_list() -> Pacer {
    let mut pacer = with_agents(Settings::default(), 10);
    for round in 0..60 {
        let start = round * 40;
        let base = |group: u64| round as u64 * 1000 + group * 100;
        for group in 0..4 {
            for id in base(group)..base(group) + 9 {
                pacer.observe(at(start), Event::Dialed { call: CallId(id) });
                pacer.observe(at(start + 2), Event::Ringing { call: CallId(id) });
            }
            let call = CallId(base(group) + 50);
            pacer.observe(at(start + 2), Event::Dialed { call });
            pacer.observe(at(start + 4), Event::Ringing { call });
        }
        for (group, agent) in (0..4).map(|group| (group, AgentId(group))) {
            let call = CallId(base(group) + 50);
            pacer.observe(at(start + 12), Event::Live { call });
            pacer.observe(at(start + 12), Event::Connected { call, agent, within: true });
        }
        for (group, agent) in (0..4).map(|group| (group, AgentId(group))) {
            let call = CallId(base(group) + 50);
            pacer.observe(at(start + 22), Event::TalkEnded { call, agent, human: true });
            pacer.observe(at(start + 25), Event::Ready { agent });
        }
        for id in (0..4).flat_map(|group| base(group)..base(group) + 9) {
            let why = outpace::pacing::Ending::NoAnswer;
            pacer.observe(at(start + 30), Event::Ended { call: CallId(id), why });
        }
        pacer.decide(at(start + 39), WIDE);
    }
    pacer
}

#[test]
fn the_next_run_starts_from_what_this_one_learned() {
    let stored = serde_json::to_string(&poor_list().learned()).expect("numbers");
    let learned: Learned = serde_json::from_str(&stored).expect("as written");
    assert_eq!(learned.calls(), 2_400);
    let mut warm = with_agents(Settings::default(), 10);
    warm.warm_with(&learned).expect("sound");
    let mut cold = with_agents(Settings::default(), 10);
    let (warm, cold) = (warm.decide(at(1), WIDE), cold.decide(at(1), WIDE));
    assert!((0.05..0.2).contains(&warm.estimates.answer_rate), "{:?}", warm.estimates);
    assert!(cold.estimates.answer_rate > 0.3, "{:?}", cold.estimates);
    assert_eq!(warm.estimates.answer_rate_n, 0, "nothing of today yet");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let stored = serde_json::to_value(poor_list().learned()).expect("numbers");
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut broken = stored.clone();
        change(&mut broken);
        let learned: Learned = serde_json::from_value(broken).expect("still the same form");
        Pacer::new(Settings::default()).warm_with(&learned).expect_err("refused")
    };
    assert_eq!(refused(&|v| v["version"] = 9.into()), LearnedError::Version(9));
    assert_eq!(refused(&|v| v["amd"] = true.into()), LearnedError::Amd { learned: true });
    assert_eq!(refused(&|v| v["ring"]["ring"][3]["on"] = (-1.0).into()), LearnedError::Broken { field: "ring" });
    assert_eq!(refused(&|v| v["ring"]["pre"] = serde_json::json!([])), LearnedError::Broken { field: "ring" });
    assert_eq!(refused(&|v| v["delays"]["live"][0] = (-1.0).into()), LearnedError::Broken { field: "delays" });
    assert_eq!(refused(&|v| v["talk"]["stages"] = serde_json::json!([])), LearnedError::Broken { field: "talk" });
    assert_eq!(refused(&|v| v["talk"]["ready"][0] = 1e9.into()), LearnedError::Broken { field: "talk" });
    assert!(LearnedError::Version(9).to_string().contains("start without it"));
}

#[test]
fn callbacks_and_inbound_calls_are_no_free_agents() {
    let dials = |prepare: &dyn Fn(&mut Pacer)| {
        let mut pacer = poor_list();
        prepare(&mut pacer);
        pacer.decide(at(2500), WIDE).dial
    };
    let free = dials(&|_| ());
    let callbacks = dials(&|pacer| (0..5).for_each(|_| pacer.expect_callback(at(2505))));
    let far = dials(&|pacer| pacer.expect_callback(at(5000)));
    let inbound = dials(&|pacer| {
        for second in 0..100 {
            pacer.observe(at(2400 + second), Event::Taken { agent: AgentId(3) });
            pacer.observe(at(2400 + second), Event::Ready { agent: AgentId(3) });
        }
    });
    let moved = dials(&|pacer| {
        (0..5).for_each(|_| pacer.expect_callback(at(2505)));
        (0..5).for_each(|_| pacer.unexpect_callback(at(2505)));
    });
    assert!(callbacks < free, "{callbacks} {free}");
    assert_eq!(moved, free, "appointments that are taken back want nobody");
    assert_eq!(far, free);
    assert!(inbound < free, "{inbound} {free}");
}
