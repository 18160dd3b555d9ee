//! Legs towards people and towards agents' phones: who answers, who hangs up, who is bridged.
//! It refuses to know why the engine wants a leg.

use super::{Event, SimWorld};
use crate::engine::{Input, LegEvent};
use crate::sim::carrier::Reply;
use crate::sim::dist::seconds;
use crate::sim::people::{self, Fate, Kind};
use crate::sim::rng::{Purpose, Stream, stream};
use crate::words::*;
use std::time::Duration;

pub(super) struct Customer {
    pub call: CallId,
    pub trunk: usize,
    pub fate: Fate,
    phase: Phase,
    /// We hung up before anything came back: the CANCEL waits for the first provisional answer (RFC 3261 9.1).
    cancel_waits: bool,
    pub answered: Moment,
    pub agent: Option<LegId>,
    pub talk: Stream,
    /// Of the `Listen` under way; odd while one is.
    pub listening: u32,
    pub playing: Option<PlaybackId>,
    /// Changes whenever somebody speaks or falls silent.
    pub quiet: u32,
    pub recording: Option<(RecordingId, Moment)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Dialing,
    Ringing,
    Up,
    /// We hung up; the other side has not confirmed yet.
    Leaving,
    /// Our CANCEL is crossing a 200.
    Crossing,
}

/// There and back on the wire.
const ROUND_TRIP: Duration = Duration::from_millis(30);
/// The recorder closes its file.
const CLOSE_FILE: Duration = Duration::from_millis(50);

impl Customer {
    pub fn human(&self) -> bool {
        self.fate.kind == Kind::Human
    }
    pub fn up(&self) -> bool {
        self.phase == Phase::Up
    }
}

