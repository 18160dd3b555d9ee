//! A time was agreed on, and the program dies before the call is concluded: the customer is called back all the same.

use crate::kit::*;
use outpace::engine::{Engine, run};
use outpace::facts::{Envelope, Fact, LeadEnd};
use outpace::sim::SimWorld;
use outpace::words::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Promised twice, and then `more`; the wrap-up leaves the outcome to the flow.
fn flow(more: &str) -> String {
    let flow = r#"
return flow {
	opener = function(call)
		step("hello", { text = "Good day, may I?", choices = { { "yes", en = "Yes" } } })
		callback { after = "2h" }
		callback { after = "3h", note = "after the school run" }
		MORE
		finish("no")
	end,
}
"#;
    flow.replace("MORE", more)
}

/// Power off before `step`. What was on disk then, and all that was in the end; `None`: nothing of this kind was yet.
fn dies_at(step: u64, flow: &str, after: &str) -> Option<(usize, Vec<Envelope>)> {
    let disk = Rc::new(RefCell::new(Vec::new()));
    let sink = || {
        let disk = disk.clone();
        Box::new(move |envelope: &Envelope| disk.borrow_mut().push(envelope.clone()))
    };
    let day = quiet(HUMAN);
    let mut world = SimWorld::new(&day, vec![campaign_with(&[], flow)], sink());
    world.cut_at(step);
    run(&mut Engine::new(1), &mut world);
    let kept = disk.borrow().len();
    if !has(&disk.borrow(), after) {
        return None;
    }
    let remains = world.crashes(disk.borrow().clone());
    let mut world = SimWorld::after(remains, Duration::from_secs(1), sink());
    run(&mut Engine::new(1), &mut world);
    let broken: Vec<String> = world.checks.violations.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "cut at step {step}:\n{}", broken.join("\n"));
    drop(world);
    Some((kept, disk.take()))
}

fn promise(facts: &[Envelope]) -> Option<Wall> {
    facts.iter().rev().find_map(|e| if let Fact::CallbackPromised { at, .. } = e.fact { Some(at) } else { None })
}

fn has(facts: &[Envelope], kind: &str) -> bool {
    facts.iter().any(|e| e.fact.kind() == kind)
}

#[test]
fn a_promise_outlives_the_program() {
    let (mut talking, mut wrapping) = (false, false);
    for step in (50..400).step_by(3) {
        let Some((kept, facts)) = dies_at(step, &flow(""), "callback_promised") else { continue };
        let before = &facts[..kept];
        if has(before, "callback_planned") {
            break;
        }
        let promised = promise(before).expect("it is on disk");
        let planned: Vec<(Wall, Option<AgentId>)> = facts
            .iter()
            .filter_map(|e| if let Fact::CallbackPlanned { at, agent, .. } = e.fact { Some((at, agent)) } else { None })
            .collect();
        assert!(matches!(planned[..], [(at, Some(_))] if at == promised), "cut at step {step}: {planned:?}");
        assert!(!has(&facts, "lead_closed"), "cut at step {step}");
        let ended = has(before, "call_ended");
        wrapping |= ended;
        talking |= !ended;
    }
    assert!(talking && wrapping, "died in the talk: {talking}, in the wrap-up: {wrapping}");
}

/// The last of them, and it is the last of those that are on disk: both stand there together.
#[test]
fn of_two_promises_the_last_one_holds() {
    let told = live(&quiet(HUMAN), campaign_with(&[], &flow("")));
    assert_eq!(told.violations, []);
    let promises = told.facts.iter().filter(|e| e.fact.kind() == "callback_promised").count();
    let last = promise(&told.facts).expect("promised twice");
    assert_eq!(promises, 2);
    assert!(told.facts.iter().any(|e| matches!(e.fact, Fact::CallbackPlanned { at, .. } if at == last)));
}

#[test]
fn who_opts_out_after_a_promise_is_not_called_back() {
    let mut seen = false;
    for step in (50..400).step_by(5) {
        let Some((kept, facts)) = dies_at(step, &flow("opt_out()"), "opted_out") else { continue };
        if has(&facts[..kept], "lead_closed") {
            break;
        }
        seen = true;
        assert!(!has(&facts, "callback_planned"), "cut at step {step}");
        let closed = |e: &Envelope| matches!(e.fact, Fact::LeadClosed { reason: LeadEnd::OptedOut, .. });
        assert!(facts.iter().any(closed), "cut at step {step}");
    }
    assert!(seen, "no step between the opt-out and the end");
}
