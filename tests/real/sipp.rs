//! SIPp as carrier, and its message log as witness of what reached it.

use super::{Process, peers};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Sipp {
    pub process: Process,
    pub port: u16,
    messages: PathBuf,
}

/// A message of the log.
#[derive(Debug, Clone)]
pub struct Message {
    pub received: bool,
    /// The first line.
    pub start: String,
    pub text: String,
}

impl Message {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().find_map(|line| {
            let (head, value) = line.split_once(':')?;
            head.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
    pub fn call_id(&self) -> &str {
        self.header("Call-ID").unwrap_or("")
    }
    /// The status code, if it is a response.
    pub fn status(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok()
    }
    /// The method of the request, or of the transaction that a response answers.
    pub fn method(&self) -> &str {
        match self.status() {
            Some(_) => self.header("CSeq").and_then(|c| c.split_whitespace().nth(1)).unwrap_or(""),
            None => self.start.split(' ').next().unwrap_or(""),
        }
    }
    /// The user part of the Request-URI.
    pub fn dialed(&self) -> Option<&str> {
        self.start.split(' ').nth(1)?.strip_prefix("sip:")?.split('@').next()
    }
}

/// What the carrier saw of one call (one Call-ID).
#[derive(Debug, Clone, Default)]
pub struct CarrierCall {
    pub dialed: String,
    pub invites: u32,
    /// Provisional codes we were sent, in order.
    pub provisional: Vec<u16>,
    /// The last final code to an INVITE.
    pub last: Option<u16>,
    pub bye_received: bool,
    pub bye_sent: bool,
    pub cancelled: bool,
}

impl Sipp {
    /// A carrier from `tests/peers/sipp`, on 127.0.0.1:`port`, sound from `port + 2` up.
    pub fn carrier(scenario: &str, port: u16, scratch: &Path, more: &[&str]) -> Sipp {
        let file = peers().join(format!("sipp/{scenario}.xml"));
        Sipp::run(&file, scenario, port, scratch, more)
    }

    /// A carrier from a scenario file of the test's own.
    pub fn with_scenario(file: &Path, port: u16, scratch: &Path) -> Sipp {
        Sipp::run(file, "carrier", port, scratch, &["-buff_size", "4194304", "-deadcall_wait", "0"])
    }

    fn run(file: &Path, scenario: &str, port: u16, scratch: &Path, more: &[&str]) -> Sipp {
        let messages = scratch.join(format!("{scenario}-{port}.messages"));
        let log = scratch.join(format!("{scenario}-{port}.log"));
        let mut command = Command::new("sipp");
        command
            .current_dir(peers())
            .arg("-sf")
            .arg(file)
            .args(["-i", "127.0.0.1", "-p", &port.to_string()])
            .args(["-mi", "127.0.0.1", "-mp", &(port + 4).to_string()])
            .args(["-ci", "127.0.0.1", "-bind_local", "-nostdin"])
            .args(["-trace_msg", "-message_file"])
            .arg(&messages)
            .args(more);
        let process = Process::start(&mut command, &log);
        super::wait_until(&format!("{scenario} on port {port}"), std::time::Duration::from_secs(10), || {
            std::net::UdpSocket::bind(("127.0.0.1", port)).is_err()
        });
        Sipp { process, port, messages }
    }

    pub fn messages_file(&self) -> &Path {
        &self.messages
    }

    /// Everything that went over its socket so far.
    pub fn messages(&self) -> Vec<Message> {
        let text = String::from_utf8_lossy(&std::fs::read(&self.messages).unwrap_or_default()).into_owned();
        text.split("-----------------------------------------------").skip(1).filter_map(parse).collect()
    }

    /// By Call-ID.
    pub fn calls(&self) -> BTreeMap<String, CarrierCall> {
        let mut calls: BTreeMap<String, CarrierCall> = BTreeMap::new();
        for message in self.messages() {
            if matches!(message.method(), "OPTIONS" | "REGISTER" | "") {
                continue;
            }
            let call = calls.entry(message.call_id().to_owned()).or_default();
            note(call, &message);
        }
        calls
    }
}

fn note(call: &mut CarrierCall, message: &Message) {
    match (message.status(), message.received) {
        (None, true) => match message.method() {
            "INVITE" => {
                call.invites += 1;
                call.dialed = message.dialed().unwrap_or("").to_owned();
            }
            "BYE" => call.bye_received = true,
            "CANCEL" => call.cancelled = true,
            _ => {}
        },
        (None, false) if message.method() == "BYE" => call.bye_sent = true,
        (Some(code), false) if message.method() == "INVITE" => {
            if code < 200 {
                call.provisional.push(code);
            } else {
                call.last = Some(code);
            }
        }
        (None, false) | (Some(_), _) => {}
    }
}

fn parse(block: &str) -> Option<Message> {
    let (head, text) = block.split_once("bytes")?;
    let received = head.contains("received");
    let text = text.split_once("\n")?.1.trim_start().to_owned();
    let start = text.lines().next()?.trim().to_owned();
    Some(Message { received, start, text })
}
