//! The fold: facts in, records out. Incremental, idempotent, and blind to the order of arrival.
//! It refuses to compute anything; `report` does.

use super::attempt::{Attempt, End, Handled, Invite, Outcome, Stamp, first, last};
use super::order::{Order, Taken};
use super::report::Report;
use super::session::{Change, Session};
use super::shelves::Shelves;
use crate::facts::{CampaignConfigured, Envelope, Fact};
use crate::words::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a fact stands in the log. Replaying it changes nothing.
pub(super) type Place = (u16, u64);

/// A copy costs nothing and stays as it was: see `shelves`.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    pub(super) configured: BTreeMap<CampaignId, BTreeMap<(i64, Place), CampaignConfigured>>,
    pub(super) attempts: Shelves<CallId, Attempt>,
    pub(super) orders: Shelves<OrderId, Order>,
    pub(super) sessions: Shelves<(AgentId, SessionId), Session>,
    /// Everything that only happens, by place.
    pub(super) events: Shelves<Place, (Stamp, Event)>,
    texts: BTreeSet<Arc<str>>,
    first: Option<Wall>,
    last: Option<Wall>,
}

/// A fact that belongs to no attempt, order or session.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    EngineStarted,
    EngineStopped,
    CampaignStarted(CampaignId),
    CampaignHalted(CampaignId),
    LeadsImported { campaign: CampaignId, accepted: u64 },
    LeadHeld { campaign: CampaignId, why: NotDialed },
    CallbackPlanned { campaign: CampaignId, lead: LeadId, due: i64 },
    LeadClosed { campaign: CampaignId, lead: LeadId },
    OptedOut { lead: LeadId, number: u64 },
}

impl Fold {
    pub fn new() -> Fold {
        Fold::default()
    }

    /// The newest wall time seen.
    pub fn last(&self) -> Option<Wall> {
        self.last
    }

    pub(super) fn first(&self) -> Option<Wall> {
        self.first
    }

