//! `outpace pacer`: the judge's protocol (tests/judge/PROTOCOL.md) on stdin and stdout around `pacing::Pacer`.
//! One line in, one line out. It decides nothing itself.

use crate::pacing::{Counts, Ending, Event, Mode, Pacer, Room, Settings};
use crate::words::{AgentId, CallId, Moment};
use serde::Deserialize;
use std::fmt;
use std::io::{self, BufRead, BufWriter, Write};
use std::time::Duration;

#[derive(Debug)]
pub enum PacerError {
    Io(io::Error),
    /// A line that is not of the protocol.
    Line {
        number: u64,
        error: serde_json::Error,
    },
    /// The first line must be `init`.
    NoInit,
}

impl fmt::Display for PacerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PacerError::Io(error) => write!(f, "stdin or stdout: {error}"),
            PacerError::Line { number, error } => {
                write!(f, "line {number} is not of the judge's protocol, version 1: {error}")
            }
            PacerError::NoInit => write!(f, "the first line must be {{\"t\":\"init\",...}}"),
        }
    }
}

impl std::error::Error for PacerError {}

impl From<io::Error> for PacerError {
    fn from(error: io::Error) -> PacerError {
        PacerError::Io(error)
    }
}

#[derive(Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
enum Message {
    Init(Init),
    Tick { now: i64, ev: Vec<Heard> },
    End {},
}

#[derive(Deserialize)]
struct Init {
    abandon_cap: f64,
    #[serde(default)]
    trunks: u32,
    #[serde(default)]
    cps: f64,
    max_ring_ms: f64,
    min_ring_ms: f64,
    hold_ms: u64,
    amd: bool,
    #[serde(default)]
    amd_fp_estimate: f64,
}

/// Flat, as it comes; which fields an event has depends on `e`.
#[derive(Deserialize)]
struct Heard {
    e: String,
    ms: i64,
    #[serde(default)]
    c: u64,
    #[serde(default)]
    a: u64,
    #[serde(default)]
    s: u32,
    #[serde(default)]
    human: bool,
    #[serde(default)]
    why: String,
}

/// Plays until `end` or the end of input. `ignore_steps`: as if no script step were told, to measure what they are worth.
pub fn run(stdin: impl BufRead, stdout: impl Write, ignore_steps: bool) -> Result<(), PacerError> {
    run_with(stdin, stdout, |pacer| pacer.set_ignore_steps(ignore_steps))
}

/// The same with a say in the pacer before its first event (tuning, priors).
pub fn run_with(mut stdin: impl BufRead, stdout: impl Write, prepare: impl Fn(&mut Pacer)) -> Result<(), PacerError> {
    let mut out = BufWriter::new(stdout);
    let mut line = String::new();
    let mut host: Option<Host> = None;
    let mut number = 0;
    while {
        line.clear();
        stdin.read_line(&mut line)?
    } > 0
    {
        number += 1;
        let message = serde_json::from_str(&line).map_err(|error| PacerError::Line { number, error })?;
        match message {
            Message::Init(init) => {
                let mut new = Host::new(&init);
                prepare(&mut new.pacer);
                host = Some(new);
                out.write_all(b"{\"ready\":true}\n")?;
            }
            Message::Tick { now, ev } => host.as_mut().ok_or(PacerError::NoInit)?.tick(now, &ev, &mut out)?,
            Message::End {} => return Ok(()),
        }
        out.flush()?;
    }
    Ok(())
}

struct Host {
    pacer: Pacer,
    trunks: u32,
    lines: u32,
    /// The judge's token bucket: `cps` a second, a second's worth at most.
    cps: f64,
    tokens: f64,
    filled_ms: i64,
}

impl Host {
    fn new(init: &Init) -> Host {
        let settings = Settings {
            mode: Mode::Predictive,
            cap: init.abandon_cap,
            // The judge scores the utilization reached under the cap: its target is a wish, no ceiling.
            target_utilization: 1.0,
            threshold: Duration::from_millis(init.hold_ms),
            ring_seconds_max: init.max_ring_ms / 1000.0,
            ring_seconds_min: init.min_ring_ms / 1000.0,
            amd: init.amd,
            amd_false_positive_rate: init.amd_fp_estimate,
            counts: Counts::People,
            ..Settings::default()
        };
        Host { pacer: Pacer::new(settings), trunks: init.trunks, lines: 0, cps: init.cps, tokens: 0.0, filled_ms: 0 }
    }

    fn tick(&mut self, now: i64, events: &[Heard], out: &mut impl Write) -> io::Result<()> {
        for heard in events {
            self.hear(heard);
        }
        // The bucket is filled once before each tick, also before the very first.
        let quarter_seconds = (now - self.filled_ms) as f64 / 1000.0 + if now == 0 { 0.25 } else { 0.0 };
        self.tokens = (self.tokens + self.cps * quarter_seconds).min(self.cps.max(1.0));
        self.filled_ms = now;
        let room = Room {
            channels: self.trunks.saturating_sub(self.lines),
            calls_this_second: (self.tokens + 1e-9).floor() as u32,
            leads: u32::MAX,
        };
        let decision = self.pacer.decide(Moment::from_millis(now), room);
        self.tokens -= f64::from(decision.dial);
        write!(out, "{{\"dial\":{},\"hangup\":[", decision.dial)?;
        for (at, call) in decision.hangups.iter().enumerate() {
            write!(out, "{}{}", if at > 0 { "," } else { "" }, call.0)?;
        }
        out.write_all(b"],\"sleep\":0}\n")
    }

    fn hear(&mut self, heard: &Heard) {
        let (call, agent) = (CallId(heard.c), AgentId(heard.a));
        let event = match heard.e.as_str() {
            "dialed" => Event::Dialed { call },
            "ringing" => Event::Ringing { call },
            "answered" => Event::Answered { call },
            "live" => Event::Live { call },
            "machine" => Event::Machine { call },
            "end" => Event::Ended { call, why: ending(&heard.why) },
            "connected" => Event::Connected { call, agent, within: true },
            "abandoned" => Event::Abandoned { call },
            "step" => Event::Step { call, agent, step: heard.s },
            "talk_end" => Event::TalkEnded { call, agent, human: heard.human },
            "login" => Event::Login { agent },
            "ready" => Event::Ready { agent },
            "pausing" => Event::Pausing { agent },
            "pause" => Event::Pause { agent },
            "logout" => Event::Logout { agent },
            // `rejected`, and what later versions add: nothing that pacing counts.
            _ => return,
        };
        match heard.e.as_str() {
            "dialed" => self.lines += 1,
            "machine" | "end" | "abandoned" | "talk_end" => self.lines = self.lines.saturating_sub(1),
            _ => {}
        }
        self.pacer.observe(Moment::from_millis(heard.ms), event);
    }
}

fn ending(why: &str) -> Ending {
    match why {
        "busy" => Ending::Busy,
        "sit" => Ending::Sit,
        "fail" => Ending::Fail,
        "cancelled" => Ending::Cancelled,
        "hangup" => Ending::Hangup,
        _ => Ending::NoAnswer,
    }
}
