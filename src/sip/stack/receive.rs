//! A datagram or a whole message arrives: is it SIP, whose is it, is it in order?

use super::Stack;
use crate::sip::branch::{self, COOKIE};
use crate::sip::hash::Key;
use crate::sip::scan::{self, Message, Name, Scratch, Start};
use crate::sip::slots::SlotKey;
use crate::sip::transport::{Peer, Transport};
use crate::words::Moment;
use std::net::SocketAddr;

/// What the sender is to us, before any password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// A trunk's address, a registered phone's, or one of our registrars'.
    Known,
    Stranger,
}

impl Stack {
    /// One UDP datagram, or one message cut from a stream by `transport::Framer`.
    pub fn receive(&mut self, now: Moment, transport: Transport, from: SocketAddr, bytes: &[u8]) {
        self.stats.received += 1;
        let mut scratch = std::mem::take(&mut self.scratch);
        self.scan_and_handle(now, Peer { transport, addr: from }, bytes, &mut scratch);
        self.scratch = scratch;
    }

    fn scan_and_handle(&mut self, now: Moment, peer: Peer, bytes: &[u8], scratch: &mut Scratch) {
        let message = match scan::scan(bytes, scratch) {
            Ok(message) => message,
            Err(scan::Unreadable::Empty) => return,
            Err(scan::Unreadable::NotSip) => {
                self.stats.unreadable += 1;
                return;
            }
        };
        match message.start {
            Start::Status { code, .. } => {
                if message.fault.is_some() {
                    self.stats.unreadable += 1;
                } else {
                    self.on_response(now, peer, &message, code);
                }
            }
            Start::Request { method, uri } => self.on_request(now, peer, &message, method, uri),
        }
    }

    fn on_request(&mut self, now: Moment, peer: Peer, message: &Message<'_>, method: &[u8], uri: &[u8]) {
        if let Some(fault) = message.fault {
            self.stats.malformed += 1;
            if method != b"ACK" && self.may_answer(now, peer) {
                self.reply_with_reason(peer, message, fault.code, fault.why.as_bytes(), |_| {});
            }
            return;
        }
        let key = transaction_key(&self.keys.tables, message, method, uri);
        if let Some(server) = self.server_index.get(&key).copied()
            && self.on_repeated(now, server, method)
        {
            return;
        }
        match message.to().and_then(|to| to.tag()) {
            Some(tag) => match branch::read(&self.keys.tokens, branch::Kind::Tag, tag) {
                Some(leg) => self.on_dialog_request(now, peer, message, method, leg, key),
                None => self.on_lost_request(now, peer, message, method),
            },
            None => self.on_new_request(now, peer, message, method, uri, key),
        }
    }

    /// The request, or the ACK to its refusal, belongs to a transaction that we have. True: dealt with.
    fn on_repeated(&mut self, now: Moment, key: SlotKey, method: &[u8]) -> bool {
        let Some(server) = self.servers.get_mut(key) else { return false };
        if method == b"ACK" {
            // The ACK to a 2xx has a branch of its own; if a peer reuses the INVITE's, it is the leg's matter.
            if server.state == crate::sip::transaction::ServerState::Accepted {
                return false;
            }
            server.on_ack(now, &self.config.timers);
            self.arm_server(key);
            return true;
        }
        if server.on_repeat() {
            self.stats.retransmitted += 1;
            self.wire.send(server.peer, &server.response);
        }
        true
    }

    /// In a dialog that we do not know (any more).
    pub(super) fn on_lost_request(&mut self, now: Moment, peer: Peer, message: &Message<'_>, method: &[u8]) {
        if method == b"ACK" {
            return;
        }
        if method == b"CANCEL" || self.may_answer(now, peer) {
            let code = if self.knows_method(method) { 481 } else { 405 };
            self.refuse_request(peer, message, code);
        }
    }

    pub(super) fn knows_method(&self, method: &[u8]) -> bool {
        matches!(
            method,
            b"INVITE" | b"ACK" | b"CANCEL" | b"BYE" | b"OPTIONS" | b"UPDATE" | b"INFO" | b"PRACK" | b"REGISTER"
        )
    }

    /// Strangers get so many answers a second, and no more.
    pub(super) fn may_answer(&mut self, now: Moment, peer: Peer) -> bool {
        let fine = match self.standing(peer) {
            Standing::Known => true,
            Standing::Stranger => self.strangers.admit(now, peer.addr.ip()),
        };
        if !fine {
            self.stats.silenced += 1;
        }
        fine
    }

    pub(super) fn standing(&self, peer: Peer) -> Standing {
        let known = self.trunk_at(peer.addr).is_some()
            || self.registrar.at_ip(peer.addr.ip())
            || self.account_at(peer.addr).is_some();
        if known { Standing::Known } else { Standing::Stranger }
    }
}

/// RFC 3261 section 17.2.3. An ACK finds the INVITE it acknowledges.
pub(super) fn transaction_key(key: &Key, message: &Message<'_>, method: &[u8], uri: &[u8]) -> u64 {
    let method = if method == b"ACK" { b"INVITE" } else { method };
    let via = message.top_via().expect("a message without fault has a Via");
    match via.branch {
        Some(branch) if branch.starts_with(COOKIE) => key.hash(&[branch, via.sent_by, method]),
        // A caller of RFC 2543: no branch, or one that is not unique.
        _ => {
            let first = message.first(Name::Via).unwrap_or_default();
            let from_tag = message.from().and_then(|f| f.tag()).unwrap_or_default();
            let cseq = message.cseq().map_or(0, |c| c.number).to_le_bytes();
            key.hash(&[uri, first, from_tag, message.call_id().unwrap_or_default(), &cseq, method])
        }
    }
}
