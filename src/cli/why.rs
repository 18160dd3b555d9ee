//! `outpace why CAMPAIGN`: why it dials or does not, now or at a past moment, in one sentence in English and Chinese.
//! From the data folder (the log of decisions) or from a running server. It refuses to guess: without a record it says so.

use super::{Failure, Place, block_on, data};
use crate::engine::{DecisionView, Estimates};
use crate::live::clock::wall_now;
use crate::store::{CampaignRow, Store};
use crate::words::{CampaignId, Lang, Wall};
use serde_json::Value;
use std::process::ExitCode;
use std::time::Duration;

/// Of a server.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Entries of the log that are printed with --more.
const MORE: u32 = 20;

#[derive(clap::Args)]
pub(crate) struct Why {
    /// The campaign's name or id. 活动名称或编号。
    campaign: String,
    /// A past moment, RFC 3339: 2026-11-23T10:30:00-05:00. 过去的时刻。
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Ask a running server, such as http://127.0.0.1:8080. 运行中的服务器地址。
    #[arg(long, value_name = "URL", requires = "key")]
    url: Option<String>,
    /// An API key of it. 接口密钥。
    #[arg(long, value_name = "KEY", env = "OUTPACE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Also the decisions before. 同时列出之前的决策。
    #[arg(long)]
    more: bool,
    /// As JSON. 以 JSON 输出。
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Why {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let at = self.at.as_deref().map(moment).transpose()?;
        let decisions = match (&self.url, &self.key) {
            (Some(url), Some(key)) => Server::new(url, key).decisions(&self.campaign, at)?,
            (Some(_), None) | (None, _) => block_on(self.from_data(at.unwrap_or_else(wall_now)))?,
        };
        let Some(latest) = decisions.first() else {
            let when = at.unwrap_or_else(wall_now).rfc3339();
            return Err(Failure(format!(
                "no decision of \"{}\" is on record at or before {when}: 35 days are kept of campaigns that were configured",
                self.campaign
            )));
        };
        if self.json {
            let shown = if self.more { &decisions[..] } else { &decisions[..1] };
            println!("{}", serde_json::to_string_pretty(shown)?);
            return Ok(ExitCode::SUCCESS);
        }
        if self.more {
            decisions.iter().skip(1).rev().for_each(|one| println!("{}  {}", one.at.rfc3339(), one.sentence(Lang::En)));
        }
        print!("{}", told(latest));
        Ok(ExitCode::SUCCESS)
    }

    /// Newest first.
    async fn from_data(&self, at: Wall) -> Result<Vec<DecisionView>, Failure> {
        let config = self.place.load()?;
        let store = data::open_store(&config).await?;
        let row = campaign(&store, &self.campaign).await?;
        let logged = store.decisions_at(row.id, at, MORE).await?;
        store.close().await;
        logged.iter().map(|(_, body)| Ok(serde_json::from_str(body)?)).collect()
    }
}

/// The moment, the sentence in two languages, and what was believed.
fn told(decision: &DecisionView) -> String {
    format!(
        "{}\n{}\n{}\n{}\n",
        decision.at.rfc3339(),
        decision.sentence(Lang::En),
        decision.sentence(Lang::ZhHans),
        believed(&decision.estimates)
    )
}

fn believed(e: &Estimates) -> String {
    let rate = if e.humans > 0 { e.abandoned as f64 / e.humans as f64 * 100.0 } else { 0.0 };
    format!(
        "answers {:.1} % of calls (n {}) · ring {:.1} s · handling {:.0} s (n {}) · agents {} ready, {} busy · lines {} out, {} waiting · \
         predicted answers {:.1}, free {:.1} · abandoned {} of {} = {rate:.2} % (cap {:.2} %)",
        e.answer_rate * 100.0,
        e.answer_rate_n,
        e.ring_seconds,
        e.handling_seconds,
        e.handling_n,
        e.agents_ready,
        e.agents_busy,
        e.lines_ringing,
        e.calls_waiting,
        e.predicted_answers,
        e.predicted_free,
        e.abandoned,
        e.humans,
        e.cap * 100.0,
    )
}

