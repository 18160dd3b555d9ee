//! `outpace preview DIR`: nothing is configured, the page opens without a password, the customer's phone rings when the
//! agent is ready, and the flow can be clicked through. What is saved is in the next call; what is wrong with it is shown
//! with its line. A folder with mistakes is refused with all of them.

#[path = "pages/browser.rs"]
mod browser;
mod real;

use browser::{Browser, ENTER, ESCAPE, picture};
use real::dialer::binary;
use real::{Process, scratch, tcp_port, wait_for, wait_until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The page, as a browser has it: with its cookie and its token.
struct Client {
    base: String,
    cookie: String,
    csrf: String,
    http: ureq::Agent,
}

impl Client {
    fn open(base: &str) -> Client {
        let http: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .into();
        let mut page = wait_for("the page", Duration::from_secs(60), || {
            http.get(format!("{base}/preview")).call().ok().filter(|page| page.status() == 200)
        });
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
        let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let html = page.body_mut().read_to_string().unwrap();
        assert!(html.contains("/ui/agent.js") && html.contains("/ui/preview.js"), "{html}");
        let mut browser = Client { base: base.to_owned(), cookie, csrf: String::new(), http };
        let session = browser.get("/v1/session");
        assert_eq!((&session["name"], &session["role"]), (&json!("anna"), &json!("agent")), "{session}");
        browser.csrf = session["csrf"].as_str().unwrap().to_owned();
        browser
    }

    fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.base)).header("Cookie", &self.cookie);
        let mut answer = request.call().unwrap();
        assert_eq!(answer.status(), 200, "GET {path}");
        answer.body_mut().read_json().unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> u16 {
        let request = self.http.post(format!("{}{path}", self.base)).header("Cookie", &self.cookie);
        request.header("X-CSRF-Token", &self.csrf).send_json(body).unwrap().status().as_u16()
    }

    #[track_caller]
    fn phone_is(&self, state: &str) {
        wait_until(&format!("the phone to be {state}"), Duration::from_secs(30), || {
            self.get("/preview/phone")["phone"] == state
        });
    }
}

fn preview(dir: &Path, port: u16, log: &Path) -> Process {
    Process::start(binary().arg("preview").arg(dir).args(["--port", &port.to_string()]), log)
}

#[test]
fn a_flow_is_clicked_through_with_a_phone_in_the_other_hand() {
    let dir = scratch("preview");
    let campaign = Path::new(env!("CARGO_MANIFEST_DIR")).join("campaigns/telesales");
    let port = tcp_port();
    let mut process = preview(&campaign, port, &dir.join("log"));
    let browser = Client::open(&format!("http://127.0.0.1:{port}"));
    let agent = browser.get("/v1/session")["agent"].as_str().unwrap().to_owned();
    let campaign = "0000000000000001";
    assert_eq!(browser.get("/preview/phone")["phone"], "idle");
    assert_eq!(browser.post(&format!("/v1/agents/{agent}/login"), &json!({ "campaigns": [campaign] })), 200);
    wait_until("the softphone to be up", Duration::from_secs(30), || {
        browser.post(&format!("/v1/agents/{agent}/ready"), &json!({})) == 200
            && browser.get(&format!("/v1/agents/{agent}"))["now"]["state"] == "ready"
    });
    // Refused once: the next one rings.
    browser.phone_is("ringing");
    assert_eq!(browser.post("/preview/phone/hangup", &json!({})), 204);
    browser.phone_is("idle");
    browser.phone_is("ringing");
    assert_eq!(browser.post("/preview/phone/answer", &json!({})), 204);
    browser.phone_is("up");
    let view = wait_for("the opener", Duration::from_secs(20), || {
        let now = browser.get(&format!("/v1/agents/{agent}"))["now"].clone();
        (!now["call"]["step"].is_null()).then(|| now["call"].clone())
    });
    assert!(view["step"]["text"]["en"].as_str().is_some_and(|text| !text.is_empty()), "{view}");
    assert_eq!(browser.post("/preview/phone/5", &json!({})), 204);
    assert_eq!(browser.post("/preview/phone/nonsense", &json!({})), 422);
    assert_eq!(browser.post("/preview/phone/hangup", &json!({})), 204);
    browser.phone_is("idle");
    wait_until("wrap-up", Duration::from_secs(20), || {
        browser.get(&format!("/v1/agents/{agent}"))["now"]["state"] == "wrap"
    });
    process.signal("TERM");
    process.wait("the preview", Duration::from_secs(30));
    assert!(!process.said().contains("panicked"), "{}", process.said());
}

