//! What a simulated day came to, hour by hour: a fold over its facts, as JSON for machines. Text for
//! people stands in `report_text`.
//! Counts are its own; every ratio is the KPI catalogue's. It refuses to define another.

use super::reasons::ReasonTime;
use crate::facts::{Abandon, Envelope, Fact};
use crate::kpi::{Figure, Fold, Interval, Query};
use crate::words::*;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Hour {
    /// Local, `2026-11-23 09:00`.
    pub from: String,
    pub dials: u64,
    pub answered: u64,
    /// People served by an agent or by the flow.
    pub handled: u64,
    pub abandoned: u64,
    pub orders: u64,
    /// The KPI of this name: `None` without agents.
    pub occupancy: Option<f64>,
    /// Of the list, at the end of the hour.
    pub untouched: u64,
    pub closed: u64,
}

/// Of a set of durations, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    pub count: u64,
    pub mean_ms: f64,
    pub p50_ms: u64,
    pub p90_ms: u64,
    pub max_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    pub seed: u64,
    pub leads: u64,
    pub hours: Vec<Hour>,
    /// Milliseconds by state, over all agents.
    pub agent_time_ms: BTreeMap<String, i64>,
    pub login_ms: i64,
    /// From answer to agent.
    pub customers_wait: Spread,
    /// From ready to the next call.
    pub agents_wait: Spread,
    /// Every KPI of the catalogue over the whole day.
    pub kpis: BTreeMap<&'static str, Figure>,
    pub facts: u64,
    /// What decided how much was dialed, longest first; empty for a day that was recorded.
    pub reasons: Vec<ReasonTime>,
    pub violations: Vec<String>,
}

pub struct Report {
    zone: TimeZone,
    fold: Fold,
    summary: Summary,
    touched: BTreeSet<LeadId>,
    closed: BTreeSet<LeadId>,
    handled: BTreeSet<CallId>,
    states: BTreeMap<AgentId, (Moment, AgentState)>,
    customers: Vec<u64>,
    agents: Vec<u64>,
}

impl Report {
    /// `leads`: on the list in the morning.
    pub fn new(seed: u64, leads: u64, zone: TimeZone) -> Report {
        let (touched, closed, handled, states, customers, agents) = Default::default();
        let summary = Summary { seed, leads, ..Summary::default() };
        Report { zone, fold: Fold::new(), summary, touched, closed, handled, states, customers, agents }
    }

    pub fn take(&mut self, envelope: &Envelope) {
        self.summary.facts += 1;
        self.fold.observe(envelope);
        let wall = envelope.wall;
        match &envelope.fact {
            Fact::CallPlaced { lead, .. } => {
                self.touched.insert(*lead);
            }
            Fact::InviteSent { .. } => self.hour(wall).dials += 1,
            Fact::CallAnswered { .. } => self.hour(wall).answered += 1,
            Fact::CallBridged { call, waited_ms, .. } => {
                if self.handled.insert(*call) {
                    self.customers.push(u64::from(*waited_ms));
                    self.hour(wall).handled += 1;
                }
            }
            Fact::FlowSpoke { call, .. } => {
                if self.handled.insert(*call) {
                    self.hour(wall).handled += 1;
                }
            }
            Fact::CallAbandoned { abandon, .. } => match abandon {
                Abandon::NoAgent | Abandon::Late | Abandon::Crash => self.hour(wall).abandoned += 1,
                Abandon::CustomerEarly => {}
            },
            Fact::OrderTaken { .. } => self.hour(wall).orders += 1,
            Fact::LeadClosed { lead, .. } => {
                self.closed.insert(*lead);
            }
            Fact::AgentStateChanged { agent, state, .. } => self.changes(*agent, Some(*state), envelope),
            Fact::AgentLoggedOut { agent, .. } => self.changes(*agent, None, envelope),
            _ => {}
        }
    }

    fn changes(&mut self, agent: AgentId, state: Option<AgentState>, envelope: &Envelope) {
        let before = match state {
            Some(state) => self.states.insert(agent, (envelope.moment, state)),
            None => self.states.remove(&agent),
        };
        let Some((since, before)) = before else { return };
        let spent = envelope.moment.millis() - since.millis();
        *self.summary.agent_time_ms.entry(name(before).to_owned()).or_default() += spent;
        self.summary.login_ms += spent;
        if before == AgentState::Ready && matches!(state, Some(AgentState::Reserved | AgentState::Talk)) {
            self.agents.push(u64::try_from(spent).unwrap_or(0));
        }
    }

