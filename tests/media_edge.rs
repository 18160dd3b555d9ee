//! Media on real sockets: loopback phones, one and two threads, strangers, recordings on the disk, a crash.

use crossbeam_channel::{Receiver, bounded};
use outpace::live::clock::Clock;
use outpace::live::media_edge::{MediaEdge, MediaError, MediaSettings, Sound};
use outpace::live::recorder::{self, Closed, Report};
use outpace::media::tone::{share, sine};
use outpace::media::{Codec, Format, Prompt, RemoteParty, What};
use outpace::words::{LegId, PlaybackId, RecordingId};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

struct Phone {
    socket: UdpSocket,
    edge: SocketAddr,
    sound: Vec<i16>,
    frames: u32,
}

fn edge(ports: (u16, u16), threads: usize, data: Option<&Path>) -> (MediaEdge, Receiver<Sound>) {
    let settings =
        MediaSettings { ports, threads, data: data.map(Path::to_owned), seed: 9, ..MediaSettings::default() };
    let (tell, told) = bounded(10_000);
    let edge = MediaEdge::start(&settings, Clock::start(), move |sound| drop(tell.send(sound))).expect("starts");
    (edge, told)
}

impl Phone {
    fn new(edge: &MediaEdge, leg: LegId, hz: f64) -> Phone {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let address = edge.reserve(leg, true).expect("a port pair");
        let format = Format::new(Codec::Pcmu, Some(101));
        let party = RemoteParty { address: socket.local_addr().expect("bound"), format, learn: false, early: false };
        edge.set_remote(leg, party);
        Phone { socket, edge: address, sound: sine(hz, 60_000, -12.0), frames: 0 }
    }

    fn speak(&mut self) {
        let at = 800 + self.frames as usize * 160 % 400_000;
        let mut packet = vec![0x80, 0];
        packet.extend((self.frames as u16).to_be_bytes());
        packet.extend((self.frames * 160).to_be_bytes());
        packet.extend([1, 2, 3, 4]);
        packet.extend(self.sound[at..at + 160].iter().map(|&s| Codec::Pcmu.encode(s)));
        self.frames += 1;
        self.socket.send_to(&packet, self.edge).expect("sent");
    }

    fn hear(&self) -> Vec<i16> {
        let mut packet = [0; 2000];
        let (length, _) = self.socket.recv_from(&mut packet).expect("something is sent to this phone");
        packet[12..length].iter().map(|&byte| Codec::Pcmu.decode(byte)).collect()
    }
}

/// Both talk, in step with what they hear, until each heard the other's tone for ten packets.
fn talk(a: &mut Phone, b: &mut Phone, tones: (f64, f64)) {
    let (mut a_heard, mut b_heard) = (0, 0);
    let since = Instant::now();
    while a_heard < 10 || b_heard < 10 {
        assert!(since.elapsed() < PATIENCE, "heard {a_heard} and {b_heard} packets");
        a.speak();
        b.speak();
        a_heard += i32::from(share(&a.hear(), tones.1) > 0.9);
        b_heard += i32::from(share(&b.hear(), tones.0) > 0.9);
    }
}

fn wait_for<T>(told: &Receiver<Sound>, mut wanted: impl FnMut(Sound) -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if let Some(found) = wanted(told.recv_timeout(left).expect("told in time")) {
            return found;
        }
    }
}

