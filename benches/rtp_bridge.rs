//! What a bridged call costs, and how fast a customer is switched to an agent. `cargo bench --bench rtp_bridge`
//! A steady source (tests/peers/bench/rtpgen.c) is the customers, an echo that counts (rtpmeter.c) the agents: each
//! call is 50 packets a second in each direction over the real sockets of `MediaEdge`. CPU is this process's alone.

#![expect(clippy::disallowed_methods, reason = "a window of time is what is measured")]

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outpace::live::clock::Clock;
use outpace::live::media_edge::{MediaEdge, MediaSettings};
use outpace::media::{Codec, Format, RemoteParty};
use outpace::words::{LegId, RecordingId};
use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WARM: Duration = Duration::from_secs(2);
const WINDOW: Duration = Duration::from_secs(10);
const SWITCHES: usize = 300;
const GENERATOR: u16 = 39_000;
const METER: u16 = 39_001;

fn main() {
    let tools = tempfile::tempdir().expect("a folder");
    let (generator, meter) = (compile(tools.path(), "rtpgen"), compile(tools.path(), "rtpmeter"));
    println!("calls recorded  cpu%/100 calls  packets/cpu-s  of the receiver: lost, worst and mean of the worst gaps");
    for (calls, record) in [(50, false), (100, false), (100, true), (300, false), (300, true)] {
        bridged(&generator, &meter, calls, record);
    }
    switches(&generator, &meter);
}

fn compile(folder: &Path, name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/peers/bench/{name}.c"));
    let binary = folder.join(name);
    let status = Command::new("gcc").args(["-O2", "-o"]).arg(&binary).arg(source).status().expect("gcc");
    assert!(status.success(), "gcc could not compile {name}.c");
    binary
}

struct Floor {
    edge: MediaEdge,
    generator: Child,
    meter: Child,
    _data: tempfile::TempDir,
}

