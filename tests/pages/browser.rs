//! Headless Chromium, driven by WebDriver (W3C): plain JSON over HTTP. It refuses to know what the pages mean.
#![allow(dead_code, reason = "each test binary uses its own part of the support")]

use crate::real::{Process, run, tcp_port, wait_until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a page may take to show what must come.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Browser {
    /// Ended after the session, which ends Chromium.
    _driver: Process,
    http: ureq::Agent,
    session: String,
}

pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";

impl Browser {
    pub fn start(scratch: &Path, name: &str, lang: &str) -> Browser {
        let port = tcp_port();
        let log = scratch.join(format!("{name}-chromedriver.log"));
        let driver = Process::start(Command::new("chromedriver").arg(format!("--port={port}")), &log);
        let http: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(90)))
            .build()
            .into();
        let base = format!("http://127.0.0.1:{port}");
        wait_until("chromedriver to listen", Duration::from_secs(30), || {
            http.get(format!("{base}/status")).call().is_ok()
        });
        let profile = scratch.join(format!("{name}-profile"));
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--window-size=1440,1080".to_owned(),
            format!("--lang={lang}"),
            format!("--user-data-dir={}", profile.display()),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": lang } },
        } } });
        let mut answer = http.post(format!("{base}/session")).send_json(&wanted).expect("chromedriver answers");
        let answer: Value = answer.body_mut().read_json().expect("WebDriver is JSON");
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {answer}"));
        Browser { _driver: driver, http, session: format!("{base}/session/{id}") }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let mut answer =
            self.http.post(format!("{}{path}", self.session)).send_json(body).expect("chromedriver answers");
        let answer: Value = answer.body_mut().read_json().expect("WebDriver is JSON");
        let error = answer["value"]["error"].as_str();
        assert!(error.is_none(), "{path} {body}: {answer}");
        answer["value"].clone()
    }

    fn get(&self, path: &str) -> Value {
        let mut answer = self.http.get(format!("{}{path}", self.session)).call().expect("chromedriver answers");
        answer.body_mut().with_config().limit(50 << 20).read_json::<Value>().expect("WebDriver is JSON")["value"]
            .clone()
    }

    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// The value of an expression in the page.
    pub fn value(&self, expression: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": format!("return {expression}"), "args": [] }))
    }

    /// A script that calls its last argument when it is done.
    pub fn later(&self, script: &str) -> Value {
        self.post("/timeouts", &json!({ "script": 60_000 }));
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    pub fn text(&self, css: &str) -> String {
        self.value(&format!("document.querySelector({css:?})?.textContent ?? ''")).as_str().unwrap_or("").to_owned()
    }

    pub fn has(&self, css: &str) -> bool {
        self.value(&format!("document.querySelector({css:?}) !== null")) == true
    }

    /// Until an expression is true in the page.
    pub fn until(&self, expression: &str) {
        let start = Instant::now();
        while self.value(&format!("Boolean({expression})")) != true {
            if start.elapsed() > PATIENCE {
                let seen = self.value("document.body.innerText");
                panic!("waited for {expression}; the page says:\n{}\n{:?}", seen.as_str().unwrap_or(""), self.log());
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    pub fn until_text(&self, css: &str, text: &str) {
        self.until(&format!("document.querySelector({css:?})?.textContent.includes({text:?})"));
    }

    /// Keys, one after the other, wherever the focus is.
    pub fn keys(&self, keys: &str) {
        let presses: Vec<Value> = keys
            .chars()
            .flat_map(|key| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })])
            .collect();
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": presses }] }));
    }

    /// Moves the focus there, and types.
    pub fn type_into(&self, css: &str, text: &str) {
        self.value(&format!("(document.querySelector({css:?}).focus(), document.querySelector({css:?}).select?.())"));
        self.keys(text);
    }

    /// What is read out as having the focus.
    pub fn focused(&self) -> String {
        self.value("document.activeElement?.id || document.activeElement?.dataset.k || document.activeElement?.tagName")
            .as_str()
            .unwrap_or("")
            .to_owned()
    }

    /// Of the window, for pictures of a whole page.
    pub fn height(&self, pixels: u32) {
        self.post("/window/rect", &json!({ "width": 1440, "height": pixels }));
    }

    // ── tabs and the network ──

    pub fn tabs(&self) -> Vec<String> {
        let handles = self.get("/window/handles");
        handles.as_array().expect("a list").iter().filter_map(|tab| tab.as_str().map(str::to_owned)).collect()
    }

    pub fn new_tab(&self) -> String {
        let tab = self.post("/window/new", &json!({ "type": "tab" }));
        tab["handle"].as_str().expect("a tab has a handle").to_owned()
    }

    pub fn to_tab(&self, handle: &str) {
        self.post("/window", &json!({ "handle": handle }));
    }

    pub fn close_tab(&self) {
        let answer = self.http.delete(format!("{}/window", self.session)).call();
        answer.expect("chromedriver answers");
    }

    pub fn network(&self, on: bool) {
        let conditions = json!({ "offline": !on, "latency": 0, "download_throughput": -1, "upload_throughput": -1 });
        self.post("/chromium/network_conditions", &json!({ "network_conditions": conditions }));
    }

    // ── witnesses ──

    pub fn screenshot(&self, file: &Path) {
        let encoded = self.get("/screenshot");
        std::fs::write(file, base64(encoded.as_str().expect("base64"))).expect("writable");
    }

    /// Errors of scripts and refused resources; a 401 is how the login begins, and others are named by the caller.
    pub fn log(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let severe = entries.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        severe.filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
    }

    /// axe-core over the page as it stands: every rule of WCAG 2.0 to 2.2, A and AA, and its best practices.
    pub fn axe_finds_nothing(&self, what: &str) {
        let axe = std::fs::read_to_string(axe()).expect("tests/install.sh fetches axe-core");
        self.post("/execute/sync", &json!({ "script": axe, "args": [] }));
        let found = self.later(
            "const done = arguments[arguments.length - 1];
             axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
                .then((result) => done({ passes: result.passes.length, violations: result.violations.flatMap((rule) =>
                    rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary}`)) }),
                    (error) => done({ passes: 0, violations: [String(error)] }));",
        );
        let violations = found["violations"].as_array().expect("a list");
        assert!(violations.is_empty(), "axe on {what}: {violations:#?}");
        assert!(found["passes"].as_u64() > Some(10), "axe looked at {what}: {found}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.http.delete(&self.session).call();
    }
}

fn axe() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp is in the target folder");
    target.join("axe-core/package/axe.min.js")
}

/// RFC 4648 section 4, without a crate.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| ALPHABET.iter().position(|known| *known == byte));
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(text.len() * 3 / 4), 0_u32, 0);
    for digit in digits {
        held = (held << 6 | digit as u32) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

/// For the papers, when asked: `OUTPACE_PICTURES=docs/pictures cargo test --test pages`.
pub fn picture(browser: &Browser, scratch: &Path, name: &str) {
    let file = scratch.join(format!("{name}.png"));
    browser.screenshot(&file);
    let Some(dir) = std::env::var_os("OUTPACE_PICTURES") else { return };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    std::fs::create_dir_all(&dir).expect("writable");
    run(Command::new("pngquant")
        .args(["--force", "--strip", "--speed", "1", "--quality", "60-90", "--output"])
        .arg(dir.join(format!("{name}.png")))
        .arg(&file));
}
