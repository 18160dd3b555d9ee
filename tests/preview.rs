//! `outpace preview DIR`: nothing is configured, the page opens without a password, the customer's phone rings when the
//! agent is ready, and the flow can be clicked through. A folder with mistakes is refused with all of them.

mod real;

use real::dialer::binary;
use real::{Process, scratch, tcp_port, wait_for, wait_until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The page, as a browser has it: with its cookie and its token.
struct Browser {
    base: String,
    cookie: String,
    csrf: String,
    http: ureq::Agent,
}

impl Browser {
    fn open(base: &str) -> Browser {
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
        let mut browser = Browser { base: base.to_owned(), cookie, csrf: String::new(), http };
        let session = browser.get("/v1/session");
        assert_eq!((&session["name"], &session["role"]), (&json!("you"), &json!("agent")), "{session}");
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
            self.get("/preview/phone") == state
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
    let browser = Browser::open(&format!("http://127.0.0.1:{port}"));
    let agent = browser.get("/v1/session")["agent"].as_str().unwrap().to_owned();
    let campaign = "0000000000000001";
    assert_eq!(browser.get("/preview/phone"), "idle");
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
fn a_folder_with_mistakes_is_refused_with_all_of_them() {
    let dir = scratch("preview-torn");
    std::fs::write(dir.join("campaign.toml"), "title = 7\nhours = 3\n").unwrap();
    let output = binary().arg("preview").arg(&dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("problems") && said.contains("campaign.toml"), "{said}");
}
