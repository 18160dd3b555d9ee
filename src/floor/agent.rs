//! One agent: the login, the softphone, the state (rule G7), and what is wished for after the current call.

use crate::words::{AgentId, AgentState, CallId, CampaignId, Lang, LegId, Moment, SessionId};
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub struct Agent {
    pub id: AgentId,
    pub name: String,
    pub lang: Lang,
    /// The softphone is registered.
    pub registered: bool,
    pub session: Option<Session>,
}

/// The time between login and logout.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub campaigns: Vec<CampaignId>,
    pub state: AgentState,
    pub reason: Option<String>,
    pub since: Moment,
    pub call: Option<CallId>,
    pub device: Device,
    /// The leg is up, but no sound has come over it for seconds: the phone is as good as gone (rule G9).
    pub silent: bool,
    /// Taken up when the phone is there and no call is in hand.
    pub wish: Wish,
    /// Of an agent who works for several campaigns: the one that counts on this agent. That of the customer in hand or
    /// the last one; while free the one that this agent is kept for.
    pub kept_for: Option<CampaignId>,
    /// Campaigns that were told that somebody else has this agent, and nothing since.
    pub away: BTreeSet<CampaignId>,
}

/// The agent's one leg of the shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    Down,
    Calling(LegId),
    Up(LegId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Ready,
    Pause(String),
    Logout,
}

impl Device {
    pub fn leg(self) -> Option<LegId> {
        match self {
            Device::Down => None,
            Device::Calling(leg) | Device::Up(leg) => Some(leg),
        }
    }

    pub fn up(self) -> Option<LegId> {
        match self {
            Device::Up(leg) => Some(leg),
            Device::Down | Device::Calling(_) => None,
        }
    }
}

impl Session {
    pub fn new(id: SessionId, campaigns: Vec<CampaignId>, now: Moment) -> Session {
        Session {
            id,
            campaigns,
            state: AgentState::NoDevice,
            reason: None,
            since: now,
            call: None,
            device: Device::Down,
            silent: false,
            wish: Wish::Pause("login".to_owned()),
            kept_for: None,
            away: BTreeSet::new(),
        }
    }

    /// The leg on which a customer could be heard now.
    pub fn usable(&self) -> Option<LegId> {
        self.device.up().filter(|_| !self.silent)
    }

    /// Works for several campaigns.
    pub fn shared(&self) -> bool {
        self.campaigns.len() > 1
    }

    /// The campaign that counts on this agent, if one does.
    pub fn counts_for(&self) -> Option<CampaignId> {
        if self.shared() { self.kept_for } else { self.campaigns.first().copied() }
    }

    /// Ready, with a phone on which a customer could be heard.
    pub fn free(&self) -> bool {
        self.state == AgentState::Ready && self.usable().is_some()
    }

    /// At work on a lead: looks at it, waits for its answer, talks, or has the work after it.
    pub fn engaged(&self) -> bool {
        self.occupied() || matches!(self.state, AgentState::Preview | AgentState::ManualDial)
    }

    /// Has a customer, or the work after one.
    pub fn occupied(&self) -> bool {
        self.call.is_some()
    }
}
