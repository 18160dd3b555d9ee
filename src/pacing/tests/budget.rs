//! The budget: what may still be abandoned, exactly; how the limit follows it, by direction. The constants are the
//! method's own business: they are read, never repeated.

use super::{at, hours, near};
use crate::pacing::budget::{self, Budget, Held, Limit, Standing};
use crate::pacing::{Settings, Span, Tally, Window};

fn tally(humans: f64, abandoned: f64) -> Tally {
    Tally { humans, abandoned, variance: 0.0 }
}

fn held(span: Span, cap: f64, tally: Tally) -> Held {
    Held { window: Window::law(span, cap), tally, others: Tally::default() }
}

fn limit_of(budget: &mut Budget, windows: &[Held], in_flight: Tally, agents: f64) -> Limit {
    budget.limit(&Settings::default(), Standing { windows, in_flight, agents })
}

/// A young budget's limit, for a team large enough to be lent to.
fn limit(windows: &[Held]) -> Limit {
    limit_of(&mut Budget::default(), windows, Tally::default(), 100.0)
}

fn with_amd(rate: f64) -> Settings {
    Settings { amd: true, amd_false_positive_rate: rate, ..Settings::default() }
}

#[test]
fn room_is_the_caps_share_less_the_abandoned() {
    let room = |settings: &Settings, tally| budget::room(settings, Window::law(Span::Ever, 0.03), tally);
    assert_eq!(room(&Settings::default(), tally(1000.0, 20.0)), 10.0);
    let few = Window { answers_min: 100.0, ..Window::law(Span::Ever, 0.03) };
    assert_eq!(budget::room(&Settings::default(), few, tally(10.0, 1.0)), 2.0);
    assert_eq!(budget::room(&Settings::default(), few, tally(200.0, 1.0)), 5.0);
    // AMD hangs up on one person in a hundred: of 990 found there were 1,000, ten of them lost, or by the bound some more.
    near(room(&with_amd(0.01), tally(990.0, 7.0)), 30.0 - 10.0 - 1.5 * 10f64.sqrt() - 7.0, 1e-9);
    let free = Settings { amd_errors_count: false, ..with_amd(0.01) };
    near(room(&free, tally(990.0, 7.0)), 29.7 - 7.0, 1e-9);
    let off = Settings { amd: false, ..with_amd(0.01) };
    near(room(&off, tally(990.0, 7.0)), 29.7 - 7.0, 1e-9);
    near(room(&with_amd(0.9), tally(100.0, 0.0)), 6.0 - 100.0 - 15.0, 1e-9);
}

#[test]
fn a_cap_below_one_and_a_half_times_amds_error_cannot_be_met() {
    assert!(!budget::unreachable(&Settings::default()));
    assert!(!budget::unreachable(&Settings { cap: 0.0, ..Settings::default() }), "without AMD stopping meets any cap");
    assert!(!budget::unreachable(&with_amd(0.0199)));
    assert!(budget::unreachable(&with_amd(0.0201)));
    assert!(!budget::unreachable(&Settings { cap: 0.375, ..with_amd(0.25) }), "exactly one and a half is enough");
    assert!(!budget::unreachable(&Settings { amd_errors_count: false, ..with_amd(0.4) }));
    let hour = Window::law(hours(1), 0.01);
    assert!(budget::unreachable(&Settings { limits: vec![hour], ..with_amd(0.01) }), "any window");
}

#[test]
fn answers_per_second_are_those_of_late() {
    let mut budget = Budget::default();
    assert_eq!(budget.humans_per_second(), 0.0);
    let settings = Settings::default();
    (0..1200).for_each(|second| budget.passed(&settings, at(f64::from(second)), tally(2.0, 0.0)));
    near(budget.humans_per_second(), 2.0, 0.02);
    // Two minutes of silence leave the e-th part, beside the part of an answer that ends them.
    budget.passed(&settings, at(1199.0 + 120.0), tally(0.0, 0.0));
    near(budget.humans_per_second(), 2.0 / std::f64::consts::E, 0.01);
}

