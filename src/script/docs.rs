//! Writes docs/script-api.md and scripts/api.lua from the table in `api`. It refuses to say anything of its own.

use super::api::{Group, LIBRARY, NOUNS, Noun, VERBS, Verb};
use std::fmt::Write;

const HEAD: &str = "# The script API · 脚本接口

<!-- Generated from src/script/api.rs: `UPDATE_DOCS=1 cargo test --test script_docs`. Do not edit. -->

A flow is plain Lua (Luau) that reads from top to bottom; it sleeps while the agent or the customer answers.
Verbs that can fail give `nil, reason`. Mistakes in the script end the flow with `file:line` and say the fix.
流程就是从上到下阅读的 Lua（Luau）代码，等待座席或客户回答时自动挂起。可能失败的动词返回 `nil, 原因`；脚本错误会以 `文件:行号` 结束流程并给出改法。

";

/// docs/script-api.md
pub fn markdown() -> String {
    let mut out = HEAD.to_owned();
    for (group, title) in [
        (Group::File, "Files · 文件"),
        (Group::Agent, "With an agent · 座席流程"),
        (Group::Voice, "Speaking by itself · 自动播报"),
        (Group::Any, "Everywhere · 通用"),
    ] {
        writeln!(out, "## {title}\n").expect("a String takes all");
        for verb in VERBS.iter().filter(|v| v.group == group) {
            verb_markdown(&mut out, verb);
        }
    }
    out.push_str("## Tables · 表\n\n");
    for noun in NOUNS {
        noun_markdown(&mut out, noun);
    }
    library_markdown(&mut out);
    out
}

fn signature(verb: &Verb) -> String {
    let params: Vec<String> =
        verb.params.iter().map(|p| if p.optional { format!("[{}]", p.name) } else { p.name.to_owned() }).collect();
    format!("{}({})", verb.name, params.join(", "))
}

fn verb_markdown(out: &mut String, verb: &Verb) {
    let mut line = format!("### `{}`\n\n{}\n\n{}\n\n", signature(verb), verb.en, verb.zh);
    if !verb.fails.is_empty() {
        let reasons: Vec<String> = verb.fails.iter().map(|f| format!("`{f}`")).collect();
        writeln!(line, "`nil, reason`: {}\n", reasons.join(", ")).expect("a String takes all");
    }
    writeln!(line, "```lua\n{}\n```\n", verb.example).expect("a String takes all");
    out.push_str(&line);
}

fn noun_markdown(out: &mut String, noun: &Noun) {
    writeln!(out, "### {}\n\n{}\n\n{}\n", noun.name, noun.en, noun.zh).expect("a String takes all");
    out.push_str("| key | type | | |\n|---|---|---|---|\n");
    for key in noun.keys {
        let lua = key.lua.replace('|', "\\|");
        writeln!(out, "| `{}` | `{lua}` | {} | {} |", key.name, key.en, key.zh).expect("a String takes all");
    }
    out.push('\n');
}

fn library_markdown(out: &mut String) {
    out.push_str("## Lua itself · Lua 标准库\n\n| | |\n|---|---|\n");
    for (name, functions) in LIBRARY {
        writeln!(out, "| {name} | {functions} |").expect("a String takes all");
    }
    out.push_str(
        "
There is no `os`, `io`, `debug`, `package`, `coroutine`, `load`, `print` or `_G`. Globals cannot be set, and reading one that is not there is an error.
`math.random` comes from the run's seed. Tables with tables or functions as keys cannot be iterated, for their order would differ from run to run.
A flow that uses too many instructions or too much memory between two requests is stopped; `pcall` does not help. Other calls go on.
没有 `os`、`io`、`debug`、`package`、`coroutine`、`load`、`print`、`_G`。全局变量不可赋值，读取不存在的全局变量会报错。`math.random` 由运行种子决定。
以表或函数为键的表不可遍历，因为顺序每次不同。两次请求之间指令或内存用得过多的流程会被终止，`pcall` 也拦不住；其他通话不受影响。
",
    );
}

/// scripts/api.lua: annotations for editors with the Lua language server.
pub fn annotations() -> String {
    let mut out = "---@meta\n-- Generated from src/script/api.rs for editors: `UPDATE_DOCS=1 cargo test --test script_docs`. Do not edit.\n-- Outpace never runs this file.\n\n".to_owned();
    for noun in NOUNS {
        let parent = match noun.name {
            "Text" => {
                out.push_str("---@alias Text string|TextByLanguage\n");
                "TextByLanguage"
            }
            name => name,
        };
        writeln!(out, "---{}\n---@class {parent}", noun.en).expect("a String takes all");
        for key in noun.keys {
            let (name, lua) = match key.lua.strip_suffix('?') {
                Some(lua) => (format!("{}?", key.name), lua),
                None => (key.name.to_owned(), key.lua),
            };
            writeln!(out, "---@field {name} {lua} {}", key.en).expect("a String takes all");
        }
        out.push('\n');
    }
    out.push_str("---@class Flow\n\n");
    for verb in VERBS {
        annotate(&mut out, verb);
    }
    out
}

fn annotate(out: &mut String, verb: &Verb) {
    for line in verb.en.lines().chain([verb.zh]) {
        writeln!(out, "---{line}").expect("a String takes all");
    }
    for p in verb.params {
        writeln!(out, "---@param {}{} {}", p.name, if p.optional { "?" } else { "" }, p.lua)
            .expect("a String takes all");
    }
    for lua in verb.returns {
        writeln!(out, "---@return {lua}").expect("a String takes all");
    }
    let names: Vec<&str> = verb.params.iter().map(|p| p.name).collect();
    writeln!(out, "function {}({}) end\n", verb.name, names.join(", ")).expect("a String takes all");
}
