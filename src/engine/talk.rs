//! The flow runs: opener, objections, closing. Each request of the flow is answered here.

use super::Engine;
use super::io::*;
use super::state::{Pending, Stage};
use super::timers::Timer;
use super::withheld::withhold;
use crate::campaign::settings::HandledBy;
use crate::facts::{Abandon, Fact, OrderLine, OrderState};
use crate::pacing::Event;
use crate::script::{Answer, Ask, CallInfo, Finish, ScriptError, Step, StepKind, Turn, Values};
use crate::words::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// Requests that are answered at once (orders, fields) may follow each other so often before the flow counts as runaway.
const ANSWERS_AT_ONCE_MAX: u32 = 200;

impl Engine {
    pub(super) fn begin_flow(&mut self, id: CallId) {
        let info = self.call_info(id);
        let call = self.calls.get_mut(&id).expect("begins to talk");
        let campaign = self.campaigns.get_mut(&call.campaign).expect("a call's campaign stays");
        call.talk.flow = Some(campaign.host.start(info));
        self.resume_flow(id, Answer::Begin);
    }

    fn call_info(&self, id: CallId) -> CallInfo {
        let call = &self.calls[&id];
        let (local_date, local_time) = self.local_time(call.lead.zones.first().map(String::as_str));
        CallInfo {
            id: id.to_string(),
            campaign: self.campaigns[&call.campaign].spec.name.clone(),
            attempt: call.attempt,
            lead: call.lead.fields.clone(),
            agent: call.agent.and_then(|agent| self.floor.get(agent)).map(|agent| agent.name.clone()),
            lang: self.lang_of(call),
            local_time,
            local_date,
        }
    }

    /// Date and time of day in a zone; UTC where the zone is unknown.
    pub(super) fn local_time(&self, zone: Option<&str>) -> (String, String) {
        let zone = zone.and_then(|name| jiff::tz::TimeZone::get(name).ok()).unwrap_or(jiff::tz::TimeZone::UTC);
        let local = self.wall().timestamp().to_zoned(zone);
        (local.date().to_string(), format!("{:02}:{:02}", local.hour(), local.minute()))
    }

    /// Gives the flow its answer and does what it asks next, until it waits for somebody.
    pub(super) fn resume_flow(&mut self, id: CallId, answer: Answer) {
        let mut answer = answer;
        for _ in 0..ANSWERS_AT_ONCE_MAX {
            let Some(call) = self.calls.get_mut(&id) else { return };
            let Some(flow) = call.talk.flow else { return };
            let host = &mut self.campaigns.get_mut(&call.campaign).expect("a call's campaign stays").host;
            let next = match host.resume(flow, answer) {
                Turn::Asks(ask) => self.answer_ask(id, ask),
                Turn::Finished(finish) => {
                    self.on_flow_finished(id, finish);
                    return;
                }
                Turn::Failed(error) => {
                    self.on_flow_failed(id, error);
                    return;
                }
            };
            match next {
                Some(next) => answer = next,
                None => return,
            }
        }
        let error = ScriptError {
            at: "flow.lua".to_owned(),
            message: format!("{ANSWERS_AT_ONCE_MAX} requests without waiting for anybody: the flow runs in circles"),
        };
        self.on_flow_failed(id, error);
    }

