//! A flow that speaks by itself: prompts, digits, its own outcome.

use crate::kit::*;
use outpace::sim::scenario::Mix;

const FLOW: &str = r#"
return flow {
	opener = function(call)
		local digits, why = gather { prompt = "welcome", digits = 1, seconds = 6 }
		if digits == "1" then
			say("bye")
			finish("order")
		end
		finish("no")
	end,
}
"#;

fn agentless() -> outpace::engine::CampaignSpec {
    speaking(FLOW)
}

fn speaking(flow: &str) -> outpace::engine::CampaignSpec {
    campaign_with(
        &[("mode = \"progressive\"", "mode = \"agentless\""), ("[agents]", "[flow]\nhandled_by = \"flow\"\n[agents]")],
        flow,
    )
}

/// Every person types this.
fn typing(keys: &str) -> outpace::sim::Scenario {
    let mut day = day(HUMAN);
    day.population.digits = [(keys.to_owned(), 1.0)].into();
    day
}

fn day(mix: Mix) -> outpace::sim::Scenario {
    let mut day = quiet(mix);
    day.agents.number = 0;
    day.population.presses = 1.0;
    day.population.digits = [("1".to_owned(), 1.0)].into();
    day
}

#[test]
fn a_flow_that_speaks_by_itself_takes_the_key() {
    insta::assert_snapshot!(story(&day(HUMAN), agentless()));
}

#[test]
fn a_person_who_presses_nothing() {
    let mut day = day(HUMAN);
    day.population.presses = 0.0;
    insta::assert_snapshot!(story(&day, agentless()));
}

#[test]
fn a_person_who_hangs_up_in_the_prompt() {
    let mut day = day(HUMAN);
    day.population.leaves_in_prompt = 1.0;
    insta::assert_snapshot!(story(&day, agentless()));
}

/// The flow hears which keys they were; facts are for ever, and say only how many.
#[test]
fn a_pin_stands_in_no_fact() {
    const ASKS_FOR_A_PIN: &str = r##"
return flow {
	opener = function(call)
		local pin = gather { prompt = "welcome", digits = 8, seconds = 6, finish_on = "#" }
		finish(if pin == "471129" then "order" else "no")
	end,
}
"##;
    let told = live(&typing("471129#"), speaking(ASKS_FOR_A_PIN));
    assert_eq!(told.violations, []);
    let lines: Vec<String> = told.facts.iter().map(outpace::sim::lines::line).collect();
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    assert!(has("DigitsGathered call=1 count=6") && has("outcome=order"), "{}", lines.join("\n"));
    for fact in &told.facts {
        let written = serde_json::to_string(fact).expect("facts are JSON");
        assert!(!written.contains("471129"), "{written}");
    }
}

/// A message of the flow quotes what it stumbles over, and the record takes it without that.
#[test]
fn a_flow_that_fails_over_a_pin_does_not_tell_it() {
    const STUMBLES: &str = r##"
return flow {
	opener = function(call)
		local pin = gather { prompt = "welcome", digits = 8, seconds = 6, finish_on = "#" }
		finish(pin)
	end,
}
"##;
    let told = live(&typing("471129#"), speaking(STUMBLES));
    let lines: Vec<String> = told.facts.iter().map(outpace::sim::lines::line).collect();
    let failed = lines.iter().find(|line| line.contains("FlowFailed")).expect("no outcome is called so");
    assert!(failed.contains("***") && !failed.contains("471129"), "{failed}");
}

/// A menu says what its keys mean: that is a choice, and stays one.
#[test]
fn a_menus_key_stands_by_its_meaning() {
    const ASKS: &str = r#"
return flow {
	opener = function(call)
		local wish = menu { prompt = "welcome", keys = { ["1"] = "confirm" }, tries = 1 }
		finish(if wish == "confirm" then "order" else "no")
	end,
}
"#;
    let told = story(&typing("1"), speaking(ASKS));
    assert!(told.contains("ChoiceMade by=customer call=1 choice=confirm step=menu"), "{told}");
    assert!(told.contains("outcome=order") && !told.contains("DigitsGathered"), "{told}");
    let told = story(&typing("7"), speaking(ASKS));
    assert!(told.contains("DigitsGathered call=1 count=1") && told.contains("outcome=no"), "{told}");
}
