//! `campaign.toml` as types, with every default and its unit. Checking and error messages: `check.rs`.

use crate::words::{Lang, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub title: Text,
    /// Of the prompts and of the agent's texts, unless the lead has a `lang` column.
    #[serde(default)]
    pub lang: Lang,
    /// Excluded from KPIs by default.
    #[serde(default)]
    pub test: bool,
    pub seller: Seller,
    #[serde(default)]
    pub client: Client,
    pub hours: Hours,
    pub dialing: Dialing,
    pub abandonment: Abandonment,
    #[serde(default)]
    pub amd: Amd,
    #[serde(default)]
    pub flow: Flow,
    #[serde(default)]
    pub agents: Agents,
    #[serde(default)]
    pub preview: Preview,
    #[serde(default)]
    pub recording: Recording,
    /// Name to what it means. The names `finish` may use.
    #[serde(default)]
    pub outcomes: BTreeMap<String, Outcome>,
    /// Back-off by ending: `busy`, `no_answer`, `machine`, `failed`, `rejected`, `abandoned`, `interrupted`.
    #[serde(default)]
    pub retry: BTreeMap<String, Vec<String>>,
    /// ISO 4217, for orders.
    #[serde(default)]
    pub currency: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    pub name: Text,
    /// Shown as the caller; E.164.
    pub caller_id: String,
    /// Named in the abandonment message, E.164.
    pub callback_number: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    #[serde(default)]
    pub name: String,
}

/// Calling hours, in the called party's zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// IANA zone of the campaign: reports, and numbers whose zone is unknown if `unknown_zone = "campaign"`.
    pub zone: String,
    /// `refuse` (do not dial) or `campaign`.
    #[serde(default = "refuse")]
    pub unknown_zone: UnknownZone,
    /// `HH:MM-HH:MM`, or absent: no calls that day.
    #[serde(default)]
    pub mon: Option<String>,
    #[serde(default)]
    pub tue: Option<String>,
    #[serde(default)]
    pub wed: Option<String>,
    #[serde(default)]
    pub thu: Option<String>,
    #[serde(default)]
    pub fri: Option<String>,
    #[serde(default)]
    pub sat: Option<String>,
    #[serde(default)]
    pub sun: Option<String>,
    /// `YYYY-MM-DD`: no calls.
    #[serde(default)]
    pub closed: Vec<String>,
}

