//! Users, their phones' contacts, and which nonces they have used. It judges; the stack writes the messages.

use super::alarms::Alarm;
use super::api::UserSecret;
use super::digest::{Algorithm, Exchange, Qop, ha1, response};
use super::hash::Key;
use super::scan::Credentials;
use super::transport::Peer;
use crate::words::Moment;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use subtle::ConstantTimeEq;

#[derive(Default)]
pub(crate) struct Registrar {
    pub(crate) users: Vec<User>,
    by_name: BTreeMap<String, usize>,
    /// How many contacts live at an address, and how many behind an IP.
    addresses: BTreeMap<SocketAddr, u32>,
    ips: BTreeMap<IpAddr, u32>,
}

pub(crate) struct User {
    pub(crate) name: String,
    md5: String,
    sha256: String,
    pub(crate) contacts: Vec<Contact>,
    /// The latest nonces used, each with its highest count.
    nonces: Vec<(u64, u32)>,
    pub(crate) alarm: Alarm,
    removed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) uri: Vec<u8>,
    /// Where the REGISTER came from: calls to the phone go there.
    pub(crate) peer: Peer,
    pub(crate) call_id: Vec<u8>,
    pub(crate) cseq: u32,
    pub(crate) expires_at: Moment,
}

/// What credentials are worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The user's place.
    Fine(usize),
    /// The password is right, the nonce is too old or was used before: ask again with stale=true.
    Stale,
    Wrong,
}

/// What identifies the request that carries credentials.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) realm: &'a [u8],
}

const NONCE_LIFE: Duration = Duration::from_secs(300);
const NONCES_PER_USER: usize = 8;

/// A nonce tells its own age, and nobody else can make one. `serial` makes each its own.
pub(crate) fn mint_nonce(key: &Key, now: Moment, serial: u32) -> String {
    let seconds = (now.millis() / 1000) as u32;
    let mac = key.hash(&[b"nonce", &seconds.to_le_bytes(), &serial.to_le_bytes()]);
    format!("{seconds:08x}{serial:08x}{mac:016x}")
}

/// `None`: not ours. Else: its identity, and whether it is still young.
fn read_nonce(key: &Key, now: Moment, nonce: &[u8]) -> Option<(u64, bool)> {
    let text = std::str::from_utf8(nonce).ok().filter(|t| t.len() == 32)?;
    let seconds = u32::from_str_radix(text.get(..8)?, 16).ok()?;
    let serial = u32::from_str_radix(text.get(8..16)?, 16).ok()?;
    let mac = u64::from_str_radix(text.get(16..)?, 16).ok()?;
    if mac != key.hash(&[b"nonce", &seconds.to_le_bytes(), &serial.to_le_bytes()]) {
        return None;
    }
    let made = Moment::from_millis(i64::from(seconds) * 1000);
    Some((mac, now.since(made) <= NONCE_LIFE))
}

impl Registrar {
    /// Adds or replaces; contacts stay.
    pub(crate) fn add(&mut self, name: &str, secret: &UserSecret, realm: &str) {
        let (md5, sha256) = match secret {
            UserSecret::Password(password) => (
                ha1(Algorithm::Md5, name, realm.as_bytes(), password),
                ha1(Algorithm::Sha256, name, realm.as_bytes(), password),
            ),
            UserSecret::Ha1 { md5, sha256 } => (md5.to_ascii_lowercase(), sha256.to_ascii_lowercase()),
        };
        if let Some(at) = self.by_name.get(name) {
            let user = &mut self.users[*at];
            (user.md5, user.sha256, user.removed) = (md5, sha256, false);
            return;
        }
        self.by_name.insert(name.to_owned(), self.users.len());
        self.users.push(User {
            name: name.to_owned(),
            md5,
            sha256,
            contacts: Vec::new(),
            nonces: Vec::new(),
            alarm: Alarm::default(),
            removed: false,
        });
    }

