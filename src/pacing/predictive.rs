//! Predictive mode: dial while the next call's probability of finding no agent stays below what the budget allows.
//! Cheap by tables: lines are counted by age, agents are looked up when they changed or a quarter second has passed,
//! and tables are made anew only when what they are made of has changed enough. All of it by the moments told, so
//! that the same batches give the same decisions.

mod gather;
mod refresh;
mod tuning;

use super::budget::{Budget, Limit, Standing};
use super::conflict::Conflict;
use super::estimate::level::Tuning as Jumps;
use super::estimate::{Amd, Demand, HORIZONS, Level, Ring, Row, Supply, Talk, ZERO};
use super::event::{Counts, Room, Settings};
use super::inbound::Inbound;
use super::ledger::Tally;
use super::state::{Line, Stage, State, Work, seconds};
use super::why::{self, Binding};
use crate::words::{CallId, Moment};
pub use tuning::Tuning;

/// Answers from which on lines per agent are usual or not, and how much one of them says of it.
const USUAL_ANSWERS: u64 = 30;
const USUAL_WEIGHT: f64 = 0.1;
/// Seconds after which exposures are settled and tables made anew, where nothing urges.
const TABLES_SECONDS: f64 = 1.0;
/// Dials tried one by one before the number is found by halving.
const TRIED_SINGLY: u32 = 6;

/// Talks change their pace seldom, and not by much: when more people or fewer are among those who answer.
const PACE: Jumps = Jumps { jumps: 1.0 / 3000.0, drift: 1e-6, spread: 0.3 };

/// The horizon that the displayed forecast is for: where most answers land.
const SHOWN: usize = 7;

#[derive(Debug)]
pub struct Predictive {
    pub ring: Ring,
    pub amd: Amd,
    pub level: Level,
    /// How soon talks end right now, as a factor on what was learned.
    pub pace: Level,
    pub talk: Talk,
    pub inbound: Inbound,
    pub budget: Budget,
    pub tuning: Tuning,
    demand: Demand,
    supply: Supply,
    demand_built: Option<(Moment, f64)>,
    supply_built: Option<(Moment, u64)>,
    settled: Moment,
    /// Since the level was last weighed, and the pace.
    unweighed_seconds: f64,
    unpaced_seconds: f64,
    /// Answers ever, and lines per agent at the answers lately.
    answers: u64,
    usual_lines: f64,
    busy: Busy,
    conflict: Conflict,
    trial: Conflict,
    /// Lines by age, refilled at each decision.
    pre_lines: Vec<u32>,
    ring_lines: Vec<u32>,
    demand_mean: Row,
    oldest: Vec<(i64, CallId)>,
}

/// What is expected of the agents at work, kept between decisions.
#[derive(Debug, Default)]
struct Busy {
    /// By slot: the chance to be still busy. `None`: no supply, or ready already.
    rows: Vec<Option<Row>>,
    /// Their sum.
    conflict: Conflict,
    coming_free: usize,
    mean: Row,
    at: Option<Moment>,
}

/// What predictive mode would like, before the room cuts it.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub dial: u32,
    pub binding: Binding,
    pub limit: Limit,
}

impl Predictive {
    pub fn new(settings: &Settings) -> Predictive {
        let mut new = Predictive {
            ring: Ring::new(settings.ring_seconds_max, settings.amd),
            amd: Amd::default(),
            level: Level::default(),
            pace: Level::new(PACE),
            talk: Talk::default(),
            inbound: Inbound::default(),
            budget: Budget::default(),
            tuning: Tuning::default(),
            demand: Demand::default(),
            supply: Supply::default(),
            demand_built: None,
            supply_built: None,
            settled: Moment(i64::MIN),
            unweighed_seconds: 0.0,
            unpaced_seconds: 0.0,
            answers: 0,
            usual_lines: 0.0,
            busy: Busy::default(),
            conflict: Conflict::default(),
            trial: Conflict::default(),
            pre_lines: Vec::new(),
            ring_lines: Vec::new(),
            demand_mean: ZERO,
            oldest: Vec::new(),
        };
        // The level filter needs the tables' expectation from the first event on.
        new.demand.rebuild(&new.ring, settings.amd.then_some(&new.amd), 1.0);
        new
    }

