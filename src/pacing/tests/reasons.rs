//! The sentences: every constraint by its code, figures as people read them, and which constraint is named.

use super::{WIDE, hours};
use crate::pacing::why::{Binding, Spent, cut, forbidden, reason};
use crate::pacing::{Estimates, Room, Span, Window};
use crate::words::{Lang, Reason};

fn estimates() -> Estimates {
    Estimates {
        humans: 100,
        abandoned: 4,
        cap: 0.03,
        agents_ready: 7,
        lines_ringing: 13,
        predicted_answers: 6.25,
        predicted_free: 5.94,
        ..Estimates::default()
    }
}

fn spent(seconds: Option<f64>) -> Spent {
    Spent { window: Window::law(hours(1), 0.03), seconds }
}

fn said(binding: Binding, estimates: &Estimates) -> Reason {
    reason(binding, estimates, spent(Some(300.0)))
}

fn arg(reason: &Reason, name: &str) -> String {
    reason.args.get(name).unwrap_or_else(|| panic!("{reason:?} tells no {name}")).to_string()
}

#[test]
fn each_constraint_has_its_code() {
    for (binding, code) in [
        (Binding::Paused, "paused"),
        (Binding::NoAgents, "no_agents"),
        (Binding::CapUnreachable, "cap_unreachable"),
        (Binding::CapReached, "cap_reached"),
        (Binding::CapStopped, "cap_stopped"),
        (Binding::Asked, "asked"),
        (Binding::Progressive, "progressive"),
        (Binding::Ratio, "ratio"),
        (Binding::Lines(3), "lines_max"),
        (Binding::Conflict, "predicted_answers"),
        (Binding::Budget, "budget_binds"),
        (Binding::Starting, "starting"),
        (Binding::Target, "target_met"),
        (Binding::Channels, "no_channels"),
        (Binding::CallsPerSecond, "cps"),
        (Binding::Leads, "no_leads"),
    ] {
        assert_eq!(said(binding, &estimates()).code, format!("pacing.{code}"));
    }
    for free in [6.25, 6.5] {
        let served = Estimates { predicted_free: free, ..estimates() };
        assert_eq!(said(Binding::Conflict, &served).code, "pacing.all_served");
    }
}

#[test]
fn figures_are_as_people_read_them() {
    let reached = said(Binding::CapReached, &estimates());
    assert_eq!(
        (arg(&reached, "rate"), arg(&reached, "cap"), arg(&reached, "window")),
        ("4.00 %".into(), "3.00 %".into(), "1 h".into())
    );
    assert_eq!((arg(&reached, "answers"), arg(&reached, "recovers")), ("34".into(), "5 min".into()), "four of 134");
    let budget = said(Binding::Budget, &estimates());
    assert_eq!((arg(&budget, "answers"), arg(&budget, "free")), ("6.2".into(), "5.9".into()));
    assert_eq!(arg(&said(Binding::Lines(3), &estimates()), "lines"), "3");
    assert_eq!(arg(&said(Binding::Progressive, &estimates()), "free"), "7");
    assert_eq!(arg(&said(Binding::Ratio, &estimates()), "free"), "7");
    assert_eq!(arg(&said(Binding::Starting, &estimates()), "lines"), "13");
    let nobody = Estimates { humans: 0, abandoned: 0, ..estimates() };
    assert_eq!(arg(&said(Binding::CapStopped, &nobody), "rate"), "0.00 %");
    let one = Estimates { humans: 1, abandoned: 1, ..estimates() };
    assert_eq!(arg(&said(Binding::CapStopped, &one), "rate"), "100.00 %");
}

#[test]
fn answers_that_are_missing_are_counted_up_to_the_cap() {
    let answers = |estimates: Estimates, answers_min: f64| {
        let window = Window { answers_min, ..Window::law(Span::Ever, 0.03) };
        arg(&reason(Binding::CapReached, &estimates, Spent { window, seconds: None }), "answers")
    };
    assert_eq!(answers(estimates(), 0.0), "34");
    assert_eq!(answers(estimates(), 120.0), "14");
    assert_eq!(answers(Estimates { humans: 133, ..estimates() }, 0.0), "1");
    assert_eq!(answers(Estimates { humans: 500, ..estimates() }, 0.0), "1", "at least one");
    assert_eq!(answers(Estimates { cap: 0.0, ..estimates() }, 0.0), "∞");
}

#[test]
fn a_recovery_is_told_in_its_own_unit() {
    let told = |seconds| arg(&reason(Binding::CapStopped, &estimates(), spent(seconds)), "recovers");
    assert_eq!(told(None), "?");
    assert_eq!(told(Some(0.0)), "1 s");
    assert_eq!(told(Some(89.0)), "89 s");
    assert_eq!(told(Some(90.0)), "2 min");
    assert_eq!(told(Some(300.0)), "5 min");
    assert_eq!(told(Some(5399.0)), "90 min");
    assert_eq!(told(Some(5400.0)), "2 h");
    assert_eq!(told(Some(36_000.0)), "10 h");
}

#[test]
fn the_smallest_room_cuts_and_is_named() {
    let room = |channels, calls_this_second, leads| Room { channels, calls_this_second, leads };
    assert_eq!(cut(10, WIDE), (10, None));
    assert_eq!(cut(10, room(10, 10, 10)), (10, None), "just enough");
    assert_eq!(cut(10, room(9, 10, 10)), (9, Some(Binding::Channels)));
    assert_eq!(cut(10, room(9, 8, 10)), (8, Some(Binding::CallsPerSecond)));
    assert_eq!(cut(10, room(9, 8, 7)), (7, Some(Binding::Leads)));
    assert_eq!(cut(0, room(0, 0, 0)), (0, None));
}

#[test]
fn a_forbidden_target_says_what_was_reached() {
    let text = forbidden(0.9, 0.614, 0.03).text(Lang::En);
    assert!(text.contains("90 %") && text.contains("61 %") && text.contains("3.00 %"), "{text}");
}
