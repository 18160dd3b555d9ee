//! What an agent's page is shown, pushed: the state and the call in hand at once, who the customer is a moment later,
//! the own calls and numbers of the day. It refuses to show another agent's desk, or a whole phone number.

use super::auth::Caller;
use super::board::midnight;
use super::error::{Noun, Problem};
use super::pauses::PauseReason;
use super::push::{self, Push};
use super::state::{Api, State};
use crate::campaign::Settings;
use crate::campaign::settings::HandledBy;
use crate::engine::{AgentCallView, Request};
use crate::store::{AgentRow, CallFilter, CallRow, CampaignRow, StoreError};
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

/// Earlier calls to the lead, and the agent's own of the day.
const HISTORY_MAX: u32 = 6;
const OWN_CALLS_MAX: u32 = 12;
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
    name: &'a str,
    lang: Lang,
    campaigns: Vec<Choice>,
    pauses: &'a [PauseReason],
}

/// A campaign that can be worked for.
#[derive(Serialize)]
struct Choice {
    id: CampaignId,
    title: Text,
    outcomes: Vec<Outcome>,
}

/// The screen pop: who, why this call, what was before.
#[derive(Serialize)]
struct Pop {
    call: CallId,
    campaign: Text,
    name: Option<String>,
    /// Masked.
    phone: Option<String>,
    fields: BTreeMap<String, String>,
    zone: Option<String>,
    attempt: u32,
    /// Promised to the customer: why the phone rang now.
    callback_at: Option<i64>,
    history: Vec<Past>,
    outcomes: Vec<Outcome>,
    wrap_seconds_max: u32,
    /// What was written down already, after a reload.
    filled: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Outcome {
    id: String,
    title: Text,
    then: crate::campaign::settings::Then,
    opt_out: bool,
}

/// An earlier call.
#[derive(Serialize)]
struct Past {
    call: CallId,
    at: i64,
    attempt: u32,
    cause: Option<Cause>,
    outcome: Option<String>,
    /// Of the outcome, in the campaign's words.
    title: Option<Text>,
    talk_ms: u32,
    agent: Option<AgentId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Of the person, in the list of own calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<CampaignId>,
}

/// `event: hello | view | pop | calls | numbers`. An agent's own desk: `view` is the agent's state with the call in
/// hand, `pop` who the customer is, `calls` the own calls of the day, `numbers` the own KPIs.
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
    desk.hello(&caller).await?;
    // Dropped after `view`: then this page is not counted any more.
    let _present = Present::new(&desk);
    let board = desk.api.feed.board();
    let (mut view, mut figures) = (desk.api.feed.watch_agent(desk.agent.id), board.figures());
    let (mut popped, mut closed, mut looks) = (None, None, 0);
    desk.own_calls().await?;
    let over = desk.push.over(&desk.api, &caller);
    tokio::pin!(over);
    view.mark_changed();
    loop {
        tokio::select! {
            changed = view.changed() => {
                changed.ok()?;
                let now = view.borrow_and_update().clone();
                desk.push.json("view", &now.as_deref()).await?;
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
    async fn hello(&self, caller: &Caller) -> Option<()> {
        let rows = self.api.store.campaigns().await.unwrap_or_default();
        let open = |row: &CampaignRow| {
            let by_agent = settings(row).is_some_and(|settings| settings.flow.handled_by == HandledBy::Agent);
            by_agent && caller.sees(row.id).is_ok() && self.api.feed.campaign(row.id).is_some()
        };
        let choice = |row: &CampaignRow| Choice { id: row.id, title: title(row), outcomes: outcomes(settings(row)) };
        let campaigns = rows.iter().filter(|row| open(row)).map(choice).collect();
        let hello = Hello {
            boot: &self.api.feed.board().boot,
            now: (self.api.now)().millis(),
            agent: self.agent.id,
            name: &self.agent.name,
            lang: self.agent.lang,
            campaigns,
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
        let Some(campaign) = store.campaign(call.campaign).await? else { return Ok(None) };
        let Some(lead) = store.lead(call.lead).await? else { return Ok(None) };
        let settings = settings(&campaign);
        let filter = CallFilter { lead: Some(call.lead), ..CallFilter::default() };
        let mut history = Vec::new();
        for row in store.calls(&filter, Some(call.call), HISTORY_MAX).await? {
            let notes = store.call_notes(row.id).await?;
            history.push(Past::of(row, settings.as_ref(), notes));
        }
        let mut fields = lead.fields;
        // Shown apart from the others.
        ["phone", "name", "lang"].iter().for_each(|column| _ = fields.remove(*column));
        Ok(Some(Pop {
            call: call.call,
            campaign: title(&campaign),
            name: lead.name,
            phone: lead.phone.map(|phone| phone.to_string()),
            fields,
            zone: call.zone.clone(),
            attempt: call.attempt,
            callback_at: lead.callback_at.map(Wall::millis),
            history,
            wrap_seconds_max: settings.as_ref().map_or(0, |settings| settings.agents.wrap_seconds_max),
            filled: store.call_fields(call.call).await?,
            outcomes: outcomes(settings),
        }))
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
            let past = Past::of(row, known.get(&campaign), Vec::new());
            calls.push(Past { name, campaign: Some(campaign), ..past });
        }
        Ok(calls)
    }
}

impl Past {
    fn of(row: CallRow, settings: Option<&Settings>, notes: Vec<String>) -> Past {
        let title = row.outcome.as_ref().and_then(|name| settings?.outcomes.get(name));
        Past {
            call: row.id,
            at: row.answered_at.unwrap_or(row.placed_at).millis(),
            attempt: row.attempt,
            title: title.map(|outcome| outcome.title.clone()),
            cause: row.cause,
            outcome: row.outcome,
            talk_ms: row.talk_ms,
            agent: row.agent,
            notes,
            name: None,
            campaign: None,
        }
    }
}

fn outcomes(settings: Option<Settings>) -> Vec<Outcome> {
    let all = settings.into_iter().flat_map(|settings| settings.outcomes);
    all.map(|(id, outcome)| Outcome { id, title: outcome.title, then: outcome.then, opt_out: outcome.opt_out })
        .collect()
}

/// As the folder was taken in.
pub fn settings(row: &CampaignRow) -> Option<Settings> {
    serde_json::from_str(&row.spec).ok()
}

pub fn title(row: &CampaignRow) -> Text {
    settings(row).map_or_else(|| Text::plain(&row.name), |settings| settings.title)
}
