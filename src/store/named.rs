//! The ids that a fact names: what a batch touches, and by what a fact can be found again.

use crate::facts::{Envelope, Fact};
use crate::words::*;

/// The ids that facts touch: what to load before the fold.
#[derive(Debug, Default)]
pub struct Touched {
    pub leads: Vec<LeadId>,
    pub calls: Vec<CallId>,
    pub orders: Vec<OrderId>,
    pub sessions: Vec<SessionId>,
    /// Leads by number, over all campaigns.
    pub numbers: Vec<String>,
}

impl Touched {
    pub fn of<'a>(facts: impl Iterator<Item = &'a Envelope>) -> Touched {
        let mut touched = Touched::default();
        for envelope in facts {
            touched.add(&envelope.fact);
        }
        touched.leads.sort_unstable();
        touched.leads.dedup();
        touched.calls.sort_unstable();
        touched.calls.dedup();
        touched.orders.sort_unstable();
        touched.orders.dedup();
        touched.sessions.sort_unstable();
        touched.sessions.dedup();
        touched.numbers.sort_unstable();
        touched.numbers.dedup();
        touched
    }

    fn add(&mut self, fact: &Fact) {
        self.calls.extend(fact.call());
        self.leads.extend(lead_of(fact));
        self.sessions.extend(session_of(fact));
        if let Fact::OptedOut { number_hash, .. } = fact {
            self.numbers.push(number_hash.clone());
        }
        if let Fact::OrderTaken { order, .. } | Fact::OrderAdvanced { order, .. } = fact {
            self.orders.push(*order);
        }
    }
}

/// The lead that a fact names itself. Others are found by their call.
pub fn lead_of(fact: &Fact) -> Option<LeadId> {
    match fact {
        Fact::LeadHeld { lead, .. }
        | Fact::RetryPlanned { lead, .. }
        | Fact::CallbackPlanned { lead, .. }
        | Fact::LeadClosed { lead, .. }
        | Fact::OptedOut { lead, .. }
        | Fact::CallPlaced { lead, .. }
        | Fact::OrderTaken { lead, .. } => Some(*lead),
        Fact::EngineStarted { .. }
        | Fact::EngineStopped { .. }
        | Fact::TrunkWentUp { .. }
        | Fact::TrunkWentDown { .. }
        | Fact::CampaignConfigured(_)
        | Fact::CampaignStarted { .. }
        | Fact::CampaignPaused { .. }
        | Fact::CampaignDrained { .. }
        | Fact::CampaignFinished { .. }
        | Fact::LeadsImported { .. }
        | Fact::CallWithdrawn { .. }
        | Fact::InviteSent { .. }
        | Fact::CallRinging { .. }
        | Fact::CallAnswered { .. }
        | Fact::GreetingStarted { .. }
        | Fact::GreetingEnded { .. }
        | Fact::CallClassified { .. }
        | Fact::AgentReserved { .. }
        | Fact::CallBridged { .. }
        | Fact::CallUnbridged { .. }
        | Fact::FlowSpoke { .. }
        | Fact::MessagePlayed { .. }
        | Fact::CallAbandoned { .. }
        | Fact::StepEntered { .. }
        | Fact::CallbackPromised { .. }
        | Fact::ChoiceMade { .. }
        | Fact::DigitsGathered { .. }
        | Fact::ObjectionRaised { .. }
        | Fact::FieldFilled { .. }
        | Fact::OrderAdvanced { .. }
        | Fact::HoldStarted { .. }
        | Fact::HoldEnded { .. }
        | Fact::FlowFailed { .. }
        | Fact::CallEnded { .. }
        | Fact::OutcomeSet { .. }
        | Fact::WrapExtended { .. }
        | Fact::RecordingClosed { .. }
        | Fact::AgentLoggedIn { .. }
        | Fact::AgentStateChanged { .. }
        | Fact::CustomerLeft { .. }
        | Fact::AgentLoggedOut { .. }
        | Fact::PacingModeChanged { .. } => None,
    }
}

pub fn session_of(fact: &Fact) -> Option<SessionId> {
    if let Fact::AgentLoggedIn { session, .. }
    | Fact::AgentStateChanged { session, .. }
    | Fact::CustomerLeft { session, .. }
    | Fact::AgentLoggedOut { session, .. } = fact
    {
        Some(*session)
    } else {
        None
    }
}

pub fn order_of(fact: &Fact) -> Option<OrderId> {
    if let Fact::OrderAdvanced { order, .. } = fact { Some(*order) } else { None }
}

pub fn agent_of(fact: &Fact) -> Option<AgentId> {
    if let Fact::AgentReserved { agent, .. }
    | Fact::CallBridged { agent, .. }
    | Fact::CallUnbridged { agent, .. }
    | Fact::HoldStarted { agent, .. }
    | Fact::HoldEnded { agent, .. }
    | Fact::WrapExtended { agent, .. }
    | Fact::AgentLoggedIn { agent, .. }
    | Fact::AgentStateChanged { agent, .. }
    | Fact::CustomerLeft { agent, .. }
    | Fact::AgentLoggedOut { agent, .. } = fact
    {
        return Some(*agent);
    }
    if let Fact::OrderTaken { agent, .. } | Fact::OutcomeSet { agent, .. } = fact {
        return *agent;
    }
    None
}
