//! The engine's outputs for those who watch: the latest views, and every fact as it happens.

use super::board::Board;
use super::etag::Revision;
use super::revisions::Revisions;
use crate::engine::{AgentView, CampaignView, Mode, Output, View};
use crate::facts::{Envelope, Fact};
use crate::kpi::Fold;
use crate::words::{AgentId, CallId, CampaignId, CampaignState, OrderId, Reason};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::{broadcast, watch};

/// A listener that falls further behind loses what it missed, and is told so.
const BEHIND_MAX: usize = 4096;
/// So many of the latest calls and orders are known with their campaign.
const OWNERS_MAX: usize = 50_000;

#[derive(Clone)]
pub struct Feed {
    agents: Arc<RwLock<BTreeMap<AgentId, AgentView>>>,
    campaigns: Arc<RwLock<BTreeMap<CampaignId, CampaignView>>>,
    events: broadcast::Sender<Event>,
    kpis: Arc<Mutex<Fold>>,
    owners: Arc<Mutex<Owners>>,
    /// For each agent's page alone: a click wakes one listener, not all.
    desks: Arc<RwLock<BTreeMap<AgentId, watch::Sender<Option<Arc<AgentView>>>>>>,
    board: Arc<Board>,
    revisions: Arc<RwLock<Revisions>>,
    unwritten: Arc<Mutex<VecDeque<(Arc<Envelope>, Option<CampaignId>)>>>,
}

/// Whose facts are whose: most facts of a call name the call alone.
#[derive(Default)]
struct Owners {
    calls: BTreeMap<CallId, CampaignId>,
    orders: BTreeMap<OrderId, CampaignId>,
}

#[derive(Debug, Clone)]
pub enum Event {
    /// With its campaign, where it has one.
    Fact(Arc<Envelope>, Option<CampaignId>),
    Agent(Arc<AgentView>),
    Campaign(Arc<CampaignView>),
}

impl Feed {
    pub fn new(kpis: Arc<Mutex<Fold>>) -> Feed {
        Feed {
            agents: Arc::default(),
            campaigns: Arc::default(),
            events: broadcast::channel(BEHIND_MAX).0,
            kpis,
            owners: Arc::default(),
            desks: Arc::default(),
            board: Arc::default(),
            revisions: Arc::default(),
            unwritten: Arc::default(),
        }
    }

    /// Called by the engine's loop with each output. Short locks only.
    pub fn observe(&self, output: &Output) {
        match output {
            Output::Fact(fact) => {
                self.kpis.lock().expect("never held across a panic").observe(fact);
                self.revisions.write().expect("never held across a panic").observe(fact);
                let campaign = self.owners.lock().expect("never held across a panic").of(&fact.fact);
                // Bounded by the writer's queue, in which the same facts wait.
                let waiting = (Arc::new(fact.clone()), campaign);
                self.unwritten.lock().expect("never held across a panic").push_back(waiting);
            }
            Output::View(View::Agent(view)) => {
                self.agents.write().expect("never held across a panic").insert(view.agent, view.clone());
                if let Some(desk) = self.desks.read().expect("never held across a panic").get(&view.agent) {
                    desk.send_replace(Some(Arc::new(view.clone())));
                }
                self.tell(|| Event::Agent(Arc::new(view.clone())));
            }
            Output::View(View::Campaign(view)) => {
                self.campaigns.write().expect("never held across a panic").insert(view.campaign, (**view).clone());
                self.tell(|| Event::Campaign(Arc::new((**view).clone())));
            }
            Output::Command(_) => {}
        }
    }

    /// The engine's facts up to this one are on disk: now they are told.
    pub fn durable(&self, seq: u64) {
        let mut unwritten = self.unwritten.lock().expect("never held across a panic");
        while unwritten.front().is_some_and(|(fact, _)| fact.seq <= seq) {
            if let Some((fact, campaign)) = unwritten.pop_front() {
                self.tell(|| Event::Fact(fact, campaign));
            }
        }
    }

    /// A fact that another wrote: on disk already.
    pub fn observe_written(&self, fact: Envelope) {
        self.kpis.lock().expect("never held across a panic").observe(&fact);
        let campaign = fact.fact.campaign();
        self.tell(|| Event::Fact(Arc::new(fact), campaign));
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        if self.events.receiver_count() > 0 {
            // No listener between the look and the send: nobody misses it.
            let _ = self.events.send(event());
        }
    }

    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// The agent's latest view, and each one to come.
    pub fn watch_agent(&self, id: AgentId) -> watch::Receiver<Option<Arc<AgentView>>> {
        let mut desks = self.desks.write().expect("never held across a panic");
        let desk = desks.entry(id).or_insert_with(|| watch::channel(None).0);
        let receiver = desk.subscribe();
        // Under the lock that `observe` needs to tell of a newer one.
        desk.send_replace(self.agent(id).map(Arc::new));
        receiver
    }

    /// Pages that this agent has open now.
    pub fn pages_of(&self, id: AgentId) -> usize {
        self.desks.read().expect("never held across a panic").get(&id).map_or(0, watch::Sender::receiver_count)
    }

    pub fn agents(&self) -> Vec<AgentView> {
        self.agents.read().expect("never held across a panic").values().cloned().collect()
    }

    pub fn campaigns(&self) -> Vec<CampaignView> {
        self.campaigns.read().expect("never held across a panic").values().cloned().collect()
    }

    /// Changes whenever a campaign comes, starts or stops, or its mode does; where agents ask for each call, with why
    /// there is none.
    pub(super) fn open_for_agents(&self) -> BTreeMap<CampaignId, (Mode, CampaignState, Option<Reason>)> {
        let campaigns = self.campaigns.read().expect("never held across a panic");
        let open = campaigns.values().map(|view| {
            let asks = matches!(view.mode, Mode::Manual | Mode::Preview);
            (view.campaign, (view.mode, view.state, asks.then(|| view.reason.clone())))
        });
        open.collect()
    }

    pub(super) fn board(&self) -> Arc<Board> {
        self.board.clone()
    }

    pub fn agent(&self, id: AgentId) -> Option<AgentView> {
        self.agents.read().expect("never held across a panic").get(&id).cloned()
    }

    pub fn revision_of_campaign(&self, id: CampaignId) -> Revision {
        self.revisions.read().expect("never held across a panic").campaign(id)
    }

    pub fn revision_of_agent(&self, id: AgentId) -> Revision {
        self.revisions.read().expect("never held across a panic").agent(id)
    }

    pub fn campaign(&self, id: CampaignId) -> Option<CampaignView> {
        self.campaigns.read().expect("never held across a panic").get(&id).cloned()
    }
}

impl Owners {
    fn of(&mut self, fact: &Fact) -> Option<CampaignId> {
        let named = fact.campaign();
        if let (Some(campaign), Fact::CallPlaced { call, .. }) = (named, fact) {
            put(&mut self.calls, *call, campaign);
        }
        if let (Some(campaign), Fact::OrderTaken { order, .. }) = (named, fact) {
            put(&mut self.orders, *order, campaign);
        }
        if let Fact::OrderAdvanced { order, .. } = fact {
            return self.orders.get(order).copied();
        }
        named.or_else(|| fact.call().and_then(|call| self.calls.get(&call).copied()))
    }
}

/// Ids grow, so the first one is the oldest.
fn put<K: Ord>(owners: &mut BTreeMap<K, CampaignId>, id: K, campaign: CampaignId) {
    owners.insert(id, campaign);
    if owners.len() > OWNERS_MAX {
        owners.pop_first();
    }
}
