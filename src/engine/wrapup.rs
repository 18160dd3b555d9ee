//! Hang-up, wrap-up, outcome: what came of a call, and what becomes of its lead.

use super::Engine;
use super::callbacks::Word;
use super::io::*;
use super::state::{Pending, Stage};
use super::timers::Timer;
use crate::campaign::recycle::{self, Close, Ending, Next};
use crate::facts::{Abandon, Fact, LeadEnd, Verdict};
use crate::pacing::{self, Event};
use crate::script::Answer;
use crate::words::*;
use std::time::Duration;

/// BYE and CANCEL are answered or given up by then (64*T1, RFC 3261 17.1.2.2, and some).
const HANG_UP_MAX: Duration = Duration::from_secs(40);
/// What a call without a word on it is called.
const NO_OUTCOME: &str = "none";

impl Engine {
    /// The customer's leg is gone: BYE, a dead dialog, or our own hang-up confirmed.
    pub(super) fn on_customer_gone(&mut self, id: CallId, by: Side, q850: Option<u8>) {
        let Some(call) = self.calls.get(&id) else { return };
        match call.stage {
            Stage::Placed | Stage::Cleared | Stage::Ending => {}
            Stage::Dialing => self.end_call(id, Cause::Failed(FailKind::Carrier), Side::Network),
            Stage::Listening => self.hung_up_during_amd(id),
            Stage::Waiting => self.hung_up_waiting(id),
            Stage::Message => {
                let cause = call.message_cause();
                self.end_call(id, cause, Side::Customer);
            }
            Stage::Talking => self.end_talk(id, by),
        }
        self.finish_call(id, None, q850);
    }

    /// Nobody can tell any more whether it was a person: counted as one, gone before the threshold, or after it where AMD
    /// took so long.
    fn hung_up_during_amd(&mut self, id: CallId) {
        let clock = self.legal_clock(id);
        let late = self.now.since(clock) > self.threshold_of(id);
        let call = self.calls.get_mut(&id).expect("listening");
        call.classified = Some(Verdict::Unknown);
        call.clock = Some(clock);
        self.fact(Fact::CallClassified {
            call: id,
            verdict: Verdict::Unknown,
            why: "hangup".to_owned(),
            analysed_ms: 0,
        });
        let (abandon, cause) = match late {
            true => (Abandon::NoAgent, Cause::AbandonedNoAgent),
            false => (Abandon::CustomerEarly, Cause::AbandonedCustomerEarly),
        };
        self.judge_abandoned(id, abandon);
        self.end_call(id, cause, Side::Customer);
    }

    fn hung_up_waiting(&mut self, id: CallId) {
        self.leave_queue(id);
        self.judge_abandoned(id, Abandon::CustomerEarly);
        self.pace_out(id, Event::Ended { call: id, why: pacing::Ending::Hangup });
        self.end_call(id, Cause::AbandonedCustomerEarly, Side::Customer);
    }

    /// The conversation is over, whoever ended it. The agent wraps up; the flow has its last word.
    pub(super) fn end_talk(&mut self, id: CallId, by: Side) {
        let now = self.now;
        let call = self.calls.get_mut(&id).expect("talking");
        if call.stage != Stage::Talking {
            return;
        }
        call.talk_ended = Some(now);
        let (agent, leg, recording) = (call.agent, call.leg, call.recording);
        let customer_left = by == Side::Customer || by == Side::Network;
        let cause = if call.handled { Cause::Handled } else { Cause::AbandonedNoAgent };
        if !call.handled {
            // The flow never spoke: nobody was there for this person.
            self.judge_abandoned(id, Abandon::NoAgent);
        }
        if let (Some(leg), true) = (leg, recording.is_some()) {
            self.command(Command::StopRecording { customer: leg });
        }
        self.end_call(id, cause, by);
        match agent {
            Some(agent) => {
                self.pace_out(id, Event::TalkEnded { call: id, agent, human: true });
                self.begin_wrap(agent, id, leg);
            }
            None => self.pace_out(id, Event::Ended { call: id, why: pacing::Ending::Hangup }),
        }
        self.flow_hears_hang_up(id, customer_left);
    }

