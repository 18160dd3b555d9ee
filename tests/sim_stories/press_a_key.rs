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
    campaign_with(
        &[("mode = \"progressive\"", "mode = \"agentless\""), ("[agents]", "[flow]\nhandled_by = \"flow\"\n[agents]")],
        FLOW,
    )
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