#[test]
fn utilization_is_that_of_the_last_ten_minutes() {
    let settings = Settings::default();
    let mut budget = Budget::default();
    assert_eq!(budget.utilization(), (0.0, 0.0));
    budget.worked(&settings, 10.0, 3.0, 1.0);
    assert_eq!(budget.utilization(), (0.75, 40.0));
    budget.worked(&settings, 600.0, 0.0, 0.0);
    let (utilization, seconds) = budget.utilization();
    near(utilization, 0.75, 1e-9);
    near(seconds, 40.0 / std::f64::consts::E, 1e-9);
    budget.worked(&settings, 10.0, 0.0, 2.0);
    let kept = 40.0 * (-610f64 / 600.0).exp();
    near(budget.utilization().0, 0.75 * kept / (kept + 20.0), 1e-9);
}

fn worked(target: f64, busy: f64, ready: f64, seconds: u32) -> Budget {
    let settings = Settings { target_utilization: target, ..Settings::default() };
    let mut budget = Budget::default();
    (0..seconds).for_each(|_| budget.worked(&settings, 1.0, busy, ready));
    budget
}

#[test]
fn the_limit_is_eased_only_while_a_target_is_exceeded() {
    assert!(worked(0.7, 9.0, 1.0, 600).eased(), "90 % where 70 were asked");
    assert!(!worked(0.7, 9.0, 1.0, 2).eased(), "not at once");
    assert!(!worked(0.7, 6.0, 4.0, 600).eased(), "60 %");
    assert!(!worked(1.0, 10.0, 0.0, 600).eased(), "no target");
    assert!(!worked(0.7, 0.0, 0.0, 600).eased(), "nobody there");
    let settings = Settings { target_utilization: 0.7, ..Settings::default() };
    let mut again = worked(0.7, 9.0, 1.0, 600);
    (0..3600).for_each(|_| again.worked(&settings, 1.0, 1.0, 9.0));
    assert!(!again.eased(), "it ends with the reason");
    let mut changed = worked(0.7, 9.0, 1.0, 600);
    changed.worked(&Settings::default(), 1.0, 9.0, 1.0);
    assert!(!changed.eased(), "or when the target goes");
}

#[test]
fn easing_and_its_end_are_bounded() {
    let windows = [held(Span::Ever, 0.03, tally(1000.0, 10.0))];
    let of = |mut budget: Budget| limit_of(&mut budget, &windows, Tally::default(), 10.0).conflict;
    let (free, eased) = (of(worked(0.7, 6.0, 4.0, 600)), of(worked(0.7, 9.0, 1.0, 600)));
    assert!(eased < 0.5 * free, "{eased} {free}");
    assert_eq!(free, of(Budget::default()), "a target that was missed for long is no reason to dial more");
    let week = |ready| {
        let mut budget = worked(0.1, 10.0, 0.0, 100_000);
        let settings = Settings { target_utilization: 0.9, ..Settings::default() };
        (0..6000).for_each(|_| budget.worked(&settings, 1.0, 0.0, ready));
        budget
    };
    assert!(!week(10.0).eased(), "a long time above the target is forgotten in less than two hours");
}

#[test]
fn the_room_of_a_limit_is_exact() {
    let tuning = Budget::default().tuning;
    let windows = [held(Span::Ever, 0.03, tally(1000.0, 20.0))];
    let room = |in_flight, agents| limit_of(&mut Budget::default(), &windows, in_flight, agents).room;
    let lent = |agents: f64| {
        tuning.credit * (agents / tuning.credit_agents).min(1.0) * (-1000.0 / tuning.credit_answers).exp()
    };
    near(room(tally(50.0, 4.0), 0.0), 10.0 - 4.0, 1e-9);
    near(room(tally(0.0, 0.0), tuning.credit_agents / 4.0), 10.0 + lent(tuning.credit_agents / 4.0), 1e-9);
    near(room(tally(0.0, 0.0), 1e6), 10.0 + lent(tuning.credit_agents), 1e-9);
}

