//! What happened: past tense, append-only, versioned. Store, KPIs, feed, simulator and tests read facts.
//! No names, numbers or free text of people stand here: ids only, so that erasing a person leaves facts whole.
//!
//! A kind is never changed, only added to; golden files of every version are in `tests/`.

mod about;
mod parts;
pub mod standing;

pub use parts::{Abandon, CampaignConfigured, LeadEnd, OrderLine, OrderState, Verdict};
pub use standing::{
    Halted, LeadCounts, LearnedRow, LedgerEntry, Leftover, OpenCall, OpenSession, Promised, UnplannedLead,
};

use crate::words::*;
use serde::{Deserialize, Serialize};

/// The version written now. Readers up-cast older ones.
pub const VERSION: u16 = 1;

/// One fact with where and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    pub centre: CentreId,
    pub node: u16,
    /// Counts facts of this node, from 1, without gaps, across restarts.
    pub seq: u64,
    /// Monotonic, of this run: durations within a run are differences of moments.
    pub moment: Moment,
    /// UTC: law and reports.
    pub wall: Wall,
    pub version: u16,
    #[serde(flatten)]
    pub fact: Fact,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    // ── the house ──
    /// A process began. Facts of calls that were alive before and have no end follow as `Interrupted`.
    EngineStarted {
        epoch: u32,
        program: String,
    },
    EngineStopped {
        reason: Reason,
    },
    TrunkWentUp {
        trunk: TrunkId,
        name: String,
    },
    TrunkWentDown {
        trunk: TrunkId,
        name: String,
        reason: Reason,
    },

    // ── campaigns and lists ──
    /// All that KPIs need to know of a campaign's settings, so that they can be recomputed for ever.
    CampaignConfigured(Box<CampaignConfigured>),
    CampaignStarted {
        campaign: CampaignId,
        by: String,
    },
    CampaignPaused {
        campaign: CampaignId,
        by: String,
        reason: Reason,
    },
    /// No new calls; those in flight finish.
    CampaignDrained {
        campaign: CampaignId,
        by: String,
    },
    /// The list is through: nothing pending, scheduled or in flight.
    CampaignFinished {
        campaign: CampaignId,
    },
    LeadsImported {
        campaign: CampaignId,
        batch: BatchId,
        file_sha256: String,
        rows: u64,
        accepted: u64,
        rejected: u64,
    },
    /// Its turn came and it was not dialed.
    LeadHeld {
        campaign: CampaignId,
        lead: LeadId,
        why: NotDialed,
        rules: Vec<String>,
        until: Option<Wall>,
    },
    RetryPlanned {
        campaign: CampaignId,
        lead: LeadId,
        after: CallId,
        not_before: Wall,
    },
    /// A time was agreed on with the person. The last one of a call holds, unless the person opts out; the lead is
    /// planned for it when the call is concluded.
    CallbackPromised {
        call: CallId,
        at: Wall,
    },
    CallbackPlanned {
        campaign: CampaignId,
        lead: LeadId,
        after: CallId,
        at: Wall,
        agent: Option<AgentId>,
    },
    /// Nothing more will be tried: worked to an end, or its attempts are used up.
    LeadClosed {
        campaign: CampaignId,
        lead: LeadId,
        reason: LeadEnd,
    },
    OptedOut {
        campaign: CampaignId,
        lead: LeadId,
        call: Option<CallId>,
        number_hash: String,
        by: Side,
    },

    // ── the way of one call ──
    /// Will be dialed as soon as this is durable. Books the attempt.
    CallPlaced {
        call: CallId,
        campaign: CampaignId,
        lead: LeadId,
        attempt: u32,
        number_hash: String,
        zone: String,
        rules: Vec<String>,
        pack: String,
    },
    /// Durable, but the gate's second look said no, or the campaign stopped. Terminal: no INVITE left.
    CallWithdrawn {
        call: CallId,
        why: NotDialed,
        rules: Vec<String>,
    },
    /// `t_dial`. A fail-over to another trunk is a second one with a new leg.
    InviteSent {
        call: CallId,
        leg: LegId,
        trunk: TrunkId,
        sip_call_id: String,
        caller_id: String,
    },
    /// `t_ring`.
    CallRinging {
        call: CallId,
        early_media: bool,
    },
    /// `t_answer`.
    CallAnswered {
        call: CallId,
    },
    /// `t_greet_start`.
    GreetingStarted {
        call: CallId,
    },
    /// `t_greet_end`.
    GreetingEnded {
        call: CallId,
    },
    /// `t_class`.
    CallClassified {
        call: CallId,
        verdict: Verdict,
        why: String,
        analysed_ms: u32,
    },
    /// `t_offer`: an agent is reserved.
    AgentReserved {
        call: CallId,
        agent: AgentId,
    },
    /// `t_bridge`: both media legs are up. `within` the legal threshold or late.
    CallBridged {
        call: CallId,
        agent: AgentId,
        waited_ms: u32,
        within: bool,
    },
    /// The customer's line is ours again: the agent's phone fell away, a transfer began.
    CallUnbridged {
        call: CallId,
        agent: AgentId,
        reason: Reason,
    },
    /// A flow spoke its first prompt: the call counts as handled by the flow.
    FlowSpoke {
        call: CallId,
        waited_ms: u32,
        within: bool,
    },
    /// The message with the seller's name began.
    MessagePlayed {
        call: CallId,
        message: String,
    },
    /// Judged once, here; ledger and KPIs only add it up.
    CallAbandoned {
        call: CallId,
        abandon: Abandon,
        waited_ms: u32,
        pack: String,
    },
    StepEntered {
        call: CallId,
        step: String,
        index: u32,
    },
    /// Of those that the flow offered: an agent's click, or a menu's key by its declared meaning.
    ChoiceMade {
        call: CallId,
        step: String,
        choice: String,
        by: Side,
    },
    ObjectionRaised {
        call: CallId,
        objection: String,
    },
    /// How many keys the customer pressed when the flow asked for some; none: the time was up. Which ones is the flow's
    /// alone: a PIN or a card's number stands nowhere. What a menu declares a key to mean is a `ChoiceMade`.
    DigitsGathered {
        call: CallId,
        count: u8,
    },
    /// The value itself stands with the person, not here.
    FieldFilled {
        call: CallId,
        field: String,
    },
    OrderTaken {
        order: OrderId,
        call: CallId,
        campaign: CampaignId,
        lead: LeadId,
        agent: Option<AgentId>,
        lines: Vec<OrderLine>,
        total: Money,
    },
    OrderAdvanced {
        order: OrderId,
        state: OrderState,
        by: String,
    },
    HoldStarted {
        call: CallId,
        agent: AgentId,
    },
    HoldEnded {
        call: CallId,
        agent: AgentId,
    },
    FlowFailed {
        call: CallId,
        at: String,
        error: String,
    },
    /// Exactly one for each `CallPlaced` that was not withdrawn. `t_end`.
    CallEnded {
        call: CallId,
        cause: Cause,
        sip: Option<u16>,
        q850: Option<u8>,
        by: Side,
        talk_ms: u32,
    },
    /// How the conversation went. May be amended: the last one counts. `t_wrap_end` for agent calls.
    OutcomeSet {
        call: CallId,
        agent: Option<AgentId>,
        outcome: String,
        right_party: bool,
        effective: bool,
        interested: bool,
        amended: bool,
    },
    /// The agent asked for more time after the call.
    WrapExtended {
        call: CallId,
        agent: AgentId,
        seconds: u32,
    },
    RecordingClosed {
        call: CallId,
        recording: RecordingId,
        length_ms: u32,
        sha256: String,
        file: String,
    },

    // ── agents ──
    AgentLoggedIn {
        agent: AgentId,
        session: SessionId,
        campaigns: Vec<CampaignId>,
    },
    /// Ends the segment before and begins a new one. The first one follows the login at once.
    AgentStateChanged {
        agent: AgentId,
        session: SessionId,
        state: AgentState,
        reason: Option<String>,
        call: Option<CallId>,
        campaign: Option<CampaignId>,
    },
    /// The customer is gone, the agent has not closed: `dead`, a part of talk.
    CustomerLeft {
        agent: AgentId,
        session: SessionId,
        call: CallId,
    },
    /// `effective` may be earlier than the fact: a correction of a lost session.
    AgentLoggedOut {
        agent: AgentId,
        session: SessionId,
        effective: Moment,
        reason: String,
    },

    // ── pacing ──
    PacingModeChanged {
        campaign: CampaignId,
        mode: String,
        by: String,
    },
}
