//! An INVITE is refused: tried otherwise where that can help, or told.

use crate::sip::api::*;
use crate::sip::leg::{End, Purse, Stopping};
use crate::sip::scan::{Message, Name, Uri, name_addr, number};
use crate::sip::slots::SlotKey;
use crate::sip::stack::Stack;
use crate::sip::stack::cancel::{cancelled, derive, q850};
use crate::sip::transport::Peer;
use crate::words::Moment;

impl Stack {
    /// A refusal of the INVITE that makes the call: try otherwise, or tell.
    pub(in crate::sip::stack) fn on_refusal(
        &mut self,
        now: Moment,
        key: SlotKey,
        from: Peer,
        message: &Message<'_>,
        code: u16,
    ) {
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
        leg.forget_challenge();
        Some(())
    }

    /// Follows a redirection once, and only to the same number at another address: the gate passed this number, no other.
    fn follow(&mut self, key: SlotKey, message: &Message<'_>) -> Option<()> {
        let leg = self.legs.get_mut(key)?;
        if leg.moved || !matches!(leg.purse, Purse::Trunk(_)) {
            return None;
        }
        let called = Uri::parse(&leg.dialog.target)?.user?.to_vec();
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

    /// The ACK to a refusal, within its transaction.
    pub(in crate::sip::stack) fn acknowledge_refusal(&mut self, at: SlotKey, message: &Message<'_>) {
        let Some(client) = self.clients.get_mut(at) else { return };
        if client.ack.is_empty() {
            let mut ack = std::mem::take(&mut client.ack);
            derive(&mut ack, &client.request, rsip::Method::Ack, message.first(Name::To));
            client.ack = ack;
        }
        self.wire.send(client.peer, &client.ack);
    }
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
    number(&value[..end])
}