    /// Starts from what an earlier run learned.
    pub fn learn(&mut self, (ring, amd, talk): (Ring, Amd, Talk), settings: &Settings) {
        (self.ring, self.amd, self.talk) = (ring, amd, talk);
        self.demand.rebuild(&self.ring, settings.amd.then_some(&self.amd), 1.0);
        (self.demand_built, self.supply_built) = (None, None);
    }

    /// What is shown is older than a second.
    pub fn stale(&self, now: Moment) -> bool {
        self.settled.0 == i64::MIN || seconds(now, self.settled) >= TABLES_SECONDS
    }

    /// `standing`: the windows of the ledger; what is in flight is added here.
    pub fn decide(&mut self, state: &State, settings: &Settings, standing: Standing<'_>, room: Room) -> Wish {
        let limit = self.budget.limit(settings, Standing { in_flight: self.in_flight(settings), ..standing });
        let floor = super::progressive::progressive(state);
        let most = room.channels.min(room.calls_this_second).min(room.leads);
        let forbidden = |window: &super::budget::Held| window.window.cap <= 0.0;
        // Nothing may be abandoned, and something was: no call can mend that.
        if standing.windows.iter().filter(|window| forbidden(window)).any(|window| window.tally.abandoned > 0.0) {
            return Wish { dial: 0, binding: Binding::CapReached, limit };
        }
        let spent = limit.room < 0.0;
        if standing.windows.iter().any(forbidden) || (spent && state.working(Work::Ready) == 0) {
            return Wish { dial: floor, binding: Binding::CapReached, limit };
        }
        let slew = self.slew(state);
        // One more than the room holds, so that the reason can tell whether it was the room that cut.
        let dial = self.bearable(most.saturating_add(1).min(slew), limit.conflict);
        let binding = if spent {
            Binding::CapReached
        } else if dial >= slew {
            Binding::Starting
        } else if self.budget.eased() {
            Binding::Target
        } else if limit.room < 2.0 {
            Binding::Budget
        } else {
            Binding::Conflict
        };
        Wish { dial: dial.max(floor), binding, limit }
    }

    /// How many more dials, up to `most`, the limit bears.
    fn bearable(&mut self, most: u32, limit: f64) -> u32 {
        let (fresh, landing) = (*self.demand.fresh(), *self.demand.landing());
        self.trial.copy_from(&self.conflict);
        let mut dial = 0;
        while dial < most && self.trial.over(&landing) <= limit {
            if dial >= TRIED_SINGLY && !self.trial.exact() {
                return dial + self.halved(most - dial, limit, &fresh, &landing);
            }
            self.trial.add(&fresh, 1);
            dial += 1;
        }
        dial
    }

    /// The same by halving: `dial` more are borne while the ones before them are.
    fn halved(&self, most: u32, limit: f64, fresh: &Row, landing: &Row) -> u32 {
        let (mut borne, mut refused) = (0, most);
        while borne < refused {
            let middle = borne + (refused - borne) / 2;
            if self.trial.bears(fresh, middle, landing, limit) {
                borne = middle + 1;
            } else {
                refused = middle;
            }
        }
        borne
    }

