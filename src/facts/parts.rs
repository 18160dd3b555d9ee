//! What facts are made of, beside the words of the house. A part is never changed, only added to, as the kinds.

use crate::words::*;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignConfigured {
    pub campaign: CampaignId,
    /// The folder's name.
    pub name: String,
    /// Of the folder's content: sha256, first 16 hex digits. Stored as `content`: the envelope has a `version` too.
    #[serde(rename = "content")]
    pub version: String,
    pub seller: SellerId,
    pub client: ClientId,
    pub zone: String,
    pub mode: String,
    pub currency: Option<String>,
    /// What counts as abandoned: `us_tsr`, `uk_style`, `cn_default`, ...
    pub abandon_profile: String,
    pub abandon_threshold_ms: u32,
    pub abandon_cap: f64,
    pub amd_false_positive_rate: f64,
    pub target_utilization: f64,
    /// `agent` or `flow`.
    pub handled_by: String,
    /// Excluded from KPIs by default.
    pub test: bool,
    /// Is AMD on? Tells a person from a hang-up during detection when no verdict was given.
    #[serde(default)]
    pub amd: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadEnd {
    /// An outcome that needs no further call.
    Worked,
    AttemptsUsedUp,
    OptedOut,
    Invalid,
    Suppressed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Human,
    Machine(MachineKind),
    /// Counts as human.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abandon {
    /// `NA`: ended with no agent, after the threshold.
    NoAgent,
    /// `CE`: the customer hung up before the threshold. Not in `AB`.
    CustomerEarly,
    /// `HD_late`: bridged, but after the threshold: handled and abandoned.
    Late,
    /// The program died while a person waited (I4).
    Crash,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    pub sku: String,
    pub quantity: u32,
    pub price: Money,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    Captured,
    Verified,
    Rejected,
    Cancelled,
    Shipped,
    Delivered,
    Returned,
    Refused,
}

impl OrderState {
    /// Orders move forward only.
    pub fn next(self) -> &'static [OrderState] {
        match self {
            OrderState::Captured => &[OrderState::Verified, OrderState::Rejected, OrderState::Cancelled],
            OrderState::Verified => &[OrderState::Shipped, OrderState::Cancelled],
            OrderState::Shipped => &[OrderState::Delivered, OrderState::Refused],
            OrderState::Delivered => &[OrderState::Returned],
            OrderState::Rejected | OrderState::Cancelled | OrderState::Returned | OrderState::Refused => &[],
        }
    }

    /// Nothing follows it.
    pub fn is_final(self) -> bool {
        self.next().is_empty()
    }

    /// Why `to` does not follow.
    pub fn refuses(self, to: OrderState) -> Reason {
        let reason = if self.is_final() { Reason::new("order.final") } else { Reason::new("order.wrong_state") };
        let next: Vec<String> = self.next().iter().map(OrderState::to_string).collect();
        let reason = reason.with("from", self).with("to", to);
        if next.is_empty() { reason } else { reason.with("next", next.join(", ")) }
    }
}

/// As facts and the API write it.
impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OrderState::Captured => "captured",
            OrderState::Verified => "verified",
            OrderState::Rejected => "rejected",
            OrderState::Cancelled => "cancelled",
            OrderState::Shipped => "shipped",
            OrderState::Delivered => "delivered",
            OrderState::Returned => "returned",
            OrderState::Refused => "refused",
        })
    }
}
