//! Every type that crosses the engine's border. In: `Input`. Out: `Output` (facts, commands, views).

pub use super::shown::{CampaignView, DecisionView, InFlight, PreviewView};
use crate::campaign::{Lead, Settings};
use crate::facts::{Envelope, Verdict};
pub use crate::facts::{LeadCounts, LearnedRow, LedgerEntry, Leftover, OpenCall, OpenSession, Promised, UnplannedLead};
use crate::script::{Prompt, Step, Values};
use crate::words::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

// ── in ──

#[derive(Debug, Clone)]
pub enum Input {
    /// Wall time is moment + offset (microseconds). First input of every run; again at each step of the clock.
    WallClock {
        offset: i64,
    },
    /// What the store knows at start: comes once, before anything else but the clock.
    Recovered(Box<Recovered>),
    /// Everything up to this `seq` is on disk.
    Durable {
        seq: u64,
    },
    /// The answer to `LeaseLeads`. Fewer than asked: the rest is not due; `next_due` says when more is.
    LeadsLeased {
        campaign: CampaignId,
        leads: Vec<Lead>,
        next_due: Option<Wall>,
        counts: LeadCounts,
    },
    /// The answer to `LeaseLead`. `None`: it is in other hands, closed, or may not be called today.
    LeadLeased {
        campaign: CampaignId,
        id: LeadId,
        lead: Option<Lead>,
    },
    /// A leg's signalling.
    Leg {
        leg: LegId,
        event: LegEvent,
    },
    /// Nothing of the leg is left on the wire: answered by `ForgetLeg`.
    LegGone {
        leg: LegId,
    },
    /// A leg's sound. `now` of `handle` is when the media thread saw it: the legal clock.
    Media {
        leg: LegId,
        event: MediaEvent,
    },
    Trunk {
        trunk: TrunkId,
        event: TrunkEvent,
    },
    /// An agent's softphone registered, anew or at another address (true), or its registration ended.
    Phone {
        agent: AgentId,
        registered: bool,
    },
    /// The recorder closed a file.
    Recorded {
        call: CallId,
        recording: RecordingId,
        length_ms: u32,
        sha256: String,
        file: String,
    },
    /// The wall-clock watchdog of `live` fired while this campaign's flow ran.
    ScriptWatchdog {
        campaign: CampaignId,
    },
    /// From the API, a robot, the command line. Answered by `Command::Reply`.
    Request {
        id: RequestId,
        by: String,
        request: Request,
    },
    /// SIGTERM: no new calls; those in flight finish until the deadline, then everything ends.
    Shutdown {
        within: Duration,
    },
}

