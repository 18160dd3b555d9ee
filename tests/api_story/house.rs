//! A dialer with two campaigns and a past: one call and one order in each, told as facts before it starts.

use crate::real::campaign::{self, Options};
use crate::real::dialer::Dialer;
use crate::real::{run, scratch};
use crate::story::{Outcome, Story, Told, ms};
use outpace::facts::{Fact, OrderLine};
use outpace::store::{LeadFilter, Store};
use outpace::words::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub struct House {
    pub dialer: Dialer,
    pub dir: PathBuf,
    pub first: Own,
    pub second: Own,
    /// By scope; agent's is anna's, client's sees the first campaign.
    pub keys: BTreeMap<&'static str, String>,
    pub anna: String,
    pub bert: String,
}

/// What belongs to one campaign.
#[derive(Clone)]
pub struct Own {
    pub campaign: String,
    pub lead: String,
    pub call: String,
    pub order: String,
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: ureq::http::HeaderMap,
}

const SCOPES: [&str; 5] = ["admin", "manager", "supervisor", "agent", "client"];

impl House {
    /// Ten leads in each campaign.
    pub fn open(name: &str) -> House {
        let dir = scratch(name);
        let mut dialer = Dialer::prepare(&dir, &[], None);
        let list = dir.join("leads.csv");
        campaign::leads(&list, 0..10);
        for name in ["first", "second"] {
            campaign::write(&dialer.data, name, &Options::default());
            dialer.command(&["import", name, list.to_str().expect("plain ASCII")]);
        }
        let (first, second) = block_on(tell_the_past(&dialer.data));
        dialer.start(&dir);
        let make = |name: &str| dialer.post("/v1/agents", &json!({ "name": name }))["id"].as_str().unwrap().to_owned();
        // The past knows anna by the first id that the store gives.
        let (anna, bert) = (make("anna"), make("bert"));
        let mut keys = BTreeMap::new();
        for scope in SCOPES {
            let mut arguments = vec!["key", "new", "--scope", scope];
            match scope {
                "agent" => arguments.extend(["--agent", "anna"]),
                "client" => arguments.extend(["--campaign", "first"]),
                _ => {}
            }
            let printed = dialer.command(&arguments);
            keys.insert(scope, printed.lines().last().expect("the key is printed last").to_owned());
        }
        House { dialer, dir, first, second, keys, anna, bert }
    }

    pub fn ask(&self, key: &str, method: &str, path: &str, body: &[u8]) -> Answer {
        self.ask_with(key, method, path, body, &[])
    }

    pub fn ask_with(&self, key: &str, method: &str, path: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.dialer.api));
        if !key.is_empty() {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        let answer = match body {
            b"" => agent.run(request.body(()).expect("a request")),
            body => agent.run(request.body(body.to_vec()).expect("a request")),
        };
        let mut answer = answer.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let streams = headers.get("content-type").is_some_and(|t| t.to_str().unwrap().starts_with("text/event"));
        // A stream does not end.
        let text = if streams { String::new() } else { answer.body_mut().read_to_string().unwrap_or_default() };
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)), headers }
    }

    /// As administrator, with success.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.ask(&self.keys["admin"], "GET", path, b"");
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.body
    }

    pub fn restart(&mut self) {
        let said = self.dialer.stop();
        assert!(!said.contains("panicked"), "{said}");
        self.dialer.start(&self.dir);
    }
}

impl Answer {
    /// As it came, where it is no JSON.
    pub fn text(&self) -> String {
        self.body.as_str().map_or_else(|| self.body.to_string(), str::to_owned)
    }

    /// Every error has the same shape.
    pub fn is_problem(&self, what: &str) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{what}: {}", self.body);
        assert_eq!(self.body["status"], self.status, "{what}: {}", self.body);
        for key in ["code", "title", "detail"] {
            assert!(self.body[key].as_str().is_some_and(|text| !text.is_empty()), "{what}: {key} in {}", self.body);
        }
        let detail = self.body["detail"].as_str().unwrap();
        assert!(!detail.contains('{') || detail.contains("JSON"), "{what}: an argument is missing in {detail}");
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

async fn tell_the_past(data: &Path) -> (Own, Own) {
    let store = Store::open("sqlite:outpace.db", data).await.expect("the import made it");
    let now = ms("2026-11-20T09:00:00Z");
    let mut story = Story::from("2026-11-20T09:00:00Z");
    let mut owns = Vec::new();
    for (nth, row) in store.campaigns().await.expect("they are there").iter().enumerate() {
        let filter = LeadFilter { campaign: Some(row.id), ..LeadFilter::default() };
        let lead = store.leads(&filter, None, 1).await.expect("they are there")[0].id;
        let (call, order) = (CallId(0x10 + nth as u64), OrderId(0x20 + nth as u64));
        let anna = Some(AgentId(1));
        story.configured(now, row.id, |c| c.name = row.name.clone());
        let told = Told {
            campaign: row.id,
            answer: Some(5),
            bridge: (nth == 0).then_some((AgentId(1), 6, true)),
            end: Some((60, Cause::Handled, Side::Customer)),
            talk_seconds: 50,
            outcome: Some(Outcome { right_party: true, effective: true, interested: true }),
            ..Told::to(lead.0)
        };
        story.call(call, now + nth as i64 * 100_000, &told);
        let price = Money { minor: 1990, currency: "CNY".to_owned() };
        let lines = vec![OrderLine { sku: "SAMPLE".to_owned(), quantity: 1, price: price.clone() }];
        let campaign = row.id;
        story.tell(now + 200_000, Fact::OrderTaken { order, call, campaign, lead, agent: anna, lines, total: price });
        story.tell(now + 300_000, Fact::LeadClosed { campaign, lead, reason: outpace::facts::LeadEnd::Worked });
        owns.push(Own {
            campaign: campaign.to_string(),
            lead: lead.to_string(),
            call: call.to_string(),
            order: order.to_string(),
        });
    }
    let writes: Vec<_> = story.facts.into_iter().map(outpace::store::Write::Fact).collect();
    store.append(&writes).await.expect("facts are taken");
    let (call, lead) = (owns[0].call.parse().expect("an id"), owns[0].lead.parse().expect("an id"));
    let fields = BTreeMap::from([("address".to_owned(), "1 Harbour Rd, \"B\" wing".to_owned())]);
    store.append(&[outpace::store::Write::KeepFields { call, lead, fields }]).await.expect("fields are kept");
    store.close().await;
    let second = owns.pop().expect("two campaigns");
    (owns.pop().expect("two campaigns"), second)
}

/// A list of the same people, in the encoding of a Chinese office.
pub fn gb18030_list(dir: &Path) -> Vec<u8> {
    let text = dir.join("utf8.csv");
    std::fs::write(&text, "电话,姓名\n13800138100,王小明\n13800138101,李雷\n123,短\n").expect("writable");
    let file = dir.join("gb.csv");
    run(std::process::Command::new("iconv").args(["-f", "UTF-8", "-t", "GB18030", "-o"]).arg(&file).arg(&text));
    std::fs::read(file).expect("just made")
}
