//! One agent by hand: steps talked through, breaks, and clicks that come late.

use super::*;
use crate::engine::{Choice, StepKind};
use crate::words::{Lang, LeadId, Text, Wall};

fn choice(id: &str) -> Choice {
    Choice { id: id.into(), text: Text::plain(id) }
}

fn view(state: AgentState, call: Option<AgentCallView>) -> AgentView {
    let id = AgentId(1);
    AgentView {
        agent: id,
        session: None,
        campaigns: Vec::new(),
        state: Some(state),
        reason: None,
        since: Wall(0),
        device: true,
        next: None,
        call,
        preview: None,
        notice: None,
    }
}

fn call_view(turn: u32) -> AgentCallView {
    let step = Step {
        name: "offer".into(),
        kind: StepKind::Step,
        text: Text::plain("Would you like it?"),
        choices: vec![choice("yes"), choice("no")],
        objections: vec![choice("too_dear")],
        fields: vec![Field {
            name: "quantity".into(),
            label: Text::plain("How many"),
            kind: FieldKind::Number,
            required: true,
            options: vec![],
        }],
    };
    AgentCallView {
        call: CallId(9),
        campaign: CampaignId(1),
        lead: LeadId(1),
        attempt: 1,
        lang: Lang::En,
        local_time: "10:00".into(),
        zone: None,
        customer_on_line: true,
        turn,
        step: Some(step),
        outcome: None,
        wrap_until: None,
        closes_at: None,
        extensions_left: 4,
        callback_at: None,
    }
}

#[test]
fn talks_through_a_step_once_and_answers_with_its_turn() {
    let mut work = AgentsAtWork { holds: 0.0, ..AgentsAtWork::default() };
    work.choices.insert("no".into(), 0.0);
    work.choices.insert("objection:too_dear".into(), 0.0);
    let people = Population { leaves_in_step: 0.0, ..Population::default() };
    let mut agent = SimAgent::new(AgentId(1), 0, &work, vec![CampaignId(1)], 1);
    let mut talk = stream(1, Purpose::Talk, 1, 1);
    let mut out = Vec::new();
    for _ in 0..2 {
        let other = Counterpart { human: true, talk: &mut talk, people: &people };
        agent.sees(view(AgentState::Talk, Some(call_view(3))), &work, Some(other), &mut out);
    }
    let [Do::Later(_, plan)] = &out[..] else { panic!("one plan for one step: {out:?}") };
    let mut asked = Vec::new();
    agent.due(Moment(1), plan.clone(), &work, &mut asked);
    match &asked[..] {
        [Do::Ask(Request::Choose { turn: 3, choice, fields, .. })] => {
            assert_eq!(choice, "yes");
            assert_eq!(fields["quantity"], "1");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_break_begins_when_the_pause_does_and_ends_with_ready() {
    let mut work = AgentsAtWork { forgets_ready: 0.0, ..AgentsAtWork::default() };
    work.breaks.push(super::super::scenario::Break { after_minutes: 60.0, minutes: 15.0, reason: "lunch".into() });
    let mut agent = SimAgent::new(AgentId(1), 0, &work, vec![], 1);
    let mut out = Vec::new();
    agent.due(Moment(0), Plan::LogIn, &work, &mut out);
    agent.sees(view(AgentState::Talk, None), &work, None, &mut out);
    out.clear();
    agent.due(Moment(1), Plan::BreakBegins(0), &work, &mut out);
    assert!(matches!(&out[..], [Do::Ask(Request::Pause { reason, .. })] if reason == "lunch"));
    out.clear();
    agent.sees(view(AgentState::Pause, None), &work, None, &mut out);
    let Some(Do::Later(_, look)) = out.pop() else { panic!("looks at the screen") };
    agent.due(Moment(2), look, &work, &mut out);
    assert!(matches!(out[..], [Do::Later(length, Plan::BreakEnds(0))] if length.as_secs() == 900));
    out.clear();
    agent.due(Moment(3), Plan::BreakEnds(0), &work, &mut out);
    let Some(Do::Later(_, look)) = out.pop() else { panic!("comes back") };
    agent.due(Moment(4), look, &work, &mut out);
    assert!(matches!(out[..], [Do::Ask(Request::Ready { .. })]));
}

#[test]
fn an_agent_who_is_away_clicks_later() {
    let work = AgentsAtWork::default();
    let mut agent = SimAgent::new(AgentId(1), 0, &work, vec![], 1);
    agent.goes_away(Moment::from_millis(9000));
    let mut out = Vec::new();
    agent.due(Moment::from_millis(4000), Plan::LogIn, &work, &mut out);
    assert!(matches!(out[..], [Do::Later(wait, Plan::LogIn)] if wait == Duration::from_secs(5)));
}