#[test]
fn only_windows_of_a_day_and_more_lend_at_their_start() {
    let credit = Budget::default().tuning.credit;
    let room = |span| limit(&[held(span, 0.03, tally(0.0, 0.0))]).room;
    near(room(Span::Ever), credit, 1e-9);
    near(room(hours(24)), credit, 1e-9);
    near(room(hours(23)), 0.0, 1e-9);
}

#[test]
fn what_was_counted_in_part_is_kept_back_by_its_spread() {
    let tuning = Budget::default().tuning;
    let room = |humans: f64, variance: f64| {
        let windows = [held(hours(1), 0.03, Tally { humans, abandoned: 0.0, variance })];
        limit_of(&mut Budget::default(), &windows, Tally::default(), 0.0).room
    };
    let least = tuning.margin_least;
    near(room(2000.0, 0.0) - room(2000.0, 9.0), 3.0 * tuning.margin, 1e-9);
    near(room(800.0, 0.0) - room(800.0, 9.0), 3.0 * tuning.margin * least.max(0.8), 1e-9);
    near(room(10.0, 0.0) - room(10.0, 9.0), 3.0 * tuning.margin * least, 1e-9);
    near(room(10.0, -1.0), room(10.0, 0.0), 1e-9);
}

/// By how much more than at the usual cap.
const SCARCITY: [(f64, f64); 6] = [(0.05, 1.0), (0.03, 1.0), (0.02, 1.5), (0.012, 2.5), (0.01, 2.5), (0.0, 2.5)];

#[test]
fn below_the_usual_cap_more_is_kept_back() {
    let tuning = Budget::default().tuning;
    for (cap, scarcity) in SCARCITY {
        let limit = |abandoned: f64, variance: f64| {
            let windows = [held(hours(1), cap, Tally { humans: 1000.0, abandoned, variance })];
            limit_of(&mut Budget::default(), &windows, Tally::default(), 0.0)
        };
        near(limit(0.0, 0.0).room - limit(0.0, 9.0).room, 3.0 * tuning.margin * scarcity, 1e-9);
        // A young budget without answers of late: its noise is two calls.
        let abandoned = 0.8 * cap * 1000.0;
        let reserve = tuning.reserve * scarcity.sqrt();
        let balance = (tuning.aim * cap * 1000.0 - abandoned - reserve) / 2.0;
        let push = (tuning.proportional * balance).clamp(-4.0, 2.0);
        near(limit(abandoned, 0.0).conflict, (tuning.first_limit * push.exp()).min(0.6), 1e-9);
    }
}

#[test]
fn a_lower_cap_lends_less_for_its_first_answers_bring_less() {
    let tuning = Budget::default().tuning;
    let lent = |cap: f64| limit(&[held(Span::Ever, cap, tally(0.0, 0.0))]).room;
    near(lent(0.01), tuning.credit_share * 0.01 * tuning.credit_answers, 1e-9);
    near(lent(0.02), tuning.credit_share * 0.02 * tuning.credit_answers, 1e-9);
    near(lent(0.1), tuning.credit, 1e-9);
}

#[test]
fn the_limit_falls_with_what_was_abandoned_and_with_what_is_under_way() {
    let of = |abandoned: f64, flying: Tally, others: Tally| {
        let held = Held { others, ..held(hours(1), 0.03, tally(1000.0, abandoned)) };
        limit_of(&mut Budget::default(), &[held], flying, 10.0)
    };
    let none = Tally::default();
    let conflicts: Vec<f64> = [18.0, 21.0, 24.0, 27.0].map(|lost| of(lost, none, none).conflict).to_vec();
    assert!(conflicts.is_sorted_by(|a, b| a > b), "{conflicts:?}");
    let flying = of(21.0, tally(0.0, 3.0), none);
    near(flying.conflict, of(24.0, none, none).conflict, 1e-9);
    near(flying.room, of(24.0, none, none).room, 1e-9);
    near(of(21.0, none, tally(0.0, 3.0)).conflict, flying.conflict, 1e-9);
    near(of(21.0, none, tally(0.0, 3.0)).room, flying.room, 1e-9);
    assert!(of(21.0, tally(100.0, 0.0), none).conflict > of(21.0, none, none).conflict, "answers to come earn");
    near(of(21.0, tally(100.0, 0.0), none).conflict, of(21.0, none, tally(100.0, 0.0)).conflict, 1e-9);
    near(of(21.0, tally(100.0, 0.0), none).room, of(21.0, none, none).room, 1e-9);
}

