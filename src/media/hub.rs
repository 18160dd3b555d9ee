//! The legs of one thread, and the verbs on them. Bytes in, bytes out; time is an argument.
//! It refuses sockets and ids of sockets: the host keeps which socket belongs to which `Slot`.

use super::amd::{Amd, Cadence};
use super::ear::Ear;
use super::event::{Event, What};
use super::leg::{Leg, RemoteParty};
use super::outgoing::Outgoing;
use super::prompt::Prompt;
use super::recording::{Block, Recording};
use super::rtp::HEADER;
use super::{FRAME, tone};
use crate::words::{LegId, Moment, PlaybackId, RecordingId};
use slab::Slab;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Legs take turns: a fourth of them every 5 ms, each every 20 ms.
const TURN_MICROS: i64 = 5000;
const TURNS: i64 = 4;
/// A host that slept longer than this does not send what it missed.
const CATCH_UP_TURNS: i64 = 20;
/// Buffers kept for blocks.
const SPARE_MAX: usize = 64;

/// A leg's place in its hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

#[derive(Debug, Clone, Copy)]
pub struct HubSettings {
    /// For SSRCs and first sequence numbers. Take it from the system's randomness (RFC 3550 section 8).
    pub seed: u64,
    pub silent_after: Duration,
}

impl Default for HubSettings {
    fn default() -> HubSettings {
        HubSettings { seed: 1, silent_after: Duration::from_secs(5) }
    }
}

/// Packets of one leg. `malformed`: not RTP, or a payload type that was not settled. `copies`: seen before, or too
/// old. `strangers`: from somebody else. `lost`: holes in the sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    pub received: u64,
    pub sent: u64,
    pub lost: u64,
    pub copies: u64,
    pub malformed: u64,
    pub strangers: u64,
}

/// What to do with the packet that was given to `receive`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forward {
    Nothing,
    /// Send these bytes of the datagram from `leg`'s socket.
    Send {
        leg: Slot,
        to: SocketAddr,
        bytes: Range<usize>,
    },
}

#[derive(Debug)]
pub struct Hub {
    legs: Slab<Leg>,
    settings: HubSettings,
    chance: u64,
    beep: Prompt,
    next_turn: i64,
    events: VecDeque<Event>,
    blocks: VecDeque<Block>,
    spare: Vec<Vec<u8>>,
}

