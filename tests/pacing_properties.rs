//! What holds for pacing whatever happens: strangers write the events, in any order and as contradictory as they like.

use outpace::pacing::{
    CallRate, Decision, Ending, Event, Ledger, Mode, Pacer, Prior, Room, Settings, Span, Tally, Window,
};
use outpace::words::{AgentId, CallId, Moment};
use proptest::prelude::*;
use std::time::Duration;

fn event() -> impl Strategy<Value = Event> {
    let call = || (0u64..40).prop_map(CallId);
    let agent = || (0u64..8).prop_map(AgentId);
    let ending = prop_oneof![
        Just(Ending::NoAnswer),
        Just(Ending::Busy),
        Just(Ending::Sit),
        Just(Ending::Fail),
        Just(Ending::Cancelled),
        Just(Ending::Hangup)
    ];
    prop_oneof![
        6 => call().prop_map(|call| Event::Dialed { call }),
        4 => call().prop_map(|call| Event::Ringing { call }),
        3 => call().prop_map(|call| Event::Answered { call }),
        3 => call().prop_map(|call| Event::Live { call }),
        1 => call().prop_map(|call| Event::Machine { call }),
        2 => (call(), ending).prop_map(|(call, why)| Event::Ended { call, why }),
        4 => (call(), agent(), any::<bool>()).prop_map(|(call, agent, within)| Event::Connected { call, agent, within }),
        2 => call().prop_map(|call| Event::Abandoned { call }),
        1 => (call(), agent(), 0u32..200).prop_map(|(call, agent, step)| Event::Step { call, agent, step }),
        3 => (call(), agent(), any::<bool>()).prop_map(|(call, agent, human)| Event::TalkEnded { call, agent, human }),
        2 => agent().prop_map(|agent| Event::Login { agent }),
        3 => agent().prop_map(|agent| Event::Ready { agent }),
        1 => agent().prop_map(|agent| Event::Pausing { agent }),
        1 => agent().prop_map(|agent| Event::Pause { agent }),
        1 => agent().prop_map(|agent| Event::Logout { agent }),
        1 => agent().prop_map(|agent| Event::Taken { agent }),
    ]
}

fn story() -> impl Strategy<Value = Vec<(u32, Event)>> {
    prop::collection::vec((0u32..5_000, event()), 0..200)
}

fn room() -> impl Strategy<Value = Room> {
    (0u32..60, 0u32..60, 0u32..60).prop_map(|(channels, calls_this_second, leads)| Room {
        channels,
        calls_this_second,
        leads,
    })
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        Just(Mode::Manual),
        Just(Mode::Preview),
        Just(Mode::Progressive),
        Just(Mode::Ratio),
        Just(Mode::Predictive),
        Just(Mode::Agentless)
    ]
}

/// Tells a story, deciding every few events; returns the pacer, its last moment and every decision's size.
fn tell(settings: Settings, story: &[(u32, Event)], room: Room) -> (Pacer, Moment, Vec<u32>) {
    let mut pacer = Pacer::new(settings);
    let mut now = 0;
    let mut dials = Vec::new();
    for (at, (gap, event)) in story.iter().enumerate() {
        now += i64::from(*gap) * 1000;
        pacer.observe(Moment(now), *event);
        if at % 7 == 0 {
            dials.push(pacer.decide(Moment(now), room).dial);
        }
    }
    (pacer, Moment(now), dials)
}

/// Every decision of a story, made at each third event, with the pacer as it stood then.
fn retell(settings: &Settings, story: &[(i64, Event)], room: Room) -> (Vec<Decision>, Vec<(f64, f64)>) {
    let mut pacer = Pacer::new(settings.clone());
    let (mut decisions, mut sums) = (Vec::new(), Vec::new());
    for (at, (now, event)) in story.iter().enumerate() {
        pacer.observe(Moment(*now), *event);
        if at % 3 == 0 {
            decisions.push(pacer.decide(Moment(*now), room));
            let (_, tally) = pacer.ledger().window(0).expect("the law's own");
            sums.push((tally.humans, tally.abandoned));
        }
    }
    (decisions, sums)
}

