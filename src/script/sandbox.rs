//! One Lua state with the guarded library, the verbs, and budgets. It refuses to know which flow runs.

use super::convert::{self, Around, Proposal};
use super::error;
use super::host::FlowSettings;
use super::meter::Meter;
use super::request::*;
use super::source;
use mlua::chunk::{ChunkMode, Compiler};
use mlua::{Function, Lua, LuaOptions, StdLib, Table, Value, VmState};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// What the running flow and the host say to each other during one resume.
pub struct Desk {
    pub info: Arc<CallInfo>,
    pub fields: Values,
    pub rng: Pcg32,
    /// What was asked last, and where.
    pub proposal: Option<Proposal>,
    pub at: String,
    pub fault: Option<ScriptError>,
}

#[derive(Clone)]
pub struct Shared(Arc<Mutex<Desk>>);

impl Shared {
    pub fn new() -> Shared {
        Shared(Arc::new(Mutex::new(Desk {
            info: Arc::default(),
            fields: Values::new(),
            rng: Pcg32::seed_from_u64(0),
            proposal: None,
            at: String::new(),
            fault: None,
        })))
    }

    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().expect("the desk is held for moments only, by code that does not panic")
    }
}

pub struct Sandbox {
    pub lua: Lua,
    /// `main(info, fields)`: the body of every flow.
    pub main: Function,
    pub meter: Arc<Meter>,
    pub desk: Shared,
}

impl Sandbox {
    /// Builds the state and compiles every source.
    ///
    /// # Errors
    /// The first source that does not compile, with its line.
    pub fn build(sources: &BTreeMap<String, String>, settings: Arc<FlowSettings>) -> Result<Sandbox, ScriptError> {
        let (lua, std, meter) = bare();
        let desk = Shared::new();
        let (main, env) = verbs(&lua, std, &desk, settings).expect("our own Lua runs");
        lua.sandbox(true).expect("a fresh state can be sandboxed");
        let mut files = BTreeMap::new();
        for (path, text) in sources.iter().filter(|(path, _)| runs(path)) {
            files.insert(path.clone(), compile(&lua, path, text, env.clone())?);
        }
        lua.set_app_data(Files(files));
        Ok(Sandbox { lua, main, meter, desk })
    }
}

/// The compiled files of the campaign, by path.
struct Files(BTreeMap<String, Function>);

pub fn compile(lua: &Lua, path: &str, text: &str, env: Table) -> Result<Function, ScriptError> {
    let text = source::guarded(path, text)?;
    let compiler = Compiler::new().set_optimization_level(1).set_debug_level(1);
    lua.load(text)
        .set_name(format!("={path}"))
        .set_mode(ChunkMode::Text)
        .set_environment(env)
        .set_compiler(compiler)
        .into_function()
        .map_err(|e| error::script_error(&e, &format!("{path}:1")))
}

fn interrupts(lua: &Lua, meter: &Arc<Meter>) {
    let meter = Arc::clone(meter);
    // The message is the host's business: a script that catches this error learns nothing from it.
    lua.set_interrupt(move |lua| match meter.safepoint(|| lua.used_memory()) {
        None => Ok(VmState::Continue),
        Some(_) => Err(mlua::Error::runtime("the budget is used up")),
    });
}

/// A state with nothing but the guarded library, given as a table that is still open.
/// Chance is the library's own business: `random` is set by whoever has a seed.
pub fn bare() -> (Lua, Table, Arc<Meter>) {
    let lua = Lua::new_with(StdLib::ALL_SAFE, LuaOptions::new()).expect("a fresh state opens its libraries");
    let meter = Arc::new(Meter::default());
    interrupts(&lua, &meter);
    let build = || own(&lua, "guard", include_str!("guard.lua"))?.call(spend(&lua, &meter)?);
    let std: Table = build().expect("our own Lua runs");
    (lua, std, meter)
}

