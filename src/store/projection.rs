//! The fold: facts in, rows out. Pure, so that writing and replaying are the same code (I12).
//! It never asks the database: `load` brings the rows that a batch touches, `save` takes the changed ones away.

mod calls;
mod leads;

use super::named::session_of;
use super::rows::*;
use crate::facts::{Envelope, Fact, OrderLine, OrderState};
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
            // These stand in the timeline and in KPIs alone; a start reads what open calls promised (`recovery`).
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
            | Fact::CallbackPromised { .. }
            | Fact::ChoiceMade { .. }
            | Fact::DigitsGathered { .. }
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
