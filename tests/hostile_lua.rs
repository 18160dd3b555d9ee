//! Hostile Lua: each case is refused, stopped or bounded, and another flow of the same state goes on as if nothing were.
//! The cases stand in `hostile_lua/cases.lua`.

use outpace::script::*;
use std::collections::BTreeMap;

struct Case {
    name: String,
    expected: String,
    body: String,
    line: usize,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in include_str!("hostile_lua/cases.lua").lines().enumerate() {
        if let Some(head) = line.strip_prefix("--@ ") {
            let (name, expected) = head.split_once(" => ").expect("a case is `--@ name => expectation`");
            let body = String::new();
            cases.push(Case { name: name.into(), expected: expected.into(), body, line: number + 1 });
        } else if let Some(case) = cases.last_mut() {
            case.body += line;
            case.body.push('\n');
        }
    }
    cases
}

fn load(flow: String) -> Result<Host, ScriptError> {
    let sources = BTreeMap::from([("flow.lua".to_owned(), flow)]);
    let settings =
        FlowSettings { outcomes: ["done".to_owned()].into(), currency: Some("USD".into()), ..FlowSettings::default() };
    Host::load(&sources, settings, Limits::default(), 7)
}

/// One flow.lua for both: the hostile lead runs the case, the other one a plain conversation.
fn flow_of(body: &str) -> String {
    let flow = "local shared = { count = 0 }\n\
        local function plain(call)\n\
        shared.count += 1\n\
        local first = step('first', { text = 'Hello {lead.name}, ' .. ('ab'):rep(2):upper(), choices = { 'yes', 'no' } })\n\
        assert(first == 'yes' and shared.count == 1 and call.lead.name == 'Ann' and #tostring(1.5) == 3)\n\
        local t = { 3, 1, 2 } table.sort(t) table.insert(t, 4)\n\
        fill { order = table.concat(t, ',') }\n\
        finish('done', { note = '{fields.order}' })\n\
        end\n\
        local function hostile(call)\n"
        .to_owned();
    flow + body
        + "\nend\nreturn flow { opener = function(call) if call.lead.hostile then hostile(call) end plain(call) end }"
}

fn info(hostile: bool) -> CallInfo {
    let mut lead = Values::from([("name".to_owned(), "Ann".to_owned())]);
    if hostile {
        lead.insert("hostile".into(), "yes".into());
    }
    CallInfo { id: "1".into(), campaign: "c".into(), attempt: 1, lead, ..CallInfo::default() }
}

/// Answers whatever is asked, until it ends or has asked 500 times.
fn drive(host: &mut Host, flow: FlowId) -> Turn {
    let mut turn = host.resume(flow, Answer::Begin);
    for _ in 0..500 {
        let Turn::Asks(ask) = &turn else { return turn };
        let answer = match ask {
            Ask::Step(step) => Answer::Choice { id: step.choices[0].id.clone(), fields: Values::new() },
            Ask::Gather { .. } => Answer::Digits("1".into()),
            Ask::Order { .. } => Answer::Order("1".into()),
            Ask::Say { .. } | Ask::Wait { .. } | Ask::OptOut | Ask::Callback { .. } | Ask::Fill { .. } => Answer::Said,
        };
        turn = host.resume(flow, answer);
    }
    turn
}

fn is_step(turn: &Turn, name: &str) -> bool {
    matches!(turn, Turn::Asks(Ask::Step(step)) if step.name == name)
}

fn run(case: &Case) -> Result<(), String> {
    if let Some(text) = case.expected.strip_prefix("file").map(str::trim) {
        let body = if case.name.contains("bytecode") { "\u{6}\u{3}\u{1}\u{2}".into() } else { case.body.clone() };
        return match load(body) {
            Ok(_) => Err("was loaded".into()),
            Err(error) if error.message.contains(text) && error.at.starts_with("flow.lua:") => Ok(()),
            Err(error) => Err(format!("{error:?}")),
        };
    }
    let mut host = load(flow_of(&case.body)).map_err(|e| format!("not loaded: {e}"))?;
    let victim = host.start(info(false));
    if !is_step(&host.resume(victim, Answer::Begin), "first") {
        return Err("the other flow did not begin".into());
    }
    let before = host.used_bytes();
    let flow = host.start(info(true));
    let turn = drive(&mut host, flow);
    host.drop_flow(flow);
    judge(case, &turn)?;
    if host.used_bytes() > before + (64 << 20) {
        return Err(format!("{} bytes are held", host.used_bytes()));
    }
    let chosen = host.resume(victim, Answer::Choice { id: "yes".into(), fields: Values::new() });
    if !matches!(&chosen, Turn::Asks(Ask::Fill { fields }) if fields["order"] == "1,2,3,4") {
        return Err(format!("the other flow suffered: {chosen:?}"));
    }
    let last = host.resume(victim, Answer::Said);
    let fine = matches!(&last, Turn::Finished(f) if f.outcome == "done" && f.note.as_deref() == Some("1,2,3,4"));
    if fine { Ok(()) } else { Err(format!("the other flow suffered: {last:?}")) }
}

fn judge(case: &Case, turn: &Turn) -> Result<(), String> {
    let Some(text) = case.expected.strip_prefix("stopped").map(str::trim) else {
        return Ok(());
    };
    match turn {
        Turn::Failed(error) if error.message.contains(text) => {
            let line: Option<usize> = error.at.strip_prefix("flow.lua:").and_then(|l| l.parse().ok());
            let (from, to) = (11, 11 + case.body.lines().count());
            match line {
                Some(line) if (from..=to).contains(&line) => Ok(()),
                Some(_) | None => Err(format!("points to the wrong place: {error:?}")),
            }
        }
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn every_hostile_script_is_bounded_and_harms_nobody() {
    let cases = cases();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let began = std::time::Instant::now();
        if let Err(why) = run(case) {
            wrong.push(format!("line {} {}: expected {}, but {why}", case.line, case.name, case.expected));
        }
        if std::env::var_os("OUTPACE_TEST_TIMES").is_some() {
            println!("{:8.1} ms  {}", began.elapsed().as_secs_f64() * 1e3, case.name);
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_watchdog_stops_a_flow_from_outside() {
    let mut host = load(flow_of("for i = 1, 90000 do end")).unwrap();
    let stop = host.watchdog();
    let flow = host.start(info(true));
    // The flag is cleared at each resume, so it is raised by a thread until the flow has ended.
    let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = std::sync::Arc::clone(&over);
    let dog = std::thread::spawn(move || {
        while !seen.load(std::sync::atomic::Ordering::Relaxed) {
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            std::thread::yield_now();
        }
    });
    let turn = host.resume(flow, Answer::Begin);
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    dog.join().unwrap();
    assert!(matches!(&turn, Turn::Failed(e) if e.message.contains("watchdog")), "{turn:?}");
}
