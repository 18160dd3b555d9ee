//! SIP, bytes in and bytes out: scanner, transactions, dialogs, legs, registrar, digest, SDP. No sockets, no clock.
//! A `Stack` is one user agent: it calls over trunks, takes calls, registers, and is a registrar for phones.
//! It refuses to know campaigns, agents or sound: it tells events about legs, trunks and users.

mod alarms;
mod api;
mod branch;
mod build;
mod dialog;
pub mod digest;
mod hash;
mod leg;
mod limits;
mod registrar;
pub mod scan;
pub mod sdp;
mod session_timer;
mod slots;
mod stack;
mod transaction;
pub mod transport;
mod wire;
mod write;

pub use api::*;
pub use limits::Limits;
pub use sdp::{Codec, Direction, Media};
pub use stack::Stack;
pub use transport::{Peer, Transport};
