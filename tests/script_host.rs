//! What every flow may rely on: the same seed gives the same turns, no flow sees another, errors have a place.

use outpace::script::*;
use outpace::words::Lang;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn load_all(files: &[(&str, &str)], limits: Limits, seed: u64) -> Result<Host, ScriptError> {
    let sources: BTreeMap<String, String> = files.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let settings = FlowSettings {
        outcomes: ["done".to_owned(), "no".to_owned()].into(),
        currency: Some("EUR".into()),
        ..FlowSettings::default()
    };
    Host::load(&sources, settings, limits, seed)
}

fn host(flow: &str, seed: u64) -> Host {
    load_all(&[("flow.lua", flow)], Limits::default(), seed).unwrap()
}

fn choose(id: &str) -> Answer {
    Answer::Choice { id: id.into(), fields: Values::new() }
}

fn begin(host: &mut Host) -> (FlowId, Turn) {
    let flow = host.start(CallInfo::default());
    let turn = host.resume(flow, Answer::Begin);
    (flow, turn)
}

fn failure(turn: Turn) -> ScriptError {
    match turn {
        Turn::Failed(error) => error,
        other => panic!("a failure was expected, not {other:?}"),
    }
}

const DICE: &str = r#"
return flow {
    objections = { objection("price", { text = "cheap {fields.n}" }), objection("time", { text = "quick" }) },
    refused = "no",
    opener = function(call)
        local t = { b = 1, a = 2, [3] = 3, c = { d = 4 } }
        for round = 1, 6 do
            local keys = {}
            for key in t do table.insert(keys, tostring(key)) end
            t[tostring(math.random(1000))] = true
            local id = step("s" .. math.random(5), { text = table.concat(keys, ","), choices = { "a", "b", "c" } })
            if id == "b" then fill { n = math.random() } end
            if id == "c" then say("p" .. math.random(9)) end
            if id == nil then finish("no") end
        end
        finish("done", { note = tostring(math.random(1e9)) .. tostring({}) .. tostring(print_me or "") })
    end,
}
"#;

fn answer(ask: &Ask, n: u8) -> Answer {
    match ask {
        Ask::Step(step) => match n % 8 {
            7 => Answer::Nothing("hangup".into()),
            n if n >= 5 && !step.objections.is_empty() => {
                choose(&format!("objection:{}", step.objections[usize::from(n) % step.objections.len()].id))
            }
            n => choose(&step.choices[usize::from(n) % step.choices.len()].id),
        },
        Ask::Gather { .. } => Answer::Digits(n.to_string()),
        Ask::Order { .. } => Answer::Order("1".into()),
        Ask::Say { .. } | Ask::Wait { .. } | Ask::OptOut | Ask::Callback { .. } | Ask::Fill { .. } => Answer::Said,
    }
}

