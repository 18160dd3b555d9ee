//! Calls per second, to the microsecond: the window, the spacing inside it, the quiet second after a start.

use super::at;
use crate::pacing::CallRate;
use crate::words::Moment;

#[test]
fn calls_of_one_trunk_leave_in_a_stream() {
    // Ten a second, one at a time: one every hundred milliseconds.
    let mut rate = CallRate::new(10);
    let (mut left, mut now) = (Vec::new(), at(5.0));
    while left.len() < 25 {
        if rate.take(now) {
            left.push(now.0 - 5_000_000);
        }
        now = rate.next(now).expect("not zero");
    }
    // Asked again at once it is told the same moment, to the microsecond of rounding.
    for (n, at) in left.iter().enumerate() {
        let ideal = n as i64 * 100_000;
        assert!((ideal..=ideal + 200 * (n as i64 + 1)).contains(at), "call {n} left after {at} µs");
    }
}

#[test]
fn a_tenth_of_a_second_may_leave_together() {
    let mut rate = CallRate::new(50);
    assert_eq!((0..20).filter(|_| rate.take(at(1.0))).count(), 5);
    let mut few = CallRate::new(3);
    assert_eq!((0..20).filter(|_| few.take(at(1.0))).count(), 1);
}

#[test]
fn the_window_counts_down_and_up_again() {
    let mut rate = CallRate::new(2);
    assert_eq!(rate.allowed(at(1.0)), 2);
    assert!(rate.take(at(1.0)));
    assert_eq!(rate.allowed(at(1.0)), 1);
    assert!(rate.take(at(1.6)));
    assert_eq!(rate.allowed(at(1.6)), 0);
    assert!(!rate.take(at(1.7)));
    assert_eq!(rate.next(at(1.7)), Some(at(2.0)), "the first has left a second ago");
    assert_eq!(rate.allowed(at(1.999_999)), 0);
    assert_eq!(rate.allowed(at(2.0)), 1);
    assert_eq!(rate.allowed(at(2.6)), 2);
    assert_eq!(rate.next(at(2.6)), Some(at(2.6)), "now");
}

#[test]
fn what_was_refused_by_the_spacing_leaves_when_it_said() {
    let mut rate = CallRate::new(4);
    assert!(rate.take(at(1.0)));
    assert!(!rate.take(at(1.0)));
    let next = rate.next(at(1.0)).expect("not zero");
    assert!((1_250_000..=1_250_002).contains(&next.0), "{next:?}");
    assert!(!rate.take(Moment(1_249_990)));
    assert!(rate.take(next));
}

#[test]
fn after_a_start_a_second_is_quiet() {
    let mut rate = CallRate::starting(5, at(3.0));
    assert_eq!(rate.allowed(at(3.999_999)), 0);
    assert!(!rate.take(at(3.5)));
    assert_eq!(rate.next(at(3.5)), Some(at(4.0)));
    assert_eq!(rate.allowed(at(4.0)), 5);
    assert!(rate.take(at(4.0)));
}

#[test]
fn a_limit_of_zero_never_opens() {
    let mut rate = CallRate::new(0);
    assert_eq!((rate.allowed(at(1.0)), rate.take(at(1.0)), rate.next(at(1.0))), (0, false, None));
}

#[test]
fn a_clock_that_jumps_back_lets_no_more_through() {
    let mut rate = CallRate::new(10);
    assert!(rate.take(at(100.0)));
    let early = (0..100).filter(|n| rate.take(at(50.0 + f64::from(*n) * 0.001))).count();
    assert!(early <= 9, "{early}");
}

#[test]
fn whoever_asks_again_when_told_is_let_through() {
    // Above one a second the first refusal is the spacing's.
    for limit in 2..=60 {
        let mut rate = CallRate::new(limit);
        while rate.take(at(1.0)) {}
        let next = rate.next(at(1.0)).expect("not zero");
        assert!(next > at(1.0) && rate.take(next), "{limit} a second, at {next:?}");
    }
}
