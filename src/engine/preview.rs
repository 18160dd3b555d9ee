//! Manual and preview dialing: an agent is shown a lead, and dials it or passes it over. The call then goes the way of
//! every other: pacing grants it, the gate is asked, the record is durable, the trunk has a turn; the person who answers
//! meets that agent. It refuses to dial anything that nobody was shown.

use super::Engine;
use super::io::*;
use super::state::Stage;
use super::tape::Entry;
use super::timers::Timer;
use crate::campaign::Lead;
use crate::campaign::settings::OnTimeout;
use crate::facts::Fact;
use crate::floor::Session;
use crate::pacing::Mode;
use crate::words::*;
use std::time::Duration;

/// A lead that an agent looks at.
pub(super) struct Shown {
    pub campaign: CampaignId,
    pub lead: Lead,
    /// Then it is dialed or passed over, as the settings say. Never in manual mode.
    pub until: Option<Moment>,
}

/// An agent asks for each call.
pub(super) fn asks(mode: Mode) -> bool {
    match mode {
        Mode::Manual | Mode::Preview => true,
        Mode::Progressive | Mode::Ratio | Mode::Predictive | Mode::Agentless => false,
    }
}

impl Engine {
    // ── what an agent asks ──

    /// Shows the agent the next lead, or the one that is named. One that is not at hand is fetched from the store.
    pub(super) fn preview(
        &mut self,
        id: AgentId,
        campaign_id: CampaignId,
        lead: Option<LeadId>,
    ) -> Result<Reply, Refusal> {
        let conflict = |code: &str| Refusal { kind: RefusalKind::Conflict, reason: Reason::new(code) };
        let session = self.floor.session(id).ok_or_else(|| conflict("preview.not_ready"))?;
        let at_work = session.campaigns.contains(&campaign_id) && session.usable().is_some();
        let ready = at_work && session.state == AgentState::Ready;
        let campaign =
            self.campaigns.get_mut(&campaign_id).ok_or_else(|| super::campaigns::campaign_not_found(campaign_id))?;
        if campaign.state != CampaignState::Running || self.shutting_down {
            return Err(conflict("preview.not_running"));
        }
        if !asks(campaign.pacer.mode()) {
            return Err(conflict("preview.mode"));
        }
        if !ready {
            return Err(conflict("preview.not_ready"));
        }
        if let Some(wanted) = lead {
            let at = campaign.hopper.iter().position(|lead| lead.id == wanted);
            let Some(lead) = at.and_then(|at| campaign.hopper.remove(at)) else {
                return self.want(id, campaign_id, wanted);
            };
            return if self.show(id, campaign_id, lead) { Ok(Reply::Done) } else { Err(conflict("preview.held")) };
        }
        if self.show_next(id, campaign_id) { Ok(Reply::Done) } else { Err(conflict("preview.no_lead")) }
    }

    /// Fetches a lead for whoever asked first.
    fn want(&mut self, id: AgentId, campaign: CampaignId, lead: LeadId) -> Result<Reply, Refusal> {
        match self.wanted.get(&lead) {
            Some(first) if *first == id => return Ok(Reply::Done),
            Some(_) => {
                let reason = Reason::new("preview.lead_wanted").with("lead", lead);
                return Err(Refusal { kind: RefusalKind::Conflict, reason });
            }
            None => {}
        }
        self.wanted.insert(lead, id);
        self.command(Command::LeaseLead { campaign, lead });
        Ok(Reply::Done)
    }

    /// The store's answer about a lead that an agent wants to call.
    pub(super) fn on_lead(&mut self, campaign: CampaignId, id: LeadId, lead: Option<Lead>) {
        let agent = self.wanted.remove(&id);
        let Some(lead) = lead else {
            if let Some(agent) = agent {
                self.notice(agent, Reason::new("preview.lead_gone").with("lead", id));
            }
            return;
        };
        let running = self.campaigns.get(&campaign).is_some_and(|c| c.state == CampaignState::Running);
        let ready = agent.filter(|agent| self.floor.session(*agent).is_some_and(|s| s.state == AgentState::Ready));
        match ready.filter(|_| running && !self.shutting_down) {
            Some(agent) => {
                if !self.show(agent, campaign, lead) {
                    self.notice(agent, Reason::new("preview.held"));
                }
            }
            None => self.command(Command::ReleaseLeads { campaign, leads: vec![id] }),
        }
    }

    /// The agent wants the shown lead called.
    pub(super) fn dial_preview(&mut self, id: AgentId) -> Result<Reply, Refusal> {
        let Some(shown) = self.previews.remove(&id) else {
            return Err(Refusal { kind: RefusalKind::Conflict, reason: Reason::new("preview.nothing_shown") });
        };
        self.timers.cancel(Timer::Preview(id));
        let (now, wall) = (self.now, self.wall());
        let campaign = self.campaigns.get_mut(&shown.campaign).expect("a shown lead's campaign stays");
        campaign.pacer.ask(1);
        campaign.tape.write(now, wall, &Entry::Asked(1));
        campaign.accepted.push_back((id, shown.lead));
        campaign.restless = true;
        self.change_state(id, AgentState::ManualDial, None, None);
        Ok(Reply::Done)
    }

