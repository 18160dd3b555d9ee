//! A simulated agent: comes to work, says ready, talks through the flow's steps, wraps up, takes breaks, goes home.
//! Sees only what an agent's page shows (`AgentView`) and answers by requests. It refuses to know the engine's insides.

mod talk;

use super::dist::{Dist, seconds};
use super::people;
use super::rng::{Purpose, Stream, chance, stream, weighted};
use super::scenario::{AgentsAtWork, Population};
use crate::engine::{AgentCallView, AgentView, Field, FieldKind, Request, Step, Values};
use crate::words::{AgentId, AgentState, CallId, CampaignId, Moment};
use std::time::Duration;
use talk::lost;

/// What an agent means to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Home,
    Work,
    /// The break of this number.
    Break(usize),
    Leave,
}

/// What an agent will do at a time planned by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    LogIn,
    BreakBegins(usize),
    BreakEnds(usize),
    Leaves,
    /// Looks at the screen again, unless it changed since.
    Look {
        stamp: u64,
    },
    /// Has read who is to be called.
    Decides {
        stamp: u64,
    },
    Choose {
        call: CallId,
        turn: u32,
    },
    HoldEnds {
        call: CallId,
        turn: u32,
    },
    HangUp {
        call: CallId,
    },
    /// The flow broke: the agent went on without it.
    GoesOn {
        call: CallId,
        turn: u32,
    },
    Close {
        call: CallId,
    },
}

#[derive(Debug)]
pub enum Do {
    Ask(Request),
    Later(Duration, Plan),
    /// The person on the line hangs up after this.
    CustomerLeaves(CallId, Duration),
}

/// The one at the other end of the line, as the world knows it.
pub struct Counterpart<'a> {
    pub human: bool,
    pub talk: &'a mut Stream,
    pub people: &'a Population,
}

#[derive(Debug)]
pub struct SimAgent {
    pub id: AgentId,
    pub place: usize,
    pub campaigns: Vec<CampaignId>,
    rng: Stream,
    /// Above 1: slower than others.
    pace: f64,
    wish: Wish,
    view: Option<AgentView>,
    stamp: u64,
    /// The latest step that was taken up.
    taken: Option<(CallId, u32)>,
    /// The choice decided for that step.
    choice: Option<(String, Values)>,
    objections: i32,
    /// Calls that this agent is about to end, or to close.
    ending: Option<CallId>,
    closing: Option<CallId>,
    away_until: Moment,
    on_break: Option<usize>,
}

/// After a refusal the agent tries again.
const TRIES_AGAIN: Duration = Duration::from_secs(5);

impl SimAgent {
    pub fn new(id: AgentId, place: usize, work: &AgentsAtWork, campaigns: Vec<CampaignId>, seed: u64) -> SimAgent {
        let mut rng = stream(seed, Purpose::Agent, id.0, 0);
        let pace = Dist::lognormal(1.0, work.pace_sigma).seconds(&mut rng);
        SimAgent {
            id,
            place,
            campaigns,
            rng,
            pace,
            wish: Wish::Home,
            view: None,
            stamp: 0,
            taken: None,
            choice: None,
            objections: 0,
            ending: None,
            closing: None,
            away_until: Moment::ZERO,
            on_break: None,
        }
    }

    /// The day, planned in the morning. Times count from the start of the run.
    pub fn day(&mut self, work: &AgentsAtWork, run: Duration) -> Vec<(Duration, Plan)> {
        let share = if work.number > 1 { self.place as f64 / f64::from(work.number - 1) } else { 0.0 };
        let login = seconds(work.login_ramp_seconds * share);
        let mut day = vec![(login, Plan::LogIn)];
        for (number, pause) in work.breaks.iter().enumerate() {
            let jitter = Dist::uniform(0.0, 2.0 * work.break_jitter_seconds).seconds(&mut self.rng);
            let at = pause.after_minutes * 60.0 + jitter - work.break_jitter_seconds;
            day.push((login + seconds(at.max(60.0)), Plan::BreakBegins(number)));
        }
        let early = chance(&mut self.rng, work.leaves_early);
        let how_early = work.leaves_early_seconds.draw(&mut self.rng);
        let shift = work.shift_hours.map(|hours| login + seconds(hours * 3600.0));
        let leaves = match (shift, early) {
            (None, false) => None,
            (Some(at), false) => Some(at),
            (at, true) => Some(at.unwrap_or(run).saturating_sub(how_early).max(login + Duration::from_secs(60))),
        };
        day.extend(leaves.map(|at| (at, Plan::Leaves)));
        day
    }

    pub fn goes_away(&mut self, until: Moment) {
        self.away_until = until;
    }

    pub fn state(&self) -> Option<AgentState> {
        self.view.as_ref().and_then(|view| view.state)
    }

    pub fn call_in_hand(&self) -> Option<CallId> {
        self.call().map(|call| call.call)
    }

