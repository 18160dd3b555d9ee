//! The API against its own document: schemathesis reads /openapi.json of a running `outpace serve` with a past and asks
//! some two thousand things, right and wrong ones. No 5xx, no answer that the document does not say, nothing accepted
//! that it forbids, nothing refused that it allows. Streams are left out: they do not end (`api_story` listens to them).

mod real;
#[path = "support/story.rs"]
mod story;

#[path = "api_story/house.rs"]
#[allow(dead_code, reason = "the house serves more than one test")]
mod house;

use std::path::Path;
use std::process::Command;

/// Of one operation; with the cases at the borders of each schema there are some 2,000 in all.
const EXAMPLES: &str = "45";

#[test]
fn two_thousand_generated_requests() {
    let mut house = house::House::open("api-schemathesis");
    let tool = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../schemathesis/bin/schemathesis");
    assert!(tool.exists(), "{}: tests/install.sh installs what the tests need", tool.display());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    let output = Command::new(&tool)
        .args(["--config-file", "schemathesis.toml", "run"])
        .arg(format!("{}/openapi.json", house.dialer.api))
        .args(["--header", &format!("Authorization: Bearer {}", house.keys["admin"])])
        .args(["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing", "--seed", "20261122"])
        .args(["--exclude-path-regex", "stream$", "--no-color"])
        .env("SCHEMATHESIS_HOOKS", "hooks.py")
        .env("PYTHONPATH", &folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&folder)
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    let counted = said.lines().filter_map(|line| line.split_once(" generated")?.0.trim().replace(',', "").parse().ok());
    let generated: u32 = counted.last().expect("it says how many");
    println!("{generated} cases");
    assert!(generated >= 2_000, "{generated} cases:\n{said}");
    let log = house.dialer.stop();
    assert!(!log.contains("panicked"), "{log}");
}
