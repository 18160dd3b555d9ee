//! What a simulated day is made of: people, lines, agents, list and faults, with every unit (`ordinary`: what is usual; `check`: what cannot be).
//! It refuses to know campaigns: those come as they are, from their folders.

mod check;
mod ordinary;

use super::dist::Dist;
use super::plan::Planned;
pub use check::ScenarioError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    pub seed: u64,
    /// How long it dials; then it drains.
    pub hours: f64,
    /// Local wall time of the first moment, `YYYY-MM-DDTHH:MM:SS`.
    pub start: String,
    /// IANA zone of `start` and of the hours in `population`. Absent: the first campaign's zone.
    pub zone: Option<String>,
    pub agents: AgentsAtWork,
    pub list: ListShape,
    pub population: Population,
    pub carrier: Carrier,
    pub store: StoreTimes,
    /// Faults and orders from outside, at their time.
    pub planned: Vec<Planned>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentsAtWork {
    pub number: u32,
    /// Logins are spread evenly over this time.
    pub login_ramp_seconds: f64,
    /// Absent: until the end of the run.
    pub shift_hours: Option<f64>,
    pub breaks: Vec<Break>,
    /// Breaks begin earlier or later by up to this.
    pub break_jitter_seconds: f64,
    /// Spread of the agents' pace: sigma of a lognormal factor around 1.
    pub pace_sigma: f64,
    /// Share of returns from a pause after which an agent forgets to say ready, and for how long.
    pub forgets_ready: f64,
    pub forgets_seconds: Dist,
    /// Share of agents who leave before their shift ends, and how long before.
    pub leaves_early: f64,
    pub leaves_early_seconds: Dist,
    /// From seeing to clicking.
    pub reaction_seconds: Dist,
    pub wrap_seconds: Dist,
    pub phone_answer_seconds: Dist,
    /// Talk before the click, by step name, or else by kind: `opener`, `step`, `objection`, `closing`.
    pub step_seconds: BTreeMap<String, Dist>,
    /// Weights by choice id, `STEP/ID`, `objection:NAME` or `STEP/objection:NAME`; the longer name wins. Default: 1.
    pub choices: BTreeMap<String, f64>,
    /// Weight of each objection that `choices` does not name; halved after each objection raised in the call.
    pub objection_weight: f64,
    /// Share of steps in which the customer is put on hold, and for how long.
    pub holds: f64,
    pub hold_seconds: Dist,
    /// An agent joined with a machine notices and ends the call after this.
    pub notices_machine_seconds: Dist,
    /// In manual mode agents ask for their leads.
    pub asks_for_leads: bool,
    /// Share of shown leads that an agent passes over.
    pub skips: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    /// After the agent's login.
    pub after_minutes: f64,
    pub minutes: f64,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListShape {
    pub leads: u32,
    /// Of the made-up numbers: `US`, `GB`, `CN`. Absent: the campaign's region.
    pub region: Option<String>,
    /// IANA zones and their weights. Empty: the campaign's zone.
    pub zones: BTreeMap<String, f64>,
    /// Further columns of every lead.
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Population {
    /// Share of numbers that are vacant, suspended or malformed, at every attempt.
    pub invalid: f64,
    /// Share of numbers that are fax machines.
    pub fax: f64,
    /// What the other numbers come to, from each hour of the day (0 to 23) on. Before the first: the first.
    pub hours: Vec<FromHour>,
    /// From 180 to 200.
    pub ring_human_seconds: Dist,
    pub ring_machine_seconds: Dist,
    /// The network gives up an unanswered call after this with 480.
    pub network_ring_seconds_max: f64,
    /// From 200 to the first word; share of people who say nothing.
    pub greeting_after_seconds: Dist,
    pub greeting_seconds: Dist,
    pub silent_pickup: f64,
    /// Of a machine; then the beep.
    pub machine_greeting_seconds: Dist,
    /// A machine hangs up this long after its beep.
    pub machine_records_seconds: f64,
    /// From 200: how long a person waits for somebody to speak.
    pub patience_seconds: Dist,
    /// The same once a voice or a prompt was heard.
    pub silence_patience_seconds: Dist,
    /// Share of a talk's steps in which the customer hangs up.
    pub leaves_in_step: f64,
    /// Share of prompts during which a person hangs up.
    pub leaves_in_prompt: f64,
    /// Share of prompts after which a person presses keys, and which (by weight): `1`, or several in a row as `4711#`.
    pub presses: f64,
    pub digits: BTreeMap<String, f64>,
    pub presses_after_seconds: Dist,
    /// Share of those who press that do not wait for the prompt's end.
    pub interrupts: f64,
    pub amd: AmdBehaviour,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FromHour {
    pub from: u8,
    #[serde(flatten)]
    pub mix: Mix,
}

/// Shares of attempts on a working number. What is left over rings and is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mix {
    pub human: f64,
    pub machine: f64,
    pub busy: f64,
    pub rejected: f64,
    /// Special information tones as early media, then 404.
    pub sit: f64,
    /// 500 and 502.
    pub fail: f64,
    /// 503.
    pub congestion: f64,
    /// Nothing comes back at all.
    pub silent: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmdBehaviour {
    /// From 200 to the verdict.
    pub human_seconds: Dist,
    pub machine_seconds: Dist,
    /// Share of people taken for machines.
    pub false_positive: f64,
    /// Share of machines taken for people.
    pub miss: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Carrier {
    pub trunks: Vec<TrunkShape>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrunkShape {
    pub name: String,
    pub channels: u32,
    pub calls_per_second: u32,
    /// From the INVITE to 180 or a refusal.
    pub post_dial_seconds: Dist,
    /// Share of INVITEs refused by the carrier itself, with `refusal_code`.
    pub refuses: f64,
    pub refusal_code: u16,
    /// Share of CANCELs that cross a 200 on the wire.
    pub cancel_crosses: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreTimes {
    /// A group commit, from its begin to the disk.
    pub durable_seconds: Dist,
    pub lease_seconds: Dist,
}

impl Mix {
    /// Nobody answers and nothing goes wrong: a ground to build on.
    pub const NOBODY: Mix =
        Mix { human: 0.0, machine: 0.0, busy: 0.0, rejected: 0.0, sit: 0.0, fail: 0.0, congestion: 0.0, silent: 0.0 };

    pub fn shares(&self) -> [f64; 8] {
        [self.human, self.machine, self.busy, self.rejected, self.sit, self.fail, self.congestion, self.silent]
    }
}

impl Population {
    pub fn mix_at(&self, hour: u8) -> Mix {
        let begun = self.hours.iter().filter(|h| h.from <= hour).max_by_key(|h| h.from);
        begun.or(self.hours.iter().min_by_key(|h| h.from)).map_or(Mix::NOBODY, |h| h.mix)
    }
}
