//! One stream towards one party: its SSRC, sequence and clock go on without a break whatever feeds it:
//! a relayed peer, a prompt, a beep, silence. Relay follows the source's losses and clock, so that the receiver's
//! jitter buffer sees what happened; at each change of source the marker is set and the clock is set to the time
//! that passed, so that nothing drifts over a shift.
//! It refuses to touch payloads.

use super::rtp::{Header, ahead16, ahead32};
use super::{FRAME, FRAME_MS};
use crate::words::Moment;

/// A source's clock that leaps further than this (30 s) between two packets is a new clock.
const LEAP_MAX: i32 = 30 * 8000;

#[derive(Debug, Clone)]
pub struct Outgoing {
    ssrc: u32,
    next_seq: u16,
    /// Timestamp at `zero`.
    timestamp_zero: u32,
    zero: Moment,
    /// Timestamp just after the last sample sent.
    end: Option<u32>,
    source: Source,
    last: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Nothing,
    /// We make the sound ourselves.
    Own,
    Relay(Map),
}

/// The newest packet of the source, in the source's numbers and in ours.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Map {
    seq_in: u16,
    seq_out: u16,
    timestamp_in: u32,
    timestamp_out: u32,
    /// Packets since this source took over: what is older belongs to before.
    span: i32,
}

/// What a relayed packet says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Relayed {
    pub seq: u16,
    pub timestamp: u32,
    pub marker: bool,
    /// The sender started anew.
    pub restart: bool,
    /// How much time it covers.
    pub samples: u32,
}

impl Outgoing {
    pub fn new(now: Moment, ssrc: u32, seq: u16, timestamp: u32) -> Outgoing {
        Outgoing {
            ssrc,
            next_seq: seq,
            timestamp_zero: timestamp,
            zero: now,
            end: None,
            source: Source::Nothing,
            last: now,
        }
    }

    /// When the source is a relay: the moment of its last packet.
    pub fn relayed_at(&self) -> Option<Moment> {
        match self.source {
            Source::Relay(_) => Some(self.last),
            Source::Nothing | Source::Own => None,
        }
    }

    /// The next packet begins a new source.
    pub fn change_source(&mut self) {
        self.source = Source::Nothing;
    }

    /// A frame of our own, due at `at`.
    pub fn own(&mut self, at: Moment, payload_type: u8) -> Header {
        let goes_on = self.source == Source::Own && at.millis() - self.last.millis() <= FRAME_MS;
        let timestamp = match (goes_on, self.end) {
            (true, Some(end)) => end,
            (true, None) | (false, _) => self.clock(at),
        };
        self.source = Source::Own;
        self.last = at;
        self.end = Some(timestamp.wrapping_add(FRAME as u32));
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        Header { payload_type, marker: !goes_on, seq, timestamp, ssrc: self.ssrc }
    }

    /// A packet of an RFC 4733 event that began at `timestamp`: the clock stands, the sequence goes on.
    pub fn own_event(&mut self, at: Moment, payload_type: u8, marker: bool, timestamp: u32) -> Header {
        let header = self.own(at, payload_type);
        Header { marker, timestamp, ..header }
    }

    /// A packet of the peer. None: it is older than the change to this source.
    pub fn relay(&mut self, now: Moment, packet: Relayed, payload_type: u8) -> Option<Header> {
        let clock = self.clock(now);
        let next_seq = self.next_seq;
        let mut marker = packet.marker;
        let (seq, timestamp) = match &mut self.source {
            Source::Relay(map) if !packet.restart && map.follows(&packet) => map.place(&packet)?,
            Source::Relay(_) | Source::Own | Source::Nothing => {
                marker = true;
                self.source = Source::Relay(Map {
                    seq_in: packet.seq,
                    seq_out: next_seq,
                    timestamp_in: packet.timestamp,
                    timestamp_out: clock,
                    span: 0,
                });
                (next_seq, clock)
            }
        };
        if ahead16(seq, self.next_seq) >= 0 {
            self.next_seq = seq.wrapping_add(1);
        }
        let end = timestamp.wrapping_add(packet.samples);
        if self.end.is_none_or(|before| ahead32(end, before) > 0) {
            self.end = Some(end);
        }
        self.last = now;
        Some(Header { payload_type, marker, seq, timestamp, ssrc: self.ssrc })
    }

    /// A packet of the peer that we keep from it: no hole is left in the sequence.
    pub fn skip(&mut self, seq: u16) {
        if let Source::Relay(map) = &mut self.source
            && ahead16(seq, map.seq_in) == 1
        {
            map.seq_in = seq;
        }
    }