    /// What the flow waits for will not come. It may finish with an outcome of its own.
    fn flow_hears_hang_up(&mut self, id: CallId, customer_left: bool) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let waits_for_customer = match call.talk.pending {
            Pending::Saying(_) | Pending::Gathering { .. } | Pending::Waiting => true,
            // The agent may finish the order form in wrap-up.
            Pending::Choice => call.agent.is_none(),
            Pending::Nothing => false,
        };
        if call.talk.flow.is_none() || !(waits_for_customer && customer_left || call.agent.is_none()) {
            return;
        }
        call.talk.pending = Pending::Nothing;
        self.timers.cancel(Timer::Flow(id));
        self.timers.cancel(Timer::Playback(id));
        self.resume_flow(id, Answer::Nothing("hangup".to_owned()));
        self.drop_flow(id);
    }

    fn drop_flow(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.agent.is_some() {
            return;
        }
        if let Some(flow) = call.talk.flow.take() {
            self.campaigns.get_mut(&call.campaign).expect("a call's campaign stays").host.drop_flow(flow);
        }
    }

    // ── the leg's end ──

    /// Decides how the call ends and takes the leg down. The fact follows when the leg is gone.
    pub(super) fn end_call(&mut self, id: CallId, cause: Cause, by: Side) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.ending.is_some() {
            return;
        }
        call.ending = Some((cause.clone(), by));
        call.stage = Stage::Ending;
        let leg = call.leg;
        if !call.handled && !matches!(cause, Cause::Handled) {
            self.pace_out(id, Event::Ended { call: id, why: Self::ending_of(&cause) });
        }
        self.free_reserved(id);
        self.timers.forget_call(id);
        if let Some(leg) = leg.filter(|leg| self.legs.contains_key(leg)) {
            self.command(Command::HangUp { leg });
            self.after(Timer::HangUp(id), HANG_UP_MAX);
        }
    }

    /// The leg is gone: exactly one `CallEnded`.
    pub(super) fn finish_call(&mut self, id: CallId, sip: Option<u16>, q850: Option<u8>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if std::mem::replace(&mut call.ended, true) {
            return;
        }
        let (cause, by) = call.ending.clone().unwrap_or((Cause::Failed(FailKind::Carrier), Side::Network));
        let talk = match (call.bridged, call.talk_ended) {
            (Some(from), Some(to)) => to.since(from),
            (Some(_), None) | (None, _) => Duration::ZERO,
        };
        self.timers.cancel(Timer::HangUp(id));
        self.free_channel(id);
        self.fact(Fact::CallEnded { call: id, cause, sip, q850, by, talk_ms: super::connect::millis(talk) });
        let waits_for_agent = self.calls[&id].agent.is_some() && !self.calls[&id].outcome_set;
        if !waits_for_agent {
            self.conclude(id);
        }
        self.retire(id);
    }

    pub(super) fn on_hang_up_overdue(&mut self, id: CallId) {
        if let Some(leg) = self.calls.get(&id).and_then(|c| c.leg) {
            self.legs.remove(&leg);
        }
        self.finish_call(id, None, None);
    }

    pub(super) fn on_call_max(&mut self, id: CallId) {
        match self.calls.get(&id).map(|c| c.stage) {
            Some(Stage::Talking) => self.end_talk(id, Side::Us),
            Some(Stage::Message | Stage::Waiting | Stage::Listening) => self.cut_off(id),
            Some(Stage::Placed | Stage::Cleared | Stage::Dialing | Stage::Ending) | None => {}
        }
    }

    /// Lets go of a call that nobody serves.
    pub(super) fn cut_off(&mut self, id: CallId) {
        let cause = self.unserved(id, "cut_off");
        self.end_call(id, cause, Side::Us);
    }

    /// The cause of a call that ends without anybody serving it. A person, or what nobody could tell from one, counts
    /// as abandoned (I4).
    pub(super) fn unserved(&mut self, id: CallId, why: &str) -> Cause {
        if self.calls[&id].answered.is_none() {
            return Cause::CancelledStopped;
        }
        let clock = self.legal_clock(id);
        let call = self.calls.get_mut(&id).expect("just looked up");
        call.clock.get_or_insert(clock);
        if let Some(Verdict::Machine(kind)) = call.classified {
            return Cause::Machine(kind);
        }
        if call.classified.replace(Verdict::Unknown).is_none() {
            let (verdict, why) = (Verdict::Unknown, why.to_owned());
            self.fact(Fact::CallClassified { call: id, verdict, why, analysed_ms: 0 });
        }
        self.leave_queue(id);
        self.judge_abandoned(id, Abandon::NoAgent);
        Cause::AbandonedNoAgent
    }

    // ── outcome ──

    /// The agent's word, in wrap-up or as an amendment of the call still at hand.
    pub(super) fn set_outcome(
        &mut self,
        id: CallId,
        outcome: Option<String>,
        note: Option<String>,
        callback: Option<Wall>,
    ) -> Result<Reply, Refusal> {
        let Some(call) = self.calls.get(&id) else {
            return Err(Refusal { kind: RefusalKind::NotFound, reason: Reason::new("call.not_found") });
        };
        let (campaign, agent) = (call.campaign, call.agent);
        self.outcome_is_known(campaign, outcome.as_deref())?;
        let call = self.calls.get_mut(&id).expect("looked up above");
        if note.is_some() {
            call.talk.note = note;
        }
        if outcome.is_some() {
            call.talk.outcome = outcome;
        }
        if let Some(at) = callback {
            // Said later than what was marked.
            call.talk.callback = None;
            self.note_promise(id, at);
        }
        self.answer_when_durable = true;
        let in_wrap = agent.is_some_and(|agent| self.wraps(agent, id));
        match agent.filter(|_| in_wrap) {
            Some(agent) => self.end_wrap(agent),
            None => {
                if let Some(agent) = agent {
                    self.show_agent(agent);
                }
            }
        }
        Ok(Reply::Done)
    }

    /// Writes the outcome and plans what becomes of the lead. Once.
    pub(super) fn conclude(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if std::mem::replace(&mut call.outcome_set, true) {
            return;
        }
        let (cause, _) = call.ending.clone().unwrap_or((Cause::Handled, Side::Us));
        let (agent, handled, lead) = (call.agent, call.handled, call.lead.id);
        if let Some(note) = call.talk.note.take().filter(|note| !note.trim().is_empty()) {
            self.command(Command::KeepNote { call: id, lead, note });
        }
        let call = &self.calls[&id];
        let name = call.talk.outcome.clone().or_else(|| call.talk.finish.as_ref().map(|f| f.outcome.clone()));
        let settings = &self.campaigns[&call.campaign].spec.settings;
        if handled {
            let meaning = name.as_ref().and_then(|name| settings.outcomes.get(name));
            let fact = Fact::OutcomeSet {
                call: id,
                agent,
                outcome: name.clone().unwrap_or_else(|| NO_OUTCOME.to_owned()),
                right_party: meaning.is_some_and(|m| m.right_party),
                effective: meaning.is_some_and(|m| m.effective),
                interested: meaning.is_some_and(|m| m.interested),
                amended: false,
            };
            let opts_out = meaning.is_some_and(|m| m.opt_out);
            self.fact(fact);
            if opts_out {
                self.opt_out(id, Side::Customer);
            }
        }
        self.plan_lead(id, &cause, name);
        self.retire(id);
    }

    /// Closed, tried again, or called back.
    fn plan_lead(&mut self, id: CallId, cause: &Cause, outcome: Option<String>) {
        let wall = self.wall();
        let call = &self.calls[&id];
        let settings = &self.campaigns[&call.campaign].spec.settings;
        let callback = call.talk.callback.or(call.callback);
        let ending = Ending { cause, outcome: outcome.as_deref(), callback, opted_out: call.opted_out };
        let next = recycle::after_call(settings, call.attempt, &ending, wall);
        let (campaign, lead, number_hash) = (call.campaign, call.lead.id, call.lead.number_hash.clone());
        let word = call.agent.map(|agent| Word { agent, number_hash: &number_hash });
        self.plan(campaign, lead, id, word, next);
    }

    pub(super) fn plan(&mut self, campaign: CampaignId, lead: LeadId, id: CallId, word: Option<Word<'_>>, next: Next) {
        self.promise_over(campaign, lead);
        match next {
            Next::Close(close) => {
                let reason = match close {
                    Close::Worked => LeadEnd::Worked,
                    Close::AttemptsUsedUp => LeadEnd::AttemptsUsedUp,
                    Close::OptedOut => LeadEnd::OptedOut,
                    Close::Invalid => LeadEnd::Invalid,
                };
                self.fact(Fact::LeadClosed { campaign, lead, reason });
            }
            Next::Retry { not_before } => {
                self.fact(Fact::RetryPlanned { campaign, lead, after: id, not_before });
            }
            Next::Callback { at } => {
                let agent = word.map(|word| word.agent);
                self.fact(Fact::CallbackPlanned { campaign, lead, after: id, at, agent });
                if let Some(Word { number_hash, .. }) = word {
                    self.promise(campaign, lead, at, number_hash.to_owned());
                }
            }
        }
    }

    /// Forgets a call that has ended and has its outcome.
    fn retire(&mut self, id: CallId) {
        let over = self.calls.get(&id).is_some_and(|c| c.ended && c.outcome_set);
        if !over {
            return;
        }
        let call = self.calls.remove(&id).expect("just looked up");
        self.timers.forget_call(id);
        if let Some(campaign) = self.campaigns.get_mut(&call.campaign) {
            campaign.calls.remove(&id);
            campaign.restless = true;
            if let Some(flow) = call.talk.flow {
                campaign.host.drop_flow(flow);
            }
            if campaign.calls.is_empty() && campaign.hopper.is_empty() {
                let now = self.now;
                self.timers.set_earlier(Timer::Lease(call.campaign), now + Duration::from_millis(50));
            }
        }
    }
}
