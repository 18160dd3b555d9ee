//! Who asks: an API key as bearer token, or a person's session as cookie; the role, what it is bound to, its language.
//! It refuses to fall back: a request with an `Authorization` header is judged by it alone.

use super::error::{Noun, Problem, lang};
use super::rates::Rate;
use super::state::{Api, State};
use super::{address, cookie};
use crate::store::{Binding, Scope, SessionHash, StoreError};
use crate::words::{AgentId, CampaignId, KeyId, Lang, Phone, Reason};
use axum::extract::{FromRequestParts, Request, State as Extract};
use axum::http::{HeaderMap, Method, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::LazyLock;
use subtle::ConstantTimeEq;

/// Requests a second of one key or one session.
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

/// A page proves with it that it read the session's answer, which a stranger's page cannot.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Requests a minute of one address that come with no key or session that holds.
const STRANGERS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(3000).expect("not zero");
const MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");

static STRANGERS: LazyLock<Rate> = LazyLock::new(|| Rate::new("address", STRANGERS_PER_MINUTE, MINUTE));
static CALLERS: LazyLock<Rate> = LazyLock::new(|| Rate::new("caller", REQUESTS_PER_SECOND, NonZeroU32::MIN));

/// The caller, as every handler gets it.
#[derive(Debug, Clone)]
pub struct Caller {
    pub who: Who,
    pub scope: Scope,
    pub binding: Binding,
    pub lang: Lang,
}

#[derive(Debug, Clone)]
pub enum Who {
    Key(KeyId),
    /// A person with a session.
    User {
        name: String,
        /// The person's own language, whatever the request asks for.
        lang: Lang,
        session: SessionHash,
        csrf: String,
    },
}

impl Caller {
    /// For the record: who did it.
    pub fn name(&self) -> String {
        match &self.who {
            Who::Key(id) => format!("key:{id}"),
            Who::User { name, .. } => format!("user:{name}"),
        }
    }

    /// Each session of a person counts by itself.
    fn rate_key(&self) -> String {
        match &self.who {
            Who::Key(id) => id.to_string(),
            Who::User { session, .. } => session.to_string(),
        }
    }

    pub fn needs(&self, scopes: &[Scope]) -> Result<(), Problem> {
        if self.scope == Scope::Admin || scopes.contains(&self.scope) {
            return Ok(());
        }
        Err(Problem::forbidden(Reason::new("api.scope").with("scope", self.scope)))
    }

    /// An agent acts for itself only.
    pub fn acts_for(&self, agent: AgentId) -> Result<(), Problem> {
        match (self.scope, self.binding.agent) {
            (Scope::Agent, Some(own)) if own == agent => Ok(()),
            (Scope::Agent, _) => Err(Problem::forbidden(Reason::new("api.own_agent"))),
            (Scope::Admin | Scope::Manager | Scope::Supervisor, _) => Ok(()),
            (Scope::Client, _) => Err(Problem::forbidden(Reason::new("api.scope").with("scope", self.scope))),
        }
    }

    /// Who is bound to a campaign sees that campaign only; a client that is bound to none sees none.
    pub fn sees(&self, campaign: CampaignId) -> Result<(), Problem> {
        match (self.binding.campaign, self.scope) {
            (Some(own), _) if own == campaign => Ok(()),
            (Some(_), _) | (None, Scope::Client) => Err(Problem::not_found(Noun::Campaign, campaign)),
            (None, Scope::Admin | Scope::Manager | Scope::Supervisor | Scope::Agent) => Ok(()),
        }
    }

    /// The same for a row that was looked up by its own id: another's is simply not there.
    pub fn sees_row(&self, campaign: CampaignId, noun: Noun, id: impl std::fmt::Display) -> Result<(), Problem> {
        self.sees(campaign).map_err(|_| Problem::not_found(noun, id))
    }

    /// The campaign whose rows are listed: the one that was asked for, else one's own. `None`: all.
    pub fn campaign(&self, asked: Option<CampaignId>) -> Result<Option<CampaignId>, Problem> {
        let campaign = asked.or(self.binding.campaign);
        match campaign {
            Some(campaign) => self.sees(campaign)?,
            // An id that nothing has.
            None if self.scope == Scope::Client => self.sees(CampaignId(0))?,
            None => {}
        }
        Ok(campaign)
    }

    /// A person's number as this caller may see it.
    pub fn number(&self, phone: &Phone) -> String {
        if self.sees_numbers() { phone.digits().to_owned() } else { phone.to_string() }
    }

    /// Whole numbers are for those who dial and lead, not for clients.
    fn sees_numbers(&self) -> bool {
        match self.scope {
            Scope::Admin | Scope::Manager => true,
            Scope::Supervisor | Scope::Agent | Scope::Client => false,
        }
    }

    /// Still, after a while: a key may be revoked, a session ended. For streams; keeps a session alive.
    pub async fn still_holds(&self, api: &Api) -> Result<bool, StoreError> {
        match &self.who {
            Who::Key(id) => api.store.key_holds(*id).await,
            Who::User { session, .. } => Ok(api.store.session_user(session, (api.now)()).await?.is_some()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(unauthorized)
    }
}

/// The middleware in front of everything but health, the document and the login.
pub async fn authenticate(
    Extract(api): Extract<State>,
    address::From(address): address::From,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match identify(&api, request.method(), request.headers()).await {
        Ok(caller) => caller,
        Err(problem) => return stranger(problem, address),
    };
    let (standing, mut response) = match CALLERS.take(&caller.rate_key()) {
        Ok(standing) => {
            request.extensions_mut().insert(caller);
            (standing, next.run(request).await)
        }
        Err(standing) => (standing, standing.problem().into_response()),
    };
    standing.write(response.headers_mut());
    response
}

fn stranger(problem: Problem, address: IpAddr) -> Response {
    let (standing, problem) = match STRANGERS.take(&address::neighbourhood(address).to_string()) {
        Ok(standing) => (standing, problem),
        Err(standing) => (standing, standing.problem()),
    };
    let mut response = problem.into_response();
    standing.write(response.headers_mut());
    response
}

async fn identify(api: &Api, method: &Method, headers: &HeaderMap) -> Result<Caller, Problem> {
    let lang = lang(headers);
    if headers.contains_key(header::AUTHORIZATION) {
        let key = bearer(headers).ok_or_else(unauthorized)?;
        let row = api.store.check_key(key).await?.ok_or_else(unauthorized)?;
        return Ok(Caller { who: Who::Key(row.id), scope: row.scope, binding: row.binding, lang });
    }
    let token = cookie::session(headers).ok_or_else(unauthorized)?;
    let session = SessionHash::of(token);
    let user = api.store.session_user(&session, (api.now)()).await?.ok_or_else(unauthorized)?;
    let csrf = cookie::csrf(token);
    if !method.is_safe() {
        let sent = headers.get(CSRF_HEADER).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
        if !bool::from(sent.ct_eq(csrf.as_bytes())) {
            return Err(Problem::forbidden(Reason::new("api.csrf")).at(CSRF_HEADER));
        }
    }
    let who = Who::User { name: user.name, lang: user.lang, session, csrf };
    Ok(Caller { who, scope: user.role, binding: user.binding, lang })
}

/// RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). Two headers are none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let header = all.next().filter(|_| all.next().is_none())?.to_str().ok()?;
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

pub fn unauthorized() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, Reason::new("api.unauthorized"))
}
