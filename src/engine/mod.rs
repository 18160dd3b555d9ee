//! The story of a call, as a pure state machine: `handle(now, Input)`, `poll_output()`, `poll_timeout()`.
//! No clock, socket, thread, database or unseeded chance inside.
//!
//! Reading order is the way of one call: `dial`, `answer`, `connect`, `talk`, `wrapup`; beside it `agents`
//! (login to logout), `outcome` (the agent's word), `campaigns` (configure, start, pause), `recover` (after a crash) and `views`.

mod agents;
mod answer;
mod callbacks;
mod campaigns;
mod connect;
mod dial;
pub mod door;
pub mod io;
mod learned;
mod message;
mod outcome;
mod pace;
mod page;
mod phones;
mod preview;
mod recover;
mod requests;
mod sellers;
mod sharing;
mod shown;
mod shutdown;
mod state;
mod talk;
pub mod tape;
mod timers;
mod views;
mod watchdogs;
mod why;
mod withheld;
pub mod world;
mod wrapup;

pub use crate::pacing::{Estimates, Mode};
pub use crate::script::{Choice, Field, FieldKind, Prompt, Step, StepKind, Values};
pub use door::{Answered, Door};
pub use io::*;
pub use watchdogs::Watchdogs;
pub use world::{Machine, Wake, World, run};

use crate::facts::{self, Envelope, Fact};
use crate::floor::Floor;
use crate::words::*;
use state::{Call, Campaign, Held, Trunk};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use timers::{Timer, Timers};

pub struct Engine {
    centre: CentreId,
    node: u16,
    mint: Mint,
    /// The last fact's number.
    seq: u64,
    /// Everything up to this is on disk.
    durable: u64,
    /// The oldest fact (or one soon after it) that is not, and since when.
    unconfirmed: Option<(u64, Moment)>,
    now: Moment,
    wall_offset: i64,
    outputs: VecDeque<Output>,
    timers: Timers,
    floor: Floor,
    campaigns: BTreeMap<CampaignId, Campaign>,
    calls: BTreeMap<CallId, Call>,
    legs: BTreeMap<LegId, Owner>,
    trunks: BTreeMap<TrunkId, Trunk>,
    /// Keyed hashes of numbers that may never be called.
    suppressed: BTreeSet<String>,
    /// Placed calls whose record is not durable yet, in order.
    undurable: VecDeque<(u64, CallId)>,
    /// Cleared calls that wait for a trunk's next free moment.
    outgoing: VecDeque<CallId>,
    held: VecDeque<Held>,
    /// What the current request did must be on disk before it is answered.
    answer_when_durable: bool,
    ledgers: BTreeMap<CampaignId, Vec<LedgerEntry>>,
    /// Campaigns that stood still when the last run ended, until they are configured.
    halted: BTreeMap<CampaignId, Halted>,
    orders: BTreeMap<OrderId, facts::OrderState>,
    /// Leads on their way when the last run died; planned when their campaign is configured.
    unplanned: Vec<UnplannedLead>,
    /// What earlier runs taught, by list type and hour.
    learned: BTreeMap<(String, u8), LearnedRow>,
    /// Callbacks promised with an agent; told to pacing when their campaign is configured.
    promised: Vec<Promised>,
    /// Of the run that died.
    leftovers: BTreeMap<LegId, recover::Left>,
    shutting_down: bool,
    /// Until here it is counted whose agents others wanted, too.
    contested_at: Moment,
    /// Manual and preview: leads that agents look at, leads that agents asked the store for, and what agents should know.
    previews: BTreeMap<AgentId, preview::Shown>,
    wanted: BTreeMap<LeadId, AgentId>,
    notices: BTreeMap<AgentId, Reason>,
    /// Begun, and not reported closed yet: a shutdown waits for them (I7).
    recordings_open: BTreeSet<RecordingId>,
    stopped: Option<u64>,
    seed: u64,
    watchdogs: Watchdogs,
}

#[derive(Debug, Clone, Copy)]
enum Owner {
    Call(CallId),
    Agent(AgentId),
    /// Of the run that died: see `recover`.
    Leftover,
}

impl Engine {
    /// `seed` feeds the scripts' chance; nothing else here is left to chance.
    pub fn new(seed: u64) -> Engine {
        Engine {
            centre: CentreId::default(),
            node: 0,
            mint: Mint::new(0, 0),
            seq: 0,
            durable: 0,
            unconfirmed: None,
            now: Moment::ZERO,
            wall_offset: 0,
            outputs: VecDeque::new(),
            timers: Timers::default(),
            floor: Floor::default(),
            campaigns: BTreeMap::new(),
            calls: BTreeMap::new(),
            legs: BTreeMap::new(),
            trunks: BTreeMap::new(),
            suppressed: BTreeSet::new(),
            undurable: VecDeque::new(),
            outgoing: VecDeque::new(),
            held: VecDeque::new(),
            answer_when_durable: false,
            ledgers: BTreeMap::new(),
            halted: BTreeMap::new(),
            orders: BTreeMap::new(),
            unplanned: Vec::new(),
            learned: BTreeMap::new(),
            promised: Vec::new(),
            leftovers: BTreeMap::new(),
            contested_at: Moment::ZERO,
            shutting_down: false,
            previews: BTreeMap::new(),
            wanted: BTreeMap::new(),
            notices: BTreeMap::new(),
            recordings_open: BTreeSet::new(),
            stopped: None,
            seed,
            watchdogs: Watchdogs::default(),
        }
    }

