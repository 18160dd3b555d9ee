//! The web pages, embedded as they stand in `pages/`: HTML, one stylesheet, ES modules, no build step.
//! It refuses to know what the pages show; `api::pages` serves them.

use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/ui/pages");

static FILES: LazyLock<BTreeMap<&'static str, Asset>> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    collect(&FOLDER, &mut files);
    files
});

/// One file as it is served.
#[derive(Debug)]
pub struct Asset {
    /// With its charset.
    pub content_type: &'static str,
    pub body: &'static [u8],
    /// Of its content, in quotes (RFC 9110 section 8.8.3).
    pub etag: String,
}

/// By its path within `pages/`, such as `agent.html`.
pub fn find(path: &str) -> Option<&'static Asset> {
    FILES.get(path)
}

pub fn paths() -> impl Iterator<Item = &'static str> {
    FILES.keys().copied()
}

fn collect(dir: &Dir<'static>, files: &mut BTreeMap<&'static str, Asset>) {
    for file in dir.files() {
        let path = file.path().to_str().expect("our own files have plain names");
        let body = file.contents();
        files.insert(path, Asset { content_type: content_type(path), body, etag: etag(body) });
    }
    dir.dirs().for_each(|inner| collect(inner, files));
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

fn etag(body: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(body);
    let hex: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page names is there, and nothing comes from elsewhere.
    #[test]
    fn pages_name_only_what_is_embedded() {
        for page in ["agent.html", "floor.html"] {
            let html = std::str::from_utf8(find(page).expect("both pages are there").body).expect("UTF-8");
            let named: Vec<&str> = html.split(['"', '\'']).filter(|part| part.starts_with("/ui/")).collect();
            assert!(named.len() >= 2, "{page} names its style and its module");
            for path in named {
                assert!(find(&path["/ui/".len()..]).is_some(), "{page} names {path}");
            }
            assert!(!html.contains("://"), "{page} names another host");
            assert!(!html.contains("<style") && !html.contains("style="), "{page}: the policy forbids inline style");
            assert!(!html.contains("onclick") && !html.contains("<script>"), "{page}: and inline script");
        }
    }

    #[test]
    fn modules_import_only_what_is_embedded() {
        for path in paths().filter(|path| path.ends_with(".js") && !path.starts_with("vendor/")) {
            let text = std::str::from_utf8(find(path).expect("listed").body).expect("UTF-8");
            let imports = text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1));
            for import in imports {
                let target = import.trim_start_matches("./");
                assert!(find(target).is_some(), "{path} imports {import}");
            }
        }
    }
}
