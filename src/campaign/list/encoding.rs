//! Bytes to text: which encoding a file has, by its first bytes that are not ASCII. It refuses to guess what is
//! no text at all; bytes that are wrong in the encoding become U+FFFD, and their rows are rejected.

use crate::words::Reason;
use chardetng::EncodingDetector;
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// So many of the file's first bytes tell a byte order mark, UTF-16 and what is no text.
const HEAD_BYTES: usize = 1_024;

/// So many bytes from the first one that is not plain ASCII decide. Neither number may depend on how the bytes
/// arrive: the same file must read the same in any portions.
const SAMPLE_BYTES: usize = 64 * 1024;

/// What stands before the first byte that is not ASCII; a letter or a space there is a hint to the detector.
const BEFORE_BYTES: usize = 2;

pub struct Decoder {
    /// Of the home region, as a hint: Big5 and GB18030 differ little in a short file.
    tld: Option<[u8; 2]>,
    state: State,
}

enum State {
    /// Fewer than `HEAD_BYTES` have come.
    Head(Vec<u8>),
    /// Nothing but ASCII has gone through; these bytes wait for more.
    Plain {
        waiting: Vec<u8>,
        /// The last that went through, `BEFORE_BYTES` at most.
        before: Vec<u8>,
    },
    Known {
        encoding: &'static Encoding,
        decoder: encoding_rs::Decoder,
    },
}

impl Decoder {
    pub fn new(region: &str) -> Decoder {
        let letters = region.bytes().all(|b| b.is_ascii_alphabetic());
        let tld = letters.then(|| region.to_ascii_lowercase().as_bytes().try_into().ok()).flatten();
        Decoder { tld, state: State::Head(Vec::new()) }
    }

    /// The name in the WHATWG Encoding Standard. A file of ASCII alone is UTF-8.
    pub fn name(&self) -> &'static str {
        match &self.state {
            State::Head(_) | State::Plain { .. } => UTF_8.name(),
            State::Known { encoding, .. } => encoding.name(),
        }
    }

    pub fn push(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> Result<(), Reason> {
        match &mut self.state {
            State::Known { decoder, .. } => {
                decode(decoder, bytes, false, text);
                Ok(())
            }
            State::Head(waiting) | State::Plain { waiting, .. } => {
                waiting.extend_from_slice(bytes);
                self.decide(false, text)
            }
        }
    }

    pub fn finish(&mut self, text: &mut Vec<u8>) -> Result<(), Reason> {
        self.decide(true, text)?;
        if let State::Known { decoder, .. } = &mut self.state {
            decode(decoder, &[], true, text);
        }
        Ok(())
    }

    /// `end`: no more bytes will come.
    fn decide(&mut self, end: bool, text: &mut Vec<u8>) -> Result<(), Reason> {
        if let State::Head(waiting) = &mut self.state {
            if waiting.len() < HEAD_BYTES && !end {
                return Ok(());
            }
            let waiting = std::mem::take(waiting);
            let head = &waiting[..waiting.len().min(HEAD_BYTES)];
            if let Some(kind) = magic(head) {
                return Err(Reason::new("import.not_text").with("kind", kind));
            }
            match Encoding::for_bom(head).or_else(|| utf_16_without_mark(head).map(|found| (found, 0))) {
                Some((encoding, mark)) => self.know(encoding, &waiting[mark..], text),
                None => self.state = State::Plain { waiting, before: Vec::new() },
            }
        }
        let State::Plain { waiting, before } = &mut self.state else {
            return Ok(());
        };
        let plain = waiting.iter().position(|b| !b.is_ascii() || matches!(b, 0 | 0x1b)).unwrap_or(waiting.len());
        before.extend_from_slice(&waiting[plain.saturating_sub(BEFORE_BYTES)..plain]);
        before.drain(..before.len().saturating_sub(BEFORE_BYTES));
        text.extend(waiting.drain(..plain));
        if waiting.is_empty() || (waiting.len() < SAMPLE_BYTES && !end) {
            return Ok(());
        }
        let (waiting, before) = (std::mem::take(waiting), std::mem::take(before));
        let encoding = detect(&before, &waiting[..waiting.len().min(SAMPLE_BYTES)], self.tld);
        self.know(encoding, &waiting, text);
        Ok(())
    }

    fn know(&mut self, encoding: &'static Encoding, bytes: &[u8], text: &mut Vec<u8>) {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        decode(&mut decoder, bytes, false, text);
        self.state = State::Known { encoding, decoder };
    }
}

/// Files that are taken for CSV but are none.
fn magic(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3 | 5, ..] => Some("XLSX (ZIP)"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("XLS (DOC)"),
        [b'%', b'P', b'D', b'F', ..] => Some("PDF"),
        [0x1f, 0x8b, ..] => Some("gzip"),
        [b'{', b'\\', b'r', b't', b'f', ..] => Some("RTF"),
        _ => None,
    }
}

/// The encoding of a sample that is shorter than `SAMPLE_BYTES` only at the file's end.
fn detect(before: &[u8], sample: &[u8], tld: Option<[u8; 2]>) -> &'static Encoding {
    let end = sample.len() < SAMPLE_BYTES;
    let valid = match std::str::from_utf8(sample) {
        Ok(_) => true,
        // Cut within a character by the sample's end.
        Err(error) => !end && error.error_len().is_none(),
    };
    // One bad byte in a UTF-8 file costs a row, not every name of the file.
    if valid || mostly_utf_8(sample) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(before, false);
    detector.feed(sample, end);
    let tld = tld.as_ref().map(|letters| &letters[..]);
    let guess = detector.guess(tld, chardetng::Utf8Detection::Deny);
    // GB18030 reads all that GBK reads.
    if guess == GBK { GB18030 } else { guess }
}

/// At least four in five of the sequences that are not ASCII are UTF-8: of GBK's or Big5's, one in seven would be.
fn mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= 4 * bad
}

/// Every other byte of mostly-ASCII text is 0. `bytes` begin with the file: pairs must be aligned.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), bytes.len() / 2);
    if odd * 3 > half && even * 10 < half.max(10) {
        Some(UTF_16LE)
    } else if even * 3 > half && odd * 10 < half.max(10) {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn decode(decoder: &mut encoding_rs::Decoder, mut bytes: &[u8], last: bool, text: &mut Vec<u8>) {
    let mut buffer = [0; 4_096];
    loop {
        let (result, read, written, _) = decoder.decode_to_utf8(bytes, &mut buffer, last);
        text.extend_from_slice(&buffer[..written]);
        bytes = &bytes[read..];
        match result {
            encoding_rs::CoderResult::InputEmpty => return,
            encoding_rs::CoderResult::OutputFull => {}
        }
    }
}
