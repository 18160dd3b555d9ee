//! Lists hold what is one's own, and numbers are masked by role. Who may do what at all stands in `matrix`.

use super::house::House;

/// Lists show only what is one's own, also when another's id is named.
pub fn lists_are_one_s_own(house: &House) {
    let client = &house.keys["client"];
    let list = |path: String| {
        let answer = house.ask(client, "GET", &path, b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body["items"].as_array().unwrap_or_else(|| panic!("{path}: {}", answer.body)).clone()
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
    // The first one was erased.
    let leads = house.get(&format!("/v1/leads?campaign={}&limit=2", house.first.campaign));
    assert_eq!(leads["items"][0]["phone"], serde_json::Value::Null, "{leads}");
    let lead = leads["items"][1]["id"].as_str().unwrap();
    for (scope, whole) in [("admin", true), ("manager", true), ("supervisor", false), ("client", false)] {
        let answer = house.ask(&house.keys[scope], "GET", &format!("/v1/leads/{lead}"), b"");
        let phone = answer.body["phone"].as_str().unwrap();
        assert_eq!(phone.contains('*'), !whole, "{scope}: {phone}");
    }
}
