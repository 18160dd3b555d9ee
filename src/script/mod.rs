//! The Lua host: flows are coroutines that yield requests. It refuses to know calls, agents and time.

pub mod api;
mod convert;
pub mod docs;
mod error;
mod fits;
mod host;
mod meter;
pub mod request;
mod sandbox;
mod source;
mod template;

pub use host::{FlowId, FlowSettings, Host, Limits};
pub use request::*;
