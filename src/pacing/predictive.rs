//! Predictive mode: dial while the next call's probability of finding no agent stays below what the budget allows.
//! Cheap by tables: lines are counted by age, agents are looked up when they changed or a quarter second has passed,
//! and tables are made anew only when what they are made of has changed enough. All of it by the moments told, so
//! that the same batches give the same decisions.

use super::budget::{Budget, Limit, Standing};
use super::conflict::Conflict;
use super::estimate::level::Tuning as Jumps;
use super::estimate::{Again, Amd, Demand, HORIZON_SECONDS, HORIZONS, Level, Ring, Row, Supply, Talk, ZERO};
use super::event::{Counts, Room, Settings};
use super::inbound::Inbound;
use super::ledger::Tally;
use super::state::{Agent, Line, Stage, State, Work, seconds};
use super::why::{self, Binding};
use crate::words::{CallId, Moment};

/// Answers from which on lines per agent are usual or not, and how much one of them says of it.
const USUAL_ANSWERS: u64 = 30;
const USUAL_WEIGHT: f64 = 0.1;
/// Seconds after which agents' rows are looked up again.
const ROWS_SECONDS: f64 = 0.25;
/// Seconds after which the level is weighed again.
const LEVEL_SECONDS: f64 = 0.1;
/// Seconds after which exposures are settled and tables made anew, where nothing urges.
const TABLES_SECONDS: f64 = 1.0;
/// Dials tried one by one before the number is found by halving.
const TRIED_SINGLY: u32 = 6;

/// Talks change their pace seldom, and not by much: when more people or fewer are among those who answer.
const PACE: Jumps = Jumps { jumps: 1.0 / 3000.0, drift: 1e-6, spread: 0.3 };

/// The horizon that the displayed forecast is for: where most answers land.
const SHOWN: usize = 7;

#[derive(Debug, Clone)]
pub struct Tuning {
    /// Seconds of waiting that a caller grants, in the supply's favour.
    pub grace: f64,
    /// A surplus line is cancelled where its conflict exceeds this multiple of the limit, and this floor.
    pub cancel_factor: f64,
    pub cancel_floor: f64,
    /// Share of the lines that may be cancelled, at each decision.
    pub cancel_share: f64,
    /// Start: lines per agent before anything resolved, and lines per resolved call.
    pub start_lines: f64,
    pub start_per_resolved: f64,
    /// Agents up to which each one's own speed counts.
    pub speed_agents: f64,
    /// Standard deviations of the level added to its mean; and where somebody was abandoned.
    pub caution: f64,
    pub person_caution: f64,
    /// Lines per agent at most, in multiples of those at the answers lately.
    pub usual_times: f64,
    /// Agents from which on the pace of talks counts: fewer tell too little of it.
    pub pace_agents: f64,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            grace: 1.25,
            cancel_factor: 1.0,
            cancel_floor: 0.02,
            cancel_share: 0.2,
            start_lines: 1.0,
            start_per_resolved: 1.5,
            speed_agents: 100.0,
            caution: 0.2,
            person_caution: 1.0,
            usual_times: 3.0,
            pace_agents: 25.0,
        }
    }
}

#[derive(Debug)]
pub struct Predictive {
    pub ring: Ring,
    pub amd: Amd,
    pub level: Level,
    /// How soon talks end right now, as a factor on what was learned.
    pub pace: Level,
    pub talk: Talk,
    pub inbound: Inbound,
    pub budget: Budget,
    pub tuning: Tuning,
    demand: Demand,
    supply: Supply,
    demand_built: Option<(Moment, f64)>,
    supply_built: Option<(Moment, u64)>,
    settled: Moment,
    /// Since the level was last weighed, and the pace.
    unweighed_seconds: f64,
    unpaced_seconds: f64,
    /// Answers ever, and lines per agent at the answers lately.
    answers: u64,
    usual_lines: f64,
    busy: Busy,
    conflict: Conflict,
    trial: Conflict,
    /// Lines by age, refilled at each decision.
    pre_lines: Vec<u32>,
    ring_lines: Vec<u32>,
    demand_mean: Row,
    oldest: Vec<(i64, CallId)>,
}

