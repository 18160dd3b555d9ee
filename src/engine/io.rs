//! Every type that crosses the engine's border. In: `Input`, here, and the `Request`s among it.
//! Out: `Output`, which is facts, commands and views.

mod output;
mod request;

pub use super::shown::{AfterCall, AgentCallView, AgentView, CampaignView, DecisionView, InFlight, PreviewView, View};
use crate::campaign::Lead;
use crate::facts::Verdict;
pub use crate::facts::{
    Halted, LeadCounts, LearnedRow, LedgerEntry, Leftover, OpenCall, OpenSession, Promised, UnplannedLead,
};
use crate::words::*;
pub use output::{Command, Output, Refusal, RefusalKind, Reply};
pub use request::{Amendment, CampaignSpec, Request};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

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
    /// They stand still again once they are configured. Those that were running are started again by the host.
    pub halted: Vec<Halted>,
    /// Who was answered and who was abandoned lately, by campaign.
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
    /// As customers know the agent (`{agent}`); without it, by the login name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
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
    /// Somebody picked up, and the call is being ended already: it crossed our CANCEL, came after an earlier run's end, or
    /// brought no sound that we can use. `Ended` follows.
    PickedUp,
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
