//! What happens in each horizon by what is in flight: agents come free, lines are answered, inbound calls come.

use super::Predictive;
use crate::pacing::conflict::Conflict;
use crate::pacing::estimate::{Again, HORIZON_SECONDS, HORIZONS, Row, ZERO};
use crate::pacing::event::Settings;
use crate::pacing::state::{Agent, Line, Stage, State, Work, seconds};
use crate::words::Moment;

/// Seconds after which agents' rows are looked up again.
const ROWS_SECONDS: f64 = 0.25;

impl Predictive {
    /// What happens in each horizon by what is in flight.
    pub(super) fn gather(&mut self, state: &mut State, settings: &Settings, now: Moment) {
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
            let by = self.amd.live_within(age + HORIZON_SECONDS[j]);
            if passed >= 1.0 - 1e-6 { live } else { live * (by - passed) / (1.0 - passed) }
        })
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
