//! How long agents take: talks by stage (every script step is one; stage 0 is a talk of which no step is known),
//! wrap-ups after people and after machines, pauses. Steps are learned by what follows them, never numbered by hand.

use super::super::event::Prior;
use super::hazard::Hazard;
use serde::{Deserialize, Serialize};

/// Stages kept apart; later ones share the last.
const STAGES_MAX: usize = 64;
/// Talks after which half is forgotten.
const HALF_LIFE: f64 = 3000.0;
const FADE_EVERY: f64 = 50.0;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    pub leaves: Hazard,
    pub ends: f64,
    /// Times that stage `i` followed.
    pub next: Vec<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Talk {
    pub stages: Vec<Stage>,
    /// Ends of talks by age of the talk, whatever the stage: what a new stage is shrunk to.
    pub pooled: Hazard,
    /// After machines, after people.
    pub wraps: [Hazard; 2],
    pub pauses: Hazard,
    /// Inbound calls and callbacks, until the agent is ready again.
    pub taken: Hazard,
    /// Came back ready after a wrap-up that nobody had announced a pause in.
    ready: (f64, f64),
    /// Changes whenever something was learned.
    pub version: u64,
    talks: (f64, f64),
    wrapped: (f64, f64),
    since_fade: f64,
}

impl Default for Talk {
    fn default() -> Talk {
        Talk {
            stages: vec![Stage::new(60.0, 3.0)],
            pooled: Hazard::new(60.0, 3.0),
            wraps: [Hazard::new(12.0, 3.0), Hazard::new(12.0, 3.0)],
            pauses: Hazard::new(600.0, 1.0),
            taken: Hazard::new(120.0, 2.0),
            ready: (9.5, 10.0),
            version: 0,
            talks: (0.0, 0.0),
            wrapped: (0.0, 0.0),
            since_fade: 0.0,
        }
    }
}

impl Stage {
    fn new(seconds: f64, weight: f64) -> Stage {
        Stage { leaves: Hazard::new(seconds, weight), ends: 0.0, next: Vec::new() }
    }
}

impl Talk {
    pub fn warm(&mut self, prior: &Prior) {
        let weight = (prior.calls * prior.answer_rate).clamp(1.0, 500.0);
        self.stages[0] = Stage::new(prior.talk_seconds, weight);
        self.pooled = Hazard::new(prior.talk_seconds, weight);
        self.wraps = [Hazard::new(prior.wrap_seconds, weight), Hazard::new(prior.wrap_seconds, weight)];
        self.version += 1;
    }

    /// The stage's index for a script step.
    pub fn stage_of(step: u32) -> usize {
        (step as usize + 1).min(STAGES_MAX - 1)
    }

    fn stage(&mut self, at: usize) -> &mut Stage {
        let mean = 1.0 / self.pooled.overall();
        while self.stages.len() <= at {
            self.stages.push(Stage::new(mean * 0.5, 1.0));
        }
        &mut self.stages[at]
    }

    pub fn expose(&mut self, stage: usize, stage_age: (f64, f64), talk_age: (f64, f64)) {
        self.stage(stage).leaves.expose(stage_age.0, stage_age.1);
        self.pooled.expose(talk_age.0, talk_age.1);
    }

    /// A step began after `seconds` in the stage before. At once after the connect, it is the talk's first stage.
    pub fn stepped(&mut self, from: usize, seconds: f64, to: usize) {
        self.version += 1;
        let stage = self.stage(from);
        if stage.next.len() <= to {
            stage.next.resize(to + 1, 0.0);
        }
        stage.next[to] += 1.0;
        stage.leaves.end(seconds);
    }

    pub fn ended(&mut self, stage: usize, stage_seconds: f64, talk_seconds: f64) {
        self.version += 1;
        self.stage(stage).leaves.end(stage_seconds);
        self.stage(stage).ends += 1.0;
        self.pooled.end(talk_seconds);
        self.talks.0 += talk_seconds;
        self.talks.1 += 1.0;
        self.fade();
    }

    pub fn wrapped(&mut self, human: bool, seconds: f64, ready: bool, announced: bool) {
        self.version += 1;
        self.wraps[usize::from(human)].end(seconds);
        self.wrapped.0 += seconds;
        self.wrapped.1 += 1.0;
        if !announced {
            self.ready.0 += f64::from(u8::from(ready));
            self.ready.1 += 1.0;
        }
    }