/// The moments of a story, in microseconds from such a start.
fn timed(story: &[(u32, Event)], start: i64) -> Vec<(i64, Event)> {
    let mut now = start;
    let mut at = |gap: u32| {
        now += i64::from(gap) * 1000;
        now
    };
    story.iter().map(|(gap, event)| (at(*gap), *event)).collect()
}

/// The same event of other calls and agents.
fn renamed(event: Event, call_of: impl Fn(CallId) -> CallId, agent_of: impl Fn(AgentId) -> AgentId) -> Event {
    match event {
        Event::Dialed { call } => Event::Dialed { call: call_of(call) },
        Event::Ringing { call } => Event::Ringing { call: call_of(call) },
        Event::Answered { call } => Event::Answered { call: call_of(call) },
        Event::Live { call } => Event::Live { call: call_of(call) },
        Event::Machine { call } => Event::Machine { call: call_of(call) },
        Event::Ended { call, why } => Event::Ended { call: call_of(call), why },
        Event::Connected { call, agent, within } => {
            Event::Connected { call: call_of(call), agent: agent_of(agent), within }
        }
        Event::Abandoned { call } => Event::Abandoned { call: call_of(call) },
        Event::Spoke { call, within } => Event::Spoke { call: call_of(call), within },
        Event::Unserved { call, answered, abandoned } => Event::Unserved { call: call_of(call), answered, abandoned },
        Event::Step { call, agent, step } => Event::Step { call: call_of(call), agent: agent_of(agent), step },
        Event::TalkEnded { call, agent, human } => {
            Event::TalkEnded { call: call_of(call), agent: agent_of(agent), human }
        }
        Event::Login { agent } => Event::Login { agent: agent_of(agent) },
        Event::Ready { agent } => Event::Ready { agent: agent_of(agent) },
        Event::Pausing { agent } => Event::Pausing { agent: agent_of(agent) },
        Event::Pause { agent } => Event::Pause { agent: agent_of(agent) },
        Event::Logout { agent } => Event::Logout { agent: agent_of(agent) },
        Event::Taken { agent } => Event::Taken { agent: agent_of(agent) },
    }
}

/// A team that knows its list and has worked for so long, so many of them talking all the time.
fn worked(target_utilization: f64, busy: u64, seconds: i64) -> Pacer {
    let mut pacer = Pacer::new(Settings { target_utilization, ..Settings::default() });
    pacer.warm(Prior { answer_rate: 0.2, ring_seconds: 9.0, talk_seconds: 90.0, wrap_seconds: 9.0, calls: 3000.0 });
    (0..12).for_each(|id| pacer.observe(Moment(0), Event::Login { agent: AgentId(id) }));
    // Enough attempts that growth at the start binds no more.
    for id in 10_000..10_200 {
        pacer.observe(Moment(0), Event::Dialed { call: CallId(id) });
        pacer.observe(Moment(0), Event::Ended { call: CallId(id), why: Ending::Busy });
    }
    for id in 0..busy {
        pacer.observe(Moment(0), Event::Dialed { call: CallId(id) });
        pacer.observe(Moment(0), Event::Connected { call: CallId(id), agent: AgentId(id), within: true });
    }
    let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
    (0..seconds).step_by(30).for_each(|second| drop(pacer.decide(Moment(second * 1_000_000), wide)));
    pacer
}

