//! What is dialed now, by mode, and what holds the rest.

use super::{Fallback, Pacer};
use crate::pacing::budget::{self, Held, Standing};
use crate::pacing::event::*;
use crate::pacing::ledger::Tally;
use crate::pacing::state::seconds;
use crate::pacing::why::{self, Binding};
use crate::pacing::{predictive, progressive};
use crate::words::{CallId, Moment, Reason};
use std::time::Duration;

/// How long the dialer rests where one line per free agent abandons above the cap.
const REST: Duration = Duration::from_secs(600);
/// Beside ringing and waiting, what a line placed before may take until it is judged: dialing, AMD.
const LANDED: Duration = Duration::from_secs(10);
/// A recovery is reckoned anew after so long.
const RECOVERY_SECONDS: f64 = 5.0;
/// Agents' seconds (of the last ten minutes) and answers before a target is called out of reach.
const WARN_SECONDS: f64 = 1200.0;
const WARN_HUMANS: f64 = 300.0;

impl Pacer {
    pub(super) fn choose(&mut self, now: Moment, room: Room, hangups: &mut Vec<CallId>) -> (u32, Binding) {
        if self.paused {
            return (0, Binding::Paused);
        }
        let mode = self.settings.mode;
        if mode != Mode::Agentless && self.agents_on() == 0 {
            return (0, Binding::NoAgents);
        }
        if budget::unreachable(&self.settings) && mode != Mode::Agentless {
            return (0, Binding::CapUnreachable);
        }
        if let Some(rest) = self.rest(now) {
            return rest;
        }
        if matches!(mode, Mode::Progressive | Mode::Ratio) {
            self.spent(self.tightest(0.0).1, now);
        }
        let (wanted, binding) = match mode {
            Mode::Manual | Mode::Preview => (self.asked, Binding::Asked),
            Mode::Progressive => (progressive::progressive(&self.state), Binding::Progressive),
            Mode::Ratio => self.within_cap(progressive::ratio(&self.state, &self.settings), Binding::Ratio),
            Mode::Predictive => return self.predict(room, now, hangups),
            Mode::Agentless => {
                let lines = self.settings.lines_max;
                (progressive::agentless(&self.state, &self.settings), Binding::Lines(lines))
            }
        };
        let (dial, cut) = why::cut(wanted, room);
        if matches!(mode, Mode::Manual | Mode::Preview) {
            self.asked -= dial;
        }
        (dial, cut.unwrap_or(binding))
    }

    /// The window with the least room, and whether it has less than `least` calls of it after something was abandoned.
    fn tightest(&self, least: f64) -> (usize, bool) {
        let room = |held: &Held| budget::room(&self.settings, held.window, held.tally);
        let rooms = self.held.iter().enumerate().map(|(at, held)| (at, room(held), held.tally.abandoned > 0.0));
        let (at, room, any) = rooms.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0, false));
        (at, any && room < least)
    }

    /// Where one line per free agent, too, abandons above the spent cap: a rest, in which nothing is dialed.
    fn rest(&mut self, now: Moment) -> Option<(u32, Binding)> {
        (self.binding, _) = self.tightest(0.0);
        if matches!(self.settings.mode, Mode::Manual | Mode::Preview | Mode::Agentless) {
            self.fallback = Fallback::default();
        }
        let Tally { humans, abandoned, .. } = self.fallback.tally;
        let tolerable = (5.0 * self.held[self.binding].window.cap).max(0.1);
        if abandoned > 2.5 && abandoned > tolerable * humans {
            self.fallback = Fallback { rests: Some(now + REST), ..Fallback::default() };
        }
        let rests = self.fallback.rests.is_some_and(|until| now < until);
        rests.then_some((0, Binding::CapStopped))
    }

    /// The cap is spent, or has room (again): from when on a fallback is judged.
    fn spent(&mut self, spent: bool, now: Moment) {
        if !spent {
            self.fallback = Fallback::default();
        } else if self.fallback.counts_from.is_none() {
            let landed = Duration::from_secs_f64(self.settings.ring_seconds_max) + self.settings.threshold + LANDED;
            self.fallback.counts_from = Some(now + landed);
        }
    }

    /// A fixed ratio obeys the cap too: at the cap it falls back to one line per free agent.
    fn within_cap(&self, wanted: u32, binding: Binding) -> (u32, Binding) {
        let (_, near) = self.tightest(1.0);
        if near {
            return (wanted.min(progressive::progressive(&self.state)), Binding::CapReached);
        }
        (wanted, binding)
    }

    fn predict(&mut self, room: Room, now: Moment, hangups: &mut Vec<CallId>) -> (u32, Binding) {
        let agents = f64::from(self.agents_on());
        let standing = Standing { windows: &self.held, in_flight: Tally::default(), agents };
        let wish = self.predictive.decide(&self.state, &self.settings, standing, room);
        self.binding = wish.limit.window;
        self.spent(wish.limit.room < 0.0, now);
        self.predictive.surplus(&mut self.state, &self.settings, wish.limit.conflict, now, hangups);
        predictive::cut(&wish, room)
    }

    /// When the window that binds has room again; reckoned anew every few seconds.
    pub(super) fn recovers(&mut self, binding: Binding, now: Moment) -> Option<Moment> {
        if !matches!(binding, Binding::CapReached | Binding::CapStopped) {
            self.recovery = None;
            return None;
        }
        let rests = self.fallback.rests.filter(|until| binding == Binding::CapStopped && now < *until);
        let known =
            self.recovery.filter(|(at, window, _)| seconds(now, *at) < RECOVERY_SECONDS && *window == self.binding);
        let (_, _, recovers) = *self.recovery.insert(known.unwrap_or_else(|| {
            let rate = self.predictive.budget.humans_per_second();
            (now, self.binding, self.ledger.recovers(self.binding, now, rate))
        }));
        rests.or(recovers)
    }

    /// The target asks for more than the law lets this team reach.
    pub(super) fn warning(&self, binding: Binding, estimates: &Estimates) -> Option<Reason> {
        let law = matches!(binding, Binding::Conflict | Binding::Budget | Binding::CapReached | Binding::CapStopped);
        let (reached, measured) = self.predictive.budget.utilization();
        let (target, humans) = (self.settings.target_utilization, estimates.humans as f64);
        let known = measured >= WARN_SECONDS && humans >= WARN_HUMANS && target < 1.0;
        let missed = self.settings.mode == Mode::Predictive && law && known && reached + 0.02 < target;
        missed.then(|| why::forbidden(target, reached, estimates.cap))
    }
}
