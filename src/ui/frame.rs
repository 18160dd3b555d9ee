//! The pages' one frame: `pages/frame.html` with what each page adds. The modules to load ahead follow from the imports,
//! so that no list of them can be forgotten. It refuses to know what a page shows.

use std::collections::BTreeSet;

/// What differs from page to page.
pub(super) struct Page {
    /// Under which it is found.
    pub name: &'static str,
    /// Where the brand in the bar leads.
    home: &'static str,
    styles: &'static [&'static str],
    modules: &'static [&'static str],
    /// HTML after the main part.
    beside: &'static str,
}

pub(super) const PAGES: [Page; 3] = [
    Page { name: "agent.html", home: "/agent", styles: &[], modules: &["agent.js"], beside: "" },
    Page { name: "floor.html", home: "/floor", styles: &["vendor/uPlot.min.css"], modules: &["floor.js"], beside: "" },
    Page {
        name: "preview.html",
        home: "/preview",
        styles: &[],
        modules: &["agent.js", "preview.js"],
        beside: r#"<section id="phone" class="preview-phone" aria-live="polite"></section>"#,
    },
];

impl Page {
    /// `text`: of an embedded module by its path.
    pub(super) fn html(&self, frame: &str, text: impl Fn(&str) -> &'static str) -> String {
        let style = |path: &&str| format!(r#"<link rel="stylesheet" href="/ui/{path}">"#);
        let preload = |path: &String| format!(r#"<link rel="modulepreload" href="/ui/{path}">"#);
        let module = |path: &&str| format!(r#"<script type="module" src="/ui/{path}"></script>"#);
        let ahead = imported(self.modules, text);
        let lines: Vec<String> = self.styles.iter().map(style).chain(ahead.iter().map(preload)).collect();
        let head = lines.into_iter().chain(self.modules.iter().map(module)).collect::<Vec<_>>().join("\n  ");
        frame.replace("{{head}}", &head).replace("{{home}}", self.home).replace("{{beside}}", self.beside)
    }
}

/// All that these modules import, and what that imports, without themselves.
fn imported(modules: &[&str], text: impl Fn(&str) -> &'static str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = modules.iter().map(|path| (*path).to_owned()).collect();
    while let Some(path) = open.pop() {
        let new = imports(&path, text(&path)).filter(|target| found.insert(target.clone()));
        open.extend(new.collect::<Vec<_>>());
    }
    found.retain(|path| !modules.contains(&path.as_str()));
    found
}

/// What a module imports, by paths of their own: each import stands on one line.
pub(super) fn imports<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = String> + 'a {
    text.lines().filter_map(move |line| Some(resolve(path, line.strip_prefix("import ")?.split('"').nth(1)?)))
}

/// `../dom.js`, named in `agent/call.js`, is `dom.js`.
fn resolve(from: &str, named: &str) -> String {
    let mut path: Vec<&str> = from.split('/').collect();
    path.pop();
    for part in named.split('/') {
        match part {
            "." => {}
            ".." => _ = path.pop(),
            name => path.push(name),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_followed_from_folder_to_folder() {
        let text = |path: &str| match path {
            "agent.js" => "// of a page\nimport { a } from \"./agent/call.js\";\nimport { b } from \"./dom.js\";\n",
            "agent/call.js" => "import { b } from \"../dom.js\";\nimport { c } from \"./desk.js\";\n",
            _ => "",
        };
        let all: Vec<String> = imported(&["agent.js"], text).into_iter().collect();
        assert_eq!(all, ["agent/call.js", "agent/desk.js", "dom.js"]);
    }
}
