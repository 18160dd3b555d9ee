//! What an agent's page is shown, pushed: the state and the call in hand at once, who the customer is a moment later,
//! the own calls and numbers of the day. It refuses to show another agent's desk, or a whole phone number.

use super::auth::Caller;
use super::board::midnight;
use super::error::{Noun, Problem};
use super::open::{Choice, Open};
use super::pauses::PauseReason;
use super::push::{self, Push};
use super::state::{Api, State};
use super::who::{self, Card, Found, Outcome, Past};
use crate::campaign::Settings;
use crate::campaign::settings::OnTimeout;
use crate::engine::{AgentCallView, AgentView, PreviewView, Request};
use crate::store::{AgentRow, CampaignRow, StoreError};
use crate::words::*;
use axum::extract::State as Extract;
use axum::response::IntoResponse;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The agent's own of the day.
const OWN_CALLS_MAX: u32 = 12;
/// Campaigns come and change their mode; agents see it by then.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A call that just closed is on disk by then.
const ON_DISK_AFTER: Duration = Duration::from_millis(700);
const LOOKS_MAX: u32 = 40;

/// Apart from the others: it has no time-out.
pub fn stream_route() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(stream))
}

#[derive(Serialize)]
struct Hello<'a> {
    /// Of the server's process: another one means that it began anew.
    boot: &'a str,
    now: i64,
    agent: AgentId,
    /// The login, and the softphone's user.
    name: &'a str,
    display: &'a str,
    lang: Lang,
    campaigns: &'a [Choice],
    pauses: &'a [PauseReason],
}

/// The screen pop: who, why this call, what was before.
#[derive(Serialize)]
struct Pop {
    call: CallId,
    #[serde(flatten)]
    card: Card,
    zone: Option<String>,
    attempt: u32,
    /// Promised to the customer: why the phone rang now.
    callback_at: Option<i64>,
    outcomes: Vec<Outcome>,
    wrap_seconds_max: u32,
    /// What was written down already, after a reload.
    filled: BTreeMap<String, String>,
}

/// Manual and preview: who the agent is about to call.
#[derive(Serialize)]
struct Ahead {
    lead: LeadId,
    #[serde(flatten)]
    card: Card,
    lang: Option<Lang>,
    zone: Option<String>,
    attempt: u32,
    callback_at: Option<i64>,
    /// To look at it, and what comes then. Manual mode has no limit.
    seconds: u32,
    on_timeout: Option<OnTimeout>,
}

/// The agent's state, with the notice as a sentence in each language.
#[derive(Serialize)]
struct Seen<'a> {
    #[serde(flatten)]
    view: &'a AgentView,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_text: Option<Text>,
}

/// `event: hello | campaigns | view | pop | lead | calls | numbers`. An agent's own desk: `campaigns` can be worked for,
/// `view` is the agent's state with the call in hand, `pop` who the customer is, `lead` who is shown before the dial,
/// `calls` the own calls of the day, `numbers` the own KPIs.
#[utoipa::path(get, path = "/v1/desk/stream", tag = "desk",
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String)))]
async fn stream(Extract(api): Extract<State>, caller: Caller) -> Result<impl IntoResponse, Problem> {
    let Some(agent) = caller.binding.agent else {
        return Err(Problem::forbidden(Reason::new("api.agents_only").with("scope", caller.scope)));
    };
    let row = api.store.agent(agent).await?.ok_or_else(|| Problem::not_found(Noun::Agent, agent))?;
    Ok(push::stream(push::PICTURES_UNREAD_MAX, move |push| attend(api, caller, row, push)))
}

async fn attend(api: Arc<Api>, caller: Caller, row: AgentRow, push: Push) -> Option<()> {
    let desk = Desk { api, agent: row, push };
    let mut open = Open::default();
    open.changed(&desk.api, &caller).await;
    desk.hello(&open).await?;
    // Dropped after `view`: then this page is not counted any more.
    let _present = Present::new(&desk);
    let board = desk.api.feed.board();
    let (mut view, mut figures) = (desk.api.feed.watch_agent(desk.agent.id), board.figures());
    let (mut popped, mut ahead, mut closed, mut looks) = (None, None, None, 0);
    let mut look = tokio::time::interval(LOOK_EVERY);
    desk.own_calls().await?;
    let over = desk.push.over(&desk.api, &caller);
    tokio::pin!(over);
    view.mark_changed();
    loop {
        tokio::select! {
            changed = view.changed() => {
                changed.ok()?;
                let now = view.borrow_and_update().clone();
                desk.push.json("view", &now.as_deref().map(Seen::of)).await?;
                let preview = now.as_ref().and_then(|view| view.preview.as_ref());
                if preview.map(|shown| shown.lead) != ahead {
                    if let Some(shown) = preview {
                        desk.lead(shown).await?;
                    }
                    ahead = preview.map(|shown| shown.lead);
                }
                let call = now.as_ref().and_then(|view| view.call.as_ref());
                if call.map(|call| call.call) != popped {
                    match call {
                        Some(call) => desk.pop(call).await?,
                        None => closed = Some(Instant::now() + ON_DISK_AFTER),
                    }
                    popped = call.map(|call| call.call);
                }
            }
            () = tokio::time::sleep_until(closed.unwrap_or_else(Instant::now)), if closed.is_some() => {
                // A store that is slow has it a little later.
                let whole = desk.own_calls().await?;
                looks = if whole { 0 } else { looks + 1 };
                closed = (1..LOOKS_MAX).contains(&looks).then(|| Instant::now() + ON_DISK_AFTER);
            }
            changed = figures.changed() => {
                changed.ok()?;
                let own = figures.borrow_and_update().agents.get(&desk.agent.id).cloned().unwrap_or_default();
                desk.push.json("numbers", &own).await?;
            }
            _ = look.tick() => {
                if open.changed(&desk.api, &caller).await {
                    desk.push.json("campaigns", &open.choices).await?;
                }
            }
            () = &mut over => return None,
        }
    }
}