    /// For the host's wall-clock watchdog.
    pub fn watchdogs(&self) -> Watchdogs {
        self.watchdogs.clone()
    }

    fn on_input(&mut self, input: Input) {
        match input {
            Input::WallClock { offset } => self.wall_offset = offset,
            Input::Recovered(recovered) => self.recover(*recovered),
            Input::Durable { seq } => self.on_durable(seq),
            Input::LeadsLeased { campaign, leads, next_due, counts } => {
                self.on_leads(campaign, leads, next_due, counts)
            }
            Input::LeadLeased { campaign, id, lead } => self.on_lead(campaign, id, lead),
            Input::Leg { leg, event } => self.on_leg(leg, event),
            Input::LegGone { leg } => self.command(Command::ForgetLeg { leg }),
            Input::Media { leg, event } => self.on_media(leg, event),
            Input::Trunk { trunk, event } => self.on_trunk(trunk, event),
            Input::Phone { agent, registered } => self.on_phone(agent, registered),
            Input::Recorded { call, recording, length_ms, sha256, file } => {
                self.recordings_open.remove(&recording);
                self.fact(Fact::RecordingClosed { call, recording, length_ms, sha256, file });
            }
            Input::Request { id, by, request } => self.on_request(id, by, request),
            Input::Shutdown { within } => self.on_shutdown(within),
        }
    }

    fn on_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Outgoing => self.send_outgoing(),
            Timer::Pace(campaign) => self.rouse(campaign),
            Timer::Lease(campaign) => self.on_lease_timer(campaign),
            Timer::Ring(call) => self.on_rung_out(call),
            Timer::Verdict(call) => self.on_verdict_overdue(call),
            Timer::Threshold(call) => self.on_threshold(call),
            Timer::Flow(call) => self.on_flow_timer(call),
            Timer::Playback(call) => self.on_playback_overdue(call),
            Timer::HangUp(call) => self.on_hang_up_overdue(call),
            Timer::CallMax(call) => self.on_call_max(call),
            Timer::Preview(agent) => self.on_preview_over(agent),
            Timer::Wrap(agent) => self.on_wrap_over(agent),
            Timer::DeviceBack(agent) => self.on_device_given_up(agent),
            Timer::CallPhone(agent) => self.call_phone(agent),
            Timer::PageGone(agent) => self.on_page_gone(agent),
            // From now on only the agent's own word makes ready.
            Timer::PageBack(_) => {}
            Timer::Leftover(leg) => self.on_leftover_over(leg),
            Timer::Shutdown => self.on_shutdown_deadline(),
            Timer::LastReports => self.on_reports_overdue(),
        }
    }

    /// After each input: pacing looks at what changed, views that changed are sent.
    fn settle(&mut self) {
        self.share_agents();
        self.pace_restless();
        self.send_views();
        self.finish_shutdown();
    }

    // ── what leaves ──

    fn fact(&mut self, fact: Fact) {
        self.fact_at(self.now, fact);
    }

    /// For what was noticed a moment after it happened.
    fn fact_at(&mut self, moment: Moment, fact: Fact) {
        self.seq += 1;
        let now = self.now;
        self.unconfirmed.get_or_insert((self.seq, now));
        self.outputs.push_back(Output::Fact(Envelope {
            centre: self.centre,
            node: self.node,
            seq: self.seq,
            moment,
            wall: moment.wall(self.wall_offset),
            version: facts::VERSION,
            fact,
        }));
    }

    fn command(&mut self, command: Command) {
        self.outputs.push_back(Output::Command(command));
    }

    fn wall(&self) -> Wall {
        self.now.wall(self.wall_offset)
    }

    fn after(&mut self, timer: Timer, delay: Duration) {
        self.timers.set(timer, self.now + delay);
    }
}

impl Machine for Engine {
    fn handle(&mut self, now: Moment, input: Input) {
        // Media stamps and timers may cross by microseconds: the engine's time never runs backwards.
        self.now = self.now.max(now);
        self.on_input(input);
        self.settle();
    }

    fn handle_timeout(&mut self, now: Moment) {
        self.now = self.now.max(now);
        while let Some(timer) = self.timers.pop(self.now) {
            self.on_timer(timer);
        }
        self.settle();
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Moment> {
        self.timers.next()
    }
}
