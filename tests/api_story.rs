//! The API without calls: who may do what, what each mistake is told, lists, pages, cursors, the stream, orders.
//! One dialer for all of it; the document as a golden file (UPDATE_GOLDEN=1 writes it anew).

mod real;
#[path = "support/story.rs"]
mod story;

#[path = "api_story/clients.rs"]
mod clients;
#[path = "api_story/flow.rs"]
mod flow;
#[path = "api_story/house.rs"]
mod house;
#[path = "api_story/manners.rs"]
mod manners;
#[path = "api_story/matrix.rs"]
mod matrix;
#[path = "api_story/mistakes.rs"]
mod mistakes;
#[path = "api_story/people.rs"]
mod people;
#[path = "api_story/roles.rs"]
mod roles;

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn a_day_at_the_api() {
    matrix::nothing_is_left_out();
    let mut house = house::House::open("api-story");
    flow::facts_by_cursor(&house);
    // Before the roles: their matrix erases the person of the first lead.
    clients::orders_for_the_warehouse(&house);
    clients::a_number_that_called_back(&house);
    clients::who_is_not_to_be_called(&house);
    matrix::each_role_at_each_operation(&house);
    matrix::a_client_without_a_filter(&house);
    roles::lists_are_one_s_own(&house);
    roles::numbers_are_masked_by_role(&house);
    mistakes::each_mistake_is_named(&house);
    mistakes::bodies_are_bounded(&house);
    mistakes::in_chinese(&house);
    manners::every_answer_has_its_id(&house);
    manners::what_is_left_is_told(&house);
    manners::a_thing_is_made_once(&house);
    manners::lists_come_in_pages(&house);
    manners::two_managers_and_one_campaign(&house);
    manners::two_browsers_and_one_agent(&house);
    flow::a_list_by_http(&house);
    flow::pages(&house);
    flow::figures(&house);
    flow::the_stream(&house);
    flow::the_stream_goes_on(&house);
    flow::lists_are_files(&house);
    manners::a_manual_without_a_network(&house);
    flow::orders_move_on(&mut house);
    people::people_log_in(&mut house);
    people::roles_hold_for_people(&house);
    people::an_agent_is_hired_by_command(&house);
    people::guessing_does_not_pay(&house);
    let said = house.dialer.stop();
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.contains("138001"), "a whole number stands in the log:\n{said}");
}

#[test]
fn the_document_is_as_reviewed() {
    let text = format!("{:#}\n", outpace::api::document());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).expect("docs is writable");
    }
    let reviewed = std::fs::read_to_string(&golden).unwrap_or_default();
    let line = text.lines().zip(reviewed.lines()).position(|(ours, theirs)| ours != theirs);
    assert!(
        text == reviewed,
        "the API differs from docs/openapi.json (line {:?}): read the change, then UPDATE_GOLDEN=1 cargo test --test api_story",
        line.map(|n| n + 1)
    );
}

#[test]
fn the_document_is_whole() {
    let document = outpace::api::document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().unwrap();
    for path in ["/v1/stream", "/v1/campaigns/{id}/leads:import", "/livez", "/readyz", "/v1/kpis:all", "/v1/events"] {
        assert!(paths.contains_key(path), "{path} in {:?}", paths.keys());
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{what} has no operationId"));
            assert!(ids.insert(id.to_owned()), "{what}: {id} stands twice");
            if path.starts_with("/v1/") {
                has_answers(&what, operation, path.contains("{id}"), method == "post");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                let place = match name {
                    "Idempotency-Key" | "If-Match" | "If-None-Match" | "Last-Event-ID" => "header",
                    name if path.contains(&format!("{{{name}}}")) => "path",
                    _ => "query",
                };
                assert_eq!(parameter["in"], place, "{what}: {name}");
            }
        }
    }
    for reference in references(&document) {
        let name = reference.trim_start_matches("#/components/schemas/");
        assert!(schemas.contains_key(name), "{reference} leads nowhere");
    }
}

fn has_answers(what: &str, operation: &serde_json::Value, with_id: bool, with_body: bool) {
    let answers = operation["responses"].as_object().unwrap();
    let mut wanted = vec!["401", "403", "405", "429", "503"];
    if with_id {
        wanted.extend(["404", "422"]);
    }
    if with_body && operation.get("requestBody").is_some() {
        wanted.extend(["408", "413", "415", "422"]);
    }
    for status in wanted {
        assert!(answers.contains_key(status), "{what} does not say {status}");
    }
    assert!(answers.keys().any(|status| status.starts_with('2')), "{what} never succeeds");
    for (status, answer) in answers {
        assert!(!answer["description"].as_str().unwrap().is_empty(), "{what} {status}");
        if !status.starts_with(['2', '3']) {
            assert!(answer["content"]["application/problem+json"].is_object(), "{what} {status}: {answer}");
        }
    }
    assert!(operation["security"].is_array(), "{what} says what it needs");
}

fn references(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(map) => map
            .iter()
            .flat_map(|(key, inner)| match inner.as_str().filter(|_| key == "$ref") {
                Some(reference) => vec![reference.to_owned()],
                None => references(inner),
            })
            .collect(),
        serde_json::Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
