//! What is learned, against figures worked out by hand: hazards are endings over exposure, shrunk by a prior that
//! enough observations wash out.

use super::near;
use crate::pacing::Prior;
use crate::pacing::estimate::hazard::Hazard;
use crate::pacing::estimate::{Amd, Ring, Speed, Talk};

#[test]
fn a_hazard_starts_as_its_prior() {
    let hazard = Hazard::new(20.0, 3.0);
    near(hazard.overall(), 0.05, 1e-12);
    near(hazard.between(0.0, 20.0), 1.0, 1e-12);
    near(hazard.between(7.5, 7.5), 0.0, 1e-12);
    near(hazard.between(1000.0, 1020.0), 1.0, 1e-12);
    near(hazard.outlasts().from(3.0).take(20).product::<f64>(), (-1f64).exp(), 1e-12);
    near(Hazard::new(0.0, 3.0).overall(), 2.0, 1e-12);
}

#[test]
fn a_hazard_is_endings_over_exposure() {
    let mut hazard = Hazard::new(20.0, 2.0);
    (0..30).for_each(|_| {
        hazard.expose(0.0, 5.0);
        hazard.end(5.0);
    });
    near(hazard.overall(), 32.0 / (40.0 + 150.0), 1e-12);
    // Nothing ended in the first second, of thirty seen; all did between four and six, of thirty seconds seen.
    let towards = hazard.overall();
    near(hazard.between(0.0, 1.0), 2.0 / (30.0 + 2.0 / towards), 1e-12);
    near(hazard.between(4.0, 6.0), 2.0 * 32.0 / (30.0 + 2.0 / towards), 1e-12);
    near(hazard.between(3.5, 4.5), 0.5 * hazard.between(3.0, 4.0) + 0.25 * hazard.between(4.0, 6.0), 1e-12);
    near(hazard.between(20.0, 25.0), 5.0 * towards, 1e-12);
    let outlasts: Vec<f64> = hazard.outlasts().from(3.0).take(3).collect();
    near(outlasts[0], (-hazard.between(3.0, 4.0)).exp(), 1e-12);
    near(outlasts[1], (-hazard.between(4.0, 5.0)).exp(), 1e-12);
    near(outlasts[2], outlasts[1], 1e-12);
}

#[test]
fn exposure_is_laid_where_it_was() {
    let mut hazard = Hazard::new(100.0, 1.0);
    hazard.expose(2.5, 7.0);
    hazard.expose(9.0, 9.0);
    hazard.expose(9.0, 3.0);
    let prior = hazard.overall();
    near(prior, 1.0 / 104.5, 1e-12);
    let rate = |exposure: f64| 2.0 / (exposure + 2.0 / prior);
    near(hazard.between(1.0, 2.0), rate(0.0), 1e-12);
    near(hazard.between(2.0, 3.0), rate(0.5), 1e-12);
    near(hazard.between(3.0, 4.0), rate(1.0), 1e-12);
    near(hazard.between(4.0, 6.0), 2.0 * rate(2.0), 1e-12);
    near(hazard.between(6.0, 8.0), 2.0 * rate(1.0), 1e-12);
    near(hazard.between(8.0, 10.0), 2.0 * rate(0.0), 1e-12);
    hazard.expose(850.0, 2000.0);
    near(hazard.between(1500.0, 1501.0), 2.0 / (1100.0 + 2.0 / hazard.overall()), 1e-12);
}

#[test]
fn what_fades_weighs_less_and_says_the_same() {
    let mut hazard = Hazard::new(50.0, 0.0);
    hazard.expose(0.0, 1.0);
    hazard.end(0.5);
    near(hazard.overall(), 1.0 / 1.0, 1e-12);
    hazard.fade(0.25);
    near(hazard.overall(), 1.0, 1e-12);
    near(hazard.between(0.0, 1.0), (0.25 + 2.0) / (0.25 + 2.0), 1e-12);
    hazard.expose(0.0, 0.25);
    near(hazard.overall(), 0.5, 1e-12);
    hazard.fade(0.0);
    near(hazard.overall(), 1.0 / 50.0, 1e-12);
    assert!(hazard.sound());
}

