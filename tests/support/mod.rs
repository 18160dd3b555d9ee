//! What several stories share. Not every story uses all of it.
#![allow(dead_code)]

pub mod postgres;
pub mod story;
