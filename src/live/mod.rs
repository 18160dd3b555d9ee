//! The world in real time: the clock, and the only sockets and threads for SIP and RTP.
pub mod clock;
pub mod writer;
