//! Booking: every record goes to the rows it belongs to, under one attribution. Then sums, never shares.

use super::attempt::Attempt;
use super::attribution::Attribution;
use super::base::{Base, Sums};
use super::cell::{Cell, Cells, Group, Keys, currency, keys};
use super::contact::Contact;
use super::fold::Event;
use super::grid::{Grid, Slot};
use super::order::{Order, Taken};
use super::query::{GroupBy, Query};
use super::report::{ConfigKey, Life, Report};
use super::session::{Segment, pause_entries};
use crate::facts::OrderState;
use crate::words::*;

/// Orders younger than this may still be delivered or returned.
const ORDER_MATURE_MS: i64 = 15 * 86_400_000;
/// An order counts for a lead's interest when it comes within this time.
const INTEREST_WINDOW_MS: i64 = 30 * 86_400_000;

/// One pass over the records.
pub(super) struct Booking<'a> {
    report: &'a Report<'a>,
    query: &'a Query,
    grid: &'a Grid,
    cells: Cells,
}

pub(super) fn book(report: &Report, query: &Query, grid: &Grid, at: Attribution) -> Cells {
    let mut booking = Booking { report, query, grid, cells: Cells::new() };
    match at {
        Attribution::Start | Attribution::Close | Attribution::Answer => booking.attempts(at),
        Attribution::Split => {
            booking.agent_time();
            booking.campaign_time();
        }
        Attribution::Event => booking.events(),
        Attribution::Due => booking.callbacks(),
        Attribution::OrderCohort | Attribution::ShipCohort => booking.orders(at),
        Attribution::LeadCohort => booking.lead_cohorts(),
        Attribution::Snap => booking.snapshots(),
    }
    for cell in booking.cells.values_mut() {
        for (leads, base) in [(&mut cell.leads, Base::Leads), (&mut cell.leads_rpc, Base::LeadsRpc)] {
            leads.sort_unstable();
            leads.dedup();
            cell.sums.add(base, leads.len() as i64);
        }
        cell.post_dial_delay.sort_unstable();
        cell.answer_to_agent.sort_unstable();
    }
    booking.cells
}

