//! An agent's day: login, ready, pause, wrap-up, logout. States are rule G7's.

use super::Engine;
use super::io::*;
use super::state::{Pending, Stage};
use super::timers::Timer;
use crate::facts::Fact;
use crate::floor::{Session, Wish};
use crate::pacing::Event;
use crate::words::*;
use std::time::Duration;

impl Engine {
    // ── login and logout ──

    pub(super) fn login(&mut self, id: AgentId, campaigns: Vec<CampaignId>) -> Result<Reply, Refusal> {
        self.refuse_if_stopping()?;
        for campaign in &campaigns {
            if !self.campaigns.contains_key(campaign) {
                let reason = Reason::new("campaign.not_found").with("campaign", campaign);
                return Err(Refusal { kind: RefusalKind::NotFound, reason });
            }
        }
        let now = self.now;
        let Some(agent) = self.floor.get(id) else { return Err(agent_not_found(id)) };
        if let Some(session) = &agent.session {
            // The same person logging in again (a reloaded page) keeps the session.
            if session.campaigns == campaigns {
                return Ok(Reply::Session(session.id));
            }
            return Err(Refusal { kind: RefusalKind::Conflict, reason: Reason::new("agent.logged_in") });
        }
        let session: SessionId = self.mint.next();
        let registered = agent.registered;
        self.floor.get_mut(id).expect("just looked up").session = Some(Session::new(session, campaigns.clone(), now));
        self.fact(Fact::AgentLoggedIn { agent: id, session, campaigns: campaigns.clone() });
        self.state_fact(id);
        if registered {
            self.call_phone(id);
        }
        for campaign in campaigns {
            self.rouse(campaign);
        }
        self.show_agent(id);
        Ok(Reply::Session(session))
    }

    pub(super) fn logout(&mut self, id: AgentId) -> Result<Reply, Refusal> {
        let Some(session) = self.session_mut(id)? else { return Err(not_logged_in(id)) };
        session.wish = Wish::Logout;
        if session.occupied() {
            self.tell_agents_pacing(id, |agent| Event::Pausing { agent });
            self.show_agent(id);
            return Ok(Reply::Done);
        }
        self.end_session(id, "logout");
        Ok(Reply::Done)
    }

    pub(super) fn end_session(&mut self, id: AgentId, reason: &str) {
        let now = self.now;
        self.drop_preview(id);
        self.notices.remove(&id);
        let Some(session) = self.floor.get_mut(id).and_then(|agent| agent.session.take()) else { return };
        self.timers.cancel(Timer::Wrap(id));
        self.timers.cancel(Timer::DeviceBack(id));
        self.timers.cancel(Timer::CallPhone(id));
        self.timers.cancel(Timer::PageGone(id));
        self.timers.cancel(Timer::PageBack(id));
        self.fact(Fact::AgentLoggedOut { agent: id, session: session.id, effective: now, reason: reason.to_owned() });
        for campaign in &session.campaigns {
            self.tell_pacing(*campaign, Event::Logout { agent: id });
        }
        if let Some(leg) = session.device.leg() {
            self.legs.remove(&leg);
            self.command(Command::HangUp { leg });
        }
        self.show_agent(id);
    }

    // ── wishes ──

    pub(super) fn ready(&mut self, id: AgentId) -> Result<Reply, Refusal> {
        self.wish(id, Wish::Ready)
    }

    pub(super) fn pause(&mut self, id: AgentId, reason: String) -> Result<Reply, Refusal> {
        self.wish(id, Wish::Pause(reason))
    }

