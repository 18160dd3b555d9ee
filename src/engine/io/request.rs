//! What people and robots ask of the engine, and a campaign folder as it takes it.

use super::AgentRecord;
use crate::campaign::Settings;
use crate::script::Values;
use crate::words::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A question or an order from outside. Every variant is answered once.
#[derive(Debug, Clone)]
pub enum Request {
    /// A campaign folder's content, checked. The same id again is a new version.
    Configure(Arc<CampaignSpec>),
    StartCampaign {
        campaign: CampaignId,
    },
    PauseCampaign {
        campaign: CampaignId,
    },
    DrainCampaign {
        campaign: CampaignId,
    },
    SetMode {
        campaign: CampaignId,
        mode: crate::pacing::Mode,
    },
    /// Leads were imported or released: look again.
    LeadsChanged {
        campaign: CampaignId,
    },
    /// Never call this number again; acknowledged when it holds.
    Suppress {
        number_hash: String,
    },
    AddAgent(AgentRecord),
    Login {
        agent: AgentId,
        campaigns: Vec<CampaignId>,
    },
    Ready {
        agent: AgentId,
    },
    Pause {
        agent: AgentId,
        reason: String,
    },
    Logout {
        agent: AgentId,
    },
    /// Manual and preview: the next lead, or this one, is shown to the agent.
    Preview {
        agent: AgentId,
        campaign: CampaignId,
        lead: Option<LeadId>,
    },
    /// The shown lead is dialed.
    DialPreview {
        agent: AgentId,
    },
    /// The shown lead is passed over.
    SkipPreview {
        agent: AgentId,
    },
    /// Somebody looks at the agent's page, or nobody does any more.
    Page {
        agent: AgentId,
        here: bool,
    },
    /// What follows the call in hand, wrap-up included: a pause, or with `None` work as before. It ends no wrap-up.
    AfterCall {
        agent: AgentId,
        pause: Option<String>,
    },
    /// The agent chose in the flow's step. `turn` guards against a click that comes late or twice.
    Choose {
        call: CallId,
        turn: u32,
        choice: String,
        fields: Values,
    },
    /// The agent ends the call with the customer.
    HangUp {
        call: CallId,
    },
    Hold {
        call: CallId,
        on: bool,
    },
    /// Ends wrap-up (or amends later). `None`: keep what the flow set.
    SetOutcome {
        call: CallId,
        outcome: Option<String>,
        note: Option<String>,
        callback: Option<Wall>,
    },
    /// The agent's word so far, to be taken back at will. In wrap-up an outcome closes the call by itself after
    /// `UNDO`; none (`outcome: None`) stops that.
    MarkOutcome {
        call: CallId,
        outcome: Option<String>,
        note: Option<String>,
        callback: Option<Wall>,
    },
    /// The agent's note as far as it is written; the latest is kept when the call closes, however it closes.
    KeepDraft {
        call: CallId,
        note: String,
    },
    /// More time for the wrap-up.
    ExtendWrap {
        call: CallId,
    },
    /// A word on a call that is over and closed: after a crash in wrap-up, or a correction.
    AmendOutcome(Box<Amendment>),
    AdvanceOrder {
        order: OrderId,
        state: crate::facts::OrderState,
    },
}

/// What the store knows of the call, and what is to be said of it.
#[derive(Debug, Clone)]
pub struct Amendment {
    pub call: CallId,
    pub campaign: CampaignId,
    pub lead: LeadId,
    pub number_hash: String,
    pub attempt: u32,
    pub agent: Option<AgentId>,
    pub cause: Cause,
    /// An outcome was set before.
    pub again: bool,
    /// The lead waits or is closed since this call: what becomes of it may be planned anew.
    pub movable: bool,
    pub outcome: Option<String>,
    pub note: Option<String>,
    pub callback: Option<Wall>,
}

/// A campaign folder as the engine takes it.
#[derive(Debug, Clone)]
pub struct CampaignSpec {
    pub id: CampaignId,
    pub name: String,
    /// sha256 of the content, first 16 hex digits.
    pub version: String,
    pub seller: SellerId,
    pub client: ClientId,
    pub settings: Settings,
    /// Lua sources by path within the folder (or `scripts/`): `flow.lua`, `scripts/objections.lua`.
    pub sources: BTreeMap<String, String>,
    /// Lengths of the prompts that exist, by file name without `.wav`: `welcome`, `welcome.zh-Hans`.
    pub prompts: BTreeMap<String, Duration>,
}