#[test]
fn a_spent_window_leaves_hardly_any_conflict() {
    let mut budget = Budget::default();
    let spent = [held(hours(1), 0.03, tally(1000.0, 31.0))];
    // A purse that has grown generous.
    let rich = [held(hours(1), 0.03, tally(100_000.0, 0.0))];
    limit_of(&mut budget, &rich, Tally::default(), 10.0);
    (0..3000).for_each(|second| budget.passed(&Settings::default(), at(f64::from(second)), tally(1.0, 0.0)));
    let generous = limit_of(&mut budget, &rich, Tally::default(), 10.0);
    assert!(generous.room > 0.0 && generous.conflict > 0.1, "{generous:?}");
    let limit = limit_of(&mut budget, &spent, Tally::default(), 10.0);
    assert!(limit.room < 0.0 && limit.conflict <= budget.tuning.spent_limit, "{limit:?}");
    let just = [held(hours(1), 0.03, tally(1000.0, 30.0))];
    assert_eq!(limit_of(&mut Budget::default(), &just, Tally::default(), 10.0).room, 0.0);
}

#[test]
fn the_strictest_window_binds() {
    let (good, tight, spent) = (tally(10_000.0, 10.0), tally(1000.0, 25.0), tally(100.0, 4.0));
    let binds = |windows: &[Held]| limit(windows).window;
    assert_eq!(binds(&[held(hours(24), 0.03, good), held(hours(1), 0.03, tight)]), 1);
    assert_eq!(binds(&[held(hours(1), 0.03, tight), held(hours(24), 0.03, good)]), 0);
    assert_eq!(binds(&[held(hours(1), 0.03, tight), held(hours(1), 0.03, spent), held(hours(24), 0.03, good)]), 1);
    let none = limit(&[]);
    assert_eq!((none.window, none.room, none.conflict), (0, f64::INFINITY, f64::INFINITY));
}

#[test]
fn a_balance_that_stays_moves_the_limit_on() {
    // Under the cap, answer by answer, the limit grows; above it, it shrinks; both within bounds.
    let after = |answers: u32, abandoned: f64| {
        let mut budget = Budget::default();
        let windows = [held(hours(1), 0.03, tally(1000.0, abandoned))];
        let first = limit_of(&mut budget, &windows, Tally::default(), 10.0).conflict;
        (0..answers).for_each(|n| budget.passed(&Settings::default(), at(f64::from(n) * 10.0), tally(1.0, 0.0)));
        // As quiet as at first, so that only what was gathered shows.
        budget.passed(&Settings::default(), at(1e7), tally(0.0, 0.0));
        (first, limit_of(&mut budget, &windows, Tally::default(), 10.0).conflict)
    };
    for answers in [5, 50, 5000] {
        let ((first, under), (_, over)) = (after(answers, 10.0), after(answers, 28.0));
        assert!(under > first, "{answers}: {under} after {first}");
        assert!(over < after(answers, 28.0).0, "{answers}");
    }
    assert!(after(30, 20.0).1 > after(3, 20.0).1);
    assert!(after(100_000, 0.0).1 <= 0.6 && after(100_000, 29.9).1 >= 1e-4);
}

#[test]
fn a_balance_that_amd_leaves_nothing_of_moves_nothing() {
    let settings = with_amd(0.03);
    let windows = [held(hours(1), 0.03, tally(1000.0, 5.0))];
    let mut budget = Budget::default();
    let first = budget.limit(&settings, Standing { windows: &windows, in_flight: Tally::default(), agents: 9.0 });
    (0..500).for_each(|n| budget.passed(&settings, at(f64::from(n)), tally(1.0, 0.0)));
    budget.passed(&settings, at(1e7), tally(0.0, 0.0));
    let then = budget.limit(&settings, Standing { windows: &windows, in_flight: Tally::default(), agents: 9.0 });
    near(then.conflict, first.conflict, 1e-9);
}
