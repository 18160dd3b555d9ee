//! What events do to the pacer: lines and agents move, estimates learn, the ledger counts. It decides nothing.

use super::*;

impl Pacer {
    /// A clock that jumps back stands still here.
    pub(super) fn advance(&mut self, now: Moment) -> Moment {
        self.now = self.now.max(now);
        self.now
    }

    pub(super) fn ringing(&mut self, call: CallId, now: Moment) {
        let Some(line) = self.state.line(call) else { return };
        if line.stage == Stage::Dialing {
            let dialed = seconds(now, line.since);
            self.predictive.ring.expose_pre(0.0, dialed);
            self.predictive.ring.rang(dialed);
            self.state.advance(call, Stage::Ringing, now);
        }
    }

    pub(super) fn answered(&mut self, call: CallId, now: Moment) {
        self.ringing(call, now);
        let Some(line) = self.state.line(call).filter(|line| line.stage == Stage::Ringing) else { return };
        self.predictive.rang_until(line, now);
        let rung = seconds(now, line.since);
        self.predictive.ring.answered(rung);
        let credited =
            if self.settings.amd { self.predictive.levelled(self.predictive.ring.live_share(rung)) } else { 1.0 };
        self.predictive.level.observe(credited);
        self.predictive.answered(&self.state);
        self.state.advance(call, Stage::Answered, now);
        if let Some(line) = self.state.line(call) {
            (line.rung_seconds, line.credited, line.answered) = (rung, credited, now);
        }
    }

    pub(super) fn live(&mut self, call: CallId, now: Moment) {
        self.answered(call, now);
        let Some(line) = self.state.line(call).copied().filter(|line| line.stage == Stage::Answered) else { return };
        self.verdict(&line, true, now);
        self.state.advance(call, Stage::Waiting, now);
        let person = match self.settings.counts {
            Counts::Answers => 1.0,
            Counts::People => self.predictive.levelled(self.predictive.ring.person_share(line.rung_seconds)),
        };
        if let Some(line) = self.state.line(call) {
            line.person = person;
        }
    }

    pub(super) fn verdict(&mut self, line: &Line, live: bool, now: Moment) {
        if self.settings.amd {
            self.predictive.amd.verdict(seconds(now, line.since), live);
        }
        self.predictive.level.observe(f64::from(u8::from(live)) - line.credited);
        self.predictive.ring.verdict(line.rung_seconds, live);
    }

    pub(super) fn not_live(&mut self, call: CallId, now: Moment) {
        self.answered(call, now);
        let Some(line) = self.state.line(call).copied() else { return };
        if line.stage == Stage::Answered {
            self.verdict(&line, false, now);
        }
        self.state.close(call);
    }

    pub(super) fn ended(&mut self, call: CallId, why: Ending, now: Moment) {
        let Some(line) = self.state.line(call) else { return };
        if line.stage == Stage::Ringing {
            self.predictive.rang_until(line, now);
        }
        let line = *line;
        match (line.stage, why) {
            (Stage::Dialing | Stage::Ringing, Ending::NoAnswer | Ending::Busy | Ending::Sit | Ending::Hangup) => {
                let spent = seconds(now, line.since);
                if line.stage == Stage::Dialing {
                    self.predictive.ring.expose_pre(0.0, spent);
                }
                self.predictive.ring.ended(spent, line.stage == Stage::Ringing);
            }
            // The carrier and our own hang-up say nothing about people, only that what was silent for long stays so.
            (Stage::Dialing, Ending::Fail | Ending::Cancelled) => {
                self.predictive.ring.expose_pre(SILENT_SECONDS, seconds(now, line.since));
            }
            (Stage::Ringing, Ending::Fail | Ending::Cancelled) => {}
            (Stage::Answered, _) => self.verdict(&line, false, now),
            (Stage::Waiting | Stage::Talking, _) => {}
        }
        self.state.close(call);
    }

    pub(super) fn connected(&mut self, call: CallId, agent: AgentId, within: bool, now: Moment) {
        self.live(call, now);
        self.served(call, within, now);
        self.work(agent, Work::Talk, now);
        let at = self.state.agent(agent, now);
        let agent = &mut self.state.agents[at];
        (agent.stage, agent.stage_since, agent.talk_since) = (0, now, now);
        self.state.touch(at);
    }

