//! Digest challenges and credentials (RFC 2617, 7616, 8760), as they come.

use super::value::{pair, split_commas, trim};

/// One `Digest ...` of a WWW-Authenticate or Proxy-Authenticate.
#[derive(Clone, Copy, Debug, Default)]
pub struct DigestChallenge<'a> {
    pub realm: &'a [u8],
    pub nonce: &'a [u8],
    pub opaque: Option<&'a [u8]>,
    /// Absent means MD5.
    pub algorithm: Option<&'a [u8]>,
    /// Comma-separated options, such as `auth,auth-int`.
    pub qop: Option<&'a [u8]>,
    pub stale: bool,
}

/// A `Digest ...` of an Authorization or Proxy-Authorization.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'a> {
    pub username: &'a [u8],
    pub realm: &'a [u8],
    pub nonce: &'a [u8],
    pub uri: &'a [u8],
    pub response: &'a [u8],
    pub algorithm: Option<&'a [u8]>,
    pub cnonce: Option<&'a [u8]>,
    pub qop: Option<&'a [u8]>,
    pub nc: Option<&'a [u8]>,
}

fn digest_pairs(value: &[u8]) -> Option<impl Iterator<Item = (&[u8], &[u8])>> {
    let value = trim(value);
    let space = value.iter().position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))?;
    if !value[..space].eq_ignore_ascii_case(b"Digest") {
        return None;
    }
    Some(split_commas(&value[space..]).filter_map(|part| match pair(part) {
        (name, Some(value)) => Some((name, value)),
        (_, None) => None,
    }))
}

fn is(name: &[u8], wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted.as_bytes())
}

impl<'a> DigestChallenge<'a> {
    /// `None`: another scheme, or realm or nonce is missing.
    pub fn parse(value: &'a [u8]) -> Option<DigestChallenge<'a>> {
        let mut challenge = DigestChallenge::default();
        let (mut realm, mut nonce) = (false, false);
        for (name, value) in digest_pairs(value)? {
            if is(name, "realm") {
                (challenge.realm, realm) = (value, true);
            } else if is(name, "nonce") {
                (challenge.nonce, nonce) = (value, true);
            } else if is(name, "opaque") {
                challenge.opaque = Some(value);
            } else if is(name, "algorithm") {
                challenge.algorithm = Some(value);
            } else if is(name, "qop") {
                challenge.qop = Some(value);
            } else if is(name, "stale") {
                challenge.stale = is(value, "true");
            }
        }
        (realm && nonce).then_some(challenge)
    }
}

impl<'a> Credentials<'a> {
    /// `None`: another scheme, or something that every answer must have is missing.
    pub fn parse(value: &'a [u8]) -> Option<Credentials<'a>> {
        let mut found = Credentials::default();
        for (name, value) in digest_pairs(value)? {
            if is(name, "username") {
                found.username = value;
            } else if is(name, "realm") {
                found.realm = value;
            } else if is(name, "nonce") {
                found.nonce = value;
            } else if is(name, "uri") {
                found.uri = value;
            } else if is(name, "response") {
                found.response = value;
            } else if is(name, "algorithm") {
                found.algorithm = Some(value);
            } else if is(name, "cnonce") {
                found.cnonce = Some(value);
            } else if is(name, "qop") {
                found.qop = Some(value);
            } else if is(name, "nc") {
                found.nc = Some(value);
            }
        }
        let whole = !found.username.is_empty() && !found.nonce.is_empty() && !found.response.is_empty();
        whole.then_some(found)
    }
}
