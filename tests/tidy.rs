//! The house rules that a compiler does not check: who may import whom (the map in src/lib.rs is the law), which
//! crate stays behind which fence, what a pure module may not touch, and that every sentence exists in three
//! languages. Each message says file, line and the fix.

#[path = "tidy/map.rs"]
mod map;
#[path = "tidy/source.rs"]
mod source;

use map::*;
use source::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// No clock, socket, thread, file, unseeded chance or unordered map in these.
const PURE: [&str; 11] =
    ["words", "facts", "campaign", "floor", "pacing", "kpi", "script", "engine", "sip", "media", "sim"];

/// What it is, and what to do instead.
const IMPURE: [(&str, &str); 15] = [
    ("::now()", "take the moment as an argument"),
    ("Instant", "take words::Moment as an argument"),
    ("SystemTime", "take words::Wall as an argument"),
    ("std::thread", "move it to live, store, api or cli"),
    ("thread::spawn", "move it to live, store, api or cli"),
    ("UdpSocket", "sockets stand in live"),
    ("TcpStream", "sockets stand in live"),
    ("TcpListener", "sockets stand in live"),
    ("std::fs", "files are read in store, live or cli"),
    ("std::env", "settings come as arguments"),
    ("HashMap", "its order is chance: take BTreeMap, slab or Vec"),
    ("HashSet", "its order is chance: take BTreeSet, slab or Vec"),
    ("thread_rng", "take a seeded rng as an argument"),
    ("rand::rng(", "take a seeded rng as an argument"),
    ("getrandom", "take the bytes as an argument"),
];

const UNFINISHED: [(&str, &str); 4] = [
    ("todo!", "finish it or return a typed error"),
    ("unimplemented!", "finish it or return a typed error"),
    ("dbg!", "use tracing"),
    ("#[ignore", "let the test run, or delete it"),
];

const LINES_MAX: usize = 600;

// ── the tests ──

#[test]
fn imports_follow_the_map() {
    let map = Map::read();
    let mut wrong = Wrong::default();
    for file in sources() {
        for (number, line) in file.code() {
            for module in file.named_modules(line) {
                let allowed = map.may_use(file.module(), &module);
                if !allowed {
                    let me = file.module();
                    let fix = format!("{me} may not use {module}: move the code, or argue the map in src/lib.rs");
                    wrong.at(&file, number, &fix);
                }
            }
        }
    }
    wrong.must_be_none();
}

#[test]
fn no_path_climbs_out_of_its_module() {
    let mut wrong = Wrong::default();
    for file in sources() {
        for (number, line, depth) in file.code_with_depth() {
            let climb = longest_climb(line);
            if climb > 0 && climb >= depth {
                wrong.at(&file, number, "super leaves the top module: write crate::, so that the map sees it");
            }
        }
    }
    wrong.must_be_none();
}

#[test]
fn crates_stay_behind_their_fences() {
    let map = Map::read();
    let mut wrong = Wrong::default();
    for file in sources() {
        for (number, line) in file.code() {
            for (name, homes) in &map.fences {
                let at_home = homes.iter().any(|home| home.holds(&file));
                if !at_home && uses_crate(line, name) {
                    let homes: Vec<String> = homes.iter().map(Home::to_string).collect();
                    wrong.at(&file, number, &format!("{name} belongs in {} alone", homes.join(", ")));
                }
            }
        }
    }
    wrong.must_be_none();
}

#[test]
fn pure_modules_touch_nothing() {
    let mut wrong = Wrong::default();
    for file in sources().iter().filter(|file| PURE.contains(&file.module())) {
        for (number, line) in file.code() {
            for (banned, fix) in IMPURE {
                // A clock trait names its own kind of moment so; it reads none.
                let named = line.trim_start().starts_with("type ");
                if has_word(line, banned) && !named {
                    wrong.at(file, number, &format!("{banned} in a pure module: {fix}"));
                }
            }
        }
    }
    wrong.must_be_none();
}

