//! Questions and orders from outside: each is answered once, and not before what it did is on disk.

use super::Engine;
use super::io::*;
use super::state::Held;
use crate::facts::{Fact, OrderState};
use crate::words::*;

impl Engine {
    pub(super) fn on_request(&mut self, id: RequestId, by: String, request: Request) {
        // A crash must not undo what whoever runs the campaign was told is done: a pause that is gone would dial again.
        self.answer_when_durable = matches!(
            request,
            Request::StartCampaign { .. }
                | Request::PauseCampaign { .. }
                | Request::DrainCampaign { .. }
                | Request::SetMode { .. }
        );
        let result = self.answer(by, request);
        if self.answer_when_durable && self.durable < self.seq {
            self.held.push_back(Held { seq: self.seq, id, result });
        } else {
            self.command(Command::Reply { id, result });
        }
    }

    fn answer(&mut self, by: String, request: Request) -> Result<Reply, Refusal> {
        match request {
            Request::Configure(spec) => {
                let id = spec.id;
                let fresh = !self.campaigns.contains_key(&id);
                let reply = self.configure(spec)?;
                if fresh {
                    self.introduce_agents(id);
                }
                Ok(reply)
            }
            Request::StartCampaign { campaign } => self.start_campaign(campaign, by),
            Request::PauseCampaign { campaign } => self.pause_campaign(campaign, by),
            Request::DrainCampaign { campaign } => self.drain_campaign(campaign, by),
            Request::SetMode { campaign, mode } => self.set_mode(campaign, mode, by),
            Request::LeadsChanged { campaign } => self.leads_changed(campaign),
            Request::Suppress { number_hash } => {
                self.suppress(number_hash);
                Ok(Reply::Done)
            }
            Request::AddAgent(agent) => {
                self.floor.add(agent.id, agent.display.unwrap_or(agent.name), agent.lang);
                Ok(Reply::Done)
            }
            Request::Login { agent, campaigns } => self.login(agent, campaigns),
            Request::Ready { agent } => self.ready(agent),
            Request::Pause { agent, reason } => self.pause(agent, reason),
            Request::Logout { agent } => self.logout(agent),
            Request::Preview { agent, campaign, lead } => self.preview(agent, campaign, lead),
            Request::DialPreview { agent } => self.dial_preview(agent),
            Request::SkipPreview { agent } => self.skip_preview(agent),
            Request::Page { agent, here } => {
                self.on_page(agent, here);
                Ok(Reply::Done)
            }
            Request::Choose { call, turn, choice, fields } => self.choose(call, turn, choice, fields),
            Request::HangUp { call } => self.agent_hangs_up(call),
            Request::Hold { call, on } => self.hold(call, on),
            Request::SetOutcome { call, outcome, note, callback } => self.set_outcome(call, outcome, note, callback),
            Request::AfterCall { agent, pause } => self.after_call(agent, pause),
            Request::MarkOutcome { call, outcome, note, callback } => self.mark_outcome(call, outcome, note, callback),
            Request::KeepDraft { call, note } => self.keep_draft(call, note),
            Request::ExtendWrap { call } => self.extend_wrap(call),
            Request::AmendOutcome(amendment) => self.amend_outcome(*amendment),
            Request::AdvanceOrder { order, state } => self.advance_order(order, state, by),
        }
    }

    /// Forward only, as `OrderState::next` says.
    fn advance_order(&mut self, order: OrderId, state: OrderState, by: String) -> Result<Reply, Refusal> {
        let Some(current) = self.orders.get_mut(&order) else {
            let reason = Reason::new("order.not_found").with("order", order);
            return Err(Refusal { kind: RefusalKind::NotFound, reason });
        };
        if !current.next().contains(&state) {
            return Err(Refusal { kind: RefusalKind::Conflict, reason: current.refuses(state) });
        }
        *current = state;
        if state.is_final() {
            self.orders.remove(&order);
        }
        self.answer_when_durable = true;
        self.fact(Fact::OrderAdvanced { order, state, by });
        Ok(Reply::Done)
    }
}
