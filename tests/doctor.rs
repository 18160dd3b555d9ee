//! `outpace doctor` with faults staged one by one: each is named with what was seen, what it means and what to do, in
//! three languages, and the exit code says whether calls can be made.

mod real;

use real::campaign::{self, Options};
use real::dialer::{Dialer, Trunk, binary};
use real::sipp::Sipp;
use real::{scratch, tcp_port, udp_port};
use serde_json::{Value, json};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;

/// What it says of a configuration, and whether it calls that sound.
fn doctor(config: &Path) -> (bool, Value) {
    let output = binary().args(["doctor", "--json", "--config"]).arg(config).output().expect("it starts");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    assert_eq!(said["sound"], output.status.success(), "the exit code and the words agree");
    (output.status.success(), said["findings"].clone())
}

/// The finding with this code, in all its parts.
#[track_caller]
fn expect<'a>(findings: &'a Value, code: &str) -> &'a Value {
    let found = findings.as_array().unwrap().iter().find(|f| f["meaning"]["code"] == code);
    let found = found.unwrap_or_else(|| panic!("{code} is not among {findings:#}"));
    for part in ["meaning", "fix"] {
        for lang in ["en", "zh-Hans", "zh-Hant"] {
            let text = found[part][lang].as_str().unwrap_or("");
            assert!(!text.is_empty() && !text.contains('{'), "{code}, {part}, {lang}: {text}");
        }
    }
    assert!(!found["seen"].as_str().unwrap().is_empty());
    found
}

#[track_caller]
fn is_not(findings: &Value, code: &str) {
    assert!(!findings.to_string().contains(&format!("\"{code}\"")), "{code} in {findings:#}");
}

fn trunk(port: u16) -> Trunk<'static> {
    Trunk { name: "carrier", port, channels: 10, calls_per_second: 5, credentials: None }
}

#[test]
fn a_sound_house_and_the_same_while_it_serves() {
    let dir = scratch("doctor-sound");
    let carrier = Sipp::carrier("uas_options", udp_port(), &dir, &[]);
    let mut dialer = Dialer::prepare(&dir, &[trunk(carrier.port)], None);
    campaign::write(&dialer.data, "one", &Options::default());
    let (sound, findings) = doctor(&dialer.config);
    assert!(sound, "{findings:#}");
    expect(&findings, "doctor.no_agent");
    dialer.start(&dir);
    dialer.post("/v1/campaigns", &json!({ "name": "one" }));
    dialer.post("/v1/agents", &json!({ "name": "anna" }));
    let (sound, findings) = doctor(&dialer.config);
    assert!(sound, "its own ports are no fault: {findings:#}");
    is_not(&findings, "doctor.port_taken");
    let phone = expect(&findings, "doctor.phone_unknown");
    assert!(phone["fix"]["en"].as_str().unwrap().contains(&dialer.sip.to_string()), "{phone}");
    expect(&findings, "doctor.no_leads");
    dialer.stop();
}

#[test]
fn ports_that_others_hold() {
    let dir = scratch("doctor-ports");
    let dialer = Dialer::prepare(&dir, &[trunk(udp_port())], None);
    let _sip = UdpSocket::bind(dialer.sip).unwrap();
    let _api = TcpListener::bind(dialer.api.trim_start_matches("http://")).unwrap();
    let (sound, findings) = doctor(&dialer.config);
    assert!(!sound);
    let taken = findings.as_array().unwrap().iter().filter(|f| f["meaning"]["code"] == "doctor.port_taken").count();
    assert_eq!(taken, 2, "{findings:#}");
}

