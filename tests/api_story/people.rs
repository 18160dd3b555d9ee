//! People log in: cookie, CSRF, lock-out, the end of a session; nobody learns who exists.

use super::house::{Answer, House};
use crate::real::wait_until;
use serde_json::{Value, json};
use std::time::Duration;

/// What a browser holds.
pub struct Browser {
    pub cookie: String,
    pub csrf: String,
    pub session: Value,
}

impl Browser {
    pub fn log_in(house: &House, name: &str, password: &str) -> Browser {
        let answer = attempt(house, name, password, "127.0.0.1");
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let csrf = answer.body["csrf"].as_str().unwrap().to_owned();
        Browser { cookie, csrf, session: answer.body }
    }

    pub fn ask(&self, house: &House, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("Cookie", self.cookie.as_str()), ("X-CSRF-Token", self.csrf.as_str())];
        house.ask_with("", method, path, body.as_bytes(), &headers)
    }

    /// A change of what was seen with this tag.
    pub fn ask_if(&self, house: &House, tag: &str, path: &str, body: &Value) -> Answer {
        let cookie = ("Cookie", self.cookie.as_str());
        let headers = [cookie, ("X-CSRF-Token", self.csrf.as_str()), ("If-Match", tag)];
        house.ask_with("", "POST", path, body.to_string().as_bytes(), &headers)
    }
}

fn attempt(house: &House, name: &str, password: &str, from: &str) -> Answer {
    let body = json!({ "name": name, "password": password }).to_string();
    house.ask_with(
        "",
        "POST",
        "/v1/session",
        body.as_bytes(),
        &[("X-Forwarded-For", from), ("X-Request-Id", "a-login")],
    )
}

fn add(house: &House, arguments: &[&str]) -> String {
    let printed = house.dialer.command(&[&["user", "add"], arguments].concat());
    printed.lines().last().expect("the password is printed last").to_owned()
}

/// An agent made by the command beside the running server: it logs in at once, and the engine hears of it by itself.
pub fn an_agent_is_hired_by_command(house: &House) {
    let printed =
        house.dialer.command(&["user", "add", "gerda", "--display", "葛爾達", "--role", "agent", "--lang", "zh-Hant"]);
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines.len() == 2 && lines[0].len() == 32, "the softphone's secret and the password: {printed}");
    let gerda = Browser::log_in(house, "gerda", lines[1]);
    assert_eq!((&gerda.session["role"], &gerda.session["lang"]), (&json!("agent"), &json!("zh-Hant")));
    let path = |what: &str| format!("/v1/agents/{}/{what}", gerda.session["agent"].as_str().unwrap());
    let campaigns = json!({ "campaigns": [house.first.campaign] });
    wait_until("the engine to know her", Duration::from_secs(20), || {
        gerda.ask(house, "POST", &path("login"), &campaigns).status == 200
    });
    let agent = house.get(path("").trim_end_matches('/'));
    assert_eq!((&agent["name"], &agent["display_name"]), (&json!("gerda"), &json!("葛爾達")), "{agent}");
    assert_eq!(gerda.ask(house, "POST", &path("logout"), &Value::Null).status, 200);
}

