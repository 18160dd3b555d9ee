//! Hands to the store what the next run needs of this one: how to end each leg, and where the phones are. And reads it
//! back at a start. It decides nothing: SIP says what, the writer says when it is kept.

use super::sip_thread::{SipCommand, SipHandle};
use super::writer::Writer;
use crate::facts::Leftover;
use crate::sip::Binding;
use crate::store::{Store, StoreError, Testament};
use crate::words::{CallId, LegId, TrunkId, Wall};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[derive(Clone)]
pub struct Heir {
    node: u16,
    writer: Writer,
    /// Which call a leg belongs to. Agents' legs are not in it.
    casts: Arc<Mutex<BTreeMap<LegId, Cast>>>,
}

/// What the engine said when it dialed.
#[derive(Clone)]
pub struct Cast {
    pub call: CallId,
    pub trunk: TrunkId,
    pub caller_id: String,
}

/// A phone's contact as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    uri: String,
    address: SocketAddr,
    call_id: String,
    cseq: u32,
    expires: i64,
}

impl Heir {
    pub fn new(node: u16, writer: Writer) -> Heir {
        Heir { node, writer, casts: Arc::default() }
    }

    pub fn cast(&self, leg: LegId, cast: Cast) {
        self.casts.lock().unwrap_or_else(PoisonError::into_inner).insert(leg, cast);
    }

    pub fn testament(&self, leg: LegId, sip_call_id: String, answered: bool, body: String) {
        let cast = self.casts.lock().unwrap_or_else(PoisonError::into_inner).get(&leg).cloned();
        let leftover = Leftover {
            leg,
            call: cast.as_ref().map(|c| c.call),
            trunk: cast.as_ref().map(|c| c.trunk),
            answered,
            sip_call_id,
            caller_id: cast.map(|c| c.caller_id).unwrap_or_default(),
        };
        self.writer.keep_testament(Testament { node: self.node, leftover, body });
    }

    /// The engine drops the testament, after the facts of the leg's end.
    pub fn forget(&self, leg: LegId) {
        self.casts.lock().unwrap_or_else(PoisonError::into_inner).remove(&leg);
    }

    /// It never came to be.
    pub fn gone(&self, leg: LegId) {
        self.forget(leg);
        self.writer.drop_testament(leg);
    }

    pub fn bindings(&self, name: String, bindings: &[Binding]) {
        let now = super::clock::wall_now();
        let kept: Vec<Kept> = bindings
            .iter()
            .map(|b| Kept {
                uri: b.uri.clone(),
                address: b.address,
                call_id: b.call_id.clone(),
                cseq: b.cseq,
                expires: (now + b.expires_in).0,
            })
            .collect();
        self.writer.keep_bindings(name, serde_json::to_string(&kept).expect("contacts of ours always print"));
    }
}

/// A phone that has registered, for whoever wants to know whether it is still there.
#[derive(Debug, Clone)]
pub struct KnownPhone {
    pub name: String,
    pub address: SocketAddr,
}

/// One for each user: the contact that registered last and has not expired.
pub async fn known_phones(store: &Store, now: Wall) -> Result<Vec<KnownPhone>, StoreError> {
    let mut phones = Vec::new();
    for (name, contacts) in store.phone_bindings().await? {
        let kept = serde_json::from_str::<Vec<Kept>>(&contacts).unwrap_or_default();
        if let Some(last) = kept.into_iter().rfind(|kept| kept.expires > now.0) {
            phones.push(KnownPhone { name, address: last.address });
        }
    }
    Ok(phones)
}

/// The phones of the last run, as far as their registrations have not expired: dialable before they register anew.
pub async fn restore_phones(store: &Store, sip: &SipHandle, now: Wall) -> Result<(), StoreError> {
    for (name, contacts) in store.phone_bindings().await? {
        let Ok(kept) = serde_json::from_str::<Vec<Kept>>(&contacts) else {
            tracing::warn!(phone = %name, "where this phone was cannot be read: it is known when it registers again");
            continue;
        };
        let left = |kept: &Kept| Duration::from_micros(u64::try_from(kept.expires - now.0).unwrap_or(0));
        let bindings = kept.into_iter().map(|kept| Binding {
            expires_in: left(&kept),
            uri: kept.uri,
            address: kept.address,
            call_id: kept.call_id,
            cseq: kept.cseq,
        });
        // At the thread's bound, or after its end, the phones register as on any morning.
        let _ = sip.send(SipCommand::Restore { name, bindings: bindings.collect() });
    }
    Ok(())
}
