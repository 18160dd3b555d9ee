//! One row: a lead, or why not. It refuses to change what stands in the file.

use super::columns::{Columns, Use};
use super::scanner::Record;
use super::{ImportOptions, NumberHasher};
use crate::campaign::zone::Zone;
use crate::words::phone::{Kind, Plan, Region, mask_text};
use crate::words::{Lang, Phone, Reason, Wall};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A lead as the file gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Where the row begins, from 1; the header is usually line 1.
    pub line: u64,
    pub phone: Phone,
    pub number_hash: String,
    /// Every IANA zone the number may be in: the `zone` column's, else the number's; empty: unknown.
    pub zones: Vec<String>,
    pub lang: Option<Lang>,
    pub callback_at: Option<Wall>,
    /// All other columns, as they stand.
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    pub line: u64,
    pub reason: Reason,
    /// What stood there, numbers masked; empty if it concerns the whole row.
    pub value: String,
}

/// A refusal before its line is known.
pub struct Refusal {
    reason: Reason,
    value: String,
}

impl Refusal {
    pub fn at(self, line: u64) -> Rejected {
        Rejected { line, reason: self.reason, value: self.value }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Refusal {
        Refusal { reason, value: String::new() }
    }
}

/// A reason about a value, which stands masked in both.
fn about(code: &str, text: &str) -> Refusal {
    let value = mask_text(text);
    Refusal { reason: Reason::new(code).with("value", &value), value }
}

/// What the file's rows are judged by.
pub struct Judge {
    columns: Columns,
    region: String,
    opened: Vec<Region>,
    any_number: bool,
    hasher: NumberHasher,
    /// Digits of each number so far, and the line it stands in.
    seen: BTreeMap<u64, u32>,
}

impl Judge {
    pub fn new(options: &ImportOptions, columns: Columns) -> Judge {
        let opened = if options.regions.is_empty() { std::slice::from_ref(&options.region) } else { &options.regions };
        Judge {
            columns,
            region: options.region.clone(),
            opened: opened.iter().filter_map(|text| Region::parse(text)).collect(),
            any_number: options.any_number,
            hasher: NumberHasher::new(&options.key),
            seen: BTreeMap::new(),
        }
    }

    pub fn judge(&mut self, record: &Record<'_>, encoding: &str) -> Result<Row, Refusal> {
        self.readable(record, encoding)?;
        let text = record.field(self.columns.phone());
        let (phone, plan) = Phone::parse_with_plan(text, &self.region)
            .map_err(|error| Refusal { reason: error.reason(), value: error.value.clone() })?;
        if !self.any_number {
            self.may_be_called(&phone, plan)?;
        }
        let mut row = self.row(record, phone)?;
        self.once(&row)?;
        row.number_hash = self.hasher.hash(&row.phone);
        Ok(row)
    }

    fn readable(&self, record: &Record<'_>, encoding: &str) -> Result<(), Refusal> {
        if let Some(reason) = &record.bad {
            return Err(reason.clone().into());
        }
        let fields = || (0..record.len()).map(|at| record.field(at));
        if fields().any(|field| field.contains('\0')) {
            return Err(Reason::new("import.nul").into());
        }
        if fields().any(|field| field.contains('\u{fffd}')) {
            return Err(Reason::new("import.encoding").with("encoding", encoding).into());
        }
        let expected = self.columns.list().len();
        // Spreadsheets append separators; empty fields behind the last column say nothing.
        let extra = (expected..record.len()).all(|at| record.field(at).trim().is_empty());
        if record.len() < expected || !extra {
            return Err(Reason::new("import.columns").with("found", record.len()).with("expected", expected).into());
        }
        Ok(())
    }

