//! `kill -9` again and again, at random moments and at fail points of every stage of a call, of a campaign that goes on
//! through all of it. A SIPp carrier is the witness, softphones and robot agents survive each death, and a program of its
//! own (`tests/kill/judge.py`) holds the carrier's log against the tables: I1 to I7 and I10 to I12; `outpace verify` I9.
//! 20 deaths by default, `OUTPACE_KILLS` for more (`tests/kill/run 500`).

#[path = "kill/points.rs"]
mod points;
mod real;
#[path = "kill/robots.rs"]
mod robots;

use outpace::live::peers::{Casting, Course, Part, Peers, PeersSetup, PhoneSetup};
use points::Death;
use real::campaign::{self, Options};
use real::dialer::{Dialer, Trunk, binary};
use real::sipp::Sipp;
use real::{Process, run, scratch, udp_port, wait_until};
use robots::{Robots, now_micros};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Deaths of one campaign; after them everything is judged, and the next begins with an empty store.
const DEATHS_PER_RUN: usize = 50;
const CHANNELS: u32 = 30;
const CALLS_PER_SECOND: u32 = 15;
const AGENTS: usize = 10;
/// A fail point that is not reached by then is not reached in this life.
const PATIENCE: Duration = Duration::from_secs(7);

#[test]
fn every_death_is_survived() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |n| n.parse().expect("a number"));
    let (kills, seed) = (number("OUTPACE_KILLS", 20) as usize, number("OUTPACE_KILL_SEED", 1));
    let mut done = 0;
    while done < kills {
        let of_this_run = DEATHS_PER_RUN.min(kills - done);
        die_and_rise(done, of_this_run, seed);
        done += of_this_run;
        println!("{done} of {kills} deaths survived");
    }
}

struct Centre {
    dir: PathBuf,
    dialer: Dialer,
    carrier: Sipp,
    campaign: String,
    robots: Robots,
    peers: Peers,
    deaths: std::fs::File,
    /// Since the last start; `None`: not running.
    process: Option<Process>,
    lists: usize,
    leads: usize,
}

/// The softphones' host takes no other calls.
struct Nobody;
impl Casting for Nobody {
    fn cast(&mut self, _number: &str) -> Part {
        Part { post_dial: Duration::ZERO, course: Course::Refuses { rings: None, code: 404, q850: None } }
    }
}

fn die_and_rise(first: usize, deaths: usize, seed: u64) {
    let dir = scratch(&format!("kill-{first}"));
    let mut centre = Centre::open(&dir, seed ^ ((first as u64) << 32));
    for n in first..first + deaths {
        let chance = centre.robots.roll();
        centre.live_and_die(n, &Death::nth(n, chance));
        if n % 8 == 5 {
            centre.import_that_dies();
        }
    }
    centre.close();
    judge(&dir);
}

impl Centre {
    fn open(dir: &Path, seed: u64) -> Centre {
        let scenario = dir.join("carrier.xml");
        let text = run(Command::new("python3").arg(here("make_carrier.py")));
        std::fs::write(&scenario, text).expect("the scratch folder is writable");
        let carrier = Sipp::with_scenario(&scenario, udp_port(), dir);
        let trunk = Trunk {
            name: "witness",
            port: carrier.port,
            channels: CHANNELS,
            calls_per_second: CALLS_PER_SECOND,
            credentials: None,
        };
        let mut dialer = Dialer::prepare(dir, &[trunk], None);
        let options = Options { mode: "ratio", wrap_seconds_max: 3, ..Options::default() };
        campaign::write(&dialer.data, "kill", &options);
        campaign::retry_at_once(&dialer.data, "kill");
        let (lists, leads) = (0, 0);
        let sound = UdpSocketHere::bind();
        dialer.start(dir);
        let campaign =
            dialer.post("/v1/campaigns", &json!({ "name": "kill" }))["id"].as_str().expect("its id").to_owned();
        let robots = Robots::create(&dialer, AGENTS, &campaign, &dir.join("acknowledged.jsonl"), seed);
        let phones = robots.agents.iter().map(|a| PhoneSetup { user: a.name.clone(), password: a.sip_secret.clone() });
        let rtp = 40_000 + u16::try_from(std::process::id() % 50).expect("below 50") * 200;
        let peers = Peers::start(PeersSetup {
            socket: sound,
            dialer: dialer.sip,
            ports: (rtp, rtp + 199),
            media_threads: 1,
            phones: phones.collect(),
            casting: Box::new(Nobody),
            seed,
        });
        let deaths = std::fs::File::create(dir.join("deaths.jsonl")).expect("the scratch folder is writable");
        let process = dialer.process.take();
        let dir = dir.to_owned();
        let peers = peers.expect("the softphones' sockets are free");
        let mut centre = Centre { dir, dialer, carrier, campaign, robots, peers, deaths, process, lists, leads };
        centre.import(2_000);
        centre.dialer.post(&format!("/v1/campaigns/{}/start", centre.campaign), &Value::Null);
        centre
    }

