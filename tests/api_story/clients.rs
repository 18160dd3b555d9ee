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

/// "You called me": by the number alone, for those who lead, and as every role sees numbers.
pub fn a_number_that_called_back(house: &House) {
    let lead = house.get(&format!("/v1/leads/{}", house.first.lead));
    let number = lead["phone"].as_str().unwrap();
    let escaped = number.replace('+', "%2B");
    let items = |path: &str| house.get(path)["items"].as_array().unwrap().clone();
    assert_eq!(items(&format!("/v1/leads?phone={escaped}")).len(), 2, "one in each campaign");
    let own = items(&format!("/v1/leads?phone={escaped}&campaign={}", house.first.campaign));
    assert_eq!((own.len(), &own[0]["id"]), (1, &Value::from(house.first.lead.as_str())));
    let as_written = number.trim_start_matches("+86");
    for form in [number.to_owned(), as_written.to_owned(), format!("{}-{}", &as_written[..3], &as_written[3..])] {
        let calls = items(&format!("/v1/calls?phone={form}&campaign={}", house.first.campaign));
        assert_eq!((calls.len(), &calls[0]["id"]), (1, &Value::from(house.first.call.as_str())), "{form}");
    }
    assert_eq!(items(&format!("/v1/calls?phone={escaped}")).len(), 2);
    assert_eq!(items("/v1/calls?phone=%2B8613900000000").len(), 0);
    let ask = |scope: &str, path: &str| house.ask(&house.keys[scope], "GET", path, b"");
    let masked = ask("supervisor", &format!("/v1/leads?phone={escaped}"));
    assert!(masked.body["items"][0]["phone"].as_str().unwrap().contains("****"), "{}", masked.body);
    for path in ["/v1/leads", "/v1/calls"] {
        let client = ask("client", &format!("{path}?phone={escaped}"));
        assert_eq!(client.status, 403, "masked digits cannot be tried out: {}", client.body);
        let wrong = ask("manager", &format!("{path}?phone=hello"));
        assert_eq!((wrong.status, &wrong.body["field"]), (422, &json!("phone")), "{}", wrong.body);
    }
}

/// One number by hand, a list by command: who, why and since when stand there, and leads that wait are excluded at once.
pub fn who_is_not_to_be_called(house: &House) {
    let waiting = house.get(&format!("/v1/leads?state=pending&limit=1000&campaign={}", house.first.campaign));
    let numbers: Vec<String> =
        waiting["items"].as_array().unwrap().iter().map(|lead| lead["phone"].as_str().unwrap().to_owned()).collect();
    let state = |number: &str| {
        let found =
            house.get(&format!("/v1/leads?phone={}&campaign={}", number.replace('+', "%2B"), house.first.campaign));
        (found["items"][0]["state"].clone(), found["items"][0]["end"].clone())
    };
    let kept =
        |number: &str| house.get(&format!("/v1/suppressions?phone={}", number.replace('+', "%2B")))["items"][0].clone();
    assert_eq!(kept(&numbers[0]), Value::Null);
    let body = json!({ "phone": numbers[0], "why": "asked by letter" }).to_string();
    assert_eq!(house.ask(&house.keys["supervisor"], "POST", "/v1/suppressions", body.as_bytes()).status, 204);
    assert_eq!(state(&numbers[0]), (json!("excluded"), json!("listed")));
    let row = kept(&numbers[0]);
    assert_eq!(row["why"], "asked by letter");
    assert!(row["by"].as_str().unwrap().starts_with("key:") && row["since"].as_str().unwrap().ends_with('Z'), "{row}");

    let file = house.dir.join("registry.csv");
    let (foreign, short) = ("+12015550123", "12");
    std::fs::write(
        &file,
        format!("phone\n{}\n{}\n{foreign}\n{short}\n", numbers[0], numbers[1].trim_start_matches("+86")),
    )
    .expect("writable");
    let file = file.to_str().expect("plain ASCII");
    let report = |arguments: &[&str]| -> Value {
        let printed = house.dialer.command(&[&["suppress", file, "--json"][..], arguments].concat());
        serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}"))
    };
    let figures =
        |report: &Value| ["rows", "accepted", "rejected", "new", "leads_excluded"].map(|f| report[f].as_u64().unwrap());
    assert_eq!(figures(&report(&["--dry-run"])), [4, 3, 1, 0, 0]);
    assert_eq!(state(&numbers[1]).0, "pending", "nothing was kept");
    let of_both = house.get(&format!("/v1/leads?phone={}", numbers[1].replace('+', "%2B")));
    let waits = |lead: &&Value| ["pending", "scheduled"].contains(&lead["state"].as_str().unwrap());
    let waiting = of_both["items"].as_array().unwrap().iter().filter(waits).count() as u64;
    let first = report(&["--list", "national registry"]);
    assert_eq!(figures(&first), [4, 3, 1, 2, waiting], "numbers of no campaign are taken, too: {first}");
    assert_eq!(figures(&report(&[])), [4, 3, 1, 0, 0], "the same file again");
    assert_eq!(state(&numbers[1]), (json!("excluded"), json!("listed")));
    assert_eq!(kept(&numbers[0])["why"], "asked by letter", "the first reason stays");
    for number in [numbers[1].as_str(), foreign] {
        let row = kept(number);
        assert_eq!((&row["why"], &row["by"]), (&json!("national registry"), &json!("cli")), "{row}");
    }
    let whole = house.get("/v1/suppressions?limit=1000")["items"].as_array().unwrap().clone();
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("/v1/suppressions?limit=2{after}"));
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert!(whole.len() >= 3 && paged == whole, "{paged:?} is not {whole:?}");
    let shown = json!(whole).to_string();
    assert!(!numbers.iter().any(|number| shown.contains(&number[1..])), "no number stands there: {shown}");
    assert_eq!(house.ask(&house.keys["admin"], "GET", "/v1/suppressions?after=7", b"").status, 422);
}