impl Hub {
    pub fn new(now: Moment, settings: HubSettings) -> Hub {
        Hub {
            legs: Slab::new(),
            settings,
            chance: settings.seed,
            beep: Prompt::from_samples(&beep()),
            next_turn: turn(now) + 1,
            events: VecDeque::new(),
            blocks: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    // ── verbs ──

    /// `fill`: send silence while nothing else is sent, so that NATs and media time-outs see a live stream.
    pub fn open(&mut self, now: Moment, id: LegId, fill: bool) -> Slot {
        let (a, b) = (self.random(), self.random());
        let outgoing = Outgoing::new(now, (a >> 32) as u32, b as u16, a as u32);
        self.adopt(Leg::new(now, id, fill, outgoing))
    }

    /// Takes a leg out, with all it does, to move it to another hub. Its bridge ends.
    pub fn release(&mut self, slot: Slot) -> Option<Leg> {
        self.unbridge(slot);
        self.legs.try_remove(slot.0 as usize)
    }

    pub fn adopt(&mut self, leg: Leg) -> Slot {
        Slot(self.legs.insert(leg) as u32)
    }

    /// As the SDP says; again at each change of it.
    pub fn set_remote(&mut self, now: Moment, slot: Slot, party: RemoteParty) {
        if let Some(leg) = self.leg(slot) {
            leg.set_remote(now, party);
        }
    }

    /// Ends the leg's bridge and recording; the recording's last block is in `poll_block`.
    pub fn close(&mut self, now: Moment, slot: Slot) {
        self.stop_recording(now, slot);
        self.release(slot);
    }

    /// Sound both ways from the next packet on. With a beep, the agent hears it first and the customer after it;
    /// the customer hears the agent at once. Earlier bridges of either end.
    pub fn bridge(&mut self, customer: Slot, agent: Slot, beep: bool) {
        if customer == agent || self.leg(customer).is_none() || self.leg(agent).is_none() {
            return;
        }
        self.unbridge(customer);
        self.unbridge(agent);
        for (slot, peer) in [(customer, agent), (agent, customer)] {
            let leg = self.leg(slot).expect("looked up above");
            leg.peer = Some(peer);
            leg.change_source();
        }
        if beep && let Some(leg) = self.leg(agent) {
            leg.beep();
        }
    }

    pub fn unbridge(&mut self, slot: Slot) {
        let Some(peer) = self.leg(slot).and_then(|leg| leg.peer) else { return };
        for slot in [slot, peer] {
            if let Some(leg) = self.leg(slot) {
                leg.peer = None;
                leg.stop_beep();
                leg.change_source();
            }
        }
    }

    /// Over whatever else is sent to the leg; replaces the prompt before. `Played` follows.
    pub fn play(&mut self, now: Moment, slot: Slot, playback: PlaybackId, prompt: Arc<Prompt>) {
        let stopped = self.leg(slot).and_then(|leg| leg.play(playback, prompt));
        self.tell(now, slot, stopped);
    }

    pub fn stop_play(&mut self, now: Moment, slot: Slot) {
        let stopped = self.leg(slot).and_then(Leg::stop_play);
        self.tell(now, slot, stopped);
    }

    /// By telephone-event; nothing if the other side does not take it. Characters that are no keys are left out.
    pub fn send_digits(&mut self, slot: Slot, digits: &str) {
        if let Some(leg) = self.leg(slot) {
            leg.send_digits(digits);
        }
    }

    /// Voice activity, tones, and with a deadline AMD by `Cadence`. See `Ear::new` for what the deadline means.
    pub fn listen(&mut self, now: Moment, slot: Slot, amd: Option<Duration>) {
        let amd = amd.map(|deadline| (Box::new(Cadence::default()) as Box<dyn Amd>, deadline));
        self.listen_with(now, slot, amd);
    }

    pub fn listen_with(&mut self, now: Moment, slot: Slot, amd: Option<(Box<dyn Amd>, Duration)>) {
        if let Some(leg) = self.leg(slot) {
            leg.ear = Some(Box::new(Ear::new(now, amd)));
        }
    }

    pub fn stop_listening(&mut self, slot: Slot) {
        if let Some(leg) = self.leg(slot) {
            leg.ear = None;
        }
    }

    /// Left what this leg says, right what it is sent. One recording a leg: an earlier one ends.
    pub fn record(&mut self, now: Moment, slot: Slot, recording: RecordingId) {
        self.stop_recording(now, slot);
        if let Some(leg) = self.leg(slot) {
            leg.recording = Some(Box::new(Recording::new(now, leg.id, recording)));
        }
    }

    pub fn stop_recording(&mut self, now: Moment, slot: Slot) {
        let Some(recording) = self.leg(slot).and_then(|leg| leg.recording.take()) else { return };
        let bytes = self.spare.pop().unwrap_or_default();
        self.blocks.push_back(recording.finish(now, bytes));
    }

    // ── packets and time ──

    /// A datagram that came to the leg's RTP socket. It is rewritten in place if it goes on to the peer.
    pub fn receive(&mut self, now: Moment, slot: Slot, from: SocketAddr, datagram: &mut [u8]) -> Forward {
        let Some(leg) = self.legs.get_mut(slot.0 as usize) else { return Forward::Nothing };
        let Some(admitted) = leg.admit(now, from, datagram) else { return Forward::Nothing };
        leg.hear(now, &admitted, datagram, &mut self.events);
        let Some((peer, leg)) = leg.peer.and_then(|peer| Some((peer, self.legs.get_mut(peer.0 as usize)?))) else {
            return Forward::Nothing;
        };
        match leg.pass_on(now, &admitted, datagram) {
            Some((to, bytes)) => Forward::Send { leg: peer, to, bytes },
            None => Forward::Nothing,
        }
    }

    /// When `tick` is due. None: no legs, nothing to do.
    pub fn next_tick(&self) -> Option<Moment> {
        (!self.legs.is_empty()).then_some(Moment(self.next_turn * TURN_MICROS))
    }

    /// Everything that no packet starts. Paced by the clock's own grid, so it never drifts, however late it is called.
    pub fn tick(&mut self, now: Moment, mut send: impl FnMut(Slot, SocketAddr, &[u8])) {
        let last = turn(now);
        let first = self.next_turn.max(last - CATCH_UP_TURNS + 1);
        self.next_turn = self.next_turn.max(last + 1);
        for turn in first..=last {
            self.take_turn(turn, now, &mut send);
        }
    }

    fn take_turn(&mut self, turn: i64, now: Moment, send: &mut impl FnMut(Slot, SocketAddr, &[u8])) {
        let at = Moment(turn * TURN_MICROS);
        let mut packet = [0; HEADER + FRAME];
        let mut index = turn.rem_euclid(TURNS) as usize;
        while index < self.legs.capacity() {
            if let Some(leg) = self.legs.get_mut(index) {
                leg.watch(at, self.settings.silent_after, &mut self.events);
                if let Some((to, length)) = leg.speak(at, &self.beep, &mut packet, &mut self.events) {
                    send(Slot(index as u32), to, &packet[..length]);
                }
                while let Some(recording) = leg.recording.as_mut().filter(|recording| recording.due(now)) {
                    let bytes = self.spare.pop().unwrap_or_default();
                    self.blocks.push_back(recording.block(bytes));
                }
            }
            index += TURNS as usize;
        }
    }

    // ── what comes out ──

    /// Drain after every `receive`, `tick` and verb.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub fn poll_block(&mut self) -> Option<Block> {
        self.blocks.pop_front()
    }

    /// A block's buffer, to be used again.
    pub fn recycle(&mut self, mut bytes: Vec<u8>) {
        if self.spare.len() < SPARE_MAX {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    pub fn stats(&self, slot: Slot) -> Option<Stats> {
        self.legs.get(slot.0 as usize).map(|leg| leg.stats)
    }

    pub fn peer(&self, slot: Slot) -> Option<Slot> {
        self.legs.get(slot.0 as usize).and_then(|leg| leg.peer)
    }

    pub fn len(&self) -> usize {
        self.legs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    fn leg(&mut self, slot: Slot) -> Option<&mut Leg> {
        self.legs.get_mut(slot.0 as usize)
    }

    fn tell(&mut self, at: Moment, slot: Slot, what: Option<What>) {
        let Some(leg) = self.leg(slot).map(|leg| leg.id) else { return };
        self.events.extend(what.map(|what| Event { leg, at, what }));
    }

    /// splitmix64 (Steele, Lea, Flood 2014).
    fn random(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.chance ^ (self.chance >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn turn(now: Moment) -> i64 {
    now.0.div_euclid(TURN_MICROS)
}

/// 150 ms that say "a customer comes": a fifth, soft, well under speech.
fn beep() -> Vec<i16> {
    let (low, high) = (tone::sine(660.0, 150, -20.0), tone::sine(990.0, 150, -24.0));
    low.iter().zip(high).map(|(a, b)| a + b).collect()
}
