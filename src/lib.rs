//! Outpace, an outbound predictive dialer. This file is the map: modules in reading order, with what each may use.
//! `tests/tidy.rs` reads the lines marked `uses:` and `crates:` and fails on any other import.

// The world allocator is chosen in main.rs; the library leaves it to its host.
#![forbid(unsafe_code)]

/// Nouns everyone shares.
// uses: -
pub mod words;

/// What happened.
// uses: words
pub mod facts;

/// Whom we call, when, and what came of it.
// uses: words
pub mod campaign;

/// Agents at work.
// uses: words
pub mod floor;

/// How many calls to place now, and why.
// uses: words
// crates: governor (call_rate)
pub mod pacing;

/// The metric catalogue.
// uses: words facts
pub mod kpi;

/// The Lua host.
// uses: words
// crates: mlua
pub mod script;

/// The story of a call.
// uses: words facts campaign floor pacing kpi script
pub mod engine;

/// SIP: bytes in, bytes out.
// uses: words
// crates: rsip
pub mod sip;

/// Sound: bytes in, bytes out.
// uses: words
// crates: rtp-rs
pub mod media;

/// The world in virtual time.
// uses: words facts campaign engine kpi sip media
pub mod sim;

/// What is kept.
// uses: words facts campaign kpi
// crates: sqlx rusqlite tokio argon2
pub mod store;

/// The world in real time.
// uses: words facts campaign engine sip media store
// crates: tokio
pub mod live;

/// Web pages.
// uses: -
pub mod ui;

/// The HTTP API.
// uses: words facts campaign kpi engine store ui
// crates: axum tokio governor hyper hyper-util
pub mod api;

/// The commands.
// uses: all
// crates: tokio
pub mod cli;
