//! The runner of `flow_test.lua`: a virtual customer and agent, virtual time, one report. It refuses to call anybody.

mod show;

use super::check::{Inputs, sample_call};
use super::coverage::{Coverage, share};
use super::error;
use super::host::{FlowId, Host, Limits};
use super::meter::Meter;
use super::request::*;
use super::sandbox;
use super::walk;
use crate::words::{Lang, Reason};
use mlua::{Function, Lua, Table, Value, Variadic};
use serde::Serialize;
use show::show;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Budget of one test: tests may do more than flows.
const POINTS: u64 = 5_000_000;
const BYTES: usize = 64 << 20;
const NAMES_SHOWN: usize = 12;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestResult {
    pub name: String,
    /// Where the test stands: `flow_test.lua:3`.
    pub at: String,
    pub failure: Option<ScriptError>,
    /// Virtual seconds that its calls took.
    pub seconds: f64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TestReport {
    pub tests: Vec<TestResult>,
    /// Of all tests together; what a dry walk knows and no test saw stands there with 0.
    pub coverage: Coverage,
    /// Neither the flow nor the tests could be loaded.
    pub broken: Option<ScriptError>,
}

impl TestReport {
    pub fn passed(&self) -> bool {
        self.broken.is_none() && self.tests.iter().all(|t| t.failure.is_none())
    }

    /// For the terminal.
    pub fn text(&self, lang: Lang) -> String {
        let word = |code: &str| Reason::new(code).text(lang);
        let mut out = String::new();
        if let Some(error) = &self.broken {
            writeln!(out, "{error}").expect("a String takes all");
        }
        for test in &self.tests {
            let (code, why) = match &test.failure {
                None => ("script.test_passed", String::new()),
                Some(error) => ("script.test_failed", format!("\n  {error}")),
            };
            writeln!(out, "{} ... {}{why}", test.name, word(code)).expect("a String takes all");
        }
        out + &self.summary(lang)
    }

    fn summary(&self, lang: Lang) -> String {
        let shown = |counts: &BTreeMap<String, u32>| {
            let (seen, known) = share(counts);
            format!("{seen}/{known}")
        };
        let c = &self.coverage;
        let passed = self.tests.iter().filter(|t| t.failure.is_none()).count();
        let mut out = Reason::new("script.tests_summary")
            .with("passed", passed)
            .with("all", self.tests.len())
            .with("steps", shown(&c.steps))
            .with("choices", shown(&c.choices))
            .with("objections", shown(&c.objections))
            .with("outcomes", shown(&c.outcomes))
            .text(lang);
        let unseen: Vec<&str> = [&c.steps, &c.choices, &c.objections, &c.outcomes]
            .into_iter()
            .flat_map(|counts| counts.iter().filter(|(_, n)| **n == 0).map(|(name, _)| name.as_str()))
            .take(NAMES_SHOWN)
            .collect();
        if !unseen.is_empty() {
            out.push(' ');
            out += &Reason::new("script.tests_unseen").with("names", unseen.join(", ")).text(lang);
        }
        out + "\n"
    }
}

/// Runs `flow_test.lua` against the flow. `prompts`: lengths of sounds, for virtual time.
pub fn run(inputs: &Inputs, prompts: &BTreeMap<String, Duration>, seed: u64) -> TestReport {
    match try_run(inputs, prompts, seed) {
        Ok(report) => report,
        Err(error) => TestReport { broken: Some(error), ..TestReport::default() },
    }
}

fn try_run(inputs: &Inputs, prompts: &BTreeMap<String, Duration>, seed: u64) -> Result<TestReport, ScriptError> {
    let Some(text) = inputs.sources.get("flow_test.lua") else {
        let message = Reason::new("script.tests_missing").text(Lang::En);
        return Err(ScriptError { at: "flow_test.lua:1".to_owned(), message });
    };
    let mut host = Host::load(&inputs.sources, inputs.settings.clone(), Limits::default(), seed)?;
    let known = walk::walk(&mut host, &sample_call(&inputs.lead, &inputs.settings)).coverage;
    let room = Room(Arc::new(Mutex::new(Floor {
        host: Host::load(&inputs.sources, inputs.settings.clone(), Limits::default(), seed)?,
        sample: sample_call(&inputs.lead, &inputs.settings),
        prompts: prompts.clone(),
        coverage: Coverage::default(),
        calls: Vec::new(),
    })));
    let bench = Bench::build(&room, text)?;
    let mut report = TestReport { tests: bench.run_all(&room)?, ..TestReport::default() };
    report.coverage = std::mem::take(&mut room.floor().coverage);
    report.coverage.know(&known);
    Ok(report)
}

/// The calls of the test that runs.
struct Floor {
    host: Host,
    sample: CallInfo,
    prompts: BTreeMap<String, Duration>,
    coverage: Coverage,
    calls: Vec<Call>,
}

struct Call {
    flow: FlowId,
    turn: Turn,
    seconds: f64,
}

#[derive(Clone)]
struct Room(Arc<Mutex<Floor>>);

impl Room {
    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.0.lock().expect("one test runs at a time, and none panics with the floor in hand")
    }
}

