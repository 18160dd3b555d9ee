//! Registrations that we hold elsewhere (RFC 3261 section 10.2): trunks that ask for it, and simulated softphones.

use super::Stack;
use super::refresh::answer_line;
use crate::sip::alarms::{Alarm, Subject};
use crate::sip::api::{Account, AccountEvent, AccountId, Event};
use crate::sip::branch::{Token, hex};
use crate::sip::build::{self, Outside};
use crate::sip::digest::{Answering, Secret};
use crate::sip::leg::Purse;
use crate::sip::scan::{Message, Name, name_addr, number};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::Owner;
use crate::sip::transport::Peer;
use crate::sip::write::{is_host_text, is_user_text};
use crate::words::{Moment, TrunkId};
use std::net::SocketAddr;
use std::time::Duration;

pub(super) struct AccountState {
    pub(super) config: Account,
    /// The trunk that this registration keeps up.
    pub(super) trunk: Option<TrunkId>,
    pub(super) realm: Option<String>,
    call_id: [u8; 32],
    tag: Token,
    cseq: u32,
    expires: Duration,
    challenges: u8,
    failures: u32,
    registered: bool,
    leaving: bool,
    next_at: Option<Moment>,
    pub(super) alarm: Alarm,
}

/// RFC 5626 section 4.5: the base of the back-off, and its bound.
const RETRY_BASE: Duration = Duration::from_secs(5);
const RETRY_MAX: Duration = Duration::from_secs(300);

impl Stack {
    /// Registers, and keeps registered until `unregister`. Events of this account tell how it goes.
    pub fn register(&mut self, now: Moment, account: Account) {
        self.register_for(now, account, None);
    }

    pub(super) fn register_for(&mut self, now: Moment, account: Account, trunk: Option<TrunkId>) {
        let id = account.id;
        let sound = is_user_text(account.user.as_bytes()) && is_host_text(account.domain.as_bytes());
        if !sound || self.accounts.is_full() || self.account_index.contains_key(&id) {
            let event = AccountEvent::Failed { code: if sound { 503 } else { 484 }, retry: Duration::MAX };
            self.events.push_back(Event::Account { account: id, event });
            return;
        }
        let mut token = [0; 32];
        hex(self.chance.next(), &mut token[..16]);
        hex(self.chance.next(), &mut token[16..]);
        let mut tag = token;
        tag.reverse();
        let expires = account.expires;
        let state = AccountState {
            config: account,
            trunk,
            realm: None,
            call_id: token,
            tag: Token(tag),
            cseq: 0,
            expires,
            challenges: 0,
            failures: 0,
            registered: false,
            leaving: false,
            next_at: None,
            alarm: Alarm::default(),
        };
        let key = self.accounts.insert(state).expect("it was asked whether it is full");
        self.account_index.insert(id, key);
        self.send_register(now, key, &[]);
    }

    /// Takes the registration back; `Unregistered` follows.
    pub fn unregister(&mut self, now: Moment, account: AccountId) {
        let Some(key) = self.account_index.get(&account).copied() else { return };
        if let Some(state) = self.accounts.get_mut(key) {
            state.leaving = true;
            state.next_at = None;
            state.challenges = 0;
        }
        self.send_register(now, key, &[]);
    }

    pub(super) fn account_at(&self, addr: SocketAddr) -> Option<AccountId> {
        self.account_index
            .iter()
            .find(|(_, key)| self.accounts.get(**key).is_some_and(|a| a.config.registrar == addr))
            .map(|(id, _)| *id)
    }

    /// The account that a call from a registrar is for.
    pub(super) fn account_called(&self, addr: SocketAddr, user: &str) -> Option<AccountId> {
        self.account_index
            .iter()
            .find(|(_, key)| {
                self.accounts.get(**key).is_some_and(|a| a.config.registrar == addr && a.config.user == user)
            })
            .map(|(id, _)| *id)
    }

    fn send_register(&mut self, now: Moment, key: SlotKey, credentials: &[u8]) {
        let Some(branch) = self.next_client() else {
            return self.retry_later(now, key, 503, None);
        };
        let Some(account) = self.accounts.get_mut(key) else { return };
        account.cseq += 1;
        let peer = Peer::udp(account.config.registrar);
        let seconds = if account.leaving { 0 } else { account.expires.as_secs() };
        let request = Outside {
            method: rsip::Method::Register,
            domain: &account.config.domain,
            from_user: &account.config.user,
            from_domain: &account.config.domain,
            to_user: Some(&account.config.user),
            contact_user: Some(&account.config.user),
            tag: account.tag.bytes(),
            call_id: &account.call_id,
            cseq: account.cseq,
            expires: Some(seconds),
            credentials,
        };
        let begin = self.wire.begin();
        build::write(&mut self.wire.bytes, &self.me, peer, &branch, &request);
        self.launch(now, Owner::Register(key), false, peer, begin);
    }

    pub(super) fn on_register_answered(
        &mut self,
        now: Moment,
        key: SlotKey,
        from: Peer,
        message: &Message<'_>,
        code: u16,
    ) {
        let Some(account) = self.accounts.get_mut(key) else { return };
        match code {
            200..300 => self.on_registered(now, key, message),
            401 | 407 => match self.answer_register_challenge(key, from, message) {
                Some(line) => self.send_register(now, key, &line),
                None => self.retry_later(now, key, code, None),
            },
            423 => match message.seconds(Name::MinExpires) {
                Some(min) if u64::from(min) > account.expires.as_secs() && min <= 86_400 => {
                    account.expires = Duration::from_secs(min.into());
                    account.challenges = 0;
                    self.send_register(now, key, &[]);
                }
                _ => self.retry_later(now, key, code, None),
            },
            _ => {
                let after = message.seconds(Name::RetryAfter).map(|s| Duration::from_secs(s.into()));
                self.retry_later(now, key, code, after);
            }
        }
    }

