//! A dialog (RFC 3261 section 12): who, with which tags, over which route, and the numbers of its requests.

use super::branch::{COOKIE, Token};
use super::build::method_name;
use super::scan::{Message, Name, Uri, name_addr};
use super::transport::Peer;
use super::write::Writer;
use rsip::Method;
use std::net::IpAddr;

/// What every message of ours says about us.
pub(crate) struct Identity {
    /// Host and port, in Via and Contact.
    pub(crate) host: String,
    /// Host alone, in From.
    pub(crate) domain: String,
    pub(crate) user_agent: String,
}

impl Identity {
    pub(crate) fn via(&self, w: &mut Writer<'_>, peer: Peer, branch: &Token) {
        w.raw("Via: SIP/2.0/").raw(peer.transport.via()).raw(" ").text(self.host.as_bytes());
        w.raw(";rport;branch=").text(COOKIE).text(branch.bytes()).end_line();
    }

    pub(crate) fn user_agent(&self, w: &mut Writer<'_>) {
        if !self.user_agent.is_empty() {
            w.header("User-Agent", self.user_agent.as_bytes());
        }
    }

    pub(crate) fn server(&self, w: &mut Writer<'_>) {
        if !self.user_agent.is_empty() {
            w.header("Server", self.user_agent.as_bytes());
        }
    }
}

pub(crate) struct Dialog {
    pub(crate) call_id: Vec<u8>,
    /// `<uri>`, without tag.
    pub(crate) local: Vec<u8>,
    pub(crate) remote: Vec<u8>,
    pub(crate) local_tag: Token,
    /// Empty until the other end has named it.
    pub(crate) remote_tag: Vec<u8>,
    /// The URI that requests go to: the peer's Contact, once known.
    pub(crate) target: Vec<u8>,
    /// `<uri>` each, nearest hop first.
    pub(crate) routes: Vec<Vec<u8>>,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    /// Where the next request goes.
    pub(crate) hop: Peer,
    /// Where the other end was first met.
    pub(crate) home: Peer,
    /// Send there whatever Contact says: phones behind address translation.
    pub(crate) pinned: bool,
}

/// Route sets longer than this are not telephony.
const ROUTES_MAX: usize = 16;

impl Dialog {
    /// What a 2xx to our INVITE settles (RFC 3261 section 12.1.2).
    pub(crate) fn establish(&mut self, response: &Message<'_>) {
        if let Some(tag) = response.to().and_then(|to| to.tag()) {
            self.remote_tag = tag.to_vec();
        }
        self.routes = routes(response);
        self.routes.reverse();
        self.refresh_target(response);
    }

    /// RFC 3261 section 12.2: re-INVITE, UPDATE and their responses may move the target.
    pub(crate) fn refresh_target(&mut self, message: &Message<'_>) {
        if let Some(uri) = contact_uri(message)
            && self.target != uri
        {
            self.target.clear();
            self.target.extend_from_slice(uri);
        }
        self.hop = self.next_hop();
    }

    /// Request line, Via, Max-Forwards, Route, From, To, Call-ID and CSeq.
    pub(crate) fn request(&self, w: &mut Writer<'_>, me: &Identity, method: Method, branch: &Token, cseq: u32) {
        let method = method_name(method);
        let strict = self.strict_route();
        w.raw(method).raw(" ").text(strict.unwrap_or(&self.target)).raw(" SIP/2.0\r\n");
        me.via(w, self.hop, branch);
        w.raw("Max-Forwards: 70\r\n");
        let skip = usize::from(strict.is_some());
        for route in &self.routes[skip..] {
            w.header("Route", route);
        }
        if strict.is_some() {
            w.raw("Route: <").text(&self.target).raw(">\r\n");
        }
        w.raw("From: ").text(&self.local).raw(";tag=").text(self.local_tag.bytes()).end_line();
        w.raw("To: ").text(&self.remote);
        if !self.remote_tag.is_empty() {
            w.raw(";tag=").text(&self.remote_tag);
        }
        w.end_line();
        w.header("Call-ID", &self.call_id);
        w.raw("CSeq: ").number(cseq.into()).raw(" ").raw(method).end_line();
    }

    /// A first hop of RFC 2543 takes the Request-URI for itself (RFC 3261 section 12.2.1.1).
    fn strict_route(&self) -> Option<&[u8]> {
        let first = name_addr(self.routes.first()?)?;
        let uri = first.parsed_uri()?;
        if uri.param("lr").is_some() { None } else { Some(first.uri) }
    }

