//! Taking a call: the INVITE, and the host's verbs `ring`, `early_media`, `answer`, `refuse`.

use super::Stack;
use super::authenticate::user_text;
use super::call::{local, write_contact};
use crate::sip::api::*;
use crate::sip::dialog::{Dialog, contact_uri, routes};
use crate::sip::leg::{End, Leg, Phase, Purse, Success};
use crate::sip::scan::{Message, Name, Params, Uri, number};
use crate::sip::sdp::{self, Direction, Media};
use crate::sip::session_timer::{self, MIN_SE_SECONDS, SessionExpires};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::Retry;
use crate::sip::transport::Peer;
use crate::sip::write::Writer;
use crate::words::{LegId, Moment};
use std::net::SocketAddr;
use std::time::Duration;

/// An incoming call that the host neither answers nor refuses is refused by then.
const INCOMING_MAX: Duration = Duration::from_secs(180);
/// Leg ids minted here have this bit; the engine's never do (`words::id`).
const INCOMING_BIT: u64 = 1 << 63;

/// What a message's body is to us.
pub(super) enum Body<'a> {
    None,
    Sdp(&'a [u8]),
    /// A type we do not read: 415.
    Other,
}

/// The session description of a message, also as a part of multipart (to depth 2).
pub(super) fn sdp_of<'a>(message: &Message<'a>) -> Body<'a> {
    let body = message.body();
    if body.is_empty() {
        return Body::None;
    }
    match message.first(Name::ContentType) {
        Some(kind) => sdp_in(kind, body, 0),
        None if body.starts_with(b"v=0") => Body::Sdp(body),
        None => Body::Other,
    }
}

fn sdp_in<'a>(kind: &[u8], body: &'a [u8], depth: u8) -> Body<'a> {
    let cut = kind.iter().position(|&b| b == b';').unwrap_or(kind.len());
    let (name, params) = kind.split_at(cut);
    let name = crate::sip::scan::trim(name);
    if name.eq_ignore_ascii_case(b"application/sdp") {
        return Body::Sdp(body);
    }
    let multipart = name.len() > 10 && name[..10].eq_ignore_ascii_case(b"multipart/");
    let Some(boundary) = Params(params).value("boundary").filter(|b| multipart && depth < 2 && !b.is_empty()) else {
        return Body::Other;
    };
    let delimiter = [b"--", boundary].concat();
    let mut rest = body;
    while let Some(at) = rest.windows(delimiter.len()).position(|w| w == delimiter) {
        let part = &rest[at + delimiter.len()..];
        let end = part.windows(delimiter.len()).position(|w| w == delimiter).unwrap_or(part.len());
        if let Body::Sdp(found) = sdp_in_part(&part[..end], depth) {
            return Body::Sdp(found);
        }
        rest = part;
    }
    Body::Other
}

fn sdp_in_part(part: &[u8], depth: u8) -> Body<'_> {
    let Some(blank) = part.windows(4).position(|w| w == b"\r\n\r\n") else { return Body::Other };
    let (head, body) = (&part[..blank], &part[blank + 4..]);
    let kind = head.split(|&b| b == b'\n').find_map(|line| {
        let colon = line.iter().position(|&b| b == b':')?;
        let name = line[..colon].trim_ascii();
        let fits = name.eq_ignore_ascii_case(b"content-type") || name.eq_ignore_ascii_case(b"c");
        fits.then(|| line[colon + 1..].trim_ascii())
    });
    kind.map_or(Body::Other, |kind| sdp_in(kind, body.strip_suffix(b"\r\n").unwrap_or(body), depth + 1))
}

impl Stack {
    pub(super) fn on_invite(&mut self, now: Moment, peer: Peer, message: &Message<'_>, uri: &[u8], key: u64) {
        let Some(origin) = self.caller(now, peer, message, uri) else { return };
        let Some(tag) = self.next_tag().filter(|_| !self.servers.is_full()) else {
            return self.refuse_request(peer, message, 503);
        };
        let merge = self.merge_key(message);
        let Some(at) = self.open_server(peer, message, key, Some(merge), tag.bytes()) else { return };
        if let Some(Err(code)) = session_timer_wanted(message) {
            return self.respond(now, at, code, &[], |w| {
                w.header_number("Min-SE", MIN_SE_SECONDS.into());
            });
        }
        let Ok((offer, media)) = self.read_offer(message) else {
            return self.respond(now, at, 488, &[], |_| {});
        };
        self.respond(now, at, 100, &[], |_| {});
        let dialog = self.callee_dialog(peer, message, tag, &origin);
        self.incoming_legs += 1;
        let id = LegId(INCOMING_BIT | self.incoming_legs);
        let mut leg = Leg::new(id, false, dialog, Purse::Empty, self.config.local);
        leg.offer = offer;
        leg.media = media;
        leg.transaction = Some(at);
        leg.sdp_session = self.chance.next() >> 16;
        let patience = message.seconds(Name::Expires).map_or(INCOMING_MAX, |s| Duration::from_secs(s.into()));
        leg.ring_until = Some(now + patience.min(INCOMING_MAX));
        note_session(&mut leg, message);
        let from = match &origin {
            Origin::User(user) => user.clone(),
            Origin::Trunk(_) | Origin::Account(_) => user_text(message.from().and_then(|f| f.parsed_uri())),
        };
        let incoming = Incoming {
            leg: id,
            origin,
            from,
            to: user_text(Uri::parse(uri)),
            call_id: String::from_utf8_lossy(message.call_id().unwrap_or_default()).into_owned(),
            media,
            auto_answer: asks_to_answer(message),
        };
        let leg = self.insert_leg(leg).expect("next_tag found a place");
        if let Some(server) = self.servers.get_mut(at) {
            server.leg = Some(leg);
        }
        self.events.push_back(Event::Incoming(Box::new(incoming)));
        self.arm_leg(leg);
    }

