//! The agent's word on a call: marked and taken back, more time to find it, and a word on a call that is long closed.
//! It refuses to end a conversation.

use super::Engine;
use super::callbacks::Word;
use super::io::*;
use super::timers::Timer;
use crate::campaign::recycle::{self, Ending};
use crate::facts::Fact;
use crate::floor::Wish;
use crate::pacing::Event;
use crate::words::*;
use std::time::Duration;

/// So long a marked outcome can be taken back before it closes the call.
const UNDO: Duration = Duration::from_secs(4);
/// What one extension of the wrap-up gives, and how often it is given.
const EXTENSION: Duration = Duration::from_secs(30);
pub(super) const EXTENSIONS_MAX: u8 = 4;

impl Engine {
    /// Nothing of it is a fact before the call closes: it can be taken back.
    pub(super) fn mark_outcome(
        &mut self,
        id: CallId,
        outcome: Option<String>,
        note: Option<String>,
        callback: Option<Wall>,
    ) -> Result<Reply, Refusal> {
        let agent = self.agent_of(id)?;
        self.outcome_is_known(self.calls[&id].campaign, outcome.as_deref())?;
        let wrapping = self.wraps(agent, id);
        let now = self.now;
        let call = self.calls.get_mut(&id).expect("agent_of found it");
        if note.is_some() {
            call.talk.note = note;
        }
        call.talk.callback = callback.filter(|_| outcome.is_some());
        call.talk.closes_at = (wrapping && outcome.is_some()).then(|| now + UNDO);
        call.talk.outcome = outcome;
        if wrapping {
            self.set_wrap_timer(agent, id);
        }
        self.show_agent(agent);
        Ok(Reply::Done)
    }

    /// The note alone, while it is written: it closes nothing and takes nothing back.
    pub(super) fn keep_draft(&mut self, id: CallId, note: String) -> Result<Reply, Refusal> {
        self.agent_of(id)?;
        self.calls.get_mut(&id).expect("agent_of found it").talk.note = Some(note);
        Ok(Reply::Done)
    }

    pub(super) fn extend_wrap(&mut self, id: CallId) -> Result<Reply, Refusal> {
        let agent = self.agent_of(id)?;
        if !self.wraps(agent, id) {
            return Err(Refusal { kind: RefusalKind::Conflict, reason: Reason::new("call.not_in_wrap") });
        }
        let call = self.calls.get_mut(&id).expect("agent_of found it");
        if call.talk.extended >= EXTENSIONS_MAX {
            let reason = Reason::new("call.wrap_extended").with("most", EXTENSIONS_MAX);
            return Err(Refusal { kind: RefusalKind::Conflict, reason });
        }
        call.talk.extended += 1;
        call.talk.wrap_until = call.talk.wrap_until.map(|until| until + EXTENSION);
        let seconds = u32::try_from(EXTENSION.as_secs()).expect("half a minute");
        self.fact(Fact::WrapExtended { call: id, agent, seconds });
        self.set_wrap_timer(agent, id);
        self.show_agent(agent);
        Ok(Reply::Done)
    }

    /// The wrap-up ends at its limit, or sooner by a marked outcome.
    pub(super) fn set_wrap_timer(&mut self, agent: AgentId, id: CallId) {
        let Some(talk) = self.calls.get(&id).map(|call| &call.talk) else { return };
        if let Some(at) = talk.closes_at.or(talk.wrap_until) {
            self.timers.set(Timer::Wrap(agent), at);
        }
    }

    /// A call that is over and closed: the last word counts, and its lead is planned anew if no other call came since.
    pub(super) fn amend_outcome(&mut self, amendment: Amendment) -> Result<Reply, Refusal> {
        let Amendment { call, campaign, lead, agent, .. } = amendment;
        if self.calls.contains_key(&call) {
            return self.set_outcome(call, amendment.outcome, amendment.note, amendment.callback);
        }
        self.outcome_is_known(campaign, amendment.outcome.as_deref())?;
        self.answer_when_durable = true;
        if let Some(note) = amendment.note {
            self.command(Command::KeepNote { call, lead, note });
        }
        let Some(name) = amendment.outcome else { return Ok(Reply::Done) };
        let meaning = self.campaigns[&campaign].spec.settings.outcomes[&name].clone();
        self.fact(Fact::OutcomeSet {
            call,
            agent,
            outcome: name.clone(),
            right_party: meaning.right_party,
            effective: meaning.effective,
            interested: meaning.interested,
            amended: amendment.again,
        });
        if meaning.opt_out && self.suppress(amendment.number_hash.clone()) {
            let number_hash = amendment.number_hash.clone();
            self.fact(Fact::OptedOut { campaign, lead, call: Some(call), number_hash, by: Side::Customer });
        }
        let at_work = self.campaigns[&campaign].hopper.iter().any(|waiting| waiting.id == lead)
            || self.calls.values().any(|other| other.lead.id == lead);
        if amendment.movable && !at_work {
            let settings = &self.campaigns[&campaign].spec.settings;
            let ending = Ending {
                cause: &amendment.cause,
                outcome: Some(&name),
                callback: amendment.callback,
                opted_out: meaning.opt_out,
            };
            let next = recycle::after_call(settings, amendment.attempt, &ending, self.wall());
            let word = agent.map(|agent| Word { agent, number_hash: &amendment.number_hash });
            self.plan(campaign, lead, call, word, next);
        }
        Ok(Reply::Done)
    }

    /// A pause after the call in hand, or none. Where no call is in hand it holds at once.
    pub(super) fn after_call(&mut self, id: AgentId, pause: Option<String>) -> Result<Reply, Refusal> {
        let occupied = self.floor.session(id).is_some_and(|session| session.occupied());
        if !occupied {
            return match pause {
                Some(reason) => self.pause(id, reason),
                None => self.ready(id),
            };
        }
        let pausing = pause.is_some();
        let session = self.floor.session_mut(id).expect("occupied");
        session.wish = pause.map_or(Wish::Ready, Wish::Pause);
        if pausing && session.state != AgentState::Wrap {
            self.tell_agents_pacing(id, |agent| Event::Pausing { agent });
        }
        self.show_agent(id);
        Ok(Reply::Done)
    }

    // ── who and what ──

    fn agent_of(&self, id: CallId) -> Result<AgentId, Refusal> {
        let call = self.calls.get(&id).filter(|call| !call.outcome_set);
        call.and_then(|call| call.agent)
            .ok_or_else(|| Refusal { kind: RefusalKind::NotFound, reason: Reason::new("call.not_found") })
    }

    pub(super) fn wraps(&self, agent: AgentId, id: CallId) -> bool {
        self.floor.session(agent).is_some_and(|s| s.call == Some(id) && s.state == AgentState::Wrap)
    }

    pub(super) fn outcome_is_known(&self, campaign: CampaignId, outcome: Option<&str>) -> Result<(), Refusal> {
        let Some(campaign) = self.campaigns.get(&campaign) else {
            let reason = Reason::new("campaign.not_found").with("campaign", campaign);
            return Err(Refusal { kind: RefusalKind::NotFound, reason });
        };
        let known = &campaign.spec.settings.outcomes;
        match outcome {
            Some(name) if !known.contains_key(name) => {
                let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
                let reason = Reason::new("call.unknown_outcome").with("outcome", name).with("known", names);
                Err(Refusal { kind: RefusalKind::Invalid, reason })
            }
            Some(_) | None => Ok(()),
        }
    }
}
