//! Agents: created with their secrets once, logged in, ready, paused; what they see now.

use super::auth::Caller;
use super::body::{Json, Page, Path, Place, Query, limit, parse, parse_some};
use super::error::{Noun, Problem};
use super::etag::{Condition, IfMatch, Tagged};
use super::pauses;
use super::state::{Api, State};
use crate::engine::{AgentRecord, AgentView, Request};
use crate::store::{AgentRow, Scope};
use crate::words::{AgentId, CampaignId, Lang, LeadId, Reason};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get))
        .routes(routes!(login))
        .routes(routes!(ready))
        .routes(routes!(pause))
        .routes(routes!(logout))
        .routes(routes!(preview))
        .routes(routes!(dial))
        .routes(routes!(skip))
}

#[derive(Serialize, ToSchema)]
pub struct Agent {
    id: String,
    name: String,
    /// As customers and the floor know the agent; the login name, unless another was given.
    display_name: String,
    lang: String,
    /// The state, the call in hand, the flow's step with its choices.
    #[schema(value_type = Option<Object>)]
    now: Option<AgentView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgent {
    /// Login name and softphone user: 1 to 32 letters, digits, `.`, `-`, `_`.
    name: String,
    /// As customers (`{agent}` in scripts) and the floor know the agent: 1 to 64 letters of any script. Default: `name`.
    #[serde(default)]
    display_name: Option<String>,
    /// `en`, `zh-Hans`, `zh-Hant`.
    #[serde(default)]
    lang: Option<String>,
}

/// Shown once.
#[derive(Serialize, ToSchema)]
pub struct Created {
    id: String,
    name: String,
    page_password: String,
    /// Of the softphone, with the realm below.
    sip_secret: String,
    sip_realm: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    campaigns: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// One of the house's: `break`, `lunch`, `training`, `coaching`, `meeting`, `paperwork`, `technical`, `care`, unless
    /// its configuration names its own.
    #[serde(default)]
    reason: Option<String>,
    /// After the call in hand and its wrap-up, which this does not end.
    #[serde(default)]
    after_call: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// Takes back a pause or logout that was to follow the call in hand; ends no wrap-up.
    #[serde(default)]
    after_call: bool,
}

const LEAD: &[Scope] = &[Scope::Manager, Scope::Supervisor];

/// The oldest first.
#[utoipa::path(get, path = "/v1/agents", tag = "agents", params(Place),
    responses((status = 200, body = Page<Agent>), (status = 422)))]
async fn list(
    Extract(api): Extract<State>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<axum::Json<Page<Agent>>, Problem> {
    caller.needs(LEAD)?;
    let limit = limit(place.limit)?;
    let rows = api.store.agents_after(parse_some("after", place.after.as_ref())?, limit).await?;
    Ok(axum::Json(Page::of(rows, limit, |row| row.id.to_string(), |row| show(&api, row))))
}

#[utoipa::path(post, path = "/v1/agents", tag = "agents", request_body = NewAgent,
    responses((status = 201, body = Created), (status = 409), (status = 422)))]
async fn create(
    Extract(api): Extract<State>,
    caller: Caller,
    Json(new): Json<NewAgent>,
) -> Result<(StatusCode, axum::Json<Created>), Problem> {
    caller.needs(&[Scope::Manager])?;
    let lang = lang_of(new.lang.as_deref())?;
    let display = new.display_name.as_deref();
    let secrets = api.store.create_agent_shown(&new.name, display, lang, &api.sip_realm, (api.now)()).await?;
    let display = new.display_name.map(|display| display.trim().to_owned());
    let record = AgentRecord { id: secrets.id, name: new.name.clone(), display, lang };
    api.ask(&caller.name(), Request::AddAgent(record)).await.map_err(|r| Problem::refused(&r))?;
    let created = Created {
        id: secrets.id.to_string(),
        name: new.name,
        page_password: secrets.page_password,
        sip_secret: secrets.sip_secret,
        sip_realm: api.sip_realm.clone(),
    };
    Ok((StatusCode::CREATED, axum::Json(created)))
}

#[utoipa::path(get, path = "/v1/agents/{id}", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = Agent), (status = 404)))]
async fn get(Extract(api): Extract<State>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: AgentId = parse("id", &id)?;
    caller.acts_for(id)?;
    let row = api.store.agent(id).await?.ok_or_else(|| Problem::not_found(Noun::Agent, id))?;
    Ok(tagged(&api, row))
}

#[utoipa::path(post, path = "/v1/agents/{id}/login", tag = "agents", params(("id" = String, Path)), request_body = Login,
    responses((status = 200, body = Agent), (status = 409)))]
async fn login(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    IfMatch(if_match): IfMatch,
    Json(login): Json<Login>,
) -> Answer {
    caller.acts_for(parse("id", &id.0)?)?;
    if login.campaigns.is_empty() {
        return Err(Problem::invalid("campaigns", Reason::new("api.no_campaigns")));
    }
    let campaigns: Result<Vec<CampaignId>, Problem> = login.campaigns.iter().map(|id| parse("campaigns", id)).collect();
    let campaigns = campaigns?;
    order(api, caller, id, &if_match, |agent| Request::Login { agent, campaigns }).await
}

