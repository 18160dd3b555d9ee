//! Pacing is told what happens and asked what to do, each word of it on the tape; what it decides is carried out.
//! It refuses to decide by itself how many calls to place.

use super::Engine;
use super::io::*;
use super::tape::{Decided, Entry};
use super::timers::Timer;
use crate::pacing::{Event, Room, Tally, Window};
use crate::words::*;
use std::time::Duration;

/// The net under event-driven pacing.
const PACE_TICK: Duration = Duration::from_millis(250);

impl Engine {
    /// Something happened: pacing will be asked when the input is settled.
    pub(super) fn rouse(&mut self, id: CampaignId) {
        if let Some(campaign) = self.campaigns.get_mut(&id) {
            campaign.restless = true;
        }
    }

    /// Tells a campaign's pacing what happened.
    pub(super) fn tell_pacing(&mut self, id: CampaignId, event: Event) {
        let (now, wall) = (self.now, self.wall());
        self.note_lent(id, event);
        if let Some(campaign) = self.campaigns.get_mut(&id) {
            campaign.pacer.observe(now, event);
            campaign.tape.write(now, wall, &Entry::Heard(event));
            campaign.restless = true;
        }
    }

    /// The abandonment ledger as of the last input: each window of the law and of the guards with its sums. What the
    /// store's facts say of the same time is the same.
    pub fn ledger(&mut self, id: CampaignId) -> Option<Vec<(Window, Tally)>> {
        let campaign = self.campaigns.get_mut(&id)?;
        campaign.pacer.advance_ledger(self.now);
        Some(campaign.pacer.ledger().windows().collect())
    }

    /// Hands a campaign's tape to the store, if it is full.
    fn keep_tape(&mut self, id: CampaignId, whatever_its_length: bool) {
        let now = self.now;
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        if !whatever_its_length && !campaign.tape.full(now) {
            return;
        }
        if let Some((begun, tape)) = campaign.tape.take() {
            self.command(Command::KeepTape { campaign: id, begun, tape });
        }
    }

    /// Before the last fact of a run.
    pub(super) fn keep_all_tapes(&mut self) {
        let campaigns: Vec<CampaignId> = self.campaigns.keys().copied().collect();
        for id in campaigns {
            self.keep_learned(id);
            self.keep_tape(id, true);
        }
    }

    pub(super) fn pace_restless(&mut self) {
        let restless: Vec<CampaignId> = self.campaigns.iter().filter(|(_, c)| c.restless).map(|(id, _)| *id).collect();
        for id in restless {
            self.pace(id);
        }
    }

    fn pace(&mut self, id: CampaignId) {
        self.renew_window(id);
        let campaign = self.campaigns.get_mut(&id).expect("listed by pace_restless");
        campaign.restless = false;
        if campaign.state != CampaignState::Running || self.shutting_down {
            return;
        }
        self.warm(id);
        self.tell_joint(id);
        let room = self.room(id);
        let (now, wall) = (self.now, self.wall());
        let campaign = self.campaigns.get_mut(&id).expect("looked up above");
        let mode = campaign.pacer.mode();
        let decision = campaign.pacer.decide(now, room);
        campaign.tape.write(now, wall, &Entry::Decided(Decided::of(room, &decision)));
        let next =
            decision.next.map_or(now + PACE_TICK, |at| at.min(now + PACE_TICK).max(now + Duration::from_millis(1)));
        self.timers.set(Timer::Pace(id), next);
        self.note_rest(id, &decision);
        for call in &decision.hangups {
            self.cancel_surplus(*call);
        }
        let mut placed = 0;
        let asks = super::preview::asks(mode);
        while placed < decision.dial && if asks { self.place_accepted(id) } else { self.place_next(id) } {
            placed += 1;
        }
        if mode == crate::pacing::Mode::Preview {
            self.offer_previews(id);
        }
        self.note(id, decision, placed);
        self.keep_tape(id, false);
        self.keep_learned_at_times(id);
        self.lease(id);
    }

    /// What the trunks of a campaign and its hopper leave room for.
    fn room(&mut self, id: CampaignId) -> Room {
        let now = self.now;
        let mut room = Room { channels: 0, calls_this_second: 0, leads: 0 };
        let Some(campaign) = self.campaigns.get(&id) else { return room };
        room.leads = u32::try_from(campaign.hopper.len() + campaign.accepted.len()).unwrap_or(u32::MAX);
        room.channels = self.channels_free(campaign);
        for trunk in self.trunks.values_mut().filter(|trunk| trunk.up == Some(true) && campaign.may_use(trunk)) {
            room.calls_this_second += trunk.rate.allowed(now);
        }
        // What waits for the disk, or for its turn on a trunk that this campaign may use, comes first.
        let waiting = self.undurable.iter().map(|(_, call)| call).chain(&self.outgoing);
        let trunks = waiting.filter_map(|call| self.trunks.get(&self.calls.get(call)?.trunk?));
        let queued = u32::try_from(trunks.filter(|trunk| campaign.may_use(trunk)).count()).unwrap_or(u32::MAX);
        room.calls_this_second = room.calls_this_second.saturating_sub(queued);
        room
    }

    /// Pacing's final event for a call, once.
    pub(super) fn pace_out(&mut self, id: CallId, event: Event) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if !std::mem::replace(&mut call.paced_out, true) {
            let (campaign, lead) = (call.campaign, call.lead.id);
            self.promise_over(campaign, lead);
            self.tell_pacing(campaign, event);
        }
    }
}

#[cfg(test)]
mod tests;
