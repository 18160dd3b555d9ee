//! JSON in with errors that name the place, ids and times in paths and queries, pages by cursor.

use super::error::Problem;
use super::export::{self, Format};
use crate::words::{Reason, Wall};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;
use tokio_stream::StreamExt;

/// JSON bodies; a lead file may be larger and is streamed.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Of a body that is too large, so much is read and forgotten before the answer.
const HEARD_OUT_BYTES_MAX: usize = 8 << 20;
/// A body that comes more slowly is given up; of a lead file, each part of it.
pub const BODY_WITHIN: Duration = Duration::from_secs(15);
/// Lists and objects within each other (`reliability-goals.md`).
const DEPTH_MAX: usize = 32;

/// A whole number, also as JSON writes it with a fraction of nothing: `3.0` is 3 (RFC 8259 section 6 knows one kind).
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    use serde::de::Error;
    let number = serde_json::Number::deserialize(deserializer)?;
    let wide = number.as_f64().filter(|n| n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(n));
    wide.map(|n| n as u32)
        .ok_or_else(|| D::Error::custom(format!("{number} is no whole number from 0 to {}", u32::MAX)))
}

/// A JSON body. An empty one counts as `{}`.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, Problem> {
        let wrong_type = content_type(request.headers(), &["application/json"]);
        let bytes = bytes(request.into_body()).await?;
        if let (Some(problem), false) = (wrong_type, bytes.is_empty()) {
            return Err(problem);
        }
        read(&bytes).map(Json)
    }
}

/// A whole body, bounded in length and time.
pub async fn bytes(body: Body) -> Result<Vec<u8>, Problem> {
    tokio::time::timeout(BODY_WITHIN, receive(body)).await.map_err(|_| too_slow())?
}

/// Whoever sends too much is heard out for a while: a connection that is closed on a client that still writes is reset,
/// and the answer with it.
async fn receive(body: Body) -> Result<Vec<u8>, Problem> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut passed_over) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, Reason::new("api.broken_off").with("problem", error)).at("body")
        })?;
        if passed_over == 0 && bytes.len() + chunk.len() <= BODY_BYTES_MAX {
            bytes.extend_from_slice(&chunk);
            continue;
        }
        passed_over += chunk.len();
        if passed_over > HEARD_OUT_BYTES_MAX {
            break;
        }
    }
    if passed_over == 0 {
        return Ok(bytes);
    }
    let reason = Reason::new("api.body_too_large").with("most", BODY_BYTES_MAX);
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, reason).at("body"))
}

pub fn too_slow() -> Problem {
    let reason = Reason::new("api.too_slow_body").with("seconds", BODY_WITHIN.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, reason).at("body")
}

/// What is wrong with the body's type, if it has one: it must be one of `known`, or `application/NAME+json` for JSON.
pub fn content_type(headers: &HeaderMap, known: &[&str]) -> Option<Problem> {
    let header = headers.get(header::CONTENT_TYPE)?;
    let text = header.to_str().unwrap_or("?");
    let kind = text.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let json = known.contains(&"application/json") && kind.starts_with("application/") && kind.ends_with("+json");
    if json || known.contains(&kind.as_str()) {
        return None;
    }
    let value: String = text.chars().take(64).collect();
    let reason = Reason::new("api.content_type").with("value", value).with("wanted", known.join(", "));
    Some(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason).at("content-type"))
}

/// A JSON object of texts; a name that stands twice is refused, where a map would keep the last.
pub fn unique<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Unique;
    impl<'de> Visitor<'de> for Unique {
        type Value = BTreeMap<String, String>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object of texts")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((name, value)) = entries.next_entry::<String, String>()? {
                if map.contains_key(&name) {
                    return Err(serde::de::Error::custom(format_args!("duplicate field `{name}`")));
                }
                map.insert(name, value);
            }
            Ok(map)
        }
    }
    input.deserialize_map(Unique)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if depth(bytes) > DEPTH_MAX {
        return Err(Problem::invalid("body", Reason::new("api.too_deep").with("most", DEPTH_MAX)));
    }
    let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = serde_path_to_error::deserialize(&mut json);
    let read = read.map_err(|e| (Some(e.path().to_string()), e.into_inner()));
    let value = read.and_then(|value| json.end().map(|()| value).map_err(|e| (None, e)));
    value.map_err(|(path, error)| {
        let problem = error.to_string();
        let path = path
            .filter(|path| path != "." && path != "?")
            .or_else(|| quoted(&problem))
            .unwrap_or_else(|| "body".to_owned());
        Problem::invalid(&path, Reason::new("api.json").with("problem", &problem))
    })
}