fn calls(ring: &mut Ring, times: u32, mut one: impl FnMut(&mut Ring)) {
    (0..times).for_each(|_| one(ring));
}

#[test]
fn lines_begin_to_ring_and_end_as_often_as_they_did() {
    let mut ring = Ring::new(25.0, false);
    // Of a hundred that dial for three seconds, eighty ring then and twenty end.
    calls(&mut ring, 20, |ring| {
        (0..5).for_each(|_| ring.expose_pre(0.0, 3.5));
        (0..4).for_each(|_| ring.rang(3.2));
        ring.ended(3.2, false);
    });
    let (fresh, off) = Ring::new(25.0, false).pre_hazard(3.0);
    let prior = 6.0;
    near(ring.pre_hazard(3.9).0, (80.0 + fresh * prior) / (50.0 + prior), 1e-9);
    near(ring.pre_hazard(3.0).1, (20.0 + off * prior) / (50.0 + prior), 1e-9);
    near(ring.pre_hazard(1.0).0, fresh * prior / (100.0 + prior), 1e-9);
    near(ring.pre_hazard(4.0).0, fresh, 1e-9);
}

#[test]
fn ringing_is_answered_as_often_as_it_was() {
    let mut ring = Ring::new(25.0, false);
    calls(&mut ring, 40, |ring| {
        ring.expose_ring(0.0, 10.0);
        ring.answered(10.0);
    });
    let (on, off) = Ring::new(25.0, false).ring_hazard(50.0);
    // Weights of a half, one, a half: each bin has a prior of eight seconds.
    let of = |answered: f64, exposed: f64| (answered + on * 16.0) / (exposed + 16.0);
    near(ring.ring_hazard(10.5).0, of(40.0, 0.5 * 40.0), 1e-9);
    near(ring.ring_hazard(9.0).0, of(20.0, 1.5 * 40.0), 1e-9);
    near(ring.ring_hazard(11.0).0, of(20.0, 0.0), 1e-9);
    near(ring.ring_hazard(12.0).0, on, 1e-9);
    near(ring.ring_hazard(5.0).1, off * 16.0 / (80.0 + 16.0), 1e-9);
    near(ring.ring_hazard(0.0).0, on * 12.0 / (1.5 * 40.0 + 12.0), 1e-9);
    assert_eq!(ring.ring_seconds(), (10.0, 40));
    assert_eq!(Ring::new(25.0, false).ring_seconds(), (0.0, 0));
    ring.ended(24.0, true);
    near(ring.ring_hazard(24.9).1, (1.0 + off * 16.0) / 16.0, 1e-9);
    near(ring.ring_hazard(500.0).0, on, 1e-9);
}

#[test]
fn exposure_is_by_the_second_and_the_last_bin_takes_the_rest() {
    let mut ring = Ring::new(25.0, false);
    ring.expose_pre(-3.0, 0.25);
    ring.expose_pre(1.5, 2.5);
    ring.expose_pre(4.0, 2.0);
    let (on, _) = Ring::new(25.0, false).pre_hazard(0.0);
    near(ring.pre_hazard(0.0).0, on * 6.0 / 6.25, 1e-9);
    near(ring.pre_hazard(1.0).0, on * 6.0 / 6.5, 1e-9);
    near(ring.pre_hazard(2.0).0, on * 6.0 / 6.5, 1e-9);
    near(ring.pre_hazard(3.0).0, on, 1e-9);
    let late = Ring::new(25.0, false).pre_hazard(29.0).0;
    ring.expose_pre(28.5, 60.0);
    near(ring.pre_hazard(29.0).0, late / 32.0, 1e-9);
    near(ring.pre_hazard(28.0).0, late / 1.5, 1e-9);
}

