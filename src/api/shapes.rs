//! What values look like, for the document: ids, times, the words that a field knows, how long a text may be. Handlers
//! refuse what does not fit; here the same is said to whoever reads or generates from the document.

use super::body::PAGE_MAX;
use crate::kpi;
use serde_json::{Value, json};

const NAME: &str = "^[A-Za-z0-9._-]{1,32}$";
const CURSOR: &str = "^([0-9]{1,4}-[0-9]{1,18}(\\.[0-9]{1,4}-[0-9]{1,18}){0,8})?$";
/// One tag as we give it, or any; a list of tags is heeded too.
const TAG: &str = "^(\\*|\"[0-9]{1,4}-[0-9]{1,18}(-[0-9a-f]{16})?\")$";
/// Of anybody's: a list of entity tags (RFC 9110 section 8.8.3) without commas within.
const TAGS: &str = "^[ \\t]*((\\*|(W/)?\"[!#-+\\--~]*\")([ \\t]*,[ \\t]*(\\*|(W/)?\"[!#-+\\--~]*\"))*)?[ \\t]*$";
const KEY: &str = "^[!-~]{1,128}$";

pub fn shape(document: &mut Value) {
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for operation in item.as_object_mut().into_iter().flatten().map(|(_, operation)| operation) {
            // By `get_mut`: an index would put a null where nothing is.
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or("").to_owned();
                if let Some(schema) = of_parameter(path, &name) {
                    parameter["schema"] = schema;
                }
            }
        }
    }
    for (place, more) in fields() {
        let (schema, field) = place.split_once('.').expect("SCHEMA.FIELD");
        let known = document.pointer_mut(&format!("/components/schemas/{schema}/properties/{field}"));
        let (Some(known), Value::Object(more)) = (known.and_then(Value::as_object_mut), more) else {
            unreachable!("{place} is a field of the document, and its shape an object");
        };
        known.extend(more);
    }
}

fn id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{16}$" })
}

fn of_parameter(path: &str, name: &str) -> Option<Value> {
    let facts = path == "/v1/events" || path == "/v1/stream";
    match name {
        "id" if path.starts_with("/v1/kpis/") => None,
        "id" | "campaign" | "lead" | "agent" | "call" => Some(id()),
        "after" if facts => Some(json!({ "type": "string", "pattern": CURSOR })),
        "Last-Event-ID" => Some(json!({ "type": "string", "pattern": CURSOR })),
        "after" if path == "/v1/suppressions" => Some(json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })),
        "phone" => Some(json!({ "type": "string", "pattern": "^\\+[1-9][0-9]{2,14}$" })),
        "after" => Some(id()),
        "from" | "to" | "at" | "changed_since" => Some(json!({ "type": "string", "format": "date-time" })),
        "interval" => Some(json!({ "type": "string", "pattern": INTERVAL, "examples": ["15m", "1h", "1d", "month"] })),
        "group_by" => Some(json!({ "type": "string", "enum": names(kpi::GroupBy::ALL.iter().map(|(name, _)| *name)) })),
        "attribution" => {
            Some(json!({ "type": "string", "enum": names(kpi::Attribution::ALL.iter().map(|at| at.tag())) }))
        }
        "limit" => Some(json!({ "type": "integer", "minimum": 1, "maximum": PAGE_MAX })),
        "state" if path == "/v1/leads" => Some(json!({ "type": "string", "enum": LEAD_STATES })),
        "state" => Some(json!({ "type": "string", "enum": ORDER_STATES })),
        "If-Match" => Some(json!({ "type": "string", "pattern": TAG })),
        "If-None-Match" => Some(json!({ "type": "string", "pattern": TAGS })),
        "Idempotency-Key" => Some(json!({ "type": "string", "pattern": KEY })),
        _ => None,
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.collect()
}

/// Minutes to 1440, hours to 24, days to 366, or a word.
const INTERVAL: &str = "^(([1-9][0-9]{0,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)m|([1-9]|1[0-9]|2[0-4])h\
    |([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])d|month|profile)$";
const UNITS: [&str; 7] = ["ratio", "count", "seconds", "per_hour", "per_minute", "money_minor", "quotient"];
const ASPECTS: [&str; 7] =
    ["quality", "efficiency", "accessibility", "satisfaction", "business", "compliance", "people"];
const LEAD_STATES: [&str; 6] = ["pending", "leased", "in_flight", "scheduled", "closed", "excluded"];
const ORDER_STATES: [&str; 8] =
    ["captured", "verified", "rejected", "cancelled", "shipped", "delivered", "returned", "refused"];
const CAUSES: [Option<&str>; 13] = [
    Some("cancelled_surplus"),
    Some("cancelled_stopped"),
    Some("interrupted"),
    Some("failed"),
    Some("invalid"),
    Some("busy"),
    Some("no_answer"),
    Some("rejected"),
    Some("machine"),
    Some("abandoned_no_agent"),
    Some("abandoned_customer_early"),
    Some("handled"),
    None,
];
/// No control character, and white space only within.
const SHOWN_NAME: &str = r"^[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]([^\x00-\x1f\x7f-\x9f]{0,62}[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000])?$";
const MODES: [&str; 6] = ["manual", "preview", "progressive", "ratio", "predictive", "agentless"];

/// Fields of bodies.
fn fields() -> Vec<(&'static str, Value)> {
    vec![
        ("NewAgent.name", json!({ "pattern": NAME })),
        ("NewAgent.display_name", json!({ "pattern": SHOWN_NAME })),
        ("NewAgent.lang", json!({ "enum": ["en", "zh-Hans", "zh-Hant", null] })),
        ("Login.campaigns", json!({ "minItems": 1, "items": id() })),
        ("Preview.campaign", id()),
        ("Preview.lead", json!({ "pattern": "^[0-9a-f]{16}$" })),
        ("Pause.reason", json!({ "pattern": "^[a-z0-9_]{1,32}$" })),
        ("Choose.turn", json!({ "maximum": u32::MAX })),
        (
            "Choose.fields",
            json!({
                "maxProperties": 100,
                "propertyNames": { "maxLength": 64 },
                "additionalProperties": { "type": "string", "maxLength": 4096 }
            }),
        ),
        ("Outcome.note", json!({ "maxLength": 16384 })),
        ("Outcome.callback_at", json!({ "format": "date-time" })),
        ("Note.note", json!({ "maxLength": 16384 })),
        ("NewMode.mode", json!({ "enum": MODES })),
        ("Kpi.unit", json!({ "enum": UNITS })),
        ("Kpi.aspect", json!({ "enum": ASPECTS })),
        ("KpiFigure.unit", json!({ "enum": UNITS })),
        ("KpiTable.unit", json!({ "enum": UNITS })),
        ("Call.cause", json!({ "enum": CAUSES })),
        ("Advance.state", json!({ "enum": ORDER_STATES })),
        ("Suppression.phone", json!({ "pattern": "^\\+[1-9][0-9]{2,14}$" })),
        ("Suppression.why", json!({ "maxLength": 512 })),
    ]
}
