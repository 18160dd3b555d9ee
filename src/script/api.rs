//! The Lua API as one table: what flows may call and read. From it come docs/script-api.md and scripts/api.lua.
//! It refuses to drift: tests compare it with the prelude and with the generated files.

mod nouns;
mod verbs;

pub use nouns::NOUNS;
pub use verbs::VERBS;

/// Something a flow may call.
pub struct Verb {
    pub name: &'static str,
    pub group: Group,
    /// Name, type (of the Lua language server), whether it may be left out.
    pub params: &'static [Param],
    /// Types of what it gives. Empty: nothing, or it never returns.
    pub returns: &'static [&'static str],
    /// What the second value says when the first is nil.
    pub fails: &'static [&'static str],
    pub en: &'static str,
    pub zh: &'static str,
    pub example: &'static str,
}

pub struct Param {
    pub name: &'static str,
    pub lua: &'static str,
    pub optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// At the top of a file.
    File,
    /// Flows that an agent works through.
    Agent,
    /// Flows that speak by themselves.
    Voice,
    /// Both.
    Any,
}

/// A table that verbs take or flows read.
pub struct Noun {
    pub name: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
    pub keys: &'static [Key],
}

pub struct Key {
    pub name: &'static str,
    pub lua: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

const fn param(name: &'static str, lua: &'static str) -> Param {
    Param { name, lua, optional: false }
}

const fn maybe(name: &'static str, lua: &'static str) -> Param {
    Param { name, lua, optional: true }
}

const fn key(name: &'static str, lua: &'static str, en: &'static str, zh: &'static str) -> Key {
    Key { name, lua, en, zh }
}

/// What Lua itself offers inside a flow.
pub const LIBRARY: &[(&str, &str)] = &[
    (
        "base",
        "assert error ipairs next pairs pcall rawequal rawget rawlen rawset select setmetatable getmetatable tonumber tostring type typeof unpack",
    ),
    ("string", "byte char find format gmatch gsub len lower match rep reverse split sub upper"),
    ("table", "clone concat create find freeze insert isfrozen move pack remove sort unpack"),
    ("math", "abs ceil clamp deg exp floor fmod huge log log10 max min modf pi pow rad random round sign sqrt"),
    ("utf8", "char charpattern codepoint codes len offset"),
    ("bit32", "all of Luau"),
];
