//! CSV records from text, by RFC 4180 with the tolerance that spreadsheets need. Own code, since a quote that is
//! never closed must cost one row, not the rest of the file and the machine's memory (`csv` is the tests' oracle).

use super::{COLUMNS_MAX, FIELD_BYTES_MAX, ROW_BYTES_MAX};
use crate::words::Reason;
use std::ops::Range;

pub struct Scanner {
    /// Decoded and not yet cut. The decoder appends here.
    pub text: Vec<u8>,
    at: usize,
    /// The physical line at `at`, from 1.
    line: u64,
    delimiter: Option<u8>,
    /// The rest of a refused line is on its way to nowhere.
    skipping: bool,
    /// `text` up to this length holds no whole record.
    tried: usize,
    /// Of the record: unescaped fields, one after another.
    cells: Vec<u8>,
    fields: Vec<Range<usize>>,
}

/// One record. Bytes are UTF-8, since the decoder writes nothing else.
pub struct Record<'a> {
    /// Where it begins, from 1.
    pub line: u64,
    pub delimiter: u8,
    /// Not to be cut into fields: why.
    pub bad: Option<Reason>,
    cells: &'a [u8],
    fields: &'a [Range<usize>],
}

impl Record<'_> {
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn field(&self, at: usize) -> &str {
        self.fields.get(at).and_then(|range| std::str::from_utf8(&self.cells[range.clone()]).ok()).unwrap_or("")
    }

    /// An empty line is no row.
    pub fn is_blank(&self) -> bool {
        self.bad.is_none() && self.len() <= 1 && self.field(0).trim().is_empty()
    }
}

enum Cut {
    /// The record ends before this; so many lines are in it.
    Whole {
        next: usize,
        lines: u64,
    },
    More,
    Bad(Reason),
}

impl Scanner {
    pub fn new() -> Scanner {
        Scanner {
            text: Vec::new(),
            at: 0,
            line: 1,
            delimiter: None,
            skipping: false,
            tried: 0,
            cells: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// The next record. `None`: more text is needed, or with `end`, there is no more.
    pub fn next(&mut self, end: bool) -> Option<Record<'_>> {
        if self.skipping && !self.skip_line(end) {
            return None;
        }
        if !self.worth_trying(end) {
            return None;
        }
        let delimiter = self.sniff(end)?;
        if self.at >= self.text.len() {
            self.compact();
            return None;
        }
        let line = self.line;
        let bad = match self.cut(delimiter, end) {
            Cut::Whole { next, lines } => {
                self.at = next;
                self.line += lines;
                None
            }
            Cut::More => {
                self.compact();
                self.tried = self.text.len();
                return None;
            }
            Cut::Bad(reason) => {
                self.skip_line(end);
                self.fields.clear();
                Some(reason)
            }
        };
        Some(Record { line, delimiter, bad, cells: &self.cells, fields: &self.fields })
    }

    /// Text that came in small portions is not cut again before a line's end or some bytes have come.
    fn worth_trying(&mut self, end: bool) -> bool {
        let fresh = &self.text[self.tried.min(self.text.len())..];
        end || self.tried == 0 || fresh.len() > FIELD_BYTES_MAX || fresh.iter().any(|b| matches!(b, b'\n' | b'\r'))
    }

    fn compact(&mut self) {
        self.text.drain(..self.at);
        self.at = 0;
        self.tried = 0;
    }

    /// Goes on behind the end of this physical line. False: it is not there yet.
    fn skip_line(&mut self, end: bool) -> bool {
        let rest = &self.text[self.at..];
        let found = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
        let length = found.and_then(|at| line_break(&rest[at..], end).map(|n| at + n));
        match length {
            Some(length) => {
                self.at += length;
                self.line += 1;
                self.skipping = false;
            }
            None if end => {
                self.at = self.text.len();
                self.skipping = false;
            }
            None => {
                self.at = found.map_or(self.text.len(), |at| self.at + at);
                self.compact();
                self.skipping = true;
            }
        }
        !self.skipping
    }

    /// The first line decides: a line `sep=;` as spreadsheets write it, or the separator it has most of.
    fn sniff(&mut self, end: bool) -> Option<u8> {
        if self.delimiter.is_some() {
            return self.delimiter;
        }
        let rest = &self.text[self.at..];
        let Some(length) = rest.iter().position(|b| matches!(b, b'\n' | b'\r')) else {
            if !end && rest.len() < ROW_BYTES_MAX {
                return None;
            }
            let found = most_frequent(rest);
            self.delimiter = Some(found);
            return Some(found);
        };
        let first = &rest[..length];
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', mark] = first {
            self.delimiter = Some(*mark);
            self.skip_line(end);
            return self.delimiter;
        }
        if first.iter().all(u8::is_ascii_whitespace) {
            // An empty line tells nothing; it is cut as a blank record.
            return Some(b',');
        }
        self.delimiter = Some(most_frequent(first));
        self.delimiter
    }

