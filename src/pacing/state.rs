//! What is in flight and who is at work, rebuilt from events alone. It estimates nothing.

use crate::words::{AgentId, CallId, Moment};
use std::collections::BTreeMap;

/// Where a line is on its way. Talking lines are kept by their agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Dialing,
    Ringing,
    /// Answered; AMD has not spoken yet.
    Answered,
    Waiting,
    Talking,
}

#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub call: CallId,
    pub stage: Stage,
    pub since: Moment,
    /// Exposure of the stage is accounted for until here.
    pub settled: Moment,
    /// Seconds it had rung when it was answered.
    pub rung_seconds: f64,
    /// What the level filter counted in advance for this answer.
    pub credited: f64,
    /// Probability that a person is on the line.
    pub person: f64,
    /// A hang-up was asked for.
    pub cancelling: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Out,
    Ready,
    Talk,
    Wrap,
    Pause,
    /// Inbound or callback.
    Taken,
}

#[derive(Debug, Clone, Copy)]
pub struct Agent {
    pub id: AgentId,
    pub work: Work,
    pub since: Moment,
    pub settled: Moment,
    /// Will pause or leave after this call: no supply.
    pub leaving: bool,
    /// The last talk was with a person.
    pub human: bool,
    /// Index of the talk's stage: 0 before any step, else step + 1.
    pub stage: usize,
    pub stage_since: Moment,
    pub talk_since: Moment,
    pub speed: super::estimate::Speed,
}

#[derive(Debug, Default)]
pub struct State {
    pub lines: Vec<Line>,
    index: BTreeMap<CallId, usize>,
    pub agents: Vec<Agent>,
    slots: BTreeMap<AgentId, usize>,
    /// By `Stage` and `Work`.
    stages: [u32; 5],
    works: [u32; 6],
}

impl State {
    pub fn count(&self, stage: Stage) -> u32 {
        self.stages[stage as usize]
    }

    pub fn working(&self, work: Work) -> u32 {
        self.works[work as usize]
    }

    /// Dialing, ringing and answered: lines that may still want an agent.
    pub fn coming(&self) -> u32 {
        self.count(Stage::Dialing) + self.count(Stage::Ringing) + self.count(Stage::Answered)
    }

    pub fn open(&mut self, call: CallId, now: Moment) {
        if self.index.contains_key(&call) {
            return;
        }
        self.index.insert(call, self.lines.len());
        self.stages[Stage::Dialing as usize] += 1;
        self.lines.push(Line {
            call,
            stage: Stage::Dialing,
            since: now,
            settled: now,
            rung_seconds: 0.0,
            credited: 0.0,
            person: 1.0,
            cancelling: false,
        });
    }

    pub fn line(&mut self, call: CallId) -> Option<&mut Line> {
        self.index.get(&call).map(|&at| &mut self.lines[at])
    }

    pub fn advance(&mut self, call: CallId, stage: Stage, now: Moment) {
        let Some(&at) = self.index.get(&call) else { return };
        let line = &mut self.lines[at];
        self.stages[line.stage as usize] -= 1;
        self.stages[stage as usize] += 1;
        (line.stage, line.since, line.settled) = (stage, now, now);
    }

    pub fn close(&mut self, call: CallId) -> Option<Line> {
        let at = self.index.remove(&call)?;
        let line = self.lines.swap_remove(at);
        self.stages[line.stage as usize] -= 1;
        if let Some(moved) = self.lines.get(at) {
            self.index.insert(moved.call, at);
        }
        Some(line)
    }

    /// The agent's slot; a stranger gets one, as `Out`.
    pub fn agent(&mut self, id: AgentId, now: Moment) -> usize {
        if let Some(&at) = self.slots.get(&id) {
            return at;
        }
        self.slots.insert(id, self.agents.len());
        self.works[Work::Out as usize] += 1;
        self.agents.push(Agent {
            id,
            work: Work::Out,
            since: now,
            settled: now,
            leaving: false,
            human: true,
            stage: 0,
            stage_since: now,
            talk_since: now,
            speed: super::estimate::Speed::default(),
        });
        self.agents.len() - 1
    }

    pub fn set_work(&mut self, at: usize, work: Work, now: Moment) {
        let agent = &mut self.agents[at];
        self.works[agent.work as usize] -= 1;
        self.works[work as usize] += 1;
        (agent.work, agent.since, agent.settled) = (work, now, now);
        match work {
            Work::Out | Work::Ready | Work::Pause => agent.leaving = false,
            Work::Talk | Work::Wrap | Work::Taken => {}
        }
    }
}

/// Seconds between two moments; zero if `earlier` is later (clocks that jump).
pub fn seconds(now: Moment, earlier: Moment) -> f64 {
    now.0.saturating_sub(earlier.0).max(0) as f64 / 1e6
}
