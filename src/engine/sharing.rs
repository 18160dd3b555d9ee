//! Several campaigns, one floor: for which of them an agent is kept while free, by their weights (`pacing::sharing`).
//! That campaign's pacing counts on the agent, the others hear that somebody else has this one, so that no two dial for
//! the same person. It refuses to route calls: whoever waits on the line may get any free agent of the campaign
//! (`floor::pick`), and pacing is told then.

use super::Engine;
use super::state::{Campaign, Stage, Trunk};
use crate::pacing::sharing::{Claim, FreeAgent, keep};
use crate::pacing::{Decision, Event, Ledger, Mode, Span, Tally, Window};
use crate::words::*;
use std::time::Duration;

/// A campaign that may not dial leaves its agents to others for so long, where pacing names no time.
const REST: Duration = Duration::from_secs(60);

/// Time worked while several campaigns wanted the agents fades with this time constant.
const CONTEST_SECONDS: f64 = 600.0;
/// An agent too many, on average over that time, counts as so many now.
const AMENDS: f64 = 3.0;

/// Of the last hour; from a hundred answers on.
pub(super) fn lent_ledger(cap: f64) -> Ledger {
    Ledger::new([Window { span: Span::Rolling(Duration::from_secs(3600)), cap, answers_min: 100.0 }])
}

/// A free agent, campaigns by their place among all.
struct Free {
    agent: AgentId,
    shared: bool,
    campaigns: Vec<usize>,
    kept_for: Option<usize>,
}

impl Engine {
    /// The agent became ready: one campaign hears of it, at once, for somebody may wait on its line.
    pub(super) fn tell_ready(&mut self, id: AgentId) {
        if self.floor.session(id).is_some_and(|session| session.shared()) {
            self.keep_agents(Some(id));
        } else {
            self.tell_agents_pacing(id, |agent| Event::Ready { agent });
        }
    }

    /// After each input: what happened may have made the shares unfair.
    pub(super) fn share_agents(&mut self) {
        let roused = self.campaigns.values().any(|campaign| campaign.restless);
        if roused && self.floor.iter().any(|agent| agent.session.as_ref().is_some_and(|s| s.shared())) {
            self.keep_agents(None);
        }
    }

    /// `anew`: hears of its ready agent in any case.
    fn keep_agents(&mut self, anew: Option<AgentId>) {
        for (agent, campaign) in self.kept() {
            let same = self.floor.session(agent).is_some_and(|session| session.kept_for == campaign);
            if !same || anew == Some(agent) {
                self.keep_for(agent, campaign);
            }
        }
    }

    /// One campaign counts on the free agent from now on, the others do not.
    pub(super) fn keep_for(&mut self, id: AgentId, campaign: Option<CampaignId>) {
        self.take_for(id, campaign);
        if let Some(campaign) = campaign {
            self.tell_pacing(campaign, Event::Ready { agent: id });
        }
    }

    /// The agent is this campaign's, free or not: the others hear it, once.
    pub(super) fn take_for(&mut self, id: AgentId, campaign: Option<CampaignId>) {
        let Some(session) = self.floor.session_mut(id).filter(|session| session.shared()) else { return };
        session.kept_for = campaign;
        let mut told = Vec::new();
        for one in &session.campaigns {
            if campaign == Some(*one) {
                session.away.remove(one);
            } else if session.away.insert(*one) {
                told.push(*one);
            }
        }
        for other in told {
            self.tell_pacing(other, Event::Taken { agent: id });
        }
    }

