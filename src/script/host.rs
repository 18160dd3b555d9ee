//! One campaign version's flows: start, resume, drop. It refuses to know the time and who answers.

use super::convert::Proposal;
use super::error;
use super::fits::fits;
use super::garbage::Garbage;
use super::request::*;
use super::sandbox::Sandbox;
use crate::words::Lang;
use mlua::{LuaString, MultiValue, Table, Thread, Value};
use rand::SeedableRng;
use rand_pcg::Pcg32;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// One run of `flow.lua` for one call. Counted from 1 within a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub u64);

/// What flows are checked against; copied from the campaign's settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowSettings {
    /// The names `finish` may use.
    pub outcomes: BTreeSet<String>,
    /// ISO 4217, for orders.
    pub currency: Option<String>,
    pub lang: Lang,
    /// The flow speaks by itself: `finish` hangs up unless told otherwise.
    pub speaks: bool,
}

/// Budgets, counted and not timed. The defaults fit live, sim and tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Safepoints (loop turns, calls, pattern steps) between two requests.
    pub points_per_resume: u64,
    /// Safepoints of a whole flow.
    pub points_per_flow: u64,
    /// Bytes allocated between two requests.
    pub bytes_per_resume: usize,
    /// Bytes allocated by a whole flow.
    pub bytes_per_flow: usize,
    /// All flows of a host together.
    pub state_bytes: usize,
    pub source_bytes: usize,
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            points_per_resume: 100_000,
            points_per_flow: 5_000_000,
            bytes_per_resume: 1 << 20,
            bytes_per_flow: 32 << 20,
            state_bytes: 512 << 20,
            source_bytes: 256 << 10,
            files: 64,
        }
    }
}

struct Flow {
    /// None before `Begin`.
    thread: Option<Thread>,
    info: Arc<CallInfo>,
    /// What was filled in so far; the Lua side sees the table.
    fields: Values,
    shown: Option<Table>,
    rng: Pcg32,
    ask: Option<Ask>,
    at: String,
    points_left: u64,
    bytes_left: usize,
}

/// The flows of one campaign version in one Lua state.
pub struct Host {
    sandbox: Sandbox,
    limits: Limits,
    seed: u64,
    flows: BTreeMap<FlowId, Flow>,
    last: u64,
    garbage: Garbage,
    objections: Vec<String>,
}

/// Room for the host's own values while the allocator's limit holds.
const HOST_BYTES: usize = 256 << 10;

impl Host {
    /// Compiles the sources and runs `flow.lua` once, up to its `return flow { ... }`.
    /// `sources` by path: `flow.lua` must be there; shared ones are `scripts/NAME.lua`.
    ///
    /// # Errors
    /// The first fault, with file and line.
    pub fn load(
        sources: &BTreeMap<String, String>,
        settings: FlowSettings,
        limits: Limits,
        seed: u64,
    ) -> Result<Host, ScriptError> {
        check_sizes(sources, &limits)?;
        let sandbox = Sandbox::build(sources, Arc::new(settings))?;
        let garbage = Garbage::new(&sandbox.lua);
        let mut host = Host { sandbox, limits, seed, flows: BTreeMap::new(), last: 0, garbage, objections: Vec::new() };
        host.objections = host.dry_load()?;
        Ok(host)
    }

    /// A new flow; it runs with the first `resume(flow, Answer::Begin)`.
    pub fn start(&mut self, info: CallInfo) -> FlowId {
        self.last += 1;
        let id = FlowId(self.last);
        // SplitMix64's increment keeps the streams of neighbouring flows apart.
        let rng = Pcg32::seed_from_u64(self.seed ^ self.last.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let flow = Flow {
            thread: None,
            info: Arc::new(info),
            fields: Values::new(),
            shown: None,
            rng,
            ask: None,
            at: "flow.lua:1".to_owned(),
            points_left: self.limits.points_per_flow,
            bytes_left: self.limits.bytes_per_flow,
        };
        self.flows.insert(id, flow);
        id
    }

    /// Runs a flow up to its next request or its end. An answer that does not fit asks the same again.
    pub fn resume(&mut self, id: FlowId, answer: Answer) -> Turn {
        let Some(mut flow) = self.flows.remove(&id) else {
            let message = "this flow is over: it finished, failed or was dropped".to_owned();
            return Turn::Failed(ScriptError { at: "flow.lua:1".to_owned(), message });
        };
        let fitting = match (&flow.ask, &answer) {
            (None, Answer::Begin) => true,
            (None, _) => false,
            (Some(ask), answer) => fits(ask, answer),
        };
        if !fitting {
            return self.unfitting(id, flow);
        }
        let turn = self.run(&mut flow, answer);
        match &turn {
            Turn::Asks(ask) => {
                flow.ask = Some(ask.clone());
                self.flows.insert(id, flow);
            }
            Turn::Finished(_) | Turn::Failed(_) => drop(flow),
        }
        self.garbage.collect(&self.sandbox.lua);
        turn
    }

    /// Forgets a flow. Unknown ids are fine.
    pub fn drop_flow(&mut self, id: FlowId) {
        self.flows.remove(&id);
    }

    /// Set it to true from outside, and the flow that runs now fails at its next safepoint.
    /// Cleared at the begin of each resume.
    pub fn watchdog(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.sandbox.meter.watchdog)
    }

