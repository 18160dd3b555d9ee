//! Reads a description: lines by LF with or without CR, unknown ones skipped, attributes in any order.

use super::{Direction, MEDIA_LINES_MAX, SDP_BYTES_MAX};
use std::net::IpAddr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SdpError {
    TooLong(usize),
    TooManyMediaLines,
    NoVersion,
    /// The line as it came, cut at 60 bytes.
    BadLine(String),
}

impl std::fmt::Display for SdpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SdpError::TooLong(n) => write!(f, "{n} bytes of SDP: at most {SDP_BYTES_MAX} are read"),
            SdpError::TooManyMediaLines => write!(f, "more than {MEDIA_LINES_MAX} media lines"),
            SdpError::NoVersion => write!(f, "SDP without \"v=0\" at its begin (RFC 4566 section 5.1)"),
            SdpError::BadLine(line) => write!(f, "SDP line \"{line}\" cannot be read"),
        }
    }
}
impl std::error::Error for SdpError {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description<'a> {
    pub lines: Vec<Line<'a>>,
}

/// One `m=` with what applies to it, session level included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// `audio`, `video`, `image` ...
    pub kind: &'a [u8],
    /// 0: refused or not wanted.
    pub port: u16,
    pub protocol: &'a [u8],
    /// The formats as they stand, for the answer to repeat.
    pub formats: &'a [u8],
    /// `None`: a host name, which we do not look up.
    pub address: Option<IpAddr>,
    pub direction: Direction,
    pub ptime_ms: Option<u32>,
    /// `a=rtpmap:` payload type and `name/rate...`.
    pub maps: Vec<(u8, &'a [u8])>,
    /// The port of `a=rtcp-mux` and the like is not read.
    pub fmtp: Vec<(u8, &'a [u8])>,
}

/// What a session says before its first media line.
#[derive(Default, Clone, Copy)]
struct Session {
    address: Option<IpAddr>,
    direction: Direction,
}

/// Formats and maps of one line: more are not telephony.
const FORMATS_MAX: usize = 64;

pub fn parse(body: &[u8]) -> Result<Description<'_>, SdpError> {
    if body.len() > SDP_BYTES_MAX {
        return Err(SdpError::TooLong(body.len()));
    }
    let mut session = Session::default();
    let mut description = Description { lines: Vec::new() };
    let mut lines = body.split(|&b| b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l)).filter(|l| !l.is_empty());
    if !lines.next().is_some_and(|first| first.starts_with(b"v=0")) {
        return Err(SdpError::NoVersion);
    }
    for line in lines {
        // Carriers send stray bytes after the last line; only what we need must be well formed.
        let [kind, b'=', value @ ..] = line else { continue };
        match (kind, description.lines.last_mut()) {
            (b'm', _) => {
                if description.lines.len() == MEDIA_LINES_MAX {
                    return Err(SdpError::TooManyMediaLines);
                }
                description.lines.push(media(value, &session).ok_or_else(|| bad(line))?);
            }
            (b'c', None) => session.address = connection(value),
            (b'c', Some(media)) => media.address = connection(value),
            (b'a', None) => session.direction = direction(value).unwrap_or(session.direction),
            (b'a', Some(media)) => attribute(value, media),
            _ => {}
        }
    }
    Ok(description)
}

fn bad(line: &[u8]) -> SdpError {
    SdpError::BadLine(String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned())
}

/// `audio 49170/2 RTP/AVP 0 8 101`.
fn media<'a>(value: &'a [u8], session: &Session) -> Option<Line<'a>> {
    let (kind, rest) = word(value)?;
    let (port, rest) = word(rest)?;
    let (protocol, formats) = word(rest)?;
    let port = port.split(|&b| b == b'/').next().and_then(crate::sip::scan::number)?;
    Some(Line {
        kind,
        port: u16::try_from(port).ok()?,
        protocol,
        formats,
        address: session.address,
        direction: session.direction,
        ptime_ms: None,
        maps: Vec::new(),
        fmtp: Vec::new(),
    })
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    if text.is_empty() {
        return None;
    }
    let end = text.iter().position(|&b| b == b' ').unwrap_or(text.len());
    Some((&text[..end], text[end..].trim_ascii()))
}

/// `IN IP4 192.0.2.1/127`.
fn connection(value: &[u8]) -> Option<IpAddr> {
    let (_, rest) = word(value)?;
    let (_, rest) = word(rest)?;
    let (address, _) = word(rest)?;
    let address = address.split(|&b| b == b'/').next()?;
    std::str::from_utf8(address).ok()?.parse().ok()
}

fn direction(attribute: &[u8]) -> Option<Direction> {
    match attribute.trim_ascii() {
        b"sendrecv" => Some(Direction::SendRecv),
        b"sendonly" => Some(Direction::SendOnly),
        b"recvonly" => Some(Direction::RecvOnly),
        b"inactive" => Some(Direction::Inactive),
        _ => None,
    }
}

fn attribute<'a>(value: &'a [u8], media: &mut Line<'a>) {
    if let Some(found) = direction(value) {
        media.direction = found;
    } else if let Some(rest) = value.strip_prefix(b"rtpmap:") {
        numbered(rest, &mut media.maps);
    } else if let Some(rest) = value.strip_prefix(b"fmtp:") {
        numbered(rest, &mut media.fmtp);
    } else if let Some(rest) = value.strip_prefix(b"ptime:") {
        media.ptime_ms = crate::sip::scan::number(rest);
    }
}

fn numbered<'a>(rest: &'a [u8], into: &mut Vec<(u8, &'a [u8])>) {
    if let Some((number, rest)) = word(rest)
        && let Some(number) = crate::sip::scan::number(number).and_then(|n| u8::try_from(n).ok())
        && into.len() < FORMATS_MAX
    {
        into.push((number, rest));
    }
}

impl Line<'_> {
    pub fn payloads(&self) -> impl Iterator<Item = u8> + '_ {
        self.formats
            .split(|&b| b == b' ')
            .filter_map(|f| crate::sip::scan::number(f).and_then(|n| u8::try_from(n).ok()))
            .filter(|n| *n < 128)
            .take(FORMATS_MAX)
    }

    /// The encoding name and rate of a payload type, such as `PCMU/8000`; static types need no map.
    pub fn encoding(&self, payload: u8) -> Option<&[u8]> {
        let mapped = self.maps.iter().find(|(n, _)| *n == payload).map(|(_, encoding)| *encoding);
        mapped.or(match payload {
            0 => Some(b"PCMU/8000"),
            8 => Some(b"PCMA/8000"),
            _ => None,
        })
    }
}