    /// Taken up now, or after the call in hand. In wrap-up it ends the wrap-up.
    fn wish(&mut self, id: AgentId, wish: Wish) -> Result<Reply, Refusal> {
        let Some(session) = self.session_mut(id)? else { return Err(not_logged_in(id)) };
        let pausing = wish != Wish::Ready;
        session.wish = wish;
        match session.state {
            AgentState::Wrap => self.end_wrap(id),
            AgentState::Ready | AgentState::Pause => self.take_up_wish(id),
            AgentState::Preview if pausing => {
                self.drop_preview(id);
                self.take_up_wish(id);
            }
            AgentState::ManualDial if pausing && session.call.is_none() => {
                self.drop_preview(id);
                self.take_up_wish(id);
            }
            AgentState::Talk | AgentState::Hold | AgentState::Reserved | AgentState::ManualDial if pausing => {
                self.tell_agents_pacing(id, |agent| Event::Pausing { agent });
                self.show_agent(id);
            }
            AgentState::Talk
            | AgentState::Hold
            | AgentState::Reserved
            | AgentState::ManualDial
            | AgentState::Preview
            | AgentState::NoDevice => self.show_agent(id),
        }
        Ok(Reply::Done)
    }

    /// No call in hand: ready, paused or gone, as wished; without a phone only `no_device`.
    pub(super) fn take_up_wish(&mut self, id: AgentId) {
        let Some(session) = self.floor.session(id) else { return };
        let wish = session.wish.clone();
        if wish == Wish::Logout {
            self.end_session(id, "logout");
            return;
        }
        if session.usable().is_none() {
            let known = session.state != AgentState::NoDevice;
            self.change_state(id, AgentState::NoDevice, None, None);
            if known {
                self.tell_agents_pacing(id, |agent| Event::Logout { agent });
            }
            return;
        }
        match wish {
            Wish::Ready => {
                self.change_state(id, AgentState::Ready, None, None);
                self.tell_ready(id);
                self.offer(id);
            }
            Wish::Pause(reason) => {
                self.change_state(id, AgentState::Pause, Some(reason), None);
                self.tell_agents_pacing(id, |agent| Event::Pause { agent });
            }
            Wish::Logout => unreachable!("handled above"),
        }
    }

    /// A ready agent takes whoever waits longest in any of the agent's campaigns.
    fn offer(&mut self, id: AgentId) {
        let campaigns = self.floor.session(id).map(|s| s.campaigns.clone()).unwrap_or_default();
        let since = |campaign: &CampaignId| {
            let first = self.campaigns.get(campaign)?.waiting.front()?;
            Some((self.calls.get(first)?.clock?, *campaign))
        };
        let mut waiting: Vec<(Moment, CampaignId)> = campaigns.iter().filter_map(since).collect();
        waiting.sort_unstable();
        for (_, campaign) in waiting {
            self.match_waiting(campaign);
        }
    }

    // ── states ──

    pub(super) fn change_state(
        &mut self,
        id: AgentId,
        state: AgentState,
        reason: Option<String>,
        call: Option<CallId>,
    ) {
        let now = self.now;
        let Some(session) = self.floor.session_mut(id) else { return };
        let same = session.state == state && session.reason == reason && session.call == call;
        session.call = call;
        if !same {
            session.state = state;
            session.reason = reason;
            session.since = now;
            self.state_fact(id);
        }
        self.show_agent(id);
    }

    fn state_fact(&mut self, id: AgentId) {
        let session = self.floor.session(id).expect("has a session");
        let (state, reason, call, session) = (session.state, session.reason.clone(), session.call, session.id);
        let campaign = call.and_then(|call| self.calls.get(&call)).map(|call| call.campaign);
        self.fact(Fact::AgentStateChanged { agent: id, session, state, reason, call, campaign });
    }

    /// The agent has a customer.
    pub(super) fn take_agent(&mut self, id: AgentId, call: CallId, campaign: CampaignId) {
        self.change_state(id, AgentState::Talk, None, Some(call));
        self.take_for(id, Some(campaign));
    }

