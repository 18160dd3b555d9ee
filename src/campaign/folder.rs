//! A campaign's folder, checked as a whole: `campaign.toml`, Lua sources, prompts, and a version of all three.
//! Files come as bytes by path. It refuses to read directories and to run Lua.

use super::check::{Problem, check};
use super::settings::Settings;
use super::{message, sound};
use crate::words::Reason;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a folder holds, ready for the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    pub settings: Settings,
    /// Lua by path within the folder: `flow.lua`, `scripts/objections.lua`.
    pub sources: BTreeMap<String, String>,
    /// Lengths by file name without `.wav`: `welcome`, `welcome.zh-Hans`.
    pub prompts: BTreeMap<String, Duration>,
    /// sha256 over paths and contents of all that counts, first 16 hexadecimal digits.
    pub version: String,
}

/// A script is at most this long (`reliability-goals.md`).
pub const SOURCE_BYTES_MAX: usize = 256 * 1024;
/// A prompt of ten minutes at 16 kHz.
pub const PROMPT_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Does this file belong to a campaign? Others (lists, notes) may lie in the folder and are not read.
pub fn belongs(path: &str) -> bool {
    path == "campaign.toml"
        || path.ends_with(".lua") && !path.ends_with("_test.lua")
        || path.starts_with("prompts/") && path.ends_with(".wav")
}

/// `files` by path within the folder, with `/`; those that do not belong are passed over.
pub fn bundle(files: &BTreeMap<String, Vec<u8>>) -> Result<Bundle, Vec<Problem>> {
    let mut problems = Vec::new();
    let settings = settings(files, &mut problems);
    let sources = sources(files, &mut problems);
    let prompts = prompts(files, &mut problems);
    if let Some(settings) = &settings {
        sounds_exist(settings, files, &prompts, &mut problems);
        problems.extend(message::check(settings, files));
    }
    match settings {
        Some(settings) if problems.is_empty() => Ok(Bundle { settings, sources, prompts, version: version(files) }),
        Some(_) | None => Err(problems),
    }
}

pub(super) fn problem(file: &str, reason: Reason) -> Problem {
    Problem { file: file.to_owned(), line: 0, column: 0, key: String::new(), value: String::new(), reason }
}

fn settings(files: &BTreeMap<String, Vec<u8>>, problems: &mut Vec<Problem>) -> Option<Settings> {
    let Some(bytes) = files.get("campaign.toml") else {
        problems.push(problem("campaign.toml", Reason::new("check.file_missing")));
        return None;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        problems.push(problem("campaign.toml", Reason::new("check.file_text")));
        return None;
    };
    check(text).map_err(|found| problems.extend(found)).ok()
}

fn sources(files: &BTreeMap<String, Vec<u8>>, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    for (path, bytes) in files.iter().filter(|(path, _)| belongs(path) && path.ends_with(".lua")) {
        if bytes.len() > SOURCE_BYTES_MAX {
            problems.push(problem(path, Reason::new("check.file_large").with("most", SOURCE_BYTES_MAX)));
        } else if let Ok(text) = std::str::from_utf8(bytes) {
            sources.insert(path.clone(), text.to_owned());
        } else {
            problems.push(problem(path, Reason::new("check.file_text")));
        }
    }
    if !files.contains_key("flow.lua") {
        problems.push(problem("flow.lua", Reason::new("check.file_missing")));
    }
    sources
}

fn prompts(files: &BTreeMap<String, Vec<u8>>, problems: &mut Vec<Problem>) -> BTreeMap<String, Duration> {
    let mut prompts = BTreeMap::new();
    for (path, bytes) in files {
        let Some(name) = path.strip_prefix("prompts/").and_then(|name| name.strip_suffix(".wav")) else {
            continue;
        };
        if bytes.len() > PROMPT_BYTES_MAX {
            problems.push(problem(path, Reason::new("check.file_large").with("most", PROMPT_BYTES_MAX)));
            continue;
        }
        match sound::wav_length(bytes) {
            Ok(length) => {
                prompts.insert(name.to_owned(), length);
            }
            Err(found) => problems.push(problem(path, Reason::new("check.wav").with("problem", found))),
        }
    }
    prompts
}

