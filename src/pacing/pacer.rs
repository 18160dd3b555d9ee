//! The fold: events in, one decision out. Same events in the same batches, same decisions, bit for bit.
//! It holds no clock: `now` comes with every word, and never runs backwards inside.

mod choose;
mod observed;
mod sane;

use super::budget::Held;
use super::estimate::{Learned, LearnedError, Talk};
use super::event::*;
use super::ledger::{Ledger, Tally, Window};
use super::predictive::Predictive;
use super::state::{Line, Stage, State, Work, seconds};
use super::why::{self, Spent};
use crate::words::{AgentId, CallId, Moment};
use sane::sane;
use std::time::Duration;

/// Nothing is asked less often while agents are at work.
const NET: Duration = Duration::from_millis(250);

/// Calls that will ring have begun to by then.
const SILENT_SECONDS: f64 = 5.0;

#[derive(Debug)]
pub struct Pacer {
    settings: Settings,
    state: State,
    ledger: Ledger,
    predictive: Predictive,
    paused: bool,
    /// Manual and preview: calls that agents asked for and that were not yet granted.
    asked: u32,
    /// Windows that several campaigns share, as last told.
    joint: Vec<Held>,
    /// All windows, refilled at each decision.
    held: Vec<Held>,
    /// The strictest of them, at the last decision.
    binding: usize,
    fallback: Fallback,
    recovery: Option<(Moment, usize, Option<Moment>)>,
    /// For the comparison of what script steps are worth.
    ignore_steps: bool,
    /// The latest moment heard of.
    now: Moment,
}

/// One line per free agent while the cap is spent: what came of it.
#[derive(Debug, Clone, Copy, Default)]
struct Fallback {
    /// What is answered before belongs to lines that were placed before the cap was spent.
    counts_from: Option<Moment>,
    tally: Tally,
    /// It abandoned too many as well: nothing is dialed before.
    rests: Option<Moment>,
}

impl Pacer {
    pub fn new(settings: Settings) -> Pacer {
        let settings = sane(settings);
        Pacer {
            ledger: Ledger::new(settings.windows()),
            predictive: Predictive::new(&settings),
            state: State::default(),
            paused: false,
            asked: 0,
            joint: Vec::new(),
            held: Vec::new(),
            binding: 0,
            fallback: Fallback::default(),
            recovery: None,
            ignore_steps: false,
            now: Moment(i64::MIN),
            settings,
        }
    }

    pub fn mode(&self) -> Mode {
        self.settings.mode
    }

