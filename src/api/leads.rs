//! Leads: imported from a CSV body, listed, looked up by number.

use super::auth::Caller;
use super::body::{
    BODY_WITHIN, Page, Path as Segment, Query, content_type, limit, name_of, parse, parse_some, shown, too_slow,
};
use super::error::{Noun, Problem};
use super::export::{self, Format, Rows};
use super::number;
use super::state::State;
use crate::campaign::list::ImportReport;
use crate::engine::{AgentView, Request};
use crate::store::{Erasure, IntakeError, LeadFilter, LeadRow, Scope};
use crate::words::{Lang, LeadId, Reason};
use axum::body::Body;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::AsyncWriteExt;
use tokio_stream::StreamExt;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A lead file may be so large; it is streamed, not kept in memory.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// What browsers and programs call a CSV file.
const LIST_TYPES: [&str; 5] =
    ["text/csv", "text/plain", "application/csv", "application/vnd.ms-excel", "application/octet-stream"];

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(erase))
}

/// Apart from the others: its body is large and takes its time.
pub fn import_route() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(import))
}

#[derive(Serialize, ToSchema)]
pub struct Lead {
    id: String,
    campaign: String,
    /// Whole for managers, masked for others, null once the person is erased.
    phone: Option<String>,
    name: Option<String>,
    fields: BTreeMap<String, String>,
    zones: Vec<String>,
    /// `pending`, `leased`, `in_flight`, `scheduled`, `closed`, `excluded`.
    state: String,
    attempts: u32,
    next_at: Option<String>,
    callback_at: Option<String>,
    end: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    campaign: Option<String>,
    state: Option<String>,
    /// Of this number: E.164 (the `+` written `%2B`), or as people write it, read as in the campaign's lists. For managers
    /// and supervisors.
    phone: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

const SEE: &[Scope] = &[Scope::Manager, Scope::Supervisor, Scope::Client];

#[utoipa::path(get, path = "/v1/leads", tag = "leads", params(Which),
    responses((status = 200, body = Page<Lead>), (status = 422)))]
async fn list(
    Extract(api): Extract<State>,
    caller: Caller,
    format: Format,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    caller.needs(SEE)?;
    let limit = limit(which.limit)?;
    let state = which.state.as_ref().map(|state| {
        serde_json::from_value(serde_json::Value::String(state.clone()))
            .map_err(|_| Problem::one_of("state", state, "pending, leased, in_flight, scheduled, closed, excluded"))
    });
    let campaign = caller.campaign(parse_some("campaign", which.campaign.as_ref())?)?;
    let number_hash = number::asked(&api, &caller, campaign, which.phone.as_deref()).await?;
    let filter = LeadFilter { campaign, state: state.transpose()?, number_hash };
    let after = parse_some("after", which.after.as_ref())?;
    if format != Format::Json && which.limit.is_none() && after.is_none() {
        return Ok(export::stream(format, "leads", export::names(COLUMNS), all(api, filter, caller)));
    }
    let rows = api.store.leads(&filter, after, limit).await?;
    let page = Page::of(rows, limit, |row| row.id.to_string(), |row| show(row, &caller));
    page.answer(format, "leads", COLUMNS)
}

/// Of a file.
const COLUMNS: &[&str] =
    &["id", "campaign", "phone", "name", "fields", "zones", "state", "attempts", "next_at", "callback_at", "end"];

fn all(api: State, filter: LeadFilter, caller: Caller) -> export::Fetch<LeadId> {
    Box::new(move |after| {
        let (api, filter, caller) = (api.clone(), filter.clone(), caller.clone());
        Box::pin(async move {
            let rows = api.store.leads(&filter, after, export::PAGE).await?;
            Ok(Rows::of(rows, |row| row.id, |row| show(row, &caller)))
        })
    })
}

#[utoipa::path(get, path = "/v1/leads/{id}", tag = "leads", params(("id" = String, Path)),
    responses((status = 200, body = Lead), (status = 404)))]
async fn get(
    Extract(api): Extract<State>,
    caller: Caller,
    Segment(id): Segment<String>,
) -> Result<axum::Json<Lead>, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Client, Scope::Agent])?;
    let id: LeadId = parse("id", &id)?;
    let row = api.store.lead(id).await?.ok_or_else(|| Problem::not_found(Noun::Lead, id))?;
    caller.sees_row(row.campaign, Noun::Lead, id)?;
    if caller.scope == Scope::Agent {
        // An agent sees the lead of the call in hand, or the one that is shown before it is dialed, and no other.
        let view = caller.binding.agent.and_then(|agent| api.feed.agent(agent));
        let sees = |view: AgentView| {
            view.call.is_some_and(|call| call.lead == id) || view.preview.is_some_and(|shown| shown.lead == id)
        };
        if !view.is_some_and(sees) {
            return Err(Problem::not_found(Noun::Lead, id));
        }
    }
    Ok(axum::Json(show(row, &caller)))
}