/// The engine offers no customer to an agent whose last page has gone.
struct Present {
    api: Arc<Api>,
    agent: AgentId,
}

impl Present {
    fn new(desk: &Desk) -> Present {
        let present = Present { api: desk.api.clone(), agent: desk.agent.id };
        present.tell(true);
        present
    }

    fn tell(&self, here: bool) {
        // Nothing is to be answered: the agent's view shows what follows.
        self.api.door.ask("page", Request::Page { agent: self.agent, here }, Box::new(|_| {}));
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        if self.api.feed.pages_of(self.agent) == 0 {
            self.tell(false);
        }
    }
}

/// One listener's.
struct Desk {
    api: Arc<Api>,
    agent: AgentRow,
    push: Push,
}

impl Desk {
    async fn hello(&self, open: &Open) -> Option<()> {
        let hello = Hello {
            boot: &self.api.feed.board().boot,
            now: (self.api.now)().millis(),
            agent: self.agent.id,
            name: &self.agent.name,
            display: self.agent.shown(),
            lang: self.agent.lang,
            campaigns: &open.choices,
            pauses: &self.api.pauses,
        };
        self.push.json("hello", &hello).await
    }

    /// A store that is away costs the pop, not the call.
    async fn pop(&self, call: &AgentCallView) -> Option<()> {
        match self.look_up(call).await {
            Ok(Some(pop)) => self.push.json("pop", &pop).await,
            Ok(None) => Some(()),
            Err(error) => {
                tracing::warn!(call = %call.call, %error, "the screen pop could not be looked up");
                Some(())
            }
        }
    }

    async fn look_up(&self, call: &AgentCallView) -> Result<Option<Pop>, StoreError> {
        let store = &self.api.store;
        let Some(found) = who::look_up(store, call.campaign, call.lead, Some(call.call)).await? else {
            return Ok(None);
        };
        Ok(Some(Pop {
            call: call.call,
            card: found.card,
            zone: call.zone.clone(),
            attempt: call.attempt,
            callback_at: found.callback_at.map(Wall::millis),
            wrap_seconds_max: found.settings.as_ref().map_or(0, |settings| settings.agents.wrap_seconds_max),
            filled: store.call_fields(call.call).await?,
            outcomes: who::outcomes(found.settings),
        }))
    }

    /// A store that is away costs the card: attempt and time stand in the view.
    async fn lead(&self, shown: &PreviewView) -> Option<()> {
        match who::look_up(&self.api.store, shown.campaign, shown.lead, None).await {
            Ok(Some(found)) => self.push.json("lead", &Ahead::of(shown, found)).await,
            Ok(None) => Some(()),
            Err(error) => {
                tracing::warn!(lead = %shown.lead, %error, "the lead could not be looked up");
                Some(())
            }
        }
    }

    /// Today's, newest first. False: the last one has no outcome yet.
    async fn own_calls(&self) -> Option<bool> {
        match self.look_up_own_calls().await {
            Ok(calls) => {
                self.push.json("calls", &calls).await?;
                Some(calls.first().is_none_or(|last| last.outcome.is_some()))
            }
            Err(error) => {
                tracing::warn!(agent = %self.agent.id, %error, "the own calls could not be looked up");
                Some(true)
            }
        }
    }

    async fn look_up_own_calls(&self) -> Result<Vec<Past>, StoreError> {
        let store = &self.api.store;
        let known: BTreeMap<CampaignId, Settings> =
            store.campaigns().await?.iter().filter_map(|row| Some((row.id, settings(row)?))).collect();
        let zone = known.values().next().map_or("UTC", |settings| &settings.hours.zone);
        let from = midnight(zone, (self.api.now)()).unwrap_or(Wall(i64::MIN));
        let mut calls = Vec::new();
        for row in store.own_calls(self.agent.id, from, OWN_CALLS_MAX).await? {
            let (campaign, lead) = (row.campaign, row.lead);
            let name = store.lead(lead).await?.and_then(|lead| lead.name);
            let mut past = Past::of(row, known.get(&campaign), Vec::new());
            (past.name, past.campaign) = (name, Some(campaign));
            calls.push(past);
        }
        Ok(calls)
    }
}

impl Ahead {
    fn of(shown: &PreviewView, found: Found) -> Ahead {
        let limit = found.settings.map(|settings| settings.preview).filter(|_| shown.until.is_some());
        Ahead {
            lead: shown.lead,
            card: found.card,
            lang: found.lang,
            zone: found.zone,
            attempt: shown.attempt,
            callback_at: shown.callback.map(Wall::millis),
            seconds: limit.as_ref().map_or(0, |preview| preview.seconds),
            on_timeout: limit.map(|preview| preview.on_timeout),
        }
    }
}

impl Seen<'_> {
    fn of(view: &AgentView) -> Seen<'_> {
        Seen { view, notice_text: view.notice.as_ref().map(Reason::in_each) }
    }
}

/// As the folder was taken in.
pub fn settings(row: &CampaignRow) -> Option<Settings> {
    serde_json::from_str(&row.spec).ok()
}

pub fn title(row: &CampaignRow) -> Text {
    settings(row).map_or_else(|| Text::plain(&row.name), |settings| settings.title)
}
