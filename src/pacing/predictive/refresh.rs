//! What is believed is brought up to now: exposures, the level, the tables.

use super::{Predictive, TABLES_SECONDS};
use crate::pacing::event::Settings;
use crate::pacing::state::{Agent, Line, Stage, State, Work, seconds};
use crate::words::Moment;

/// Seconds after which the level is weighed again.
const LEVEL_SECONDS: f64 = 0.1;

impl Predictive {
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
}