    /// One record from `at`. A field is quoted if it begins with a quote; a quote elsewhere is a sign like others.
    fn cut(&mut self, delimiter: u8, end: bool) -> Cut {
        self.cells.clear();
        self.fields.clear();
        let text = &self.text[..];
        let (mut at, mut begin, mut lines) = (self.at, 0, 0);
        let mut quoted = text[at] == b'"';
        at += usize::from(quoted);
        loop {
            if self.cells.len() - begin > FIELD_BYTES_MAX {
                return Cut::Bad(Reason::new("import.field_too_long").with("most", FIELD_BYTES_MAX));
            }
            if at - self.at > ROW_BYTES_MAX {
                return Cut::Bad(Reason::new("import.row_too_long").with("most", ROW_BYTES_MAX));
            }
            let Some(&byte) = text.get(at) else {
                match (end, quoted) {
                    (false, _) => return Cut::More,
                    (true, true) => return Cut::Bad(Reason::new("import.quote_open")),
                    (true, false) => {}
                }
                self.fields.push(begin..self.cells.len());
                return Cut::Whole { next: at, lines: lines + 1 };
            };
            if quoted {
                match (byte, text.get(at + 1)) {
                    (b'"', Some(b'"')) => {
                        self.cells.push(b'"');
                        at += 1;
                    }
                    (b'"', None) if !end => return Cut::More,
                    (b'"', _) => quoted = false,
                    (b'\r', Some(b'\n')) => self.cells.push(byte),
                    (b'\r', None) if !end => return Cut::More,
                    (b'\n' | b'\r', _) => {
                        lines += 1;
                        self.cells.push(byte);
                    }
                    _ => self.cells.push(byte),
                }
                at += 1;
                continue;
            }
            if byte == delimiter {
                self.fields.push(begin..self.cells.len());
                if self.fields.len() >= COLUMNS_MAX {
                    return Cut::Bad(Reason::new("import.too_many_fields").with("most", COLUMNS_MAX));
                }
                begin = self.cells.len();
                at += 1;
                quoted = text.get(at) == Some(&b'"');
                at += usize::from(quoted);
            } else if matches!(byte, b'\n' | b'\r') {
                let Some(length) = line_break(&text[at..], end) else {
                    return Cut::More;
                };
                self.fields.push(begin..self.cells.len());
                return Cut::Whole { next: at + length, lines: lines + 1 };
            } else {
                self.cells.push(byte);
                at += 1;
            }
        }
    }
}

/// How long the line break at the begin of `text` is; `None`: a CR whose LF may still come.
fn line_break(text: &[u8], end: bool) -> Option<usize> {
    match text {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r'] if !end => None,
        _ => Some(1),
    }
}

/// Comma, semicolon, tab or bar: outside of quotes. The comma if there is none.
fn most_frequent(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in line {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(mark, _)| mark == byte && !quoted) {
            *count += 1;
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).expect("four candidates").0
}
