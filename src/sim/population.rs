//! A scenario fitted from the facts of a past day: who answers at which hour, how long it rings, how long each step of
//! the script is talked about and what is chosen there, how long agents wrap up. It refuses to invent: what facts do not
//! tell (patience, what AMD mistook) stays as in the scenario it starts from.

mod said;

use super::dist::Dist;
use super::scenario::{Break, FromHour, Scenario};
use super::survivors::Survivors;
use crate::facts::{Envelope, Fact};
use crate::words::*;
use jiff::tz::TimeZone;
use said::{Call, Tally, kind, rang, seconds};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer observations than this change nothing.
const ENOUGH: usize = 5;
/// An hour with fewer calls takes the day's mix.
const CALLS_OF_AN_HOUR: f64 = 60.0;

/// Give it the facts of one campaign (and of its agents), in order; then ask for the scenario.
#[derive(Debug)]
pub struct Fitter {
    zone: TimeZone,
    campaign: CampaignId,
    calls: BTreeMap<CallId, Call>,
    sessions: BTreeMap<AgentId, Session>,
    started: Option<Wall>,
    last: Option<Wall>,
    imported: u64,
    leads: BTreeSet<LeadId>,
    steps: BTreeMap<String, Vec<f64>>,
    choices: BTreeMap<String, f64>,
    wraps: Vec<f64>,
    /// From the last click to the agent's hang-up.
    farewells: Vec<f64>,
    holds: Vec<f64>,
    entered: u64,
    left: u64,
}

#[derive(Debug, Default)]
struct Session {
    since: Option<(Moment, AgentState)>,
    spent: BTreeMap<AgentState, f64>,
    pauses: u32,
}

impl Fitter {
    pub fn new(campaign: CampaignId, zone: TimeZone) -> Fitter {
        Fitter {
            zone,
            campaign,
            calls: BTreeMap::new(),
            sessions: BTreeMap::new(),
            started: None,
            last: None,
            imported: 0,
            leads: BTreeSet::new(),
            steps: BTreeMap::new(),
            choices: BTreeMap::new(),
            wraps: Vec::new(),
            farewells: Vec::new(),
            holds: Vec::new(),
            entered: 0,
            left: 0,
        }
    }

    pub fn observe(&mut self, envelope: &Envelope) {
        let now = envelope.moment;
        match &envelope.fact {
            Fact::LeadsImported { campaign, accepted, .. } if *campaign == self.campaign => self.imported += accepted,
            Fact::CallPlaced { call, campaign, lead, .. } if *campaign == self.campaign => {
                self.started.get_or_insert(envelope.wall);
                self.leads.insert(*lead);
                let hour = self.zone.to_datetime(envelope.wall.timestamp()).hour();
                let hour = u8::try_from(hour).unwrap_or(0);
                self.calls.insert(*call, Call { hour, ..Call::default() });
            }
            Fact::AgentStateChanged { agent, state, call, .. } => {
                let wrapping = (*state == AgentState::Wrap).then_some(*call).flatten();
                if let Some(call) = wrapping.and_then(|call| self.calls.get_mut(&call)) {
                    self.farewells.extend(call.clicked.take().map(|clicked| seconds(now, clicked)));
                }
                self.changes(*agent, Some(*state), now);
            }
            Fact::AgentLoggedOut { agent, .. } => self.changes(*agent, None, now),
            fact => self.of_call(fact, envelope.wall, now),
        }
    }

    fn changes(&mut self, agent: AgentId, state: Option<AgentState>, now: Moment) {
        let session = self.sessions.entry(agent).or_default();
        let before = session.since.take();
        if let Some((since, before)) = before {
            let spent = seconds(now, since);
            *session.spent.entry(before).or_default() += spent;
            if before == AgentState::Wrap {
                self.wraps.push(spent);
            }
        }
        session.pauses +=
            u32::from(state == Some(AgentState::Pause) && before.is_some_and(|(_, b)| b != AgentState::NoDevice));
        session.since = state.map(|state| (now, state));
    }

