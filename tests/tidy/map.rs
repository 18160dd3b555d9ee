//! The map of `src/lib.rs`, read: which module may use which, and which crate stays behind which fence.

use super::source::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Beside what the map names: sockets of SIP and RTP are `live`'s alone.
const LIVE_ONLY: [&str; 2] = ["nix", "socket2"];

pub struct Map {
    /// Module to what it may use.
    pub uses: BTreeMap<String, Vec<String>>,
    /// Crate to where it may be used.
    pub fences: BTreeMap<String, Vec<Home>>,
}

/// A module, or one file of it: `pacing` and `call_rate` for `governor (call_rate)`.
pub struct Home {
    pub module: String,
    pub file: Option<String>,
}

impl Home {
    pub fn holds(&self, file: &File) -> bool {
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
    pub fn read() -> Map {
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
    pub fn fence(&mut self, module: &str, crates: &str) {
        let mut words = crates.split_whitespace().peekable();
        while let Some(name) = words.next() {
            let file = words.next_if(|next| next.starts_with('('));
            let file = file.map(|file| file.trim_matches(|c| c == '(' || c == ')').to_owned());
            let homes = self.fences.entry(name.replace('-', "_")).or_default();
            homes.push(Home { module: module.to_owned(), file });
        }
    }

    pub fn may_use(&self, module: &str, used: &str) -> bool {
        // The binary's root joins what cli joins.
        let module = if module == "main" { "cli" } else { module };
        let Some(uses) = self.uses.get(module) else { return module == "lib" };
        module == used || uses.iter().any(|allowed| allowed == used || allowed == "all")
    }
}
