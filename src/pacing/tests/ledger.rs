//! The ledger by hand: when an entry leaves its window, what a new period forgets, when there is room again.

use super::{at, hours};
use crate::pacing::{Ledger, Span, Tally, Window};
use crate::words::Moment;
use std::time::Duration;

const HOUR: i64 = 3600;

fn rolling(seconds: u64) -> Span {
    Span::Rolling(Duration::from_secs(seconds))
}

fn ledger(span: Span, cap: f64) -> Ledger {
    Ledger::new([Window::law(span, cap)])
}

fn tally(ledger: &Ledger) -> (f64, f64) {
    let (_, tally) = ledger.window(0).expect("one window");
    (tally.humans, tally.abandoned)
}

fn served(count: f64) -> Tally {
    Tally::answer(count, 0.0)
}

fn lost(count: f64) -> Tally {
    Tally { humans: count, abandoned: count, variance: 0.0 }
}

#[test]
fn guards_are_shorter_than_the_laws_own_window() {
    let guards =
        |law| Window::guards(law, 0.03).into_iter().map(|w| (w.span, w.cap, w.answers_min)).collect::<Vec<_>>();
    let (day, hour) = ((rolling(24 * 3600), 0.045, 100.0), (rolling(3600), 0.06, 100.0));
    assert_eq!(guards(Span::Ever), [day, hour]);
    assert_eq!(guards(hours(30 * 24)), [day, hour]);
    assert_eq!(guards(hours(24)), [hour], "the law has a day itself");
    assert_eq!(guards(hours(1)), []);
    assert_eq!(Window::guards(Span::Ever, 0.6).iter().map(|w| w.cap).collect::<Vec<_>>(), [0.6 * 1.5, 1.0]);
}

#[test]
fn windows_are_named_for_people() {
    let name = |span| Window::law(span, 0.03).name();
    assert_eq!(name(Span::Ever), "∞");
    assert_eq!(name(hours(30 * 24)), "30 d");
    assert_eq!(name(hours(49)), "2 d");
    assert_eq!(name(hours(48)), "48 h");
    assert_eq!(name(hours(1)), "1 h");
    assert_eq!(name(rolling(3599)), "59 min");
    assert_eq!(name(Span::Period { from: at(0.0), length: Duration::from_secs(86_400) }), "24 h");
}

#[test]
fn a_tally_has_a_rate_and_the_variance_of_what_was_counted_in_part() {
    assert_eq!(Tally::default().rate(), 0.0);
    assert_eq!(Tally { humans: 200.0, abandoned: 3.0, variance: 0.0 }.rate(), 0.015);
    assert_eq!(Tally::answer(0.7, 0.7).variance, 0.7 * (1.0 - 0.7));
    assert_eq!(Tally::answer(1.0, 1.0).variance, 0.0);
}

#[test]
fn variances_add_up_and_leave_with_their_entries() {
    let mut ledger = ledger(hours(1), 0.03);
    (0..4).for_each(|second| ledger.record(at(f64::from(second * 600)), Tally::answer(0.5, 0.5)));
    assert_eq!(ledger.window(0).expect("one").1.variance, 1.0);
    ledger.advance(at(3602.0));
    let (_, left) = ledger.window(0).expect("one");
    assert_eq!((left.humans, left.abandoned, left.variance), (1.5, 1.5, 0.75));
}

#[test]
fn an_entry_of_before_leaves_as_if_it_had_come_in_time() {
    let entries = [(5.0, 1.0), (0.0, 2.0), (5.5, 4.0), (2.0, 8.0), (0.5, 16.0), (9.0, 32.0)];
    let (mut mixed, mut sorted) = (ledger(hours(1), 0.03), ledger(hours(1), 0.03));
    entries.iter().for_each(|(second, count)| mixed.record(at(*second), served(*count)));
    let mut entries = entries;
    entries.sort_by(|a, b| a.0.total_cmp(&b.0));
    entries.iter().for_each(|(second, count)| sorted.record(at(*second), served(*count)));
    for (now, left) in [(3600.0, 63.0), (3602.0, 45.0), (3604.0, 37.0), (3607.0, 32.0), (3611.0, 0.0)] {
        mixed.advance(at(now));
        sorted.advance(at(now));
        assert_eq!((tally(&mixed), tally(&sorted)), ((left, 0.0), (left, 0.0)), "at {now}");
    }
}

