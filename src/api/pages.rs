//! The pages at `/agent` and `/floor`, and what they are made of under `/ui`, with a policy that lets nothing else in.
//! They hold no data: what they show comes by the API.

use super::state::State;
use crate::ui;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// Our own files only, no inline script or style, no frame around us (W3C CSP level 3).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
];

pub fn router() -> Router<State> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/agent") }))
        .route("/agent", get(|headers: HeaderMap| async move { file("agent.html", &headers) }))
        .route("/floor", get(|headers: HeaderMap| async move { file("floor.html", &headers) }))
        .route("/ui/{*path}", get(under_ui))
}

async fn under_ui(Path(path): Path<String>, request: Request) -> Response {
    file(&path, request.headers())
}

pub(super) fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ui::find(path) else { return StatusCode::NOT_FOUND.into_response() };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| known.split(',').any(|one| one.trim() == asset.etag));
    let mut response =
        if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { (&*asset.body).into_response() };
    let own = response.headers_mut();
    for (name, value) in HEADERS {
        own.insert(name, HeaderValue::from_static(value));
    }
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    // A new version of the program is seen at the next load; an old one is not sent twice.
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    own.insert(header::ETAG, HeaderValue::from_str(&asset.etag).expect("hex in quotes"));
    response
}
