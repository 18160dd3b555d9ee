//! Lists in, pages out, cursors, figures, orders: what a client does all day.

use super::house::{House, gb18030_list};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};

pub fn a_list_by_http(house: &House) {
    let key = &house.keys["manager"];
    let path = format!("/v1/campaigns/{}/leads:import", house.second.campaign);
    let before = count(house);
    let list =
        b"\xef\xbb\xbfphone,name\n+8613800137001,A\n+8613800137002,B\n12,C\n\"+8613800137003\",\"D, E\",one too many\n";
    let report = house.ask(key, "POST", &path, list);
    assert_eq!(report.status, 200, "{}", report.body);
    let figures = |report: &Value| ["rows", "accepted", "rejected"].map(|f| report[f].as_u64().unwrap());
    let [rows, accepted, rejected] = figures(&report.body);
    assert_eq!(rows, accepted + rejected, "every row once: {}", report.body);
    assert_eq!(rows, 4, "{}", report.body);
    for rejection in report.body["rejections"].as_array().unwrap() {
        assert!(rejection["line"].as_u64() >= Some(4), "{rejection}");
        assert!(rejection["reason"]["code"].is_string(), "{rejection}");
    }
    assert_eq!(count(house), before + accepted);
    let again = house.ask(key, "POST", &path, list);
    assert_eq!(again.body, report.body, "the same file again: the same report");
    assert_eq!(count(house), before + accepted);
    let gb = house.ask(key, "POST", &path, &gb18030_list(&house.dir));
    assert_eq!(gb.status, 200, "{}", gb.body);
    assert_eq!((figures(&gb.body), &gb.body["encoding"]), ([3, 2, 1], &json!("gb18030")), "{}", gb.body);
    let leads = house.get(&format!("/v1/leads?campaign={}&limit=1000", house.second.campaign));
    assert!(leads["items"].as_array().unwrap().iter().any(|lead| lead["name"] == "王小明"), "{leads}");
    let binary: Vec<u8> = (0..4_096_u32).map(|n| (n * 7 % 256) as u8).collect();
    let refused = house.ask(key, "POST", &path, &binary);
    assert_eq!(refused.status, 422, "{}", refused.body);
    refused.is_problem("binary");
    let left: Vec<_> = std::fs::read_dir(house.dialer.data.join("uploads")).into_iter().flatten().collect();
    assert!(left.is_empty(), "uploads are taken away: {left:?}");
}

fn count(house: &House) -> u64 {
    let leads = &house.get(&format!("/v1/campaigns/{}", house.second.campaign))["leads"];
    ["pending", "scheduled", "in_flight", "closed", "excluded"].iter().map(|state| leads[state].as_u64().unwrap()).sum()
}

/// By pages of three, every row once, as in one page.
pub fn pages(house: &House) {
    for path in ["/v1/leads", "/v1/calls", "/v1/orders"] {
        let ids = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
        };
        let whole = ids(&house.get(&format!("{path}?limit=1000")));
        let mut paged = Vec::new();
        let mut after = String::new();
        loop {
            let page = house.get(&format!("{path}?limit=3{after}"));
            paged.extend(ids(&page));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(paged, whole, "{path}");
        assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), paged.len(), "{path}");
    }
}