    /// Some: the answer is known at once. None: somebody or something must answer first.
    fn answer_ask(&mut self, id: CallId, ask: Ask) -> Option<Answer> {
        let gone = self.calls[&id].stage == Stage::Ending;
        match ask {
            Ask::Step(step) => {
                self.show_step(id, *step);
                None
            }
            Ask::Say { .. } | Ask::Gather { .. } | Ask::Wait { .. } if gone => {
                Some(Answer::Nothing("hangup".to_owned()))
            }
            Ask::Say { prompt } => {
                self.flow_speaks(id);
                self.play(id, prompt);
                None
            }
            Ask::Gather { prompt, digits_max, seconds, finish_on, means } => {
                self.flow_speaks(id);
                let playback = prompt.map(|prompt| self.play(id, prompt));
                let call = self.calls.get_mut(&id).expect("talking");
                call.talk.pending =
                    Pending::Gathering { playback, digits: String::new(), digits_max, finish_on, seconds, means };
                if playback.is_none() {
                    self.await_digits(id);
                }
                None
            }
            Ask::Wait { seconds } => {
                self.calls.get_mut(&id).expect("talking").talk.pending = Pending::Waiting;
                self.after(Timer::Flow(id), Duration::from_secs_f64(seconds.clamp(0.0, 3600.0)));
                None
            }
            Ask::Order { lines, fields } => Some(self.take_order(id, lines, fields)),
            Ask::OptOut => {
                self.opt_out(id, Side::Customer);
                Some(Answer::Said)
            }
            Ask::Callback { seconds_from_now, local_time, note } => {
                Some(self.promise_callback(id, seconds_from_now, local_time.as_deref(), note))
            }
            Ask::Fill { fields } => {
                self.keep_fields(id, fields);
                Some(Answer::Said)
            }
        }
    }

    fn show_step(&mut self, id: CallId, step: Step) {
        let call = self.calls.get_mut(&id).expect("talking");
        let (campaign_id, agent) = (call.campaign, call.agent);
        let again = call.talk.step.as_ref().is_some_and(|shown| *shown == step);
        let index = call.talk.steps_entered;
        call.talk.turn += 1;
        call.talk.pending = Pending::Choice;
        call.talk.step_name = step.name.clone();
        if !again {
            call.talk.steps_entered += 1;
        }
        let (name, kind) = (step.name.clone(), step.kind);
        call.talk.step = Some(step);
        let Some(agent) = agent else {
            let message = format!(
                "the step \"{name}\" needs an agent, but this campaign's flow speaks by itself: use say or gather"
            );
            self.on_flow_failed(id, ScriptError { at: "flow.lua".to_owned(), message });
            return;
        };
        if !again {
            self.fact(Fact::StepEntered { call: id, step: name.clone(), index });
            if kind == StepKind::Objection {
                self.fact(Fact::ObjectionRaised { call: id, objection: name.clone() });
            }
            let steps = &mut self.campaigns.get_mut(&campaign_id).expect("a call's campaign stays").steps;
            let fresh = u32::try_from(steps.len()).unwrap_or(u32::MAX);
            let step = *steps.entry(name).or_insert(fresh);
            let learns = self.campaigns[&campaign_id].spec.settings.dialing.learn_steps;
            if learns && self.calls[&id].stage == Stage::Talking {
                self.tell_pacing(campaign_id, Event::Step { call: id, agent, step });
            }
        }
        self.show_agent(agent);
    }

    /// The agent chose. Refused if the click is late, or a required field is empty.
    pub(super) fn choose(&mut self, id: CallId, turn: u32, choice: String, fields: Values) -> Result<Reply, Refusal> {
        let conflict = |code: &str| Refusal { kind: RefusalKind::Conflict, reason: Reason::new(code) };
        let Some(call) = self.calls.get_mut(&id) else {
            return Err(Refusal { kind: RefusalKind::NotFound, reason: Reason::new("call.not_found") });
        };
        if !matches!(call.talk.pending, Pending::Choice) {
            return Err(conflict("call.no_step"));
        }
        if turn != call.talk.turn {
            return Err(conflict("call.step_passed"));
        }
        let step = call.talk.step.as_ref().expect("a choice is pending on a step");
        if let Some(reason) = step.refuses(&choice, &fields) {
            return Err(Refusal { kind: RefusalKind::Invalid, reason });
        }
        let step = step.name.clone();
        call.talk.pending = Pending::Nothing;
        self.fact(Fact::ChoiceMade { call: id, step, choice: choice.clone(), by: Side::Agent });
        if !fields.is_empty() {
            self.keep_fields(id, fields.clone());
        }
        self.resume_flow(id, Answer::Choice { id: choice, fields });
        Ok(Reply::Done)
    }

