//! Robot agents: each logs in with a key of its own, sees what an agent's page sees, thinks, clicks, wraps up and takes
//! a break now and then. They know nothing but the API.

use super::client::{Client, Refused};
use crate::engine::{AgentCallView, AgentView, Choice, Field, FieldKind, Step, StepKind};
use crate::words::{AgentState, CallId, CampaignId};
use rand::Rng;
use rand_pcg::Pcg32;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Without anything to do, a robot looks up this often whether the day is over.
const LOOKS_UP: Duration = Duration::from_millis(250);
/// After a refusal.
const TRIES_AGAIN: Duration = Duration::from_millis(700);
/// Share of wrap-ups after which a break is taken.
const BREAKS: f64 = 0.05;

pub(super) struct RobotSetup {
    pub client: Client,
    /// Its id.
    pub agent: String,
    pub campaign: CampaignId,
    /// The campaign's outcomes: what to say when the customer left in mid-flow.
    pub outcomes: Vec<String>,
    pub seed: u64,
}

/// All of them. Each is a thread that acts and one that reads its stream.
pub(super) struct Robots {
    going_home: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Robots {
    pub fn start(setups: Vec<RobotSetup>) -> std::io::Result<Robots> {
        let going_home = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (n, setup) in setups.into_iter().enumerate() {
            let home = going_home.clone();
            let (tell, told) = channel();
            let (client, agent) = (setup.client.clone(), setup.agent.clone());
            let watching = home.clone();
            std::thread::Builder::new()
                .name(format!("robot-{n}-eyes"))
                .spawn(move || watch(&client, &agent, &tell, &watching))?;
            let robot = Robot::new(setup, home);
            threads.push(std::thread::Builder::new().name(format!("robot-{n}")).spawn(move || robot.work(&told))?);
        }
        Ok(Robots { going_home, threads })
    }

    /// Everybody logs out: at once, or after the call in hand.
    pub fn go_home(&self) {
        self.going_home.store(true, Ordering::Relaxed);
    }

    pub fn all_gone(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }
}

/// Keeps the stream open until the robot has gone.
fn watch(client: &Client, agent: &str, tell: &Sender<AgentView>, going_home: &AtomicBool) {
    loop {
        let mut listening = true;
        let ended = client.watch_agent(agent, |view| {
            listening = tell.send(view).is_ok();
            listening
        });
        if !listening {
            return;
        }
        if let Err(error) = ended {
            tracing::debug!(%error, "a robot's stream broke");
        }
        if going_home.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep(TRIES_AGAIN);
    }
}

struct Robot {
    client: Client,
    agent: String,
    campaign: CampaignId,
    outcomes: Vec<String>,
    rng: Pcg32,
    /// Above 1: slower than others.
    pace: f64,
    view: Option<AgentView>,
    plan: Option<(Instant, Plan)>,
    /// What the plan was made for: the same view again changes nothing.
    seen: Option<Seen>,
    objections: i32,
    going_home: Arc<AtomicBool>,
    asked_to_leave: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    state: Option<AgentState>,
    reason: Option<String>,
    call: Option<(CallId, u32, bool, bool)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Plan {
    LogIn,
    Ready,
    Break,
    Choose { call: CallId, turn: u32, choice: String, fields: BTreeMap<String, String> },
    HangUp { call: CallId },
    Close { call: CallId, outcome: Option<String> },
}

impl Robot {
    fn new(setup: RobotSetup, going_home: Arc<AtomicBool>) -> Robot {
        let mut rng = Pcg32::new(setup.seed, 0x0b07);
        let pace = rng.random_range(0.85..1.2);
        let logs_in = Instant::now() + Duration::from_millis(rng.random_range(0..200));
        Robot {
            client: setup.client,
            agent: setup.agent,
            campaign: setup.campaign,
            outcomes: setup.outcomes,
            rng,
            pace,
            view: None,
            plan: Some((logs_in, Plan::LogIn)),
            seen: None,
            objections: 0,
            going_home,
            asked_to_leave: false,
        }
    }