    /// As of the newest fact.
    pub fn report(&self) -> Report<'_> {
        self.report_at(self.last.unwrap_or_default())
    }

    /// As of `now`: open states last until then, younger cohorts are provisional.
    pub fn report_at(&self, now: Wall) -> Report<'_> {
        Report::new(self, now)
    }

    pub fn observe(&mut self, envelope: &Envelope) {
        self.first = Some(self.first.map_or(envelope.wall, |first| first.min(envelope.wall)));
        self.last = self.last.max(Some(envelope.wall));
        let at = Stamp::of(envelope);
        match part(&envelope.fact) {
            Part::House => self.observe_house(at, &envelope.fact),
            Part::Call => self.observe_call(at, &envelope.fact),
            Part::Talk => self.observe_talk(at, &envelope.fact),
            Part::Agent => self.observe_agent(at, &envelope.fact),
            Part::Unused => {}
        }
    }

    fn event(&mut self, at: Stamp, event: Event) {
        self.events.insert((at.node(), at.seq()), (at, event));
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(held) = self.texts.get(text) {
            return held.clone();
        }
        let held: Arc<str> = text.into();
        self.texts.insert(held.clone());
        held
    }

    fn attempt(&mut self, call: CallId) -> &mut Attempt {
        self.attempts.at(call)
    }

    /// The house, its campaigns and lists.
    fn observe_house(&mut self, at: Stamp, fact: &Fact) {
        match fact {
            Fact::EngineStarted { .. } => self.event(at, Event::EngineStarted),
            Fact::EngineStopped { .. } => self.event(at, Event::EngineStopped),
            Fact::CampaignConfigured(config) => {
                let versions = self.configured.entry(config.campaign).or_default();
                versions.insert((at.wall, (at.node(), at.seq())), (**config).clone());
            }
            Fact::CampaignStarted { campaign, .. } => self.event(at, Event::CampaignStarted(*campaign)),
            Fact::CampaignPaused { campaign, .. }
            | Fact::CampaignDrained { campaign, .. }
            | Fact::CampaignFinished { campaign } => self.event(at, Event::CampaignHalted(*campaign)),
            Fact::LeadsImported { campaign, accepted, .. } => {
                self.event(at, Event::LeadsImported { campaign: *campaign, accepted: *accepted });
            }
            Fact::LeadHeld { campaign, why, .. } => {
                self.event(at, Event::LeadHeld { campaign: *campaign, why: *why });
            }
            Fact::CallbackPlanned { campaign, lead, at: due, .. } => {
                self.event(at, Event::CallbackPlanned { campaign: *campaign, lead: *lead, due: due.millis() });
            }
            Fact::LeadClosed { campaign, lead, .. } => {
                self.event(at, Event::LeadClosed { campaign: *campaign, lead: *lead });
            }
            Fact::OptedOut { lead, call, number_hash, .. } => {
                self.event(at, Event::OptedOut { lead: *lead, number: fnv(number_hash) });
                if let Some(call) = call {
                    self.attempt(*call).opted_out = true;
                }
            }
            Fact::OrderAdvanced { order, state, .. } => {
                self.orders.at(*order).advance(*state, at.wall);
            }
            other => unreachable!("part() sends no {} here", other.kind()),
        }
    }

    /// From the record that it will be placed to the bridge.
    fn observe_call(&mut self, at: Stamp, fact: &Fact) {
        match fact {
            Fact::CallPlaced { call, campaign, lead, number_hash, .. } => {
                let attempt = self.attempt(*call);
                attempt.campaign = Some(*campaign);
                attempt.lead = Some(*lead);
                attempt.number = Some(fnv(number_hash));
                first(&mut attempt.placed, at, ());
            }
            Fact::CallWithdrawn { call, why, .. } => first(&mut self.attempt(*call).withdrawn, at, *why),
            Fact::InviteSent { call, trunk, caller_id, .. } => {
                let caller_id = self.text(caller_id);
                let attempt = self.attempt(*call);
                first(&mut attempt.first_invite, at, ());
                last(&mut attempt.last_invite, at, Invite { trunk: *trunk, caller_id });
            }
            Fact::CallRinging { call, .. } => first(&mut self.attempt(*call).ring, at, ()),
            Fact::CallAnswered { call } => first(&mut self.attempt(*call).answer, at, ()),
            Fact::CallClassified { call, verdict, .. } => last(&mut self.attempt(*call).verdict, at, *verdict),
            Fact::AgentReserved { call, agent } => {
                let offers = &mut self.attempt(*call).offers;
                if !offers.contains(&(at, *agent)) {
                    offers.push((at, *agent));
                }
            }
            Fact::CallBridged { call, agent, within, .. } => {
                let attempt = self.attempt(*call);
                if !attempt.bridges.contains(&(at, *agent)) {
                    attempt.bridges.push((at, *agent));
                }
                first(&mut attempt.handled, at, Handled { within: *within });
            }
            Fact::FlowSpoke { call, within, .. } => {
                first(&mut self.attempt(*call).handled, at, Handled { within: *within });
            }
            Fact::MessagePlayed { call, .. } => self.attempt(*call).message = true,
            Fact::CallAbandoned { call, abandon, .. } => first(&mut self.attempt(*call).abandon, at, *abandon),
            other => unreachable!("part() sends no {} here", other.kind()),
        }
    }

    /// The conversation, its end and what came of it.
    fn observe_talk(&mut self, at: Stamp, fact: &Fact) {
        match fact {
            Fact::HoldStarted { call, .. } => self.attempt(*call).held = true,
            Fact::OrderTaken { order, call, campaign, lead, agent, total, .. } => {
                self.orders.at(*order).taken = Some(Taken {
                    wall: at.wall,
                    call: *call,
                    campaign: *campaign,
                    lead: *lead,
                    agent: *agent,
                    total: total.clone(),
                });
            }
            Fact::CallEnded { call, cause, by, talk_ms, .. } => {
                let end = End { cause: cause.clone(), by: *by, talk_ms: *talk_ms };
                first(&mut self.attempt(*call).end, at, end);
            }
            Fact::OutcomeSet { call, right_party, effective, interested, amended, .. } => {
                let attempt = self.attempt(*call);
                let outcome = Outcome { right_party: *right_party, effective: *effective, interested: *interested };
                last(&mut attempt.outcome, at, outcome);
                if !amended {
                    first(&mut attempt.first_outcome, at, ());
                }
            }
            Fact::WrapExtended { call, agent, .. } => {
                let attempt = self.attempt(*call);
                if !attempt.extensions.contains(&(at, *agent)) {
                    attempt.extensions.push((at, *agent));
                }
            }
            other => unreachable!("part() sends no {} here", other.kind()),
        }
    }

    fn observe_agent(&mut self, at: Stamp, fact: &Fact) {
        match fact {
            Fact::AgentLoggedIn { agent, session, campaigns } => {
                let session = self.sessions.at((*agent, *session));
                session.login = Some(at);
                session.campaigns = campaigns.as_slice().into();
            }
            Fact::AgentStateChanged { agent, session, state, reason, call, campaign } => {
                let reason = reason.as_deref().map(|reason| self.text(reason));
                let change = Change { at, state: *state, reason, call: *call, campaign: *campaign };
                self.sessions.at((*agent, *session)).changes.insert(at.seq(), change);
            }
            Fact::CustomerLeft { agent, session, call } => {
                let session = self.sessions.at((*agent, *session));
                session.left.insert(at.seq(), (*call, at.mono));
            }
            Fact::AgentLoggedOut { agent, session, effective, .. } => {
                let session = self.sessions.at((*agent, *session));
                session.logout = session.logout.max(Some((at.seq(), effective.millis())));
            }
            other => unreachable!("part() sends no {} here", other.kind()),
        }
    }
}

