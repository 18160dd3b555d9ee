//! What a host does to a pacer's ledger beside events: what stood before the start, window by window, and time that
//! passes while nothing is decided.

use super::{abandon, at, hours};
use crate::pacing::{Pacer, Settings, Tally, Window};

fn people(pacer: &Pacer) -> Vec<(f64, f64)> {
    pacer.ledger().windows().map(|(_, tally)| (tally.humans, tally.abandoned)).collect()
}

fn two_windows() -> Pacer {
    let settings = Settings { window: hours(24), limits: vec![Window::law(hours(1), 0.06)], ..Settings::default() };
    Pacer::new(settings)
}

#[test]
fn a_window_is_seeded_alone() {
    let mut pacer = two_windows();
    pacer.seed_window(1, [(at(-60.0), Tally::answer(40.0, 1.0)), (at(-30.0), Tally::answer(2.0, 0.0))]);
    assert_eq!(people(&pacer), [(0.0, 0.0), (42.0, 1.0)]);
    pacer.seed_window(7, [(at(-20.0), Tally::answer(5.0, 5.0))]);
    assert_eq!(people(&pacer), [(0.0, 0.0), (42.0, 1.0)], "there is no eighth window");
    pacer.seed_ledger([(at(-10.0), true)]);
    assert_eq!(people(&pacer), [(1.0, 1.0), (43.0, 2.0)]);
}

#[test]
fn entries_leave_while_nothing_is_decided() {
    let mut pacer = two_windows();
    pacer.seed_ledger([(at(-600.0), false), (at(-10.0), true)]);
    pacer.advance_ledger(at(3580.0));
    assert_eq!(people(&pacer), [(2.0, 1.0), (1.0, 1.0)]);
    pacer.advance_ledger(at(3700.0));
    assert_eq!(people(&pacer), [(2.0, 1.0), (0.0, 0.0)]);
    abandon(&mut pacer, 1, 90_000.0);
    pacer.advance_ledger(at(3.0));
    let (day, hour) = (people(&pacer)[0], people(&pacer)[1]);
    assert_eq!((day, hour), ((1.0, 1.0), (1.0, 1.0)), "a clock that steps back brings nothing back");
}
