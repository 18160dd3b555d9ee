//! The world in virtual time: a simulated carrier, people and agents at the level of call events.
