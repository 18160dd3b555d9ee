//! One leg: whom it hears, what it says, who listens. Everything about it is in here, so that it can move to another
//! thread whole. It refuses to know other legs: `hub` brings them together.

use super::dtmf::{self, TelephoneEvent};
use super::ear::Ear;
use super::event::{Event, What};
use super::incoming::{Arrival, Incoming};
use super::outgoing::{Outgoing, Relayed};
use super::prompt::Prompt;
use super::recording::Recording;
use super::remote::Remote;
use super::rtp::{self, HEADER, Header, Received};
use super::{Codec, FRAME, Slot, Stats};
use crate::words::{LegId, Moment, PlaybackId};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Comfort noise (RFC 3389): understood, not passed on.
const COMFORT_NOISE: u8 = 13;
/// A bridged peer that sends nothing for so long (it holds, or suppresses silence) is replaced by our silence.
const RELAY_QUIET: Duration = Duration::from_secs(1);
/// Digits that wait to be sent.
const DIGITS_MAX: usize = 64;

/// What offer and answer settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    pub codec: Codec,
    /// Payload type of telephone-event in what we receive (as in our SDP) and in what we send (as in theirs).
    pub dtmf_receive: Option<u8>,
    pub dtmf_send: Option<u8>,
}

impl Format {
    pub fn new(codec: Codec, dtmf: Option<u8>) -> Format {
        Format { codec, dtmf_receive: dtmf, dtmf_send: dtmf }
    }
}

/// The other side, as its SDP tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteParty {
    pub address: SocketAddr,
    pub format: Format,
    /// It may be behind a NAT: learn its true address from its first packets.
    pub learn: bool,
    /// Before the 200 OK: it is heard, but nothing is sent and its silence is not told.
    pub early: bool,
}

#[derive(Debug)]
pub struct Leg {
    pub(super) id: LegId,
    pub(super) peer: Option<Slot>,
    pub(super) ear: Option<Box<Ear>>,
    pub(super) recording: Option<Box<Recording>>,
    pub(super) stats: Stats,
    /// Silence is sent while nothing else is.
    fill: bool,
    remote: Option<Remote>,
    format: Format,
    early: bool,
    incoming: Incoming,
    outgoing: Outgoing,
    presses: dtmf::Heard,
    playing: Option<Playing>,
    beep: Option<usize>,
    digits: VecDeque<dtmf::Sending>,
    heard_at: Moment,
    silent_told: bool,
}

#[derive(Debug)]
struct Playing {
    playback: PlaybackId,
    prompt: Arc<Prompt>,
    at: usize,
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sound(Codec),
    Press(TelephoneEvent),
    /// Nothing for others.
    Idle,
}

#[derive(Debug)]
pub(super) struct Admitted {
    pub packet: Received,
    pub kind: Kind,
    pub restart: bool,
}

impl Leg {
    pub(super) fn new(now: Moment, id: LegId, fill: bool, outgoing: Outgoing) -> Leg {
        Leg {
            id,
            peer: None,
            ear: None,
            recording: None,
            stats: Stats::default(),
            fill,
            remote: None,
            format: Format::new(Codec::Pcmu, None),
            early: true,
            incoming: Incoming::default(),
            outgoing,
            presses: dtmf::Heard::default(),
            playing: None,
            beep: None,
            digits: VecDeque::new(),
            heard_at: now,
            silent_told: false,
        }
    }

    pub fn id(&self) -> LegId {
        self.id
    }

    pub(super) fn set_remote(&mut self, now: Moment, party: RemoteParty) {
        match &mut self.remote {
            Some(remote) => remote.told_again(now, party.address, party.learn),
            None => self.remote = Some(Remote::new(now, party.address, party.learn)),
        }
        if self.early && !party.early {
            self.heard_at = now;
        }
        (self.format, self.early) = (party.format, party.early);
    }

    pub(super) fn play(&mut self, playback: PlaybackId, prompt: Arc<Prompt>) -> Option<What> {
        let stopped = self.stop_play();
        self.playing = Some(Playing { playback, prompt, at: 0 });
        stopped
    }

    pub(super) fn stop_play(&mut self) -> Option<What> {
        self.playing.take().map(|playing| What::Played { playback: playing.playback, whole: false })
    }

    pub(super) fn beep(&mut self) {
        self.beep = Some(0);
    }

    pub(super) fn stop_beep(&mut self) {
        self.beep = None;
    }

