//! What the facts add up to when a program starts: calls, sessions and leads that the last run left open,
//! and the counts of a list. Plain records that the store fills and the engine reads; they decide nothing.

use super::Abandon;
use crate::words::*;
use serde::{Deserialize, Serialize};

/// A call that was placed, and neither withdrawn nor ended when the program died.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenCall {
    pub call: CallId,
    pub campaign: CampaignId,
    pub lead: LeadId,
    pub attempt: u32,
    pub invite_sent: bool,
    /// Of the last INVITE on record.
    pub sip_call_id: Option<String>,
    pub answered: Option<Wall>,
    /// AMD said human (or unknown), or no AMD.
    pub human: bool,
    pub bridged: bool,
    pub machine: Option<MachineKind>,
    pub abandoned: Option<Abandon>,
    pub pack: String,
    /// Keyed.
    pub number_hash: String,
    /// Who talked with the person.
    pub agent: Option<AgentId>,
    /// The last time promised to the person.
    pub callback: Option<Wall>,
}

impl OpenCall {
    /// Its place in the abandonment ledger: a person who was served (by an agent or the flow) or judged. `None`: nobody,
    /// or not judged yet.
    pub fn entry(&self) -> Option<LedgerEntry> {
        let person = self.bridged || self.machine.is_none() && self.abandoned.is_some();
        let abandoned = match self.abandoned {
            Some(Abandon::NoAgent | Abandon::Late | Abandon::Crash) => true,
            Some(Abandon::CustomerEarly) | None => false,
        };
        self.answered.filter(|_| person).map(|at| LedgerEntry { at, abandoned })
    }
}

/// A call that has its end, while its lead has no plan yet: the program died during wrap-up.
/// Without `RetryPlanned`, `CallbackPlanned` or `LeadClosed` such a lead stays in flight for ever.
#[derive(Debug, Clone, PartialEq)]
pub struct UnplannedLead {
    pub call: CallId,
    pub campaign: CampaignId,
    pub lead: LeadId,
    /// Attempts made so far, this one included.
    pub attempt: u32,
    /// `None`: withdrawn.
    pub cause: Option<Cause>,
    /// The last one that was set, if any.
    pub outcome: Option<String>,
    /// Keyed.
    pub number_hash: String,
    /// Who talked with the person.
    pub agent: Option<AgentId>,
    /// The last time promised to the person.
    pub callback: Option<Wall>,
}

/// A leg that may still be up at the other end, though the program that made it died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    pub leg: LegId,
    /// `None`: an agent's phone.
    pub call: Option<CallId>,
    pub trunk: Option<TrunkId>,
    /// A 200 had come.
    pub answered: bool,
    pub sip_call_id: String,
    pub caller_id: String,
}

/// A session without a logout.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSession {
    pub agent: AgentId,
    pub session: SessionId,
    /// The last fact of the session, in the old run's moments.
    pub last: Moment,
}

/// A campaign that stood still when the last run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halted {
    pub campaign: CampaignId,
    /// Paused, draining or finished.
    pub state: CampaignState,
    /// Who had asked for it.
    pub by: String,
    pub counts: LeadCounts,
}

/// A human answer in an abandonment window, and whether it was abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    pub at: Wall,
    pub abandoned: bool,
}

/// What runs of a list type taught pacing in an hour of the day; the latest word of each replaces the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedRow {
    pub list_type: String,
    /// 0 to 23, in the campaign's zone.
    pub hour: u8,
    pub at: Wall,
    /// JSON of the engine.
    pub body: String,
}

/// A callback that was promised with an agent of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promised {
    pub campaign: CampaignId,
    pub lead: LeadId,
    pub at: Wall,
    /// Keyed.
    pub number_hash: String,
}

/// What is left of a campaign's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LeadCounts {
    pub pending: u64,
    pub scheduled: u64,
    pub in_flight: u64,
    pub closed: u64,
    pub excluded: u64,
}