    /// Surplus lines that have rung as long as the law asks, oldest first: called after `decide`.
    pub fn surplus(&mut self, state: &mut State, settings: &Settings, limit: f64, now: Moment, out: &mut Vec<CallId>) {
        let least = settings.ring_seconds_min.max(0.0);
        let oldest = state.ringing.oldest(now);
        if oldest < least {
            return;
        }
        let risk = self.conflict.over(&shares(self.demand.ring_row(self.demand.ring_bucket(oldest))));
        if risk <= (limit * self.tuning.cancel_factor).max(self.tuning.cancel_floor) {
            return;
        }
        self.oldest.clear();
        let ripe = |line: &&Line| !line.cancelling && seconds(now, line.since) >= least;
        self.oldest.extend(state.lines(Stage::Ringing).iter().filter(ripe).map(|line| (line.since.0, line.call)));
        self.oldest.sort_unstable();
        let count = ((self.oldest.len() as f64 * self.tuning.cancel_share).ceil() as usize).min(self.oldest.len());
        for &(_, call) in &self.oldest[..count] {
            out.push(call);
            state.cancel(call);
        }
    }

    /// Predicted at the shown horizon: answers, and agents free.
    pub fn forecast(&self, state: &State) -> (f64, f64) {
        (self.demand_mean[SHOWN], f64::from(state.working(Work::Ready)) + self.busy.mean[SHOWN])
    }

    pub fn answer_rate(&self) -> f64 {
        self.demand.answer_rate()
    }

    /// The chance that somebody who was abandoned was a person: calls are abandoned when the list is better than it
    /// was believed to be, so the better end of the belief counts.
    pub fn person(&self, rung_seconds: f64) -> f64 {
        let level = self.level.value() * (1.0 + self.tuning.person_caution * self.level.uncertainty().sqrt());
        let share = self.ring.person_share(rung_seconds);
        level * share / (level * share + 1.0 - share)
    }

    /// The share of live among answers, moved by the level.
    pub fn levelled(&self, share: f64) -> f64 {
        let level = self.level.value();
        level * share / (level * share + 1.0 - share)
    }

    /// Answers and conflicts expected of all lines up.
    pub fn in_flight(&self, settings: &Settings) -> Tally {
        let mut before = 0.0;
        let (mut humans, mut abandoned) = (0.0, 0.0);
        let conflict = self.conflict.by_horizon();
        for j in 0..HORIZONS {
            let come = (self.demand_mean[j] - before).max(0.0);
            before = self.demand_mean[j];
            humans += come;
            abandoned += come * conflict[j];
        }
        let person = match settings.counts {
            Counts::People => self.ring.person_share_overall(),
            Counts::Answers => 1.0,
        };
        Tally { humans: humans * person, abandoned: abandoned * person, variance: 0.0 }
    }

    /// Growth bounded by what came of earlier attempts, not by time.
    fn slew(&self, state: &State) -> u32 {
        let agents = f64::from(state.working(Work::Ready) + state.working(Work::Talk) + state.working(Work::Wrap));
        let most = agents * self.tuning.start_lines + self.tuning.start_per_resolved * self.ring.resolved as f64;
        let usual = agents * (1.0 + self.tuning.usual_times * self.usual_lines);
        let most = if self.answers >= USUAL_ANSWERS { most.min(usual) } else { most };
        let lines = state.coming();
        (most.min(1e6) as u32).saturating_sub(lines)
    }

    /// Somebody answered: with so many lines per agent it goes well. A silence teaches nothing of that kind, so that
    /// lines do not pile up in it.
    pub fn answered(&mut self, state: &State) {
        let agents = state.working(Work::Ready) + state.working(Work::Talk) + state.working(Work::Wrap);
        let lines = f64::from(state.coming()) / f64::from(agents.max(1));
        self.answers += 1;
        let weight = (1.0 / self.answers as f64).max(USUAL_WEIGHT);
        self.usual_lines += weight * (lines - self.usual_lines);
    }
}

/// Where a line lands, of those that land at all.
fn shares(row: &Row) -> Row {
    let total = row[HORIZONS - 1].max(1e-9);
    std::array::from_fn(|j| (row[j] - if j == 0 { 0.0 } else { row[j - 1] }) / total)
}

/// Cuts a wish to the room.
pub fn cut(wish: &Wish, room: Room) -> (u32, Binding) {
    let (dial, by) = why::cut(wish.dial, room);
    (dial, by.unwrap_or(wish.binding))
}