    pub(super) fn send_digits(&mut self, digits: &str) {
        let room = DIGITS_MAX.saturating_sub(self.digits.len());
        if self.format.dtmf_send.is_some() {
            self.digits.extend(digits.chars().filter_map(dtmf::Sending::new).take(room));
        }
    }

    /// Where packets go, once there is somewhere.
    pub fn target(&self) -> Option<SocketAddr> {
        self.remote.as_ref().filter(|_| !self.early).map(Remote::target)
    }

    // ── what it hears ──

    /// None: not for us. Counted.
    pub(super) fn admit(&mut self, now: Moment, from: SocketAddr, datagram: &[u8]) -> Option<Admitted> {
        let Some(packet) = rtp::read(datagram) else {
            self.stats.malformed += 1;
            return None;
        };
        if !self.remote.as_mut().is_some_and(|remote| remote.admits(now, from, &packet)) {
            self.stats.strangers += 1;
            return None;
        }
        let Some(arrival) = self.incoming.arrive(packet.ssrc, packet.seq) else {
            self.stats.copies += 1;
            return None;
        };
        self.stats.received += 1;
        self.stats.lost = self.incoming.lost;
        let kind = self.kind(packet.payload_type, &datagram[packet.payload.clone()]);
        Some(Admitted { packet, kind, restart: arrival == Arrival::Restart })
    }

    fn kind(&mut self, payload_type: u8, payload: &[u8]) -> Kind {
        // Either G.711 is taken whatever was settled: both are offered, and gateways switch between them.
        if let Some(codec) = Codec::from_payload_type(payload_type) {
            return Kind::Sound(codec);
        }
        if self.format.dtmf_receive == Some(payload_type)
            && let Some(event) = TelephoneEvent::read(payload)
        {
            return Kind::Press(event);
        }
        if payload_type != COMFORT_NOISE {
            self.stats.malformed += 1;
        }
        Kind::Idle
    }

    /// Takes a packet to whoever listens to this leg.
    pub(super) fn hear(&mut self, now: Moment, admitted: &Admitted, datagram: &[u8], events: &mut VecDeque<Event>) {
        let leg = self.id;
        let mut tell = |what| events.push_back(Event { leg, at: now, what });
        self.heard_at = now;
        if std::mem::take(&mut self.silent_told) {
            tell(What::Heard);
        }
        let Admitted { packet, kind, restart } = admitted;
        if *restart && let Some(recording) = &mut self.recording {
            recording.hear_anew();
        }
        match *kind {
            Kind::Sound(codec) => {
                let payload = &datagram[packet.payload.clone()];
                if let Some(ear) = &mut self.ear {
                    ear.hear(now, (packet.seq, packet.timestamp, *restart), codec, payload, &mut tell);
                }
                if let Some(recording) = &mut self.recording {
                    recording.hear(now, packet.timestamp, codec, payload);
                }
            }
            Kind::Press(event) => {
                if let Some(digit) = self.presses.hear(packet.timestamp, packet.marker, event) {
                    tell(What::Digit(digit));
                }
            }
            Kind::Idle => {}
        }
    }

    // ── what it says ──

    /// Passes the peer's packet on, rewritten in place. None: it is not sent.
    pub(super) fn pass_on(
        &mut self,
        now: Moment,
        admitted: &Admitted,
        datagram: &mut [u8],
    ) -> Option<(SocketAddr, Range<usize>)> {
        let to = self.target()?;
        let Admitted { packet, kind, restart } = admitted;
        if self.playing.is_some() || self.beep.is_some() || !self.digits.is_empty() {
            return None;
        }
        let (payload_type, samples) = match kind {
            Kind::Sound(_) => (Some(self.format.codec.payload_type()), packet.payload.len() as u32),
            Kind::Press(_) => (self.format.dtmf_send, 0),
            Kind::Idle => (None, 0),
        };
        let Some(payload_type) = payload_type else {
            self.outgoing.skip(packet.seq);
            return None;
        };
        let relayed =
            Relayed { seq: packet.seq, timestamp: packet.timestamp, marker: packet.marker, restart: *restart, samples };
        let header = self.outgoing.relay(now, relayed, payload_type)?;
        // The payload stays where it is; the header moves up to it, over CSRCs and extensions.
        let range = packet.payload.start - HEADER..packet.payload.end;
        header.write(&mut datagram[range.clone()]);
        if let Kind::Sound(codec) = *kind {
            let payload = &mut datagram[packet.payload.clone()];
            codec.transcode(self.format.codec, payload);
            self.record_said(now, &header, &datagram[packet.payload.clone()]);
        }
        self.stats.sent += 1;
        Some((to, range))
    }

