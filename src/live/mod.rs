//! The world in real time: the clock, and the only sockets and threads for SIP and RTP.

pub mod clock;
pub mod media_edge;
pub mod media_ports;
mod media_thread;
pub mod recorder;
pub mod writer;
