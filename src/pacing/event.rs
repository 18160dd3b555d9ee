//! What pacing hears and what it answers. The events are those of the judge's protocol, plus inbound.

use super::ledger::{Span, Window};
use crate::words::{AgentId, CallId, Moment, Reason};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// The INVITE left; counts against the trunks until the call ends.
    Dialed {
        call: CallId,
    },
    Ringing {
        call: CallId,
    },
    /// 200 OK.
    Answered {
        call: CallId,
    },
    /// A person (or an unrecognised machine) wants an agent now; the legal clock runs.
    Live {
        call: CallId,
    },
    /// AMD said machine. Final for pacing.
    Machine {
        call: CallId,
    },
    /// Ended without an agent. Final.
    Ended {
        call: CallId,
        why: Ending,
    },
    /// Bridged.
    Connected {
        call: CallId,
        agent: AgentId,
        within: bool,
    },
    /// Nobody was there in time, or the person hung up while waiting: counted as abandoned. Final. The judge's word;
    /// where the law tells the two apart it is `Unserved` and `Ended`.
    Abandoned {
        call: CallId,
    },
    /// The flow spoke its first words: a person is served without an agent, in time or late.
    Spoke {
        call: CallId,
        within: bool,
    },
    /// A person, answered then, whom nobody served: let go (`abandoned`), or gone before the threshold. It says nothing
    /// of the line, whose end is told apart, before or after.
    Unserved {
        call: CallId,
        answered: Moment,
        abandoned: bool,
    },
    /// The talk entered a step of the script; `step` is the campaign's own numbering by first appearance.
    Step {
        call: CallId,
        agent: AgentId,
        step: u32,
    },
    /// The talk is over, the agent wraps up. Final for the call.
    TalkEnded {
        call: CallId,
        agent: AgentId,
        human: bool,
    },
    Login {
        agent: AgentId,
    },
    Ready {
        agent: AgentId,
    },
    /// Will pause or leave after this call and its wrap-up.
    Pausing {
        agent: AgentId,
    },
    Pause {
        agent: AgentId,
    },
    Logout {
        agent: AgentId,
    },
    /// An inbound call or a callback took this agent.
    Taken {
        agent: AgentId,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    NoAnswer,
    Busy,
    /// Special information tones, vacant numbers.
    Sit,
    /// The carrier failed: says nothing about people.
    Fail,
    Cancelled,
    /// The customer left during AMD.
    Hangup,
}

/// The settings of a campaign that pacing obeys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub mode: Mode,
    /// Abandoned over human-answered, in `window`.
    pub cap: f64,
    /// Of `occupancy`, 0 to 1.
    pub target_utilization: f64,
    /// A live call not connected within this time is abandoned. Microseconds as `Duration`.
    pub threshold: std::time::Duration,
    pub ring_seconds_max: f64,
    /// A ringing line may not be hung up earlier (law).
    pub ring_seconds_min: f64,
    pub amd: bool,
    /// Humans that AMD takes for machines, as a share of humans.
    pub amd_false_positive_rate: f64,
    /// The rule pack counts them as abandoned.
    pub amd_errors_count: bool,
    /// For `Mode::Ratio`: lines per ready agent.
    pub ratio: f64,
    /// For `Mode::Agentless`: lines in use at most.
    pub lines_max: u32,
    /// The law's window, which `cap` is for.
    pub window: Span,
    /// Further windows with caps of their own; the strictest binds (`Window::guards`).
    pub limits: Vec<Window>,
    /// What counts as a human answer.
    pub counts: Counts,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mode: Mode::Predictive,
            cap: 0.03,
            target_utilization: 1.0,
            threshold: std::time::Duration::from_secs(2),
            ring_seconds_max: 25.0,
            ring_seconds_min: 15.0,
            amd: false,
            amd_false_positive_rate: 0.0,
            amd_errors_count: true,
            ratio: 1.5,
            lines_max: 10,
            window: Span::Ever,
            limits: Vec::new(),
            counts: Counts::Answers,
        }
    }
}

impl Settings {
    /// All windows, the law's first.
    pub fn windows(&self) -> impl Iterator<Item = Window> + '_ {
        std::iter::once(Window::law(self.window, self.cap)).chain(self.limits.iter().copied())
    }
}

/// Whom the cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Every `Live`: what a call centre knows at the time, and the law's side of doubt.
    Answers,
    /// People only, by the agents' dispositions; an abandoned line counts with the probability that
    /// it was a person. Profile `judge` of the KPI dictionary.
    People,
}

/// What earlier runs of such a list taught: the start's estimates, worth `calls` observations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Live answers per call that was placed, 0 to 1.
    pub answer_rate: f64,
    /// Of those that are answered, in the mean.
    pub ring_seconds: f64,
    pub talk_seconds: f64,
    pub wrap_seconds: f64,
    pub calls: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Manual,
    Preview,
    Progressive,
    Ratio,
    Predictive,
    /// No agents: a flow handles the call; lines are the limit.
    Agentless,
}

/// Room on the lines, told with every question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// Channels that may still be taken now.
    pub channels: u32,
    /// Calls that the per-second limit still lets through now.
    pub calls_this_second: u32,
    /// Leads at hand.
    pub leads: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Place this many calls now.
    pub dial: u32,
    /// Ringing lines to cancel: surplus, and rung as long as the law asks.
    pub hangups: Vec<CallId>,
    /// The constraint that binds, as a sentence's code and arguments.
    pub reason: Reason,
    pub estimates: Estimates,
    /// Which window of the ledger is the strictest, with its cap; those of the joint ledger follow the campaign's own.
    pub window: (usize, Window),
    /// Where the cap is spent: when it is expected to have room again. `None`: it is not spent, or never.
    pub recovers: Option<Moment>,
    /// What the settings ask for and the law forbids, in one sentence.
    pub warning: Option<Reason>,
    /// Nothing changes before this moment unless an event happens.
    pub next: Option<Moment>,
}

/// What was believed when deciding; each with its sample size where it has one. Shown, and kept in the log.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Estimates {
    pub answer_rate: f64,
    pub answer_rate_n: u64,
    pub ring_seconds: f64,
    pub handling_seconds: f64,
    pub handling_n: u64,
    pub agents_ready: u32,
    pub agents_busy: u32,
    pub lines_ringing: u32,
    pub calls_waiting: u32,
    /// Answers expected within the ring horizon, agents expected free.
    pub predicted_answers: f64,
    pub predicted_free: f64,
    /// Of the ledger: abandoned and human-answered so far in the window, and the cap.
    pub abandoned: u64,
    pub humans: u64,
    pub cap: f64,
}