fn refuse() -> UnknownZone {
    UnknownZone::Refuse
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownZone {
    Refuse,
    Campaign,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialing {
    /// `progressive`, `predictive`, `ratio`, `agentless` (and `manual`, `preview` with the agent's page).
    pub mode: String,
    /// Region of national numbers in lists: `US`, `CN`, ...
    pub region: String,
    /// Regions that may be called; empty: `region` alone.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Names of trunks in order of preference; empty: all of the configuration.
    #[serde(default)]
    pub trunks: Vec<String>,
    #[serde(default = "d::ring_seconds_max")]
    pub ring_seconds_max: u32,
    /// Not shorter than the law's: US 15.
    #[serde(default = "d::ring_seconds_min")]
    pub ring_seconds_min: u32,
    #[serde(default = "d::target_utilization")]
    pub target_utilization: f64,
    #[serde(default = "d::ratio")]
    pub lines_per_agent: f64,
    /// Pacing learns how long each step of the flow lasts and what follows it; off only to compare.
    #[serde(default = "d::yes")]
    pub learn_steps: bool,
    /// What pacing learns of a list, later runs of lists of the same type start from, by hour of the day. Absent: the
    /// campaign's name.
    #[serde(default)]
    pub list_type: Option<String>,
    /// Lines of an `agentless` campaign.
    #[serde(default = "d::lines_max")]
    pub lines_max: u32,
    #[serde(default = "d::attempts_per_day")]
    pub attempts_per_day: u32,
    #[serde(default = "d::attempts_total")]
    pub attempts_total: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abandonment {
    /// Of the KPI dictionary, section 4: `us_tsr`, `uk_style`, `cn_default`, ...
    pub profile: String,
    /// Share of human answers, 0 to 1.
    #[serde(default = "d::cap")]
    pub cap: f64,
    #[serde(default = "d::threshold_seconds")]
    pub threshold_seconds: f64,
    /// A sound of `prompts/`: the seller's name and number, played when no agent is there in time.
    pub message: String,
    /// The key that the message offers: pressed while it plays, or within 3 s, it puts the number on the do-not-call list.
    #[serde(default = "d::opt_out_key")]
    pub opt_out_key: char,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amd {
    #[serde(default)]
    pub enabled: bool,
    /// After the answer the verdict falls at the latest then, and anew after the end of the greeting where the profile's
    /// clock starts there; undecided counts as a person.
    #[serde(default = "d::amd_deadline_seconds")]
    pub deadline_seconds: f64,
    /// `hang_up` or `message`: play `machine_message` after the beep.
    #[serde(default = "d::on_machine")]
    pub on_machine: OnMachine,
    #[serde(default)]
    pub machine_message: Option<String>,
    /// Humans taken for machines, from reviewed samples; raises the abandonment rate where the profile asks.
    #[serde(default)]
    pub false_positive_rate: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMachine {
    HangUp,
    Message,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// `agent` (steps are shown to an agent) or `flow` (it speaks by itself).
    #[serde(default = "d::handled_by")]
    pub handled_by: HandledBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandledBy {
    Agent,
    Flow,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agents {
    /// Wrap-up ends by itself then, with the flow's outcome.
    #[serde(default = "d::wrap_seconds_max")]
    pub wrap_seconds_max: u32,
    /// A short tone to the agent before the customer is heard.
    #[serde(default = "d::yes")]
    pub beep: bool,
    /// Agents who work for several campaigns are shared by weight: with 2 beside a campaign with 1, two of three agents
    /// work for this one while both have leads.
    #[serde(default = "d::weight")]
    pub weight: f64,
}

/// Modes `preview` and `manual`: an agent is shown a lead before it is dialed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// To look at it; then `on_timeout`. Manual mode has no limit.
    #[serde(default = "d::preview_seconds")]
    pub seconds: u32,
    /// `dial` or `skip`.
    #[serde(default = "d::on_timeout")]
    pub on_timeout: OnTimeout,
    #[serde(default = "d::yes")]
    pub may_skip: bool,
    /// A lead that was passed over is shown again after this.
    #[serde(default = "d::skip_minutes")]
    pub skip_minutes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    Dial,
    Skip,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    #[serde(default = "d::yes")]
    pub enabled: bool,
}

/// What an outcome means for KPIs and for the lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub title: Text,
    #[serde(default)]
    pub right_party: bool,
    #[serde(default)]
    pub effective: bool,
    #[serde(default)]
    pub interested: bool,
    /// `close`, `retry` or `callback`.
    #[serde(default = "d::then")]
    pub then: Then,
    /// For `retry`: `30m`, `2h`, `1d`.
    #[serde(default)]
    pub after: Option<String>,
    /// Never call again.
    #[serde(default)]
    pub opt_out: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    Close,
    Retry,
    Callback,
}

/// Defaults, each once.
mod d {
    use super::*;
    pub fn ring_seconds_max() -> u32 {
        25
    }
    pub fn ring_seconds_min() -> u32 {
        15
    }
    pub fn target_utilization() -> f64 {
        0.85
    }
    pub fn ratio() -> f64 {
        1.5
    }
    pub fn lines_max() -> u32 {
        10
    }
    pub fn attempts_per_day() -> u32 {
        3
    }
    pub fn attempts_total() -> u32 {
        6
    }
    pub fn cap() -> f64 {
        0.03
    }
    pub fn threshold_seconds() -> f64 {
        2.0
    }
    pub fn opt_out_key() -> char {
        '9'
    }
    pub fn amd_deadline_seconds() -> f64 {
        1.8
    }
    pub fn on_machine() -> OnMachine {
        OnMachine::HangUp
    }
    pub fn handled_by() -> HandledBy {
        HandledBy::Agent
    }
    pub fn wrap_seconds_max() -> u32 {
        30
    }
    pub fn weight() -> f64 {
        1.0
    }
    pub fn preview_seconds() -> u32 {
        30
    }
    pub fn on_timeout() -> OnTimeout {
        OnTimeout::Dial
    }
    pub fn skip_minutes() -> u32 {
        60
    }
    pub fn yes() -> bool {
        true
    }
    pub fn then() -> Then {
        Then::Close
    }
}

impl Default for Amd {
    fn default() -> Amd {
        Amd {
            enabled: false,
            deadline_seconds: d::amd_deadline_seconds(),
            on_machine: d::on_machine(),
            machine_message: None,
            false_positive_rate: 0.0,
        }
    }
}
impl Default for Flow {
    fn default() -> Flow {
        Flow { handled_by: d::handled_by() }
    }
}
impl Default for Agents {
    fn default() -> Agents {
        Agents { wrap_seconds_max: d::wrap_seconds_max(), beep: d::yes(), weight: d::weight() }
    }
}
impl Default for Preview {
    fn default() -> Preview {
        Preview {
            seconds: d::preview_seconds(),
            on_timeout: d::on_timeout(),
            may_skip: d::yes(),
            skip_minutes: d::skip_minutes(),
        }
    }
}
impl Default for Recording {
    fn default() -> Recording {
        Recording { enabled: d::yes() }
    }
}