/// What is expected of the agents at work, kept between decisions.
#[derive(Debug, Default)]
struct Busy {
    /// By slot: the chance to be still busy. `None`: no supply, or ready already.
    rows: Vec<Option<Row>>,
    /// Their sum.
    conflict: Conflict,
    coming_free: usize,
    mean: Row,
    at: Option<Moment>,
}

/// What predictive mode would like, before the room cuts it.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub dial: u32,
    pub binding: Binding,
    pub limit: Limit,
}

impl Predictive {
    pub fn new(settings: &Settings) -> Predictive {
        let mut new = Predictive {
            ring: Ring::new(settings.ring_seconds_max, settings.amd),
            amd: Amd::default(),
            level: Level::default(),
            pace: Level::new(PACE),
            talk: Talk::default(),
            inbound: Inbound::default(),
            budget: Budget::default(),
            tuning: Tuning::default(),
            demand: Demand::default(),
            supply: Supply::default(),
            demand_built: None,
            supply_built: None,
            settled: Moment(i64::MIN),
            unweighed_seconds: 0.0,
            unpaced_seconds: 0.0,
            answers: 0,
            usual_lines: 0.0,
            busy: Busy::default(),
            conflict: Conflict::default(),
            trial: Conflict::default(),
            pre_lines: Vec::new(),
            ring_lines: Vec::new(),
            demand_mean: ZERO,
            oldest: Vec::new(),
        };
        // The level filter needs the tables' expectation from the first event on.
        new.demand.rebuild(&new.ring, settings.amd.then_some(&new.amd), 1.0);
        new
    }

    /// Accounts for the time that a line has rung. Dialing is accounted for when it is over.
    fn settle_line(&mut self, line: &mut Line, now: Moment) {
        if line.stage == Stage::Ringing {
            self.ring.expose_ring(seconds(line.settled, line.since), seconds(now, line.since));
        }
        line.settled = line.settled.max(now);
    }

    /// A line stops ringing: what it was due to bring since the level was last weighed counts.
    pub fn rang_until(&mut self, line: &mut Line, now: Moment) {
        self.settle_line(line, now);
        let age = seconds(now, line.since);
        let unweighed = if self.settled.0 == i64::MIN { age } else { seconds(now, self.settled) };
        self.level.expect(self.demand.live_due(age - unweighed, age));
    }

    pub fn settle_agent(&mut self, agent: &mut Agent, now: Moment) {
        let span = |since: Moment| (seconds(agent.settled, since), seconds(now, since));
        match agent.work {
            Work::Talk => {
                let (stage, talk) = (span(agent.stage_since), span(agent.talk_since));
                self.talk.expose(agent.stage, stage, talk);
                let due = self.talk.pooled.between(talk.0, talk.1);
                agent.speed.talked(due, 0.0);
                self.pace.expect(due);
            }
            Work::Wrap => {
                let (from, to) = span(agent.since);
                let due = self.talk.wraps[usize::from(agent.human)].between(from, to);
                agent.speed.wrapped(due, 0.0);
                self.talk.wraps[usize::from(agent.human)].expose(from, to);
            }
            Work::Pause => {
                let (from, to) = span(agent.since);
                self.talk.pauses.expose(from, to);
            }
            Work::Taken => {
                let (from, to) = span(agent.since);
                self.talk.taken.expose(from, to);
            }
            Work::Out | Work::Ready => {}
        }
        agent.settled = agent.settled.max(now);
    }

