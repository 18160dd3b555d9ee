//! Reads what others send: one pass over the bytes, no copy, tolerant. It never panics, never allocates beyond its
//! reused index of headers, and it refuses to repair: what is wrong is named in a `Fault` that a 4xx can answer.

mod auth;
mod header;
mod name;
mod uri;
mod value;

pub use auth::{Credentials, DigestChallenge};
pub use header::{Field, Name};
pub use name::{NameAddr, name_addr};
pub use uri::{Host, Scheme, Uri};
pub use value::{CSeq, Via, cseq, via};
pub(crate) use value::{Params, number, split_commas, trim};

/// Limits at the edge (`reliability-goals.md`).
pub const HEADERS_MAX: usize = 128;
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
pub const VIA_MAX: usize = 70;
pub const URI_BYTES_MAX: usize = 2048;

/// Where the headers of the last message stood. Reused, so that scanning allocates nothing.
#[derive(Default)]
pub struct Scratch {
    fields: Vec<Field>,
}

/// A message as it lies in the datagram.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub start: Start<'a>,
    bytes: &'a [u8],
    fields: &'a [Field],
    body_at: usize,
    body_end: usize,
    known: Known<'a>,
    /// The first thing wrong with it, if any.
    pub fault: Option<Fault>,
}

/// What every stage asks for, read once.
#[derive(Clone, Copy, Default)]
struct Known<'a> {
    via: Option<Via<'a>>,
    from: Option<NameAddr<'a>>,
    to: Option<NameAddr<'a>>,
    call_id: Option<&'a [u8]>,
    cseq: Option<CSeq<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    Request { method: &'a [u8], uri: &'a [u8] },
    Status { code: u16, reason: &'a [u8] },
}

/// Readable, but wrong: a request gets this answer, a response is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: u16,
    /// Goes into the reason phrase.
    pub why: &'static str,
}

impl Fault {
    const fn bad(why: &'static str) -> Fault {
        Fault { code: 400, why }
    }
}

/// Not SIP at all: nothing can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Only line ends: a keep-alive.
    Empty,
    NotSip,
}

/// Scans a datagram, or a whole message cut from a stream.
pub fn scan<'a>(bytes: &'a [u8], scratch: &'a mut Scratch) -> Result<Message<'a>, Unreadable> {
    let Some(begin) = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')) else {
        return Err(Unreadable::Empty);
    };
    let (line, next) = line(bytes, begin);
    let mut fault = None;
    let start = start_line(line, &mut fault).ok_or(Unreadable::NotSip)?;
    scratch.fields.clear();
    let body_at = header::index(bytes, next, &mut scratch.fields, &mut fault);
    let body_end = bytes.len();
    let known = Known::default();
    let mut message = Message { start, bytes, fields: &scratch.fields, body_at, body_end, known, fault };
    message.know();
    message.check();
    Ok(message)
}

impl<'a> Message<'a> {
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub fn body(&self) -> &'a [u8] {
        &self.bytes[self.body_at..self.body_end]
    }

    /// The first header of this name, trimmed. Folds stand in it as they came.
    pub fn first(&self, name: Name) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    pub fn all(&self, name: Name) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (bytes, fields) = (self.bytes, self.fields);
        fields.iter().filter(move |f| f.name == name).map(move |f| f.value(bytes))
    }

    /// The elements of a header that may be split by commas or repeated.
    pub fn list(&self, name: Name) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(name).flat_map(split_commas)
    }

    pub fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    /// The topmost Via, also when several are joined by commas.
    pub fn top_via(&self) -> Option<Via<'a>> {
        self.known.via
    }

    pub fn from(&self) -> Option<NameAddr<'a>> {
        self.known.from
    }

    pub fn to(&self) -> Option<NameAddr<'a>> {
        self.known.to
    }

    pub fn call_id(&self) -> Option<&'a [u8]> {
        self.known.call_id
    }

    pub fn cseq(&self) -> Option<CSeq<'a>> {
        self.known.cseq
    }

    fn know(&mut self) {
        self.known = Known {
            via: self.list(Name::Via).next().and_then(value::via),
            from: self.first(Name::From).and_then(name_addr),
            to: self.first(Name::To).and_then(name_addr),
            call_id: self.first(Name::CallId).filter(|id| !id.is_empty()),
            cseq: self.first(Name::CSeq).and_then(value::cseq),
        };
    }

    pub fn seconds(&self, name: Name) -> Option<u32> {
        number(self.first(name)?)
    }

    /// Does a list of option tags (Require, Supported) hold this one?
    pub fn has_token(&self, name: Name, token: &str) -> bool {
        self.list(name).any(|t| t.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Content-Length as the sender wrote it.
    pub(crate) fn declared_length(&self) -> Option<usize> {
        self.first(Name::ContentLength).and_then(number).map(|n| n as usize)
    }

    fn check(&mut self) {
        if let Err(fault) = self.frame_body() {
            self.fault.get_or_insert(fault);
        }
        if let Err(fault) = self.check_mandatory() {
            self.fault.get_or_insert(fault);
        }
    }

    /// A datagram may end after its body, not before; what comes after the body is ignored (RFC 3261 section 18.3).
    fn frame_body(&mut self) -> Result<(), Fault> {
        let mut lengths = self.all(Name::ContentLength);
        let Some(value) = lengths.next() else { return Ok(()) };
        if lengths.next().is_some() {
            return Err(Fault::bad("Several Content-Length"));
        }
        let length = number(value).ok_or(Fault::bad("Bad Content-Length"))? as usize;
        if length > self.bytes.len() - self.body_at {
            return Err(Fault::bad("Body Shorter Than Content-Length"));
        }
        self.body_end = self.body_at + length;
        Ok(())
    }

    fn check_mandatory(&self) -> Result<(), Fault> {
        if let Some(name) = self.repeated() {
            return Err(Fault::bad(name));
        }
        self.call_id().ok_or(Fault::bad("Missing or Empty Call-ID"))?;
        let via = self.top_via().ok_or(Fault::bad("Missing or Bad Via"))?;
        self.check_addresses()?;
        let cseq = self.cseq().ok_or(Fault::bad("Missing or Bad CSeq"))?;
        self.check_vias()?;
        if let Start::Request { method, uri } = self.start {
            if cseq.method != method {
                return Err(Fault::bad("CSeq Method Does Not Match"));
            }
            if via.branch == Some(super::branch::COOKIE) {
                return Err(Fault::bad("Empty Branch"));
            }
            if let Some(value) = self.first(Name::MaxForwards)
                && number(value).is_none_or(|n| n > 255)
            {
                return Err(Fault::bad("Bad Max-Forwards"));
            }
            check_request_uri(uri)?;
        }
        Ok(())
    }

    /// A header that may stand once only, and stands twice.
    fn repeated(&self) -> Option<&'static str> {
        let mut seen = [false; 5];
        for field in self.fields {
            let (at, why) = match field.name {
                Name::From => (0, "Several From"),
                Name::To => (1, "Several To"),
                Name::CallId => (2, "Several Call-ID"),
                Name::CSeq => (3, "Several CSeq"),
                Name::MaxForwards => (4, "Several Max-Forwards"),
                _ => continue,
            };
            if std::mem::replace(&mut seen[at], true) {
                return Some(why);
            }
        }
        None
    }

    /// Each must be one, or a response could not find its way back.
    fn check_vias(&self) -> Result<(), Fault> {
        for (at, via) in self.list(Name::Via).enumerate().skip(1) {
            if at == VIA_MAX {
                return Err(Fault::bad("Too Many Via"));
            }
            value::via(via).ok_or(Fault::bad("Bad Via"))?;
        }
        Ok(())
    }

    fn check_addresses(&self) -> Result<(), Fault> {
        let from = self.from().ok_or(Fault::bad("Missing or Bad From"))?;
        let to = self.to().ok_or(Fault::bad("Missing or Bad To"))?;
        if from.uri.len() > URI_BYTES_MAX || to.uri.len() > URI_BYTES_MAX {
            return Err(Fault { code: 414, why: "Request-URI Too Long" });
        }
        Ok(())
    }
}

