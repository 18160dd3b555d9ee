//! Responses: the head that repeats the request, stateless answers, and answers within a transaction.

use super::{ALLOW, Stack};
use crate::sip::branch::hex;
use crate::sip::scan::{Message, Name, Via};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::Server;
use crate::sip::transport::Peer;
use crate::sip::write::{Writer, reason_phrase};
use crate::words::Moment;
use std::net::{IpAddr, SocketAddr};

/// To a stranger, a response measures at most this much of the request.
const AMPLIFICATION_PERCENT_MAX: usize = 150;

impl Stack {
    /// Answers without keeping state.
    pub(super) fn reply(&mut self, peer: Peer, message: &Message<'_>, code: u16, extra: impl FnOnce(&mut Writer<'_>)) {
        self.reply_with_reason(peer, message, code, reason_phrase(code).as_bytes(), extra);
    }

    pub(super) fn reply_with_reason(
        &mut self,
        peer: Peer,
        message: &Message<'_>,
        code: u16,
        reason: &[u8],
        extra: impl FnOnce(&mut Writer<'_>),
    ) {
        if message.first(Name::Via).is_none() || message.first(Name::CSeq).is_none() {
            return;
        }
        let tag = self.stateless_tag(message);
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        w.raw("SIP/2.0 ").number(code.into()).raw(" ").text(reason).end_line();
        write_head(&mut w, message, peer, &tag, false);
        self.me.server(&mut w);
        extra(&mut w);
        w.no_body();
        let to = response_peer(peer, message.top_via());
        let size = self.wire.bytes.len() - begin;
        let too_much = size * 100 > message.bytes().len() * AMPLIFICATION_PERCENT_MAX;
        if too_much && self.standing(peer) == super::receive::Standing::Stranger {
            self.wire.bytes.truncate(begin);
            self.stats.silenced += 1;
            return;
        }
        self.wire.commit(to, begin);
    }

    /// 405 with Allow, 503 with Retry-After, and so on.
    pub(super) fn refuse_request(&mut self, peer: Peer, message: &Message<'_>, code: u16) {
        self.reply(peer, message, code, |w| match code {
            405 => {
                w.header("Allow", ALLOW);
            }
            503 => {
                w.header_number("Retry-After", 5);
            }
            _ => {}
        });
    }

    /// The same for each retransmission of a request (RFC 3261 section 8.2.7).
    fn stateless_tag(&self, message: &Message<'_>) -> [u8; 16] {
        let from = message.first(Name::From).unwrap_or_default();
        let cseq = message.first(Name::CSeq).unwrap_or_default();
        let value = self.keys.tables.hash(&[message.call_id().unwrap_or_default(), from, cseq]);
        let mut tag = [0; 16];
        hex(value, &mut tag);
        tag
    }

    /// Opens a server transaction. `tag` goes into To if the request has none. `None`: the table is full; 503 was sent.
    pub(super) fn open_server(
        &mut self,
        peer: Peer,
        message: &Message<'_>,
        key: u64,
        merge_key: Option<u64>,
        tag: &[u8],
    ) -> Option<SlotKey> {
        let invite = message.cseq().is_some_and(|c| c.method == b"INVITE");
        let mut server = Server::new(invite, response_peer(peer, message.top_via()), key, merge_key);
        server.head = self.spare.pop().unwrap_or_default();
        server.head.clear();
        server.response = self.spare.pop().unwrap_or_default();
        server.response.clear();
        write_head(&mut Writer::new(&mut server.head), message, peer, tag, invite);
        let Some(at) = self.servers.insert(server) else {
            self.stats.overloaded += 1;
            self.refuse_request(peer, message, 503);
            return None;
        };
        self.server_index.insert(key, at);
        if let Some(merge) = merge_key {
            self.merge_index.insert(merge, at);
        }
        Some(at)
    }

    /// Answers within a transaction. `extra` writes headers; the body is SDP, or none if empty.
    pub(super) fn respond(
        &mut self,
        now: Moment,
        at: SlotKey,
        code: u16,
        body: &[u8],
        extra: impl FnOnce(&mut Writer<'_>),
    ) {
        let Some(server) = self.servers.get_mut(at) else { return };
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        w.raw("SIP/2.0 ").number(code.into()).raw(" ").raw(reason_phrase(code)).end_line();
        w.text_lines(&server.head);
        self.me.server(&mut w);
        extra(&mut w);
        if body.is_empty() {
            w.no_body();
        } else {
            w.sdp_body(body);
        }
        server.response.clear();
        server.response.extend_from_slice(&self.wire.bytes[begin..]);
        server.on_respond(now, &self.config.timers, code);
        // After a final response only its repetition is left.
        if code >= 200 && self.spare.len() < super::SPARE_MAX {
            self.spare.push(std::mem::take(&mut server.head));
        }
        self.wire.commit(server.peer, begin);
        self.arm_server(at);
    }

    /// A transaction opened, answered and left to absorb repetitions.
    pub(super) fn respond_once(
        &mut self,
        now: Moment,
        peer: Peer,
        message: &Message<'_>,
        key: u64,
        code: u16,
        extra: impl FnOnce(&mut Writer<'_>),
    ) {
        let tag = self.stateless_tag(message);
        if let Some(at) = self.open_server(peer, message, key, None, &tag) {
            self.respond(now, at, code, &[], extra);
        }
    }
}

/// Via, Record-Route if asked for, From, To with a tag, Call-ID, CSeq, Timestamp: as they came.
fn write_head(w: &mut Writer<'_>, message: &Message<'_>, peer: Peer, tag: &[u8], record_route: bool) {
    let mut vias = message.list(Name::Via);
    if let Some(top) = vias.next() {
        write_top_via(w, top, peer.addr);
    }
    for via in vias {
        w.header("Via", via);
    }
    if record_route {
        for route in message.all(Name::RecordRoute) {
            w.header("Record-Route", route);
        }
    }
    for (name, header) in [(Name::From, "From"), (Name::CallId, "Call-ID"), (Name::CSeq, "CSeq")] {
        if let Some(value) = message.first(name) {
            w.header(header, value);
        }
    }
    if let Some(to) = message.first(Name::To) {
        w.raw("To: ").text(to);
        if crate::sip::scan::name_addr(to).is_some_and(|to| to.tag().is_none()) {
            w.raw(";tag=").text(tag);
        }
        w.end_line();
    }
    if let Some(timestamp) = message.first(Name::Timestamp) {
        w.header("Timestamp", timestamp);
    }
}

/// RFC 3261 section 18.2.1 and RFC 3581: what we saw goes into `received` and `rport`.
fn write_top_via(w: &mut Writer<'_>, top: &[u8], source: SocketAddr) {
    let mut asked = false;
    let mut parts = top.split(|&b| b == b';');
    w.raw("Via: ").text(parts.next().unwrap_or_default());
    for part in parts {
        let name = part.split(|&b| b == b'=').next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"rport") {
            asked = true;
        } else if !name.eq_ignore_ascii_case(b"received") {
            w.raw(";").text(part);
        }
    }
    let same = crate::sip::scan::via(top).is_some_and(|via| via.host == crate::sip::scan::Host::Ip(source.ip()));
    if asked {
        w.raw(";rport=").number(source.port().into());
    }
    if asked || !same {
        let ip = match source.ip() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => v6.to_string(),
        };
        w.raw(";received=").text(ip.as_bytes());
    }
    w.end_line();
}

/// RFC 3261 section 18.2.2 and RFC 3581 section 4. `maddr` is not followed: it would let others aim our answers.
fn response_peer(peer: Peer, via: Option<Via<'_>>) -> Peer {
    let Some(via) = via else { return peer };
    if peer.transport.reliable() || via.rport {
        return peer;
    }
    Peer { addr: SocketAddr::new(peer.addr.ip(), via.port.unwrap_or(5060)), ..peer }
}
