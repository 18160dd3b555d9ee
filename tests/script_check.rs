//! What `outpace check` and `outpace test` find in a careless author's folder, each with its place.

use outpace::script::check::{Inputs, Severity, check};
use outpace::script::{FlowSettings, Values, test};
use outpace::words::Lang;
use std::collections::BTreeMap;

fn inputs(flow: &str) -> Inputs {
    Inputs {
        sources: BTreeMap::from([("flow.lua".to_owned(), flow.to_owned())]),
        settings: FlowSettings { outcomes: ["done".to_owned()].into(), ..FlowSettings::default() },
        prompts: ["hello".to_owned()].into(),
        lead: Values::from([("name".to_owned(), "Ann".to_owned())]),
    }
}

/// `E flow.lua:1 text` for each finding.
fn findings(inputs: &Inputs) -> Vec<String> {
    let line = |severity, at: &str, text: String| {
        format!("{} {at} {text}", if severity == Severity::Error { "E" } else { "W" })
    };
    check(inputs).findings.iter().map(|f| line(f.severity, &f.at, f.reason.text(Lang::En))).collect()
}

fn only(flow: &str, expected: &str) {
    let found = findings(&inputs(flow));
    assert!(found.len() == 1 && found[0].starts_with(expected), "expected {expected}, found {found:#?}");
}

#[test]
fn a_good_flow_is_silent() {
    let flow = "return flow { opener = function() step('a', { text = 'Hi {lead.name}', choices = { 'x' } }) finish('done') end }";
    assert_eq!(findings(&inputs(flow)), Vec::<String>::new());
}

#[test]
fn syntax_and_runtime_errors_have_a_place_and_a_way() {
    let found = findings(&inputs("return flow {\n opener = function( }"));
    assert!(found[0].starts_with("E flow.lua:2 "), "{found:#?}");
    only(
        "return flow { opener = function()\n local c = step('a', { text = 'x', choices = { 'y', 'n' } })\n if c == 'n' then local z = nil + 1 end\n finish('done') end }",
        "E flow.lua:3 attempt to perform arithmetic (add) on nil and number (after: a=n)",
    );
}

#[test]
fn an_unknown_global_is_named() {
    let found = findings(&inputs("return flow { opener = function()\n stpe('a')\n finish('done') end }"));
    assert!(found[0].starts_with("E flow.lua:2 \"stpe\" is not defined"), "{found:#?}");
}

#[test]
fn undeclared_outcomes_and_missing_sounds_are_errors_even_where_no_way_leads() {
    let flow = "return flow { opener = function()\n if false then finish('dnoe') end\n if false then say('helo') end\n say('hello') finish('done') end }";
    let found = findings(&inputs(flow));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("E flow.lua:2 Outcome \"dnoe\" is not declared"), "{found:#?}");
    assert!(found[1].starts_with("E flow.lua:3 There is no prompts/helo.wav"), "{found:#?}");
}

#[test]
fn a_sound_with_a_made_up_name_is_found_by_walking() {
    only(
        "return flow { opener = function()\n say('hel' .. 'p')\n finish('done') end }",
        "E flow.lua:2 There is no prompts/help.wav",
    );
}

#[test]
fn a_missing_column_an_unused_outcome_and_an_unreached_step_are_warnings() {
    let mut inputs = inputs(
        "return flow { opener = function()\n step('a', { text = 'Hi {lead.nmae}', choices = { 'x' } })\n if call_me then step('b', { text = 'x', choices = { 'x' } }) end\n finish('done') end }",
    );
    inputs.sources.get_mut("flow.lua").unwrap().insert_str(0, "local call_me = false ");
    inputs.settings.outcomes.insert("never".into());
    let found = findings(&inputs);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].starts_with("W campaign.toml:1 No way through the flow ends with outcome \"never\""),
        "{found:#?}"
    );
    assert!(found[1].starts_with("W flow.lua:2 The leads have no column \"nmae\""), "{found:#?}");
    assert!(found[2].starts_with("W flow.lua:3 No way leads to step \"b\""), "{found:#?}");
}

#[test]
fn a_way_without_finish_is_a_warning_with_the_way() {
    only(
        "return flow { opener = function()\n if step('a', { text = 'x', choices = { 'y', 'n' } }) ~= 'n' then finish('done') end end }",
        "W flow.lua:1 The flow ends without finish(outcome) after: a=n.",
    );
}

#[test]
fn a_loop_without_questions_and_a_loop_of_questions_are_found() {
    let found = findings(&inputs("return flow { opener = function()\n while true do end end }"));
    assert!(found[0].starts_with("E flow.lua:2 used up its 100000 safepoints"), "{found:#?}");

    let mut speaking = inputs("return flow { opener = function()\n while true do\n say('hello') end end }");
    speaking.settings.speaks = true;
    let found = findings(&speaking);
    assert!(
        found.iter().any(|f| f.starts_with("E flow.lua:3 It keeps asking after the customer has hung up")),
        "{found:#?}"
    );
}

