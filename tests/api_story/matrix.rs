//! Who may do what: every operation of the document, for every role, on what is its own and on what is another's, with
//! a key and with a session. An operation without a row fails, so nobody adds one without saying who may.

use super::house::{Answer, House, Own};
use super::people::Browser;
use serde_json::Value;

/// For admin, manager, supervisor, agent, client. Where what was asked cannot be done (not found, in a state that
/// refuses, a wrong value), the status is of one who is past the door.
type Roles = [u16; 5];

/// Operation, query, body, on one's own, on another's (`NOBODYS`: nothing there has an owner).
/// One's own is what a client of the first campaign and the agent anna have.
type Row = (&'static str, &'static str, &'static str, Roles, Roles);

const NOBODYS: Roles = [0; 5];
const ROLES: [&str; 5] = ["admin", "manager", "supervisor", "agent", "client"];

const LEADS: Roles = [200, 200, 403, 403, 403];
const WATCHES: Roles = [200, 200, 200, 403, 200];
/// Another's: as if it were not there.
const WATCHES_OTHER: Roles = [200, 200, 200, 403, 404];

const TABLE: &[Row] = &[
    ("GET /v1/campaigns", "", "", WATCHES, NOBODYS),
    ("POST /v1/campaigns", "", r#"{"name":"first"}"#, [201, 201, 403, 403, 403], NOBODYS),
    ("GET /v1/campaigns/{id}", "", "", WATCHES, WATCHES_OTHER),
    ("POST /v1/campaigns/{id}/start", "", "", LEADS, LEADS),
    ("POST /v1/campaigns/{id}/pause", "", "", LEADS, LEADS),
    ("POST /v1/campaigns/{id}/drain", "", "", LEADS, LEADS),
    ("POST /v1/campaigns/{id}/mode", "", r#"{"mode":"predictive"}"#, LEADS, LEADS),
    ("GET /v1/campaigns/{id}/pacing", "", "", WATCHES, WATCHES_OTHER),
    ("POST /v1/campaigns/{id}/leads:import", "", "phone\n+8613800139999\n", LEADS, LEADS),
    ("GET /v1/leads", "?campaign=CAMPAIGN", "", WATCHES, WATCHES_OTHER),
    // No lead is in the agent's hand.
    ("GET /v1/leads/{id}", "", "", [200, 200, 200, 404, 200], [200, 200, 200, 404, 404]),
    // Both stand for the same person. Twice is once.
    ("DELETE /v1/leads/{id}/person", "", "", [204, 403, 403, 403, 403], [204, 403, 403, 403, 403]),
    ("POST /v1/suppressions", "", r#"{"phone":"+8613800139998"}"#, [204, 204, 204, 403, 403], NOBODYS),
    ("GET /v1/agents", "", "", [200, 200, 200, 403, 403], NOBODYS),
    ("POST /v1/agents", "", r#"{"name":"not a name"}"#, [422, 422, 403, 403, 403], NOBODYS),
    ("GET /v1/agents/{id}", "", "", [200, 200, 200, 200, 403], [200, 200, 200, 403, 403]),
    (
        "POST /v1/agents/{id}/login",
        "",
        r#"{"campaigns":["ffffffffffffffff"]}"#,
        [404, 404, 404, 404, 403],
        [404, 404, 404, 403, 403],
    ),
    ("POST /v1/agents/{id}/ready", "", "", [409, 409, 409, 409, 403], [409, 409, 409, 403, 403]),
    ("POST /v1/agents/{id}/pause", "", "", [409, 409, 409, 409, 403], [409, 409, 409, 403, 403]),
    ("POST /v1/agents/{id}/logout", "", "", [409, 409, 409, 409, 403], [409, 409, 409, 403, 403]),
    (
        "POST /v1/agents/{id}/preview",
        "",
        r#"{"campaign":"ffffffffffffffff"}"#,
        [409, 409, 409, 409, 403],
        [409, 409, 409, 403, 403],
    ),
    ("POST /v1/agents/{id}/dial", "", "", [409, 409, 409, 409, 403], [409, 409, 409, 403, 403]),
    ("POST /v1/agents/{id}/skip", "", "", [409, 409, 409, 409, 403], [409, 409, 409, 403, 403]),
    ("GET /v1/calls", "?campaign=CAMPAIGN", "", WATCHES, WATCHES_OTHER),
    ("GET /v1/calls/{id}", "", "", [200, 200, 200, 200, 200], [200, 200, 200, 404, 404]),
    ("GET /v1/calls/{id}/timeline", "", "", [200, 200, 200, 200, 200], [200, 200, 200, 404, 404]),
    // There is none; who may not hear it does not learn that.
    ("GET /v1/calls/{id}/recording", "", "", [404, 404, 404, 403, 403], [404, 404, 404, 403, 403]),
    ("POST /v1/calls/{id}/choice", "", r#"{"turn":1,"choice":"yes"}"#, IN_HAND, IN_HAND),
    // Both are over for two days; the first was spoken with. Who leads may amend it, with an outcome that there is.
    (
        "POST /v1/calls/{id}/outcome",
        "",
        r#"{"outcome":"unheard"}"#,
        [422, 422, 422, 409, 403],
        [409, 409, 409, 404, 404],
    ),
    ("PUT /v1/calls/{id}/note", "", r#"{"note":"x"}"#, IN_HAND, IN_HAND),
    ("POST /v1/calls/{id}/extend", "", "", IN_HAND, IN_HAND),
    ("POST /v1/calls/{id}/hangup", "", "", IN_HAND, IN_HAND),
    ("POST /v1/calls/{id}/hold", "", r#"{"on":true}"#, IN_HAND, IN_HAND),
    ("GET /v1/suppressions", "", "", [200, 200, 200, 403, 403], NOBODYS),
    ("GET /v1/orders", "?campaign=CAMPAIGN", "", WATCHES, WATCHES_OTHER),
    ("GET /v1/orders/{id}", "", "", WATCHES, WATCHES_OTHER),
    // Captured, so it cannot have been delivered.
    (
        "POST /v1/orders/{id}/state",
        "",
        r#"{"state":"delivered"}"#,
        [409, 409, 403, 403, 409],
        [409, 409, 403, 403, 404],
    ),
    ("GET /v1/kpis", "", "", [200, 200, 200, 200, 200], NOBODYS),
    ("GET /v1/kpis:all", "?campaign=CAMPAIGN", "", WATCHES, WATCHES_OTHER),
    ("GET /v1/kpis/{id}", "?campaign=CAMPAIGN", "", WATCHES, WATCHES_OTHER),
    ("GET /v1/events", "?campaign=CAMPAIGN", "", WATCHES, WATCHES_OTHER),
    ("GET /v1/stream", "", "", [200, 200, 200, 200, 200], NOBODYS),
    ("GET /v1/desk/stream", "", "", [403, 403, 403, 200, 403], NOBODYS),
    ("GET /v1/floor/stream", "", "", [200, 200, 200, 403, 200], NOBODYS),
    ("GET /livez", "", "", [200, 200, 200, 200, 200], NOBODYS),
    ("GET /readyz", "", "", [200, 200, 200, 200, 200], NOBODYS),
];

/// No call is in anybody's hand.
const IN_HAND: Roles = [404, 404, 404, 404, 403];

/// These are of people alone; `people` tells their story. A key has no session.
const OF_PEOPLE: [&str; 3] = ["GET /v1/session", "POST /v1/session", "DELETE /v1/session"];
/// Whoever asks.
const OPEN: [&str; 2] = ["GET /livez", "GET /readyz"];

/// The table has every operation, once, and another's column wherever something has an owner.
pub fn nothing_is_left_out() {
    let document = outpace::api::document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{} {path}", method.to_uppercase());
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let owned = parameters.iter().any(|p| ["id", "campaign"].contains(&p["name"].as_str().unwrap_or("")));
            operations.push((name, owned));
        }
    }
    let mut wrong = Vec::new();
    for (name, owned) in &operations {
        let rows: Vec<&Row> = TABLE.iter().filter(|row| row.0 == name).collect();
        match rows.as_slice() {
            _ if OF_PEOPLE.contains(&name.as_str()) => {}
            [] => wrong.push(format!("{name} is not in the matrix of roles: add a row")),
            [row] if *owned == (row.4 == NOBODYS) => wrong.push(format!("{name}: own and another's? {owned}")),
            [_] => {}
            _ => wrong.push(format!("{name} stands twice")),
        }
    }
    let known = |name: &str| operations.iter().any(|(operation, _)| operation == name);
    wrong.extend(TABLE.iter().filter(|row| !known(row.0)).map(|row| format!("{} is no operation any more", row.0)));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Someone who asks: by key, by session, or as nobody.
enum Door<'a> {
    Key(&'a str),
    Session(&'a Browser),
    /// No key, or none that is one; no session, or none that stands.
    Shut(&'a str, &'a [(&'a str, &'a str)]),
}

impl Door<'_> {
    fn ask(&self, house: &House, method: &str, path: &str, body: &str) -> Answer {
        match self {
            Door::Key(key) => house.ask_with(key, method, path, body.as_bytes(), &[("If-Match", "*")]),
            Door::Session(browser) => {
                let cookie = ("Cookie", browser.cookie.as_str());
                let headers = [cookie, ("X-CSRF-Token", browser.csrf.as_str()), ("If-Match", "*")];
                house.ask_with("", method, path, body.as_bytes(), &headers)
            }
            Door::Shut(key, headers) => house.ask_with(key, method, path, body.as_bytes(), headers),
        }
    }
}

pub fn each_role_at_each_operation(house: &House) {
    let people: Vec<Browser> = ROLES.iter().map(|role| person(house, role)).collect();
    let mut asked = 0;
    let mut wrong = Vec::new();
    for (operation, query, body, own, other) in TABLE {
        let (method, template) = operation.split_once(' ').expect("METHOD PATH");
        for (owner, expected) in [(&house.first, own), (&house.second, other)] {
            if *expected == NOBODYS {
                continue;
            }
            let path = named(house, owner, &format!("{template}{query}"));
            for ((role, person), expected) in ROLES.iter().zip(&people).zip(expected) {
                for (by, door) in [("key", Door::Key(&house.keys[role])), ("session", Door::Session(person))] {
                    let answer = door.ask(house, method, &path, body);
                    let what = format!("{role} by {by}: {method} {path}");
                    asked += 1;
                    if answer.status != *expected {
                        wrong.push(format!("{what}: {} not {expected}: {}", answer.status, answer.body));
                    } else if answer.status >= 400 {
                        answer.is_problem(&what);
                    } else {
                        shows_no_more(house, role, &what, &answer, &mut wrong);
                    }
                }
            }
            if !OPEN.contains(operation) {
                asked += shut(house, method, &path, body, &people[0], &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(asked > 800, "{asked}");
}

/// Whole numbers are for those who lead; of another's campaign a client sees no id.
fn shows_no_more(house: &House, role: &str, what: &str, answer: &Answer, wrong: &mut Vec<String>) {
    let text = answer.body.to_string();
    let start: String = text.chars().take(300).collect();
    if !["admin", "manager"].contains(&role) && text.contains("1380013") {
        wrong.push(format!("{what}: a whole number: {start}"));
    }
    let Own { campaign, lead, call, order } = &house.second;
    for (noun, id) in [("campaign", campaign), ("lead", lead), ("call", call), ("order", order)] {
        if role == "client" && text.contains(&format!("\"{noun}\":\"{id}\"")) {
            wrong.push(format!("{what}: another's {noun} {id}: {start}"));
        }
    }
}

/// The last digit of a secret changed, a word that is no key, nothing at all, a cookie that nobody has.
fn shut(house: &House, method: &str, path: &str, body: &str, admin: &Browser, wrong: &mut Vec<String>) -> usize {
    let mut close = house.keys["admin"].clone();
    let last = if close.pop() == Some('0') { '1' } else { '0' };
    close.push(last);
    let stale = [("Cookie", "outpace_session=0000000000000000000000000000000000000000000000000000000000000000")];
    let beside = [("Cookie", admin.cookie.as_str()), ("X-CSRF-Token", admin.csrf.as_str())];
    let doors = [
        Door::Shut(&close, &[]),
        Door::Shut("op_1_", &[]),
        Door::Shut("nonsense", &[]),
        Door::Shut("", &[]),
        Door::Shut("", &stale),
        Door::Shut("nonsense", &beside),
    ];
    for door in &doors {
        let answer = door.ask(house, method, path, body);
        if answer.status != 401 {
            wrong.push(format!("nobody {method} {path}: {}", answer.status));
        } else {
            answer.is_problem(path);
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    doors.len()
}

fn person(house: &House, role: &str) -> Browser {
    let name = format!("the-{role}");
    let mut arguments = vec!["user", "add", &name, "--role", role];
    match role {
        "agent" => arguments.extend(["--agent", "anna"]),
        "client" => arguments.extend(["--campaign", "first"]),
        _ => {}
    }
    let printed = house.dialer.command(&arguments);
    Browser::log_in(house, &name, printed.lines().last().expect("the password is printed last"))
}

/// The path with the ids of its owner.
fn named(house: &House, owner: &Own, path: &str) -> String {
    let Own { campaign, lead, call, order } = owner;
    let agent = if campaign == &house.first.campaign { &house.anna } else { &house.bert };
    let nouns = [("campaigns", campaign), ("leads", lead), ("agents", agent), ("calls", call), ("orders", order)];
    let path = nouns.iter().fold(path.to_owned(), |path, (noun, id)| {
        path.replace(&format!("/v1/{noun}/{{id}}"), &format!("/v1/{noun}/{id}"))
    });
    path.replace("/v1/kpis/{id}", "/v1/kpis/dials").replace("CAMPAIGN", campaign)
}

/// Nothing is another's where nothing is asked for by id: lists of all hold one's own.
pub fn a_client_without_a_filter(house: &House) {
    let mut wrong = Vec::new();
    for path in ["/v1/campaigns", "/v1/leads", "/v1/calls", "/v1/orders", "/v1/events", "/v1/kpis:all"] {
        let answer = house.ask(&house.keys["client"], "GET", path, b"");
        assert_eq!(answer.status, 200, "{path}");
        assert_ne!(answer.body, Value::Null);
        shows_no_more(house, "client", path, &answer, &mut wrong);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
