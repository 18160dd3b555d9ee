//! Stories of single calls, told by the facts of the real engine in the simulated world. One scenario a file.

mod answered;
mod kit;
