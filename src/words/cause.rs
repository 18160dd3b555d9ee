//! Why a call ended: the classification ladder of the KPI dictionary (section 2), one terminal value each.

use serde::{Deserialize, Serialize};

/// The terminal rung of an attempt that was dialed. What a conversation led to
/// (right party, effective, interested, order) is the outcome's matter, not the cause's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// We hung up a ringing line: too many answers were predicted.
    CancelledSurplus,
    /// We hung up because the campaign or the program stopped.
    CancelledStopped,
    /// Alive when the program died; found at the next start.
    Interrupted,
    Failed(FailKind),
    Invalid(InvalidKind),
    Busy,
    NoAnswer,
    Rejected,
    Machine(MachineKind),
    /// A person answered and nobody was there, in time or at all.
    AbandonedNoAgent,
    /// A person answered and hung up before the legal threshold passed.
    AbandonedCustomerEarly,
    /// A person spoke with an agent, or a flow spoke with a person.
    Handled,
}

impl Cause {
    /// Did the far end answer (200 OK)? `Interrupted` is judged by its own facts.
    pub fn answered(&self) -> bool {
        match self {
            Cause::Machine(_) | Cause::AbandonedNoAgent | Cause::AbandonedCustomerEarly | Cause::Handled => true,
            Cause::CancelledSurplus
            | Cause::CancelledStopped
            | Cause::Interrupted
            | Cause::Failed(_)
            | Cause::Invalid(_)
            | Cause::Busy
            | Cause::NoAnswer
            | Cause::Rejected => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailKind {
    /// 5xx and 6xx other than busy and decline.
    Carrier,
    /// 503, 480 with congestion, Q.850 34, 38, 42.
    Congestion,
    /// Nothing came back (timer B).
    Timeout,
    /// Ours: no port, no codec in common, refused credentials.
    OwnError,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvalidKind {
    /// 空号. 404, 604, Q.850 1.
    Vacant,
    /// 停机. 410, Q.850 22 and 27.
    Suspended,
    /// 484, Q.850 28.
    WrongFormat,
    /// Special information tones heard.
    Sit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineKind {
    Voicemail,
    Ivr,
    Assistant,
    Fax,
}

/// Why a lead was not dialed though its turn had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotDialed {
    /// On a do-not-call list, or opted out.
    Dnc,
    /// Outside the called party's hours.
    Window,
    /// Attempts a day, or in total.
    FreqCap,
    /// A number that may not be called: emergency, premium, foreign range.
    Filtered,
    /// Its record was durable, but the second look at the gate said no, or the campaign stopped.
    Withdrawn,
    /// Shown to an agent in preview, who passed it over.
    Skipped,
}

/// Who hung up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Customer,
    Agent,
    /// The carrier refused or the network broke.
    Network,
    /// The program.
    Us,
}
