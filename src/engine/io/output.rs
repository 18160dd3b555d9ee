//! What the engine says: facts to be kept, commands to SIP, media and store, views to be shown.

use super::{CampaignSpec, DecisionView, LearnedRow, View};
use crate::facts::Envelope;
use crate::script::{Prompt, Values};
use crate::words::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone)]
pub enum Output {
    Fact(Envelope),
    Command(Command),
    View(View),
}

#[derive(Debug, Clone)]
pub enum Command {
    /// A campaign's version was taken and holds from now on: how its leads are leased, which sounds it plays.
    UseVersion {
        spec: Arc<CampaignSpec>,
    },
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
