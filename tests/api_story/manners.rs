//! What a client may rely on: request ids, rate limits that are told, things made once, nobody writing over another.

use super::house::House;
use super::people::Browser;
use crate::real::wait_until;
use serde_json::{Value, json};
use std::time::Duration;

pub fn every_answer_has_its_id(house: &House) {
    let key = &house.keys["manager"];
    let own = house.ask_with(key, "GET", "/v1/campaigns", b"", &[("X-Request-Id", "shop-42/7")]);
    assert_eq!(own.headers["x-request-id"], "shop-42/7");
    let wrong = house.ask_with(key, "GET", "/v1/nothing", b"", &[("X-Request-Id", "shop-43")]);
    assert_eq!((wrong.status, &wrong.body["request_id"]), (404, &json!("shop-43")), "{}", wrong.body);
    let long = "x".repeat(200);
    for stranger in ["two words", "a\tb", long.as_str(), ""] {
        let answer = house.ask_with(key, "GET", "/v1/nothing", b"", &[("X-Request-Id", stranger)]);
        let id = answer.headers["x-request-id"].to_str().unwrap();
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{stranger}: {id}");
        assert_eq!(answer.body["request_id"], id);
    }
    assert_eq!(house.ask("", "GET", "/livez", b"").headers["x-request-id"].len(), 32);
}

pub fn what_is_left_is_told(house: &House) {
    let answer = house.ask(&house.keys["supervisor"], "GET", "/v1/campaigns", b"");
    assert_eq!(answer.headers["ratelimit-policy"], "\"caller\";q=500;w=1");
    let left = answer.headers["ratelimit"].to_str().unwrap();
    assert!(left.starts_with("\"caller\";r=") && left.contains(";t="), "{left}");
    let stranger = house.ask("", "GET", "/v1/campaigns", b"");
    assert!(stranger.headers["ratelimit"].to_str().unwrap().starts_with("\"address\";r="));
    let login = house.ask_with("", "POST", "/v1/session", b"{}", &[("X-Forwarded-For", "198.51.100.1")]);
    assert_eq!(login.headers["ratelimit-policy"], "\"login\";q=600;w=60");
    // It refills meanwhile.
    for n in 0..5_000 {
        let answer = house.ask_with("", "POST", "/v1/session", b"{}", &[("X-Forwarded-For", "198.51.100.1")]);
        if answer.status == 429 {
            answer.is_problem("too many logins");
            assert!(answer.headers.contains_key("retry-after") && n > 500, "{n}");
            return;
        }
    }
    panic!("5,000 logins from one address were not too many");
}

pub fn a_thing_is_made_once(house: &House) {
    let key = &house.keys["manager"];
    let make = |key: &str, idempotency: &str, body: &Value| {
        let headers = [("Idempotency-Key", idempotency)];
        house.ask_with(key, "POST", "/v1/agents", body.to_string().as_bytes(), &headers)
    };
    let dora = json!({ "name": "dora" });
    let first = make(key, "\"a-uuid-1\"", &dora);
    assert_eq!(first.status, 201, "{}", first.body);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let again = make(key, "a-uuid-1", &dora);
    assert_eq!((again.status, &again.body), (201, &first.body), "the same answer, secrets and all");
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["content-type"], "application/json");
    let other = make(key, "a-uuid-1", &json!({ "name": "emil" }));
    assert_eq!((other.status, &other.body["field"]), (422, &json!("idempotency-key")), "{}", other.body);
    let stranger = make(&house.keys["admin"], "a-uuid-1", &dora);
    assert_eq!(stranger.status, 409, "another caller's key is another key, and dora is taken: {}", stranger.body);
    assert_eq!(make(key, "a-uuid-2", &dora).status, 409);
    let mended = make(key, "a-uuid-2", &json!({ "name": "emil" }));
    assert_eq!(mended.status, 201, "what was refused was not done: {}", mended.body);
    for wrong in ["", "two words", &"x".repeat(129)] {
        let refused = make(key, wrong, &dora);
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("idempotency-key")), "{}", refused.body);
    }
    let at_once: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> =
            (0..8).map(|_| scope.spawn(|| make(key, "a-uuid-3", &json!({ "name": "fritz" })).status)).collect();
        asked.into_iter().map(|asked| asked.join().expect("asked")).collect()
    });
    assert!(at_once.contains(&201) && at_once.iter().all(|status| [201, 409].contains(status)), "{at_once:?}");
    let names = house.get("/v1/agents");
    let fritzes = names["items"].as_array().unwrap().iter().filter(|agent| agent["name"] == "fritz").count();
    assert_eq!(fritzes, 1);
}