pub(super) fn moment(text: &str) -> Result<Wall, Failure> {
    Wall::parse_rfc3339(text)
        .ok_or_else(|| Failure(format!("\"{text}\" is no time: RFC 3339, such as 2026-11-23T10:30:00-05:00")))
}

/// By name, or by id.
pub(super) async fn campaign(store: &Store, name: &str) -> Result<CampaignRow, Failure> {
    if let Some(row) = store.campaign_named(name).await? {
        return Ok(row);
    }
    if let Ok(id) = name.parse::<CampaignId>()
        && let Some(row) = store.campaign(id).await?
    {
        return Ok(row);
    }
    let known: Vec<String> = store.campaigns().await?.into_iter().map(|row| row.name).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Failure(format!("no campaign \"{name}\" in {}: it has {known}", store.url())))
}

/// A running server, asked over its API.
struct Server {
    url: String,
    bearer: String,
    http: ureq::Agent,
}

impl Server {
    fn new(url: &str, key: &str) -> Server {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build();
        Server { url: url.trim_end_matches('/').to_owned(), bearer: format!("Bearer {key}"), http: config.into() }
    }

    fn decisions(&self, campaign: &str, at: Option<Wall>) -> Result<Vec<DecisionView>, Failure> {
        let id = self.id_of(campaign)?;
        let query = at.map_or_else(String::new, |at| format!("?at={}", at.rfc3339()));
        let answer = self.get(&format!("/v1/campaigns/{id}/pacing{query}"))?;
        let mut decisions: Vec<DecisionView> = Vec::new();
        for one in answer["decisions"].as_array().into_iter().flatten().rev() {
            decisions.push(read(one)?);
        }
        if at.is_none() {
            // What it says now stands apart from the latest decision that did something.
            decisions.insert(0, now(&answer)?);
        }
        Ok(decisions)
    }

    /// By name, or by id, page by page.
    fn id_of(&self, campaign: &str) -> Result<String, Failure> {
        let mut page = self.get("/v1/campaigns")?;
        loop {
            let named = |one: &&Value| one["name"] == campaign || one["id"] == campaign;
            let found = page["items"].as_array().into_iter().flatten().find(named);
            match (found.and_then(|one| one["id"].as_str()), page["next"].as_str()) {
                (Some(id), _) => return Ok(id.to_owned()),
                (None, Some(next)) => page = self.get(&format!("/v1/campaigns?after={next}"))?,
                (None, None) => {
                    let why = format!("{} has no campaign \"{campaign}\" that this key may see", self.url);
                    return Err(Failure(why));
                }
            }
        }
    }

    fn get(&self, path: &str) -> Result<Value, Failure> {
        let sent = self.http.get(format!("{}{path}", self.url)).header("Authorization", &self.bearer).call();
        let mut response = sent.map_err(|e| Failure(format!("{}: {e}", self.url)))?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().map_err(|e| Failure(format!("{}{path}: {e}", self.url)))?;
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        match status {
            200 => Ok(body),
            _ => {
                let detail = body["detail"].as_str().unwrap_or("no detail");
                Err(Failure(format!("{}{path} answered {status}: {detail}", self.url)))
            }
        }
    }
}

fn read(shown: &Value) -> Result<DecisionView, Failure> {
    let at = shown["at"].as_str().and_then(Wall::parse_rfc3339).unwrap_or_default();
    let mut one = shown.clone();
    one["at"] = serde_json::to_value(at)?;
    Ok(serde_json::from_value(one)?)
}

fn now(answer: &Value) -> Result<DecisionView, Failure> {
    let last = answer["decisions"].as_array().and_then(|all| all.last());
    // Placed calls belong to the sentence as long as the reason is still the same.
    let same = last.filter(|last| last["reason"] == answer["reason"]);
    Ok(DecisionView {
        at: wall_now(),
        dial: 0,
        placed: same.and_then(|last| last["placed"].as_u64()).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        cancelled: 0,
        times: 1,
        reason: serde_json::from_value(answer["reason"].clone())?,
        estimates: serde_json::from_value(answer["estimates"].clone())?,
    })
}
