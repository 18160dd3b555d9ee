//! Settings as a pacer can bear them.

use crate::pacing::event::Settings;
use crate::pacing::ledger::Span;
use std::time::Duration;

/// Windows beside the law's own.
const LIMITS_MAX: usize = 8;

/// Numbers that make no sense become the nearest that do: a pacer never stops for its settings.
pub(super) fn sane(mut settings: Settings) -> Settings {
    let clean = |value: f64, low: f64, high: f64, otherwise: f64| {
        if value.is_finite() { value.clamp(low, high) } else { otherwise }
    };
    settings.cap = clean(settings.cap, 0.0, 1.0, 0.0);
    settings.target_utilization = clean(settings.target_utilization, 0.0, 1.0, 1.0);
    settings.ring_seconds_max = clean(settings.ring_seconds_max, 1.0, 120.0, 25.0);
    settings.ring_seconds_min = clean(settings.ring_seconds_min, 0.0, 120.0, 15.0);
    settings.amd_false_positive_rate = clean(settings.amd_false_positive_rate, 0.0, 0.5, 0.5);
    settings.window = lasting(settings.window);
    settings.limits.truncate(LIMITS_MAX);
    for window in &mut settings.limits {
        window.span = lasting(window.span);
        window.cap = clean(window.cap, 0.0, 1.0, 0.0);
        window.answers_min = clean(window.answers_min, 0.0, 1e6, 0.0);
    }
    settings
}

/// A window without length holds nothing that could bind: it stands for one without end.
fn lasting(span: Span) -> Span {
    if span.length().is_some_and(|length| length < Duration::from_secs(1)) { Span::Ever } else { span }
}
