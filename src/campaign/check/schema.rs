//! Every key of `campaign.toml` with its type and bounds. `tests/campaign_docs.rs` compares it with `settings.rs` and
//! with the table of docs/campaign.md.

use super::values::{self, Check};

pub enum Kind {
    Table(&'static Keys),
    /// A string, or a table of languages.
    Text,
    Plain(Check),
    Flag,
    /// Inclusive bounds.
    Whole(u32, u32),
    Number(f64, f64),
    /// Of strings.
    List(Check),
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Table(_) => "table",
            Kind::Text => "string or table { en, zh-Hans, zh-Hant }",
            Kind::Plain(_) => "string",
            Kind::Flag => "boolean (true or false)",
            Kind::Whole(..) => "integer",
            Kind::Number(..) => "number",
            Kind::List(_) => "array of strings",
        }
    }
}

pub enum Keys {
    /// Name, required, kind.
    Named(&'static [(&'static str, bool, Kind)]),
    /// Names of the author's choice, all of one kind.
    Any(Kind),
}

impl Keys {
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        match self {
            Keys::Named(keys) => keys.iter().find(|(key, _, _)| *key == name).map(|(_, _, kind)| kind),
            Keys::Any(kind) => Some(kind),
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.named().iter().map(|(key, _, _)| *key)
    }

    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.named().iter().filter(|(_, required, _)| *required).map(|(key, _, _)| *key)
    }

    fn named(&self) -> &'static [(&'static str, bool, Kind)] {
        match self {
            Keys::Named(keys) => keys,
            Keys::Any(_) => &[],
        }
    }
}

const MUST: bool = true;
const MAY: bool = false;
use Kind::{Flag, List, Number, Plain, Table, Whole};

pub const ROOT: &Keys = &Keys::Named(&[
    ("title", MUST, Kind::Text),
    ("lang", MAY, Plain(values::lang)),
    ("test", MAY, Flag),
    ("currency", MAY, Plain(values::currency)),
    ("seller", MUST, Table(SELLER)),
    ("client", MAY, Table(CLIENT)),
    ("hours", MUST, Table(HOURS)),
    ("dialing", MUST, Table(DIALING)),
    ("abandonment", MUST, Table(ABANDONMENT)),
    ("amd", MAY, Table(AMD)),
    ("flow", MAY, Table(FLOW)),
    ("agents", MAY, Table(AGENTS)),
    ("preview", MAY, Table(PREVIEW)),
    ("recording", MAY, Table(RECORDING)),
    ("outcomes", MAY, Table(OUTCOMES)),
    ("retry", MAY, Table(RETRY)),
]);

pub const TEXT: &Keys = &Keys::Named(&[
    ("en", MAY, Plain(values::not_empty)),
    ("zh-Hans", MAY, Plain(values::not_empty)),
    ("zh-Hant", MAY, Plain(values::not_empty)),
]);

const SELLER: &Keys = &Keys::Named(&[
    ("name", MUST, Kind::Text),
    ("caller_id", MUST, Plain(values::e164)),
    ("callback_number", MUST, Plain(values::e164)),
]);

const CLIENT: &Keys = &Keys::Named(&[("name", MAY, Plain(values::any))]);

const HOURS: &Keys = &Keys::Named(&[
    ("zone", MUST, Plain(values::zone)),
    ("unknown_zone", MAY, Plain(values::unknown_zone)),
    ("mon", MAY, Plain(values::hours)),
    ("tue", MAY, Plain(values::hours)),
    ("wed", MAY, Plain(values::hours)),
    ("thu", MAY, Plain(values::hours)),
    ("fri", MAY, Plain(values::hours)),
    ("sat", MAY, Plain(values::hours)),
    ("sun", MAY, Plain(values::hours)),
    ("closed", MAY, List(values::date)),
]);

const DIALING: &Keys = &Keys::Named(&[
    ("mode", MUST, Plain(values::mode)),
    ("region", MUST, Plain(values::region)),
    ("regions", MAY, List(values::region)),
    ("trunks", MAY, List(values::not_empty)),
    ("ring_seconds_max", MAY, Whole(5, 120)),
    ("ring_seconds_min", MAY, Whole(0, 120)),
    ("target_utilization", MAY, Number(0.1, 1.0)),
    ("lines_per_agent", MAY, Number(1.0, 10.0)),
    ("learn_steps", MAY, Flag),
    ("list_type", MAY, Plain(values::label)),
    ("lines_max", MAY, Whole(1, 10_000)),
    ("attempts_per_day", MAY, Whole(1, 20)),
    ("attempts_total", MAY, Whole(1, 100)),
]);

const ABANDONMENT: &Keys = &Keys::Named(&[
    ("profile", MUST, Plain(values::profile)),
    ("cap", MAY, Number(0.001, 1.0)),
    ("threshold_seconds", MAY, Number(0.5, 60.0)),
    ("message", MUST, Plain(values::sound)),
    ("opt_out_key", MAY, Plain(values::key)),
]);

const AMD: &Keys = &Keys::Named(&[
    ("enabled", MAY, Flag),
    ("deadline_seconds", MAY, Number(0.5, 10.0)),
    ("on_machine", MAY, Plain(values::on_machine)),
    ("machine_message", MAY, Plain(values::sound)),
    ("false_positive_rate", MAY, Number(0.0, 0.5)),
]);

const FLOW: &Keys = &Keys::Named(&[("handled_by", MAY, Plain(values::handled_by))]);

const AGENTS: &Keys = &Keys::Named(&[
    ("wrap_seconds_max", MAY, Whole(0, 3_600)),
    ("beep", MAY, Flag),
    ("weight", MAY, Number(0.1, 100.0)),
]);

const PREVIEW: &Keys = &Keys::Named(&[
    ("seconds", MAY, Whole(5, 600)),
    ("on_timeout", MAY, Plain(values::on_timeout)),
    ("may_skip", MAY, Flag),
    ("skip_minutes", MAY, Whole(1, 43_200)),
]);

const RECORDING: &Keys = &Keys::Named(&[("enabled", MAY, Flag)]);

const OUTCOMES: &Keys = &Keys::Any(Table(OUTCOME));

const OUTCOME: &Keys = &Keys::Named(&[
    ("title", MUST, Kind::Text),
    ("right_party", MAY, Flag),
    ("effective", MAY, Flag),
    ("interested", MAY, Flag),
    ("then", MAY, Plain(values::then)),
    ("after", MAY, Plain(values::span)),
    ("opt_out", MAY, Flag),
]);

const RETRY: &Keys = &Keys::Named(&[
    ("busy", MAY, List(values::span)),
    ("no_answer", MAY, List(values::span)),
    ("machine", MAY, List(values::span)),
    ("failed", MAY, List(values::span)),
    ("rejected", MAY, List(values::span)),
    ("cancelled", MAY, List(values::span)),
    ("abandoned", MAY, List(values::span)),
    ("interrupted", MAY, List(values::span)),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_retry_keys_are_those_of_recycling() {
        let known: Vec<&str> = RETRY.names().collect();
        let used: Vec<&str> = crate::campaign::recycle::RETRY.iter().map(|(key, _)| *key).collect();
        assert_eq!(known, used);
    }
}
