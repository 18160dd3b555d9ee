//! How long a decision takes, by team and mode: `cargo bench --bench pacing`. Every decision comes after events, as in
//! life: a line is dialed, one rings, one ends, agents talk and come back. Beside the wall time, which other work on the
//! machine spoils, instructions can be counted, less those of a run without decisions:
//!
//!     valgrind --tool=callgrind target/release/deps/pacing-* --agents 1000 --decisions 2000
//!     valgrind --tool=callgrind target/release/deps/pacing-* --agents 1000 --decisions 0
//!
//! It judges no decision: that is the business of tests/judge.

use outpace::pacing::{Ending, Event, Mode, Pacer, Room, Settings};
use outpace::words::{AgentId, CallId, Moment};
use std::collections::VecDeque;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROOM: Room = Room { channels: 20_000, calls_this_second: 2_000, leads: 1_000_000 };
/// Between two batches of events.
const STEP: i64 = 20_000;

/// Agents who talk, five lines each that ring or dial, and a list of which one in five answers.
struct World {
    pacer: Pacer,
    now: i64,
    calls: u64,
    dialing: VecDeque<CallId>,
    ringing: VecDeque<CallId>,
    talking: VecDeque<(AgentId, CallId)>,
    wrapping: VecDeque<AgentId>,
}

impl World {
    fn new(agents: u64, mode: Mode) -> World {
        let settings = Settings { mode, amd: true, ..Settings::default() };
        let mut world = World {
            pacer: Pacer::new(settings),
            now: 0,
            calls: 0,
            dialing: VecDeque::new(),
            ringing: VecDeque::new(),
            talking: VecDeque::new(),
            wrapping: VecDeque::new(),
        };
        for id in 0..agents {
            world.tell(Event::Login { agent: AgentId(id) });
            world.dial();
            world.ring();
            world.answer(AgentId(id));
        }
        for line in 0..agents * 5 {
            world.now += STEP * 50 / agents as i64;
            world.dial();
            if line % 5 > 0 {
                world.ring();
            }
        }
        world
    }

    fn tell(&mut self, event: Event) {
        self.pacer.observe(Moment(self.now), event);
    }

    fn dial(&mut self) {
        self.calls += 1;
        let call = CallId(self.calls);
        self.tell(Event::Dialed { call });
        self.dialing.push_back(call);
    }

    fn ring(&mut self) {
        let Some(call) = self.dialing.pop_front() else { return };
        self.tell(Event::Ringing { call });
        self.ringing.push_back(call);
    }

    fn answer(&mut self, agent: AgentId) {
        let Some(call) = self.ringing.pop_front() else { return };
        self.tell(Event::Answered { call });
        self.tell(Event::Live { call });
        self.tell(Event::Connected { call, agent, within: true });
        self.talking.push_back((agent, call));
    }

    /// One line ends and one begins, and a fifth of the time an agent moves on.
    fn step(&mut self, at: u64) {
        self.now += STEP;
        self.dial();
        self.ring();
        if at % 5 > 0 {
            if let Some(call) = self.ringing.pop_front() {
                self.tell(Event::Ended { call, why: Ending::NoAnswer });
            }
            return;
        }
        if let Some(agent) = self.wrapping.pop_front() {
            self.tell(Event::Ready { agent });
            self.answer(agent);
        }
        if let Some((agent, call)) = self.talking.pop_front() {
            self.tell(Event::TalkEnded { call, agent, human: true });
            self.wrapping.push_back(agent);
        }
    }
}

/// Total and longest time of the decisions alone.
fn measure(agents: u64, mode: Mode, decisions: u64) -> (Duration, Duration) {
    let mut world = World::new(agents, mode);
    let (mut total, mut longest) = (Duration::ZERO, Duration::ZERO);
    for at in 0..decisions.max(1000) {
        world.step(at);
        if at >= decisions {
            continue;
        }
        let start = Instant::now();
        black_box(world.pacer.decide(Moment(world.now), ROOM));
        let took = start.elapsed();
        total += took;
        longest = longest.max(took);
    }
    (total, longest)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse::<u64>().ok()
    };
    let decisions = number("--decisions").unwrap_or(20_000);
    let teams = number("--agents").map_or(vec![10, 24, 50, 100, 1000], |agents| vec![agents]);
    println!("mode         agents  lines  mean µs  longest µs  decisions/s");
    for mode in [Mode::Progressive, Mode::Predictive] {
        for &agents in &teams {
            let (total, longest) = measure(agents, mode, decisions);
            let mean = total.as_secs_f64() * 1e6 / decisions.max(1) as f64;
            let longest = longest.as_secs_f64() * 1e6;
            let mode = format!("{mode:?}");
            println!("{mode:<12} {agents:>6} {:>6} {mean:>8.1} {longest:>11.0} {:>12.0}", agents * 5, 1e6 / mean);
        }
    }
}
