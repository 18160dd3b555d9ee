//! The OpenAPI 3.1 document, generated from the handlers. What every path under `/v1` has in common (the key, its
//! refusals, the form of problems) is said once, here.

use super::error::Shown;
use super::{Routes, routes};
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response};

#[derive(OpenApi)]
#[openapi(
    info(title = "Outpace", description = "Campaigns, agents, calls, orders and KPIs of an outbound dialer."),
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

pub fn document() -> utoipa::openapi::OpenApi {
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
        for operation in [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten() {
            complete(path, operation);
        }
    }
    document
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
    let answers = &mut operation.responses.responses;
    for (status, description) in COMMON {
        answers.insert(status.to_owned(), RefOr::T(Response::new(description)));
    }
    // Any of these may be wrong: an id of the path, a parameter, a field.
    if path.contains('{') || operation.parameters.is_some() || operation.request_body.is_some() {
        answers.entry("422".to_owned()).or_insert_with(|| RefOr::T(Response::new("")));
    }
    if path.contains("{id}") {
        answers.entry("404".to_owned()).or_insert_with(|| RefOr::T(Response::new("")));
    }
    if operation.request_body.is_some() {
        answers.entry("413".to_owned()).or_insert_with(|| RefOr::T(Response::new("")));
    }
    for (status, answer) in answers {
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
            "409" => "Not in this state",
            "413" => "The body is too large",
            "422" => "A value is wrong: which one, and the fix",
            _ => "See the detail",
        }
        .to_owned();
    }
    if !status.starts_with('2') {
        let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        answer.content = std::iter::once(("application/problem+json".to_owned(), RefOr::T(problem))).collect();
    }
}
