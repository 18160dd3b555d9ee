//! Where it went wrong: `file:line` from messages and stacks. It refuses to lose a position.

use super::request::ScriptError;
use mlua::{Lua, Value};

/// Chunk names of our own Lua, which no error points to.
pub const INTERNAL: [&str; 2] = ["prelude", "guard"];

/// Splits `flow.lua:12: message`. Internal positions are cut off too, and give no place.
pub fn split(text: &str) -> (Option<String>, String) {
    let mut rest = text;
    for name in INTERNAL {
        if let Some((_, after)) = position(rest).filter(|(at, _)| at.starts_with(name)) {
            rest = after;
        }
    }
    match position(rest) {
        Some((at, message)) if at.contains(".lua:") => (Some(at.to_owned()), message.to_owned()),
        Some(_) | None => (None, rest.to_owned()),
    }
}

/// `name:12: rest` into `name:12` and `rest`.
fn position(text: &str) -> Option<(&str, &str)> {
    let colon = text.find(':')?;
    let digits = text[colon + 1..].bytes().take_while(u8::is_ascii_digit).count();
    let end = colon + 1 + digits;
    if digits == 0 || text[..colon].contains([' ', '\n', '"']) {
        return None;
    }
    text[end..].strip_prefix(": ").map(|rest| (&text[..end], rest))
}

/// The innermost place of the running coroutine that a script's author wrote.
pub fn place(lua: &Lua) -> Option<String> {
    for level in 0..64 {
        let found = lua.inspect_stack(level, |debug| {
            let line = debug.current_line();
            let source = debug.source().short_src.map(|s| s.into_owned());
            source.zip(line)
        })?;
        if let Some((source, line)) = found
            && source.contains(".lua")
        {
            return Some(format!("{source}:{line}"));
        }
    }
    None
}

/// What a script threw, as text; never runs a script's `__tostring`.
pub fn thrown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string_lossy(),
        Value::Error(error) => root(error),
        Value::Nil => "error(nil)".to_owned(),
        Value::Boolean(_) | Value::Integer(_) | Value::Number(_) => format!("error({value:?})"),
        other => format!("an error object of type {}", other.type_name()),
    }
}

/// The innermost message of mlua's nested errors.
pub fn root(error: &mlua::Error) -> String {
    match error {
        mlua::Error::RuntimeError(text) => text.clone(),
        mlua::Error::SyntaxError { message, .. } => message.clone(),
        mlua::Error::MemoryError(_) => "not enough memory".to_owned(),
        mlua::Error::CallbackError { cause, .. } => root(cause),
        other => other.to_string(),
    }
}

/// An error of mlua as ours. `fallback` stands for the place if the message has none.
pub fn script_error(error: &mlua::Error, fallback: &str) -> ScriptError {
    let text = root(error);
    let first = text.split("\nstack traceback:").next().unwrap_or(&text);
    let (at, message) = split(first);
    ScriptError { at: at.unwrap_or_else(|| fallback.to_owned()), message }
}

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}
impl std::error::Error for ScriptError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_found_and_internal_ones_cut() {
        assert_eq!(split("flow.lua:12: no"), (Some("flow.lua:12".into()), "no".into()));
        assert_eq!(split("guard:3: bad argument"), (None, "bad argument".into()));
        assert_eq!(split("prelude:3: scripts/a.lua:4: x"), (Some("scripts/a.lua:4".into()), "x".into()));
        assert_eq!(split("at 12:30: x"), (None, "at 12:30: x".into()));
        assert_eq!(split(""), (None, String::new()));
    }
}
