//! `/docs`: the OpenAPI document as a page to read, made once from the document itself, whole without a network.
//! It refuses scripts: what it shows is text.

use super::State;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::Value;
use std::fmt::Write;

/// Nothing from elsewhere, no script, no frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("manual.css");
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Tags in the order of a day's work; others come after.
const TAGS: [(&str, &str); 9] = [
    ("session", "Logging in 登录"),
    ("campaigns", "Campaigns 活动"),
    ("leads", "Leads 名单"),
    ("agents", "Agents 座席"),
    ("calls", "Calls 呼叫"),
    ("orders", "Orders 订单"),
    ("kpis", "KPIs 指标"),
    ("events", "Events 事件"),
    ("health", "Health 运行状况"),
];

pub fn routes(document: &Value) -> Router<State> {
    let page = page(document);
    let answer = |kind: &'static str, text: String| {
        let headers = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        get(move || async move { (headers, text).into_response() })
    };
    Router::new()
        .route("/docs", answer("text/html; charset=utf-8", page))
        .route("/docs/style.css", answer("text/css; charset=utf-8", STYLE.to_owned()))
}

fn page(document: &Value) -> String {
    let mut out = String::new();
    put(&mut out, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Outpace API</title>");
    put(
        &mut out,
        "<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/docs/style.css\">",
    );
    put(&mut out, "</head><body><header><h1>Outpace API 接口文档</h1>");
    paragraphs(&mut out, text(&document["info"]["description"]));
    put(&mut out, "<p>The document itself 原始文档: <a href=\"/openapi.json\">/openapi.json</a></p></header><main>");
    let tags = tags(document);
    put(&mut out, "<nav aria-label=\"Contents 目录\"><ul>");
    for tag in &tags {
        for (method, path, operation) in operations(document, tag) {
            let id = escape(text(&operation["operationId"]));
            let line =
                format!("<li><a href=\"#{id}\"><code>{} {}</code></a></li>", method.to_uppercase(), escape(path));
            put(&mut out, &line);
        }
    }
    put(&mut out, "<li><a href=\"#schemas\">Schemas 数据结构</a></li></ul></nav>");
    for tag in &tags {
        put(&mut out, &format!("<section><h2>{}</h2>", escape(title(tag))));
        for (method, path, operation) in operations(document, tag) {
            article(&mut out, method, path, operation);
        }
        put(&mut out, "</section>");
    }
    schemas(&mut out, document);
    put(&mut out, "</main></body></html>");
    out
}

fn tags(document: &Value) -> Vec<String> {
    let mut tags: Vec<String> = TAGS.iter().map(|(tag, _)| (*tag).to_owned()).collect();
    for (_, _, operation) in all(document) {
        let tag = text(&operation["tags"][0]).to_owned();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn title(tag: &str) -> &str {
    TAGS.iter().find(|(known, _)| *known == tag).map_or(tag, |(_, title)| title)
}

fn all(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((*method, path.as_str(), item.get(*method)?)))
    })
}

fn operations<'a>(document: &'a Value, tag: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    all(document).filter(move |(_, _, operation)| operation["tags"][0] == tag)
}

fn article(out: &mut String, method: &str, path: &str, operation: &Value) {
    let id = escape(text(&operation["operationId"]));
    let method = method.to_uppercase();
    put(
        out,
        &format!("<article id=\"{id}\"><h3><code><span class=\"method\">{method}</span> {}</code></h3>", escape(path)),
    );
    paragraphs(out, text(&operation["summary"]));
    paragraphs(out, text(&operation["description"]));
    let parameters: Vec<[String; 3]> = rows(&operation["parameters"], |parameter| {
        let needed = if parameter["required"] == true { " *" } else { "" };
        let name = format!("<code>{}</code>{needed}", escape(text(&parameter["name"])));
        let place = format!("{} {}", escape(text(&parameter["in"])), kind(&parameter["schema"]));
        [name, place, coded(text(&parameter["description"]))]
    });
    table(out, "Parameters 参数", ["Name 名称", "Kind 类型", "Meaning 含义"], &parameters);
    let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
    let bodies: Vec<[String; 3]> = bodies
        .map(|(media, content)| [format!("<code>{}</code>", escape(media)), kind(&content["schema"]), String::new()])
        .collect();
    table(out, "Body 请求正文", ["Type 格式", "Content 内容", ""], &bodies);
    let answers = operation["responses"].as_object().into_iter().flatten();
    let answers: Vec<[String; 3]> = answers
        .map(|(status, answer)| {
            let contents = answer["content"].as_object().into_iter().flatten();
            let contents: Vec<String> = contents
                .map(|(media, content)| format!("<code>{}</code> {}", escape(media), kind(&content["schema"])))
                .collect();
            [format!("<code>{}</code>", escape(status)), escape(text(&answer["description"])), contents.join("<br>")]
        })
        .collect();
    table(out, "Answers 应答", ["Status 状态", "Meaning 含义", "Content 内容"], &answers);
    put(out, "</article>");
}

