//! Lua tables into requests, each refusal naming the key and the fix. It refuses to run Lua: tables are read raw.

use super::host::FlowSettings;
use super::request::*;
use super::template;
use crate::words::{Lang, Money, Text};
use mlua::{Table, Value};

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

const TEXT_BYTES_MAX: usize = 4096;
const CHOICES_MAX: usize = 40;
const FIELDS_MAX: usize = 40;
const LINES_MAX: usize = 100;
const SECONDS_MAX: f64 = 600.0;

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

const LANGS: &str = "en, zh-Hans (or zh), zh-Hant";

fn lang(tag: &str) -> Option<Lang> {
    match tag {
        "en" => Some(Lang::En),
        "zh" | "zh-Hans" | "zh_hans" => Some(Lang::ZhHans),
        "zh-Hant" | "zh_hant" => Some(Lang::ZhHant),
        _unknown => None,
    }
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
    Ok(Ask::Gather { prompt: prompt(r)?, digits_max, seconds, finish_on })
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

/// A table of names and plain values.
fn values(table: &Table, what: &str) -> Res<Values> {
    let mut out = Values::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|e| e.to_string())?;
        let Value::String(key) = key else {
            return Err(format!("{what}: write name = value; a {} is no name", key.type_name()));
        };
        let key = checked_name(what, &key.to_string_lossy())?;
        let text = plain(&value).ok_or_else(|| {
            format!("{what}: {key} must be a text, a number or true or false, not a {}", value.type_name())
        })?;
        if text.len() > TEXT_BYTES_MAX || out.len() >= FIELDS_MAX {
            return Err(format!("{what}: {key}: at most {FIELDS_MAX} values of {TEXT_BYTES_MAX} bytes"));
        }
        out.insert(key, text);
    }
    Ok(out)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.to_string_lossy()),
        Value::Boolean(b) => Some(b.to_string()),
        Value::Integer(i) => Some(i.to_string()),
        Value::Number(n) if n.is_finite() => Some(n.to_string()),
        _not_plain => None,
    }
}

/// Names of steps, choices, fields and prompts: letters, digits, `_`, `-`, `.`; at most 64.
fn checked_name(what: &str, name: &str) -> Res<String> {
    let fine = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if fine {
        return Ok(name.to_owned());
    }
    let short: String = name.chars().take(64).collect();
    Err(format!("{what}: \"{short}\" is no name: 1 to 64 letters, digits, _, - or . are expected"))
}

struct Reader<'a> {
    table: &'a Table,
    /// For messages: `step "opener"`.
    what: String,
    around: &'a Around<'a>,
}

/// One element of a list.
struct Item<'a> {
    value: Value,
    what: String,
    around: &'a Around<'a>,
    inner: Option<Table>,
}

impl<'a> Item<'a> {
    fn table(&'a self, expected: &str) -> Res<Reader<'a>> {
        match &self.inner {
            Some(table) => Ok(Reader { table, what: self.what.clone(), around: self.around }),
            None => Err(format!("{}: {expected} is expected, not a {}", self.what, self.value.type_name())),
        }
    }
}

impl Reader<'_> {
    fn raw(&self, key: impl mlua::IntoLua) -> Res<Value> {
        self.table.raw_get(key).map_err(|e| e.to_string())
    }

    fn wrong(&self, key: &str, expected: &str, value: &Value) -> String {
        let shown = plain(value).map_or(format!("a {}", value.type_name()), |text| {
            format!("\"{}\"", text.chars().take(60).collect::<String>())
        });
        format!("{}: {key} must be {expected}, not {shown}", self.what)
    }

    fn string(&self, key: &str) -> Res<Option<String>> {
        match self.raw(key)? {
            Value::Nil => Ok(None),
            Value::String(s) if s.as_bytes().len() <= TEXT_BYTES_MAX => {
                Ok(Some(s.to_str().map_err(|_| format!("{}: {key} is not UTF-8", self.what))?.to_owned()))
            }
            Value::String(_) => Err(format!("{}: {key} is longer than {TEXT_BYTES_MAX} bytes", self.what)),
            other => Err(self.wrong(key, "a text", &other)),
        }
    }

    /// A text with its placeholders filled.
    fn filled(&self, key: &str) -> Res<Option<String>> {
        self.string(key)?.map(|text| self.fill(key, &text)).transpose()
    }

    fn fill(&self, key: &str, text: &str) -> Res<String> {
        template::fill(text, self.around.info, self.around.fields).map_err(|e| format!("{}: {key}: {e}", self.what))
    }

    fn name(&self, key: &str) -> Res<Option<String>> {
        self.name_value(self.raw(key)?)
    }

    fn name_value(&self, value: Value) -> Res<Option<String>> {
        match value {
            Value::Nil => Ok(None),
            Value::String(s) => checked_name(&self.what, &s.to_string_lossy()).map(Some),
            other => Err(self.wrong("its name", "a text", &other)),
        }
    }

