//! The HTTP API under `/v1`: commands in, views and facts out; one file per noun.
//! It refuses to decide anything: the engine does, the store remembers, the pages show.

mod agents;
mod auth;
mod body;
mod calls;
mod campaigns;
mod error;
mod events;
mod feed;
mod health;
mod kpis;
mod leads;
mod orders;
mod state;

pub use feed::{Event, Feed};
pub use state::{Api, CampaignShelf, ShelfError, State};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

/// JSON bodies; a lead file may be larger and is streamed.
const BODY_BYTES_MAX: usize = 1 << 20;

#[derive(OpenApi)]
#[openapi(
    info(title = "Outpace", description = "Campaigns, agents, calls, orders and KPIs of an outbound dialer."),
    modifiers(&BearerKey)
)]
struct Document;

struct BearerKey;

impl utoipa::Modify for BearerKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key: outpace key new")).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
        document.security =
            Some(vec![utoipa::openapi::security::SecurityRequirement::new("key", Vec::<String>::new())]);
    }
}

/// The routes and the document generated from them.
pub fn routes() -> (Router<State>, utoipa::openapi::OpenApi) {
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(campaigns::routes())
        .merge(leads::routes())
        .merge(agents::routes())
        .merge(calls::routes())
        .merge(orders::routes())
        .merge(kpis::routes())
        .merge(events::routes())
        .split_for_parts();
    (router, document)
}

pub fn router(state: State) -> Router {
    let (routes, document) = routes();
    let document = document.to_pretty_json().expect("a document of plain structs serializes");
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, std::time::Duration::from_secs(30));
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(timeout)
        .merge(events::stream_route())
        .merge(leads::import_route())
        .layer(axum::middleware::from_fn_with_state(state.clone(), auth::authenticate))
        .merge(health::routes())
        .route(
            "/openapi.json",
            axum::routing::get(move || async move { ([("content-type", "application/json")], document) }),
        )
        .fallback(|uri: Uri| async move { error::Problem::not_found("path", uri.path()) })
        .layer(CatchPanicLayer::new())
        .with_state(state)
}

/// Serves until `ended` comes. Requests under way are finished; streams are cut off by whoever stops the task.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: State,
    ended: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(ended).await
}
