//! Numbers that may never be called again: put on the list, listed with who and why, looked up. A whole list comes in by
//! `outpace suppress`. It shows no number: hashes are all that is kept.

use super::auth::Caller;
use super::body::{Json, Page, Query, limit, short};
use super::error::Problem;
use super::number;
use super::state::State;
use crate::engine::Request;
use crate::store::{Scope, SuppressionRow};
use crate::words::{Phone, Reason};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const WHY_MAX: usize = 512;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(suppressed, suppress))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Suppression {
    /// E.164.
    phone: String,
    /// Such as the name of a list, or what the person said.
    #[serde(default)]
    why: Option<String>,
}

/// A number that may never be called, by its keyed hash: the number itself is not kept.
#[derive(Serialize, ToSchema)]
struct Suppressed {
    number_hash: String,
    #[schema(format = DateTime)]
    since: String,
    /// The list's name, what a person wrote, or `opted_out`: the person said so in a call.
    why: String,
    /// `key:ID`, `user:NAME` or `cli`; null for those who opted out, and for numbers of versions that kept no author.
    by: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only this number: E.164 (the `+` written `%2B`), or as people write it, read as in the lists of campaigns.
    phone: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

const LEADS: &[Scope] = &[Scope::Manager, Scope::Supervisor];

/// Numbers that may never be called, in the order of their hashes.
#[utoipa::path(get, path = "/v1/suppressions", tag = "leads", params(Which),
    responses((status = 200, body = Page<Suppressed>), (status = 422)))]
async fn suppressed(
    Extract(api): Extract<State>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<axum::Json<Page<Suppressed>>, Problem> {
    caller.needs(LEADS)?;
    let limit = limit(which.limit)?;
    let after = which.after.as_deref();
    if after.is_some_and(|after| after.len() != 32 || !after.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))) {
        let reason = Reason::new("api.query").with("problem", "send the next of the page before as it came");
        return Err(Problem::invalid("after", reason));
    }
    let rows = match number::asked(&api, &caller, None, which.phone.as_deref()).await? {
        Some(hash) => {
            let behind = |row: &SuppressionRow| after.is_none_or(|after| row.number_hash.as_str() > after);
            api.store.suppression(&hash).await?.into_iter().filter(behind).collect()
        }
        None => api.store.suppressions(after, limit).await?,
    };
    Ok(axum::Json(Page::of(rows, limit, |row| row.number_hash.clone(), show)))
}

/// Never call this number again, in any campaign. It holds when the answer comes, and its leads that wait are excluded; other
/// nodes of a shared database hear of it within a second, for the leads that they hold already.
#[utoipa::path(post, path = "/v1/suppressions", tag = "leads", request_body = Suppression,
    responses((status = 204), (status = 422)))]
async fn suppress(
    Extract(api): Extract<State>,
    caller: Caller,
    Json(new): Json<Suppression>,
) -> Result<StatusCode, Problem> {
    caller.needs(LEADS)?;
    let phone = Phone::e164(new.phone.trim()).map_err(|e| Problem::invalid("phone", e.reason()))?;
    let hash = api.store.hash_number(&phone);
    let why = short("why", new.why, WHY_MAX)?.unwrap_or_else(|| "api".to_owned());
    api.store.suppress_by(std::slice::from_ref(&hash), &why, &caller.name(), (api.now)()).await?;
    let request = Request::Suppress { number_hash: hash };
    api.ask(&caller.name(), request).await.map_err(|r| Problem::refused(&r))?;
    Ok(StatusCode::NO_CONTENT)
}

fn show(row: SuppressionRow) -> Suppressed {
    let SuppressionRow { number_hash, since, why, author } = row;
    Suppressed { number_hash, since: since.rfc3339(), why, by: author }
}
