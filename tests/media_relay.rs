//! Two legs of a hub: what each hears of the other, over bridges, beeps, prompts, partings, loss and strangers.

use outpace::media::tone::{share, sine};
use outpace::media::{Codec, Event, Format, Forward, Hub, HubSettings, Prompt, RemoteParty, Slot, What};
use outpace::words::{LegId, Moment, PlaybackId};
use proptest::prelude::*;
use std::net::SocketAddr;
use std::sync::Arc;

const DTMF: u8 = 101;

/// A far end: sends a tone, remembers what it gets.
struct Phone {
    slot: Slot,
    address: SocketAddr,
    codec: Codec,
    seq: u16,
    timestamp: u32,
    ssrc: u32,
    heard: Vec<Packet>,
}

#[derive(Debug, Clone)]
struct Packet {
    at: Moment,
    payload_type: u8,
    marker: bool,
    seq: u16,
    timestamp: u32,
    ssrc: u32,
    payload: Vec<u8>,
}

fn parse(at: Moment, bytes: &[u8]) -> Packet {
    assert_eq!(bytes[0], 0x80, "version 2, nothing else");
    Packet {
        at,
        payload_type: bytes[1] & 0x7f,
        marker: bytes[1] & 0x80 != 0,
        seq: u16::from_be_bytes([bytes[2], bytes[3]]),
        timestamp: u32::from_be_bytes(bytes[4..8].try_into().expect("four")),
        ssrc: u32::from_be_bytes(bytes[8..12].try_into().expect("four")),
        payload: bytes[12..].to_vec(),
    }
}

struct Floor {
    hub: Hub,
    now: Moment,
    phones: Vec<Phone>,
    events: Vec<Event>,
}

impl Floor {
    /// Phone 0 is the customer, phone 1 the agent.
    fn new(customer: Codec, agent: Codec) -> Floor {
        let mut hub = Hub::new(Moment::ZERO, HubSettings { seed: 42, ..HubSettings::default() });
        let mut phones = Vec::new();
        for (n, codec) in [(0u16, customer), (1, agent)] {
            let slot = hub.open(Moment::ZERO, LegId(u64::from(n)), true);
            let address = SocketAddr::from(([10, 0, 0, n as u8 + 1], 4000));
            let format = Format::new(codec, Some(DTMF));
            hub.set_remote(Moment::ZERO, slot, RemoteParty { address, format, learn: true, early: false });
            let (seq, ssrc) = (65_530 - n, 0xca11_0000);
            phones.push(Phone { slot, address, codec, seq, timestamp: u32::MAX - 500, ssrc, heard: Vec::new() });
        }
        Floor { hub, now: Moment::ZERO, phones, events: Vec::new() }
    }

    fn packet(&self, from: usize, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let phone = &self.phones[from];
        let mut packet = vec![0x80, payload_type];
        packet.extend(phone.seq.to_be_bytes());
        packet.extend(phone.timestamp.to_be_bytes());
        packet.extend(phone.ssrc.to_be_bytes());
        packet.extend_from_slice(payload);
        packet
    }

    fn send(&mut self, from: usize, payload_type: u8, payload: &[u8]) {
        let packet = self.packet(from, payload_type, payload);
        let phone = &mut self.phones[from];
        phone.seq = phone.seq.wrapping_add(1);
        let (slot, address) = (phone.slot, phone.address);
        self.deliver(slot, address, packet);
    }

    fn deliver(&mut self, slot: Slot, from: SocketAddr, mut packet: Vec<u8>) {
        if let Forward::Send { leg, to, bytes } = self.hub.receive(self.now, slot, from, &mut packet) {
            self.arrive(leg, to, &packet[bytes]);
        }
        self.drain();
    }

    fn arrive(&mut self, leg: Slot, to: SocketAddr, bytes: &[u8]) {
        let at = self.now;
        let phone = self.phones.iter_mut().find(|phone| phone.slot == leg).expect("a leg of ours");
        assert_eq!(to, phone.address);
        phone.heard.push(parse(at, bytes));
    }

    fn drain(&mut self) {
        while let Some(event) = self.hub.poll_event() {
            self.events.push(event);
        }
    }

