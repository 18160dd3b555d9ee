//! Orders: captured in calls, moved on by the client: verified, shipped, delivered, or not.

use super::auth::Caller;
use super::body::{Json, Page, Path, Query, limit, name_of, parse, parse_some};
use super::error::{Noun, Problem};
use super::export::{self, Format, Rows};
use super::state::State;
use crate::engine::Request;
use crate::facts::OrderState;
use crate::store::{OrderFilter, OrderRow, Scope};
use crate::words::{OrderId, Reason};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(advance))
}

#[derive(Serialize, ToSchema)]
pub struct Order {
    id: String,
    call: String,
    campaign: String,
    lead: String,
    agent: Option<String>,
    /// SKU, quantity, price in minor units.
    #[schema(value_type = Vec<Object>)]
    lines: Vec<crate::facts::OrderLine>,
    #[schema(value_type = Object)]
    total: crate::words::Money,
    /// `captured`, `verified`, `rejected`, `cancelled`, `shipped`, `delivered`, `returned`, `refused`.
    state: String,
    taken_at: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    campaign: Option<String>,
    call: Option<String>,
    state: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    state: String,
}

const SEE: &[Scope] = &[Scope::Manager, Scope::Supervisor, Scope::Client];

#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(Which),
    responses((status = 200, body = Page<Order>), (status = 422)))]
async fn list(
    Extract(api): Extract<State>,
    caller: Caller,
    format: Format,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    caller.needs(SEE)?;
    let limit = limit(which.limit)?;
    let campaign = caller.campaign(parse_some("campaign", which.campaign.as_ref())?)?;
    let state = which.state.as_deref().map(state_of).transpose()?;
    let filter = OrderFilter { campaign, call: parse_some("call", which.call.as_ref())?, state };
    let after = parse_some("after", which.after.as_ref())?;
    if format != Format::Json && which.limit.is_none() && after.is_none() {
        return Ok(export::stream(format, "orders", COLUMNS, all(api, filter)));
    }
    let rows = api.store.orders(&filter, after, limit).await?;
    Page::of(rows, limit, |row| row.id.to_string(), show).answer(format, "orders", COLUMNS)
}

/// Of a file.
const COLUMNS: &[&str] = &["id", "call", "campaign", "lead", "agent", "lines", "total", "state", "taken_at"];

fn all(api: State, filter: OrderFilter) -> export::Fetch<OrderId> {
    Box::new(move |after| {
        let (api, filter) = (api.clone(), filter.clone());
        Box::pin(async move {
            let rows = api.store.orders(&filter, after, export::PAGE).await?;
            Ok(Rows::of(rows, |row| row.id, show))
        })
    })
}

#[utoipa::path(get, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = Order), (status = 404)))]
async fn get(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Order>, Problem> {
    caller.needs(SEE)?;
    let id: OrderId = parse("id", &id)?;
    let row = api.store.order(id).await?.ok_or_else(|| Problem::not_found(Noun::Order, id))?;
    caller.sees_row(row.campaign, Noun::Order, id)?;
    Ok(axum::Json(show(row)))
}

/// The client says what became of it.
#[utoipa::path(post, path = "/v1/orders/{id}/state", tag = "orders", params(("id" = String, Path)), request_body = Advance,
    responses((status = 204), (status = 404), (status = 409)))]
async fn advance(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<Advance>,
) -> Result<StatusCode, Problem> {
    caller.needs(&[Scope::Manager, Scope::Client])?;
    let id: OrderId = parse("id", &id)?;
    let row = api.store.order(id).await?.ok_or_else(|| Problem::not_found(Noun::Order, id))?;
    caller.sees_row(row.campaign, Noun::Order, id)?;
    let state = state_of(&new.state)?;
    if row.state.is_final() {
        // The engine keeps only orders that can still move.
        let reason = Reason::new("order.wrong_state").with("from", name_of(row.state)).with("to", name_of(state));
        return Err(Problem::new(StatusCode::CONFLICT, reason));
    }
    let request = Request::AdvanceOrder { order: id, state };
    api.ask(&caller.name(), request).await.map_err(|r| Problem::refused(&r))?;
    Ok(StatusCode::NO_CONTENT)
}

fn state_of(text: &str) -> Result<OrderState, Problem> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| {
        Problem::one_of("state", text, "captured, verified, rejected, cancelled, shipped, delivered, returned, refused")
    })
}

fn show(row: OrderRow) -> Order {
    Order {
        id: row.id.to_string(),
        call: row.call.to_string(),
        campaign: row.campaign.to_string(),
        lead: row.lead.to_string(),
        agent: row.agent.map(|a| a.to_string()),
        lines: row.lines,
        total: row.total,
        state: name_of(row.state),
        taken_at: row.taken_at.rfc3339(),
    }
}
