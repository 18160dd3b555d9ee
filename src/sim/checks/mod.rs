//! What must hold after every step of a run, judged from facts and from what reached the carrier.
//! It refuses to trust the engine: hours, limits and order are recomputed here in another way.

mod agents;
mod hours;
#[cfg(test)]
mod tests;
mod waits;

use crate::campaign::settings::Hours;
use crate::facts::{Abandon, Envelope, Fact, Verdict};
use crate::words::*;
use agents::Agent;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use waits::Waits;

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub at: Moment,
    pub rule: &'static str,
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12.3} s  {}: {}", self.at.0 as f64 / 1e6, self.rule, self.detail)
    }
}

/// After so many the rest is only counted.
const KEPT: usize = 100;

#[derive(Debug, Default)]
pub struct Checks {
    pub violations: Vec<Violation>,
    /// Also those that were not kept.
    pub count: u64,
    now: Moment,
    seq: u64,
    durable: u64,
    calls: BTreeMap<CallId, Call>,
    leads_in_call: BTreeMap<(CampaignId, LeadId), CallId>,
    /// What the carrier saw: survives crashes.
    attempts: BTreeMap<(CampaignId, LeadId, u32), CallId>,
    agents: BTreeMap<AgentId, Agent>,
    trunks: BTreeMap<TrunkId, TrunkLoad>,
    legs: BTreeMap<LegId, TrunkId>,
    suppressed: BTreeSet<String>,
    asked: BTreeSet<RequestId>,
    zones: BTreeMap<String, TimeZone>,
    waits: Waits,
}

#[derive(Debug)]
struct Call {
    campaign: CampaignId,
    lead: LeadId,
    attempt: u32,
    seq: u64,
    gated: bool,
    number_hash: String,
    dialed: bool,
    human: bool,
    /// Spoke with an agent or a flow; `Some(false)`: late.
    handled: Option<bool>,
    abandoned: Option<Abandon>,
    over: bool,
}

#[derive(Debug)]
struct TrunkLoad {
    channels: u32,
    calls_per_second: u32,
    in_use: u32,
    last_second: VecDeque<Moment>,
}

impl Checks {
    pub fn trunk(&mut self, trunk: TrunkId, channels: u32, calls_per_second: u32) {
        let (in_use, last_second) = Default::default();
        self.trunks.insert(trunk, TrunkLoad { channels, calls_per_second, in_use, last_second });
    }

    pub fn broken(&mut self, rule: &'static str, detail: String) {
        self.count += 1;
        if self.violations.len() < KEPT {
            self.violations.push(Violation { at: self.now, rule, detail });
        }
    }

    fn require(&mut self, holds: bool, rule: &'static str, detail: impl FnOnce() -> String) {
        if !holds {
            self.broken(rule, detail());
        }
    }

    // ── the store and the carrier ──

    pub fn durable(&mut self, seq: u64) {
        self.durable = self.durable.max(seq);
    }

    pub fn suppress(&mut self, number_hash: &str) {
        self.suppressed.insert(number_hash.to_owned());
    }

    pub fn requested(&mut self, id: RequestId) {
        self.asked.insert(id);
    }

    pub fn replied(&mut self, now: Moment, id: RequestId) {
        self.now = now;
        let open = self.asked.remove(&id);
        self.require(open, "one_reply", || format!("request {id} was answered twice, or never asked"));
    }

    /// An INVITE is about to leave. `zones` are those of the number; `hours` those of the campaign.
    pub fn dial(
        &mut self,
        now: Moment,
        wall: Wall,
        leg: LegId,
        id: CallId,
        trunk: TrunkId,
        zones: &[String],
        hours: &Hours,
    ) {
        self.now = now;
        let durable = self.durable;
        let Some(call) = self.calls.get_mut(&id) else {
            return self.broken("placed_first", format!("call {id} was dialed without CallPlaced"));
        };
        call.dialed = true;
        let (seq, over, gated) = (call.seq, call.over, call.gated);
        let way = (call.campaign, call.lead, call.attempt);
        let hash = call.number_hash.clone();
        let suppressed = self.suppressed.contains(&hash);
        self.require(seq <= durable, "durable_first", || {
            format!("call {id}: fact {seq} is not on disk ({durable} is)")
        });
        self.require(!over, "dialed_after_end", || format!("call {id}"));
        self.require(gated, "gate", || format!("call {id} names no rules or no pack"));
        self.require(!suppressed, "do_not_call", || format!("call {id} to {hash}"));
        // I1. A second leg of the same call (fail-over) is the same attempt.
        let before = *self.attempts.entry(way).or_insert(id);
        self.require(before == id, "attempt_twice", || format!("attempt {} of lead {}: {before}, {id}", way.2, way.1));
        let open = self.within_hours(hours, zones, wall);
        self.require(open, "hours", || format!("call {id} at {} in {zones:?}", wall.rfc3339()));
        self.dial_load(now, leg, trunk);
    }