    /// What a flow waits for.
    pub fn asking(&self, id: FlowId) -> Option<&Ask> {
        self.flows.get(&id)?.ask.as_ref()
    }

    /// Where a flow waits: `flow.lua:12`.
    pub fn place(&self, id: FlowId) -> Option<&str> {
        self.flows.get(&id).map(|flow| flow.at.as_str())
    }

    /// The objections that `flow { objections = ... }` declares, in order.
    pub fn objections(&self) -> &[String] {
        &self.objections
    }

    /// Bytes the Lua state holds now.
    pub fn used_bytes(&self) -> usize {
        self.sandbox.lua.used_memory()
    }

    pub fn flow_count(&self) -> usize {
        self.flows.len()
    }

    fn unfitting(&mut self, id: FlowId, flow: Flow) -> Turn {
        let Some(ask) = flow.ask.clone() else {
            let message = "a flow begins with Answer::Begin".to_owned();
            return Turn::Failed(ScriptError { at: flow.at, message });
        };
        self.flows.insert(id, flow);
        Turn::Asks(ask)
    }

    fn run(&mut self, flow: &mut Flow, answer: Answer) -> Turn {
        self.take_seat(flow, &answer);
        let lua = &self.sandbox.lua;
        let bytes = self.limits.bytes_per_resume.min(flow.bytes_left);
        if lua.used_memory() + bytes > self.limits.state_bytes {
            self.garbage.collect_all(lua);
        }
        let before = lua.used_memory();
        let points = self.limits.points_per_resume.min(flow.points_left);
        let top = (before + bytes).min(self.limits.state_bytes);
        lua.set_memory_limit(top + HOST_BYTES).expect("Luau states have memory limits");
        self.sandbox.meter.arm(points, top);
        let result = self.step(flow, answer);
        let points_used = self.sandbox.meter.disarm();
        let lua = &self.sandbox.lua;
        lua.set_memory_limit(0).expect("Luau states have memory limits");
        let bytes_used = lua.used_memory().saturating_sub(before);
        self.garbage.owe(bytes_used);
        flow.points_left = flow.points_left.saturating_sub(points_used);
        flow.bytes_left = flow.bytes_left.saturating_sub(bytes_used);
        self.leave_seat(flow, result, (points, bytes))
    }

    fn take_seat(&mut self, flow: &mut Flow, answer: &Answer) {
        if let Answer::Choice { fields, .. } = answer {
            flow.fields.extend(fields.clone());
        }
        if let Some(Ask::Fill { fields }) = &flow.ask {
            flow.fields.extend(fields.clone());
        }
        let mut desk = self.sandbox.desk.desk();
        desk.info = Arc::clone(&flow.info);
        desk.fields = std::mem::take(&mut flow.fields);
        desk.rng = flow.rng.clone();
        desk.proposal = None;
        desk.fault = None;
    }

    fn step(&self, flow: &mut Flow, answer: Answer) -> mlua::Result<()> {
        let lua = &self.sandbox.lua;
        if flow.thread.is_none() {
            let thread = lua.create_thread(self.sandbox.main.clone())?;
            let shown = lua.create_table()?;
            flow.shown = Some(shown.clone());
            flow.thread = Some(thread.clone());
            return thread.resume::<()>((self.info_table(&flow.info, false)?, shown));
        }
        let thread = flow.thread.clone().expect("made just above");
        if let (Answer::Choice { .. }, Some(shown)) | (Answer::Said, Some(shown)) = (&answer, &flow.shown) {
            for (name, value) in &self.sandbox.desk.desk().fields {
                shown.raw_set(name.as_str(), value.as_str())?;
            }
        }
        let arguments = self.arguments(answer)?;
        thread.resume::<()>(arguments)
    }

    /// `given`: the points and bytes of this resume.
    fn leave_seat(&self, flow: &mut Flow, result: mlua::Result<()>, given: (u64, usize)) -> Turn {
        let mut desk = self.sandbox.desk.desk();
        flow.fields = std::mem::take(&mut desk.fields);
        flow.rng = desk.rng.clone();
        if desk.proposal.is_some() {
            flow.at = std::mem::take(&mut desk.at);
        }
        let (proposal, fault) = (desk.proposal.take(), desk.fault.take());
        drop(desk);
        if let Some(spent) = self.sandbox.meter.spent() {
            let at = fault.map_or_else(|| flow.at.clone(), |f| f.at);
            return Turn::Failed(ScriptError { at, message: spent.message(&self.limits, given.0, given.1) });
        }
        if let Some(fault) = fault {
            return Turn::Failed(fault);
        }
        match (result, proposal) {
            (Err(error), _) => Turn::Failed(error::script_error(&error, &flow.at)),
            (Ok(()), Some(Proposal::Ask(ask))) => Turn::Asks(ask),
            (Ok(()), Some(Proposal::Finish(finish))) => Turn::Finished(finish),
            (Ok(()), None) => {
                let message = "the flow stopped without asking anything".to_owned();
                Turn::Failed(ScriptError { at: flow.at.clone(), message })
            }
        }
    }

