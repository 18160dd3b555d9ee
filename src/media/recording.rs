//! Two channels of one call: left what the customer said, right what the customer was sent (agent, prompts, beeps).
//! Sound is laid by its sender's timestamps on a time line that begins with the recording; what is missing is
//! silence. Blocks leave 0.3 s behind the present, so that late packets find their place.
//! It refuses files: the host writes the blocks, `wav::head` first.

use super::rtp::ahead32;
use super::{Codec, wav};
use crate::words::{LegId, Moment, RecordingId};
use std::ops::Range;

/// Samples of a block: 0.5 s.
const BLOCK: usize = 4000;
/// How far blocks stay behind the present: the latest a packet may come.
const LATE_MAX: i64 = 2400;
/// Ring of a channel; block, lateness and 0.2 s ahead fit.
const RING: usize = 8192;
/// Sound this far ahead of its time (80 ms) means that the first packet was late: set the time anew.
const AHEAD_MAX: i64 = 640;
/// Every 4 s of sound the clocks are compared; a difference above 30 ms is corrected.
const COMPARE_EVERY: i64 = 32_000;
const DRIFT_MAX: i64 = 240;

/// A piece of a recording. Give `bytes` back with `Hub::recycle`.
#[derive(Debug)]
pub struct Block {
    pub recording: RecordingId,
    pub leg: LegId,
    /// Interleaved left and right, 16 bits, little endian, 8 kHz.
    pub bytes: Vec<u8>,
    /// The last block; the whole length of the recording.
    pub end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub length_ms: u32,
}

#[derive(Debug)]
pub struct Recording {
    id: RecordingId,
    leg: LegId,
    start: Moment,
    /// Samples that left in blocks.
    flushed: i64,
    left: Track,
    right: Track,
}

impl Recording {
    pub fn new(now: Moment, leg: LegId, id: RecordingId) -> Recording {
        Recording { id, leg, start: now, flushed: 0, left: Track::new(), right: Track::new() }
    }

    pub fn hear(&mut self, now: Moment, timestamp: u32, codec: Codec, payload: &[u8]) {
        let at = self.position(now);
        self.left.lay(at, self.flushed, timestamp, codec, payload);
    }

    pub fn say(&mut self, now: Moment, timestamp: u32, codec: Codec, payload: &[u8]) {
        let at = self.position(now);
        self.right.lay(at, self.flushed, timestamp, codec, payload);
    }

    /// The sender's clock starts anew.
    pub fn hear_anew(&mut self) {
        self.left.place = None;
    }

    pub fn due(&self, now: Moment) -> bool {
        self.position(now) - self.flushed >= BLOCK as i64 + LATE_MAX
    }

    pub fn block(&mut self, mut bytes: Vec<u8>) -> Block {
        self.flush(BLOCK, &mut bytes);
        Block { recording: self.id, leg: self.leg, bytes, end: None }
    }

    pub fn finish(mut self, now: Moment, mut bytes: Vec<u8>) -> Block {
        let length = self.position(now);
        // A host that slept may be behind by more than a ring: the rest is silence.
        while self.flushed < length {
            let samples = (length - self.flushed).min(BLOCK as i64);
            self.flush(samples as usize, &mut bytes);
        }
        let data_bytes = length as u64 * u64::from(wav::BYTES_PER_FRAME);
        let end = Some(End { length_ms: wav::length_ms(data_bytes) });
        Block { recording: self.id, leg: self.leg, bytes, end }
    }

    fn position(&self, now: Moment) -> i64 {
        (now.0 - self.start.0).max(0) * 8 / 1000
    }

    fn flush(&mut self, samples: usize, bytes: &mut Vec<u8>) {
        bytes.reserve(samples * wav::BYTES_PER_FRAME as usize);
        let (head, tail) = split(self.flushed, samples);
        for range in [head, tail] {
            let (left, right) = (&mut self.left.ring[range.clone()], &mut self.right.ring[range]);
            for (l, r) in left.iter().zip(right.iter()) {
                let (l, r) = (l.to_le_bytes(), r.to_le_bytes());
                bytes.extend_from_slice(&[l[0], l[1], r[0], r[1]]);
            }
            left.fill(0);
            right.fill(0);
        }
        self.flushed += samples as i64;
    }
}

/// One channel: a ring over the time line, and where the sender's clock stands on it.
#[derive(Debug)]
struct Track {
    ring: Box<[i16; RING]>,
    /// This timestamp is at this sample.
    place: Option<(u32, i64)>,
    /// The least lateness since the last comparison, and when to compare.
    late_least: i64,
    compare_at: i64,
}

impl Track {
    fn new() -> Track {
        Track { ring: Box::new([0; RING]), place: None, late_least: i64::MAX, compare_at: 0 }
    }

    fn lay(&mut self, now: i64, flushed: i64, timestamp: u32, codec: Codec, payload: &[u8]) {
        let at = self.locate(now, timestamp);
        let length = payload.len() as i64;
        let from = (flushed - at).clamp(0, length) as usize;
        let to = (flushed + RING as i64 - at).clamp(0, length) as usize;
        if from >= to {
            return;
        }
        let table = codec.table();
        let (head, tail) = split(at + from as i64, to - from);
        let (first, second) = payload[from..to].split_at(head.len());
        for (range, bytes) in [(head, first), (tail, second)] {
            for (sample, &byte) in self.ring[range].iter_mut().zip(bytes) {
                *sample = table[usize::from(byte)];
            }
        }
    }

    /// Where this timestamp stands, correcting the sender's clock when it is off.
    fn locate(&mut self, now: i64, timestamp: u32) -> i64 {
        let Some((timestamp_0, place_0)) = self.place else {
            return self.settle(now, timestamp, now);
        };
        let at = place_0 + i64::from(ahead32(timestamp, timestamp_0));
        let late = now - at;
        if !(-AHEAD_MAX..=LATE_MAX).contains(&late) {
            return self.settle(now, timestamp, now);
        }
        self.late_least = self.late_least.min(late);
        if now < self.compare_at {
            self.place = Some((timestamp, at));
            return at;
        }
        let drift = if self.late_least.abs() > DRIFT_MAX { self.late_least } else { 0 };
        self.settle(now, timestamp, at + drift)
    }

    fn settle(&mut self, now: i64, timestamp: u32, at: i64) -> i64 {
        self.place = Some((timestamp, at));
        self.late_least = i64::MAX;
        self.compare_at = now + COMPARE_EVERY;
        at
    }
}

/// Where so many samples from this place on stand in the ring: up to its end, and on from its start.
fn split(at: i64, samples: usize) -> (Range<usize>, Range<usize>) {
    let start = at as usize % RING;
    let head = samples.min(RING - start);
    (start..start + head, 0..samples - head)
}
