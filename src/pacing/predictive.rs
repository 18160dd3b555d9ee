//! Predictive mode: dial while the next call's probability of finding no agent stays below what the budget allows.
//! Cheap by tables: every line and every agent is one look-up and one addition per horizon.

use super::budget::{Budget, Limit};
use super::conflict::Conflict;
use super::estimate::{Amd, Demand, HORIZONS, Level, Ring, Row, Supply, Talk, ZERO};
use super::event::{Counts, Room, Settings};
use super::ledger::Tally;
use super::state::{Agent, Line, Stage, State, Work, seconds};
use super::why::{self, Binding};
use crate::words::{CallId, Moment};

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
    /// Standard deviations of the level added to its mean.
    pub caution: f64,
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
        }
    }
}

#[derive(Debug)]
pub struct Predictive {
    pub ring: Ring,
    pub amd: Amd,
    pub level: Level,
    pub talk: Talk,
    pub budget: Budget,
    pub tuning: Tuning,
    demand: Demand,
    supply: Supply,
    demand_built: Option<(Moment, f64)>,
    supply_built: Option<(Moment, u64)>,
    settled: Moment,
    conflict: Conflict,
    trial: Conflict,
    /// Lines by age, refilled at each decision.
    pre_lines: Vec<u32>,
    ring_lines: Vec<u32>,
    demand_mean: Row,
    supply_mean: Row,
    oldest: Vec<(i64, CallId)>,
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
            talk: Talk::default(),
            budget: Budget::default(),
            tuning: Tuning::default(),
            demand: Demand::default(),
            supply: Supply::default(),
            demand_built: None,
            supply_built: None,
            settled: Moment(i64::MIN),
            conflict: Conflict::default(),
            trial: Conflict::default(),
            pre_lines: Vec::new(),
            ring_lines: Vec::new(),
            demand_mean: ZERO,
            supply_mean: ZERO,
            oldest: Vec::new(),
        };
        // The level filter needs the tables' expectation from the first event on.
        new.demand.rebuild(&new.ring, settings.amd.then_some(&new.amd), 1.0);
        new
    }

    /// Accounts for the time that a line has spent in its stage.
    pub fn settle_line(&mut self, line: &mut Line, now: Moment) {
        let (from, to) = (seconds(line.settled, line.since), seconds(now, line.since));
        line.settled = line.settled.max(now);
        match line.stage {
            Stage::Dialing => self.ring.expose_pre(from, to),
            Stage::Ringing => {
                let due = self.ring.expose_ring(from, to, self.demand.live_hazard());
                self.level.expect(due);
            }
            Stage::Answered | Stage::Waiting | Stage::Talking => {}
        }
    }

    pub fn settle_agent(&mut self, agent: &mut Agent, now: Moment) {
        let span = |since: Moment| (seconds(agent.settled, since), seconds(now, since));
        match agent.work {
            Work::Talk => {
                let (stage, talk) = (span(agent.stage_since), span(agent.talk_since));
                self.talk.expose(agent.stage, stage, talk);
                let due = self.talk.pooled.at(talk.1) * (talk.1 - talk.0);
                agent.speed.talked(due, 0.0);
            }
            Work::Wrap => {
                let (from, to) = span(agent.since);
                let due = self.talk.wraps[usize::from(agent.human)].at(to) * (to - from);
                agent.speed.wrapped(due, 0.0);
                self.talk.wraps[usize::from(agent.human)].expose(from, to);
            }
            Work::Pause => {
                let (from, to) = span(agent.since);
                self.talk.pauses.expose(from, to);
            }
            Work::Out | Work::Ready | Work::Taken => {}
        }
        agent.settled = agent.settled.max(now);
    }

    /// Brings exposures and tables up to now.
    pub fn refresh(&mut self, state: &mut State, settings: &Settings, now: Moment) {
        for line in &mut state.lines {
            self.settle_line(line, now);
        }
        if self.settled.0 != i64::MIN {
            let passed = seconds(now, self.settled);
            self.level.pass(passed);
            let busy = state.working(Work::Talk) + state.working(Work::Wrap);
            self.budget.worked(settings, passed, f64::from(busy), f64::from(state.working(Work::Ready)));
        }
        self.settled = self.settled.max(now);
        for agent in &mut state.agents {
            self.settle_agent(agent, now);
        }
        let level = self.level.value() * (1.0 + self.tuning.caution * self.level.uncertainty().sqrt());
        let stale = |(at, built): (Moment, f64)| seconds(now, at) >= 1.0 || (built / level - 1.0).abs() > 0.03;
        if self.demand_built.is_none_or(stale) {
            self.amd.refresh();
            self.demand.rebuild(&self.ring, settings.amd.then_some(&self.amd), level);
            self.demand_built = Some((now, level));
        }
        // Worth while once some fiftieth is new.
        let fresh = |version: u64| self.talk.version - version >= 3 + version / 50;
        let stale = |(at, version): (Moment, u64)| fresh(version) && seconds(now, at) >= 2.0;
        if self.supply_built.is_none_or(stale) {
            self.supply.rebuild(&self.talk, self.tuning.grace, self.ring.person_share_overall());
            self.supply_built = Some((now, self.talk.version));
        }
    }

    pub fn decide(
        &mut self,
        state: &State,
        settings: &Settings,
        cap: f64,
        tally: Tally,
        room: Room,
        now: Moment,
    ) -> Wish {
        self.gather(state, settings, now);
        let in_flight = self.in_flight(settings);
        let limit = self.budget.limit(settings, cap, tally, in_flight);
        let floor = super::progressive::progressive(state);
        let most = room.channels.min(room.calls_this_second).min(room.leads);
        // Nothing may be abandoned, and something was: no call can mend that.
        if cap <= 0.0 && tally.abandoned > 0.0 {
            return Wish { dial: 0, binding: Binding::CapReached, limit };
        }
        let spent = limit.room < 0.0;
        if cap <= 0.0 || (spent && state.working(Work::Ready) == 0) {
            return Wish { dial: floor, binding: Binding::CapReached, limit };
        }
        let slew = self.slew(state);
        let mut dial = 0;
        let fresh = *self.demand.fresh();
        let landing = *self.demand.landing();
        self.trial.copy_from(&self.conflict);
        // One more than the room holds, so that the reason can tell whether it was the room that cut.
        while dial <= most && dial < slew && self.trial.over(&landing) <= limit.conflict {
            self.trial.add(&fresh, 1);
            dial += 1;
        }
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

    /// Surplus lines that have rung as long as the law asks, oldest first: called after `decide`.
    pub fn surplus(&mut self, state: &mut State, settings: &Settings, limit: f64, now: Moment, out: &mut Vec<CallId>) {
        self.oldest.clear();
        for line in state.lines.iter().filter(|line| line.stage == Stage::Ringing && !line.cancelling) {
            if seconds(now, line.since) >= settings.ring_seconds_min.max(0.0) {
                self.oldest.push((line.since.0, line.call));
            }
        }
        if self.oldest.is_empty() {
            return;
        }
        self.oldest.sort_unstable();
        let oldest = seconds(now, Moment(self.oldest[0].0));
        let risk = self.conflict.over(&shares(self.demand.ring_row(self.demand.ring_bucket(oldest))));
        if risk <= (limit * self.tuning.cancel_factor).max(self.tuning.cancel_floor) {
            return;
        }
        let count = ((self.oldest.len() as f64 * self.tuning.cancel_share).ceil() as usize).min(self.oldest.len());
        for &(_, call) in &self.oldest[..count] {
            out.push(call);
            if let Some(line) = state.line(call) {
                line.cancelling = true;
            }
        }
    }

    /// Predicted at the shown horizon: answers, and agents free.
    pub fn forecast(&self, state: &State) -> (f64, f64) {
        (self.demand_mean[SHOWN], f64::from(state.working(Work::Ready)) + self.supply_mean[SHOWN])
    }

    pub fn answer_rate(&self) -> f64 {
        self.demand.answer_rate()
    }

    /// What happens in each horizon by what is in flight.
    fn gather(&mut self, state: &State, settings: &Settings, now: Moment) {
        let at_work = state.agents.iter().filter(|agent| comes_free(agent)).count();
        let waiting = state.count(Stage::Waiting) as usize;
        self.conflict.begin((at_work + state.working(Work::Ready) as usize).saturating_sub(waiting));
        self.supply_mean = ZERO;
        for agent in &state.agents {
            if let Some(row) = self.supply_row(state.agents.len(), agent, now) {
                (0..HORIZONS).for_each(|j| self.supply_mean[j] += row[j]);
                self.conflict.add(&std::array::from_fn(|j| 1.0 - row[j]), 1);
            }
        }
        self.demand_mean = ZERO;
        self.count_lines(state, settings, now);
        self.conflict.widen(&self.demand_mean, self.level.uncertainty());
    }

    /// None: this agent is no supply, or ready already.
    fn supply_row(&self, agents_known: usize, agent: &Agent, now: Moment) -> Option<Row> {
        let age = seconds(now, agent.since);
        let known = (agents_known as f64) <= self.tuning.speed_agents;
        let at_speed = |row: Row, factor: f64| if known { row.map(|p| 1.0 - (1.0 - p).powf(factor)) } else { row };
        match agent.work {
            Work::Talk if !agent.leaving => Some(at_speed(
                self.supply.talk_row(agent.stage, seconds(now, agent.stage_since)),
                agent.speed.talk_factor(),
            )),
            Work::Wrap if !agent.leaving => {
                Some(at_speed(self.supply.wrap_row(agent.human, age), agent.speed.wrap_factor()))
            }
            Work::Pause => Some(self.supply.pause_row(age)),
            Work::Talk | Work::Wrap | Work::Out | Work::Ready | Work::Taken => None,
        }
    }

    fn count_lines(&mut self, state: &State, settings: &Settings, now: Moment) {
        let (pre, ring) = self.demand.buckets();
        self.pre_lines.clear();
        self.pre_lines.resize(pre, 0);
        self.ring_lines.clear();
        self.ring_lines.resize(ring, 0);
        for line in &state.lines {
            let age = seconds(now, line.since);
            match line.stage {
                Stage::Dialing => self.pre_lines[self.demand.pre_bucket(age)] += 1,
                Stage::Ringing if line.cancelling => {}
                Stage::Ringing => self.ring_lines[self.demand.ring_bucket(age)] += 1,
                Stage::Answered => {
                    let row = self.answered_row(line, age, settings);
                    (0..HORIZONS).for_each(|j| self.demand_mean[j] += row[j]);
                    self.conflict.add(&row, 1);
                }
                Stage::Waiting | Stage::Talking => {}
            }
        }
        for bucket in 0..pre {
            add_lines(&mut self.conflict, &mut self.demand_mean, self.demand.pre_row(bucket), self.pre_lines[bucket]);
        }
        for bucket in 0..ring {
            add_lines(&mut self.conflict, &mut self.demand_mean, self.demand.ring_row(bucket), self.ring_lines[bucket]);
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

    /// The share of live among answers, moved by the level.
    pub fn levelled(&self, share: f64) -> f64 {
        let level = self.level.value();
        level * share / (level * share + 1.0 - share)
    }

    /// Answers and conflicts expected of all lines up.
    fn in_flight(&self, settings: &Settings) -> Tally {
        let mut before = 0.0;
        let (mut humans, mut abandoned) = (0.0, 0.0);
        for j in 0..HORIZONS {
            let come = (self.demand_mean[j] - before).max(0.0);
            before = self.demand_mean[j];
            humans += come;
            abandoned += come * self.conflict.at(j);
        }
        let person = match settings.counts {
            Counts::People => self.ring.person_share_overall(),
            Counts::Answers => 1.0,
        };
        Tally { humans: humans * person, abandoned: abandoned * person }
    }

    /// Growth bounded by what came of earlier attempts, not by time.
    fn slew(&self, state: &State) -> u32 {
        let agents = f64::from(state.working(Work::Ready) + state.working(Work::Talk) + state.working(Work::Wrap));
        let most = agents * self.tuning.start_lines + self.tuning.start_per_resolved * self.ring.resolved as f64;
        let lines = state.coming();
        (most.min(1e6) as u32).saturating_sub(lines)
    }
}

fn add_lines(conflict: &mut Conflict, mean: &mut Row, row: &Row, count: u32) {
    if count > 0 {
        conflict.add(row, count);
        (0..HORIZONS).for_each(|j| mean[j] += f64::from(count) * row[j]);
    }
}

/// Not ready, but will be: these are the agents that `supply_row` has a row for.
fn comes_free(agent: &Agent) -> bool {
    match agent.work {
        Work::Talk | Work::Wrap => !agent.leaving,
        Work::Pause => true,
        Work::Out | Work::Ready | Work::Taken => false,
    }
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