impl Booking<'_> {
    fn wants(&self, campaign: Option<CampaignId>) -> bool {
        match (self.query.campaign, campaign) {
            (Some(asked), _) => campaign == Some(asked),
            (None, Some(campaign)) => self.query.include_test || !self.report.is_test(campaign),
            (None, None) => true,
        }
    }

    fn cell(&mut self, slot: Slot, keys: &Keys) -> &mut Cell {
        let group = match self.query.group_by {
            None => Group::All,
            Some(GroupBy::Agent) => Group::Agent(keys.agent),
            Some(GroupBy::Campaign) => Group::Campaign(keys.campaign),
            Some(GroupBy::Hour) => Group::Hour(slot.hour),
            Some(GroupBy::Trunk) => Group::Trunk(keys.trunk),
            Some(GroupBy::CallerId) => Group::Text(keys.caller_id.clone()),
            Some(GroupBy::Reason) => Group::Text(keys.reason.clone()),
            Some(GroupBy::Currency) => Group::Text(keys.currency.clone()),
        };
        self.cells.entry((slot.bucket, group)).or_default()
    }

    fn attempts(&mut self, at: Attribution) {
        let report = self.report;
        for (call, attempt) in report.fold.attempts.iter() {
            let Some(dialed) = attempt.dialed() else { continue };
            if !self.wants(attempt.campaign) {
                continue;
            }
            let booked = match at {
                Attribution::Close => {
                    let time = report.times.get(call).copied().unwrap_or_default();
                    report.closed(attempt, &time)
                }
                Attribution::Answer => attempt.answered().map(|at| at.wall),
                Attribution::Start
                | Attribution::Split
                | Attribution::Snap
                | Attribution::Event
                | Attribution::Due
                | Attribution::OrderCohort
                | Attribution::ShipCohort
                | Attribution::LeadCohort => Some(dialed.wall),
            };
            // Only then is it weighed: a day is asked for of months of calls.
            let Some(slot) = booked.and_then(|at| self.grid.find(at)) else { continue };
            let config = attempt.campaign.and_then(|campaign| report.config(campaign, dialed.wall));
            let contact = report.weigh(*call, attempt, config.is_some_and(|(_, config)| config.amd));
            self.attempt(slot, *call, attempt, &contact, config.map(|(key, _)| key));
        }
    }

    fn attempt(&mut self, slot: Slot, call: CallId, attempt: &Attempt, contact: &Contact, config: Option<ConfigKey>) {
        let orders = self.report.orders.get(&call).map_or(&[][..], Vec::as_slice);
        let keys = Keys { currency: orders.first().and_then(|order| currency(order)), ..keys(attempt) };
        let cell = self.cell(slot, &keys);
        cell.sums.merge(&contact.sums);
        orders.iter().for_each(|order| cell.currency.add(order));
        let answers = cell.answers.entry(config).or_default();
        answers.human += contact.answers.human;
        answers.abandoned += contact.answers.abandoned;
        answers.early += contact.answers.early;
        answers.early_in_amd += contact.answers.early_in_amd;
        cell.post_dial_delay.extend(contact.post_dial_delay);
        cell.answer_to_agent.extend(contact.answer_to_agent);
        cell.leads.extend(attempt.lead);
        cell.leads_rpc.extend(attempt.lead.filter(|_| contact.is_rpc));
        cell.provisional |= contact.open;
    }

    fn agent_time(&mut self) {
        let report = self.report;
        for segment in report.lines.iter().flatten() {
            for (campaign, mine) in self.campaigns_of(segment) {
                let keys =
                    Keys { agent: Some(segment.agent), campaign, reason: segment.reason.clone(), ..Keys::default() };
                let shared = (self.query.campaign.is_some() || self.query.group_by == Some(GroupBy::Campaign))
                    && segment.campaigns.len() > 1;
                for (slot, ms) in self.grid.clip(segment.from, segment.to) {
                    let cell = self.cell(slot, &keys);
                    cell.sums.add(Base::Login, ms);
                    cell.shared |= shared;
                    if mine {
                        cell.sums.add(base_of(segment.state), ms);
                    }
                }
            }
        }
    }

    /// To which rows an agent's stretch of time belongs (rule G8), and whether its state is theirs:
    /// time with a call is its campaign's; all else is the agent's, and shown whole under each campaign.
    fn campaigns_of(&self, segment: &Segment) -> Vec<(Option<CampaignId>, bool)> {
        let by_call = segment.call.and_then(|call| self.report.fold.attempts.get(&call)?.campaign);
        let own = segment.campaign.or(by_call);
        let with_call = match segment.state {
            AgentState::Reserved
            | AgentState::Talk
            | AgentState::Hold
            | AgentState::Wrap
            | AgentState::ManualDial
            | AgentState::Preview => own.is_some(),
            AgentState::Ready | AgentState::Pause | AgentState::NoDevice => false,
        };
        let split = self.query.campaign.is_some() || self.query.group_by == Some(GroupBy::Campaign);
        if !split {
            let of = if with_call { own } else { segment.campaigns.first().copied() };
            let only_test = !self.query.include_test
                && !segment.campaigns.is_empty()
                && segment.campaigns.iter().all(|campaign| self.report.is_test(*campaign));
            let wanted = if with_call { self.wants(of) } else { !only_test };
            return if wanted { vec![(of, true)] } else { Vec::new() };
        }
        let mut all: Vec<CampaignId> = segment.campaigns.to_vec();
        all.extend(own.filter(|own| !segment.campaigns.contains(own)));
        let wanted = all.into_iter().filter(|campaign| self.wants(Some(*campaign)));
        wanted.map(|campaign| (Some(campaign), !with_call || own == Some(campaign))).collect()
    }

    fn campaign_time(&mut self) {
        let report = self.report;
        for (campaign, from, to) in &report.active {
            if self.wants(Some(*campaign)) {
                let keys = Keys { campaign: Some(*campaign), ..Keys::default() };
                for (slot, ms) in self.grid.clip(*from, *to) {
                    self.cell(slot, &keys).sums.add(Base::Active, ms);
                }
            }
        }
    }

    fn events(&mut self) {
        let report = self.report;
        for (at, event) in report.fold.events.values() {
            let (campaign, base) = match event {
                Event::LeadHeld { campaign, why: NotDialed::Dnc } => (campaign, Base::DncBlocked),
                Event::CallbackPlanned { campaign, .. } => (campaign, Base::CallbacksScheduled),
                Event::LeadHeld { .. }
                | Event::EngineStarted
                | Event::EngineStopped
                | Event::CampaignStarted(_)
                | Event::CampaignHalted(_)
                | Event::LeadsImported { .. }
                | Event::LeadClosed { .. }
                | Event::OptedOut { .. } => continue,
            };
            self.count(at.wall, Keys { campaign: Some(*campaign), ..Keys::default() }, base);
        }
        for (call, attempt) in report.fold.attempts.iter() {
            self.attempt_events(*call, attempt);
        }
        for line in &report.lines {
            for entry in pause_entries(line) {
                for (campaign, _) in self.campaigns_of(entry) {
                    let keys =
                        Keys { agent: Some(entry.agent), campaign, reason: entry.reason.clone(), ..Keys::default() };
                    if let Some(slot) = self.grid.find(entry.from) {
                        self.cell(slot, &keys).sums.add(Base::PauseEntries, 1);
                    }
                }
            }
        }
        self.orders(Attribution::Event);
    }

    fn attempt_events(&mut self, call: CallId, attempt: &Attempt) {
        if let Some((at, NotDialed::Dnc)) = &attempt.withdrawn {
            self.count(at.wall, keys(attempt), Base::DncBlocked);
        }
        if let (Some((at, ())), true) = (&attempt.first_invite, self.report.broken_optouts.contains(&call)) {
            self.count(at.wall, keys(attempt), Base::DncViolations);
        }
        for (at, agent) in &attempt.extensions {
            self.count(at.wall, Keys { agent: Some(*agent), ..keys(attempt) }, Base::WrapExtensions);
        }
        for (at, agent) in &attempt.offers {
            let keys = Keys { agent: Some(*agent), ..keys(attempt) };
            let taken = attempt.bridges.iter().any(|(_, bridged)| bridged == agent);
            // Where the customer went first there was nothing to accept.
            let lost_by_agent = attempt.end.is_some() && !attempt.customer_early();
            self.count(at.wall, keys.clone(), Base::Offers);
            if !taken && lost_by_agent {
                self.count(at.wall, keys, Base::OffersMissed);
            }
        }
    }

    fn count(&mut self, at: i64, keys: Keys, base: Base) {
        if let (true, Some(slot)) = (self.wants(keys.campaign), self.grid.find(at)) {
            self.cell(slot, &keys).sums.add(base, 1);
        }
    }

    fn callbacks(&mut self) {
        let report = self.report;
        for callback in &report.callbacks {
            let keys = Keys { campaign: Some(callback.campaign), ..Keys::default() };
            self.count(callback.due, keys.clone(), Base::CallbacksDue);
            if callback.kept {
                self.count(callback.due, keys, Base::CallbacksKept);
            }
        }
    }

    fn orders(&mut self, at: Attribution) {
        let report = self.report;
        for order in report.fold.orders.values() {
            let Some(taken) = &order.taken else { continue };
            let booked = if at == Attribution::ShipCohort { order.shipped() } else { Some(taken.wall) };
            let Some(slot) = booked.and_then(|at| self.grid.find(at)) else { continue };
            if !self.wants(Some(taken.campaign)) {
                continue;
            }
            let attempt = report.fold.attempts.get(&taken.call);
            let keys = Keys {
                agent: taken.agent.or_else(|| attempt?.agent()),
                campaign: Some(taken.campaign),
                currency: currency(order),
                ..attempt.map(keys).unwrap_or_default()
            };
            let young = at != Attribution::Event && !settled(order) && taken.wall + ORDER_MATURE_MS > report.now;
            let cell = self.cell(slot, &keys);
            cell.provisional |= young;
            cell.currency.add(order);
            order_sums(&mut cell.sums, order, taken);
        }
    }

    fn lead_cohorts(&mut self) {
        let report = self.report;
        for life in report.leads.values() {
            let Some(slot) = life.first_dial.and_then(|at| self.grid.find(at)) else { continue };
            if !self.wants(life.campaign) {
                continue;
            }
            let cell = self.cell(slot, &Keys { campaign: life.campaign, ..Keys::default() });
            lead_sums(&mut cell.sums, life);
            let young = life.first_dial.is_some_and(|at| at + INTEREST_WINDOW_MS > report.now);
            cell.provisional |= life.closed.is_none() && young;
        }
    }

    /// Everything up to each row's end: rows are states, not parts.
    fn snapshots(&mut self) {
        let report = self.report;
        for life in report.leads.values() {
            let keys = Keys { campaign: life.campaign, ..Keys::default() };
            self.snapshot(life.first_dial, &keys, Base::Leads, 1);
            self.snapshot(life.first_rpc, &keys, Base::LeadsRpc, 1);
            self.snapshot(life.closed, &keys, Base::LeadsClosed, 1);
        }
        for (at, event) in report.fold.events.values() {
            if let Event::LeadsImported { campaign, accepted } = event {
                let keys = Keys { campaign: Some(*campaign), ..Keys::default() };
                self.snapshot(Some(at.wall), &keys, Base::LeadsLoaded, *accepted as i64);
            }
        }
    }

    fn snapshot(&mut self, at: Option<i64>, keys: &Keys, base: Base, amount: i64) {
        let Some(at) = at.filter(|_| self.wants(keys.campaign)) else { return };
        let first = self.grid.buckets.partition_point(|(_, to)| *to <= at);
        for bucket in first..self.grid.buckets.len() {
            let from = self.grid.buckets[bucket].0;
            let slot = Slot { from, to: self.grid.buckets[bucket].1, bucket: bucket as u32, hour: 0 };
            self.cell(slot, keys).sums.add(base, amount);
        }
    }
}

