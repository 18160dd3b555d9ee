//! The fold: facts in, rows out. Pure, so that writing and replaying are the same code (I12).
//! It never asks the database: `load` brings the rows that a batch touches, `save` takes the changed ones away.

use super::named::session_of;
use super::rows::*;
use crate::facts::{Envelope, Fact, LeadEnd, OrderLine, OrderState};
use crate::words::*;
use std::collections::BTreeMap;

/// Why the store itself excludes a lead: its number is on a list,
pub const LISTED: &str = "listed";
/// its person was erased,
pub const ERASED: &str = "erased";
/// the campaign allows fewer attempts now than were made.
pub const ATTEMPTS_TOTAL: &str = "attempts_total";

/// The rows at hand. A row that is absent does not exist in the store either (for what the batch touches).
#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub leads: BTreeMap<LeadId, LeadFold>,
    pub calls: BTreeMap<CallId, CallRow>,
    pub orders: BTreeMap<OrderId, OrderHead>,
    pub sessions: BTreeMap<SessionId, SessionRow>,
    pub recordings: BTreeMap<RecordingId, RecordingRow>,
    /// New lines of new orders.
    pub lines: BTreeMap<OrderId, Vec<OrderLine>>,
    pub campaigns: BTreeMap<CampaignId, &'static str>,
    /// Changes to (placed, reserved) by number and day.
    pub days: BTreeMap<(String, String), (i64, i64)>,
    pub suppressed: BTreeMap<String, Wall>,
}

impl Tables {
    /// One fact, in the order of its node.
    pub fn fold(&mut self, envelope: &Envelope) {
        let wall = envelope.wall;
        match &envelope.fact {
            Fact::CampaignStarted { campaign, .. } => self.campaign(*campaign, "running"),
            Fact::CampaignPaused { campaign, .. } => self.campaign(*campaign, "paused"),
            Fact::CampaignDrained { campaign, .. } => self.campaign(*campaign, "draining"),
            Fact::CampaignFinished { campaign } => self.campaign(*campaign, "finished"),
            Fact::LeadHeld { lead, why, until, .. } => self.lead_held(*lead, *why, *until),
            Fact::RetryPlanned { lead, after, not_before, .. } => self.lead_planned(*lead, *after, *not_before, None),
            Fact::CallbackPlanned { lead, after, at, agent, .. } => self.lead_planned(*lead, *after, *at, Some(*agent)),
            Fact::LeadClosed { lead, reason, .. } => self.lead_closed(*lead, *reason),
            Fact::OptedOut { number_hash, .. } => self.opted_out(number_hash, wall),
            Fact::CallPlaced { .. } => self.call_placed(envelope),
            Fact::CallWithdrawn { call, why, .. } => self.call_withdrawn(*call, *why),
            Fact::CallEnded { .. } => self.call_ended(&envelope.fact, wall),
            Fact::OrderTaken { .. } | Fact::OrderAdvanced { .. } => self.order(envelope),
            Fact::RecordingClosed { .. } => self.recording(envelope),
            Fact::AgentLoggedIn { .. }
            | Fact::AgentStateChanged { .. }
            | Fact::CustomerLeft { .. }
            | Fact::AgentLoggedOut { .. } => self.session(envelope),
            Fact::InviteSent { call, .. }
            | Fact::CallRinging { call, .. }
            | Fact::CallAnswered { call }
            | Fact::GreetingEnded { call }
            | Fact::CallClassified { call, .. }
            | Fact::CallBridged { call, .. }
            | Fact::FlowSpoke { call, .. }
            | Fact::MessagePlayed { call, .. }
            | Fact::CallAbandoned { call, .. }
            | Fact::OutcomeSet { call, .. } => self.call_moved(*call, &envelope.fact, wall),
            // These stand in the timeline and in KPIs alone.
            Fact::EngineStarted { .. }
            | Fact::EngineStopped { .. }
            | Fact::TrunkWentUp { .. }
            | Fact::TrunkWentDown { .. }
            | Fact::CampaignConfigured(_)
            | Fact::LeadsImported { .. }
            | Fact::GreetingStarted { .. }
            | Fact::AgentReserved { .. }
            | Fact::CallUnbridged { .. }
            | Fact::StepEntered { .. }
            | Fact::ChoiceMade { .. }
            | Fact::ObjectionRaised { .. }
            | Fact::FieldFilled { .. }
            | Fact::HoldStarted { .. }
            | Fact::HoldEnded { .. }
            | Fact::FlowFailed { .. }
            | Fact::WrapExtended { .. }
            | Fact::PacingModeChanged { .. } => {}
        }
    }

