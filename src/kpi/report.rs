//! What the records mean together, derived once: time per call, the lives of leads, callbacks kept, opt-outs broken.
//! Many questions are then asked of it. It refuses to change a record.

use super::attempt::{Attempt, Stamp};
use super::fold::{Event, Fold, Place};
use super::order::Order;
use super::profile::Profile;
use super::session::{Segment, union};
use crate::facts::{CampaignConfigured, OrderState};
use crate::words::*;
use std::collections::{BTreeMap, BTreeSet};

/// A callback counts as kept when it is dialled this near to its promise (dictionary, section 3).
const CALLBACK_GRACE_MS: i64 = 5 * 60_000;

pub struct Report<'a> {
    pub(super) fold: &'a Fold,
    /// Wall milliseconds, exclusive: whatever is open lasts until here.
    pub(super) now: i64,
    /// Each agent's line of time, agent by agent.
    pub(super) lines: Vec<Vec<Segment>>,
    pub(super) times: BTreeMap<CallId, CallTime>,
    pub(super) orders: BTreeMap<CallId, Vec<&'a Order>>,
    pub(super) leads: BTreeMap<LeadId, Life>,
    pub(super) callbacks: Vec<Callback>,
    /// First dials after a promise.
    pub(super) callback_calls: BTreeSet<CallId>,
    /// INVITEs to numbers that had opted out (I6).
    pub(super) broken_optouts: BTreeSet<CallId>,
    /// When campaigns were running.
    pub(super) active: Vec<(CampaignId, i64, i64)>,
}

/// The agents' time with one call, milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CallTime {
    pub talk: i64,
    pub hold: i64,
    pub wrap: i64,
    pub manual_dial: i64,
    pub preview: i64,
    /// A part of `talk`.
    pub dead: i64,
    /// Wall milliseconds of the end of the wrap-up.
    pub wrapped: Option<i64>,
    /// An agent is still at it.
    pub open: bool,
}

/// A lead over all its attempts. Times in wall milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    pub campaign: Option<CampaignId>,
    pub first_dial: Option<i64>,
    pub first_rpc: Option<i64>,
    pub rpc_contacts: i64,
    pub interested: Option<i64>,
    pub closed: Option<i64>,
    pub orders: Vec<i64>,
    pub delivered: i64,
    pub returned: i64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Callback {
    pub campaign: CampaignId,
    pub due: i64,
    pub kept: bool,
}

impl<'a> Report<'a> {
    pub(super) fn new(fold: &'a Fold, now: Wall) -> Report<'a> {
        let now = now.millis() + 1;
        let lines = lines(fold, now - 1);
        let times = call_times(fold, &lines);
        let mut orders: BTreeMap<CallId, Vec<&Order>> = BTreeMap::new();
        for order in fold.orders.values() {
            if let Some(taken) = &order.taken {
                orders.entry(taken.call).or_default().push(order);
            }
        }
        let dials = dials_by_lead(fold);
        let (callbacks, callback_calls) = callbacks(fold, &dials, now);
        Report {
            fold,
            now,
            lines,
            times,
            orders,
            leads: lives(fold),
            callbacks,
            callback_calls,
            broken_optouts: broken_optouts(fold),
            active: active(fold, now),
        }
    }

    /// As configured when the attempt was dialled.
    pub(super) fn config(&self, campaign: CampaignId, at: i64) -> Option<(ConfigKey, &'a CampaignConfigured)> {
        let versions = self.fold.configured.get(&campaign)?;
        let then = versions.range(..=(at, (u16::MAX, u64::MAX))).next_back().or_else(|| versions.iter().next())?;
        Some(((campaign, *then.0), then.1))
    }

    pub(super) fn latest_config(&self, campaign: CampaignId) -> Option<&'a CampaignConfigured> {
        self.fold.configured.get(&campaign)?.values().next_back()
    }

    pub(super) fn is_test(&self, campaign: CampaignId) -> bool {
        self.latest_config(campaign).is_some_and(|config| config.test)
    }

    pub(super) fn profile(&self, campaign: CampaignId) -> Option<Profile> {
        Profile::named(&self.latest_config(campaign)?.abandon_profile)
    }