    fn of_call(&mut self, fact: &Fact, wall: Wall, now: Moment) {
        let Some(call) = fact.call().and_then(|call| self.calls.get_mut(&call)) else { return };
        self.last = Some(wall);
        match fact {
            Fact::InviteSent { .. } => call.invited = Some(now),
            Fact::CallRinging { .. } => call.rang = Some(now),
            Fact::CallAnswered { .. } => call.answered = Some(now),
            Fact::GreetingStarted { .. } => call.greeted = Some(now),
            Fact::GreetingEnded { .. } => call.greeting = call.greeted.map(|from| seconds(now, from)),
            Fact::CallClassified { verdict, .. } => (call.classified, call.verdict) = (Some(now), Some(*verdict)),
            Fact::CallBridged { .. } | Fact::FlowSpoke { .. } => call.met = true,
            Fact::StepEntered { step, .. } => {
                self.entered += 1;
                call.step = Some((step.clone(), now));
            }
            Fact::ChoiceMade { step, choice, .. } => {
                let spoken = call.step.take().filter(|(name, _)| name == step).map(|(_, since)| seconds(now, since));
                self.steps.entry(step.clone()).or_default().extend(spoken);
                *self.choices.entry(format!("{step}/{choice}")).or_default() += 1.0;
                call.clicked = Some(now);
            }
            Fact::HoldStarted { .. } => call.held = Some(now),
            Fact::HoldEnded { .. } => self.holds.extend(call.held.take().map(|since| seconds(now, since))),
            Fact::CallEnded { cause, by, .. } => {
                let in_step = call.step.is_some() && *by == Side::Customer;
                self.left += u64::from(in_step);
                call.ended = Some((now, cause.clone()));
            }
            _ => {}
        }
    }

    /// `base` with what was learned. `None`: no call was placed.
    pub fn scenario(&self, base: &Scenario) -> Option<Scenario> {
        let (started, last) = (self.started?, self.last?);
        let mut scenario = base.clone();
        let local = self.zone.to_datetime(started.timestamp());
        scenario.start = local.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        scenario.zone = self.zone.iana_name().map(str::to_owned);
        scenario.hours = (last.since(started).as_secs_f64() / 3600.0).clamp(0.01, 168.0);
        scenario.list.leads =
            u32::try_from(self.imported.max(self.leads.len() as u64)).unwrap_or(u32::MAX).min(5_000_000);
        self.fit_people(&mut scenario);
        self.fit_agents(&mut scenario);
        scenario.check().ok()?;
        Some(scenario)
    }

    fn fit_people(&self, scenario: &mut Scenario) {
        let people = &mut scenario.population;
        let (mut all, mut by_hour) = (Tally::default(), BTreeMap::<u8, Tally>::new());
        let survivors = Survivors::of(self.calls.values().filter_map(rang).collect());
        for call in self.calls.values() {
            let Some(kind) = kind(call, &survivors) else { continue };
            all.add(kind);
            by_hour.entry(call.hour).or_default().add(kind);
        }
        people.invalid = all.share(|t| t.invalid);
        people.fax = all.share(|t| t.fax);
        let day = all.mix();
        people.hours = by_hour
            .iter()
            .map(|(hour, tally)| FromHour {
                from: *hour,
                mix: if tally.all() < CALLS_OF_AN_HOUR { day } else { tally.mix() },
            })
            .collect();
        let of = |pick: &dyn Fn(&Call) -> Option<f64>| self.calls.values().filter_map(pick).collect::<Vec<f64>>();
        fit_weighted(&mut people.ring_human_seconds, survivors.answers(|step| step.human));
        fit_weighted(&mut people.ring_machine_seconds, survivors.answers(|step| step.machine));
        fit(
            &mut people.greeting_after_seconds,
            &of(&|call| Some(seconds(call.greeted?, call.answered?)).filter(|_| call.is_person())),
        );
        fit(&mut people.greeting_seconds, &of(&|call| call.greeting.filter(|_| call.is_person())));
        let verdict = |call: &Call| Some(seconds(call.classified?, call.answered?));
        fit(&mut people.amd.human_seconds, &of(&|call| verdict(call).filter(|_| call.is_person())));
        fit(&mut people.amd.machine_seconds, &of(&|call| verdict(call).filter(|_| call.is_machine())));
        if self.entered >= 50 {
            people.leaves_in_step = self.left as f64 / self.entered as f64;
        }
        let post_dial = of(&|call| Some(seconds(call.rang?, call.invited?)));
        for trunk in &mut scenario.carrier.trunks {
            fit(&mut trunk.post_dial_seconds, &post_dial);
        }
    }

