//! The first input of every run: what the store knows. Calls that were alive when the program died get
//! their end here (I3), and people who waited then count as abandoned (I4).
//!
//! What may still be up at the carrier holds its channel (I10) until the line layer says that it is over (I11); its
//! record is closed then, for somebody may pick up a phone that the dead program made ring.

use super::callbacks::Word;
use super::io::*;
use super::timers::Timer;
use super::{Engine, Owner};
use crate::campaign::recycle::{self, Ending};
use crate::facts::{Abandon, Fact};
use crate::pacing::Event;
use crate::words::*;
use std::time::Duration;

/// SIP gives a leftover up after 64 T1, twice if somebody answers meanwhile; in flight must be zero after 60 s (I2).
const LEFTOVER_MAX: Duration = Duration::from_secs(50);

/// A leg of an earlier run that is being taken down.
pub(super) struct Left {
    trunk: Option<TrunkId>,
    /// Its call, if that has no end yet.
    open: Option<OpenCall>,
}

impl Engine {
    pub(super) fn recover(&mut self, known: Recovered) {
        self.centre = known.centre;
        self.node = known.node;
        self.mint = Mint::new(known.node, known.epoch);
        self.seq = known.last_seq;
        self.durable = known.last_seq;
        self.suppressed = known.suppressed.into_iter().collect();
        self.ledgers = known.ledgers;
        self.halted = known.halted.into_iter().map(|halted| (halted.campaign, halted)).collect();
        self.learned = known.learned.into_iter().map(|row| ((row.list_type.clone(), row.hour), row)).collect();
        self.promised = known.promised;
        self.orders = known.orders.into_iter().collect();
        self.fact(Fact::EngineStarted { epoch: known.epoch, program: env!("CARGO_PKG_VERSION").to_owned() });
        for agent in known.agents {
            self.floor.add(agent.id, agent.display.unwrap_or(agent.name), agent.lang);
        }
        for trunk in known.trunks {
            self.add_trunk(trunk);
        }
        for session in known.open_sessions {
            let OpenSession { agent, session, last } = session;
            self.fact(Fact::AgentLoggedOut { agent, session, effective: last, reason: "interrupted".to_owned() });
        }
        let mut open_calls = known.open_calls;
        open_calls.iter().for_each(|open| self.count_open(open));
        for leftover in known.leftovers {
            let at = open_calls.iter().position(|open| Some(open.call) == leftover.call);
            let open = at.map(|at| open_calls.remove(at));
            self.take_leftover(leftover, open);
        }
        for call in open_calls {
            self.close_open_call(call);
        }
        self.unplanned.extend(known.unplanned);
    }

    fn take_leftover(&mut self, leftover: Leftover, open: Option<OpenCall>) {
        let Leftover { leg, trunk, answered, sip_call_id, caller_id, .. } = leftover;
        if let Some(trunk) = trunk.and_then(|id| self.trunks.get_mut(&id)) {
            trunk.in_use += 1;
        }
        let open = open.map(|mut open| {
            // The record of the INVITE was on its way to the disk, as the INVITE to the carrier: it counts as sent.
            if let (Some(trunk), true) = (trunk, open.sip_call_id.as_ref() != Some(&sip_call_id)) {
                self.fact(Fact::InviteSent { call: open.call, leg, trunk, sip_call_id, caller_id });
            }
            if answered && open.answered.is_none() {
                self.fact(Fact::CallAnswered { call: open.call });
                open.answered = Some(self.wall());
            }
            open
        });
        self.legs.insert(leg, Owner::Leftover);
        self.leftovers.insert(leg, Left { trunk, open });
        self.after(Timer::Leftover(leg), LEFTOVER_MAX);
    }

