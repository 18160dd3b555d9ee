//! Many seeds, two settings on the same people, and a day fitted from its own facts.

#[path = "sim_stories/kit.rs"]
#[allow(dead_code, reason = "this file uses a part of the stories' kit")]
mod kit;

use kit::*;
use outpace::facts::Envelope;
use outpace::sim::Scenario;
use outpace::sim::dist::{Dist, Shape};
use outpace::sim::population::Fitter;
use outpace::sim::report::Summary;
use outpace::sim::report_bands::{Bands, paired, text, versus_text};
use outpace::sim::report_html::page;
use outpace::sim::run::simulate;
use outpace::words::{CampaignId, Lang};

const PREDICTIVE: &[(&str, &str)] = &[("mode = \"progressive\"", "mode = \"predictive\"")];

fn short() -> Scenario {
    let mut day = Scenario { hours: 0.25, ..Scenario::default() };
    day.agents.number = 8;
    day.agents.leaves_early = 0.0;
    day.agents.login_ramp_seconds = 5.0;
    day
}

fn runs(settings: &[(&str, &str)], seeds: u64) -> Vec<Summary> {
    let of = |seed| simulate(&Scenario { seed, ..short() }, vec![campaign(settings)], |_| ()).summary;
    (1..=seeds).map(of).collect()
}

#[test]
fn two_settings_meet_the_same_people() {
    let (a, b) = (runs(&[], 4), runs(PREDICTIVE, 4));
    let same = paired(&a, &a);
    assert!(same.iter().all(|pair| pair.mean == 0.0 && !pair.significant()), "{same:?}");
    let pairs = paired(&a, &b);
    let utilization = pairs.iter().find(|pair| pair.id == "occupancy").expect("it has agents");
    assert!(utilization.mean > 0.0 && utilization.above >= 3, "predicting keeps agents busier: {utilization:?}");
    let (a, b) = (Bands::of("one line each", &a), Bands::of("predictive", &b));
    let told = versus_text(&a, &b, &pairs);
    assert!(told.contains("one line each") && told.contains("utilization"), "{told}");
    let alone = text(&a, None);
    assert!(alone.contains("4 runs") && alone.contains('█') && alone.contains("利用率"), "{alone}");
    let html = page("A <day>", &[&a, &b], &pairs, 0.03);
    assert!(html.starts_with("<!doctype html>") && html.contains("A &lt;day&gt;"));
    assert_eq!(html.matches("<svg").count(), 4);
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    assert!(html.contains("prefers-color-scheme:dark") && html.contains("利用率"));
    for outside in ["http:", "https:", "<script", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside} in a page that must stand alone");
    }
}

/// A day on which nobody may be called is no riddle: it says why, in both languages, on the terminal and on the page.
#[test]
fn a_day_outside_the_hours_says_so() {
    let night = Scenario { start: "2026-11-23T22:30:00".into(), ..short() };
    let summary = simulate(&night, vec![campaign(&[])], |_| ()).summary;
    assert!(summary.hours.is_empty(), "nobody was called: {:?}", summary.hours);
    let longest = &summary.reasons[0];
    assert!(longest.reason.code == "why.hours_campaign" && longest.share > 0.9, "{:?}", summary.reasons);
    let bands = Bands::of("night", std::slice::from_ref(&summary));
    for told in [summary.text(Lang::En), text(&bands, None), page("night", &[&bands], &[], 0.03)] {
        assert!(told.contains("calling hours") && told.contains("拨打时段"), "{told}");
    }
}

/// What is fitted from a day's facts is what the day was made of, within the chance of one day.
#[test]
fn a_day_is_fitted_from_its_facts() {
    let mut made = short();
    made.hours = 0.8;
    made.agents.pace_sigma = 0.0;
    made.agents.forgets_ready = 0.0;
    let zone = jiff::tz::TimeZone::get("America/New_York").expect("a zone");
    let mut fitter = Fitter::new(CampaignId(1), zone);
    let day = simulate(&made, vec![campaign(PREDICTIVE)], |fact: &Envelope| fitter.observe(fact));
    assert_eq!(day.violations, 0);
    let fitted = fitter.scenario(&Scenario::default()).expect("calls were placed");
    assert_eq!((fitted.agents.number, &fitted.start[..16]), (8, "2026-11-23T09:00"));
    assert!((fitted.hours - 0.8).abs() < 0.1, "{}", fitted.hours);
    let near = |what: &str, found: f64, made: f64, within: f64| {
        assert!((found - made).abs() <= within, "{what}: {found}, made as {made}");
    };
    let (found, was) = (fitted.population.hours[0].mix, made.population.hours[0].mix);
    near("people", found.human, was.human, 0.06);
    near("machines", found.machine, was.machine, 0.06);
    near("busy", found.busy, was.busy, 0.03);
    near("vacant", fitted.population.invalid, made.population.invalid, 0.03);
    let median = |dist: Dist| match dist {
        Dist::Fixed(seconds) => seconds,
        Dist::Drawn(Shape::Lognormal { median, .. }) => median,
        Dist::Drawn(other) => panic!("{other:?}"),
    };
    near("ringing", median(fitted.population.ring_human_seconds), median(made.population.ring_human_seconds), 1.5);
    near("wrap-up", median(fitted.agents.wrap_seconds), median(made.agents.wrap_seconds), 3.0);
    near("the opener", median(fitted.agents.step_seconds["hello"]), median(made.agents.step_seconds["opener"]), 4.0);
    assert!(fitted.agents.choices.contains_key("hello/yes"), "{:?}", fitted.agents.choices);
    // And a simulation of the fitted day runs by all rules.
    let again = simulate(&Scenario { hours: 0.2, ..fitted }, vec![campaign(PREDICTIVE)], |_| ());
    assert_eq!(again.violations, 0, "{}", again.summary.violations.join("\n"));
}

#[test]
fn a_day_without_calls_fits_nothing() {
    let zone = jiff::tz::TimeZone::UTC;
    assert_eq!(Fitter::new(CampaignId(1), zone).scenario(&Scenario::default()), None);
}
