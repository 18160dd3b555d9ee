//! What a store hands to a new engine after a crash, folded from the facts on disk.
//! It refuses to guess: what is not in a durable fact did not happen.

use crate::engine::{AgentRecord, LedgerEntry, OpenCall, OpenSession, Promised, Recovered, TrunkRecord, UnplannedLead};
use crate::facts::{Envelope, Fact, Verdict};
use crate::words::*;
use std::collections::BTreeMap;

/// `epoch` is that of the new start.
pub fn recovered(facts: &[Envelope], epoch: u32, agents: Vec<AgentRecord>, trunks: Vec<TrunkRecord>) -> Recovered {
    let mut fold = Fold::default();
    for envelope in facts {
        fold.take(envelope);
    }
    fold.ledgers.values_mut().for_each(|entries| entries.sort_by_key(|entry| entry.at));
    Recovered {
        centre: facts.first().map_or(CentreId(1), |envelope| envelope.centre),
        node: facts.first().map_or(1, |envelope| envelope.node),
        epoch,
        last_seq: facts.last().map_or(0, |envelope| envelope.seq),
        open_calls: fold.calls.into_values().collect(),
        unplanned: fold.unplanned.into_values().collect(),
        open_sessions: fold.sessions.into_values().collect(),
        agents,
        trunks,
        suppressed: fold.suppressed,
        ledgers: fold.ledgers,
        promised: fold.promised.into_values().collect(),
        ..Recovered::default()
    }
}

#[derive(Default)]
struct Fold {
    calls: BTreeMap<CallId, OpenCall>,
    /// Ended, and nothing planned for their leads yet.
    unplanned: BTreeMap<LeadId, UnplannedLead>,
    sessions: BTreeMap<AgentId, OpenSession>,
    suppressed: Vec<String>,
    ledgers: BTreeMap<CampaignId, Vec<LedgerEntry>>,
    promised: BTreeMap<LeadId, Promised>,
    /// Of the numbers that were called.
    hashes: BTreeMap<LeadId, String>,
}

impl Fold {
    fn take(&mut self, envelope: &Envelope) {
        match &envelope.fact {
            Fact::CallPlaced { call, campaign, lead, attempt, pack, number_hash, .. } => {
                self.hashes.insert(*lead, number_hash.clone());
                let open = OpenCall {
                    call: *call,
                    campaign: *campaign,
                    lead: *lead,
                    attempt: *attempt,
                    invite_sent: false,
                    sip_call_id: None,
                    answered: None,
                    human: false,
                    bridged: false,
                    machine: None,
                    abandoned: None,
                    pack: pack.clone(),
                    number_hash: number_hash.clone(),
                    agent: None,
                    callback: None,
                };
                self.calls.insert(*call, open);
                self.promised.remove(lead);
            }
            Fact::InviteSent { call, sip_call_id, .. } => self.with(*call, |c| {
                c.invite_sent = true;
                c.sip_call_id = Some(sip_call_id.clone());
            }),
            Fact::CallAnswered { call } => self.with(*call, |c| c.answered = c.answered.or(Some(envelope.wall))),
            Fact::CallClassified { call, verdict, .. } => self.with(*call, |c| match verdict {
                Verdict::Human | Verdict::Unknown => c.human = true,
                Verdict::Machine(kind) => c.machine = Some(*kind),
            }),
            Fact::CallBridged { call, agent, .. } => self.with(*call, |c| {
                c.bridged = true;
                c.agent = Some(*agent);
            }),
            Fact::FlowSpoke { call, .. } => self.with(*call, |c| c.bridged = true),
            Fact::CallbackPromised { call, at } => self.promised_in(*call, *at),
            Fact::CallAbandoned { call, abandon, .. } => {
                self.with(*call, |c| c.abandoned = c.abandoned.or(Some(*abandon)));
            }
            Fact::CallWithdrawn { call, .. } => _ = self.calls.remove(call),
            Fact::CallEnded { call, cause, .. } => self.ended(*call, cause),
            Fact::OutcomeSet { call, outcome, .. } => {
                if let Some(lead) = self.unplanned.values_mut().find(|lead| lead.call == *call) {
                    lead.outcome = Some(outcome.clone());
                }
            }
            Fact::RetryPlanned { lead, .. } | Fact::LeadClosed { lead, .. } => {
                self.unplanned.remove(lead);
                self.promised.remove(lead);
            }
            Fact::CallbackPlanned { campaign, lead, at, agent, .. } => {
                self.unplanned.remove(lead);
                self.promised.remove(lead);
                if agent.is_some() {
                    let number_hash = self.hashes.get(lead).cloned().unwrap_or_default();
                    self.promised.insert(*lead, Promised { campaign: *campaign, lead: *lead, at: *at, number_hash });
                }
            }
            Fact::OptedOut { number_hash, .. } => self.suppressed.push(number_hash.clone()),
            Fact::AgentLoggedIn { agent, session, .. } => {
                let open = OpenSession { agent: *agent, session: *session, last: envelope.moment };
                self.sessions.insert(*agent, open);
            }
            Fact::AgentStateChanged { agent, .. } | Fact::CustomerLeft { agent, .. } => {
                if let Some(session) = self.sessions.get_mut(agent) {
                    session.last = envelope.moment;
                }
            }
            Fact::AgentLoggedOut { agent, .. } => _ = self.sessions.remove(agent),
            _ => {}
        }
    }

    fn ended(&mut self, id: CallId, cause: &Cause) {
        let Some(open) = self.calls.remove(&id) else { return };
        if let Some(entry) = open.entry() {
            self.ledgers.entry(open.campaign).or_default().push(entry);
        }
        let OpenCall { call, campaign, lead, attempt, number_hash, agent, callback, .. } = open;
        let (cause, outcome) = (Some(cause.clone()), None);
        let left = UnplannedLead { call, campaign, lead, attempt, cause, outcome, number_hash, agent, callback };
        self.unplanned.insert(lead, left);
    }

    /// In a talk, or in the wrap-up after it.
    fn promised_in(&mut self, call: CallId, at: Wall) {
        self.with(call, |c| c.callback = Some(at));
        if let Some(lead) = self.unplanned.values_mut().find(|lead| lead.call == call) {
            lead.callback = Some(at);
        }
    }

    fn with(&mut self, call: CallId, change: impl FnOnce(&mut OpenCall)) {
        if let Some(call) = self.calls.get_mut(&call) {
            change(call);
        }
    }
}