    fn callee_dialog(
        &self,
        peer: Peer,
        message: &Message<'_>,
        tag: crate::sip::branch::Token,
        origin: &Origin,
    ) -> Dialog {
        let bracketed = |uri: &[u8]| [b"<", uri, b">"].concat();
        let from = message.from().expect("a message without fault has From");
        let to = message.to().expect("a message without fault has To");
        let mut dialog = Dialog {
            call_id: message.call_id().unwrap_or_default().to_vec(),
            local: bracketed(to.uri),
            remote: bracketed(from.uri),
            local_tag: tag,
            remote_tag: from.tag().unwrap_or_default().to_vec(),
            target: contact_uri(message).unwrap_or(from.uri).to_vec(),
            routes: routes(message),
            local_cseq: 0,
            remote_cseq: message.cseq().map(|c| c.number),
            hop: peer,
            home: peer,
            pinned: matches!(origin, Origin::User(_) | Origin::Account(_)),
        };
        dialog.hop = dialog.next_hop();
        dialog
    }

    /// The offer as it came and what we make of it; empty and `None` without one.
    pub(super) fn read_offer(&self, message: &Message<'_>) -> Result<(Vec<u8>, Option<Media>), ()> {
        match sdp_of(message) {
            Body::None => Ok((Vec::new(), None)),
            Body::Other => Err(()),
            Body::Sdp(body) => {
                let description = sdp::parse(body).map_err(|_| ())?;
                let (_, media) = sdp::read_offer(&description, &self.config.codecs).map_err(|_| ())?;
                Ok((body.to_vec(), Some(media)))
            }
        }
    }

    /// 180.
    pub fn ring(&mut self, now: Moment, leg: LegId) {
        let Some((key, at)) = self.incoming(leg) else { return };
        let host = self.me.host.clone();
        let local = self.legs.get(key).map(|l| l.dialog.local.clone()).unwrap_or_default();
        self.respond(now, at, 180, &[], |w| write_contact(w, &local, &host));
    }

    /// 183 with our description: sound before the answer.
    pub fn early_media(&mut self, now: Moment, leg: LegId, media: SocketAddr) {
        let Some((key, at)) = self.incoming(leg) else { return };
        let Some(found) = self.legs.get_mut(key) else { return };
        if found.offer.is_empty() {
            return self.ring(now, leg);
        }
        found.local_media = media;
        let (host, local) = (self.me.host.clone(), found.dialog.local.clone());
        let body = self.describe(key);
        self.respond(now, at, 183, &body, |w| write_contact(w, &local, &host));
    }

    /// 200 with our RTP address. `Answered` follows when the ACK comes.
    pub fn answer(&mut self, now: Moment, leg: LegId, media: SocketAddr) {
        let Some((key, at)) = self.incoming(leg) else { return };
        let Some(found) = self.legs.get_mut(key) else { return };
        found.local_media = media;
        found.phase = Phase::Up;
        found.ring_until = None;
        self.succeed(now, key, at, true);
    }

    /// A final refusal, with a Q.850 cause in a Reason header if given. `Ended` follows.
    pub fn refuse(&mut self, now: Moment, leg: LegId, code: u16, q850: Option<u8>) {
        let Some((key, at)) = self.incoming(leg) else { return };
        let code = if (300..700).contains(&code) { code } else { 480 };
        self.respond(now, at, code, &[], |w| {
            if let Some(cause) = q850 {
                w.raw("Reason: Q.850;cause=").number(cause.into()).end_line();
            }
            if code == 503 {
                w.header_number("Retry-After", 5);
            }
        });
        self.close(key, End::Ended { by: EndedBy::Us, q850 });
    }

    /// The leg and its server transaction, if it has not been answered.
    fn incoming(&self, leg: LegId) -> Option<(SlotKey, SlotKey)> {
        let key = self.leg_key(leg)?;
        let found = self.legs.get(key)?;
        (found.phase == Phase::Incoming).then_some((key, found.transaction?))
    }

