//! The story of a call, as a pure state machine: `handle(now, Input)`, `poll_output()`, `poll_timeout()`.
//! No clock, socket, thread, database or unseeded chance inside.

pub mod io;
pub mod world;

pub use io::*;
pub use world::{Wake, World, run};