    fn hour(&mut self, wall: Wall) -> &mut Hour {
        let from = self.name_of_hour(wall);
        let hours = &mut self.summary.hours;
        let untouched = self.summary.leads.saturating_sub(self.touched.len() as u64);
        let closed = self.closed.len() as u64;
        let at = match hours.iter().rposition(|hour| hour.from == from) {
            Some(at) => at,
            None => {
                hours.push(Hour { from, ..Hour::default() });
                hours.len() - 1
            }
        };
        if at + 1 == hours.len() {
            (hours[at].untouched, hours[at].closed) = (untouched, closed);
        }
        &mut hours[at]
    }

    fn name_of_hour(&self, wall: Wall) -> String {
        self.zone.to_datetime(wall.timestamp()).strftime("%Y-%m-%d %H:00").to_string()
    }

    pub fn finish(mut self, violations: Vec<String>) -> Summary {
        let zone = self.zone.iana_name().map(str::to_owned);
        let all = Query { include_test: true, zone, ..Query::default() };
        let by_hour = Query { interval: Some(Interval::Minutes(60)), ..all.clone() };
        let report = self.fold.report();
        // A day without a campaign's settings has no KPIs: the query says why, the summary shows none.
        self.summary.kpis = report.figures(&all).unwrap_or_default();
        let occupancy = report.compute("occupancy", &by_hour).map(|table| table.rows).unwrap_or_default();
        let by_name: BTreeMap<String, Option<f64>> =
            occupancy.iter().map(|row| (self.name_of_hour(row.from), row.value)).collect();
        for hour in &mut self.summary.hours {
            hour.occupancy = by_name.get(&hour.from).copied().flatten();
        }
        self.summary.customers_wait = spread(self.customers);
        self.summary.agents_wait = spread(self.agents);
        self.summary.violations = violations;
        self.summary
    }
}

fn spread(mut all: Vec<u64>) -> Spread {
    all.sort_unstable();
    let count = all.len();
    if count == 0 {
        return Spread::default();
    }
    let at = |share: f64| all[((count - 1) as f64 * share).round() as usize];
    let mean_ms = all.iter().sum::<u64>() as f64 / count as f64;
    Spread { count: count as u64, mean_ms, p50_ms: at(0.5), p90_ms: at(0.9), max_ms: all[count - 1] }
}

/// The state's code, as in facts.
pub fn name(state: AgentState) -> &'static str {
    match state {
        AgentState::Ready => "ready",
        AgentState::Reserved => "reserved",
        AgentState::Talk => "talk",
        AgentState::Hold => "hold",
        AgentState::Wrap => "wrap",
        AgentState::Pause => "pause",
        AgentState::ManualDial => "manual_dial",
        AgentState::Preview => "preview",
        AgentState::NoDevice => "no_device",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64, fact: Fact) -> Envelope {
        let moment = Moment::from_millis(ms);
        let wall = moment.wall(Wall::parse_rfc3339("2026-11-23T14:00:00Z").expect("a time").0);
        Envelope { centre: CentreId(1), node: 1, seq: 1, moment, wall, version: 1, fact }
    }

    fn state(state: AgentState) -> Fact {
        let (agent, session) = (AgentId(1), SessionId(1));
        Fact::AgentStateChanged { agent, session, state, reason: None, call: None, campaign: None }
    }

    #[test]
    fn agents_time_adds_up_and_reads_well() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let mut report = Report::new(1, 10, zone);
        report.take(&at(3_000_000, state(AgentState::Ready)));
        report.take(&at(3_300_000, state(AgentState::Talk)));
        report.take(&at(4_200_000, state(AgentState::Ready)));
        let out = Fact::AgentLoggedOut {
            agent: AgentId(1),
            session: SessionId(1),
            effective: Moment(0),
            reason: String::new(),
        };
        report.take(&at(4_800_000, out));
        let summary = report.finish(vec![]);
        assert_eq!(summary.login_ms, 1_800_000);
        assert_eq!(
            summary.agent_time_ms,
            BTreeMap::from([("ready".to_owned(), 900_000), ("talk".to_owned(), 900_000)])
        );
        assert_eq!(summary.agents_wait.p50_ms, 300_000);
        assert!(summary.text(crate::words::Lang::En).contains("50.0 %"));
    }
}
