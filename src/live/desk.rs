//! The front desk: hands questions from the API to the engine and the answers back to whoever asked.

use super::host::add_users;
use super::inbox::Inbox;
use super::phonebook::Phonebook;
use super::sip_thread::SipHandle;
use crate::engine::{Answered, Door, Input, Refusal, RefusalKind, Reply, Request};
use crate::store::Store;
use crate::words::{Reason, RequestId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Clone)]
pub struct Desk {
    inbox: Inbox,
    store: Store,
    sip: SipHandle,
    phonebook: Phonebook,
    runtime: tokio::runtime::Handle,
    next: Arc<AtomicU64>,
    open: Arc<Mutex<BTreeMap<RequestId, Answered>>>,
}

impl Desk {
    pub fn new(
        inbox: Inbox,
        store: Store,
        sip: SipHandle,
        phonebook: Phonebook,
        runtime: tokio::runtime::Handle,
    ) -> Desk {
        Desk { inbox, store, sip, phonebook, runtime, next: Arc::new(AtomicU64::new(1)), open: Arc::default() }
    }

    /// A full inbox refuses: whoever asks holds a thread that others need.
    fn put(&self, id: RequestId, input: Input) {
        if !self.inbox.offer(input) {
            self.reply(id, Err(Refusal { kind: RefusalKind::Conflict, reason: Reason::new("engine.busy") }));
        }
    }

    /// Called by the engine's thread.
    pub fn reply(&self, id: RequestId, result: Result<Reply, Refusal>) {
        let answered = self.open.lock().expect("never held across a panic").remove(&id);
        if let Some(answered) = answered {
            answered(result);
        }
    }
}

impl Door for Desk {
    fn ask(&self, by: &str, request: Request, answered: Answered) {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        self.open.lock().expect("never held across a panic").insert(id, answered);
        let input = Input::Request { id, by: by.to_owned(), request };
        let Input::Request { request: Request::AddAgent(agent), .. } = &input else {
            return self.put(id, input);
        };
        // The phone may register as soon as its secret is told, so the registrar must know it first.
        self.phonebook.add(agent.id, &agent.name);
        let (store, sip, desk) = (self.store.clone(), self.sip.clone(), self.clone());
        self.runtime.spawn(async move {
            if let Err(error) = add_users(&store, &sip).await {
                tracing::error!(%error, "the registrar did not learn of a new agent; the next start will tell it");
            }
            desk.put(id, input);
        });
    }
}
