//! Rules that join several keys, or a key and the law.

use super::document::Document;
use crate::campaign::profile::{PROFILES, Profile};
use crate::campaign::rules::{PACKS, Pack, Rules, pack};
use crate::campaign::settings::{HandledBy, OnMachine, Settings, Then};
use crate::campaign::span;
use crate::words::Reason;
use crate::words::phone::Region;

pub fn check(settings: &Settings, document: &mut Document<'_>) {
    hours(settings, document);
    ring(settings, document);
    abandonment(settings, document);
    machines(settings, document);
    outcomes(settings, document);
    if settings.dialing.mode == "agentless" && settings.flow.handled_by == HandledBy::Agent {
        document.problem("dialing.mode", Reason::new("check.agentless"));
    }
}

/// The packs of the regions that may be called.
fn packs(settings: &Settings) -> Vec<&'static Pack> {
    let dialing = &settings.dialing;
    let regions = dialing.regions.iter().chain(std::iter::once(&dialing.region));
    let mut at: Vec<usize> = regions.filter_map(|text| pack::of(Region::parse(text))).collect();
    at.sort_unstable();
    at.dedup();
    at.into_iter().map(|at| &PACKS[at]).collect()
}

fn hours(settings: &Settings, document: &mut Document<'_>) {
    let own = &settings.hours;
    let days = [&own.mon, &own.tue, &own.wed, &own.thu, &own.fri, &own.sat, &own.sun];
    if days.iter().all(|day| day.is_none()) {
        document.problem("hours", Reason::new("check.no_hours"));
        return;
    }
    if let Some((pack, hours)) = Rules::compile(settings).shut_by_law() {
        let reason = Reason::new("check.hours_outside_law").with("pack", pack).with("rule", hours);
        document.problem("hours", reason);
    }
}

fn ring(settings: &Settings, document: &mut Document<'_>) {
    let dialing = &settings.dialing;
    for pack in packs(settings) {
        if dialing.ring_seconds_min < pack.ring_seconds_min {
            let reason = Reason::new("check.ring_law")
                .with("least", pack.ring_seconds_min)
                .with("pack", pack.id)
                .with("source", pack.ring_source);
            document.problem("dialing.ring_seconds_min", reason);
        }
    }
    if dialing.ring_seconds_max < dialing.ring_seconds_min {
        let reason = Reason::new("check.ring_order").with("least", dialing.ring_seconds_min);
        document.problem("dialing.ring_seconds_max", reason);
    }
}

fn abandonment(settings: &Settings, document: &mut Document<'_>) {
    let own = &settings.abandonment;
    let Some(profile) = Profile::find(&own.profile) else {
        return;
    };
    if own.cap > profile.cap {
        let reason = Reason::new("check.cap_profile").with("most", profile.cap).with("profile", profile.id);
        document.problem("abandonment.cap", reason);
    }
    if own.threshold_seconds > profile.threshold_seconds {
        let reason =
            Reason::new("check.threshold_law").with("most", profile.threshold_seconds).with("profile", profile.id);
        document.problem("abandonment.threshold_seconds", reason);
    }
    for pack in packs(settings) {
        let Some(law) = pack.profile.and_then(Profile::find) else { continue };
        if !profile.as_strict_as(law) {
            let reason = Reason::new("check.profile_law")
                .with("profile", profile.id)
                .with("law", law.id)
                .with("pack", pack.id)
                .with("source", law.source)
                .with("fitting", fitting(law));
            document.problem("abandonment.profile", reason);
        }
        if own.cap > law.cap {
            let reason =
                Reason::new("check.cap_law").with("most", law.cap).with("pack", pack.id).with("source", law.source);
            document.problem("abandonment.cap", reason);
        }
    }
    let rate = settings.amd.false_positive_rate;
    if settings.amd.enabled && own.cap < AMD_SHARE * rate {
        let reason = Reason::new("check.cap_amd").with("rate", rate).with("least", AMD_SHARE * rate);
        document.problem("abandonment.cap", reason);
    }
}

/// The profiles that a campaign under this law may take.
fn fitting(law: &Profile) -> String {
    let usable = PROFILES.iter().filter(|profile| !profile.judge_only && profile.as_strict_as(law));
    usable.map(|profile| profile.id).collect::<Vec<_>>().join(", ")
}

/// Every person taken for a machine is an abandoned call that no pacing wins back. At a cap below one and a half
/// times their rate, so little is left for dialing ahead that the cap cannot be kept.
const AMD_SHARE: f64 = 1.5;

fn machines(settings: &Settings, document: &mut Document<'_>) {
    let amd = &settings.amd;
    if !amd.enabled {
        return;
    }
    let inside = Profile::find(&settings.abandonment.profile).is_some_and(Profile::amd_inside_threshold);
    if inside && amd.deadline_seconds > settings.abandonment.threshold_seconds {
        let reason = Reason::new("check.amd_deadline")
            .with("most", settings.abandonment.threshold_seconds)
            .with("profile", &settings.abandonment.profile);
        document.problem("amd.deadline_seconds", reason);
    }
    if amd.on_machine == OnMachine::Message && amd.machine_message.is_none() {
        document.problem("amd.machine_message", Reason::new("check.machine_message"));
    }
}

fn outcomes(settings: &Settings, document: &mut Document<'_>) {
    if settings.outcomes.is_empty() {
        document.problem("outcomes", Reason::new("check.no_outcomes"));
    }
    for (name, outcome) in &settings.outcomes {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            document.problem(&format!("outcomes.{name}"), Reason::new("check.outcome_name"));
        }
        if outcome.after.is_some() && outcome.then == Then::Close {
            document.problem(&format!("outcomes.{name}.after"), Reason::new("check.after_unused"));
        }
    }
    for (key, waits) in &settings.retry {
        if waits.is_empty() {
            document.problem(&format!("retry.{key}"), Reason::new("check.empty"));
        }
    }
    let shortest = settings.retry.get("abandoned").and_then(|list| list.iter().filter_map(|t| span::parse(t)).min());
    if shortest.is_some_and(|wait| wait.as_secs() < 86_400) {
        document.problem("retry.abandoned", Reason::new("check.retry_abandoned"));
    }
}