#[test]
fn a_trunk_that_is_silent_one_that_wants_another_password_and_none() {
    let dir = scratch("doctor-trunk");
    let silent = Dialer::prepare(&dir, &[trunk(udp_port())], None);
    let asked = std::fs::read_to_string(&silent.config).unwrap().replace("options_seconds = 0", "options_seconds = 5");
    std::fs::write(&silent.config, asked).unwrap();
    let (sound, findings) = doctor(&silent.config);
    assert!(!sound);
    expect(&findings, "doctor.trunk_silent");

    let carrier = Sipp::carrier("uas_auth_401", udp_port(), &dir, &[]);
    let text = format!(
        "[data]\ndir = \"{}\"\n[sip]\nbind = \"127.0.0.1:{}\"\n[api]\nbind = \"127.0.0.1:{}\"\n[[trunk]]\nname = \"c\"\naddress = \"127.0.0.1:{}\"\nuser = \"u\"\npassword = \"wrong\"\nregister = true\n",
        dir.join("none").display(),
        udp_port(),
        tcp_port(),
        carrier.port
    );
    let file = dir.join("none.toml");
    std::fs::write(&file, text.split("[[trunk]]").next().unwrap()).unwrap();
    let (sound, findings) = doctor(&file);
    assert!(!sound);
    expect(&findings, "doctor.no_trunk");
    expect(&findings, "doctor.no_campaign");

    // A registrar that refuses: another outpace, with nobody of that name.
    let mut other = Dialer::prepare(&dir, &[trunk(carrier.port)], None);
    other.start(&dir);
    let refusing =
        text.replace(&format!("address = \"127.0.0.1:{}\"", carrier.port), &format!("address = \"{}\"", other.sip));
    std::fs::write(&file, refusing).unwrap();
    let (sound, findings) = doctor(&file);
    assert!(!sound);
    let finding = expect(&findings, "doctor.trunk_password");
    assert!(finding["seen"].as_str().unwrap().contains("40"), "{finding}");
    other.stop();
}

#[test]
fn a_database_that_is_damaged_newer_or_away_and_a_clock_that_was_set_back() {
    let dir = scratch("doctor-store");
    let dialer = Dialer::prepare(&dir, &[trunk(udp_port())], None);
    let file = dialer.data.join("outpace.db");
    let sql = |text: &str| {
        let script =
            format!("import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.executescript({text:?}); d.commit()");
        real::run(std::process::Command::new("python3").args(["-c", &script]).arg(&file));
    };
    let (_, findings) = doctor(&dialer.config);
    is_not(&findings, "doctor.store_newer");

    sql(
        "INSERT INTO fact (centre, node, seq, moment, wall, version, kind, body) VALUES (1, 1, 1, 0, 4000000000000000, 1, 'campaign_finished', '{\"kind\":\"campaign_finished\",\"campaign\":\"0000000000000001\"}')",
    );
    let (sound, findings) = doctor(&dialer.config);
    assert!(!sound);
    expect(&findings, "doctor.clock_back");

    sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
    );
    let (sound, findings) = doctor(&dialer.config);
    assert!(!sound);
    let newer = expect(&findings, "doctor.store_newer");
    assert!(newer["seen"].as_str().unwrap().contains("9999"), "{newer}");

    std::fs::write(&file, b"this was a database once, and is a letter now: nothing of it can be read any more")
        .unwrap();
    let (sound, findings) = doctor(&dialer.config);
    assert!(!sound);
    expect(&findings, "doctor.store_away");
}

#[test]
fn a_campaign_with_mistakes_and_one_whose_trunk_is_not_there() {
    let dir = scratch("doctor-campaign");
    let dialer = Dialer::prepare(&dir, &[trunk(udp_port())], None);
    campaign::write(&dialer.data, "far", &Options { trunks: &["elsewhere"], ..Options::default() });
    let folder = campaign::write(&dialer.data, "torn", &Options::default());
    std::fs::write(folder.join("campaign.toml"), "title = 7").unwrap();
    let (sound, findings) = doctor(&dialer.config);
    assert!(!sound);
    expect(&findings, "doctor.campaign");
    let far = expect(&findings, "doctor.campaign_trunk");
    assert!(far["fix"]["en"].as_str().unwrap().contains("elsewhere"), "{far}");

    // What was seen is said in the language of the advice.
    let output = binary().args(["doctor", "--lang", "zh-Hans", "--config"]).arg(&dialer.config).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let torn = said.lines().find(|line| line.contains("torn")).unwrap_or_else(|| panic!("torn in {said}"));
    assert!(torn.contains("活动文件夹") && torn.contains("个问题，第一个：campaign.toml:1:1: seller"), "{torn}");
    let prose = ["problems", "free", "allowed", "until a write", "not registered", "no answer", "campaign folder"];
    for english in prose {
        assert!(!said.contains(english), "{english} in {said}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_and_words_in_chinese() {
    let dir = scratch("doctor-config");
    let file = dir.join("bad.toml");
    std::fs::write(&file, "[sip]\nbnd = 1\n").unwrap();
    let (sound, findings) = doctor(&file);
    assert!(!sound);
    assert!(expect(&findings, "doctor.config")["seen"].as_str().unwrap().contains("bnd"));
    let output = binary().args(["doctor", "--lang", "zh-Hans", "--config"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("此配置无法启动") && said.contains("BAD"), "{said}");
    assert!(!output.status.success());
}
