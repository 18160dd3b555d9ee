//! `SimWorld`: the engine's `World` in virtual time. One heap of events, one clock, and the checks after every step.
//! It refuses to decide anything that an engine decides: it carries out commands and lets people, carriers, agents and
//! disks do what the scenario says.

mod days;
mod floor;
mod legs;
mod media;
mod outside;
mod store;

use super::agent::{Plan, SimAgent};
use super::carrier::{Reply as CarrierReply, Trunk};
use super::checks::Checks;
use super::heap::Heap;
use super::list::List;
use super::scenario::Scenario;
use crate::engine::{
    CampaignSpec, CampaignView, Command, DecisionView, Input, LearnedRow, MediaEvent, Output, View, Wake, World,
};
use crate::facts::{Envelope, Fact};
use crate::words::*;
pub use days::Remains;
use jiff::tz::TimeZone;
use legs::Customer;
use outside::Asker;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use store::Disk;

/// Who takes the facts once they are on disk.
pub type Sink<'a> = Box<dyn FnMut(&Envelope) + 'a>;

/// After the planned end everything must be over within this.
const DRAIN: Duration = Duration::from_secs(300);
/// So many time-outs at one moment mean that a timer never leaves the queue.
const STUCK: u32 = 10_000;

pub struct SimWorld<'a> {
    scenario: Arc<Scenario>,
    specs: Vec<Arc<CampaignSpec>>,
    zone: TimeZone,
    now: Moment,
    /// When the drain begins.
    end: Moment,
    offset: i64,
    heap: Heap<Event>,
    inbox: VecDeque<Input>,
    lists: Vec<List>,
    disk: Disk,
    trunks: Vec<Trunk>,
    agents: Vec<SimAgent>,
    phones: Vec<Phone>,
    /// The day on which the store keeps room for an attempt, of leads that were leased.
    reserved: BTreeMap<LeadId, String>,
    calls: BTreeMap<CallId, Track>,
    customers: BTreeMap<LegId, Customer>,
    agent_legs: BTreeMap<LegId, usize>,
    requests: BTreeMap<RequestId, Asker>,
    requested: u64,
    pub checks: Checks,
    sink: Sink<'a>,
    pub steps: u64,
    /// The world ends before this step: a crash.
    cut_at: Option<u64>,
    same_moment: u32,
    stopped: bool,
    views: BTreeMap<CampaignId, CampaignView>,
    /// What a store would keep for `why` and `replay`.
    pub decided: Vec<(CampaignId, DecisionView)>,
    pub tapes: Vec<(CampaignId, Vec<u8>)>,
    pub learned: BTreeMap<(String, u8), LearnedRow>,
}

/// What will happen by itself.
#[derive(Debug)]
enum Event {
    FlushBegins,
    FlushEnds,
    Leased {
        list: usize,
        count: u32,
    },
    LeasedOne {
        list: usize,
        lead: LeadId,
    },
    /// The carrier says something about an INVITE.
    Carrier(LegId, CarrierReply),
    /// A leg that we hung up is down.
    Gone(LegId),
    CustomerHangsUp(LegId),
    /// Valid for one `Listen`.
    Heard(LegId, u32, MediaEvent),
    PlayedOut(LegId, PlaybackId),
    Pressed(LegId, char),
    /// Nobody spoke to the person since.
    PatienceEnds(LegId, u32),
    RecordingClosed {
        call: CallId,
        recording: RecordingId,
        length_ms: u32,
    },
    PhoneAnswers(LegId),
    PhoneRefuses(LegId),
    Agent(usize, Plan),
    PhoneGone(usize, u32),
    Planned(usize),
    PlannedOver(usize),
    Shutdown(Duration),
    NeverStopped,
}

/// A call as the world follows it.
struct Track {
    list: usize,
    lead: LeadId,
    attempt: u32,
    leg: Option<LegId>,
    /// An INVITE has left, over whichever trunk.
    begun: bool,
}

#[derive(Default)]
struct Phone {
    registered: bool,
    leg: Option<LegId>,
    customer: Option<LegId>,
    /// Counts losses, so that a late probe is recognised.
    losses: u32,
}

impl<'a> SimWorld<'a> {
    /// Ends the world before its step number `step`, as a power cut would.
    pub fn cut_at(&mut self, step: u64) {
        self.cut_at = Some(step);
    }

    /// Leads of one's own for the campaign at `place`; their ids must follow each other from the first one's.
    pub fn set_list(&mut self, place: usize, leads: Vec<crate::campaign::Lead>) {
        let first = leads.first().map_or(1, |lead| lead.id.0);
        self.lists[place] = List::of(self.specs[place].id, first, leads);
    }

    pub fn now(&self) -> Moment {
        self.now
    }
    pub fn lists(&self) -> &[List] {
        &self.lists
    }
    pub fn campaign_view(&self, campaign: CampaignId) -> Option<&CampaignView> {
        self.views.get(&campaign)
    }
    /// Did the engine say `Stop`?
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    pub fn wall(&self) -> Wall {
        self.now.wall(self.offset)
    }