/// How deep lists and objects stand within each other, at most. Without recursion, and before anything is parsed.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut text, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match (text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => text = !text,
            (false, b'[' | b'{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            (true | false, _) => {}
        }
    }
    deepest
}

/// The field that serde names in backticks: unknown, missing or twice.
fn quoted(problem: &str) -> Option<String> {
    let named = ["unknown field `", "missing field `", "duplicate field `"];
    let rest = named.iter().find_map(|start| Some(problem.split_once(start)?.1))?;
    rest.split_once('`').map(|(field, _)| field.chars().take(64).collect())
}

/// The query string as a struct; what is wrong is named.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|q| Query(q.0)).map_err(|e| {
            let text = e.body_text();
            let problem = text.split_once(": ").map_or(text.as_str(), |(_, rest)| rest);
            let before_colon = || problem.split_once(": ").map(|(field, _)| field.to_owned());
            let field = quoted(problem).or_else(before_colon).unwrap_or_else(|| "query".to_owned());
            Problem::invalid(&field, Reason::new("api.query").with("problem", problem))
        })
    }
}

/// A segment of the path.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|p| Path(p.0))
            .map_err(|e| Problem::invalid("path", Reason::new("api.query").with("problem", e.body_text())))
    }
}

/// An id or another small value of the path or query.
pub fn parse<T: FromStr>(field: &str, text: &str) -> Result<T, Problem>
where
    T::Err: Display,
{
    // What they say names the value.
    text.parse().map_err(|e: T::Err| Problem::invalid(field, Reason::new("api.wrong").with("problem", e)))
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
    Wall::parse_rfc3339(text).map(Some).ok_or_else(|| {
        let value: String = text.chars().take(64).collect();
        Problem::invalid(field, Reason::new("api.time").with("value", value))
    })
}

/// A text of a person's, bounded in characters.
pub fn short(field: &str, text: Option<String>, most: usize) -> Result<Option<String>, Problem> {
    text.as_deref().map_or(Ok(()), |text| fits(field, text, most)).map(|()| text)
}

pub fn fits(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    // No text has fewer bytes than characters.
    let length = if text.len() > most { text.chars().count() } else { 0 };
    if length <= most {
        return Ok(());
    }
    Err(Problem::invalid(field, Reason::new("api.text_too_long").with("length", length).with("most", most)))
}

/// Where a list goes on.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The `next` of the page before.
    pub after: Option<String>,
    pub limit: Option<u32>,
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
        n => Err(Problem::invalid("limit", Reason::new("api.limit").with("value", n).with("most", PAGE_MAX))),
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

impl<T: Serialize> Page<T> {
    /// As asked for. A file has no place for `next`: there are more rows if it is full.
    pub fn answer(self, format: Format, name: &str, columns: &[&str]) -> Result<Response, Problem> {
        match format {
            Format::Json => Ok(axum::Json(self).into_response()),
            Format::Csv | Format::Ndjson => export::whole(format, name, columns, self.items.into_iter()),
        }
    }
}

pub fn shown(at: Option<Wall>) -> Option<String> {
    at.map(Wall::rfc3339)
}

/// A unit variant by its serde name.
pub fn name_of(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_texts() {
        assert_eq!(depth(b"{}"), 1);
        assert_eq!(depth(br#"{"a":[[{}]],"b":"[[[[[[\"[["}"#), 4);
        assert_eq!(depth("[".repeat(1_000_000).as_bytes()), 1_000_000);
    }
}
