//! Requests of ours within a call: session refresh by UPDATE or re-INVITE (RFC 4028, RFC 3311), PRACK (RFC 3262), and
//! the answer to a challenge.

use super::Stack;
use super::call::{local, write_contact};
use crate::sip::api::EndedBy;
use crate::sip::branch::hex;
use crate::sip::digest::{self, Answering, Secret};
use crate::sip::leg::{End, Phase, Purse};
use crate::sip::scan::{DigestChallenge, Message, Name, number};
use crate::sip::sdp;
use crate::sip::session_timer::{self, SessionExpires};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::Owner;
use crate::sip::transport::Peer;
use crate::sip::write::Writer;
use crate::words::Moment;
use std::time::Duration;

/// Challenges answered per request: the second may say that our nonce was stale.
const CHALLENGES_MAX: u8 = 2;

impl Stack {
    /// By UPDATE if the other end takes it (no new offer, no ACK), else by re-INVITE with the same description.
    pub(super) fn refresh_session(&mut self, now: Moment, key: SlotKey) {
        let Some(branch) = self.next_client() else {
            return self.postpone_refresh(now, key, Duration::from_secs(5));
        };
        let Some(leg) = self.legs.get_mut(key) else { return };
        let Some(seconds) = leg.session.interval_seconds() else { return };
        if leg.phase != Phase::Up || leg.refreshing {
            return;
        }
        leg.refreshing = true;
        leg.dialog.local_cseq += 1;
        let update = leg.peer_updates;
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        let method = if update { rsip::Method::Update } else { rsip::Method::Invite };
        leg.dialog.request(&mut w, &self.me, method, &branch, leg.dialog.local_cseq);
        write_contact(&mut w, &leg.dialog.local, &self.me.host);
        w.raw("Supported: timer\r\n");
        session_timer::write(&mut w, SessionExpires { seconds, uac_refreshes: Some(true) });
        w.text_lines(&leg.credentials);
        self.me.user_agent(&mut w);
        if update {
            w.no_body();
        } else {
            leg.invite_cseq = leg.dialog.local_cseq;
            self.body.clear();
            let direction = leg.media.map_or(sdp::Direction::SendRecv, |m| m.direction);
            sdp::write_offer(&mut self.body, &local(leg, &self.config), direction);
            w.sdp_body(&self.body);
        }
        let peer = leg.dialog.hop;
        self.launch(now, Owner::Refresh(key), !update, peer, begin);
    }

    fn postpone_refresh(&mut self, now: Moment, key: SlotKey, by: Duration) {
        if let Some(leg) = self.legs.get_mut(key) {
            leg.session.refresh_later(now + by);
        }
        self.arm_leg(key);
    }

    pub(super) fn on_refreshed(
        &mut self,
        now: Moment,
        key: SlotKey,
        at: SlotKey,
        from: Peer,
        message: &Message<'_>,
        code: u16,
    ) {
        let invite = self.clients.get(at).is_some_and(|c| c.invite);
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.refreshing = false;
        if leg.phase != Phase::Up {
            // It crossed our BYE, which needs its challenges for itself; a 2xx wants its ACK even so.
            if invite && code < 300 {
                self.acknowledge(now, key);
            }
            return;
        }
        match code {
            200..300 => {
                leg.dialog.refresh_target(message);
                leg.session.restart(now, session_timer::read(message), true);
                if invite {
                    self.acknowledge(now, key);
                }
                self.challenge_over(key);
                self.arm_leg(key);
            }
            // Glare: the owner of the Call-ID waits longer (RFC 3261 section 14.1).
            491 => {
                let base = if leg.caller { 2100 } else { 0 };
                let wait = Duration::from_millis(base + self.chance.below(1900));
                self.challenge_over(key);
                self.postpone_refresh(now, key, wait);
            }
            401 | 407
                if self.answer_challenge(key, from, message, if invite { b"INVITE" } else { b"UPDATE" }).is_some() =>
            {
                if let Some(leg) = self.legs.get_mut(key) {
                    leg.dialog.local_cseq -= 1;
                }
                self.refresh_session(now, key);
            }
            // The dialog is dead at the other end (RFC 3261 section 14.1).
            408 | 481 => {
                self.tell_end(key, End::by(EndedBy::Network));
                self.leave(now, key);
            }
            // It refuses the refresh, not the call; the timer goes on.
            _ => self.challenge_over(key),
        }
    }

    fn challenge_over(&mut self, key: SlotKey) {
        if let Some(leg) = self.legs.get_mut(key) {
            leg.forget_challenge();
        }
    }

