//! What happens to a simulated day from outside: faults, and orders of a supervisor. It refuses to happen by chance.

use super::dist::Dist;
use super::scenario::ScenarioError;
use crate::engine::Mode;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// After the start of the run.
    pub at_seconds: f64,
    #[serde(flatten)]
    pub what: What,
}

/// Agents, trunks and campaigns go by their place in the scenario, from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    TrunkOutage {
        trunk: usize,
        seconds: f64,
        how: Outage,
    },
    /// Commits take this long meanwhile.
    SlowStore {
        seconds: f64,
        durable_seconds: Dist,
    },
    /// The softphone's registration and its leg are gone.
    PhoneLost {
        agent: usize,
        seconds: f64,
    },
    /// Registered still, but no packet comes from it.
    PhoneSilent {
        agent: usize,
        seconds: f64,
    },
    /// The agent clicks nothing.
    AgentAway {
        agent: usize,
        seconds: f64,
    },
    /// The wall clock jumps; the monotonic one does not.
    WallClockStep {
        by_seconds: f64,
    },
    /// The folder comes once more: as it is, or with another word in its flow.
    PostCampaign {
        campaign: usize,
        changed: bool,
    },
    PauseCampaign {
        campaign: usize,
    },
    StartCampaign {
        campaign: usize,
    },
    DrainCampaign {
        campaign: usize,
    },
    SetMode {
        campaign: usize,
        mode: Mode,
    },
    /// The lead's number may never be called again.
    Suppress {
        campaign: usize,
        lead: usize,
    },
    Shutdown {
        within_seconds: f64,
    },
    /// The agent clicks something that the day's routine does not hold.
    AgentClicks {
        agent: usize,
        click: Click,
    },
}

/// On the agent's page, about the call in hand (or, for an amendment, the last one).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Click {
    MarkOutcome(String),
    TakeBack,
    ExtendWrap,
    PauseAfterCall(String),
    WorkAfterCall,
    Amend(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// 503 with Retry-After at once.
    Refuse,
    /// Nothing comes back.
    Silent,
    /// OPTIONS fail: the trunk is reported down, and its calls in progress go on.
    Down,
}

impl Planned {
    pub fn check(&self, trunks: usize, agents: usize) -> Result<(), ScenarioError> {
        let refuse = |why: String| Err(ScenarioError { key: "planned".into(), why });
        if !(0.0..=604_800.0).contains(&self.at_seconds) {
            return refuse(format!("at_seconds = {} is not within a week", self.at_seconds));
        }
        match &self.what {
            What::TrunkOutage { trunk, .. } if *trunk >= trunks => refuse(format!("trunk {trunk} of {trunks}")),
            What::PhoneLost { agent, .. }
            | What::PhoneSilent { agent, .. }
            | What::AgentAway { agent, .. }
            | What::AgentClicks { agent, .. }
                if *agent >= agents =>
            {
                refuse(format!("agent {agent} of {agents}"))
            }
            What::SlowStore { durable_seconds, .. } => durable_seconds.fault().map_or(Ok(()), refuse),
            What::TrunkOutage { .. }
            | What::PhoneLost { .. }
            | What::PhoneSilent { .. }
            | What::AgentAway { .. }
            | What::AgentClicks { .. }
            | What::WallClockStep { .. }
            | What::PostCampaign { .. }
            | What::PauseCampaign { .. }
            | What::StartCampaign { .. }
            | What::DrainCampaign { .. }
            | What::SetMode { .. }
            | What::Suppress { .. }
            | What::Shutdown { .. } => Ok(()),
        }
    }
}
