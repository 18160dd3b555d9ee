//! The program under test, as its users run it: the binary, its configuration, its API.

use super::{Process, tcp_port, udp_port, wait_until};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub struct Dialer {
    pub process: Option<Process>,
    pub data: PathBuf,
    pub sip: SocketAddr,
    pub api: String,
    pub key: String,
    pub config: PathBuf,
}

/// One carrier of the configuration.
pub struct Trunk<'a> {
    pub name: &'a str,
    pub port: u16,
    pub channels: u32,
    pub calls_per_second: u32,
    pub credentials: Option<(&'a str, &'a str)>,
}

/// The program; `OUTPACE_BINARY` names another build of it, for a long run beside further work.
pub fn binary() -> Command {
    let program = std::env::var_os("OUTPACE_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_outpace").into());
    let mut command = Command::new(program);
    command.env_remove("RUST_LOG");
    command
}

impl Dialer {
    /// Writes the configuration and makes an admin key; does not start yet.
    pub fn prepare(scratch: &Path, trunks: &[Trunk<'_>], store: Option<&str>) -> Dialer {
        let data = scratch.join("data");
        let (sip, api, rtp) =
            (udp_port(), tcp_port(), 30_000 + u16::try_from(std::process::id() % 100).expect("below 100") * 200);
        let mut text = format!(
            "[data]\ndir = \"{}\"\n[sip]\nbind = \"127.0.0.1:{sip}\"\n[api]\nbind = \"127.0.0.1:{api}\"\n[rtp]\nport_min = {rtp}\nport_max = {}\n[node]\ndrain_seconds = 5\n",
            data.display(),
            rtp + 199,
        );
        if let Some(url) = store {
            text.push_str(&format!("[store]\nurl = \"{url}\"\n"));
        }
        for trunk in trunks {
            text.push_str(&format!(
                "[[trunk]]\nname = \"{}\"\naddress = \"127.0.0.1:{}\"\nchannels = {}\ncalls_per_second = {}\noptions_seconds = 0\n",
                trunk.name, trunk.port, trunk.channels, trunk.calls_per_second
            ));
            if let Some((user, password)) = trunk.credentials {
                text.push_str(&format!("user = \"{user}\"\npassword = \"{password}\"\n"));
            }
        }
        let config = scratch.join("outpace.toml");
        std::fs::write(&config, text).expect("the scratch folder is writable");
        let printed = super::run(binary().args(["key", "new", "--scope", "admin", "--config"]).arg(&config));
        let key = printed.lines().last().expect("the key is printed last").to_owned();
        let sip = SocketAddr::from(([127, 0, 0, 1], sip));
        Dialer { process: None, data, sip, api: format!("http://127.0.0.1:{api}"), key, config }
    }

    /// `outpace serve`, just begun.
    pub fn spawn(&self, log: &Path, environment: &[(&str, &str)]) -> Process {
        let mut command = binary();
        command.args(["serve", "--config"]).arg(&self.config).envs(environment.iter().copied());
        Process::start(&mut command, log)
    }

    /// `outpace serve`, until it is ready.
    pub fn start(&mut self, scratch: &Path) {
        let log = scratch.join("outpace.log");
        let mut process = self.spawn(&log, &[]);
        wait_until("outpace to be ready", Duration::from_secs(30), || {
            assert!(process.running(), "outpace ended:\n{}", process.said());
            self.status("/readyz") == 200
        });
        self.process = Some(process);
    }

    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("started");
        process.signal("KILL");
        process.wait("outpace", Duration::from_secs(10));
    }

    pub fn stop(&mut self) -> String {
        let mut process = self.process.take().expect("started");
        process.signal("TERM");
        process.wait("outpace", Duration::from_secs(30));
        process.said()
    }

    /// A command of the program on the same data.
    pub fn command(&self, arguments: &[&str]) -> String {
        super::run(binary().args(arguments).arg("--config").arg(&self.config))
    }

    fn agent(&self) -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into()
    }

    pub fn status(&self, path: &str) -> u16 {
        self.agent().get(format!("{}{path}", self.api)).call().map_or(0, |r| r.status().as_u16())
    }

    /// What `/readyz` says, well or not.
    pub fn ready_says(&self) -> String {
        let answer = self.agent().get(format!("{}/readyz", self.api)).call();
        answer.ok().and_then(|mut answer| answer.body_mut().read_to_string().ok()).unwrap_or_default()
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.try_get(path);
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    pub fn try_get(&self, path: &str) -> (u16, Value) {
        let request =
            self.agent().get(format!("{}{path}", self.api)).header("Authorization", format!("Bearer {}", self.key));
        let mut response = request.call().unwrap_or_else(|e| panic!("GET {path}: {e}"));
        (response.status().as_u16(), response.body_mut().read_json().unwrap_or(Value::Null))
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let request =
            self.agent().get(format!("{}{path}", self.api)).header("Authorization", format!("Bearer {}", self.key));
        let mut response = request.call().unwrap_or_else(|e| panic!("GET {path}: {e}"));
        assert_eq!(response.status().as_u16(), 200, "GET {path}");
        response.body_mut().read_to_vec().expect("the body arrives")
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.try_post(path, body);
        assert!((200..300).contains(&status), "POST {path}: {status} {answer}");
        answer
    }

    pub fn try_post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request =
            self.agent().post(format!("{}{path}", self.api)).header("Authorization", format!("Bearer {}", self.key));
        let mut response = request.send_json(body).unwrap_or_else(|e| panic!("POST {path}: {e}"));
        (response.status().as_u16(), response.body_mut().read_json().unwrap_or(Value::Null))
    }
}