#[test]
fn two_phones_hear_each_other_whichever_threads_they_began_on() {
    for (threads, ports) in [(1, (43_000, 43_020)), (2, (43_020, 43_040))] {
        let (edge, _told) = edge(ports, threads, None);
        let mut agent = Phone::new(&edge, LegId(1), 1000.0);
        for customer_leg in [LegId(2), LegId(3)] {
            let mut customer = Phone::new(&edge, customer_leg, 440.0);
            edge.bridge(customer_leg, LegId(1), false);
            talk(&mut customer, &mut agent, (440.0, 1000.0));
            edge.close(customer_leg);
        }
        edge.close(LegId(1));
        edge.stop();
        assert_eq!(edge.ports(), (10, 10), "every port came back");
        assert_eq!(edge.counters().strangers.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
}

#[test]
fn a_prompt_plays_and_is_told_with_the_threads_stamp() {
    let (edge, told) = edge((43_040, 43_050), 1, None);
    let customer = Phone::new(&edge, LegId(7), 440.0);
    edge.play(LegId(7), PlaybackId(3), Arc::new(Prompt::from_samples(&sine(1700.0, 200, -12.0))));
    let mut heard = 0;
    while heard < 8 {
        heard += i32::from(share(&customer.hear(), 1700.0) > 0.8);
    }
    let event = wait_for(&told, |sound| match sound {
        Sound::Event(event) => Some(event),
        Sound::RecordingGap { .. } | Sound::Recording(_) => None,
    });
    assert_eq!((event.leg, event.what), (LegId(7), What::Played { playback: PlaybackId(3), whole: true }));
}

#[test]
fn a_stranger_reaches_nobody() {
    let (edge, _told) = edge((43_050, 43_060), 1, None);
    let mut agent = Phone::new(&edge, LegId(1), 1000.0);
    let mut customer = Phone::new(&edge, LegId(2), 440.0);
    edge.bridge(LegId(2), LegId(1), false);
    talk(&mut customer, &mut agent, (440.0, 1000.0));
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let mut packet = vec![0x80, 0, 0, 1, 0, 0, 0, 0, 9, 9, 9, 9];
    packet.extend(sine(2000.0, 40, -3.0)[80..240].iter().map(|&s| Codec::Pcmu.encode(s)));
    for _ in 0..50 {
        stranger.send_to(&packet, customer.edge).expect("sent");
    }
    for _ in 0..30 {
        customer.speak();
        assert!(share(&agent.hear(), 2000.0) < 0.5, "the stranger is heard");
    }
    stranger.set_nonblocking(true).expect("nonblocking");
    assert!(stranger.recv_from(&mut [0; 100]).is_err(), "the stranger is answered");
    edge.stop();
    assert_eq!(edge.counters().strangers.load(std::sync::atomic::Ordering::Relaxed), 50);
}

#[test]
fn a_recording_is_closed_with_its_sum_and_both_voices_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (edge, told) = edge((43_060, 43_070), 1, Some(folder.path()));
    let mut agent = Phone::new(&edge, LegId(1), 1000.0);
    let mut customer = Phone::new(&edge, LegId(2), 440.0);
    edge.bridge(LegId(2), LegId(1), false);
    edge.record(LegId(2), RecordingId(0xabc));
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(1500) {
        talk(&mut customer, &mut agent, (440.0, 1000.0));
    }
    edge.stop_recording(LegId(2));
    let closed = wait_for(&told, |sound| match sound {
        Sound::Recording(Report::Closed(closed)) => Some(closed),
        Sound::Recording(other) => panic!("{other:?}"),
        Sound::Event(_) | Sound::RecordingGap { .. } => None,
    });
    assert_eq!((closed.leg, closed.recording), (Some(LegId(2)), RecordingId(0xabc)));
    assert!(closed.length_ms >= 1400, "{}", closed.length_ms);
    check_file(folder.path(), &closed);
}

fn check_file(data: &Path, closed: &Closed) -> Vec<i16> {
    let bytes = std::fs::read(data.join(&closed.file)).expect("the file is there under its final name");
    let sum: String = sha2_hex(&bytes);
    assert_eq!(sum, closed.sha256);
    let reader = hound::WavReader::new(&bytes[..]).expect("opens");
    assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 8000));
    assert_eq!(reader.duration() / 8, closed.length_ms);
    reader.into_samples::<i16>().map(|sample| sample.expect("a sample")).collect()
}

