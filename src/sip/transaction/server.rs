//! Server transactions: INVITE (timers G, H, I, L) and others (J).

use super::{Expired, Retry};
use crate::sip::alarms::{Alarm, earlier};
use crate::sip::api::Timers;
use crate::sip::slots::SlotKey;
use crate::sip::transport::Peer;
use crate::words::Moment;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ServerState {
    /// Trying, for other methods.
    Proceeding,
    Completed,
    /// The ACK to our refusal came.
    Confirmed,
    /// RFC 6026: we said 2xx; its retransmission is the leg's matter.
    Accepted,
}

pub(crate) struct Server {
    pub(crate) invite: bool,
    pub(crate) state: ServerState,
    /// The peer that responses go to.
    pub(crate) peer: Peer,
    /// What the request is known by: branch, sent-by and method.
    pub(crate) key: u64,
    /// What a merged copy of it would share: From tag, Call-ID, CSeq. `None` within a dialog.
    pub(crate) merge_key: Option<u64>,
    /// Via to CSeq, and Record-Route, as every response repeats them.
    pub(crate) head: Vec<u8>,
    /// The last response; empty before the first.
    pub(crate) response: Vec<u8>,
    pub(crate) leg: Option<SlotKey>,
    retry: Retry,
    linger: Option<Moment>,
    pub(crate) alarm: Alarm,
}

impl Server {
    pub(crate) fn new(invite: bool, peer: Peer, key: u64, merge_key: Option<u64>) -> Server {
        Server {
            invite,
            state: ServerState::Proceeding,
            peer,
            key,
            merge_key,
            head: Vec::new(),
            response: Vec::new(),
            leg: None,
            retry: Retry::idle(),
            linger: None,
            alarm: Alarm::default(),
        }
    }

    /// We are about to send this response.
    pub(crate) fn on_respond(&mut self, now: Moment, timers: &Timers, code: u16) {
        let reliable = self.peer.transport.reliable();
        match code {
            100..200 => {}
            200..300 if self.invite => {
                self.state = ServerState::Accepted;
                self.linger = Some(now + timers.long());
            }
            _ if self.invite => {
                self.state = ServerState::Completed;
                self.retry = Retry::new(now, timers, timers.t2, reliable);
            }
            _ => {
                self.state = ServerState::Completed;
                self.linger = Some(if reliable { now } else { now + timers.long() });
            }
        }
    }

    /// The same request came again. True: send the last response again.
    pub(crate) fn on_repeat(&self) -> bool {
        match self.state {
            ServerState::Proceeding | ServerState::Completed => !self.response.is_empty(),
            ServerState::Confirmed | ServerState::Accepted => false,
        }
    }

    /// The ACK to a refusal.
    pub(crate) fn on_ack(&mut self, now: Moment, timers: &Timers) {
        if self.state == ServerState::Completed && self.invite {
            self.state = ServerState::Confirmed;
            self.retry = Retry::idle();
            self.linger = Some(if self.peer.transport.reliable() { now } else { now + timers.t4 });
        }
    }

    pub(crate) fn due(&self) -> Option<Moment> {
        earlier(self.retry.due(), self.linger)
    }

    pub(crate) fn on_time(&mut self, now: Moment) -> Expired {
        if self.linger.is_some_and(|at| at <= now) {
            return Expired::Gone;
        }
        self.retry.on_time(now)
    }
}