pub fn people_log_in(house: &mut House) {
    let password = add(house, &["mia", "--role", "manager", "--lang", "zh-Hans"]);
    let listed = house.dialer.command(&["user", "list"]);
    assert!(listed.contains("mia") && listed.contains("anna"), "agents are users: {listed}");
    let answer = attempt(house, "mia", &password, "127.0.0.1");
    let set = answer.headers["set-cookie"].to_str().unwrap();
    for part in ["outpace_session=", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age="] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "on loopback without a proxy: {set}");
    let mia = Browser::log_in(house, "mia", &password);
    let wanted = json!({ "name": "mia", "role": "manager", "agent": null, "campaign": null, "lang": "zh-Hans", "csrf": mia.csrf });
    assert_eq!(mia.session, wanted);
    let again = mia.ask(house, "GET", "/v1/session", &Value::Null);
    assert_eq!((again.status, again.body), (200, wanted));
    assert_eq!(mia.ask(house, "GET", "/v1/campaigns", &Value::Null).status, 200);
    changes_need_the_csrf_token(house, &mia);
    let pause = format!("/v1/campaigns/{}/pause", house.first.campaign);
    assert_eq!(mia.ask(house, "POST", &pause, &Value::Null).status, 200);
    let facts = house.get("/v1/events?kind=campaign_paused&limit=1000");
    let last = facts["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["by"], "user:mia", "{last}");
    house.restart();
    assert_eq!(mia.ask(house, "GET", "/v1/session", &Value::Null).status, 200, "a restart ends no session");
    let out = mia.ask(house, "DELETE", "/v1/session", &Value::Null);
    assert_eq!(out.status, 204, "{}", out.body);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(mia.ask(house, "GET", "/v1/session", &Value::Null).status, 401);
    assert_eq!(mia.ask(house, "GET", "/v1/campaigns", &Value::Null).status, 401);
    let other = Browser::log_in(house, "mia", &password);
    house.dialer.command(&["user", "password", "mia"]);
    assert_eq!(other.ask(house, "GET", "/v1/session", &Value::Null).status, 401, "a new password ends sessions");
    assert_eq!(attempt(house, "mia", &password, "127.0.0.1").status, 401);
    house.dialer.command(&["user", "remove", "mia"]);
    assert!(!house.dialer.command(&["user", "list"]).contains("mia"));
}

fn changes_need_the_csrf_token(house: &House, mia: &Browser) {
    let pause = format!("/v1/campaigns/{}/pause", house.first.campaign);
    let close = format!("{}{}", &mia.csrf[..63], if mia.csrf.ends_with('0') { '1' } else { '0' });
    for token in ["", "x", close.as_str()] {
        let headers = [("Cookie", mia.cookie.as_str()), ("X-CSRF-Token", token)];
        let answer = house.ask_with("", "POST", &pause, b"", &headers);
        assert!(answer.status == 403, "{token}: {}", answer.body);
        answer.is_problem("CSRF");
        assert_eq!(answer.body["code"], "api.csrf");
    }
    let twice = format!("{}; {}", mia.cookie, mia.cookie);
    let answer = house.ask_with("", "GET", "/v1/session", b"", &[("Cookie", &twice)]);
    assert_eq!(answer.status, 401, "two cookies of the name");
    let key = house.ask_with("nonsense", "GET", "/v1/campaigns", b"", &[("Cookie", &mia.cookie)]);
    assert_eq!(key.status, 401, "a key that is wrong is not made good by a cookie");
}

/// Anna's page and a supervisor who may not lead; each within their role.
pub fn roles_hold_for_people(house: &House) {
    let anna = house.dialer.command(&["user", "password", "anna"]);
    let anna = Browser::log_in(house, "anna", anna.lines().last().unwrap());
    assert_eq!(anna.session["role"], "agent");
    assert_eq!(anna.session["agent"], house.anna.as_str());
    assert_eq!(anna.ask(house, "GET", &format!("/v1/agents/{}", house.anna), &Value::Null).status, 200);
    assert_eq!(anna.ask(house, "GET", &format!("/v1/agents/{}", house.bert), &Value::Null).status, 403);
    assert_eq!(anna.ask(house, "GET", "/v1/leads", &Value::Null).status, 403);
    let cleo = add(house, &["cleo", "--role", "client", "--campaign", "first"]);
    let cleo = Browser::log_in(house, "cleo", &cleo);
    assert_eq!(cleo.session["campaign"], house.first.campaign.as_str());
    assert_eq!(cleo.ask(house, "GET", &format!("/v1/calls/{}", house.second.call), &Value::Null).status, 404);
}

/// Known and unknown names: the same bytes, and work of the same kind; ten failures a minute, then 429; who is in
/// stays in, and another address may still try.
pub fn guessing_does_not_pay(house: &House) {
    let password = add(house, &["rosa", "--role", "supervisor"]);
    let rosa = Browser::log_in(house, "rosa", &password);
    let known = attempt(house, "rosa", "wrong", "192.0.2.1");
    let unknown = attempt(house, "nobody", "wrong", "192.0.2.1");
    assert_eq!((known.status, &known.body), (401, &unknown.body));
    known.is_problem("a wrong password");
    let names = |answer: &Answer| answer.headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&unknown));
    for _ in 0..9 {
        assert_eq!(attempt(house, "rosa", "wrong", "192.0.2.1").status, 401);
    }
    let locked = attempt(house, "rosa", &password, "192.0.2.1");
    assert_eq!(locked.status, 429, "{}", locked.body);
    locked.is_problem("locked out");
    let wait: u64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(rosa.ask(house, "GET", "/v1/session", &Value::Null).status, 200, "who is in stays in");
    assert_eq!(attempt(house, "rosa", &password, "192.0.2.2").status, 200, "another address");
    let secure = json!({ "name": "rosa", "password": password }).to_string();
    let answer = house.ask_with("", "POST", "/v1/session", secure.as_bytes(), &[("X-Forwarded-Proto", "https")]);
    assert!(answer.headers["set-cookie"].to_str().unwrap().ends_with("; Secure"));
}
