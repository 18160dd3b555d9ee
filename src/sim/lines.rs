//! Facts as lines that people read: `00:00:03.250 CallAnswered call=1`. Ids show their counter alone, so that
//! a story reads the same in every run. It refuses to be parsed: facts for machines are JSON.

use crate::facts::Envelope;
use serde_json::Value;

/// What says nothing in a story: keyed hashes, file names, rules of the gate.
const LEFT_OUT: [&str; 9] =
    ["kind", "number_hash", "rules", "pack", "sha256", "file", "sip_call_id", "caller_id", "program"];

/// One fact in one line, without its line break.
pub fn line(envelope: &Envelope) -> String {
    let mut line = format!("{} {}", clock(envelope.moment.millis()), name(envelope.fact.kind()));
    let content = serde_json::to_value(&envelope.fact).expect("facts are JSON");
    for (key, value) in content.as_object().expect("a fact is an object") {
        let value = shown(value);
        if !LEFT_OUT.contains(&key.as_str()) && !value.is_empty() {
            line.push_str(&format!(" {key}={value}"));
        }
    }
    line
}

fn clock(ms: i64) -> String {
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

/// `call_answered` to `CallAnswered`.
fn name(kind: &str) -> String {
    let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
    kind.split('_').filter(|word| !word.is_empty()).map(upper).collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => counter(text).unwrap_or_else(|| text.clone()),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
        Value::Object(map) => match map.get("code").and_then(Value::as_str) {
            Some(code) => code.to_owned(),
            None => map.iter().map(|(key, value)| format!("{key}:{}", shown(value))).collect::<Vec<_>>().join(","),
        },
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Of an id: the lower half, which counts from 1.
fn counter(text: &str) -> Option<String> {
    let id = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let id = id.then(|| u64::from_str_radix(text, 16).ok())??;
    Some((id & 0xffff_ffff).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::words::*;

    #[test]
    fn a_line_reads_like_a_sentence() {
        let moment = Moment::from_millis(3_723_250);
        let fact = Fact::CallEnded {
            call: CallId(0x0010_0001_0000_0007),
            cause: Cause::Invalid(InvalidKind::Vacant),
            sip: Some(404),
            q850: None,
            by: Side::Network,
            talk_ms: 0,
        };
        let envelope = Envelope { centre: CentreId(1), node: 1, seq: 1, moment, wall: Wall(0), version: 1, fact };
        assert_eq!(line(&envelope), "01:02:03.250 CallEnded by=network call=7 cause=invalid:vacant sip=404 talk_ms=0");
    }
}
