//! Header values: lists, parameters, numbers, Via and CSeq. Line ends inside a value (folds) count as white space.

use super::uri::{Host, host_port};
use memchr::{memchr, memchr2};

pub(super) fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_space(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_space(*last)
    {
        bytes = rest;
    }
    bytes
}

/// Digits only, below 2^32.
pub(crate) fn number(bytes: &[u8]) -> Option<u32> {
    let bytes = trim(bytes);
    if bytes.is_empty() || bytes.len() > 10 {
        return None;
    }
    let value = bytes.iter().try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))?;
    u32::try_from(value).ok()
}

/// Where `wanted` stands outside quotes and angle brackets.
fn find_outside(bytes: &[u8], wanted: u8) -> Option<usize> {
    // Mostly there is no quote and no bracket before it.
    let first = memchr(wanted, bytes)?;
    if memchr2(b'"', b'<', &bytes[..first]).is_none() {
        return Some(first);
    }
    let (mut quoted, mut escaped, mut depth) = (false, false, 0u32);
    for (i, &b) in bytes.iter().enumerate() {
        if escaped {
            escaped = false;
        } else if quoted {
            match b {
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if b == wanted && depth == 0 {
            return Some(i);
        } else {
            match b {
                b'"' => quoted = true,
                b'<' => depth += 1,
                b'>' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    None
}

/// The elements of a comma-separated value, trimmed, empty ones left out.
pub(crate) fn split_commas(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        loop {
            let all = rest?;
            let element = match find_outside(all, b',') {
                Some(comma) => {
                    rest = Some(&all[comma + 1..]);
                    &all[..comma]
                }
                None => {
                    rest = None;
                    all
                }
            };
            let element = trim(element);
            if !element.is_empty() {
                return Some(element);
            }
        }
    })
}

/// `;name=value` pairs. A value keeps its quotes off.
#[derive(Clone, Copy)]
pub(crate) struct Params<'a>(pub(crate) &'a [u8]);

impl<'a> Params<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            loop {
                if rest.is_empty() {
                    return None;
                }
                let end = find_outside(rest, b';').unwrap_or(rest.len());
                let part = trim(&rest[..end]);
                rest = rest.get(end + 1..).unwrap_or_default();
                if part.is_empty() {
                    continue;
                }
                return Some(pair(part));
            }
        })
    }

    /// `Some(None)`: there, without a value.
    pub(crate) fn get(self, name: &str) -> Option<Option<&'a [u8]>> {
        let wanted = name.as_bytes();
        self.iter().find(|(n, _)| n.len() == wanted.len() && n.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }

    pub(crate) fn value(self, name: &str) -> Option<&'a [u8]> {
        self.get(name).flatten()
    }
}

/// `name = value`, quotes around the value removed.
pub(super) fn pair(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    match part.iter().position(|&b| b == b'=') {
        None => (part, None),
        Some(at) => (trim(&part[..at]), Some(unquote(trim(&part[at + 1..])))),
    }
}

pub(super) fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

#[derive(Clone, Copy, Debug)]
pub struct CSeq<'a> {
    /// Below 2^31 (RFC 3261 section 8.1.1.5).
    pub number: u32,
    pub method: &'a [u8],
}

pub fn cseq(value: &[u8]) -> Option<CSeq<'_>> {
    let space = value.iter().position(|&b| is_space(b))?;
    let number = number(&value[..space]).filter(|n| *n < 1 << 31)?;
    let method = trim(&value[space..]);
    if method.is_empty() || !method.iter().all(|&b| is_token(b)) {
        return None;
    }
    Some(CSeq { number, method })
}

#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    pub transport: &'a [u8],
    pub host: Host<'a>,
    /// As written, with its port: part of a transaction's identity.
    pub sent_by: &'a [u8],
    pub port: Option<u16>,
    pub branch: Option<&'a [u8]>,
    /// RFC 3581: there, with or without a value.
    pub rport: bool,
}

/// `SIP / 2.0 / UDP host:port ;params`, with white space wherever RFC 4475 puts it.
pub fn via(value: &[u8]) -> Option<Via<'_>> {
    let semicolon = memchr(b';', value).unwrap_or(value.len());
    let (head, params) = value.split_at(semicolon);
    let rest = match head.strip_prefix(b"SIP/2.0/") {
        Some(rest) => rest,
        None => spaced_protocol(head)?,
    };
    let space = rest.iter().position(|&b| is_space(b))?;
    let transport = &rest[..space];
    let sent_by = trim(&rest[space..]);
    let (host, port) = host_port(sent_by)?;
    let (mut branch, mut rport) = (None, false);
    for (name, value) in Params(params).iter() {
        match name.len() {
            6 if name.eq_ignore_ascii_case(b"branch") => branch = branch.or(value),
            5 if name.eq_ignore_ascii_case(b"rport") => rport = true,
            _ => {}
        }
    }
    Some(Via { transport, host, sent_by, port, branch, rport })
}

/// What follows `SIP / 2.0 /` in any spelling.
fn spaced_protocol(head: &[u8]) -> Option<&[u8]> {
    let first = memchr(b'/', head)?;
    let second = first + 1 + memchr(b'/', &head[first + 1..])?;
    let fits = trim(&head[..first]).eq_ignore_ascii_case(b"SIP") && trim(&head[first + 1..second]) == b"2.0";
    fits.then(|| trim(&head[second + 1..]))
}
