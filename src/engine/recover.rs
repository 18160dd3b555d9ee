//! The first input of every run: what the store knows. Calls that were alive when the program died get
//! their end here (I3), and people who waited then count as abandoned (I4).

use super::Engine;
use super::io::*;
use crate::campaign::recycle::{self, Ending};
use crate::facts::{Abandon, Fact};
use crate::words::*;

impl Engine {
    pub(super) fn recover(&mut self, known: Recovered) {
        self.centre = known.centre;
        self.node = known.node;
        self.mint = Mint::new(known.node, known.epoch);
        self.seq = known.last_seq;
        self.durable = known.last_seq;
        self.suppressed = known.suppressed.into_iter().collect();
        self.ledgers = known.ledgers;
        self.orders = known.orders.into_iter().collect();
        self.fact(Fact::EngineStarted { epoch: known.epoch, program: env!("CARGO_PKG_VERSION").to_owned() });
        for agent in known.agents {
            self.floor.add(agent.id, agent.name, agent.lang);
        }
        for trunk in known.trunks {
            self.add_trunk(trunk);
        }
        for session in known.open_sessions {
            let OpenSession { agent, session, last } = session;
            self.fact(Fact::AgentLoggedOut { agent, session, effective: last, reason: "interrupted".to_owned() });
        }
        for call in known.open_calls {
            self.close_open_call(call);
        }
        self.unplanned.extend(known.unplanned);
    }

    fn close_open_call(&mut self, open: OpenCall) {
        let OpenCall { call, campaign, lead, attempt, .. } = open;
        let waited = open.answered && open.machine.is_none() && !open.bridged && !open.abandoned;
        if waited {
            self.fact(Fact::CallAbandoned { call, abandon: Abandon::Crash, waited_ms: 0, pack: open.pack });
        }
        let cause = Cause::Interrupted;
        self.fact(Fact::CallEnded { call, cause: cause.clone(), sip: None, q850: None, by: Side::Us, talk_ms: 0 });
        self.unplanned.push(UnplannedLead { call, campaign, lead, attempt, cause: Some(cause), outcome: None });
    }

    /// The campaign's settings are known: its leads that were on their way when the program died get their plan.
    pub(super) fn plan_unplanned(&mut self, id: CampaignId) {
        let (own, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.unplanned).into_iter().partition(|lead| lead.campaign == id);
        self.unplanned = others;
        let wall = self.wall();
        for UnplannedLead { call, lead, attempt, cause, outcome, .. } in own {
            let settings = &self.campaigns[&id].spec.settings;
            let cause = cause.unwrap_or(Cause::CancelledStopped);
            let ending = Ending { cause: &cause, outcome: outcome.as_deref(), callback: None, opted_out: false };
            let next = recycle::after_call(settings, attempt, &ending, wall);
            self.plan(id, lead, call, None, next);
        }
    }
}
