//! Any wire that loses, doubles and reorders up to a fifth of everything: both ends come to the same end, each leg is
//! told its end exactly once, and nothing is left behind.

#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::*;
use outpace::words::LegId;
use proptest::prelude::*;
use wire::*;

/// What happens to one call: who does what, when (ms after the INVITE).
#[derive(Debug, Clone)]
struct Plot {
    ring: Option<u64>,
    answer: Option<u64>,
    refuse: Option<u64>,
    caller_hangs_up: Option<u64>,
    callee_hangs_up: Option<u64>,
}

fn plot() -> impl Strategy<Value = Plot> {
    let at = |p: f64, max: u64| prop::option::weighted(p, 0..max);
    (at(0.7, 3000), at(0.6, 9000), at(0.3, 9000), at(0.6, 25_000), at(0.4, 25_000)).prop_map(
        |(ring, answer, refuse, caller_hangs_up, callee_hangs_up)| Plot {
            ring,
            answer,
            refuse,
            caller_hangs_up,
            callee_hangs_up,
        },
    )
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Ring,
    Answer,
    Refuse,
    CallerHangsUp,
    CalleeHangsUp,
}

fn play(w: &mut World, plots: &[Plot]) {
    let mut acts: Vec<(u64, usize, Act)> = Vec::new();
    for (i, p) in plots.iter().enumerate() {
        w.invite(i as u64 + 1, &format!("1555{i:04}"));
        let mut add = |at: Option<u64>, act| acts.extend(at.map(|at| (at, i, act)));
        add(p.ring, Act::Ring);
        add(p.answer, Act::Answer);
        add(p.refuse, Act::Refuse);
        add(p.caller_hangs_up, Act::CallerHangsUp);
        add(p.callee_hangs_up, Act::CalleeHangsUp);
    }
    acts.sort_by_key(|(at, i, _)| (*at, *i));
    let mut clock = 0;
    for (at, i, act) in acts {
        w.run(at - clock);
        clock = at;
        let now = w.now;
        let number = format!("1555{i:04}");
        let callee = w.events.iter().find_map(|(_, e)| match e {
            Event::Incoming(c) if c.to == number => Some(c.leg),
            _ => None,
        });
        match (act, callee) {
            (Act::CallerHangsUp, _) => w.at(DIALER).hang_up(now, LegId(i as u64 + 1)),
            (_, None) => {}
            (Act::Ring, Some(leg)) => w.at(CARRIER).ring(now, leg),
            (Act::Answer, Some(leg)) => w.at(CARRIER).answer(now, leg, addr("10.0.0.2:8000")),
            (Act::Refuse, Some(leg)) => w.at(CARRIER).refuse(now, leg, 486, None),
            (Act::CalleeHangsUp, Some(leg)) => w.at(CARRIER).hang_up(now, leg),
        }
        w.flush();
    }
}

fn check(w: &mut World, calls: usize) {
    // Longer than every timer; then whoever is still up hangs up on a wire that heals.
    w.run(250_000);
    w.loss_percent = 0;
    for i in 0..calls {
        let now = w.now;
        w.at(DIALER).hang_up(now, LegId(i as u64 + 1));
    }
    w.flush();
    w.run(250_000);
    for i in 0..calls {
        let caller = w.ends(DIALER, i as u64 + 1);
        assert_eq!(caller.len(), 1, "call {i}: {:?}", w.told(DIALER, i as u64 + 1));
        let number = format!("1555{i:04}");
        let callees: Vec<_> = w
            .events
            .iter()
            .filter_map(|(_, e)| match e {
                Event::Incoming(c) if c.to == number => Some(c.leg),
                _ => None,
            })
            .collect();
        assert!(callees.len() <= 1, "call {i} came in {} times", callees.len());
        if let Some(leg) = callees.first() {
            let callee = w.ends(CARRIER, leg.0);
            assert_eq!(callee.len(), 1, "call {i} at the carrier: {:?}", w.told(CARRIER, leg.0));
            let answered = |told: Vec<CallEvent>| told.iter().any(|e| matches!(e, CallEvent::Answered { .. }));
            if answered(w.told(CARRIER, leg.0)) && answered(w.told(DIALER, i as u64 + 1)) {
                let ended = |e: &CallEvent| matches!(e, CallEvent::Ended { .. });
                assert!(ended(&caller[0]) && ended(&callee[0]), "{caller:?} {callee:?}");
            }
        }
    }
    for a in [DIALER, CARRIER] {
        let s = w.at(a).stats();
        assert_eq!((s.legs, s.client_transactions, s.server_transactions), (0, 0, 0), "{a} keeps something");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ends_agree(
        seed in 1u64..1_000_000,
        loss in 0u64..=20,
        double in 0u64..=20,
        jitter in 0u64..800,
        plots in prop::collection::vec(plot(), 1..8),
    ) {
        let mut w = World::pair(seed);
        (w.loss_percent, w.double_percent, w.jitter_ms) = (loss, double, jitter);
        play(&mut w, &plots);
        check(&mut w, plots.len());
    }
}

#[test]
fn five_percent_of_everything_lost_and_999_of_1000_calls_are_set_up() {
    let mut w = World::pair(4711);
    (w.loss_percent, w.double_percent, w.jitter_ms) = (5, 5, 60);
    let plot = Plot {
        ring: Some(500),
        answer: Some(2000),
        refuse: None,
        caller_hangs_up: Some(20_000),
        callee_hangs_up: None,
    };
    let plots = vec![plot; 1000];
    play(&mut w, &plots);
    check(&mut w, plots.len());
    let answered = (1..=1000).filter(|i| w.told(DIALER, *i).iter().any(|e| matches!(e, CallEvent::Answered { .. })));
    assert!(answered.count() >= 999);
}
