//! What is learned from events: when lines are answered, how long AMD thinks, how good the list is right now,
//! when agents come free. Counts and exposures; nothing here decides.

pub mod amd;
pub mod demand;
pub mod hazard;
pub mod learned;
pub mod level;
pub mod ring;
pub mod supply;
pub mod talk;

pub use amd::Amd;
pub use demand::{Again, Demand};
pub use learned::{Learned, LearnedError};
pub use level::Level;
pub use ring::Ring;
pub use supply::Supply;
pub use talk::{Speed, Talk};

/// How many horizons a decision looks at.
pub const HORIZONS: usize = 15;

/// Seconds from now at which demand and supply are compared. Dense where a call that is dialed now lands.
pub const HORIZON_SECONDS: [f64; HORIZONS] =
    [1.0, 2.0, 3.5, 5.0, 6.5, 8.0, 9.5, 11.0, 13.0, 15.0, 17.5, 20.0, 23.0, 27.0, 32.0];

/// A probability at each horizon: that something has happened by then.
pub type Row = [f64; HORIZONS];

pub const ZERO: Row = [0.0; HORIZONS];