    fn number(&self, key: &str) -> Res<Option<f64>> {
        match self.raw(key)? {
            Value::Nil => Ok(None),
            Value::Integer(i) => Ok(Some(i as f64)),
            Value::Number(n) if n.is_finite() => Ok(Some(n)),
            other => Err(self.wrong(key, "a number", &other)),
        }
    }

    fn whole(&self, key: &str) -> Res<Option<i64>> {
        match self.number(key)? {
            None => Ok(None),
            // 2^53: beyond, a Lua number does not tell neighbours apart.
            Some(n) if n.fract() == 0.0 && n.abs() < 9_007_199_254_740_992.0 => Ok(Some(n as i64)),
            Some(n) => Err(format!("{}: {key} must be a whole number, not {n}", self.what)),
        }
    }

    fn seconds(&self, key: &str) -> Res<Option<f64>> {
        match self.number(key)? {
            Some(n) if !(0.0..=SECONDS_MAX).contains(&n) => {
                Err(format!("{}: {key} must be 0 to {SECONDS_MAX}, not {n}", self.what))
            }
            fine => Ok(fine),
        }
    }

    fn flag(&self, key: &str) -> Res<Option<bool>> {
        match self.raw(key)? {
            Value::Nil => Ok(None),
            Value::Boolean(b) => Ok(Some(b)),
            other => Err(self.wrong(key, "true or false", &other)),
        }
    }

    fn text(&self, key: &str) -> Res<Option<Text>> {
        self.text_value(self.raw(key)?, key)
    }

    fn text_value(&self, value: Value, key: &str) -> Res<Option<Text>> {
        match value {
            Value::Nil => Ok(None),
            Value::String(s) if s.as_bytes().len() <= TEXT_BYTES_MAX => {
                let text = s.to_str().map_err(|_| format!("{}: {key} is not UTF-8", self.what))?;
                self.fill(key, &text).map(|t| Some(Text::plain(t)))
            }
            Value::Table(table) => {
                let inner = Reader { table: &table, what: format!("{}: {key}", self.what), around: self.around };
                inner
                    .languages(&[])?
                    .map(Some)
                    .ok_or_else(|| format!("{}: no language is given: en = \"...\"", inner.what))
            }
            other => Err(self.wrong(key, "a text or { en = \"...\", zh = \"...\" } of at most 4 kB", &other)),
        }
    }

    /// The texts by language of this table. `besides`: keys that are no languages.
    fn languages(&self, besides: &[&str]) -> Res<Option<Text>> {
        let mut text = Text::default();
        for pair in self.table.pairs::<Value, Value>() {
            let (key, _) = pair.map_err(|e| e.to_string())?;
            let Value::String(key) = key else { continue };
            let key = key.to_string_lossy();
            if besides.contains(&key.as_str()) {
                continue;
            }
            let Some(lang) = lang(&key) else {
                return Err(format!("{}: unknown key \"{key}\"; languages are {LANGS}", self.what));
            };
            let filled = self.filled(&key)?;
            match lang {
                Lang::En => text.en = filled,
                Lang::ZhHans => text.zh_hans = filled,
                Lang::ZhHant => text.zh_hant = filled,
            }
        }
        Ok((!text.is_empty()).then_some(text))
    }

    fn list<T>(&self, key: &str, max: usize, read: impl Fn(Item) -> Res<T>) -> Res<Vec<T>> {
        let list = match self.raw(key)? {
            Value::Nil => return Ok(Vec::new()),
            Value::Table(list) => list,
            other => return Err(self.wrong(key, "a list", &other)),
        };
        let count = list.raw_len();
        if count > max {
            return Err(format!("{}: {key} has {count} entries; at most {max} are allowed", self.what));
        }
        if count == 0 && !list.is_empty() {
            return Err(format!("{}: {key} must be a list: {{ {{ ... }}, {{ ... }} }}", self.what));
        }
        let mut out = Vec::with_capacity(count);
        for i in 1..=count {
            let value: Value = list.raw_get(i).map_err(|e| e.to_string())?;
            let inner = value.as_table().cloned();
            let what = format!("{}: {key}[{i}]", self.what);
            out.push(read(Item { value, what, around: self.around, inner })?);
        }
        Ok(out)
    }

    fn values_at(&self, key: &str) -> Res<Values> {
        match self.raw(key)? {
            Value::Nil => Ok(Values::new()),
            Value::Table(table) => values(&table, &format!("{}: {key}", self.what)),
            other => Err(self.wrong(key, "a table of names and values", &other)),
        }
    }

    fn only(&self, known: &[&str]) -> Res<()> {
        for pair in self.table.pairs::<Value, Value>() {
            let (key, _) = pair.map_err(|e| e.to_string())?;
            let key = plain(&key).unwrap_or_else(|| format!("a {}", key.type_name()));
            if !known.contains(&key.as_str()) {
                return Err(format!("{}: unknown key \"{key}\"; known are {}", self.what, known.join(", ")));
            }
        }
        Ok(())
    }
}
