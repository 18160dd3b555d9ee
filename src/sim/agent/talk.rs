//! The agent in a call: a step talked through, the customer's answer clicked, the call ended and written up.
//! It refuses to know the day: breaks and clicks that come late are `agent`'s.

use super::*;

impl SimAgent {
    pub(super) fn sees_call(
        &mut self,
        call: &AgentCallView,
        work: &AgentsAtWork,
        other: Option<Counterpart>,
        out: &mut Vec<Do>,
    ) {
        if !call.customer_on_line {
            // Nobody to talk to any more: whatever was planned for this step is void.
            self.taken = Some((call.call, u32::MAX));
            return;
        }
        let Some(other) = other else { return };
        if !other.human {
            let notices = work.notices_machine_seconds.draw(&mut self.rng);
            self.ends(call.call, notices, out);
            return;
        }
        if call.outcome.is_some() {
            let farewell = work.reaction_seconds.draw(&mut self.rng);
            self.ends(call.call, farewell, out);
            return;
        }
        if lost(call) && self.taken != Some((call.call, call.turn)) {
            self.taken = Some((call.call, call.turn));
            out.push(Do::Later(Duration::from_secs(30), Plan::GoesOn { call: call.call, turn: call.turn }));
        }
        let Some(step) = call.step.as_ref().filter(|_| self.taken != Some((call.call, call.turn))) else { return };
        if self.taken.is_none_or(|(before, _)| before != call.call) {
            self.objections = 0;
        }
        self.taken = Some((call.call, call.turn));
        let time = step_time(work, step);
        let (spoken, leaves) = people::step(other.people, other.talk, time, self.pace);
        self.choice = self.decide(step, work, other.talk);
        match leaves {
            Some(after) => out.push(Do::CustomerLeaves(call.call, after)),
            None => out.push(Do::Later(spoken, Plan::Choose { call: call.call, turn: call.turn })),
        }
    }

    /// Once per call: the agent will end it.
    pub(super) fn ends(&mut self, call: CallId, after: Duration, out: &mut Vec<Do>) {
        if self.ending != Some(call) {
            self.ending = Some(call);
            out.push(Do::Later(after, Plan::HangUp { call }));
        }
    }

    pub(super) fn choose(&mut self, call: CallId, turn: u32, work: &AgentsAtWork, out: &mut Vec<Do>) {
        let open = self.call().is_some_and(|c| c.call == call && c.turn == turn && c.customer_on_line);
        if !open || self.taken != Some((call, turn)) {
            return;
        }
        if self.state() == Some(AgentState::NoDevice) {
            // The phone fell away in mid-sentence.
            out.push(Do::Later(Duration::from_secs(2), Plan::Choose { call, turn }));
            return;
        }
        let holds = chance(&mut self.rng, work.holds);
        let held = work.hold_seconds.draw(&mut self.rng);
        if holds && self.state() == Some(AgentState::Talk) {
            out.push(Do::Ask(Request::Hold { call, on: true }));
            out.push(Do::Later(held, Plan::HoldEnds { call, turn }));
            return;
        }
        if let Some((choice, fields)) = self.choice.take() {
            self.objections += i32::from(choice.starts_with("objection:"));
            out.push(Do::Ask(Request::Choose { call, turn, choice, fields }));
        }
    }

    /// What the customer's answer will be, drawn from the customer's own stream.
    fn decide(&self, step: &Step, work: &AgentsAtWork, talk: &mut Stream) -> Option<(String, Values)> {
        let named = |id: &str| {
            let long = work.choices.get(&format!("{}/{id}", step.name));
            long.or_else(|| work.choices.get(id)).copied()
        };
        let objection = |id: &str| if id.starts_with("objection:") { id.to_owned() } else { format!("objection:{id}") };
        let patience = work.objection_weight * 0.5f64.powi(self.objections);
        let mut ids: Vec<String> = step.choices.iter().map(|choice| choice.id.clone()).collect();
        let mut weights: Vec<f64> = ids.iter().map(|id| named(id).unwrap_or(1.0)).collect();
        for raised in &step.objections {
            let id = objection(&raised.id);
            weights.push(named(&id).unwrap_or(patience));
            ids.push(id);
        }
        let drawn = weighted(talk, &weights).or((!ids.is_empty()).then_some(0))?;
        Some((ids.swap_remove(drawn), step.fields.iter().filter_map(filled).collect()))
    }

    pub(super) fn wraps_up(&mut self, work: &AgentsAtWork, out: &mut Vec<Do>) {
        let Some(call) = self.call().map(|call| call.call) else { return };
        if self.closing != Some(call) {
            self.closing = Some(call);
            let time = work.wrap_seconds.draw(&mut self.rng).mul_f64(self.pace);
            out.push(Do::Later(time, Plan::Close { call }));
        }
    }
}

/// A customer on the line, and nothing on the screen to say.
pub(super) fn lost(call: &AgentCallView) -> bool {
    call.customer_on_line && call.step.is_none() && call.outcome.is_none()
}

fn step_time(work: &AgentsAtWork, step: &Step) -> Dist {
    use crate::engine::StepKind;
    let kind = match step.kind {
        StepKind::Opener => "opener",
        StepKind::Step => "step",
        StepKind::Objection => "objection",
        StepKind::Closing => "closing",
    };
    let named = work.step_seconds.get(&step.name).or_else(|| work.step_seconds.get(kind));
    named.copied().unwrap_or(Dist::lognormal(25.0, 0.5))
}

/// Something an agent could have typed.
fn filled(field: &Field) -> Option<(String, String)> {
    let value = match field.kind {
        FieldKind::Text => "as agreed".to_owned(),
        FieldKind::Number => "1".to_owned(),
        FieldKind::Date => "2026-12-01".to_owned(),
        FieldKind::Select => field.options.first()?.id.clone(),
    };
    Some((field.name.clone(), value))
}
