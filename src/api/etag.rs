//! `ETag`, `If-Match` and `If-None-Match`: who changes what another changed meanwhile is told so, instead of writing over
//! it; who has the answer already is told that it still holds. A tag's first part names what people change (a campaign's
//! version, state and mode; an agent's state), and `If-Match` asks for that alone; its last part is the answer's own, with
//! the figures that move by themselves. Nothing here is cached.

use super::error::Problem;
use crate::facts::Envelope;
use crate::words::Reason;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::fmt;

/// The latest fact that changed a thing. Zero: none since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revision {
    node: u16,
    seq: u64,
}

impl Revision {
    pub fn of(fact: &Envelope) -> Revision {
        Revision { node: fact.node, seq: fact.seq }
    }

    /// With the answer's own part, or as problems name it: without.
    fn is_of(self, tag: &str) -> bool {
        let now = format!("{}-{}", self.node, self.seq);
        let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let rest = inner.and_then(|inner| inner.strip_prefix(&now));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    fn tag(self, body: &[u8]) -> String {
        let digest = Sha256::digest(body);
        let own: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("\"{}-{}-{own}\"", self.node, self.seq)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}-{}\"", self.node, self.seq)
    }
}

/// What `If-Match` asks for.
#[derive(Debug, Clone)]
pub struct Condition {
    tags: Option<String>,
    required: bool,
}

impl Condition {
    /// Heeded where it is sent.
    pub fn offered(headers: &HeaderMap) -> Condition {
        let all: Vec<&str> = headers.get_all(header::IF_MATCH).iter().map(|v| v.to_str().unwrap_or("?")).collect();
        Condition { tags: (!all.is_empty()).then(|| all.join(",")), required: false }
    }

    /// Two people could write over each other: without it, 428 (RFC 6585 section 3).
    pub fn required(headers: &HeaderMap) -> Condition {
        Condition { required: true, ..Condition::offered(headers) }
    }

    pub fn is_asked(&self) -> bool {
        self.required || self.tags.is_some()
    }

    /// RFC 9110 section 13.1.1. Weak tags never match.
    pub fn holds(&self, now: Revision) -> Result<(), Problem> {
        let tag = now.to_string();
        match &self.tags {
            None if self.required => {
                let reason = Reason::new("api.if_match_needed").with("tag", tag);
                Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, reason).at("if-match"))
            }
            None => Ok(()),
            Some(tags) if !listed(tags).all(well_formed) => Err(malformed("if-match", tags)),
            Some(tags) if listed(tags).any(|one| one == "*" || now.is_of(one)) => Ok(()),
            Some(_) => {
                let reason = Reason::new("api.changed_meanwhile").with("tag", tag);
                Err(Problem::new(StatusCode::PRECONDITION_FAILED, reason).at("if-match"))
            }
        }
    }
}

fn malformed(field: &'static str, tags: &str) -> Problem {
    let value: String = tags.chars().take(64).collect();
    Problem::invalid(field, Reason::new("api.if_match_form").with("value", value))
}

/// A list may have empty places, and be empty (RFC 9110 section 5.6.1.2): then nothing matches.
fn listed(tags: &str) -> impl Iterator<Item = &str> {
    tags.split(',').map(str::trim).filter(|tag| !tag.is_empty())
}

/// `*`, or what RFC 9110 section 8.8.3 calls an entity tag. Ours hold no comma.
fn well_formed(tag: &str) -> bool {
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    tag == "*" || inner.is_some_and(|inner| inner.bytes().all(|b| b.is_ascii_graphic() && b != b'"'))
}

/// Heeded where it is sent.
pub struct IfMatch(pub Condition);
/// Needed.
pub struct MustMatch(pub Condition);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IfMatch, Infallible> {
        Ok(IfMatch(Condition::offered(&parts.headers)))
    }
}
impl<S: Send + Sync> FromRequestParts<S> for MustMatch {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<MustMatch, Infallible> {
        Ok(MustMatch(Condition::required(&parts.headers)))
    }
}

/// An answer with its tag.
pub struct Tagged<T>(pub StatusCode, pub Revision, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let Tagged(status, revision, value) = self;
        let body = serde_json::to_vec(&value).expect("answers of plain values serialize");
        let tag = HeaderValue::from_str(&revision.tag(&body)).expect("digits in quotes");
        let json = HeaderValue::from_static("application/json");
        (status, [(header::ETAG, tag), (header::CONTENT_TYPE, json)], body).into_response()
    }
}

/// 304 where the caller has this very answer (RFC 9110 section 13.1.2).
pub async fn unless_known(request: Request, next: Next) -> Response {
    let reads = request.method().is_safe();
    let known = request.headers().get(header::IF_NONE_MATCH).filter(|_| reads).cloned();
    let response = next.run(request).await;
    let tag = response.headers().get(header::ETAG).filter(|_| response.status() == StatusCode::OK);
    let (Some(known), Some(tag)) = (known, tag) else { return response };
    let (known, tag) = (known.to_str().unwrap_or("?"), tag.to_str().unwrap_or("?"));
    // Nothing at all is an empty list, which is legal and matches nothing (RFC 9110 section 5.6.1.2).
    if !known.trim().is_empty() && !known.split(',').map(str::trim).all(well_formed) {
        return malformed("if-none-match", known).into_response();
    }
    let same = listed(known).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag);
    if !same {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tag_of_now_matches() {
        let now = Revision { node: 1, seq: 7 };
        let asks = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(text))]);
            Condition::offered(&headers).holds(now).is_ok()
        };
        assert!(asks("\"1-7\"") && asks("*") && asks("\"9-9\", \"1-7\""));
        assert!(asks("\"1-7-0123456789abcdef\"") && !asks("\"1-71\"") && !asks("\"1-71-00\""));
        assert!(!asks("\"1-6\"") && !asks("W/\"1-7\"") && !asks("1-7") && !asks(""));
        assert!(Condition::offered(&HeaderMap::new()).holds(now).is_ok());
        assert!(Condition::required(&HeaderMap::new()).holds(now).is_err());
    }
}
