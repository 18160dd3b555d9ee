//! What is heard on a leg: greetings, AMD's verdicts, prompts and keys. It refuses to know sound.

use super::{Event, SimWorld};
use crate::engine::{Input, MediaEvent, Prompt};
use crate::facts::Verdict;
use crate::sim::people::{self, Kind, Listening};
use crate::words::*;
use std::time::Duration;

/// A machine beeps this long after its greeting.
const BEEP_AFTER: Duration = Duration::from_millis(400);
/// Detection of the end of speech lags by this.
const SPEECH_END_LAG: Duration = Duration::from_millis(200);
/// From one key to the next.
const KEY_TO_KEY: Duration = Duration::from_millis(400);
/// A prompt that the campaign does not have.
const NO_SOUND: Duration = Duration::ZERO;

impl SimWorld<'_> {
    pub(super) fn listens(&mut self, leg: LegId, amd: Option<Duration>) {
        let now = self.now;
        let Some(customer) = self.customers.get_mut(&leg).filter(|customer| customer.up()) else { return };
        customer.listening += if customer.listening % 2 == 0 { 1 } else { 2 };
        let (listening, answered, fate) = (customer.listening, customer.answered, customer.fate.clone());
        let mut plan = |at: Moment, event| self.heap.plan(at.max(now), Event::Heard(leg, listening, event));
        if let Some(after) = fate.greeting_after {
            let (begins, ends) = (answered + after, answered + after + fate.greeting);
            plan(begins, MediaEvent::SpeechStarted);
            plan(ends + SPEECH_END_LAG, MediaEvent::SpeechEnded { ago: SPEECH_END_LAG });
            if fate.kind == Kind::Machine {
                plan(ends + BEEP_AFTER, MediaEvent::Beep);
            }
        }
        if let Some(deadline) = amd {
            // As `media::Ear` has it: the deadline stands still while somebody speaks, and runs anew from the end of that.
            let spoken = fate.greeting_after.map(|after| (answered + after, answered + after + fate.greeting));
            let at_latest = match spoken {
                Some((begins, ends)) if begins <= now + deadline => ends.max(now) + deadline,
                Some(_) | None => now + deadline,
            };
            let by_itself = answered + fate.amd_after;
            let (at, verdict, why) = match by_itself <= at_latest {
                true => (by_itself, fate.verdict, "cadence"),
                false => (at_latest, Verdict::Unknown, "deadline"),
            };
            let analysed_ms = u32::try_from(at.since(answered).as_millis()).unwrap_or(u32::MAX);
            plan(at, MediaEvent::Amd { verdict, why: why.to_owned(), analysed_ms });
        }
    }

    pub(super) fn stops_listening(&mut self, leg: LegId) {
        if let Some(customer) = self.customers.get_mut(&leg) {
            customer.listening += customer.listening % 2;
        }
    }

    pub(super) fn heard(&mut self, leg: LegId, listening: u32, event: MediaEvent) {
        if self.customers.get(&leg).is_some_and(|customer| customer.up() && customer.listening == listening) {
            self.inbox.push_back(Input::Media { leg, event });
        }
    }

    pub(super) fn plays(&mut self, leg: LegId, campaign: CampaignId, playback: PlaybackId, prompt: &Prompt) {
        self.stops_play(leg);
        let spec = &self.specs[self.place_of(campaign)];
        let spoken = prompt.lang.and_then(|lang| spec.prompts.get(&format!("{}.{}", prompt.name, lang.tag())));
        let length = spoken.or_else(|| spec.prompts.get(&prompt.name)).copied().unwrap_or(NO_SOUND);
        let scenario = self.scenario.clone();
        let Some(customer) = self.customers.get_mut(&leg) else { return };
        customer.playing = Some(playback);
        customer.quiet += 1;
        let human = customer.human();
        let listening = people::listening(&scenario.population, &mut customer.talk, length);
        self.later(length, Event::PlayedOut(leg, playback));
        match listening {
            Listening::LeavesAfter(after) if human => self.later(after, Event::CustomerHangsUp(leg)),
            Listening::Presses { after, keys } if human => {
                for (nth, key) in (0..).zip(keys.chars()) {
                    self.later(after + KEY_TO_KEY * nth, Event::Pressed(leg, key));
                }
            }
            Listening::LeavesAfter(_) | Listening::Presses { .. } | Listening::Listens => {}
        }
    }

    pub(super) fn played_out(&mut self, leg: LegId, playback: PlaybackId) {
        let Some(customer) = self.customers.get_mut(&leg).filter(|c| c.playing == Some(playback)) else { return };
        customer.playing = None;
        self.inbox.push_back(Input::Media { leg, event: MediaEvent::Played { playback, whole: true } });
        self.falls_silent(leg);
    }

    pub(super) fn stops_play(&mut self, leg: LegId) {
        let Some(playback) = self.customers.get_mut(&leg).and_then(|customer| customer.playing.take()) else { return };
        self.inbox.push_back(Input::Media { leg, event: MediaEvent::Played { playback, whole: false } });
        self.falls_silent(leg);
    }

    pub(super) fn pressed(&mut self, leg: LegId, digit: char) {
        if self.customers.get(&leg).is_some_and(|customer| customer.up()) {
            self.inbox.push_back(Input::Media { leg, event: MediaEvent::Digit(digit) });
        }
    }
}