impl Floor {
    fn new(generator: &Path, meter: &Path, calls: u64, record: bool) -> Floor {
        let data = tempfile::tempdir().expect("a folder");
        let folder = record.then(|| data.path().to_owned());
        let settings = MediaSettings { data: folder, ports: (20_000, 30_000), ..MediaSettings::default() };
        let edge = MediaEdge::start(&settings, Clock::start(), |_| {}).expect("starts");
        let meter =
            Command::new(meter).args([&METER.to_string(), "echo"]).stdout(Stdio::piped()).spawn().expect("meter");
        let mut generator = Command::new(generator)
            .args([&GENERATOR.to_string(), "3600"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("generator");
        let mut ports = String::new();
        for n in 0..calls {
            let (customer, agent) = (LegId(2 * n + 1), LegId(2 * n + 2));
            let address = edge.reserve(customer, true).expect("a port");
            edge.reserve(agent, true).expect("a port");
            edge.set_remote(customer, party(GENERATOR));
            edge.set_remote(agent, party(METER));
            edge.bridge(customer, agent, false);
            if record {
                edge.record(customer, RecordingId(n + 1));
            }
            ports.push_str(&format!("{}\n", address.port()));
        }
        generator.stdin.take().expect("piped").write_all(ports.as_bytes()).expect("the generator reads ports");
        Floor { edge, generator, meter, _data: data }
    }

    fn end(mut self) -> String {
        let _ = self.generator.kill();
        let _ = self.generator.wait();
        signal(&self.meter, Signal::SIGTERM);
        let mut said = String::new();
        self.meter.stdout.take().expect("piped").read_to_string(&mut said).expect("text");
        let _ = self.meter.wait();
        self.edge.stop();
        said
    }
}

fn party(port: u16) -> RemoteParty {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    RemoteParty { address, format: Format::new(Codec::Pcmu, Some(101)), learn: false, early: false }
}

fn signal(child: &Child, signal: Signal) {
    let _ = kill(Pid::from_raw(child.id() as i32), signal);
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage");
    let seconds = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn bridged(generator: &Path, meter: &Path, calls: u64, record: bool) {
    let floor = Floor::new(generator, meter, calls, record);
    std::thread::sleep(WARM);
    signal(&floor.meter, Signal::SIGUSR1);
    let (before, began) = (cpu(), Instant::now());
    std::thread::sleep(WINDOW);
    let (used, seconds) = (cpu() - before, began.elapsed().as_secs_f64());
    let dropped = floor.edge.recording_blocks_dropped();
    let said = floor.end();
    let figure = |name: &str| {
        said.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).unwrap_or("?").to_owned()
    };
    println!(
        "{calls:5} {:8}  {:14.2}  {:13.0}  lost {} of {}, {} ms, {} ms; blocks dropped {dropped}",
        if record { "yes" } else { "no" },
        used / seconds * 100.0 / calls as f64 * 100.0,
        calls as f64 * 100.0 * seconds / used,
        figure("lost"),
        figure("packets"),
        figure("maxgap_ms"),
        figure("meanmaxgap_ms"),
    );
}

/// While 100 calls run: how long from the decision to sound. A source that speaks every millisecond shows the switch
/// itself; both sides speaking every 20 ms show what people get.
fn switches(generator: &Path, meter: &Path) {
    let floor = Floor::new(generator, meter, 100, false);
    std::thread::sleep(WARM);
    let (customer, agent) = (Phone::new(&floor.edge, LegId(900_001)), Phone::new(&floor.edge, LegId(900_002)));
    let mut switch: Vec<f64> = (0..SWITCHES).map(|_| one_switch(&floor.edge, &customer, &agent, 1)).collect();
    let mut both: Vec<f64> = (0..SWITCHES).map(|_| one_switch(&floor.edge, &customer, &agent, 20)).collect();
    floor.end();
    for (name, times) in [("a packet every 1 ms", &mut switch), ("a packet every 20 ms", &mut both)] {
        times.sort_by(f64::total_cmp);
        let at = |p: f64| times[((times.len() - 1) as f64 * p) as usize];
        println!(
            "decision to sound both ways, {name}: p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

struct Phone {
    socket: UdpSocket,
    edge: SocketAddr,
    leg: LegId,
    seq: std::cell::Cell<u16>,
}

impl Phone {
    fn new(edge: &MediaEdge, leg: LegId) -> Phone {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_nonblocking(true).expect("nonblocking");
        let address = edge.reserve(leg, true).expect("a port");
        edge.set_remote(leg, party(socket.local_addr().expect("bound").port()));
        Phone { socket, edge: address, leg, seq: 0.into() }
    }

    fn speak(&self) {
        let seq = self.seq.get();
        self.seq.set(seq.wrapping_add(1));
        let mut packet = [0x11; 172];
        packet[..2].copy_from_slice(&[0x80, 0]);
        packet[2..4].copy_from_slice(&seq.to_be_bytes());
        packet[4..8].copy_from_slice(&(u32::from(seq) * 160).to_be_bytes());
        let _ = self.socket.send_to(&packet, self.edge);
    }

    /// Has the other's sound (not silence) arrived?
    fn heard(&self) -> bool {
        let mut packet = [0; 300];
        let mut heard = false;
        while let Ok((length, _)) = self.socket.recv_from(&mut packet) {
            heard |= length == 172 && packet[100] == 0x11;
        }
        heard
    }
}

fn one_switch(edge: &MediaEdge, customer: &Phone, agent: &Phone, every_ms: u64) -> f64 {
    edge.unbridge(customer.leg);
    let settled = Instant::now() + Duration::from_millis(15);
    while Instant::now() < settled {
        let _ = (customer.heard(), agent.heard());
    }
    // The decision falls at any moment between two packets.
    let phase = Duration::from_micros(every_ms * 1000 * (u64::from(customer.seq.get()) % 17) / 17);
    let mut next = Instant::now() + phase;
    let decided = Instant::now();
    edge.bridge(customer.leg, agent.leg, false);
    let (mut a, mut b) = (false, false);
    while !(a && b) {
        if Instant::now() >= next {
            customer.speak();
            agent.speak();
            next += Duration::from_millis(every_ms);
        }
        a |= customer.heard();
        b |= agent.heard();
        assert!(decided.elapsed() < Duration::from_secs(5), "no sound after the switch");
    }
    decided.elapsed().as_secs_f64() * 1000.0
}
