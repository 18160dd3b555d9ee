//! What somebody had stopped stays stopped over a restart, and says who that was.

use crate::kit::*;
use outpace::engine::{CampaignView, Engine, Halted, Input, LeadCounts, Machine, Output, Recovered, Request, View};
use outpace::words::*;
use std::sync::Arc;

/// A Monday, ten in New York.
const START: Wall = Wall(1_795_446_000_000_000);
const ID: CampaignId = CampaignId(1);

fn ask(engine: &mut Engine, at: Moment, request: Request) -> Option<CampaignView> {
    engine.handle(at, Input::Request { id: RequestId(1), by: "user:bert".into(), request });
    std::iter::from_fn(|| engine.poll_output())
        .filter_map(|output| match output {
            Output::View(View::Campaign(view)) => Some(*view),
            Output::View(View::Agent(_)) | Output::Fact(_) | Output::Command(_) => None,
        })
        .last()
}

fn restarted(state: CampaignState) -> (Engine, CampaignView) {
    let counts = LeadCounts { pending: 0, closed: 70, excluded: 5, ..LeadCounts::default() };
    let halted = vec![Halted { campaign: ID, state, by: "user:anna".into(), counts }];
    let mut engine = Engine::new(1);
    engine.handle(Moment::ZERO, Input::WallClock { offset: START.0 });
    let known = Recovered { node: 1, epoch: 2, halted, ..Recovered::default() };
    engine.handle(Moment::ZERO, Input::Recovered(Box::new(known)));
    let view = ask(&mut engine, Moment::ZERO, Request::Configure(Arc::new(campaign(&[])))).expect("it is shown");
    (engine, view)
}

#[test]
fn a_restart_starts_nothing_that_was_stopped() {
    for (state, sentence) in [
        (CampaignState::Paused, "Not dialing: paused by anna."),
        (CampaignState::Draining, "Draining, asked by anna: no new calls, those in flight finish."),
    ] {
        let (mut engine, view) = restarted(state);
        assert_eq!((view.state, view.reason.text(Lang::En).as_str()), (state, sentence));
        let later = Moment::ZERO + std::time::Duration::from_millis(1);
        let view = ask(&mut engine, later, Request::StartCampaign { campaign: ID });
        assert_eq!(view.expect("whoever gave the order sees it").state, CampaignState::Running);
    }
}

#[test]
fn a_list_that_was_through_wakes_with_new_leads() {
    let (mut engine, view) = restarted(CampaignState::Finished);
    assert_eq!(view.state, CampaignState::Finished);
    assert!(view.reason.text(Lang::En).contains("70"), "{:?}", view.reason);
    let view = ask(&mut engine, Moment::ZERO, Request::LeadsChanged { campaign: ID }).expect("it is shown");
    assert_eq!(view.state, CampaignState::Running);
}