#[test]
fn shares_of_people_are_those_seen_shrunk_to_the_campaigns() {
    let mut ring = Ring::new(25.0, true);
    let first = ring.live_share(8.0);
    near(first, 0.6, 1e-12);
    calls(&mut ring, 30, |ring| ring.verdict(8.5, true));
    let overall = 36.0 / 40.0;
    near(ring.live_share(8.0), (6.0 * overall + 30.0) / 36.0, 1e-12);
    near(ring.live_share(9.9), (6.0 * overall + 15.0) / 21.0, 1e-12);
    near(ring.live_share(7.0), (6.0 * overall + 15.0) / 21.0, 1e-12);
    near(ring.live_share(3.0), overall, 1e-12);
    assert_eq!((ring.resolved, ring.lives), (30, 30));
    ring.verdict(8.5, false);
    assert_eq!((ring.resolved, ring.lives), (31, 30));
    near(ring.live_share(3.0), 36.0 / 41.0, 1e-12);
    let people = ring.person_share_overall();
    calls(&mut ring, 10, |ring| ring.disposition(3.0, false));
    assert!(ring.person_share_overall() < people && ring.person_share(3.0) < ring.person_share(20.0));
    near(ring.person_share_overall(), 4.0 / 14.4, 1e-12);
    near(ring.person_share(3.0), 6.0 * ring.person_share_overall() / 16.0, 1e-12);
    ring.disposition(3.0, true);
    near(ring.person_share_overall(), 5.0 / 15.4, 1e-12);
}

#[test]
fn without_amd_an_answer_is_live() {
    near(Ring::new(25.0, false).live_share(3.0), 0.999, 1e-12);
    assert!(Ring::new(25.0, false).person_share_overall() < Ring::new(25.0, true).person_share_overall());
}

#[test]
fn what_resolved_long_ago_is_half_forgotten() {
    let mut ring = Ring::new(25.0, false);
    (0..1000).for_each(|_| {
        ring.expose_ring(0.0, 1.0);
        ring.answered(0.5);
    });
    let hazard = |ring: &Ring| ring.ring_hazard(0.5);
    let before = hazard(&ring);
    // Calls that end elsewhere let time pass: after four thousand of them all weighs half.
    (0..4000).for_each(|_| ring.ended(100.0, true));
    assert_eq!(ring.resolved, 4000);
    near(hazard(&ring).0, before.0, 1e-9);
    // So many seconds more would have halved the hazard before; now half of them do.
    let prior = 1.5 * 8.0;
    ring.expose_ring(0.0, 1.0);
    (0..499).for_each(|_| ring.expose_ring(0.0, 1.0));
    let exposure = 0.5 * (1000.0 + prior);
    near(hazard(&ring).0, before.0 * exposure / (exposure + 500.0), 1e-3);
    // Shares, too, and not before fifty.
    let mut few = Ring::new(25.0, true);
    (0..49).for_each(|_| few.verdict(3.0, true));
    near(few.live_share(20.0), 55.0 / 59.0, 1e-12);
    few.verdict(3.0, true);
    let keep = 0.5f64.powf(50.0 / 4000.0);
    near(few.live_share(20.0), 56.0 / 60.0, 1e-12);
    few.verdict(3.0, false);
    near(few.live_share(20.0), 56.0 * keep / (60.0 * keep + 1.0), 1e-12);
}

