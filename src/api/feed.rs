//! The engine's outputs for those who watch: the latest views, and every fact as it happens.

use crate::engine::{AgentView, CampaignView, Output, View};
use crate::facts::Envelope;
use crate::kpi::Fold;
use crate::words::{AgentId, CampaignId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::broadcast;

/// A listener that falls further behind loses what it missed, and is told so.
const BEHIND_MAX: usize = 4096;

#[derive(Clone)]
pub struct Feed {
    agents: Arc<RwLock<BTreeMap<AgentId, AgentView>>>,
    campaigns: Arc<RwLock<BTreeMap<CampaignId, CampaignView>>>,
    events: broadcast::Sender<Event>,
    kpis: Arc<Mutex<Fold>>,
}

#[derive(Debug, Clone)]
pub enum Event {
    Fact(Arc<Envelope>),
    Agent(Arc<AgentView>),
    Campaign(Arc<CampaignView>),
}

impl Feed {
    pub fn new(kpis: Arc<Mutex<Fold>>) -> Feed {
        Feed { agents: Arc::default(), campaigns: Arc::default(), events: broadcast::channel(BEHIND_MAX).0, kpis }
    }

    /// Called by the engine's loop with each output. Short locks only.
    pub fn observe(&self, output: &Output) {
        match output {
            Output::Fact(fact) => {
                self.kpis.lock().expect("never held across a panic").observe(fact);
                self.tell(|| Event::Fact(Arc::new(fact.clone())));
            }
            Output::View(View::Agent(view)) => {
                self.agents.write().expect("never held across a panic").insert(view.agent, view.clone());
                self.tell(|| Event::Agent(Arc::new(view.clone())));
            }
            Output::View(View::Campaign(view)) => {
                self.campaigns.write().expect("never held across a panic").insert(view.campaign, (**view).clone());
                self.tell(|| Event::Campaign(Arc::new((**view).clone())));
            }
            Output::Command(_) => {}
        }
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

    pub fn agent(&self, id: AgentId) -> Option<AgentView> {
        self.agents.read().expect("never held across a panic").get(&id).cloned()
    }

    pub fn campaign(&self, id: CampaignId) -> Option<CampaignView> {
        self.campaigns.read().expect("never held across a panic").get(&id).cloned()
    }
}
