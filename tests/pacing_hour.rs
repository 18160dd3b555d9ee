//! One simulated hour of eight agents, decision by decision: a change of behaviour shows as a readable diff.
//! The little world is this test's own; the judge (tests/judge) is the one that scores.

use outpace::pacing::{Ending, Event, Pacer, Room, Settings};
use outpace::words::{AgentId, CallId, Moment};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

const AGENTS: u64 = 8;
const TICK_MS: i64 = 250;

/// A linear congruential chance, so that the hour is the same everywhere.
struct Chance(u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.share() * (high - low) as f64) as i64
    }
}

struct Hour {
    pacer: Pacer,
    chance: Chance,
    /// What will happen, by millisecond and order of planning.
    plan: BTreeMap<(i64, u64), Event>,
    planned: u64,
    ready: VecDeque<AgentId>,
    waiting: VecDeque<(CallId, i64)>,
    calls: u64,
    busy_ms: i64,
    ready_ms: i64,
    served: u32,
    lost: u32,
}

impl Hour {
    fn new() -> Hour {
        Hour {
            pacer: Pacer::new(Settings::default()),
            chance: Chance(7),
            plan: BTreeMap::new(),
            planned: 0,
            ready: VecDeque::new(),
            waiting: VecDeque::new(),
            calls: 0,
            busy_ms: 0,
            ready_ms: 0,
            served: 0,
            lost: 0,
        }
    }

    fn plan(&mut self, at: i64, event: Event) {
        self.planned += 1;
        self.plan.insert((at, self.planned), event);
    }

    fn tell(&mut self, now: i64, event: Event) {
        self.pacer.observe(Moment::from_millis(now), event);
    }

    /// A quarter of the calls is answered by a person, the others ring out or are busy.
    fn place(&mut self, now: i64) {
        self.calls += 1;
        let call = CallId(self.calls);
        self.tell(now, Event::Dialed { call });
        let ringing = now + self.chance.between(1000, 3500);
        if self.chance.share() < 0.1 {
            return self.plan(ringing, Event::Ended { call, why: Ending::Busy });
        }
        self.plan(ringing, Event::Ringing { call });
        if self.chance.share() < 0.25 {
            let answered = ringing + self.chance.between(3000, 18_000);
            self.plan(answered, Event::Live { call });
        } else {
            self.plan(ringing + 25_000, Event::Ended { call, why: Ending::NoAnswer });
        }
    }

    fn happen(&mut self, now: i64, event: Event) {
        self.tell(now, event);
        match event {
            Event::Live { call } => self.waiting.push_back((call, now + 2000)),
            Event::TalkEnded { agent, .. } => {
                let ready = now + self.chance.between(4000, 16_000);
                self.plan(ready, Event::Ready { agent });
            }
            Event::Login { agent } | Event::Ready { agent } => self.ready.push_back(agent),
            _ => {}
        }
        self.connect(now);
    }

    fn connect(&mut self, now: i64) {
        while !self.ready.is_empty() && !self.waiting.is_empty() {
            let (Some(agent), Some((call, _))) = (self.ready.pop_front(), self.waiting.pop_front()) else { return };
            self.tell(now, Event::Connected { call, agent, within: true });
            self.served += 1;
            let ends = now + self.chance.between(10_000, 110_000);
            self.plan(ends, Event::TalkEnded { call, agent, human: true });
        }
    }

    fn abandon(&mut self, now: i64) {
        while let Some(&(call, until)) = self.waiting.front() {
            if until > now {
                return;
            }
            self.waiting.pop_front();
            self.lost += 1;
            self.tell(now, Event::Abandoned { call });
        }
    }

    fn tick(&mut self, now: i64) -> String {
        while let Some(entry) = self.plan.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((at, _), event) = entry.remove_entry();
            self.abandon(at);
            self.happen(at, event);
        }
        self.abandon(now);
        self.ready_ms += self.ready.len() as i64 * TICK_MS;
        self.busy_ms += (AGENTS as i64 - self.ready.len() as i64) * TICK_MS;
        let room = Room { channels: 100, calls_this_second: 4, leads: 100_000 };
        let decision = self.pacer.decide(Moment::from_millis(now), room);
        for call in &decision.hangups {
            self.plan.retain(
                |_, event| !matches!(event, Event::Live { call: c } | Event::Ended { call: c, .. } if c == call),
            );
            self.tell(now, Event::Ended { call: *call, why: Ending::Cancelled });
        }
        (0..decision.dial).for_each(|_| self.place(now));
        decision.reason.text(outpace::words::Lang::En)
    }
}

fn play() -> (String, Hour) {
    let mut hour = Hour::new();
    (0..AGENTS).for_each(|id| hour.plan(id as i64 * 1000, Event::Login { agent: AgentId(id) }));
    let mut story = String::new();
    for tick in 0..3600 * 1000 / TICK_MS {
        let now = tick * TICK_MS;
        let why = hour.tick(now);
        if now % 300_000 == 60_000 {
            let Hour { calls, served, lost, .. } = hour;
            writeln!(story, "{:>4} s: {calls} calls, {served} served, {lost} abandoned. {why}", now / 1000)
                .expect("a string");
        }
    }
    (story, hour)
}

#[test]
fn an_hour_of_eight_agents() {
    let (story, hour) = play();
    let utilization = hour.busy_ms as f64 / (hour.busy_ms + hour.ready_ms) as f64;
    let abandoned = f64::from(hour.lost) / f64::from(hour.served + hour.lost);
    assert!(utilization > 0.6, "{utilization}\n{story}");
    assert!(abandoned <= 0.04, "one hour is a short window for eight agents, but not that short: {abandoned}\n{story}");
    insta::assert_snapshot!(story);
}

#[test]
fn the_same_hour_twice() {
    assert_eq!(play().0, play().0);
}
