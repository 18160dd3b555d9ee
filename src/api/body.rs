//! JSON in with errors that name the place, ids and times in paths and queries, pages by cursor.

use super::error::Problem;
use crate::words::Wall;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, request::Parts};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;

/// A JSON body. An empty one counts as `{}`.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Problem> {
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|e| Problem::new(e.status(), "body", e.body_text()))?;
        let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        serde_json::from_slice(text).map(Json).map_err(|e| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "body",
                format!("JSON line {} column {}: {e}", e.line(), e.column()),
            )
        })
    }
}

/// The query string as a struct; what is wrong is named.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|q| Query(q.0)).map_err(|e| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "query", e.body_text()))
    }
}

/// An id or another small value of the path or query.
pub fn parse<T: FromStr>(field: &str, text: &str) -> Result<T, Problem>
where
    T::Err: Display,
{
    text.parse().map_err(|e: T::Err| Problem::invalid(field, e.to_string()))
}

pub fn parse_some<T: FromStr>(field: &str, text: Option<&String>) -> Result<Option<T>, Problem>
where
    T::Err: Display,
{
    text.map(|text| parse(field, text)).transpose()
}

/// RFC 3339 with an offset.
pub fn time(field: &str, text: Option<&String>) -> Result<Option<Wall>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let at = Wall::parse_rfc3339(text);
    at.map(Some).ok_or_else(|| {
        Problem::invalid(field, format!("\"{text}\" is no time: RFC 3339, such as 2026-11-21T09:00:00+08:00"))
    })
}

/// Rows of a page; more are asked for with `after=next`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

pub const PAGE: u32 = 100;
pub const PAGE_MAX: u32 = 1000;

pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked.unwrap_or(PAGE) {
        n @ 1..=PAGE_MAX => Ok(n),
        n => Err(Problem::invalid("limit", format!("{n}: 1 to {PAGE_MAX}"))),
    }
}

impl<T> Page<T> {
    /// `rows` were asked for with this limit: a full page has a next one, after its last row.
    pub fn of<R>(rows: Vec<R>, limit: u32, id: impl Fn(&R) -> String, show: impl Fn(R) -> T) -> Page<T> {
        let full = rows.len() == limit as usize;
        let next = rows.last().filter(|_| full).map(id);
        Page { items: rows.into_iter().map(show).collect(), next }
    }
}

pub fn shown(at: Option<Wall>) -> Option<String> {
    at.map(Wall::rfc3339)
}
