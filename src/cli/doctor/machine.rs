//! The machine: ports, open files, disk, clock.

use super::super::config::Config;
use super::finding::Finding;
use crate::live::clock::wall_now;
use crate::live::ground;
use crate::words::Reason;
use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

/// Two sockets a call and its agent's, files of recordings and the store, and some.
const FILES_PER_CHANNEL: u64 = 6;
const FILES_BASE: u64 = 256;
const ROOM_BAD: u64 = 200 << 20;
const ROOM_DOUBTFUL: u64 = 5 << 30;
/// Each call waits for the disk before its INVITE.
const SYNC_DOUBTFUL: Duration = Duration::from_millis(50);
const SYNC_BAD: Duration = Duration::from_millis(500);
const SYNCS: usize = 8;
/// 2026-01-01: this program is younger.
const BUILT: i64 = 1_767_225_600_000_000;

/// Does an `outpace serve` answer where this configuration's would?
pub(super) async fn serving(config: &Config) -> bool {
    let url = format!("http://{}/livez", config.api.bind);
    let ask = move || {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2))).build().into();
        let answer = agent.get(&url).call().ok().and_then(|mut answer| answer.body_mut().read_to_string().ok());
        answer.is_some_and(|text| text == "ok")
    };
    tokio::task::spawn_blocking(ask).await.unwrap_or(false)
}

pub(super) fn examine(config: &Config, serving: bool) -> Vec<Finding> {
    let mut findings = ports(config, serving);
    findings.push(open_files(config));
    findings.push(disk_room(&config.data.dir));
    findings.push(disk_speed(&config.data.dir));
    findings.push(clock());
    findings
}

fn ports(config: &Config, serving: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sip = UdpSocket::bind(config.sip.bind).map(|_| ());
    findings.push(port(format!("sip.bind UDP {}", config.sip.bind), sip, serving));
    let api = TcpListener::bind(config.api.bind).map(|_| ());
    findings.push(port(format!("api.bind TCP {}", config.api.bind), api, serving));
    if config.sip.bind.ip().is_unspecified() {
        let (meaning, fix) = (Reason::new("doctor.sip_unspecified"), Reason::new("doctor.sip_unspecified_fix"));
        findings.push(Finding::bad("sip.bind".to_owned(), config.sip.bind.to_string(), meaning, fix));
    }
    findings.push(sound_ports(config, serving));
    findings
}

