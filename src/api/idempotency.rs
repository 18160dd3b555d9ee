//! A POST with an `Idempotency-Key` is done once, however often it comes: the same answer for the same request, 422 for
//! another one under the same key, 409 while the first is under way. It goes on to its end even when the client has gone,
//! so that a second try finds the answer.

use super::auth::Caller;
use super::body::{self, BODY_BYTES_MAX};
use super::error::{self, Problem};
use super::state::{Api, State};
use crate::store::{Begun, IdempotencyKey};
use crate::words::Reason;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";
const KEY_BYTES_MAX: usize = 128;

/// Around the ordinary routes, within the door.
pub async fn once(Extract(api): Extract<State>, caller: Caller, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    match first_time(&api, &caller, request).await {
        Ok(First::Time(key, request)) => {
            let done = tokio::spawn(async move { keep(&api, &key, next.run(request).await).await });
            // It does not panic unless the handler did, which left the key as it is: nobody knows how far it came.
            done.await.unwrap_or_else(|_| error::panicked(Box::new(())))
        }
        Ok(First::Was(response)) => response,
        Err(problem) => problem.into_response(),
    }
}

enum First {
    Time(IdempotencyKey, Request),
    Was(Response),
}

async fn first_time(api: &Api, caller: &Caller, request: Request) -> Result<First, Problem> {
    let key = IdempotencyKey::of(&caller.name(), key(request.headers())?);
    let (parts, body) = request.into_parts();
    let body = body::bytes(body).await?;
    let place = parts.uri.path_and_query().map_or("", |place| place.as_str());
    let hash = Sha256::new().chain_update(place).chain_update([0]).chain_update(&body).finalize();
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let conflict = |reason: Reason| Problem::new(StatusCode::CONFLICT, reason).at(HEADER);
    match api.store.begin_request(&key, &hash, (api.now)()).await? {
        Begun::Fresh => Ok(First::Time(key, Request::from_parts(parts, Body::from(body)))),
        Begun::Done { status, answer } => Ok(First::Was(replay(status, answer))),
        Begun::Other => Err(Problem::invalid(HEADER, Reason::new("api.idempotency_other"))),
        Begun::InFlight => Err(conflict(Reason::new("api.idempotency_in_flight")).after(1)),
        Begun::Lost { begun } => Err(conflict(Reason::new("api.idempotency_lost").with("at", begun.rfc3339()))),
    }
}

/// A UUID, say; with or without the quotes of a structured header (RFC 8941).
fn key(headers: &HeaderMap) -> Result<&str, Problem> {
    let wrong = || Problem::invalid(HEADER, Reason::new("api.idempotency_key").with("most", KEY_BYTES_MAX));
    let mut all = headers.get_all(HEADER).iter();
    let text = all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok()).ok_or_else(wrong)?;
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(text) } else { Err(wrong()) }
}

/// What succeeded is kept; what was refused was not done. Of anything else nobody knows, and the key says so later.
async fn keep(api: &Api, key: &IdempotencyKey, response: Response) -> Response {
    let status = response.status();
    let known = status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE;
    if known {
        log(api.store.forget_request(key).await);
    }
    if !status.is_success() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return Problem::unavailable("the answer was too long to keep").into_response();
    };
    log(api.store.keep_answer(key, status.as_u16(), &bytes).await);
    Response::from_parts(parts, Body::from(bytes))
}

/// The request itself is done; only its repetition suffers.
fn log(kept: Result<(), crate::store::StoreError>) {
    if let Err(error) = kept {
        tracing::warn!(%error, "an Idempotency-Key could not be settled");
    }
}

fn replay(status: u16, answer: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(answer)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if status != StatusCode::NO_CONTENT {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
