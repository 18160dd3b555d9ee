//! `/v1/stream`: facts and views as they happen (server-sent events). A fact is told when it is on disk, with a cursor as
//! its id; who comes back with `Last-Event-ID` gets what was missed from the store, and then goes on. It refuses to tell
//! a fact that a crash could still take back.

use super::auth::Caller;
use super::body::{Query, parse};
use super::error::Problem;
use super::fact;
use super::feed::Event;
use super::push::{self, Push};
use super::state::State;
use crate::store::{FactCursors, FactFilter, Scope, StoreError};
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse;
use serde::Deserialize;
use tokio::sync::broadcast::{self, error::RecvError};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Of one read while catching up.
const PAGE: u32 = 1000;

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
/// every fact since, as `/v1/events` tells them. An agent hears of itself, a client of its campaign. `missed`: so many views
/// were passed over.
#[utoipa::path(get, path = "/v1/stream", tag = "events", params(Since,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event: what came since is told first")),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String)))]
async fn stream(
    Extract(api): Extract<State>,
    caller: Caller,
    headers: HeaderMap,
    Query(since): Query<Since>,
) -> Result<impl IntoResponse, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Agent, Scope::Client])?;
    // First the ear, then the look into the store: nothing falls between.
    let live = api.feed.listen();
    let (at, behind) = match asked(&headers, since.after.as_deref())? {
        Some(at) => (at, true),
        None => (api.store.fact_ends().await?, false),
    };
    Ok(push::stream(push::EVENTS_UNREAD_MAX, move |push| Teller { api, caller, at, push }.tell(live, behind)))
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
    push: Push,
}

impl Teller {
    async fn tell(mut self, mut live: broadcast::Receiver<Event>, behind: bool) -> Option<()> {
        // An id alone is no event, and is kept by the browser all the same.
        self.push.send(sse::Event::default().id(self.at.to_string())).await?;
        if behind {
            self.catch_up().await?;
        }
        // A key that is revoked and a session that ended hear no more; an open stream keeps its session alive.
        let (push, api, caller) = (self.push.clone(), self.api.clone(), self.caller.clone());
        let over = push.over(&api, &caller);
        tokio::pin!(over);
        loop {
            tokio::select! {
                event = live.recv() => match event {
                    Ok(event) => self.pass_on(event).await?,
                    Err(RecvError::Lagged(count)) => {
                        self.push.send(sse::Event::default().event("missed").data(count.to_string())).await?;
                        self.catch_up().await?;
                    }
                    Err(RecvError::Closed) => return None,
                },
                () = &mut over => return None,
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
            Event::Fact(fact, _) => {
                sse::Event::default().event("fact").id(self.at.to_string()).json_data(fact::Shown(&fact))
            }
        };
        self.push.send(shown.expect("views and facts print as JSON")).await
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
                let event = sse::Event::default().event("fact").id(self.at.to_string()).json_data(fact::Shown(fact));
                self.push.send(event.expect("facts print as JSON")).await?;
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
