//! What several tests need. Each test file takes what it uses.
#![allow(dead_code, reason = "each test binary uses its own part of the support")]

pub mod postgres;
pub mod story;
