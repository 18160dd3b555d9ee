//! Sound, bytes in and bytes out: RTP, relay, G.711, digits, tones, AMD, prompts, recording.
//! It refuses to know sockets, files, clocks and SIP: the host hands it packets with their moment and sender,
//! and sends what it answers.
//!
//! The way of a packet: `Hub::receive` asks `remote` (may this sender speak to this leg?), `incoming` (new, late or
//! a copy?), hands the sound to the leg's `ear` (voice activity, tones, AMD) and `recording`, and rewrites it in
//! place for the peer through the peer's `outgoing` (one SSRC, one sequence, one clock, whatever the source).
//! `Hub::tick` does what has no packet to start it: prompts, beeps, silence, digits, time-outs.
//!
//! A relay holds nothing back: there is no jitter buffer between two legs, for the phones at both ends have one, and
//! a second only adds delay. Order is restored only where it is needed: in `ear`, and in `recording` by timestamps.

pub mod amd;
pub mod dtmf;
mod ear;
mod event;
pub mod g711;
mod hub;
mod incoming;
mod leg;
mod outgoing;
pub mod prompt;
pub mod recording;
mod remote;
mod resample;
mod rtp;
pub mod signal;
pub mod tone;
pub mod vad;
pub mod wav;

pub use event::{Event, Verdict, What};
pub use g711::Codec;
pub use hub::{Forward, Hub, HubSettings, Slot, Stats};
pub use leg::{Format, Leg, RemoteParty};
pub use prompt::{Prompt, PromptError};
pub use recording::Block;

/// Samples a second, everywhere: G.711 knows no other rate.
pub const RATE: u32 = 8000;
/// Samples of a frame we make ourselves: 20 ms.
pub const FRAME: usize = 160;
pub const FRAME_MS: i64 = 20;
