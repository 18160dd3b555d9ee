//! A call centre for the tests of faults: the dialer, a SIPp carrier as witness, softphones and robots that live in the
//! test's own process and so survive whatever happens to the dialer.

use super::real::campaign::{self, Options};
use super::real::dialer::{Dialer, Trunk};
use super::real::sipp::Sipp;
use super::real::{Process, run, udp_port};
use super::robots::Robots;
use outpace::live::peers::{Casting, Course, Part, Peers, PeersSetup, PhoneSetup};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub const CHANNELS: u32 = 30;
pub const CALLS_PER_SECOND: u32 = 15;

pub struct Centre {
    pub dir: PathBuf,
    pub dialer: Dialer,
    pub carrier: Sipp,
    pub campaign: String,
    pub robots: Robots,
    pub peers: Option<Peers>,
    /// Since the last start; `None`: not running.
    pub process: Option<Process>,
    pub lists: usize,
    pub leads: usize,
    seed: u64,
}

/// The softphones' host takes no other calls.
struct Nobody;
impl Casting for Nobody {
    fn cast(&mut self, _number: &str) -> Part {
        Part { post_dial: Duration::ZERO, course: Course::Refuses { rings: None, code: 404, q850: None } }
    }
}

impl Centre {
    /// Everything is up, and the campaign runs. `options_seconds`: how often the trunk is pinged, 0 for never.
    pub fn open(dir: &Path, agents: usize, options_seconds: u32, seed: u64) -> Centre {
        let carrier = carrier(dir, udp_port());
        let trunk = Trunk {
            name: "witness",
            port: carrier.port,
            channels: CHANNELS,
            calls_per_second: CALLS_PER_SECOND,
            credentials: None,
        };
        let mut dialer = Dialer::prepare(dir, &[trunk], None);
        let text = std::fs::read_to_string(&dialer.config).expect("just written");
        let text = text.replace("options_seconds = 0", &format!("options_seconds = {options_seconds}"));
        std::fs::write(&dialer.config, text).expect("the scratch folder is writable");
        let options = Options { mode: "ratio", wrap_seconds_max: 3, ..Options::default() };
        campaign::write(&dialer.data, "kill", &options);
        campaign::retry_at_once(&dialer.data, "kill");
        dialer.start(dir);
        let campaign = dialer.post("/v1/campaigns", &json!({ "name": "kill" }));
        let campaign = campaign["id"].as_str().expect("its id").to_owned();
        let robots = Robots::create(&dialer, agents, &campaign, &dir.join("acknowledged.jsonl"), seed);
        let process = dialer.process.take();
        let dir = dir.to_owned();
        let (lists, leads, peers) = (0, 0, None);
        let mut centre = Centre { dir, dialer, carrier, campaign, robots, peers, process, lists, leads, seed };
        centre.phones_come();
        centre.import(2_000);
        centre.dialer.post(&format!("/v1/campaigns/{}/start", centre.campaign), &Value::Null);
        centre
    }

    pub fn phones_come(&mut self) {
        let phones =
            self.robots.agents.iter().map(|a| PhoneSetup { user: a.name.clone(), password: a.sip_secret.clone() });
        let rtp = 40_000 + u16::try_from(std::process::id() % 50).expect("below 50") * 200;
        let peers = Peers::start(PeersSetup {
            socket: UdpSocket::bind(("127.0.0.1", udp_port())).expect("free just now"),
            dialer: self.dialer.sip,
            ports: (rtp, rtp + 199),
            media_threads: 1,
            phones: phones.collect(),
            casting: Box::new(Nobody),
            seed: self.seed,
        });
        self.peers = Some(peers.expect("the softphones' sockets are free"));
    }

    /// All phones fall silent at once, without a word.
    pub fn phones_go(&mut self) {
        drop(self.peers.take());
    }

    /// A list that no other list shares a number with; all endings alike.
    pub fn list(&mut self, rows: usize) -> PathBuf {
        self.lists += 1;
        let file = self.dir.join(format!("list-{}.csv", self.lists));
        let mut text = "phone,name\n".to_owned();
        for n in 0..rows {
            writeln!(text, "+861{:02}{:08},Person {n}", 30 + self.lists % 10, self.lists * 100_000 + n)
                .expect("a String");
        }
        std::fs::write(&file, text).expect("the scratch folder is writable");
        self.leads += rows;
        file
    }

    pub fn import(&mut self, rows: usize) {
        let list = self.list(rows);
        self.dialer.command(&["import", "kill", list.to_str().expect("UTF-8")]);
    }

    /// Robots in this state.
    pub fn count(&self, state: &str) -> usize {
        let agents = self.robots.get(&self.dialer, "/v1/agents").unwrap_or_default();
        let list = agents["items"].as_array().cloned().unwrap_or_default();
        list.iter().filter(|agent| agent["now"]["state"] == state).count()
    }

    /// What the judge needs beside the logs.
    pub fn write_run(&self) {
        let facts = json!({ "channels": CHANNELS, "calls_per_second": CALLS_PER_SECOND, "leads": self.leads,
                            "messages": self.carrier.messages_file(), "data": self.dialer.data });
        std::fs::write(self.dir.join("run.json"), facts.to_string()).expect("the scratch folder is writable");
    }
}

/// The witness: quick people behind it, each message in its log.
pub fn carrier(dir: &Path, port: u16) -> Sipp {
    let scenario = dir.join("carrier.xml");
    let text = run(Command::new("python3").arg(here("make_carrier.py")));
    std::fs::write(&scenario, text).expect("the scratch folder is writable");
    Sipp::with_scenario(&scenario, port, dir)
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kill").join(file)
}

/// The separate program; what it found broken fails the test.
pub fn judge(dir: &Path) {
    println!("{}", run(Command::new("python3").arg(here("judge.py")).arg(dir)));
}
