//! Campaigns: taken from their folder, started, paused, drained; their state and why they dial or do not.

use super::auth::Caller;
use super::body::{Json, Page, Path, Place, Query, limit, name_of, parse, parse_some, time};
use super::error::{Noun, Problem};
use super::etag::{Condition, IfMatch, MustMatch, Tagged};
use super::state::{Api, ShelfError, State, Taken};
use crate::engine::{CampaignView, DecisionView, Mode, Request};
use crate::store::{CampaignRow, Scope};
use crate::words::{CampaignId, Lang, Reason, Wall};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get))
        .routes(routes!(start))
        .routes(routes!(pause))
        .routes(routes!(drain))
        .routes(routes!(mode))
        .routes(routes!(pacing))
}

#[derive(Serialize, ToSchema)]
pub struct Campaign {
    id: String,
    name: String,
    version: String,
    /// `idle`, `running`, `paused`, `draining`, `finished`.
    state: String,
    mode: Option<String>,
    /// Why it dials or does not, in one sentence.
    why: String,
    leads: Option<Leads>,
    /// Calls placed and not yet ended at the carrier.
    lines: u32,
    talking: u32,
}

#[derive(Serialize, ToSchema)]
pub struct Leads {
    pending: u64,
    scheduled: u64,
    in_flight: u64,
    closed: u64,
    excluded: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    /// A folder of the data folder's `campaigns/`, or a shipped campaign. Again: a new version.
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMode {
    /// `progressive`, `predictive`, `ratio`, `agentless`, `preview`, `manual`.
    mode: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Moment {
    /// RFC 3339: what was decided then, from the log (changes of the reason, and one a minute). Else now.
    at: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Pacing {
    /// `None` for a past moment: the decisions say.
    mode: Option<String>,
    /// One sentence.
    why: String,
    /// The same as code and arguments; the texts stand in one catalogue in three languages.
    #[schema(value_type = Object)]
    reason: Reason,
    /// What is believed now, each with its sample size.
    #[schema(value_type = Object)]
    estimates: crate::engine::Estimates,
    /// The latest decisions that dialed, cancelled, or changed the reason.
    decisions: Vec<Decision>,
}

#[derive(Serialize, ToSchema)]
pub struct Decision {
    at: String,
    /// As decided, and as the gate and the trunks let through.
    dial: u32,
    placed: u32,
    cancelled: u32,
    /// So often in a row with nothing placed and the same reason.
    times: u32,
    why: String,
    #[schema(value_type = Object)]
    reason: Reason,
    #[schema(value_type = Object)]
    estimates: crate::engine::Estimates,
}

/// Of the log, for a past moment.
const LOGGED_SHOWN: u32 = 20;

const LEAD: &[Scope] = &[Scope::Manager];
const WATCH: &[Scope] = &[Scope::Manager, Scope::Supervisor, Scope::Client];

/// The oldest first.
#[utoipa::path(get, path = "/v1/campaigns", tag = "campaigns", params(Place),
    responses((status = 200, body = Page<Campaign>), (status = 422)))]
async fn list(
    Extract(api): Extract<State>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<axum::Json<Page<Campaign>>, Problem> {
    caller.needs(WATCH)?;
    let limit = limit(place.limit)?;
    let after = parse_some("after", place.after.as_ref())?;
    let rows = api.store.campaigns_after(caller.campaign(None)?, after, limit).await?;
    let Page { items: rows, next } = Page::of(rows, limit, |row| row.id.to_string(), |row| row);
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(show(&api, row, caller.lang).await?);
    }
    Ok(axum::Json(Page { items, next }))
}

/// Reads a campaign folder, checks it, and makes it known to the dialer.
#[utoipa::path(post, path = "/v1/campaigns", tag = "campaigns", request_body = NewCampaign,
    responses((status = 201, body = Campaign), (status = 404), (status = 422)))]
