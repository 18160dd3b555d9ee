//! Callbacks that were promised with an agent of their own, as pacing expects them: from its time on each wants one agent
//! who then is not free. A promise leaves when it is kept, moved or comes to nothing, however that came about: the call
//! was placed, the lead was closed, the number may never be called again. And how a call at hand comes to a promise: a
//! fact at once. It refuses to place calls: leases do.

use super::Engine;
use super::io::Command;
use super::tape::Entry;
use crate::facts::Fact;
use crate::script::Answer;
use crate::words::*;
use std::time::Duration;

/// When, and whose number.
#[derive(Debug, Clone)]
pub(super) struct Appointment {
    pub at: Moment,
    number_hash: String,
}

/// Who promised a callback, and to which number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub agent: AgentId,
    pub number_hash: &'a str,
}

impl Engine {
    /// The promises of earlier runs, once their campaign is known.
    pub(super) fn recall_promises(&mut self, id: CampaignId) {
        let promised = std::mem::take(&mut self.promised);
        let (own, others): (Vec<_>, Vec<_>) = promised.into_iter().partition(|one| one.campaign == id);
        self.promised = others;
        own.into_iter().for_each(|one| self.promise(id, one.lead, one.at, one.number_hash));
    }

    pub(super) fn promise(&mut self, id: CampaignId, lead: LeadId, at: Wall, number_hash: String) {
        self.promise_over(id, lead);
        if self.suppressed.contains(&number_hash) {
            return;
        }
        let (now, wall, at) = (self.now, self.wall(), Moment(at.0 - self.wall_offset));
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        campaign.promised.insert(lead, Appointment { at, number_hash });
        campaign.pacer.expect_callback(at);
        campaign.tape.write(now, wall, &Entry::Callback { at, expected: true });
    }

    /// It met its agent, or came to nothing.
    pub(super) fn promise_over(&mut self, id: CampaignId, lead: LeadId) {
        let (now, wall) = (self.now, self.wall());
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        if let Some(Appointment { at, .. }) = campaign.promised.remove(&lead) {
            campaign.pacer.unexpect_callback(at);
            campaign.tape.write(now, wall, &Entry::Callback { at, expected: false });
            campaign.restless = true;
        }
    }

    /// From now on this number is never called: what was promised to it in any campaign is off.
    pub(super) fn suppress(&mut self, number_hash: String) -> bool {
        let of_it = |(id, campaign): (&CampaignId, &super::state::Campaign)| {
            let leads = campaign.promised.iter().filter(|(_, one)| one.number_hash == number_hash);
            leads.map(|(lead, _)| (*id, *lead)).collect::<Vec<_>>()
        };
        let off: Vec<(CampaignId, LeadId)> = self.campaigns.iter().flat_map(of_it).collect();
        off.into_iter().for_each(|(id, lead)| self.promise_over(id, lead));
        self.suppressed.insert(number_hash)
    }

    // ── promises of a call at hand ──

    /// The flow asks for it.
    pub(super) fn promise_callback(
        &mut self,
        id: CallId,
        seconds: Option<f64>,
        local: Option<&str>,
        note: Option<String>,
    ) -> Answer {
        let call = &self.calls[&id];
        let zone = call.lead.zones.first().cloned();
        let lead = call.lead.id;
        let at = match (seconds, local) {
            (Some(seconds), _) => Some(self.wall() + Duration::from_secs_f64(seconds.clamp(0.0, 3.0e7))),
            (None, Some(text)) => self.parse_local(text, zone.as_deref()),
            (None, None) => None,
        };
        let Some(at) = at else { return Answer::Nothing("bad_time".to_owned()) };
        self.note_promise(id, at);
        if let Some(note) = note {
            self.command(Command::KeepNote { call: id, lead, note });
        }
        Answer::Said
    }

    /// A promise stands from now on, whatever happens to this program. The last one of a call holds.
    pub(super) fn note_promise(&mut self, id: CallId, at: Wall) {
        let call = self.calls.get_mut(&id).expect("somebody talks, or wraps up");
        if call.callback.replace(at) != Some(at) {
            self.answer_when_durable = true;
            self.fact(Fact::CallbackPromised { call: id, at });
        }
    }

    /// `YYYY-MM-DD HH:MM` (or with a T) in the customer's zone.
    fn parse_local(&self, text: &str, zone: Option<&str>) -> Option<Wall> {
        let zone = jiff::tz::TimeZone::get(zone?).ok()?;
        let local: jiff::civil::DateTime = text.trim().replace(' ', "T").parse().ok()?;
        let at = zone.to_ambiguous_zoned(local).compatible().ok()?;
        let at = Wall(at.timestamp().as_microsecond());
        (at > self.wall()).then_some(at)
    }
}

#[cfg(test)]
mod tests;
