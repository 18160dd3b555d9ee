//! What a flow can ask of the engine, and what the engine can answer. A flow yields one `Ask` at a time.
//! Serializable, for the agent's page shows an `Ask::Step` as it is.

use crate::words::{Lang, Money, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The values a form can hold, as text; `Field::kind` says how to read them.
pub type Values = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Shown to the agent, who reads it to the customer and answers with a choice (and fields).
    Step(Box<Step>),
    /// Played to the customer (flows that speak by themselves). Answer: `Said`, or `Nothing("hangup")`.
    Say { prompt: Prompt },
    /// Played, then digits are awaited. Answer: `Digits` or `Nothing("timeout")`.
    /// `means`: of a menu's keys; empty where any key is the customer's own word.
    Gather {
        prompt: Option<Prompt>,
        digits_max: u8,
        seconds: f64,
        finish_on: Option<char>,
        #[serde(default)]
        means: BTreeMap<char, String>,
    },
    /// Waits without doing anything. Answer: `Said`.
    Wait { seconds: f64 },
    /// Records an order once. Answer: `Order(id)` or `Nothing(why)`.
    Order { lines: Vec<Line>, fields: Values },
    /// Never call this number again. Answer: `Said`.
    OptOut,
    /// Call again at a time or after a while. Answer: `Said`.
    Callback { seconds_from_now: Option<f64>, local_time: Option<String>, note: Option<String> },
    /// Keeps values on the call (and with the person). Answer: `Said`.
    Fill { fields: Values },
}

/// A step of a flow as an agent sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The step's name in the flow: a stage for pacing, a row in reports.
    pub name: String,
    pub kind: StepKind,
    /// What the agent says.
    pub text: Text,
    pub choices: Vec<Choice>,
    /// Objections the customer may raise here: name to text of the button. Choosing one answers `Choice("objection:NAME")`.
    #[serde(default)]
    pub objections: Vec<Choice>,
    #[serde(default)]
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    Opener,
    Step,
    Objection,
    Closing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub text: Text,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub label: Text,
    pub kind: FieldKind,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub options: Vec<Choice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Number,
    Date,
    Select,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub sku: String,
    pub quantity: u32,
    pub price: Money,
}

/// A sound of the campaign's `prompts/` folder, by file name without `.wav`. Per language: `prompts/<name>.<lang>.wav` wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    pub name: String,
    pub lang: Option<Lang>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Begins a flow.
    Begin,
    Said,
    Choice {
        id: String,
        fields: Values,
    },
    Digits(String),
    Order(String),
    /// `nil, reason` in Lua: `timeout`, `hangup`, ...
    Nothing(String),
}

/// What a flow knows of its call. Read-only in Lua as `call`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CallInfo {
    pub id: String,
    pub campaign: String,
    pub attempt: u32,
    /// The lead's columns.
    pub lead: Values,
    pub agent: Option<String>,
    pub lang: Lang,
    /// At the called party, `HH:MM`.
    pub local_time: String,
    /// At the called party, `YYYY-MM-DD`.
    pub local_date: String,
}

/// What a flow came to after one resume.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    Asks(Ask),
    Finished(Finish),
    Failed(ScriptError),
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Finish {
    /// One of the campaign's outcomes.
    pub outcome: String,
    pub note: Option<String>,
    /// Keep the line (the agent ends the call), or hang up now. Flows that speak by themselves hang up.
    pub hang_up: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptError {
    /// `flow.lua:12`.
    pub at: String,
    pub message: String,
}