    fn later(&mut self, after: Duration, event: Event) {
        self.heap.plan(self.now + after, event);
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::FlushBegins => self.flush_begins(),
            Event::FlushEnds => self.flush_ends(),
            Event::Leased { list, count } => self.leased(list, count),
            Event::LeasedOne { list, lead } => self.leased_one(list, lead),
            Event::Carrier(leg, reply) => self.carrier_says(leg, reply),
            Event::Gone(leg) => self.leg_gone(leg),
            Event::CustomerHangsUp(leg) => self.customer_hangs_up(leg),
            Event::Heard(leg, listening, event) => self.heard(leg, listening, event),
            Event::PlayedOut(leg, playback) => self.played_out(leg, playback),
            Event::Pressed(leg, digit) => self.pressed(leg, digit),
            Event::PatienceEnds(leg, stamp) => self.patience_ends(leg, stamp),
            Event::RecordingClosed { call, recording, length_ms } => self.recording_closed(call, recording, length_ms),
            Event::PhoneAnswers(leg) => self.phone_answers(leg),
            Event::PhoneRefuses(leg) => self.phone_refuses(leg),
            Event::Agent(place, plan) => self.agent_does(place, plan),
            Event::PhoneGone(place, losses) => self.phone_gone(place, losses),
            Event::Planned(index) => self.planned(index),
            Event::PlannedOver(index) => self.planned_over(index),
            Event::Shutdown(within) => self.inbox.push_back(Input::Shutdown { within }),
            Event::NeverStopped => {
                self.checks.broken("stops", format!("still at work {} s after the end", DRAIN.as_secs()));
                self.stopped = true;
            }
        }
    }

    /// After the loop: what was on its way to the disk arrives, and nothing may be left open.
    pub fn closes(&mut self) {
        self.flush_all();
        let playing = self.customers.values().filter(|customer| customer.playing.is_some()).count();
        let now = self.now;
        self.checks.finish(now, playing);
    }
}

impl World for SimWorld<'_> {
    fn wait(&mut self, until: Option<Moment>) -> Wake {
        loop {
            if self.stopped || self.cut_at.is_some_and(|step| self.steps >= step) {
                return Wake::Over;
            }
            if let Some(input) = self.inbox.pop_front() {
                self.steps += 1;
                self.same_moment = 0;
                return Wake::Input(self.now, input);
            }
            match (self.heap.next_at(), until) {
                (None, None) => return Wake::Over,
                (Some(at), until) if until.is_none_or(|until| at <= until) => {
                    let (at, event) = self.heap.pop().expect("seen just now");
                    self.now = self.now.max(at);
                    self.happens(event);
                }
                (_, Some(until)) => {
                    self.steps += 1;
                    self.same_moment = if until > self.now { 0 } else { self.same_moment + 1 };
                    self.now = self.now.max(until);
                    if self.same_moment > STUCK {
                        self.checks.broken("timer_stuck", format!("the engine wants {until:?} again and again"));
                        return Wake::Over;
                    }
                    return Wake::Timeout(self.now);
                }
                (Some(_), None) => unreachable!("without a time-out every event is due"),
            }
        }
    }

    fn carry_out(&mut self, now: Moment, output: Output) {
        match output {
            Output::Fact(envelope) => self.takes_fact(envelope),
            Output::Command(command) => self.does(now, command),
            Output::View(View::Agent(view)) => self.agent_sees(view),
            Output::View(View::Campaign(view)) => _ = self.views.insert(view.campaign, *view),
        }
    }
}

impl SimWorld<'_> {
    fn takes_fact(&mut self, envelope: Envelope) {
        self.checks.fact(&envelope);
        if let Fact::CallPlaced { call, campaign, lead, attempt, .. } = &envelope.fact {
            let list = self.place_of(*campaign);
            self.attempt_fits(list, *lead, envelope.wall);
            let track = Track { list, lead: *lead, attempt: *attempt, leg: None, begun: false };
            self.calls.insert(*call, track);
        }
        self.disk_takes(envelope);
    }

    fn place_of(&self, campaign: CampaignId) -> usize {
        self.specs.iter().position(|spec| spec.id == campaign).expect("the engine knows only our campaigns")
    }

    fn does(&mut self, now: Moment, command: Command) {
        match command {
            Command::LeaseLeads { campaign, count } => self.lease(campaign, count),
            Command::LeaseLead { campaign, lead } => self.lease_one(campaign, lead),
            Command::ReleaseLeads { campaign, leads } => {
                let place = self.place_of(campaign);
                self.lists[place].release(&leads);
            }
            Command::Dial { leg, call, trunk, .. } => self.dials(leg, call, trunk),
            Command::CallAgent { leg, agent } => self.calls_agent(leg, agent),
            Command::HangUp { leg } => self.hangs_up(leg),
            Command::Listen { leg, amd } => self.listens(leg, amd),
            Command::StopListening { leg } => self.stops_listening(leg),
            Command::Bridge { customer, agent, .. } => self.bridges(customer, agent),
            Command::Unbridge { customer, agent } => self.unbridges(customer, agent),
            Command::Play { leg, campaign, playback, prompt } => self.plays(leg, campaign, playback, &prompt),
            Command::StopPlay { leg } => self.stops_play(leg),
            Command::Record { customer, recording, .. } => self.records(customer, recording),
            Command::StopRecording { customer } => self.stops_recording(customer),
            // Lists here are leased as they are, sounds have a length and nothing else.
            Command::UseVersion { .. } => {}
            // Kept with the person by a real store; nothing here reads it.
            Command::ForgetLeg { .. } | Command::KeepFields { .. } | Command::KeepNote { .. } => {}
            Command::KeepDecision { campaign, decision } => self.decided.push((campaign, *decision)),
            Command::KeepLearned(row) => _ = self.learned.insert((row.list_type.clone(), row.hour), row),
            Command::KeepTape { campaign, tape, .. } => self.tapes.push((campaign, tape)),
            Command::Reply { id, result } => self.replies(now, id, result),
            Command::Stop => self.stopped = true,
        }
    }
}
