//! REGISTER from phones (RFC 3261 section 10.3), and the verbs about users.

use super::Stack;
use crate::sip::alarms::Subject;
use crate::sip::api::{Binding, Event, UserSecret};
use crate::sip::registrar::Contact;
use crate::sip::scan::{Message, Name, NameAddr, name_addr, number};
use crate::sip::transport::Peer;
use crate::sip::write::Writer;
use crate::words::Moment;
use std::net::SocketAddr;
use std::time::Duration;

impl Stack {
    /// Lets a softphone register under this name. Again with another secret replaces it.
    pub fn add_user(&mut self, name: &str, secret: &UserSecret) {
        let realm = self.config.realm.clone();
        self.registrar.add(name, secret, &realm);
    }

    pub fn remove_user(&mut self, name: &str) {
        let Some(at) = self.registrar.find(name) else { return };
        let had = !self.registrar.users[at].contacts.is_empty();
        self.registrar.remove(name);
        if had {
            self.events.push_back(Event::Unregistered { user: name.to_owned(), expired: false });
        }
    }

    /// Is a phone registered under this name now?
    pub fn is_registered(&self, now: Moment, name: &str) -> bool {
        self.registrar.contact(name, now).is_some()
    }

    pub(super) fn on_register(&mut self, now: Moment, peer: Peer, message: &Message<'_>, key: u64) {
        let Some(at) = self.authenticate(now, peer, message) else { return };
        // An address of record belongs to its user only.
        let to = super::authenticate::user_text(message.to().and_then(|to| to.parsed_uri()));
        if self.registrar.users[at].name != to {
            return self.respond_once(now, peer, message, key, 403, |_| {});
        }
        let before = self.phone_at(at);
        match self.change_contacts(now, peer, message, at) {
            Ok(()) => self.confirm_registration(now, peer, message, key, at),
            Err(423) => {
                let min = self.config.register_expires_min.as_secs();
                self.respond_once(now, peer, message, key, 423, |w| {
                    w.header_number("Min-Expires", min);
                });
            }
            Err(code) => self.respond_once(now, peer, message, key, code, |_| {}),
        }
        self.tell_registration(at, before);
        self.tell_bindings(now, at);
        self.arm_user(at);
    }

    /// Takes up what `Event::Bindings` told in an earlier run. Phones that are there already are left alone.
    pub fn restore(&mut self, now: Moment, user: &str, bindings: &[Binding]) {
        let Some(at) = self.registrar.find(user) else { return };
        if !self.registrar.users[at].contacts.is_empty() {
            return;
        }
        for binding in bindings.iter().filter(|b| !b.expires_in.is_zero()) {
            let contact = Contact {
                uri: binding.uri.clone().into_bytes(),
                peer: Peer::udp(binding.address),
                call_id: binding.call_id.clone().into_bytes(),
                cseq: binding.cseq,
                expires_at: now + binding.expires_in,
            };
            self.registrar.bind(at, contact, self.config.limits.contacts_per_user_max);
        }
        self.tell_registration(at, None);
        self.arm_user(at);
    }

    fn tell_bindings(&mut self, now: Moment, at: usize) {
        if !self.config.testaments {
            return;
        }
        let user = &self.registrar.users[at];
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let binding = |contact: &Contact| Binding {
            uri: text(&contact.uri),
            address: contact.peer.addr,
            call_id: text(&contact.call_id),
            cseq: contact.cseq,
            expires_in: contact.expires_at.since(now),
        };
        let bindings = user.contacts.iter().map(binding).collect();
        self.events.push_back(Event::Bindings { user: user.name.clone(), bindings });
    }

    /// Where calls to the user go.
    fn phone_at(&self, at: usize) -> Option<SocketAddr> {
        self.registrar.users[at].contacts.last().map(|contact| contact.peer.addr)
    }

    fn tell_registration(&mut self, at: usize, before: Option<SocketAddr>) {
        let user = self.registrar.users[at].name.clone();
        match (before, self.phone_at(at)) {
            (before, Some(address)) if before != Some(address) => {
                self.events.push_back(Event::Registered { user, address });
            }
            (Some(_), None) => self.events.push_back(Event::Unregistered { user, expired: false }),
            (Some(_) | None, Some(_)) | (None, None) => {}
        }
    }

    /// All contacts of the request, or none of them.
    fn change_contacts(&mut self, now: Moment, peer: Peer, message: &Message<'_>, at: usize) -> Result<(), u16> {
        let call_id = message.call_id().unwrap_or_default();
        let cseq = message.cseq().map_or(0, |c| c.number);
        let default = message.first(Name::Expires).and_then(number);
        let values: Vec<&[u8]> = message.list(Name::Contact).collect();
        if values.contains(&b"*".as_slice()) {
            if values.len() != 1 || default != Some(0) {
                return Err(400);
            }
            for contact in self.registrar.users[at].contacts.clone() {
                self.registrar.unbind(at, &contact.uri);
            }
            return Ok(());
        }
        let mut changes = Vec::with_capacity(values.len());
        for value in values {
            let address = name_addr(value).filter(|a| a.parsed_uri().is_some()).ok_or(400u16)?;
            let old = self.registrar.users[at].contacts.iter().find(|c| c.uri == address.uri);
            if old.is_some_and(|old| old.call_id == call_id && cseq < old.cseq) {
                return Err(500);
            }
            changes.push((address, self.lifetime(&address, default)?));
        }
        for (address, life) in changes {
            self.registrar.unbind(at, address.uri);
            if life.is_zero() {
                continue;
            }
            let (uri, call_id) = (address.uri.to_vec(), call_id.to_vec());
            let contact = Contact { uri, peer, call_id, cseq, expires_at: now + life };
            self.registrar.bind(at, contact, self.config.limits.contacts_per_user_max);
        }
        Ok(())
    }

    /// Zero: to be removed. Between zero and the least: 423.
    fn lifetime(&self, contact: &NameAddr<'_>, default: Option<u32>) -> Result<Duration, u16> {
        let asked = contact.param("expires").flatten().and_then(number).or(default);
        let asked = Duration::from_secs(asked.unwrap_or(3600).into());
        if asked.is_zero() {
            return Ok(asked);
        }
        if asked < self.config.register_expires_min {
            return Err(423);
        }
        Ok(asked.min(self.config.register_expires_max))
    }

    fn confirm_registration(&mut self, now: Moment, peer: Peer, message: &Message<'_>, key: u64, at: usize) {
        let mut contacts = Vec::new();
        let mut w = Writer::new(&mut contacts);
        for contact in &self.registrar.users[at].contacts {
            w.raw("Contact: <").text(&contact.uri).raw(">;expires=");
            w.number(contact.expires_at.since(now).as_secs()).end_line();
        }
        self.respond_once(now, peer, message, key, 200, |w| {
            w.text_lines(&contacts);
        });
    }

    pub(super) fn arm_user(&mut self, at: usize) {
        let user = &mut self.registrar.users[at];
        let due = user.due();
        self.alarms.set(&mut user.alarm, Subject::User(at as u32), due);
    }

    pub(super) fn user_on_time(&mut self, now: Moment, at: usize) {
        if self.registrar.expire(at, now) {
            let user = self.registrar.users[at].name.clone();
            self.events.push_back(Event::Unregistered { user, expired: true });
        }
        self.arm_user(at);
    }
}
