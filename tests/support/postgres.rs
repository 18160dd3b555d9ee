//! A PostgreSQL server of a test's own: a fresh cluster in a temporary directory, reached over a socket file,
//! ended by its process id. It is never the machine's server.

#![allow(dead_code, reason = "each test binary and bench uses its own part of the support")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const HINT: &str = "PostgreSQL is needed by these tests: apt-get install postgresql";

pub struct Postgres {
    bin: PathBuf,
    dir: tempfile::TempDir,
    settings: Vec<String>,
    server: Child,
    user: Option<(u32, u32)>,
}

impl Postgres {
    /// Waits until the server says that it takes connections.
    pub fn start() -> Postgres {
        Postgres::start_with(&["fsync=off"])
    }

    /// With settings of its own, as `name=value`.
    pub fn start_with(settings: &[&str]) -> Postgres {
        let bin = binaries();
        let user = user();
        let dir = tempfile::Builder::new().prefix("outpace-pg-").tempdir().expect("a temporary directory");
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).expect("root may give a directory away");
        }
        let data = dir.path().join("data");
        let made = command(&bin.join("initdb"), user)
            .args(["-U", "outpace", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .expect(HINT);
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let server = serve(&bin, dir.path(), &settings, user);
        Postgres { bin, dir, settings, server, user }
    }

    /// A new, empty database, and its address for `Store::open`.
    pub fn database(&self, name: &str) -> String {
        let made = command(&self.bin.join("createdb"), self.user)
            .args(["-U", "outpace", "-h"])
            .arg(self.dir.path())
            .arg(name)
            .output()
            .expect(HINT);
        assert!(made.status.success(), "createdb failed: {}", String::from_utf8_lossy(&made.stderr));
        format!("postgres://outpace@localhost/{name}?host={}", self.dir.path().display())
    }
}

/// Starts the server on its cluster.
fn serve(bin: &Path, dir: &Path, settings: &[String], user: Option<(u32, u32)>) -> Child {
    let own = ["listen_addresses=", "max_connections=60", "logging_collector=off"];
    let settings = own.into_iter().chain(settings.iter().map(String::as_str));
    let mut server = command(&bin.join("postgres"), user)
        .arg("-D")
        .arg(dir.join("data"))
        .arg("-k")
        .arg(dir)
        .args(settings.flat_map(|setting| ["-c", setting]))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect(HINT);
    let mut said = BufReader::new(server.stderr.take().expect("piped above")).lines();
    let ready = said.by_ref().map_while(Result::ok).any(|line| line.contains("ready to accept connections"));
    assert!(ready, "PostgreSQL ended before it was ready; its data lay in {}", dir.display());
    // A full pipe would stop the server: its words are read to the end.
    std::thread::spawn(move || said.for_each(drop));
    server
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

impl Postgres {
    /// Ends at once, as if the machine had failed.
    pub fn crash(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.server.id() as i32);
        // Immediate shutdown: no checkpoint, connections are cut. A server that ended before is no matter.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT);
        let _ = self.server.wait();
    }

    /// Starts again on the same data.
    pub fn recover(&mut self) {
        self.server = serve(&self.bin, self.dir.path(), &self.settings, self.user);
    }
}

/// The newest installed version's programs.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").unwrap_or_else(|_| panic!("{HINT}"));
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(|path| number(path));
    let bin = newest.unwrap_or_else(|| panic!("{HINT}")).join("bin");
    assert!(bin.join("initdb").exists(), "{HINT}");
    bin
}

/// PostgreSQL refuses to run as root: root lends it the identity of `postgres`.
fn user() -> Option<(u32, u32)> {
    let me = std::fs::metadata("/proc/self").expect("Linux").uid();
    if me != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("every system has users");
    let line = users.lines().find(|line| line.starts_with("postgres:")).unwrap_or_else(|| panic!("{HINT}"));
    let mut parts = line.split(':').skip(2).map(|id| id.parse::<u32>().expect("ids are numbers"));
    Some((parts.next().expect("a user id"), parts.next().expect("a group id")))
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C").env_remove("PGPORT").env_remove("PGHOST").env_remove("PGDATABASE");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
