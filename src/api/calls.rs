//! Calls: what became of each, its timeline of facts, its recording; and the agent's hand on the one at hand.

use super::auth::Caller;
use super::body::{Json, Page, Path, Query, fits, limit, parse, parse_some, short, shown, time, unique, whole};
use super::error::{Noun, Problem};
use super::export::{self, Format, Rows};
use super::state::{Api, State};
use crate::engine::{Amendment, Request};
use crate::store::{CallFilter, CallRow, LeadState, Scope};
use crate::words::{CallId, Reason, Wall};
use axum::body::Body;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(timeline))
        .routes(routes!(recording))
        .routes(routes!(choice))
        .routes(routes!(outcome))
        .routes(routes!(note))
        .routes(routes!(extend))
        .routes(routes!(hangup))
        .routes(routes!(hold))
}

#[derive(Serialize, ToSchema)]
pub struct Call {
    id: String,
    campaign: String,
    lead: String,
    attempt: u32,
    placed_at: String,
    invite_at: Option<String>,
    ringing_at: Option<String>,
    answered_at: Option<String>,
    bridged_at: Option<String>,
    ended_at: Option<String>,
    trunk: Option<String>,
    sip_call_id: Option<String>,
    agent: Option<String>,
    /// The rung of the KPI dictionary's ladder it ended on.
    /// A word, or a word with what it carries.
    #[schema(value_type = serde_json::Value)]
    cause: Option<crate::words::Cause>,
    sip: Option<u16>,
    q850: Option<u8>,
    talk_ms: u32,
    outcome: Option<String>,
    withdrawn: bool,
    /// What the flow and the agent filled in. Only for one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    campaign: Option<String>,
    lead: Option<String>,
    agent: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// Only calls alive (true), or ended (false).
    open: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

const SEE: &[Scope] = &[Scope::Manager, Scope::Supervisor, Scope::Client];

/// Newest first.
#[utoipa::path(get, path = "/v1/calls", tag = "calls", params(Which),
    responses((status = 200, body = Page<Call>), (status = 422)))]
async fn list(
    Extract(api): Extract<State>,
    caller: Caller,
    format: Format,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    caller.needs(SEE)?;
    let limit = limit(which.limit)?;
    let campaign = caller.campaign(parse_some("campaign", which.campaign.as_ref())?)?;
    let filter = CallFilter {
        campaign,
        lead: parse_some("lead", which.lead.as_ref())?,
        agent: parse_some("agent", which.agent.as_ref())?,
        from: time("from", which.from.as_ref())?,
        to: time("to", which.to.as_ref())?,
        open: which.open,
    };
    let after = parse_some("after", which.after.as_ref())?;
    if format != Format::Json && which.limit.is_none() && after.is_none() {
        return Ok(export::stream(format, "calls", COLUMNS, all(api, filter)));
    }
    let rows = api.store.calls(&filter, after, limit).await?;
    let page = Page::of(rows, limit, |row| row.id.to_string(), |row| show(row, None));
    page.answer(format, "calls", COLUMNS)
}

/// Of a file.
const COLUMNS: &[&str] = &[
    "id",
    "campaign",
    "lead",
    "attempt",
    "placed_at",
    "invite_at",
    "ringing_at",
    "answered_at",
    "bridged_at",
    "ended_at",
    "trunk",
    "sip_call_id",
    "agent",
    "cause",
    "sip",
    "q850",
    "talk_ms",
    "outcome",
    "withdrawn",
];

fn all(api: State, filter: CallFilter) -> export::Fetch<CallId> {
    Box::new(move |after| {
        let (api, filter) = (api.clone(), filter.clone());
        Box::pin(async move {
            let rows = api.store.calls(&filter, after, export::PAGE).await?;
            Ok(Rows::of(rows, |row| row.id, |row| show(row, None)))
        })
    })
}

