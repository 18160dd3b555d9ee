//! Which fact changed a campaign or an agent last: what `ETag` tells and `If-Match` asks for. Taken from the facts as
//! they happen, because a view may come a quarter of a second later.

use super::etag::Revision;
use crate::facts::{Envelope, Fact};
use crate::words::{AgentId, CampaignId};
use std::collections::BTreeMap;

/// As many as there are campaigns and agents.
#[derive(Debug, Default)]
pub struct Revisions {
    campaigns: BTreeMap<CampaignId, Revision>,
    agents: BTreeMap<AgentId, Revision>,
}

impl Revisions {
    pub fn observe(&mut self, fact: &Envelope) {
        let now = Revision::of(fact);
        if let Fact::CampaignStarted { campaign, .. }
        | Fact::CampaignPaused { campaign, .. }
        | Fact::CampaignDrained { campaign, .. }
        | Fact::CampaignFinished { campaign, .. }
        | Fact::PacingModeChanged { campaign, .. } = &fact.fact
        {
            self.campaigns.insert(*campaign, now);
        }
        if let Fact::CampaignConfigured(configured) = &fact.fact {
            self.campaigns.insert(configured.campaign, now);
        }
        if let Fact::AgentLoggedIn { agent, .. }
        | Fact::AgentStateChanged { agent, .. }
        | Fact::AgentLoggedOut { agent, .. } = &fact.fact
        {
            self.agents.insert(*agent, now);
        }
    }

    pub fn campaign(&self, id: CampaignId) -> Revision {
        self.campaigns.get(&id).copied().unwrap_or_default()
    }

    pub fn agent(&self, id: AgentId) -> Revision {
        self.agents.get(&id).copied().unwrap_or_default()
    }
}
