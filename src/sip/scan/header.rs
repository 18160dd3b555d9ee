//! Header lines: names (long and compact), folds, and where the body begins.

use super::{Fault, HEADER_BYTES_MAX, HEADERS_MAX, trim, value};
use memchr::memchr;

/// A header that this stack looks at. Names are compared without case; compact forms are the same name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Name {
    Accept,
    AlertInfo,
    Allow,
    Authorization,
    CSeq,
    CallId,
    CallInfo,
    Contact,
    ContentEncoding,
    ContentLength,
    ContentType,
    Expires,
    From,
    MaxForwards,
    MinExpires,
    MinSe,
    PAssertedIdentity,
    Path,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyRequire,
    RAck,
    RSeq,
    Reason,
    RecordRoute,
    Replaces,
    Require,
    RetryAfter,
    Route,
    SessionExpires,
    Supported,
    Timestamp,
    To,
    Unsupported,
    UserAgent,
    Via,
    Warning,
    WwwAuthenticate,
    /// Anything else.
    Other,
}

/// One header's place in the message.
#[derive(Clone, Copy)]
pub struct Field {
    pub name: Name,
    begin: u32,
    end: u32,
}

impl Field {
    pub(super) fn value<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.begin as usize..self.end as usize]
    }
}

/// Indexes the header lines from `at` on. Returns where the body begins.
pub(super) fn index(bytes: &[u8], at: usize, fields: &mut Vec<Field>, fault: &mut Option<Fault>) -> usize {
    let mut next = at;
    loop {
        let begin = next;
        if begin >= bytes.len() {
            fault.get_or_insert(Fault::bad("Headers Not Ended"));
            return bytes.len();
        }
        let end;
        (end, next) = folded_line(bytes, begin);
        if begin == end {
            return next;
        }
        if begin - at > HEADER_BYTES_MAX {
            fault.get_or_insert(Fault { code: 513, why: "Headers Too Large" });
        }
        if fields.len() == HEADERS_MAX {
            fault.get_or_insert(Fault { code: 513, why: "Too Many Headers" });
            continue;
        }
        match field(bytes, begin, end) {
            Some(field) => fields.push(field),
            None => {
                fault.get_or_insert(Fault::bad("Bad Header Line"));
            }
        }
    }
}

/// A line with its continuations: where it ends (without line end), and where the next begins.
fn folded_line(bytes: &[u8], begin: usize) -> (usize, usize) {
    let mut at = begin;
    loop {
        let Some(n) = memchr(b'\n', &bytes[at..]) else {
            return (bytes.len(), bytes.len());
        };
        let end = if n > 0 && bytes[at + n - 1] == b'\r' { at + n - 1 } else { at + n };
        let next = at + n + 1;
        let folded = end > begin && matches!(bytes.get(next), Some(b' ' | b'\t'));
        if !folded {
            return (end, next);
        }
        at = next;
    }
}

fn field(bytes: &[u8], begin: usize, end: usize) -> Option<Field> {
    let line = &bytes[begin..end];
    let colon = memchr(b':', line)?;
    let mut name_end = colon;
    while name_end > 0 && matches!(line[name_end - 1], b' ' | b'\t') {
        name_end -= 1;
    }
    let name = &line[..name_end];
    if name.is_empty() || !name.iter().all(|&b| value::is_token(b)) {
        return None;
    }
    let value = trim(&line[colon + 1..]);
    let from = begin + colon + 1 + (value.as_ptr() as usize - line[colon + 1..].as_ptr() as usize);
    Some(Field { name: lookup(name), begin: from as u32, end: (from + value.len()) as u32 })
}

fn lookup(name: &[u8]) -> Name {
    if let [letter] = name {
        return compact(letter.to_ascii_lowercase());
    }
    let mut lower = [0; 20];
    let Some(lower) = lower.get_mut(..name.len()) else { return Name::Other };
    for (to, from) in lower.iter_mut().zip(name) {
        *to = from.to_ascii_lowercase();
    }
    match &*lower {
        b"accept" => Name::Accept,
        b"alert-info" => Name::AlertInfo,
        b"allow" => Name::Allow,
        b"authorization" => Name::Authorization,
        b"cseq" => Name::CSeq,
        b"call-id" => Name::CallId,
        b"call-info" => Name::CallInfo,
        b"contact" => Name::Contact,
        b"content-encoding" => Name::ContentEncoding,
        b"content-length" => Name::ContentLength,
        b"content-type" => Name::ContentType,
        b"expires" => Name::Expires,
        b"from" => Name::From,
        b"max-forwards" => Name::MaxForwards,
        b"min-expires" => Name::MinExpires,
        b"min-se" => Name::MinSe,
        b"p-asserted-identity" => Name::PAssertedIdentity,
        b"path" => Name::Path,
        b"proxy-authenticate" => Name::ProxyAuthenticate,
        b"proxy-authorization" => Name::ProxyAuthorization,
        b"proxy-require" => Name::ProxyRequire,
        b"rack" => Name::RAck,
        b"rseq" => Name::RSeq,
        b"reason" => Name::Reason,
        b"record-route" => Name::RecordRoute,
        b"replaces" => Name::Replaces,
        b"require" => Name::Require,
        b"retry-after" => Name::RetryAfter,
        b"route" => Name::Route,
        b"session-expires" => Name::SessionExpires,
        b"supported" => Name::Supported,
        b"timestamp" => Name::Timestamp,
        b"to" => Name::To,
        b"unsupported" => Name::Unsupported,
        b"user-agent" => Name::UserAgent,
        b"via" => Name::Via,
        b"warning" => Name::Warning,
        b"www-authenticate" => Name::WwwAuthenticate,
        _ => Name::Other,
    }
}

/// RFC 3261 section 7.3.3, and RFC 4028 for x.
fn compact(letter: u8) -> Name {
    match letter {
        b'c' => Name::ContentType,
        b'e' => Name::ContentEncoding,
        b'f' => Name::From,
        b'i' => Name::CallId,
        b'k' => Name::Supported,
        b'l' => Name::ContentLength,
        b'm' => Name::Contact,
        b't' => Name::To,
        b'v' => Name::Via,
        b'x' => Name::SessionExpires,
        _ => Name::Other,
    }
}
