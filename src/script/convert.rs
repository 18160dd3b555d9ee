//! Lua tables into requests, each refusal naming the key and the fix. It refuses to run Lua: tables are read raw.

mod reader;

use super::host::FlowSettings;
use super::request::*;
use crate::words::{Money, Text};
use mlua::{Table, Value};
use reader::{Item, LANGS, Reader, checked_name, lang, values};
use std::collections::BTreeMap;

type Res<T> = Result<T, String>;

/// What a verb came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Proposal {
    Ask(Ask),
    Finish(Finish),
}

/// What texts may name, and what `finish` and `order` are checked against.
pub struct Around<'a> {
    pub info: &'a CallInfo,
    pub fields: &'a Values,
    pub settings: &'a FlowSettings,
}

const CHOICES_MAX: usize = 40;
const FIELDS_MAX: usize = 40;
const LINES_MAX: usize = 100;

/// Reads the request of `verb`.
///
/// # Errors
/// Why it is refused: the text of the Lua error.
pub fn propose(verb: &str, content: &Table, around: &Around) -> Res<Proposal> {
    let r = Reader { table: content, what: verb.to_owned(), around };
    Ok(Proposal::Ask(match verb {
        "step" => Ask::Step(Box::new(step(&r)?)),
        "say" => Ask::Say { prompt: prompt(&r)?.ok_or("say: prompt is missing: say(\"welcome\")")? },
        "gather" => gather(&r)?,
        "menu" => menu(&r)?,
        "wait" => Ask::Wait { seconds: r.seconds("seconds")?.ok_or("wait: seconds is missing: wait(2)")? },
        "order" => Ask::Order { lines: lines(&r)?, fields: r.values_at("fields")? },
        "opt_out" => Ask::OptOut,
        "callback" => callback(&r)?,
        "fill" => Ask::Fill { fields: values(content, "fill")? },
        "finish" => return finish(&r).map(Proposal::Finish),
        unknown => return Err(format!("{unknown} is not a verb of flows")),
    }))
}

fn step(r: &Reader) -> Res<Step> {
    let name = r.name("name")?.ok_or("step: the name is missing")?;
    let r = Reader { what: format!("step \"{name}\""), ..*r };
    let kind = match r.string("kind")?.as_deref() {
        Some("opener") => StepKind::Opener,
        Some("closing") => StepKind::Closing,
        Some("objection") => StepKind::Objection,
        Some(_) | None => StepKind::Step,
    };
    let text = r.text("text")?.ok_or_else(|| format!("{}: text (what the agent says) is missing", r.what))?;
    let choices = r.list("choices", CHOICES_MAX, |item| choice(&item))?;
    if choices.is_empty() {
        return Err(format!("{}: choices is missing: choices = {{ {{ \"yes\", en = \"Yes\" }} }}", r.what));
    }
    for (i, c) in choices.iter().enumerate() {
        if c.id.starts_with("objection:") || choices[..i].iter().any(|other| other.id == c.id) {
            return Err(format!("{}: choice id \"{}\" is taken; give each choice its own", r.what, c.id));
        }
    }
    let objections = r.list("objections", CHOICES_MAX, |item| objection(&item))?;
    let fields = r.list("fields", FIELDS_MAX, |item| field(&item))?;
    Ok(Step { name, kind, text, choices, objections, fields })
}

/// `{ "yes", en = "Yes", zh = "好" }`, `{ id = "yes", text = "Yes" }`, or just `"yes"`.
fn choice(item: &Item) -> Res<Choice> {
    if let Value::String(id) = &item.value {
        let id = id.to_string_lossy();
        return Ok(Choice { text: Text::plain(id.clone()), id: checked_name(&item.what, &id)? });
    }
    let r = item.table("a choice like { \"yes\", en = \"Yes\" }")?;
    let id = match r.name_value(r.raw(1)?)? {
        Some(id) => id,
        None => r.name("id")?.ok_or_else(|| format!("{}: its id is missing: {{ \"yes\", en = \"Yes\" }}", r.what))?,
    };
    let r = Reader { what: format!("{} \"{id}\"", r.what), ..r };
    let text = match r.text_value(r.raw(2)?, "text")? {
        Some(text) => text,
        None => match r.text("text")? {
            Some(text) => text,
            None => r.languages(&["id", "text"])?.unwrap_or_else(|| Text::plain(id.clone())),
        },
    };
    Ok(Choice { id, text })
}