#[test]
fn a_target_decides_how_much_is_dialed() {
    // So that the property below is not one of a setting that nobody reads.
    let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
    let dials = [0.2, 1.0].map(|target| worked(target, 8, 600).decide(Moment(600_000_000), wide).dial);
    assert!(dials[0] < dials[1], "{dials:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn never_more_than_the_room(story in story(), room in room(), mode in mode(), amd in any::<bool>()) {
        let settings = Settings { mode, amd, ..Settings::default() };
        let (mut pacer, now, dials) = tell(settings, &story, room);
        let last = pacer.decide(now, room);
        let most = room.channels.min(room.calls_this_second).min(room.leads);
        prop_assert!(dials.iter().chain([&last.dial]).all(|&dial| dial <= most));
        let e = last.estimates;
        prop_assert!([e.answer_rate, e.predicted_answers, e.predicted_free, e.handling_seconds].iter().all(|x| x.is_finite()));
    }

    #[test]
    fn the_same_story_gives_the_same_decisions(story in story(), room in room()) {
        let twice = [0, 1].map(|_| {
            let (mut pacer, now, dials) = tell(Settings::default(), &story, room);
            (dials, pacer.decide(now, room))
        });
        prop_assert_eq!(&twice[0], &twice[1]);
    }

    #[test]
    fn a_spent_cap_and_nobody_free_means_no_call(story in story(), busy in 1u64..20) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        let (mut pacer, now, _) = tell(Settings::default(), &story, wide);
        // Whoever is there is taken, twenty people are lost, and others are busy.
        (0..8).for_each(|id| pacer.observe(now, Event::Taken { agent: AgentId(id) }));
        for id in 1000..1200 {
            pacer.observe(now, Event::Live { call: CallId(id) });
            pacer.observe(now, Event::Dialed { call: CallId(id) });
            pacer.observe(now, Event::Live { call: CallId(id) });
            pacer.observe(now, Event::Abandoned { call: CallId(id) });
        }
        for id in 0..busy {
            let (call, agent) = (CallId(2000 + id), AgentId(100 + id));
            pacer.observe(now, Event::Dialed { call });
            pacer.observe(now, Event::Connected { call, agent, within: true });
        }
        prop_assert_eq!(pacer.decide(now, wide).dial, 0);
    }

    #[test]
    fn a_higher_target_never_dials_less(story in story(), low in 0.0f64..1.0, high in 0.0f64..1.0) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        let (low, high) = (low.min(high), low.max(high));
        let dials = [low, high].map(|target_utilization| {
            let (mut pacer, now, _) = tell(Settings { target_utilization, ..Settings::default() }, &story, wide);
            pacer.decide(now, wide).dial
        });
        prop_assert!(dials[0] <= dials[1], "{:?}", dials);
    }

    /// The ladder of targets at a team that works, where they are what decides.
    #[test]
    fn each_target_dials_at_least_what_a_lower_one_does(busy in 0u64..12, seconds in 60i64..400, lowest in 0.05f64..0.5) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        let targets = [0.0, 0.15, 0.5].map(|more| lowest + more);
        let dials = targets.map(|target| worked(target, busy, seconds).decide(Moment(seconds * 1_000_000), wide).dial);
        prop_assert!(dials.is_sorted(), "{:?}", dials);
    }

    /// Where the cap is spent, stopping is what meets it: nobody is called for whom nobody is free.
    #[test]
    fn above_the_cap_nobody_is_called_without_a_free_agent(
        story in story(),
        mode in prop_oneof![Just(Mode::Progressive), Just(Mode::Ratio), Just(Mode::Predictive)],
        cap in 0.0f64..0.2,
    ) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        let settings = Settings { mode, cap, ..Settings::default() };
        let (decisions, sums) = retell(&settings, &timed(&story, 0), wide);
        for (decision, (humans, abandoned)) in decisions.iter().zip(sums) {
            let ready = decision.estimates.agents_ready;
            if abandoned > cap * humans {
                prop_assert!(ready > 0 || decision.dial == 0, "{:?}", decision);
                // A fixed ratio falls back to one line each; with a cap of zero predictive mode stops.
                prop_assert!(mode == Mode::Predictive || decision.dial <= ready, "{:?}", decision);
            }
        }
    }

    #[test]
    fn a_cap_of_zero_calls_no_more_than_are_free_and_after_a_loss_nobody(story in story()) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        let settings = Settings { cap: 0.0, ..Settings::default() };
        let (decisions, sums) = retell(&settings, &timed(&story, 0), wide);
        for (decision, (_, abandoned)) in decisions.iter().zip(sums) {
            prop_assert!(decision.dial <= decision.estimates.agents_ready);
            prop_assert!(abandoned == 0.0 || decision.dial == 0, "{:?}", decision);
        }
    }

    /// Tables are kept by id; whatever the ids, the decisions are the same.
    #[test]
    fn names_of_calls_and_agents_decide_nothing(story in story(), turn in 1u64..1000) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        // Both turn the order about: what came first by its id comes last.
        let call_of = |call: CallId| CallId((1000 - call.0) * 7919 + turn);
        let agent_of = |agent: AgentId| AgentId((100 - agent.0) * 31 + turn);
        let plain = timed(&story, 0);
        let other: Vec<(i64, Event)> = plain.iter().map(|(now, event)| (*now, renamed(*event, call_of, agent_of))).collect();
        let (mine, _) = retell(&Settings::default(), &plain, wide);
        let (theirs, _) = retell(&Settings::default(), &other, wide);
        for (mine, theirs) in mine.iter().zip(&theirs) {
            prop_assert_eq!((mine.dial, &mine.reason, &mine.estimates), (theirs.dial, &theirs.reason, &theirs.estimates));
            prop_assert_eq!(mine.hangups.len(), theirs.hangups.len());
        }
    }

    /// Only what passes counts: a story told an hour or a year later is decided alike, and whenever the test runs.
    #[test]
    fn the_hour_of_the_wall_decides_nothing(story in story(), minutes in 1i64..600_000) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        let settings = Settings { limits: Window::guards(Span::Ever, 0.03), ..Settings::default() };
        let later = minutes * 60_000_000;
        let (now, _) = retell(&settings, &timed(&story, 0), wide);
        let (then, _) = retell(&settings, &timed(&story, later), wide);
        let moved = |at: Option<Moment>| at.map(|at| Moment(at.0 + later));
        for (now, then) in now.iter().zip(then) {
            prop_assert_eq!((moved(now.next), moved(now.recovers)), (then.next, then.recovers));
            let alike = Decision { next: now.next, recovers: now.recovers, ..then };
            prop_assert_eq!(now, &alike);
        }
    }

    #[test]
    fn the_order_of_logins_and_dials_of_one_moment_does_not_matter(agents in 1u64..30, calls in 0u64..60, turn in 0usize..60) {
        let wide = Room { channels: 500, calls_this_second: 500, leads: 500 };
        let dials = [0, turn].map(|turn| {
            let mut pacer = Pacer::new(Settings::default());
            let mut events: Vec<Event> = (0..agents).map(|id| Event::Login { agent: AgentId(id) }).collect();
            events.extend((0..calls).map(|id| Event::Dialed { call: CallId(id) }));
            let by = turn % events.len();
            events.rotate_left(by);
            events.iter().for_each(|event| pacer.observe(Moment(0), *event));
            (0..calls / 2).for_each(|id| pacer.observe(Moment(2_000_000), Event::Ringing { call: CallId(id) }));
            pacer.decide(Moment(9_000_000), wide).dial
        });
        prop_assert_eq!(dials[0], dials[1]);
    }

    #[test]
    fn no_second_sees_more_calls_than_the_limit(limit in 1u32..50, gaps in prop::collection::vec(0i64..120_000, 1..600)) {
        let mut rate = CallRate::starting(limit, Moment(0));
        let mut now = 0;
        let mut left = Vec::new();
        for gap in gaps {
            now += gap;
            let allowed = rate.allowed(Moment(now));
            prop_assert!(allowed <= limit);
            if rate.take(Moment(now)) {
                prop_assert!(allowed > 0);
                left.push(now);
            }
        }
        prop_assert!(left.iter().all(|at| *at >= 1_000_000), "the first second after a start is quiet");
        for (at, first) in left.iter().enumerate() {
            let within = left[at..].iter().take_while(|later| **later < first + 1_000_000).count();
            prop_assert!(within <= limit as usize);
        }
    }

    #[test]
    fn a_refused_call_leaves_soon_after_next(limit in 1u32..50, tries in 1usize..200) {
        let mut rate = CallRate::new(limit);
        let mut now = Moment(0);
        for _ in 0..tries {
            let mut asked = 0;
            while !rate.take(now) {
                let next = rate.next(now).expect("a limit above zero");
                prop_assert!(next > now);
                now = next;
                asked += 1;
                prop_assert!(asked <= 2, "{:?} at {:?}", rate, now);
            }
        }
        let fastest = now.0 * i64::from(limit) / 1_000_000 + i64::from(limit) + 1;
        prop_assert!(tries as i64 <= fastest);
        // And it does not dawdle: within a burst's worth of the pure rate.
        prop_assert!(now.0 <= tries as i64 * 1_000_000 / i64::from(limit) + 200_000);
    }

    #[test]
    fn the_ledger_equals_a_recount(entries in prop::collection::vec((0i64..4000, any::<bool>()), 0..300), hours in 1u64..60) {
        let length = Duration::from_secs(hours * 3600);
        let from = Moment(-7_000_000_000);
        let spans = [Span::Rolling(length), Span::Ever, Span::Period { from, length }];
        let mut ledger = Ledger::new(spans.map(|span| Window::law(span, 0.03)));
        // Slots of a second, or of a minute in windows above a day; a slot leaves when all of it is older.
        let slot = if hours > 24 { 60_000_000 } else { 1_000_000 };
        let micros = length.as_micros() as i64;
        let mut now = 0i64;
        let mut told: Vec<(i64, bool)> = Vec::new();
        for (gap, abandoned) in entries {
            now += gap * 1_000_000;
            ledger.record(Moment(now), Tally::answer(1.0, f64::from(u8::from(abandoned))));
            told.push((now, abandoned));
            ledger.advance(Moment(now));
            let oldest = (now - micros).div_euclid(slot) - 1;
            let period = |at: i64| (at - from.0).div_euclid(micros);
            let inside: [&dyn Fn(i64) -> bool; 3] =
                [&|at| at.div_euclid(slot) >= oldest, &|_| true, &|at| period(at) == period(now)];
            for ((_, tally), inside) in ledger.windows().zip(inside) {
                let counted: Vec<_> = told.iter().filter(|(at, _)| inside(*at)).collect();
                prop_assert_eq!(tally.humans, counted.len() as f64);
                prop_assert_eq!(tally.abandoned, counted.iter().filter(|(_, abandoned)| *abandoned).count() as f64);
            }
        }
    }

    #[test]
    fn a_window_recovers_when_it_says(entries in prop::collection::vec((0i64..60, any::<bool>()), 1..120), rate in 0.0f64..0.5) {
        let window = Window::law(Span::Rolling(Duration::from_secs(3600)), 0.2);
        let mut ledger = Ledger::new([window]);
        let mut now = 0i64;
        for (gap, abandoned) in entries {
            now += gap * 1_000_000;
            ledger.record(Moment(now), Tally::answer(1.0, f64::from(u8::from(abandoned))));
        }
        ledger.advance(Moment(now));
        let tally = ledger.window(0).expect("one").1;
        prop_assume!(tally.abandoned > 0.2 * tally.humans);
        let at = ledger.recovers(0, Moment(now), rate).expect("a rolling window always does");
        prop_assert!(at >= Moment(now) && at.0 <= now + 3_603_000_000, "{:?} after {}", at, now);
        // Nobody is abandoned any more, and people are served as often as said.
        let mut served = Ledger::clone(&ledger);
        let seconds = (at.0 - now) / 1_000_000 + 2;
        for second in 0..seconds {
            served.record(Moment(now + second * 1_000_000), Tally::answer(rate, 0.0));
            served.advance(Moment(now + second * 1_000_000));
        }
        let tally = served.window(0).expect("one").1;
        prop_assert!(tally.abandoned <= 0.2 * tally.humans + 0.2 + rate, "{:?} at {:?}", tally, at);
    }
}
