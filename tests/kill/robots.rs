//! Agents who work by the API through every death of the server: whatever the server acknowledged goes into a journal,
//! which the judge holds against the tables. A request that died with the server was never acknowledged.

use super::real::dialer::Dialer;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub struct Robots {
    pub agents: Vec<Agent>,
    campaign: String,
    journal: std::fs::File,
    http: ureq::Agent,
    /// Chance, from the run's seed.
    dice: u64,
}

pub struct Agent {
    pub id: String,
    pub name: String,
    pub sip_secret: String,
    /// What is planned for this call, step by step.
    call: String,
    steps: u32,
}

/// What everybody does; drawn for each call.
const OUTCOMES: [&str; 10] = [
    "not_interested",
    "not_interested",
    "order",
    "order",
    "opt_out",
    "callback",
    "not_interested",
    "order",
    "not_interested",
    "not_interested",
];

pub fn now_micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros()).expect("this century")
}

impl Robots {
    pub fn create(dialer: &Dialer, count: usize, campaign: &str, journal: &std::path::Path, seed: u64) -> Robots {
        let agents = (0..count)
            .map(|n| {
                let name = format!("robot{n}");
                let made = dialer.post("/v1/agents", &json!({ "name": name }));
                let text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("{key} in {made}")).to_owned();
                Agent { id: text("id"), name, sip_secret: text("sip_secret"), call: String::new(), steps: 0 }
            })
            .collect();
        let http = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(3)))
            .build()
            .into();
        let journal = std::fs::File::create(journal).expect("the scratch folder is writable");
        Robots { agents, campaign: campaign.to_owned(), journal, http, dice: seed | 1 }
    }

    /// Everybody looks once and moves once. False: the server did not answer.
    pub fn work(&mut self, dialer: &Dialer) -> bool {
        let Some(views) = self.get(dialer, "/v1/agents") else { return false };
        let list = views["items"].as_array().cloned().unwrap_or_default();
        let views: BTreeMap<String, Value> =
            list.into_iter().map(|view| (view["id"].as_str().unwrap_or("").to_owned(), view["now"].clone())).collect();
        for at in 0..self.agents.len() {
            let now = views.get(&self.agents[at].id).cloned().unwrap_or(Value::Null);
            if self.move_one(dialer, at, &now).is_none() {
                return false;
            }
        }
        true
    }

    fn move_one(&mut self, dialer: &Dialer, at: usize, now: &Value) -> Option<()> {
        let id = self.agents[at].id.clone();
        let call = now["call"]["call"].as_str().map(str::to_owned);
        match (now["state"].as_str().unwrap_or(""), call) {
            ("", _) => {
                self.post(dialer, &format!("/v1/agents/{id}/login"), &json!({ "campaigns": [self.campaign] }))?;
            }
            ("pause", _) => {
                self.post(dialer, &format!("/v1/agents/{id}/ready"), &json!({}))?;
            }
            ("talk", Some(call)) => self.talk(dialer, at, &call, &now["call"])?,
            ("wrap", Some(call)) => self.wrap_up(dialer, &call, &now["call"])?,
            _ => {}
        }
        Some(())
    }

    fn talk(&mut self, dialer: &Dialer, at: usize, call: &str, view: &Value) -> Option<()> {
        if self.agents[at].call != call {
            self.agents[at].call = call.to_owned();
            self.agents[at].steps = (self.roll() % 4) as u32;
        }
        let step = &view["step"];
        if step.is_null() || self.agents[at].steps == 0 {
            self.post(dialer, &format!("/v1/calls/{call}/hangup"), &Value::Null)?;
            return Some(());
        }
        self.agents[at].steps -= 1;
        let choices = step["choices"].as_array().cloned().unwrap_or_default();
        let pick = if self.roll() % 3 > 0 { 0 } else { self.roll() as usize % choices.len().max(1) };
        let fields: BTreeMap<&str, &str> =
            step["fields"].as_array().into_iter().flatten().filter_map(|f| Some((f["name"].as_str()?, "2"))).collect();
        let choice =
            json!({ "turn": view["turn"], "choice": choices.get(pick).map(|c| c["id"].clone()), "fields": fields });
        self.post(dialer, &format!("/v1/calls/{call}/choice"), &choice)?;
        Some(())
    }

    fn wrap_up(&mut self, dialer: &Dialer, call: &str, view: &Value) -> Option<()> {
        // Some let the wrap-up end by itself.
        if self.roll().is_multiple_of(40) {
            return Some(());
        }
        let known = view["outcome"].as_str().map(str::to_owned);
        let outcome = if known.is_some() { None } else { Some(OUTCOMES[self.roll() as usize % OUTCOMES.len()]) };
        let (status, _) =
            self.post(dialer, &format!("/v1/calls/{call}/outcome"), &json!({ "outcome": outcome, "note": "kill" }))?;
        if status == 204 {
            let outcome = outcome.map(str::to_owned).or(known);
            self.note(&json!({ "what": "outcome", "call": call, "outcome": outcome, "at": now_micros() }));
        }
        Some(())
    }

    pub fn get(&self, dialer: &Dialer, path: &str) -> Option<Value> {
        let request =
            self.http.get(format!("{}{path}", dialer.api)).header("Authorization", format!("Bearer {}", dialer.key));
        let mut response = request.call().ok()?;
        if response.status().as_u16() != 200 {
            return None;
        }
        response.body_mut().read_json().ok()
    }

    fn post(&self, dialer: &Dialer, path: &str, body: &Value) -> Option<(u16, Value)> {
        let request =
            self.http.post(format!("{}{path}", dialer.api)).header("Authorization", format!("Bearer {}", dialer.key));
        let mut response = request.send_json(body).ok()?;
        Some((response.status().as_u16(), response.body_mut().read_json().unwrap_or(Value::Null)))
    }

    fn note(&mut self, line: &Value) {
        writeln!(self.journal, "{line}").expect("the scratch folder is writable");
    }

    /// SplitMix64.
    pub fn roll(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