/// Walked page by page, a list is the same as in one piece: each row once, in the same order, and no row of another's.
pub fn lists_come_in_pages(house: &House) {
    for (path, key, rows) in [
        ("/v1/agents", "manager", 2..100),
        ("/v1/campaigns", "manager", 2..100),
        ("/v1/campaigns", "client", 1..2),
        ("/v1/leads", "manager", 2..1000),
    ] {
        let get = |query: String| {
            let answer = house.ask(&house.keys[key], "GET", &format!("{path}{query}"), b"");
            assert_eq!(answer.status, 200, "{path}{query}: {}", answer.body);
            answer.body
        };
        let whole = get("?limit=1000".to_owned());
        assert_eq!(whole["next"], Value::Null, "{path} fits on one page");
        let whole = ids(&whole);
        assert!(rows.contains(&whole.len()), "{path} for {key}: {whole:?}");
        let (mut walked, mut place) = (Vec::new(), String::new());
        loop {
            let page = get(format!("?limit=1{place}"));
            assert!(ids(&page).len() <= 1, "{path}: {page}");
            walked.extend(ids(&page));
            assert!(walked.len() <= whole.len(), "{path} comes to an end: {walked:?}");
            match page["next"].as_str() {
                Some(next) => place = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(walked, whole, "{path} for {key}");
        for (wrong, field) in [("limit=0", "limit"), ("limit=1001", "limit"), ("after=7x", "after"), ("page=2", "page")]
        {
            let refused = house.ask(&house.keys[key], "GET", &format!("{path}?{wrong}"), b"");
            assert_eq!((refused.status, &refused.body["field"]), (422, &json!(field)), "{path}: {}", refused.body);
        }
    }
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap_or_else(|| panic!("no page: {page}"));
    items.iter().map(|row| row["id"].as_str().expect("every row has its id").to_owned()).collect()
}

pub fn a_manual_without_a_network(house: &House) {
    let page = house.ask("", "GET", "/docs", b"");
    assert_eq!((page.status, &page.headers["content-type"].to_str().unwrap()), (200, &"text/html; charset=utf-8"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for part in ["Campaigns 活动", "/v1/campaigns/{id}/leads:import", "Parameters 参数", "id=\"schema-Problem\""] {
        assert!(page.text().contains(part), "{part}");
    }
    assert_eq!(house.ask("", "GET", "/docs/style.css", b"").status, 200);
}

/// Both read, both change: the second is told, not obeyed.
pub fn two_managers_and_one_campaign(house: &House) {
    let path = format!("/v1/campaigns/{}", house.first.campaign);
    let mode = format!("{path}/mode");
    let key = &house.keys["manager"];
    let seen = house.ask(key, "GET", &path, b"").headers["etag"].to_str().unwrap().to_owned();
    let change = |key: &str, tag: Option<&str>, mode_name: &str| {
        let headers: Vec<(&str, &str)> = tag.map(|tag| ("If-Match", tag)).into_iter().collect();
        house.ask_with(key, "POST", &mode, json!({ "mode": mode_name }).to_string().as_bytes(), &headers)
    };
    let blind = change(key, None, "predictive");
    assert_eq!((blind.status, &blind.body["field"]), (428, &json!("if-match")), "{}", blind.body);
    blind.is_problem("no If-Match");
    let first = change(key, Some(&seen), "predictive");
    assert_eq!(first.status, 200, "{}", first.body);
    let second = change(&house.keys["admin"], Some(&seen), "ratio");
    assert_eq!(second.status, 412, "{}", second.body);
    second.is_problem("changed meanwhile");
    let now = first.headers["etag"].to_str().unwrap().to_owned();
    assert_ne!(now, seen);
    let stale = house.ask_with(key, "POST", &format!("{path}/pause"), b"", &[("If-Match", &seen)]);
    assert_eq!(stale.status, 412, "where it is sent it is heeded");
    assert_eq!(change(key, Some("W/\"1-1\", \"0-0\""), "ratio").status, 412);
    assert_eq!(change(key, Some(""), "ratio").status, 412, "an empty list holds no tag that matches");
    for tag in ["nonsense", "\"1-1", "*, nonsense"] {
        let refused = change(key, Some(tag), "ratio");
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("if-match")), "{tag}: {}", refused.body);
    }
    let back = change(key, Some(&now), "progressive");
    assert_eq!(back.status, 200, "{}", back.body);
    let tag = back.headers["etag"].to_str().unwrap().to_owned();
    let at_once: Vec<u16> = std::thread::scope(|scope| {
        let modes = ["predictive", "ratio", "preview", "manual"];
        let asked: Vec<_> = modes.map(|mode| scope.spawn(|| change(key, Some(&tag), mode).status)).into();
        asked.into_iter().map(|asked| asked.join().expect("asked")).collect()
    });
    assert_eq!(at_once.iter().filter(|status| **status == 200).count(), 1, "one wins: {at_once:?}");
    assert_eq!(change(key, Some("*"), "progressive").status, 200);
    as_you_have_it(house, &path);
}

/// Who has the answer is told that it still holds, as long as it does.
fn as_you_have_it(house: &House, path: &str) {
    let key = &house.keys["manager"];
    let tag = house.ask(key, "GET", path, b"").headers["etag"].to_str().unwrap().to_owned();
    let asks = |tags: &str| house.ask_with(key, "GET", path, b"", &[("If-None-Match", tags)]);
    for tags in [tag.clone(), format!("\"0-0\", W/{tag}"), "*".to_owned()] {
        let same = asks(&tags);
        assert_eq!((same.status, same.text().as_str()), (304, ""), "{tags}");
        assert_eq!(same.headers["etag"].to_str().unwrap(), tag);
    }
    assert_eq!(asks("\"0-0\"").status, 200);
    let change =
        house.ask_with(key, "POST", &format!("{path}/mode"), br#"{"mode":"predictive"}"#, &[("If-Match", &tag)]);
    assert_eq!(change.status, 200, "a tag of an answer is good for a change: {}", change.body);
    assert_eq!(asks(&tag).status, 200, "it is another now");
    let back = house.ask_with(key, "POST", &format!("{path}/mode"), br#"{"mode":"progressive"}"#, &[("If-Match", "*")]);
    assert_eq!(back.status, 200, "{}", back.body);
}

/// Two pages with one login: both see the same agent, and a click on an old state is refused where the page asks so.
pub fn two_browsers_and_one_agent(house: &House) {
    let printed = house.dialer.command(&["user", "password", "bert"]);
    let password = printed.lines().last().unwrap();
    let (one, two) = (Browser::log_in(house, "bert", password), Browser::log_in(house, "bert", password));
    assert_ne!(one.cookie, two.cookie);
    let path = format!("/v1/agents/{}", house.bert);
    let tag =
        |browser: &Browser| browser.ask(house, "GET", &path, &Value::Null).headers["etag"].to_str().unwrap().to_owned();
    let seen = tag(&one);
    assert_eq!(seen, tag(&two));
    let login = json!({ "campaigns": [house.first.campaign] });
    let first = one.ask(house, "POST", &format!("{path}/login"), &login);
    assert_eq!(first.status, 200, "{}", first.body);
    let late = two.ask_if(house, &seen, &format!("{path}/login"), &login);
    assert_eq!(late.status, 412, "{}", late.body);
    let twice = two.ask(house, "POST", &format!("{path}/login"), &login);
    assert!([200, 409].contains(&twice.status), "one session at most: {}", twice.body);
    assert_eq!(two.ask(house, "POST", &format!("{path}/logout"), &Value::Null).status, 200);
    let facts = |kind: &str| {
        let page = house.get(&format!("/v1/events?kind={kind}&agent={}&limit=1000", house.bert));
        page["items"].as_array().unwrap().len()
    };
    wait_until("the logout to be on disk", Duration::from_secs(20), || facts("agent_logged_out") == 1);
    assert_eq!(facts("agent_logged_in"), 1);
    assert_eq!(one.ask(house, "DELETE", "/v1/session", &Value::Null).status, 204);
    assert_eq!(two.ask(house, "GET", "/v1/session", &Value::Null).status, 200, "each logs out for itself");
}