    fn arguments(&self, answer: Answer) -> mlua::Result<MultiValue> {
        let lua = &self.sandbox.lua;
        let text = |s: &str| -> mlua::Result<LuaString> { lua.create_string(s) };
        let values = match answer {
            Answer::Begin => Vec::new(),
            Answer::Said => vec![Value::Boolean(true)],
            Answer::Choice { id, fields } => {
                let table = lua.create_table()?;
                for (name, value) in &fields {
                    table.raw_set(name.as_str(), value.as_str())?;
                }
                vec![Value::String(text(&id)?), Value::Table(table)]
            }
            Answer::Digits(digits) => vec![Value::String(text(&digits)?)],
            Answer::Order(id) => vec![Value::String(text(&id)?)],
            Answer::Nothing(why) => vec![Value::Nil, Value::String(text(&why)?)],
        };
        Ok(MultiValue::from_vec(values))
    }

    fn info_table(&self, info: &CallInfo, dry: bool) -> mlua::Result<Table> {
        let lua = &self.sandbox.lua;
        let lead = lua.create_table_with_capacity(0, info.lead.len())?;
        for (name, value) in &info.lead {
            lead.raw_set(name.as_str(), value.as_str())?;
        }
        let table = lua.create_table_with_capacity(0, 9)?;
        table.raw_set("id", info.id.as_str())?;
        table.raw_set("campaign", info.campaign.as_str())?;
        table.raw_set("attempt", info.attempt)?;
        table.raw_set("lead", lead)?;
        table.raw_set("agent", info.agent.as_deref())?;
        table.raw_set("lang", info.lang.tag())?;
        table.raw_set("local_time", info.local_time.as_str())?;
        table.raw_set("local_date", info.local_date.as_str())?;
        if dry {
            table.raw_set("dry", true)?;
        }
        Ok(table)
    }

    /// Runs the files up to `return flow { ... }`: the names of the objections.
    fn dry_load(&mut self) -> Result<Vec<String>, ScriptError> {
        let mut flow = {
            let id = self.start(CallInfo::default());
            self.last = 0;
            self.flows.remove(&id).expect("started just now")
        };
        self.take_seat(&mut flow, &Answer::Begin);
        let given = (self.limits.points_per_resume, self.limits.bytes_per_resume);
        let lua = &self.sandbox.lua;
        let top = lua.used_memory() + self.limits.bytes_per_resume;
        lua.set_memory_limit(top + HOST_BYTES).expect("Luau states have memory limits");
        self.sandbox.meter.arm(self.limits.points_per_resume, top);
        let result = self.dry_names();
        self.sandbox.meter.disarm();
        self.sandbox.lua.set_memory_limit(0).expect("Luau states have memory limits");
        match result {
            Ok(Some(names)) if self.sandbox.meter.spent().is_none() => Ok(names),
            Ok(_) => match self.leave_seat(&mut flow, Ok(()), given) {
                Turn::Failed(error) => Err(error),
                Turn::Asks(_) | Turn::Finished(_) => Ok(Vec::new()),
            },
            Err(error) => match self.leave_seat(&mut flow, Err(error), given) {
                Turn::Failed(error) => Err(error),
                Turn::Asks(_) | Turn::Finished(_) => Ok(Vec::new()),
            },
        }
    }

    fn dry_names(&self) -> mlua::Result<Option<Vec<String>>> {
        let lua = &self.sandbox.lua;
        let thread = lua.create_thread(self.sandbox.main.clone())?;
        let info = self.info_table(&CallInfo::default(), true)?;
        let (_, plan): (bool, Option<Table>) = thread.resume((info, lua.create_table()?))?;
        let Some(plan) = plan else { return Ok(None) };
        let mut names = Vec::new();
        for objection in plan.raw_get::<Table>("list")?.sequence_values::<Table>() {
            names.push(objection?.raw_get("name")?);
        }
        Ok(Some(names))
    }
}

fn check_sizes(sources: &BTreeMap<String, String>, limits: &Limits) -> Result<(), ScriptError> {
    let refuse = |at: &str, message: String| Err(ScriptError { at: format!("{at}:1"), message });
    if !sources.contains_key("flow.lua") {
        return refuse("flow.lua", "the campaign has no flow.lua".to_owned());
    }
    if sources.len() > limits.files {
        return refuse("flow.lua", format!("{} Lua files; at most {} are allowed", sources.len(), limits.files));
    }
    match sources.iter().find(|(_, text)| text.len() > limits.source_bytes) {
        Some((path, text)) => {
            refuse(path, format!("{} bytes; at most {} are allowed", text.len(), limits.source_bytes))
        }
        None => Ok(()),
    }
}
