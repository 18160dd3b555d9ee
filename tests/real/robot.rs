//! An agent who works by the API: says ready, goes through the flow with its first choices, hangs up, sets the outcome.

use super::dialer::Dialer;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub struct Robot {
    pub id: String,
    pub name: String,
    pub sip_secret: String,
    /// Calls it has had, with the outcome it set.
    pub calls: BTreeMap<String, String>,
    /// Hangs up after so many steps instead of going on.
    pub steps_max: u32,
    steps: u32,
}

impl Robot {
    /// Creates the agent; its softphone needs `sip_secret`.
    pub fn create(dialer: &Dialer, name: &str) -> Robot {
        let made = dialer.post("/v1/agents", &json!({ "name": name }));
        let text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("{key} in {made}")).to_owned();
        Robot {
            id: text("id"),
            name: name.to_owned(),
            sip_secret: text("sip_secret"),
            calls: BTreeMap::new(),
            steps_max: 1,
            steps: 0,
        }
    }

    pub fn login(&self, dialer: &Dialer, campaign: &str) {
        dialer.post(&format!("/v1/agents/{}/login", self.id), &json!({ "campaigns": [campaign] }));
    }

    pub fn ready(&self, dialer: &Dialer) {
        dialer.post(&format!("/v1/agents/{}/ready", self.id), &json!({}));
    }

    pub fn view(&self, dialer: &Dialer) -> Value {
        dialer.get(&format!("/v1/agents/{}", self.id))["now"].clone()
    }

    pub fn state(&self, dialer: &Dialer) -> String {
        self.view(dialer)["state"].as_str().unwrap_or("").to_owned()
    }

    /// One look, one move.
    pub fn work(&mut self, dialer: &Dialer) {
        let now = self.view(dialer);
        let call = now["call"]["call"].as_str().map(str::to_owned);
        match (now["state"].as_str().unwrap_or(""), call) {
            ("talk", Some(call)) => self.talk(dialer, &call, &now["call"]),
            ("wrap", Some(call)) => {
                let outcome = if now["call"]["outcome"].is_null() { json!("not_interested") } else { Value::Null };
                let set = outcome
                    .as_str()
                    .map_or_else(|| now["call"]["outcome"].as_str().unwrap_or("").to_owned(), str::to_owned);
                // The wrap-up may end by itself between the look and the move.
                let (status, _) = dialer.try_post(&format!("/v1/calls/{call}/outcome"), &json!({ "outcome": outcome }));
                if status == 204 {
                    self.calls.insert(call, set);
                }
            }
            _ => {}
        }
    }

    fn talk(&mut self, dialer: &Dialer, call: &str, view: &Value) {
        let known = self.calls.contains_key(call);
        if !known {
            self.calls.insert(call.to_owned(), String::new());
            self.steps = 0;
        }
        let step = &view["step"];
        if step.is_null() || self.steps >= self.steps_max {
            // The customer may hang up first: then the call is gone, and that is fine.
            dialer.try_post(&format!("/v1/calls/{call}/hangup"), &Value::Null);
            return;
        }
        let fields: BTreeMap<&str, &str> =
            step["fields"].as_array().into_iter().flatten().filter_map(|f| Some((f["name"].as_str()?, "1"))).collect();
        let choice = json!({ "turn": view["turn"], "choice": step["choices"][0]["id"], "fields": fields });
        let (status, _) = dialer.try_post(&format!("/v1/calls/{call}/choice"), &choice);
        if status == 204 {
            self.steps += 1;
        }
    }
}