    fn work(mut self, told: &Receiver<AgentView>) {
        loop {
            let now = Instant::now();
            let until = self.plan.as_ref().map_or(now + LOOKS_UP, |(at, _)| (*at).min(now + LOOKS_UP));
            match told.recv_timeout(until.saturating_duration_since(now)) {
                Ok(view) => self.sees(view),
                Err(RecvTimeoutError::Timeout) => {}
                // The stream is over: so is the run.
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.leaves() {
                return;
            }
            if let Some((_, plan)) = self.plan.take_if(|(at, _)| *at <= Instant::now())
                && let Err(error) = self.does(&plan)
            {
                self.refused(plan, &error);
            }
        }
    }

    /// True: logged out, the day is over.
    fn leaves(&mut self) -> bool {
        if !self.going_home.load(Ordering::Relaxed) {
            return false;
        }
        let here = self.view.as_ref().is_some_and(|view| view.session.is_some());
        if here && !self.asked_to_leave {
            self.asked_to_leave = self.post_agent("logout", &json!({})).is_ok();
        }
        !here
    }

    fn sees(&mut self, view: AgentView) {
        let call = view.call.as_ref();
        let seen = Seen {
            state: view.state,
            reason: view.reason.clone(),
            call: call.map(|c| (c.call, c.turn, c.outcome.is_some(), c.customer_on_line)),
        };
        let changed = self.seen.as_ref() != Some(&seen);
        let new_call = call.is_some_and(|c| self.call_seen() != Some(c.call));
        self.view = Some(view);
        if new_call {
            self.objections = 0;
        }
        if changed {
            self.seen = Some(seen);
            self.decide();
        }
    }

    fn call_seen(&self) -> Option<CallId> {
        self.seen.as_ref().and_then(|seen| seen.call).map(|(call, ..)| call)
    }

    fn decide(&mut self) {
        let Some(view) = self.view.clone() else { return };
        self.plan = match (view.state, &view.call) {
            (None, _) => (!self.going_home.load(Ordering::Relaxed)).then(|| self.later(1.0, 2.0, Plan::LogIn)),
            (Some(AgentState::Pause), _) if view.reason.as_deref() == Some("break") => {
                Some(self.later(6.0, 14.0, Plan::Ready))
            }
            (Some(AgentState::Pause), _) => Some(self.later(0.2, 0.8, Plan::Ready)),
            (Some(AgentState::Talk), Some(call)) => self.talk(call),
            (Some(AgentState::Wrap), Some(call)) => Some(self.wrap_up(call)),
            (
                Some(
                    AgentState::Talk
                    | AgentState::Wrap
                    | AgentState::Ready
                    | AgentState::Reserved
                    | AgentState::Hold
                    | AgentState::ManualDial
                    | AgentState::Preview
                    | AgentState::NoDevice,
                ),
                _,
            ) => None,
        };
    }

    fn talk(&mut self, call: &AgentCallView) -> Option<(Instant, Plan)> {
        let id = call.call;
        if call.outcome.is_some() {
            return Some(self.later(0.6, 1.6, Plan::HangUp { call: id }));
        }
        // A flow that failed leaves the agent without a step: a polite good-bye.
        let Some(step) = &call.step else { return Some(self.later(3.0, 6.0, Plan::HangUp { call: id })) };
        let choice = self.choice(step);
        let fields = self.fill(step);
        let (from, to) = match step.kind {
            StepKind::Opener => (3.5, 7.0),
            StepKind::Step => (5.0, 11.0),
            StepKind::Objection => (4.0, 8.0),
            StepKind::Closing => (5.0, 10.0),
        };
        Some(self.later(from, to, Plan::Choose { call: id, turn: call.turn, choice, fields }))
    }

    fn wrap_up(&mut self, call: &AgentCallView) -> (Instant, Plan) {
        if self.rng.random_bool(BREAKS) && call.outcome.is_some() {
            return self.later(1.5, 4.0, Plan::Break);
        }
        let outcome = match call.outcome {
            Some(_) => None,
            None => self.outcomes.iter().find(|name| *name == "not_interested").cloned(),
        };
        self.later(1.5, 4.5, Plan::Close { call: call.call, outcome })
    }

    fn later(&mut self, from: f64, to: f64, plan: Plan) -> (Instant, Plan) {
        (Instant::now() + Duration::from_secs_f64(self.rng.random_range(from..to) * self.pace), plan)
    }

    /// Among what the customer may say here, with the weights of a fair list.
    fn choice(&mut self, step: &Step) -> String {
        let mut open: Vec<(&Choice, f64)> = step.choices.iter().map(|choice| (choice, weight(&choice.id))).collect();
        let objecting = 0.3 * 0.4_f64.powi(self.objections);
        open.extend(step.objections.iter().map(|choice| (choice, objecting)));
        let total: f64 = open.iter().map(|(_, weight)| weight).sum();
        let mut rest = self.rng.random_range(0.0..total.max(f64::MIN_POSITIVE));
        let drawn = open.iter().find(|(_, weight)| {
            rest -= weight;
            rest < 0.0
        });
        let id = drawn.or(open.last()).map(|(choice, _)| choice.id.clone()).unwrap_or_default();
        let objection = step.objections.iter().any(|objection| objection.id == id);
        if objection {
            self.objections += 1;
            return if id.starts_with("objection:") { id } else { format!("objection:{id}") };
        }
        id
    }

    fn fill(&mut self, step: &Step) -> BTreeMap<String, String> {
        let wanted = step.fields.iter().filter(|field| field.required || field.kind == FieldKind::Number);
        let wanted: Vec<Field> = wanted.cloned().collect();
        wanted.iter().map(|field| (field.name.clone(), self.value(field))).collect()
    }

    fn value(&mut self, field: &Field) -> String {
        if !field.options.is_empty() {
            let at = self.rng.random_range(0..field.options.len());
            return field.options[at].id.clone();
        }
        match field.kind {
            FieldKind::Number => self.rng.random_range(1..=3).to_string(),
            FieldKind::Date => {
                let days = jiff::Span::new().days(self.rng.random_range(1..14));
                let date = jiff::Zoned::now().date().checked_add(days);
                date.map(|date| date.to_string()).unwrap_or_default()
            }
            FieldKind::Text | FieldKind::Select => match field.name.as_str() {
                "address" => format!("{} Oak Street", self.rng.random_range(1..200)),
                "city" => "Springfield".to_owned(),
                "email" => "customer@example.com".to_owned(),
                _ => "as agreed".to_owned(),
            },
        }
    }

    // ── clicks ──

    fn does(&mut self, plan: &Plan) -> Result<(), Refused> {
        match plan {
            Plan::LogIn => self.post_agent("login", &json!({ "campaigns": [self.campaign.to_string()] })),
            Plan::Ready => self.post_agent("ready", &json!({})),
            Plan::Break => self.post_agent("pause", &json!({ "reason": "break" })),
            Plan::Choose { call, turn, choice, fields } => {
                self.post_call(*call, "choice", &json!({ "turn": turn, "choice": choice, "fields": fields }))
            }
            Plan::HangUp { call } => self.post_call(*call, "hangup", &json!({})),
            Plan::Close { call, outcome } => self.post_call(*call, "outcome", &json!({ "outcome": outcome })),
        }
    }

    fn post_agent(&self, verb: &str, body: &Value) -> Result<(), Refused> {
        self.client.post(&format!("/v1/agents/{}/{verb}", self.agent), body).map(|_| ())
    }

    fn post_call(&self, call: CallId, verb: &str, body: &Value) -> Result<(), Refused> {
        self.client.post(&format!("/v1/calls/{call}/{verb}"), body).map(|_| ())
    }

    /// The customer may have hung up in the same moment: look again, and if nothing changed, try again.
    fn refused(&mut self, plan: Plan, error: &Refused) {
        tracing::debug!(agent = %self.agent, ?plan, %error, "a robot was refused");
        if self.plan.is_some() {
            return;
        }
        match self.client.agent(&self.agent) {
            Ok(Some(view)) => {
                self.seen = None;
                self.sees(view);
            }
            Ok(None) | Err(_) => {}
        }
        if self.plan.is_none() && plan == Plan::LogIn && !self.going_home.load(Ordering::Relaxed) {
            self.plan = Some((Instant::now() + TRIES_AGAIN, plan));
        }
    }
}

/// How a customer tends to answer: well enough that a short demo sees orders.
fn weight(choice: &str) -> f64 {
    match choice {
        "yes" | "order" => 7.0,
        "tap" | "jug" => 3.0,
        "no" => 1.2,
        "later" => 0.4,
        "wrong_person" => 0.25,
        "opt_out" => 0.2,
        _ => 1.0,
    }
}
