//! What happened: facts by cursor (`/v1/events`). Live they stand in `stream`.

use super::auth::Caller;
use super::body::{Query, limit, parse_some, time};
use super::error::Problem;
use super::fact;
use super::state::State;
use crate::store::{FactCursors, FactFilter, Scope};
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    campaign: Option<String>,
    call: Option<String>,
    agent: Option<String>,
    /// Such as `call_placed`.
    kind: Option<String>,
    /// RFC 3339, with an offset.
    from: Option<String>,
    /// Exclusive.
    to: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct Facts<'a> {
    #[schema(value_type = Vec<fact::Fields>)]
    items: Vec<fact::Shown<'a>>,
    /// Always there: facts that come later come after it.
    next: String,
}

/// The facts of each node in the order they happened, node by node; from them a client can recompute every KPI.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(Which),
    responses((status = 200, body = Facts<'_>), (status = 422)))]
async fn list(Extract(api): Extract<State>, caller: Caller, Query(which): Query<Which>) -> Result<Response, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Client])?;
    let limit = limit(which.limit)?;
    let campaign = caller.campaign(parse_some("campaign", which.campaign.as_ref())?)?;
    let filter = FactFilter {
        campaign,
        call: parse_some("call", which.call.as_ref())?,
        agent: parse_some("agent", which.agent.as_ref())?,
        kind: which.kind,
        from: time("from", which.from.as_ref())?,
        to: time("to", which.to.as_ref())?,
    };
    let mut cursors: FactCursors = parse_some("after", which.after.as_ref())?.unwrap_or_default();
    let items = api.store.facts_since(&filter, &cursors, limit).await?;
    items.iter().for_each(|fact| cursors.pass(fact));
    Ok(axum::Json(Facts { items: fact::all(&items), next: cursors.to_string() }).into_response())
}