    /// Brings what is believed up to now: the level always, exposures and tables where it is worth while.
    pub fn refresh(&mut self, state: &mut State, settings: &Settings, now: Moment) {
        if self.settled.0 != i64::MIN {
            let passed = seconds(now, self.settled);
            let (demand, mut due) = (&self.demand, 0.0);
            state.ringing.each(now, |age, count| due += f64::from(count) * demand.live_due(age - passed, age));
            self.level.expect(due);
            self.unweighed_seconds += passed;
            if self.unweighed_seconds >= LEVEL_SECONDS {
                let passed = std::mem::take(&mut self.unweighed_seconds);
                self.level.pass(passed);
                self.unpaced_seconds += passed;
            }
            let busy = state.working(Work::Talk) + state.working(Work::Wrap);
            self.budget.worked(settings, passed, f64::from(busy), f64::from(state.working(Work::Ready)));
        }
        self.settled = self.settled.max(now);
        self.refresh_demand(state, settings, now);
        self.refresh_supply(state, now);
        self.gather(state, settings, now);
    }

    /// Starts from what an earlier run learned.
    pub fn learn(&mut self, (ring, amd, talk): (Ring, Amd, Talk), settings: &Settings) {
        (self.ring, self.amd, self.talk) = (ring, amd, talk);
        self.demand.rebuild(&self.ring, settings.amd.then_some(&self.amd), 1.0);
        (self.demand_built, self.supply_built) = (None, None);
    }

    /// What is shown is older than a second.
    pub fn stale(&self, now: Moment) -> bool {
        self.settled.0 == i64::MIN || seconds(now, self.settled) >= TABLES_SECONDS
    }

    fn refresh_demand(&mut self, state: &mut State, settings: &Settings, now: Moment) {
        let level = self.level.value() * (1.0 + self.tuning.caution * self.level.uncertainty().sqrt());
        let old = self.demand_built.is_none_or(|(at, _)| seconds(now, at) >= TABLES_SECONDS);
        if old {
            for line in state.lines_mut(Stage::Ringing) {
                self.settle_line(line, now);
            }
            self.amd.refresh();
            for agent in &mut state.agents {
                self.settle_agent(agent, now);
            }
            self.pace.pass(std::mem::take(&mut self.unpaced_seconds));
        }
        if old || self.demand_built.is_none_or(|(_, built)| (built / level - 1.0).abs() > 0.03) {
            self.demand.rebuild(&self.ring, settings.amd.then_some(&self.amd), level);
            self.demand_built = Some((if old { now } else { self.demand_built.map_or(now, |(at, _)| at) }, level));
        }
    }

    fn refresh_supply(&mut self, state: &mut State, now: Moment) {
        // Worth while once some fiftieth is new.
        let fresh = |version: u64| self.talk.version - version >= 3 + version / 50;
        if self.supply_built.is_some_and(|(at, version)| !fresh(version) || seconds(now, at) < 2.0) {
            return;
        }
        for agent in &mut state.agents {
            self.settle_agent(agent, now);
        }
        self.supply.rebuild(&self.talk, self.tuning.grace, self.ring.person_share_overall());
        self.demand.expect_again(self.supply.again());
        self.supply_built = Some((now, self.talk.version));
        self.busy.at = None;
    }

    /// `standing`: the windows of the ledger; what is in flight is added here.
    pub fn decide(&mut self, state: &State, settings: &Settings, standing: Standing<'_>, room: Room) -> Wish {
        let limit = self.budget.limit(settings, Standing { in_flight: self.in_flight(settings), ..standing });
        let floor = super::progressive::progressive(state);
        let most = room.channels.min(room.calls_this_second).min(room.leads);
        let forbidden = |window: &super::budget::Held| window.window.cap <= 0.0;
        // Nothing may be abandoned, and something was: no call can mend that.
        if standing.windows.iter().filter(|window| forbidden(window)).any(|window| window.tally.abandoned > 0.0) {
            return Wish { dial: 0, binding: Binding::CapReached, limit };
        }
        let spent = limit.room < 0.0;
        if standing.windows.iter().any(forbidden) || (spent && state.working(Work::Ready) == 0) {
            return Wish { dial: floor, binding: Binding::CapReached, limit };
        }
        let slew = self.slew(state);
        // One more than the room holds, so that the reason can tell whether it was the room that cut.
        let dial = self.bearable(most.saturating_add(1).min(slew), limit.conflict);
        let binding = if spent {
            Binding::CapReached
        } else if dial >= slew {
            Binding::Starting
        } else if self.budget.eased() {
            Binding::Target
        } else if limit.room < 2.0 {
            Binding::Budget
        } else {
            Binding::Conflict
        };
        Wish { dial: dial.max(floor), binding, limit }
    }