fn schemas(out: &mut String, document: &Value) {
    put(out, "<section id=\"schemas\"><h2>Schemas 数据结构</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        put(out, &format!("<article id=\"schema-{0}\"><h3><code>{0}</code></h3>", escape(name)));
        paragraphs(out, text(&schema["description"]));
        let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().map(text).collect();
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields: Vec<[String; 3]> = fields
            .map(|(field, inner)| {
                let star = if needed.contains(&field.as_str()) { " *" } else { "" };
                let name = format!("<code>{}</code>{star}", escape(field));
                [name, kind(inner), coded(text(&inner["description"]))]
            })
            .collect();
        if fields.is_empty() {
            put(out, &format!("<p>{}</p>", kind(schema)));
        }
        table(out, "Fields 字段", ["Name 名称", "Kind 类型", "Meaning 含义"], &fields);
        put(out, "</article>");
    }
    put(out, "</section>");
}

/// `string`, `integer or null`, the words it may be, a link to a schema, or a list of such.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\"><code>{0}</code></a>", escape(name));
    }
    let some: Vec<String> = ["oneOf", "anyOf", "allOf"]
        .iter()
        .flat_map(|key| schema[*key].as_array().into_iter().flatten())
        .map(kind)
        .collect();
    if !some.is_empty() {
        return some.join(" | ");
    }
    if schema["type"] == "array" {
        return format!("[ {} ]", kind(&schema["items"]));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words
            .iter()
            .map(|word| format!("<code>{}</code>", escape(word.as_str().unwrap_or("null"))))
            .collect::<Vec<_>>()
            .join(" ");
    }
    if schema["additionalProperties"].is_object() {
        return format!("{{ name: {} }}", kind(&schema["additionalProperties"]));
    }
    match &schema["type"] {
        Value::Array(names) => names.iter().map(|name| escape(text(name))).collect::<Vec<_>>().join(" | "),
        name => escape(text(name)),
    }
}

fn rows<const N: usize>(list: &Value, row: impl Fn(&Value) -> [String; N]) -> Vec<[String; N]> {
    list.as_array().into_iter().flatten().map(row).collect()
}

/// Cells are HTML already.
fn table(out: &mut String, caption: &str, heads: [&str; 3], rows: &[[String; 3]]) {
    if rows.is_empty() {
        return;
    }
    put(out, &format!("<h4>{caption}</h4><table><thead><tr>"));
    heads.iter().for_each(|head| put(out, &format!("<th scope=\"col\">{head}</th>")));
    put(out, "</tr></thead><tbody>");
    for row in rows {
        put(out, "<tr>");
        row.iter().for_each(|cell| put(out, &format!("<td>{cell}</td>")));
        put(out, "</tr>");
    }
    put(out, "</tbody></table>");
}

fn paragraphs(out: &mut String, text: &str) {
    for part in text.split("\n\n").filter(|part| !part.trim().is_empty()) {
        put(out, &format!("<p>{}</p>", coded(part)));
    }
}

/// What stands in backticks is code.
fn coded(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn put(out: &mut String, text: &str) {
    out.write_str(text).expect("a String takes all");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_operation_and_no_dead_link() {
        let document = super::super::document();
        let page = page(&document);
        for (_, _, operation) in all(&document) {
            assert!(page.contains(&format!("<article id=\"{}\">", text(&operation["operationId"]))));
        }
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
        }
        assert!(
            !page.contains("<script") && !page.contains("http://") && !page.contains("style="),
            "strict and offline"
        );
        assert_eq!(escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
