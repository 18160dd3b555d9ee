//! The tables that are folded from facts, as records. What changes them stands in `projection`.

use crate::facts::{Abandon, OrderLine, OrderState, Verdict};
use crate::words::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadState {
    /// Never tried, or given back before anything left.
    Pending,
    /// In the hands of a node, not yet placed.
    Leased,
    /// A call is placed, or ended without a plan yet.
    InFlight,
    /// Waits for `next_at`.
    Scheduled,
    /// Worked to an end.
    Closed,
    /// May not be called; `end_reason` says why.
    Excluded,
}

impl LeadState {
    pub fn name(self) -> &'static str {
        match self {
            LeadState::Pending => "pending",
            LeadState::Leased => "leased",
            LeadState::InFlight => "in_flight",
            LeadState::Scheduled => "scheduled",
            LeadState::Closed => "closed",
            LeadState::Excluded => "excluded",
        }
    }
    /// Nothing more will be tried.
    pub fn terminal(self) -> bool {
        match self {
            LeadState::Closed | LeadState::Excluded => true,
            LeadState::Pending | LeadState::Leased | LeadState::InFlight | LeadState::Scheduled => false,
        }
    }
}

enums!(LeadState, Verdict, Abandon, Cause, Side, NotDialed, OrderState, AgentState, Lang);

table! {
    /// The part of a lead that facts and leases change.
    LeadFold in lead_sql("lead") {
        id: LeadId = fixed_int,
        campaign: CampaignId = fixed_int,
        number_hash: String = fixed_text,
        state: LeadState = text,
        attempts: u32 = int,
        /// From facts. Zero: at once.
        next_at: Wall = int,
        /// `next_at`, or later if the number's day is full.
        due_at: Wall = int,
        callback_at: Option<Wall> = int,
        callback_agent: Option<AgentId> = int,
        end_reason: Option<String> = text,
        last_call: Option<CallId> = int,
        lease_node: Option<u16> = int,
        lease_epoch: Option<u32> = int,
        /// The called party's day on which an attempt is reserved.
        lease_day: Option<String> = text,
        /// Of the asking: see `Store::lease_again`.
        lease_ticket: Option<i64> = int,
    }
}

impl LeadFold {
    /// In nobody's hands, and still to be called.
    pub fn waits(&self) -> bool {
        match self.state {
            LeadState::Pending | LeadState::Scheduled => true,
            LeadState::Leased | LeadState::InFlight | LeadState::Closed | LeadState::Excluded => false,
        }
    }

    /// Where a lead without a call stands: the state that a lease hides.
    pub fn resting(&self) -> LeadState {
        if self.next_at == Wall(0) { LeadState::Pending } else { LeadState::Scheduled }
    }
}

table! {
    /// One attempt, from `CallPlaced` to its outcome.
    CallRow in call_sql("call") {
        id: CallId = fixed_int,
        node: u16 = fixed_int,
        campaign: CampaignId = fixed_int,
        lead: LeadId = fixed_int,
        attempt: u32 = int,
        number_hash: String = text,
        zone: String = text,
        /// The called party's, `YYYY-MM-DD`.
        day: String = text,
        pack: String = text,
        placed_at: Wall = int,
        withdrawn: Option<NotDialed> = text,
        /// Of the first INVITE; trunk, Call-ID and caller id are those of the last.
        invite_at: Option<Wall> = int,
        trunk: Option<TrunkId> = int,
        sip_call_id: Option<String> = text,
        caller_id: Option<String> = text,
        ringing_at: Option<Wall> = int,
        answered_at: Option<Wall> = int,
        greeted_at: Option<Wall> = int,
        classified_at: Option<Wall> = int,
        verdict: Option<Verdict> = text,
        bridged_at: Option<Wall> = int,
        /// A flow spoke its first prompt.
        spoke_at: Option<Wall> = int,
        message_at: Option<Wall> = int,
        waited_ms: Option<u32> = int,
        agent: Option<AgentId> = int,
        abandon: Option<Abandon> = text,
        abandoned_at: Option<Wall> = int,
        ended_at: Option<Wall> = int,
        cause: Option<Cause> = text,
        sip: Option<u16> = int,
        q850: Option<u8> = int,
        ended_by: Option<Side> = text,
        talk_ms: u32 = int,
        outcome: Option<String> = text,
        right_party: bool = int,
        effective: bool = int,
        interested: bool = int,
    }
}

impl CallRow {
    /// Neither ended nor withdrawn.
    pub fn open(&self) -> bool {
        self.ended_at.is_none() && self.withdrawn.is_none()
    }
    /// Answered, and not taken for a machine (`unknown` counts as a person; KPI dictionary, section 2).
    pub fn human(&self) -> bool {
        let machine = match self.verdict {
            Some(Verdict::Machine(_)) => true,
            Some(Verdict::Human | Verdict::Unknown) | None => false,
        };
        let met = self.bridged_at.is_some() || self.spoke_at.is_some();
        let answered = match &self.cause {
            Some(Cause::Machine(_)) => false,
            // One that a crash ended is judged by what had happened.
            Some(cause) => cause.answered() || met || self.abandon.is_some(),
            None => true,
        };
        self.answered_at.is_some() && !machine && answered
    }
}

table! {
    /// An order without its lines.
    OrderHead in orders_sql("orders") {
        id: OrderId = fixed_int,
        call: CallId = fixed_int,
        campaign: CampaignId = fixed_int,
        lead: LeadId = int,
        agent: Option<AgentId> = int,
        total_minor: i64 = int,
        currency: String = text,
        state: OrderState = text,
        taken_at: Wall = int,
        changed_at: Wall = int,
    }
}

/// An order with its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    pub id: OrderId,
    pub call: CallId,
    pub campaign: CampaignId,
    pub lead: LeadId,
    pub agent: Option<AgentId>,
    pub lines: Vec<OrderLine>,
    pub total: Money,
    pub state: OrderState,
    pub taken_at: Wall,
    pub changed_at: Wall,
}

table! {
    /// A closed recording; `file` is relative to the recordings folder.
    RecordingRow in recording_sql("recording") {
        id: RecordingId = fixed_int,
        call: CallId = fixed_int,
        campaign: Option<CampaignId> = int,
        lead: Option<LeadId> = int,
        length_ms: u32 = int,
        sha256: String = text,
        file: String = text,
        closed_at: Wall = int,
    }
}

table! {
    /// An agent's time between login and logout.
    SessionRow in agent_session_sql("agent_session") {
        id: SessionId = fixed_int,
        node: u16 = fixed_int,
        agent: AgentId = int,
        logged_in: Wall = int,
        state: Option<AgentState> = text,
        reason: Option<String> = text,
        /// Of the session's latest fact.
        last_moment: Moment = int,
        last_at: Wall = int,
        logged_out: Option<Wall> = int,
    }
}