    /// Both phones send their tone for this long; every 5 ms the hub ticks.
    fn talk(&mut self, ms: i64, tones: [f64; 2]) {
        let sounds = tones.map(|hz| sine(hz, 20 * 1000, -12.0));
        for _ in 0..ms / 5 {
            self.now = self.now + std::time::Duration::from_millis(5);
            if self.now.millis() % 20 == 0 {
                for (n, sound) in sounds.iter().enumerate() {
                    let (codec, begin) = (self.phones[n].codec, self.now.millis() as usize * 8 % 100_000 + 800);
                    let payload: Vec<u8> = sound[begin..begin + 160].iter().map(|&s| codec.encode(s)).collect();
                    self.send(n, codec.payload_type(), &payload);
                    self.phones[n].timestamp = self.phones[n].timestamp.wrapping_add(160);
                }
            }
            self.tick();
        }
    }

    fn tick(&mut self) {
        let mut sent = Vec::new();
        self.hub.tick(self.now, |slot, to, bytes| sent.push((slot, to, bytes.to_vec())));
        for (slot, to, bytes) in sent {
            self.arrive(slot, to, &bytes);
        }
        self.drain();
    }

    fn bridge(&mut self, beep: bool) {
        let (customer, agent) = (self.phones[0].slot, self.phones[1].slot);
        self.hub.bridge(customer, agent, beep);
    }

    /// What a phone heard from here on.
    fn heard(&self, phone: usize, since: Moment) -> Vec<i16> {
        let codec = self.phones[phone].codec;
        let packets =
            self.phones[phone].heard.iter().filter(|p| p.at > since && p.payload_type == codec.payload_type());
        packets.flat_map(|p| p.payload.iter().map(|&byte| codec.decode(byte))).collect()
    }

    fn assert_one_stream(&self, phone: usize) {
        let heard = &self.phones[phone].heard;
        for pair in heard.windows(2) {
            assert_eq!(pair[1].ssrc, pair[0].ssrc, "one SSRC");
            assert_eq!(pair[1].seq, pair[0].seq.wrapping_add(1), "no hole");
            if pair.iter().any(|packet| packet.payload_type == DTMF) {
                continue; // an event's packets share its timestamp
            }
            let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32;
            assert!((0..=400).contains(&step), "the clock goes on evenly: {step}");
            assert!(pair[1].marker || step == 160 || step == 0, "a jump without a marker");
        }
    }
}

#[test]
fn the_agent_hears_one_stream_over_silence_beep_customers_and_silence_again() {
    let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
    floor.talk(1000, [440.0, 1000.0]);
    for _ in 0..3 {
        floor.bridge(true);
        let bridged = floor.now;
        floor.talk(2000, [440.0, 1000.0]);
        let beep = floor.heard(1, bridged);
        assert!(share(&beep[160..1100], 660.0) > 0.5, "first the beep");
        assert!(share(&beep[2000..8000], 440.0) > 0.95, "then the customer");
        let first = floor.phones[0].heard.iter().find(|p| p.at > bridged && p.marker).expect("the agent's voice");
        assert!((first.at.millis() - bridged.millis()) <= 20, "the customer hears the agent with the next packet");
        floor.hub.unbridge(floor.phones[0].slot);
        let parted = floor.now;
        floor.talk(500, [440.0, 1000.0]);
        assert!(floor.heard(1, parted).iter().all(|s| s.abs() < 10), "silence between customers");
    }
    floor.assert_one_stream(0);
    floor.assert_one_stream(1);
    let (heard, seconds) = (floor.phones[1].heard.len() as i64, floor.now.millis() as f64 / 1000.0);
    assert!((heard as f64 - seconds * 50.0).abs() < 12.0, "50 packets a second all the time: {heard} in {seconds} s");
}

#[test]
fn two_laws_understand_each_other() {
    let mut floor = Floor::new(Codec::Pcma, Codec::Pcmu);
    floor.bridge(false);
    floor.talk(1000, [700.0, 1300.0]);
    assert!(share(&floor.heard(0, Moment::from_millis(100)), 1300.0) > 0.95);
    assert!(share(&floor.heard(1, Moment::from_millis(100)), 700.0) > 0.95);
    assert!(share(&floor.heard(1, Moment::from_millis(100)), 1300.0) < 0.01);
}