    /// Our description: the answer to the stored offer, or an offer of our own.
    pub(super) fn describe(&mut self, key: SlotKey) -> Vec<u8> {
        let mut body = Vec::with_capacity(320);
        let Some(leg) = self.legs.get(key) else { return body };
        let local = local(leg, &self.config);
        if leg.offer.is_empty() {
            sdp::write_offer(&mut body, &local, Direction::SendRecv);
            return body;
        }
        let offer = sdp::parse(&leg.offer).expect("it was read when it came");
        let (taken, media) = sdp::read_offer(&offer, &self.config.codecs).expect("it was read when it came");
        sdp::answer(&mut body, &offer, taken, &media, &local);
        body
    }

    /// Sends 200 to an INVITE, and repeats it until the ACK comes (RFC 3261 section 13.3.1.4).
    pub(super) fn succeed(&mut self, now: Moment, key: SlotKey, at: SlotKey, first: bool) {
        let body = self.describe(key);
        let Some(leg) = self.legs.get_mut(key) else { return };
        let offered = leg.offer.is_empty();
        leg.offer = Vec::new();
        let (host, local) = (self.me.host.clone(), leg.dialog.local.clone());
        let session = self.agree_session(key);
        if let Some(leg) = self.legs.get_mut(key) {
            leg.session.restart(now, session, false);
        }
        self.respond(now, at, 200, &body, |w| {
            write_contact(w, &local, &host);
            write_session(w, session);
        });
        let Some(server) = self.servers.get(at) else { return };
        let Some(leg) = self.legs.get_mut(key) else { return };
        let timers = &self.config.timers;
        leg.success = Some(Success {
            cseq: leg.dialog.remote_cseq.unwrap_or(0),
            bytes: server.response.clone(),
            peer: server.peer,
            // Repeated on reliable transports too: the hop to the caller may not be the only one.
            retry: Retry::new(now, timers, timers.t2, false),
            offered,
            first,
        });
        self.arm_leg(key);
    }

    /// RFC 4028 section 9: the smaller of both wishes; whoever called refreshes unless they say otherwise.
    pub(super) fn agree_session(&self, key: SlotKey) -> Option<SessionExpires> {
        let leg = self.legs.get(key)?;
        let ours = self.config.session_expires.map(|d| d.as_secs() as u32);
        let seconds = match (leg.session_seconds, ours) {
            (Some(theirs), Some(ours)) => theirs.min(ours.max(MIN_SE_SECONDS)),
            (Some(theirs), None) => theirs,
            (None, Some(ours)) if leg.peer_timer => ours,
            (None, _) => return None,
        };
        Some(SessionExpires { seconds, uac_refreshes: Some(leg.peer_timer && !leg.session.we_refresh) })
    }
}

/// What the request says about session timers, kept until it is answered.
pub(super) fn note_session(leg: &mut Leg, message: &Message<'_>) {
    leg.peer_timer = message.has_token(Name::Supported, "timer") || message.has_token(Name::Require, "timer");
    leg.peer_updates = message.list(Name::Allow).any(|m| m == b"UPDATE");
    let asked = session_timer::read(message);
    leg.session_seconds = asked.map(|s| s.seconds);
    leg.session.we_refresh = asked.is_some_and(|s| s.uac_refreshes == Some(false));
}

/// `Err(422)`: an interval below the least one.
pub(super) fn session_timer_wanted(message: &Message<'_>) -> Option<Result<SessionExpires, u16>> {
    let wanted = session_timer::read(message)?;
    Some(if wanted.seconds < MIN_SE_SECONDS { Err(422) } else { Ok(wanted) })
}

pub(super) fn write_session(w: &mut Writer<'_>, session: Option<SessionExpires>) {
    w.header("Allow", super::ALLOW).raw("Supported: timer\r\n");
    if let Some(session) = session {
        if session.uac_refreshes == Some(true) {
            w.raw("Require: timer\r\n");
        }
        session_timer::write(w, session);
    }
}

/// `Call-Info: ...;answer-after=0`, `Alert-Info: ...;info=alert-autoanswer`.
fn asks_to_answer(message: &Message<'_>) -> bool {
    let params = |value: &[u8], name: &str| {
        let cut = value.iter().position(|&b| b == b'>').map_or(0, |at| at + 1);
        let params = &value[cut..];
        let from = params.iter().position(|&b| b == b';').unwrap_or(params.len());
        Params(&params[from..]).value(name).map(<[u8]>::to_vec)
    };
    message.list(Name::CallInfo).any(|v| params(v, "answer-after").is_some_and(|n| number(&n).is_some()))
        || message.list(Name::AlertInfo).any(|v| {
            params(v, "info")
                .is_some_and(|i| i.to_ascii_lowercase().windows(10).any(|w| w == b"autoanswer" || w == b"auto-answe"))
        })
}
