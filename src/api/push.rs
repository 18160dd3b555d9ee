//! Server-sent events from a task of its own to one listener, for as long as the listener may hear them. It refuses to
//! queue more than a few: the task waits until they are read, and what it looks at next is newer.

use super::auth::Caller;
use super::state::Api;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};

/// Pictures that are written and not yet read: each is whole, and the next one is newer.
pub const PICTURES_UNREAD_MAX: usize = 4;
/// Of events of which none may be left out; what comes meanwhile waits in the feed, which has its own bound.
pub const EVENTS_UNREAD_MAX: usize = 64;
/// A comment so often, so that a dead connection is noticed on both sides.
const ALIVE_EVERY: Duration = Duration::from_secs(10);

/// Whoever was logged out elsewhere, or whose key was revoked, is looked after so often.
const LOOK_EVERY: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub struct Push(mpsc::Sender<Event>);

impl Push {
    /// `None`: the listener has gone.
    pub async fn json(&self, name: &str, value: &impl Serialize) -> Option<()> {
        self.send(Event::default().event(name).json_data(value).ok()?).await
    }

    /// `None`: the listener has gone.
    pub async fn send(&self, event: Event) -> Option<()> {
        self.0.send(event).await.ok()
    }

    /// Waits until the listener has gone, or may not listen any more. A store that is away says nothing about the key.
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

/// The task ends when it returns, or when the listener goes. `unread_max`: one of the two above.
pub fn stream<F>(unread_max: usize, task: impl FnOnce(Push) -> F) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(unread_max);
    tokio::spawn(task(Push(sender)));
    Sse::new(ReceiverStream::new(receiver).map(Ok)).keep_alive(KeepAlive::new().interval(ALIVE_EVERY))
}
