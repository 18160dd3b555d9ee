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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{FailKind, InvalidKind, MachineKind};

    const NOW: Wall = Wall(1_795_000_000_000_000);

    fn settings() -> Settings {
        super::super::check(include_str!("folder_test.toml")).unwrap_or_else(|p| panic!("{p:#?}"))
    }

    fn next(attempts: u32, cause: Cause, outcome: Option<&str>) -> Next {
        after_call(&settings(), attempts, &Ending { cause: &cause, outcome, callback: None, opted_out: false }, NOW)
    }

    fn in_minutes(minutes: u64) -> Next {
        Next::Retry { not_before: NOW + Duration::from_secs(minutes * 60) }
    }

    #[test]
    fn each_ending_has_its_rest() {
        assert_eq!(next(1, Cause::Busy, None), in_minutes(5));
        assert_eq!(next(2, Cause::Busy, None), in_minutes(60));
        assert_eq!(next(5, Cause::Busy, None), in_minutes(60), "the last one stays");
        assert_eq!(next(1, Cause::NoAnswer, None), in_minutes(120));
        assert_eq!(next(1, Cause::Machine(MachineKind::Voicemail), None), in_minutes(240));
        assert_eq!(next(1, Cause::Failed(FailKind::Congestion), None), in_minutes(15));
        assert_eq!(next(1, Cause::Rejected, None), in_minutes(24 * 60));
        assert_eq!(next(1, Cause::CancelledSurplus, None), in_minutes(30));
        assert_eq!(next(1, Cause::Interrupted, None), in_minutes(30));
        assert_eq!(next(1, Cause::AbandonedNoAgent, None), in_minutes(72 * 60));
        assert_eq!(next(1, Cause::Invalid(InvalidKind::Vacant), None), Next::Close(Close::Invalid));
        assert_eq!(next(1, Cause::Handled, None), Next::Close(Close::Worked));
    }

    #[test]
    fn attempts_come_to_an_end() {
        assert_eq!(next(6, Cause::Busy, None), Next::Close(Close::AttemptsUsedUp));
        assert_eq!(next(6, Cause::Handled, Some("later")), Next::Close(Close::AttemptsUsedUp));
        assert_eq!(next(6, Cause::Handled, Some("sale")), Next::Close(Close::Worked));
    }

    #[test]
    fn outcomes_decide_before_causes() {
        assert_eq!(next(1, Cause::Handled, Some("sale")), Next::Close(Close::Worked));
        assert_eq!(next(1, Cause::Handled, Some("later")), in_minutes(120));
        assert_eq!(next(1, Cause::Handled, Some("promised")), in_minutes(24 * 60), "no time was agreed");
        assert_eq!(next(1, Cause::Handled, Some("never")), Next::Close(Close::OptedOut));
        assert_eq!(next(1, Cause::Busy, Some("unheard of")), in_minutes(5));
    }

    #[test]
    fn a_promise_is_planned_even_after_the_last_attempt_and_a_refusal_ends_all() {
        let at = NOW + Duration::from_secs(3_600);
        let mut ending =
            Ending { cause: &Cause::Handled, outcome: Some("promised"), callback: Some(at), opted_out: false };
        assert_eq!(after_call(&settings(), 6, &ending, NOW), Next::Callback { at });
        ending.opted_out = true;
        assert_eq!(after_call(&settings(), 1, &ending, NOW), Next::Close(Close::OptedOut));
    }

    #[test]
    fn a_silent_call_is_not_repeated_that_day_whatever_is_set() {
        let mut settings = settings();
        settings.retry.insert("abandoned".into(), vec!["10m".into()]);
        let ending = Ending { cause: &Cause::AbandonedNoAgent, outcome: None, callback: None, opted_out: false };
        assert_eq!(after_call(&settings, 1, &ending, NOW), in_minutes(24 * 60));
    }
}
