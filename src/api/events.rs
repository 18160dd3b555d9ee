//! What happens: facts by cursor (`/v1/events`), and live with the views (`/v1/stream`, server-sent events).

use super::auth::Caller;
use super::body::{Query, limit, parse_some, time};
use super::error::Problem;
use super::feed::Event;
use super::state::State;
use crate::store::{FactCursor, FactCursors, FactFilter, Scope};
use axum::extract::State as Extract;
use axum::response::sse::{self, KeepAlive, Sse};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::wrappers::{BroadcastStream, IntervalStream};
use tokio_stream::{Stream, StreamExt};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Whoever listens is asked so often whether they still may.
const STILL_EVERY: Duration = Duration::from_secs(15);

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Apart from the others: it has no time-out.
pub fn stream_route() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(stream))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    campaign: Option<String>,
    call: Option<String>,
    agent: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct Facts {
    #[schema(value_type = Vec<Object>)]
    items: Vec<crate::facts::Envelope>,
    /// Always there: facts that come later come after it.
    next: String,
}

/// The facts of each node in the order they happened, node by node; from them a client can recompute every KPI.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(Which),
    responses((status = 200, body = Facts), (status = 422)))]
async fn list(
    Extract(api): Extract<State>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<axum::Json<Facts>, Problem> {
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
    Ok(axum::Json(Facts { items, next: cursors.to_string() }))
}

/// `event: fact | agent | campaign | missed`, data in JSON, facts with their cursor as id. An agent's key hears of its
/// own agent, a key bound to a campaign of that campaign.
#[utoipa::path(get, path = "/v1/stream", tag = "events",
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String)))]
async fn stream(
    Extract(api): Extract<State>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Agent, Scope::Client])?;
    let listener = caller.clone();
    let events = BroadcastStream::new(api.feed.listen()).filter_map(move |event| show(&caller, event).map(Ok));
    Ok(Sse::new(until_ended(api, listener, events)).keep_alive(KeepAlive::default()))
}

/// A key that is revoked and a session that ends hear no more; an open stream keeps its session alive.
fn until_ended<T>(api: State, caller: Caller, events: impl Stream<Item = T>) -> impl Stream<Item = T> {
    let looks = IntervalStream::new(tokio::time::interval(STILL_EVERY)).then(move |_| {
        let (api, caller) = (api.clone(), caller.clone());
        // A store that is away says nothing about the key.
        async move { caller.still_holds(&api).await.unwrap_or(true) }
    });
    let events = events.map(Some);
    let looks = looks.filter_map(|holds| (!holds).then_some(None));
    events.merge(looks).take_while(Option::is_some).filter_map(|event| event)
}

fn show(caller: &Caller, event: Result<Event, BroadcastStreamRecvError>) -> Option<sse::Event> {
    let event = match event {
        Err(BroadcastStreamRecvError::Lagged(count)) => {
            return Some(sse::Event::default().event("missed").data(count.to_string()));
        }
        Ok(event) => event,
    };
    if !may_hear(caller, &event) {
        return None;
    }
    match event {
        Event::Agent(view) => sse::Event::default().event("agent").json_data(&*view).ok(),
        Event::Campaign(view) => sse::Event::default().event("campaign").json_data(&*view).ok(),
        Event::Fact(fact, _) => {
            sse::Event::default().event("fact").id(FactCursor::of(&fact).to_string()).json_data(&*fact).ok()
        }
    }
}

/// An agent's key hears of its own agent; a key bound to a campaign of that campaign's calls, and of no agents.
fn may_hear(caller: &Caller, event: &Event) -> bool {
    let own = caller.binding;
    match (caller.scope, event) {
        (Scope::Agent, Event::Agent(view)) => own.agent == Some(view.agent),
        (Scope::Agent, Event::Fact(..) | Event::Campaign(_)) => false,
        (Scope::Client, Event::Agent(_)) => false,
        (_, Event::Agent(_)) => own.campaign.is_none(),
        (_, Event::Fact(_, campaign)) => own.campaign.is_none() || own.campaign == *campaign,
        (_, Event::Campaign(view)) => own.campaign.is_none_or(|campaign| campaign == view.campaign),
    }
}
