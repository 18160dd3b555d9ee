//! Making a call: INVITE, its provisional responses, its answer, its refusal.

use super::Stack;
use super::cancel::{cancelled, derive, q850};
use crate::sip::api::*;
use crate::sip::branch::hex;
use crate::sip::dialog::Dialog;
use crate::sip::leg::{End, Leg, Phase, Purse, Stopping};
use crate::sip::scan::{Message, Name, name_addr};
use crate::sip::sdp::{self, Direction, Local};
use crate::sip::session_timer::{self, SessionExpires};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::Owner;
use crate::sip::transport::Peer;
use crate::sip::write::{Writer, is_host_text, is_user_text};
use crate::words::{LegId, Moment};
use std::time::Duration;

/// How long a call may take to begin ringing, beyond the time it may ring.
const POST_DIAL_DELAY_MAX: Duration = Duration::from_secs(10);

/// Where an INVITE goes and whom it names.
struct Way {
    peer: Peer,
    request_uri: Vec<u8>,
    to: Vec<u8>,
    from: Vec<u8>,
    purse: Purse,
    pinned: bool,
}

impl Stack {
    /// Calls. What happens is told by events of this leg; if it cannot be sent, by `Refused` with `Unsendable`.
    pub fn invite(&mut self, now: Moment, leg: LegId, invite: &Invite) {
        if self.leg_index.contains_key(&leg) {
            tracing::error!(%leg, "a second INVITE for a leg that exists: ignored");
            return;
        }
        if let Err(code) = self.try_invite(now, leg, invite) {
            let why = Refusal::Unsendable;
            self.tell(leg, CallEvent::Refused { code, q850: None, retry_after: None, why });
        }
    }

    /// Calls a registered user's phone, asking it to answer by itself.
    pub fn call_user(&mut self, now: Moment, leg: LegId, user: &str, caller_id: &str, media: std::net::SocketAddr) {
        let invite = Invite {
            route: Route::User(user.to_owned()),
            to: user.to_owned(),
            caller_id: caller_id.to_owned(),
            media,
            ring_max: Duration::from_secs(30),
            auto_answer: true,
        };
        self.invite(now, leg, &invite);
    }

    fn try_invite(&mut self, now: Moment, id: LegId, invite: &Invite) -> Result<(), u16> {
        let way = self.way(now, invite)?;
        let tag = self.next_tag().ok_or(503u16)?;
        if self.clients.is_full() {
            return Err(503);
        }
        let mut call_id = vec![0; 32];
        hex(self.chance.next(), &mut call_id[..16]);
        hex(self.chance.next(), &mut call_id[16..]);
        let dialog = Dialog {
            call_id,
            local: way.from,
            remote: way.to,
            local_tag: tag,
            remote_tag: Vec::new(),
            target: way.request_uri,
            routes: Vec::new(),
            local_cseq: 1,
            remote_cseq: None,
            hop: way.peer,
            home: way.peer,
            pinned: way.pinned,
        };
        let mut leg = Leg::new(id, true, dialog, way.purse, invite.media);
        leg.sdp_session = self.chance.next() >> 16;
        leg.ring_max = invite.ring_max;
        leg.ring_until = Some(now + invite.ring_max + POST_DIAL_DELAY_MAX);
        leg.auto_answer = invite.auto_answer;
        leg.session_seconds = self.config.session_expires.map(|d| d.as_secs() as u32);
        let call_id = String::from_utf8_lossy(&leg.dialog.call_id).into_owned();
        let key = self.insert_leg(leg).expect("next_tag found a place");
        self.send_invite(now, key);
        if !self.config.testaments {
            self.tell(id, CallEvent::InviteSent { call_id });
        }
        Ok(())
    }

