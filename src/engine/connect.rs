//! From a person on the line to an agent, to the flow that speaks by itself, or to the message of the seller.

use super::Engine;
use super::io::*;
use super::state::{Call, Pending, Stage};
use super::timers::Timer;
use crate::campaign::settings::HandledBy;
use crate::facts::{Abandon, Fact};
use crate::pacing::{Ending, Event};
use crate::script::Prompt;
use crate::words::*;
use std::time::Duration;

/// How much longer than its own length a prompt may take before its end is taken for granted.
const PLAYBACK_GRACE: Duration = Duration::from_secs(3);
/// How long a machine may talk before its beep.
const BEEP_MAX: Duration = Duration::from_secs(40);

impl Engine {
    /// A person is on the line and the legal clock runs.
    pub(super) fn serve(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id).expect("classified");
        let campaign_id = call.campaign;
        let campaign = self.campaigns.get_mut(&campaign_id).expect("a call's campaign stays");
        if campaign.spec.settings.flow.handled_by == HandledBy::Flow {
            call.stage = Stage::Talking;
            self.tell_pacing(campaign_id, Event::Live { call: id });
            self.begin_flow(id);
            return;
        }
        call.stage = Stage::Waiting;
        if let Some(agent) = self.reserved_agent(id) {
            self.tell_pacing(campaign_id, Event::Live { call: id });
            self.bridge(id, agent);
            return;
        }
        let (call, campaign) = (&self.calls[&id], self.campaigns.get_mut(&campaign_id).expect("looked up above"));
        campaign.waiting.push_back(id);
        let due = call.clock.expect("started before serving") + threshold(campaign);
        self.tell_pacing(campaign_id, Event::Live { call: id });
        self.match_waiting(campaign_id);
        if self.calls.get(&id).is_some_and(|c| c.stage == Stage::Waiting) {
            self.timers.set(Timer::Threshold(id), due.max(self.now));
        }
    }

    /// Brings waiting persons and ready agents together, first come first served.
    pub(super) fn match_waiting(&mut self, id: CampaignId) {
        while let Some(campaign) = self.campaigns.get(&id) {
            let Some(call) = campaign.waiting.front().copied() else { return };
            let promised = self.calls.get(&call).and_then(|c| c.lead.callback_agent);
            let Some(agent) = self.floor.pick(id, promised) else { return };
            self.campaigns.get_mut(&id).expect("just looked up").waiting.pop_front();
            self.bridge(call, agent);
        }
    }

    /// The customer joins the agent's leg, which is up already: a switch of RTP, not a call set-up.
    fn bridge(&mut self, id: CallId, agent: AgentId) {
        let now = self.now;
        let (clock, leg, campaign_id) = {
            let call = &self.calls[&id];
            (call.clock.expect("served"), call.leg.expect("answered on a leg"), call.campaign)
        };
        let campaign = &self.campaigns[&campaign_id];
        let (limit, beep) = (threshold(campaign), campaign.spec.settings.agents.beep);
        let waited = now.since(clock);
        let within = waited <= limit;
        let agent_leg = self.floor.session(agent).and_then(|s| s.device.up()).expect("picked with its phone up");
        self.timers.cancel(Timer::Threshold(id));
        self.fact(Fact::AgentReserved { call: id, agent });
        self.fact(Fact::CallBridged { call: id, agent, waited_ms: millis(waited), within });
        if !within {
            self.judge_abandoned(id, Abandon::Late);
        }
        self.command(Command::Bridge { customer: leg, agent: agent_leg, beep });
        let call = self.calls.get_mut(&id).expect("bridged once");
        call.stage = Stage::Talking;
        call.handled = true;
        call.agent = Some(agent);
        call.bridged = Some(now);
        self.record(id);
        let lead = self.calls[&id].lead.id;
        self.promise_over(campaign_id, lead);
        self.tell_pacing(campaign_id, Event::Connected { call: id, agent, within });
        self.take_agent(agent, id, campaign_id);
        self.begin_flow(id);
    }

    pub(super) fn record(&mut self, id: CallId) {
        let call = &self.calls[&id];
        if !self.campaigns[&call.campaign].spec.settings.recording.enabled || call.recording.is_some() {
            return;
        }
        let customer = call.leg.expect("answered on a leg");
        // One recording a call, with the call's number: a file found after a crash knows its call.
        let recording = RecordingId(id.0);
        self.calls.get_mut(&id).expect("just looked up").recording = Some(recording);
        self.recordings_open.insert(recording);
        self.command(Command::Record { customer, call: id, recording });
    }

    /// The legal time is over and nobody was there: the seller says who called, and lets the person go.
    pub(super) fn on_threshold(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|c| c.stage == Stage::Waiting) else { return };
        let campaign_id = call.campaign;
        self.leave_queue(id);
        self.judge_abandoned(id, Abandon::NoAgent);
        self.pace_out(id, Event::Ended { call: id, why: Ending::Hangup });
        let campaign = &self.campaigns[&campaign_id];
        let message = campaign.spec.settings.abandonment.message.clone();
        let lang = self.lang_of(&self.calls[&id]);
        self.fact(Fact::MessagePlayed { call: id, message: message.clone() });
        self.calls.get_mut(&id).expect("looked up above").stage = Stage::Message;
        self.play(id, Prompt { name: message, lang: Some(lang) });
    }

    /// Judged here, once; the ledger and the KPIs only add it up.
    pub(super) fn judge_abandoned(&mut self, id: CallId, abandon: Abandon) {
        let now = self.now;
        let call = self.calls.get_mut(&id).expect("judged while alive");
        if std::mem::replace(&mut call.abandoned, true) {
            return;
        }
        let waited = now.since(call.clock.unwrap_or(now));
        let (campaign, pack) = (call.campaign, call.pack.to_owned());
        let answered = call.answered.unwrap_or(now);
        self.fact(Fact::CallAbandoned { call: id, abandon, waited_ms: millis(waited), pack });
        let abandoned = match abandon {
            Abandon::NoAgent | Abandon::Crash => true,
            Abandon::CustomerEarly => false,
            // Served, though late: pacing hears that with the connect, or with the flow's first words.
            Abandon::Late => return,
        };
        self.tell_pacing(campaign, Event::Unserved { call: id, answered, abandoned });
    }

    /// So long a person may wait.
    pub(super) fn threshold_of(&self, id: CallId) -> Duration {
        threshold(&self.campaigns[&self.calls[&id].campaign])
    }

    pub(super) fn leave_queue(&mut self, id: CallId) {
        let campaign = self.calls[&id].campaign;
        if let Some(campaign) = self.campaigns.get_mut(&campaign) {
            campaign.waiting.retain(|waiting| *waiting != id);
        }
        self.timers.cancel(Timer::Threshold(id));
    }

    // ── messages to machines ──

    pub(super) fn await_beep(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id).expect("classified");
        call.stage = Stage::Message;
        call.machine_message = true;
        self.after(Timer::Playback(id), BEEP_MAX);
    }

    pub(super) fn on_beep(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.stage != Stage::Message || !call.machine_message || !matches!(call.talk.pending, Pending::Nothing) {
            return;
        }
        let amd = &self.campaigns[&call.campaign].spec.settings.amd;
        let Some(message) = amd.machine_message.clone() else { return };
        let (leg, lang) = (call.leg.expect("answered on a leg"), self.lang_of(call));
        self.command(Command::StopListening { leg });
        self.fact(Fact::MessagePlayed { call: id, message: message.clone() });
        self.play(id, Prompt { name: message, lang: Some(lang) });
    }

    // ── prompts ──

    /// Plays a prompt to the customer; the call then waits for its end.
    pub(super) fn play(&mut self, id: CallId, prompt: Prompt) -> PlaybackId {
        let playback: PlaybackId = self.mint.next();
        let call = self.calls.get_mut(&id).expect("plays while alive");
        call.talk.pending = Pending::Saying(playback);
        let (campaign, leg) = (call.campaign, call.leg.expect("answered on a leg"));
        let length = self.prompt_length(campaign, &prompt);
        self.command(Command::Play { leg, campaign, playback, prompt });
        self.after(Timer::Playback(id), length + PLAYBACK_GRACE);
        playback
    }

    fn prompt_length(&self, campaign: CampaignId, prompt: &Prompt) -> Duration {
        let prompts = &self.campaigns[&campaign].spec.prompts;
        let own = prompt.lang.and_then(|lang| prompts.get(&format!("{}.{}", prompt.name, lang.tag())));
        own.or_else(|| prompts.get(&prompt.name)).copied().unwrap_or(Duration::from_secs(30))
    }

    pub(super) fn on_played(&mut self, id: CallId, playback: PlaybackId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let awaited = match &mut call.talk.pending {
            Pending::Saying(awaited) => *awaited == playback,
            Pending::Gathering { playback: prompt, .. } if *prompt == Some(playback) => {
                *prompt = None;
                self.timers.cancel(Timer::Playback(id));
                self.await_digits(id);
                return;
            }
            Pending::Gathering { .. } | Pending::Nothing | Pending::Choice | Pending::Waiting => false,
        };
        if awaited {
            self.timers.cancel(Timer::Playback(id));
            self.after_prompt(id);
        }
    }

    /// The prompt's end was never reported, or the beep never came: go on as if it had.
    pub(super) fn on_playback_overdue(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match &mut call.talk.pending {
            Pending::Gathering { playback, .. } => {
                *playback = None;
                self.await_digits(id);
            }
            Pending::Saying(_) | Pending::Nothing | Pending::Choice | Pending::Waiting => self.after_prompt(id),
        }
    }

    fn after_prompt(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id).expect("a prompt ended on it");
        match call.stage {
            Stage::Message => self.after_message(id),
            Stage::Talking => {
                call.talk.pending = Pending::Nothing;
                self.resume_flow(id, crate::script::Answer::Said);
            }
            Stage::Placed | Stage::Cleared | Stage::Dialing | Stage::Listening | Stage::Waiting | Stage::Ending => {}
        }
    }

    /// The customer's language: the lead's `lang` column, else the campaign's.
    pub(super) fn lang_of(&self, call: &Call) -> Lang {
        match call.lead.fields.get("lang") {
            Some(tag) if !tag.trim().is_empty() => Lang::from_tag(tag),
            _ => self.campaigns[&call.campaign].spec.settings.lang,
        }
    }
}

fn threshold(campaign: &super::state::Campaign) -> Duration {
    Duration::from_secs_f64(campaign.spec.settings.abandonment.threshold_seconds)
}

pub(super) fn millis(d: Duration) -> u32 {
    u32::try_from(d.as_millis()).unwrap_or(u32::MAX)
}
