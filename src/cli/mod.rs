//! One file per command; the only place that joins everything.

pub mod config;
pub mod pacer;
