//! The floor of one node: its agents in id order, and the choice of the next one.

use super::agent::{Agent, Session};
use crate::words::{AgentId, CampaignId, Lang};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Floor {
    agents: BTreeMap<AgentId, Agent>,
}

impl Floor {
    /// Adds an agent, or takes over a changed name and language.
    pub fn add(&mut self, id: AgentId, name: String, lang: Lang) {
        match self.agents.get_mut(&id) {
            Some(agent) => {
                agent.name = name;
                agent.lang = lang;
            }
            None => {
                self.agents.insert(id, Agent { id, name, lang, registered: false, session: None });
            }
        }
    }

    pub fn get(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(&id)
    }

    pub fn get_mut(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(&id)
    }

    pub fn session(&self, id: AgentId) -> Option<&Session> {
        self.agents.get(&id)?.session.as_ref()
    }

    pub fn session_mut(&mut self, id: AgentId) -> Option<&mut Session> {
        self.agents.get_mut(&id)?.session.as_mut()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// The agent who takes the next customer of a campaign: the promised one if ready, else the longest idle of those
    /// who are kept for it, else of those who are kept for another one: whoever waits on the line comes first.
    pub fn pick(&self, campaign: CampaignId, promised: Option<AgentId>) -> Option<AgentId> {
        let ready =
            |agent: &&Agent| agent.session.as_ref().is_some_and(|s| s.free() && s.campaigns.contains(&campaign));
        if let Some(agent) = promised.and_then(|id| self.agents.get(&id)).filter(ready) {
            return Some(agent.id);
        }
        self.agents
            .values()
            .filter(ready)
            .min_by_key(|agent| {
                let session = agent.session.as_ref();
                let elsewhere = session.and_then(|s| s.counts_for()).is_some_and(|kept_for| kept_for != campaign);
                (elsewhere, session.map(|s| s.since), agent.id)
            })
            .map(|agent| agent.id)
    }
}
