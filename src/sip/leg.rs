//! A leg: one call as this stack sees it, from the INVITE to the last answer to a BYE.

use super::alarms::{Alarm, earlier};
use super::api::{EndedBy, Refusal};
use super::dialog::Dialog;
use super::sdp::Media;
use super::session_timer::SessionTimer;
use super::slots::SlotKey;
use super::transaction::Retry;
use super::transport::Peer;
use crate::words::{LegId, Moment, TrunkId};
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// We sent an INVITE without a final response yet.
    Calling,
    /// We got an INVITE and have not answered.
    Incoming,
    Up,
    /// We sent BYE, or shall when the ACK comes.
    Leaving,
}

/// Why a call that we made is being cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stopping {
    HangUp,
    RingMax,
}

/// Whose credentials answer a challenge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purse {
    Trunk(TrunkId),
    /// The account's slot in the stack.
    Account(SlotKey),
    /// A phone of our registrar, or a peer that called us: it gets none.
    Empty,
}

/// A 2xx of ours that waits for its ACK.
pub(crate) struct Success {
    pub(crate) cseq: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) peer: Peer,
    pub(crate) retry: Retry,
    /// The offer was ours, so the ACK brings the answer.
    pub(crate) offered: bool,
    /// It is the first of the call, not a re-INVITE's.
    pub(crate) first: bool,
}

pub(crate) struct Leg {
    pub(crate) id: LegId,
    /// We made the call.
    pub(crate) caller: bool,
    pub(crate) phase: Phase,
    /// Its last event has been told.
    pub(crate) told: bool,
    pub(crate) dialog: Dialog,
    pub(crate) purse: Purse,
    /// The transaction of the INVITE that made it, at either end.
    pub(crate) transaction: Option<SlotKey>,
    /// The number of the INVITE that our ACK has to repeat.
    pub(crate) invite_cseq: u32,
    pub(crate) local_media: SocketAddr,
    pub(crate) sdp_session: u64,
    pub(crate) sdp_version: u64,
    pub(crate) media: Option<Media>,
    /// The other end's offer as it came, until we answer it.
    pub(crate) offer: Vec<u8>,

    pub(crate) stopping: Option<Stopping>,
    pub(crate) ring_max: Duration,
    pub(crate) ring_until: Option<Moment>,
    pub(crate) ringing: bool,
    pub(crate) challenges: u8,
    pub(crate) moved: bool,
    pub(crate) auto_answer: bool,
    /// Asked for by us: raised by a 422.
    pub(crate) session_seconds: Option<u32>,
    /// The Authorization line of the request under way, and for an INVITE's ACK (RFC 3261 section 22.1).
    pub(crate) credentials: Vec<u8>,
    /// The ACK to the 2xx, for its retransmissions.
    pub(crate) ack: Vec<u8>,
    /// The ACK waits for `Stack::confirm`, at most until then.
    pub(crate) ack_until: Option<Moment>,
    /// Its INVITE may leave then: the trunk's calls per second.
    pub(crate) turn: Option<Moment>,
    /// `InviteSent` has been told.
    pub(crate) invited: bool,

    pub(crate) success: Option<Success>,
    /// A re-INVITE or UPDATE of ours is under way.
    pub(crate) refreshing: bool,
    pub(crate) peer_updates: bool,
    pub(crate) peer_timer: bool,
    pub(crate) session: SessionTimer,
    /// RSeq of the last reliable provisional that we acknowledged.
    pub(crate) last_rseq: u32,
    pub(crate) alarm: Alarm,
}

impl Leg {
    pub(crate) fn new(id: LegId, caller: bool, dialog: Dialog, purse: Purse, local_media: SocketAddr) -> Leg {
        Leg {
            id,
            caller,
            phase: if caller { Phase::Calling } else { Phase::Incoming },
            told: false,
            dialog,
            purse,
            transaction: None,
            invite_cseq: 1,
            local_media,
            sdp_session: 1,
            sdp_version: 1,
            media: None,
            offer: Vec::new(),
            stopping: None,
            ring_max: Duration::MAX,
            ring_until: None,
            ringing: false,
            challenges: 0,
            moved: false,
            auto_answer: false,
            session_seconds: None,
            credentials: Vec::new(),
            ack: Vec::new(),
            ack_until: None,
            turn: None,
            invited: false,
            success: None,
            refreshing: false,
            peer_updates: false,
            peer_timer: false,
            session: SessionTimer::default(),
            last_rseq: 0,
            alarm: Alarm::default(),
        }
    }

    /// The request that was challenged has its last answer: the next one is challenged anew. A line is never used for
    /// two requests, for its `nc` would repeat (RFC 7616 section 3.4.5).
    pub(crate) fn forget_challenge(&mut self) {
        self.challenges = 0;
        self.credentials.clear();
    }

    pub(crate) fn due(&self) -> Option<Moment> {
        let success = self.success.as_ref().and_then(|s| s.retry.due());
        let own = earlier(earlier(self.ring_until, self.ack_until), self.turn);
        earlier(own, earlier(success, self.session.due()))
    }
}

/// How a leg ends, before it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Refused { code: u16, q850: Option<u8>, retry_after: Option<u32>, why: Refusal },
    Ended { by: EndedBy, q850: Option<u8> },
}

impl End {
    pub(crate) fn refused(code: u16, why: Refusal) -> End {
        End::Refused { code, q850: None, retry_after: None, why }
    }

    pub(crate) fn by(by: EndedBy) -> End {
        End::Ended { by, q850: None }
    }
}