    fn dial_load(&mut self, now: Moment, leg: LegId, trunk: TrunkId) {
        self.legs.insert(leg, trunk);
        let Some(load) = self.trunks.get_mut(&trunk) else {
            return self.broken("trunk", format!("{trunk} does not exist"));
        };
        load.in_use += 1;
        while load.last_second.front().is_some_and(|at| now.0 - at.0 >= 1_000_000) {
            load.last_second.pop_front();
        }
        load.last_second.push_back(now);
        let (used, channels) = (load.in_use, load.channels);
        let (rate, limit) = (load.last_second.len(), load.calls_per_second);
        self.require(used <= channels, "channels", || format!("{used} of {channels} on trunk {trunk}"));
        self.require(rate <= limit as usize, "calls_per_second", || format!("{rate} of {limit} on trunk {trunk}"));
    }

    /// The carrier has let go of a leg, and the engine knows.
    pub fn leg_gone(&mut self, leg: LegId) {
        if let Some(load) = self.legs.remove(&leg).and_then(|trunk| self.trunks.get_mut(&trunk)) {
            load.in_use = load.in_use.saturating_sub(1);
        }
    }

    pub fn fact(&mut self, envelope: &Envelope) {
        self.now = envelope.moment;
        let (seq, expected) = (envelope.seq, self.seq + 1);
        self.require(seq == expected, "no_gap", || format!("fact {seq} came where {expected} was due"));
        self.seq = seq;
        self.wait_counted(envelope);
        match &envelope.fact {
            Fact::CallPlaced { call, campaign, lead, attempt, number_hash, rules, pack, .. } => {
                let gated = !rules.is_empty() && !pack.is_empty();
                self.placed(*call, (*campaign, *lead, *attempt), number_hash, gated, seq);
            }
            Fact::InviteSent { call, .. } => self.invited(*call),
            Fact::CallWithdrawn { call, .. } => self.withdrawn(*call),
            Fact::CallClassified { call, verdict, .. } => {
                self.with(*call, |c| c.human = matches!(verdict, Verdict::Human | Verdict::Unknown));
            }
            Fact::AgentReserved { call, agent } => self.joins(*agent, *call),
            Fact::CallBridged { call, agent, within, .. } => {
                self.with(*call, |c| c.handled = Some(c.handled.unwrap_or(true) && *within));
                self.joins(*agent, *call);
            }
            Fact::FlowSpoke { call, within, .. } => self.with(*call, |c| c.handled = Some(*within)),
            Fact::CallUnbridged { agent, .. } => self.parts(*agent),
            Fact::CallAbandoned { call, abandon, .. } => self.abandoned(*call, *abandon),
            Fact::CallEnded { call, cause, .. } => self.ended(*call, cause),
            Fact::OptedOut { number_hash, .. } => self.suppress(number_hash),
            Fact::AgentLoggedIn { agent, session, .. } => self.logged_in(*agent, *session),
            Fact::AgentStateChanged { agent, session, state, call, .. } => {
                self.state_changed(*agent, *session, *state, *call);
            }
            Fact::CustomerLeft { agent, .. } => self.agents.entry(*agent).or_default().talks_to_nobody = None,
            Fact::AgentLoggedOut { agent, session, effective, .. } => self.logged_out(*agent, *session, *effective),
            _ => {}
        }
    }

    fn with(&mut self, id: CallId, change: impl FnOnce(&mut Call)) {
        match self.calls.get_mut(&id) {
            Some(call) => change(call),
            None => self.broken("placed_first", format!("call {id} was never placed")),
        }
    }

    fn placed(&mut self, id: CallId, way: (CampaignId, LeadId, u32), number_hash: &str, gated: bool, seq: u64) {
        let (campaign, lead, attempt) = way;
        if let Some(other) = self.leads_in_call.insert((campaign, lead), id) {
            self.broken("lead_twice", format!("lead {lead} is in call {other} and placed again as {id}"));
        }
        let (human, handled, abandoned, over, dialed) = Default::default();
        let number_hash = number_hash.to_owned();
        let call = Call { campaign, lead, attempt, seq, gated, number_hash, dialed, human, handled, abandoned, over };
        let twice = self.calls.insert(id, call).is_some();
        self.require(!twice, "one_placed", || format!("call {id} was placed twice"));
    }

