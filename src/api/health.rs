//! `/livez`: the process answers. `/readyz`: it can work, or which fault by name keeps it from that.

use super::state::State;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

#[utoipa::path(get, path = "/livez", tag = "health",
    responses((status = 200, description = "The process answers", content_type = "text/plain", body = String)))]
async fn live() -> &'static str {
    "ok"
}

/// One line a fault: its name, a colon, its cause.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "Ready", content_type = "text/plain", body = String),
        (status = 503, description = "The faults, one a line", content_type = "text/plain", body = String)))]
async fn ready(Extract(api): Extract<State>) -> (StatusCode, String) {
    let mut faults = (api.faults)();
    if let Err(error) = api.store.ping().await {
        faults.push((error.fault().to_owned(), error.to_string()));
    }
    if faults.is_empty() {
        return (StatusCode::OK, "ready".to_owned());
    }
    let lines: Vec<String> = faults.into_iter().map(|(name, why)| format!("{name}: {why}")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines.join("\n"))
}