    /// The first words of a flow: the call counts as handled by it, in time or late.
    fn flow_speaks(&mut self, id: CallId) {
        let now = self.now;
        let call = self.calls.get_mut(&id).expect("talking");
        if call.handled {
            return;
        }
        call.handled = true;
        call.bridged = Some(now);
        let waited = now.since(call.clock.expect("served"));
        let limit = self.campaigns[&call.campaign].spec.settings.abandonment.threshold_seconds;
        let within = waited.as_secs_f64() <= limit;
        self.fact(Fact::FlowSpoke { call: id, waited_ms: super::connect::millis(waited), within });
        if !within {
            self.judge_abandoned(id, Abandon::Late);
        }
        let campaign = self.calls[&id].campaign;
        self.tell_pacing(campaign, Event::Spoke { call: id, within });
        self.record(id);
    }

    // ── digits and waiting ──

    pub(super) fn await_digits(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id).expect("gathering");
        if let Pending::Gathering { seconds, .. } = call.talk.pending {
            self.after(Timer::Flow(id), Duration::from_secs_f64(seconds.clamp(0.1, 300.0)));
        }
    }

    pub(super) fn on_digit(&mut self, id: CallId, digit: char) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.stage == Stage::Message {
            self.on_key_at_message(id, digit);
            return;
        }
        let Pending::Gathering { playback, digits, digits_max, finish_on, means, .. } = &mut call.talk.pending else {
            return;
        };
        let finished = *finish_on == Some(digit);
        if !finished {
            digits.push(digit);
        }
        let interrupted = playback.take().is_some();
        let complete = finished || digits.len() >= usize::from(*digits_max);
        let collected = complete.then(|| (std::mem::take(digits), std::mem::take(means)));
        let leg = call.leg.expect("answered on a leg");
        if interrupted {
            self.command(Command::StopPlay { leg });
            self.timers.cancel(Timer::Playback(id));
        }
        match collected {
            Some((digits, means)) => self.digits_done(id, digits, &means),
            None => self.await_digits(id),
        }
    }

    fn digits_done(&mut self, id: CallId, digits: String, means: &BTreeMap<char, String>) {
        self.timers.cancel(Timer::Flow(id));
        self.calls.get_mut(&id).expect("gathering").talk.pending = Pending::Nothing;
        self.note_digits(id, &digits, means);
        self.resume_flow(id, Answer::Digits(digits));
    }

    /// What somebody types may be a PIN or a card's number: the record says how much came, and never what. Only the
    /// declared meaning of a menu's key is a choice.
    fn note_digits(&mut self, id: CallId, digits: &str, means: &BTreeMap<char, String>) {
        let declared = digits.chars().next().and_then(|key| means.get(&key));
        if let Some(choice) = declared.cloned() {
            self.fact(Fact::ChoiceMade { call: id, step: "menu".to_owned(), choice, by: Side::Customer });
            return;
        }
        let count = u8::try_from(digits.chars().count()).expect("at most digits_max of them");
        self.fact(Fact::DigitsGathered { call: id, count });
        self.calls.get_mut(&id).expect("gathering").talk.told.push(digits.to_owned());
    }

    pub(super) fn on_flow_timer(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match std::mem::take(&mut call.talk.pending) {
            Pending::Waiting => self.resume_flow(id, Answer::Said),
            Pending::Gathering { digits, .. } if digits.is_empty() => {
                self.fact(Fact::DigitsGathered { call: id, count: 0 });
                self.resume_flow(id, Answer::Nothing("timeout".to_owned()));
            }
            Pending::Gathering { digits, means, .. } => self.digits_done(id, digits, &means),
            other @ (Pending::Nothing | Pending::Choice | Pending::Saying(_)) => call.talk.pending = other,
        }
    }

    // ── what a talk brings ──

    fn take_order(&mut self, id: CallId, lines: Vec<crate::script::Line>, fields: Values) -> Answer {
        let Some(first) = lines.first() else { return Answer::Nothing("empty".to_owned()) };
        let currency = first.price.currency.clone();
        if lines.iter().any(|line| line.price.currency != currency) {
            return Answer::Nothing("mixed_currencies".to_owned());
        }
        let sum = lines
            .iter()
            .try_fold(0_i64, |sum, line| sum.checked_add(line.price.minor.checked_mul(i64::from(line.quantity))?));
        let Some(minor) = sum else { return Answer::Nothing("too_large".to_owned()) };
        let order: OrderId = self.mint.next();
        let call = &self.calls[&id];
        let (campaign, lead, agent) = (call.campaign, call.lead.id, call.agent);
        self.keep_fields(id, fields);
        let lines = lines.into_iter().map(|l| OrderLine { sku: l.sku, quantity: l.quantity, price: l.price }).collect();
        let total = Money { minor, currency };
        self.fact(Fact::OrderTaken { order, call: id, campaign, lead, agent, lines, total });
        self.orders.insert(order, OrderState::Captured);
        self.answer_when_durable = true;
        Answer::Order(order.to_string())
    }

    pub(super) fn keep_fields(&mut self, id: CallId, fields: Values) {
        if fields.is_empty() {
            return;
        }
        let call = self.calls.get_mut(&id).expect("its fields are kept");
        let lead = call.lead.id;
        // Bounded by what its flow may ask for.
        call.talk.told.extend(fields.values().cloned());
        for field in fields.keys() {
            self.fact(Fact::FieldFilled { call: id, field: field.clone() });
        }
        self.command(Command::KeepFields { call: id, lead, fields });
    }

    pub(super) fn opt_out(&mut self, id: CallId, by: Side) {
        let call = self.calls.get_mut(&id).expect("talking");
        if std::mem::replace(&mut call.opted_out, true) {
            return;
        }
        let (campaign, lead, number_hash) = (call.campaign, call.lead.id, call.lead.number_hash.clone());
        self.suppress(number_hash.clone());
        self.answer_when_durable = true;
        self.fact(Fact::OptedOut { campaign, lead, call: Some(id), number_hash, by });
    }

    // ── the flow's end ──

    fn on_flow_finished(&mut self, id: CallId, finish: Finish) {
        let call = self.calls.get_mut(&id).expect("its flow finished");
        call.talk.flow = None;
        call.talk.pending = Pending::Nothing;
        call.talk.step = None;
        let (agent, talking) = (call.agent, call.stage == Stage::Talking);
        let speaks = self.campaigns[&call.campaign].spec.settings.flow.handled_by == HandledBy::Flow;
        let lead = call.lead.id;
        if let Some(note) = finish.note.clone() {
            self.command(Command::KeepNote { call: id, lead, note });
        }
        let hang_up = finish.hang_up || speaks;
        self.calls.get_mut(&id).expect("looked up above").talk.finish = Some(finish);
        if talking && hang_up {
            self.end_talk(id, if speaks { Side::Us } else { Side::Agent });
        } else if let Some(agent) = agent {
            self.show_agent(agent);
        }
    }

    /// A fault ends this flow only: the agent goes on without it; without an agent the call ends politely.
    fn on_flow_failed(&mut self, id: CallId, error: ScriptError) {
        let call = self.calls.get_mut(&id).expect("its flow failed");
        let said = call.talk.told.iter().chain(call.lead.fields.values()).map(String::as_str);
        let message = withhold(&error.message, said.chain([call.lead.phone.digits()]));
        tracing::warn!(call = %id, at = %error.at, error = %message, "a flow failed");
        let flow = call.talk.flow.take();
        call.talk.pending = Pending::Nothing;
        call.talk.step = None;
        let (campaign, agent, talking) = (call.campaign, call.agent, call.stage == Stage::Talking);
        if let Some(flow) = flow {
            self.campaigns.get_mut(&campaign).expect("a call's campaign stays").host.drop_flow(flow);
        }
        self.fact(Fact::FlowFailed { call: id, at: error.at, error: message });
        match agent {
            Some(agent) => self.show_agent(agent),
            None if talking => self.end_talk(id, Side::Us),
            None => {}
        }
    }
}