/// From the first fact to the newest, and on from there.
pub fn facts_by_cursor(house: &House) {
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = house.get(&format!("/v1/events?limit=7{after}"));
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|fact| (fact["node"].as_u64().unwrap(), fact["seq"].as_u64().unwrap())));
        after = format!("&after={}", page["next"].as_str().unwrap());
        if items.len() < 7 {
            break;
        }
    }
    for (node, seq) in &seen {
        assert!(*seq == 1 || seen.contains(&(*node, seq - 1)), "without gaps: {seen:?}");
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "once each: {seen:?}");
    assert!(seen.iter().any(|(node, _)| *node != 1), "imports are written by a node of their own: {seen:?}");
    assert!(seen.len() > 7, "{seen:?}");
    let campaign = &house.first.campaign;
    for order in ["start", "pause"] {
        let answer = house.ask(&house.keys["admin"], "POST", &format!("/v1/campaigns/{campaign}/{order}"), b"");
        assert_eq!(answer.status, 200, "{order}: {}", answer.body);
    }
    let more = house.get(&format!("/v1/events?{}", after.trim_start_matches('&')));
    let kinds: Vec<&str> = more["items"].as_array().unwrap().iter().filter_map(|f| f["kind"].as_str()).collect();
    assert!(kinds.contains(&"campaign_paused"), "{kinds:?}");
    let placed = house.get(&format!("/v1/events?kind=call_placed&campaign={campaign}"));
    assert_eq!(placed["items"].as_array().unwrap().len(), 1, "{placed}");
    assert_eq!(placed["items"][0]["wall"], "2026-11-20T09:00:00.000000Z", "{placed}");
}

pub fn figures(house: &House) {
    let of = |query: &str| house.get(&format!("/v1/kpis:all{query}"))["dials"]["num"].as_f64();
    assert_eq!(of(""), Some(2.0));
    assert_eq!(of(&format!("?campaign={}", house.first.campaign)), Some(1.0));
    assert_eq!(of("?from=2026-11-20T00:00:00Z&to=2026-11-20T09:01:00Z"), Some(1.0));
    let client = house.ask(&house.keys["client"], "GET", "/v1/kpis:all", b"");
    assert_eq!(client.body["dials"]["num"].as_f64(), Some(1.0), "a client's figures are of its campaign");
    let table =
        house.get("/v1/kpis/dials?group_by=campaign&interval=1h&from=2026-11-20T08:00:00Z&to=2026-11-20T12:00:00Z");
    let rows = table["rows"].as_array().unwrap();
    assert!(rows.len() >= 2, "{table}");
    let sum: f64 = rows.iter().filter_map(|row| row["num"].as_f64().or(row["figure"]["num"].as_f64())).sum();
    assert!((sum - 2.0).abs() < 1e-9, "{table}");
    every_kpi_by_interval_and_group(house);
    for kpi in house.get("/v1/kpis").as_array().unwrap() {
        let id = kpi["id"].as_str().unwrap();
        let table = house.get(&format!("/v1/kpis/{id}"));
        assert!(table["rows"].is_array(), "{id}: {table}");
    }
}

/// Nothing that is asked for is passed over: `:all` has the rows that each KPI has by itself.
fn every_kpi_by_interval_and_group(house: &House) {
    let query = "?interval=1h&group_by=campaign&from=2026-11-20T08:00:00Z&to=2026-11-20T12:00:00Z";
    let all = house.get(&format!("/v1/kpis:all{query}"));
    for id in ["dials", "revenue", "abandon_rate"] {
        assert_eq!(all[id], house.get(&format!("/v1/kpis/{id}{query}")), "{id}");
    }
    let rows = all["dials"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "one for each campaign: {rows:?}");
    let (first, revenue) = (&rows[0], &all["revenue"]["rows"][0]);
    assert_eq!(
        (&first["from"], &first["to"]),
        (&json!("2026-11-20T09:00:00.000Z"), &json!("2026-11-20T10:00:00.000Z"))
    );
    assert_eq!(
        (&revenue["num"], &revenue["currency"], &revenue["minor_digits"]),
        (&json!(1990), &json!("CNY"), &json!(2))
    );
    let by_day = house.get("/v1/kpis:all?interval=1d&from=2026-11-19T00:00:00Z&to=2026-11-22T00:00:00Z");
    assert_eq!(by_day["dials"]["rows"].as_array().unwrap().len(), 3, "empty days, too");
    let booked = house.get("/v1/kpis:all?attribution=close");
    let alone = house.get("/v1/kpis/handled?attribution=close");
    assert_eq!((&booked["handled"]["num"], &alone["attribution"]), (&alone["rows"][0]["num"], &json!("close")));
    let table = |path: &str| {
        let csv = house.ask_with(&house.keys["manager"], "GET", path, b"", &[("Accept", "text/csv")]).text();
        let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
        let head = reader.headers().expect("a head").clone();
        let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
        (head, rows)
    };
    let (head, rows) = table(&format!("/v1/kpis:all{query}"));
    assert_eq!((&head[0], &head[1]), ("id", "from"));
    assert_eq!(
        rows.iter().filter(|row| &row[0] == "dials").map(|row| &row[1]).collect::<Vec<_>>(),
        ["2026-11-20T09:00:00.000Z"; 2]
    );
    let (head, rows) = table(&format!("/v1/kpis/dials{query}"));
    assert_eq!((&head[0], &rows[0][0]), ("from", "2026-11-20T09:00:00.000Z"));
    let wide = house.ask(
        &house.keys["admin"],
        "GET",
        "/v1/kpis:all?interval=1m&from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00Z",
        b"",
    );
    assert_eq!(wide.status, 422, "{}", wide.body);
    wide.is_problem("more rows than go into one answer");
}