    /// Calls in flight finish as they would have.
    pub fn set_mode(&mut self, mode: Mode) {
        self.settings.mode = mode;
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What was learned and what the ledger holds stays.
    pub fn set_settings(&mut self, settings: Settings) {
        let settings = sane(settings);
        self.ledger.set_windows(settings.windows());
        self.settings = settings;
    }

    /// Talks are then of one stage: for the comparison of what script steps are worth.
    pub fn set_ignore_steps(&mut self, ignore: bool) {
        self.ignore_steps = ignore;
    }

    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Manual and preview: an agent wants so many calls placed.
    pub fn ask(&mut self, calls: u32) {
        self.asked = self.asked.saturating_add(calls);
    }

    /// What earlier runs of such a list taught; before the first event.
    pub fn warm(&mut self, prior: Prior) {
        self.predictive.ring.warm(&prior);
        self.predictive.talk.warm(&prior);
    }

    /// The same in full, from `learned`; before the first event.
    pub fn warm_with(&mut self, learned: &Learned) -> Result<(), LearnedError> {
        let prior = learned.prior(self.settings.amd, self.settings.ring_seconds_max)?;
        self.predictive.learn(prior, &self.settings);
        Ok(())
    }

    /// What this run learned, for the next one of the same list type and hour.
    pub fn learned(&self) -> Learned {
        let Predictive { ring, amd, talk, .. } = &self.predictive;
        Learned::of(self.settings.amd, ring, amd, talk)
    }

    /// A callback is appointed (or no more): one agent less is expected free from then on.
    pub fn expect_callback(&mut self, at: Moment) {
        self.predictive.inbound.plan(at);
    }

    pub fn unexpect_callback(&mut self, at: Moment) {
        self.predictive.inbound.unplan(at);
    }

    /// A budget that several campaigns draw from, such as that of a seller: its windows and sums (of a `Ledger` that
    /// the host keeps and writes every campaign's answers to), and what the other campaigns have in flight
    /// (the sum of their `in_flight`). Told before each decision; empty: none.
    pub fn set_joint(&mut self, windows: impl IntoIterator<Item = (Window, Tally)>, others: Tally) {
        self.joint.clear();
        self.joint.extend(windows.into_iter().map(|(window, tally)| Held { window, tally, others }));
    }

    /// Lets old entries leave the ledger, for hosts that add up several; deciding does it too.
    pub fn advance_ledger(&mut self, now: Moment) {
        let now = self.now.max(now);
        self.ledger.advance(now);
    }

    /// Answers and abandoned calls that are expected of the lines up, as of the last decision.
    pub fn in_flight(&self) -> Tally {
        self.predictive.in_flight(&self.settings)
    }

    /// Human answers before the start, for one window of `Settings::windows` alone.
    pub fn seed_window(&mut self, at: usize, entries: impl IntoIterator<Item = (Moment, Tally)>) {
        self.ledger.seed_window(at, entries);
    }

    /// Human answers before the start, oldest first: when, and whether abandoned.
    pub fn seed_ledger(&mut self, entries: impl IntoIterator<Item = (Moment, bool)>) {
        self.ledger.seed(entries);
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn observe(&mut self, now: Moment, event: Event) {
        let now = self.advance(now);
        match event {
            Event::Dialed { call } => self.state.open(call, now),
            Event::Ringing { call } => self.ringing(call, now),
            Event::Answered { call } => self.answered(call, now),
            Event::Live { call } => self.live(call, now),
            Event::Machine { call } => self.not_live(call, now),
            Event::Ended { call, why } => self.ended(call, why, now),
            Event::Connected { call, agent, within } => self.connected(call, agent, within, now),
            Event::Abandoned { call } => self.abandoned(call, now),
            Event::Spoke { call, within } => self.spoke(call, within, now),
            Event::Unserved { answered, abandoned, .. } => {
                self.count(answered, now, Tally::answer(1.0, f64::from(u8::from(abandoned))));
            }
            Event::Step { agent, step, .. } => self.stepped(agent, step, now),
            Event::TalkEnded { call, agent, human } => self.talk_ended(call, agent, human, now),
            Event::Login { agent } | Event::Ready { agent } => self.work(agent, Work::Ready, now),
            Event::Pausing { agent } => {
                let at = self.state.agent(agent, now);
                self.state.agents[at].leaving = true;
                self.state.touch(at);
            }
            Event::Pause { agent } => self.work(agent, Work::Pause, now),
            Event::Logout { agent } => self.work(agent, Work::Out, now),
            Event::Taken { agent } => {
                let at = self.state.agent(agent, now);
                if self.state.agents[at].work == Work::Ready {
                    self.predictive.inbound.taken(now);
                }
                self.work(agent, Work::Taken, now);
            }
        }
    }

    pub fn decide(&mut self, now: Moment, room: Room) -> Decision {
        let now = self.advance(now);
        self.ledger.advance(now);
        self.refresh(now);
        self.held.clear();
        let own = self.ledger.windows().map(|(window, tally)| Held { window, tally, others: Tally::default() });
        self.held.extend(own.chain(self.joint.iter().copied()));
        let mut hangups = Vec::new();
        let (dial, binding) = self.choose(now, room, &mut hangups);
        let estimates = self.estimates();
        let recovers = self.recovers(binding, now);
        let window = self.held.get(self.binding).map_or(Window::law(self.settings.window, 0.0), |held| held.window);
        let spent = Spent { window, seconds: recovers.map(|at| seconds(at, now)) };
        let working = self.settings.mode == Mode::Agentless || self.agents_on() > 0 || self.state.coming() > 0;
        Decision {
            dial,
            hangups,
            reason: why::reason(binding, &estimates, spent),
            warning: self.warning(binding, &estimates),
            window: (self.binding, window),
            recovers,
            estimates,
            next: (working && !self.paused).then(|| now + NET),
        }
    }

    /// Sets a constant of the method by name, for tuning against the judge; false if there is none of that name.
    #[doc(hidden)]
    pub fn tune(&mut self, name: &str, value: f64) -> bool {
        let (pacing, budget) = (&mut self.predictive.tuning, &mut self.predictive.budget.tuning);
        match name {
            "grace" => pacing.grace = value,
            "cancel_factor" => pacing.cancel_factor = value,
            "cancel_floor" => pacing.cancel_floor = value,
            "start_lines" => pacing.start_lines = value,
            "start_per_resolved" => pacing.start_per_resolved = value,
            "cancel_share" => pacing.cancel_share = value,
            "speed_agents" => pacing.speed_agents = value,
            "caution" => pacing.caution = value,
            "aim" => budget.aim = value,
            "reserve" => budget.reserve = value,
            "credit" => budget.credit = value,
            "credit_answers" => budget.credit_answers = value,
            "credit_agents" => budget.credit_agents = value,
            "burst" => budget.burst = value,
            "burst_push" => budget.burst_push = value,
            "burst_seconds" => budget.burst_seconds = value,
            "pace_agents" => pacing.pace_agents = value,
            "usual_times" => pacing.usual_times = value,
            "person_caution" => pacing.person_caution = value,
            "margin_least" => budget.margin_least = value,
            "ignore_steps" => self.set_ignore_steps(value > 0.0),
            "first_limit" => budget.first_limit = value,
            "proportional" => budget.proportional = value,
            "integral" => budget.integral = value,
            "margin" => budget.margin = value,
            "spent_limit" => budget.spent_limit = value,
            "jumps" => self.predictive.level.tuning.jumps = value,
            "drift" => self.predictive.level.tuning.drift = value,
            "spread" => self.predictive.level.tuning.spread = value,
            _ => return false,
        }
        true
    }

    /// What is believed is brought up to now at every predictive decision, and about once a second where it is only
    /// shown (and learned from, for the day the mode is switched).
    fn refresh(&mut self, now: Moment) {
        if self.settings.mode == Mode::Predictive || self.predictive.stale(now) {
            self.predictive.refresh(&mut self.state, &self.settings, now);
        }
    }

    fn agents_on(&self) -> u32 {
        [Work::Ready, Work::Talk, Work::Wrap].into_iter().map(|work| self.state.working(work)).sum()
    }

    fn estimates(&self) -> Estimates {
        let none =
            Held { window: Window::law(self.settings.window, 0.0), tally: Tally::default(), others: Tally::default() };
        let Held { window, tally, .. } = self.held.get(self.binding).copied().unwrap_or(none);
        let (ring_seconds, _) = self.predictive.ring.ring_seconds();
        let (handling_seconds, handling_n) = self.predictive.talk.handling();
        let (predicted_answers, predicted_free) = self.predictive.forecast(&self.state);
        Estimates {
            answer_rate: self.predictive.answer_rate(),
            answer_rate_n: self.predictive.ring.resolved,
            ring_seconds,
            handling_seconds,
            handling_n,
            agents_ready: self.state.working(Work::Ready),
            agents_busy: self.state.working(Work::Talk) + self.state.working(Work::Wrap),
            lines_ringing: self.state.coming(),
            calls_waiting: self.state.count(Stage::Waiting),
            predicted_answers,
            predicted_free,
            abandoned: tally.abandoned.round().max(0.0) as u64,
            humans: tally.humans.round().max(0.0) as u64,
            cap: window.cap,
        }
    }
}
