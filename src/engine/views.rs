//! The latest state of agents and campaigns, for those who watch. Never stored, never read back.

use super::Engine;
use super::io::*;
use super::outcome::EXTENSIONS_MAX;
use super::state::{Campaign, Stage};
use super::timers::Timer;
use crate::floor::Wish;
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
                campaigns: Vec::new(),
                state: None,
                reason: None,
                since: self.wall(),
                device: agent.registered,
                next: None,
                call: None,
                preview: None,
                notice: None,
            });
        };
        Some(AgentView {
            agent: id,
            session: Some(session.id),
            campaigns: session.campaigns.clone(),
            state: Some(session.state),
            reason: session.reason.clone(),
            since: session.since.wall(self.wall_offset),
            device: session.device.up().is_some(),
            next: match &session.wish {
                Wish::Pause(reason) if session.occupied() => Some(AfterCall::Pause(reason.clone())),
                Wish::Logout => Some(AfterCall::Logout),
                Wish::Ready | Wish::Pause(_) => None,
            },
            call: session.call.and_then(|call| self.agent_call_view(call, session.state)),
            preview: self.preview_view(id),
            notice: self.notices.get(&id).cloned(),
        })
    }

    fn agent_call_view(&self, id: CallId, state: AgentState) -> Option<AgentCallView> {
        let call = self.calls.get(&id)?;
        let wall = |moment: Moment| moment.wall(self.wall_offset);
        let (_, local_time) = self.local_time(call.lead.zones.first().map(String::as_str));
        let outcome = call.talk.outcome.clone().or_else(|| call.talk.finish.as_ref().map(|f| f.outcome.clone()));
        Some(AgentCallView {
            call: id,
            campaign: call.campaign,
            lead: call.lead.id,
            attempt: call.attempt,
            lang: self.lang_of(call),
            local_time,
            zone: call.lead.zones.first().cloned(),
            customer_on_line: call.stage == Stage::Talking,
            turn: call.talk.turn,
            step: call.talk.step.clone(),
            outcome,
            wrap_until: call.talk.wrap_until.filter(|_| state == AgentState::Wrap).map(wall),
            closes_at: call.talk.closes_at.map(wall),
            extensions_left: EXTENSIONS_MAX.saturating_sub(call.talk.extended),
            callback_at: call.talk.callback.or(call.callback),
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
        let in_flight = self.in_flight(campaign);
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
            talking: in_flight.talking,
            in_flight,
            target_utilization: campaign.spec.settings.dialing.target_utilization,
            decisions: campaign.told.decisions.iter().cloned().collect(),
        }
    }

    fn in_flight(&self, campaign: &Campaign) -> InFlight {
        let mut count = InFlight::default();
        for call in campaign.calls.iter().map(|id| &self.calls[id]) {
            let place = match call.stage {
                Stage::Placed | Stage::Cleared => &mut count.dialing,
                Stage::Dialing if call.rang => &mut count.ringing,
                Stage::Dialing => &mut count.dialing,
                Stage::Listening => &mut count.listening,
                Stage::Waiting => &mut count.waiting,
                Stage::Message => &mut count.message,
                Stage::Talking => &mut count.talking,
                Stage::Ending if call.agent.is_some() && !call.outcome_set => &mut count.wrapping,
                Stage::Ending => continue,
            };
            *place += 1;
        }
        count
    }
}
