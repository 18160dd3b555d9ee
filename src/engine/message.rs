//! The seller's message to a person whom nobody could serve: while it is heard, and a moment longer, one key says
//! "never again" (47 CFR 64.1200(a)(7)(i)(B)). It refuses to judge the call: that was done before the first word.

use super::Engine;
use super::state::{Pending, Stage};
use super::timers::Timer;
use crate::facts::Verdict;
use crate::words::*;
use std::time::Duration;

/// After the last word the line stays up so long: people press when they have heard which key.
const KEY_AFTER: Duration = Duration::from_secs(3);

impl Engine {
    /// A key at the message. At `opt_out_key` the number goes on the do-not-call list, and the call ends at once, as
    /// 47 CFR 64.1200(b)(3) asks; another key is not an answer to what was offered.
    pub(super) fn on_key_at_message(&mut self, id: CallId, digit: char) {
        let call = &self.calls[&id];
        let key = self.campaigns[&call.campaign].spec.settings.abandonment.opt_out_key;
        if digit != key || call.message_cause() != Cause::AbandonedNoAgent {
            return;
        }
        self.opt_out(id, Side::Customer);
        self.end_call(id, Cause::AbandonedNoAgent, Side::Us);
    }

    /// The message has ended: a person has time for the key, a machine has none.
    pub(super) fn after_message(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id).expect("a prompt ended on it");
        let cause = call.message_cause();
        let spoken = matches!(std::mem::take(&mut call.talk.pending), Pending::Saying(_));
        if spoken && cause == Cause::AbandonedNoAgent {
            self.after(Timer::Playback(id), KEY_AFTER);
            return;
        }
        self.end_call(id, cause, Side::Us);
    }
}

impl super::state::Call {
    /// How a call ends that heard a message.
    pub(super) fn message_cause(&self) -> Cause {
        debug_assert!(self.stage == Stage::Message, "asked of a call that hears one");
        match self.classified {
            Some(Verdict::Machine(kind)) => Cause::Machine(kind),
            Some(Verdict::Human | Verdict::Unknown) | None => Cause::AbandonedNoAgent,
        }
    }
}