    /// Every free agent who works for several campaigns, and for which of them it is fair to keep this one.
    fn kept(&mut self) -> Vec<(AgentId, Option<CampaignId>)> {
        let ids: Vec<CampaignId> = self.campaigns.keys().copied().collect();
        let place = |id: &CampaignId| ids.binary_search(id).ok();
        let (mut busy, mut free) = (vec![0_u32; ids.len()], Vec::new());
        let sessions = self.floor.iter().filter_map(|agent| Some((agent.id, agent.session.as_ref()?)));
        for (agent, session) in sessions {
            let counts_for = session.counts_for().as_ref().and_then(place);
            if session.free() {
                let campaigns: Vec<usize> = session.campaigns.iter().filter_map(place).collect();
                free.push(Free { agent, shared: session.shared(), campaigns, kept_for: counts_for });
            } else if let Some(at) = counts_for.filter(|_| session.engaged()) {
                busy[at] += 1;
            }
        }
        let claim = |(id, busy): (&CampaignId, u32)| self.claim(&self.campaigns[id], busy, free.len());
        let mut claims: Vec<Claim> = ids.iter().zip(busy).map(claim).collect();
        self.make_amends(&mut claims);
        let agents: Vec<FreeAgent<'_>> =
            free.iter().map(|one| FreeAgent { campaigns: &one.campaigns, kept_for: one.kept_for }).collect();
        let kept = keep(&claims, &agents).into_iter().map(|at| at.map(|at| ids[at]));
        free.iter().zip(kept).filter(|(one, _)| one.shared).map(|(one, kept)| (one.agent, kept)).collect()
    }

    /// Whose answers met others' agents had more than its share: what is owed from the last minutes counts as had now.
    /// Only time that several campaigns wanted is counted, so that nobody owes for agents whom nobody else could use.
    fn make_amends(&mut self, claims: &mut [Claim]) {
        let contested = claims.iter().filter(|claim| claim.hungry).count() > 1;
        let gap = self.now.since(self.contested_at).as_secs_f64();
        self.contested_at = self.now;
        let fades = (-gap / CONTEST_SECONDS).exp();
        for (campaign, claim) in self.campaigns.values_mut().zip(&*claims) {
            let had = if contested { f64::from(claim.busy) } else { 0.0 };
            campaign.had = campaign.had * fades + had * (1.0 - fades);
        }
        let per_weight = |campaign: &Campaign, claim: &Claim| campaign.had / claim.weight;
        let wanting = self.campaigns.values().zip(&*claims).filter(|(_, claim)| claim.hungry);
        let least = wanting.map(|(campaign, claim)| per_weight(campaign, claim)).fold(f64::INFINITY, f64::min);
        for (campaign, claim) in self.campaigns.values().zip(claims).filter(|(_, claim)| claim.hungry) {
            let owed = (per_weight(campaign, claim) - least) * claim.weight * AMENDS;
            claim.busy = claim.busy.saturating_add(owed.round() as u32);
        }
    }

    fn claim(&self, campaign: &Campaign, busy: u32, free: usize) -> Claim {
        let most = self.agents_wanted(campaign, u32::try_from(free).unwrap_or(u32::MAX));
        Claim { weight: campaign.spec.settings.agents.weight, busy, hungry: most > 0, most }
    }

    /// How many free agents a campaign could use: one for each line that is out, and for each that it could still dial.
    /// Counted exactly only below `enough`.
    fn agents_wanted(&self, campaign: &Campaign, enough: u32) -> u32 {
        match campaign.pacer.mode() {
            // Nobody is needed, or agents ask by themselves.
            Mode::Agentless | Mode::Manual => return 0,
            Mode::Preview | Mode::Progressive | Mode::Ratio | Mode::Predictive => {}
        }
        let rests = campaign.rests.as_ref().is_some_and(|(until, _)| self.now < *until);
        let leads = match campaign.state {
            CampaignState::Running if rests || self.shutting_down => 0,
            CampaignState::Running if campaign.short => u32::try_from(campaign.hopper.len()).unwrap_or(u32::MAX),
            CampaignState::Running => u32::MAX,
            CampaignState::Idle | CampaignState::Paused | CampaignState::Draining | CampaignState::Finished => 0,
        };
        let more = if leads > 0 { leads.min(self.channels_free(campaign)) } else { 0 };
        if more >= enough {
            return more;
        }
        let out = |id: &&CallId| match self.calls[id].stage {
            Stage::Placed | Stage::Cleared | Stage::Dialing | Stage::Listening | Stage::Waiting => true,
            Stage::Message | Stage::Talking | Stage::Ending => false,
        };
        u32::try_from(campaign.calls.iter().filter(out).count()).unwrap_or(u32::MAX).saturating_add(more)
    }

    pub(super) fn channels_free(&self, campaign: &Campaign) -> u32 {
        self.trunks.values().filter(|trunk| campaign.may_use(trunk)).map(Trunk::channels_free).sum()
    }

