//! The engine's timers: one enum, a sentence each, and the ordered set that holds them.

use crate::words::{AgentId, CallId, CampaignId, LegId, Moment};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A trunk's calls-per-second limit lets the next INVITE through.
    Outgoing,
    /// Pacing is asked though nothing happened: the safety net, or the time pacing named itself.
    Pace(CampaignId),
    /// The store is asked again for leads.
    Lease(CampaignId),
    /// The phone has rung long enough.
    Ring(CallId),
    /// Media never gave its AMD verdict: the call counts as a person.
    Verdict(CallId),
    /// The legal threshold: no agent in time means the message and an abandoned call.
    Threshold(CallId),
    /// What the flow waits for (`wait`, `gather`) has taken too long.
    Flow(CallId),
    /// A prompt's end was never reported; or the message's was, and no key came after it.
    Playback(CallId),
    /// After `HangUp` nothing came back: the leg counts as ended.
    HangUp(CallId),
    /// A call that would never end: the last resort against zombies (I11).
    CallMax(CallId),
    /// A lead was looked at long enough: it is dialed or passed over.
    Preview(AgentId),
    /// Wrap-up ends by itself.
    Wrap(AgentId),
    /// The lost phone did not come back in time: the customer is let go.
    DeviceBack(AgentId),
    /// The agent's phone is called again.
    CallPhone(AgentId),
    /// Nobody has looked at the agent's page for seconds.
    PageGone(AgentId),
    /// Whoever comes back to the page before this goes on as before.
    PageBack(AgentId),
    /// Nobody told of the end of a call that the dead program left behind.
    Leftover(LegId),
    /// The drain limit of a shutdown.
    Shutdown,
    /// At a shutdown the recorder or the store never reported back.
    LastReports,
}

#[derive(Debug, Default)]
pub struct Timers {
    queue: BTreeSet<(Moment, Timer)>,
    due: BTreeMap<Timer, Moment>,
}

impl Timers {
    /// Sets or moves a timer.
    pub fn set(&mut self, timer: Timer, at: Moment) {
        self.cancel(timer);
        self.due.insert(timer, at);
        self.queue.insert((at, timer));
    }

    /// Sets it unless it is due earlier already.
    pub fn set_earlier(&mut self, timer: Timer, at: Moment) {
        if self.due.get(&timer).is_none_or(|due| *due > at) {
            self.set(timer, at);
        }
    }

    pub fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.due.remove(&timer) {
            self.queue.remove(&(at, timer));
        }
    }

    pub fn is_set(&self, timer: Timer) -> bool {
        self.due.contains_key(&timer)
    }

    pub fn next(&self) -> Option<Moment> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer that is due at `now`.
    pub fn pop(&mut self, now: Moment) -> Option<Timer> {
        let (at, timer) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.queue.remove(&(at, timer));
        self.due.remove(&timer);
        Some(timer)
    }

    /// Forgets all timers of a call.
    pub fn forget_call(&mut self, call: CallId) {
        for timer in [
            Timer::Ring(call),
            Timer::Verdict(call),
            Timer::Threshold(call),
            Timer::Flow(call),
            Timer::Playback(call),
            Timer::HangUp(call),
            Timer::CallMax(call),
        ] {
            self.cancel(timer);
        }
    }
}