async fn create(
    Extract(api): Extract<State>,
    caller: Caller,
    IfMatch(if_match): IfMatch,
    Json(new): Json<NewCampaign>,
) -> Answer {
    caller.needs(LEAD)?;
    let _alone = api.changing.lock().await;
    if if_match.is_asked() {
        let known = api.store.campaign_named(&new.name).await?;
        if_match.holds(known.map(|row| api.feed.revision_of_campaign(row.id)).unwrap_or_default())?;
    }
    let shelf = api.shelf.clone();
    let name = new.name.clone();
    let Taken { spec, keep } = on_shelf(move || shelf.take(&name)).await?;
    let id = spec.id;
    api.ask(&caller.name(), Request::Configure(spec)).await.map_err(|r| Problem::refused(&r))?;
    on_shelf(keep).await?;
    let row = api.store.campaign(id).await?.ok_or_else(|| Problem::not_found(Noun::Campaign, id))?;
    tagged(&api, StatusCode::CREATED, row, caller.lang).await
}

/// The folder is read and written where that may take its time.
async fn on_shelf<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ShelfError> + Send + 'static,
) -> Result<T, Problem> {
    let done =
        tokio::task::spawn_blocking(work).await.map_err(|_| Problem::unavailable("the campaign's folder broke it"))?;
    done.map_err(|error| match error {
        ShelfError::Missing(why) => {
            let problem = Problem::new(StatusCode::NOT_FOUND, Reason::new("api.no_folder"));
            problem.telling("problem", why.in_each()).at("name")
        }
        ShelfError::Wrong(problems) => {
            Problem::invalid("name", Reason::new("api.campaign")).telling("problems", problems)
        }
        ShelfError::Broken(why) => Problem::unavailable(why),
    })
}

#[utoipa::path(get, path = "/v1/campaigns/{id}", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404)))]
async fn get(Extract(api): Extract<State>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.needs(WATCH)?;
    let row = find(&api, &caller, &id).await?;
    tagged(&api, StatusCode::OK, row, caller.lang).await
}

#[utoipa::path(post, path = "/v1/campaigns/{id}/start", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404)))]
async fn start(api: Extract<State>, caller: Caller, id: Path<String>, IfMatch(if_match): IfMatch) -> Answer {
    order(api, caller, id, &if_match, |campaign| Request::StartCampaign { campaign }).await
}

/// Ringing calls are let go, talks go on.
#[utoipa::path(post, path = "/v1/campaigns/{id}/pause", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404)))]
async fn pause(api: Extract<State>, caller: Caller, id: Path<String>, IfMatch(if_match): IfMatch) -> Answer {
    order(api, caller, id, &if_match, |campaign| Request::PauseCampaign { campaign }).await
}

/// No new calls; those in flight finish.
#[utoipa::path(post, path = "/v1/campaigns/{id}/drain", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404)))]
async fn drain(api: Extract<State>, caller: Caller, id: Path<String>, IfMatch(if_match): IfMatch) -> Answer {
    order(api, caller, id, &if_match, |campaign| Request::DrainCampaign { campaign }).await
}

/// Calls in flight finish under the old mode; the change is recorded.
#[utoipa::path(post, path = "/v1/campaigns/{id}/mode", tag = "campaigns", params(("id" = String, Path)), request_body = NewMode,
    responses((status = 200, body = Campaign), (status = 422)))]
async fn mode(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    MustMatch(if_match): MustMatch,
    Json(new): Json<NewMode>,
) -> Answer {
    let mode: Mode = serde_json::from_value(serde_json::Value::String(new.mode.clone())).map_err(|_| {
        Problem::one_of("mode", &new.mode, "manual, preview, progressive, ratio, predictive, agentless")
    })?;
    order(api, caller, id, &if_match, |campaign| Request::SetMode { campaign, mode }).await
}

async fn order(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
    if_match: &Condition,
    request: impl FnOnce(CampaignId) -> Request,
) -> Answer {
    caller.needs(LEAD)?;
    let row = find(&api, &caller, &id).await?;
    // Only who compares first must be alone: a pause never waits for a start that waits for a stuck store.
    let _alone = if if_match.is_asked() { Some(api.changing.lock().await) } else { None };
    if_match.holds(api.feed.revision_of_campaign(row.id))?;
    api.ask(&caller.name(), request(row.id)).await.map_err(|r| Problem::refused(&r))?;
    tagged(&api, StatusCode::OK, row, caller.lang).await
}

/// With the tag of what managers change; taken before the figures, so that it is never newer than they are.
type Answer = Result<Tagged<Campaign>, Problem>;

async fn tagged(api: &Api, status: StatusCode, row: CampaignRow, lang: Lang) -> Answer {
    let revision = api.feed.revision_of_campaign(row.id);
    Ok(Tagged(status, revision, show(api, row, lang).await?))
}