    /// How many more dials, up to `most`, the limit bears.
    fn bearable(&mut self, most: u32, limit: f64) -> u32 {
        let (fresh, landing) = (*self.demand.fresh(), *self.demand.landing());
        self.trial.copy_from(&self.conflict);
        let mut dial = 0;
        while dial < most && self.trial.over(&landing) <= limit {
            if dial >= TRIED_SINGLY && !self.trial.exact() {
                return dial + self.halved(most - dial, limit, &fresh, &landing);
            }
            self.trial.add(&fresh, 1);
            dial += 1;
        }
        dial
    }

    /// The same by halving: `dial` more are borne while the ones before them are.
    fn halved(&self, most: u32, limit: f64, fresh: &Row, landing: &Row) -> u32 {
        let (mut borne, mut refused) = (0, most);
        while borne < refused {
            let middle = borne + (refused - borne) / 2;
            if self.trial.bears(fresh, middle, landing, limit) {
                borne = middle + 1;
            } else {
                refused = middle;
            }
        }
        borne
    }

    /// Surplus lines that have rung as long as the law asks, oldest first: called after `decide`.
    pub fn surplus(&mut self, state: &mut State, settings: &Settings, limit: f64, now: Moment, out: &mut Vec<CallId>) {
        let least = settings.ring_seconds_min.max(0.0);
        let oldest = state.ringing.oldest(now);
        if oldest < least {
            return;
        }
        let risk = self.conflict.over(&shares(self.demand.ring_row(self.demand.ring_bucket(oldest))));
        if risk <= (limit * self.tuning.cancel_factor).max(self.tuning.cancel_floor) {
            return;
        }
        self.oldest.clear();
        let ripe = |line: &&Line| !line.cancelling && seconds(now, line.since) >= least;
        self.oldest.extend(state.lines(Stage::Ringing).iter().filter(ripe).map(|line| (line.since.0, line.call)));
        self.oldest.sort_unstable();
        let count = ((self.oldest.len() as f64 * self.tuning.cancel_share).ceil() as usize).min(self.oldest.len());
        for &(_, call) in &self.oldest[..count] {
            out.push(call);
            state.cancel(call);
        }
    }

    /// Predicted at the shown horizon: answers, and agents free.
    pub fn forecast(&self, state: &State) -> (f64, f64) {
        (self.demand_mean[SHOWN], f64::from(state.working(Work::Ready)) + self.busy.mean[SHOWN])
    }

    pub fn answer_rate(&self) -> f64 {
        self.demand.answer_rate()
    }

    /// What happens in each horizon by what is in flight.
    fn gather(&mut self, state: &mut State, settings: &Settings, now: Moment) {
        self.gather_agents(state, now);
        self.conflict.copy_from(&self.busy.conflict);
        self.conflict.occupy(state.count(Stage::Waiting) as usize);
        self.demand_mean = ZERO;
        self.count_lines(state, settings, now);
        for coin in self.inbound.coins(now) {
            self.conflict.add(&coin, 1);
        }
        self.conflict.widen(&self.demand_mean, self.level.uncertainty());
    }

    /// Looks up the agents that changed; all of them where the tables are new or a quarter second has passed.
    fn gather_agents(&mut self, state: &mut State, now: Moment) {
        let old = self.busy.at.is_none_or(|at| seconds(now, at) >= ROWS_SECONDS);
        match state.touched().filter(|_| !old) {
            Some([]) => return,
            Some(touched) => touched.iter().for_each(|&at| self.look_up(state, at, now)),
            None => {
                self.busy.rows.clear();
                self.busy.rows.resize(state.agents.len(), None);
                (self.busy.coming_free, self.busy.mean) = (0, ZERO);
                self.busy.conflict.begin(0);
                (0..state.agents.len()).for_each(|at| self.look_up(state, at, now));
                self.busy.at = Some(now);
            }
        }
        state.untouch();
        self.busy.conflict.resize(self.busy.coming_free + state.working(Work::Ready) as usize, &self.busy.rows);
    }

