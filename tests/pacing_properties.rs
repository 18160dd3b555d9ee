//! What holds for pacing whatever happens: strangers write the events, in any order and as contradictory as they like.

use outpace::pacing::{CallRate, Ending, Event, Ledger, Mode, Pacer, Room, Settings, Span, Tally, Window};
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
