//! A recording holds what the customer said on the left and what the customer was sent on the right, in time.

use outpace::media::tone::{share, sine};
use outpace::media::{Codec, Format, Forward, Hub, HubSettings, Prompt, RemoteParty, Slot, wav};
use outpace::words::{LegId, Moment, PlaybackId, RecordingId};
use proptest::prelude::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

struct Call {
    hub: Hub,
    customer: Slot,
    agent: Slot,
    bytes: Vec<u8>,
    length_ms: Option<u32>,
}

fn address(n: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, n], 4000))
}

impl Call {
    fn new(customer_codec: Codec) -> Call {
        let mut hub = Hub::new(Moment::ZERO, HubSettings::default());
        let mut open = |n: u8, codec| {
            let slot = hub.open(Moment::ZERO, LegId(u64::from(n)), true);
            let party =
                RemoteParty { address: address(n), format: Format::new(codec, None), learn: false, early: false };
            hub.set_remote(Moment::ZERO, slot, party);
            slot
        };
        let (customer, agent) = (open(1, customer_codec), open(2, Codec::Pcmu));
        hub.bridge(customer, agent, false);
        hub.record(Moment::ZERO, customer, RecordingId(5));
        Call { hub, customer, agent, bytes: Vec::new(), length_ms: None }
    }

    fn send(&mut self, now: Moment, customer: bool, n: u32, codec: Codec, sound: &[i16]) -> bool {
        let mut packet = vec![0x80, codec.payload_type()];
        packet.extend((n as u16).to_be_bytes());
        packet.extend(n.wrapping_mul(160).to_be_bytes());
        packet.extend([0, 0, 0, 1]);
        packet.extend(sound.iter().map(|&s| codec.encode(s)));
        let (slot, from) = if customer { (self.customer, address(1)) } else { (self.agent, address(2)) };
        !matches!(self.hub.receive(now, slot, from, &mut packet), Forward::Nothing)
    }

    fn tick(&mut self, now: Moment) {
        self.hub.tick(now, |_, _, _| {});
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(block) = self.hub.poll_block() {
            assert_eq!(block.recording, RecordingId(5));
            self.bytes.extend_from_slice(&block.bytes);
            assert_eq!(self.length_ms, None, "nothing after the end");
            self.length_ms = block.end.map(|end| end.length_ms);
            self.hub.recycle(block.bytes);
        }
    }

    fn channels(&self) -> [Vec<i16>; 2] {
        let sample = |bytes: &[u8]| i16::from_le_bytes([bytes[0], bytes[1]]);
        [0, 2].map(|at| self.bytes.chunks_exact(4).map(|frame| sample(&frame[at..])).collect())
    }
}

#[test]
fn each_voice_is_on_its_side_and_a_prompt_is_on_the_right() {
    let mut call = Call::new(Codec::Pcma);
    let (a, b) = (sine(440.0, 20_000, -12.0), sine(1000.0, 20_000, -12.0));
    for n in 0..500u32 {
        let now = Moment::from_millis(i64::from(n) * 20 + 10);
        let at = n as usize * 160;
        call.send(now, true, n, Codec::Pcma, &a[at..at + 160]);
        call.send(now, false, n, Codec::Pcmu, &b[at..at + 160]);
        if n == 250 {
            let prompt = Arc::new(Prompt::from_samples(&sine(1700.0, 1000, -12.0)));
            call.hub.play(now, call.customer, PlaybackId(1), prompt);
        }
        call.tick(now);
    }
    call.hub.stop_recording(Moment::from_millis(10_000), call.customer);
    call.drain();
    assert_eq!(call.length_ms, Some(10_000));
    assert_eq!(call.bytes.len(), 10_000 * 8 * 4);
    let [left, right] = call.channels();
    assert!(share(&left[800..79_000], 440.0) > 0.95 && share(&left[800..79_000], 1000.0) < 0.001);
    assert!(share(&right[800..39_000], 1000.0) > 0.95 && share(&right[800..39_000], 440.0) < 0.001);
    assert!(share(&right[41_000..47_000], 1700.0) > 0.95);
    assert!(share(&right[50_000..79_000], 1000.0) > 0.95);
    let mut file = wav::head(call.bytes.len() as u32).to_vec();
    file.extend(&call.bytes);
    assert_eq!(hound::WavReader::new(&file[..]).expect("opens").duration(), 80_000);
}

#[test]
fn a_click_stands_where_it_was_heard_after_loss_silence_and_ten_minutes_of_a_fast_clock() {
    let mut call = Call::new(Codec::Pcmu);
    // The customer's clock is 1000 ppm fast, as ten hours of a common one: a packet every 19.98 ms.
    let packets = 30_000u32;
    let click_at = |n: u32| n % 3000 == 2999;
    let mut clicks = Vec::new();
    for n in 0..packets {
        let now = Moment(i64::from(n) * 19_980 + 3_000);
        let sound = if click_at(n) { [20_000; 160] } else { [0; 160] };
        if n % 7 != 3 || click_at(n) {
            call.send(now, true, n, Codec::Pcmu, &sound);
        }
        if click_at(n) {
            clicks.push(now.millis());
        }
        call.tick(now);
    }
    let end = Moment(i64::from(packets) * 19_980 + 100_000);
    call.hub.close(end, call.customer);
    call.drain();
    let [left, _] = call.channels();
    let mut found = Vec::new();
    for (i, pair) in left.windows(2).enumerate() {
        if pair[0] < 10_000 && pair[1] > 10_000 {
            found.push(i as i64 / 8);
        }
    }
    assert_eq!(found.len(), clicks.len());
    for (found, truth) in found.iter().zip(&clicks) {
        assert!((found - truth).abs() <= 60, "heard at {truth} ms, recorded at {found} ms");
    }
    assert!((i64::from(call.length_ms.expect("ended")) - end.millis()).abs() <= 1);
}

#[test]
fn bursts_of_a_third_of_a_second_are_laid_where_they_were_spoken() {
    let mut call = Call::new(Codec::Pcmu);
    let tone = sine(600.0, 12_000, -12.0);
    for n in 0..500u32 {
        let now = Moment::from_millis(i64::from(n) * 20);
        if n % 14 == 13 {
            for late in n - 13..=n {
                let at = late as usize * 160 + 800;
                call.send(now, true, late, Codec::Pcmu, &tone[at..at + 160]);
            }
        }
        call.tick(now);
    }
    call.hub.stop_recording(Moment::from_millis(10_000), call.customer);
    call.drain();
    let [left, _] = call.channels();
    assert!(share(&left[16_000..72_000], 600.0) > 0.9, "{}", share(&left[16_000..72_000], 600.0));
}

proptest! {
    /// Whatever comes or does not: the length is the time that passed.
    #[test]
    fn the_length_is_the_time(steps in prop::collection::vec((0i64..900, 0u32..100_000, any::<bool>()), 1..80)) {
        let mut call = Call::new(Codec::Pcmu);
        let mut now = Moment::ZERO;
        for (ms, n, customer) in steps {
            now = now + Duration::from_millis(ms as u64);
            call.send(now, customer, n, Codec::Pcmu, &[99; 160]);
            call.tick(now);
        }
        call.hub.close(now, call.customer);
        call.drain();
        prop_assert_eq!(call.length_ms, Some(now.millis() as u32));
        prop_assert_eq!(call.bytes.len() as i64, now.millis() * 8 * 4);
    }
}