#[test]
fn a_prompt_is_heard_whole_and_told_and_the_bridge_goes_on_after_it() {
    let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
    floor.bridge(false);
    floor.talk(100, [440.0, 1000.0]);
    let prompt = Arc::new(Prompt::from_samples(&sine(1700.0, 1010, -12.0)));
    let began = floor.now;
    floor.hub.play(floor.now, floor.phones[0].slot, PlaybackId(7), prompt.clone());
    floor.talk(1100, [440.0, 1000.0]);
    assert!(share(&floor.heard(0, began)[..8000], 1700.0) > 0.95, "the prompt, not the agent");
    let played = floor.events.iter().find(|e| e.what == What::Played { playback: PlaybackId(7), whole: true });
    let length = played.expect("told").at.millis() - began.millis();
    assert!((1020..=1045).contains(&length), "ended {length} ms after it began");
    floor.talk(500, [440.0, 1000.0]);
    assert!(share(&floor.heard(0, Moment::from_millis(1300)), 1000.0) > 0.95, "the agent again");
    floor.hub.play(floor.now, floor.phones[0].slot, PlaybackId(8), prompt.clone());
    floor.hub.play(floor.now, floor.phones[0].slot, PlaybackId(9), prompt);
    floor.hub.stop_play(floor.now, floor.phones[0].slot);
    floor.drain();
    let stopped: Vec<&What> = floor.events.iter().rev().take(2).map(|e| &e.what).collect();
    assert_eq!(stopped[1], &What::Played { playback: PlaybackId(8), whole: false });
    assert_eq!(stopped[0], &What::Played { playback: PlaybackId(9), whole: false });
    floor.assert_one_stream(0);
}

#[test]
fn a_prompt_that_is_ticked_late_does_not_drift() {
    let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
    floor.hub.play(floor.now, floor.phones[0].slot, PlaybackId(1), Arc::new(Prompt::from_samples(&[500; 80_000])));
    let mut turn = 0;
    while floor.now < Moment::from_millis(12_000) {
        turn += 1;
        let late = [3, 17, 41, 90][turn % 4];
        floor.now = floor.now + std::time::Duration::from_millis(late);
        floor.tick();
    }
    let played = floor.events.iter().find(|e| matches!(e.what, What::Played { whole: true, .. })).expect("played");
    assert!((10_000..=10_020).contains(&played.at.millis()), "{}", played.at.millis());
    floor.assert_one_stream(0);
}

#[test]
fn let_go_of_each_other_both_hear_silence() {
    let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
    floor.bridge(false);
    floor.talk(200, [440.0, 1000.0]);
    // What the engine does for hold.
    floor.hub.unbridge(floor.phones[0].slot);
    let held = floor.now;
    floor.talk(500, [440.0, 1000.0]);
    for phone in [0, 1] {
        let heard = floor.heard(phone, held);
        assert!(heard.len() > 3500 && heard.iter().all(|s| s.abs() < 10));
    }
    floor.bridge(false);
    let back = floor.now;
    floor.talk(500, [440.0, 1000.0]);
    assert!(share(&floor.heard(1, back), 440.0) > 0.9);
    floor.assert_one_stream(1);
}

#[test]
fn a_key_is_told_once_and_passed_on_and_ours_are_sent() {
    let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
    floor.bridge(false);
    floor.talk(100, [440.0, 1000.0]);
    for (duration, end) in [(160u16, 0u8), (320, 0), (480, 0), (480, 0x80), (480, 0x80), (480, 0x80)] {
        let [high, low] = duration.to_be_bytes();
        floor.send(0, DTMF, &[9, end | 10, high, low]);
    }
    floor.phones[0].timestamp = floor.phones[0].timestamp.wrapping_add(960);
    let digits = floor.events.iter().filter(|e| e.what == What::Digit('9')).count();
    assert_eq!(digits, 1);
    let passed: Vec<&Packet> = floor.phones[1].heard.iter().filter(|p| p.payload_type == DTMF).collect();
    assert_eq!(passed.len(), 6);
    assert!(passed.windows(2).all(|w| w[0].timestamp == w[1].timestamp), "one event, one timestamp");
    floor.talk(200, [440.0, 1000.0]);
    floor.assert_one_stream(1);
    floor.hub.send_digits(floor.phones[1].slot, "4#");
    floor.talk(600, [440.0, 1000.0]);
    let sent: Vec<u8> = floor.phones[1].heard[passed_count(&floor)..]
        .iter()
        .filter(|p| p.payload_type == DTMF && p.marker)
        .map(|p| p.payload[0])
        .collect();
    assert_eq!(sent, [4, 11]);
}

fn passed_count(floor: &Floor) -> usize {
    floor.phones[1].heard.iter().rposition(|p| p.payload_type == DTMF && p.payload[0] == 9).expect("passed") + 1
}

#[test]
fn a_silent_line_is_told_and_so_is_its_return() {
    let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
    floor.talk(100, [440.0, 1000.0]);
    for _ in 0..1200 {
        floor.now = floor.now + std::time::Duration::from_millis(5);
        floor.tick();
    }
    let told: Vec<i64> = floor.events.iter().filter(|e| e.what == What::Silent).map(|e| e.at.millis()).collect();
    assert!(told.len() == 2 && told.iter().all(|at| (5100..=5120).contains(at)), "{told:?}");
    floor.talk(100, [440.0, 1000.0]);
    assert_eq!(floor.events.iter().filter(|e| e.what == What::Heard).count(), 2);
}

