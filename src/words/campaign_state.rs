//! Whether a campaign dials. It refuses to say why not: that is a `Reason`.

use serde::{Deserialize, Serialize};

/// By the last of `CampaignStarted`, `CampaignPaused`, `CampaignDrained`, `CampaignFinished`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    Idle,
    Running,
    Paused,
    Draining,
    Finished,
}
