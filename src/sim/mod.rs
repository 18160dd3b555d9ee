//! The world in virtual time: a simulated carrier, people, agents, store and clock around the real engine, at the level
//! of call events. It refuses to know SIP messages and packets: `wire` carries bytes for those who test them apart.
//!
//! One seed, one run: every lead, agent and trunk draws from a stream of its own, so two settings can be compared on
//! the same people (common random numbers).

pub mod agent;
pub mod carrier;
pub mod checks;
pub mod dist;
pub mod heap;
pub mod lines;
pub mod list;
pub mod people;
pub mod plan;
pub mod population;
pub mod reasons;
pub mod recover;
pub mod report;
pub mod report_bands;
pub mod report_html;
mod report_text;
pub mod rng;
pub mod run;
pub mod scenario;
mod survivors;
pub mod wire;
pub mod world;

pub use checks::{Checks, Violation};
pub use report::Report;
pub use scenario::{Scenario, ScenarioError};
pub use world::SimWorld;
