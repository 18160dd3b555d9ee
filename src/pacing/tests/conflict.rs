//! The conflict probability against sums that can be worked out: every subset of a few coins, and a full
//! Poisson-binomial of many.

use super::near;
use crate::pacing::conflict::{Conflict, EXACT_AGENTS};
use crate::pacing::estimate::{HORIZONS, Row};

/// Different at each horizon, so that none stands in for another.
fn coin(p: f64) -> Row {
    std::array::from_fn(|j| (p + 0.02 * j as f64).min(1.0))
}

/// Chance that at least `room` of the coins fall, by all their subsets.
fn by_subsets(coins: &[f64], room: usize) -> f64 {
    (0..1_u32 << coins.len())
        .filter(|set| set.count_ones() as usize >= room)
        .map(|set| {
            let chance = |(at, p): (usize, &f64)| if set >> at & 1 == 1 { *p } else { 1.0 - p };
            coins.iter().enumerate().map(chance).product::<f64>()
        })
        .sum()
}

/// The same for many coins, by adding one after the other.
fn by_sums(coins: &[f64], room: usize) -> f64 {
    let mut mass = vec![1.0];
    for p in coins {
        mass.push(0.0);
        for x in (0..mass.len()).rev() {
            mass[x] = mass[x] * (1.0 - p) + if x > 0 { mass[x - 1] * p } else { 0.0 };
        }
    }
    mass[room.min(mass.len())..].iter().sum()
}

fn tossed(width: usize, waiting: usize, coins: &[f64]) -> Conflict {
    let mut conflict = Conflict::default();
    conflict.begin(width);
    conflict.occupy(waiting);
    coins.iter().for_each(|p| conflict.add(&coin(*p), 1));
    conflict
}

#[test]
fn small_teams_are_summed_exactly() {
    let coins = [0.05, 0.3, 0.5, 0.11, 0.7, 0.2];
    for (width, waiting) in [(1, 0), (2, 0), (3, 0), (3, 1), (5, 2), (6, 0), (7, 0), (24, 20)] {
        let found = tossed(width, waiting, &coins).by_horizon();
        for (j, found) in found.iter().enumerate() {
            let at_horizon: Vec<f64> = coins.iter().map(|p| coin(*p)[j]).collect();
            near(*found, by_subsets(&at_horizon, width - waiting), 1e-12);
        }
    }
}

#[test]
fn nobody_at_work_or_everybody_wanted_is_certain_conflict() {
    assert_eq!(tossed(0, 0, &[]).by_horizon(), [1.0; HORIZONS]);
    assert_eq!(tossed(3, 3, &[]).by_horizon(), [1.0; HORIZONS]);
    assert_eq!(tossed(3, 9, &[]).by_horizon(), [1.0; HORIZONS]);
    assert_eq!(tossed(40, 40, &[]).by_horizon(), [1.0; HORIZONS]);
    assert_eq!(tossed(1, 0, &[]).by_horizon(), [0.0; HORIZONS]);
}

#[test]
fn many_of_one_coin_are_that_coin_many_times() {
    for width in [5, 60] {
        let mut at_once = Conflict::default();
        at_once.begin(width);
        at_once.add(&coin(0.4), 7);
        assert_eq!(at_once.by_horizon(), tossed(width, 0, &[0.4; 7]).by_horizon());
    }
}

#[test]
fn a_resized_team_keeps_its_coins_and_a_begun_one_none() {
    let rows = [Some(coin(0.3)), None, Some(coin(0.6))];
    let mut resized = tossed(9, 4, &[0.9, 0.9]);
    resized.resize(2, &rows);
    assert_eq!(resized.by_horizon(), tossed(2, 0, &[0.3, 0.6]).by_horizon(), "the exact sum is made of these coins");
    let mut begun = tossed(9, 4, &[0.9, 0.9]);
    begun.begin(3);
    assert_eq!(begun.by_horizon(), [0.0; HORIZONS]);
    let mut large = tossed(60, 10, &[0.9; 50]);
    large.begin(60);
    assert_eq!(large.by_horizon(), [0.0; HORIZONS]);
}