    pub(super) fn spoke(&mut self, call: CallId, within: bool, now: Moment) {
        self.live(call, now);
        if self.state.line(call).is_some_and(|line| line.stage == Stage::Waiting) {
            self.served(call, within, now);
        }
    }

    fn served(&mut self, call: CallId, within: bool, now: Moment) {
        let (person, answered) = self.state.line(call).map_or((1.0, now), |line| (line.person, line.answered));
        self.count(answered, now, Tally::answer(person, if within { 0.0 } else { person }));
        self.state.advance(call, Stage::Talking, now);
    }

    pub(super) fn abandoned(&mut self, call: CallId, now: Moment) {
        self.live(call, now);
        if let Some(line) = self.state.close(call) {
            let person = match self.settings.counts {
                Counts::Answers => 1.0,
                Counts::People => self.predictive.person(line.rung_seconds),
            };
            self.count(line.answered, now, Tally::answer(person, person));
        }
    }

    /// In the ledger at the time of the answer, as the law's evidence has it.
    pub(super) fn count(&mut self, answered: Moment, now: Moment, tally: Tally) {
        self.ledger.record(answered.min(now), tally);
        self.predictive.budget.passed(&self.settings, now, tally);
        if self.fallback.counts_from.is_some_and(|from| now >= from) {
            self.fallback.tally.humans += tally.humans;
            self.fallback.tally.abandoned += tally.abandoned;
        }
    }

    pub(super) fn stepped(&mut self, agent: AgentId, step: u32, now: Moment) {
        if self.ignore_steps {
            return;
        }
        let at = self.state.agent(agent, now);
        let agent = &mut self.state.agents[at];
        if agent.work != Work::Talk {
            return;
        }
        self.predictive.settle_agent(agent, now);
        let (to, spent) = (Talk::stage_of(step), seconds(now, agent.stage_since));
        // The first step comes with the connect: the talk was never without one.
        if agent.stage != 0 || spent > 0.5 {
            self.predictive.talk.stepped(agent.stage, spent, to);
        }
        (agent.stage, agent.stage_since) = (to, now);
        self.state.touch(at);
    }

    pub(super) fn talk_ended(&mut self, call: CallId, agent: AgentId, human: bool, now: Moment) {
        if let Some(line) = self.state.close(call) {
            self.predictive.ring.disposition(line.rung_seconds, human);
            if self.settings.counts == Counts::People {
                self.ledger.record(now, Tally::answer(f64::from(u8::from(human)) - line.person, 0.0));
            }
        }
        let at = self.state.agent(agent, now);
        self.state.agents[at].human = human;
        self.state.touch(at);
        self.work(self.state.agents[at].id, Work::Wrap, now);
    }

    pub(super) fn work(&mut self, agent: AgentId, work: Work, now: Moment) {
        let at = self.state.agent(agent, now);
        let agent = &mut self.state.agents[at];
        self.predictive.settle_agent(agent, now);
        let spent = seconds(now, agent.since);
        if (agent.work, work) == (Work::Talk, Work::Wrap) {
            agent.speed.talked(0.0, 1.0);
            self.predictive.pace.observe(1.0);
        }
        if (agent.work, work) == (Work::Wrap, Work::Ready) {
            agent.speed.wrapped(0.0, 1.0);
        }
        match (agent.work, work) {
            (Work::Talk, Work::Talk) => {}
            (Work::Talk, _) => {
                self.predictive.talk.ended(agent.stage, seconds(now, agent.stage_since), seconds(now, agent.talk_since))
            }
            (Work::Wrap, Work::Wrap) => {}
            (Work::Wrap, _) => self.predictive.talk.wrapped(agent.human, spent, work == Work::Ready, agent.leaving),
            (Work::Pause, Work::Ready) => self.predictive.talk.returned(spent),
            (Work::Taken, Work::Ready | Work::Talk) => self.predictive.talk.given_back(spent),
            (Work::Out | Work::Ready | Work::Pause | Work::Taken, _) => {}
        }
        self.state.set_work(at, work, now);
    }
}
