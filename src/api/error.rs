//! Errors as RFC 9457 problem details, in the reader's language, with the field and the fix.

use crate::engine::{Refusal, RefusalKind};
use crate::store::StoreError;
use crate::words::Lang;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A stable code, such as `call.step_passed`.
    pub code: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The field or parameter that is wrong, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Problem {
        Problem {
            code: code.to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
        }
    }

    pub fn not_found(what: &str, value: impl std::fmt::Display) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", format!("no {what} {value} here"))
    }

    pub fn invalid(field: &str, detail: impl Into<String>) -> Problem {
        Problem { field: Some(field.to_owned()), ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
    }

    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub fn refused(refusal: &Refusal, lang: Lang) -> Problem {
        let status = match refusal.kind {
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Problem::new(status, &refusal.reason.code, refusal.reason.text(lang))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match &error {
            StoreError::Taken { .. } => Problem::new(StatusCode::CONFLICT, "taken", error.to_string()),
            StoreError::Missing { .. } => Problem::new(StatusCode::NOT_FOUND, "not_found", error.to_string()),
            StoreError::Invalid { what, .. } => Problem::invalid(what, error.to_string()),
            StoreError::Url { .. }
            | StoreError::Unreachable { .. }
            | StoreError::Migration { .. }
            | StoreError::Locked { .. }
            | StoreError::Gone { .. }
            | StoreError::Full { .. }
            | StoreError::Fenced { .. }
            | StoreError::Broken { .. } => {
                tracing::error!(fault = error.fault(), %error, "the store failed a request");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.fault(), "the store cannot answer now: try again")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("plain text serializes");
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