    /// Keeps the place, so that an alarm never meets another user; forgets the secret and the contacts.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(at) = self.find(name) {
            self.users[at].removed = true;
            self.users[at].md5.clear();
            self.users[at].sha256.clear();
            for contact in std::mem::take(&mut self.users[at].contacts) {
                self.forget_address(contact.peer.addr);
            }
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied().filter(|at| !self.users[*at].removed)
    }

    /// Does any contact live at this address?
    pub(crate) fn at(&self, addr: SocketAddr) -> Option<u32> {
        self.addresses.get(&addr).copied()
    }

    /// Does any contact live behind this IP? Then an office registers its other phones from there.
    pub(crate) fn at_ip(&self, ip: IpAddr) -> bool {
        self.ips.contains_key(&ip)
    }

    pub(crate) fn lives_at(&self, name: &str, addr: SocketAddr) -> bool {
        self.find(name).is_some_and(|at| self.users[at].contacts.iter().any(|c| c.peer.addr == addr))
    }

    /// The contact that registered last.
    pub(crate) fn contact(&self, name: &str, now: Moment) -> Option<&Contact> {
        let user = &self.users[self.find(name)?];
        user.contacts.iter().rev().find(|c| c.expires_at > now)
    }

    /// Judges credentials (RFC 7616 section 3.4). Known and unknown users cost the same work.
    pub(crate) fn judge(&mut self, key: &Key, now: Moment, given: &Credentials<'_>, asked: &Asked<'_>) -> Verdict {
        let at = std::str::from_utf8(given.username).ok().and_then(|name| self.find(name));
        let Some(algorithm) = Algorithm::from_token(given.algorithm) else { return Verdict::Wrong };
        let dummy = "00000000000000000000000000000000";
        let secret = match (algorithm, at) {
            (Algorithm::Md5 | Algorithm::Md5Sess, Some(at)) => self.users[at].md5.as_str(),
            (Algorithm::Sha256 | Algorithm::Sha256Sess, Some(at)) => self.users[at].sha256.as_str(),
            (_, None) => dummy,
        };
        let exchange = Exchange {
            algorithm,
            qop: Qop::Auth,
            nonce: given.nonce,
            cnonce: given.cnonce.unwrap_or_default(),
            nc: given.nc.unwrap_or_default(),
            method: asked.method,
            uri: given.uri,
            body: b"",
        };
        let right = response(secret, &exchange);
        let same: bool = right.as_bytes().ct_eq(&given.response.to_ascii_lowercase()).into();
        let auth = given.qop.is_some_and(|qop| qop.eq_ignore_ascii_case(b"auth"));
        let nonce = read_nonce(key, now, given.nonce);
        let count =
            given.nc.and_then(|nc| std::str::from_utf8(nc).ok()).and_then(|nc| u32::from_str_radix(nc, 16).ok());
        match (at, nonce, count) {
            (Some(at), Some((nonce, young)), Some(count)) if same && auth && given.realm == asked.realm => {
                if young && self.users[at].first_use(nonce, count) { Verdict::Fine(at) } else { Verdict::Stale }
            }
            // A nonce of an earlier run, or expired beyond recognition: the phone may know the password.
            (_, None, _) => Verdict::Stale,
            _ => Verdict::Wrong,
        }
    }

    /// Adds or renews one contact. Beyond `limit` the oldest goes: a phone that restarts with new ports must not lock
    /// itself out.
    pub(crate) fn bind(&mut self, at: usize, contact: Contact, limit: usize) {
        self.unbind(at, &contact.uri);
        while self.users[at].contacts.len() >= limit.max(1) {
            let oldest = self.users[at].contacts.remove(0);
            self.forget_address(oldest.peer.addr);
        }
        *self.addresses.entry(contact.peer.addr).or_insert(0) += 1;
        *self.ips.entry(contact.peer.addr.ip()).or_insert(0) += 1;
        self.users[at].contacts.push(contact);
    }

    pub(crate) fn unbind(&mut self, at: usize, uri: &[u8]) {
        let contacts = &mut self.users[at].contacts;
        if let Some(i) = contacts.iter().position(|c| c.uri == uri) {
            let gone = contacts.remove(i);
            self.forget_address(gone.peer.addr);
        }
    }

    /// Removes what has expired. True: the user had contacts, and now has none.
    pub(crate) fn expire(&mut self, at: usize, now: Moment) -> bool {
        let had = !self.users[at].contacts.is_empty();
        let (kept, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.users[at].contacts).into_iter().partition(|c| c.expires_at > now);
        self.users[at].contacts = kept;
        for contact in gone {
            self.forget_address(contact.peer.addr);
        }
        had && self.users[at].contacts.is_empty()
    }

    fn forget_address(&mut self, addr: SocketAddr) {
        forget(&mut self.addresses, addr);
        forget(&mut self.ips, addr.ip());
    }
}

