//! The agent's phone: called at login, up for the whole shift, called again when it falls away or falls silent.

use super::io::*;
use super::state::Stage;
use super::timers::Timer;
use super::{Engine, Owner};
use crate::facts::Fact;
use crate::floor::{Device, Wish};
use crate::pacing::Event;
use crate::words::*;
use std::time::Duration;

/// The customer is kept so long for an agent whose phone fell away (G9: not ready within 8 s).
const DEVICE_BACK: Duration = Duration::from_secs(8);
/// The phone is called again so often while the session lasts.
const CALL_AGAIN: Duration = Duration::from_secs(3);

impl Engine {
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
            LegEvent::InviteSent { .. } | LegEvent::Ringing | LegEvent::EarlyMedia | LegEvent::PickedUp => {}
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
}
