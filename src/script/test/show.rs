//! What a call asks, as a Lua table for tests. It refuses to answer.

use crate::script::request::*;
use mlua::{Lua, Table};

fn table_of(lua: &Lua, values: &Values) -> mlua::Result<Table> {
    lua.create_table_from(values.iter().map(|(k, v)| (k.as_str(), v.as_str())))
}

/// What a call asks, as tests see it.
pub fn show(lua: &Lua, turn: &Turn) -> mlua::Result<Table> {
    let out = lua.create_table()?;
    match turn {
        Turn::Asks(ask) => show_ask(lua, &out, ask)?,
        Turn::Finished(finish) => {
            out.set("ask", "finish")?;
            out.set("outcome", finish.outcome.as_str())?;
            out.set("note", finish.note.as_deref())?;
            out.set("hang_up", finish.hang_up)?;
        }
        Turn::Failed(error) => {
            out.set("ask", "failed")?;
            out.set("at", error.at.as_str())?;
            out.set("message", error.message.as_str())?;
        }
    }
    Ok(out)
}

fn show_ask(lua: &Lua, out: &Table, ask: &Ask) -> mlua::Result<()> {
    match ask {
        Ask::Step(step) => show_step(lua, out, step),
        Ask::Say { prompt } => {
            out.set("ask", "say")?;
            out.set("prompt", prompt.name.as_str())
        }
        Ask::Gather { prompt, digits_max, seconds, finish_on, .. } => {
            out.set("ask", "gather")?;
            out.set("prompt", prompt.as_ref().map(|p| p.name.as_str()))?;
            out.set("digits", *digits_max)?;
            out.set("seconds", *seconds)?;
            out.set("finish_on", finish_on.map(String::from))
        }
        Ask::Wait { seconds } => {
            out.set("ask", "wait")?;
            out.set("seconds", *seconds)
        }
        Ask::Order { lines, fields } => {
            let list = lua.create_table()?;
            for line in lines {
                let row = lua.create_table()?;
                row.set("sku", line.sku.as_str())?;
                row.set("quantity", line.quantity)?;
                row.set("price", line.price.minor)?;
                row.set("currency", line.price.currency.as_str())?;
                list.push(row)?;
            }
            out.set("ask", "order")?;
            out.set("lines", list)?;
            out.set("fields", table_of(lua, fields)?)
        }
        Ask::OptOut => out.set("ask", "opt_out"),
        Ask::Callback { seconds_from_now, local_time, note } => {
            out.set("ask", "callback")?;
            out.set("seconds", *seconds_from_now)?;
            out.set("at", local_time.as_deref())?;
            out.set("note", note.as_deref())
        }
        Ask::Fill { fields } => {
            out.set("ask", "fill")?;
            out.set("fields", table_of(lua, fields)?)
        }
    }
}

fn show_step(lua: &Lua, out: &Table, step: &Step) -> mlua::Result<()> {
    let ids = |list: &[Choice]| lua.create_sequence_from(list.iter().map(|c| c.id.as_str()));
    let kind = match step.kind {
        StepKind::Opener => "opener",
        StepKind::Step => "step",
        StepKind::Objection => "objection",
        StepKind::Closing => "closing",
    };
    let text = lua.create_table()?;
    text.set("en", step.text.en.as_deref())?;
    text.set("zh", step.text.zh_hans.as_deref())?;
    text.set("zh_hant", step.text.zh_hant.as_deref())?;
    out.set("ask", "step")?;
    out.set("name", step.name.as_str())?;
    out.set("kind", kind)?;
    out.set("text", text)?;
    out.set("choices", ids(&step.choices)?)?;
    out.set("objections", ids(&step.objections)?)?;
    out.set("fields", lua.create_sequence_from(step.fields.iter().map(|f| f.name.as_str()))?)
}