#[test]
fn a_step_in_a_flow_that_speaks_by_itself_is_an_error() {
    let mut speaking = inputs(
        "return flow { opener = function()\n step('a', { text = 'x', choices = { 'x' } })\n finish('done') end }",
    );
    speaking.settings.speaks = true;
    let found = findings(&speaking);
    assert!(found[0].starts_with("E flow.lua:2 Step \"a\" would be shown to nobody"), "{found:#?}");
}

#[test]
fn a_report_is_readable_in_both_languages() {
    let report = check(&inputs("return flow { opener = function()\n finish('dnoe') end }"));
    assert!(report.has_errors());
    assert!(report.text(Lang::En).starts_with("flow.lua:2: error: Outcome"), "{}", report.text(Lang::En));
    assert!(report.text(Lang::ZhHans).contains("错误: 结果“dnoe”未声明"), "{}", report.text(Lang::ZhHans));
}

const FLOW: &str = "return flow { opener = function()\n local c = step('a', { text = 'x', choices = { 'y', 'n' } })\n wait(2) fill { k = c }\n if c == 'y' then order { lines = { { sku = 'S', price = 5, currency = 'EUR' } } } end\n finish('done', c) end }";

fn run(tests: &str) -> test::TestReport {
    let mut inputs = inputs(FLOW);
    inputs.sources.insert("flow_test.lua".into(), tests.into());
    test::run(&inputs, &BTreeMap::new(), 1)
}

fn failure(tests: &str) -> String {
    let report = run(tests);
    assert!(!report.passed());
    let test = &report.tests[0];
    test.failure.as_ref().map(|e| e.to_string()).unwrap()
}

#[test]
fn a_test_that_passes_covers_what_it_saw() {
    let report = run(
        "test('yes', function(t)\n local c = t:call {}\n c:choose('y')\n c:expect_order { lines = { { sku = 'S', quantity = 1 } } }\n c:expect_finish('done', { note = 'y' })\n t:equal(c:seconds(), 2)\nend)",
    );
    assert!(report.passed(), "{}", report.text(Lang::En));
    assert_eq!((report.coverage.choices["a/y"], report.coverage.choices["a/n"]), (1, 0));
    let text = report.text(Lang::En);
    assert!(text.contains("1 of 1 tests passed; steps 1/1, choices 1/2") && text.contains("Never seen: a/n"), "{text}");
    assert!(report.text(Lang::ZhHans).contains("1 个测试通过 1 个"), "{}", report.text(Lang::ZhHans));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["tests"][0]["name"], "yes");
}

#[test]
fn tests_that_fail_say_what_was_expected_and_found_and_where() {
    let cases = [
        ("c:expect_step('b')", "flow_test.lua:3: expected step \"b\", found step \"a\" (opener) at flow.lua:2"),
        ("c:choose('z')", "flow_test.lua:3: step \"a\": \"z\" is not a choice of step \"a\"."),
        ("c:choose('n') c:expect_order()", "flow_test.lua:3: expected order, found finish \"done\" with note \"n\""),
        (
            "c:choose('y') c:expect_order { lines = { { sku = 'T' } } }",
            "flow_test.lua:3: order.lines.1.sku is \"S\", expected \"T\"",
        ),
        (
            "c:choose('n') c:expect_finish('lost')",
            "flow_test.lua:3: expected finish \"lost\", found finish \"done\" with note \"n\"",
        ),
        ("c:expect_fnish('done')", "flow_test.lua:3: a call has no \"expect_fnish\""),
        ("assert(1 == 2, 'sums')", "flow_test.lua:3: sums"),
        ("local x = nil + 1", "flow_test.lua:3: attempt to perform arithmetic (add) on nil and number"),
        ("while true do end", "the test used up its budget"),
        ("os.exit(1)", "flow_test.lua:3: \"os\" is not defined in tests"),
        ("t:call { laed = {} }", "flow_test.lua:3: t:call: unknown key \"laed\""),
    ];
    for (body, expected) in cases {
        let found = failure(&format!("test('x', function(t)\n local c = t:call {{}}\n {body}\nend)"));
        assert!(found.contains(expected), "{body}: expected {expected}, found {found}");
    }
}

#[test]
fn one_failing_test_does_not_stop_the_next() {
    let report = run(
        "test('bad', function(t) error('x') end)\ntest('good', function(t) t:call({}):choose('n'):expect_finish('done') end)",
    );
    let failed: Vec<bool> = report.tests.iter().map(|t| t.failure.is_some()).collect();
    assert_eq!(failed, [true, false]);
}

#[test]
fn a_flow_or_a_test_file_that_does_not_load_is_said_once() {
    let mut broken = inputs(FLOW);
    assert!(test::run(&broken, &BTreeMap::new(), 1).broken.unwrap().message.contains("no flow_test.lua"));
    broken.sources.insert("flow_test.lua".into(), "test('x' function() end)".into());
    assert_eq!(test::run(&broken, &BTreeMap::new(), 1).broken.unwrap().at, "flow_test.lua:1");
    broken.sources.insert("flow.lua".into(), "return 1".into());
    assert_eq!(test::run(&broken, &BTreeMap::new(), 1).broken.unwrap().at, "flow.lua:1");
}