    pub(super) fn hold(&mut self, call_id: CallId, on: bool) -> Result<Reply, Refusal> {
        let conflict = || Refusal { kind: RefusalKind::Conflict, reason: Reason::new("call.not_talking") };
        let call = self
            .calls
            .get(&call_id)
            .ok_or(Refusal { kind: RefusalKind::NotFound, reason: Reason::new("call.not_found") })?;
        let agent = call.agent.filter(|_| call.stage == Stage::Talking).ok_or_else(conflict)?;
        let customer = call.leg.expect("talking on a leg");
        let session = self.floor.session(agent).ok_or_else(conflict)?;
        let agent_leg = session.device.up().ok_or_else(conflict)?;
        match (session.state, on) {
            (AgentState::Talk, true) => {
                self.fact(Fact::HoldStarted { call: call_id, agent });
                self.command(Command::Unbridge { customer, agent: agent_leg });
                self.change_state(agent, AgentState::Hold, None, Some(call_id));
            }
            (AgentState::Hold, false) => {
                self.fact(Fact::HoldEnded { call: call_id, agent });
                self.command(Command::Bridge { customer, agent: agent_leg, beep: false });
                self.change_state(agent, AgentState::Talk, None, Some(call_id));
            }
            (AgentState::Talk, false) | (AgentState::Hold, true) => {}
            (
                AgentState::Ready
                | AgentState::Reserved
                | AgentState::Wrap
                | AgentState::Pause
                | AgentState::ManualDial
                | AgentState::Preview
                | AgentState::NoDevice,
                _,
            ) => return Err(conflict()),
        }
        Ok(Reply::Done)
    }

    // ── wrap-up ──

    pub(super) fn begin_wrap(&mut self, id: AgentId, call: CallId, customer: Option<LegId>) {
        self.timers.cancel(Timer::DeviceBack(id));
        let Some(session) = self.floor.session(id) else {
            self.conclude(call);
            return;
        };
        if let (Some(customer), Some(agent)) = (customer, session.device.up()) {
            self.command(Command::Unbridge { customer, agent });
        }
        let now = self.now;
        let known = self.calls.get_mut(&call).expect("a talk just ended");
        let seconds = self.campaigns[&known.campaign].spec.settings.agents.wrap_seconds_max;
        known.talk.wrap_until = Some(now + Duration::from_secs(u64::from(seconds)));
        self.change_state(id, AgentState::Wrap, None, Some(call));
        self.set_wrap_timer(id, call);
        self.show_agent(id);
    }

    pub(super) fn on_wrap_over(&mut self, id: AgentId) {
        if self.floor.session(id).is_some_and(|s| s.state == AgentState::Wrap) {
            self.end_wrap(id);
        }
    }

    /// The call's outcome is written, the agent takes up the wish.
    pub(super) fn end_wrap(&mut self, id: AgentId) {
        self.timers.cancel(Timer::Wrap(id));
        let call = self.floor.session_mut(id).and_then(|session| session.call.take());
        if let Some(call) = call {
            self.conclude(call);
        }
        self.answer_when_durable = true;
        self.take_up_wish(id);
    }

    // ── helpers ──

    pub(super) fn tell_agents_pacing(&mut self, id: AgentId, event: impl Fn(AgentId) -> Event) {
        let Some(session) = self.floor.session_mut(id) else { return };
        if !matches!(event(id), Event::Pausing { .. }) {
            session.away.clear();
        }
        for campaign in session.campaigns.clone() {
            self.tell_pacing(campaign, event(id));
        }
    }

    fn session_mut(&mut self, id: AgentId) -> Result<Option<&mut Session>, Refusal> {
        match self.floor.get_mut(id) {
            Some(agent) => Ok(agent.session.as_mut()),
            None => Err(agent_not_found(id)),
        }
    }

    /// The agent's call ends by the agent's own word.
    pub(super) fn agent_hangs_up(&mut self, id: CallId) -> Result<Reply, Refusal> {
        let Some(call) = self.calls.get_mut(&id) else {
            return Err(Refusal { kind: RefusalKind::NotFound, reason: Reason::new("call.not_found") });
        };
        if call.stage != Stage::Talking {
            return Err(Refusal { kind: RefusalKind::Conflict, reason: Reason::new("call.not_talking") });
        }
        if matches!(call.talk.pending, Pending::Nothing) {
            call.talk.step = None;
        }
        self.end_talk(id, Side::Agent);
        Ok(Reply::Done)
    }
}

fn agent_not_found(id: AgentId) -> Refusal {
    Refusal { kind: RefusalKind::NotFound, reason: Reason::new("agent.not_found").with("agent", id) }
}

fn not_logged_in(id: AgentId) -> Refusal {
    Refusal { kind: RefusalKind::Conflict, reason: Reason::new("agent.not_logged_in").with("agent", id) }
}
