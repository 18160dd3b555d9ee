//! Errors as RFC 9457 problem details: a code, the field, the fix, in the reader's language.
//! It refuses to tell a caller of what is not the caller's.

use super::request_id::RequestId;
use crate::engine::{Refusal, RefusalKind};
use crate::store::StoreError;
use crate::words::{Lang, Reason, Text};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::any::Any;
use std::fmt::Display;

/// What a handler ends with when it cannot do what was asked. Its sentence is made last, by `localize`.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    reason: Reason,
    /// Arguments that are sentences themselves, in each language.
    told: Vec<(&'static str, Text)>,
    field: Option<String>,
    /// Seconds until it is worth another try.
    retry_after: Option<u64>,
}

/// As it travels: `application/problem+json`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Shown {
    /// Stable, such as `call.step_passed`.
    code: String,
    title: String,
    status: u16,
    /// What is wrong and how to mend it, in the language of `Accept-Language`.
    detail: String,
    /// The field or parameter that is wrong, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// As in `X-Request-Id`: what to name when asking why.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// What can be looked up by its id, and not be there.
#[derive(Debug, Clone, Copy)]
pub enum Noun {
    Agent,
    Call,
    CallInHand,
    Campaign,
    Kpi,
    Lead,
    Order,
    Recording,
}

impl Problem {
    pub fn new(status: StatusCode, reason: Reason) -> Problem {
        Problem { status, reason, told: Vec::new(), field: None, retry_after: None }
    }

    /// The same for what is not there and for what is another's.
    pub fn not_found(noun: Noun, value: impl Display) -> Problem {
        let reason = match noun {
            Noun::Agent => Reason::new("agent.not_found").with("agent", value),
            Noun::Call => Reason::new("api.no_call").with("call", value),
            Noun::CallInHand => Reason::new("call.not_found"),
            Noun::Campaign => Reason::new("campaign.not_found").with("campaign", value),
            Noun::Kpi => Reason::new("api.no_kpi").with("kpi", value),
            Noun::Lead => Reason::new("api.no_lead").with("lead", value),
            Noun::Order => Reason::new("order.not_found").with("order", value),
            Noun::Recording => Reason::new("api.no_recording").with("call", value),
        };
        Problem::new(StatusCode::NOT_FOUND, reason)
    }

    pub fn invalid(field: &str, reason: Reason) -> Problem {
        Problem { field: Some(field.to_owned()), ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason) }
    }

    /// A value that is not one of those known.
    pub fn one_of(field: &str, value: &str, known: &str) -> Problem {
        let value: String = value.chars().take(64).collect();
        Problem::invalid(field, Reason::new("api.one_of").with("value", value).with("known", known))
    }

    pub fn at(self, field: &str) -> Problem {
        Problem { field: Some(field.to_owned()), ..self }
    }

    /// With an argument that is a sentence itself.
    pub fn telling(mut self, name: &'static str, text: Text) -> Problem {
        self.told.push((name, text));
        self
    }

    /// Worth another try after so many seconds.
    pub fn after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    pub fn forbidden(reason: Reason) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, reason)
    }

    pub fn unavailable(problem: impl Display) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, Reason::new("api.unavailable").with("problem", problem))
    }

    pub fn refused(refusal: &Refusal) -> Problem {
        let status = match refusal.kind {
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Problem::new(status, refusal.reason.clone())
    }

    fn body(&self, lang: Lang, id: Option<&RequestId>) -> Vec<u8> {
        let mut reason = self.reason.clone();
        for (name, text) in &self.told {
            reason = reason.with(name, text.get(lang));
        }
        let shown = Shown {
            detail: reason.text(lang),
            code: reason.code,
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            field: self.field.clone(),
            request_id: id.map(|id| id.text().to_owned()),
        };
        serde_json::to_vec(&shown).expect("plain text serializes")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match &error {
            StoreError::Taken { value, .. } => {
                Problem::new(StatusCode::CONFLICT, Reason::new("api.taken").with("value", value)).at("name")
            }
            StoreError::Missing { value, .. } => {
                Problem::new(StatusCode::NOT_FOUND, Reason::new("api.missing").with("value", value))
            }
            StoreError::Invalid { what, value, fix } => {
                Problem::invalid(what, Reason::new("api.value").with("value", value).with("problem", fix))
            }
            StoreError::Url { .. }
            | StoreError::Unreachable { .. }
            | StoreError::Migration { .. }
            | StoreError::Locked { .. }
            | StoreError::Gone { .. }
            | StoreError::Full { .. }
            | StoreError::Fenced { .. }
            | StoreError::Broken { .. } => {
                tracing::error!(fault = error.fault(), %error, "the store failed a request");
                let reason = Reason::new("api.store_away").with("fault", error.fault());
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, reason)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.body(Lang::En, None);
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The caller's language, by `Accept-Language`.
pub fn lang(headers: &HeaderMap) -> Lang {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    header.map_or(Lang::En, Lang::from_tag)
}

/// Around everything: problems in the caller's language, and a problem where a layer below answered without words.
pub async fn localize(request: Request, next: Next) -> Response {
    let lang = lang(request.headers());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let status = response.status();
    let wordless = status.as_u16() >= 400 && !response.headers().contains_key(header::CONTENT_TYPE);
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if wordless => Problem::new(status, unsaid(status, &method, &uri)),
        None => return response,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.remove(header::CONTENT_LENGTH);
    if method != Method::HEAD {
        *response.body_mut() = Body::from(problem.body(lang, id.as_ref()));
    }
    response
}

fn unsaid(status: StatusCode, method: &Method, uri: &Uri) -> Reason {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            Reason::new("api.wrong_method").with("method", method).with("path", uri.path())
        }
        StatusCode::GATEWAY_TIMEOUT => Reason::new("api.too_slow"),
        _ => Reason::new("api.refused"),
    }
}

/// A request that panicked ends alone.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, Reason::new("api.panicked")).into_response()
}

/// The path itself is unknown.
pub async fn no_such_path(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(StatusCode::NOT_FOUND, Reason::new("api.no_path").with("path", path))
}
