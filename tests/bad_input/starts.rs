//! Configurations and addresses that are wrong: no start is half a start.

use crate::real::dialer::Dialer;
use crate::real::{scratch, wait_until};
use crate::{outpace, refuses, text};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

#[test]
fn settings_of_the_environment() {
    let dir = scratch("bad-environment");
    let with = |key: &str, value: &str| {
        let mut command = outpace(&["verify", "--data", text(&dir)]);
        command.env(key, value);
        command
    };
    refuses(with("OUTPACE__X__Y", "1"), &["OUTPACE__X__Y", "OUTPACE__SECTION__KEY", "config example"]);
    refuses(with("OUTPACE__SIP", "1"), &["OUTPACE__SIP", "config example"]);
    refuses(with("OUTPACE__NODE__ID", "seven"), &["OUTPACE__NODE__ID", "\"seven\"", "whole number"]);
    refuses(with("OUTPACE__NODE__ID", "5000"), &["node.id = 5000", "0 to 2047"]);
    refuses(with("OUTPACE__SIP__BIND", "nowhere"), &["OUTPACE__SIP__BIND = \"nowhere\"", "config example"]);
    refuses(with("OUTPACE__RTP__PORT_MIN", "70000"), &["OUTPACE__RTP__PORT_MIN", "70000"]);
    refuses(with("OUTPACE__LOG__LEVEL", "loud=="), &["log.level", "loud=="]);
}

#[test]
fn configuration_files() {
    let dir = scratch("bad-configuration");
    let cases = [
        ("[sip]\nbnd = \"127.0.0.1:5060\"\n", vec!["line 2", "bnd"]),
        ("[api]\nbind = 8080\n", vec!["line 2", "8080"]),
        ("[[trunk]]\nname = \"a\"\n", vec!["address"]),
        ("[[trunk]]\nname = \"a\"\naddress = \"127.0.0.1:1\"\nchannels = 0\n", vec!["\"a\"", "at least 1"]),
        ("[sip\n", vec!["line 1"]),
    ];
    for (content, parts) in cases {
        let file = dir.join("outpace.toml");
        std::fs::write(&file, content).expect("writable");
        let mut all = vec![text(&file)];
        all.extend(parts);
        refuses(outpace(&["serve", "--config", text(&file)]), &all);
    }
    refuses(outpace(&["serve", "--config", "/nowhere.toml"]), &["/nowhere.toml", "config example"]);
}

#[test]
fn stores_that_are_not_there() {
    let dir = scratch("bad-store");
    let with = |url: &str| {
        let mut command = outpace(&["verify", "--data", text(&dir)]);
        command.env("OUTPACE__STORE__URL", url);
        command
    };
    for (url, parts) in [
        ("postgres://op:s3cret@127.0.0.1:1/outpace", ["op:****@127.0.0.1:1", "refused", "check that PostgreSQL runs"]),
        ("mysql://op:s3cret@127.0.0.1/outpace", ["mysql://op:****@", "store.url", "postgres://"]),
        ("sqlite:", ["sqlite:", "missing", "sqlite:outpace.db"]),
    ] {
        let said = refuses(with(url), &parts);
        assert!(!said.contains("s3cret"), "{said}");
    }
    std::fs::write(dir.join("text.db"), "this is no database, and long enough to be looked at as one".repeat(20))
        .expect("writable");
    refuses(with("sqlite:text.db"), &["text.db", "not a database"]);
    let file = dir.join("file");
    std::fs::write(&file, "x").expect("writable");
    refuses(outpace(&["verify", "--data", text(&file.join("data"))]), &[text(&file), "--data"]);
    refuses(outpace(&["verify", "--data", "/proc/data"]), &["/proc/data", "--data"]);
}

/// Said with the address and the setting; no epoch is taken, and no fact is written.
#[test]
fn ports_in_use() {
    let dir = scratch("bad-ports");
    let dialer = Dialer::prepare(&dir, &[], None);
    let api: SocketAddr = dialer.api.trim_start_matches("http://").parse().expect("an address");
    let serve = || outpace(&["serve", "--config", text(&dir.join("outpace.toml"))]);
    let busy = TcpListener::bind(api).expect("it was free");
    refuses(serve(), &[&api.to_string(), "api.bind", "OUTPACE__API__BIND", "Another program listens there"]);
    drop(busy);
    let busy = UdpSocket::bind(dialer.sip).expect("it was free");
    let address = dialer.sip.to_string();
    refuses(serve(), &[&address, "sip.bind", "OUTPACE__SIP__BIND", "Another program listens there"]);
    drop(busy);
    let mut elsewhere = serve();
    elsewhere.env("OUTPACE__SIP__BIND", "192.0.2.1:5060");
    refuses(elsewhere, &["192.0.2.1:5060", "sip.bind", "no such address"]);
    let verified = dialer.command(&["verify"]);
    assert!(verified.contains("0 facts"), "{verified}");
}

/// The younger process has the node; the older one says so and stops, with nothing lost.
#[test]
fn two_processes_on_one_node() {
    let dir = scratch("bad-two");
    let mut first = Dialer::prepare(&dir, &[], None);
    first.start(&dir);
    first.post("/v1/agents", &serde_json::json!({ "name": "anna" }));
    // Its own ports, the same data.
    let other = dir.join("second");
    std::fs::create_dir_all(&other).expect("writable");
    let mut second = Dialer::prepare(&other, &[], None);
    let config = other.join("outpace.toml");
    let shared = std::fs::read_to_string(&config).expect("just written").replace(text(&second.data), text(&first.data));
    std::fs::write(&config, shared).expect("writable");
    second.key.clone_from(&first.key);
    second.start(&other);
    let mut older = first.process.take().expect("it runs");
    // It has nothing to write and notices all the same.
    wait_until("the older process to stop", Duration::from_secs(30), || !older.running());
    let said = older.said();
    assert!(said.contains("belongs to a younger process"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(!older.child.wait().expect("our child").success(), "it stops with an error:\n{said}");
    let agents = second.get("/v1/agents");
    assert!(agents["items"].as_array().is_some_and(|a| a.iter().any(|a| a["name"] == "anna")), "{agents}");
    second.stop();
    let verified = second.command(&["verify"]);
    assert!(verified.contains("agree"), "{verified}");
}
