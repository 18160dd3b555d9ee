//! Who asks: an API key as bearer token, its scope, its bindings, its language.

use super::error::Problem;
use super::state::State;
use crate::store::{KeyRow, Scope};
use crate::words::{AgentId, CampaignId, Lang};
use axum::extract::{FromRequestParts, Request, State as Extract};
use axum::http::{StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::LazyLock;

/// Requests a second for one key, with a burst of as many. Above: 429.
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

type Limiter = RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock>;
static LIMITER: LazyLock<Limiter> = LazyLock::new(|| RateLimiter::keyed(Quota::per_second(REQUESTS_PER_SECOND)));

/// The caller, as every handler gets it.
#[derive(Debug, Clone)]
pub struct Caller {
    pub key: KeyRow,
    pub lang: Lang,
}

impl Caller {
    /// For the record: who did it.
    pub fn name(&self) -> String {
        format!("key:{}", self.key.id)
    }

    pub fn needs(&self, scopes: &[Scope]) -> Result<(), Problem> {
        if self.key.scope == Scope::Admin || scopes.contains(&self.key.scope) {
            return Ok(());
        }
        Err(Problem::forbidden(format!("a key with scope {} may not do this", self.key.scope)))
    }

    /// An agent's key acts for its own agent only.
    pub fn acts_for(&self, agent: AgentId) -> Result<(), Problem> {
        match (self.key.scope, self.key.binding.agent) {
            (Scope::Agent, Some(own)) if own == agent => Ok(()),
            (Scope::Agent, _) => Err(Problem::forbidden("an agent's key acts for its own agent only")),
            (Scope::Admin | Scope::Manager | Scope::Supervisor, _) => Ok(()),
            (Scope::Client, _) => Err(Problem::forbidden("a client's key acts for no agent")),
        }
    }

    /// Keys bound to a campaign see that campaign only.
    pub fn sees(&self, campaign: CampaignId) -> Result<(), Problem> {
        match self.key.binding.campaign {
            Some(own) if own != campaign => Err(Problem::not_found("campaign", campaign)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whole numbers are for those who dial and lead, not for clients.
    pub fn sees_numbers(&self) -> bool {
        match self.key.scope {
            Scope::Admin | Scope::Manager => true,
            Scope::Supervisor | Scope::Agent | Scope::Client => false,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(unauthorized)
    }
}

/// The middleware in front of everything but health and the document.
pub async fn authenticate(Extract(api): Extract<State>, mut request: Request, next: Next) -> Response {
    let Some((key, lang)) = credentials(&request) else { return unauthorized().into_response() };
    let row = match api.store.check_key(&key).await {
        Ok(Some(row)) => row,
        Ok(None) => return unauthorized().into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    if LIMITER.check_key(&row.id.0).is_err() {
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            format!("more than {REQUESTS_PER_SECOND} requests a second with one key"),
        );
        return ([(header::RETRY_AFTER, "1")], problem).into_response();
    }
    request.extensions_mut().insert(Caller { key: row, lang });
    next.run(request).await
}

fn credentials(request: &Request) -> Option<(String, Lang)> {
    let header = |name| request.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    let key = header(header::AUTHORIZATION)?.strip_prefix("Bearer ")?.trim().to_owned();
    Some((key, header(header::ACCEPT_LANGUAGE).map_or(Lang::En, Lang::from_tag)))
}

fn unauthorized() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "an API key is needed: Authorization: Bearer op_…; `outpace key new` makes one",
    )
}