    /// 404: no such way. 484: what is to be called cannot stand in a URI.
    fn way(&self, now: Moment, invite: &Invite) -> Result<Way, u16> {
        let named = |user: &str, domain: &str| [b"<sip:", user.as_bytes(), b"@", domain.as_bytes(), b">"].concat();
        if !is_user_text(invite.to.as_bytes()) || !is_user_text(invite.caller_id.as_bytes()) {
            return Err(484);
        }
        match &invite.route {
            Route::Trunk(id) => {
                let trunk = &self.trunks.get(id).ok_or(404u16)?.config;
                let host = trunk.domain.clone().unwrap_or_else(|| trunk.address.to_string());
                let from_host = trunk.domain.as_deref().unwrap_or(&self.me.domain);
                if !is_host_text(host.as_bytes()) {
                    return Err(484);
                }
                let to = named(&invite.to, &host);
                Ok(Way {
                    peer: Peer::udp(trunk.address),
                    request_uri: to[1..to.len() - 1].to_vec(),
                    to,
                    from: named(&invite.caller_id, from_host),
                    purse: Purse::Trunk(*id),
                    pinned: false,
                })
            }
            Route::Account(id) => {
                let key = *self.account_index.get(id).ok_or(404u16)?;
                let account = &self.accounts.get(key).ok_or(404u16)?.config;
                let to = named(&invite.to, &account.domain);
                Ok(Way {
                    peer: Peer::udp(account.registrar),
                    request_uri: to[1..to.len() - 1].to_vec(),
                    to,
                    from: named(&account.user, &account.domain),
                    purse: Purse::Account(key),
                    pinned: true,
                })
            }
            Route::User(user) => {
                let contact = self.registrar.contact(user, now).ok_or(404u16)?;
                Ok(Way {
                    peer: contact.peer,
                    request_uri: contact.uri.clone(),
                    to: named(user, &self.config.realm),
                    from: named(&invite.caller_id, &self.me.domain),
                    purse: Purse::Empty,
                    pinned: true,
                })
            }
        }
    }

    /// Writes the INVITE as the leg now stands, and starts its transaction.
    pub(super) fn send_invite(&mut self, now: Moment, key: SlotKey) {
        let Some(branch) = self.next_client() else {
            return self.close(key, End::refused(503, Refusal::Unsendable));
        };
        let Some(leg) = self.legs.get_mut(key) else { return };
        self.body.clear();
        let local = local(leg, &self.config);
        sdp::write_offer(&mut self.body, &local, Direction::SendRecv);
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        leg.dialog.request(&mut w, &self.me, rsip::Method::Invite, &branch, leg.dialog.local_cseq);
        write_contact(&mut w, &leg.dialog.local, &self.me.host);
        w.header("Allow", super::ALLOW);
        if let Some(seconds) = leg.session_seconds {
            w.raw("Supported: timer\r\n");
            session_timer::write(&mut w, SessionExpires { seconds, uac_refreshes: None });
            if seconds < 1800 || leg.session_seconds != self.config.session_expires.map(|d| d.as_secs() as u32) {
                w.header_number("Min-SE", session_timer::MIN_SE_SECONDS.max(seconds.min(1800)).into());
            }
        }
        if leg.auto_answer {
            w.raw("Call-Info: <sip:outpace>;answer-after=0\r\nAlert-Info: <http://outpace>;info=alert-autoanswer\r\n");
        }
        w.text_lines(&leg.credentials);
        self.me.user_agent(&mut w);
        w.sdp_body(&self.body);
        leg.invite_cseq = leg.dialog.local_cseq;
        let peer = leg.dialog.hop;
        let waits = self.config.testaments;
        let transaction = if waits {
            self.launch_held(Owner::Invite(key), peer, begin)
        } else {
            self.launch(now, Owner::Invite(key), true, peer, begin)
        };
        if let Some(leg) = self.legs.get_mut(key) {
            leg.transaction = Some(transaction);
        }
        if waits {
            self.testify_cancel(key);
        }
        self.arm_leg(key);
    }