impl SimWorld<'_> {
    // ── people ──

    pub(super) fn dials(&mut self, leg: LegId, call: CallId, trunk: TrunkId) {
        let (now, wall) = (self.now, self.wall());
        let place = usize::try_from(trunk.0).unwrap_or(0).wrapping_sub(1);
        let Some(track) = self.calls.get_mut(&call).filter(|_| place < self.trunks.len()) else {
            return self.checks.broken("placed_first", format!("call {call} on trunk {trunk}"));
        };
        track.leg = Some(leg);
        // A second trunk is the same attempt.
        let begins = !std::mem::replace(&mut track.begun, true);
        let (list, lead, attempt) = (track.list, track.lead, track.attempt);
        if begins {
            self.attempt_fits(list, lead, wall);
        }
        let zones = self.lists[list].row(lead).map(|row| row.lead.zones.clone()).unwrap_or_default();
        let hours = &self.specs[list].settings.hours;
        self.checks.dial(now, wall, leg, call, trunk, &zones, hours);
        let hour = self.zone.to_datetime(wall.timestamp()).hour();
        let (scenario, hour) = (self.scenario.clone(), u8::try_from(hour).expect("0 to 23"));
        let fate = people::fate(&scenario.population, scenario.seed, lead.0, attempt, hour);
        let ring_max = seconds(scenario.population.network_ring_seconds_max);
        self.trunks[place].in_use += 1;
        for reply in self.trunks[place].invited(now, &fate, ring_max) {
            let after = match reply {
                Reply::Ringing(t) | Reply::EarlyMedia(t) | Reply::Sit(t) | Reply::Answer(t) => t,
                Reply::Refuse { after, .. } => after,
            };
            self.later(after, Event::Carrier(leg, reply));
        }
        let talk = stream(scenario.seed, Purpose::Talk, lead.0, u64::from(attempt));
        let customer = Customer {
            call,
            trunk: place,
            fate,
            phase: Phase::Dialing,
            cancel_waits: false,
            answered: Moment::ZERO,
            agent: None,
            talk,
            listening: 0,
            playing: None,
            quiet: 0,
            recording: None,
        };
        self.customers.insert(leg, customer);
        let sip_call_id = format!("{leg}@sim");
        self.inbox.push_back(Input::Leg { leg, event: LegEvent::InviteSent { sip_call_id } });
    }

    pub(super) fn carrier_says(&mut self, leg: LegId, reply: Reply) {
        let Some(customer) = self.customers.get_mut(&leg) else { return };
        match (reply, customer.phase) {
            (Reply::Refuse { code, q850, retry_after, local, .. }, Phase::Dialing | Phase::Ringing) => {
                self.refuses(leg, LegEvent::Refused { code, q850, retry_after, local });
            }
            (Reply::Ringing(_) | Reply::EarlyMedia(_), Phase::Dialing) if customer.cancel_waits => {
                customer.phase = Phase::Leaving;
                self.later(ROUND_TRIP, Event::Gone(leg));
            }
            (Reply::Ringing(_), Phase::Dialing) => {
                customer.phase = Phase::Ringing;
                self.inbox.push_back(Input::Leg { leg, event: LegEvent::Ringing });
            }
            (Reply::EarlyMedia(_), Phase::Dialing) => {
                customer.phase = Phase::Ringing;
                self.inbox.push_back(Input::Leg { leg, event: LegEvent::EarlyMedia });
            }
            (Reply::Sit(_), Phase::Ringing) => {
                self.inbox.push_back(Input::Media { leg, event: crate::engine::MediaEvent::Sit });
            }
            (Reply::Answer(_), Phase::Dialing | Phase::Ringing) => self.answers(leg),
            (Reply::Answer(_), Phase::Crossing) => {
                customer.phase = Phase::Leaving;
                customer.answered = self.now;
                self.inbox.push_back(Input::Leg { leg, event: LegEvent::Answered });
                self.later(ROUND_TRIP, Event::Gone(leg));
            }
            // Too late: the leg went another way meanwhile.
            (Reply::Refuse { .. } | Reply::Ringing(_) | Reply::EarlyMedia(_) | Reply::Sit(_) | Reply::Answer(_), _) => {
            }
        }
    }

    fn answers(&mut self, leg: LegId) {
        let now = self.now;
        let records = seconds(self.scenario.population.machine_records_seconds);
        let customer = self.customers.get_mut(&leg).expect("looked up by carrier_says");
        customer.phase = Phase::Up;
        customer.answered = now;
        let greeted = customer.fate.greeting_after.map_or(Duration::ZERO, |after| after + customer.fate.greeting);
        let (patience, quiet) = (customer.fate.patience, customer.quiet);
        self.inbox.push_back(Input::Leg { leg, event: LegEvent::Answered });
        if self.customers[&leg].human() {
            self.later(greeted + patience, Event::PatienceEnds(leg, quiet));
        } else {
            self.later(greeted + records, Event::CustomerHangsUp(leg));
        }
    }

    fn refuses(&mut self, leg: LegId, event: LegEvent) {
        self.forget_customer(leg);
        self.inbox.push_back(Input::Leg { leg, event });
    }

    pub(super) fn customer_hangs_up(&mut self, leg: LegId) {
        if self.customers.get(&leg).is_some_and(Customer::up) {
            self.forget_customer(leg);
            self.inbox.push_back(Input::Leg { leg, event: LegEvent::Ended { by: Side::Customer, q850: Some(16) } });
        }
    }

    /// The person has waited in silence for as long as people do.
    pub(super) fn patience_ends(&mut self, leg: LegId, quiet: u32) {
        if self.customers.get(&leg).is_some_and(|customer| customer.quiet == quiet) {
            self.customer_hangs_up(leg);
        }
    }

    /// Nobody speaks to the person from now on.
    pub(super) fn falls_silent(&mut self, leg: LegId) {
        let Some(customer) = self.customers.get_mut(&leg).filter(|customer| customer.up()) else { return };
        customer.quiet += 1;
        let (quiet, patience) = (customer.quiet, customer.fate.silence_patience);
        if customer.human() {
            self.later(patience, Event::PatienceEnds(leg, quiet));
        }
    }

    fn forget_customer(&mut self, leg: LegId) {
        self.stops_recording(leg);
        let customer = self.customers.remove(&leg).expect("a leg ends once");
        self.trunks[customer.trunk].in_use -= 1;
        self.checks.leg_gone(leg);
        if let Some(place) = customer.agent.and_then(|agent| self.agent_legs.get(&agent)) {
            self.phones[*place].customer = None;
        }
        if let Some(track) = self.calls.get_mut(&customer.call) {
            track.leg = track.leg.filter(|own| *own != leg);
        }
    }

    // ── both kinds ──

    pub(super) fn hangs_up(&mut self, leg: LegId) {
        if self.agent_legs.contains_key(&leg) {
            return self.later(ROUND_TRIP, Event::Gone(leg));
        }
        let Some(customer) = self.customers.get_mut(&leg) else { return };
        let crosses = self.trunks[customer.trunk].cancel_crosses() && customer.fate.kind.answers();
        match customer.phase {
            Phase::Dialing => customer.cancel_waits = true,
            Phase::Ringing if crosses => {
                customer.phase = Phase::Crossing;
                self.later(ROUND_TRIP / 2, Event::Carrier(leg, Reply::Answer(Duration::ZERO)));
            }
            Phase::Ringing | Phase::Up => {
                let answered = customer.phase == Phase::Up;
                customer.phase = Phase::Leaving;
                if !answered {
                    customer.cancel_waits = true;
                }
                self.later(ROUND_TRIP, Event::Gone(leg));
            }
            Phase::Leaving | Phase::Crossing => {}
        }
    }

    /// A leg that we hung up is down: 487 to the CANCEL, or 200 to the BYE.
    pub(super) fn leg_gone(&mut self, leg: LegId) {
        let ended = LegEvent::Ended { by: Side::Us, q850: None };
        if let Some(place) = self.agent_legs.remove(&leg) {
            self.phones[place].leg = None;
            self.phones[place].customer = None;
            return self.inbox.push_back(Input::Leg { leg, event: ended });
        }
        let Some(customer) = self.customers.get(&leg) else { return };
        let cancelled = customer.cancel_waits;
        let refused = LegEvent::Refused { code: 487, q850: None, retry_after: None, local: false };
        self.refuses(leg, if cancelled { refused } else { ended });
    }

    pub(super) fn bridges(&mut self, customer: LegId, agent: LegId) {
        let place = self.agent_legs.get(&agent).copied();
        let (Some(person), Some(place)) = (self.customers.get_mut(&customer), place) else { return };
        let before = self.phones[place].customer.replace(customer);
        person.agent = Some(agent);
        person.quiet += 1;
        if before.is_some_and(|before| before != customer) {
            self.checks.broken("one_call_per_agent", format!("phone {agent} hears {before:?} and {customer}"));
        }
    }

    pub(super) fn unbridges(&mut self, customer: LegId, agent: LegId) {
        if let Some(place) = self.agent_legs.get(&agent) {
            self.phones[*place].customer = None;
        }
        if let Some(person) = self.customers.get_mut(&customer) {
            person.agent = None;
        }
        self.falls_silent(customer);
    }

    // ── recordings ──

    pub(super) fn records(&mut self, leg: LegId, recording: RecordingId) {
        let now = self.now;
        if let Some(customer) = self.customers.get_mut(&leg) {
            customer.recording = Some((recording, now));
        }
    }

    pub(super) fn stops_recording(&mut self, leg: LegId) {
        let now = self.now;
        let Some(customer) = self.customers.get_mut(&leg) else { return };
        if let Some((recording, since)) = customer.recording.take() {
            let length_ms = u32::try_from(now.since(since).as_millis()).unwrap_or(u32::MAX);
            let call = customer.call;
            self.later(CLOSE_FILE, Event::RecordingClosed { call, recording, length_ms });
        }
    }

    pub(super) fn recording_closed(&mut self, call: CallId, recording: RecordingId, length_ms: u32) {
        let (sha256, file) = (format!("{:064x}", recording.0), format!("{recording}.wav"));
        self.inbox.push_back(Input::Recorded { call, recording, length_ms, sha256, file });
    }
}