#[utoipa::path(get, path = "/v1/calls/{id}", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = Call), (status = 404)))]
async fn get(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Call>, Problem> {
    let row = find(&api, &caller, &id).await?;
    let fields = api.store.call_fields(row.id).await?;
    Ok(axum::Json(show(row, Some(fields))))
}

/// Its facts, in order.
#[utoipa::path(get, path = "/v1/calls/{id}/timeline", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = [Object]), (status = 404)))]
async fn timeline(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<crate::facts::Envelope>>, Problem> {
    let row = find(&api, &caller, &id).await?;
    Ok(axum::Json(api.store.timeline(row.id).await?))
}

/// WAV, two channels: left the customer, right the agent.
#[utoipa::path(get, path = "/v1/calls/{id}/recording", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, content_type = "audio/wav"), (status = 404)))]
async fn recording(Extract(api): Extract<State>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor])?;
    let row = find(&api, &caller, &id).await?;
    let recording = api.store.recording_of_call(row.id).await?;
    let recording = recording.ok_or_else(|| Problem::not_found(Noun::Recording, row.id))?;
    let path = api.recordings.join(&recording.file);
    let bytes = tokio::fs::read(&path).await.map_err(|e| {
        tracing::error!(call = %row.id, error = %e, "a recording cannot be read");
        Problem::new(StatusCode::NOT_FOUND, Reason::new("api.recording_gone").with("recording", recording.id))
    })?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], Body::from(bytes)).into_response())
}

async fn find(api: &Api, caller: &Caller, id: &str) -> Result<CallRow, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Client, Scope::Agent])?;
    let id: CallId = parse("id", id)?;
    let row = api.store.call(id).await?.ok_or_else(|| Problem::not_found(Noun::Call, id))?;
    caller.sees_row(row.campaign, Noun::Call, id)?;
    if caller.scope == Scope::Agent {
        let own = row.agent.is_some_and(|agent| caller.acts_for(agent).is_ok());
        if !own {
            return Err(Problem::not_found(Noun::Call, id));
        }
    }
    Ok(row)
}

/// What an agent can type in a wrap-up, and more.
const NOTE_MAX: usize = 16 * 1024;
/// A form has so many fields at most, each of so many characters.
const FIELDS_MAX: usize = 100;
const FIELD_NAME_MAX: usize = 64;
const FIELD_MAX: usize = 4 * 1024;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Choose {
    /// Of the step as it was shown: a click on an older one is refused.
    #[serde(deserialize_with = "whole")]
    turn: u32,
    choice: String,
    #[serde(default, deserialize_with = "unique")]
    fields: BTreeMap<String, String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Outcome {
    /// One of the campaign's outcomes; absent: what the flow set.
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    note: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    callback_at: Option<String>,
    /// Instead, on the customer's own clock: `2026-11-23T15:00`.
    #[serde(default)]
    callback_local: Option<String>,
    /// False: only marked. It closes the call seconds later, until then a call without `outcome` takes it back.
    #[serde(default = "yes")]
    close: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    note: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Hold {
    on: bool,
}

/// The agent's choice in the flow's step: a choice's id, or `objection:NAME`.
#[utoipa::path(post, path = "/v1/calls/{id}/choice", tag = "calls", params(("id" = String, Path)), request_body = Choose,
    responses((status = 204), (status = 404), (status = 409), (status = 422)))]
async fn choice(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    Json(c): Json<Choose>,
) -> Result<StatusCode, Problem> {
    if c.fields.len() > FIELDS_MAX {
        let reason = Reason::new("api.too_many_fields").with("count", c.fields.len()).with("most", FIELDS_MAX);
        return Err(Problem::invalid("fields", reason));
    }
    for (name, value) in &c.fields {
        fits("fields", name, FIELD_NAME_MAX)?;
        fits("fields", value, FIELD_MAX)?;
    }
    act(api, caller, id, |call| Request::Choose { call, turn: c.turn, choice: c.choice, fields: c.fields }).await
}

