//! What is shown of a campaign: its state, its latest decisions with their reasons, the lead that an agent looks at.
//! It refuses to be stored, but for the sample of decisions that `why` asks for.

use super::io::LeadCounts;
use crate::pacing::Estimates;
use crate::words::*;
use serde::{Deserialize, Serialize};

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
