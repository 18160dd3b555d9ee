//! How many calls to place now, and why. Numbers in, a number and its reason out: a stateful fold
//! without clock or chance. It refuses to know leads, trunks' names and people.

pub mod event;

pub use event::*;
