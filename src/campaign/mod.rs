//! Whom we call, when, and what came of it. Pure rules and types; it refuses to dial, to store and to read clocks.

pub mod cause;
pub mod check;
pub mod folder;
pub mod lead;
pub mod list;
pub mod message;
pub mod profile;
pub mod recycle;
pub mod rules;
pub mod settings;
pub mod sound;
pub mod span;
pub mod zone;

pub use cause::Refusal;
pub use check::{Problem, check};
pub use folder::{Bundle, bundle};
pub use lead::Lead;
pub use profile::Profile;
pub use recycle::{Close, Ending, Next, after_call};
pub use rules::{Rules, Verdict, gate};
pub use settings::Settings;
