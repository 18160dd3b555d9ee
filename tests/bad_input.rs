//! Bad input, as its sender meets it: campaign folders, lists, configurations, addresses, a full disk, a carrier that
//! never answers, two processes on one node. A clear message with the value and the fix, a non-zero exit or a skipped
//! row in the report, and nothing lost or half done.

mod real;

#[path = "bad_input/faults.rs"]
mod faults;
#[path = "bad_input/folders.rs"]
mod folders;
#[path = "bad_input/lists.rs"]
mod lists;
#[path = "bad_input/starts.rs"]
mod starts;

use std::path::Path;
use std::process::{Command, Output};

/// The program, in English, without settings of whoever runs the tests.
fn outpace(arguments: &[&str]) -> Command {
    let mut command = real::dialer::binary();
    command.args(arguments).env("LANG", "en_US.UTF-8");
    command
}

/// Ends by itself, says no, and says all of these. Never a panic.
fn refuses(mut command: Command, parts: &[&str]) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(!status.success(), "{command:?} succeeded:\n{said}");
    assert_eq!(status.code(), Some(1), "{command:?} ended by a signal or a panic:\n{said}");
    assert!(!said.contains("panicked"), "{said}");
    for part in parts {
        assert!(said.contains(part), "{command:?}: \"{part}\" is missing in:\n{said}");
    }
    said
}

fn succeeds(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?}:\n{said}{}", String::from_utf8_lossy(&stderr));
    said
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain ASCII")
}
