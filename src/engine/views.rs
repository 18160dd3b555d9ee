//! The latest state of agents and campaigns, for those who watch. Never stored, never read back.

use super::Engine;
use super::io::*;
use super::state::Stage;
use super::timers::Timer;
use crate::words::*;
use std::time::Duration;

/// A campaign's view is sent at most so often; people cannot read faster.
const VIEW_EVERY: Duration = Duration::from_millis(250);

impl Engine {
    /// Sends an agent's view at once: the screen pop must not wait.
    pub(super) fn show_agent(&mut self, id: AgentId) {
        if let Some(view) = self.agent_view(id) {
            self.outputs.push_back(Output::View(View::Agent(view)));
        }
    }

    fn agent_view(&self, id: AgentId) -> Option<AgentView> {
        let agent = self.floor.get(id)?;
        let Some(session) = &agent.session else {
            return Some(AgentView {
                agent: id,
                session: None,
                state: None,
                reason: None,
                since: self.wall(),
                device: agent.registered,
                call: None,
                preview: None,
                notice: None,
            });
        };
        Some(AgentView {
            agent: id,
            session: Some(session.id),
            state: Some(session.state),
            reason: session.reason.clone(),
            since: session.since.wall(self.wall_offset),
            device: session.device.up().is_some(),
            call: session.call.and_then(|call| self.agent_call_view(call, session.since, session.state)),
            preview: self.preview_view(id),
            notice: self.notices.get(&id).cloned(),
        })
    }

    fn agent_call_view(&self, id: CallId, since: Moment, state: AgentState) -> Option<AgentCallView> {
        let call = self.calls.get(&id)?;
        let settings = &self.campaigns[&call.campaign].spec.settings;
        let wrap = Duration::from_secs(u64::from(settings.agents.wrap_seconds_max));
        let (_, local_time) = self.local_time(call.lead.zones.first().map(String::as_str));
        let outcome = call.talk.outcome.clone().or_else(|| call.talk.finish.as_ref().map(|f| f.outcome.clone()));
        Some(AgentCallView {
            call: id,
            campaign: call.campaign,
            lead: call.lead.id,
            attempt: call.attempt,
            lang: self.lang_of(call),
            local_time,
            customer_on_line: call.stage == Stage::Talking,
            turn: call.talk.turn,
            step: call.talk.step.clone(),
            outcome,
            wrap_until: (state == AgentState::Wrap).then(|| (since + wrap).wall(self.wall_offset)),
        })
    }

    pub(super) fn send_views(&mut self) {
        let now = self.now;
        let unseen: Vec<CampaignId> = self.campaigns.iter().filter(|(_, c)| c.unseen).map(|(id, _)| *id).collect();
        for id in unseen {
            let campaign = self.campaigns.get_mut(&id).expect("just listed");
            let due = campaign.view_sent + VIEW_EVERY;
            if due > now {
                // Pacing's own tick comes within the same quarter of a second while the campaign runs.
                if campaign.state != CampaignState::Running {
                    self.timers.set_earlier(Timer::Pace(id), due);
                }
                continue;
            }
            campaign.unseen = false;
            campaign.view_sent = now;
            let view = self.campaign_view(id);
            self.outputs.push_back(Output::View(View::Campaign(Box::new(view))));
        }
    }

    fn campaign_view(&self, id: CampaignId) -> CampaignView {
        let campaign = &self.campaigns[&id];
        let talking = campaign.calls.iter().filter(|c| self.calls[c].stage == Stage::Talking).count();
        let lines = campaign.calls.iter().filter(|c| self.calls[c].trunk.is_some()).count();
        CampaignView {
            campaign: id,
            name: campaign.spec.name.clone(),
            state: campaign.state,
            mode: campaign.pacer.mode(),
            reason: campaign.told.reason.clone(),
            estimates: campaign.estimates.clone(),
            leads: campaign.counts,
            lines: u32::try_from(lines).unwrap_or(u32::MAX),
            talking: u32::try_from(talking).unwrap_or(u32::MAX),
            decisions: campaign.told.decisions.iter().cloned().collect(),
        }
    }
}
