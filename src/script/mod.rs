//! The Lua host: flows are coroutines that yield requests. It refuses to know calls, agents and time.

pub mod request;

pub use request::*;
