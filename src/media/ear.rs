//! Listens to one leg: puts its packets in order, cuts them into 20 ms, and asks voice activity, tones and AMD.
//! The clock of what is said is the sender's timestamps, so that a burst of late packets hears as it was spoken;
//! when nothing comes for a while, silence is heard instead.
//! It refuses to delay the relay: it hears copies.

use super::amd::{Amd, Finding, Frame};
use super::event::What;
use super::rtp::{ahead16, ahead32};
use super::signal::{Signal, Signals};
use super::vad::{self, Change, Vad};
use super::{Codec, FRAME, FRAME_MS};
use crate::words::Moment;
use std::time::Duration;

/// Packets that wait for one that is missing.
const HELD_MAX: usize = 3;
/// Nothing for so long is silence.
const STALL: Duration = Duration::from_millis(300);
/// A hole in the sender's clock up to this is filled with silence; a longer one is a new start. Samples.
const HOLE_MAX: i32 = 2 * 8000;

#[derive(Debug)]
pub struct Ear {
    next_seq: Option<u16>,
    held: [Held; HELD_MAX],
    next_timestamp: u32,
    frame: [i16; FRAME],
    filled: usize,
    analyst: Analyst,
    /// Silence counts as heard up to here, when nothing comes.
    heard_until: Moment,
}

#[derive(Debug, Default)]
struct Held {
    used: bool,
    seq: u16,
    timestamp: u32,
    codec: Codec,
    payload: Vec<u8>,
}

/// The judges, and what they already told.
#[derive(Debug)]
struct Analyst {
    vad: Vad,
    signals: Signals,
    amd: Option<(Box<dyn Amd>, Duration)>,
    /// When the deadline passes: from the start, and anew from the end of the first speech.
    deadline: Moment,
    frames: u32,
    started: bool,
    ended: bool,
    beeped: bool,
}

impl Ear {
    /// With a judge, a verdict comes once: at the latest when nobody spoke for the deadline since now, or since the
    /// first speech ended. (While somebody speaks the law's clock stands, and so does ours.)
    pub fn new(now: Moment, amd: Option<(Box<dyn Amd>, Duration)>) -> Ear {
        let deadline = amd.as_ref().map_or(now, |(_, deadline)| now + *deadline);
        Ear {
            next_seq: None,
            held: Default::default(),
            next_timestamp: 0,
            frame: [0; FRAME],
            filled: 0,
            analyst: Analyst {
                vad: Vad::default(),
                signals: Signals::default(),
                amd,
                deadline,
                frames: 0,
                started: false,
                ended: false,
                beeped: false,
            },
            heard_until: now,
        }
    }

    /// A packet of sound. `restart`: the sender began anew.
    pub fn hear(
        &mut self,
        now: Moment,
        packet: (u16, u32, bool),
        codec: Codec,
        payload: &[u8],
        tell: &mut dyn FnMut(What),
    ) {
        let (seq, timestamp, restart) = packet;
        if restart {
            self.forget_order();
        }
        self.heard_until = now;
        let expected = *self.next_seq.get_or_insert(seq);
        match ahead16(seq, expected) {
            ..0 => return,
            0 => self.take(now, seq, timestamp, codec, payload, tell),
            1.. => match self.held.iter_mut().find(|held| !held.used) {
                Some(place) => place.keep(seq, timestamp, codec, payload),
                None => {
                    self.release_all(now, tell);
                    self.take(now, seq, timestamp, codec, payload, tell);
                }
            },
        }
        while let Some(place) = self.held.iter().position(|held| held.used && Some(held.seq) == self.next_seq) {
            self.release(now, place, tell);
        }
    }

    /// Time passes: silence where nothing comes, and the deadline.
    pub fn tick(&mut self, now: Moment, tell: &mut dyn FnMut(What)) {
        if now.since(self.heard_until) >= STALL {
            self.release_all(now, tell);
            self.silence(now, FRAME, tell);
            self.next_timestamp = self.next_timestamp.wrapping_add(FRAME as u32);
            self.heard_until = self.heard_until + Duration::from_millis(FRAME_MS as u64);
        }
        self.analyst.tick(now, tell);
    }

    fn forget_order(&mut self) {
        self.next_seq = None;
        self.held.iter_mut().for_each(|held| held.used = false);
    }

    fn release_all(&mut self, now: Moment, tell: &mut dyn FnMut(What)) {
        while let Some(place) = self.oldest() {
            self.release(now, place, tell);
        }
    }