#[test]
fn a_prior_of_earlier_runs_sets_the_answering_hazard() {
    let rate_of = |prior: Prior| {
        let mut ring = Ring::new(25.0, false);
        ring.warm(&prior);
        let (mut alive, mut answered) = (1.0, 0.0);
        for second in 0..25 {
            let (on, off) = ring.ring_hazard(f64::from(second) + 0.5);
            let ends = alive * (1.0 - (-(on + off)).exp());
            answered += ends * on / (on + off);
            alive -= ends;
        }
        answered
    };
    let prior = Prior { answer_rate: 0.2, ring_seconds: 8.0, talk_seconds: 60.0, wrap_seconds: 10.0, calls: 5000.0 };
    near(rate_of(prior), 0.2, 0.015);
    near(rate_of(Prior { answer_rate: 0.5, ..prior }), 0.5, 0.03);
    let none = Ring::new(25.0, false);
    let mut empty = Ring::new(25.0, false);
    empty.warm(&Prior { calls: 0.0, ..prior });
    assert_eq!(empty.ring_hazard(8.0), none.ring_hazard(8.0));
    // Ring times lie around the mean that was told.
    let mut early = Ring::new(25.0, false);
    early.warm(&Prior { ring_seconds: 4.0, ..prior });
    let mut late = Ring::new(25.0, false);
    late.warm(&Prior { ring_seconds: 16.0, ..prior });
    assert!(early.ring_hazard(3.0).0 > 3.0 * late.ring_hazard(3.0).0);
    assert!(early.ring_hazard(17.0).0 < late.ring_hazard(17.0).0);
}

#[test]
fn a_prior_lies_in_the_bins_as_its_calls_would() {
    let fresh = serde_json::to_value(Ring::new(20.0, true)).expect("numbers");
    let mut ring = Ring::new(20.0, true);
    let prior = Prior { answer_rate: 0.24, ring_seconds: 6.0, talk_seconds: 1.0, wrap_seconds: 1.0, calls: 1000.0 };
    ring.warm(&prior);
    let warm = serde_json::to_value(&ring).expect("numbers");
    let added = |bin: usize, field: &str| {
        let number = |value: &serde_json::Value| value["ring"][bin][field].as_f64().expect("a number");
        number(&warm) - number(&fresh)
    };
    // Three fifths of the answered are live with AMD: 400 answered calls for 240 live ones.
    let mut left = 1000.0;
    for bin in 0..20 {
        near(added(bin, "exposure"), left, 1e-6);
        left -= added(bin, "on");
    }
    near(left, 600.0, 1e-6);
    assert_eq!((added(20, "exposure"), added(20, "on")), (0.0, 0.0));
    // A gamma of shape four around the mean.
    let density = |age: f64| age.powi(3) * (-4.0 * age / 6.0).exp();
    for (one, other) in [(2, 7), (4, 15), (0, 19)] {
        let ratio = density(one as f64 + 0.5) / density(other as f64 + 0.5);
        near(added(one, "on") / added(other, "on") / ratio, 1.0, 1e-6);
    }
    // More answers than calls are no answers.
    let mut rich = Ring::new(20.0, true);
    rich.warm(&Prior { answer_rate: 0.95, ..prior });
    let rich = serde_json::to_value(&rich).expect("numbers");
    assert!((0..20).all(|bin| rich["ring"][bin]["exposure"].as_f64() >= fresh["ring"][bin]["exposure"].as_f64()));
}

#[test]
fn amd_thinks_as_long_as_it_did() {
    let mut amd = Amd::default();
    (0..400).for_each(|_| amd.verdict(1.1, true));
    (0..400).for_each(|_| amd.verdict(3.1, false));
    amd.refresh();
    near(amd.live_within(1.0), 0.0, 0.02);
    near(amd.live_within(1.25), 1.0, 0.02);
    near(amd.live_within(1.125), 0.5, 0.02);
    assert_eq!((amd.live_within(0.0), amd.live_within(6.0), amd.live_within(99.0)), (0.0, 1.0, 1.0));
    let mass: f64 = (0..12).map(|step| amd.live_mass(step)).sum();
    near(mass, 1.0, 1e-9);
    near(amd.live_mass(2), 1.0, 0.03);
    near(amd.still_live(0.4, 0.5), 0.4, 0.01);
    assert!(amd.still_live(0.4, 2.0) < 0.02, "people are told sooner");
    (0..4000).for_each(|_| amd.verdict(5.1, true));
    amd.refresh();
    assert!(amd.still_live(0.4, 4.0) > 0.99, "and now they are not");
    amd.verdict(1e9, true);
    assert!(amd.sound());
}