    /// The campaign's (or anyone's) first dial.
    pub(super) fn first_call(&self, campaign: Option<CampaignId>) -> Option<i64> {
        let of = |attempt: &&Attempt| campaign.is_none() || attempt.campaign == campaign;
        self.fold.attempts.values().filter(of).filter_map(|attempt| attempt.dialed()).map(|at| at.wall).min()
    }

    /// `t_wrap_end`: the end of call, wrap-up and disposition, whichever is last. `None`: not yet.
    pub(super) fn closed(&self, attempt: &Attempt, time: &CallTime) -> Option<i64> {
        let end = attempt.end.as_ref()?.0.wall;
        if time.open {
            return None;
        }
        let outcome = attempt.first_outcome.as_ref().map(|(at, ())| at.wall);
        Some(end.max(time.wrapped.unwrap_or(end)).max(outcome.unwrap_or(end)))
    }
}

/// One configuration of one campaign.
pub(super) type ConfigKey = (CampaignId, (i64, Place));

fn lines(fold: &Fold, now: i64) -> Vec<Vec<Segment>> {
    let mut by_agent: BTreeMap<AgentId, Vec<Segment>> = BTreeMap::new();
    for ((agent, id), session) in fold.sessions.iter() {
        by_agent.entry(*agent).or_default().extend(session.segments(*agent, *id, now));
    }
    by_agent.into_values().map(union).collect()
}

fn call_times(fold: &Fold, lines: &[Vec<Segment>]) -> BTreeMap<CallId, CallTime> {
    let mut left: BTreeMap<(SessionId, CallId), i64> = BTreeMap::new();
    for ((_, id), session) in fold.sessions.iter() {
        for (call, mono) in session.left.values() {
            if let Some(wall) = session.wall_of(*mono) {
                left.entry((*id, *call)).and_modify(|held| *held = (*held).min(wall)).or_insert(wall);
            }
        }
    }
    let mut times: BTreeMap<CallId, CallTime> = BTreeMap::new();
    for segment in lines.iter().flatten() {
        let Some(call) = segment.call else { continue };
        let time = times.entry(call).or_default();
        let length = segment.to - segment.from;
        match segment.state {
            AgentState::Talk => {
                time.talk += length;
                let gone = left.get(&(segment.session, call)).copied().unwrap_or(i64::MAX);
                time.dead += (segment.to - gone.max(segment.from)).max(0);
            }
            AgentState::Hold => time.hold += length,
            AgentState::Wrap => {
                time.wrap += length;
                time.wrapped = time.wrapped.max(Some(segment.to));
            }
            AgentState::ManualDial => time.manual_dial += length,
            AgentState::Preview => time.preview += length,
            AgentState::Reserved | AgentState::Ready | AgentState::Pause | AgentState::NoDevice => continue,
        }
        time.open |= segment.open;
    }
    times
}

/// Every lead's dials, in order.
fn dials_by_lead(fold: &Fold) -> BTreeMap<LeadId, Vec<(Stamp, CallId)>> {
    let mut dials: BTreeMap<LeadId, Vec<(Stamp, CallId)>> = BTreeMap::new();
    for (call, attempt) in fold.attempts.iter() {
        if let (Some(lead), Some(at)) = (attempt.lead, attempt.dialed()) {
            dials.entry(lead).or_default().push((at, *call));
        }
    }
    dials.values_mut().for_each(|of_lead| of_lead.sort_unstable());
    dials
}

fn lives(fold: &Fold) -> BTreeMap<LeadId, Life> {
    let mut lives: BTreeMap<LeadId, Life> = BTreeMap::new();
    let earliest = |slot: &mut Option<i64>, at: i64| *slot = Some(slot.map_or(at, |held| held.min(at)));
    for attempt in fold.attempts.values() {
        let (Some(lead), Some(at)) = (attempt.lead, attempt.dialed()) else { continue };
        let life = lives.entry(lead).or_default();
        life.campaign = attempt.campaign;
        earliest(&mut life.first_dial, at.wall);
        let outcome = attempt.outcome.as_ref().filter(|_| attempt.handled.is_some());
        let Some((set, outcome)) = outcome else { continue };
        if outcome.right_party {
            life.rpc_contacts += 1;
            earliest(&mut life.first_rpc, set.wall);
        }
        if outcome.interested {
            earliest(&mut life.interested, set.wall);
        }
    }
    for order in fold.orders.values() {
        let Some(taken) = &order.taken else { continue };
        let life = lives.entry(taken.lead).or_default();
        life.campaign = Some(taken.campaign);
        life.orders.push(taken.wall);
        life.delivered += i64::from(order.delivered());
        life.returned += i64::from(order.is(OrderState::Returned));
    }
    for (at, event) in fold.events.values() {
        if let Event::LeadClosed { campaign, lead } = event {
            let life = lives.entry(*lead).or_default();
            life.campaign = Some(*campaign);
            earliest(&mut life.closed, at.wall);
        }
    }
    lives
}

