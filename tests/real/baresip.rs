//! Headless softphones: they register, answer by themselves, play a WAV and record both directions.

use super::{Process, peers, tcp_port, udp_port, wait_for};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub struct Baresip {
    pub process: Process,
    pub name: String,
    pub sip_port: u16,
    control: u16,
    recordings: PathBuf,
}

pub struct Phone<'a> {
    pub name: &'a str,
    pub password: &'a str,
    pub registrar: SocketAddr,
    /// What it says.
    pub sound: &'a Path,
}

impl Baresip {
    /// A softphone that registers as an agent's.
    pub fn start(phone: &Phone<'_>, scratch: &Path) -> Baresip {
        Baresip::run(phone, None, scratch)
    }

    /// A called party behind a trunk of its own: takes calls to any of these numbers, registers nowhere.
    pub fn callee(name: &str, numbers: &[String], sound: &Path, scratch: &Path) -> Baresip {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let accounts: String = numbers
            .iter()
            .map(|n| {
                format!(
                    "<sip:{n}@127.0.0.1;transport=udp>;answermode=auto;regint=0;audio_codecs=PCMU/8000/1;ptime=20\n"
                )
            })
            .collect();
        Baresip::run(&Phone { name, password: "", registrar: nowhere, sound }, Some(accounts), scratch)
    }

    fn run(phone: &Phone<'_>, accounts: Option<String>, scratch: &Path) -> Baresip {
        let folder = scratch.join(format!("phone-{}", phone.name));
        let recordings = folder.join("rec");
        std::fs::create_dir_all(&recordings).expect("the scratch folder is writable");
        let (sip_port, control, rtp) = (udp_port(), tcp_port(), udp_port());
        let rtp_ports = format!("{rtp}-{}", rtp + 1);
        for file in ["config", "accounts"] {
            let template = peers().join(format!("baresip/{file}.template"));
            let text = std::fs::read_to_string(template).expect("tests/peers is complete");
            let text = text
                .replace("@NAME@", phone.name)
                .replace("@PASSWORD@", phone.password)
                .replace("@REGISTRAR@", &phone.registrar.to_string())
                .replace("@SIP_PORT@", &sip_port.to_string())
                .replace("@CTL_PORT@", &control.to_string())
                .replace("@RTP_PORTS@", &rtp_ports)
                .replace("@WAV@", &phone.sound.display().to_string())
                .replace("@REC@", &recordings.display().to_string());
            let own = accounts.clone().filter(|_| file == "accounts");
            std::fs::write(folder.join(file), own.unwrap_or(text)).expect("the scratch folder is writable");
        }
        let log = folder.join("log");
        let process = Process::start(Command::new("baresip").arg("-f").arg(&folder), &log);
        Baresip { process, name: phone.name.to_owned(), sip_port, control, recordings }
    }

    /// One command over its control port.
    pub fn control(&self, command: &str, params: &str) -> String {
        let mut stream = wait_for("baresip's control port", Duration::from_secs(10), || {
            TcpStream::connect(("127.0.0.1", self.control)).ok()
        });
        let message = format!("{{\"command\":\"{command}\",\"params\":\"{params}\",\"token\":\"t\"}}");
        stream.write_all(format!("{}:{message},", message.len()).as_bytes()).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a duration above zero");
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = stream.read(&mut buffer) {
            answer.extend_from_slice(&buffer[..n]);
            if answer.ends_with(b",") && String::from_utf8_lossy(&answer).contains("\"token\":\"t\"") {
                break;
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What it heard (`dec`) or said (`enc`), one file a call, oldest first. Complete once the call has ended.
    pub fn recordings(&self, direction: &str) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.recordings)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().ends_with(&format!("-{direction}.wav")))
            .collect();
        files.sort();
        files
    }
}
