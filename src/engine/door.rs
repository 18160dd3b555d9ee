//! The way in for those who ask: the API, robots, the command line. Whoever hosts the engine opens a door.

use super::io::{Refusal, Reply, Request};

/// Called once with the answer, on the engine's own thread: it must not block.
pub type Answered = Box<dyn FnOnce(Result<Reply, Refusal>) + Send>;

pub trait Door: Send + Sync {
    /// `by`: who asks, for the record (a key's id, a login name).
    fn ask(&self, by: &str, request: Request, answered: Answered);
}