/// Promises that count: not taken back by the customer, a later promise or the lead's end before they fell due.
fn callbacks(
    fold: &Fold,
    dials: &BTreeMap<LeadId, Vec<(Stamp, CallId)>>,
    now: i64,
) -> (Vec<Callback>, BTreeSet<CallId>) {
    let mut ends: BTreeMap<LeadId, Vec<Stamp>> = BTreeMap::new();
    for (at, event) in fold.events.values() {
        match event {
            Event::CallbackPlanned { lead, .. } | Event::LeadClosed { lead, .. } | Event::OptedOut { lead, .. } => {
                ends.entry(*lead).or_default().push(*at);
            }
            Event::EngineStarted
            | Event::EngineStopped
            | Event::CampaignStarted(_)
            | Event::CampaignHalted(_)
            | Event::LeadsImported { .. }
            | Event::LeadHeld { .. } => {}
        }
    }
    let (mut callbacks, mut calls) = (Vec::new(), BTreeSet::new());
    for (at, event) in fold.events.values() {
        let Event::CallbackPlanned { campaign, lead, due } = event else { continue };
        let of_lead = dials.get(lead).map_or(&[][..], Vec::as_slice);
        let after = of_lead.iter().find(|(dialed, _)| at.before(*dialed));
        calls.extend(after.map(|(_, call)| *call));
        let kept = after.is_some_and(|(dialed, _)| (dialed.wall - due).abs() <= CALLBACK_GRACE_MS);
        let ended = ends.get(lead).is_some_and(|of_lead| of_lead.iter().any(|end| at.before(*end) && end.wall < *due));
        let decided = kept || (!ended && due + CALLBACK_GRACE_MS < now);
        if decided {
            callbacks.push(Callback { campaign: *campaign, due: *due, kept });
        }
    }
    (callbacks, calls)
}

fn broken_optouts(fold: &Fold) -> BTreeSet<CallId> {
    let mut optouts: BTreeMap<u64, Vec<Stamp>> = BTreeMap::new();
    for (at, event) in fold.events.values() {
        if let Event::OptedOut { number, .. } = event {
            optouts.entry(*number).or_default().push(*at);
        }
    }
    let broken = |attempt: &Attempt| {
        let sent = attempt.first_invite.as_ref()?.0;
        let of_number = optouts.get(&attempt.number?)?;
        of_number.iter().any(|optout| optout.before(sent)).then_some(())
    };
    fold.attempts.iter().filter(|(_, attempt)| broken(attempt).is_some()).map(|(call, _)| *call).collect()
}

/// From start to pause, drain, finish, or the end of the program.
fn active(fold: &Fold, now: i64) -> Vec<(CampaignId, i64, i64)> {
    let mut events: Vec<(Stamp, Event)> = fold.events.values().copied().collect();
    events.sort_by_key(|(at, _)| *at);
    let mut running: BTreeMap<CampaignId, i64> = BTreeMap::new();
    let mut spans = Vec::new();
    for (at, event) in events {
        match event {
            Event::CampaignStarted(campaign) => {
                running.entry(campaign).or_insert(at.wall);
            }
            Event::CampaignHalted(campaign) => {
                spans.extend(running.remove(&campaign).map(|from| (campaign, from, at.wall)));
            }
            Event::EngineStarted | Event::EngineStopped => {
                spans
                    .extend(std::mem::take(&mut running).into_iter().map(|(campaign, from)| (campaign, from, at.wall)));
            }
            Event::LeadsImported { .. }
            | Event::LeadHeld { .. }
            | Event::CallbackPlanned { .. }
            | Event::LeadClosed { .. }
            | Event::OptedOut { .. } => {}
        }
    }
    spans.extend(running.into_iter().map(|(campaign, from)| (campaign, from, now - 1)));
    spans
}