    pub(super) fn on_progress(&mut self, now: Moment, key: SlotKey, message: &Message<'_>, code: u16) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.phase != Phase::Calling || leg.stopping.is_some() || code == 100 {
            return;
        }
        let id = leg.id;
        let sound = read_answer(message, &self.config.codecs);
        if matches!(code, 180 | 183) && !leg.ringing {
            leg.ring_until = Some(now + leg.ring_max);
            leg.ringing = code == 180 || sound.is_none();
            if leg.ringing {
                self.events.push_back(Event::Call { leg: id, event: CallEvent::Ringing });
            }
        }
        if let Some(media) = sound
            && leg.media != Some(media)
        {
            leg.media = Some(media);
            self.events.push_back(Event::Call { leg: id, event: CallEvent::EarlyMedia { media } });
        }
        self.acknowledge_provisional(now, key, message);
        self.arm_leg(key);
    }

    /// The first 2xx.
    pub(super) fn on_success(&mut self, now: Moment, key: SlotKey, message: &Message<'_>) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.dialog.establish(message);
        leg.ring_until = None;
        leg.phase = Phase::Up;
        leg.peer_updates = message.list(Name::Allow).any(|m| m == b"UPDATE");
        leg.peer_timer = message.has_token(Name::Supported, "timer") || message.has_token(Name::Require, "timer");
        self.write_ack(key);
        let Some(leg) = self.legs.get_mut(key) else { return };
        // `leave` sends it before the BYE.
        leg.ack_until = Some(now + super::testament::ACK_PATIENCE);
        leg.credentials.clear();
        leg.challenges = 0;
        if let Some(why) = leg.stopping {
            // The 200 crossed our CANCEL: somebody picked up, and the record must say so (I4).
            let id = leg.id;
            self.tell(id, CallEvent::PickedUp);
            let end = match why {
                Stopping::HangUp => cancelled(why),
                Stopping::RingMax => End::by(EndedBy::Us),
            };
            self.tell_end(key, end);
            return self.leave(now, key);
        }
        // A 200 without SDP confirms the answer that an earlier response brought.
        let media = read_answer(message, &self.config.codecs).or(leg.media);
        let Some(media) = media else {
            self.tell_end(key, End::refused(488, Refusal::NoMedia));
            return self.leave(now, key);
        };
        if self.config.testaments {
            self.testify_bye(key);
        } else {
            self.send_ack(key);
        }
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.media = Some(media);
        leg.session.restart(now, session_timer::read(message), true);
        let id = leg.id;
        self.tell(id, CallEvent::Answered { media });
        self.arm_leg(key);
    }

    /// Sends the ACK to a 2xx, and keeps it for the 2xx's retransmissions (RFC 3261 section 13.2.2.4).
    pub(super) fn acknowledge(&mut self, _now: Moment, key: SlotKey) {
        self.write_ack(key);
        self.send_ack(key);
    }

    fn send_ack(&mut self, key: SlotKey) {
        if let Some(leg) = self.legs.get_mut(key) {
            leg.ack_until = None;
            self.wire.send(leg.dialog.hop, &leg.ack);
        }
    }

    fn write_ack(&mut self, key: SlotKey) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        // An ACK has a branch of its own but no transaction: nothing will ever answer it.
        let branch = crate::sip::branch::Token(*b"ack00000000000000000000000000000");
        let mut branch = branch;
        hex(self.chance.next(), &mut branch.0[3..19]);
        leg.ack.clear();
        let mut w = Writer::new(&mut leg.ack);
        leg.dialog.request(&mut w, &self.me, rsip::Method::Ack, &branch, leg.invite_cseq);
        w.text_lines(&leg.credentials);
        w.no_body();
    }

    /// A refusal of the INVITE that makes the call: try otherwise, or tell.
    pub(super) fn on_refusal(&mut self, now: Moment, key: SlotKey, from: Peer, message: &Message<'_>, code: u16) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if let Some(why) = leg.stopping {
            let end = match (code, why) {
                (487 | 408 | 401 | 407 | 422, why) => cancelled(why),
                (_, Stopping::RingMax | Stopping::HangUp) => refused(message, code, Refusal::Peer),
            };
            return self.close(key, end);
        }
        let again = match code {
            401 | 407 => self.answer_challenge(key, from, message, b"INVITE"),
            422 => self.raise_session(key, message),
            300..=399 => self.follow(key, message),
            _ => None,
        };
        match again {
            Some(()) => self.send_invite(now, key),
            None => {
                let why = if matches!(code, 401 | 407) { Refusal::Credentials } else { Refusal::Peer };
                self.close(key, refused(message, code, why));
            }
        }
    }

    /// The session interval that the other end asks for, once (RFC 4028 section 7.3).
    fn raise_session(&mut self, key: SlotKey, message: &Message<'_>) -> Option<()> {
        let min = message.seconds(Name::MinSe)?;
        let leg = self.legs.get_mut(key)?;
        if leg.session_seconds.is_none_or(|now| min <= now) || min > 86_400 {
            return None;
        }
        leg.session_seconds = Some(min);
        leg.dialog.local_cseq += 1;
        Some(())
    }

    /// Follows a redirection once, and only to the same number at another address: the gate passed this number, no other.
    fn follow(&mut self, key: SlotKey, message: &Message<'_>) -> Option<()> {
        let leg = self.legs.get_mut(key)?;
        if leg.moved || !matches!(leg.purse, Purse::Trunk(_)) {
            return None;
        }
        let called = crate::sip::scan::Uri::parse(&leg.dialog.target)?.user?.to_vec();
        let uri = message.list(Name::Contact).filter_map(name_addr).find_map(|contact| {
            let uri = contact.parsed_uri()?;
            (uri.user == Some(called.as_slice()) && uri.socket().is_some()).then_some(contact.uri)
        })?;
        leg.dialog.target = uri.to_vec();
        leg.dialog.hop = leg.dialog.next_hop();
        leg.dialog.local_cseq += 1;
        leg.credentials.clear();
        leg.moved = true;
        Some(())
    }

    /// A 2xx of another fork, or after its leg has gone: acknowledged, and ended with BYE (RFC 3261 section 13.2.2.4).
    pub(super) fn on_stray_success(&mut self, now: Moment, at: SlotKey, peer: Peer, message: &Message<'_>) {
        let Some(to) = message.first(Name::To) else { return };
        let Some(client) = self.clients.get_mut(at) else { return };
        let hash = self.keys.tables.hash(&[b"stray", to]);
        let known = client.strays.contains(&hash);
        if !known {
            if client.strays.len() >= 16 {
                return;
            }
            client.strays.push(hash);
        }
        let Some(dialog) = stray_dialog(&client.request, peer, message) else { return };
        let mut branch = crate::sip::branch::Token(*b"ack00000000000000000000000000000");
        hex(self.chance.next(), &mut branch.0[3..19]);
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        dialog.request(&mut w, &self.me, rsip::Method::Ack, &branch, dialog.local_cseq);
        w.no_body();
        self.wire.commit(dialog.hop, begin);
        if known {
            return;
        }
        let Some(branch) = self.next_client() else { return };
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        dialog.request(&mut w, &self.me, rsip::Method::Bye, &branch, dialog.local_cseq + 1);
        w.no_body();
        self.launch(now, Owner::Nobody, false, dialog.hop, begin);
    }

    /// The ACK to a refusal, within its transaction.
    pub(super) fn acknowledge_refusal(&mut self, at: SlotKey, message: &Message<'_>) {
        let Some(client) = self.clients.get_mut(at) else { return };
        if client.ack.is_empty() {
            let mut ack = std::mem::take(&mut client.ack);
            derive(&mut ack, &client.request, rsip::Method::Ack, message.first(Name::To));
            client.ack = ack;
        }
        self.wire.send(client.peer, &client.ack);
    }
}

