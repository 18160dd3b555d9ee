//! `/livez`: the process answers. `/readyz`: it can work, or which fault by name keeps it from that.

use super::state::State;
use axum::Router;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub fn routes() -> Router<State> {
    Router::new().route("/livez", get(|| async { "ok" })).route("/readyz", get(ready))
}

async fn ready(Extract(api): Extract<State>) -> Response {
    let mut faults = (api.faults)();
    if let Err(error) = api.store.ping().await {
        faults.push((error.fault().to_owned(), error.to_string()));
    }
    if faults.is_empty() {
        return (StatusCode::OK, "ready").into_response();
    }
    let lines: Vec<String> = faults.into_iter().map(|(name, why)| format!("{name}: {why}")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines.join("\n")).into_response()
}