/// Which part of the fold reads a fact.
enum Part {
    House,
    Call,
    Talk,
    Agent,
    /// No KPI asks for it.
    Unused,
}

fn part(fact: &Fact) -> Part {
    use Fact::*;
    match fact {
        EngineStarted { .. }
        | EngineStopped { .. }
        | CampaignConfigured(_)
        | CampaignStarted { .. }
        | CampaignPaused { .. }
        | CampaignDrained { .. }
        | CampaignFinished { .. }
        | LeadsImported { .. }
        | LeadHeld { .. }
        | CallbackPlanned { .. }
        | LeadClosed { .. }
        | OptedOut { .. }
        | OrderAdvanced { .. } => Part::House,
        CallPlaced { .. }
        | CallWithdrawn { .. }
        | InviteSent { .. }
        | CallRinging { .. }
        | CallAnswered { .. }
        | CallClassified { .. }
        | AgentReserved { .. }
        | CallBridged { .. }
        | FlowSpoke { .. }
        | MessagePlayed { .. }
        | CallAbandoned { .. } => Part::Call,
        HoldStarted { .. } | OrderTaken { .. } | CallEnded { .. } | OutcomeSet { .. } | WrapExtended { .. } => {
            Part::Talk
        }
        AgentLoggedIn { .. } | AgentStateChanged { .. } | CustomerLeft { .. } | AgentLoggedOut { .. } => Part::Agent,
        TrunkWentUp { .. }
        | TrunkWentDown { .. }
        | RetryPlanned { .. }
        | GreetingStarted { .. }
        | GreetingEnded { .. }
        | CallUnbridged { .. }
        | StepEntered { .. }
        | CallbackPromised { .. }
        | ChoiceMade { .. }
        | DigitsGathered { .. }
        | ObjectionRaised { .. }
        | FieldFilled { .. }
        | HoldEnded { .. }
        | FlowFailed { .. }
        | RecordingClosed { .. }
        | PacingModeChanged { .. } => Part::Unused,
    }
}

/// FNV-1a of a keyed hash: only compared, never shown.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