    /// The law lets it dial nothing for a while: its agents are better used elsewhere.
    pub(super) fn note_rest(&mut self, id: CampaignId, decision: &Decision) {
        let now = self.now;
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        match decision.reason.code.as_str() {
            "pacing.cap_stopped" | "pacing.cap_unreachable" => {
                campaign.rests = Some((decision.recovers.unwrap_or(now + REST), decision.reason.clone()));
            }
            // Without its agents it cannot tell.
            "pacing.no_agents" => {}
            _ => campaign.rests = None,
        }
    }

    // ── what spills over ──

    /// Who answered was served by the campaign's own agents, or not.
    pub(super) fn note_lent(&mut self, id: CampaignId, event: Event) {
        let spilled = match event {
            Event::Connected { agent, within, .. } => {
                let counts_for = self.floor.session(agent).and_then(|session| session.counts_for());
                !within || counts_for.is_some_and(|kept_for| kept_for != id)
            }
            Event::Abandoned { .. } => true,
            Event::Spoke { within, .. } => !within,
            Event::Unserved { abandoned, .. } => abandoned,
            Event::Dialed { .. }
            | Event::Ringing { .. }
            | Event::Answered { .. }
            | Event::Live { .. }
            | Event::Machine { .. }
            | Event::Ended { .. }
            | Event::Step { .. }
            | Event::TalkEnded { .. }
            | Event::Login { .. }
            | Event::Ready { .. }
            | Event::Pausing { .. }
            | Event::Pause { .. }
            | Event::Logout { .. }
            | Event::Taken { .. } => return,
        };
        let now = self.now;
        if let Some(campaign) = self.campaigns.get_mut(&id) {
            campaign.lent.record(now, Tally::answer(1.0, f64::from(u8::from(spilled))));
            // Also where nobody asks: what has left the window is forgotten.
            campaign.lent.advance(now);
        }
    }

    /// Some of its agents work for other campaigns, too, which could use them now.
    pub(super) fn shares_agents(&self, id: CampaignId) -> bool {
        let wanted = |(other, campaign): (&CampaignId, &Campaign)| {
            (*other != id && self.agents_wanted(campaign, 1) > 0).then_some(*other)
        };
        let others: Vec<CampaignId> = self.campaigns.iter().filter_map(wanted).collect();
        let sessions = self.floor.iter().filter_map(|agent| agent.session.as_ref());
        let own = |session: &&crate::floor::Session| session.campaigns.contains(&id);
        sessions.filter(own).any(|session| session.campaigns.iter().any(|campaign| others.contains(campaign)))
    }

    // ── said ──

    /// Why it has no free agent while others of its agents are with other campaigns.
    pub(super) fn share_used(&self, id: CampaignId, decision: &Decision) -> Option<Reason> {
        let campaign = self.campaigns.get(&id)?;
        let (mut own, mut all, mut free, mut others) = (0_u32, 0_u32, 0_u32, std::collections::BTreeSet::new());
        for session in self.floor.iter().filter_map(|agent| agent.session.as_ref()) {
            if !session.campaigns.contains(&id) || !(session.free() || session.engaged()) {
                continue;
            }
            all += 1;
            match session.counts_for() {
                Some(kept_for) if kept_for == id => own += 1,
                kept_for => {
                    others.extend(kept_for);
                    free += u32::from(session.free());
                }
            }
        }
        let nobody = decision.reason.code == "pacing.no_agents";
        if own == all || decision.estimates.agents_ready > 0 || (free == 0 && !nobody) {
            return None;
        }
        if self.agents_wanted(campaign, 1) == 0 {
            let rests = campaign.rests.as_ref().filter(|(until, _)| self.now < *until);
            return rests
                .map(|(_, reason)| reason.clone())
                .or_else(|| self.no_leads(id))
                .or_else(|| (self.channels_free(campaign) == 0).then(|| self.channels_taken(id)));
        }
        let names = others.iter().filter_map(|id| Some(self.campaigns.get(id)?.spec.name.as_str()));
        let reason = Reason::new("why.share_used").with("own", own).with("agents", all);
        let weight = campaign.spec.settings.agents.weight;
        Some(reason.with("weight", weight).with("campaigns", names.collect::<Vec<_>>().join(", ")))
    }
}
