//! The agents' side: their phones, their pages, their clicks. It refuses to hurry anybody.

use super::outside::Asker;
use super::{Event, SimWorld};
use crate::engine::{AgentView, Input, LegEvent};
use crate::sim::agent::{Counterpart, Do, Plan};
use crate::words::*;
use std::time::Duration;

/// A phone that is not registered is refused by the registrar after this.
const REFUSES_AFTER: Duration = Duration::from_millis(50);
/// I8: nobody is ready whose phone is gone for longer.
const GONE_MAX: Duration = Duration::from_secs(8);

impl SimWorld<'_> {
    fn place_of_agent(&self, agent: AgentId) -> Option<usize> {
        let place = usize::try_from(agent.0.checked_sub(1)?).ok()?;
        (place < self.agents.len()).then_some(place)
    }

    pub(super) fn agent_does(&mut self, place: usize, plan: Plan) {
        if plan == Plan::LogIn && !self.phones[place].registered && self.phones[place].losses == 0 {
            self.phones[place].registered = true;
            self.inbox.push_back(Input::Phone { agent: self.agents[place].id, registered: true });
        }
        let mut todo = Vec::new();
        self.agents[place].due(self.now, plan, &self.scenario.agents, &mut todo);
        self.take_up(place, todo);
    }

    pub(super) fn agent_sees(&mut self, view: AgentView) {
        let Some(place) = self.place_of_agent(view.agent) else { return };
        let leg = view.call.as_ref().and_then(|call| self.calls.get(&call.call)).and_then(|track| track.leg);
        let people = &self.scenario.population;
        let person = leg.and_then(|leg| self.customers.get_mut(&leg)).filter(|customer| customer.up());
        let other = person.map(|customer| Counterpart { human: customer.human(), talk: &mut customer.talk, people });
        let mut todo = Vec::new();
        self.agents[place].sees(view, &self.scenario.agents, other, &mut todo);
        self.take_up(place, todo);
    }

    pub(super) fn agent_refused(&mut self, place: usize) {
        let mut todo = Vec::new();
        self.agents[place].refused(&mut todo);
        self.take_up(place, todo);
    }

    fn take_up(&mut self, place: usize, todo: Vec<Do>) {
        for what in todo {
            match what {
                Do::Ask(request) => self.asks(Asker::Agent(place), request),
                Do::Later(after, plan) => self.later(after, Event::Agent(place, plan)),
                Do::CustomerLeaves(call, after) => {
                    if let Some(leg) = self.calls.get(&call).and_then(|track| track.leg) {
                        self.later(after, Event::CustomerHangsUp(leg));
                    }
                }
            }
        }
    }

    // ── phones ──

    pub(super) fn calls_agent(&mut self, leg: LegId, agent: AgentId) {
        let Some(place) = self.place_of_agent(agent) else { return };
        self.agent_legs.insert(leg, place);
        let sip_call_id = format!("{leg}@sim");
        self.inbox.push_back(Input::Leg { leg, event: LegEvent::InviteSent { sip_call_id } });
        let phone = &mut self.phones[place];
        if !phone.registered || phone.leg.is_some() {
            return self.later(REFUSES_AFTER, Event::PhoneRefuses(leg));
        }
        phone.leg = Some(leg);
        let lead = self.scenario.agents.phone_answer_seconds;
        let mut chance = crate::sim::rng::stream(self.scenario.seed, crate::sim::rng::Purpose::Agent, agent.0, leg.0);
        self.later(lead.draw(&mut chance), Event::PhoneAnswers(leg));
    }

    pub(super) fn phone_answers(&mut self, leg: LegId) {
        if self.agent_legs.contains_key(&leg) {
            self.inbox.push_back(Input::Leg { leg, event: LegEvent::Answered });
        }
    }

    pub(super) fn phone_refuses(&mut self, leg: LegId) {
        if self.agent_legs.remove(&leg).is_some() {
            let event = LegEvent::Refused { code: 480, q850: None, retry_after: None, local: false };
            self.inbox.push_back(Input::Leg { leg, event });
        }
    }

    pub(super) fn phone_lost(&mut self, place: usize) {
        let agent = self.agents[place].id;
        let phone = &mut self.phones[place];
        phone.registered = false;
        phone.losses += 1;
        let (leg, losses) = (phone.leg.take(), phone.losses);
        if let Some(customer) = phone.customer.take() {
            if let Some(person) = self.customers.get_mut(&customer) {
                person.agent = None;
            }
            self.falls_silent(customer);
        }
        if let Some(leg) = leg {
            self.agent_legs.remove(&leg);
            self.inbox.push_back(Input::Leg { leg, event: LegEvent::Ended { by: Side::Network, q850: None } });
        }
        self.inbox.push_back(Input::Phone { agent, registered: false });
        self.later(GONE_MAX, Event::PhoneGone(place, losses));
    }

    pub(super) fn phone_back(&mut self, place: usize) {
        let agent = self.agents[place].id;
        self.phones[place].registered = true;
        self.inbox.push_back(Input::Phone { agent, registered: true });
    }

    pub(super) fn phone_gone(&mut self, place: usize, losses: u32) {
        let phone = &self.phones[place];
        if !phone.registered && phone.losses == losses {
            self.checks.phone_gone(self.now, self.agents[place].id);
        }
    }
}