/// Agents, campaigns and facts to those who may hear of them.
pub fn the_stream(house: &House) {
    let streams: Vec<(&str, Lines)> =
        ["manager", "client", "agent"].map(|scope| (scope, listen(house, &house.keys[scope]))).into();
    let post = |path: String, body: Value| {
        let any = [("If-Match", "*")];
        let answer = house.ask_with(&house.keys["admin"], "POST", &path, body.to_string().as_bytes(), &any);
        assert!(answer.status < 300, "{path}: {}", answer.body);
    };
    // A stranger first, then one's own: when the own has come, the stranger's would have come too.
    for (agent, campaign) in [(&house.bert, &house.second.campaign), (&house.anna, &house.first.campaign)] {
        post(format!("/v1/agents/{agent}/login"), json!({ "campaigns": [campaign] }));
        post(format!("/v1/campaigns/{campaign}/mode"), json!({ "mode": "predictive" }));
        post(format!("/v1/campaigns/{campaign}/mode"), json!({ "mode": "progressive" }));
        post(format!("/v1/agents/{agent}/logout"), Value::Null);
    }
    post(format!("/v1/campaigns/{}/start", house.first.campaign), Value::Null);
    post(format!("/v1/campaigns/{}/pause", house.first.campaign), Value::Null);
    for (scope, lines) in streams {
        let (bert, second) = (("agent", house.bert.as_str()), ("campaign", house.second.campaign.as_str()));
        let (wanted, strangers): (&[&str], Vec<(&str, &str)>) = match scope {
            "manager" => (&["fact agent_logged_in", "agent", "campaign", "fact campaign_paused"], vec![]),
            "client" => {
                let anna = ("agent", house.anna.as_str());
                (&["fact pacing_mode_changed", "campaign", "fact campaign_paused"], vec![second, bert, anna])
            }
            _ => (&["agent"], vec![bert, second]),
        };
        hears(scope, lines, wanted, &strangers);
    }
}

type Lines = BufReader<Box<dyn std::io::Read>>;

fn listen(house: &House, key: &str) -> Lines {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(std::time::Duration::from_secs(20))).build().into();
    let request = agent.get(format!("{}/v1/stream", house.dialer.api)).header("Authorization", format!("Bearer {key}"));
    let answer = request.call().expect("a stream");
    BufReader::new(Box::new(answer.into_body().into_reader()))
}

/// Reads until everything wanted was heard; nothing of strangers may come before.
fn hears(scope: &str, lines: Lines, wanted: &[&str], strangers: &[(&str, &str)]) {
    let mut missing: BTreeSet<&str> = wanted.iter().copied().collect();
    let mut event = String::new();
    for line in lines.lines() {
        let line = line.unwrap_or_else(|e| panic!("{scope} did not hear {missing:?}: {e}"));
        if let Some(name) = line.strip_prefix("event: ") {
            name.clone_into(&mut event);
        }
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let data: Value = serde_json::from_str(data).expect("JSON");
        assert!(strangers.iter().all(|(key, id)| data[key] != *id), "{scope} heard {event} {data}");
        missing.remove(event.as_str());
        missing.remove(format!("{event} {}", data["kind"].as_str().unwrap_or("")).as_str());
        if missing.is_empty() {
            return;
        }
    }
    panic!("{scope} did not hear {missing:?}");
}

