//! The OpenAPI 3.1 document, generated from the handlers. What every path under `/v1` has in common (the key, its
//! refusals, the form of problems) is said once, here.

use super::error::Shown;
use super::{Routes, routes, shapes};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Outpace",
        description = "Campaigns, agents, calls, orders and KPIs of an outbound dialer.\n\n\
        Every answer carries `X-Request-Id` (your own, if you send one); answers to callers carry `RateLimit` and \
        `RateLimit-Policy`. Times are RFC 3339 (but in views, the `now` of an agent and the events `agent` and `campaign` of \
        the stream, which count microseconds since 1970), ids 16 hexadecimal digits, errors RFC 9457 problems in the language of \
        `Accept-Language`. Lists go on with `after`, the `next` of the page before; calls, orders, leads \
        and KPIs are also files: `Accept: text/csv` (UTF-8 with its mark) or `application/x-ndjson`, all rows unless \
        `limit` or `after` is given."
    ),
    components(schemas(Shown))
)]
struct Base;

/// What may come of any request with a key.
const COMMON: [(&str, &str); 5] = [
    ("401", "No key, or not a valid one"),
    ("403", "The key's scope or binding does not allow it"),
    ("405", "The path does not take this method"),
    ("429", "More requests a second than one key may send: see Retry-After"),
    ("503", "The store cannot answer now: nothing was changed"),
];

/// OpenAPI 3.1 as JSON.
pub fn document() -> serde_json::Value {
    let Routes { ordinary, long, login, open } = routes();
    let mut document = Base::openapi();
    for part in [ordinary, long, login, open] {
        document.merge(part.split_for_parts().1);
    }
    let scheme =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key: outpace key new")).build();
    let cookie = ApiKeyValue::with_description("outpace_session", "A person's session: POST /v1/session");
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("key", SecurityScheme::Http(scheme));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    for (path, item) in &mut document.paths.paths {
        item.post.iter_mut().for_each(|operation| post(path, operation));
        if ["/v1/campaigns/{id}", "/v1/agents/{id}"].contains(&path.as_str()) {
            item.get.iter_mut().for_each(|operation| {
                add_header(operation, "If-None-Match", "The ETag of the answer you have: 304 if it still holds");
                operation.responses.responses.insert("304".to_owned(), RefOr::T(Response::new("As you have it")));
            });
        }
        if ["/v1/calls", "/v1/orders", "/v1/leads", "/v1/kpis:all", "/v1/kpis/{id}"].contains(&path.as_str()) {
            item.get.iter_mut().for_each(export);
        }
        for operation in [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten() {
            complete(path, operation);
        }
    }
    let mut value = serde_json::to_value(&document).expect("a document of plain structs serializes");
    shapes::shape(&mut value);
    value
}

/// Headers that a POST heeds: `Idempotency-Key` everywhere but where it would be no use, `If-Match` on what is changed.
fn post(path: &str, operation: &mut Operation) {
    if ["/v1/session", "/v1/campaigns/{id}/leads:import"].contains(&path) {
        return;
    }
    let about = "One for each thing that is made, such as a UUID: the same request again gets the same answer";
    add_header(operation, "Idempotency-Key", about);
    add_answers(operation, &["409", "422"]);
    let changes_a_campaign = path.starts_with("/v1/campaigns/{id}");
    let changes_an_agent = path.starts_with("/v1/agents/{id}/");
    if changes_a_campaign || changes_an_agent {
        add_header(operation, "If-Match", "The ETag that was seen: 412 if it was changed meanwhile");
        add_answers(operation, &["412"]);
    }
    if path == "/v1/campaigns" {
        add_answers(operation, &["412"]);
    }
    if path == "/v1/campaigns/{id}/mode" {
        add_answers(operation, &["428"]);
    }
}

fn add_header(operation: &mut Operation, name: &str, about: &str) {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(about))
        .schema(Some(schema))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

fn add_answers(operation: &mut Operation, statuses: &[&str]) {
    for status in statuses {
        operation.responses.responses.entry((*status).to_owned()).or_insert_with(|| RefOr::T(Response::new("")));
    }
}

/// Lists that are files too.
fn export(operation: &mut Operation) {
    let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200") else { return };
    for kind in ["text/csv", "application/x-ndjson"] {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        answer.content.insert(kind.to_owned(), RefOr::T(Content::new(Some(RefOr::T(text.into())))));
    }
}

fn complete(path: &str, operation: &mut Operation) {
    // Handlers are named within their file; in the document a name stands once.
    let tag = operation.tags.as_ref().and_then(|tags| tags.first()).cloned().unwrap_or_default();
    operation.operation_id = operation.operation_id.take().map(|name| format!("{tag}_{name}"));
    if !path.starts_with("/v1/") {
        return;
    }
    let by = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    operation.security = Some(match operation.operation_id.as_deref() {
        Some("session_log_in") => Vec::new(),
        Some("session_get" | "session_log_out") => vec![by("session")],
        Some(_) | None => vec![by("key"), by("session")],
    });
    for (status, description) in COMMON {
        operation.responses.responses.insert(status.to_owned(), RefOr::T(Response::new(description)));
    }
    // Any of these may be wrong: an id of the path, a parameter, a field.
    if path.contains('{') || operation.parameters.is_some() || operation.request_body.is_some() {
        add_answers(operation, &["422"]);
    }
    if path.contains("{id}") {
        add_answers(operation, &["404"]);
    }
    if operation.request_body.is_some() {
        add_answers(operation, &["408", "413", "415"]);
    }
    for (status, answer) in &mut operation.responses.responses {
        if let RefOr::T(answer) = answer {
            describe(status, answer);
        }
    }
}

fn describe(status: &str, answer: &mut Response) {
    if answer.description.is_empty() {
        answer.description = match status {
            "200" => "As asked",
            "201" => "Made",
            "204" => "Done, and on disk",
            "400" => "The body broke off",
            "404" => "Not there, or another's",
            "408" => "The body came too slowly",
            "409" => "Not in this state, or done already",
            "412" => "Changed meanwhile: read it again",
            "413" => "The body is too large",
            "415" => "A body of another type is expected",
            "422" => "A value is wrong: which one, and the fix",
            "428" => "If-Match is needed here",
            _ => "See the detail",
        }
        .to_owned();
    }
    if !status.starts_with(['2', '3']) {
        let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        answer.content = std::iter::once(("application/problem+json".to_owned(), RefOr::T(problem))).collect();
    }
}
