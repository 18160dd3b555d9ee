//! The simulated disk: group commits that take their time, and leases. It refuses to let anybody see what a power cut
//! would take away.

use super::{Event, SimWorld};
use crate::campaign::Lead;
use crate::engine::Input;
use crate::facts::{Envelope, Fact};
use crate::sim::dist::Dist;
use crate::sim::rng::{Purpose, Stream, stream};
use crate::words::{CampaignId, LeadId, LocalDay, Moment, Wall};
use std::collections::VecDeque;

pub(super) struct Disk {
    pub epoch: u32,
    waiting: VecDeque<Envelope>,
    /// How many of `waiting` the commit under way holds.
    committing: usize,
    busy: bool,
    slow: Option<(Dist, Moment)>,
    durable: u64,
    rng: Stream,
}

impl Disk {
    pub fn new(seed: u64, epoch: u32, durable: u64) -> Disk {
        let rng = stream(seed, Purpose::Store, u64::from(epoch), 0);
        Disk { epoch, waiting: VecDeque::new(), committing: 0, busy: false, slow: None, durable, rng }
    }
}

impl SimWorld<'_> {
    pub(super) fn disk_takes(&mut self, envelope: Envelope) {
        self.disk.waiting.push_back(envelope);
        if !self.disk.busy {
            self.disk.busy = true;
            self.heap.plan(self.now, Event::FlushBegins);
        }
    }

    pub(super) fn flush_begins(&mut self) {
        let (now, usual) = (self.now, self.scenario.store.durable_seconds);
        let disk = &mut self.disk;
        disk.committing = disk.waiting.len();
        let time = disk.slow.filter(|(_, until)| now < *until).map_or(usual, |(slow, _)| slow);
        let time = time.draw(&mut disk.rng);
        self.later(time, Event::FlushEnds);
    }

    pub(super) fn flush_ends(&mut self) {
        self.write(self.disk.committing);
        let seq = self.disk.durable;
        self.checks.durable(seq);
        self.inbox.push_back(Input::Durable { seq });
        self.disk.busy = !self.disk.waiting.is_empty();
        if self.disk.busy {
            self.heap.plan(self.now, Event::FlushBegins);
        }
    }

    pub(super) fn flush_all(&mut self) {
        self.write(self.disk.waiting.len());
    }

    fn write(&mut self, count: usize) {
        for _ in 0..count {
            let envelope = self.disk.waiting.pop_front().expect("counted");
            self.disk.durable = envelope.seq;
            self.list_learns(&envelope);
            (self.sink)(&envelope);
        }
    }

    fn list_learns(&mut self, envelope: &Envelope) {
        match &envelope.fact {
            Fact::CallPlaced { campaign, .. }
            | Fact::LeadHeld { campaign, .. }
            | Fact::RetryPlanned { campaign, .. }
            | Fact::CallbackPlanned { campaign, .. }
            | Fact::LeadClosed { campaign, .. } => {
                let place = self.place_of(*campaign);
                self.lists[place].apply(&envelope.fact, envelope.wall);
            }
            // A number that opted out is out for every campaign.
            Fact::OptedOut { .. } => self.lists.iter_mut().for_each(|list| list.apply(&envelope.fact, envelope.wall)),
            Fact::CallWithdrawn { call, .. } => {
                if let Some(track) = self.calls.get(call) {
                    self.lists[track.list].withdrawn(track.lead, *call);
                }
            }
            _ => {}
        }
    }

    pub(super) fn slow_disk(&mut self, time: Dist, until: Moment) {
        self.disk.slow = Some((time, until));
    }

    pub(super) fn lease(&mut self, campaign: CampaignId, count: u32) {
        let list = self.place_of(campaign);
        let time = self.scenario.store.lease_seconds.draw(&mut self.disk.rng);
        self.later(time, Event::Leased { list, count });
    }

    pub(super) fn leased(&mut self, place: usize, count: u32) {
        let wall = self.wall();
        let list = &mut self.lists[place];
        let (mut leads, next_due) = list.lease(wall, count);
        let (campaign, counts) = (list.campaign, list.counts());
        leads.iter_mut().for_each(|lead| self.reserves(place, wall, lead));
        self.inbox.push_back(Input::LeadsLeased { campaign, leads, next_due, counts });
    }

    pub(super) fn lease_one(&mut self, campaign: CampaignId, lead: LeadId) {
        let list = self.place_of(campaign);
        let time = self.scenario.store.lease_seconds.draw(&mut self.disk.rng);
        self.later(time, Event::LeasedOne { list, lead });
    }

    pub(super) fn leased_one(&mut self, place: usize, id: LeadId) {
        let wall = self.wall();
        let list = &mut self.lists[place];
        let mut lead = list.lease_one(wall, id);
        let campaign = list.campaign;
        lead.iter_mut().for_each(|lead| self.reserves(place, wall, lead));
        self.inbox.push_back(Input::LeadLeased { campaign, id, lead });
    }

    /// Room for one attempt, on the called party's day.
    fn reserves(&mut self, place: usize, wall: Wall, lead: &mut Lead) {
        lead.day = LocalDay::at(wall, &lead.zones, &self.specs[place].settings.hours.zone).date;
        self.reserved.insert(lead.id, lead.day.clone());
    }

    /// An attempt is made on the day that has room for it, and on no other: a number's cap holds over midnight.
    pub(super) fn attempt_fits(&mut self, place: usize, lead: LeadId, wall: Wall) {
        let zones = self.lists[place].row(lead).map(|row| row.lead.zones.clone()).unwrap_or_default();
        let day = LocalDay::at(wall, &zones, &self.specs[place].settings.hours.zone).date;
        let reserved = self.reserved.get(&lead);
        if reserved != Some(&day) {
            let detail = format!("lead {lead} is called on {day}, there is room on {reserved:?}");
            self.checks.broken("reserved_day", detail);
        }
    }
}