/// An order moves on before and after a restart, and only forward.
pub fn orders_move_on(house: &mut House) {
    let advance = |house: &House, scope: &str, state: &str| {
        let path = format!("/v1/orders/{}/state", house.first.order);
        let body = json!({ "state": state }).to_string();
        house.ask(&house.keys[scope], "POST", &path, body.as_bytes()).status
    };
    let state = |house: &House| house.get(&format!("/v1/orders/{}", house.first.order))["state"].clone();
    assert_eq!(advance(house, "client", "shipped"), 409, "not verified yet");
    let path = format!("/v1/orders/{}/state", house.first.order);
    let refused = house.ask(&house.keys["client"], "POST", &path, br#"{"state":"delivered"}"#);
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.contains("from captured to delivered") && detail.contains("verified, rejected, cancelled"),
        "{detail}"
    );
    assert_eq!(advance(house, "client", "verified"), 204);
    assert_eq!(state(house), "verified");
    house.restart();
    assert_eq!(advance(house, "client", "verified"), 409, "it is already");
    assert_eq!(advance(house, "client", "shipped"), 204);
    house.restart();
    assert_eq!(advance(house, "manager", "delivered"), 204);
    assert_eq!(advance(house, "manager", "returned"), 204);
    assert_eq!(state(house), "returned");
    assert_eq!(advance(house, "manager", "shipped"), 409, "nothing follows");
    house.restart();
    assert_eq!(advance(house, "manager", "shipped"), 409, "nothing follows, known or not");
    let kinds = house.get(&format!("/v1/events?kind=order_advanced&campaign={}", house.first.campaign));
    let states: Vec<&str> = kinds["items"].as_array().unwrap().iter().filter_map(|f| f["state"].as_str()).collect();
    assert_eq!(states, ["verified", "shipped", "delivered", "returned"]);
    let verified = house.dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "{verified}");
}

/// Each list is a file too, whole, with its rows as in JSON.
pub fn lists_are_files(house: &House) {
    let key = &house.keys["manager"];
    for path in ["/v1/calls", "/v1/leads", "/v1/orders", "/v1/kpis:all", "/v1/kpis/dials"] {
        let page = house.get(&format!("{path}{}", if path.contains("kpis") { "" } else { "?limit=1000" }));
        let rows = match (page["items"].as_array(), page["rows"].as_array(), page.as_object()) {
            (Some(rows), _, _) | (None, Some(rows), _) => rows.len(),
            (None, None, Some(figures)) => figures.len(),
            (None, None, None) => panic!("{path}: {page}"),
        };
        let lines = house.ask_with(key, "GET", path, b"", &[("Accept", "application/x-ndjson")]);
        assert_eq!(lines.headers["content-type"], "application/x-ndjson", "{path}");
        let text = lines.text();
        assert_eq!(text.lines().count(), rows, "{path}: {text}");
        assert!(
            text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|row| row.is_object())),
            "{text}"
        );
        let csv = house.ask_with(key, "GET", path, b"", &[("Accept", "text/csv")]);
        assert!(csv.headers["content-type"].to_str().unwrap().starts_with("text/csv; charset=utf-8"));
        assert!(csv.headers["content-disposition"].to_str().unwrap().contains(".csv\""));
        let text = csv.text();
        let table = text.strip_prefix('\u{feff}').expect("the mark");
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert!(reader.headers().expect("a head").len() > 3, "{path}");
        assert_eq!(reader.records().map(|row| row.expect("a row")).count(), rows, "{path}: {table}");
    }
    let list = b"phone,name,note\n+8613800136001,\"=HYPERLINK(1)\",\"@SUM(A1)\"\n";
    let path = format!("/v1/campaigns/{}/leads:import", house.second.campaign);
    assert_eq!(house.ask(key, "POST", &path, list).status, 200);
    let path = format!("/v1/leads?campaign={}", house.second.campaign);
    let text = house.ask_with(key, "GET", &path, b"", &[("Accept", "text/csv")]).text();
    assert!(text.contains(",'=HYPERLINK(1),"), "a formula is a text: {text}");
    let masked = house.ask_with(&house.keys["client"], "GET", "/v1/leads", b"", &[("Accept", "text/csv")]).text();
    assert!(masked.contains("****") && !masked.contains("1380013"), "{masked}");
    assert!(!masked.contains(&format!(",{},", house.second.campaign)), "{masked}");
}

