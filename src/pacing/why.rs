//! One sentence for each decision: the constraint that binds. Texts stand in `words/reasons.toml`.

use super::event::{Estimates, Room};
use super::ledger::Window;
use crate::words::Reason;

/// What kept the dialer from placing more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Binding {
    Paused,
    NoAgents,
    CapUnreachable,
    CapReached,
    /// One line per free agent abandons too many as well: a rest.
    CapStopped,
    /// Manual and preview: an agent asks for each call.
    Asked,
    /// One line per free agent.
    Progressive,
    Ratio,
    Lines(u32),
    /// One more line would carry more conflict than the budget allows.
    Conflict,
    /// The same, and the ledger stands near its cap.
    Budget,
    /// Growth is bounded by what came of earlier attempts.
    Starting,
    /// The target is met.
    Target,
    Channels,
    CallsPerSecond,
    Leads,
}

/// The room's own limits: which of them cut `wanted`, if any.
pub fn cut(wanted: u32, room: Room) -> (u32, Option<Binding>) {
    let limits = [
        (room.leads, Binding::Leads),
        (room.channels, Binding::Channels),
        (room.calls_this_second, Binding::CallsPerSecond),
    ];
    let (least, binding) = limits.into_iter().min_by_key(|(limit, _)| *limit).expect("three of them");
    if least < wanted { (least, Some(binding)) } else { (wanted, None) }
}

/// What the ledger says beside the estimates.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub window: Window,
    /// Until the window has room again.
    pub seconds: Option<f64>,
}

pub fn reason(binding: Binding, estimates: &Estimates, spent: Spent) -> Reason {
    let rate = if estimates.humans > 0 { estimates.abandoned as f64 / estimates.humans as f64 } else { 0.0 };
    let ledger = |reason: Reason| {
        let reason = reason.with("rate", percent(rate)).with("cap", percent(estimates.cap));
        reason.with("window", spent.window.name())
    };
    let recovers = || spent.seconds.map_or("?".to_owned(), minutes);
    match binding {
        Binding::Paused => Reason::new("pacing.paused"),
        Binding::NoAgents => Reason::new("pacing.no_agents"),
        Binding::CapUnreachable => Reason::new("pacing.cap_unreachable").with("cap", percent(estimates.cap)),
        Binding::CapReached => {
            let answers = needed(estimates, spent.window);
            ledger(Reason::new("pacing.cap_reached")).with("answers", answers).with("recovers", recovers())
        }
        Binding::CapStopped => ledger(Reason::new("pacing.cap_stopped")).with("recovers", recovers()),
        Binding::Asked => Reason::new("pacing.asked"),
        Binding::Progressive => Reason::new("pacing.progressive").with("free", estimates.agents_ready),
        Binding::Ratio => Reason::new("pacing.ratio").with("free", estimates.agents_ready),
        Binding::Lines(lines) => Reason::new("pacing.lines_max").with("lines", lines),
        Binding::Conflict if estimates.predicted_answers > estimates.predicted_free => {
            forecast("pacing.predicted_answers", estimates)
        }
        Binding::Conflict => forecast("pacing.all_served", estimates),
        Binding::Budget => ledger(forecast("pacing.budget_binds", estimates)),
        Binding::Starting => Reason::new("pacing.starting").with("lines", estimates.lines_ringing),
        Binding::Target => Reason::new("pacing.target_met"),
        Binding::Channels => Reason::new("pacing.no_channels"),
        Binding::CallsPerSecond => Reason::new("pacing.cps"),
        Binding::Leads => Reason::new("pacing.no_leads"),
    }
}

fn forecast(code: &str, estimates: &Estimates) -> Reason {
    Reason::new(code)
        .with("answers", format!("{:.1}", estimates.predicted_answers))
        .with("free", format!("{:.1}", estimates.predicted_free))
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn minutes(seconds: f64) -> String {
    if seconds < 90.0 {
        return format!("{:.0} s", seconds.max(1.0));
    }
    if seconds < 5400.0 {
        return format!("{:.0} min", seconds / 60.0);
    }
    format!("{:.0} h", seconds / 3600.0)
}

/// Answers in a row, none abandoned, after which the rate is at the cap again.
fn needed(estimates: &Estimates, window: Window) -> String {
    if estimates.cap <= 0.0 {
        return "∞".to_owned();
    }
    let humans = (estimates.humans as f64).max(window.answers_min);
    let needed = (estimates.abandoned as f64 / estimates.cap).ceil() - humans;
    format!("{}", needed.max(1.0) as u64)
}

/// The target was missed for long, and it is the law that holds the dialer back.
pub fn forbidden(target: f64, reached: f64, cap: f64) -> Reason {
    let share = |share: f64| format!("{:.0} %", share * 100.0);
    Reason::new("pacing.target_forbidden")
        .with("target", share(target))
        .with("reached", share(reached))
        .with("cap", percent(cap))
}
