//! Lead lists: CSV bytes in, rows and refusals out, in one pass and bounded memory. Every row of the file is
//! counted once, accepted or rejected by name. It refuses to repair, to guess and to store.

mod columns;
mod encoding;
mod hash;
mod row;
mod scanner;

pub use columns::{Column, Use};
pub use hash::{NumberHasher, number_hash};
pub use row::{Rejected, Row};

use crate::words::Reason;
use columns::Columns;
use encoding::Decoder;
use row::Judge;
use scanner::Scanner;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;

/// A field is at most this long, in bytes of UTF-8.
pub const FIELD_BYTES_MAX: usize = 4_096;
pub const COLUMNS_MAX: usize = 200;
pub const ROW_BYTES_MAX: usize = 256 * 1024;

#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Where numbers without a country code are: `US`, `CN`.
    pub region: String,
    /// Regions that may be called; empty: `region` alone.
    pub regions: Vec<String>,
    /// Of the keyed hash of numbers.
    pub key: [u8; 32],
    /// Also numbers that may not be dialed, of whatever country: for lists of those who are not to be called.
    pub any_number: bool,
    /// More rows are rejected.
    pub rows_max: u64,
    /// So many rejections stand in the report; the others reach the sink alone.
    pub rejections_kept: usize,
}

impl ImportOptions {
    pub fn new(region: &str, regions: &[String], key: [u8; 32]) -> ImportOptions {
        ImportOptions {
            region: region.to_owned(),
            regions: regions.to_vec(),
            key,
            any_number: false,
            rows_max: 5_000_000,
            rejections_kept: 10_000,
        }
    }
}

/// Where rows go as they are read, in the order of the file.
pub trait Sink {
    fn row(&mut self, row: Row);
    fn rejected(&mut self, rejected: &Rejected);
}

/// For a dry run: only the report matters.
pub struct Discard;

impl Sink for Discard {
    fn row(&mut self, _: Row) {}
    fn rejected(&mut self, _: &Rejected) {}
}

/// The whole file is refused: nothing of it may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportError {
    pub reason: Reason,
}

impl std::fmt::Display for ImportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason.text(crate::words::Lang::En))
    }
}
impl std::error::Error for ImportError {}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// Rows of the file without its header and empty lines; `accepted` + `rejected`.
    pub rows: u64,
    pub accepted: u64,
    pub rejected: u64,
    /// `UTF-8`, `gb18030`, `Big5`, `UTF-16LE`, ...
    pub encoding: String,
    pub delimiter: String,
    pub columns: Vec<Column>,
    /// How often each reason, by its code.
    pub reasons: BTreeMap<String, u64>,
    /// The first ones, each with line, reason and masked value.
    pub rejections: Vec<Rejected>,
    pub rejections_left_out: u64,
    /// Of the file's bytes, in hexadecimal.
    pub file_sha256: String,
}

/// One file on its way. Feed it with `push`, then `finish`; or let `read_all` do both.
pub struct Importer {
    options: ImportOptions,
    decoder: Decoder,
    scanner: Scanner,
    digest: Sha256,
    /// Set by the header.
    judge: Option<Judge>,
    report: ImportReport,
}

impl Importer {
    pub fn new(options: ImportOptions) -> Importer {
        Importer {
            decoder: Decoder::new(&options.region),
            options,
            scanner: Scanner::new(),
            digest: Sha256::new(),
            judge: None,
            report: ImportReport::default(),
        }
    }

    /// The next bytes of the file, in any portions.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), ImportError> {
        self.digest.update(bytes);
        self.decoder.push(bytes, &mut self.scanner.text).map_err(fail)?;
        self.drain(false, sink)
    }

    /// The file's end.
    pub fn finish(mut self, sink: &mut dyn Sink) -> Result<ImportReport, ImportError> {
        self.decoder.finish(&mut self.scanner.text).map_err(fail)?;
        self.drain(true, sink)?;
        if self.judge.is_none() {
            return Err(fail(Reason::new("import.empty_file")));
        }
        self.report.encoding = self.decoder.name().to_owned();
        self.report.file_sha256 = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.report)
    }

    /// Reads to the end in portions of 64 kB.
    pub fn read_all(mut self, mut from: impl Read, sink: &mut dyn Sink) -> Result<ImportReport, ImportError> {
        let mut portion = vec![0; 64 * 1024];
        loop {
            let read = match from.read(&mut portion) {
                Ok(0) => return self.finish(sink),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(fail(Reason::new("import.read").with("error", error))),
            };
            self.push(&portion[..read], sink)?;
        }
    }

    fn drain(&mut self, end: bool, sink: &mut dyn Sink) -> Result<(), ImportError> {
        while let Some(record) = self.scanner.next(end) {
            if record.is_blank() {
                continue;
            }
            let Some(judge) = &mut self.judge else {
                let columns = Columns::read(&record).map_err(fail)?;
                self.report.columns = columns.list().to_vec();
                self.report.delimiter = char::from(record.delimiter).to_string();
                self.judge = Some(Judge::new(&self.options, columns));
                continue;
            };
            self.report.rows += 1;
            let verdict = match self.report.rows > self.options.rows_max {
                true => Err(Reason::new("import.too_many_rows").with("most", self.options.rows_max).into()),
                false => judge.judge(&record, self.decoder.name()),
            };
            match verdict {
                Ok(row) => {
                    self.report.accepted += 1;
                    sink.row(row);
                }
                Err(refusal) => {
                    let rejected = refusal.at(record.line);
                    sink.rejected(&rejected);
                    self.report.reject(rejected, self.options.rejections_kept);
                }
            }
        }
        Ok(())
    }
}

impl ImportReport {
    /// A row that reads well, but that the store refused.
    pub fn refuse(&mut self, rejected: Rejected, kept: usize) {
        self.accepted -= 1;
        self.reject(rejected, kept);
    }

    fn reject(&mut self, rejected: Rejected, kept: usize) {
        self.rejected += 1;
        match self.reasons.get_mut(&rejected.reason.code) {
            Some(count) => *count += 1,
            None => {
                self.reasons.insert(rejected.reason.code.clone(), 1);
            }
        }
        if self.rejections.len() < kept {
            self.rejections.push(rejected);
        } else {
            self.rejections_left_out += 1;
        }
    }
}

fn fail(reason: Reason) -> ImportError {
    ImportError { reason }
}
