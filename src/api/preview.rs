//! `/preview`: the agent's page with the customer's phone beside it, for whoever tries a flow. Whoever opens it is the
//! preview's one agent, without a password: the host starts it on loopback alone, with made-up data. Not in the API's
//! document, and not there at all in a real run.

use super::state::State;
use super::{cookie, pages};
use crate::words::{Text, UserId};
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

/// What the host gives: whose page, and the hand on the customer's phone.
pub struct Preview {
    pub user: UserId,
    pub act: Box<dyn Fn(Act) + Send + Sync>,
    pub shown: Box<dyn Fn() -> Shown + Send + Sync>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Answer,
    HangUp,
    Digit(char),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phone {
    Idle,
    Ringing,
    Up,
}

/// What the page asks for: the phone, and what became of the folder.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub phone: Phone,
    #[serde(flatten)]
    pub news: News,
}

/// Of the campaign's folder.
#[derive(Debug, Clone, Default, Serialize)]
pub struct News {
    /// So often a change was taken over.
    pub version: u32,
    /// A change is good and waits for the call in hand to end.
    pub waits: bool,
    /// What is wrong with the folder, or made a flow fail, with file and line.
    pub problem: Option<Text>,
}

pub fn router() -> Router<State> {
    Router::new()
        .route("/preview", get(page))
        .route("/preview/phone", get(phone))
        .route("/preview/phone/{act}", post(act))
}

/// The page, and the session that opens it.
async fn page(Extract(api): Extract<State>, headers: HeaderMap) -> Response {
    let Some(preview) = api.preview.get() else { return StatusCode::NOT_FOUND.into_response() };
    let token = match api.store.begin_session(preview.user, (api.now)()).await {
        Ok(token) => token,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    };
    let mut response = pages::file("preview.html", &headers);
    response.headers_mut().insert(header::SET_COOKIE, cookie::set(&token, false));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn phone(Extract(api): Extract<State>) -> Response {
    match api.preview.get() {
        Some(preview) => Json((preview.shown)()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `answer`, `hangup`, or one key. From our own page alone: others cannot make a browser send JSON here unasked.
async fn act(Extract(api): Extract<State>, Path(act): Path<String>, headers: HeaderMap) -> StatusCode {
    let Some(preview) = api.preview.get() else { return StatusCode::NOT_FOUND };
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let key = act.chars().next().filter(|key| act.len() == 1 && "0123456789*#".contains(*key));
    let act = match (act.as_str(), key) {
        ("answer", _) => Act::Answer,
        ("hangup", _) => Act::HangUp,
        (_, Some(key)) => Act::Digit(key),
        (_, None) => return StatusCode::UNPROCESSABLE_ENTITY,
    };
    if !json {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE;
    }
    (preview.act)(act);
    StatusCode::NO_CONTENT
}