fn forget<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

impl User {
    pub(crate) fn due(&self) -> Option<Moment> {
        self.contacts.iter().map(|c| c.expires_at).min()
    }

    /// The count of a nonce must rise; a repeated one is a replay.
    fn first_use(&mut self, nonce: u64, count: u32) -> bool {
        if let Some((_, highest)) = self.nonces.iter_mut().find(|(known, _)| *known == nonce) {
            let fresh = count > *highest;
            *highest = count.max(*highest);
            return fresh;
        }
        if self.nonces.len() == NONCES_PER_USER {
            self.nonces.remove(0);
        }
        self.nonces.push((nonce, count));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Phone {
        registrar: Registrar,
        key: Key,
    }

    impl Phone {
        fn new() -> Phone {
            let mut registrar = Registrar::default();
            registrar.add("alice", &UserSecret::Password("secret".into()), "outpace");
            Phone { registrar, key: Key::derive(1, 1) }
        }

        fn try_with(&mut self, user: &str, password: &str, nonce: &str, nc: &str, now: Moment) -> Verdict {
            let exchange = Exchange {
                algorithm: Algorithm::Sha256,
                qop: Qop::Auth,
                nonce: nonce.as_bytes(),
                cnonce: b"c",
                nc: nc.as_bytes(),
                method: b"REGISTER",
                uri: b"sip:outpace",
                body: b"",
            };
            let value = response(&ha1(Algorithm::Sha256, user, b"outpace", password), &exchange);
            let given = Credentials {
                username: user.as_bytes(),
                realm: b"outpace",
                nonce: nonce.as_bytes(),
                uri: b"sip:outpace",
                response: value.as_bytes(),
                algorithm: Some(b"SHA-256"),
                cnonce: Some(b"c"),
                qop: Some(b"auth"),
                nc: Some(nc.as_bytes()),
            };
            self.registrar.judge(&self.key, now, &given, &Asked { method: b"REGISTER", realm: b"outpace" })
        }
    }

    #[test]
    fn right_wrong_stale_replayed() {
        let mut phone = Phone::new();
        let now = Moment::from_millis(1_000_000);
        let nonce = mint_nonce(&phone.key, now, 1);
        assert_eq!(phone.try_with("alice", "secret", &nonce, "00000001", now), Verdict::Fine(0));
        assert_eq!(phone.try_with("alice", "secret", &nonce, "00000001", now), Verdict::Stale, "replayed");
        assert_eq!(phone.try_with("alice", "secret", &nonce, "00000002", now), Verdict::Fine(0));
        assert_eq!(phone.try_with("alice", "guess", &nonce, "00000003", now), Verdict::Wrong);
        assert_eq!(phone.try_with("nobody", "secret", &nonce, "00000003", now), Verdict::Wrong);
        let later = now + Duration::from_secs(301);
        assert_eq!(phone.try_with("alice", "secret", &nonce, "00000003", later), Verdict::Stale);
        let foreign = mint_nonce(&Key::derive(2, 2), now, 1);
        assert_eq!(phone.try_with("alice", "secret", &foreign, "00000001", now), Verdict::Stale);
    }
}