fn objection(item: &Item) -> Res<Choice> {
    let r = item.table("an objection")?;
    let id = r.name("name")?.ok_or_else(|| format!("{}: its name is missing", r.what))?;
    let r = Reader { what: format!("objection \"{id}\""), ..r };
    Ok(Choice { text: r.text("title")?.unwrap_or_else(|| Text::plain(id.clone())), id })
}

fn field(item: &Item) -> Res<Field> {
    let r = item.table("a field like { name = \"size\", kind = \"number\" }")?;
    let name = r.name("name")?.ok_or_else(|| format!("{}: its name is missing", r.what))?;
    let r = Reader { what: format!("field \"{name}\""), ..r };
    r.only(&["name", "label", "kind", "required", "options"])?;
    let options = r.list("options", CHOICES_MAX, |item| choice(&item))?;
    let kind = match r.string("kind")?.as_deref() {
        None if options.is_empty() => FieldKind::Text,
        None | Some("select") => FieldKind::Select,
        Some("text") => FieldKind::Text,
        Some("number") => FieldKind::Number,
        Some("date") => FieldKind::Date,
        Some(other) => return Err(format!("{}: kind \"{other}\" is unknown; text, number, date or select", r.what)),
    };
    if kind == FieldKind::Select && options.is_empty() {
        return Err(format!("{}: a select needs options", r.what));
    }
    let label = r.text("label")?.unwrap_or_else(|| Text::plain(name.clone()));
    Ok(Field { label, kind, required: r.flag("required")?.unwrap_or(false), options, name })
}

fn prompt(r: &Reader) -> Res<Option<Prompt>> {
    let Some(name) = r.name("prompt")? else { return Ok(None) };
    let lang = match r.string("lang")? {
        None => Some(r.around.info.lang),
        Some(tag) => Some(lang(&tag).ok_or_else(|| format!("{}: lang \"{tag}\" is unknown; {LANGS}", r.what))?),
    };
    Ok(Some(Prompt { name, lang }))
}

fn gather(r: &Reader) -> Res<Ask> {
    r.only(&["prompt", "lang", "digits", "seconds", "finish_on"])?;
    let digits_max = r.whole("digits")?.unwrap_or(1);
    if !(1..=32).contains(&digits_max) {
        return Err(format!("gather: digits must be 1 to 32, not {digits_max}"));
    }
    let finish_on = match r.string("finish_on")?.as_deref() {
        None | Some("") => None,
        Some(key) if key.len() == 1 && "0123456789*#".contains(key) => key.chars().next(),
        Some(key) => return Err(format!("gather: finish_on must be one key of the phone, not \"{key}\"")),
    };
    let seconds = r.seconds("seconds")?.unwrap_or(5.0);
    let digits_max = u8::try_from(digits_max).expect("checked to be at most 32");
    Ok(Ask::Gather { prompt: prompt(r)?, digits_max, seconds, finish_on, means: BTreeMap::new() })
}

/// One try of a menu: a key, of which `keys` says what it means. The prelude answers with it, and counts the tries.
fn menu(r: &Reader) -> Res<Ask> {
    r.only(&["prompt", "lang", "keys", "seconds"])?;
    let mut means = BTreeMap::new();
    if let Value::Table(keys) = r.raw("keys")? {
        for pair in keys.pairs::<Value, Value>() {
            let (Value::String(key), meaning) = pair.map_err(|e| e.to_string())? else { continue };
            let key = key.to_string_lossy();
            let Some(digit) = key.chars().next().filter(|_| key.len() == 1 && "0123456789*#".contains(&*key)) else {
                continue;
            };
            // The record takes names; for what is none, the key stands.
            let name = meaning.as_string().and_then(|text| checked_name("menu", &text.to_string_lossy()).ok());
            means.insert(digit, name.unwrap_or(key));
        }
    }
    let seconds = r.seconds("seconds")?.unwrap_or(5.0);
    Ok(Ask::Gather { prompt: prompt(r)?, digits_max: 1, seconds, finish_on: None, means })
}