/// The Lua state of the tests: another one than the flow's.
struct Bench {
    lua: Lua,
    tests: Table,
    run: Function,
    meter: Arc<Meter>,
}

impl Bench {
    fn build(room: &Room, text: &str) -> Result<Bench, ScriptError> {
        let (lua, std, meter) = sandbox::bare();
        let (env, tests, run) = verbs(&lua, std, room).expect("our own Lua runs");
        lua.sandbox(true).expect("a fresh state can be sandboxed");
        let chunk = sandbox::compile(&lua, "flow_test.lua", text, env)?;
        let bench = Bench { lua, tests, run, meter };
        bench.guarded("flow_test.lua:1", || chunk.call::<()>(()))?;
        Ok(bench)
    }

    fn run_all(&self, room: &Room) -> Result<Vec<TestResult>, ScriptError> {
        let internal = |e: mlua::Error| error::script_error(&e, "flow_test.lua:1");
        let mut results = Vec::new();
        for (index, test) in self.tests.clone().sequence_values::<Table>().enumerate() {
            let test = test.map_err(internal)?;
            let at: String = test.get("at").map_err(internal)?;
            let failure = self.guarded(&at, || self.run.call::<()>(index + 1)).err();
            let mut floor = room.floor();
            let calls = std::mem::take(&mut floor.calls);
            for call in &calls {
                floor.host.drop_flow(call.flow);
            }
            let seconds = calls.iter().map(|c| c.seconds).sum();
            results.push(TestResult { name: test.get("name").map_err(internal)?, at, failure, seconds });
        }
        Ok(results)
    }

    /// Runs something within the budget of one test. `at`: the place, if the error has none of its own.
    fn guarded(&self, at: &str, f: impl FnOnce() -> mlua::Result<()>) -> Result<(), ScriptError> {
        let top = self.lua.used_memory() + BYTES;
        self.lua.set_memory_limit(2 * top).expect("Luau states have memory limits");
        self.meter.arm(POINTS, top);
        let result = f();
        self.meter.disarm();
        if self.meter.spent().is_some() {
            let message = "the test used up its budget: is there an endless loop?".to_owned();
            return Err(ScriptError { at: at.to_owned(), message });
        }
        result.map_err(|e| error::script_error(&e, at))
    }
}

fn verbs(lua: &Lua, std: Table, room: &Room) -> mlua::Result<(Table, Table, Function)> {
    let (a, b, c, d) = (room.clone(), room.clone(), room.clone(), room.clone());
    let begin = lua.create_function(move |lua, info: Table| begin(lua, &a, &info))?;
    let answer = lua.create_function(move |lua, (number, kind, rest): (usize, String, Variadic<Value>)| {
        answer(lua, &b, number, &kind, &rest)
    })?;
    let place = lua.create_function(move |_, number: usize| {
        let floor = c.floor();
        let flow = floor.calls.get(number - 1).map(|call| call.flow);
        Ok(flow.and_then(|flow| floor.host.place(flow).map(str::to_owned)))
    })?;
    let seconds = lua.create_function(move |_, number: usize| Ok(d.floor().calls[number - 1].seconds))?;
    lua.load(include_str!("test_prelude.lua"))
        .set_name("=prelude")
        .into_function()?
        .call((std, begin, answer, place, seconds))
}

/// `begin(info)`: the call's number and what it asks; or nil and why not.
fn begin(lua: &Lua, room: &Room, info: &Table) -> mlua::Result<(Option<usize>, Value)> {
    let mut guard = room.floor();
    let floor = &mut *guard;
    let info = match call_info(&floor.sample, info) {
        Ok(info) => info,
        Err(why) => return Ok((None, Value::String(lua.create_string(&why)?))),
    };
    let flow = floor.host.start(info);
    let turn = floor.host.resume(flow, Answer::Begin);
    floor.coverage.saw_turn(&turn);
    let shown = show(lua, &turn)?;
    floor.calls.push(Call { flow, turn, seconds: 0.0 });
    Ok((Some(floor.calls.len()), Value::Table(shown)))
}

