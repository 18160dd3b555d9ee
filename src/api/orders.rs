//! Orders: captured in calls, moved on by the client: verified, shipped, delivered, or not.

mod shown;

use super::auth::Caller;
use super::body::{Json, Page, Path, Query, limit, parse, parse_some, time};
use super::error::{Noun, Problem};
use super::export::{self, Format, Rows};
use super::state::{Api, State};
use crate::engine::Request;
use crate::facts::OrderState;
use crate::store::{Customer, OrderFilter, OrderRow, Scope, StoreError};
use crate::words::OrderId;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use shown::Order;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(advance))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    campaign: Option<String>,
    call: Option<String>,
    state: Option<String>,
    /// Taken at or after this time (RFC 3339, with an offset).
    from: Option<String>,
    /// Taken before it.
    to: Option<String>,
    /// Taken or moved on to another state at or after this time: what is new since you last asked.
    changed_since: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    state: String,
}

const SEE: &[Scope] = &[Scope::Manager, Scope::Supervisor, Scope::Client];

/// Newest first. As CSV a row for each line of an order, with whom it goes to; what was filled in during the call stands in
/// columns `field.NAME`, prices in the currency's own unit (`49.90`).
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
    let filter = OrderFilter {
        campaign,
        call: parse_some("call", which.call.as_ref())?,
        state: which.state.as_deref().map(state_of).transpose()?,
        from: time("from", which.from.as_ref())?,
        to: time("to", which.to.as_ref())?,
        changed_since: time("changed_since", which.changed_since.as_ref())?,
    };
    let after = parse_some("after", which.after.as_ref())?;
    let columns = match format {
        Format::Csv => shown::columns(api.store.order_fields(&filter).await?),
        Format::Json | Format::Ndjson => Vec::new(),
    };
    if format != Format::Json && which.limit.is_none() && after.is_none() {
        return Ok(export::stream(format, "orders", columns, all(api, filter, caller, format)));
    }
    let rows = addressed(&api, api.store.orders(&filter, after, limit).await?).await?;
    let page = Page::of(rows, limit, |(row, _)| row.id.to_string(), |row| shown::order(row, &caller));
    match format {
        Format::Json | Format::Ndjson => page.answer(format, "orders", &[]),
        Format::Csv => export::whole(format, "orders", &columns, page.items.iter().flat_map(shown::lines)),
    }
}

fn all(api: State, filter: OrderFilter, caller: Caller, format: Format) -> export::Fetch<OrderId> {
    Box::new(move |after| {
        let (api, filter, caller) = (api.clone(), filter.clone(), caller.clone());
        Box::pin(async move {
            let rows = addressed(&api, api.store.orders(&filter, after, export::PAGE).await?).await?;
            let id = |(row, _): &(OrderRow, Customer)| row.id;
            Ok(match format {
                Format::Csv => Rows::spread(rows, id, |row| shown::lines(&shown::order(row, &caller))),
                Format::Json | Format::Ndjson => Rows::of(rows, id, |row| shown::order(row, &caller)),
            })
        })
    })
}

/// Each with its customer.
async fn addressed(api: &Api, rows: Vec<OrderRow>) -> Result<Vec<(OrderRow, Customer)>, StoreError> {
    let customers = api.store.customers(&rows).await?;
    Ok(rows.into_iter().zip(customers).collect())
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
    let row = addressed(&api, vec![row]).await?.pop().expect("one in, one out");
    Ok(axum::Json(shown::order(row, &caller)))
}

/// The client says what became of it: captured, then verified or rejected, shipped, delivered or refused, returned;
/// cancelled until it is shipped. 409 names the steps that are open.
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
        return Err(Problem::new(StatusCode::CONFLICT, row.state.refuses(state)));
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