    fn invited(&mut self, id: CallId) {
        let over = self.calls.get(&id).is_none_or(|call| call.over);
        self.require(!over, "fact_after_end", || format!("InviteSent of call {id}"));
    }

    fn withdrawn(&mut self, id: CallId) {
        let dialed = self.calls.get(&id).is_some_and(|call| call.dialed);
        self.require(!dialed, "withdrawn_after_invite", || format!("call {id}"));
        self.over(id);
    }

    fn over(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return self.broken("placed_first", format!("call {id} ended and was never placed"));
        };
        let twice = std::mem::replace(&mut call.over, true);
        let way = (call.campaign, call.lead);
        if self.leads_in_call.get(&way) == Some(&id) {
            self.leads_in_call.remove(&way);
        }
        self.require(!twice, "one_end", || format!("call {id} has two terminal facts"));
        let now = self.now;
        for agent in self.agents.values_mut().filter(|agent| agent.call == Some(id)) {
            agent.call = None;
            let talks = matches!(agent.segments.last(), Some((_, AgentState::Talk)));
            agent.talks_to_nobody = talks.then_some(now);
        }
    }

    fn abandoned(&mut self, id: CallId, abandon: Abandon) {
        let mut twice = false;
        self.with(id, |call| twice = call.abandoned.replace(abandon).is_some());
        self.require(!twice, "one_abandon", || format!("call {id} was judged abandoned twice"));
    }

    /// I4: a person who was not served in time counts.
    fn ended(&mut self, id: CallId, cause: &Cause) {
        self.over(id);
        let Some(call) = self.calls.get(&id) else { return };
        let (human, handled, abandoned) = (call.human, call.handled, call.abandoned);
        let unserved = human && handled != Some(true);
        let cancelled = matches!(cause, Cause::CancelledStopped | Cause::CancelledSurplus);
        self.require(!unserved || abandoned.is_some() || cancelled, "abandoned_counted", || {
            format!("call {id} ended {cause:?}: a person answered and was served {handled:?}")
        });
        let fits = match cause {
            Cause::Handled => handled.is_some(),
            Cause::AbandonedNoAgent => matches!(abandoned, Some(Abandon::NoAgent | Abandon::Crash)),
            Cause::AbandonedCustomerEarly => matches!(abandoned, Some(Abandon::CustomerEarly)) || !human,
            _ => true,
        };
        self.require(fits, "cause_fits", || format!("call {id} ended {cause:?}, handled {handled:?}, {abandoned:?}"));
    }

    /// After the last step: nothing may be open. `unanswered_playbacks` is the world's own count.
    pub fn finish(&mut self, now: Moment, unanswered_playbacks: usize) {
        self.now = now;
        let open: Vec<CallId> = self.calls.iter().filter(|(_, call)| !call.over).map(|(id, _)| *id).collect();
        self.require(open.is_empty(), "one_end", || format!("calls without a terminal fact: {open:?}"));
        let asked = self.asked.len();
        self.require(asked == 0, "one_reply", || format!("{asked} requests were never answered"));
        let legs = self.legs.len();
        self.require(legs == 0, "zombie_leg", || format!("{legs} legs are still up"));
        let sessions = self.agents.values().filter(|agent| agent.session.is_some()).count();
        self.require(sessions == 0, "session_left_open", || format!("{sessions} sessions have no logout"));
        self.require(unanswered_playbacks == 0, "playback_answered", || format!("{unanswered_playbacks} are open"));
    }

    /// The checks of the next run: what the carrier saw goes on, the rest is what the disk says.
    pub fn after_crash(self, on_disk: &[Envelope]) -> Checks {
        let mut next = Checks { suppressed: self.suppressed, attempts: self.attempts, ..Checks::default() };
        for (id, load) in self.trunks {
            next.trunk(id, load.channels, load.calls_per_second);
        }
        for envelope in on_disk {
            next.fact(envelope);
        }
        next.durable(on_disk.last().map_or(0, |envelope| envelope.seq));
        (next.violations, next.count) = (self.violations, self.count);
        next
    }

    /// Calls of which the carrier saw an INVITE and that have no terminal fact.
    pub fn calls_without_end(&self) -> usize {
        self.attempts.values().filter(|call| self.calls.get(call).is_none_or(|call| !call.over)).count()
    }
}