fn sha2_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn stopping_the_edge_closes_what_is_being_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let (edge, told) = edge((43_070, 43_080), 2, Some(folder.path()));
    let _phones: Vec<Phone> = (1..=4).map(|n| Phone::new(&edge, LegId(n), 440.0)).collect();
    (1..=4).for_each(|n| edge.record(LegId(n), RecordingId(n)));
    edge.stop();
    let closed: Vec<Closed> = told
        .try_iter()
        .filter_map(|sound| match sound {
            Sound::Recording(Report::Closed(closed)) => Some(closed),
            Sound::Recording(_) | Sound::Event(_) | Sound::RecordingGap { .. } => None,
        })
        .collect();
    assert_eq!(closed.len(), 4);
    closed.iter().for_each(|closed| drop(check_file(folder.path(), closed)));
    assert!(recorder::mend(folder.path()).is_empty(), "nothing is left to mend");
}

#[test]
fn what_a_crash_left_is_mended_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let day = folder.path().join("recordings/2026-11-21");
    std::fs::create_dir_all(&day).expect("a folder");
    let part = |n: u64| day.join(format!("{}.wav.part", RecordingId(n)));
    let mut torn = outpace::media::wav::head(16_000).to_vec();
    torn.extend(vec![7u8; 40_003]);
    std::fs::write(part(1), &torn).expect("written");
    std::fs::write(part(2), b"RIFF").expect("written");
    std::fs::write(day.join("notes.wav.part"), b"not ours").expect("written");
    let mended = recorder::mend(folder.path());
    assert_eq!(mended.len(), 1);
    assert_eq!((mended[0].recording, mended[0].length_ms, mended[0].leg), (RecordingId(1), 1250, None));
    assert_eq!(mended[0].file, format!("recordings/2026-11-21/{}.wav", RecordingId(1)));
    check_file(folder.path(), &mended[0]);
    assert!(!part(1).exists() && !part(2).exists() && day.join("notes.wav.part").exists());
    assert!(recorder::mend(folder.path()).is_empty());
}

#[test]
fn a_folder_that_cannot_be_written_is_said_by_name_and_forgotten_when_it_can() {
    let folder = tempfile::tempdir().expect("a folder");
    // A file stands where the folder should be.
    std::fs::write(folder.path().join("recordings"), b"").expect("written");
    let (edge, told) = edge((43_080, 43_090), 1, Some(folder.path()));
    let _customer = Phone::new(&edge, LegId(2), 440.0);
    edge.record(LegId(2), RecordingId(5));
    let why = wait_for(&told, |sound| match sound {
        Sound::Recording(Report::Failing { recording: RecordingId(5), why, .. }) => Some(why),
        Sound::Recording(_) | Sound::Event(_) | Sound::RecordingGap { .. } => None,
    });
    assert!(why.contains("recordings/") && why.contains(&RecordingId(5).to_string()), "{why}");
    std::fs::remove_file(folder.path().join("recordings")).expect("removed");
    let silent_ms = wait_for(&told, |sound| match sound {
        Sound::Recording(Report::Recovered { silent_ms, .. }) => Some(silent_ms),
        Sound::Recording(_) | Sound::Event(_) | Sound::RecordingGap { .. } => None,
    });
    assert!(silent_ms >= 500, "{silent_ms}");
    edge.stop();
    let closed = wait_for(&told, |sound| match sound {
        Sound::Recording(Report::Closed(closed)) => Some(closed),
        Sound::Recording(_) | Sound::Event(_) | Sound::RecordingGap { .. } => None,
    });
    assert!(closed.length_ms > silent_ms, "the time is kept");
    check_file(folder.path(), &closed);
}

#[test]
fn no_port_left_is_an_error_with_the_fix() {
    let (edge, _told) = edge((43_090, 43_092), 1, None);
    edge.reserve(LegId(1), false).expect("the only pair");
    let error = edge.reserve(LegId(2), false).expect_err("none left");
    assert!(matches!(error, MediaError::Ports(_)) && error.to_string().contains("media.rtp_ports"), "{error}");
}
