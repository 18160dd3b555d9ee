//! What callers get wrong, and that each mistake is named: status, field, and a detail that helps. Never a 5xx.

use super::house::House;

/// Method, path, body, status, field (empty: none), a part of the detail.
type Row = (&'static str, &'static str, &'static str, u16, &'static str, &'static str);

const TABLE: &[Row] = &[
    ("POST", "/v1/campaigns", "{", 422, "body", "EOF"),
    ("POST", "/v1/campaigns", "[]", 422, "", ""),
    ("POST", "/v1/campaigns", r#"{"name":"first"} {}"#, 422, "body", "trailing"),
    ("POST", "/v1/campaigns", "", 422, "name", "missing field `name`"),
    ("POST", "/v1/campaigns", r#"{"name":5}"#, 422, "name", "expected a string"),
    ("POST", "/v1/campaigns", r#"{"name":"a","name":"b"}"#, 422, "name", "duplicate"),
    ("POST", "/v1/campaigns", r#"{"nmae":"first"}"#, 422, "nmae", "unknown field `nmae`, expected `name`"),
    ("POST", "/v1/campaigns", r#"{"name":"../../etc"}"#, 404, "name", "no name of a folder"),
    ("POST", "/v1/campaigns", r#"{"name":"nowhere"}"#, 404, "name", "telesales"),
    ("POST", "/v1/campaigns", r#"{"name":"broken"}"#, 422, "name", "broken/campaign.toml:"),
    ("POST", "/v1/campaigns/CAMPAIGN/mode", r#"{"mode":"fast"}"#, 422, "mode", "progressive"),
    ("POST", "/v1/campaigns/CAMPAIGN/leads:import", "", 422, "body", ""),
    ("POST", "/v1/campaigns/CAMPAIGN/leads:import", "no,such,column\n1,2,3\n", 422, "body", "phone"),
    ("GET", "/v1/campaigns/zz", "", 422, "id", "zz"),
    ("GET", "/v1/campaigns/%ff", "", 422, "path", ""),
    ("GET", "/v1/campaigns/ffffffffffffffff", "", 404, "", "ffffffffffffffff"),
    ("GET", "/v1/campaigns/10000000000000000", "", 422, "id", ""),
    ("GET", "/v1/calls/-1", "", 422, "id", ""),
    ("GET", "/v1/calls?limit=0", "", 422, "limit", "1000"),
    ("GET", "/v1/calls?limit=ten", "", 422, "limit", "digit"),
    ("GET", "/v1/calls?limit=-1", "", 422, "limit", "digit"),
    ("GET", "/v1/calls?campagin=1", "", 422, "campagin", "unknown field"),
    ("GET", "/v1/calls?open=maybe", "", 422, "open", ""),
    ("GET", "/v1/calls?from=yesterday", "", 422, "from", "RFC 3339"),
    ("GET", "/v1/calls?from=2026-11-21T09:00:00", "", 422, "from", "RFC 3339"),
    ("GET", "/v1/calls?after=zz", "", 422, "after", "zz"),
    ("GET", "/v1/calls?after=ffffffffffffffff", "", 200, "", ""),
    ("GET", "/v1/leads?state=lost", "", 422, "state", "in_flight"),
    ("GET", "/v1/orders?state=lost", "", 422, "state", "captured"),
    ("GET", "/v1/events?after=7", "", 422, "after", "NODE-SEQ"),
    ("GET", "/v1/events?after=1-99999999999", "", 200, "", ""),
    ("GET", "/v1/kpis/nothing", "", 404, "", "/v1/kpis"),
    ("GET", "/v1/kpis/dials?interval=often", "", 422, "interval", "15m"),
    ("GET", "/v1/kpis/dials?group_by=mood", "", 422, "group_by", ""),
    ("GET", "/v1/kpis/dials?zone=Nowhere", "", 422, "query", "Nowhere"),
    ("GET", "/v1/kpis/dials?attribution=luck", "", 422, "attribution", ""),
    ("GET", "/v1/kpis/dials?interval=1m&from=1970-01-01T00:00:00Z&to=2100-01-01T00:00:00Z", "", 422, "query", ""),
    ("POST", "/v1/suppressions", r#"{"phone":"hello"}"#, 422, "phone", "hello"),
    ("POST", "/v1/suppressions", r#"{}"#, 422, "phone", "missing"),
    ("POST", "/v1/agents", r#"{"name":"anna"}"#, 409, "name", "anna"),
    ("POST", "/v1/agents", r#"{"name":"carl","lang":"fr"}"#, 422, "lang", "zh-Hans"),
    ("POST", "/v1/agents", r#"{"name":"a/b"}"#, 422, "", "a/b"),
    ("POST", "/v1/agents/AGENT/login", r#"{"campaigns":[]}"#, 422, "campaigns", ""),
    ("POST", "/v1/agents/AGENT/login", r#"{"campaigns":["ffff"]}"#, 422, "campaigns", "16 hexadecimal"),
    ("POST", "/v1/agents/AGENT/login", r#"{"campaigns":[7]}"#, 422, "campaigns[0]", "string"),
    ("POST", "/v1/agents/AGENT/pause", r#"{"reason":""}"#, 422, "reason", "lunch"),
    ("POST", "/v1/agents/AGENT/pause", r#"{"reason":"smoking"}"#, 422, "reason", "smoking"),
    ("POST", "/v1/agents/ffffffffffffffff/ready", "", 404, "", "ffff"),
    ("POST", "/v1/calls/CALL/outcome", r#"{"callback_at":"soon"}"#, 422, "callback_at", "soon"),
    ("POST", "/v1/orders/ORDER/state", r#"{"state":"paid"}"#, 422, "state", "verified"),
    ("GET", "/v1/nothing", "", 404, "", "/openapi.json"),
    ("GET", "/v2", "", 404, "", "/openapi.json"),
    ("DELETE", "/v1/campaigns", "", 405, "", "Allow"),
    ("PUT", "/v1/orders/ORDER/state", "{}", 405, "", "Allow"),
    ("GET", "/v1/campaigns/CAMPAIGN/leads:import", "", 405, "", "Allow"),
    ("POST", "/livez", "", 405, "", "Allow"),
];

pub fn each_mistake_is_named(house: &House) {
    let toml = house.dialer.data.join("campaigns/broken");
    std::fs::create_dir_all(&toml).unwrap();
    std::fs::write(toml.join("campaign.toml"), "titel = \"x\"\n").unwrap();
    let mut wrong = Vec::new();
    for (method, path, body, status, field, detail) in TABLE {
        let path = path
            .replace("CAMPAIGN", &house.first.campaign)
            .replace("AGENT", &house.anna)
            .replace("CALL", &house.first.call)
            .replace("ORDER", &house.first.order);
        let answer = house.ask(&house.keys["admin"], method, &path, body.as_bytes());
        let what = format!("{method} {path} {body}");
        if answer.status >= 400 {
            answer.is_problem(&what);
        }
        let named = field.is_empty() || answer.body["field"] == *field;
        let said = answer.body["detail"].as_str().unwrap_or("").contains(detail);
        if answer.status != *status || !named || !(said || answer.status < 400) {
            wrong.push(format!("{what}: {status} {field} {detail} expected, not {} {}", answer.status, answer.body));
        }
        if answer.status == 405 {
            assert!(answer.headers.contains_key("allow"), "{what}");
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// 1 MB and 32 levels.
pub fn bodies_are_bounded(house: &House) {
    let key = &house.keys["admin"];
    let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(2 << 20));
    let answer = house.ask(key, "POST", "/v1/campaigns", huge.as_bytes());
    assert_eq!(answer.status, 413, "{}", answer.body);
    answer.is_problem("2 MB");
    let kept = house.ask_with(key, "POST", "/v1/campaigns", huge.as_bytes(), &[("Idempotency-Key", "too-large")]);
    assert_eq!(kept.status, 413, "{}", kept.body);
    kept.is_problem("2 MB with a key");
    for depth in [33, 100, 100_000] {
        let deep = format!(r#"{{"name":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let answer = house.ask(key, "POST", "/v1/campaigns", deep.as_bytes());
        assert_eq!(answer.status, 422, "{depth}: {}", answer.body);
        assert_eq!(answer.body["code"], "api.too_deep", "{}", answer.body);
    }
    let note = format!(r#"{{"note":"{}"}}"#, "长".repeat(100_000));
    let answer = house.ask(key, "POST", &format!("/v1/calls/{}/outcome", house.first.call), note.as_bytes());
    assert_eq!((answer.status, &answer.body["field"]), (422, &"note".into()), "{}", answer.body);
    let not_text = house.ask(key, "POST", "/v1/campaigns", b"{\"name\":\"\xff\xfe\"}");
    assert_eq!(not_text.status, 422, "{}", not_text.body);
    let nul = house.ask(key, "POST", "/v1/campaigns", br#"{"name":"a\u0000b"}"#);
    assert_eq!(nul.status, 404, "{}", nul.body);
}

/// Problems and reasons, in the language that was asked for.
pub fn in_chinese(house: &House) {
    let key = &house.keys["admin"];
    let zh = [("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")];
    let hant = [("Accept-Language", "zh-TW")];
    let path = format!("/v1/orders/{}/state", house.first.order);
    let cases = [
        ("GET", "/v1/nothing", "", "没有路径", "沒有路徑"),
        ("GET", "/v1/calls?limit=0", "", "一次无法返回", "一次無法傳回"),
        ("POST", path.as_str(), r#"{"state":"delivered"}"#, "订单不能从", "訂單不能從"),
        ("PATCH", "/v1/kpis", "", "不支持", "不支援"),
        (
            "POST",
            "/v1/campaigns",
            r#"{"name":"broken"}"#,
            "broken/campaign.toml:1:1: titel = \"x\": 未知的键",
            "未知的鍵",
        ),
        ("POST", "/v1/campaigns", r#"{"name":"nobody"}"#, "既不是含 campaign.toml 的文件夹", "的資料夾"),
    ];
    for (method, path, body, simplified, traditional) in cases {
        for (headers, part) in [(zh, simplified), (hant, traditional)] {
            let answer = house.ask_with(key, method, path, body.as_bytes(), &headers);
            answer.is_problem(path);
            assert!(answer.body["detail"].as_str().unwrap().contains(part), "{path}: {}", answer.body);
        }
    }
    let unknown = house.ask_with("", "GET", "/v1/kpis", b"", &zh);
    assert!(unknown.body["detail"].as_str().unwrap().contains("密钥"), "{}", unknown.body);
    let why = house.ask_with(key, "GET", &format!("/v1/campaigns/{}", house.second.campaign), b"", &zh);
    let why = why.body["why"].as_str().unwrap().to_owned();
    assert!(why.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{why}");
}
