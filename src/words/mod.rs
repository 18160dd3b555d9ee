//! Nouns everyone shares: ids, moments, phones, causes, money, reasons.
//! It refuses to know what anyone does with them.

pub mod agent_state;
pub mod campaign_state;
pub mod cause;
pub mod day;
pub mod id;
pub mod lang;
pub mod moment;
pub mod money;
pub mod phone;
pub mod reason;

pub use agent_state::AgentState;
pub use campaign_state::CampaignState;
pub use cause::{Cause, FailKind, InvalidKind, MachineKind, NotDialed, Side};
pub use day::LocalDay;
pub use id::*;
pub use lang::{Lang, Text};
pub use moment::{Moment, Wall};
pub use money::{Money, minor_digits};
pub use phone::{Phone, PhoneError};
pub use reason::Reason;
