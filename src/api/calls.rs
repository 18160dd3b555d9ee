//! Calls: what became of each, its timeline of facts, its recording. The agent's hand on the one at hand is
//! in `hand`.

mod hand;

use super::auth::Caller;
use super::body::{
    Json, Page, Path, Query, fits, limit, name_of, parse, parse_some, short, shown, time, unique, whole,
};
use super::error::{Noun, Problem};
use super::export::{self, Format, Rows};
use super::fact;
use super::number;
use super::state::{Api, State};
use crate::engine::{Amendment, Request};
use crate::store::{CallFilter, CallRow, LeadState, Scope};
use crate::words::{CallId, Cause, Reason, Wall};
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Of a recording, read at a time: four seconds of sound (8 kHz, two channels of 16 bits).
const PART_BYTES: usize = 128 * 1024;
/// Read ahead of whoever listens.
const PARTS_WAITING: usize = 4;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(timeline))
        .routes(routes!(recording))
        .merge(hand::routes())
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
    /// The rung of the KPI dictionary's ladder it ended on; null while it is alive.
    cause: Option<String>,
    /// Of `failed`: `carrier`, `congestion`, `timeout`, `own_error`; of `invalid`: `vacant`, `suspended`, `wrong_format`,
    /// `sit`; of `machine`: `voicemail`, `ivr`, `assistant`, `fax`. Null for the others.
    cause_detail: Option<String>,
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
    /// To this number: E.164 (the `+` written `%2B`), or as people write it, read as in the campaign's lists. For managers
    /// and supervisors.
    phone: Option<String>,
    /// Placed at or after this time (RFC 3339, with an offset).
    from: Option<String>,
    /// Placed before it.
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
        number_hash: number::asked(&api, &caller, campaign, which.phone.as_deref()).await?,
    };
    let after = parse_some("after", which.after.as_ref())?;
    if format != Format::Json && which.limit.is_none() && after.is_none() {
        return Ok(export::stream(format, "calls", export::names(COLUMNS), all(api, filter)));
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
    "cause_detail",
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
    responses((status = 200, body = [fact::Fields]), (status = 404)))]
async fn timeline(Extract(api): Extract<State>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let row = find(&api, &caller, &id).await?;
    let facts = api.store.timeline(row.id).await?;
    Ok(axum::Json(fact::all(&facts)).into_response())
}

/// WAV, two channels: left the customer, right the agent.
#[utoipa::path(get, path = "/v1/calls/{id}/recording", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, content_type = "audio/wav"), (status = 404)))]
async fn recording(Extract(api): Extract<State>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor])?;
    let row = find(&api, &caller, &id).await?;
    let recording = api.store.recording_of_call(row.id).await?;
    let recording = recording.ok_or_else(|| Problem::not_found(Noun::Recording, row.id))?;
    let gone = |e: std::io::Error| {
        tracing::error!(call = %row.id, error = %e, "a recording cannot be read");
        Problem::new(StatusCode::NOT_FOUND, Reason::new("api.recording_gone").with("recording", recording.id))
    };
    let file = File::open(api.recordings.join(&recording.file)).await.map_err(gone)?;
    let length = file.metadata().await.map_err(gone)?.len();
    let headers = [(header::CONTENT_TYPE, "audio/wav".to_owned()), (header::CONTENT_LENGTH, length.to_string())];
    Ok((headers, read_out(file)).into_response())
}

/// As the listener takes it: hours of sound never stand in memory. What breaks off is shorter than its head says.
fn read_out(mut file: File) -> Body {
    let (out, parts) = mpsc::channel(PARTS_WAITING);
    tokio::spawn(async move {
        loop {
            let mut part = Vec::with_capacity(PART_BYTES);
            let (part, last) = match file.read_buf(&mut part).await {
                Ok(0) => return,
                Ok(_) => (Ok(Bytes::from(part)), false),
                Err(error) => (Err(error), true),
            };
            if out.send(part).await.is_err() || last {
                return;
            }
        }
    });
    Body::from_stream(ReceiverStream::new(parts))
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

fn show(row: CallRow, fields: Option<BTreeMap<String, String>>) -> Call {
    let (cause, cause_detail) = row.cause.as_ref().map(flat).unzip();
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
        cause,
        cause_detail: cause_detail.flatten(),
        sip: row.sip,
        q850: row.q850,
        talk_ms: row.talk_ms,
        outcome: row.outcome,
        withdrawn: row.withdrawn.is_some(),
        fields,
    }
}

/// The rung, and what it carries.
fn flat(cause: &Cause) -> (String, Option<String>) {
    let (rung, detail) = match cause {
        Cause::Failed(kind) => ("failed", Some(name_of(kind))),
        Cause::Invalid(kind) => ("invalid", Some(name_of(kind))),
        Cause::Machine(kind) => ("machine", Some(name_of(kind))),
        Cause::CancelledSurplus
        | Cause::CancelledStopped
        | Cause::Interrupted
        | Cause::Busy
        | Cause::NoAnswer
        | Cause::Rejected
        | Cause::AbandonedNoAgent
        | Cause::AbandonedCustomerEarly
        | Cause::Handled => return (name_of(cause), None),
    };
    (rung.to_owned(), detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_recording_is_read_out_whole_part_by_part() {
        let sound: Vec<u8> = (0..3 * PART_BYTES as u32 + 17).map(|n| (n % 251) as u8).collect();
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = folder.path().join("a.wav");
        std::fs::write(&path, &sound).expect("writable");
        let mut parts = read_out(File::open(&path).await.expect("just written")).into_data_stream();
        let mut heard = Vec::new();
        while let Some(part) = tokio_stream::StreamExt::next(&mut parts).await {
            let part = part.expect("readable");
            assert!(part.len() <= PART_BYTES, "{}", part.len());
            heard.extend_from_slice(&part);
        }
        assert!(heard == sound, "{} bytes of {}", heard.len(), sound.len());
    }
}
