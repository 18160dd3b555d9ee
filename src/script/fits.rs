//! Whether an answer fits what was asked. It refuses to change anything.

use super::request::{Answer, Ask, Field, FieldKind, Step, Values};
use crate::words::Reason;

/// Longest value of a form, in bytes (the limit of a CSV field).
const VALUE_BYTES_MAX: usize = 4096;

impl Step {
    /// Why this choice with these fields cannot be taken here. `None`: it can.
    pub fn refuses(&self, choice: &str, fields: &Values) -> Option<Reason> {
        if let Some(objection) = choice.strip_prefix("objection:") {
            let offered = self.objections.iter().any(|o| o.id == objection);
            return (!offered).then(|| Reason::new("script.objection_unknown").with("objection", short(objection)));
        }
        if !self.choices.iter().any(|c| c.id == choice) {
            return Some(Reason::new("script.choice_unknown").with("choice", short(choice)).with("step", &self.name));
        }
        if let Some(name) = fields.keys().find(|name| !self.fields.iter().any(|f| f.name == **name)) {
            return Some(Reason::new("script.field_unknown").with("field", short(name)).with("step", &self.name));
        }
        self.fields.iter().find_map(|field| field.refuses(fields.get(&field.name).map_or("", String::as_str)))
    }
}

impl Field {
    /// Why this value cannot be taken; empty means not given.
    pub fn refuses(&self, value: &str) -> Option<Reason> {
        let reason = |code: &str| Some(Reason::new(code).with("field", &self.name).with("value", short(value)));
        if value.trim().is_empty() {
            return if self.required { reason("script.field_required") } else { None };
        }
        if value.len() > VALUE_BYTES_MAX {
            return reason("script.field_too_long");
        }
        match self.kind {
            FieldKind::Text => None,
            FieldKind::Number if value.trim().parse::<f64>().is_ok_and(f64::is_finite) => None,
            FieldKind::Number => reason("script.field_number"),
            FieldKind::Date if value.trim().parse::<jiff::civil::Date>().is_ok() => None,
            FieldKind::Date => reason("script.field_date"),
            FieldKind::Select if self.options.iter().any(|o| o.id == value) => None,
            FieldKind::Select => reason("script.field_option"),
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Whether a flow that asked this can go on with that.
pub fn fits(ask: &Ask, answer: &Answer) -> bool {
    match (ask, answer) {
        (_, Answer::Nothing(_)) => true,
        (Ask::Step(step), Answer::Choice { id, fields }) => step.refuses(id, fields).is_none(),
        (Ask::Gather { .. }, Answer::Digits(_)) | (Ask::Order { .. }, Answer::Order(_)) => true,
        (Ask::Say { .. } | Ask::Wait { .. } | Ask::OptOut | Ask::Callback { .. } | Ask::Fill { .. }, Answer::Said) => {
            true
        }
        (
            Ask::Step(_)
            | Ask::Say { .. }
            | Ask::Gather { .. }
            | Ask::Wait { .. }
            | Ask::Order { .. }
            | Ask::OptOut
            | Ask::Callback { .. }
            | Ask::Fill { .. },
            Answer::Begin | Answer::Said | Answer::Choice { .. } | Answer::Digits(_) | Answer::Order(_),
        ) => false,
    }
}
