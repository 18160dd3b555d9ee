//! The world fails: the disk is full, a carrier is silent. It is said by name, nothing is lost, and it goes on after.

use crate::real::campaign::{self, Options};
use crate::real::dialer::{Dialer, Trunk};
use crate::real::{run, scratch, wait_for, wait_until};
use crate::{outpace as program, refuses, succeeds, text};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A disk of its own: a memory file system, which root may mount.
struct Disk(PathBuf);

impl Disk {
    fn mount(dir: &Path, megabytes: u32) -> Option<Disk> {
        std::fs::create_dir_all(dir).expect("writable");
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(dir).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Disk(dir.to_owned()))
    }

    /// To the last byte.
    fn fill(&self) {
        let mut file = File::create(self.0.join("filler")).expect("a name fits still");
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("it was made");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn long_list(file: &Path, rows: u32) {
    let mut list = "phone,name,note\n".to_owned();
    for n in 0..rows {
        writeln!(list, "+86138{n:08},Person {n},{}", "x".repeat(200)).expect("a String takes all");
    }
    std::fs::write(file, list).expect("writable");
}

#[test]
fn an_import_on_a_full_disk() {
    let dir = scratch("bad-disk-import");
    let Some(disk) = Disk::mount(&dir.join("disk"), 6) else {
        // Who may not mount a disk limits the size of a file instead: what is seen is the same from within.
        return an_import_past_the_size_limit(&dir);
    };
    let data = disk.0.join("data");
    campaign::write(&data, "full", &Options::default());
    let list = dir.join("long.csv");
    long_list(&list, 20_000);
    let import = || program(&["import", "full", text(&list), "--data", text(&data)]);
    refuses(import(), &["long.csv", "disk is full", "make room", "import the same file again"]);
    run(Command::new("mount").args(["-o", "remount,size=100m"]).arg(&disk.0));
    let said = succeeds(import());
    assert!(said.contains("20000 rows"), "{said}");
    assert_eq!(leads(&data), 20_000, "each row stands once");
    let verified = succeeds(program(&["verify", "--data", text(&data)]));
    assert!(verified.contains("agree"), "{verified}");
}

/// As the store has them.
fn leads(data: &Path) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = ::outpace::store::Store::open("sqlite:outpace.db", data).await.expect("it is there");
        let campaign = store.campaigns().await.expect("readable")[0].id;
        let counts = store.lead_counts(campaign).await.expect("readable");
        store.close().await;
        counts.pending + counts.scheduled + counts.in_flight + counts.closed + counts.excluded
    })
}

fn an_import_past_the_size_limit(dir: &Path) {
    let data = dir.join("data");
    campaign::write(&data, "full", &Options::default());
    let list = dir.join("long.csv");
    long_list(&list, 20_000);
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 3000; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_outpace")]);
    limited.args(["import", "full", text(&list), "--data", text(&data)]).env("LANG", "en_US.UTF-8");
    refuses(limited, &["long.csv", "import the same file again"]);
    let said = succeeds(program(&["import", "full", text(&list), "--data", text(&data)]));
    assert!(said.contains("20000 rows"), "{said}");
    let verified = succeeds(program(&["verify", "--data", text(&data)]));
    assert!(verified.contains("agree"), "{verified}");
}

/// The fault has its name in /readyz, requests are refused with 503, and with room everything goes on.
#[test]
fn a_running_dialer_on_a_full_disk() {
    let dir = scratch("bad-disk-serve");
    let Some(disk) = Disk::mount(&dir.join("disk"), 8) else {
        eprintln!("mounting is not allowed here: the store's own tests fill a disk by other means");
        return;
    };
    let mut dialer = Dialer::prepare(&disk.0, &[], None);
    campaign::write(&dialer.data, "full", &Options::default());
    dialer.start(&dir);
    let id = dialer.post("/v1/campaigns", &json!({ "name": "full" }))["id"].as_str().expect("an id").to_owned();
    disk.fill();
    // Writes until the log has no room left.
    let refused = wait_for("a request to be refused", Duration::from_secs(60), || {
        let why = "x".repeat(400);
        let (status, body) = dialer.try_post("/v1/suppressions", &json!({ "phone": "+8613800138000", "why": why }));
        (status != 204).then_some((status, body))
    });
    assert_eq!((refused.0, &refused.1["code"]), (503, &json!("api.store_away")), "{}", refused.1);
    assert!(refused.1["detail"].as_str().is_some_and(|d| d.contains("store_full")), "{}", refused.1);
    // The engine's own facts wait meanwhile; the fault has a name.
    let api = dialer.api.clone();
    let (key, path) = (dialer.key.clone(), format!("/v1/campaigns/{id}/start"));
    let waiting = std::thread::spawn(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.post(format!("{api}{path}")).header("Authorization", format!("Bearer {key}"));
        request.send_empty().map(|answer| answer.status().as_u16())
    });
    wait_until("/readyz to name it", Duration::from_secs(20), || dialer.ready_says().contains("store_full"));
    // What is not on disk is not said to be done.
    assert!(!waiting.is_finished(), "answered before it was durable");
    disk.empty();
    assert_eq!(waiting.join().expect("it ran").expect("answered"), 200, "done once there was room");
    wait_until("/readyz to be well", Duration::from_secs(20), || dialer.status("/readyz") == 200);
    assert_eq!(dialer.get(&format!("/v1/campaigns/{id}"))["name"], "full");
    dialer.post("/v1/agents", &json!({ "name": "anna" }));
    let said = dialer.stop();
    assert!(said.contains("store_full"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let verified = dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "{verified}");
}

