//! Making a call: where its INVITE goes, and what stands in it.

mod answered;
mod refused;
mod stray;

use super::Stack;
use crate::sip::api::*;
use crate::sip::branch::hex;
use crate::sip::dialog::Dialog;
use crate::sip::leg::{End, Leg, Purse};
use crate::sip::scan::{Message, name_addr};
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