#[derive(Debug, Clone, Default)]
pub struct Recovered {
    pub centre: CentreId,
    pub node: u16,
    /// Of this start; every start takes a new one.
    pub epoch: u32,
    /// The highest fact on disk.
    pub last_seq: u64,
    /// Placed, neither withdrawn nor ended when the program died.
    pub open_calls: Vec<OpenCall>,
    /// Legs that the host is taking down: `Ended` follows for each.
    pub leftovers: Vec<Leftover>,
    /// Their calls ended, their leads wait for a plan: retry, callback or close them.
    pub unplanned: Vec<UnplannedLead>,
    /// Sessions without a logout.
    pub open_sessions: Vec<OpenSession>,
    pub agents: Vec<AgentRecord>,
    pub trunks: Vec<TrunkRecord>,
    /// Numbers that may never be called, as keyed hashes (opt-outs and do-not-call lists).
    pub suppressed: Vec<String>,
    /// Campaigns that were running: they are configured and started again by the host, with these ledgers.
    pub ledgers: BTreeMap<CampaignId, Vec<LedgerEntry>>,
    /// What earlier runs taught, the newest of each list type and hour.
    pub learned: Vec<LearnedRow>,
    /// Callbacks to come that were promised with an agent.
    pub promised: Vec<Promised>,
    /// Where each order stands.
    pub orders: Vec<(OrderId, crate::facts::OrderState)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentRecord {
    pub id: AgentId,
    /// Login name, and user part of the softphone's address of record.
    pub name: String,
    pub lang: Lang,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrunkRecord {
    pub id: TrunkId,
    pub name: String,
    pub channels: u32,
    pub calls_per_second: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LegEvent {
    /// The INVITE left the socket.
    InviteSent { sip_call_id: String },
    /// 180, or 183 without sound.
    Ringing,
    /// 183 (or 180) with sound.
    EarlyMedia,
    /// 200 OK; the media path is set.
    Answered,
    /// A final refusal. `code` 408 with `local` true: nothing came back (timer B).
    Refused { code: u16, q850: Option<u8>, retry_after: Option<u32>, local: bool },
    /// The other side said BYE, or the dialog died. Comes once; also confirms our own `HangUp`.
    Ended { by: Side, q850: Option<u8> },
}

#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    SpeechStarted,
    /// The end of the first talk spurt, the greeting, `ago` before this was noticed (the detector's hang-over).
    SpeechEnded {
        ago: Duration,
    },
    Amd {
        verdict: Verdict,
        why: String,
        analysed_ms: u32,
    },
    /// After a machine's greeting.
    Beep,
    Digit(char),
    Played {
        playback: PlaybackId,
        whole: bool,
    },
    /// No packet for a while (default 5 s), and packets again.
    Silent,
    Heard,
    /// Special information tones in early media.
    Sit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrunkEvent {
    Up,
    Down,
}

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

// ── out ──

#[derive(Debug, Clone)]
pub enum Output {
    Fact(Envelope),
    Command(Command),
    View(View),
}

#[derive(Debug, Clone)]
pub enum Command {
    LeaseLeads {
        campaign: CampaignId,
        count: u32,
    },
    /// One lead, whenever it is due: an agent wants to call it now. Caps hold.
    LeaseLead {
        campaign: CampaignId,
        lead: LeadId,
    },
    /// Leased, not placed: give them back.
    ReleaseLeads {
        campaign: CampaignId,
        leads: Vec<LeadId>,
    },
    /// INVITE over a trunk. The gate has passed twice.
    Dial {
        leg: LegId,
        call: CallId,
        trunk: TrunkId,
        to: Phone,
        caller_id: String,
        ring: Duration,
    },
    /// INVITE to an agent's registered softphone; stays up for the shift.
    CallAgent {
        leg: LegId,
        agent: AgentId,
    },
    /// CANCEL, BYE or nothing, as the leg's state needs. `Ended` or `Refused` follows once.
    HangUp {
        leg: LegId,
    },
    /// Begin voice activity detection, and AMD if given.
    Listen {
        leg: LegId,
        amd: Option<Duration>,
    },
    /// Stop AMD and VAD.
    StopListening {
        leg: LegId,
    },
    /// Sound both ways. A beep to the agent first, if asked.
    Bridge {
        customer: LegId,
        agent: LegId,
        beep: bool,
    },
    Unbridge {
        customer: LegId,
        agent: LegId,
    },
    Play {
        leg: LegId,
        campaign: CampaignId,
        playback: PlaybackId,
        prompt: Prompt,
    },
    StopPlay {
        leg: LegId,
    },
    /// Two channels: left the customer, right the agent (or the prompts). Closed by `StopRecording` or the leg's end.
    Record {
        customer: LegId,
        call: CallId,
        recording: RecordingId,
    },
    StopRecording {
        customer: LegId,
    },
    /// What a person said, typed or ordered: kept with the lead, not in facts. Written in order with the facts.
    KeepFields {
        call: CallId,
        lead: LeadId,
        fields: Values,
    },
    KeepNote {
        call: CallId,
        lead: LeadId,
        note: String,
    },
    /// A sample of pacing's decisions, for `why` after the fact.
    KeepDecision {
        campaign: CampaignId,
        decision: Box<DecisionView>,
    },
    /// What pacing heard and decided lately, as `tape` writes it, for `replay`.
    KeepTape {
        campaign: CampaignId,
        begun: Wall,
        tape: Vec<u8>,
    },
    /// What pacing learned, for the next run of such a list at such an hour.
    KeepLearned(LearnedRow),
    /// How to end the leg need not be kept any more. After the facts of its end, so that none is lost with it (I4).
    ForgetLeg {
        leg: LegId,
    },
    Reply {
        id: RequestId,
        result: Result<Reply, Refusal>,
    },
    /// Everything has ended; the loop returns.
    Stop,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Done,
    Session(SessionId),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    NotFound,
    /// Not in this state: 409.
    Conflict,
    /// The content is wrong: 422.
    Invalid,
}

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