fn check_request_uri(uri: &[u8]) -> Result<(), Fault> {
    if uri.len() > URI_BYTES_MAX {
        return Err(Fault { code: 414, why: "Request-URI Too Long" });
    }
    match Uri::parse(uri) {
        None => Err(Fault::bad("Bad Request-URI")),
        // RFC 3261 section 19.1.1: headers are not allowed in a Request-URI.
        Some(parsed) if !parsed.headers.is_empty() => Err(Fault::bad("Headers in Request-URI")),
        Some(_) => Ok(()),
    }
}

/// One line from `at`, without its end; and where the next begins. A lone LF ends a line too.
fn line(bytes: &[u8], at: usize) -> (&[u8], usize) {
    match memchr::memchr(b'\n', &bytes[at..]) {
        Some(n) => {
            let line = &bytes[at..at + n];
            (line.strip_suffix(b"\r").unwrap_or(line), at + n + 1)
        }
        None => (&bytes[at..], bytes.len()),
    }
}

fn start_line<'a>(line: &'a [u8], fault: &mut Option<Fault>) -> Option<Start<'a>> {
    if line.len() >= 4 && line[..4].eq_ignore_ascii_case(b"SIP/") {
        return status_line(line, fault);
    }
    request_line(line, fault)
}

fn status_line<'a>(line: &'a [u8], fault: &mut Option<Fault>) -> Option<Start<'a>> {
    let mut parts = line.splitn(3, |&b| b == b' ');
    let version = parts.next()?;
    let code = parts.next()?;
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        fault.get_or_insert(Fault { code: 505, why: "Version Not Supported" });
    }
    let code = number(code).filter(|n| (100..700).contains(n))? as u16;
    Some(Start::Status { code, reason: parts.next().unwrap_or_default() })
}

/// `Method SP Request-URI SP SIP/2.0`. What deviates is read as well as can be, and is a fault.
fn request_line<'a>(line: &'a [u8], fault: &mut Option<Fault>) -> Option<Start<'a>> {
    let trimmed = trim(line);
    if trimmed.len() != line.len() {
        fault.get_or_insert(Fault::bad("White Space Around Request-Line"));
    }
    let first = trimmed.iter().position(|&b| b == b' ')?;
    let last = trimmed.iter().rposition(|&b| b == b' ')?;
    let (method, version) = (&trimmed[..first], &trimmed[last + 1..]);
    if method.is_empty() || !method.iter().all(|&b| value::is_token(b)) {
        return None;
    }
    if version.len() < 4 || !version[..4].eq_ignore_ascii_case(b"SIP/") {
        return None;
    }
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        fault.get_or_insert(Fault { code: 505, why: "Version Not Supported" });
    }
    let uri = if last > first { &trimmed[first + 1..last] } else { &trimmed[first..first] };
    if uri.iter().any(|b| matches!(b, b' ' | b'\t' | b'<' | b'>' | b'"')) || uri.is_empty() {
        fault.get_or_insert(Fault::bad("Bad Request-Line"));
    }
    Some(Start::Request { method, uri })
}
