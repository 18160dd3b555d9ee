//! The Lua host: flows are coroutines that yield requests. It refuses to know calls, agents and time.

pub mod api;
pub mod check;
mod convert;
pub mod coverage;
pub mod docs;
mod error;
mod fits;
mod garbage;
mod host;
mod meter;
pub mod request;
mod sandbox;
mod source;
mod template;
pub mod test;
pub mod walk;

pub use host::{FlowId, FlowSettings, Host, Limits};
pub use request::*;
