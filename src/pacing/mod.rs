//! How many calls to place now, and why. Numbers in, a number and its reason out: a stateful fold
//! without clock or chance. It refuses to know leads, trunks' names and people.

mod budget;
pub mod call_rate;
mod conflict;
mod estimate;
pub mod event;
mod inbound;
pub mod ledger;
mod pacer;
mod predictive;
mod progressive;
pub mod sharing;
mod since;
mod state;
#[cfg(test)]
mod tests;
mod why;

pub use call_rate::CallRate;
pub use estimate::{Learned, LearnedError};
pub use event::*;
pub use ledger::{Ledger, Span, Tally, Window};
pub use pacer::Pacer;