    fn fit_agents(&self, scenario: &mut Scenario) {
        let agents = &mut scenario.agents;
        let worked: Vec<&Session> =
            self.sessions.values().filter(|s| s.spent.contains_key(&AgentState::Talk)).collect();
        agents.number = u32::try_from(worked.len()).unwrap_or(2000).clamp(1, 2000);
        agents.login_ramp_seconds = agents.login_ramp_seconds.min(scenario.hours * 600.0);
        // The spread between agents is in the steps' own spread already.
        (agents.pace_sigma, agents.forgets_ready, agents.leaves_early) = (0.0, 0.0, 0.0);
        fit(&mut agents.wrap_seconds, &self.wraps);
        fit(&mut agents.reaction_seconds, &self.farewells);
        fit(&mut agents.hold_seconds, &self.holds);
        if self.entered >= 50 {
            agents.holds = (self.holds.len() as f64 / self.entered as f64).min(1.0);
        }
        for (step, spent) in &self.steps {
            let mut dist = Dist::lognormal(10.0, 0.5);
            if fit(&mut dist, spent) {
                agents.step_seconds.insert(step.clone(), dist);
            }
        }
        agents.choices.extend(self.choices.iter().map(|(name, count)| (name.clone(), *count)));
        let paused: f64 = worked.iter().filter_map(|session| session.spent.get(&AgentState::Pause)).sum();
        let pauses: u32 = worked.iter().map(|session| session.pauses).sum();
        let each = paused / worked.len().max(1) as f64;
        agents.breaks.clear();
        // One break for all that were taken: utilization leaves pauses out, but the floor is smaller meanwhile.
        if pauses > 0 && each > 60.0 {
            let after_minutes = scenario.hours * 30.0;
            agents.breaks.push(Break { after_minutes, minutes: each / 60.0, reason: "pause".to_owned() });
        }
    }
}

/// A lognormal of the same logarithmic mean and spread. False, and unchanged, with too few observations.
fn fit(dist: &mut Dist, seconds: &[f64]) -> bool {
    fit_weighted(dist, seconds.iter().map(|seconds| (*seconds, 1.0)))
}

/// Seconds, and how many such each stands for.
fn fit_weighted(dist: &mut Dist, observed: impl Iterator<Item = (f64, f64)>) -> bool {
    let logs: Vec<(f64, f64)> = observed.map(|(seconds, weight)| (seconds.max(0.01).ln(), weight)).collect();
    if logs.len() < ENOUGH {
        return false;
    }
    let whole: f64 = logs.iter().map(|(_, weight)| weight).sum();
    let mean = logs.iter().map(|(log, weight)| log * weight).sum::<f64>() / whole;
    let spread = logs.iter().map(|(log, weight)| (log - mean) * (log - mean) * weight).sum::<f64>() / whole;
    let n = logs.len() as f64;
    *dist = Dist::lognormal(mean.exp().min(3_600.0), (spread * n / (n - 1.0)).sqrt().min(2.0));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dist::Shape;

    #[test]
    fn a_lognormal_comes_back_from_what_it_drew() {
        let drawn = Dist::lognormal(9.0, 0.5);
        let mut rng = crate::sim::rng::stream(1, crate::sim::rng::Purpose::List, 0, 0);
        let seconds: Vec<f64> = (0..4_000).map(|_| drawn.seconds(&mut rng)).collect();
        let mut fitted = Dist::Fixed(0.0);
        assert!(fit(&mut fitted, &seconds));
        let Dist::Drawn(Shape::Lognormal { median, sigma }) = fitted else { panic!("{fitted:?}") };
        assert!((median - 9.0).abs() < 0.3 && (sigma - 0.5).abs() < 0.03, "{fitted:?}");
        assert!(!fit(&mut fitted, &seconds[..ENOUGH - 1]), "too few change nothing");
    }
}