    /// The agent passes it over: it comes back later.
    pub(super) fn skip_preview(&mut self, id: AgentId) -> Result<Reply, Refusal> {
        let conflict = |code: &str| Refusal { kind: RefusalKind::Conflict, reason: Reason::new(code) };
        let shown = self.previews.get(&id).ok_or_else(|| conflict("preview.nothing_shown"))?;
        if !self.campaigns[&shown.campaign].spec.settings.preview.may_skip {
            return Err(conflict("preview.must_dial"));
        }
        self.skip(id);
        Ok(Reply::Done)
    }

    fn skip(&mut self, id: AgentId) {
        let Some(Shown { campaign, lead, .. }) = self.previews.remove(&id) else { return };
        self.timers.cancel(Timer::Preview(id));
        let again = u64::from(self.campaigns[&campaign].spec.settings.preview.skip_minutes) * 60;
        let until = Some(self.wall() + Duration::from_secs(again));
        let rules = vec!["preview.skipped".to_owned()];
        self.fact(Fact::LeadHeld { campaign, lead: lead.id, why: NotDialed::Skipped, rules, until });
        self.back_to_work(id);
    }

    /// The agent looked at it long enough.
    pub(super) fn on_preview_over(&mut self, id: AgentId) {
        let Some(shown) = self.previews.get(&id) else { return };
        match self.campaigns[&shown.campaign].spec.settings.preview.on_timeout {
            OnTimeout::Dial => _ = self.dial_preview(id),
            OnTimeout::Skip => self.skip(id),
        }
    }

    // ── showing ──

    /// Preview: every ready agent is shown a lead.
    pub(super) fn offer_previews(&mut self, campaign: CampaignId) {
        let ready: Vec<AgentId> = self
            .floor
            .iter()
            .filter(|agent| {
                let own = |s: &Session| s.campaigns.contains(&campaign) && s.counts_for() == Some(campaign);
                agent.session.as_ref().is_some_and(|s| s.free() && own(s))
            })
            .map(|agent| agent.id)
            .collect();
        for agent in ready {
            if !self.show_next(agent, campaign) {
                return;
            }
        }
    }

    /// The next lead that the gate lets through. False: none at hand.
    fn show_next(&mut self, agent: AgentId, id: CampaignId) -> bool {
        loop {
            let campaign = self.campaigns.get_mut(&id).expect("asked by one of its own");
            let Some(lead) = campaign.hopper.pop_front() else {
                self.lease(id);
                return false;
            };
            if self.day_is_over(id, &lead) {
                self.give_back_yesterdays(id, lead.id);
                continue;
            }
            if self.show(agent, id, lead) {
                return true;
            }
        }
    }

    /// The gate is asked before a lead is shown: nobody studies one that may not be called. False: it was held, or its
    /// day is over.
    fn show(&mut self, agent: AgentId, id: CampaignId, lead: Lead) -> bool {
        if self.day_is_over(id, &lead) {
            self.give_back_yesterdays(id, lead.id);
            return false;
        }
        let verdict = self.ask_gate(id, &lead);
        if !verdict.allowed {
            self.hold_lead(id, &lead, verdict);
            return false;
        }
        let campaign = self.campaigns.get_mut(&id).expect("asked by one of its own");
        campaign.told.let_through();
        let seconds = campaign.spec.settings.preview.seconds;
        let timed = campaign.pacer.mode() == Mode::Preview;
        let until = timed.then(|| self.now + Duration::from_secs(u64::from(seconds)));
        if let Some(at) = until {
            self.timers.set(Timer::Preview(agent), at);
        }
        self.notices.remove(&agent);
        self.previews.insert(agent, Shown { campaign: id, lead, until });
        self.change_state(agent, AgentState::Preview, None, None);
        if self.floor.session(agent).is_some_and(|s| s.shared() && s.kept_for != Some(id)) {
            self.keep_for(agent, Some(id));
        }
        true
    }

    // ── dialing ──

    /// Dials the next accepted lead for its agent. False: nobody waits for one.
    pub(super) fn place_accepted(&mut self, id: CampaignId) -> bool {
        loop {
            let Some(trunk) = self.free_trunk(id, &[]) else { return false };
            let campaign = self.campaigns.get_mut(&id).expect("paced");
            let Some((agent, lead)) = campaign.accepted.pop_front() else { return false };
            if self.day_is_over(id, &lead) {
                self.give_back_yesterdays(id, lead.id);
                self.notice(agent, Reason::new("preview.lead_gone").with("lead", lead.id));
                self.back_to_work(agent);
                continue;
            }
            let verdict = self.ask_gate(id, &lead);
            if verdict.allowed {
                let call = self.place(id, trunk, lead, verdict);
                self.calls.get_mut(&call).expect("placed just now").reserved_for = Some(agent);
                self.change_state(agent, AgentState::ManualDial, None, Some(call));
                return true;
            }
            self.hold_lead(id, &lead, verdict);
            self.notice(agent, Reason::new("preview.held"));
            self.back_to_work(agent);
        }
    }