/// The sounds that `campaign.toml` names: in one language at least.
fn sounds_exist(
    settings: &Settings,
    files: &BTreeMap<String, Vec<u8>>,
    prompts: &BTreeMap<String, Duration>,
    problems: &mut Vec<Problem>,
) {
    let message = ("abandonment.message", Some(&settings.abandonment.message));
    let machine = ("amd.machine_message", settings.amd.machine_message.as_ref());
    for (key, sound) in [message, machine] {
        let Some(sound) = sound else { continue };
        // A sound that is there and cannot be played has its own problem already.
        let there = ["", ".en", ".zh-Hans", ".zh-Hant"].iter().any(|lang| {
            prompts.contains_key(&format!("{sound}{lang}")) || files.contains_key(&format!("prompts/{sound}{lang}.wav"))
        });
        if !there {
            let reason = Reason::new("check.prompt_missing").with("sound", sound);
            problems.push(Problem {
                key: key.into(),
                value: format!("\"{sound}\""),
                ..problem("campaign.toml", reason)
            });
        }
    }
}

/// Lengths stand before the bytes, so that no two folders are written alike.
fn version(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut digest = Sha256::new();
    for (path, bytes) in files.iter().filter(|(path, _)| belongs(path)) {
        for part in [path.as_bytes(), bytes] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sound::tests::tone;
    use super::*;

    fn folder() -> BTreeMap<String, Vec<u8>> {
        let toml = include_str!("folder_test.toml");
        BTreeMap::from([
            ("campaign.toml".to_owned(), toml.as_bytes().to_vec()),
            ("flow.lua".to_owned(), b"return {}".to_vec()),
            ("flow_test.lua".to_owned(), b"-- a test".to_vec()),
            ("leads.sample.csv".to_owned(), b"phone\n".to_vec()),
            ("prompts/abandoned.en.wav".to_owned(), tone(3.0)),
        ])
    }

    #[test]
    fn a_whole_folder() {
        let bundle = bundle(&folder()).unwrap_or_else(|p| panic!("{p:#?}"));
        assert_eq!(bundle.sources.keys().collect::<Vec<_>>(), ["flow.lua"]);
        assert_eq!(bundle.prompts["abandoned.en"], Duration::from_secs(3));
        assert_eq!(bundle.version.len(), 16);
        let mut other = folder();
        other.insert("flow_test.lua".into(), b"-- another test".to_vec());
        assert_eq!(
            super::bundle(&other).unwrap().version,
            bundle.version,
            "tests and lists are no part of the version"
        );
        other.insert("flow.lua".into(), b"return { }".to_vec());
        assert_ne!(super::bundle(&other).unwrap().version, bundle.version);
    }

    #[test]
    fn what_is_missing_or_damaged() {
        let mut files = folder();
        files.remove("flow.lua");
        files.remove("prompts/abandoned.en.wav");
        files.insert("prompts/welcome.wav".into(), b"ID3".to_vec());
        files.insert("scripts/latin.lua".into(), b"-- caf\xe9".to_vec());
        let problems = bundle(&files).unwrap_err();
        let found: Vec<(&str, &str)> = problems.iter().map(|p| (p.file.as_str(), p.reason.code.as_str())).collect();
        assert_eq!(
            found,
            [
                ("scripts/latin.lua", "check.file_text"),
                ("flow.lua", "check.file_missing"),
                ("prompts/welcome.wav", "check.wav"),
                ("campaign.toml", "check.prompt_missing"),
            ]
        );
        assert_eq!(bundle(&BTreeMap::new()).unwrap_err().len(), 2);
    }
}
