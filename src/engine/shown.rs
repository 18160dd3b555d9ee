//! Views: what is shown of an agent and of a campaign, its latest decisions with their reasons.
//! None is stored, but for the sample of decisions that `why` asks for.

use super::io::LeadCounts;
use crate::pacing::Estimates;
use crate::script::Step;
use crate::words::*;
use serde::{Deserialize, Serialize};

/// The latest state of one thing; replaces the one before. Never stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View {
    Agent(AgentView),
    Campaign(Box<CampaignView>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentView {
    pub agent: AgentId,
    pub session: Option<SessionId>,
    /// Worked for in this session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<CampaignId>,
    pub state: Option<AgentState>,
    pub reason: Option<String>,
    pub since: Wall,
    pub device: bool,
    /// What follows the call in hand, if not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<AfterCall>,
    pub call: Option<AgentCallView>,
    /// Manual and preview: the lead that waits for the agent's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewView>,
    /// Why the lead that was asked for does not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Reason>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterCall {
    /// For this reason.
    Pause(String),
    Logout,
}

/// What an agent sees of the call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentCallView {
    pub call: CallId,
    pub campaign: CampaignId,
    pub lead: LeadId,
    pub attempt: u32,
    pub lang: Lang,
    pub local_time: String,
    /// The customer's, IANA: where `local_time` and a callback's time are meant.
    #[serde(default)]
    pub zone: Option<String>,
    pub customer_on_line: bool,
    /// Send it with the choice.
    pub turn: u32,
    pub step: Option<Step>,
    /// The flow's outcome, once it finished.
    pub outcome: Option<String>,
    pub wrap_until: Option<Wall>,
    /// The agent marked an outcome: the call closes then, unless it is taken back.
    #[serde(default)]
    pub closes_at: Option<Wall>,
    /// So often the wrap-up can still be extended.
    #[serde(default)]
    pub extensions_left: u8,
    /// Agreed with the customer.
    #[serde(default)]
    pub callback_at: Option<Wall>,
}

/// A lead before it is dialed; name and history are looked up by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewView {
    pub campaign: CampaignId,
    pub lead: LeadId,
    pub attempt: u32,
    /// Promised for then.
    pub callback: Option<Wall>,
    pub local_time: String,
    /// Then it is dialed or passed over by itself.
    pub until: Option<Wall>,
    pub may_skip: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignView {
    pub campaign: CampaignId,
    pub name: String,
    pub state: CampaignState,
    pub mode: crate::pacing::Mode,
    /// Why it dials or does not, now.
    pub reason: Reason,
    pub estimates: Estimates,
    pub leads: LeadCounts,
    pub lines: u32,
    pub talking: u32,
    #[serde(default)]
    pub in_flight: InFlight,
    /// Of the settings.
    #[serde(default)]
    pub target_utilization: f64,
    /// The latest decisions that dialed, cancelled or changed the reason; bounded.
    pub decisions: Vec<DecisionView>,
}

/// Calls by how far they have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// Placed, and not yet answered by any signal.
    pub dialing: u32,
    pub ringing: u32,
    /// Answered: person or machine?
    pub listening: u32,
    /// A person whom nobody serves yet.
    pub waiting: u32,
    /// The seller's message plays.
    pub message: u32,
    pub talking: u32,
    /// The agent's work after it.
    pub wrapping: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionView {
    pub at: Wall,
    /// As decided.
    pub dial: u32,
    /// Fewer where the gate or the trunks said no.
    #[serde(default)]
    pub placed: u32,
    pub cancelled: u32,
    /// So often in a row with nothing placed and the same reason.
    #[serde(default)]
    pub times: u32,
    pub reason: Reason,
    pub estimates: Estimates,
}

impl DecisionView {
    /// What was done, and what held the rest, in one sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        let why = self.reason.text(lang);
        if self.placed == 0 {
            return why;
        }
        Reason::new("why.placed").with("placed", self.placed).with("why", why).text(lang)
    }
}