#[test]
fn verdicts_add_up_over_their_bins() {
    let mut amd = Amd::default();
    for n in 0..1900 {
        amd.verdict([0.6, 1.1, 1.1, 3.3][n % 4], true);
    }
    amd.refresh();
    near(amd.live_within(0.9), 0.25, 0.01);
    near(amd.live_within(1.125), 0.5, 0.01);
    near(amd.live_within(1.1875), 0.625, 0.01);
    near(amd.live_within(1.25), 0.75, 0.01);
    near(amd.live_within(3.375), 0.875, 0.01);
}

#[test]
fn the_chance_of_a_silent_answer_is_that_of_bayes() {
    let mut amd = Amd::default();
    (0..9000).for_each(|n| amd.verdict(if n % 4 == 0 { 2.6 } else { 1.1 }, true));
    (0..9000).for_each(|n| amd.verdict(if n % 4 == 0 { 1.1 } else { 2.6 }, false));
    amd.refresh();
    // A quarter of the people and three quarters of the machines are silent for two seconds.
    near(amd.still_live(0.5, 2.0), 0.25, 0.01);
    near(amd.still_live(0.9, 2.0), 0.9 * 0.25 / (0.9 * 0.25 + 0.1 * 0.75), 0.01);
}

#[test]
fn old_verdicts_are_forgotten() {
    let mut amd = Amd::default();
    (0..2100).for_each(|_| amd.verdict(1.1, true));
    (0..20).for_each(|_| amd.refresh());
    (0..2100).for_each(|_| amd.verdict(2.6, true));
    amd.refresh();
    near(amd.live_within(2.0), 0.3, 0.05);
    // Two thousand, with those of the prior, are still remembered.
    let mut few = Amd::default();
    (0..1994).for_each(|_| few.verdict(1.1, true));
    (0..20).for_each(|_| few.refresh());
    (0..1994).for_each(|_| few.verdict(2.6, true));
    few.refresh();
    near(few.live_within(2.0), 0.5, 0.02);
}

#[test]
fn an_agents_speed_is_endings_over_what_was_expected() {
    let mut speed = Speed::default();
    assert_eq!((speed.talk_factor(), speed.wrap_factor()), (1.0, 1.0));
    speed.talked(40.0, 0.0);
    assert_eq!(speed.talk_factor(), 0.5);
    speed.talked(0.0, 80.0);
    assert_eq!((speed.talk_factor(), speed.wrap_factor()), (1.5, 1.0));
    speed.wrapped(20.0, 40.0);
    assert_eq!(speed.wrap_factor(), 1.5);
    speed.wrapped(0.0, 1e6);
    speed.talked(1e6, 0.0);
    assert_eq!((speed.talk_factor(), speed.wrap_factor()), (0.5, 2.0));
}

#[test]
fn talks_and_wrap_ups_are_shown_by_their_means() {
    let mut talk = Talk::default();
    near(talk.handling().0, 72.0, 1e-9);
    assert_eq!(talk.handling().1, 0);
    talk.ended(0, 10.0, 30.0);
    talk.ended(0, 10.0, 50.0);
    near(talk.handling().0, 52.0, 1e-9);
    talk.wrapped(true, 4.0, true, false);
    talk.wrapped(false, 8.0, true, false);
    near(talk.handling().0, 46.0, 1e-9);
    assert_eq!(talk.handling().1, 2);
}

