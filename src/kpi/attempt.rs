//! One attempt, folded from the facts of its call in whatever order they arrive.
//! Each field is a first, a last or a set, so that arrival never shows.

use crate::facts::{Abandon, Envelope, Verdict};
use crate::words::*;
use std::sync::Arc;

/// A node writes fewer facts than this has numbers: a million a second for eight years.
const SEQ_BITS: u32 = 48;

/// When a fact happened. Durations are differences of `mono`; days and hours come from `wall`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    /// Milliseconds since 1970, rounded down.
    pub wall: i64,
    /// Node and seq in one word: a month of calls holds twenty million stamps.
    place: u64,
    /// Milliseconds of the run, rounded down.
    pub mono: i64,
}

impl Stamp {
    pub fn of(envelope: &Envelope) -> Stamp {
        let place = u64::from(envelope.node) << SEQ_BITS | envelope.seq;
        Stamp { wall: envelope.wall.millis(), place, mono: envelope.moment.millis() }
    }

    pub fn node(self) -> u16 {
        (self.place >> SEQ_BITS) as u16
    }

    /// Of the node's log.
    pub fn seq(self) -> u64 {
        self.place & ((1 << SEQ_BITS) - 1)
    }

    /// Milliseconds from `earlier` to `self`, within one run; never negative.
    pub fn since(self, earlier: Stamp) -> i64 {
        (self.mono - earlier.mono).max(0)
    }

    /// On one node the sequence decides; between nodes the clock must.
    pub fn before(self, other: Stamp) -> bool {
        if self.node() == other.node() { self.place < other.place } else { self.wall < other.wall }
    }
}

/// Keeps the earliest.
pub(super) fn first<T>(slot: &mut Option<(Stamp, T)>, at: Stamp, value: T) {
    if slot.as_ref().is_none_or(|(held, _)| at.before(*held)) {
        *slot = Some((at, value));
    }
}

/// Keeps the latest.
pub(super) fn last<T>(slot: &mut Option<(Stamp, T)>, at: Stamp, value: T) {
    if slot.as_ref().is_none_or(|(held, _)| held.before(at)) {
        *slot = Some((at, value));
    }
}

#[derive(Debug, Clone)]
pub(super) struct Invite {
    pub trunk: TrunkId,
    pub caller_id: Arc<str>,
}

#[derive(Debug, Clone)]
pub(super) struct End {
    pub cause: Cause,
    pub by: Side,
    pub talk_ms: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub right_party: bool,
    pub effective: bool,
    pub interested: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Attempt {
    pub campaign: Option<CampaignId>,
    pub lead: Option<LeadId>,
    /// Of the number's keyed hash.
    pub number: Option<u64>,
    pub placed: Option<(Stamp, ())>,
    pub withdrawn: Option<(Stamp, NotDialed)>,
    pub first_invite: Option<(Stamp, ())>,
    /// The leg that rang, if any did: fail-over never follows ringing.
    pub last_invite: Option<(Stamp, Invite)>,
    pub ring: Option<(Stamp, ())>,
    pub answer: Option<(Stamp, ())>,
    pub verdict: Option<(Stamp, Verdict)>,
    pub offers: Vec<(Stamp, AgentId)>,
    pub bridges: Vec<(Stamp, AgentId)>,
    /// More time after the call, each time it was asked for.
    pub extensions: Vec<(Stamp, AgentId)>,
    /// The first bridge or the flow's first prompt; `within` the threshold.
    pub handled: Option<(Stamp, Handled)>,
    pub abandon: Option<(Stamp, Abandon)>,
    pub message: bool,
    pub held: bool,
    pub opted_out: bool,
    pub end: Option<(Stamp, End)>,
    /// The last word, and whether it amends an earlier one.
    pub outcome: Option<(Stamp, Outcome)>,
    /// Amendments come after the close and do not move it.
    pub first_outcome: Option<(Stamp, ())>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Handled {
    pub within: bool,
}

impl Attempt {
    /// An INVITE left, or may have left: a record that ended was dialed, one that was withdrawn was not.
    pub fn dialed(&self) -> Option<Stamp> {
        let sent = self.first_invite.as_ref().map(|(at, ())| *at);
        let ended = self.end.as_ref().map(|(at, _)| *at);
        let placed = self.placed.as_ref().map(|(at, ())| *at);
        sent.or_else(|| ended.and(placed)).or(ended)
    }

    pub fn answered(&self) -> Option<Stamp> {
        let ended_answered = || self.end.as_ref().filter(|(_, end)| end.cause.answered()).map(|(at, _)| *at);
        self.answer.as_ref().map(|(at, ())| *at).or_else(ended_answered)
    }

    pub fn cause(&self) -> Option<&Cause> {
        self.end.as_ref().map(|(_, end)| &end.cause)
    }

    pub fn is_machine(&self) -> bool {
        let verdict = matches!(self.verdict, Some((_, Verdict::Machine(_))));
        self.handled.is_none() && (verdict || matches!(self.cause(), Some(Cause::Machine(_))))
    }

    /// The first agent it was bridged to, also after a flow had spoken.
    pub fn agent(&self) -> Option<AgentId> {
        self.bridges.iter().min().map(|(_, agent)| *agent)
    }

    /// A person waited and nobody came, as the engine judged it (a crash while waiting included).
    pub fn no_agent(&self) -> bool {
        let judged = matches!(self.abandon, Some((_, Abandon::NoAgent | Abandon::Crash)));
        let caused = self.abandon.is_none() && matches!(self.cause(), Some(Cause::AbandonedNoAgent));
        self.handled.is_none() && (judged || caused)
    }

    pub fn customer_early(&self) -> bool {
        let judged = matches!(self.abandon, Some((_, Abandon::CustomerEarly)));
        let caused = self.abandon.is_none() && matches!(self.cause(), Some(Cause::AbandonedCustomerEarly));
        self.handled.is_none() && (judged || caused)
    }

    /// Bridged after the threshold; once, whether the bridge, the judgement or both say so.
    pub fn late(&self) -> bool {
        let judged = matches!(self.abandon, Some((_, Abandon::Late | Abandon::NoAgent)));
        self.handled.as_ref().is_some_and(|(_, handled)| !handled.within || judged)
    }

    /// Milliseconds of ringing, once that is over.
    pub fn rang(&self) -> Option<i64> {
        let (ring, ()) = self.ring.as_ref()?;
        if let Some((answer, ())) = &self.answer {
            return Some(answer.since(*ring));
        }
        let (end, how) = self.end.as_ref()?;
        // An interrupted call ended in another run, whose moments do not compare.
        (how.cause != Cause::Interrupted).then(|| end.since(*ring))
    }
}