#[test]
fn a_stranger_is_never_relayed_recorded_or_answered() {
    let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
    floor.bridge(false);
    floor.talk(200, [440.0, 1000.0]);
    let before = floor.phones[1].heard.len();
    let customer = floor.phones[0].slot;
    floor.hub.listen(floor.now, customer, None);
    for n in 0..100u8 {
        let from = SocketAddr::from(([10, 0, 0, 1], 4001 + u16::from(n % 3)));
        let packet = floor.packet(0, 0, &[n; 160]);
        floor.deliver(customer, from, packet);
        let digit = floor.packet(0, DTMF, &[1, 10, 0, 160]);
        floor.deliver(customer, SocketAddr::from(([203, 0, 113, 5], 4000)), digit);
    }
    assert_eq!(floor.phones[1].heard.len(), before);
    assert!(floor.events.is_empty(), "{:?}", floor.events);
    assert_eq!(floor.hub.stats(customer).map(|stats| stats.strangers), Some(200));
}

proptest! {
    /// Loss, copies and disorder before us: the agent gets what came, each once, at its own distance.
    #[test]
    fn what_arrives_leaves_once_and_in_its_place(
        order in prop::collection::vec((0u32..400, any::<bool>()), 1..300), first_seq: u16, first_timestamp: u32,
    ) {
        let mut floor = Floor::new(Codec::Pcmu, Codec::Pcmu);
        floor.bridge(false);
        let mut places: Vec<u32> = order.iter().enumerate().map(|(n, (jump, _))| n as u32 + jump % 5).collect();
        places.insert(0, 0);
        for (n, place) in places.iter().enumerate() {
            floor.now = floor.now + std::time::Duration::from_millis(20);
            floor.phones[0].seq = first_seq.wrapping_add(*place as u16);
            floor.phones[0].timestamp = first_timestamp.wrapping_add(place * 160);
            let packet = floor.packet(0, 0, &place.to_be_bytes().repeat(40));
            let copies = 1 + usize::from(n > 0 && order[n - 1].1);
            for _ in 0..copies {
                floor.deliver(floor.phones[0].slot, floor.phones[0].address, packet.clone());
            }
        }
        let heard = &floor.phones[1].heard;
        let place = |p: &Packet| u32::from_be_bytes(p.payload[..4].try_into().expect("four"));
        let mut seen = std::collections::BTreeSet::new();
        for packet in heard {
            prop_assert!(seen.insert(place(packet)), "twice");
            prop_assert_eq!(packet.seq, heard[0].seq.wrapping_add(place(packet) as u16));
            prop_assert_eq!(packet.timestamp, heard[0].timestamp.wrapping_add(place(packet) * 160));
        }
        let distinct: std::collections::BTreeSet<u32> = places.iter().copied().collect();
        prop_assert_eq!(seen, distinct);
    }

    /// Whatever bytes come, from whomever, nothing falls and nothing but our own streams leaves.
    #[test]
    fn no_bytes_make_the_hub_fall(packets in prop::collection::vec(
        (any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..64), 0u8..4), 1..60,
    )) {
        let mut floor = Floor::new(Codec::Pcmu, Codec::Pcma);
        floor.bridge(true);
        floor.hub.listen(floor.now, floor.phones[0].slot, Some(std::time::Duration::from_millis(500)));
        floor.hub.record(floor.now, floor.phones[0].slot, outpace::words::RecordingId(1));
        for (known, agent, mut bytes, kind) in packets {
            floor.now = floor.now + std::time::Duration::from_millis(7);
            if bytes.len() > 2 && kind > 0 {
                bytes[0] = 0x80 | bytes[0] & 0x3f;
                bytes[1] = [0, 8, DTMF][usize::from(kind - 1)] | bytes[1] & 0x80;
            }
            let n = usize::from(agent);
            let from = if known { floor.phones[n].address } else { SocketAddr::from(([198, 51, 100, 1], 9)) };
            floor.deliver(floor.phones[n].slot, from, bytes);
            floor.tick();
        }
        floor.hub.close(floor.now, floor.phones[0].slot);
        floor.talk_to_nobody();
    }
}

impl Floor {
    fn talk_to_nobody(&mut self) {
        assert_eq!(self.hub.peer(self.phones[1].slot), None);
        let packet = self.packet(0, 0, &[1; 160]);
        self.deliver(self.phones[0].slot, self.phones[0].address, packet);
    }
}