    fn answer_register_challenge(&mut self, key: SlotKey, from: Peer, message: &Message<'_>) -> Option<Vec<u8>> {
        let cnonce = self.cnonce();
        let account = self.accounts.get(key)?;
        if account.challenges >= 2 || from.addr.ip() != account.config.registrar.ip() {
            return None;
        }
        let uri = [b"sip:", account.config.domain.as_bytes()].concat();
        let (trunk_realm, trunk) = match account.trunk {
            Some(id) => (self.trunks.get(&id).and_then(|t| t.config.realm.as_deref()), Some(id)),
            None => (None, None),
        };
        let realm = trunk_realm.or(account.realm.as_deref());
        let secret =
            Secret { user: &account.config.user, password: &account.config.password, realm: realm.map(str::as_bytes) };
        let request = Answering { method: b"REGISTER", uri: &uri, body: b"", cnonce: &cnonce, nc: 1 };
        let first = account.challenges == 0;
        let (realm, line) = answer_line(message, &secret, &request, first)?;
        if let Some(trunk) = trunk {
            self.pin_realm(Purse::Trunk(trunk), realm.clone());
        }
        self.pin_realm(Purse::Account(key), realm);
        self.accounts.get_mut(key)?.challenges += 1;
        Some(line)
    }

    fn on_registered(&mut self, now: Moment, key: SlotKey, message: &Message<'_>) {
        let Some(account) = self.accounts.get_mut(key) else { return };
        account.challenges = 0;
        account.failures = 0;
        let (id, trunk) = (account.config.id, account.trunk);
        if account.leaving {
            self.accounts.remove(key);
            self.account_index.remove(&id);
            self.events.push_back(Event::Account { account: id, event: AccountEvent::Unregistered });
            return;
        }
        let granted = granted(message, &account.config.user, &self.me.host).unwrap_or(account.expires);
        // Renew early, at 80 to 90 percent, so that hundreds of phones do not come at once.
        let jitter = self.chance.below(100);
        let account = self.accounts.get_mut(key).expect("it was there above");
        account.next_at = Some(now + granted.mul_f64(0.8 + jitter as f64 / 1000.0).max(Duration::from_secs(1)));
        if !std::mem::replace(&mut account.registered, true) {
            let event = AccountEvent::Registered { expires: granted };
            self.events.push_back(Event::Account { account: id, event });
        }
        if let Some(trunk) = trunk {
            self.trunk_registered(trunk, true, None);
        }
        self.arm_account(key);
    }

    pub(super) fn on_register_silence(&mut self, now: Moment, key: SlotKey) {
        self.retry_later(now, key, 408, None);
    }

    fn retry_later(&mut self, now: Moment, key: SlotKey, code: u16, after: Option<Duration>) {
        let jitter = self.chance.below(50);
        let Some(account) = self.accounts.get_mut(key) else { return };
        let (id, trunk) = (account.config.id, account.trunk);
        if account.leaving {
            self.accounts.remove(key);
            self.account_index.remove(&id);
            self.events.push_back(Event::Account { account: id, event: AccountEvent::Unregistered });
            return;
        }
        let backoff = (RETRY_BASE * (1 << account.failures.min(6))).min(RETRY_MAX);
        // Between a half and all of it.
        let backoff = backoff.mul_f64(0.5 + jitter as f64 / 100.0);
        let retry = after.map_or(backoff, |after| after.clamp(Duration::from_secs(1), RETRY_MAX * 12));
        account.failures += 1;
        account.challenges = 0;
        account.registered = false;
        account.next_at = Some(now + retry);
        self.events.push_back(Event::Account { account: id, event: AccountEvent::Failed { code, retry } });
        if let Some(trunk) = trunk {
            self.trunk_registered(trunk, false, (code != 408).then_some(code));
        }
        self.arm_account(key);
    }

    fn arm_account(&mut self, key: SlotKey) {
        if let Some(account) = self.accounts.get_mut(key) {
            self.alarms.set(&mut account.alarm, Subject::Account(key.slot), account.next_at);
        }
    }

    pub(super) fn account_on_time(&mut self, now: Moment, key: SlotKey) {
        let Some(account) = self.accounts.get_mut(key) else { return };
        if account.next_at.take_if(|at| *at <= now).is_some() {
            self.send_register(now, key, &[]);
        }
        self.arm_account(key);
    }
}

/// The lifetime granted to our contact: its own parameter, else the Expires header.
fn granted(message: &Message<'_>, user: &str, host: &str) -> Option<Duration> {
    let ours = |uri: &[u8]| {
        let text = String::from_utf8_lossy(uri);
        text.starts_with(&format!("sip:{user}@{host}"))
    };
    let own = message
        .list(Name::Contact)
        .filter_map(name_addr)
        .find(|contact| ours(contact.uri))
        .and_then(|contact| contact.param("expires").flatten().and_then(number));
    let seconds = own.or_else(|| message.seconds(Name::Expires))?;
    Some(Duration::from_secs(seconds.clamp(2, 86_400).into()))
}
