//! Requests outside any dialog: the checks of RFC 3261 section 8.2 in their order, then to the stage that takes them.

use super::Stack;
use super::receive::Standing;
use crate::sip::scan::{Message, Name, Scheme, Uri, name_addr, number};
use crate::sip::transport::Peer;
use crate::words::Moment;

/// Extensions a request may require of us.
const SUPPORTED: [&str; 1] = ["timer"];

impl Stack {
    pub(super) fn on_new_request(
        &mut self,
        now: Moment,
        peer: Peer,
        message: &Message<'_>,
        method: &[u8],
        uri: &[u8],
        key: u64,
    ) {
        match method {
            b"ACK" => return,
            b"CANCEL" => return self.on_cancel(now, peer, message, uri, key),
            _ => {}
        }
        if !self.may_answer(now, peer) {
            return;
        }
        if let Some(code) = self.inspect(message, method, uri) {
            return self.refuse_inspected(peer, message, code);
        }
        match method {
            b"INVITE" => self.on_invite(now, peer, message, uri, key),
            b"REGISTER" => self.on_register(now, peer, message, key),
            b"OPTIONS" => self.on_options(peer, message),
            _ => self.refuse_request(peer, message, 481),
        }
    }

    /// What is wrong with it, in the order of RFC 3261 section 8.2.
    fn inspect(&self, message: &Message<'_>, method: &[u8], uri: &[u8]) -> Option<u16> {
        if !self.knows_method(method) {
            return Some(405);
        }
        let parsed = Uri::parse(uri).expect("a message without fault has a Request-URI that parses");
        match parsed.scheme {
            Scheme::Sip | Scheme::Sips | Scheme::Tel => {}
            Scheme::Other => return Some(416),
        }
        if message.from().is_some_and(|from| from.tag().is_none()) && method == b"INVITE" && !old_style(message) {
            return Some(400);
        }
        if !contacts_are_sound(message) || method == b"REGISTER" && !is_address_of_record(message) {
            return Some(400);
        }
        if self.is_merged(message) {
            return Some(482);
        }
        if message.first(Name::MaxForwards).and_then(number) == Some(0) && !self.is_for_us(&parsed) {
            return Some(483);
        }
        if self.unsupported(message).next().is_some() {
            return Some(420);
        }
        self.inspect_body(message, method)
    }

    fn inspect_body(&self, message: &Message<'_>, method: &[u8]) -> Option<u16> {
        if method != b"INVITE" {
            return None;
        }
        if !accepts_sdp(message) {
            return Some(406);
        }
        if message.body().is_empty() {
            return None;
        }
        if message.list(Name::ContentEncoding).any(|e| !e.eq_ignore_ascii_case(b"identity")) {
            return Some(415);
        }
        match super::answer::sdp_of(message) {
            super::answer::Body::Other => Some(415),
            super::answer::Body::Sdp(_) | super::answer::Body::None => None,
        }
    }

    fn refuse_inspected(&mut self, peer: Peer, message: &Message<'_>, code: u16) {
        match code {
            420 => {
                let missing: Vec<u8> = self.unsupported(message).collect::<Vec<_>>().join(b", ".as_slice());
                self.reply(peer, message, 420, |w| {
                    w.header("Unsupported", &missing);
                });
            }
            415 => self.reply(peer, message, 415, |w| {
                w.raw("Accept: application/sdp\r\nAccept-Encoding: identity\r\n");
            }),
            code => self.refuse_request(peer, message, code),
        }
    }

    fn unsupported<'a>(&self, message: &Message<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        message.list(Name::Require).filter(|token| !SUPPORTED.iter().any(|s| token.eq_ignore_ascii_case(s.as_bytes())))
    }

    /// RFC 3261 section 8.2.2.2: the same request by another way.
    fn is_merged(&self, message: &Message<'_>) -> bool {
        self.merge_index.contains_key(&self.merge_key(message))
    }

    pub(super) fn merge_key(&self, message: &Message<'_>) -> u64 {
        let from_tag = message.from().and_then(|f| f.tag()).unwrap_or_default();
        let cseq = message.first(Name::CSeq).unwrap_or_default();
        self.keys.tables.hash(&[b"merge", from_tag, message.call_id().unwrap_or_default(), cseq])
    }

    /// Does the Request-URI name this stack, so that no hop follows?
    fn is_for_us(&self, uri: &Uri<'_>) -> bool {
        match uri.host {
            crate::sip::scan::Host::Ip(ip) => ip == self.config.local.ip(),
            crate::sip::scan::Host::Name(name) => {
                name.is_empty() || name.eq_ignore_ascii_case(self.config.realm.as_bytes())
            }
        }
    }

    fn on_options(&mut self, peer: Peer, message: &Message<'_>) {
        let brief = self.standing(peer) == Standing::Stranger;
        self.reply(peer, message, 200, |w| {
            w.header("Allow", super::ALLOW);
            if !brief {
                w.raw("Accept: application/sdp\r\nSupported: timer\r\n");
            }
        });
    }
}

/// RFC 2543 callers have no From tag.
fn old_style(message: &Message<'_>) -> bool {
    message.top_via().is_some_and(|via| via.branch.is_none_or(|b| !b.starts_with(crate::sip::branch::COOKIE)))
}

fn contacts_are_sound(message: &Message<'_>) -> bool {
    message.list(Name::Contact).all(|contact| contact == b"*" || name_addr(contact).is_some())
}

/// RFC 3261 section 10.2: To is a sip or sips URI.
fn is_address_of_record(message: &Message<'_>) -> bool {
    let scheme = message.to().and_then(|to| to.parsed_uri()).map(|uri| uri.scheme);
    matches!(scheme, Some(Scheme::Sip | Scheme::Sips))
}

/// A caller who would not read our answer cannot be answered.
fn accepts_sdp(message: &Message<'_>) -> bool {
    let mut named = false;
    for kind in message.list(Name::Accept) {
        named = true;
        let cut = kind.iter().position(|&b| b == b';').unwrap_or(kind.len());
        let kind = crate::sip::scan::trim(&kind[..cut]);
        if [b"application/sdp".as_slice(), b"application/*", b"*/*"].iter().any(|k| kind.eq_ignore_ascii_case(k)) {
            return true;
        }
    }
    !named
}
