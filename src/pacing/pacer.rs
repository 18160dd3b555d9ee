//! The fold: events in, one decision out. Same events in the same batches, same decisions, bit for bit.
//! It holds no clock: `now` comes with every word, and never runs backwards inside.

mod observed;

use super::budget::{self, Held, Standing};
use super::estimate::{Learned, LearnedError, Talk};
use super::event::*;
use super::ledger::{Ledger, Span, Tally, Window};
use super::predictive::{self, Predictive};
use super::progressive;
use super::state::{Line, Stage, State, Work, seconds};
use super::why::{self, Binding, Spent};
use crate::words::{AgentId, CallId, Moment, Reason};
use std::time::Duration;

/// Nothing is asked less often while agents are at work.
const NET: Duration = Duration::from_millis(250);

/// How long the dialer rests where one line per free agent abandons above the cap.
const REST: Duration = Duration::from_secs(600);
/// Beside ringing and waiting, what a line placed before may take until it is judged: dialing, AMD.
const LANDED: Duration = Duration::from_secs(10);
/// Windows beside the law's own.
const LIMITS_MAX: usize = 8;
/// A recovery is reckoned anew after so long.
const RECOVERY_SECONDS: f64 = 5.0;
/// Agents' seconds (of the last ten minutes) and answers before a target is called out of reach.
const WARN_SECONDS: f64 = 1200.0;
const WARN_HUMANS: f64 = 300.0;

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

    // ── deciding ──

    /// What is believed is brought up to now at every predictive decision, and about once a second where it is only
    /// shown (and learned from, for the day the mode is switched).
    fn refresh(&mut self, now: Moment) {
        if self.settings.mode == Mode::Predictive || self.predictive.stale(now) {
            self.predictive.refresh(&mut self.state, &self.settings, now);
        }
    }

    fn choose(&mut self, now: Moment, room: Room, hangups: &mut Vec<CallId>) -> (u32, Binding) {
        if self.paused {
            return (0, Binding::Paused);
        }
        let mode = self.settings.mode;
        if mode != Mode::Agentless && self.agents_on() == 0 {
            return (0, Binding::NoAgents);
        }
        if budget::unreachable(&self.settings) && mode != Mode::Agentless {
            return (0, Binding::CapUnreachable);
        }
        if let Some(rest) = self.rest(now) {
            return rest;
        }
        if matches!(mode, Mode::Progressive | Mode::Ratio) {
            self.spent(self.tightest(0.0).1, now);
        }
        let (wanted, binding) = match mode {
            Mode::Manual | Mode::Preview => (self.asked, Binding::Asked),
            Mode::Progressive => (progressive::progressive(&self.state), Binding::Progressive),
            Mode::Ratio => self.within_cap(progressive::ratio(&self.state, &self.settings), Binding::Ratio),
            Mode::Predictive => return self.predict(room, now, hangups),
            Mode::Agentless => {
                let lines = self.settings.lines_max;
                (progressive::agentless(&self.state, &self.settings), Binding::Lines(lines))
            }
        };
        let (dial, cut) = why::cut(wanted, room);
        if matches!(mode, Mode::Manual | Mode::Preview) {
            self.asked -= dial;
        }
        (dial, cut.unwrap_or(binding))
    }

    /// The window with the least room, and whether it has less than `least` calls of it after something was abandoned.
    fn tightest(&self, least: f64) -> (usize, bool) {
        let room = |held: &Held| budget::room(&self.settings, held.window, held.tally);
        let rooms = self.held.iter().enumerate().map(|(at, held)| (at, room(held), held.tally.abandoned > 0.0));
        let (at, room, any) = rooms.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0, false));
        (at, any && room < least)
    }

    /// Where one line per free agent, too, abandons above the spent cap: a rest, in which nothing is dialed.
    fn rest(&mut self, now: Moment) -> Option<(u32, Binding)> {
        (self.binding, _) = self.tightest(0.0);
        if matches!(self.settings.mode, Mode::Manual | Mode::Preview | Mode::Agentless) {
            self.fallback = Fallback::default();
        }
        let Tally { humans, abandoned, .. } = self.fallback.tally;
        let tolerable = (5.0 * self.held[self.binding].window.cap).max(0.1);
        if abandoned > 2.5 && abandoned > tolerable * humans {
            self.fallback = Fallback { rests: Some(now + REST), ..Fallback::default() };
        }
        let rests = self.fallback.rests.is_some_and(|until| now < until);
        rests.then_some((0, Binding::CapStopped))
    }

    /// The cap is spent, or has room (again): from when on a fallback is judged.
    fn spent(&mut self, spent: bool, now: Moment) {
        if !spent {
            self.fallback = Fallback::default();
        } else if self.fallback.counts_from.is_none() {
            let landed = Duration::from_secs_f64(self.settings.ring_seconds_max) + self.settings.threshold + LANDED;
            self.fallback.counts_from = Some(now + landed);
        }
    }

    /// A fixed ratio obeys the cap too: at the cap it falls back to one line per free agent.
    fn within_cap(&self, wanted: u32, binding: Binding) -> (u32, Binding) {
        let (_, near) = self.tightest(1.0);
        if near {
            return (wanted.min(progressive::progressive(&self.state)), Binding::CapReached);
        }
        (wanted, binding)
    }

    fn predict(&mut self, room: Room, now: Moment, hangups: &mut Vec<CallId>) -> (u32, Binding) {
        let agents = f64::from(self.agents_on());
        let standing = Standing { windows: &self.held, in_flight: Tally::default(), agents };
        let wish = self.predictive.decide(&self.state, &self.settings, standing, room);
        self.binding = wish.limit.window;
        self.spent(wish.limit.room < 0.0, now);
        self.predictive.surplus(&mut self.state, &self.settings, wish.limit.conflict, now, hangups);
        predictive::cut(&wish, room)
    }

    /// When the window that binds has room again; reckoned anew every few seconds.
    fn recovers(&mut self, binding: Binding, now: Moment) -> Option<Moment> {
        if !matches!(binding, Binding::CapReached | Binding::CapStopped) {
            self.recovery = None;
            return None;
        }
        let rests = self.fallback.rests.filter(|until| binding == Binding::CapStopped && now < *until);
        let known =
            self.recovery.filter(|(at, window, _)| seconds(now, *at) < RECOVERY_SECONDS && *window == self.binding);
        let (_, _, recovers) = *self.recovery.insert(known.unwrap_or_else(|| {
            let rate = self.predictive.budget.humans_per_second();
            (now, self.binding, self.ledger.recovers(self.binding, now, rate))
        }));
        rests.or(recovers)
    }

    /// The target asks for more than the law lets this team reach.
    fn warning(&self, binding: Binding, estimates: &Estimates) -> Option<Reason> {
        let law = matches!(binding, Binding::Conflict | Binding::Budget | Binding::CapReached | Binding::CapStopped);
        let (reached, measured) = self.predictive.budget.utilization();
        let (target, humans) = (self.settings.target_utilization, estimates.humans as f64);
        let known = measured >= WARN_SECONDS && humans >= WARN_HUMANS && target < 1.0;
        let missed = self.settings.mode == Mode::Predictive && law && known && reached + 0.02 < target;
        missed.then(|| why::forbidden(target, reached, estimates.cap))
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

    // ── folding ──
}