/// Runs one flow by the given answers; `noise` other flows run in between.
fn turns(host: &mut Host, answers: &[u8], noise: usize) -> Vec<Turn> {
    let (flow, mut turn) = begin(host);
    let mut seen = vec![turn.clone()];
    for n in answers {
        let Turn::Asks(ask) = &turn else { break };
        let next = answer(ask, *n);
        for _ in 0..noise {
            let (other, _) = begin(host);
            host.resume(other, choose("b"));
            host.drop_flow(other);
        }
        turn = host.resume(flow, next);
        seen.push(turn.clone());
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_same_seed_and_answers_give_the_same_turns(seed: u64, answers in prop::collection::vec(any::<u8>(), 0..24)) {
        let dice = DICE.replace("print_me", "call.agent");
        let alone = turns(&mut host(&dice, seed), &answers, 0);
        let again = turns(&mut host(&dice, seed), &answers, 0);
        let crowded = turns(&mut host(&dice, seed), &answers, 2);
        prop_assert_eq!(&alone, &again);
        prop_assert_eq!(&alone, &crowded);
    }
}

#[test]
fn another_seed_gives_other_chances() {
    let flow = "return flow { opener = function() finish('done', { note = tostring(math.random(1e9)) }) end }";
    let note = |seed, nth: usize| {
        let mut host = host(flow, seed);
        for _ in 1..nth {
            begin(&mut host);
        }
        match begin(&mut host).1 {
            Turn::Finished(finish) => finish.note.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_ne!(note(1, 1), note(2, 1));
    assert_ne!(note(1, 1), note(1, 2), "each flow has chances of its own");
    assert_eq!(note(1, 2), note(1, 2));
}

#[test]
fn files_keep_no_state_between_flows() {
    let files = [
        (
            "flow.lua",
            "local count = require('counter')\nlocal own = 0\nreturn flow { opener = function() own += 1\nstep('n' .. count() .. own .. require('counter')(), { text = 'x', choices = { 'a' } }) end }",
        ),
        ("counter.lua", "local n = 0\nreturn function() n += 1 return n end"),
    ];
    let mut host = load_all(&files, Limits::default(), 1).unwrap();
    for _ in 0..3 {
        let (_, turn) = begin(&mut host);
        assert!(matches!(&turn, Turn::Asks(Ask::Step(step)) if step.name == "n112"), "{turn:?}");
    }
}

#[test]
fn an_error_deep_in_a_shared_script_names_its_line() {
    let files = [
        ("flow.lua", "local s = require('scripts/deep')\nreturn flow { opener = function(call)\n s.outer(call) end }"),
        (
            "scripts/deep.lua",
            "local function inner(x)\n return x.nothing.here\nend\nreturn { outer = function() return (inner({})) end }",
        ),
    ];
    let mut host = load_all(&files, Limits::default(), 1).unwrap();
    let error = failure(begin(&mut host).1);
    assert_eq!(error.at, "scripts/deep.lua:2");
    assert!(error.message.contains("nil"), "{error}");

    let broken =
        [("flow.lua", "return flow { opener = function() end }"), ("scripts/bad.lua", "local x = 1\nlocal = 2")];
    let error = load_all(&broken, Limits::default(), 1).err().unwrap();
    assert_eq!(error.at, "scripts/bad.lua:2");
}

#[test]
fn a_verb_that_is_used_wrongly_points_to_its_caller() {
    let mut host = host(
        "return flow { opener = function(call)\n\n  step('x', { text = 'Hi {name}', choices = { 'a' } })\nend }",
        1,
    );
    let error = failure(begin(&mut host).1);
    assert_eq!(error.at, "flow.lua:3");
    assert!(error.message.contains("{name} is no placeholder"), "{error}");
}

#[test]
fn a_flow_that_forgets_to_finish_fails_where_it_is_declared() {
    let mut host = host("\nreturn flow { opener = function(call) end }", 1);
    let error = failure(begin(&mut host).1);
    assert_eq!((error.at.as_str(), error.message.contains("without finish")), ("flow.lua:2", true), "{error}");
}

#[test]
fn an_answer_that_does_not_fit_changes_nothing() {
    let mut host = host(
        "return flow { opener = function()\n local id, f = step('q', { text = 'x', choices = { 'a' }, fields = { { name = 'n', kind = 'number', required = true } } })\n finish('done', { note = id .. f.n .. '{fields.n}' }) end }",
        1,
    );
    let (flow, turn) = begin(&mut host);
    let number = |n: &str| Answer::Choice { id: "a".into(), fields: Values::from([("n".into(), n.into())]) };
    for wrong in
        [choose("a"), choose("z"), choose("objection:x"), number("many"), Answer::Said, Answer::Digits("1".into())]
    {
        assert_eq!(host.resume(flow, wrong), turn);
    }
    let Turn::Asks(Ask::Step(step)) = &turn else { panic!() };
    let reason = step.refuses("a", &Values::from([("n".into(), "many".into())])).unwrap();
    assert!(reason.text(Lang::En).contains("needs a number"));
    let done = host.resume(flow, number("3"));
    assert!(matches!(&done, Turn::Finished(f) if f.note.as_deref() == Some("a33")), "{done:?}");
}

#[test]
fn objections_are_steps_of_their_own_and_come_back() {
    let mut host = host(
        r#"return flow {
            objections = {
                objection("price", { text = "cheap", choices = { "continue", "refused", "sold" } }),
                objection("talk", function(call, name)
                    local id = step("more", { text = "what?", choices = { "x", "y" } })
                    if id == "y" then return "no" end
                end),
                time = { text = "quick", refused = function(call, name) return "later" end },
            },
            refused = "no",
            opener = function()
                local id, why = step("offer", { text = "buy", choices = { "sold", "no" } })
                finish("done", tostring(id) .. " " .. (if type(why) == "string" then why else ""))
            end,
        }"#,
        1,
    );
    assert_eq!(host.objections(), ["price", "talk", "time"]);
    let mut tell = |path: &[&str]| -> String {
        let (flow, mut turn) = begin(&mut host);
        for id in path {
            let next = if *id == "hangup" { Answer::Nothing("hangup".into()) } else { choose(id) };
            turn = host.resume(flow, next);
        }
        host.drop_flow(flow);
        match turn {
            Turn::Asks(Ask::Step(step)) => format!("{} {:?}", step.name, step.kind),
            Turn::Finished(f) => format!("{} {}", f.outcome, f.note.unwrap_or_default()),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(tell(&["objection:price"]), "price Objection");
    assert_eq!(tell(&["objection:price", "continue"]), "offer Opener");
    assert_eq!(tell(&["objection:price", "refused"]), "no ");
    assert_eq!(tell(&["objection:price", "sold"]), "done sold ");
    assert_eq!(tell(&["objection:price", "objection:time"]), "time Objection");
    assert_eq!(tell(&["objection:price", "objection:time", "continue"]), "price Objection");
    assert_eq!(tell(&["objection:talk"]), "more Objection");
    assert_eq!(tell(&["objection:talk", "x"]), "offer Opener");
    assert_eq!(tell(&["objection:talk", "y"]), "done no ");
    assert_eq!(tell(&["objection:time", "refused"]), "done later ");
    assert_eq!(tell(&["objection:price", "hangup"]), "done nil hangup");
}

#[test]
fn what_flows_held_is_given_back() {
    let mut host = host(
        "local big = {} for i = 1, 2000 do big[i] = { i } end\nreturn flow { opener = function() step('x', { text = 'x', choices = { 'a' } }) finish('done') end }",
        1,
    );
    let run = |host: &mut Host| {
        for _ in 0..400 {
            let (flow, _) = begin(host);
            host.drop_flow(flow);
        }
        host.used_bytes()
    };
    let first = run(&mut host);
    for _ in 0..5 {
        let now = run(&mut host);
        assert!(now < 2 * first.max(8 << 20), "{first} bytes grew to {now}");
    }
    assert_eq!(host.flow_count(), 0);
}

#[test]
fn a_flow_has_a_budget_for_its_whole_life() {
    let flow = "return flow { opener = function() while true do for i = 1, 5000 do end wait(1) end end }";
    let limits = Limits { points_per_flow: 50_000, ..Limits::default() };
    let mut host = load_all(&[("flow.lua", flow)], limits, 1).unwrap();
    let (flow, mut turn) = begin(&mut host);
    let mut waits = 0;
    while matches!(turn, Turn::Asks(_)) {
        waits += 1;
        turn = host.resume(flow, Answer::Said);
    }
    assert!((8..=10).contains(&waits), "{waits}");
    assert!(failure(turn).message.contains("whole flow"));
}

#[test]
fn a_host_moves_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&host("return flow { opener = function() end }", 1));
}