fn call_info(sample: &CallInfo, given: &Table) -> Result<CallInfo, String> {
    let mut info = sample.clone();
    for pair in given.pairs::<String, Value>() {
        let (key, value) = pair.map_err(|_| "t:call takes names: t:call { lead = { ... } }".to_owned())?;
        let text = || match &value {
            Value::String(s) => Ok(s.to_string_lossy()),
            other => Err(format!("t:call: {key} must be a text, not a {}", other.type_name())),
        };
        match key.as_str() {
            "lead" => {
                let table = value.as_table().ok_or("t:call: lead must be a table")?;
                info.lead = strings(table).ok_or("t:call: lead takes texts: { name = \"Ann\" }")?;
            }
            "agent" => info.agent = Some(text()?),
            "local_time" => info.local_time = text()?,
            "local_date" => info.local_date = text()?,
            "lang" => info.lang = Lang::from_tag(&text()?),
            "attempt" => info.attempt = value.as_u32().ok_or("t:call: attempt must be a number")?,
            other => {
                return Err(format!(
                    "t:call: unknown key \"{other}\"; known are lead, agent, lang, attempt, local_time, local_date"
                ));
            }
        }
    }
    Ok(info)
}

fn strings(table: &Table) -> Option<Values> {
    let mut out = Values::new();
    for pair in table.pairs::<String, Value>() {
        let (key, value) = pair.ok()?;
        let text = match value {
            Value::String(s) => s.to_string_lossy(),
            Value::Integer(i) => i.to_string(),
            Value::Number(n) => n.to_string(),
            Value::Boolean(b) => b.to_string(),
            _other => return None,
        };
        out.insert(key, text);
    }
    Some(out)
}

/// `answer(number, kind, ...)`: what the call asks now, and why the answer was refused.
fn answer(lua: &Lua, room: &Room, number: usize, kind: &str, rest: &[Value]) -> mlua::Result<(Table, Option<String>)> {
    let mut guard = room.floor();
    let floor = &mut *guard;
    let call = &mut floor.calls[number - 1];
    let text = |i: usize| rest.get(i).and_then(Value::as_string).map(|s| s.to_string_lossy()).unwrap_or_default();
    let answer = match kind {
        "said" => Answer::Said,
        "choice" => {
            let fields = rest.get(1).and_then(Value::as_table).and_then(strings).unwrap_or_default();
            Answer::Choice { id: text(0), fields }
        }
        "digits" => Answer::Digits(text(0)),
        "order" => Answer::Order(text(0)),
        _nothing => Answer::Nothing(text(0)),
    };
    let Turn::Asks(ask) = &call.turn else { return Ok((show(lua, &call.turn)?, None)) };
    if let (Ask::Step(step), Answer::Choice { id, fields }) = (ask, &answer)
        && let Some(reason) = step.refuses(id, fields)
    {
        return Ok((show(lua, &call.turn)?, Some(reason.text(Lang::En))));
    }
    floor.coverage.saw_answer(ask, &answer);
    call.seconds += duration(ask, &answer, &floor.prompts);
    call.turn = floor.host.resume(call.flow, answer);
    floor.coverage.saw_turn(&call.turn);
    Ok((show(lua, &call.turn)?, None))
}

/// Virtual seconds between a request and its answer.
fn duration(ask: &Ask, answer: &Answer, prompts: &BTreeMap<String, Duration>) -> f64 {
    let length = |prompt: &Prompt| {
        let own = prompt.lang.and_then(|lang| prompts.get(&format!("{}.{}", prompt.name, lang.tag())));
        own.or_else(|| prompts.get(&prompt.name)).map_or(0.0, Duration::as_secs_f64)
    };
    match ask {
        Ask::Say { prompt } => length(prompt),
        Ask::Wait { seconds } => *seconds,
        Ask::Gather { prompt, seconds, .. } => {
            let silence = if matches!(answer, Answer::Nothing(why) if why == "timeout") { *seconds } else { 0.0 };
            prompt.as_ref().map_or(0.0, length) + silence
        }
        Ask::Step(_) | Ask::Order { .. } | Ask::OptOut | Ask::Callback { .. } | Ask::Fill { .. } => 0.0,
    }
}
