//! The web pages, embedded as they stand in `pages/`: one frame of HTML, one stylesheet, ES modules, no build step.
//! It refuses to know what the pages show; `api::pages` serves them.

mod frame;

use include_dir::{Dir, include_dir};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/ui/pages");

/// Of every page.
const FRAME: &str = "frame.html";

static FILES: LazyLock<BTreeMap<&'static str, Asset>> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    collect(&FOLDER, &mut files);
    files.remove(FRAME);
    for page in &frame::PAGES {
        let html = page.html(text(FRAME), text).into_bytes();
        let (content_type, etag) = (content_type(page.name), etag(&html));
        files.insert(page.name, Asset { content_type, body: Cow::Owned(html), etag });
    }
    files
});

/// One file as it is served.
#[derive(Debug)]
pub struct Asset {
    /// With its charset.
    pub content_type: &'static str,
    pub body: Cow<'static, [u8]>,
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

/// Of our own files, which are there and in UTF-8.
fn text(path: &str) -> &'static str {
    let file = FOLDER.get_file(path).unwrap_or_else(|| panic!("{path} is named and not embedded"));
    file.contents_utf8().expect("our own files are UTF-8")
}

fn collect(dir: &Dir<'static>, files: &mut BTreeMap<&'static str, Asset>) {
    for file in dir.files() {
        let path = file.path().to_str().expect("our own files have plain names");
        let body = file.contents();
        files.insert(path, Asset { content_type: content_type(path), body: Cow::Borrowed(body), etag: etag(body) });
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

    fn read(path: &str) -> &'static str {
        let asset = find(path).unwrap_or_else(|| panic!("{path} is not there"));
        std::str::from_utf8(&asset.body).expect("UTF-8")
    }

    /// What a page names is there, and nothing comes from elsewhere.
    #[test]
    fn pages_name_only_what_is_embedded() {
        for page in ["agent.html", "floor.html", "preview.html"] {
            let html = read(page);
            let named: Vec<&str> = html.split(['"', '\'']).filter(|part| part.starts_with("/ui/")).collect();
            assert!(named.len() >= 8, "{page} names its style and its modules: {named:?}");
            for path in named {
                assert!(find(&path["/ui/".len()..]).is_some(), "{page} names {path}");
            }
            assert!(!html.contains("{{"), "{page}: the frame has a place that is not filled");
            assert!(!html.contains("://"), "{page} names another host");
            assert!(!html.contains("<style") && !html.contains("style="), "{page}: the policy forbids inline style");
            assert!(!html.contains("onclick") && !html.contains("<script>"), "{page}: and inline script");
        }
    }

    #[test]
    fn modules_import_only_what_is_embedded() {
        for path in paths().filter(|path| path.ends_with(".js") && !path.starts_with("vendor/")) {
            for import in frame::imports(path, read(path)) {
                assert!(find(&import).is_some(), "{path} imports {import}");
            }
        }
    }
}
