//! The API's client that robots and the demo itself use: plain HTTP, JSON, one key. It blocks.

use crate::cli::Failure;
use crate::engine::AgentView;
use crate::words::CampaignId;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(super) struct Client {
    base: String,
    bearer: String,
    http: ureq::Agent,
}

/// What the server said instead of yes.
#[derive(Debug)]
pub(super) struct Refused {
    /// 0: no answer at all.
    pub status: u16,
    pub detail: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the API answered {}: {}", self.status, self.detail)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        Failure(refused.to_string())
    }
}

impl From<ureq::Error> for Refused {
    fn from(error: ureq::Error) -> Refused {
        Refused { status: 0, detail: error.to_string() }
    }
}

impl Client {
    pub fn new(api: SocketAddr, key: &str) -> Client {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_connect(Some(TIMEOUT)).build();
        Client { base: format!("http://{api}"), bearer: format!("Bearer {key}"), http: config.into() }
    }

    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        let request = self.http.get(format!("{}{path}", self.base)).header("Authorization", &self.bearer);
        let response = request.config().timeout_global(Some(TIMEOUT)).build().call()?;
        read(response)
    }

    /// An empty answer (204) is null.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let request = self.http.post(format!("{}{path}", self.base)).header("Authorization", &self.bearer);
        let response = request.config().timeout_global(Some(TIMEOUT)).build().send_json(body)?;
        if response.status() == 204 {
            return Ok(Value::Null);
        }
        read(response)
    }

    /// A list of leads.
    pub fn import(&self, campaign: CampaignId, csv: &str) -> Result<Value, Refused> {
        let url = format!("{}/v1/campaigns/{campaign}/leads:import", self.base);
        let request = self.http.post(url).header("Authorization", &self.bearer).header("Content-Type", "text/csv");
        read(request.send(csv)?)
    }

    /// Follows `/v1/stream` and gives each view of the key's agent, until `told` says false or the stream ends.
    /// Views that were missed are fetched.
    pub fn watch_agent(&self, agent: &str, mut told: impl FnMut(AgentView) -> bool) -> Result<(), Refused> {
        let request = self.http.get(format!("{}/v1/stream", self.base)).header("Authorization", &self.bearer);
        let mut response = request.call()?;
        if response.status() != 200 {
            return read::<Value>(response).map(|_| ());
        }
        // What happened before the stream began.
        if let Some(view) = self.agent(agent)?
            && !told(view)
        {
            return Ok(());
        }
        let mut event = String::new();
        for line in BufReader::new(response.body_mut().as_reader()).lines() {
            let line = line.map_err(|error| Refused { status: 0, detail: error.to_string() })?;
            if let Some(name) = line.strip_prefix("event: ") {
                event.clear();
                event.push_str(name);
                continue;
            }
            let Some(data) = line.strip_prefix("data: ") else { continue };
            let view = match event.as_str() {
                "agent" => serde_json::from_str(data).ok(),
                "missed" => self.agent(agent)?,
                _ => None,
            };
            if view.is_some_and(|view| !told(view)) {
                return Ok(());
            }
        }
        Ok(())
    }

    pub fn agent(&self, agent: &str) -> Result<Option<AgentView>, Refused> {
        #[derive(serde::Deserialize)]
        struct Shown {
            now: Option<AgentView>,
        }
        Ok(self.get::<Shown>(&format!("/v1/agents/{agent}"))?.now)
    }
}

fn read<T: DeserializeOwned>(mut response: ureq::http::Response<ureq::Body>) -> Result<T, Refused> {
    let status = response.status().as_u16();
    if status < 300 {
        return Ok(response.body_mut().read_json()?);
    }
    let problem: Value = response.body_mut().read_json().unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("without a reason").to_owned();
    Err(Refused { status, detail })
}