    /// The timestamp of this moment, never before the end of what was sent.
    fn clock(&self, at: Moment) -> u32 {
        // 8 samples a millisecond: whole samples since zero, wrapping as RTP does.
        let samples = (at.0 - self.zero.0).max(0) * 8 / 1000;
        let passed = self.timestamp_zero.wrapping_add(samples as u32);
        match self.end {
            Some(end) if ahead32(end, passed) > 0 => end,
            Some(_) | None => passed,
        }
    }
}

impl Map {
    fn follows(&self, packet: &Relayed) -> bool {
        let leap = ahead32(packet.timestamp, self.timestamp_in);
        leap.abs() <= LEAP_MAX && (leap >= 0 || ahead16(packet.seq, self.seq_in) <= 0 || packet.samples == 0)
    }

    fn place(&mut self, packet: &Relayed) -> Option<(u16, u32)> {
        let ahead = ahead16(packet.seq, self.seq_in);
        let seq = self.seq_out.wrapping_add(ahead as u16);
        let timestamp = self.timestamp_out.wrapping_add(packet.timestamp.wrapping_sub(self.timestamp_in));
        if ahead > 0 {
            self.span = self.span.saturating_add(ahead);
            *self = Map {
                seq_in: packet.seq,
                seq_out: seq,
                timestamp_in: packet.timestamp,
                timestamp_out: timestamp,
                span: self.span,
            };
        } else if -ahead > self.span {
            return None;
        }
        Some((seq, timestamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(n: u32, seq0: u16, ts0: u32) -> Relayed {
        Relayed {
            seq: seq0.wrapping_add(n as u16),
            timestamp: ts0.wrapping_add(n * 160),
            marker: false,
            restart: false,
            samples: 160,
        }
    }

    #[test]
    fn silence_then_relay_then_silence_is_one_stream() {
        let mut out = Outgoing::new(Moment::ZERO, 7, 65535, u32::MAX - 100);
        let a = out.own(Moment::from_millis(0), 0);
        let b = out.own(Moment::from_millis(20), 0);
        let c = out.relay(Moment::from_millis(35), packet(0, 400, 9), 0).expect("first");
        let d = out.relay(Moment::from_millis(55), packet(1, 400, 9), 0).expect("second");
        let e = out.own(Moment::from_millis(75), 0);
        let seqs: Vec<u16> = [a, b, c, d, e].iter().map(|h| h.seq).collect();
        assert_eq!(seqs, [65535, 0, 1, 2, 3]);
        assert_eq!([a, b, c, d, e].map(|h| h.marker), [true, false, true, false, true]);
        let steps: Vec<u32> = [a, b, c, d, e].windows(2).map(|w| w[1].timestamp.wrapping_sub(w[0].timestamp)).collect();
        assert_eq!(steps, [160, 160, 160, 160]);
    }

    #[test]
    fn a_thousand_changes_of_source_do_not_make_the_clock_drift() {
        let mut out = Outgoing::new(Moment::ZERO, 7, 0, 0);
        for call in 0..1000i64 {
            let t = call * 137;
            out.own(Moment::from_millis(t), 0);
            out.relay(Moment::from_millis(t + 11), packet(call as u32, 0, 0), 0);
            out.change_source();
        }
        let last = out.own(Moment::from_millis(200_000), 0);
        assert_eq!(last.timestamp, 200_000 * 8);
    }

    #[test]
    fn what_was_spoken_before_the_change_is_not_relayed_after() {
        let mut out = Outgoing::new(Moment::ZERO, 7, 0, 0);
        out.relay(Moment::from_millis(1), packet(10, 0, 0), 0).expect("first");
        assert_eq!(out.relay(Moment::from_millis(2), packet(9, 0, 0), 0), None);
        let next = out.relay(Moment::from_millis(3), packet(11, 0, 0), 0).expect("next");
        assert_eq!(next.seq, 1);
    }

    proptest! {
        /// Whatever is lost, late or doubled before us: what leaves keeps the distances of what came.
        #[test]
        fn distances_are_kept_over_loss_and_wrap_around(
            seq0: u16, ts0: u32, out_seq: u16, out_ts: u32,
            steps in prop::collection::vec(1u32..40, 1..200),
        ) {
            let mut out = Outgoing::new(Moment::ZERO, 7, out_seq, out_ts);
            let first = out.relay(Moment::ZERO, packet(0, seq0, ts0), 0).expect("first");
            let mut n = 0;
            for step in steps {
                n += step;
                let header = out.relay(Moment::from_millis(i64::from(n) * 20), packet(n, seq0, ts0), 0).expect("ahead");
                prop_assert_eq!(header.seq, first.seq.wrapping_add(n as u16));
                prop_assert_eq!(header.timestamp, first.timestamp.wrapping_add(n * 160));
                prop_assert!(!header.marker);
            }
        }
    }
}