fn base_of(state: AgentState) -> Base {
    match state {
        AgentState::Ready => Base::Ready,
        AgentState::Reserved => Base::Reserved,
        AgentState::Talk => Base::Talk,
        AgentState::Hold => Base::Hold,
        AgentState::Wrap => Base::Wrap,
        AgentState::Pause => Base::Pause,
        AgentState::ManualDial => Base::ManualDial,
        AgentState::Preview => Base::Preview,
        AgentState::NoDevice => Base::NoDevice,
    }
}

/// Its fate will not change any more, as far as one can know.
fn settled(order: &Order) -> bool {
    use OrderState::*;
    [Delivered, Returned, Refused, Cancelled, Rejected].iter().any(|state| order.is(*state))
}

fn order_sums(sums: &mut Sums, order: &Order, taken: &Taken) {
    sums.add(Base::Orders, 1);
    sums.add(Base::Revenue, taken.total.minor);
    if order.stands() {
        sums.add(Base::OrdersNet, 1);
        sums.add(Base::RevenueNet, taken.total.minor);
    }
    let verified = order.is(OrderState::Verified);
    sums.count(Base::OrdersVerified, verified);
    sums.count(Base::OrdersProcessed, verified || order.is(OrderState::Rejected));
    sums.count(Base::OrdersCancelled, order.cancelled_before_shipping());
    sums.count(Base::OrdersShipped, order.shipped().is_some());
    sums.count(Base::OrdersDelivered, order.delivered());
    sums.count(Base::OrdersReturned, order.is(OrderState::Returned));
    sums.count(Base::OrdersRefused, order.is(OrderState::Refused));
}

fn lead_sums(sums: &mut Sums, life: &Life) {
    sums.add(Base::Leads, 1);
    sums.count(Base::LeadsRpc, life.first_rpc.is_some());
    sums.count(Base::LeadsInterested, life.interested.is_some());
    let in_time = |interested: i64| life.orders.iter().any(|order| *order <= interested + INTEREST_WINDOW_MS);
    sums.count(Base::LeadsInterestedOrdered, life.interested.is_some_and(in_time));
    sums.count(Base::LeadsOrdered, !life.orders.is_empty());
    sums.add(Base::LeadRpcContacts, life.rpc_contacts);
    sums.add(Base::OrdersDelivered, life.delivered);
    sums.add(Base::OrdersReturned, life.returned);
}