#[test]
fn an_entry_leaves_when_all_of_its_slot_is_older_than_the_window() {
    // Slots of a second up to a day, of a minute above.
    for (length, slot) in [(1, 1), (24, 1), (25, 60)] {
        let mut ledger = ledger(hours(length), 0.03);
        ledger.record(at(0.0), lost(1.0));
        let leaves = Moment((length as i64 * HOUR + 2 * slot) * 1_000_000);
        ledger.advance(Moment(leaves.0 - 1));
        assert_eq!(tally(&ledger), (1.0, 1.0), "{length} h");
        ledger.advance(leaves);
        assert_eq!(tally(&ledger), (0.0, 0.0), "{length} h");
    }
}

#[test]
fn an_empty_window_holds_nothing_at_all() {
    let mut ledger = ledger(hours(1), 0.03);
    [0.1, 0.2, 0.7].into_iter().enumerate().for_each(|(n, part)| ledger.record(at(n as f64 * 5.0), lost(part)));
    ledger.advance(at(7300.0));
    assert_eq!(ledger.window(0).expect("one").1, Tally::default(), "no dust of sums and differences");
}

#[test]
fn entries_of_one_slot_leave_together_and_a_late_one_in_its_own_time() {
    let mut ledger = ledger(hours(1), 0.03);
    ledger.record(at(10.0), lost(1.0));
    ledger.record(at(10.9), served(1.0));
    ledger.record(at(20.0), served(1.0));
    ledger.record(at(5.0), served(4.0));
    assert_eq!(tally(&ledger), (7.0, 1.0));
    ledger.advance(at(3607.0));
    assert_eq!(tally(&ledger), (3.0, 1.0), "what was told last was answered first");
    ledger.advance(at(3612.0));
    assert_eq!(tally(&ledger), (1.0, 0.0));
    ledger.advance(at(3621.9));
    assert_eq!(tally(&ledger), (1.0, 0.0));
    ledger.advance(at(3622.0));
    assert_eq!(tally(&ledger), (0.0, 0.0));
}

#[test]
fn a_period_forgets_the_one_before_and_ignores_what_comes_late_for_it() {
    let mut ledger = ledger(Span::Period { from: at(100.0), length: Duration::from_secs(50) }, 0.03);
    ledger.record(at(120.0), lost(1.0));
    ledger.advance(at(149.9));
    assert_eq!(tally(&ledger), (1.0, 1.0));
    ledger.advance(at(150.0));
    assert_eq!(tally(&ledger), (0.0, 0.0));
    ledger.record(at(149.0), lost(1.0));
    assert_eq!(tally(&ledger), (0.0, 0.0), "of the period before");
    ledger.record(at(160.0), served(2.0));
    ledger.advance(at(140.0));
    assert_eq!(tally(&ledger), (2.0, 0.0), "no way back");
    ledger.record(at(210.0), served(1.0));
    assert_eq!(tally(&ledger), (1.0, 0.0), "an entry begins the next period, too");
    ledger.record(at(99.0), served(1.0));
    assert_eq!(tally(&ledger), (1.0, 0.0));
}

#[test]
fn seeds_go_to_all_windows_or_to_one() {
    let mut ledger = Ledger::new([Window::law(Span::Ever, 0.03), Window::law(hours(1), 0.06)]);
    ledger.seed([(at(-10.0), true), (at(-5.0), false)]);
    ledger.seed_window(1, [(at(-1.0), lost(3.0))]);
    ledger.seed_window(2, [(at(-1.0), lost(3.0))]);
    let sums: Vec<_> = ledger.windows().map(|(_, tally)| (tally.humans, tally.abandoned)).collect();
    assert_eq!(sums, [(2.0, 1.0), (5.0, 4.0)]);
    assert_eq!(ledger.window(2), None);
    assert_eq!(ledger.recovers(2, at(0.0), 1.0), None);
}

#[test]
fn windows_of_the_same_span_keep_their_sums() {
    let mut ledger = Ledger::new([Window::law(Span::Ever, 0.03), Window::law(hours(1), 0.06)]);
    ledger.record(at(0.0), lost(1.0));
    ledger.set_windows([Window::law(hours(1), 0.05), Window::law(hours(2), 0.04), Window::law(Span::Ever, 0.01)]);
    let windows: Vec<_> = ledger.windows().map(|(window, tally)| (window.cap, tally.humans)).collect();
    assert_eq!(windows, [(0.05, 1.0), (0.04, 0.0), (0.01, 1.0)]);
}