    fn campaign(&mut self, campaign: CampaignId, state: &'static str) {
        self.campaigns.insert(campaign, state);
    }

    // ── leads ──

    fn lead_held(&mut self, lead: LeadId, why: NotDialed, until: Option<Wall>) {
        let Some(lead) = self.leads.get_mut(&lead).filter(|lead| !lead.state.terminal()) else {
            return;
        };
        let reserved = lead.unlease();
        match (until, why) {
            (Some(until), _) => lead.schedule(until),
            (None, NotDialed::Withdrawn | NotDialed::Skipped) => lead.state = lead.resting(),
            // Never: no hours at all, a forbidden number.
            (None, NotDialed::Dnc | NotDialed::Window | NotDialed::FreqCap | NotDialed::Filtered) => {
                lead.end(LeadState::Excluded, super::table::enum_text(&why));
            }
        }
        self.unreserve(reserved);
    }

    fn lead_planned(&mut self, lead: LeadId, after: CallId, at: Wall, callback: Option<Option<AgentId>>) {
        let open = |lead: &&mut LeadFold| !lead.state.terminal() || lead.reopens_after(after);
        let Some(lead) = self.leads.get_mut(&lead).filter(open) else {
            return;
        };
        let reserved = lead.unlease();
        lead.end_reason = None;
        lead.schedule(at);
        lead.callback_at = callback.map(|_| at);
        lead.callback_agent = callback.flatten();
        self.unreserve(reserved);
    }

    fn lead_closed(&mut self, lead: LeadId, reason: LeadEnd) {
        let Some(lead) = self.leads.get_mut(&lead).filter(|lead| lead.may_close()) else {
            return;
        };
        let reserved = lead.unlease();
        let state = match reason {
            LeadEnd::Worked | LeadEnd::AttemptsUsedUp | LeadEnd::OptedOut | LeadEnd::Invalid => LeadState::Closed,
            LeadEnd::Suppressed => LeadState::Excluded,
        };
        lead.end(state, super::table::enum_text(&reason));
        self.unreserve(reserved);
    }

    /// Every lead of this number that waits, in every campaign, is closed; one in flight ends by its own facts.
    fn opted_out(&mut self, number_hash: &str, wall: Wall) {
        self.suppressed.entry(number_hash.to_owned()).or_insert(wall);
        let mut reserved = Vec::new();
        for lead in self.leads.values_mut().filter(|lead| lead.number_hash == number_hash) {
            match lead.state {
                LeadState::Pending | LeadState::Leased | LeadState::Scheduled => {
                    reserved.push(lead.unlease());
                    lead.end(LeadState::Closed, super::table::enum_text(&LeadEnd::OptedOut));
                }
                LeadState::InFlight | LeadState::Closed | LeadState::Excluded => {}
            }
        }
        reserved.into_iter().for_each(|one| self.unreserve(one));
    }

    pub fn unreserve(&mut self, reserved: Option<(String, String)>) {
        if let Some(key) = reserved {
            self.days.entry(key).or_default().1 -= 1;
        }
    }

    // ── calls ──

    fn call_placed(&mut self, envelope: &Envelope) {
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
    fn call_withdrawn(&mut self, call: CallId, why: NotDialed) {
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

    fn call_moved(&mut self, call: CallId, fact: &Fact, wall: Wall) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.moved(fact, wall);
        }
    }

