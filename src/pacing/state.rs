//! What is in flight and who is at work, rebuilt from events alone. It estimates nothing.

use super::since::Since;
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
    /// When it was answered: the ledger's time for it.
    pub answered: Moment,
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

/// Agents that changed are told apart up to so many; beyond, all are looked at.
const TOUCHED_MAX: usize = 64;

#[derive(Debug, Default)]
pub struct State {
    /// By `Stage`, in no order that matters.
    lines: [Vec<Line>; 5],
    index: BTreeMap<CallId, (Stage, usize)>,
    /// Lines that dial and lines that ring, less those being cancelled.
    pub dialing: Since,
    pub ringing: Since,
    pub agents: Vec<Agent>,
    slots: BTreeMap<AgentId, usize>,
    /// Slots of agents that changed since `untouch`; `None`: too many to tell.
    touched: Option<Vec<usize>>,
    /// By `Work`.
    works: [u32; 6],
}

impl State {
    pub fn count(&self, stage: Stage) -> u32 {
        self.lines[stage as usize].len() as u32
    }

    pub fn working(&self, work: Work) -> u32 {
        self.works[work as usize]
    }

    /// Dialing, ringing and answered: lines that may still want an agent.
    pub fn coming(&self) -> u32 {
        self.count(Stage::Dialing) + self.count(Stage::Ringing) + self.count(Stage::Answered)
    }

    /// All lines in use, talking ones too.
    pub fn lines_in_use(&self) -> u32 {
        self.lines.iter().map(|lines| lines.len() as u32).sum()
    }

    pub fn lines(&self, stage: Stage) -> &[Line] {
        &self.lines[stage as usize]
    }

    pub fn lines_mut(&mut self, stage: Stage) -> &mut [Line] {
        &mut self.lines[stage as usize]
    }

    pub fn open(&mut self, call: CallId, now: Moment) {
        if self.index.contains_key(&call) {
            return;
        }
        self.put(Line {
            call,
            stage: Stage::Dialing,
            since: now,
            settled: now,
            answered: now,
            rung_seconds: 0.0,
            credited: 0.0,
            person: 1.0,
            cancelling: false,
        });
    }

    pub fn line(&mut self, call: CallId) -> Option<&mut Line> {
        self.index.get(&call).map(|&(stage, at)| &mut self.lines[stage as usize][at])
    }

    pub fn advance(&mut self, call: CallId, stage: Stage, now: Moment) {
        let Some(mut line) = self.close(call) else { return };
        (line.stage, line.since, line.settled, line.cancelling) = (stage, now, now, false);
        self.put(line);
    }

    /// A hang-up is asked for: the line counts no more among those that ring.
    pub fn cancel(&mut self, call: CallId) {
        let Some(line) = self.line(call) else { return };
        if line.stage == Stage::Ringing && !line.cancelling {
            line.cancelling = true;
            let since = line.since;
            self.ringing.remove(since);
        }
    }

    pub fn close(&mut self, call: CallId) -> Option<Line> {
        let (stage, at) = self.index.remove(&call)?;
        let lines = &mut self.lines[stage as usize];
        let line = lines.swap_remove(at);
        if let Some(moved) = lines.get(at) {
            self.index.insert(moved.call, (stage, at));
        }
        match stage {
            Stage::Dialing => self.dialing.remove(line.since),
            Stage::Ringing if !line.cancelling => self.ringing.remove(line.since),
            Stage::Ringing | Stage::Answered | Stage::Waiting | Stage::Talking => {}
        }
        Some(line)
    }

    fn put(&mut self, line: Line) {
        let lines = &mut self.lines[line.stage as usize];
        self.index.insert(line.call, (line.stage, lines.len()));
        lines.push(line);
        match line.stage {
            Stage::Dialing => self.dialing.add(line.since),
            Stage::Ringing => self.ringing.add(line.since),
            Stage::Answered | Stage::Waiting | Stage::Talking => {}
        }
    }

    /// The agent's slot; a stranger gets one, as `Out`.
    pub fn agent(&mut self, id: AgentId, now: Moment) -> usize {
        if let Some(&at) = self.slots.get(&id) {
            return at;
        }
        self.slots.insert(id, self.agents.len());
        self.touched = None;
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
        self.touch(at);
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

impl State {
    /// What this agent is expected to do has changed.
    pub fn touch(&mut self, at: usize) {
        if let Some(touched) = self.touched.as_mut().filter(|touched| touched.len() < TOUCHED_MAX) {
            touched.push(at);
        } else {
            self.touched = None;
        }
    }

    /// Slots of agents that changed since `untouch`; `None`: look at all.
    pub fn touched(&self) -> Option<&[usize]> {
        self.touched.as_deref()
    }

    pub fn untouch(&mut self) {
        self.touched.get_or_insert_default().clear();
    }
}

/// Seconds between two moments; zero if `earlier` is later (clocks that jump).
pub fn seconds(now: Moment, earlier: Moment) -> f64 {
    now.0.saturating_sub(earlier.0).max(0) as f64 / 1e6
}
