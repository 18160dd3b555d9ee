//! People log in and out: `/v1/session`. A name and a password become a cookie; the cookie stands for the person.
//! Known and unknown names are answered alike, and cost the same work.

use super::auth::{Caller, Who, unauthorized};
use super::body::{Json, fits};
use super::error::Problem;
use super::lockout::Lockout;
use super::rates::Rate;
use super::state::State;
use super::{address, cookie};
use crate::store::{Binding, PASSWORD_BYTES_MAX, Scope, SessionHash, UserRow};
use crate::words::{Lang, Reason};
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::Instant;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A whole floor at the start of its shift; further ones are asked to come again.
const WAITING_MAX: usize = 600;
const NAME_MAX: usize = 64;

/// What stands in front of every login.
pub struct LoginGuard {
    /// The API listens on this machine alone, so plain HTTP is nobody else's to read.
    loopback: bool,
    lockout: Lockout,
    waiting: Semaphore,
}

impl LoginGuard {
    /// `address`: where the API listens.
    pub fn new(address: SocketAddr) -> LoginGuard {
        let loopback = address.ip().is_loopback();
        LoginGuard { loopback, lockout: Lockout::default(), waiting: Semaphore::new(WAITING_MAX) }
    }

    /// Cookies go over TLS alone, unless nobody stands between.
    fn secure(&self, headers: &HeaderMap) -> bool {
        !self.loopback || over_tls(headers)
    }

    /// A browser would throw a `Secure` cookie away that came over plain HTTP from elsewhere, and nobody would know why.
    fn reachable(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if self.loopback || over_tls(headers) || to_this_machine(headers) {
            return Ok(());
        }
        Err(Problem::forbidden(Reason::new("api.needs_tls")))
    }
}

pub fn login_route() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(log_in)).layer(axum::middleware::from_fn(per_address))
}

/// A whole floor behind one address at the start of its shift, and not many more.
const LOGINS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(600).expect("not zero");
const MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
static LOGINS: LazyLock<Rate> = LazyLock::new(|| Rate::new("login", LOGINS_PER_MINUTE, MINUTE));

async fn per_address(address::From(address): address::From, request: Request, next: Next) -> Response {
    let address = address::neighbourhood(address);
    let (standing, mut response) = match LOGINS.take(&address.to_string()) {
        Ok(standing) => (standing, next.run(request).await),
        Err(standing) => (standing, standing.problem().into_response()),
    };
    standing.write(response.headers_mut());
    response
}

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(get, log_out))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    #[schema(max_length = 64)]
    name: String,
    #[schema(max_length = 1024)]
    password: String,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
struct Session {
    name: String,
    /// `admin`, `manager`, `supervisor`, `agent`, `client`.
    role: String,
    /// Of role agent.
    agent: Option<String>,
    /// Of role client.
    campaign: Option<String>,
    /// Sent back as `X-CSRF-Token` with every request that is no GET.
    csrf: String,
    /// The person's own: `en`, `zh-Hans`, `zh-Hant`.
    lang: String,
}

/// The cookie comes with the answer. Ten failures a minute for a name from an address, then 429.
#[utoipa::path(post, path = "/v1/session", tag = "session", request_body = Credentials,
    responses((status = 200, body = Session, headers(("set-cookie" = String, description = "outpace_session"))),
        (status = 401), (status = 403), (status = 422), (status = 429)))]
async fn log_in(
    Extract(api): Extract<State>,
    address::From(address): address::From,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let Credentials { name, password } = credentials;
    for (field, text, most) in [("name", &name, NAME_MAX), ("password", &password, PASSWORD_BYTES_MAX)] {
        fits(field, text, most)?;
    }
    api.logins.reachable(&headers)?;
    let user = prove(&api, &name, &password, address).await?;
    if let Some(former) = cookie::session(&headers) {
        api.store.end_session(&SessionHash::of(former)).await?;
    }
    let token = api.store.begin_session(user.id, (api.now)()).await?;
    tracing::info!(user = %user.name, role = %user.role, "logged in");
    let set = cookie::set(&token, api.logins.secure(&headers));
    let session = Session::of(user.name, user.role, user.binding, user.lang, cookie::csrf(&token));
    Ok(([(header::SET_COOKIE, set)], axum::Json(session)).into_response())
}

async fn prove(api: &State, name: &str, password: &str, address: IpAddr) -> Result<UserRow, Problem> {
    let slow_down = |seconds: u64| {
        let reason = Reason::new("api.too_many_logins").with("seconds", seconds);
        Problem::new(StatusCode::TOO_MANY_REQUESTS, reason).after(seconds)
    };
    let lockout = &api.logins.lockout;
    let _place = api.logins.waiting.try_acquire().map_err(|_| slow_down(5))?;
    lockout.begin(name, address, Instant::now()).map_err(|wait| slow_down(wait.as_secs() + 1))?;
    if let Some(user) = api.store.check_password(name, password).await? {
        lockout.succeeded(name, address);
        return Ok(user);
    }
    lockout.failed(address, Instant::now());
    tracing::warn!(%address, "a login failed");
    Err(Problem::new(StatusCode::UNAUTHORIZED, Reason::new("api.wrong_login")))
}

#[utoipa::path(get, path = "/v1/session", tag = "session", responses((status = 200, body = Session)))]
async fn get(caller: Caller) -> Result<axum::Json<Session>, Problem> {
    let Who::User { name, lang, csrf, .. } = caller.who else { return Err(unauthorized()) };
    Ok(axum::Json(Session::of(name, caller.scope, caller.binding, lang, csrf)))
}

/// This session ends at once; others of the same person stay.
#[utoipa::path(delete, path = "/v1/session", tag = "session", responses((status = 204)))]
async fn log_out(Extract(api): Extract<State>, caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    let Who::User { name, session, .. } = caller.who else { return Err(unauthorized()) };
    api.store.end_session(&session).await?;
    tracing::info!(user = %name, "logged out");
    let cookie = cookie::remove(api.logins.secure(&headers));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

impl Session {
    fn of(name: String, role: Scope, binding: Binding, lang: Lang, csrf: String) -> Session {
        Session {
            name,
            role: role.to_string(),
            agent: binding.agent.map(|id| id.to_string()),
            campaign: binding.campaign.map(|id| id.to_string()),
            csrf,
            lang: lang.tag().to_owned(),
        }
    }
}

/// Said by the proxy that ends TLS. Whoever lies here makes only their own cookie stricter.
fn over_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Browsers keep `Secure` cookies of these without TLS.
fn to_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
