//! Agents at work: who is in which state, and who is next. It refuses to know calls beyond their ids.

mod agent;
mod pick;

pub use agent::{Agent, Device, Session, Wish};
pub use pick::Floor;
