//! The API table, the prelude and the generated papers say the same.

use outpace::script::{FlowSettings, Host, Limits, api, docs};
use std::collections::BTreeMap;

fn compare(path: &str, wanted: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "{path} is out of date: run UPDATE_DOCS=1 cargo test --test script_docs");
}

#[test]
fn the_papers_are_up_to_date() {
    compare("docs/script-api.md", &docs::markdown());
    compare("scripts/api.lua", &docs::annotations());
}

fn load(flow: String) -> Result<Host, String> {
    let sources = BTreeMap::from([("flow.lua".to_owned(), flow)]);
    Host::load(&sources, FlowSettings::default(), Limits::default(), 1).map_err(|e| e.to_string())
}

#[test]
fn every_verb_of_the_table_exists_and_every_example_compiles() {
    for verb in api::VERBS {
        let code = format!("assert(type({}) == 'function')\nreturn flow {{ opener = function() end }}", verb.name);
        load(code).unwrap();
        let wrapped = format!("local function example()\n{}\nend\nreturn flow {{ opener = function() end }}", {
            let text = verb.example;
            if verb.name == "objection" { format!("return {text}") } else { text.to_owned() }
        });
        load(wrapped).unwrap_or_else(|e| panic!("{}: {e}", verb.name));
    }
}

#[test]
fn every_library_function_of_the_table_exists_and_no_other() {
    for (name, functions) in api::LIBRARY {
        if functions.starts_with("all ") {
            continue;
        }
        let names: Vec<&str> = functions.split(' ').collect();
        for function in &names {
            let path = if *name == "base" { (*function).to_owned() } else { format!("{name}.{function}") };
            load(format!("assert({path} ~= nil)\nreturn flow {{ opener = function() end }}")).unwrap();
        }
        if *name != "base" {
            let code = format!(
                "local n = 0\nfor _ in pairs({name}) do n += 1 end\nassert(n == {}, n)\nreturn flow {{ opener = function() end }}",
                names.len()
            );
            load(code).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}