fn own(lua: &Lua, name: &str, text: &'static str) -> mlua::Result<Function> {
    lua.load(text).set_name(format!("={name}")).into_function()
}

/// Runs prelude.lua: `main`, and the environment that files see.
fn verbs(lua: &Lua, std: Table, desk: &Shared, settings: Arc<FlowSettings>) -> mlua::Result<(Function, Table)> {
    let speaks = settings.speaks;
    let (low, float) = chance(lua, desk)?;
    let module = lua.create_function(find_module)?;
    let arguments = (std, propose(lua, desk, settings)?, module, caught(lua, desk)?, speaks, low, float);
    let (env, main): (Table, Function) = own(lua, "prelude", include_str!("prelude.lua"))?.call(arguments)?;
    Ok((main, env))
}

fn spend(lua: &Lua, meter: &Arc<Meter>) -> mlua::Result<Function> {
    let meter = Arc::clone(meter);
    lua.create_function(move |_, points: f64| match meter.spend(points) {
        None => Ok(()),
        Some(_) => Err(mlua::Error::runtime("one library call would take too long for this flow's budget")),
    })
}

/// `random(n)`: 0 to n - 1; `random_float()`: 0 to 1. From the seed of the flow that runs.
fn chance(lua: &Lua, desk: &Shared) -> mlua::Result<(Function, Function)> {
    let (a, b) = (desk.clone(), desk.clone());
    let whole = lua.create_function(move |_, n: f64| Ok(a.desk().rng.random_range(0..(n.max(1.0) as u64)) as f64))?;
    let float = lua.create_function(move |_, ()| Ok(b.desk().rng.random::<f64>()))?;
    Ok((whole, float))
}

/// `propose(verb, content, at)`: nil and the request lies on the desk, or why it is refused.
fn propose(lua: &Lua, desk: &Shared, settings: Arc<FlowSettings>) -> mlua::Result<Function> {
    let shared = desk.clone();
    lua.create_function(move |_, (verb, content, at): (String, Table, String)| {
        let mut guard = shared.desk();
        let desk = &mut *guard;
        let around = Around { info: &desk.info, fields: &desk.fields, settings: &settings };
        match convert::propose(&verb, &content, &around) {
            Ok(proposal) => {
                desk.proposal = Some(proposal);
                desk.at = at;
                Ok(None)
            }
            Err(why) => Ok(Some(why)),
        }
    })
}

/// `module(name)`: the compiled file and its path, or nil and why.
fn find_module(lua: &Lua, name: String) -> mlua::Result<(Option<Function>, String)> {
    let files = lua.app_data_ref::<Files>().expect("set before any flow runs");
    let path = name.strip_prefix("./").unwrap_or(&name);
    let path = if path.ends_with(".lua") { path.to_owned() } else { format!("{path}.lua") };
    if let Some(chunk) = files.0.get(&path) {
        return Ok((Some(chunk.clone()), path));
    }
    let short: String = name.chars().take(80).collect();
    let known = files.0.keys().filter(|k| *k != "flow.lua").map(|k| k.trim_end_matches(".lua")).collect::<Vec<_>>();
    Ok((None, format!("require: there is no \"{short}\"; there are: {}", known.join(", "))))
}

/// The error handler of every flow: keeps message and place while the stack still stands.
fn caught(lua: &Lua, desk: &Shared) -> mlua::Result<Function> {
    let shared = desk.clone();
    lua.create_function(move |lua, value: Value| {
        let text = error::thrown(&value);
        let (at, message) = error::split(&text);
        let at = at.or_else(|| error::place(lua)).unwrap_or_else(|| "flow.lua:1".to_owned());
        shared.desk().fault = Some(ScriptError { at, message: message.chars().take(500).collect() });
        Ok(())
    })
}

/// Tests and the annotations for editors are not part of a flow.
fn runs(path: &str) -> bool {
    path.ends_with(".lua") && !path.ends_with("_test.lua") && path != "scripts/api.lua"
}