#[test]
fn announced_pauses_do_not_count_against_readiness() {
    let mut talk = Talk::default();
    let first = talk.ready_share();
    talk.wrapped(true, 4.0, false, true);
    assert_eq!(talk.ready_share(), first);
    talk.wrapped(true, 4.0, false, false);
    near(talk.ready_share(), 9.5 / 11.0, 1e-12);
    talk.wrapped(true, 4.0, true, false);
    near(talk.ready_share(), 10.5 / 12.0, 1e-12);
}

#[test]
fn steps_are_learned_by_what_follows() {
    let mut talk = Talk::default();
    assert_eq!(
        (Talk::stage_of(0), Talk::stage_of(5), Talk::stage_of(62), Talk::stage_of(4_000_000_000)),
        (1, 6, 63, 63)
    );
    let version = talk.version;
    talk.stepped(1, 12.0, 3);
    talk.stepped(1, 12.0, 2);
    talk.stepped(1, 12.0, 3);
    assert_eq!(talk.stages.len(), 2);
    assert_eq!(talk.stages[1].next, [0.0, 0.0, 1.0, 2.0]);
    talk.ended(1, 5.0, 40.0);
    assert_eq!((talk.stages[1].ends, talk.stages[0].ends, talk.version), (1.0, 0.0, version + 4));
    talk.expose(1, (0.0, 100.0), (0.0, 0.0));
    near(talk.stages[1].leaves.overall(), 5.0 / 130.0, 1e-12);
    near(talk.pooled.overall(), 4.0 / 180.0, 1e-12);
    talk.expose(0, (0.0, 0.0), (0.0, 20.0));
    near(talk.pooled.overall(), 4.0 / 200.0, 1e-12);
    talk.returned(10.0);
    talk.given_back(10.0);
    near(talk.pauses.overall(), 2.0 / 600.0, 1e-12);
    near(talk.taken.overall(), 3.0 / 240.0, 1e-12);
    assert_eq!(talk.version, version + 6);
    talk.wrapped(true, 5.0, true, false);
    near(talk.wraps[1].overall(), 4.0 / 36.0, 1e-12);
    near(talk.wraps[0].overall(), 3.0 / 36.0, 1e-12);
    assert_eq!(talk.version, version + 7);
}

#[test]
fn a_prior_sets_talks_and_wrap_ups() {
    let mut talk = Talk::default();
    let prior = Prior { answer_rate: 0.1, ring_seconds: 8.0, talk_seconds: 200.0, wrap_seconds: 20.0, calls: 300.0 };
    talk.warm(&prior);
    assert_eq!(talk.version, 1);
    near(talk.handling().0, 220.0, 1e-9);
    // Worth thirty talks.
    talk.ended(0, 1.0, 1.0);
    near(talk.stages[0].leaves.overall(), 31.0 / 6000.0, 1e-12);
    near(talk.pooled.overall(), 31.0 / 6000.0, 1e-12);
    talk.wrapped(false, 1.0, true, false);
    near(talk.wraps[0].overall(), 31.0 / 600.0, 1e-12);
    near(talk.wraps[1].overall(), 30.0 / 600.0, 1e-12);
}

#[test]
fn old_talks_are_half_forgotten_after_three_thousand() {
    let mut talk = Talk::default();
    (0..49).for_each(|_| talk.ended(0, 1.0, 1.0));
    assert_eq!(talk.stages[0].ends, 49.0);
    talk.stepped(0, 1.0, 1);
    talk.ended(0, 1.0, 1.0);
    let keep = 0.5f64.powf(50.0 / 3000.0);
    near(talk.stages[0].ends, 50.0 * keep, 1e-9);
    near(talk.stages[0].next[1], keep, 1e-9);
    (0..60_000).for_each(|_| talk.ended(0, 1.0, 1.0));
    let steady = 50.0 * keep / (1.0 - keep);
    near(talk.stages[0].ends, steady, 1.0);
    assert_eq!(talk.handling().1, 60_050, "what is shown forgets nothing");
}
