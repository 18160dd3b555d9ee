//! What an agent is doing (rule G7 of the KPI dictionary).

use serde::{Deserialize, Serialize};

/// Rule G7: exclusive, and exhaustive while logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    Ready,
    Reserved,
    Talk,
    Hold,
    Wrap,
    Pause,
    ManualDial,
    Preview,
    /// The softphone is lost, or not yet up.
    NoDevice,
}