fn port(what: String, bound: std::io::Result<()>, serving: bool) -> Finding {
    match bound {
        Ok(()) => Finding::good(what, Reason::new("doctor.is_free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && serving => {
            Finding::good(what, Reason::new("doctor.is_ours"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::bad(
            what,
            error.to_string(),
            Reason::new("doctor.port_taken"),
            Reason::new("doctor.port_taken_fix"),
        ),
        Err(error) => Finding::bad(
            what,
            error.to_string(),
            Reason::new("doctor.port_denied"),
            Reason::new("doctor.port_denied_fix"),
        ),
    }
}

fn sound_ports(config: &Config, serving: bool) -> Finding {
    let (min, max) = (config.rtp.port_min, config.rtp.port_max);
    let what = Reason::new("doctor.on_sound").with("address", config.rtp.bind).with("min", min).with("max", max);
    let channels: u32 = config.trunks.iter().map(|trunk| trunk.channels).sum();
    let taken: Vec<u16> = (min..=max).filter(|port| UdpSocket::bind((config.rtp.bind, *port)).is_err()).collect();
    let free = u32::from(max - min) + 1 - u32::try_from(taken.len()).unwrap_or(u32::MAX);
    let seen = match taken.first() {
        Some(first) => {
            Reason::new("doctor.is_some_taken").with("free", free).with("taken", taken.len()).with("first", first)
        }
        None => Reason::new("doctor.is_all_free").with("free", free),
    };
    if free < 2 && !serving {
        return Finding::bad(what, seen, Reason::new("doctor.sound_none"), Reason::new("doctor.sound_none_fix"));
    }
    // Two a line; each agent's phone is a line too.
    if free / 2 < channels && !serving {
        let meaning = Reason::new("doctor.sound_few").with("lines", free / 2).with("channels", channels);
        return Finding::doubtful(what, seen, meaning, Reason::new("doctor.sound_few_fix"));
    }
    Finding::good(what, seen)
}

fn open_files(config: &Config) -> Finding {
    let what = Reason::new("doctor.on_files");
    let channels: u64 = config.trunks.iter().map(|trunk| u64::from(trunk.channels)).sum();
    let wanted = FILES_BASE + channels * FILES_PER_CHANNEL;
    match ground::open_files() {
        Ok((now, most)) if now < wanted => {
            let meaning = Reason::new("doctor.files").with("limit", now).with("wanted", wanted);
            let fix = Reason::new("doctor.files_fix").with("wanted", wanted);
            Finding::bad(what, Reason::new("doctor.is_files_few").with("now", now).with("most", most), meaning, fix)
        }
        Ok((now, _)) => Finding::good(what, Reason::new("doctor.is_files").with("now", now).with("wanted", wanted)),
        Err(error) => {
            Finding::doubtful(what, error.to_string(), Reason::new("doctor.unknown"), Reason::new("doctor.unknown_fix"))
        }
    }
}

/// The folder, or the nearest one above it that exists.
fn standing(dir: &Path) -> &Path {
    dir.ancestors().find(|dir| dir.is_dir()).unwrap_or(Path::new("."))
}

fn disk_room(dir: &Path) -> Finding {
    let what = Reason::new("doctor.on_disk").with("dir", dir.display());
    let room = match ground::room(standing(dir)) {
        Ok(room) => room,
        Err(error) => {
            let (meaning, fix) = (Reason::new("doctor.disk_denied"), Reason::new("doctor.disk_denied_fix"));
            return Finding::bad(what, error.to_string(), meaning, fix);
        }
    };
    let seen = Reason::new("doctor.is_room").with("room", room >> 20);
    // A recorded minute of 8 kHz stereo.
    let hours = room / (32_000 * 3_600);
    if room < ROOM_BAD {
        let meaning = Reason::new("doctor.disk_full").with("hours", hours);
        return Finding::bad(what, seen, meaning, Reason::new("doctor.disk_full_fix"));
    }
    if room < ROOM_DOUBTFUL {
        let meaning = Reason::new("doctor.disk_full").with("hours", hours);
        return Finding::doubtful(what, seen, meaning, Reason::new("doctor.disk_full_fix"));
    }
    Finding::good(what, seen)
}

/// Facts are on disk before an INVITE leaves: the disk's word is part of every call.
fn disk_speed(dir: &Path) -> Finding {
    let what = Reason::new("doctor.on_writing").with("dir", dir.display());
    match slowest_sync(standing(dir)) {
        Ok(slowest) if slowest > SYNC_DOUBTFUL => {
            let seen = Reason::new("doctor.is_slow").with("ms", slowest.as_millis());
            let meaning = Reason::new("doctor.disk_slow").with("ms", slowest.as_millis());
            let fix = Reason::new("doctor.disk_slow_fix");
            if slowest > SYNC_BAD {
                Finding::bad(what, seen, meaning, fix)
            } else {
                Finding::doubtful(what, seen, meaning, fix)
            }
        }
        Ok(slowest) => Finding::good(
            what,
            Reason::new("doctor.is_quick").with("ms", format!("{:.1}", slowest.as_secs_f64() * 1e3)),
        ),
        Err(error) => Finding::bad(
            what,
            error.to_string(),
            Reason::new("doctor.disk_denied"),
            Reason::new("doctor.disk_denied_fix"),
        ),
    }
}

fn slowest_sync(dir: &Path) -> std::io::Result<Duration> {
    let file = dir.join(format!(".outpace-doctor-{}", std::process::id()));
    let measured = sync_often(&file);
    // It may never have come into being.
    let _ = std::fs::remove_file(&file);
    measured
}

fn sync_often(file: &Path) -> std::io::Result<Duration> {
    let mut file = std::fs::File::create(file)?;
    let mut slowest = Duration::ZERO;
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        slowest = slowest.max(began.elapsed());
    }
    Ok(slowest)
}

fn clock() -> Finding {
    let now = wall_now();
    if now.0 < BUILT {
        let (meaning, fix) = (Reason::new("doctor.clock_old"), Reason::new("doctor.clock_fix"));
        return Finding::bad(Reason::new("doctor.on_clock"), now.rfc3339(), meaning, fix);
    }
    Finding::good(Reason::new("doctor.on_clock"), now.rfc3339())
}
