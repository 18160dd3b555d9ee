//! The house rules that a compiler does not check: who may import whom (the map in src/lib.rs is the law), which
//! crate stays behind which fence, what a pure module may not touch, and that every sentence exists in three
//! languages. Each message says file, line and the fix.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// No clock, socket, thread, file, unseeded chance or unordered map in these.
const PURE: [&str; 11] =
    ["words", "facts", "campaign", "floor", "pacing", "kpi", "script", "engine", "sip", "media", "sim"];

/// Beside what the map names: sockets of SIP and RTP are `live`'s alone.
const LIVE_ONLY: [&str; 2] = ["nix", "socket2"];

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

// ── the map ──

struct Map {
    /// Module to what it may use.
    uses: BTreeMap<String, Vec<String>>,
    /// Crate to where it may be used.
    fences: BTreeMap<String, Vec<Home>>,
}

/// A module, or one file of it: `pacing` and `call_rate` for `governor (call_rate)`.
struct Home {
    module: String,
    file: Option<String>,
}

impl Home {
    fn holds(&self, file: &File) -> bool {
        let within = |stem: &String| file.path.iter().any(|part| Path::new(part).file_stem() == Some(stem.as_ref()));
        file.module() == self.module && self.file.as_ref().is_none_or(within)
    }
}

impl std::fmt::Display for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}/{file}", self.module),
            None => f.write_str(&self.module),
        }
    }
}

impl Map {
    fn read() -> Map {
        let lib = File::open(root().join("src/lib.rs"));
        let mut map = Map { uses: BTreeMap::new(), fences: BTreeMap::new() };
        let (mut uses, mut crates) = (None, String::new());
        for line in lib.text.lines() {
            if let Some(list) = line.strip_prefix("// uses:") {
                uses = Some(list.split_whitespace().filter(|word| *word != "-").map(str::to_owned).collect());
            } else if let Some(list) = line.strip_prefix("// crates:") {
                crates = list.to_owned();
            } else if let Some(module) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
                let uses = uses.take().unwrap_or_else(|| panic!("src/lib.rs: {module} has no line \"// uses:\""));
                map.uses.insert(module.to_owned(), uses);
                map.fence(module, &std::mem::take(&mut crates));
            }
        }
        for name in LIVE_ONLY {
            map.fences.entry(name.to_owned()).or_default().push(Home { module: "live".into(), file: None });
        }
        map
    }

    /// `tokio governor (call_rate)`.
    fn fence(&mut self, module: &str, crates: &str) {
        let mut words = crates.split_whitespace().peekable();
        while let Some(name) = words.next() {
            let file = words.next_if(|next| next.starts_with('('));
            let file = file.map(|file| file.trim_matches(|c| c == '(' || c == ')').to_owned());
            let homes = self.fences.entry(name.replace('-', "_")).or_default();
            homes.push(Home { module: module.to_owned(), file });
        }
    }

    fn may_use(&self, module: &str, used: &str) -> bool {
        // The binary's root joins what cli joins.
        let module = if module == "main" { "cli" } else { module };
        let Some(uses) = self.uses.get(module) else { return module == "lib" };
        module == used || uses.iter().any(|allowed| allowed == used || allowed == "all")
    }
}

// ── reading source ──

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

struct File {
    path: PathBuf,
    text: String,
}

impl File {
    fn open(path: PathBuf) -> File {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        File { text: String::from_utf8_lossy(&bytes).into_owned(), path }
    }

    fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string()
    }

    /// The parts below `src/`: `kpi`, `catalogue`, `reach`.
    fn parts(&self) -> Vec<&str> {
        let below = self.path.strip_prefix(root().join("src")).unwrap_or(&self.path);
        let mut parts: Vec<&str> =
            below.iter().filter_map(|part| part.to_str()).map(|part| part.trim_end_matches(".rs")).collect();
        if parts.last() == Some(&"mod") {
            parts.pop();
        }
        parts
    }

    fn module(&self) -> &str {
        self.parts().first().copied().unwrap_or("lib")
    }

    /// Tests of a module may look over its fence.
    fn is_test(&self) -> bool {
        self.parts().iter().any(|part| *part == "tests" || part.ends_with("_test") || part.ends_with("_tests"))
    }

    /// Lines with their numbers, without comments and without the file's tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.is_test();
        let end = self.text.lines().position(|line| line.starts_with("#[cfg(test)]")).unwrap_or(usize::MAX);
        self.all_code().take_while(move |(number, _)| *number <= end).filter(move |_| !tests)
    }

    fn all_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(n, line)| (n + 1, without_comment(line)))
    }

    /// With the number of modules above each line: as many `super`s leave the crate's top module.
    fn code_with_depth(&self) -> Vec<(usize, &str, usize)> {
        let own = self.parts().len();
        let mut inline: Vec<usize> = Vec::new();
        let mut lines = Vec::new();
        for (number, line) in self.code() {
            let indent = line.len() - line.trim_start().len();
            if line.trim() == "}" {
                inline.retain(|held| *held != indent);
            }
            lines.push((number, line, own + inline.len()));
            let opens = line.trim_start().trim_start_matches("pub ").starts_with("mod ") && line.ends_with('{');
            if opens {
                inline.push(indent);
            }
        }
        lines
    }

    /// Modules of this crate that a line names: `crate::x`, `crate::{x, y}`, `outpace::x`.
    fn named_modules(&self, line: &str) -> Vec<String> {
        let mut names = Vec::new();
        for prefix in ["crate::", "outpace::"] {
            for (at, _) in line.match_indices(prefix) {
                let free =
                    line[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '$'));
                let rest = &line[at + prefix.len()..];
                let group = rest.strip_prefix('{').map(|group| group.split('}').next().unwrap_or(group));
                let firsts: Vec<&str> = match group {
                    Some(group) => group.split(',').map(str::trim).collect(),
                    None => vec![rest],
                };
                let word =
                    |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
                names.extend(firsts.into_iter().map(word).filter(|name| free && !name.is_empty()));
            }
        }
        names
    }

    /// `Reason::new("code")`, also with a line break before the code; in tests of a module any code is fine.
    fn reasons(&self) -> Vec<(usize, String)> {
        let code: String = self.code().map(|(_, line)| format!("{line}\n")).collect();
        let mut found = Vec::new();
        for (at, call) in code.match_indices("Reason::new(") {
            let rest = code[at + call.len()..].trim_start();
            if let Some(literal) = rest.strip_prefix('"') {
                let line = code[..at].lines().count().max(1);
                found.push((line, literal.split('"').next().unwrap_or("").to_owned()));
            }
        }
        found
    }
}

#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn at(&mut self, file: &File, line: usize, fix: &str) {
        self.0.push(format!("{}:{line}: {fix}", file.name()));
    }

    fn must_be_none(self) {
        assert!(self.0.is_empty(), "\n{}\n", self.0.join("\n"));
    }
}

fn sources() -> Vec<File> {
    rust_files("src")
}

/// The judge is a crate of its own, kept as it was given to us.
fn rust_files(dir: &str) -> Vec<File> {
    let judge = root().join("tests/judge");
    let files = walk(&root().join(dir), &["rs"]).into_iter().filter(|path| !path.starts_with(&judge));
    files.map(File::open).collect()
}

fn walk(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let hidden = name.starts_with('.') && name != ".ci";
        if path.is_dir() && !hidden && !["target", "data", "node_modules"].contains(&name) {
            found.extend(walk(&path, endings));
        } else if path.is_file() && endings.iter().any(|end| name == *end || name.ends_with(&format!(".{end}"))) {
            found.push(path);
        }
    }
    found
}

/// Without what follows `//`, unless that stands in a string.
fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(at) = line[from..].find("//").map(|at| at + from) {
        let quotes = line[..at].matches('"').count() - line[..at].matches("\\\"").count();
        if quotes.is_multiple_of(2) {
            return line[..at].trim_end();
        }
        from = at + 2;
    }
    line
}

/// The most `super`s in a row: `super::super::x` is 2.
fn longest_climb(line: &str) -> usize {
    let mut best = 0;
    for (at, _) in line.match_indices("super::") {
        let starts = line[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'));
        if starts {
            let mut rest = &line[at..];
            let mut climb = 0;
            while let Some(next) = rest.strip_prefix("super::") {
                climb += 1;
                rest = next;
            }
            best = best.max(climb);
        }
    }
    best
}

/// `name::` as a path's first part, or `use name`.
fn uses_crate(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '.')))
    }) || line.trim() == format!("use {name};")
}

/// The word itself, not a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let starts = !word.starts_with(is_word) || !line[..at].chars().next_back().is_some_and(is_word);
        let ends = !word.ends_with(is_word) || !line[at + word.len()..].chars().next().is_some_and(is_word);
        starts && ends
    })
}

/// The `{names}` of a sentence.
fn arguments(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

/// Targets of `[text](target)` outside of code.
fn links(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    let targets = prose.flat_map(|part| part.split("](").skip(1));
    targets.filter_map(|rest| rest.split(')').next()).filter(|target| !target.contains(' ')).collect()
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
