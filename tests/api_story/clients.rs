//! What those ask who pull results: orders of a day with whom they go to, a number that called back, who is not to be
//! called.

use super::house::House;
use serde_json::{Value, json};

/// Head and rows of a file.
fn table(house: &House, scope: &str, path: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let csv = house.ask_with(&house.keys[scope], "GET", path, b"", &[("Accept", "text/csv")]).text();
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let head = texts(reader.headers().expect("a head"));
    (head, reader.records().map(|row| texts(&row.expect("a row"))).collect())
}

pub fn orders_for_the_warehouse(house: &House) {
    let found = |query: &str| house.get(&format!("/v1/orders{query}"))["items"].as_array().unwrap().len();
    // Both were taken at 9:03:20 UTC, which is 10:03:20 in Paris.
    assert_eq!(found("?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z"), 2);
    assert_eq!(found("?from=2026-11-20T10:03:20%2B01:00"), 2);
    assert_eq!(found("?from=2026-11-20T09:03:21Z"), 0);
    assert_eq!(found("?to=2026-11-20T09:03:20Z"), 0, "the end does not belong to it");
    assert_eq!(found("?changed_since=2026-11-20T09:00:00Z"), 2);
    assert_eq!(found("?changed_since=2026-11-20T09:10:00Z"), 0);
    let order = house.get(&format!("/v1/orders/{}", house.first.order));
    assert_eq!(order["fields"], json!({ "address": "1 Harbour Rd, \"B\" wing" }), "{order}");
    assert_eq!(
        order["lines"],
        json!([{ "sku": "SAMPLE", "quantity": 1, "price": { "minor": 1990, "currency": "CNY" } }])
    );
    let lead = house.get(&format!("/v1/leads/{}", house.first.lead));
    assert_eq!((&order["name"], &order["phone"]), (&lead["name"], &lead["phone"]));
    let path = format!("/v1/orders?campaign={}", house.first.campaign);
    for path in [path.clone(), format!("{path}&limit=5")] {
        let (head, rows) = table(house, "manager", &path);
        let cell = |name: &str| {
            rows[0][head.iter().position(|n| n == name).unwrap_or_else(|| panic!("{name}: {head:?}"))].clone()
        };
        assert_eq!(rows.len(), 1, "one line of one order: {rows:?}");
        assert_eq!([cell("order"), cell("line"), cell("sku")], [house.first.order.as_str(), "1", "SAMPLE"]);
        assert_eq!(
            [cell("price"), cell("line_total"), cell("total"), cell("currency")],
            ["19.90", "19.90", "19.90", "CNY"]
        );
        assert_eq!(cell("field.address"), "1 Harbour Rd, \"B\" wing");
        assert_eq!(Value::from(cell("phone")), lead["phone"]);
        let (head, rows) = table(house, "client", &path);
        let phone = &rows[0][head.iter().position(|n| n == "phone").expect("a column")];
        assert!(phone.contains("****"), "{phone}");
    }
    let (head, rows) = table(house, "client", "/v1/calls");
    let cause = head.iter().position(|name| name == "cause").expect("a column");
    assert_eq!([&head[cause + 1], &rows[0][cause], &rows[0][cause + 1]], ["cause_detail", "handled", ""]);
}