    /// A planned moment has come.
    pub fn due(&mut self, now: Moment, plan: Plan, work: &AgentsAtWork, out: &mut Vec<Do>) {
        if now < self.away_until {
            out.push(Do::Later(self.away_until.since(now), plan));
            return;
        }
        match plan {
            Plan::LogIn => {
                self.wish = Wish::Work;
                out.push(Do::Ask(Request::Login { agent: self.id, campaigns: self.campaigns.clone() }));
            }
            Plan::BreakBegins(number) => self.wants_break(number, work, out),
            Plan::BreakEnds(number) => {
                if self.wish == Wish::Break(number) {
                    self.wish = Wish::Work;
                    let forgets = chance(&mut self.rng, work.forgets_ready);
                    let forgotten = work.forgets_seconds.draw(&mut self.rng);
                    let after = work.reaction_seconds.draw(&mut self.rng);
                    let after = if forgets { after + forgotten } else { after };
                    self.stamp += 1;
                    out.push(Do::Later(after, Plan::Look { stamp: self.stamp }));
                }
            }
            Plan::Leaves => {
                self.wish = Wish::Leave;
                self.act(work, out);
            }
            Plan::Look { stamp } if stamp == self.stamp => self.act(work, out),
            Plan::Look { .. } => {}
            Plan::Decides { stamp } if stamp == self.stamp => self.decides_on_lead(work, out),
            Plan::Decides { .. } => {}
            Plan::Choose { call, turn } => self.choose(call, turn, work, out),
            Plan::HoldEnds { call, turn } => {
                if self.taken == Some((call, turn)) {
                    out.push(Do::Ask(Request::Hold { call, on: false }));
                    out.push(Do::Later(Duration::from_secs(1), Plan::Choose { call, turn }));
                }
            }
            Plan::HangUp { call } => {
                if self.call().is_some_and(|c| c.call == call && c.customer_on_line) {
                    out.push(Do::Ask(Request::HangUp { call }));
                }
            }
            Plan::GoesOn { call, turn } => {
                if self.call().is_some_and(|c| c.call == call && lost(c) && c.turn == turn) {
                    out.push(Do::Ask(Request::HangUp { call }));
                }
            }
            Plan::Close { call } => {
                if self.call().is_some_and(|c| c.call == call) {
                    out.push(Do::Ask(Request::SetOutcome { call, outcome: None, note: None, callback: None }));
                }
            }
        }
    }

    /// The screen changed.
    pub fn sees(&mut self, view: AgentView, work: &AgentsAtWork, other: Option<Counterpart>, out: &mut Vec<Do>) {
        let call = view.call.clone();
        let state_before = self.state();
        self.view = Some(view);
        if let Some(call) = &call {
            self.sees_call(call, work, other, out);
        }
        let state = self.state();
        if state == state_before && state != Some(AgentState::Pause) {
            return;
        }
        self.stamp += 1;
        match state {
            Some(AgentState::Wrap) => self.wraps_up(work, out),
            Some(AgentState::Pause | AgentState::NoDevice | AgentState::Ready) => {
                out.push(Do::Later(work.reaction_seconds.draw(&mut self.rng), Plan::Look { stamp: self.stamp }));
            }
            Some(AgentState::Preview) => {
                out.push(Do::Later(work.reaction_seconds.draw(&mut self.rng), Plan::Decides { stamp: self.stamp }));
            }
            Some(AgentState::Reserved | AgentState::Talk | AgentState::Hold | AgentState::ManualDial) | None => {}
        }
    }

    /// A request was refused: look again a little later.
    pub fn refused(&mut self, out: &mut Vec<Do>) {
        let again = if self.view.as_ref().is_none_or(|view| view.session.is_none()) {
            Plan::LogIn
        } else {
            Plan::Look { stamp: self.stamp }
        };
        if self.wish != Wish::Home {
            out.push(Do::Later(TRIES_AGAIN, again));
        }
    }

    fn call(&self) -> Option<&AgentCallView> {
        self.view.as_ref().and_then(|view| view.call.as_ref())
    }

    fn wants_break(&mut self, number: usize, work: &AgentsAtWork, out: &mut Vec<Do>) {
        if self.wish == Wish::Work {
            self.wish = Wish::Break(number);
            let reason = work.breaks[number].reason.clone();
            out.push(Do::Ask(Request::Pause { agent: self.id, reason }));
        }
    }

    /// Makes of the present state what the agent wishes.
    fn act(&mut self, work: &AgentsAtWork, out: &mut Vec<Do>) {
        let Some(view) = &self.view else { return };
        let (Some(state), agent) = (view.state, self.id) else { return };
        match self.wish {
            Wish::Home => {}
            Wish::Work => {
                if state == AgentState::Pause && view.device {
                    out.push(Do::Ask(Request::Ready { agent }));
                }
                if state == AgentState::Ready && work.asks_for_leads {
                    let campaign = self.campaigns[0];
                    out.push(Do::Ask(Request::Preview { agent, campaign, lead: None }));
                }
            }
            Wish::Break(number) => {
                if state == AgentState::Pause && self.on_break != Some(number) {
                    self.on_break = Some(number);
                    let length = seconds(work.breaks[number].minutes * 60.0);
                    out.push(Do::Later(length, Plan::BreakEnds(number)));
                } else if state == AgentState::Ready {
                    let reason = work.breaks[number].reason.clone();
                    out.push(Do::Ask(Request::Pause { agent, reason }));
                }
            }
            // With a call in hand the engine logs the agent out after it.
            Wish::Leave => {
                self.wish = Wish::Home;
                out.push(Do::Ask(Request::Logout { agent }));
            }
        }
    }

    /// The lead on the screen is dialed, or passed over.
    fn decides_on_lead(&mut self, work: &AgentsAtWork, out: &mut Vec<Do>) {
        let Some(shown) = self.view.as_ref().and_then(|view| view.preview.as_ref()) else { return };
        let (agent, may_skip) = (self.id, shown.may_skip);
        let skips = chance(&mut self.rng, work.skips) && may_skip;
        out.push(Do::Ask(if skips { Request::SkipPreview { agent } } else { Request::DialPreview { agent } }));
    }
}

#[cfg(test)]
mod tests;