fn lines(r: &Reader) -> Res<Vec<Line>> {
    r.only(&["lines", "fields"])?;
    let lines = r.list("lines", LINES_MAX, |item| line(&item))?;
    if lines.is_empty() {
        return Err("order: lines is missing: lines = { { sku = \"A\", quantity = 1, price = 1990 } }".to_owned());
    }
    Ok(lines)
}

fn line(item: &Item) -> Res<Line> {
    let r = item.table("a line like { sku = \"A\", quantity = 1, price = 1990 }")?;
    r.only(&["sku", "quantity", "price", "currency"])?;
    let what = &r.what;
    let sku = r.string("sku")?.filter(|s| !s.is_empty()).ok_or_else(|| format!("{what}: sku is missing"))?;
    let quantity = r.whole("quantity")?.unwrap_or(1);
    let quantity = u32::try_from(quantity)
        .ok()
        .filter(|q| (1..=1_000_000).contains(q))
        .ok_or_else(|| format!("{what}: quantity must be 1 to 1000000, not {quantity}"))?;
    let minor = r
        .whole("price")
        .map_err(|e| format!("{e} (prices are in the smallest unit: 1990 for 19.90)"))?
        .ok_or_else(|| format!("{what}: price is missing (in the smallest unit: 1990 for 19.90)"))?;
    let currency = match r.string("currency")?.or_else(|| r.around.settings.currency.clone()) {
        Some(code) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => code,
        Some(code) => return Err(format!("{what}: currency \"{code}\" is not three capital letters (ISO 4217)")),
        None => return Err(format!("{what}: no currency: set currency = \"USD\" in campaign.toml")),
    };
    Ok(Line { sku, quantity, price: Money { minor, currency } })
}

fn callback(r: &Reader) -> Res<Ask> {
    r.only(&["after", "seconds", "at", "note"])?;
    let after = match (r.string("after")?, r.number("seconds")?) {
        (Some(_), Some(_)) => return Err("callback: give after or seconds, not both".to_owned()),
        (Some(text), None) => Some(duration(&text)?),
        (None, seconds) => seconds,
    };
    let at = r.string("at")?;
    match (after, &at) {
        (Some(_), Some(_)) => return Err("callback: give a time (at) or a delay (after), not both".to_owned()),
        (None, None) => return Err("callback: when? after = \"2h\", or at = \"2026-11-30 14:30\"".to_owned()),
        (Some(seconds), None) if !(0.0..=366.0 * 86_400.0).contains(&seconds) => {
            return Err(format!("callback: {seconds} seconds is not between now and a year"));
        }
        (Some(_), None) => {}
        (None, Some(text)) => {
            let well = jiff::fmt::strtime::parse("%Y-%m-%d %H:%M", text.trim()).and_then(|t| t.to_datetime());
            well.map_err(|_| format!("callback: at \"{text}\" is not a local time like 2026-11-30 14:30"))?;
        }
    }
    Ok(Ask::Callback { seconds_from_now: after, local_time: at.map(|t| t.trim().to_owned()), note: r.filled("note")? })
}

/// `90s`, `30m`, `2h`, `1d` in seconds.
fn duration(text: &str) -> Res<f64> {
    let wrong = || format!("callback: after \"{text}\" is not a time like 30m, 2h or 1d");
    let text = text.trim();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let scale = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3600.0,
        'd' => 86_400.0,
        _other => return Err(wrong()),
    };
    let number: f64 = text[..text.len() - 1].trim().parse().map_err(|_| wrong())?;
    if number.is_finite() { Ok(number * scale) } else { Err(wrong()) }
}

fn finish(r: &Reader) -> Res<Finish> {
    let outcome = r.string("outcome")?.unwrap_or_default();
    let known = &r.around.settings.outcomes;
    if !known.contains(&outcome) {
        let list = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(format!("finish: outcome \"{outcome}\" is not declared in campaign.toml; declared are: {list}"));
    }
    Ok(Finish { outcome, note: r.filled("note")?, hang_up: r.flag("hang_up")?.unwrap_or(false) })
}
