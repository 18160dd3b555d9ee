//! What the tests of this module share: a pacer with agents, calls that are served or lost, figures that are near.

mod budget;
mod conflict;
mod controller;
mod decisions;
mod estimates;
mod flight;
mod forecast;
mod forecasts;
mod heard;
mod held;
mod hosts;
mod kept;
mod ledger;
mod rates;
mod reasons;
mod rests;
mod wishes;

use super::state::{State, Work};
use super::*;
use crate::words::{AgentId, CallId, Moment};
use std::time::Duration;

const WIDE: Room = Room { channels: 1000, calls_this_second: 1000, leads: 1000 };

fn at(seconds: f64) -> Moment {
    Moment((seconds * 1e6) as i64)
}

fn pacer(mode: Mode) -> Pacer {
    Pacer::new(Settings { mode, ..Settings::default() })
}

fn with_agents(mode: Mode, agents: u64) -> Pacer {
    let mut pacer = pacer(mode);
    (0..agents).for_each(|id| pacer.observe(at(0.0), Event::Login { agent: AgentId(id) }));
    pacer
}

fn dial(pacer: &mut Pacer, calls: std::ops::Range<u64>, now: f64) {
    calls.for_each(|id| pacer.observe(at(now), Event::Dialed { call: CallId(id) }));
}

/// Agents of whom some are free and the others talk.
fn team(ready: u64, talking: u64) -> State {
    let mut state = State::default();
    for id in 0..ready + talking {
        let agent = state.agent(AgentId(id), at(0.0));
        state.set_work(agent, if id < ready { Work::Ready } else { Work::Talk }, at(0.0));
    }
    state
}

/// A call from dialing to the end of its talk.
fn serve(pacer: &mut Pacer, call: u64, agent: u64, from: f64) {
    let (call, agent) = (CallId(call), AgentId(agent));
    pacer.observe(at(from), Event::Dialed { call });
    pacer.observe(at(from + 2.0), Event::Ringing { call });
    pacer.observe(at(from + 8.0), Event::Answered { call });
    pacer.observe(at(from + 8.0), Event::Live { call });
    pacer.observe(at(from + 8.0), Event::Connected { call, agent, within: true });
    pacer.observe(at(from + 38.0), Event::TalkEnded { call, agent, human: true });
    pacer.observe(at(from + 40.0), Event::Ready { agent });
}

fn abandon(pacer: &mut Pacer, call: u64, now: f64) {
    let call = CallId(call);
    pacer.observe(at(now), Event::Dialed { call });
    pacer.observe(at(now + 2.0), Event::Ringing { call });
    pacer.observe(at(now + 8.0), Event::Live { call });
    pacer.observe(at(now + 10.0), Event::Abandoned { call });
}

fn code(decision: &Decision) -> &str {
    &decision.reason.code
}

fn hours(hours: u64) -> Span {
    Span::Rolling(Duration::from_secs(hours * 3600))
}

#[track_caller]
fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} instead of {expected}");
}