    pub fn returned(&mut self, pause_seconds: f64) {
        self.version += 1;
        self.pauses.end(pause_seconds);
    }

    /// Back from an inbound call or a callback.
    pub fn given_back(&mut self, seconds: f64) {
        self.version += 1;
        self.taken.end(seconds);
    }

    /// The same, worth so many talks at most, and counting anew.
    pub fn aged(&self, talks: f64) -> Talk {
        let mut talk = Talk { version: 1, talks: (0.0, 0.0), wrapped: (0.0, 0.0), since_fade: 0.0, ..self.clone() };
        // Those of the runs that this one started from count, too.
        let known = self.stages.iter().map(|stage| stage.ends).sum::<f64>().max(self.talks.1.clamp(1.0, HALF_LIFE));
        talk.forget((talks / known).min(1.0));
        talk
    }

    /// Such as a run can leave.
    pub fn sound(&self) -> bool {
        let sane = |x: f64| x.is_finite() && x >= 0.0;
        let stage = |stage: &Stage| {
            let known = stage.next.len() <= STAGES_MAX && stage.next.iter().all(|x| sane(*x));
            known && stage.leaves.sound() && sane(stage.ends)
        };
        (1..=STAGES_MAX).contains(&self.stages.len())
            && self.stages.iter().all(stage)
            && [&self.pooled, &self.wraps[0], &self.wraps[1], &self.pauses, &self.taken].iter().all(|h| h.sound())
            && sane(self.ready.0)
            && self.ready.1.is_finite()
            && self.ready.0 <= self.ready.1 + 1e-6
            && self.ready.1 > 0.0
    }

    /// Share of wrap-ups that end in readiness.
    pub fn ready_share(&self) -> f64 {
        self.ready.0 / self.ready.1
    }

    /// Mean talk and wrap-up so far, and the number of talks: for display.
    pub fn handling(&self) -> (f64, u64) {
        let talk = if self.talks.1 > 0.0 { self.talks.0 / self.talks.1 } else { 1.0 / self.pooled.overall() };
        let wrap = if self.wrapped.1 > 0.0 { self.wrapped.0 / self.wrapped.1 } else { 1.0 / self.wraps[1].overall() };
        (talk + wrap, self.talks.1 as u64)
    }

    fn fade(&mut self) {
        self.since_fade += 1.0;
        if self.since_fade < FADE_EVERY {
            return;
        }
        let keep = 0.5_f64.powf(self.since_fade / HALF_LIFE);
        self.since_fade = 0.0;
        self.forget(keep);
    }

    fn forget(&mut self, keep: f64) {
        for stage in &mut self.stages {
            stage.leaves.fade(keep);
            stage.ends *= keep;
            stage.next.iter_mut().for_each(|count| *count *= keep);
        }
        self.pooled.fade(keep);
        self.pauses.fade(keep);
        self.taken.fade(keep);
        self.wraps.iter_mut().for_each(|wrap| wrap.fade(keep));
        self.ready = (self.ready.0 * keep, self.ready.1 * keep);
    }
}

/// How fast one agent is, against the campaign: shrunk towards one.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    talk: (f64, f64),
    wrap: (f64, f64),
}

impl Default for Speed {
    fn default() -> Speed {
        Speed { talk: (0.0, 0.0), wrap: (0.0, 0.0) }
    }
}

impl Speed {
    /// Endings expected from the campaign's hazards during this agent's own exposure; and endings seen.
    pub fn talked(&mut self, expected: f64, ended: f64) {
        self.talk = (self.talk.0 + expected, self.talk.1 + ended);
    }

    pub fn wrapped(&mut self, expected: f64, ended: f64) {
        self.wrap = (self.wrap.0 + expected, self.wrap.1 + ended);
    }

    pub fn talk_factor(&self) -> f64 {
        ((self.talk.1 + 40.0) / (self.talk.0 + 40.0)).clamp(0.5, 2.0)
    }

    pub fn wrap_factor(&self) -> f64 {
        ((self.wrap.1 + 20.0) / (self.wrap.0 + 20.0)).clamp(0.5, 2.0)
    }
}
