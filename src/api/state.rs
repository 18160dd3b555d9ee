//! What every handler has at hand.

use super::feed::Feed;
use super::imports::Imports;
use super::session::LoginGuard;
use crate::engine::{Answered, CampaignSpec, Door, Refusal, Reply, Request};
use crate::kpi::Fold;
use crate::store::Store;
use crate::words::{CampaignId, Reason, Text, Wall};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::oneshot;

pub type State = Arc<Api>;

pub struct Api {
    pub store: Store,
    pub door: Arc<dyn Door>,
    pub feed: Feed,
    /// Folded from every fact of the store at start, and from each new one since.
    pub kpis: Arc<Mutex<Fold>>,
    /// Lists that came in, as far as they are told.
    pub imports: Imports,
    pub shelf: Arc<dyn CampaignShelf>,
    /// Faults by name; empty: ready.
    pub faults: Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync>,
    pub recordings: PathBuf,
    /// Where uploads wait while they are read.
    pub uploads: PathBuf,
    pub sip_realm: String,
    /// What agents may say when they pause.
    pub pauses: Vec<super::pauses::PauseReason>,
    pub logins: LoginGuard,
    /// Held from the look at `If-Match` to the end of the change.
    pub changing: tokio::sync::Mutex<()>,
    pub now: Arc<dyn Fn() -> Wall + Send + Sync>,
    /// Of `outpace preview` alone.
    pub preview: OnceLock<super::preview::Preview>,
}

/// Where campaign folders come from: the host reads and checks them, loads their prompts, and keeps what was accepted.
pub trait CampaignShelf: Send + Sync {
    fn take(&self, name: &str) -> Result<Taken, ShelfError>;
}

/// A campaign folder as it stands.
pub struct Taken {
    pub spec: Arc<CampaignSpec>,
    /// Once the engine has it: what was refused must not be there after the next start.
    pub keep: Keep,
}

pub type Keep = Box<dyn FnOnce() -> Result<(), ShelfError> + Send>;

#[derive(Debug)]
pub enum ShelfError {
    Missing(Reason),
    /// One line a problem, in each language.
    Wrong(Text),
    Broken(String),
}

impl Api {
    /// Asks the engine and waits for its answer, which comes when what it did is durable.
    pub async fn ask(&self, by: &str, request: Request) -> Result<Reply, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let answered: Answered = Box::new(move |result| {
            // The client may have gone meanwhile; what was done stays done.
            let _ = sender.send(result);
        });
        self.door.ask(by, request, answered);
        receiver.await.unwrap_or_else(|_| {
            Err(Refusal {
                kind: crate::engine::RefusalKind::Conflict,
                reason: crate::words::Reason::new("engine.shutdown"),
            })
        })
    }

    pub async fn campaign_exists(&self, id: CampaignId) -> Result<bool, crate::store::StoreError> {
        Ok(self.store.campaign(id).await?.is_some())
    }
}
