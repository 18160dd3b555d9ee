//! `outpace demo` from its first line to its last: a campaign over real SIP and RTP in one process, and the same told
//! to stop in the middle.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

const OUTPACE: &str = env!("CARGO_BIN_EXE_outpace");

fn demo(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(OUTPACE);
    command.arg("demo").args(arguments).arg("--data").arg(dir).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// `outpace verify` in a process of its own: tables, KPIs and recordings against the facts.
fn verified(dir: &Path) {
    let output = Command::new(OUTPACE).arg("verify").arg("--data").arg(dir).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("agree"), "{said}");
}

fn number_after(text: &str, words: &str) -> u64 {
    let at = text.find(words).unwrap_or_else(|| panic!("\"{words}\" in {text}"));
    let digits: String = text[at + words.len()..].trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

#[test]
fn a_campaign_runs_to_its_end_and_every_number_is_true() {
    let dir = tempfile::tempdir().expect("a folder");
    let json = dir.path().join("kpis.json");
    let arguments = ["--agents", "3", "--minutes", "0.6", "--leads", "30", "--lang", "en"];
    let output = demo(dir.path(), &arguments).arg("--json").arg(&json).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let log = std::fs::read_to_string(dir.path().join("demo.log")).unwrap_or_default();
    assert!(output.status.success(), "{said}\n{}\n{log}", String::from_utf8_lossy(&output.stderr));

    let figures: Value = serde_json::from_slice(&std::fs::read(&json).expect("written")).expect("JSON");
    let figures = figures.as_object().expect("ids as keys");
    let ids: BTreeSet<&str> = outpace::kpi::IDS.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(figures.keys().map(String::as_str).collect::<BTreeSet<_>>(), ids);
    let num = |id: &str| figures[id]["num"].as_f64().unwrap_or_else(|| panic!("{id} has a numerator"));
    assert!(num("dials") >= 3.0, "{said}");
    assert!(num("human_answer_rate") >= 1.0 && num("handled") >= 1.0, "{said}");
    assert!(num("abandon_rate@us_tsr") <= 1.0 + 0.25 * num("human_answer_rate"), "{said}");
    assert!(number_after(&said, "customers who heard a voice") >= 1, "sound reached somebody: {said}");

    let recordings = walk(&dir.path().join("recordings"));
    assert_eq!(recordings as f64, num("handled"), "one recording a conversation");
    assert!(!log.contains("ERROR"), "{log}");
    verified(dir.path());
}

fn walk(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).expect("recordings are there").flatten();
    entries.map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}

#[test]
fn told_to_stop_it_says_good_bye_and_shows_the_table() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = demo(dir.path(), &["--agents", "2", "--minutes", "10", "--lang", "en"]).spawn().expect("runs");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut said = String::new();
    let dialing = |said: &str| said.lines().any(|line| line.contains("dialed") && number_after(line, "dialed") > 0);
    while !dialing(&said) {
        let mut line = String::new();
        assert!(out.read_line(&mut line).expect("text") > 0, "it ended by itself: {said}");
        said.push_str(&line);
    }
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(pid, Signal::SIGINT).expect("it runs");
    out.read_to_string(&mut said).expect("text");
    assert!(child.wait().expect("ends").success(), "{said}");
    assert!(said.contains("Dials per agent hour") && said.contains("agree with them"), "{said}");
    verified(dir.path());
}
