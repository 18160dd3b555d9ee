//! What several tests need. Each test file takes what it uses.
#![allow(dead_code)]

pub mod postgres;
