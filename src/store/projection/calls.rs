//! What facts do to calls, and to the leads that wait for their end.

use super::Tables;
use crate::facts::{Envelope, Fact};
use crate::store::rows::*;
use crate::words::*;

impl Tables {
    pub(super) fn call_placed(&mut self, envelope: &Envelope) {
        let Fact::CallPlaced { call, campaign, lead, attempt, number_hash, zone, pack, .. } = &envelope.fact else {
            return;
        };
        let zones: Vec<String> = zone.split('&').map(str::to_owned).collect();
        let day = LocalDay::at(envelope.wall, &zones, "UTC").date;
        self.days.entry((number_hash.clone(), day.clone())).or_default().0 += 1;
        let mut reserved = None;
        if let Some(lead) = self.leads.get_mut(lead) {
            reserved = lead.unlease();
            lead.attempts = *attempt;
            lead.last_call = Some(*call);
            if !lead.state.terminal() {
                lead.state = LeadState::InFlight;
            }
        }
        self.unreserve(reserved);
        let row = CallRow::placed(envelope, *call, *campaign, *lead, *attempt);
        let row = CallRow { number_hash: number_hash.clone(), zone: zone.clone(), day, pack: pack.clone(), ..row };
        self.calls.insert(*call, row);
    }

    /// Nothing left the house: the attempt is not counted, neither on the lead nor on the number's day.
    pub(super) fn call_withdrawn(&mut self, call: CallId, why: NotDialed) {
        let Some(call) = self.calls.get_mut(&call).filter(|call| call.open()) else {
            return;
        };
        call.withdrawn = Some(why);
        self.days.entry((call.number_hash.clone(), call.day.clone())).or_default().0 -= 1;
        if let Some(lead) = self.leads.get_mut(&call.lead)
            && lead.last_call == Some(call.id)
        {
            lead.attempts = call.attempt.saturating_sub(1);
            if lead.state == LeadState::InFlight {
                lead.state = lead.resting();
            }
        }
    }

    pub(super) fn call_moved(&mut self, call: CallId, fact: &Fact, wall: Wall) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.moved(fact, wall);
        }
    }

    pub(super) fn call_ended(&mut self, fact: &Fact, wall: Wall) {
        let Fact::CallEnded { call, cause, sip, q850, by, talk_ms } = fact else {
            return;
        };
        let Some(call) = self.calls.get_mut(call).filter(|call| call.open()) else {
            return;
        };
        call.ended_at = Some(wall);
        call.cause = Some(cause.clone());
        call.sip = *sip;
        call.q850 = *q850;
        call.ended_by = Some(*by);
        call.talk_ms = *talk_ms;
        if let Some(lead) = self.leads.get_mut(&call.lead)
            && lead.state == LeadState::InFlight
            && lead.last_call == Some(call.id)
        {
            // A promise was for this call; a new one is a new fact.
            lead.callback_at = None;
            lead.callback_agent = None;
        }
    }
}

impl CallRow {
    fn placed(envelope: &Envelope, id: CallId, campaign: CampaignId, lead: LeadId, attempt: u32) -> CallRow {
        CallRow {
            centre: envelope.centre,
            id,
            node: envelope.node,
            campaign,
            lead,
            attempt,
            number_hash: String::new(),
            zone: String::new(),
            day: String::new(),
            pack: String::new(),
            placed_at: envelope.wall,
            withdrawn: None,
            invite_at: None,
            trunk: None,
            sip_call_id: None,
            caller_id: None,
            ringing_at: None,
            answered_at: None,
            greeted_at: None,
            classified_at: None,
            verdict: None,
            bridged_at: None,
            spoke_at: None,
            message_at: None,
            waited_ms: None,
            agent: None,
            abandon: None,
            abandoned_at: None,
            ended_at: None,
            cause: None,
            sip: None,
            q850: None,
            ended_by: None,
            talk_ms: 0,
            outcome: None,
            right_party: false,
            effective: false,
            interested: false,
        }
    }

    /// What happened on the way. First times stand; a second leg or bridge does not move them.
    fn moved(&mut self, fact: &Fact, wall: Wall) {
        let first = |slot: &mut Option<Wall>| {
            slot.get_or_insert(wall);
        };
        match fact {
            Fact::InviteSent { trunk, sip_call_id, caller_id, .. } => {
                first(&mut self.invite_at);
                self.trunk = Some(*trunk);
                self.sip_call_id = Some(sip_call_id.clone());
                self.caller_id = Some(caller_id.clone());
            }
            Fact::CallRinging { .. } => first(&mut self.ringing_at),
            Fact::CallAnswered { .. } => first(&mut self.answered_at),
            Fact::GreetingEnded { .. } => first(&mut self.greeted_at),
            Fact::CallClassified { verdict, .. } => {
                first(&mut self.classified_at);
                self.verdict = Some(*verdict);
            }
            Fact::CallBridged { agent, waited_ms, .. } => {
                first(&mut self.bridged_at);
                self.agent = Some(*agent);
                self.waited_ms.get_or_insert(*waited_ms);
            }
            Fact::FlowSpoke { waited_ms, .. } => {
                first(&mut self.spoke_at);
                self.waited_ms.get_or_insert(*waited_ms);
            }
            Fact::MessagePlayed { .. } => first(&mut self.message_at),
            Fact::CallAbandoned { abandon, waited_ms, .. } => {
                first(&mut self.abandoned_at);
                self.abandon = Some(*abandon);
                self.waited_ms.get_or_insert(*waited_ms);
            }
            Fact::OutcomeSet { agent, outcome, right_party, effective, interested, .. } => {
                self.outcome = Some(outcome.clone());
                self.agent = self.agent.or(*agent);
                self.right_party = *right_party;
                self.effective = *effective;
                self.interested = *interested;
            }
            other => unreachable!("{} does not move a call", other.kind()),
        }
    }
}
