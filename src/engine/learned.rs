//! What pacing learns outlives the run: kept by list type and hour of the day, given to the next run of the same as a
//! start (growth is bounded by what resolves in the new run all the same); and the callbacks that it should expect.
//! It refuses to know what was learned: that is pacing's.

use super::Engine;
use super::io::*;
use super::tape::Entry;
use crate::pacing::Learned;
use crate::words::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Kept so often, and when the campaign stops.
const KEEP_EVERY: Duration = Duration::from_secs(300);
/// Older lists were other lists.
const AGE_MAX: Duration = Duration::from_secs(60 * 86_400);
/// From fewer calls nothing is worth keeping.
const CALLS_MIN: u64 = 100;
/// Names of steps only grow from run to run: a row with more of them than this is learned anew, before pacing's stages
/// run out.
const STEPS_MAX: usize = 48;
/// A run that has placed nothing for so long is a new one when it goes on.
const NEW_RUN: Duration = Duration::from_secs(3600);

/// What was learned, and which steps its stages are.
#[derive(Serialize, Deserialize)]
struct Body {
    steps: Vec<String>,
    learned: Learned,
}

impl Engine {
    /// Before the first call of a run: pacing starts from what runs of such a list taught at this hour, or the next, or
    /// the last.
    pub(super) fn warm(&mut self, id: CampaignId) {
        let now = self.now;
        let Some(campaign) = self.campaigns.get(&id) else { return };
        let new = campaign.placed.is_none_or(|at| now.since(at) >= NEW_RUN);
        if !new || !campaign.calls.is_empty() || campaign.hopper.is_empty() {
            return;
        }
        let hour = self.hour(id);
        let key = |hour: u8| (self.list_type(id), hour);
        let rows = [hour, (hour + 1) % 24, (hour + 23) % 24].map(|hour| self.learned.get(&key(hour)));
        let row = rows.into_iter().flatten().find(|row| self.wall().since(row.at) <= AGE_MAX).cloned();
        let (now, wall) = (self.now, self.wall());
        let campaign = self.campaigns.get_mut(&id).expect("looked up above");
        campaign.placed = Some(now);
        let Some(row) = row else { return };
        let warmed = serde_json::from_str(&row.body).map_err(|error| error.to_string()).and_then(|body: Body| {
            if body.steps.len() > STEPS_MAX {
                return Err(format!("{} steps, of many scripts", body.steps.len()));
            }
            // From the text that goes on the tape: a replay reads the same numbers to the last bit.
            let text = serde_json::to_string(&body.learned).expect("it was read from JSON");
            let learned: Learned = serde_json::from_str(&text).expect("it was just printed");
            campaign.pacer.warm_with(&learned).map_err(|error| error.to_string())?;
            Ok((body.steps, text))
        });
        match warmed {
            Ok((steps, text)) => {
                campaign.steps = (0..).zip(steps).map(|(at, name)| (name, at)).collect();
                campaign.tape.write(now, wall, &Entry::Warm(text));
            }
            Err(error) => tracing::warn!(campaign = %id, %error, "starts without what earlier runs taught"),
        }
    }

    pub(super) fn keep_learned_at_times(&mut self, id: CampaignId) {
        let due = self.campaigns.get(&id).is_some_and(|c| self.now.since(c.learned_kept) >= KEEP_EVERY);
        if due {
            self.keep_learned(id);
        }
    }

    pub(super) fn keep_learned(&mut self, id: CampaignId) {
        let (now, at) = (self.now, self.wall());
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        campaign.learned_kept = now;
        let learned = campaign.pacer.learned();
        // What was learned long ago says nothing of this hour.
        let lately = campaign.placed.is_some_and(|at| now.since(at) <= KEEP_EVERY);
        if learned.calls() < CALLS_MIN || !lately {
            return;
        }
        let mut steps: Vec<(u32, String)> = campaign.steps.iter().map(|(name, at)| (*at, name.clone())).collect();
        steps.sort_unstable();
        let steps = steps.into_iter().map(|(_, name)| name).collect();
        let body = serde_json::to_string(&Body { steps, learned }).expect("numbers and names print as JSON");
        let row = LearnedRow { list_type: self.list_type(id), hour: self.hour(id), at, body };
        self.learned.insert((row.list_type.clone(), row.hour), row.clone());
        self.command(Command::KeepLearned(row));
    }

    fn list_type(&self, id: CampaignId) -> String {
        let spec = &self.campaigns[&id].spec;
        spec.settings.dialing.list_type.clone().unwrap_or_else(|| spec.name.clone())
    }

    fn hour(&self, id: CampaignId) -> u8 {
        let zone = jiff::tz::TimeZone::get(&self.campaigns[&id].spec.settings.hours.zone);
        let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
        u8::try_from(zone.to_datetime(self.wall().timestamp()).hour()).expect("hours of a day")
    }

    // ── callbacks ──

    /// A callback is promised with an agent of its own: from its time on, one agent less is free.
    pub(super) fn promise(&mut self, id: CampaignId, lead: LeadId, at: Wall) {
        self.promise_kept(id, lead);
        let (now, wall, at) = (self.now, self.wall(), Moment(at.0 - self.wall_offset));
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        campaign.promised.insert(lead, at);
        campaign.pacer.expect_callback(at);
        campaign.tape.write(now, wall, &Entry::Callback { at, expected: true });
    }

    /// It met its agent, or came to nothing.
    pub(super) fn promise_kept(&mut self, id: CampaignId, lead: LeadId) {
        let (now, wall) = (self.now, self.wall());
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        if let Some(at) = campaign.promised.remove(&lead) {
            campaign.pacer.unexpect_callback(at);
            campaign.tape.write(now, wall, &Entry::Callback { at, expected: false });
        }
    }
}