/// Erases the person: number, name and columns, what was said and typed, and the recordings, of every lead with this number
/// in all campaigns. Leads that wait are excluded. Facts stay, for they hold no personal data; a suppression of the number
/// stays, so that it is not called again. 409 while a call to the person is prepared or goes on.
#[utoipa::path(delete, path = "/v1/leads/{id}/person", tag = "leads", params(("id" = String, Path)),
    responses((status = 204), (status = 404), (status = 409)))]
async fn erase(
    Extract(api): Extract<State>,
    caller: Caller,
    Segment(id): Segment<String>,
) -> Result<StatusCode, Problem> {
    // PIPL art. 47, GDPR art. 17. It cannot be taken back.
    caller.needs(&[])?;
    let id: LeadId = parse("id", &id)?;
    let row = api.store.lead(id).await?.ok_or_else(|| Problem::not_found(Noun::Lead, id))?;
    let folder = api.recordings.clone();
    let delete = move |file: &str| match std::fs::remove_file(folder.join(file)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    };
    match api.store.erase_person(&row.number_hash, delete).await? {
        Erasure::Done { leads } => {
            tracing::info!(by = %caller.name(), lead = %id, leads = leads.len(), "a person was erased");
            Ok(StatusCode::NO_CONTENT)
        }
        Erasure::InHand(lead) => {
            Err(Problem::new(StatusCode::CONFLICT, Reason::new("api.lead_in_hand").with("lead", lead)))
        }
    }
}

fn show(row: LeadRow, caller: &Caller) -> Lead {
    Lead {
        id: row.id.to_string(),
        campaign: row.campaign.to_string(),
        phone: row.phone.map(|phone| caller.number(&phone)),
        name: row.name,
        fields: row.fields,
        zones: row.zones,
        state: name_of(row.state),
        attempts: row.attempts,
        next_at: shown(row.next_at),
        callback_at: shown(row.callback_at),
        end: row.end,
    }
}

/// Streams a CSV body into the store: UTF-8, UTF-16, GB18030 or Big5; comma, semicolon, tab or bar. The report has a
/// reason for every row that was refused, as code and as the sentence `why`. The same file again adds nothing.
#[utoipa::path(post, path = "/v1/campaigns/{id}/leads:import", tag = "leads", params(("id" = String, Path)),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Object), (status = 400), (status = 404), (status = 413), (status = 422)))]
async fn import(
    Extract(api): Extract<State>,
    caller: Caller,
    Segment(id): Segment<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<axum::Json<serde_json::Value>, Problem> {
    caller.needs(&[Scope::Manager])?;
    let row = super::campaigns::find(&api, &caller, &id).await?;
    if let Some(problem) = content_type(&headers, &LIST_TYPES) {
        return Err(problem);
    }
    let file = Upload::receive(&api.uploads, body).await?;
    let began = (api.now)();
    let report = api.store.import_file(&row, &file.0, began, |_| {}).await.map_err(|error| match error {
        IntakeError::Store(error) => Problem::from(error),
        IntakeError::List(error) => Problem::invalid("body", error.reason),
        IntakeError::File { error, .. } => Problem::unavailable(error),
    })?;
    api.imports.tell(&api).await?;
    let request = Request::LeadsChanged { campaign: row.id };
    // A campaign that is not configured yet takes its leads when it is.
    let _ = api.ask(&caller.name(), request).await;
    Ok(axum::Json(told(&report, caller.lang)))
}

/// The report, with each refusal as a sentence beside its code.
fn told(report: &ImportReport, lang: Lang) -> serde_json::Value {
    let mut value = serde_json::to_value(report).expect("a report of plain values serializes");
    let rows = value["rejections"].as_array_mut().into_iter().flatten();
    for (row, rejected) in rows.zip(&report.rejections) {
        row["why"] = rejected.reason.text(lang).into();
    }
    value
}

/// A body on disk, for it is read twice: once for its hash, once for its rows. Deleted when it is let go.
struct Upload(PathBuf);

impl Upload {
    async fn receive(folder: &Path, body: Body) -> Result<Upload, Problem> {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let failed = |e: std::io::Error| {
            tracing::error!(error = %e, folder = %folder.display(), "an upload cannot be kept");
            Problem::unavailable(e)
        };
        tokio::fs::create_dir_all(folder).await.map_err(failed)?;
        let name = format!("{}-{}.csv", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let upload = Upload(folder.join(name));
        let mut file = tokio::fs::File::create(&upload.0).await.map_err(failed)?;
        let mut stream = body.into_data_stream();
        let mut bytes = 0;
        loop {
            let next = tokio::time::timeout(BODY_WITHIN, stream.next()).await.map_err(|_| too_slow())?;
            let Some(chunk) = next else { break };
            let chunk = chunk.map_err(|e| {
                Problem::new(StatusCode::BAD_REQUEST, Reason::new("api.broken_off").with("problem", e)).at("body")
            })?;
            bytes += chunk.len() as u64;
            if bytes > FILE_BYTES_MAX {
                let reason = Reason::new("api.body_too_large").with("most", FILE_BYTES_MAX);
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, reason).at("body"));
            }
            file.write_all(&chunk).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        Ok(upload)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