    fn look_up(&mut self, state: &State, at: usize, now: Moment) {
        let new = self.supply_row(state.agents.len(), &state.agents[at], now);
        let old = std::mem::replace(&mut self.busy.rows[at], new.map(|row| row.map(|ready| 1.0 - ready)));
        if let Some(still_busy) = old {
            self.busy.conflict.moments.add(&still_busy, -1.0);
            self.busy.mean.iter_mut().zip(&still_busy).for_each(|(mean, busy)| *mean -= 1.0 - busy);
            self.busy.coming_free -= 1;
        }
        if let Some(ready) = new {
            self.busy.conflict.moments.add(&ready.map(|ready| 1.0 - ready), 1.0);
            self.busy.mean.iter_mut().zip(&ready).for_each(|(mean, ready)| *mean += ready);
            self.busy.coming_free += 1;
        }
    }

    /// None: this agent is no supply, or ready already.
    fn supply_row(&self, agents_known: usize, agent: &Agent, now: Moment) -> Option<Row> {
        let age = seconds(now, agent.since);
        let known = (agents_known as f64) <= self.tuning.speed_agents;
        let speed = |factor: f64| if known { factor } else { 1.0 };
        let pace = if (agents_known as f64) < self.tuning.pace_agents { 1.0 } else { self.pace.value() };
        match agent.work {
            Work::Talk if !agent.leaving => {
                let age = seconds(now, agent.stage_since);
                Some(self.supply.talk_row(agent.stage, age, speed(agent.speed.talk_factor()) * pace))
            }
            Work::Wrap if !agent.leaving => {
                Some(self.supply.wrap_row(agent.human, age, speed(agent.speed.wrap_factor())))
            }
            Work::Pause => Some(self.supply.pause_row(age)),
            Work::Taken if !agent.leaving => Some(self.supply.taken_row(age)),
            Work::Talk | Work::Wrap | Work::Taken | Work::Out | Work::Ready => None,
        }
    }

    fn count_lines(&mut self, state: &State, settings: &Settings, now: Moment) {
        let (pre, ring) = self.demand.buckets();
        self.pre_lines.clear();
        self.pre_lines.resize(pre, 0);
        self.ring_lines.clear();
        self.ring_lines.resize(ring, 0);
        let (demand, pre_lines, ring_lines) = (&self.demand, &mut self.pre_lines, &mut self.ring_lines);
        state.dialing.each(now, |age, count| pre_lines[demand.pre_bucket(age)] += count);
        state.ringing.each(now, |age, count| ring_lines[demand.ring_bucket(age)] += count);
        for line in state.lines(Stage::Answered) {
            let row = self.answered_row(line, seconds(now, line.since), settings);
            let held = still_held(&row, self.supply.again());
            add_lines(&mut self.conflict, &mut self.demand_mean, (&row, &held), 1);
        }
        for bucket in 0..pre {
            let rows = (self.demand.pre_row(bucket), self.demand.pre_held(bucket));
            add_lines(&mut self.conflict, &mut self.demand_mean, rows, self.pre_lines[bucket]);
        }
        for bucket in 0..ring {
            let rows = (self.demand.ring_row(bucket), self.demand.ring_held(bucket));
            add_lines(&mut self.conflict, &mut self.demand_mean, rows, self.ring_lines[bucket]);
        }
    }

    fn answered_row(&self, line: &Line, age: f64, settings: &Settings) -> Row {
        if !settings.amd {
            return [1.0; HORIZONS];
        }
        let share = self.levelled(self.ring.live_share(line.rung_seconds));
        let live = self.amd.still_live(share, age);
        let passed = self.amd.live_within(age);
        std::array::from_fn(|j| {
            let by = self.amd.live_within(age + super::estimate::HORIZON_SECONDS[j]);
            if passed >= 1.0 - 1e-6 { live } else { live * (by - passed) / (1.0 - passed) }
        })
    }