#[test]
fn a_flow_is_written_beside_the_page() {
    let dir = scratch("preview-browser");
    let mine = dir.join("mine");
    assert!(binary().arg("new").arg(&mine).output().unwrap().status.success());
    let port = tcp_port();
    let mut process = preview(&mine, port, &dir.join("log"));
    drop(Client::open(&format!("http://127.0.0.1:{port}")));
    let page = Browser::start(&dir, "preview", "en-US");
    page.open(&format!("http://127.0.0.1:{port}/preview"));
    page.until("document.querySelector('#wait form')");
    page.until_text("#strip .detail", "registered");
    page.until_text("#phone", "Silent");
    page.axe_finds_nothing("the preview before the shift");
    page.keys(ENTER);
    state(&page, "pause");
    page.keys(ENTER);
    answered(&page);
    assert_eq!(page.text(".who .name"), "Ann Lee", "a made-up person with the columns of the folder's list");
    page.until("document.querySelector('#phone-state').dataset.state === 'up'");
    page.axe_finds_nothing("a call beside the phone");
    picture(&page, &dir, "preview");
    from_the_opener_to_the_order(&page);

    // Saved in a call: the call keeps what it began with, the next one has it.
    let flow = mine.join("flow.lua");
    let written = std::fs::read_to_string(&flow).unwrap();
    let (before, after) = ("We have an offer for you.", "Your filter is two years old.");
    assert!(written.contains(before));
    std::fs::write(&flow, written.replace(before, after)).unwrap();
    page.until_text("#saved", "once this call is closed");
    page.keys(ENTER);
    page.until("document.querySelector('#saved[data-version=\"1\"]')");
    answered(&page);
    page.until_text("#say", after);

    // What is wrong is shown with its line, and what was good goes on.
    let torn = written.replace("local answer = step(\"opener\", {", "local answer = stepp(\"opener\", {");
    let line = torn.lines().position(|line| line.contains("stepp")).unwrap() + 1;
    std::fs::write(&flow, &torn).unwrap();
    page.until_text("#problem", &format!("flow.lua:{line}"));
    page.axe_finds_nothing("a mistake in the flow");
    picture(&page, &dir, "preview-mistake");
    assert!(page.text("#say").contains(after), "{}", page.text("#say"));
    std::fs::write(&flow, &written).unwrap();
    page.until("!document.querySelector('#problem')");
    page.keys("x");
    state(&page, "wrap");
    page.keys(ENTER);
    page.until("document.querySelector('#saved[data-version=\"2\"]')");
    answered(&page);
    page.until_text("#say", before);
    assert_eq!(page.log(), Vec::<String>::new(), "no script failed, no policy was broken");
    drop(page);
    process.signal("TERM");
    process.wait("the preview", Duration::from_secs(30));
    assert!(!process.said().contains("panicked"), "{}", process.said());
}

fn state(page: &Browser, state: &str) {
    page.until(&format!("document.querySelector('#strip')?.dataset.state === {state:?}"));
}

/// The customer's phone rings and is picked up.
fn answered(page: &Browser) {
    page.until("document.querySelector('#phone [data-k=answer]')");
    page.value("document.querySelector('#phone [data-k=answer]').click()");
    state(page, "talk");
    page.until("document.querySelector('#say') && document.querySelector('.who .name')");
}

/// By keyboard: the objection that it costs too much, the order of two, the close.
fn from_the_opener_to_the_order(page: &Browser) {
    let opener = page.text("#say");
    page.keys("q");
    page.until_text("#step .tag", "Objection");
    page.keys("1");
    page.until(&format!("document.querySelector('#say')?.textContent === {opener:?}"));
    page.keys("1");
    page.until("document.querySelector('#form')");
    page.type_into("#field-quantity", "2");
    page.keys(ESCAPE);
    page.keys("1");
    page.until_text("#step", "The flow has ended");
    page.keys("x");
    state(page, "wrap");
    page.until("document.querySelector('[data-outcome=order][aria-pressed=true]')");
}

#[test]
fn a_folder_with_mistakes_is_refused_with_all_of_them() {
    let dir = scratch("preview-torn");
    std::fs::write(dir.join("campaign.toml"), "title = 7\nhours = 3\n").unwrap();
    let output = binary().arg("preview").arg(&dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("problems") && said.contains("campaign.toml"), "{said}");
}