    fn may_be_called(&self, phone: &Phone, plan: Plan) -> Result<(), Refusal> {
        match plan.kind {
            Kind::Premium | Kind::SharedCost | Kind::Personal | Kind::Pager | Kind::Voicemail => {
                return Err(about("import.premium", phone.digits()));
            }
            Kind::Satellite => return Err(about("import.satellite", phone.digits())),
            Kind::Emergency => return Err(about("phone.emergency", phone.digits())),
            Kind::Unassigned => return Err(about("phone.unassigned", phone.digits())),
            Kind::Mobile | Kind::Fixed | Kind::FixedOrMobile | Kind::TollFree | Kind::Voip | Kind::Universal => {}
        }
        if plan.region.is_some_and(|region| self.opened.contains(&region)) {
            return Ok(());
        }
        let opened: Vec<&str> = self.opened.iter().map(Region::as_str).collect();
        let there = plan.region.map_or_else(|| "no country".to_owned(), |region| region.to_string());
        let mut refusal = about("import.foreign", phone.digits());
        refusal.reason = refusal.reason.with("region", there).with("regions", opened.join(", "));
        Err(refusal)
    }

    fn row(&self, record: &Record<'_>, phone: Phone) -> Result<Row, Refusal> {
        let zones = phone.zones().iter().map(|zone| (*zone).to_owned()).collect();
        let mut row = Row {
            line: record.line,
            phone,
            number_hash: String::new(),
            zones,
            lang: None,
            callback_at: None,
            fields: BTreeMap::new(),
        };
        let mut callback = "";
        for (at, column) in self.columns.list().iter().enumerate() {
            let text = record.field(at);
            match column.used_as {
                Use::Phone => {}
                Use::Zone => {
                    if let Some(zone) = zone(text)? {
                        row.zones = vec![zone];
                    }
                }
                Use::Lang => row.lang = lang(text)?,
                Use::CallbackAt => callback = text.trim(),
                Use::Field => {
                    row.fields.insert(column.name.clone(), text.to_owned());
                }
            }
        }
        if !callback.is_empty() {
            row.callback_at = Some(moment(callback, &row.zones)?);
        }
        Ok(row)
    }

    fn once(&mut self, row: &Row) -> Result<(), Refusal> {
        let digits: u64 = row.phone.digits()[1..].parse().expect("at most 15 digits (E.164)");
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        if let Some(first) = self.seen.get(&digits) {
            let mut refusal = about("import.duplicate", row.phone.digits());
            refusal.reason = refusal.reason.with("first", first);
            return Err(refusal);
        }
        self.seen.insert(digits, line);
        Ok(())
    }
}

fn zone(text: &str) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    Zone::find(text).map(|zone| Some(zone.name().to_owned())).ok_or_else(|| about("import.zone", text))
}

fn lang(text: &str) -> Result<Option<Lang>, Refusal> {
    Ok(Some(match text.trim().to_ascii_lowercase().replace('_', "-").as_str() {
        "" => return Ok(None),
        "en" | "en-us" | "en-gb" | "english" | "英文" | "英语" | "英語" => Lang::En,
        "zh" | "zh-hans" | "zh-cn" | "zh-sg" | "chinese" | "中文" | "简体" | "简体中文" | "普通话" => {
            Lang::ZhHans
        }
        "zh-hant" | "zh-tw" | "zh-hk" | "zh-mo" | "繁體" | "繁體中文" | "繁体" | "繁体中文" => Lang::ZhHant,
        _ => return Err(about("import.lang", text)),
    }))
}

/// With an offset, or on the called party's clock if that is one.
fn moment(text: &str, zones: &[String]) -> Result<Wall, Refusal> {
    if let Some(wall) = Wall::parse_rfc3339(text) {
        return Ok(wall);
    }
    let usual = text.replace('/', "-");
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let local = forms.iter().find_map(|form| jiff::civil::DateTime::strptime(form, &usual).ok());
    let local = local.ok_or_else(|| callback_error("import.callback", text))?;
    let mut instants = zones.iter().map(|name| Zone::find(name).and_then(|zone| zone.instant(local)));
    match instants.next() {
        Some(Some(first)) if instants.all(|other| other == Some(first)) => Ok(first),
        Some(_) | None => Err(callback_error("import.callback_zone", text)),
    }
}

/// A time is no personal number: it is shown as it stands, shortened.
fn callback_error(code: &str, text: &str) -> Refusal {
    let value: String = text.chars().filter(|c| !c.is_control()).take(32).collect();
    let value = if Phone::parse(&value, "US").is_ok() { mask_text(&value) } else { value };
    Refusal { reason: Reason::new(code).with("value", &value), value }
}
