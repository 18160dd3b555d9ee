//! Server-sent events from a task of its own to one listener. It refuses to queue: who reads slowly gets what is
//! newest, for each event holds a whole picture or waits for the one before to be read.

use super::auth::Caller;
use super::state::Api;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};

/// Written and not yet read. Then the task waits, and the watched values it reads next are newer.
const UNREAD_MAX: usize = 4;
/// A comment so often, so that a dead connection is noticed on both sides.
const ALIVE_EVERY: Duration = Duration::from_secs(10);

/// Whoever was logged out elsewhere, or whose key was revoked, is looked after so often.
const LOOK_EVERY: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub struct Push(mpsc::Sender<Event>);

impl Push {
    /// `None`: the listener has gone.
    pub async fn json(&self, name: &str, value: &impl Serialize) -> Option<()> {
        let event = Event::default().event(name).json_data(value).ok()?;
        self.0.send(event).await.ok()
    }

    /// Waits until the listener has gone, or may not listen any more.
    pub async fn over(&self, api: &Api, caller: &Caller) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.tick().await;
        loop {
            tokio::select! {
                () = self.0.closed() => return,
                _ = look.tick() => {
                    if let Ok(false) = caller.still_holds(api).await {
                        return;
                    }
                }
            }
        }
    }
}

/// The task ends when it returns, or when the listener goes.
pub fn stream<F>(task: impl FnOnce(Push) -> F) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(UNREAD_MAX);
    tokio::spawn(task(Push(sender)));
    Sse::new(ReceiverStream::new(receiver).map(Ok)).keep_alive(KeepAlive::new().interval(ALIVE_EVERY))
}