#[test]
fn a_copy_is_the_same() {
    for width in [1, 6, EXACT_AGENTS, EXACT_AGENTS + 1, 60] {
        let of = tossed(width, 1, &[0.3, 0.8, 0.2, 0.9]);
        let mut copy = tossed(3, 0, &[0.5]);
        copy.copy_from(&of);
        assert_eq!(copy.by_horizon(), of.by_horizon());
        copy.add(&coin(0.4), 2);
        let mut more = of.clone();
        more.add(&coin(0.4), 2);
        assert_eq!(copy.by_horizon(), more.by_horizon());
    }
}

#[test]
fn exact_up_to_a_few_dozen_agents() {
    assert!(tossed(EXACT_AGENTS, 0, &[]).exact() && !tossed(EXACT_AGENTS + 1, 0, &[]).exact());
}

#[test]
fn large_teams_are_close_to_the_exact_sum() {
    // Busy agents likely to stay so, and many lines that few answer: skewed to the right.
    let mut coins = vec![0.55; 20];
    coins.extend(vec![0.02; 300]);
    coins.extend(vec![0.2; 10]);
    for room in [26, 30, 34, 38, 45] {
        let found = tossed(room, 0, &coins).by_horizon();
        for j in [0, 3] {
            let at_horizon: Vec<f64> = coins.iter().map(|p| coin(*p)[j]).collect();
            near(found[j], by_sums(&at_horizon, room), 1.2e-3);
        }
    }
}

#[test]
fn a_skewed_sum_has_the_heavier_tail() {
    // A few rare events: the plain normal is off by several hundredths here.
    let coins = vec![0.03; 400];
    for room in [30, 8 + 17] {
        let mut conflict = Conflict::default();
        conflict.begin(room);
        conflict.add(&[0.03; HORIZONS], 400);
        near(conflict.by_horizon()[0], by_sums(&coins, room), 4e-4);
    }
    let mut fewer = Conflict::default();
    fewer.begin(25);
    fewer.add(&[0.05; HORIZONS], 300);
    near(fewer.by_horizon()[0], by_sums(&vec![0.05; 300], 25), 3e-4);
    let mut mirrored = Conflict::default();
    mirrored.begin(400);
    mirrored.add(&[0.97; HORIZONS], 400);
    mirrored.occupy(4);
    near(mirrored.by_horizon()[7], by_sums(&vec![0.97; 400], 396), 4e-3);
}

#[test]
fn waiting_calls_take_their_agents_in_large_teams_too() {
    let coins = vec![0.3; 90];
    let conflict = |waiting| tossed(40, waiting, &coins).by_horizon()[0];
    near(conflict(5), by_sums(&coins, 35), 1e-3);
    assert!(conflict(0) < conflict(1) && conflict(1) < conflict(5));
}

#[test]
fn uncertainty_about_the_list_widens_the_sum_of_large_teams() {
    let demand = [4.0; HORIZONS];
    let of = |room: usize, variance: f64| {
        let mut conflict = Conflict::default();
        conflict.begin(room);
        conflict.add(&[0.5; HORIZONS], 60);
        conflict.widen(&demand, variance);
        conflict.by_horizon()[4]
    };
    assert!(of(40, 0.2) > of(40, 0.0), "above the mean the tail grows");
    assert!(of(26, 0.2) < of(26, 0.0), "below it the certainty shrinks");
    // Sixty fair coins have a variance of 15; as much again makes 30: that of 120, whose spread is known.
    let wide: Vec<f64> = vec![0.5; 120];
    near(of(40, 15.0 / 16.0), by_sums(&wide, 70), 2e-3);
}

#[test]
fn the_average_is_over_where_a_call_lands() {
    let conflict = tossed(3, 0, &[0.2, 0.4, 0.6, 0.8]);
    let by_horizon = conflict.by_horizon();
    let mut weights = [0.0; HORIZONS];
    (weights[2], weights[9]) = (0.25, 0.75);
    near(conflict.over(&weights), 0.25 * by_horizon[2] + 0.75 * by_horizon[9], 1e-12);
}

#[test]
fn untossed_coins_are_borne_exactly_as_tossed_ones() {
    let base = tossed(40, 2, &[0.6; 40]);
    let weights = [1.0 / HORIZONS as f64; HORIZONS];
    for count in [0, 1, 5, 12, 40] {
        let mut more = base.clone();
        more.add(&coin(0.1), count);
        let conflict = more.over(&weights);
        assert!(base.bears(&coin(0.1), count, &weights, conflict + 1e-12), "{count}");
        assert!(!base.bears(&coin(0.1), count, &weights, conflict - 1e-12), "{count}");
    }
}
