//! Requests outside any dialog (REGISTER, OPTIONS), built from rsip's typed values. They leave some times a minute, so
//! what typing costs does not matter; requests within calls are written by `dialog`. See docs/decisions/0001-rsip.md.

use super::branch::Token;
use super::dialog::Identity;
use super::transport::{Peer, Transport};
use rsip::common::uri::param;
use rsip::headers::UntypedHeader;
use rsip::{Header, Method, Param, Uri, typed};

pub(crate) struct Outside<'a> {
    pub(crate) method: Method,
    /// Host, perhaps with port, of the Request-URI.
    pub(crate) domain: &'a str,
    /// User parts; `None` leaves them out.
    pub(crate) from_user: &'a str,
    pub(crate) from_domain: &'a str,
    pub(crate) to_user: Option<&'a str>,
    pub(crate) contact_user: Option<&'a str>,
    pub(crate) tag: &'a [u8],
    pub(crate) call_id: &'a [u8],
    pub(crate) cseq: u32,
    /// Of the contact, in seconds.
    pub(crate) expires: Option<u64>,
    /// A whole Authorization or Proxy-Authorization line, or nothing.
    pub(crate) credentials: &'a [u8],
}

/// Appends the request to `out`.
pub(crate) fn write(out: &mut Vec<u8>, me: &Identity, peer: Peer, branch: &Token, request: &Outside<'_>) {
    let via = typed::Via {
        version: rsip::Version::V2,
        transport: transport(peer.transport),
        uri: Uri { host_with_port: host(&me.host), ..Default::default() },
        params: vec![Param::Other("rport".into(), None), Param::Branch(param::Branch::new(branch_text(branch)))],
    };
    let from = typed::From {
        display_name: None,
        uri: uri(Some(request.from_user), request.from_domain),
        params: vec![Param::Tag(param::Tag::new(ascii(request.tag)))],
    };
    let to = typed::To { display_name: None, uri: uri(request.to_user, request.domain), params: Vec::new() };
    let contact_expires = request.expires.map(|s| Param::Expires(param::Expires::new(s.to_string())));
    let contact = typed::Contact {
        display_name: None,
        uri: uri(request.contact_user, &me.host),
        params: contact_expires.into_iter().collect(),
    };
    let mut headers = vec![
        Header::Via(via.into()),
        Header::MaxForwards(rsip::headers::MaxForwards::from(70)),
        Header::From(from.into()),
        Header::To(to.into()),
        Header::CallId(rsip::headers::CallId::new(ascii(request.call_id))),
        Header::CSeq(typed::CSeq { seq: request.cseq, method: request.method }.into()),
        Header::Contact(contact.into()),
    ];
    if let Some(seconds) = request.expires {
        headers.push(Header::Expires(rsip::headers::Expires::new(seconds.to_string())));
    }
    headers.push(Header::Other("Allow".into(), ascii(super::stack::ALLOW)));
    headers.extend(credentials(request.credentials));
    if !me.user_agent.is_empty() {
        headers.push(Header::UserAgent(rsip::headers::UserAgent::new(ascii(me.user_agent.as_bytes()))));
    }
    headers.push(Header::ContentLength(rsip::headers::ContentLength::from(0)));
    let built = rsip::Request {
        method: request.method,
        uri: uri(None, request.domain),
        version: rsip::Version::V2,
        headers: headers.into(),
        body: Vec::new(),
    };
    out.extend_from_slice(built.to_string().as_bytes());
}

fn transport(transport: Transport) -> rsip::Transport {
    match transport {
        Transport::Udp => rsip::Transport::Udp,
        Transport::Tcp => rsip::Transport::Tcp,
        Transport::Tls => rsip::Transport::Tls,
        Transport::Ws => rsip::Transport::Ws,
        Transport::Wss => rsip::Transport::Wss,
    }
}

fn uri(user: Option<&str>, domain: &str) -> Uri {
    Uri {
        scheme: Some(rsip::Scheme::Sip),
        auth: user.map(|user| rsip::Auth { user: ascii(user.as_bytes()), password: None }),
        host_with_port: host(domain),
        ..Default::default()
    }
}

/// As a domain, for rsip writes an IPv6 address without its brackets.
fn host(text: &str) -> rsip::HostWithPort {
    rsip::Domain::from(ascii(text.as_bytes())).into()
}

fn branch_text(branch: &Token) -> String {
    ascii(&[super::branch::COOKIE, branch.bytes()].concat())
}

/// rsip's types take any string, line ends too: here they become spaces.
fn ascii(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }).collect()
}

fn credentials(line: &[u8]) -> Option<Header> {
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let colon = line.iter().position(|&b| b == b':')?;
    let (name, value) = (ascii(&line[..colon]), ascii(line[colon + 1..].trim_ascii()));
    Some(Header::Other(name, value))
}

/// A method's name on the wire, without rsip's allocation.
pub(crate) fn method_name(method: Method) -> &'static str {
    match method {
        Method::Ack => "ACK",
        Method::Bye => "BYE",
        Method::Cancel => "CANCEL",
        Method::Info => "INFO",
        Method::Invite => "INVITE",
        Method::Message => "MESSAGE",
        Method::Notify => "NOTIFY",
        Method::Options => "OPTIONS",
        Method::PRack => "PRACK",
        Method::Publish => "PUBLISH",
        Method::Refer => "REFER",
        Method::Register => "REGISTER",
        Method::Subscribe => "SUBSCRIBE",
        Method::Update => "UPDATE",
    }
}