#[test]
fn without_end_it_recovers_by_serving() {
    let mut ledger = ledger(Span::Ever, 0.03);
    ledger.record(at(0.0), lost(3.0));
    ledger.record(at(0.0), served(47.0));
    assert_eq!(ledger.recovers(0, at(10.0), 0.5), Some(at(110.0)), "fifty more people at one in two seconds");
    assert_eq!(ledger.recovers(0, at(10.0), 0.0), None);
    assert_eq!(ledger.recovers(0, at(10.0), 1e-8), None, "five billion seconds are never");
    ledger.record(at(0.0), served(1000.0));
    assert_eq!(ledger.recovers(0, at(10.0), 0.5), Some(at(10.0)), "there is room now");
    ledger.set_windows([Window::law(Span::Ever, 0.0)]);
    assert_eq!(ledger.recovers(0, at(10.0), 0.5), None, "nothing mends a cap of zero");
}

#[test]
fn few_answers_count_as_the_least() {
    let mut ledger = Ledger::new([Window { answers_min: 100.0, ..Window::law(Span::Ever, 0.03) }]);
    ledger.record(at(0.0), lost(6.0));
    assert_eq!(ledger.recovers(0, at(0.0), 1.0), Some(at(100.0)), "two hundred, of which a hundred are granted");
}

#[test]
fn a_period_recovers_by_serving_or_at_its_end() {
    let mut ledger = ledger(Span::Period { from: at(0.0), length: Duration::from_secs(100) }, 0.1);
    ledger.record(at(250.0), lost(10.0));
    assert_eq!(ledger.recovers(0, at(250.0), 3.0), Some(at(280.0)), "ninety more at three a second");
    assert_eq!(ledger.recovers(0, at(250.0), 1.0), Some(at(300.0)), "the next period is nearer");
    assert_eq!(ledger.recovers(0, at(250.0), 0.0), Some(at(300.0)));
}

#[test]
fn a_rolling_window_recovers_as_its_abandoned_leave() {
    let mut ledger = ledger(hours(1), 0.2);
    ledger.record(at(100.0), lost(1.0));
    ledger.record(at(200.0), lost(1.0));
    ledger.record(at(300.0), served(5.0));
    // 2 of 7; with the first gone 1 of 6, above a sixth is below a fifth.
    assert_eq!(ledger.recovers(0, at(400.0), 0.0), Some(at(3702.0)));
    ledger.record(at(300.0), lost(1.0));
    // 3 of 8, 2 of 7, then 1 of 6.
    assert_eq!(ledger.recovers(0, at(400.0), 0.0), Some(at(3802.0)));
    assert_eq!(ledger.recovers(0, at(400.0), 1.0), Some(at(407.0)), "or seven more people, at one a second");
    assert_eq!(ledger.recovers(0, at(3800.0), 0.0), Some(at(3802.0)), "one that is about to leave");
}

#[test]
fn who_is_served_until_the_abandoned_leave_counts_too() {
    let mut ledger = ledger(hours(1), 0.1);
    ledger.record(at(0.0), served(20.0));
    ledger.record(at(10.0), lost(4.0));
    ledger.record(at(20.0), lost(3.0));
    // Seven abandoned ask for 70: 24 and 3 are there, so 43 more; the first twenty leave after 3,602 s.
    assert_eq!(ledger.recovers(0, at(3600.0), 43.0), Some(at(3601.0)));
    // At one a second: after 3,602 s there are 7 of 9; after 3,612 s 3 of 15, and 30 after another fifteen seconds,
    // but those three leave ten seconds later.
    assert_eq!(ledger.recovers(0, at(3600.0), 1.0), Some(at(3622.0)));
    // At two: 3 of 27 after 3,612 s; the three that are missing take a second and a half.
    assert_eq!(ledger.recovers(0, at(3600.0), 2.0), Some(at(3613.5)));
}

#[test]
fn where_nothing_can_be_served_nothing_is_foretold() {
    let idle = ledger(Span::Ever, 0.03);
    assert_eq!(idle.recovers(0, at(5.0), 0.0), None);
    assert_eq!(idle.recovers(0, at(5.0), 1.0), Some(at(5.0)));
    assert_eq!(ledger(Span::Ever, 0.0).recovers(0, at(5.0), 1.0), None);
}

#[test]
fn what_is_kept_grows_with_seconds_and_not_with_answers() {
    let kept = |answers: u32, late: bool| {
        let mut ledger = ledger(hours(1), 0.03);
        ledger.record(at(50.0), served(1.0));
        (0..answers).for_each(|n| ledger.record(at(if late && n % 2 == 0 { 20.0 } else { 50.5 }), served(1.0)));
        format!("{ledger:?}").matches("Tally").count()
    };
    assert_eq!((kept(1000, false), kept(1000, true)), (2, 3), "the sum, and one slot or two");
}
