//! An agent's day: login, the phone that stays up, ready, pause, wrap-up, logout. States are rule G7's.

use super::io::*;
use super::state::{Pending, Stage};
use super::timers::Timer;
use super::{Engine, Owner};
use crate::facts::Fact;
use crate::floor::{Device, Session, Wish};
use crate::pacing::Event;
use crate::words::*;
use std::time::Duration;

/// The customer is kept so long for an agent whose phone fell away (G9: not ready within 8 s).
const DEVICE_BACK: Duration = Duration::from_secs(8);
/// The phone is called again so often while the session lasts.
const CALL_AGAIN: Duration = Duration::from_secs(3);

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

    // ── the phone ──

    pub(super) fn on_phone(&mut self, id: AgentId, registered: bool) {
        let Some(agent) = self.floor.get_mut(id) else { return };
        agent.registered = registered;
        let Some(session) = &agent.session else {
            // Off shift, but the page shows whether the phone is there.
            self.show_agent(id);
            return;
        };
        match (registered, session.device) {
            (true, Device::Down) => self.call_phone(id),
            // It stands somewhere else than where we call, or where nobody speaks any more: a phone that was restarted.
            (true, Device::Calling(leg)) => self.call_phone_anew(id, leg),
            (true, Device::Up(leg)) if session.silent => self.call_phone_anew(id, leg),
            (true, Device::Up(_)) => {}
            // An open leg is better evidence than a registration: its own end will tell.
            (false, _) => {}
        }
    }

    fn call_phone_anew(&mut self, id: AgentId, old: LegId) {
        self.legs.remove(&old);
        self.command(Command::HangUp { leg: old });
        self.on_phone_down(id);
        self.timers.cancel(Timer::CallPhone(id));
        self.call_phone(id);
    }

    /// INVITE to the agent's phone, for the whole shift.
    pub(super) fn call_phone(&mut self, id: AgentId) {
        let Some(agent) = self.floor.get(id) else { return };
        let Some(session) = &agent.session else { return };
        if session.device != Device::Down || !agent.registered {
            return;
        }
        let leg: LegId = self.mint.next();
        self.legs.insert(leg, Owner::Agent(id));
        self.floor.session_mut(id).expect("just looked up").device = Device::Calling(leg);
        self.command(Command::CallAgent { leg, agent: id });
    }

    pub(super) fn on_agent_leg(&mut self, id: AgentId, leg: LegId, event: LegEvent) {
        let current = self.floor.session(id).is_some_and(|s| s.device.leg() == Some(leg));
        if !current {
            return;
        }
        match event {
            LegEvent::InviteSent { .. } | LegEvent::Ringing | LegEvent::EarlyMedia => {}
            LegEvent::Answered => self.on_phone_up(id, leg),
            LegEvent::Refused { .. } | LegEvent::Ended { .. } => {
                self.legs.remove(&leg);
                self.on_phone_down(id);
            }
        }
    }

    fn on_phone_up(&mut self, id: AgentId, leg: LegId) {
        let session = self.floor.session_mut(id).expect("checked by on_agent_leg");
        session.device = Device::Up(leg);
        session.silent = false;
        self.timers.cancel(Timer::DeviceBack(id));
        let lost_call = session.call;
        let Some(call) = lost_call.and_then(|call| self.calls.get(&call)).filter(|c| c.stage == Stage::Talking) else {
            if self.floor.session(id).is_some_and(|s| s.call.is_none()) {
                self.announce_to_pacing(id);
                self.take_up_wish(id);
            }
            return;
        };
        // The phone is back in time: the customer is still there.
        let (call_id, customer) = (call.id, call.leg.expect("talking on a leg"));
        self.command(Command::Bridge { customer, agent: leg, beep: true });
        self.change_state(id, AgentState::Talk, None, Some(call_id));
    }

    /// No sound from the phone for seconds, or sound again. A talk goes on: people mute themselves.
    pub(super) fn on_phone_silent(&mut self, id: AgentId, leg: LegId, silent: bool) {
        let Some(session) = self.floor.session_mut(id).filter(|s| s.device == Device::Up(leg)) else { return };
        session.silent = silent;
        match (session.state, silent) {
            (AgentState::Ready | AgentState::Pause, true) => {
                self.change_state(id, AgentState::NoDevice, None, None);
                self.tell_agents_pacing(id, |agent| Event::Logout { agent });
            }
            (AgentState::NoDevice, false) if session.call.is_none() => {
                self.announce_to_pacing(id);
                self.take_up_wish(id);
            }
            (
                AgentState::Ready
                | AgentState::Pause
                | AgentState::NoDevice
                | AgentState::Reserved
                | AgentState::Talk
                | AgentState::Hold
                | AgentState::Wrap
                | AgentState::ManualDial
                | AgentState::Preview,
                _,
            ) => {}
        }
    }

    /// Pacing hears of an agent when the phone is up for the first time: before, nobody can be served.
    fn announce_to_pacing(&mut self, id: AgentId) {
        if self.floor.session(id).is_some_and(|s| s.shared()) {
            // The wish is taken up next, and told.
            return;
        }
        self.tell_agents_pacing(id, |agent| Event::Login { agent });
        if self.floor.session(id).is_some_and(|s| s.wish != Wish::Ready) {
            self.tell_agents_pacing(id, |agent| Event::Pause { agent });
        }
    }

    fn on_phone_down(&mut self, id: AgentId) {
        self.drop_preview(id);
        let session = self.floor.session_mut(id).expect("checked by on_agent_leg");
        session.device = Device::Down;
        let (state, call) = (session.state, session.call);
        self.after(Timer::CallPhone(id), CALL_AGAIN);
        match (state, call) {
            (AgentState::Talk | AgentState::Hold, Some(call)) => {
                self.fact(Fact::CallUnbridged { call, agent: id, reason: Reason::new("agent.phone_lost") });
                self.change_state(id, AgentState::NoDevice, None, Some(call));
                self.after(Timer::DeviceBack(id), DEVICE_BACK);
            }
            // Wrap-up needs no phone; the wish is looked at when it ends.
            (AgentState::Wrap, _) => {}
            (
                AgentState::Ready
                | AgentState::Reserved
                | AgentState::Pause
                | AgentState::ManualDial
                | AgentState::Preview
                | AgentState::NoDevice
                | AgentState::Talk
                | AgentState::Hold,
                _,
            ) => {
                let was_known = state != AgentState::NoDevice;
                self.change_state(id, AgentState::NoDevice, None, call);
                if was_known {
                    self.tell_agents_pacing(id, |agent| Event::Logout { agent });
                }
            }
        }
    }

    /// The phone did not come back: the customer is let go, the record and the outcome stay.
    pub(super) fn on_device_given_up(&mut self, id: AgentId) {
        let call = self.floor.session(id).and_then(|s| s.call);
        if let Some(call) = call.filter(|call| self.calls.get(call).is_some_and(|c| c.stage == Stage::Talking)) {
            self.end_talk(call, Side::Us);
        }
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
