//! Who may do what: every path with every role. A row says the status for admin, manager, supervisor, agent, client.

use super::house::House;

/// Whatever the role: not found, in a state that refuses, or a value that is wrong; past the door in any case.
type Row = (&'static str, &'static str, &'static str, [u16; 5]);

const TABLE: &[Row] = &[
    ("GET", "/v1/campaigns", "", [200, 200, 200, 403, 200]),
    ("POST", "/v1/campaigns", r#"{"name":"first"}"#, [201, 201, 403, 403, 403]),
    ("GET", "/v1/campaigns/CAMPAIGN", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/campaigns/OTHER-CAMPAIGN", "", [200, 200, 200, 403, 404]),
    ("POST", "/v1/campaigns/CAMPAIGN/start", "", [200, 200, 403, 403, 403]),
    ("POST", "/v1/campaigns/CAMPAIGN/pause", "", [200, 200, 403, 403, 403]),
    ("POST", "/v1/campaigns/CAMPAIGN/drain", "", [200, 200, 403, 403, 403]),
    ("POST", "/v1/campaigns/CAMPAIGN/mode", r#"{"mode":"predictive"}"#, [200, 200, 403, 403, 403]),
    ("GET", "/v1/campaigns/CAMPAIGN/pacing", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/campaigns/OTHER-CAMPAIGN/pacing", "", [200, 200, 200, 403, 404]),
    ("POST", "/v1/campaigns/CAMPAIGN/leads:import", "phone\n+8613800139999\n", [200, 200, 403, 403, 403]),
    ("GET", "/v1/leads", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/leads?campaign=OTHER-CAMPAIGN", "", [200, 200, 200, 403, 404]),
    // No lead is in the agent's hand.
    ("GET", "/v1/leads/LEAD", "", [200, 200, 200, 404, 200]),
    ("GET", "/v1/leads/OTHER-LEAD", "", [200, 200, 200, 404, 404]),
    ("POST", "/v1/suppressions", r#"{"phone":"+8613800139998"}"#, [204, 204, 204, 403, 403]),
    ("GET", "/v1/agents", "", [200, 200, 200, 403, 403]),
    ("POST", "/v1/agents", r#"{"name":"not a name"}"#, [422, 422, 403, 403, 403]),
    ("GET", "/v1/agents/AGENT", "", [200, 200, 200, 200, 403]),
    ("GET", "/v1/agents/OTHER-AGENT", "", [200, 200, 200, 403, 403]),
    ("POST", "/v1/agents/AGENT/login", r#"{"campaigns":["ffffffffffffffff"]}"#, [404, 404, 404, 404, 403]),
    ("POST", "/v1/agents/AGENT/ready", "", [409, 409, 409, 409, 403]),
    ("POST", "/v1/agents/AGENT/pause", "", [409, 409, 409, 409, 403]),
    ("POST", "/v1/agents/AGENT/logout", "", [409, 409, 409, 409, 403]),
    ("POST", "/v1/agents/AGENT/preview", r#"{"campaign":"ffffffffffffffff"}"#, [409, 409, 409, 409, 403]),
    ("POST", "/v1/agents/AGENT/dial", "", [409, 409, 409, 409, 403]),
    ("POST", "/v1/agents/AGENT/skip", "", [409, 409, 409, 409, 403]),
    ("POST", "/v1/agents/OTHER-AGENT/ready", "", [409, 409, 409, 403, 403]),
    ("GET", "/v1/calls", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/calls?campaign=OTHER-CAMPAIGN", "", [200, 200, 200, 403, 404]),
    ("GET", "/v1/calls/CALL", "", [200, 200, 200, 200, 200]),
    ("GET", "/v1/calls/OTHER-CALL", "", [200, 200, 200, 404, 404]),
    ("GET", "/v1/calls/CALL/timeline", "", [200, 200, 200, 200, 200]),
    ("GET", "/v1/calls/OTHER-CALL/timeline", "", [200, 200, 200, 404, 404]),
    // There is none; who may not hear it does not learn that.
    ("GET", "/v1/calls/CALL/recording", "", [404, 404, 404, 403, 403]),
    ("POST", "/v1/calls/CALL/choice", r#"{"turn":1,"choice":"yes"}"#, [404, 404, 404, 404, 403]),
    ("POST", "/v1/calls/CALL/outcome", r#"{"outcome":"order"}"#, [404, 404, 404, 404, 403]),
    ("POST", "/v1/calls/CALL/hangup", "", [404, 404, 404, 404, 403]),
    ("POST", "/v1/calls/CALL/hold", r#"{"on":true}"#, [404, 404, 404, 404, 403]),
    ("GET", "/v1/orders", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/orders?campaign=OTHER-CAMPAIGN", "", [200, 200, 200, 403, 404]),
    ("GET", "/v1/orders/ORDER", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/orders/OTHER-ORDER", "", [200, 200, 200, 403, 404]),
    // Captured, so it cannot have been delivered.
    ("POST", "/v1/orders/ORDER/state", r#"{"state":"delivered"}"#, [409, 409, 403, 403, 409]),
    ("POST", "/v1/orders/OTHER-ORDER/state", r#"{"state":"delivered"}"#, [409, 409, 403, 403, 404]),
    ("GET", "/v1/kpis", "", [200, 200, 200, 200, 200]),
    ("GET", "/v1/kpis:all", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/kpis:all?campaign=OTHER-CAMPAIGN", "", [200, 200, 200, 403, 404]),
    ("GET", "/v1/kpis/dials", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/kpis/dials?campaign=OTHER-CAMPAIGN", "", [200, 200, 200, 403, 404]),
    ("GET", "/v1/events", "", [200, 200, 200, 403, 200]),
    ("GET", "/v1/events?campaign=OTHER-CAMPAIGN", "", [200, 200, 200, 403, 404]),
    ("GET", "/v1/stream", "", [200, 200, 200, 200, 200]),
];

pub fn each_role_at_each_path(house: &House) {
    let mut wrong = Vec::new();
    for (method, path, body, expected) in TABLE {
        let path = named(house, path);
        for (scope, expected) in ["admin", "manager", "supervisor", "agent", "client"].into_iter().zip(expected) {
            let answer = house.ask(&house.keys[scope], method, &path, body.as_bytes());
            if answer.status != *expected {
                wrong.push(format!("{scope} {method} {path}: {} not {expected}: {}", answer.status, answer.body));
            } else if answer.status >= 400 {
                answer.is_problem(&format!("{scope} {method} {path}"));
            }
        }
        // The last digit of a secret changed, a word that is no key, and nothing.
        let mut close = house.keys["admin"].clone();
        let last = if close.pop() == Some('0') { '1' } else { '0' };
        close.push(last);
        for key in [close.as_str(), "op_1_", "nonsense", ""] {
            let answer = house.ask(key, method, &path, body.as_bytes());
            if answer.status != 401 {
                wrong.push(format!("key \"{key}\" {method} {path}: {}", answer.status));
            } else {
                answer.is_problem(&path);
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The table has every path of the document.
pub fn nothing_is_left_out() {
    let document = outpace::api::document();
    let blank = |path: &str| {
        let path = path.split('?').next().unwrap_or("");
        let words = ["OTHER-CAMPAIGN", "OTHER-LEAD", "OTHER-AGENT", "OTHER-CALL", "OTHER-ORDER"];
        let words = words.iter().chain(&["CAMPAIGN", "LEAD", "AGENT", "CALL", "ORDER", "dials"]);
        words.fold(path.to_owned(), |path, word| path.replace(word, "{id}"))
    };
    let known: Vec<(&str, String)> = TABLE.iter().map(|(method, path, ..)| (*method, blank(path))).collect();
    for (path, item) in document.paths.paths.iter().filter(|(path, _)| path.starts_with("/v1/")) {
        // Of people, not of keys: see `people`.
        if path == "/v1/session" {
            continue;
        }
        for (method, operation) in [("GET", &item.get), ("POST", &item.post)] {
            let stands = known.iter().any(|(m, p)| *m == method && p == path);
            assert!(operation.is_none() || stands, "{method} {path} is not in the table of roles");
        }
        assert!(item.put.is_none() && item.delete.is_none() && item.patch.is_none(), "{path}: a method not looked at");
    }
}

/// Lists show only what is one's own, also when another's id is named.
pub fn lists_are_one_s_own(house: &House) {
    let client = &house.keys["client"];
    let list = |path: String| {
        let answer = house.ask(client, "GET", &path, b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body["items"].as_array().cloned().unwrap_or_else(|| answer.body.as_array().unwrap().clone())
    };
    let (own, other) = (&house.first, &house.second);
    let campaigns = list("/v1/campaigns".to_owned());
    assert_eq!(campaigns.len(), 1, "{campaigns:?}");
    assert_eq!(campaigns[0]["id"], own.campaign.as_str());
    for path in ["/v1/leads", "/v1/calls", "/v1/orders"] {
        let rows = list(path.to_owned());
        assert!(!rows.is_empty(), "{path}");
        assert!(rows.iter().all(|row| row["campaign"] == own.campaign.as_str()), "{path}: {rows:?}");
    }
    for path in [
        format!("/v1/orders?call={}", other.call),
        format!("/v1/events?call={}", other.call),
        format!("/v1/calls?lead={}", other.lead),
    ] {
        assert_eq!(list(path.clone()), Vec::<serde_json::Value>::new(), "{path}");
    }
    assert!(!list(format!("/v1/events?call={}", own.call)).is_empty());
    let by_agent = list(format!("/v1/events?agent={}", house.anna));
    assert!(by_agent.iter().all(|fact| fact["order"] != other.order.as_str()), "{by_agent:?}");
    for fact in list("/v1/events".to_owned()) {
        for (key, stranger) in [("campaign", &other.campaign), ("call", &other.call), ("order", &other.order)] {
            assert_ne!(fact[key], stranger.as_str(), "{fact}");
        }
    }
}

/// Whole numbers are for managers.
pub fn numbers_are_masked_by_role(house: &House) {
    for (scope, whole) in [("admin", true), ("manager", true), ("supervisor", false), ("client", false)] {
        let answer = house.ask(&house.keys[scope], "GET", &format!("/v1/leads/{}", house.first.lead), b"");
        let phone = answer.body["phone"].as_str().unwrap();
        assert_eq!(phone.contains('*'), !whole, "{scope}: {phone}");
    }
}

fn named(house: &House, path: &str) -> String {
    let (own, other) = (&house.first, &house.second);
    path.replace("OTHER-CAMPAIGN", &other.campaign)
        .replace("OTHER-LEAD", &other.lead)
        .replace("OTHER-AGENT", &house.bert)
        .replace("OTHER-CALL", &other.call)
        .replace("OTHER-ORDER", &other.order)
        .replace("CAMPAIGN", &own.campaign)
        .replace("LEAD", &own.lead)
        .replace("AGENT", &house.anna)
        .replace("CALL", &own.call)
        .replace("ORDER", &own.order)
}
