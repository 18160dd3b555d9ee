//! `kill -9` again and again, at random moments and at fail points of every stage of a call, of a campaign that goes on
//! through all of it. A SIPp carrier is the witness, softphones and robot agents survive each death, and a program of its
//! own (`tests/kill/judge.py`) holds the carrier's log against the tables: I1 to I8 and I10 to I12; `outpace verify` I9.
//! 20 deaths by default, `OUTPACE_KILLS` for more (`tests/kill/run 500`).

#[path = "kill/centre.rs"]
mod centre;
#[path = "kill/points.rs"]
mod points;
mod real;
#[path = "kill/robots.rs"]
mod robots;

use centre::{Centre, judge};
use points::Death;
use real::dialer::binary;
use real::{scratch, wait_until};
use robots::now_micros;
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::{Duration, Instant};

/// Deaths of one campaign; after them everything is judged, and the next begins with an empty store.
const DEATHS_PER_RUN: usize = 50;
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

fn die_and_rise(first: usize, deaths: usize, seed: u64) {
    let dir = scratch(&format!("kill-{first}"));
    let centre = Centre::open(&dir, AGENTS, 0, seed ^ ((first as u64) << 32));
    let journal = std::fs::File::create(dir.join("deaths.jsonl")).expect("the scratch folder is writable");
    let mut mortal = Mortal { centre, deaths: journal };
    for n in first..first + deaths {
        let chance = mortal.centre.robots.roll();
        mortal.live_and_die(n, &Death::nth(n, chance));
        if n % 8 == 5 {
            mortal.import_that_dies();
        }
    }
    mortal.close();
    judge(&dir);
}

struct Mortal {
    centre: Centre,
    /// When each life began and ended: the judge's.
    deaths: std::fs::File,
}

impl Mortal {
    fn live_and_die(&mut self, n: usize, death: &Death) {
        let log = self.centre.dir.join(format!("outpace-{n}.log"));
        let began = Instant::now();
        let armed = death.armed().map(|point| ("OUTPACE_FAIL_AT", point));
        // The first life was begun by `open`, without a fail point.
        let fresh = self.centre.process.is_none();
        if fresh {
            self.centre.process = Some(self.centre.dialer.spawn(&log, armed.as_slice()));
        }
        let started = now_micros();
        let (mut ready, mut talking): (Option<u128>, Option<u128>) = (None, None);
        let mut by = "kill";
        loop {
            if !self.centre.process.as_mut().expect("begun above").running() {
                by = "point";
                break;
            }
            if ready.is_none() && self.centre.dialer.status("/readyz") == 200 {
                ready = Some(began.elapsed().as_millis());
            }
            if ready.is_some()
                && self.centre.robots.work(&self.centre.dialer)
                && talking.is_none()
                && self.centre.count("talk") > 0
            {
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
            let process = self.centre.process.as_mut().expect("begun above");
            assert!(ready.is_some() || began.elapsed() < Duration::from_secs(60), "never ready:\n{}", process.said());
            if over {
                process.signal("KILL");
                process.wait("outpace", Duration::from_secs(10));
                break;
            }
            std::thread::park_timeout(Duration::from_millis(30));
        }
        self.centre.process = None;
        let line = json!({ "n": n, "started": started, "died": now_micros(), "death": death.to_string(), "by": by,
                           "ready_ms": ready.map(|ms| ms as u64), "talking_ms": talking.map(|ms| ms as u64) });
        println!("{line}");
        writeln!(self.deaths, "{line}").expect("the scratch folder is writable");
    }

    /// An import beside the running dialer dies half way, and is done again.
    fn import_that_dies(&mut self) {
        let list = self.centre.list(300);
        let point = if self.centre.lists.is_multiple_of(2) { "at:import_chunk:1" } else { "at:import_uncommitted:1" };
        let mut command = binary();
        command.args(["import", "kill"]).arg(&list).arg("--config").arg(&self.centre.dialer.config);
        let died = command.env("OUTPACE_FAIL_AT", point).output().expect("it starts");
        assert!(!died.status.success(), "it died at {point}");
        self.centre.dialer.command(&["import", "kill", list.to_str().expect("UTF-8")]);
    }

    /// The last life: everything comes to rest, is stopped in order, and verified.
    fn close(&mut self) {
        let log = self.centre.dir.join("outpace-last.log");
        let started = now_micros();
        self.centre.dialer.process = Some(self.centre.dialer.spawn(&log, &[]));
        wait_until("outpace to be ready", Duration::from_secs(60), || self.centre.dialer.status("/readyz") == 200);
        writeln!(self.deaths, "{}", json!({ "n": "last", "started": started })).expect("writable");
        self.centre.dialer.post(&format!("/v1/campaigns/{}/pause", self.centre.campaign), &Value::Null);
        let open = format!("/v1/calls?campaign={}&open=true", self.centre.campaign);
        wait_until("everything to come to rest", Duration::from_secs(90), || {
            self.centre.robots.work(&self.centre.dialer);
            let open = self.centre.robots.get(&self.centre.dialer, &open);
            let at_rest = open.is_some_and(|open| open["items"].as_array().is_some_and(Vec::is_empty));
            at_rest
                && !self
                    .centre
                    .robots
                    .get(&self.centre.dialer, "/v1/agents")
                    .is_some_and(|agents| agents.to_string().contains("\"wrap\""))
        });
        self.centre.dialer.stop();
        self.centre.phones_go();
        let verified = self.centre.dialer.command(&["verify"]);
        assert!(verified.contains("agree"), "I9, I12: {verified}");
        self.centre.write_run();
        self.centre.carrier.process.signal("INT");
        self.centre.carrier.process.wait("the carrier", Duration::from_secs(20));
    }
}