    fn oldest(&self) -> Option<usize> {
        let next = self.next_seq.unwrap_or(0);
        (0..HELD_MAX).filter(|&i| self.held[i].used).min_by_key(|&i| ahead16(self.held[i].seq, next))
    }

    fn release(&mut self, now: Moment, place: usize, tell: &mut dyn FnMut(What)) {
        let mut held = std::mem::take(&mut self.held[place]);
        held.used = false;
        self.take(now, held.seq, held.timestamp, held.codec, &held.payload, tell);
        self.held[place] = held;
    }

    fn take(
        &mut self,
        now: Moment,
        seq: u16,
        timestamp: u32,
        codec: Codec,
        payload: &[u8],
        tell: &mut dyn FnMut(What),
    ) {
        let first = self.analyst.frames == 0 && self.filled == 0;
        let hole = ahead32(timestamp, self.next_timestamp);
        if !first && hole > 0 && hole <= HOLE_MAX {
            self.silence(now, hole as usize, tell);
        }
        self.next_seq = Some(seq.wrapping_add(1));
        self.next_timestamp = timestamp.wrapping_add(payload.len() as u32);
        let table = codec.table();
        for &byte in payload {
            self.sample(now, table[usize::from(byte)], tell);
        }
    }

    fn silence(&mut self, now: Moment, samples: usize, tell: &mut dyn FnMut(What)) {
        (0..samples).for_each(|_| self.sample(now, 0, tell));
    }

    #[inline]
    fn sample(&mut self, now: Moment, sample: i16, tell: &mut dyn FnMut(What)) {
        self.frame[self.filled] = sample;
        self.filled += 1;
        if self.filled == FRAME {
            self.filled = 0;
            self.analyst.frame(now, &self.frame, tell);
        }
    }
}

impl Held {
    fn keep(&mut self, seq: u16, timestamp: u32, codec: Codec, payload: &[u8]) {
        (self.used, self.seq, self.timestamp, self.codec) = (true, seq, timestamp, codec);
        self.payload.clear();
        self.payload.extend_from_slice(payload);
    }
}

impl Analyst {
    fn frame(&mut self, now: Moment, samples: &[i16; FRAME], tell: &mut dyn FnMut(What)) {
        self.frames = self.frames.saturating_add(1);
        let level_db = vad::level_db(samples);
        let signal = self.signals.frame(samples, level_db);
        // A tone is no speech: neither a greeting nor its end.
        let voice_db = if self.signals.in_tone() { vad::SILENCE_DB } else { level_db };
        let activity = self.vad.frame(voice_db);
        match activity.change {
            Some(Change::Started) if !self.started => {
                self.started = true;
                tell(What::SpeechStarted);
            }
            Some(Change::Ended) if self.started && !self.ended => {
                self.ended = true;
                if let Some((_, deadline)) = &self.amd {
                    self.deadline = self.deadline.max(now - vad::HANG_OVER + *deadline);
                }
                tell(What::SpeechEnded { ago: vad::HANG_OVER });
            }
            Some(Change::Started | Change::Ended) | None => {}
        }
        self.tell_signal(signal, tell);
        let in_tone = self.signals.in_tone();
        let frame = Frame { samples, level_db, speech: activity.loud, signal, in_tone };
        if let Some(finding) = self.amd.as_mut().and_then(|(amd, _)| amd.frame(frame)) {
            self.found(finding, tell);
        }
    }

    fn tell_signal(&mut self, signal: Option<Signal>, tell: &mut dyn FnMut(What)) {
        match signal {
            Some(Signal::Sit) => tell(What::Sit),
            // Before anybody spoke a tone is not the end of a greeting.
            Some(Signal::Beep) if self.started && !self.beeped => {
                self.beeped = true;
                tell(What::Beep);
            }
            Some(Signal::Beep | Signal::Fax) | None => {}
        }
    }

    fn tick(&mut self, now: Moment, tell: &mut dyn FnMut(What)) {
        if self.amd.is_none() || self.vad.talking() && !self.ended || now < self.deadline {
            return;
        }
        if let Some((amd, _)) = &mut self.amd {
            let finding = amd.deadline();
            self.found(finding, tell);
        }
    }

    fn found(&mut self, finding: Finding, tell: &mut dyn FnMut(What)) {
        self.amd = None;
        tell(What::Amd { verdict: finding.verdict, why: finding.why, analysed_ms: self.frames * FRAME_MS as u32 });
    }
}
