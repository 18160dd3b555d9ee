//! Reads keys of a Lua table, each with its kind; a refusal names the key and the fix. It refuses to run metamethods.

use super::{Around, FIELDS_MAX, Res};
use crate::script::request::Values;
use crate::script::template;
use crate::words::{Lang, Text};
use mlua::{Table, Value};

const TEXT_BYTES_MAX: usize = 4096;
const SECONDS_MAX: f64 = 600.0;

pub const LANGS: &str = "en, zh-Hans (or zh), zh-Hant";

pub fn lang(tag: &str) -> Option<Lang> {
    match tag {
        "en" => Some(Lang::En),
        "zh" | "zh-Hans" | "zh_hans" => Some(Lang::ZhHans),
        "zh-Hant" | "zh_hant" => Some(Lang::ZhHant),
        _unknown => None,
    }
}

/// A table of names and plain values.
pub fn values(table: &Table, what: &str) -> Res<Values> {
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
pub fn checked_name(what: &str, name: &str) -> Res<String> {
    let fine = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if fine {
        return Ok(name.to_owned());
    }
    let short: String = name.chars().take(64).collect();
    Err(format!("{what}: \"{short}\" is no name: 1 to 64 letters, digits, _, - or . are expected"))
}

pub struct Reader<'a> {
    pub table: &'a Table,
    /// For messages: `step "opener"`.
    pub what: String,
    pub around: &'a Around<'a>,
}

/// One element of a list.
pub struct Item<'a> {
    pub value: Value,
    pub what: String,
    pub around: &'a Around<'a>,
    inner: Option<Table>,
}

impl<'a> Item<'a> {
    pub fn table(&'a self, expected: &str) -> Res<Reader<'a>> {
        match &self.inner {
            Some(table) => Ok(Reader { table, what: self.what.clone(), around: self.around }),
            None => Err(format!("{}: {expected} is expected, not a {}", self.what, self.value.type_name())),
        }
    }
}

impl Reader<'_> {
    pub fn raw(&self, key: impl mlua::IntoLua) -> Res<Value> {
        self.table.raw_get(key).map_err(|e| e.to_string())
    }

    pub fn wrong(&self, key: &str, expected: &str, value: &Value) -> String {
        let shown = plain(value).map_or(format!("a {}", value.type_name()), |text| {
            format!("\"{}\"", text.chars().take(60).collect::<String>())
        });
        format!("{}: {key} must be {expected}, not {shown}", self.what)
    }

    pub fn string(&self, key: &str) -> Res<Option<String>> {
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
    pub fn filled(&self, key: &str) -> Res<Option<String>> {
        self.string(key)?.map(|text| self.fill(key, &text)).transpose()
    }

    pub fn fill(&self, key: &str, text: &str) -> Res<String> {
        template::fill(text, self.around.info, self.around.fields).map_err(|e| format!("{}: {key}: {e}", self.what))
    }

    pub fn name(&self, key: &str) -> Res<Option<String>> {
        self.name_value(self.raw(key)?)
    }

    pub fn name_value(&self, value: Value) -> Res<Option<String>> {
        match value {
            Value::Nil => Ok(None),
            Value::String(s) => checked_name(&self.what, &s.to_string_lossy()).map(Some),
            other => Err(self.wrong("its name", "a text", &other)),
        }
    }

    pub fn number(&self, key: &str) -> Res<Option<f64>> {
        match self.raw(key)? {
            Value::Nil => Ok(None),
            Value::Integer(i) => Ok(Some(i as f64)),
            Value::Number(n) if n.is_finite() => Ok(Some(n)),
            other => Err(self.wrong(key, "a number", &other)),
        }
    }

    pub fn whole(&self, key: &str) -> Res<Option<i64>> {
        match self.number(key)? {
            None => Ok(None),
            // 2^53: beyond, a Lua number does not tell neighbours apart.
            Some(n) if n.fract() == 0.0 && n.abs() < 9_007_199_254_740_992.0 => Ok(Some(n as i64)),
            Some(n) => Err(format!("{}: {key} must be a whole number, not {n}", self.what)),
        }
    }

    pub fn seconds(&self, key: &str) -> Res<Option<f64>> {
        match self.number(key)? {
            Some(n) if !(0.0..=SECONDS_MAX).contains(&n) => {
                Err(format!("{}: {key} must be 0 to {SECONDS_MAX}, not {n}", self.what))
            }
            fine => Ok(fine),
        }
    }

    pub fn flag(&self, key: &str) -> Res<Option<bool>> {
        match self.raw(key)? {
            Value::Nil => Ok(None),
            Value::Boolean(b) => Ok(Some(b)),
            other => Err(self.wrong(key, "true or false", &other)),
        }
    }

    pub fn text(&self, key: &str) -> Res<Option<Text>> {
        self.text_value(self.raw(key)?, key)
    }

    pub fn text_value(&self, value: Value, key: &str) -> Res<Option<Text>> {
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
    pub fn languages(&self, besides: &[&str]) -> Res<Option<Text>> {
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

    pub fn list<T>(&self, key: &str, max: usize, read: impl Fn(Item) -> Res<T>) -> Res<Vec<T>> {
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

    pub fn values_at(&self, key: &str) -> Res<Values> {
        match self.raw(key)? {
            Value::Nil => Ok(Values::new()),
            Value::Table(table) => values(&table, &format!("{}: {key}", self.what)),
            other => Err(self.wrong(key, "a table of names and values", &other)),
        }
    }

    pub fn only(&self, known: &[&str]) -> Res<()> {
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