    fn call_ended(&mut self, fact: &Fact, wall: Wall) {
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

    // ── orders, recordings, sessions ──

    fn order(&mut self, envelope: &Envelope) {
        match &envelope.fact {
            Fact::OrderTaken { order, call, campaign, lead, agent, lines, total } => {
                let head = OrderHead {
                    centre: envelope.centre,
                    id: *order,
                    call: *call,
                    campaign: *campaign,
                    lead: *lead,
                    agent: *agent,
                    total_minor: total.minor,
                    currency: total.currency.clone(),
                    state: OrderState::Captured,
                    taken_at: envelope.wall,
                    changed_at: envelope.wall,
                };
                self.orders.insert(*order, head);
                self.lines.insert(*order, lines.clone());
            }
            Fact::OrderAdvanced { order, state, .. } => {
                if let Some(order) = self.orders.get_mut(order) {
                    order.state = *state;
                    order.changed_at = envelope.wall;
                }
            }
            other => unreachable!("{} is no fact of an order", other.kind()),
        }
    }

    fn recording(&mut self, envelope: &Envelope) {
        let Fact::RecordingClosed { call, recording, length_ms, sha256, file } = &envelope.fact else {
            return;
        };
        let of = self.calls.get(call);
        let row = RecordingRow {
            centre: envelope.centre,
            id: *recording,
            call: *call,
            campaign: of.map(|call| call.campaign),
            lead: of.map(|call| call.lead),
            length_ms: *length_ms,
            sha256: sha256.clone(),
            file: file.clone(),
            closed_at: envelope.wall,
        };
        self.recordings.insert(*recording, row);
    }

    fn session(&mut self, envelope: &Envelope) {
        if let Fact::AgentLoggedIn { agent, session, .. } = &envelope.fact {
            let row = SessionRow {
                centre: envelope.centre,
                id: *session,
                node: envelope.node,
                agent: *agent,
                logged_in: envelope.wall,
                state: None,
                reason: None,
                last_moment: envelope.moment,
                last_at: envelope.wall,
                logged_out: None,
            };
            self.sessions.insert(*session, row);
            return;
        }
        let Some(row) = session_of(&envelope.fact).and_then(|session| self.sessions.get_mut(&session)) else {
            return;
        };
        if row.logged_out.is_none() {
            row.last_moment = envelope.moment;
            row.last_at = envelope.wall;
        }
        if let Fact::AgentStateChanged { state, reason, .. } = &envelope.fact {
            row.state = Some(*state);
            row.reason.clone_from(reason);
        }
        if let Fact::AgentLoggedOut { reason, .. } = &envelope.fact {
            row.logged_out = Some(envelope.wall);
            row.state = None;
            row.reason = Some(reason.clone());
        }
    }
}

impl LeadFold {
    fn schedule(&mut self, at: Wall) {
        // Zero means pending; a plan is never for 1970.
        self.next_at = Wall(at.0.max(1));
        self.due_at = self.next_at;
        self.state = LeadState::Scheduled;
    }

    /// Waits, is in flight, or was held for good: then the closing fact says why better than the gate did.
    fn may_close(&self) -> bool {
        !self.state.terminal() || (self.state == LeadState::Excluded && !self.excluded_by_store())
    }

    /// Worked to an end by this very call, whose outcome was then amended: it is to be called again after all.
    fn reopens_after(&self, call: CallId) -> bool {
        let worked = super::table::enum_text(&LeadEnd::Worked);
        self.state == LeadState::Closed && self.last_call == Some(call) && self.end_reason == Some(worked)
    }

    /// No fact tells of these: the store itself found that the lead may not be called.
    pub fn excluded_by_store(&self) -> bool {
        let own = |reason: &str| matches!(reason, LISTED | ERASED | ATTEMPTS_TOTAL);
        self.state == LeadState::Excluded && self.end_reason.as_deref().is_some_and(own)
    }

    pub fn end(&mut self, state: LeadState, reason: String) {
        self.state = state;
        self.end_reason = Some(reason);
        self.callback_at = None;
        self.callback_agent = None;
    }

    /// Ends the lease. The number and day whose reservation must be given back, if there was one.
    pub fn unlease(&mut self) -> Option<(String, String)> {
        self.lease_node = None;
        self.lease_epoch = None;
        self.lease_ticket = None;
        self.lease_day.take().map(|day| (self.number_hash.clone(), day))
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
