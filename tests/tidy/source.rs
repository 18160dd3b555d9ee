//! Source as the rules see it: without comments, by module, what it names and how deep it stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub struct File {
    pub path: PathBuf,
    pub text: String,
}

impl File {
    pub fn open(path: PathBuf) -> File {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        File { text: String::from_utf8_lossy(&bytes).into_owned(), path }
    }

    pub fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string()
    }

    /// The parts below `src/`: `kpi`, `catalogue`, `reach`.
    pub fn parts(&self) -> Vec<&str> {
        let below = self.path.strip_prefix(root().join("src")).unwrap_or(&self.path);
        let mut parts: Vec<&str> =
            below.iter().filter_map(|part| part.to_str()).map(|part| part.trim_end_matches(".rs")).collect();
        if parts.last() == Some(&"mod") {
            parts.pop();
        }
        parts
    }

    pub fn module(&self) -> &str {
        self.parts().first().copied().unwrap_or("lib")
    }

    /// Tests of a module may look over its fence.
    pub fn is_test(&self) -> bool {
        self.parts().iter().any(|part| *part == "tests" || part.ends_with("_test") || part.ends_with("_tests"))
    }

    /// Lines with their numbers, without comments and without the file's tests.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.is_test();
        let end = self.text.lines().position(|line| line.starts_with("#[cfg(test)]")).unwrap_or(usize::MAX);
        self.all_code().take_while(move |(number, _)| *number <= end).filter(move |_| !tests)
    }

    pub fn all_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(n, line)| (n + 1, without_comment(line)))
    }

    /// With the number of modules above each line: as many `super`s leave the crate's top module.
    pub fn code_with_depth(&self) -> Vec<(usize, &str, usize)> {
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
    pub fn named_modules(&self, line: &str) -> Vec<String> {
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
    pub fn reasons(&self) -> Vec<(usize, String)> {
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
pub struct Wrong(Vec<String>);

impl Wrong {
    pub fn at(&mut self, file: &File, line: usize, fix: &str) {
        self.0.push(format!("{}:{line}: {fix}", file.name()));
    }

    pub fn must_be_none(self) {
        assert!(self.0.is_empty(), "\n{}\n", self.0.join("\n"));
    }
}

pub fn sources() -> Vec<File> {
    rust_files("src")
}

/// The judge is a crate of its own, kept as it was given to us.
pub fn rust_files(dir: &str) -> Vec<File> {
    let judge = root().join("tests/judge");
    let files = walk(&root().join(dir), &["rs"]).into_iter().filter(|path| !path.starts_with(&judge));
    files.map(File::open).collect()
}

pub fn walk(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
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
pub fn without_comment(line: &str) -> &str {
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
pub fn longest_climb(line: &str) -> usize {
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
pub fn uses_crate(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '.')))
    }) || line.trim() == format!("use {name};")
}

/// The word itself, not a part of a longer one.
pub fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let starts = !word.starts_with(is_word) || !line[..at].chars().next_back().is_some_and(is_word);
        let ends = !word.ends_with(is_word) || !line[at + word.len()..].chars().next().is_some_and(is_word);
        starts && ends
    })
}

/// The `{names}` of a sentence.
pub fn arguments(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

/// Targets of `[text](target)` outside of code.
pub fn links(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    let targets = prose.flat_map(|part| part.split("](").skip(1));
    targets.filter_map(|rest| rest.split(')').next()).filter(|target| !target.contains(' ')).collect()
}
