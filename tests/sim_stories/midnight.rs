//! A lead is leased on one day and its turn comes on the next: the room that the store kept for it is yesterday's, and
//! today another campaign may have called that number already.

use crate::kit::*;
use outpace::campaign::rules::Rule;
use outpace::engine::CampaignSpec;
use outpace::facts::{Envelope, Fact};
use outpace::sim::dist::Dist;
use outpace::sim::scenario::Mix;
use outpace::words::LocalDay;

/// Open all day long, which a law that closes the nights does not allow.
fn day_and_night(more: &[(&str, &str)], flow: &str) -> CampaignSpec {
    let hours = [
        ("zone = \"America/New_York\"", "zone = \"Asia/Shanghai\""),
        ("mon = \"09:00-20:00\"", "mon = \"00:00-24:00\""),
        ("tue = \"09:00-20:00\"", "tue = \"00:00-24:00\""),
        ("region = \"US\"", "region = \"CN\""),
    ];
    campaign_with(&[&hours, more].concat(), flow)
}

const ONE_STEP: &str = r#"
return flow {
	opener = function(call)
		step("hello", { text = "Good day", choices = { { "yes", en = "Yes" } } })
		finish("no")
	end,
}
"#;

fn placed_on(told: &Told) -> Vec<String> {
    let day = |e: &Envelope| LocalDay::at(e.wall, &["Asia/Shanghai".to_owned()], "UTC").date;
    told.facts.iter().filter(|e| matches!(e.fact, Fact::CallPlaced { .. })).map(day).collect()
}

/// The agent talks over midnight with the first of two; the second waits in the hopper. That it is leased anew before it is
/// placed is what the world checks (`reserved_day`).
#[test]
fn a_lead_of_yesterday_is_leased_again() {
    let mut day = quiet(HUMAN);
    day.start = "2026-11-23T23:59:45".into();
    day.list.leads = 2;
    let told = live(&day, day_and_night(&[], ONE_STEP));
    assert_eq!(told.violations, []);
    assert_eq!(placed_on(&told), ["2026-11-23", "2026-11-24"]);
}

/// The same while an agent looks at it: it is not dialed, and shown again as today's.
#[test]
fn a_lead_that_is_looked_at_over_midnight() {
    let mut day = quiet(HUMAN);
    day.start = "2026-11-23T23:59:40".into();
    day.agents.reaction_seconds = Dist::Fixed(15.0);
    day.agents.skips = 0.0;
    let told = live(&day, day_and_night(&[("mode = \"progressive\"", "mode = \"preview\"")], ONE_STEP));
    assert_eq!(told.violations, []);
    assert_eq!(placed_on(&told), ["2026-11-24"]);
}

/// On record in time, and still waiting for their turn on a slow trunk at midnight: they are withdrawn, and placed again.
#[test]
fn a_day_that_ends_while_a_call_waits_for_its_turn() {
    let mut day = quiet(Mix::NOBODY);
    day.start = "2026-11-23T23:59:40".into();
    day.list.leads = 60;
    day.agents.number = 0;
    day.carrier.trunks[0].calls_per_second = 1;
    // A slow disk lets the queue grow, and lets it all go at once, seconds before the end.
    day.store.durable_seconds = Dist::Fixed(9.0);
    let agentless = [
        ("mode = \"progressive\"", "mode = \"agentless\"\nlines_max = 40"),
        ("[agents]", "[flow]\nhandled_by = \"flow\"\n[agents]"),
    ];
    let spec = day_and_night(&agentless, "return flow { opener = function(call) finish(\"no\") end }");
    let told = live(&day, spec);
    assert_eq!(told.violations, []);
    let over =
        |e: &&Envelope| matches!(&e.fact, Fact::CallWithdrawn { rules, .. } if rules == &[Rule::AttemptsDay.id()]);
    assert!(told.facts.iter().filter(over).count() > 0, "no call was caught in the queue");
    assert!(placed_on(&told).iter().any(|day| day == "2026-11-24"));
}
