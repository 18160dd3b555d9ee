//! Client transactions: INVITE (timers A, B, D, M) and others (E, F, K), and the CANCEL that shares an INVITE's branch.

use super::{Expired, Retry};
use crate::sip::alarms::{Alarm, earlier};
use crate::sip::api::Timers;
use crate::sip::slots::SlotKey;
use crate::sip::transport::Peer;
use crate::words::{Moment, TrunkId};

/// Whom to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// The INVITE that makes the call.
    Invite(SlotKey),
    /// A re-INVITE or UPDATE of ours.
    Refresh(SlotKey),
    Bye(SlotKey),
    Register(SlotKey),
    Ping(TrunkId),
    Nobody,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClientState {
    /// Trying, for other methods.
    Calling,
    Proceeding,
    /// A final response came; retransmissions of it are absorbed (INVITE: acknowledged again).
    Completed,
    /// RFC 6026: a 2xx came; more of them, also from other forks, go to the user.
    Accepted,
}

pub(crate) struct Client {
    pub(crate) invite: bool,
    pub(crate) owner: Owner,
    pub(crate) peer: Peer,
    pub(crate) state: ClientState,
    /// As sent.
    pub(crate) request: Vec<u8>,
    /// To a refusal of an INVITE.
    pub(crate) ack: Vec<u8>,
    pub(crate) cancel: Cancel,
    /// Hashes of the To tags whose 2xx belongs to no leg: acknowledged and ended with BYE once.
    pub(crate) strays: Vec<u64>,
    retry: Retry,
    linger: Option<Moment>,
    /// Not sent yet: it waits for `release`.
    pub(crate) held: bool,
    pub(crate) alarm: Alarm,
}

/// RFC 3261 section 9.1.
#[derive(Default)]
pub(crate) enum Cancel {
    #[default]
    No,
    /// Wanted, but nothing has come back yet: it must wait for a provisional response.
    Waiting,
    Sent {
        bytes: Vec<u8>,
        retry: Retry,
    },
    /// Answered. The INVITE's final response has to come by then.
    Answered {
        until: Moment,
    },
}

/// What a response means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    Provisional,
    Final,
    /// A 2xx after the first one.
    AnotherSuccess,
    /// A refusal heard before: acknowledge again.
    AcknowledgeAgain,
    Nothing,
}

impl Client {
    pub(crate) fn new(
        now: Moment,
        timers: &Timers,
        invite: bool,
        owner: Owner,
        peer: Peer,
        request: Vec<u8>,
    ) -> Client {
        let cap = if invite { timers.long() } else { timers.t2 };
        let retry = Retry::new(now, timers, cap, peer.transport.reliable());
        Client { invite, retry, held: false, ..Client::held(owner, peer, request) }
    }

    /// An INVITE that is not sent yet. No timer runs.
    pub(crate) fn held(owner: Owner, peer: Peer, request: Vec<u8>) -> Client {
        Client {
            invite: true,
            owner,
            peer,
            state: ClientState::Calling,
            request,
            ack: Vec::new(),
            cancel: Cancel::No,
            strays: Vec::new(),
            retry: Retry::idle(),
            linger: None,
            held: true,
            alarm: Alarm::default(),
        }
    }

    /// It is being sent: timers A and B run from now. False: it was sent before.
    pub(crate) fn release(&mut self, now: Moment, timers: &Timers) -> bool {
        if !std::mem::take(&mut self.held) {
            return false;
        }
        self.retry = Retry::new(now, timers, timers.long(), self.peer.transport.reliable());
        true
    }

    pub(crate) fn on_response(&mut self, now: Moment, timers: &Timers, code: u16) -> Heard {
        match self.state {
            ClientState::Calling | ClientState::Proceeding => self.before_final(now, timers, code),
            ClientState::Completed if self.invite && code >= 300 => Heard::AcknowledgeAgain,
            ClientState::Accepted if (200..300).contains(&code) => Heard::AnotherSuccess,
            ClientState::Completed | ClientState::Accepted => Heard::Nothing,
        }
    }

    fn before_final(&mut self, now: Moment, timers: &Timers, code: u16) -> Heard {
        if code < 200 {
            self.state = ClientState::Proceeding;
            if self.invite {
                self.retry = Retry::idle();
            } else {
                self.retry.slow_down();
            }
            return Heard::Provisional;
        }
        self.retry = Retry::idle();
        self.cancel = Cancel::No;
        let reliable = self.peer.transport.reliable();
        if self.invite && code < 300 {
            self.state = ClientState::Accepted;
            self.linger = Some(now + timers.long());
        } else {
            self.state = ClientState::Completed;
            // Timer D is at least 32 s, K is T4; both are zero on a reliable transport.
            let linger = if self.invite { timers.long() } else { timers.t4 };
            self.linger = Some(if reliable { now } else { now + linger });
        }
        Heard::Final
    }

    pub(crate) fn due(&self) -> Option<Moment> {
        let cancel = match &self.cancel {
            Cancel::No | Cancel::Waiting => None,
            Cancel::Sent { retry, .. } => retry.due(),
            Cancel::Answered { until } => Some(*until),
        };
        earlier(earlier(self.retry.due(), self.linger), cancel)
    }

    pub(crate) fn on_time(&mut self, now: Moment) -> Expired {
        if self.linger.is_some_and(|at| at <= now) {
            return Expired::Gone;
        }
        self.retry.on_time(now)
    }

    /// The CANCEL's own timers. `TimedOut`: the INVITE is given up too.
    pub(crate) fn cancel_on_time(&mut self, now: Moment) -> Expired {
        match &mut self.cancel {
            Cancel::No | Cancel::Waiting => Expired::Nothing,
            Cancel::Sent { retry, .. } => retry.on_time(now),
            Cancel::Answered { until } if *until <= now => Expired::TimedOut,
            Cancel::Answered { .. } => Expired::Nothing,
        }
    }

    /// A final response to the CANCEL itself.
    pub(crate) fn cancel_answered(&mut self, now: Moment, timers: &Timers) {
        if matches!(self.cancel, Cancel::Sent { .. }) {
            self.cancel = Cancel::Answered { until: now + timers.long() };
        }
    }
}