    pub(super) fn on_leftover(&mut self, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Answered | LegEvent::PickedUp => self.leftover_picked_up(leg),
            LegEvent::Refused { .. } | LegEvent::Ended { .. } => self.on_leftover_over(leg),
            LegEvent::InviteSent { .. } | LegEvent::Ringing | LegEvent::EarlyMedia => {}
        }
    }

    fn leftover_picked_up(&mut self, leg: LegId) {
        let wall = self.wall();
        let open = self.leftovers.get_mut(&leg).and_then(|left| left.open.as_mut());
        if let Some(open) = open.filter(|open| open.answered.is_none()) {
            open.answered = Some(wall);
            let call = open.call;
            self.fact(Fact::CallAnswered { call });
        }
    }

    /// Nothing of it is left at the carrier, or nobody will ever tell.
    pub(super) fn on_leftover_over(&mut self, leg: LegId) {
        self.legs.remove(&leg);
        self.timers.cancel(Timer::Leftover(leg));
        let Some(Left { trunk, open }) = self.leftovers.remove(&leg) else { return };
        if let Some(trunk) = trunk.and_then(|id| self.trunks.get_mut(&id)) {
            trunk.in_use = trunk.in_use.saturating_sub(1);
        }
        let Some(open) = open else { return };
        let campaign = open.campaign;
        self.close_open_call(open);
        if self.campaigns.contains_key(&campaign) {
            self.plan_unplanned(campaign);
            let now = self.now;
            self.timers.set_earlier(Timer::Lease(campaign), now + Duration::from_millis(50));
            self.rouse(campaign);
        }
    }

    fn close_open_call(&mut self, open: OpenCall) {
        let OpenCall { call, campaign, lead, attempt, number_hash, agent, callback, .. } = open;
        let unjudged = open.machine.is_none() && !open.bridged && open.abandoned.is_none();
        if let Some(answered) = open.answered.filter(|_| unjudged) {
            self.fact(Fact::CallAbandoned { call, abandon: Abandon::Crash, waited_ms: 0, pack: open.pack });
            let entry = LedgerEntry { at: answered, abandoned: true };
            self.count_late(campaign, call, entry);
        }
        let cause = Cause::Interrupted;
        self.fact(Fact::CallEnded { call, cause: cause.clone(), sip: None, q850: None, by: Side::Us, talk_ms: 0 });
        let (cause, outcome) = (Some(cause), None);
        let lost = UnplannedLead { call, campaign, lead, attempt, cause, outcome, number_hash, agent, callback };
        self.unplanned.push(lost);
    }

    /// Who was served or judged before the crash; the store's ledgers hold calls that are over.
    fn count_open(&mut self, open: &OpenCall) {
        if let Some(entry) = open.entry() {
            self.count_late(open.campaign, open.call, entry);
        }
    }

    /// In the ledger that the campaign will begin with, or has begun with.
    fn count_late(&mut self, campaign: CampaignId, call: CallId, LedgerEntry { at, abandoned }: LedgerEntry) {
        if self.campaigns.contains_key(&campaign) {
            let answered = Moment(at.0 - self.wall_offset);
            self.tell_pacing(campaign, Event::Unserved { call, answered, abandoned });
        } else {
            self.ledgers.entry(campaign).or_default().push(LedgerEntry { at, abandoned });
        }
    }

    /// The campaign's settings are known: its leads that were on their way when the program died get their plan.
    pub(super) fn plan_unplanned(&mut self, id: CampaignId) {
        let (own, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.unplanned).into_iter().partition(|lead| lead.campaign == id);
        self.unplanned = others;
        let wall = self.wall();
        for UnplannedLead { call, lead, attempt, cause, outcome, number_hash, agent, callback, .. } in own {
            let settings = &self.campaigns[&id].spec.settings;
            let cause = cause.unwrap_or(Cause::CancelledStopped);
            // Who opted out in the call that the death cut off is among these.
            let opted_out = self.suppressed.contains(&number_hash);
            let ending = Ending { cause: &cause, outcome: outcome.as_deref(), callback, opted_out };
            let next = recycle::after_call(settings, attempt, &ending, wall);
            let word = agent.map(|agent| Word { agent, number_hash: &number_hash });
            self.plan(id, lead, call, word, next);
        }
    }
}