/// How the conversation went. It is on disk when the answer comes, and ends the wrap-up. On a call that is over it is
/// an amendment: the last word counts, and the lead is planned anew if no other call came since.
#[utoipa::path(post, path = "/v1/calls/{id}/outcome", tag = "calls", params(("id" = String, Path)), request_body = Outcome,
    responses((status = 204), (status = 404), (status = 409), (status = 422)))]
async fn outcome(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
    Json(o): Json<Outcome>,
) -> Result<StatusCode, Problem> {
    let note = short("note", o.note, NOTE_MAX)?;
    let callback = match o.callback_local {
        Some(text) => Some(local_time(&api, &caller, &id, &text).await?),
        None => time("callback_at", o.callback_at.as_ref())?,
    };
    let outcome = o.outcome;
    if !o.close {
        let mark = |call| Request::MarkOutcome { call, outcome, note, callback };
        return act(Extract(api), caller, Path(id), mark).await;
    }
    if in_hand(&api, &caller, &id).await? {
        let set = |call| Request::SetOutcome { call, outcome, note, callback };
        return act(Extract(api), caller, Path(id), set).await;
    }
    amend(&api, &caller, &id, outcome, note, callback).await
}

/// Is it a call that the engine still has? An agent's own is known from the view.
async fn in_hand(api: &Api, caller: &Caller, id: &str) -> Result<bool, Problem> {
    let call: CallId = parse("id", id)?;
    if let Some(agent) = caller.binding.agent {
        let own = api.feed.agent(agent).and_then(|view| view.call);
        return Ok(own.is_some_and(|own| own.call == call));
    }
    Ok(api.feed.agents().iter().any(|view| view.call.as_ref().is_some_and(|held| held.call == call)))
}

/// An agent may mend the own calls for so long.
const AMEND_HOURS: u32 = 24;

async fn amend(
    api: &Api,
    caller: &Caller,
    id: &str,
    outcome: Option<String>,
    note: Option<String>,
    callback: Option<Wall>,
) -> Result<StatusCode, Problem> {
    let row = find(api, caller, id).await.map_err(|problem| match caller.scope {
        Scope::Agent => Problem::not_found(Noun::CallInHand, id),
        Scope::Admin | Scope::Manager | Scope::Supervisor | Scope::Client => problem,
    })?;
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Agent])?;
    let conflict = |reason| Problem::new(StatusCode::CONFLICT, reason);
    let (Some(ended), true) = (row.ended_at, row.bridged_at.is_some()) else {
        return Err(conflict(Reason::new("call.not_handled")));
    };
    let age = (api.now)().since(ended);
    if caller.scope == Scope::Agent && age.as_secs() > u64::from(AMEND_HOURS) * 3600 {
        return Err(conflict(Reason::new("call.amend_late").with("hours", AMEND_HOURS)));
    }
    let lead = api.store.lead(row.lead).await?;
    let movable = lead.is_some_and(|lead| {
        let at_work = matches!(lead.state, LeadState::Leased | LeadState::InFlight);
        lead.last_call == Some(row.id) && !at_work
    });
    let amendment = Amendment {
        call: row.id,
        campaign: row.campaign,
        lead: row.lead,
        number_hash: row.number_hash,
        attempt: row.attempt,
        agent: row.agent,
        cause: row.cause.unwrap_or(crate::words::Cause::Handled),
        again: row.outcome.is_some(),
        movable,
        outcome,
        note,
        callback,
    };
    let request = Request::AmendOutcome(Box::new(amendment));
    api.ask(&caller.name(), request).await.map_err(|r| Problem::refused(&r))?;
    Ok(StatusCode::NO_CONTENT)
}

/// A time to come on the customer's clock. Where the clock is put forward or back, the nearest that there is.
async fn local_time(api: &Api, caller: &Caller, id: &str, text: &str) -> Result<Wall, Problem> {
    let row = find(api, caller, id).await?;
    let zone = row.zone.split('&').next().and_then(|zone| jiff::tz::TimeZone::get(zone).ok());
    let clock: Option<jiff::civil::DateTime> = text.trim().replace(' ', "T").parse().ok();
    let at = zone.zip(clock).and_then(|(zone, clock)| zone.to_ambiguous_zoned(clock).compatible().ok());
    let at = at.map(|at| Wall(at.timestamp().as_microsecond())).filter(|at| *at > (api.now)());
    at.ok_or_else(|| {
        let value: String = text.chars().take(64).collect();
        Problem::invalid("callback_local", Reason::new("api.callback_local").with("value", value))
    })
}

