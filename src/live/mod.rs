//! The world in real time: the clock, and the only sockets and threads for SIP and RTP.

pub mod clock;
pub mod desk;
pub mod ended;
pub mod ground;
pub mod heir;
pub mod host;
pub mod inbox;
pub mod lines;
pub mod media_edge;
pub mod media_ports;
mod media_thread;
pub mod peers;
pub mod phonebook;
pub mod probe;
pub mod prompts;
pub mod recorder;
mod sip_socket;
pub mod sip_thread;
pub mod watch;
pub mod world;
pub mod writer;

pub use host::{Host, HostError, HostSetup, TrunkSetup};
