//! Whom a fact is about, and what it is called. It refuses to look anything up: what a fact does not name, it does not know.

use super::*;

impl Fact {
    /// The campaign this fact names; a fact of a call may name its call alone.
    pub fn campaign(&self) -> Option<CampaignId> {
        if let Fact::CampaignStarted { campaign, .. }
        | Fact::CampaignPaused { campaign, .. }
        | Fact::CampaignDrained { campaign, .. }
        | Fact::CampaignFinished { campaign }
        | Fact::LeadsImported { campaign, .. }
        | Fact::LeadHeld { campaign, .. }
        | Fact::RetryPlanned { campaign, .. }
        | Fact::CallbackPlanned { campaign, .. }
        | Fact::LeadClosed { campaign, .. }
        | Fact::OptedOut { campaign, .. }
        | Fact::CallPlaced { campaign, .. }
        | Fact::OrderTaken { campaign, .. }
        | Fact::PacingModeChanged { campaign, .. } = self
        {
            return Some(*campaign);
        }
        if let Fact::CampaignConfigured(configured) = self {
            return Some(configured.campaign);
        }
        if let Fact::AgentStateChanged { campaign, .. } = self {
            return *campaign;
        }
        None
    }

    /// The call this fact belongs to, if any.
    pub fn call(&self) -> Option<CallId> {
        use Fact::*;
        match self {
            CallPlaced { call, .. }
            | CallWithdrawn { call, .. }
            | InviteSent { call, .. }
            | CallRinging { call, .. }
            | CallAnswered { call }
            | GreetingStarted { call }
            | GreetingEnded { call }
            | CallClassified { call, .. }
            | AgentReserved { call, .. }
            | CallBridged { call, .. }
            | CallUnbridged { call, .. }
            | FlowSpoke { call, .. }
            | MessagePlayed { call, .. }
            | CallAbandoned { call, .. }
            | StepEntered { call, .. }
            | ChoiceMade { call, .. }
            | CallbackPromised { call, .. }
            | DigitsGathered { call, .. }
            | ObjectionRaised { call, .. }
            | FieldFilled { call, .. }
            | OrderTaken { call, .. }
            | HoldStarted { call, .. }
            | HoldEnded { call, .. }
            | FlowFailed { call, .. }
            | CallEnded { call, .. }
            | OutcomeSet { call, .. }
            | WrapExtended { call, .. }
            | RecordingClosed { call, .. }
            | CustomerLeft { call, .. } => Some(*call),
            OptedOut { call, .. } | AgentStateChanged { call, .. } => *call,
            RetryPlanned { after, .. } | CallbackPlanned { after, .. } => Some(*after),
            EngineStarted { .. }
            | EngineStopped { .. }
            | TrunkWentUp { .. }
            | TrunkWentDown { .. }
            | CampaignConfigured(_)
            | CampaignStarted { .. }
            | CampaignPaused { .. }
            | CampaignDrained { .. }
            | CampaignFinished { .. }
            | LeadsImported { .. }
            | LeadHeld { .. }
            | LeadClosed { .. }
            | OrderAdvanced { .. }
            | AgentLoggedIn { .. }
            | AgentLoggedOut { .. }
            | PacingModeChanged { .. } => None,
        }
    }

    /// The kind's name, as stored: the same as its serde tag.
    pub fn kind(&self) -> &'static str {
        use Fact::*;
        match self {
            EngineStarted { .. } => "engine_started",
            EngineStopped { .. } => "engine_stopped",
            TrunkWentUp { .. } => "trunk_went_up",
            TrunkWentDown { .. } => "trunk_went_down",
            CampaignConfigured(_) => "campaign_configured",
            CampaignStarted { .. } => "campaign_started",
            CampaignPaused { .. } => "campaign_paused",
            CampaignDrained { .. } => "campaign_drained",
            CampaignFinished { .. } => "campaign_finished",
            LeadsImported { .. } => "leads_imported",
            LeadHeld { .. } => "lead_held",
            RetryPlanned { .. } => "retry_planned",
            CallbackPromised { .. } => "callback_promised",
            CallbackPlanned { .. } => "callback_planned",
            LeadClosed { .. } => "lead_closed",
            OptedOut { .. } => "opted_out",
            CallPlaced { .. } => "call_placed",
            CallWithdrawn { .. } => "call_withdrawn",
            InviteSent { .. } => "invite_sent",
            CallRinging { .. } => "call_ringing",
            CallAnswered { .. } => "call_answered",
            GreetingStarted { .. } => "greeting_started",
            GreetingEnded { .. } => "greeting_ended",
            CallClassified { .. } => "call_classified",
            AgentReserved { .. } => "agent_reserved",
            CallBridged { .. } => "call_bridged",
            CallUnbridged { .. } => "call_unbridged",
            FlowSpoke { .. } => "flow_spoke",
            MessagePlayed { .. } => "message_played",
            CallAbandoned { .. } => "call_abandoned",
            StepEntered { .. } => "step_entered",
            ChoiceMade { .. } => "choice_made",
            DigitsGathered { .. } => "digits_gathered",
            ObjectionRaised { .. } => "objection_raised",
            FieldFilled { .. } => "field_filled",
            OrderTaken { .. } => "order_taken",
            OrderAdvanced { .. } => "order_advanced",
            HoldStarted { .. } => "hold_started",
            HoldEnded { .. } => "hold_ended",
            FlowFailed { .. } => "flow_failed",
            CallEnded { .. } => "call_ended",
            OutcomeSet { .. } => "outcome_set",
            WrapExtended { .. } => "wrap_extended",
            RecordingClosed { .. } => "recording_closed",
            AgentLoggedIn { .. } => "agent_logged_in",
            AgentStateChanged { .. } => "agent_state_changed",
            CustomerLeft { .. } => "customer_left",
            AgentLoggedOut { .. } => "agent_logged_out",
            PacingModeChanged { .. } => "pacing_mode_changed",
        }
    }
}