/// The agent's note as far as it is written. The latest is kept when the call closes, however it closes.
#[utoipa::path(put, path = "/v1/calls/{id}/note", tag = "calls", params(("id" = String, Path)), request_body = Note,
    responses((status = 204), (status = 404), (status = 422)))]
async fn note(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    Json(n): Json<Note>,
) -> Result<StatusCode, Problem> {
    let note = short("note", Some(n.note), NOTE_MAX)?.unwrap_or_default();
    act(api, caller, id, |call| Request::KeepDraft { call, note }).await
}

/// Half a minute more for the wrap-up, four times at most.
#[utoipa::path(post, path = "/v1/calls/{id}/extend", tag = "calls", params(("id" = String, Path)),
    responses((status = 204), (status = 404), (status = 409)))]
async fn extend(api: Extract<State>, caller: Caller, id: Path<String>) -> Result<StatusCode, Problem> {
    act(api, caller, id, |call| Request::ExtendWrap { call }).await
}

/// The agent ends the call with the customer.
#[utoipa::path(post, path = "/v1/calls/{id}/hangup", tag = "calls", params(("id" = String, Path)),
    responses((status = 204), (status = 404), (status = 409)))]
async fn hangup(api: Extract<State>, caller: Caller, id: Path<String>) -> Result<StatusCode, Problem> {
    act(api, caller, id, |call| Request::HangUp { call }).await
}

#[utoipa::path(post, path = "/v1/calls/{id}/hold", tag = "calls", params(("id" = String, Path)), request_body = Hold,
    responses((status = 204), (status = 404), (status = 409)))]
async fn hold(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    Json(h): Json<Hold>,
) -> Result<StatusCode, Problem> {
    act(api, caller, id, |call| Request::Hold { call, on: h.on }).await
}

/// The call at hand is known from the agent's view, without a look into the store.
async fn act(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
    request: impl FnOnce(CallId) -> Request,
) -> Result<StatusCode, Problem> {
    let id: CallId = parse("id", &id)?;
    if caller.scope == Scope::Agent {
        let own = caller.binding.agent.and_then(|agent| api.feed.agent(agent)).and_then(|view| view.call);
        if own.is_none_or(|call| call.call != id) {
            return Err(Problem::not_found(Noun::CallInHand, id));
        }
    } else {
        caller.needs(&[Scope::Manager, Scope::Supervisor])?;
        if caller.binding.campaign.is_some() {
            find(&api, &caller, &id.to_string()).await?;
        }
    }
    api.ask(&caller.name(), request(id)).await.map_err(|r| Problem::refused(&r))?;
    Ok(StatusCode::NO_CONTENT)
}

fn show(row: CallRow, fields: Option<BTreeMap<String, String>>) -> Call {
    Call {
        id: row.id.to_string(),
        campaign: row.campaign.to_string(),
        lead: row.lead.to_string(),
        attempt: row.attempt,
        placed_at: row.placed_at.rfc3339(),
        invite_at: shown(row.invite_at),
        ringing_at: shown(row.ringing_at),
        answered_at: shown(row.answered_at),
        bridged_at: shown(row.bridged_at),
        ended_at: shown(row.ended_at),
        trunk: row.trunk.map(|t| t.to_string()),
        sip_call_id: row.sip_call_id,
        agent: row.agent.map(|a| a.to_string()),
        cause: row.cause,
        sip: row.sip,
        q850: row.q850,
        talk_ms: row.talk_ms,
        outcome: row.outcome,
        withdrawn: row.withdrawn.is_some(),
        fields,
    }
}
