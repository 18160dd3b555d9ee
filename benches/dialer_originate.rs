//! Originated calls per CPU-second of the whole program: lease, gate, durable record, gate again, INVITE, prompt, BYE,
//! outcome, facts and tables, each for every call, against a SIPp carrier. CPU is that of the process `outpace serve`.
//! `cargo bench --bench dialer_originate [RATE] [SECONDS] [postgres]`. It asserts that every lead was called once.

#[path = "../tests/support/postgres.rs"]
mod postgres;
#[path = "../tests/real/mod.rs"]
mod real;

use real::campaign::{self, Options};
use real::dialer::{Dialer, Trunk};
use real::{Process, peers, scratch, udp_port, wait_until};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const HOLD_MS: u64 = 1000;

/// Speaks one prompt; the carrier hangs up after a second.
const FLOW: &str = r#"return flow {
	opener = function(call)
		say("abandoned")
		return "done"
	end,
	closing = function(call)
		finish("not_interested")
	end,
}
"#;

fn main() {
    let mut numbers = std::env::args().filter_map(|a| a.parse::<u64>().ok());
    let (rate, seconds) = (numbers.next().unwrap_or(200), numbers.next().unwrap_or(30));
    let server = std::env::args().any(|a| a == "postgres").then(|| postgres::Postgres::start_with(&["fsync=on"]));
    let url = server.as_ref().map(|server| server.database("originate"));
    let dir = scratch("dialer-originate");
    let (carrier, port) = carrier(&dir);
    let total = rate * seconds;
    let calls_per_second = u32::try_from(rate).expect("a rate");
    let trunk = Trunk { name: "sipp", port, channels: calls_per_second * 4, calls_per_second, credentials: None };
    let mut dialer = Dialer::prepare(&dir, &[trunk], url.as_deref());
    many_ports(&dir.join("outpace.toml"));
    let options = Options { mode: "agentless", recording: false, ..Options::default() };
    agentless(&campaign::write(&dialer.data, "originate", &options), calls_per_second * 4);
    list(&dir.join("leads.csv"), total);
    println!("{}", dialer.command(&["import", "originate", dir.join("leads.csv").to_str().expect("UTF-8")]).trim());
    dialer.start(&dir);
    let id = dialer.post("/v1/campaigns", &serde_json::json!({ "name": "originate" }))["id"].to_string();
    let id = id.trim_matches('"');
    let pid = dialer.process.as_ref().expect("started").id();
    let (before, start) = (cpu(pid), Instant::now());
    dialer.post(&format!("/v1/campaigns/{id}/start"), &Value::Null);
    wait_until("every lead to be called", Duration::from_secs(seconds * 4 + 60), || {
        std::thread::park_timeout(Duration::from_millis(480));
        let leads = &dialer.get(&format!("/v1/campaigns/{id}"))["leads"];
        leads["closed"].as_u64() == Some(total)
    });
    let (used, took) = (cpu(pid) - before, start.elapsed());
    let resident = resident_mb(pid);
    drop(carrier);
    let calls = &dialer.get(&format!("/v1/kpis/dials?campaign={id}"));
    dialer.stop();
    println!(
        "outpace serve: {total} calls in {:.1} s, {:.3} ms CPU a call, {:.0} calls per CPU-second, {resident} MB; dials {calls}",
        took.as_secs_f64(),
        used.as_secs_f64() * 1e3 / total as f64,
        total as f64 / used.as_secs_f64(),
    );
}

fn carrier(dir: &Path) -> (Process, u16) {
    let port = udp_port();
    let (text, sound, hold) = (port.to_string(), (port + 4).to_string(), HOLD_MS.to_string());
    let mut command = Command::new("sipp");
    command
        .current_dir(peers())
        .args(["-sf", "bench/b_hold.xml", "-i", "127.0.0.1", "-p", &text, "-mi", "127.0.0.1", "-mp", &sound])
        .args(["-ci", "127.0.0.1", "-key", "rtpport", "9", "-bind_local", "-nostdin", "-d", &hold])
        .args(["-buff_size", "4000000"]);
    let process = Process::start(&mut command, &dir.join("carrier.log"));
    wait_until("the carrier", Duration::from_secs(10), || std::net::UdpSocket::bind(("127.0.0.1", port)).is_err());
    (process, port)
}

/// The tests' hundred calls at a time are too few here.
fn many_ports(config: &Path) {
    let text = std::fs::read_to_string(config).expect("just written");
    let line = |line: &str| match line.split_once(" = ") {
        Some(("port_min", _)) => "port_min = 20000\n".to_owned(),
        Some(("port_max", _)) => "port_max = 29999\n".to_owned(),
        Some(_) | None => format!("{line}\n"),
    };
    std::fs::write(config, text.lines().map(line).collect::<String>()).expect("the scratch folder is writable");
}

/// The template's settings, without agents.
fn agentless(folder: &Path, lines_max: u32) {
    let file = folder.join("campaign.toml");
    let text = std::fs::read_to_string(&file).expect("just written");
    let text = text.replace("ring_seconds_max = 14", &format!("ring_seconds_max = 14\nlines_max = {lines_max}"));
    let text = text.replace("[agents]", "[flow]\nhandled_by = \"flow\"\n[amd]\nenabled = false\n[agents]");
    std::fs::write(file, text).expect("the scratch folder is writable");
    std::fs::write(folder.join("flow.lua"), FLOW).expect("the scratch folder is writable");
}

fn list(file: &Path, rows: u64) {
    let mut text = "phone,name\n".to_owned();
    for row in 0..rows {
        writeln!(text, "+861380{row:07},Person {row}").expect("a String takes all");
    }
    std::fs::write(file, text).expect("the scratch folder is writable");
}

/// User and system time of a process; a tick is a hundredth of a second (proc(5)).
fn cpu(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields: Vec<&str> = text.rsplit_once(')').expect("proc(5)").1.split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<u64>().expect("proc(5)");
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

fn resident_mb(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
