//! `ETag` and `If-Match`: who changes what another changed meanwhile is told so, instead of writing over it.
//! A tag names what people change (a campaign's version, state and mode; an agent's state), not the figures that move
//! by themselves, so it is no use for caching, and nothing here is cached.

use super::error::Problem;
use crate::facts::Envelope;
use crate::words::Reason;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
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
            Some(tags) if !listed(tags).all(well_formed) => {
                let value: String = tags.chars().take(64).collect();
                Err(Problem::invalid("if-match", Reason::new("api.if_match_form").with("value", value)))
            }
            Some(tags) if listed(tags).any(|one| one == "*" || one == tag) => Ok(()),
            Some(_) => {
                let reason = Reason::new("api.changed_meanwhile").with("tag", tag);
                Err(Problem::new(StatusCode::PRECONDITION_FAILED, reason).at("if-match"))
            }
        }
    }
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
        let tag = HeaderValue::from_str(&self.1.to_string()).expect("digits in quotes");
        (self.0, [(header::ETAG, tag)], axum::Json(self.2)).into_response()
    }
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
        assert!(!asks("\"1-6\"") && !asks("W/\"1-7\"") && !asks("1-7") && !asks(""));
        assert!(Condition::offered(&HeaderMap::new()).holds(now).is_ok());
        assert!(Condition::required(&HeaderMap::new()).holds(now).is_err());
    }
}
