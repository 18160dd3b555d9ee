//! What facts do to leads: held, planned, closed, opted out.

use super::{ATTEMPTS_TOTAL, ERASED, LISTED, Tables};
use crate::facts::LeadEnd;
use crate::store::rows::*;
use crate::store::table::enum_text;
use crate::words::*;

impl Tables {
    pub(super) fn lead_held(&mut self, lead: LeadId, why: NotDialed, until: Option<Wall>) {
        let Some(lead) = self.leads.get_mut(&lead).filter(|lead| !lead.state.terminal()) else {
            return;
        };
        let reserved = lead.unlease();
        match (until, why) {
            (Some(until), _) => lead.schedule(until),
            (None, NotDialed::Withdrawn | NotDialed::Skipped) => lead.state = lead.resting(),
            // Never: no hours at all, a forbidden number.
            (None, NotDialed::Dnc | NotDialed::Window | NotDialed::FreqCap | NotDialed::Filtered) => {
                lead.end(LeadState::Excluded, enum_text(&why));
            }
        }
        self.unreserve(reserved);
    }

    pub(super) fn lead_planned(&mut self, lead: LeadId, after: CallId, at: Wall, callback: Option<Option<AgentId>>) {
        let open = |lead: &&mut LeadFold| !lead.state.terminal() || lead.reopens_after(after);
        let Some(lead) = self.leads.get_mut(&lead).filter(open) else {
            return;
        };
        let reserved = lead.unlease();
        lead.end_reason = None;
        lead.schedule(at);
        lead.callback_at = callback.map(|_| at);
        lead.callback_agent = callback.flatten();
        self.unreserve(reserved);
    }

    pub(super) fn lead_closed(&mut self, lead: LeadId, reason: LeadEnd) {
        let Some(lead) = self.leads.get_mut(&lead).filter(|lead| lead.may_close()) else {
            return;
        };
        let reserved = lead.unlease();
        let state = match reason {
            LeadEnd::Worked | LeadEnd::AttemptsUsedUp | LeadEnd::OptedOut | LeadEnd::Invalid => LeadState::Closed,
            LeadEnd::Suppressed => LeadState::Excluded,
        };
        lead.end(state, enum_text(&reason));
        self.unreserve(reserved);
    }

    /// Every lead of this number that waits, in every campaign, is closed; one in flight ends by its own facts.
    pub(super) fn opted_out(&mut self, number_hash: &str, wall: Wall) {
        self.suppressed.entry(number_hash.to_owned()).or_insert(wall);
        let mut reserved = Vec::new();
        for lead in self.leads.values_mut().filter(|lead| lead.number_hash == number_hash) {
            match lead.state {
                LeadState::Pending | LeadState::Leased | LeadState::Scheduled => {
                    reserved.push(lead.unlease());
                    lead.end(LeadState::Closed, enum_text(&LeadEnd::OptedOut));
                }
                LeadState::InFlight | LeadState::Closed | LeadState::Excluded => {}
            }
        }
        reserved.into_iter().for_each(|one| self.unreserve(one));
    }

    pub fn unreserve(&mut self, reserved: Option<(String, String)>) {
        if let Some(key) = reserved {
            self.days.entry(key).or_default().1 -= 1;
        }
    }
}

impl LeadFold {
    fn schedule(&mut self, at: Wall) {
        // Zero means pending; a plan is never for 1970.
        self.next_at = Wall(at.0.max(1));
        self.due_at = self.next_at;
        self.state = LeadState::Scheduled;
    }

    /// Waits, is in flight, or was held for good: then the closing fact says why better than the gate did.
    fn may_close(&self) -> bool {
        !self.state.terminal() || (self.state == LeadState::Excluded && !self.excluded_by_store())
    }

    /// Worked to an end by this very call, whose outcome was then amended: it is to be called again after all.
    fn reopens_after(&self, call: CallId) -> bool {
        let worked = enum_text(&LeadEnd::Worked);
        self.state == LeadState::Closed && self.last_call == Some(call) && self.end_reason == Some(worked)
    }

    /// No fact tells of these: the store itself found that the lead may not be called.
    pub fn excluded_by_store(&self) -> bool {
        let own = |reason: &str| matches!(reason, LISTED | ERASED | ATTEMPTS_TOTAL);
        self.state == LeadState::Excluded && self.end_reason.as_deref().is_some_and(own)
    }

    pub fn end(&mut self, state: LeadState, reason: String) {
        self.state = state;
        self.end_reason = Some(reason);
        self.callback_at = None;
        self.callback_agent = None;
    }

    /// Ends the lease. The number and day whose reservation must be given back, if there was one.
    pub fn unlease(&mut self) -> Option<(String, String)> {
        self.lease_node = None;
        self.lease_epoch = None;
        self.lease_ticket = None;
        self.lease_day.take().map(|day| (self.number_hash.clone(), day))
    }
}
