//! Transactions (RFC 3261 section 17, RFC 6026): four state machines without messages or tables. They are told what
//! came and what time it is; they say what to do.

mod client;
mod server;

pub(crate) use client::{Cancel, Client, ClientState, Heard, Owner};
pub(crate) use server::{Server, ServerState};

use super::api::Timers;
use crate::words::Moment;
use std::time::Duration;

/// What a timer asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expired {
    Nothing,
    /// Send the same again (timers A, E, G).
    Resend,
    /// Nobody answered (timers B, F, H).
    TimedOut,
    /// It has done its duty (timers D, I, J, K, L, M).
    Gone,
}

/// A retransmission that doubles up to a bound, and the moment to give up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    pub(crate) next: Option<Moment>,
    interval: Duration,
    cap: Duration,
    pub(crate) until: Option<Moment>,
}

impl Retry {
    pub(crate) fn new(now: Moment, timers: &Timers, cap: Duration, reliable: bool) -> Retry {
        Retry { next: (!reliable).then(|| now + timers.t1), interval: timers.t1, cap, until: Some(now + timers.long()) }
    }

    pub(crate) fn idle() -> Retry {
        Retry { next: None, interval: Duration::ZERO, cap: Duration::ZERO, until: None }
    }

    pub(crate) fn due(&self) -> Option<Moment> {
        super::alarms::earlier(self.next, self.until)
    }

    pub(crate) fn on_time(&mut self, now: Moment) -> Expired {
        if self.until.is_some_and(|until| until <= now) {
            return Expired::TimedOut;
        }
        if self.next.is_some_and(|next| next <= now) {
            self.interval = (self.interval * 2).min(self.cap);
            self.next = Some(now + self.interval);
            return Expired::Resend;
        }
        Expired::Nothing
    }

    /// A provisional response to a non-INVITE: from now on at the longest interval.
    pub(crate) fn slow_down(&mut self) {
        self.interval = self.cap;
    }
}
