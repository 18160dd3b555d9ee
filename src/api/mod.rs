//! The HTTP API under `/v1`: commands in, views and facts out; one file per noun.
//! It refuses to decide anything: the engine does, the store remembers, the pages show.

mod address;
mod agents;
mod auth;
mod board;
mod body;
mod calls;
mod campaigns;
mod cookie;
mod desk;
mod do_not_call;
mod document;
mod error;
mod etag;
mod events;
mod export;
mod fact;
mod feed;
mod floor;
mod health;
mod idempotency;
mod imports;
mod kpis;
mod leads;
mod lockout;
mod manual;
pub mod newcomers;
mod number;
mod open;
mod orders;
mod pages;
pub mod pauses;
pub mod preview;
mod push;
mod rates;
mod request_id;
mod revisions;
mod serve;
mod session;
mod shapes;
mod state;
mod stream;
pub mod suppressions;
mod who;

pub use document::document;
pub use feed::{Event, Feed};
pub use imports::Imports;
pub use serve::serve;
pub use session::LoginGuard;
pub use state::{Api, CampaignShelf, Keep, ShelfError, State, Taken};

use axum::Router;
use axum::http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

/// After it a request is given up; streams and uploads take the time they take.
const REQUEST_SECONDS_MAX: u64 = 30;

/// The routes by what they need around them, each with its part of the document.
struct Routes {
    ordinary: OpenApiRouter<State>,
    /// No time-out; uploads have a limit of their own.
    long: OpenApiRouter<State>,
    /// Asked without a key, and answered as quickly as the ordinary ones.
    login: OpenApiRouter<State>,
    /// Asked without a key.
    open: OpenApiRouter<State>,
}

fn routes() -> Routes {
    let ordinary = OpenApiRouter::new()
        .merge(campaigns::routes())
        .merge(leads::routes())
        .merge(do_not_call::routes())
        .merge(agents::routes())
        .merge(calls::routes())
        .merge(orders::routes())
        .merge(kpis::routes())
        .merge(events::routes())
        .merge(session::routes());
    let long = OpenApiRouter::new()
        .merge(stream::stream_route())
        .merge(desk::stream_route())
        .merge(floor::stream_route())
        .merge(leads::import_route());
    Routes { ordinary, long, login: session::login_route(), open: health::routes() }
}

pub fn router(state: State) -> Router {
    let document = document();
    let text = format!("{document:#}");
    let seconds = std::time::Duration::from_secs(REQUEST_SECONDS_MAX);
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, seconds);
    let Routes { ordinary, long, login, open } = routes();
    let plain = |router: OpenApiRouter<State>| router.split_for_parts().0;
    let bounded = |router| plain(router).layer(timeout);
    bounded(ordinary)
        .layer(axum::middleware::from_fn_with_state(state.clone(), idempotency::once))
        .merge(plain(long))
        .layer(axum::middleware::from_fn_with_state(state.clone(), auth::authenticate))
        .merge(bounded(login))
        .merge(plain(open))
        .merge(pages::router())
        .merge(preview::router())
        .route(
            "/openapi.json",
            axum::routing::get(move || async move { ([("content-type", "application/json")], text) }),
        )
        .merge(manual::routes(&document))
        .layer(axum::middleware::from_fn(etag::unless_known))
        .fallback(error::no_such_path)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(axum::middleware::from_fn(error::localize))
        .layer(axum::middleware::from_fn(request_id::mark))
        .with_state(state)
}