/// How many calls are placed now (or were at a past moment), and why: the estimates, the ledger, the latest decisions.
#[utoipa::path(get, path = "/v1/campaigns/{id}/pacing", tag = "campaigns", params(("id" = String, Path), Moment),
    responses((status = 200, body = Pacing), (status = 404)))]
async fn pacing(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
    Query(moment): Query<Moment>,
) -> Result<axum::Json<Pacing>, Problem> {
    caller.needs(WATCH)?;
    let row = find(&api, &caller, &id).await?;
    if let Some(at) = time("at", moment.at.as_ref())? {
        return past(&api, row.id, at, caller.lang).await.map(axum::Json);
    }
    let view = api.feed.campaign(row.id).ok_or_else(|| Problem::not_found(Noun::Campaign, row.id))?;
    let reason = store_fault(&api, &view).unwrap_or(view.reason);
    Ok(axum::Json(Pacing {
        mode: Some(name_of(view.mode)),
        why: reason.text(caller.lang),
        reason,
        decisions: view.decisions.iter().map(|d| show_decision(d, caller.lang)).collect(),
        estimates: view.estimates,
    }))
}

/// From the log: the decision in force at that moment, and those before it, the newest last.
async fn past(api: &Api, id: CampaignId, at: Wall, lang: Lang) -> Result<Pacing, Problem> {
    let mut decisions = Vec::new();
    for (_, body) in api.store.decisions_at(id, at, LOGGED_SHOWN).await? {
        let read: Result<DecisionView, _> = serde_json::from_str(&body);
        decisions.push(read.map_err(|error| Problem::unavailable(format!("a decision cannot be read: {error}")))?);
    }
    let missing =
        || Problem::new(StatusCode::NOT_FOUND, Reason::new("why.no_record").with("at", at.rfc3339())).at("at");
    let last = decisions.first().cloned().ok_or_else(missing)?;
    Ok(Pacing {
        mode: None,
        why: last.sentence(lang),
        reason: last.reason,
        estimates: last.estimates,
        decisions: decisions.iter().rev().map(|d| show_decision(d, lang)).collect(),
    })
}

/// The engine knows that nothing becomes durable; the store knows why.
fn store_fault(api: &Api, view: &CampaignView) -> Option<Reason> {
    if view.reason.code != "why.store_silent" {
        return None;
    }
    let (fault, cause) = (api.faults)().into_iter().find(|(name, _)| name.starts_with("store"))?;
    Some(Reason::new("why.store_fault").with("fault", fault).with("cause", cause))
}

fn show_decision(decision: &DecisionView, lang: Lang) -> Decision {
    Decision {
        at: decision.at.rfc3339(),
        dial: decision.dial,
        placed: decision.placed,
        cancelled: decision.cancelled,
        times: decision.times,
        why: decision.sentence(lang),
        reason: decision.reason.clone(),
        estimates: decision.estimates.clone(),
    }
}

pub(super) async fn find(api: &Api, caller: &Caller, id: &str) -> Result<CampaignRow, Problem> {
    let id: CampaignId = parse("id", id)?;
    caller.sees(id)?;
    api.store.campaign(id).await?.ok_or_else(|| Problem::not_found(Noun::Campaign, id))
}

async fn show(api: &Api, row: CampaignRow, lang: Lang) -> Result<Campaign, Problem> {
    let counts = api.store.lead_counts(row.id).await?;
    let view: Option<CampaignView> = api.feed.campaign(row.id);
    Ok(Campaign {
        id: row.id.to_string(),
        name: row.name,
        version: row.version,
        state: view.as_ref().map_or_else(|| name_of(row.state), |v| name_of(v.state)),
        mode: view.as_ref().map(|v| name_of(v.mode)),
        why: view
            .as_ref()
            .map(|v| store_fault(api, v).unwrap_or_else(|| v.reason.clone()).text(lang))
            .unwrap_or_default(),
        leads: Some(Leads {
            pending: counts.pending,
            scheduled: counts.scheduled,
            in_flight: counts.in_flight,
            closed: counts.closed,
            excluded: counts.excluded,
        }),
        lines: view.as_ref().map_or(0, |v| v.lines),
        talking: view.as_ref().map_or(0, |v| v.talking),
    })
}
