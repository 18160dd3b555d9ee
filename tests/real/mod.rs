//! What the tests with real peers share: a scratch folder, sounds, processes that end with the test, free ports,
//! and waiting for what is needed instead of sleeping.
#![allow(dead_code, reason = "each test binary uses its own part of the support")]

pub mod baresip;
pub mod campaign;
pub mod dialer;
pub mod robot;
pub mod sipp;
pub mod tone;

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder for one test, emptied at its start and kept after it, for whoever looks into a failure.
pub fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("the target folder is writable");
    dir
}

/// `tests/peers` copied to where its sounds may be made, with the sounds made once.
pub fn peers() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let done = dir.join("media/.made");
    if done.exists() {
        return dir;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    run(Command::new("cp").arg("-rT").arg(&source).arg(&dir));
    run(Command::new("bash").arg(dir.join("media/make_media.sh")));
    std::fs::write(done, "").expect("the target folder is writable");
    dir
}

/// Runs a command to its end; a failure shows what it said.
pub fn run(command: &mut Command) -> String {
    let output =
        command.output().unwrap_or_else(|e| panic!("{command:?}: {e}. tests/install.sh installs what the tests need."));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?} failed:\n{text}{errors}");
    text
}

/// A child process, ended by its own id when the test lets go of it.
pub struct Process {
    pub child: Child,
    pub log: PathBuf,
}

impl Process {
    /// Starts it with both outputs in `log`.
    pub fn start(command: &mut Command, log: &Path) -> Process {
        let out = File::create(log).expect("the scratch folder is writable");
        let err = out.try_clone().expect("a file handle can be shared");
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}. tests/install.sh installs what the tests need."));
        Process { child, log: log.to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: &str) {
        run(Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()));
    }

    pub fn running(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_none()
    }

    /// Waits for its end by itself.
    pub fn wait(&mut self, what: &str, at_most: Duration) {
        wait_until(&format!("{what} to end"), at_most, || !self.running());
    }

    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again until it holds; fails with `what` after `at_most`.
pub fn wait_until(what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
    wait_for(what, at_most, || holds().then_some(()));
}

/// Looks again until there is something.
pub fn wait_for<T>(what: &str, at_most: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < at_most, "waited {} s for {what}", at_most.as_secs());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A UDP port on 127.0.0.1 that is free now, with the next ones free too: softphones take two, a SIPp's sound eight.
pub fn udp_port() -> u16 {
    free(|port| (port..port + 10).all(|port| UdpSocket::bind(("127.0.0.1", port)).is_ok()))
}

pub fn tcp_port() -> u16 {
    free(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
}

fn free(is_free: impl Fn(u16) -> bool) -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    // From a start of its own per process, below the ephemeral range, so that parallel tests do not meet.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 10_000 + u16::try_from(std::process::id() % 400).expect("below 400") * 20;
    for _ in 0..2_000 {
        // Twenty apart: a SIPp takes its sound's ports beside its own.
        let port = base + NEXT.fetch_add(20, Ordering::Relaxed) % 10_000;
        if is_free(port) {
            return port;
        }
    }
    panic!("no free port found from {base} up");
}
