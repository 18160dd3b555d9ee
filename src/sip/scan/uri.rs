//! URIs: sip, sips and tel, read as far as routing needs them; other schemes only by name.

use super::Params;
use super::value::trim;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    Sip,
    Sips,
    /// RFC 3966. The number is in `user`.
    Tel,
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Host<'a> {
    Ip(IpAddr),
    Name(&'a [u8]),
}

#[derive(Clone, Copy, Debug)]
pub struct Uri<'a> {
    pub scheme: Scheme,
    /// Without password and user parameters.
    pub user: Option<&'a [u8]>,
    pub host: Host<'a>,
    pub port: Option<u16>,
    pub(crate) params: &'a [u8],
    /// After the question mark.
    pub headers: &'a [u8],
}

impl<'a> Uri<'a> {
    /// `None`: not a URI, or not one that this scheme allows.
    pub fn parse(text: &'a [u8]) -> Option<Uri<'a>> {
        let colon = text.iter().position(|&b| b == b':')?;
        let (scheme, rest) = (&text[..colon], &text[colon + 1..]);
        if scheme.is_empty() || !scheme[0].is_ascii_alphabetic() {
            return None;
        }
        if !scheme.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
            return None;
        }
        if scheme.eq_ignore_ascii_case(b"sip") {
            sip(Scheme::Sip, rest)
        } else if scheme.eq_ignore_ascii_case(b"sips") {
            sip(Scheme::Sips, rest)
        } else if scheme.eq_ignore_ascii_case(b"tel") {
            tel(rest)
        } else {
            Some(Uri {
                scheme: Scheme::Other,
                user: None,
                host: Host::Name(b""),
                port: None,
                params: b"",
                headers: b"",
            })
        }
    }

    pub fn param(&self, name: &str) -> Option<Option<&'a [u8]>> {
        Params(self.params).get(name)
    }

    /// Where to send, if the host is an address. 5060 if no port is named (5061 for sips).
    pub fn socket(&self) -> Option<SocketAddr> {
        let default = if self.scheme == Scheme::Sips { 5061 } else { 5060 };
        match self.host {
            Host::Ip(ip) => Some(SocketAddr::new(ip, self.port.unwrap_or(default))),
            Host::Name(_) => None,
        }
    }
}

fn sip(scheme: Scheme, rest: &[u8]) -> Option<Uri<'_>> {
    // A question mark may stand in the user part.
    let (userinfo, hostpart) = match rest.iter().position(|&b| b == b'@') {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let (hostpart, headers) = cut(hostpart, b'?');
    let (sent_to, params) = match hostpart.iter().position(|&b| b == b';') {
        Some(at) => hostpart.split_at(at),
        None => (hostpart, &[][..]),
    };
    if sent_to.iter().any(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
        return None;
    }
    let (host, port) = host_port(sent_to)?;
    let user = match userinfo {
        Some(info) => Some(user_of(info)?),
        None => None,
    };
    Some(Uri { scheme, user, host, port, params, headers: headers.unwrap_or_default() })
}

/// The user without password. Parameters within the user part stay: they are part of the name.
fn user_of(info: &[u8]) -> Option<&[u8]> {
    let (user, _password) = cut(info, b':');
    if user.is_empty() || user.iter().any(|&b| b <= b' ' || b == b'<' || b == b'>') {
        return None;
    }
    Some(user)
}

fn tel(rest: &[u8]) -> Option<Uri<'_>> {
    let (number, params) = match rest.iter().position(|&b| b == b';') {
        Some(at) => rest.split_at(at),
        None => (rest, &[][..]),
    };
    let allowed = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'+' | b'-' | b'.' | b'(' | b')' | b'*' | b'#');
    if number.is_empty() || !number.iter().all(allowed) {
        return None;
    }
    Some(Uri { scheme: Scheme::Tel, user: Some(number), host: Host::Name(b""), port: None, params, headers: b"" })
}

fn cut(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match bytes.iter().position(|&b| b == at) {
        Some(i) => (&bytes[..i], Some(&bytes[i + 1..])),
        None => (bytes, None),
    }
}

/// `host`, `host:port`, `[v6]:port`; white space around the colon (in a Via) is tolerated.
pub(super) fn host_port(text: &[u8]) -> Option<(Host<'_>, Option<u16>)> {
    let text = trim(text);
    if let Some(rest) = text.strip_prefix(b"[") {
        let close = rest.iter().position(|&b| b == b']')?;
        let ip: Ipv6Addr = std::str::from_utf8(&rest[..close]).ok()?.parse().ok()?;
        let port = match trim(&rest[close + 1..]) {
            [] => None,
            [b':', port @ ..] => Some(port_number(port)?),
            _ => return None,
        };
        return Some((Host::Ip(IpAddr::V6(ip)), port));
    }
    let (host, port) = cut(text, b':');
    let host = trim(host);
    if host.is_empty() || !host.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')) {
        return None;
    }
    let port = match port {
        Some(port) => Some(port_number(port)?),
        None => None,
    };
    let ip = if host[0].is_ascii_digit() { std::str::from_utf8(host).ok().and_then(|h| h.parse().ok()) } else { None };
    Some((ip.map_or(Host::Name(host), Host::Ip), port))
}

fn port_number(text: &[u8]) -> Option<u16> {
    super::number(text).and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Uri<'_>> {
        Uri::parse(text.as_bytes())
    }

    #[test]
    fn sip_uris_with_parts_in_unusual_places() {
        let uri = parse("sip:user;par=u%40example.net@example.com:5070;lr;x=y?a=b").unwrap();
        assert_eq!(uri.user, Some(b"user;par=u%40example.net".as_slice()));
        assert_eq!(uri.host, Host::Name(b"example.com"));
        assert_eq!(uri.port, Some(5070));
        assert_eq!(uri.param("LR"), Some(None));
        assert_eq!(uri.param("x"), Some(Some(b"y".as_slice())));
        assert_eq!(uri.headers, b"a=b");
        assert_eq!(parse("sips:10.0.0.1").unwrap().socket(), Some("10.0.0.1:5061".parse().unwrap()));
    }

    #[test]
    fn ipv6_hosts_as_in_rfc_5118() {
        let uri = parse("sip:[2001:db8::10]").unwrap();
        assert_eq!(uri.socket(), Some("[2001:db8::10]:5060".parse().unwrap()));
        let uri = parse("sip:[2001:db8::10]:5070").unwrap();
        assert_eq!(uri.socket(), Some("[2001:db8::10]:5070".parse().unwrap()));
        assert_eq!(parse("sip:[2001:db8::10:5070]").unwrap().port, None);
        assert_eq!(parse("sip:[::ffff:192.0.2.10]:19823").unwrap().port, Some(19823));
        assert!(parse("sip:2001:db8::10").is_none());
        assert!(parse("sip:[2001:db8:::192.0.2.1]").is_none(), "RFC 5118 section 4.9: one colon too many");
    }

    #[test]
    fn tel_and_foreign_schemes() {
        assert_eq!(parse("tel:+1-201-555-0123;phone-context=x").unwrap().user, Some(b"+1-201-555-0123".as_slice()));
        assert_eq!(parse("nobodyKnowsThisScheme:totallyopaquecontent").unwrap().scheme, Scheme::Other);
        assert!(parse("<sip:a@b>").is_none());
        assert!(parse("sip:a@b:99999").is_none());
        assert!(parse("sip:").is_none());
    }
}