/// The dialog that a 2xx to `invite` makes, without a leg.
fn stray_dialog(invite: &[u8], peer: Peer, response: &Message<'_>) -> Option<Dialog> {
    let mut scratch = Default::default();
    let request = crate::sip::scan::scan(invite, &mut scratch).ok()?;
    let bracketed = |uri: &[u8]| [b"<", uri, b">"].concat();
    let from = request.from()?;
    let mut dialog = Dialog {
        call_id: request.call_id()?.to_vec(),
        local: bracketed(from.uri),
        remote: bracketed(response.to()?.uri),
        local_tag: crate::sip::branch::Token(from.tag()?.try_into().ok()?),
        remote_tag: Vec::new(),
        target: response.to()?.uri.to_vec(),
        routes: Vec::new(),
        local_cseq: request.cseq()?.number,
        remote_cseq: None,
        hop: peer,
        home: peer,
        pinned: false,
    };
    dialog.establish(response);
    Some(dialog)
}

fn refused(message: &Message<'_>, code: u16, why: Refusal) -> End {
    End::Refused {
        code,
        q850: q850(message),
        retry_after: message.first(Name::RetryAfter).and_then(leading_number),
        why,
    }
}

/// `Retry-After: 120 (in maintenance);duration=3600`.
fn leading_number(value: &[u8]) -> Option<u32> {
    let end = value.iter().position(|b| !b.is_ascii_digit()).unwrap_or(value.len());
    crate::sip::scan::number(&value[..end])
}

/// The answer that a response brings, if it can be used.
pub(super) fn read_answer(message: &Message<'_>, codecs: &[sdp::Codec]) -> Option<sdp::Media> {
    match super::answer::sdp_of(message) {
        super::answer::Body::Sdp(body) => {
            let description = sdp::parse(body).ok()?;
            sdp::read_answer(&description, codecs).ok()
        }
        super::answer::Body::None | super::answer::Body::Other => None,
    }
}

pub(super) fn local<'a>(leg: &Leg, config: &'a Config) -> Local<'a> {
    Local { addr: leg.local_media, codecs: &config.codecs, session_id: leg.sdp_session, version: leg.sdp_version }
}

/// Our Contact: the user part of From or To at our address.
pub(super) fn write_contact(w: &mut Writer<'_>, local: &[u8], host: &str) {
    let user = name_addr(local).and_then(|a| a.parsed_uri()).and_then(|uri| uri.user);
    w.raw("Contact: <sip:");
    if let Some(user) = user {
        w.text(user).raw("@");
    }
    w.text(host.as_bytes()).raw(">\r\n");
}