    /// The agent for whom this call was dialed, if still there to take it.
    pub(super) fn reserved_agent(&self, id: CallId) -> Option<AgentId> {
        let agent = self.calls.get(&id)?.reserved_for?;
        let session = self.floor.session(agent)?;
        let waits = session.call == Some(id) && session.state == AgentState::ManualDial;
        (waits && session.usable().is_some()).then_some(agent)
    }

    /// The call comes to nothing: its agent is free again.
    pub(super) fn free_reserved(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(agent) = call.reserved_for.take().filter(|_| call.agent.is_none()) else { return };
        let waits = self.floor.session(agent).is_some_and(|s| s.call == Some(id));
        if waits {
            self.floor.session_mut(agent).expect("just looked up").call = None;
            self.back_to_work(agent);
        }
    }

    // ── undoing ──

    /// The agent pauses, leaves or loses the phone: what was shown or accepted goes back to the list, and a call that
    /// nobody has answered yet is let go.
    pub(super) fn drop_preview(&mut self, id: AgentId) {
        self.timers.cancel(Timer::Preview(id));
        self.wanted.retain(|_, agent| *agent != id);
        if let Some(Shown { campaign, lead, .. }) = self.previews.remove(&id) {
            self.give_back(campaign, vec![lead.id]);
        }
        let campaigns: Vec<CampaignId> = self.campaigns.keys().copied().collect();
        for campaign in campaigns {
            self.take_back(campaign, |agent| agent == id);
        }
        let dialing = self.floor.session(id).filter(|s| s.state == AgentState::ManualDial).and_then(|s| s.call);
        if let Some(call) = dialing {
            self.floor.session_mut(id).expect("just looked up").call = None;
            self.let_go(call);
        }
    }

    /// Its agent is gone: unless somebody has answered, nobody is disturbed for nothing.
    fn let_go(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.reserved_for = None;
        match call.stage {
            Stage::Placed | Stage::Cleared => self.recall(id, "agent.gone"),
            Stage::Dialing => self.end_call(id, Cause::CancelledStopped, Side::Us),
            Stage::Listening | Stage::Waiting | Stage::Message | Stage::Talking | Stage::Ending => {}
        }
    }

    /// Accepted leads of these agents go back to the list. The agents themselves are the caller's matter.
    fn take_back(&mut self, campaign_id: CampaignId, of: impl Fn(AgentId) -> bool) -> Vec<AgentId> {
        let Some(campaign) = self.campaigns.get_mut(&campaign_id) else { return Vec::new() };
        let all = std::mem::take(&mut campaign.accepted);
        let (back, stay): (Vec<_>, Vec<_>) = all.into_iter().partition(|(agent, _)| of(*agent));
        campaign.accepted = stay.into();
        let agents = back.iter().map(|(agent, _)| *agent).collect();
        self.give_back(campaign_id, back.into_iter().map(|(_, lead)| lead.id).collect());
        agents
    }

    /// The campaign stops, or its mode no longer asks: nobody looks at a lead that will not be dialed. Calls that are
    /// out already are not touched.
    pub(super) fn end_previews(&mut self, campaign: CampaignId) {
        let looking = self.previews.iter().filter(|(_, shown)| shown.campaign == campaign);
        let looking: Vec<AgentId> = looking.map(|(agent, _)| *agent).collect();
        for agent in looking {
            self.drop_preview(agent);
            self.back_to_work(agent);
        }
        for agent in self.take_back(campaign, |_| true) {
            self.back_to_work(agent);
        }
    }

    /// No lead and no call: what the agent wished for.
    fn back_to_work(&mut self, id: AgentId) {
        if self.floor.session(id).is_some_and(|s| matches!(s.state, AgentState::Preview | AgentState::ManualDial)) {
            self.take_up_wish(id);
        }
    }

    /// Something that the agent should know, shown until the next lead.
    fn notice(&mut self, id: AgentId, reason: Reason) {
        self.notices.insert(id, reason);
        self.show_agent(id);
    }

    pub(super) fn preview_view(&self, id: AgentId) -> Option<PreviewView> {
        let shown = self.previews.get(&id)?;
        let campaign = &self.campaigns[&shown.campaign];
        let (_, local_time) = self.local_time(shown.lead.zones.first().map(String::as_str));
        Some(PreviewView {
            campaign: shown.campaign,
            lead: shown.lead.id,
            attempt: shown.lead.attempts + 1,
            callback: shown.lead.callback_at,
            local_time,
            until: shown.until.map(|at| at.wall(self.wall_offset)),
            may_skip: campaign.spec.settings.preview.may_skip,
        })
    }
}

#[cfg(test)]
mod tests;
