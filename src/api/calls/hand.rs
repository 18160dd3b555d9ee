//! The agent's hand on a call: choice, outcome, note, hold, hang-up, more time to wrap up. It refuses to decide: what is
//! possible now is the engine's answer.

use super::*;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(choice))
        .routes(routes!(outcome))
        .routes(routes!(note))
        .routes(routes!(extend))
        .routes(routes!(hangup))
        .routes(routes!(hold))
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
