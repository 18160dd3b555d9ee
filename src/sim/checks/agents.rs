//! What must hold of an agent's day: one call at a time, one session, states that add up to it.
//! It refuses to judge calls.

use super::Checks;
use crate::words::*;
use std::time::Duration;

/// Talking without a call for longer breaks I8.
const NOBODY_MAX: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Agent {
    pub(super) session: Option<SessionId>,
    pub(super) login: Moment,
    /// Borders of the segments, as they are stored: whole milliseconds.
    pub(super) segments: Vec<(i64, AgentState)>,
    pub(super) call: Option<CallId>,
    /// Since when the agent's state says talk though the call is over.
    pub(super) talks_to_nobody: Option<Moment>,
}

impl Checks {
    pub(super) fn joins(&mut self, id: AgentId, call: CallId) {
        let other =
            self.agents.iter().find(|(agent, a)| **agent != id && a.call == Some(call)).map(|(agent, _)| *agent);
        let before = self.agents.entry(id).or_default().call.replace(call);
        let elsewhere = before.filter(|before| *before != call);
        self.require(elsewhere.is_none(), "one_call_per_agent", || format!("agent {id}: {elsewhere:?} and {call}"));
        self.require(other.is_none(), "one_agent_per_call", || format!("call {call}: {other:?} and {id}"));
    }

    pub(super) fn parts(&mut self, id: AgentId) {
        self.agents.entry(id).or_default().call = None;
    }

    pub(super) fn logged_in(&mut self, id: AgentId, session: SessionId) {
        let now = self.now;
        let agent = self.agents.entry(id).or_default();
        let before = agent.session.replace(session);
        (agent.login, agent.call, agent.talks_to_nobody) = (now, None, None);
        agent.segments.clear();
        self.require(before.is_none(), "one_session", || format!("agent {id}: {before:?} is still open"));
    }

    pub(super) fn state_changed(&mut self, id: AgentId, session: SessionId, state: AgentState, call: Option<CallId>) {
        let now = self.now;
        let agent = self.agents.entry(id).or_default();
        let nobody = agent.talks_to_nobody.take().is_some_and(|since| now.since(since) > NOBODY_MAX);
        let (known, first, login) = (agent.session == Some(session), agent.segments.is_empty(), agent.login);
        agent.segments.push((now.millis(), state));
        let alive = call.is_some_and(|call| self.calls.get(&call).is_some_and(|c| !c.over));
        let needs = matches!(state, AgentState::Talk | AgentState::Hold | AgentState::Reserved);
        self.require(!nobody, "talks_to_nobody", || format!("agent {id} talked without a call for over 2 s"));
        self.require(known, "state_in_session", || format!("agent {id}: a state outside session {session}"));
        self.require(!first || login == now, "day_adds_up", || {
            format!("agent {id}: the first state came after the login")
        });
        self.require(!needs || alive, "talk_without_call", || format!("agent {id}: {state:?} with call {call:?}"));
    }

    pub(super) fn logged_out(&mut self, id: AgentId, session: SessionId, effective: Moment) {
        let agent = self.agents.entry(id).or_default();
        let known = agent.session == Some(session);
        agent.session = None;
        let (from, to) = (agent.login.millis(), effective.millis());
        let borders = agent.segments.iter().map(|(at, _)| *at);
        let ends = borders.clone().skip(1).chain([to]);
        let states: i64 = borders.zip(ends).map(|(begin, end)| (end.min(to) - begin.min(to)).max(0)).sum();
        agent.segments.clear();
        self.require(known, "state_in_session", || format!("agent {id} logged out of {session}, not the open session"));
        self.require(states == to - from, "day_adds_up", || {
            format!("agent {id}: states add up to {states} ms, the login to {} ms", to - from)
        });
    }

    /// I8: called 8 s after an agent's phone was lost.
    pub fn phone_gone(&mut self, now: Moment, id: AgentId) {
        self.now = now;
        let state = self.agents.get(&id).and_then(|agent| agent.segments.last()).map(|(_, state)| *state);
        let ready = matches!(state, Some(AgentState::Ready));
        self.require(!ready, "ready_without_phone", || format!("agent {id} is still {state:?}"));
    }
}