    /// A reliable provisional response, though we never offer 100rel: acknowledged, or it would be repeated and fail.
    pub(super) fn acknowledge_provisional(&mut self, now: Moment, key: SlotKey, message: &Message<'_>) {
        if !message.has_token(Name::Require, "100rel") {
            return;
        }
        let Some(rseq) = message.first(Name::RSeq).and_then(number) else { return };
        let Some(branch) = self.next_client() else { return };
        let Some(leg) = self.legs.get_mut(key) else { return };
        let Some(tag) = message.to().and_then(|to| to.tag()) else { return };
        if rseq <= leg.last_rseq && leg.dialog.remote_tag == tag {
            return;
        }
        leg.last_rseq = rseq;
        let invite_cseq = leg.invite_cseq;
        // The early dialog's target and route; the 2xx sets them anew.
        leg.dialog.establish(message);
        leg.dialog.local_cseq += 1;
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        leg.dialog.request(&mut w, &self.me, rsip::Method::PRack, &branch, leg.dialog.local_cseq);
        w.raw("RAck: ").number(rseq.into()).raw(" ").number(invite_cseq.into()).raw(" INVITE\r\n");
        w.no_body();
        let peer = leg.dialog.hop;
        self.launch(now, Owner::Nobody, false, peer, begin);
    }

    /// Prepares the leg's credentials for the next request. `None`: no answer to this challenge, or answered already.
    pub(super) fn answer_challenge(
        &mut self,
        key: SlotKey,
        from: Peer,
        message: &Message<'_>,
        method: &'static [u8],
    ) -> Option<()> {
        let cnonce = self.cnonce();
        let leg = self.legs.get_mut(key)?;
        if leg.challenges >= CHALLENGES_MAX {
            return None;
        }
        let (purse, home) = (leg.purse, leg.dialog.home);
        // Credentials go to the address they were given for, and to no other (CVE-2021-41158).
        if from.addr.ip() != home.addr.ip() || leg.moved {
            return None;
        }
        let first = leg.challenges == 0;
        let uri = leg.dialog.target.clone();
        let (header, line) = {
            let (user, password, realm) = self.secret(purse)?;
            let secret = Secret { user, password, realm };
            let request = Answering { method, uri: &uri, body: b"", cnonce: &cnonce, nc: 1 };
            answer_line(message, &secret, &request, first)?
        };
        self.pin_realm(purse, header);
        let leg = self.legs.get_mut(key)?;
        leg.challenges += 1;
        leg.credentials = line;
        leg.dialog.local_cseq += 1;
        Some(())
    }

    pub(super) fn cnonce(&mut self) -> [u8; 16] {
        let mut cnonce = [0; 16];
        hex(self.chance.next(), &mut cnonce);
        cnonce
    }

    fn secret(&self, purse: Purse) -> Option<(&str, &str, Option<&[u8]>)> {
        match purse {
            Purse::Trunk(id) => {
                let trunk = self.trunks.get(&id)?;
                let realm = trunk.config.realm.as_deref().or(trunk.realm.as_deref()).map(str::as_bytes);
                (!trunk.config.user.is_empty()).then_some((&trunk.config.user, &trunk.config.password, realm))
            }
            Purse::Account(key) => {
                let account = self.accounts.get(key)?;
                let realm = account.realm.as_deref().map(str::as_bytes);
                Some((&account.config.user, &account.config.password, realm))
            }
            Purse::Empty => None,
        }
    }

    /// The first realm met is the only one answered from then on.
    pub(super) fn pin_realm(&mut self, purse: Purse, realm: String) {
        match purse {
            Purse::Trunk(id) => {
                if let Some(trunk) = self.trunks.get_mut(&id) {
                    trunk.realm.get_or_insert(realm);
                }
            }
            Purse::Account(key) => {
                if let Some(account) = self.accounts.get_mut(key) {
                    account.realm.get_or_insert(realm);
                }
            }
            Purse::Empty => {}
        }
    }
}

/// The realm answered, and a whole Authorization or Proxy-Authorization line. After the first time only a stale nonce
/// is a reason to try again with the same password.
pub(super) fn answer_line(
    message: &Message<'_>,
    secret: &Secret<'_>,
    request: &Answering<'_>,
    first: bool,
) -> Option<(String, Vec<u8>)> {
    let proxy = matches!(message.start, crate::sip::scan::Start::Status { code: 407, .. });
    let name = if proxy { Name::ProxyAuthenticate } else { Name::WwwAuthenticate };
    let challenges = message.all(name).flat_map(split_challenges).filter_map(DigestChallenge::parse);
    let chosen = digest::choose(challenges, secret)?;
    if !first && !chosen.0.stale {
        return None;
    }
    let mut line = Vec::with_capacity(256);
    Writer::new(&mut line).raw(if proxy { "Proxy-Authorization: " } else { "Authorization: " });
    digest::write_answer(&mut line, &chosen, secret, request);
    Writer::new(&mut line).end_line();
    Some((String::from_utf8_lossy(chosen.0.realm).into_owned(), line))
}

/// Several challenges may share one header line: each begins with a scheme, a word followed by a space.
fn split_challenges(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts: Vec<usize> = Vec::new();
    for part in crate::sip::scan::split_commas(value) {
        let word = part.iter().position(|b| matches!(b, b' ' | b'=' | b'\t' | b'\r')).unwrap_or(part.len());
        if part.get(word).is_some_and(|b| *b != b'=') {
            starts.push(part.as_ptr() as usize - value.as_ptr() as usize);
        }
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([value.len()]).collect();
    starts.into_iter().zip(ends).map(|(from, to)| crate::sip::scan::trim(&value[from..to]))
}
