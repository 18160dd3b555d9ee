//! Who calls or registers: by address for trunks, by digest for phones. Strangers get a challenge and nothing else.

use super::Stack;
use super::receive::Standing;
use crate::sip::api::Origin;
use crate::sip::digest::Algorithm;
use crate::sip::registrar::{Asked, Verdict, mint_nonce};
use crate::sip::scan::{Credentials, Message, Name, Uri};
use crate::sip::transport::Peer;
use crate::words::Moment;

impl Stack {
    /// Who makes this call. `None`: it was answered here.
    pub(super) fn caller(&mut self, now: Moment, peer: Peer, message: &Message<'_>, uri: &[u8]) -> Option<Origin> {
        let from = user_text(message.from().and_then(|f| f.parsed_uri()));
        let local_user = self.registrar.find(&from).is_some();
        if !(local_user && self.registrar.lives_at(&from, peer.addr))
            && let Some(trunk) = self.trunk_exactly_at(peer.addr)
        {
            return Some(Origin::Trunk(trunk));
        }
        if local_user || self.registrar.at(peer.addr).is_some() {
            let at = self.authenticate(now, peer, message)?;
            return Some(Origin::User(self.registrar.users[at].name.clone()));
        }
        let called = user_text(Uri::parse(uri));
        if let Some(account) = self.account_called(peer.addr, &called) {
            return Some(Origin::Account(account));
        }
        if let Some(trunk) = self.trunk_at(peer.addr) {
            return Some(Origin::Trunk(trunk));
        }
        let at = self.authenticate(now, peer, message)?;
        Some(Origin::User(self.registrar.users[at].name.clone()))
    }

    /// The user whose password the request proves. `None`: challenged, or met with silence.
    pub(super) fn authenticate(&mut self, now: Moment, peer: Peer, message: &Message<'_>) -> Option<usize> {
        let locked = !self.wrong_passwords.open(now, peer.addr.ip());
        // A phone that is registered there keeps working while somebody guesses from the same address.
        if locked && self.registrar.at(peer.addr).is_none() {
            self.stats.silenced += 1;
            return None;
        }
        let method = message.cseq().map(|c| c.method).unwrap_or_default();
        let realm = self.config.realm.clone();
        let asked = Asked { method, realm: realm.as_bytes() };
        let given = message
            .all(Name::Authorization)
            .filter_map(Credentials::parse)
            .find(|given| given.realm == realm.as_bytes());
        let Some(given) = given else {
            self.challenge(now, peer, message, false);
            return None;
        };
        match self.registrar.judge(&self.keys.nonces, now, &given, &asked) {
            Verdict::Fine(at) => Some(at),
            Verdict::Stale => {
                self.challenge(now, peer, message, true);
                None
            }
            Verdict::Wrong => {
                self.wrong_passwords.admit(now, peer.addr.ip());
                self.challenge(now, peer, message, false);
                None
            }
        }
    }

    /// 401 with a challenge per algorithm; to a stranger only the last one, if all are too long.
    fn challenge(&mut self, now: Moment, peer: Peer, message: &Message<'_>, stale: bool) {
        let nonce = mint_nonce(&self.keys.nonces, now, self.chance.next() as u32);
        let realm = self.config.realm.clone();
        let line = |w: &mut crate::sip::write::Writer<'_>, algorithm: Algorithm| {
            w.raw("WWW-Authenticate: Digest realm=").quoted(realm.as_bytes());
            w.raw(", nonce=").quoted(nonce.as_bytes()).raw(", algorithm=").raw(algorithm.token());
            w.raw(", qop=\"auth\"");
            if stale {
                w.raw(", stale=true");
            }
            w.end_line();
        };
        let strange = self.standing(peer) == Standing::Stranger;
        let short = strange && message.bytes().len() < 400;
        let algorithms = self.config.digest.clone();
        self.reply(peer, message, 401, |w| {
            let skip = if short { algorithms.len().saturating_sub(1) } else { 0 };
            for algorithm in &algorithms[skip..] {
                line(w, *algorithm);
            }
        });
    }
}

/// The user part as text; empty if there is none.
pub(super) fn user_text(uri: Option<Uri<'_>>) -> String {
    let user = uri.and_then(|u| u.user).unwrap_or_default();
    String::from_utf8_lossy(&user[..user.len().min(128)]).into_owned()
}