/// Somebody else holds the database. A start waits until it is on disk; a pause reaches the engine all the same.
#[test]
fn a_pause_does_not_wait_for_a_start_that_waits() {
    let dir = scratch("bad-locked-pause");
    let mut dialer = Dialer::prepare(&dir, &[], None);
    campaign::write(&dialer.data, "held", &Options::default());
    dialer.start(&dir);
    let id = dialer.post("/v1/campaigns", &json!({ "name": "held" }))["id"].as_str().expect("an id").to_owned();
    let holder = rusqlite::Connection::open(dialer.data.join("outpace.db")).expect("it is there");
    wait_until("the database to be ours", Duration::from_secs(20), || holder.execute_batch("BEGIN IMMEDIATE").is_ok());
    let order = |order: &str| {
        let (api, key, path) = (dialer.api.clone(), dialer.key.clone(), format!("/v1/campaigns/{id}/{order}"));
        std::thread::spawn(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let request = agent.post(format!("{api}{path}")).header("Authorization", format!("Bearer {key}"));
            request.send_empty().map(|answer| answer.status().as_u16())
        })
    };
    let state = |wanted: &str| dialer.get(&format!("/v1/campaigns/{id}"))["state"] == wanted;
    let start = order("start");
    wait_until("the engine to have started it", Duration::from_secs(20), || state("running"));
    let pause = order("pause");
    wait_until("the engine to have paused it", Duration::from_secs(20), || state("paused"));
    assert!(!start.is_finished() && !pause.is_finished(), "answered before it was durable");
    holder.execute_batch("ROLLBACK").expect("ours");
    for waiting in [start, pause] {
        assert_eq!(waiting.join().expect("it ran").expect("answered"), 200);
    }
    assert!(!dialer.stop().contains("panicked"));
}

/// Not a word comes back: the call fails with its reason, the lead is planned again.
/// A trunk that is watched is named as down, and no call is tried over it.
#[test]
fn a_trunk_that_never_answers() {
    let dir = scratch("bad-silent-trunk");
    let silent = [0, 0].map(|port| UdpSocket::bind(("127.0.0.1", port)).expect("some port is free"));
    let [blind, watched] = [0, 1].map(|nth: usize| silent[nth].local_addr().expect("it is bound").port());
    let trunk = |name, port| Trunk { name, port, channels: 5, calls_per_second: 5, credentials: None };
    let mut dialer = Dialer::prepare(&dir, &[trunk("blind", blind), trunk("watched", watched)], None);
    let config = dir.join("outpace.toml");
    let text_of = std::fs::read_to_string(&config).expect("just written");
    let (head, tail) = text_of.split_once("name = \"watched\"").expect("two trunks");
    let tail = tail.replacen("options_seconds = 0", "options_seconds = 2", 1);
    std::fs::write(&config, format!("{head}name = \"watched\"{tail}")).expect("writable");
    for name in ["blind", "watched"] {
        speaking_campaign(&dialer.data, name);
        let list = dir.join(format!("{name}.csv"));
        campaign::leads(&list, 0..2);
        dialer.command(&["import", name, text(&list)]);
    }
    dialer.start(&dir);
    let ids = ["blind", "watched"].map(|name| {
        let id = dialer.post("/v1/campaigns", &json!({ "name": name }))["id"].as_str().expect("an id").to_owned();
        dialer.post(&format!("/v1/campaigns/{id}/start"), &Value::Null);
        id
    });
    let down = || dialer.get("/v1/events?kind=trunk_went_down")["items"].as_array().cloned().unwrap_or_default();
    wait_until("the watched trunk to be told of", Duration::from_secs(20), || !down().is_empty());
    assert_eq!(down()[0]["name"], "watched");
    let why = || dialer.get(&format!("/v1/campaigns/{}", ids[1]))["why"].as_str().unwrap_or("").to_owned();
    wait_until("the campaign to say why", Duration::from_secs(10), || why().contains("watched"));
    wait_until("both calls to fail", Duration::from_secs(60), || {
        let leads = &dialer.get(&format!("/v1/campaigns/{}", ids[0]))["leads"];
        leads["scheduled"] == 2
    });
    let calls = dialer.get("/v1/calls");
    let calls = calls["items"].as_array().expect("a page");
    assert_eq!(calls.len(), 2, "none over the trunk that is down: {calls:?}");
    for call in calls {
        assert_eq!((&call["cause"], &call["cause_detail"]), (&json!("failed"), &json!("timeout")), "{call}");
        assert_eq!(call["campaign"], ids[0].as_str(), "{call}");
    }
    let said = dialer.stop();
    assert!(said.contains("a trunk is down") && said.contains("watched"), "{said}");
    drop(silent);
    let verified = dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "{verified}");
}

/// Speaks by itself over one trunk.
fn speaking_campaign(data: &Path, trunk: &str) {
    let options = Options { mode: "agentless", trunks: &[trunk], ..Options::default() };
    let dir = campaign::write(data, trunk, &options);
    let file = dir.join("campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("just written");
    let toml = toml.replace("[recording]", "[flow]\nhandled_by = \"flow\"\n[retry]\nfailed = [\"30m\"]\n[recording]");
    std::fs::write(file, toml).expect("writable");
    let flow = "return flow { opener = function(call)\n\tsay('abandoned')\n\tfinish('not_interested')\nend }\n";
    std::fs::write(dir.join("flow.lua"), flow).expect("writable");
}