/// Cut off after some facts: with the id of the last one, each later fact comes once, in order, from the store.
pub fn the_stream_goes_on(house: &House) {
    let key = &house.keys["manager"];
    let change = |mode: &str| {
        let path = format!("/v1/campaigns/{}/mode", house.first.campaign);
        let body = json!({ "mode": mode }).to_string();
        let answer = house.ask_with(&house.keys["admin"], "POST", &path, body.as_bytes(), &[("If-Match", "*")]);
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let first = listen(house, key);
    change("predictive");
    let (id, _) = until_mode(first, "predictive");
    for mode in ["ratio", "preview", "progressive"] {
        change(mode);
    }
    let again = listen_since(house, key, &id);
    // Live goes on behind what was missed.
    change("manual");
    let (_, facts) = until_mode(again, "manual");
    let modes: Vec<&str> = facts.iter().filter_map(|fact| fact["mode"].as_str()).collect();
    assert_eq!(modes, ["ratio", "preview", "progressive", "manual"], "each once, in order");
    let seqs: Vec<u64> = facts.iter().map(|fact| fact["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");
    let client = listen_since(house, &house.keys["client"], &id);
    let (_, facts) = until_mode(client, "manual");
    assert!(facts.iter().all(|fact| fact["campaign"] != house.second.campaign.as_str()), "{facts:?}");
    let wrong = house.ask_with(key, "GET", "/v1/stream", b"", &[("Last-Event-ID", "yesterday")]);
    assert_eq!((wrong.status, &wrong.body["field"]), (422, &json!("last-event-id")), "{}", wrong.body);
    change("progressive");
}

fn listen_since(house: &House, key: &str, id: &str) -> Lines {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(std::time::Duration::from_secs(20))).build().into();
    let request = agent.get(format!("{}/v1/stream", house.dialer.api)).header("Authorization", format!("Bearer {key}"));
    let answer = request.header("Last-Event-ID", id).call().expect("a stream");
    BufReader::new(Box::new(answer.into_body().into_reader()))
}

/// The facts up to the change of mode, and its id.
fn until_mode(lines: Lines, mode: &str) -> (String, Vec<Value>) {
    let (mut event, mut id, mut facts) = (String::new(), String::new(), Vec::new());
    for line in lines.lines() {
        let line = line.unwrap_or_else(|e| panic!("{mode} did not come: {e}"));
        if line.is_empty() {
            event.clear();
        } else if let Some(name) = line.strip_prefix("event: ") {
            name.clone_into(&mut event);
        } else if let Some(cursor) = line.strip_prefix("id: ") {
            cursor.clone_into(&mut id);
        } else if let Some(data) = line.strip_prefix("data: ").filter(|_| event == "fact") {
            facts.push(serde_json::from_str::<Value>(data).expect("JSON"));
        }
        let last = facts.last().is_some_and(|fact| fact["kind"] == "pacing_mode_changed" && fact["mode"] == mode);
        if last && line.is_empty() {
            return (id, facts);
        }
    }
    panic!("{mode} did not come");
}