#[test]
fn the_map_names_every_module() {
    let map = Map::read();
    let on_disk: BTreeSet<String> = sources().iter().map(|file| file.module().to_owned()).collect();
    let mut on_map: BTreeSet<String> = map.uses.keys().cloned().collect();
    on_map.insert("main".into());
    on_map.insert("lib".into());
    assert_eq!(on_disk, on_map, "src/ and the map in src/lib.rs name the same modules");
    for (module, uses) in &map.uses {
        for used in uses {
            assert!(
                used == "all" || map.uses.contains_key(used),
                "src/lib.rs: {module} uses {used}, which is no module"
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is_and_stays_short() {
    let mut wrong = Wrong::default();
    for file in sources().into_iter().chain(rust_files("tests")).chain(rust_files("benches")) {
        if !file.text.starts_with("//!") {
            wrong.at(&file, 1, "open with //!: what it is, and what it refuses to be");
        }
        let lines = file.text.lines().count();
        if lines > LINES_MAX && file.path.starts_with(root().join("src")) {
            wrong.at(&file, lines, &format!("{lines} lines, more than {LINES_MAX}: look for the joint"));
        }
    }
    wrong.must_be_none();
}

#[test]
fn nothing_is_left_unfinished() {
    let mut wrong = Wrong::default();
    let files = sources().into_iter().chain(rust_files("tests")).chain(rust_files("benches"));
    for file in files.filter(|file| !file.path.ends_with("tidy.rs")) {
        for (number, line) in file.all_code() {
            for (banned, fix) in UNFINISHED {
                if line.contains(banned) {
                    wrong.at(&file, number, &format!("{banned}: {fix}"));
                }
            }
        }
    }
    wrong.must_be_none();
}

#[test]
fn no_path_of_a_machine() {
    // Put together here, so that this file does not find itself.
    let homes: Vec<String> = ["work", "home", "root", "Users"].map(|dir| format!("/{dir}/")).to_vec();
    let mut wrong = Wrong::default();
    for path in walk(&root(), &["rs", "md", "toml", "lua", "sh", "sql", "html", "js", "css", "yml", "run"]) {
        let file = File::open(path);
        for (number, line) in file.text.lines().enumerate() {
            // A path within a longer one (docs/home/...) or an address is not a machine's.
            let found = homes.iter().any(|home| {
                line.match_indices(home.as_str()).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    before
                        .is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '/' | '}' | '_' | '-' | '~' | '*')))
                })
            });
            if found {
                wrong.at(&file, number + 1, "a path of one machine: make it relative, or an argument");
            }
        }
    }
    wrong.must_be_none();
}

#[test]
fn every_reason_has_its_sentence_and_every_sentence_its_use() {
    let path = root().join("src/words/reasons.toml");
    let text = fs::read_to_string(&path).expect("src/words/reasons.toml is part of the source");
    let catalogue: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(&text).unwrap_or_else(|error| panic!("src/words/reasons.toml: {error}"));
    let mut wrong = Wrong::default();
    let mut literals = BTreeSet::new();
    for file in sources() {
        for (number, code) in file.reasons() {
            // A blank to be filled in has no sentence.
            if !code.is_empty() && !catalogue.contains_key(&code) {
                wrong.at(
                    &file,
                    number,
                    &format!("reason \"{code}\" has no sentence: add it to src/words/reasons.toml"),
                );
            }
        }
        literals.extend(file.text.split('"').map(str::to_owned));
    }
    let toml = File::open(path);
    for (code, texts) in &catalogue {
        let line = 1 + text.lines().position(|line| line.contains(&format!("\"{code}\""))).unwrap_or(0);
        if !literals.contains(code) {
            wrong.at(&toml, line, &format!("\"{code}\" is used nowhere in src/: delete it"));
        }
        let arguments: BTreeSet<BTreeSet<&str>> = texts.values().map(|text| arguments(text)).collect();
        if arguments.len() > 1 {
            wrong.at(&toml, line, &format!("\"{code}\": the languages name different arguments"));
        }
        for lang in ["en", "zh-Hans", "zh-Hant"] {
            if texts.get(lang).is_none_or(|text| text.trim().is_empty()) {
                wrong.at(&toml, line, &format!("\"{code}\" has no {lang}"));
            }
        }
    }
    wrong.must_be_none();
}

#[test]
fn links_of_the_papers_lead_somewhere() {
    let mut wrong = Wrong::default();
    for path in walk(&root(), &["md"]) {
        let file = File::open(path);
        for (number, line) in file.text.lines().enumerate() {
            for target in links(line) {
                let path = target.split('#').next().unwrap_or("");
                let elsewhere = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
                let here = file.path.parent().expect("a file has a folder").join(path);
                if !elsewhere && !here.exists() {
                    wrong.at(&file, number + 1, &format!("the link to {path} leads nowhere"));
                }
            }
        }
    }
    wrong.must_be_none();
}

// ── the rules themselves ──

#[test]
fn the_rules_see_what_they_should() {
    assert_eq!(longest_climb("use super::super::words;"), 2);
    assert_eq!(longest_climb("let x = self::super_::y;"), 0);
    assert!(uses_crate("use tokio::time;", "tokio") && uses_crate("    sqlx::query(x)", "sqlx"));
    assert!(!uses_crate("use crate::sip::rsip_::x;", "rsip") && !uses_crate("my_tokio::x", "tokio"));
    assert!(has_word("let m: HashMap<K, V>", "HashMap") && !has_word("IndexHashMap", "HashMap"));
    assert!(has_word("jiff::Zoned::now()", "::now()") && !has_word("at.now_or()", "::now()"));
    assert_eq!(without_comment("let url = \"sip://x\"; // why"), "let url = \"sip://x\";");
    assert_eq!(links("see [a](docs/a.md) and `[b](c)`"), ["docs/a.md"]);
    let file = File { path: root().join("src/kpi/catalogue/reach.rs"), text: String::new() };
    assert_eq!((file.module(), file.parts().len()), ("kpi", 3));
    assert_eq!(file.named_modules("use crate::{words::Wall, engine};"), ["words", "engine"]);
    let map = Map::read();
    assert!(map.may_use("kpi", "facts") && !map.may_use("kpi", "engine") && map.may_use("cli", "live"));
    assert!(map.fences["governor"].iter().any(|home| home.to_string() == "pacing/call_rate"));
}
