//! Who asks: an API key as bearer token, its scope, its bindings, its language.

use super::error::{Noun, Problem, lang};
use super::state::State;
use crate::store::{KeyRow, Scope};
use crate::words::{AgentId, CampaignId, Lang, Reason};
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
        Err(Problem::forbidden(Reason::new("api.scope").with("scope", self.key.scope)))
    }

    /// An agent's key acts for its own agent only.
    pub fn acts_for(&self, agent: AgentId) -> Result<(), Problem> {
        match (self.key.scope, self.key.binding.agent) {
            (Scope::Agent, Some(own)) if own == agent => Ok(()),
            (Scope::Agent, _) => Err(Problem::forbidden(Reason::new("api.own_agent"))),
            (Scope::Admin | Scope::Manager | Scope::Supervisor, _) => Ok(()),
            (Scope::Client, _) => Err(Problem::forbidden(Reason::new("api.scope").with("scope", self.key.scope))),
        }
    }

    /// Keys bound to a campaign see that campaign only.
    pub fn sees(&self, campaign: CampaignId) -> Result<(), Problem> {
        match self.key.binding.campaign {
            Some(own) if own != campaign => Err(Problem::not_found(Noun::Campaign, campaign)),
            Some(_) | None => Ok(()),
        }
    }

    /// The same for a row that was looked up by its own id: another's is simply not there.
    pub fn sees_row(&self, campaign: CampaignId, noun: Noun, id: impl std::fmt::Display) -> Result<(), Problem> {
        self.sees(campaign).map_err(|_| Problem::not_found(noun, id))
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
    let Some(key) = bearer(&request) else { return unauthorized().into_response() };
    let row = match api.store.check_key(&key).await {
        Ok(Some(row)) => row,
        Ok(None) => return unauthorized().into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    if LIMITER.check_key(&row.id.0).is_err() {
        let reason = Reason::new("api.too_many_requests").with("most", REQUESTS_PER_SECOND);
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, reason);
        return ([(header::RETRY_AFTER, "1")], problem).into_response();
    }
    let lang = lang(&request);
    request.extensions_mut().insert(Caller { key: row, lang });
    next.run(request).await
}

/// RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(request: &Request) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
}

fn unauthorized() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, Reason::new("api.unauthorized"))
}
