//! The agent's page: while nobody looks at it, nobody is offered a customer. Its host says when the last stream to it
//! ends and when one is there again. A call in hand goes on, and its form is kept: the phone needs no page.
//!
//! An agent who works without a page (a robot by the API) is never told of here, and nothing changes.

use super::Engine;
use super::timers::Timer;
use crate::floor::Wish;
use crate::pacing::Event;
use crate::words::*;
use std::time::Duration;

/// A reload is over by then; not ready within 8 s (settled: "page lost").
const PAGE_GONE: Duration = Duration::from_secs(5);
/// Whoever comes back within this goes on as before.
const PAGE_BACK: Duration = Duration::from_secs(120);
/// The reason of the pause; shown like any other.
pub(super) const PAGE_LOST: &str = "page_lost";

impl Engine {
    pub(super) fn on_page(&mut self, id: AgentId, here: bool) {
        if self.floor.session(id).is_none() {
            return;
        }
        if here {
            self.timers.cancel(Timer::PageGone(id));
            self.page_back(id);
        } else {
            self.after(Timer::PageGone(id), PAGE_GONE);
        }
    }

    pub(super) fn on_page_gone(&mut self, id: AgentId) {
        let Some(session) = self.floor.session_mut(id) else { return };
        if session.wish != Wish::Ready {
            return;
        }
        session.wish = Wish::Pause(PAGE_LOST.to_owned());
        self.after(Timer::PageBack(id), PAGE_BACK);
        self.follow_wish(id);
    }

    /// Back in time: ready again, unless something else was wished for meanwhile.
    fn page_back(&mut self, id: AgentId) {
        let in_time = self.timers.is_set(Timer::PageBack(id));
        self.timers.cancel(Timer::PageBack(id));
        let lost = Wish::Pause(PAGE_LOST.to_owned());
        let Some(session) = self.floor.session_mut(id).filter(|session| in_time && session.wish == lost) else {
            return;
        };
        session.wish = Wish::Ready;
        self.follow_wish(id);
    }

    /// At once where no call is in hand. A wrap-up goes on: it ends by its own time, and the wish is looked at then.
    fn follow_wish(&mut self, id: AgentId) {
        let Some(session) = self.floor.session(id) else { return };
        match session.state {
            AgentState::Ready | AgentState::Pause => self.take_up_wish(id),
            AgentState::Preview if session.wish != Wish::Ready => {
                self.drop_preview(id);
                self.take_up_wish(id);
            }
            AgentState::Talk | AgentState::Hold | AgentState::Reserved if session.wish != Wish::Ready => {
                self.tell_agents_pacing(id, |agent| Event::Pausing { agent });
                self.show_agent(id);
            }
            AgentState::Talk
            | AgentState::Hold
            | AgentState::Reserved
            | AgentState::Wrap
            | AgentState::ManualDial
            | AgentState::Preview
            | AgentState::NoDevice => self.show_agent(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::io::*;
    use super::super::world::Machine;
    use super::*;
    use crate::facts::Fact;

    const ANNA: AgentId = AgentId(7);

    struct Bench {
        engine: Engine,
        now: Moment,
        state: Option<(AgentState, Option<String>)>,
        facts: Vec<Fact>,
        asked: u64,
    }

    impl Bench {
        /// Anna is logged in, her phone is up, she is ready.
        fn ready() -> Bench {
            let mut bench =
                Bench { engine: Engine::new(1), now: Moment::ZERO, state: None, facts: Vec::new(), asked: 0 };
            let record = AgentRecord { id: ANNA, name: "anna".into(), display: None, lang: Lang::En };
            let known = Recovered { node: 1, epoch: 1, agents: vec![record], ..Recovered::default() };
            bench.put(Input::WallClock { offset: 0 });
            bench.put(Input::Recovered(Box::new(known)));
            bench.put(Input::Phone { agent: ANNA, registered: true });
            bench.ask(Request::Login { agent: ANNA, campaigns: Vec::new() });
            bench.ask(Request::Ready { agent: ANNA });
            assert_eq!(bench.state, Some((AgentState::Ready, None)));
            bench
        }

        fn ask(&mut self, request: Request) {
            self.asked += 1;
            self.put(Input::Request { id: RequestId(self.asked), by: "test".into(), request });
        }

        fn put(&mut self, input: Input) {
            self.engine.handle(self.now, input);
            self.drain();
        }

        fn wait(&mut self, seconds: u64) {
            let until = self.now + Duration::from_secs(seconds);
            while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= until) {
                self.now = at;
                self.engine.handle_timeout(at);
                self.drain();
            }
            self.now = until;
        }

        fn drain(&mut self) {
            while let Some(output) = self.engine.poll_output() {
                match output {
                    Output::View(View::Agent(view)) => self.state = view.state.map(|state| (state, view.reason)),
                    Output::Command(Command::CallAgent { leg, .. }) => {
                        self.engine.handle(self.now, Input::Leg { leg, event: LegEvent::Answered });
                    }
                    Output::Fact(envelope) => self.facts.push(envelope.fact),
                    Output::Command(_) | Output::View(_) => {}
                }
            }
        }

        fn page(&mut self, here: bool) {
            self.ask(Request::Page { agent: ANNA, here });
        }
    }

    fn paused() -> Option<(AgentState, Option<String>)> {
        Some((AgentState::Pause, Some(PAGE_LOST.to_owned())))
    }

    #[test]
    fn a_reload_changes_nothing() {
        let mut bench = Bench::ready();
        let facts = bench.facts.len();
        bench.page(false);
        bench.wait(3);
        bench.page(true);
        bench.wait(200);
        assert_eq!(bench.state, Some((AgentState::Ready, None)));
        assert_eq!(bench.facts.len(), facts);
    }

    #[test]
    fn gone_for_eight_seconds_is_not_ready_and_back_within_two_minutes_is() {
        let mut bench = Bench::ready();
        bench.page(false);
        bench.wait(8);
        assert_eq!(bench.state, paused());
        bench.wait(100);
        bench.page(true);
        assert_eq!(bench.state, Some((AgentState::Ready, None)));
    }

    #[test]
    fn whoever_comes_back_later_says_so_by_hand() {
        let mut bench = Bench::ready();
        bench.page(false);
        bench.wait(130);
        bench.page(true);
        assert_eq!(bench.state, paused());
        bench.ask(Request::Ready { agent: ANNA });
        assert_eq!(bench.state, Some((AgentState::Ready, None)));
    }

    #[test]
    fn a_pause_of_ones_own_is_left_alone() {
        let mut bench = Bench::ready();
        bench.ask(Request::Pause { agent: ANNA, reason: "lunch".into() });
        bench.page(false);
        bench.wait(60);
        bench.page(true);
        assert_eq!(bench.state, Some((AgentState::Pause, Some("lunch".into()))));
    }
}
