//! `/v1/stream`: facts and views as they happen (server-sent events). A fact is told when it is on disk, with a cursor as
//! its id; who comes back with `Last-Event-ID` gets what was missed from the store, and then goes on. It refuses to tell
//! a fact that a crash could still take back.

use super::auth::Caller;
use super::body::{Query, parse};
use super::error::Problem;
use super::feed::Event;
use super::state::{Api, State};
use crate::store::{FactCursors, FactFilter, Scope, StoreError};
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::sse::{self, KeepAlive, Sse};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Whoever listens is asked so often whether they still may.
const STILL_EVERY: Duration = Duration::from_secs(15);
/// Of one read while catching up.
const PAGE: u32 = 1000;
/// Events that wait for a slow reader; then the feed's own bound counts.
const WAITING_MAX: usize = 64;

/// Apart from the others: it has no time-out.
pub fn stream_route() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(stream))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Since {
    /// As `Last-Event-ID`, for the first connection: the `next` of `/v1/events`, or the id of an event.
    after: Option<String>,
}

/// `event: fact | agent | campaign | missed`, data in JSON. A fact's id is a cursor: sent back as `Last-Event-ID` it brings
/// every fact since. An agent hears of itself, a client of its campaign. `missed`: so many views were passed over.
#[utoipa::path(get, path = "/v1/stream", tag = "events", params(Since,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event: what came since is told first")),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String)))]
async fn stream(
    Extract(api): Extract<State>,
    caller: Caller,
    headers: HeaderMap,
    Query(since): Query<Since>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Agent, Scope::Client])?;
    // First the ear, then the look into the store: nothing falls between.
    let live = api.feed.listen();
    let (at, behind) = match asked(&headers, since.after.as_deref())? {
        Some(at) => (at, true),
        None => (api.store.fact_ends().await?, false),
    };
    let (out, events) = mpsc::channel(WAITING_MAX);
    let teller = Teller { api, caller, at, out };
    tokio::spawn(async move {
        // It ends when nobody listens any more.
        let _ = teller.tell(live, behind).await;
    });
    Ok(Sse::new(ReceiverStream::new(events).map(Ok)).keep_alive(KeepAlive::default()))
}

fn asked(headers: &HeaderMap, after: Option<&str>) -> Result<Option<FactCursors>, Problem> {
    match (headers.get("last-event-id"), after) {
        (Some(id), _) if !id.is_empty() => parse("last-event-id", id.to_str().unwrap_or("?")).map(Some),
        (_, Some(after)) => parse("after", after).map(Some),
        (Some(_) | None, None) => Ok(None),
    }
}

struct Teller {
    api: State,
    caller: Caller,
    /// What the listener knows.
    at: FactCursors,
    out: mpsc::Sender<sse::Event>,
}

impl Teller {
    async fn tell(mut self, mut live: broadcast::Receiver<Event>, behind: bool) -> Option<()> {
        // An id alone is no event, and is kept by the browser all the same.
        self.out.send(sse::Event::default().id(self.at.to_string())).await.ok()?;
        if behind {
            self.catch_up().await?;
        }
        let mut still = tokio::time::interval(STILL_EVERY);
        loop {
            tokio::select! {
                event = live.recv() => match event {
                    Ok(event) => self.pass_on(event).await?,
                    Err(RecvError::Lagged(count)) => {
                        self.out.send(sse::Event::default().event("missed").data(count.to_string())).await.ok()?;
                        self.catch_up().await?;
                    }
                    Err(RecvError::Closed) => return None,
                },
                // A key that is revoked and a session that ended hear no more; an open stream keeps its session alive.
                _ = still.tick() => {
                    if !may_still(&self.caller, &self.api).await {
                        return None;
                    }
                }
                () = self.out.closed() => return None,
            }
        }
    }

    async fn pass_on(&mut self, event: Event) -> Option<()> {
        if let Event::Fact(fact, _) = &event {
            if self.at.knows(fact) {
                return Some(());
            }
            self.at.pass(fact);
        }
        if !may_hear(&self.caller, &event) {
            return Some(());
        }
        let shown = match event {
            Event::Agent(view) => sse::Event::default().event("agent").json_data(&*view),
            Event::Campaign(view) => sse::Event::default().event("campaign").json_data(&*view),
            Event::Fact(fact, _) => sse::Event::default().event("fact").id(self.at.to_string()).json_data(&*fact),
        };
        self.out.send(shown.expect("views and facts print as JSON")).await.ok()
    }

    /// From the store, page by page, until there is no more.
    async fn catch_up(&mut self) -> Option<()> {
        if self.caller.scope == Scope::Agent {
            return Some(());
        }
        let filter = FactFilter { campaign: self.caller.binding.campaign, ..FactFilter::default() };
        loop {
            let page = match self.api.store.facts_since(&filter, &self.at, PAGE).await {
                Ok(page) => page,
                Err(error) => return self.broken(&error),
            };
            for fact in &page {
                self.at.pass(fact);
                let event = sse::Event::default().event("fact").id(self.at.to_string()).json_data(fact);
                self.out.send(event.expect("facts print as JSON")).await.ok()?;
            }
            if page.len() < PAGE as usize {
                return Some(());
            }
        }
    }

    /// The listener comes back with its last id, and misses nothing.
    fn broken(&self, error: &StoreError) -> Option<()> {
        tracing::warn!(%error, "a stream ends: the store cannot say what was missed");
        None
    }
}

/// A store that is away says nothing about the key.
async fn may_still(caller: &Caller, api: &Api) -> bool {
    caller.still_holds(api).await.unwrap_or(true)
}

/// An agent hears of itself; who is bound to a campaign of that campaign's calls, and of no agents.
fn may_hear(caller: &Caller, event: &Event) -> bool {
    let own = caller.binding;
    match (caller.scope, event) {
        (Scope::Agent, Event::Agent(view)) => own.agent == Some(view.agent),
        (Scope::Agent, Event::Fact(..) | Event::Campaign(_)) => false,
        (Scope::Client, Event::Agent(_)) => false,
        (Scope::Client, Event::Fact(_, campaign)) => own.campaign.is_some() && own.campaign == *campaign,
        (Scope::Client, Event::Campaign(view)) => own.campaign == Some(view.campaign),
        (Scope::Admin | Scope::Manager | Scope::Supervisor, Event::Agent(_)) => own.campaign.is_none(),
        (Scope::Admin | Scope::Manager | Scope::Supervisor, Event::Fact(_, campaign)) => {
            own.campaign.is_none() || own.campaign == *campaign
        }
        (Scope::Admin | Scope::Manager | Scope::Supervisor, Event::Campaign(view)) => {
            own.campaign.is_none_or(|campaign| campaign == view.campaign)
        }
    }
}
