//! What comes from outside the day's routine: requests and their replies, faults and orders at their time.
//! It refuses to answer for the engine.

use super::{Event, SimWorld};
use crate::engine::{Amendment, Input, MediaEvent, Refusal, Reply, Request, TrunkEvent};
use crate::sim::dist::seconds;
use crate::sim::plan::{Click, Outage, What};
use crate::words::*;
use std::sync::Arc;
use std::time::Duration;

/// Who asked.
pub(super) enum Asker {
    /// What every run begins with: it must be taken.
    Host,
    /// Orders in mid-day, which may come too late.
    Supervisor,
    Agent(usize),
    /// Once acknowledged, the number may not be dialed.
    Suppressing(String),
}

impl SimWorld<'_> {
    pub(super) fn asks(&mut self, asker: Asker, request: Request) {
        self.requested += 1;
        let id = RequestId(self.requested);
        let by = match &asker {
            Asker::Host | Asker::Supervisor | Asker::Suppressing(_) => "sim".to_owned(),
            Asker::Agent(place) => format!("agent{}", place + 1),
        };
        self.requests.insert(id, asker);
        self.checks.requested(id);
        self.inbox.push_back(Input::Request { id, by, request });
    }

    pub(super) fn replies(&mut self, now: Moment, id: RequestId, result: Result<Reply, Refusal>) {
        self.checks.replied(now, id);
        match (self.requests.remove(&id), result) {
            (Some(Asker::Agent(place)), Err(_)) => self.agent_refused(place),
            (Some(Asker::Suppressing(hash)), Ok(_)) => {
                self.checks.suppress(&hash);
                self.lists.iter_mut().for_each(|list| list.suppress(&hash));
            }
            (Some(Asker::Host), Err(refusal)) => {
                self.checks.broken("host_refused", format!("{:?}: {}", refusal.kind, refusal.reason.text(Lang::En)));
            }
            (Some(Asker::Suppressing(hash)), Err(refusal)) => {
                self.checks.broken("host_refused", format!("{hash}: {}", refusal.reason.text(Lang::En)));
            }
            (Some(Asker::Host | Asker::Agent(_)), Ok(_)) | (Some(Asker::Supervisor) | None, _) => {}
        }
    }

    pub(super) fn planned(&mut self, index: usize) {
        let what = self.scenario.planned[index].what.clone();
        let until = |world: &Self, length: f64| world.now + seconds(length);
        let over = |world: &mut Self, length: f64| world.later(seconds(length), Event::PlannedOver(index));
        match what {
            What::TrunkOutage { trunk, seconds, how } => {
                let until = until(self, seconds);
                self.trunks[trunk].fail(how, until);
                if how == Outage::Down {
                    let trunk = self.trunks[trunk].record.id;
                    self.inbox.push_back(Input::Trunk { trunk, event: TrunkEvent::Down });
                    over(self, seconds);
                }
            }
            What::SlowStore { seconds, durable_seconds } => {
                let until = until(self, seconds);
                self.slow_disk(durable_seconds, until);
            }
            What::PhoneLost { agent, seconds } => {
                self.phone_lost(agent);
                over(self, seconds);
            }
            What::PhoneSilent { agent, seconds } => {
                self.phone_sounds(agent, MediaEvent::Silent);
                over(self, seconds);
            }
            What::AgentAway { agent, seconds } => {
                let until = until(self, seconds);
                self.agents[agent].goes_away(until);
            }
            What::AgentClicks { agent, click } => self.clicks(agent, click),
            What::WallClockStep { by_seconds } => {
                self.offset += (by_seconds * 1e6).round() as i64;
                self.inbox.push_back(Input::WallClock { offset: self.offset });
            }
            What::Shutdown { within_seconds } => {
                self.happens(Event::Shutdown(Duration::from_secs_f64(within_seconds.clamp(0.0, 3600.0))));
            }
            What::Suppress { campaign, lead } => self.suppresses(campaign, lead),
            What::PostCampaign { campaign, changed } => self.posts(campaign, changed),
            What::PauseCampaign { campaign } => self.orders(campaign, |campaign| Request::PauseCampaign { campaign }),
            What::StartCampaign { campaign } => self.orders(campaign, |campaign| Request::StartCampaign { campaign }),
            What::DrainCampaign { campaign } => self.orders(campaign, |campaign| Request::DrainCampaign { campaign }),
            What::SetMode { campaign, mode } => {
                self.orders(campaign, |campaign| Request::SetMode { campaign, mode });
            }
        }
    }

    pub(super) fn planned_over(&mut self, index: usize) {
        match self.scenario.planned[index].what.clone() {
            What::TrunkOutage { trunk, .. } => {
                let trunk = self.trunks[trunk].record.id;
                self.inbox.push_back(Input::Trunk { trunk, event: TrunkEvent::Up });
            }
            What::PhoneLost { agent, .. } => self.phone_back(agent),
            What::PhoneSilent { agent, .. } => self.phone_sounds(agent, MediaEvent::Heard),
            What::SlowStore { .. }
            | What::AgentAway { .. }
            | What::AgentClicks { .. }
            | What::WallClockStep { .. }
            | What::PostCampaign { .. }
            | What::PauseCampaign { .. }
            | What::StartCampaign { .. }
            | What::DrainCampaign { .. }
            | What::SetMode { .. }
            | What::Suppress { .. }
            | What::Shutdown { .. } => {}
        }
    }

    /// A click that comes too late is refused, as on the page.
    fn clicks(&mut self, place: usize, click: Click) {
        let agent = self.agents[place].id;
        let in_hand = self.agents[place].call_in_hand();
        let none = (None, None, None);
        let (outcome, note, callback) = none;
        let request = match (click, in_hand) {
            (Click::MarkOutcome(name), Some(call)) => {
                Request::MarkOutcome { call, outcome: Some(name), note, callback }
            }
            (Click::TakeBack, Some(call)) => Request::MarkOutcome { call, outcome, note, callback },
            (Click::ExtendWrap, Some(call)) => Request::ExtendWrap { call },
            (Click::PauseAfterCall(reason), _) => Request::AfterCall { agent, pause: Some(reason) },
            (Click::WorkAfterCall, _) => Request::AfterCall { agent, pause: None },
            (Click::Amend(outcome), _) => match self.amendment(agent, outcome) {
                Some(amendment) => Request::AmendOutcome(Box::new(amendment)),
                None => return,
            },
            (Click::MarkOutcome(_) | Click::TakeBack | Click::ExtendWrap, None) => return,
        };
        self.asks(Asker::Supervisor, request);
    }

    /// Of the last call of all, as a store would know it.
    fn amendment(&self, agent: AgentId, outcome: String) -> Option<Amendment> {
        let (call, track) = self.calls.last_key_value()?;
        let lead = self.lists[track.list].rows().iter().find(|row| row.lead.id == track.lead)?;
        Some(Amendment {
            call: *call,
            campaign: self.specs[track.list].id,
            lead: track.lead,
            number_hash: lead.lead.number_hash.clone(),
            attempt: track.attempt,
            agent: Some(agent),
            cause: Cause::Handled,
            again: true,
            movable: true,
            outcome: Some(outcome),
            note: None,
            callback: None,
        })
    }

    fn posts(&mut self, campaign: usize, changed: bool) {
        let Some(mut spec) = self.specs.get(campaign).cloned() else {
            return self.checks.broken("scenario", format!("there is no campaign {campaign}"));
        };
        if changed {
            let spec = Arc::make_mut(&mut spec);
            spec.version = "changed".into();
            spec.sources.entry("flow.lua".into()).or_default().push_str("\n-- another word\n");
        }
        self.asks(Asker::Supervisor, Request::Configure(spec));
    }

    fn orders(&mut self, campaign: usize, request: impl FnOnce(CampaignId) -> Request) {
        match self.specs.get(campaign).map(|spec| spec.id) {
            Some(campaign) => self.asks(Asker::Supervisor, request(campaign)),
            None => self.checks.broken("scenario", format!("there is no campaign {campaign}")),
        }
    }

    fn phone_sounds(&mut self, agent: usize, event: MediaEvent) {
        if let Some(leg) = self.phones[agent].leg {
            self.inbox.push_back(Input::Media { leg, event });
        }
    }

    fn suppresses(&mut self, campaign: usize, lead: usize) {
        let Some(row) = self.lists.get(campaign).and_then(|list| list.rows().get(lead)) else {
            return self.checks.broken("scenario", format!("there is no lead {lead} in campaign {campaign}"));
        };
        let number_hash = row.lead.number_hash.clone();
        self.asks(Asker::Suppressing(number_hash.clone()), Request::Suppress { number_hash });
    }
}