    /// A list that no other list shares a number with; all endings alike.
    fn list(&mut self, rows: usize) -> PathBuf {
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

    fn import(&mut self, rows: usize) {
        let list = self.list(rows);
        self.dialer.command(&["import", "kill", list.to_str().expect("UTF-8")]);
    }

    /// An import beside the running dialer dies half way, and is done again.
    fn import_that_dies(&mut self) {
        let list = self.list(300);
        let point = if self.lists.is_multiple_of(2) { "at:import_chunk:1" } else { "at:import_uncommitted:1" };
        let mut command = binary();
        command.args(["import", "kill"]).arg(&list).arg("--config").arg(&self.dialer.config);
        let died = command.env("OUTPACE_FAIL_AT", point).output().expect("it starts");
        assert!(!died.status.success(), "it died at {point}");
        self.dialer.command(&["import", "kill", list.to_str().expect("UTF-8")]);
    }

    fn live_and_die(&mut self, n: usize, death: &Death) {
        let log = self.dir.join(format!("outpace-{n}.log"));
        let began = Instant::now();
        let armed = death.armed().map(|point| ("OUTPACE_FAIL_AT", point));
        // The first life was begun by `open`, without a fail point.
        let fresh = self.process.is_none();
        if fresh {
            self.process = Some(self.dialer.spawn(&log, armed.as_slice()));
        }
        let started = now_micros();
        let (mut ready, mut talking): (Option<u128>, Option<u128>) = (None, None);
        let mut by = "kill";
        loop {
            if !self.process.as_mut().expect("begun above").running() {
                by = "point";
                break;
            }
            if ready.is_none() && self.dialer.status("/readyz") == 200 {
                ready = Some(began.elapsed().as_millis());
            }
            if ready.is_some() && self.robots.work(&self.dialer) && talking.is_none() && self.somebody_talks() {
                talking = Some(began.elapsed().as_millis());
            }
            let over = match (death, ready) {
                (Death::Starting { after_ms }, _) => began.elapsed().as_millis() as u64 >= *after_ms,
                (Death::Random { after_ms }, Some(at)) => {
                    began.elapsed().as_millis() >= at + u128::from(*after_ms) + 1_000
                }
                (Death::Point(_), Some(at)) => began.elapsed().as_millis() >= at + PATIENCE.as_millis(),
                (_, None) => false,
            };
            let process = self.process.as_mut().expect("begun above");
            assert!(ready.is_some() || began.elapsed() < Duration::from_secs(60), "never ready:\n{}", process.said());
            if over {
                process.signal("KILL");
                process.wait("outpace", Duration::from_secs(10));
                break;
            }
            std::thread::park_timeout(Duration::from_millis(30));
        }
        self.process = None;
        let line = json!({ "n": n, "started": started, "died": now_micros(), "death": death.to_string(), "by": by,
                           "ready_ms": ready.map(|ms| ms as u64), "talking_ms": talking.map(|ms| ms as u64) });
        println!("{line}");
        writeln!(self.deaths, "{line}").expect("the scratch folder is writable");
    }

    fn somebody_talks(&self) -> bool {
        let agents = self.robots.get(&self.dialer, "/v1/agents").unwrap_or_default();
        let list = agents.as_array().or(agents["items"].as_array()).cloned().unwrap_or_default();
        list.iter().any(|agent| agent["now"]["state"] == "talk")
    }

    /// The last life: everything comes to rest, is stopped in order, and verified.
    fn close(&mut self) {
        let log = self.dir.join("outpace-last.log");
        let started = now_micros();
        self.dialer.process = Some(self.dialer.spawn(&log, &[]));
        wait_until("outpace to be ready", Duration::from_secs(60), || self.dialer.status("/readyz") == 200);
        writeln!(self.deaths, "{}", json!({ "n": "last", "started": started })).expect("writable");
        self.dialer.post(&format!("/v1/campaigns/{}/pause", self.campaign), &Value::Null);
        let open = format!("/v1/calls?campaign={}&open=true", self.campaign);
        wait_until("everything to come to rest", Duration::from_secs(90), || {
            self.robots.work(&self.dialer);
            let open = self.robots.get(&self.dialer, &open);
            let at_rest = open.is_some_and(|open| open["items"].as_array().is_some_and(Vec::is_empty));
            at_rest
                && !self
                    .robots
                    .get(&self.dialer, "/v1/agents")
                    .is_some_and(|agents| agents.to_string().contains("\"wrap\""))
        });
        self.dialer.stop();
        self.peers.stop();
        let verified = self.dialer.command(&["verify"]);
        assert!(verified.contains("agree"), "I9, I12: {verified}");
        let facts = json!({ "channels": CHANNELS, "calls_per_second": CALLS_PER_SECOND, "leads": self.leads,
                            "messages": self.carrier.messages_file(), "data": self.dialer.data });
        std::fs::write(self.dir.join("run.json"), facts.to_string()).expect("the scratch folder is writable");
        self.carrier.process.signal("INT");
        self.carrier.process.wait("the carrier", Duration::from_secs(20));
    }
}

struct UdpSocketHere;
impl UdpSocketHere {
    fn bind() -> std::net::UdpSocket {
        std::net::UdpSocket::bind(("127.0.0.1", udp_port())).expect("free just now")
    }
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kill").join(file)
}

fn judge(dir: &Path) {
    println!("{}", run(Command::new("python3").arg(here("judge.py")).arg(dir)));
}