    /// The 20 ms that begin at `at`, if this leg has something of its own to say: bytes written to `packet`.
    pub(super) fn speak(
        &mut self,
        at: Moment,
        beep: &Prompt,
        packet: &mut [u8; HEADER + FRAME],
        events: &mut VecDeque<Event>,
    ) -> Option<(SocketAddr, usize)> {
        let to = self.target()?;
        if let Some(length) = self.speak_digit(at, packet) {
            return (length > 0).then_some((to, length));
        }
        let sound: &mut [u8] = &mut packet[HEADER..];
        if !(self.fill_prompt(at, sound, events) || self.fill_beep(beep, sound) || self.fill_silence(at, sound)) {
            return None;
        }
        let header = self.outgoing.own(at, self.format.codec.payload_type());
        header.write(packet);
        self.record_said(at, &header, &packet[HEADER..]);
        self.stats.sent += 1;
        Some((to, HEADER + FRAME))
    }

    /// Some(0): the pause after a digit.
    fn speak_digit(&mut self, at: Moment, packet: &mut [u8]) -> Option<usize> {
        let payload_type = self.format.dtmf_send?;
        let sending = self.digits.front_mut()?;
        let Some(step) = sending.advance() else {
            self.digits.pop_front();
            return Some(0);
        };
        let Some(event) = step else { return Some(0) };
        let header = match sending.timestamp {
            Some(timestamp) => self.outgoing.own_event(at, payload_type, false, timestamp),
            None => Header { marker: true, ..self.outgoing.own(at, payload_type) },
        };
        sending.timestamp = Some(header.timestamp);
        header.write(packet);
        packet[HEADER..HEADER + 4].copy_from_slice(&event.write());
        self.stats.sent += 1;
        Some(HEADER + 4)
    }

    fn fill_prompt(&mut self, at: Moment, sound: &mut [u8], events: &mut VecDeque<Event>) -> bool {
        let Some(playing) = &mut self.playing else { return false };
        let rest = &playing.prompt.encoded(self.format.codec)[playing.at..];
        if rest.is_empty() {
            let what = What::Played { playback: playing.playback, whole: true };
            events.push_back(Event { leg: self.id, at, what });
            self.playing = None;
            return false;
        }
        playing.at += copy_padded(rest, sound, self.format.codec.silence());
        true
    }

    fn fill_beep(&mut self, beep: &Prompt, sound: &mut [u8]) -> bool {
        let Some(done) = self.beep else { return false };
        let rest = &beep.encoded(self.format.codec)[done..];
        if rest.is_empty() {
            self.beep = None;
            return false;
        }
        self.beep = Some(done + copy_padded(rest, sound, self.format.codec.silence()));
        true
    }

    fn fill_silence(&mut self, at: Moment, sound: &mut [u8]) -> bool {
        let relayed =
            self.peer.is_some() && self.outgoing.relayed_at().is_some_and(|last| at.since(last) < RELAY_QUIET);
        if relayed || !self.fill {
            return false;
        }
        sound.fill(self.format.codec.silence());
        true
    }

    fn record_said(&mut self, now: Moment, header: &Header, payload: &[u8]) {
        if let Some(recording) = &mut self.recording {
            recording.say(now, header.timestamp, self.format.codec, payload);
        }
    }

    /// Whatever comes next is another source: its clock is set to the present.
    pub(super) fn change_source(&mut self) {
        self.outgoing.change_source();
    }

    // ── time ──

    pub(super) fn watch(&mut self, at: Moment, silent_after: Duration, events: &mut VecDeque<Event>) {
        let leg = self.id;
        if let Some(ear) = &mut self.ear {
            ear.tick(at, &mut |what| events.push_back(Event { leg, at, what }));
        }
        if self.target().is_some() && !self.silent_told && at.since(self.heard_at) >= silent_after {
            self.silent_told = true;
            events.push_back(Event { leg, at, what: What::Silent });
        }
    }
}

/// Returns how much of `from` was taken.
fn copy_padded(from: &[u8], to: &mut [u8], padding: u8) -> usize {
    let taken = from.len().min(to.len());
    to[..taken].copy_from_slice(&from[..taken]);
    to[taken..].fill(padding);
    taken
}
