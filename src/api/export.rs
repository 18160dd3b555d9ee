//! Lists as files: `Accept: text/csv` for spreadsheets, `application/x-ndjson` for programs; streamed page by page, so
//! that a list of a million needs no memory. It refuses to hand a spreadsheet anything that it would take for a formula.

use super::body::BODY_BYTES_MAX;
use super::error::Problem;
use crate::store::StoreError;
use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use std::convert::Infallible;
use std::pin::Pin;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Rows of one read.
pub const PAGE: u32 = 1000;
/// Parts that wait for a slow reader.
const WAITING_MAX: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page.
    Json,
    /// All rows.
    Csv,
    Ndjson,
}

impl<S: Send + Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Format, Infallible> {
        Ok(Format::asked(&parts.headers))
    }
}

impl Format {
    /// The best of what `Accept` names (RFC 9110 section 12.5.1); a page of JSON where it names none of ours.
    fn asked(headers: &HeaderMap) -> Format {
        let header = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut best = (Format::Json, 0.0);
        for part in header.split(',') {
            let mut pieces = part.split(';').map(str::trim);
            let format = match pieces.next().unwrap_or("") {
                "text/csv" => Format::Csv,
                "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Format::Ndjson,
                "application/json" | "application/*" | "*/*" => Format::Json,
                _ => continue,
            };
            let weight = pieces.find_map(|piece| piece.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            if weight > best.1 {
                best = (format, weight);
            }
        }
        best.0
    }
}

/// The next rows after a cursor, and the cursor of the last of them while there may be more.
pub type Fetch<I> = Box<dyn Fn(Option<I>) -> Pin<Box<dyn Future<Output = Result<Rows<I>, StoreError>> + Send>> + Send>;

pub struct Rows<I> {
    rows: Vec<Value>,
    next: Option<I>,
}

pub fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|name| (*name).to_owned()).collect()
}

impl<I> Rows<I> {
    /// A full page has a next one, after its last row.
    pub fn of<R, T: Serialize>(rows: Vec<R>, id: impl Fn(&R) -> I, show: impl Fn(R) -> T) -> Rows<I> {
        Rows::spread(rows, id, |row| [show(row)])
    }

    /// The same where what was read gives several rows of the file each.
    pub fn spread<R, T: Serialize, S: IntoIterator<Item = T>>(
        rows: Vec<R>,
        id: impl Fn(&R) -> I,
        show: impl Fn(R) -> S,
    ) -> Rows<I> {
        let next = rows.last().filter(|_| rows.len() == PAGE as usize).map(id);
        Rows { rows: rows.into_iter().flat_map(show).map(|row| json(&row)).collect(), next }
    }
}

/// All rows, from the first page on. A read that fails breaks the transfer off: half a list must not look whole.
pub fn stream<I: Send + 'static>(
    format: Format,
    name: &'static str,
    columns: Vec<String>,
    fetch: Fetch<I>,
) -> Response {
    let (out, parts) = mpsc::channel::<Result<Bytes, StoreError>>(WAITING_MAX);
    tokio::spawn(async move {
        let mut part = start(format, &columns);
        let mut after = None;
        loop {
            match fetch(after).await {
                Ok(Rows { rows, next }) => {
                    rows.iter().for_each(|row| write(&mut part, format, &columns, row));
                    after = next;
                }
                Err(error) => {
                    tracing::warn!(%error, name, "an export breaks off");
                    let _ = out.send(Err(error)).await;
                    return;
                }
            }
            if out.send(Ok(std::mem::take(&mut part).into())).await.is_err() || after.is_none() {
                return;
            }
        }
    });
    headed(format, name, Body::from_stream(ReceiverStream::new(parts)))
}

/// Rows that are at hand.
pub fn whole<T: Serialize, C: AsRef<str>>(
    format: Format,
    name: &str,
    columns: &[C],
    rows: impl Iterator<Item = T>,
) -> Result<Response, Problem> {
    let mut text = start(format, columns);
    for row in rows {
        write(&mut text, format, columns, &json(&row));
        if text.len() > 64 * BODY_BYTES_MAX {
            return Err(Problem::unavailable("the table is too large: ask for less at a time"));
        }
    }
    Ok(headed(format, name, Body::from(text)))
}

fn json(row: &impl Serialize) -> Value {
    serde_json::to_value(row).expect("rows of plain values print as JSON")
}

fn headed(format: Format, name: &str, body: Body) -> Response {
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Format::Ndjson | Format::Json => ("application/x-ndjson", "ndjson"),
    };
    let file = format!("attachment; filename=\"{name}.{ending}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, file)], body).into_response()
}

/// The mark tells spreadsheets that it is UTF-8; without it they show Chinese names as noise.
fn start<C: AsRef<str>>(format: Format, columns: &[C]) -> Vec<u8> {
    match format {
        Format::Csv => {
            // A column may have a name that a flow gave it.
            let names: Vec<String> = columns.iter().map(|name| cell(&Value::from(name.as_ref()))).collect();
            format!("\u{feff}{}\r\n", names.join(",")).into_bytes()
        }
        Format::Ndjson | Format::Json => Vec::new(),
    }
}

fn write<C: AsRef<str>>(out: &mut Vec<u8>, format: Format, columns: &[C], row: &Value) {
    match format {
        Format::Csv => {
            let cells: Vec<String> =
                columns.iter().map(|column| cell(row.get(column.as_ref()).unwrap_or(&Value::Null))).collect();
            out.extend_from_slice(cells.join(",").as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        Format::Ndjson | Format::Json => {
            serde_json::to_writer(&mut *out, row).expect("memory takes all");
            out.push(b'\n');
        }
    }
}

/// RFC 4180. Lists and objects as JSON.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::Bool(_) | Value::Number(_) => return value.to_string(),
        Value::String(text) => guarded(text),
        Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    if text.contains(['"', ',', '\n', '\r', ';', '\t']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// What a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV injection), full-width signs
/// included. A number in E.164 computes nothing and stays as it is.
fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let phone = text.strip_prefix('+').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    if formula && !phone { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_spreadsheet_computes_nothing() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "\r=1"] {
            let shown = cell(&json!(text));
            assert!(shown.trim_start_matches('"').starts_with('\''), "{shown}");
        }
        for (value, shown) in [
            (json!("+8613800138000"), "+8613800138000"),
            (json!("+86138****8000"), "'+86138****8000"),
            (json!(-5), "-5"),
            (json!("say \"hi\", 你好"), "\"say \"\"hi\"\", 你好\""),
            (json!({ "a": 1 }), "{\"a\":1}"),
            (json!({ "a": 1, "b": 2 }), "\"{\"\"a\"\":1,\"\"b\"\":2}\""),
            (Value::Null, ""),
        ] {
            let shown_now = cell(&value);
            let plain = shown_now == shown || shown_now == format!("\"{}\"", shown.replace('"', "\"\""));
            assert!(plain, "{shown_now} is not {shown}");
        }
    }

    #[test]
    fn the_best_of_what_is_accepted() {
        let of = |text: &str| Format::asked(&HeaderMap::from_iter([(header::ACCEPT, text.parse().unwrap())]));
        assert_eq!(of("text/csv"), Format::Csv);
        assert_eq!(of("text/html, text/csv;q=0.3, application/x-ndjson;q=0.9"), Format::Ndjson);
        assert_eq!(of("*/*, text/csv;q=0.5"), Format::Json);
        assert_eq!(of("image/png"), Format::Json);
        assert_eq!(Format::asked(&HeaderMap::new()), Format::Json);
    }
}