    /// The chance that somebody who was abandoned was a person: calls are abandoned when the list is better than it
    /// was believed to be, so the better end of the belief counts.
    pub fn person(&self, rung_seconds: f64) -> f64 {
        let level = self.level.value() * (1.0 + self.tuning.person_caution * self.level.uncertainty().sqrt());
        let share = self.ring.person_share(rung_seconds);
        level * share / (level * share + 1.0 - share)
    }

    /// The share of live among answers, moved by the level.
    pub fn levelled(&self, share: f64) -> f64 {
        let level = self.level.value();
        level * share / (level * share + 1.0 - share)
    }

    /// Answers and conflicts expected of all lines up.
    pub fn in_flight(&self, settings: &Settings) -> Tally {
        let mut before = 0.0;
        let (mut humans, mut abandoned) = (0.0, 0.0);
        let conflict = self.conflict.by_horizon();
        for j in 0..HORIZONS {
            let come = (self.demand_mean[j] - before).max(0.0);
            before = self.demand_mean[j];
            humans += come;
            abandoned += come * conflict[j];
        }
        let person = match settings.counts {
            Counts::People => self.ring.person_share_overall(),
            Counts::Answers => 1.0,
        };
        Tally { humans: humans * person, abandoned: abandoned * person, variance: 0.0 }
    }

    /// Growth bounded by what came of earlier attempts, not by time.
    fn slew(&self, state: &State) -> u32 {
        let agents = f64::from(state.working(Work::Ready) + state.working(Work::Talk) + state.working(Work::Wrap));
        let most = agents * self.tuning.start_lines + self.tuning.start_per_resolved * self.ring.resolved as f64;
        let usual = agents * (1.0 + self.tuning.usual_times * self.usual_lines);
        let most = if self.answers >= USUAL_ANSWERS { most.min(usual) } else { most };
        let lines = state.coming();
        (most.min(1e6) as u32).saturating_sub(lines)
    }

    /// Somebody answered: with so many lines per agent it goes well. A silence teaches nothing of that kind, so that
    /// lines do not pile up in it.
    pub fn answered(&mut self, state: &State) {
        let agents = state.working(Work::Ready) + state.working(Work::Talk) + state.working(Work::Wrap);
        let lines = f64::from(state.coming()) / f64::from(agents.max(1));
        self.answers += 1;
        let weight = (1.0 / self.answers as f64).max(USUAL_WEIGHT);
        self.usual_lines += weight * (lines - self.usual_lines);
    }
}

/// Lines that are live by each horizon and hold an agent at it with these probabilities.
fn add_lines(conflict: &mut Conflict, mean: &mut Row, (live, held): (&Row, &Row), count: u32) {
    if count > 0 {
        conflict.add(held, count);
        (0..HORIZONS).for_each(|j| mean[j] += f64::from(count) * live[j]);
    }
}

/// Of a call that is live by each horizon: it holds an agent then, not yet done.
fn still_held(live: &Row, again: &Again) -> Row {
    std::array::from_fn(|j| {
        let done: f64 = (0..=j)
            .map(|i| {
                let (before, from) = if i == 0 { (0.0, 0.0) } else { (live[i - 1], HORIZON_SECONDS[i - 1]) };
                let since = HORIZON_SECONDS[j] - 0.5 * (from + HORIZON_SECONDS[i]);
                (live[i] - before) * again[(2.0 * since) as usize]
            })
            .sum();
        (live[j] - done).clamp(0.0, 1.0)
    })
}

/// Where a line lands, of those that land at all.
fn shares(row: &Row) -> Row {
    let total = row[HORIZONS - 1].max(1e-9);
    std::array::from_fn(|j| (row[j] - if j == 0 { 0.0 } else { row[j - 1] }) / total)
}

/// Cuts a wish to the room.
pub fn cut(wish: &Wish, room: Room) -> (u32, Binding) {
    let (dial, by) = why::cut(wish.dial, room);
    (dial, by.unwrap_or(wish.binding))
}