#[utoipa::path(post, path = "/v1/agents/{id}/ready", tag = "agents", params(("id" = String, Path)), request_body = Ready,
    responses((status = 200, body = Agent), (status = 409)))]
async fn ready(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    IfMatch(if_match): IfMatch,
    Json(ready): Json<Ready>,
) -> Answer {
    order(api, caller, id, &if_match, |agent| match ready.after_call {
        true => Request::AfterCall { agent, pause: None },
        false => Request::Ready { agent },
    })
    .await
}

/// At once, or after the call in hand.
#[utoipa::path(post, path = "/v1/agents/{id}/pause", tag = "agents", params(("id" = String, Path)), request_body = Pause,
    responses((status = 200, body = Agent), (status = 409)))]
async fn pause(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    IfMatch(if_match): IfMatch,
    Json(pause): Json<Pause>,
) -> Answer {
    caller.acts_for(parse("id", &id.0)?)?;
    let reason = pauses::choose(&api.pauses, pause.reason)?;
    order(api, caller, id, &if_match, |agent| match pause.after_call {
        true => Request::AfterCall { agent, pause: Some(reason) },
        false => Request::Pause { agent, reason },
    })
    .await
}

/// At once, or after the call in hand.
#[utoipa::path(post, path = "/v1/agents/{id}/logout", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = Agent), (status = 409)))]
async fn logout(api: Extract<State>, caller: Caller, id: Path<String>, IfMatch(if_match): IfMatch) -> Answer {
    order(api, caller, id, &if_match, |agent| Request::Logout { agent }).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    campaign: String,
    /// This lead; without it, the next one.
    #[serde(default)]
    lead: Option<String>,
}

/// Modes manual and preview: the next lead, or the one that is named, is shown to a ready agent. A lead that the dialer
/// does not have at hand comes with the agent's view; `notice` says why it does not.
#[utoipa::path(post, path = "/v1/agents/{id}/preview", tag = "agents", params(("id" = String, Path)), request_body = Preview,
    responses((status = 200, body = Agent), (status = 404), (status = 409), (status = 422)))]
async fn preview(
    api: Extract<State>,
    caller: Caller,
    id: Path<String>,
    IfMatch(if_match): IfMatch,
    Json(preview): Json<Preview>,
) -> Answer {
    caller.acts_for(parse("id", &id.0)?)?;
    let campaign: CampaignId = parse("campaign", &preview.campaign)?;
    let lead: Option<LeadId> = parse_some("lead", preview.lead.as_ref())?;
    order(api, caller, id, &if_match, |agent| Request::Preview { agent, campaign, lead }).await
}

/// The shown lead is dialed; whoever answers meets this agent.
#[utoipa::path(post, path = "/v1/agents/{id}/dial", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = Agent), (status = 409)))]
async fn dial(api: Extract<State>, caller: Caller, id: Path<String>, IfMatch(if_match): IfMatch) -> Answer {
    order(api, caller, id, &if_match, |agent| Request::DialPreview { agent }).await
}

/// The shown lead is passed over, if the campaign allows it; it comes back later.
#[utoipa::path(post, path = "/v1/agents/{id}/skip", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = Agent), (status = 409)))]
async fn skip(api: Extract<State>, caller: Caller, id: Path<String>, IfMatch(if_match): IfMatch) -> Answer {
    order(api, caller, id, &if_match, |agent| Request::SkipPreview { agent }).await
}

async fn order(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
    if_match: &Condition,
    request: impl FnOnce(AgentId) -> Request,
) -> Answer {
    let id: AgentId = parse("id", &id)?;
    caller.acts_for(id)?;
    let row = api.store.agent(id).await?.ok_or_else(|| Problem::not_found(Noun::Agent, id))?;
    // Only who compares first must be alone: a floor clicks all the time.
    let _alone = if if_match.is_asked() { Some(api.changing.lock().await) } else { None };
    if_match.holds(api.feed.revision_of_agent(id))?;
    api.ask(&caller.name(), request(id)).await.map_err(|r| Problem::refused(&r))?;
    Ok(tagged(&api, row))
}

/// With the tag of the agent's state.
type Answer = Result<Tagged<Agent>, Problem>;

fn tagged(api: &Api, row: AgentRow) -> Tagged<Agent> {
    Tagged(StatusCode::OK, api.feed.revision_of_agent(row.id), show(api, row))
}

fn lang_of(tag: Option<&str>) -> Result<Lang, Problem> {
    let known = [Lang::En, Lang::ZhHans, Lang::ZhHant];
    let Some(tag) = tag else { return Ok(Lang::En) };
    known
        .into_iter()
        .find(|lang| lang.tag().eq_ignore_ascii_case(tag))
        .ok_or_else(|| Problem::one_of("lang", tag, "en, zh-Hans, zh-Hant"))
}

fn show(api: &Api, row: AgentRow) -> Agent {
    Agent {
        now: api.feed.agent(row.id),
        id: row.id.to_string(),
        display_name: row.shown().to_owned(),
        name: row.name,
        lang: row.lang.tag().to_owned(),
    }
}
