//! What becomes of a lead after a call: closed, tried again later, or called back as promised.
//! A pure judgement; it refuses to look at calling hours (the gate does, when the time comes).

use super::settings::{Outcome, Settings, Then};
use super::span;
use crate::words::{Cause, Wall};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Close(Close),
    /// Not before then; the hours of the called party come on top.
    Retry {
        not_before: Wall,
    },
    /// Promised to the person for this time.
    Callback {
        at: Wall,
    },
}

/// Why nothing more will be tried. The engine maps it to `facts::LeadEnd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    Worked,
    AttemptsUsedUp,
    OptedOut,
    Invalid,
}

/// How the attempt went.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    pub cause: &'a Cause,
    /// The name the flow or the agent set, one of `settings.outcomes`.
    pub outcome: Option<&'a str>,
    /// The time promised to the person, if one was agreed.
    pub callback: Option<Wall>,
    /// The person asked never to be called again.
    pub opted_out: bool,
}

/// What comes after a call. `attempts` counts the one that just ended.
pub fn after_call(settings: &Settings, attempts: u32, ending: &Ending, now: Wall) -> Next {
    if ending.opted_out {
        return Next::Close(Close::OptedOut);
    }
    let outcome = ending.outcome.and_then(|name| settings.outcomes.get(name));
    match outcome {
        Some(outcome) => after_outcome(settings, attempts, outcome, ending, now),
        None => after_cause(settings, attempts, ending, now),
    }
}

fn after_outcome(settings: &Settings, attempts: u32, outcome: &Outcome, ending: &Ending, now: Wall) -> Next {
    if outcome.opt_out {
        return Next::Close(Close::OptedOut);
    }
    if let Some(at) = ending.callback {
        return Next::Callback { at };
    }
    match outcome.then {
        Then::Close => Next::Close(Close::Worked),
        // No time was agreed: as soon as `after` says, which a promise does not make less polite.
        Then::Callback | Then::Retry => {
            let wait = outcome.after.as_deref().and_then(span::parse).unwrap_or(RETRY_DEFAULT);
            retry(settings, attempts, wait, now)
        }
    }
}

fn after_cause(settings: &Settings, attempts: u32, ending: &Ending, now: Wall) -> Next {
    if let Some(at) = ending.callback {
        return Next::Callback { at };
    }
    let key = match ending.cause {
        Cause::Invalid(_) => return Next::Close(Close::Invalid),
        Cause::Handled => return Next::Close(Close::Worked),
        Cause::Busy => "busy",
        Cause::NoAnswer => "no_answer",
        Cause::Rejected => "rejected",
        Cause::Machine(_) => "machine",
        Cause::Failed(_) => "failed",
        // A phone that rang and fell silent was disturbed as much as one nobody answered.
        Cause::CancelledSurplus | Cause::CancelledStopped => "cancelled",
        Cause::Interrupted => "interrupted",
        Cause::AbandonedNoAgent | Cause::AbandonedCustomerEarly => "abandoned",
    };
    let mut wait = back_off(settings, key, attempts);
    if key == "abandoned" {
        wait = wait.max(ABANDONED_LEAST);
    }
    retry(settings, attempts, wait, now)
}

fn retry(settings: &Settings, attempts: u32, wait: Duration, now: Wall) -> Next {
    if attempts >= settings.dialing.attempts_total {
        return Next::Close(Close::AttemptsUsedUp);
    }
    Next::Retry { not_before: now + wait }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// For outcomes that say `retry` without `after`.
const RETRY_DEFAULT: Duration = Duration::from_secs(DAY);
/// Never again on the day of a silent call, whatever the settings say.
const ABANDONED_LEAST: Duration = Duration::from_secs(DAY);

/// The keys of `[retry]` with their defaults, in seconds: the n-th attempt takes the n-th, later ones the last.
/// 72 hours after an abandoned call: the guard of the UK rules, since no agent can be guaranteed to it.
pub const RETRY: &[(&str, &[u64])] = &[
    ("busy", &[10 * MINUTE, 30 * MINUTE]),
    ("no_answer", &[2 * HOUR]),
    ("machine", &[4 * HOUR]),
    ("failed", &[15 * MINUTE]),
    ("rejected", &[DAY]),
    ("cancelled", &[30 * MINUTE]),
    ("abandoned", &[3 * DAY]),
    ("interrupted", &[30 * MINUTE]),
];

/// The wait after the `attempts`-th attempt (from 1).
fn back_off(settings: &Settings, key: &str, attempts: u32) -> Duration {
    let nth = attempts.saturating_sub(1) as usize;
    let own = settings.retry.get(key).filter(|list| !list.is_empty());
    if let Some(wait) = own.and_then(|list| span::parse(&list[nth.min(list.len() - 1)])) {
        return wait;
    }
    let list = RETRY.iter().find(|(name, _)| *name == key).map_or(&[DAY][..], |(_, list)| list);
    Duration::from_secs(list[nth.min(list.len() - 1)])
}
