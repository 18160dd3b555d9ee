//! How long a person waited by the law's clock, worked out once more from the facts of the call. It refuses to believe
//! `waited_ms`.

use super::Checks;
use crate::campaign::profile::{ClockStart, Profile};
use crate::facts::{Abandon, Envelope, Fact};
use crate::words::*;
use std::collections::BTreeMap;

/// Nothing was said: the greeting counts as over by then.
const SILENT_MS: i64 = 2_000;

#[derive(Debug, Default)]
pub(super) struct Waits {
    laws: BTreeMap<CampaignId, Law>,
    calls: BTreeMap<CallId, Heard>,
}

#[derive(Debug, Clone, Copy)]
struct Law {
    start: ClockStart,
    amd: bool,
}

#[derive(Debug)]
struct Heard {
    law: Law,
    answered: Option<Moment>,
    greeted: Option<Moment>,
    greeting_over: Option<Moment>,
    /// Known with the verdict.
    clock: Option<Moment>,
}

impl Checks {
    pub(super) fn wait_counted(&mut self, envelope: &Envelope) {
        let Some((call, told, counted)) = self.waits.hears(envelope) else { return };
        self.require(told == counted, "legal_clock", || format!("call {call} waited {counted} ms, told are {told} ms"));
    }
}

impl Waits {
    /// Call, milliseconds by the fact, and by our own count.
    fn hears(&mut self, envelope: &Envelope) -> Option<(CallId, u32, u32)> {
        let now = envelope.moment;
        match &envelope.fact {
            Fact::CampaignConfigured(configured) => {
                let profile = Profile::find(&configured.abandon_profile)?;
                self.laws.insert(configured.campaign, Law { start: profile.clock_start, amd: configured.amd });
            }
            Fact::CallPlaced { call, campaign, .. } => {
                let (answered, greeted, greeting_over, clock) = Default::default();
                let law = *self.laws.get(campaign)?;
                self.calls.insert(*call, Heard { law, answered, greeted, greeting_over, clock });
            }
            Fact::CallEnded { call, .. } => _ = self.calls.remove(call),
            Fact::CallBridged { call, waited_ms, .. } | Fact::FlowSpoke { call, waited_ms, .. } => {
                return self.waited(*call, *waited_ms, now);
            }
            Fact::CallAbandoned { call, abandon, waited_ms, .. } if *abandon != Abandon::Crash => {
                return self.waited(*call, *waited_ms, now);
            }
            fact => {
                let heard = self.calls.get_mut(&fact.call()?)?;
                heard.learns(fact, now);
            }
        }
        None
    }

    fn waited(&self, call: CallId, told: u32, now: Moment) -> Option<(CallId, u32, u32)> {
        let clock = self.calls.get(&call)?.clock?;
        Some((call, told, u32::try_from(now.since(clock).as_millis()).unwrap_or(u32::MAX)))
    }
}

impl Heard {
    fn learns(&mut self, fact: &Fact, now: Moment) {
        match fact {
            Fact::CallAnswered { .. } => _ = self.answered.get_or_insert(now),
            Fact::GreetingStarted { .. } => _ = self.greeted.get_or_insert(now),
            Fact::GreetingEnded { .. } => {
                self.greeting_over.get_or_insert(now);
                // Told after the verdict, and over before it.
                if self.law.start == ClockStart::GreetingEnd {
                    self.clock = self.clock.map(|clock| clock.min(now));
                }
            }
            Fact::CallClassified { .. } => self.clock = self.clock.or(self.starts(now)),
            _ => {}
        }
    }

    /// As of the verdict.
    fn starts(&self, verdict: Moment) -> Option<Moment> {
        let answered = self.answered?;
        let silent = Moment(answered.0 + SILENT_MS * 1_000).min(verdict);
        let unfinished = if self.greeted.is_some() { verdict } else { silent };
        Some(match self.law.start {
            ClockStart::Live => verdict,
            ClockStart::Answer => answered,
            ClockStart::GreetingStart | ClockStart::GreetingEnd if !self.law.amd => answered,
            ClockStart::GreetingStart => self.greeted.unwrap_or(silent),
            ClockStart::GreetingEnd => self.greeting_over.unwrap_or(unfinished),
        })
    }
}