    /// The first route, else the target, if it names an address that we can reach; else where it was met.
    pub(crate) fn next_hop(&self) -> Peer {
        if self.pinned {
            return self.home;
        }
        let uri = match self.routes.first() {
            Some(route) => name_addr(route).map(|a| a.uri),
            None => Some(self.target.as_slice()),
        };
        let Some(addr) = uri.and_then(Uri::parse).and_then(|uri| uri.socket()) else {
            return self.home;
        };
        if hidden(addr.ip()) && !hidden(self.home.addr.ip()) || addr.is_ipv4() != self.home.addr.is_ipv4() {
            return self.home;
        }
        Peer { addr, ..self.home }
    }

    /// Is this request of the other end out of order (RFC 3261 section 12.2.2)?
    pub(crate) fn accepts_cseq(&mut self, number: u32) -> bool {
        if self.remote_cseq.is_some_and(|last| number < last) {
            return false;
        }
        self.remote_cseq = Some(number);
        true
    }
}

/// An address that means nothing outside its own network: a Contact with it, from a public peer, is a NAT's.
fn hidden(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || (v6.segments()[0] & 0xfe00) == 0xfc00,
    }
}

/// The Record-Route set in the order of the message.
pub(crate) fn routes(message: &Message<'_>) -> Vec<Vec<u8>> {
    message
        .list(Name::RecordRoute)
        .filter_map(name_addr)
        .take(ROUTES_MAX)
        .map(|route| [b"<", route.uri, b">"].concat())
        .collect()
}

/// The URI of the first Contact, if we can send to it.
pub(crate) fn contact_uri<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    let contact = name_addr(message.list(Name::Contact).next()?)?;
    contact.parsed_uri().map(|_| contact.uri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::branch::{Kind, mint};
    use crate::sip::hash::Key;
    use crate::sip::slots::SlotKey;

    fn dialog(routes: &[&str], target: &str) -> Dialog {
        Dialog {
            call_id: b"c1".to_vec(),
            local: b"<sip:us@192.0.2.1>".to_vec(),
            remote: b"<sip:them@192.0.2.2>".to_vec(),
            local_tag: Token([b'a'; 32]),
            remote_tag: b"theirs".to_vec(),
            target: target.as_bytes().to_vec(),
            routes: routes.iter().map(|r| r.as_bytes().to_vec()).collect(),
            local_cseq: 1,
            remote_cseq: None,
            hop: Peer::udp("198.51.100.7:5060".parse().unwrap()),
            home: Peer::udp("198.51.100.7:5060".parse().unwrap()),
            pinned: false,
        }
    }

    fn written(dialog: &Dialog) -> String {
        let mut out = Vec::new();
        let me = Identity { host: "192.0.2.1:5060".into(), domain: "192.0.2.1".into(), user_agent: String::new() };
        let branch = mint(&Key::derive(1, 1), Kind::Branch, SlotKey { slot: 0, generation: 1 });
        dialog.request(&mut Writer::new(&mut out), &me, Method::Bye, &branch, 2);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn loose_routing_keeps_the_target_in_the_request_uri() {
        let d = dialog(&["<sip:203.0.113.1;lr>", "<sip:203.0.113.2:5080;lr=on>"], "sip:them@203.0.113.9:5062");
        let text = written(&d);
        assert!(text.starts_with("BYE sip:them@203.0.113.9:5062 SIP/2.0\r\n"), "{text}");
        assert!(text.contains("Route: <sip:203.0.113.1;lr>\r\nRoute: <sip:203.0.113.2:5080;lr=on>\r\n"), "{text}");
        assert_eq!(d.next_hop().addr, "203.0.113.1:5060".parse().unwrap());
    }

    #[test]
    fn a_strict_router_gets_the_request_uri_and_the_target_goes_last() {
        let d = dialog(&["<sip:203.0.113.1>", "<sip:203.0.113.2;lr>"], "sip:them@203.0.113.9");
        let text = written(&d);
        assert!(text.starts_with("BYE sip:203.0.113.1 SIP/2.0\r\n"), "{text}");
        assert!(text.contains("Route: <sip:203.0.113.2;lr>\r\nRoute: <sip:them@203.0.113.9>\r\n"), "{text}");
    }

    #[test]
    fn a_private_contact_of_a_public_peer_is_not_believed() {
        assert_eq!(dialog(&[], "sip:them@10.0.0.3").next_hop().addr, "198.51.100.7:5060".parse().unwrap());
        assert_eq!(dialog(&[], "sip:them@203.0.113.9").next_hop().addr, "203.0.113.9:5060".parse().unwrap());
        assert_eq!(dialog(&[], "sip:them@example.com").next_hop().addr, "198.51.100.7:5060".parse().unwrap());
    }

    #[test]
    fn request_numbers_may_jump_but_not_go_back() {
        let mut d = dialog(&[], "sip:a@203.0.113.9");
        assert!(d.accepts_cseq(7) && d.accepts_cseq(7) && d.accepts_cseq(100));
        assert!(!d.accepts_cseq(99));
    }
}
