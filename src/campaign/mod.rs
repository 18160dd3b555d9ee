//! Whom we call, when, and what came of it. Pure rules and types; it refuses to dial, to store and to read clocks.

pub mod lead;
pub mod settings;

pub use lead::Lead;
pub use settings::Settings;
