//! CANCEL, both ways (RFC 3261 section 9). Ours waits for a provisional response; a 2xx that crosses it is
//! acknowledged and ended with BYE.

use super::Stack;
use super::receive::transaction_key;
use crate::sip::api::{EndedBy, Refusal};
use crate::sip::leg::{End, Phase, Stopping};
use crate::sip::scan::{self, Message, Name, Scratch, Start};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::{Cancel, ClientState, Retry};
use crate::sip::transport::Peer;
use crate::sip::write::Writer;
use crate::words::Moment;

impl Stack {
    pub(super) fn stop_calling(&mut self, now: Moment, key: SlotKey, why: Stopping) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.ring_until = None;
        if leg.stopping.is_some() {
            // A hang-up after our own time-out: the host wants it ended, and it is ending.
            return;
        }
        leg.stopping = Some(why);
        let Some(at) = leg.transaction else { return };
        if self.clients.get(at).is_some_and(|client| client.held) {
            // Nothing has left yet.
            self.remove_client(at);
            return self.close(
                key,
                match why {
                    Stopping::HangUp => cancelled(why),
                    Stopping::RingMax => End::refused(503, Refusal::Unsendable),
                },
            );
        }
        self.want_cancel(now, at);
    }

    fn want_cancel(&mut self, now: Moment, at: SlotKey) {
        let Some(client) = self.clients.get_mut(at) else { return };
        match client.state {
            ClientState::Calling => client.cancel = Cancel::Waiting,
            ClientState::Proceeding => self.send_cancel(now, at),
            ClientState::Completed | ClientState::Accepted => {}
        }
    }

    /// A provisional response came: a CANCEL that waited for it goes out.
    pub(super) fn send_waiting_cancel(&mut self, now: Moment, at: SlotKey) {
        if self.clients.get(at).is_some_and(|c| matches!(c.cancel, Cancel::Waiting)) {
            self.send_cancel(now, at);
        }
    }

    fn send_cancel(&mut self, now: Moment, at: SlotKey) {
        let Some(client) = self.clients.get_mut(at) else { return };
        if matches!(client.cancel, Cancel::Sent { .. } | Cancel::Answered { .. }) {
            return;
        }
        let mut bytes = Vec::with_capacity(512);
        derive(&mut bytes, &client.request, rsip::Method::Cancel, None);
        self.wire.send(client.peer, &bytes);
        let timers = &self.config.timers;
        let retry = Retry::new(now, timers, timers.t2, client.peer.transport.reliable());
        client.cancel = Cancel::Sent { bytes, retry };
        self.arm_client(at);
    }

    /// The other end takes its INVITE back.
    pub(super) fn on_cancel(&mut self, now: Moment, peer: Peer, message: &Message<'_>, uri: &[u8], key: u64) {
        let invite = transaction_key(&self.keys.tables, message, b"INVITE", uri);
        let Some(at) = self.server_index.get(&invite).copied() else {
            if self.may_answer(now, peer) {
                self.refuse_request(peer, message, 481);
            }
            return;
        };
        self.respond_once(now, peer, message, key, 200, |_| {});
        let Some(leg_key) = self.servers.get(at).and_then(|server| server.leg) else { return };
        let q850 = q850(message);
        match self.legs.get(leg_key).map(|leg| leg.phase) {
            Some(Phase::Incoming) => {
                self.respond(now, at, 487, &[], |_| {});
                self.close(leg_key, End::Ended { by: EndedBy::Peer, q850 });
            }
            // Answered already: the CANCEL has no effect (RFC 3261 section 9.2).
            Some(Phase::Up | Phase::Leaving | Phase::Calling) | None => {}
        }
    }
}

/// What the end of a cancelled call is called.
pub(super) fn cancelled(why: Stopping) -> End {
    match why {
        Stopping::HangUp => End::by(EndedBy::Us),
        Stopping::RingMax => End::refused(487, Refusal::RingMax),
    }
}

/// A request within the transaction of `original`, which we wrote: the CANCEL, or the ACK to a refusal, with the
/// refusal's To (RFC 3261 sections 9.1 and 17.1.1.3).
pub(super) fn derive(out: &mut Vec<u8>, original: &[u8], method: rsip::Method, to: Option<&[u8]>) {
    let method = crate::sip::build::method_name(method);
    let mut scratch = Scratch::default();
    let request = scan::scan(original, &mut scratch).expect("we wrote it");
    let Start::Request { uri, .. } = request.start else { return };
    let mut w = Writer::new(out);
    w.raw(method).raw(" ").text(uri).raw(" SIP/2.0\r\n");
    for (name, header) in [(Name::Via, "Via"), (Name::Route, "Route")] {
        for value in request.all(name) {
            w.header(header, value);
        }
    }
    w.raw("Max-Forwards: 70\r\n");
    w.header("From", request.first(Name::From).unwrap_or_default());
    w.header("To", to.or(request.first(Name::To)).unwrap_or_default());
    w.header("Call-ID", request.call_id().unwrap_or_default());
    w.raw("CSeq: ").number(request.cseq().map_or(1, |c| c.number).into()).raw(" ").raw(method).end_line();
    w.no_body();
}

/// `Reason: Q.850;cause=16` (RFC 3326).
pub(super) fn q850(message: &Message<'_>) -> Option<u8> {
    message.list(Name::Reason).find_map(|reason| {
        let cut = reason.iter().position(|&b| b == b';')?;
        if !scan::trim(&reason[..cut]).eq_ignore_ascii_case(b"Q.850") {
            return None;
        }
        let cause = scan::Params(&reason[cut..]).value("cause").and_then(scan::number)?;
        u8::try_from(cause).ok()
    })
}