/// Numbers that make no sense become the nearest that do: a pacer never stops for its settings.
fn sane(mut settings: Settings) -> Settings {
    let clean = |value: f64, low: f64, high: f64, otherwise: f64| {
        if value.is_finite() { value.clamp(low, high) } else { otherwise }
    };
    settings.cap = clean(settings.cap, 0.0, 1.0, 0.0);
    settings.target_utilization = clean(settings.target_utilization, 0.0, 1.0, 1.0);
    settings.ring_seconds_max = clean(settings.ring_seconds_max, 1.0, 120.0, 25.0);
    settings.ring_seconds_min = clean(settings.ring_seconds_min, 0.0, 120.0, 15.0);
    settings.amd_false_positive_rate = clean(settings.amd_false_positive_rate, 0.0, 0.5, 0.5);
    settings.window = lasting(settings.window);
    settings.limits.truncate(LIMITS_MAX);
    for window in &mut settings.limits {
        window.span = lasting(window.span);
        window.cap = clean(window.cap, 0.0, 1.0, 0.0);
        window.answers_min = clean(window.answers_min, 0.0, 1e6, 0.0);
    }
    settings
}

/// A window without length holds nothing that could bind: it stands for one without end.
fn lasting(span: Span) -> Span {
    if span.length().is_some_and(|length| length < Duration::from_secs(1)) { Span::Ever } else { span }
}
