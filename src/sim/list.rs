//! The simulated store's list of one campaign: leases, and what durable facts make of each lead.
//! It refuses to act on facts that are not on disk yet: a crash must leave here what it leaves in a database.

use super::rng::{Purpose, mix, stream, weighted};
use super::scenario::ListShape;
use crate::campaign::Lead;
use crate::engine::LeadCounts;
use crate::facts::{Fact, LeadEnd};
use crate::words::{AgentId, CallId, CampaignId, LeadId, Phone, Wall};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    /// Given to the engine, not placed.
    Leased,
    Scheduled(Wall),
    InFlight(CallId),
    Closed,
    /// May not be called: suppressed, or held for good.
    Excluded,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub lead: Lead,
    pub status: Status,
    /// The called party's day of the latest attempts, and how many.
    today: (i16, u32),
    /// When it was due before it was leased.
    due: Option<Wall>,
}

#[derive(Debug, Clone)]
pub struct List {
    pub campaign: CampaignId,
    rows: Vec<Row>,
    /// Of `rows[0]`; the others follow.
    first: u64,
    pending: BTreeSet<usize>,
    scheduled: BTreeSet<(Wall, usize)>,
    counts: LeadCounts,
    suppressed: BTreeSet<String>,
    zones: BTreeMap<String, TimeZone>,
}

/// Lead ids of made-up lists: campaign's place in the run, then the row.
const LEADS_PER_LIST: u64 = 1 << 24;

impl List {
    pub fn made_up(campaign: CampaignId, place: u64, shape: &ListShape, region: &str, zone: &str, seed: u64) -> List {
        let first = (place + 1) * LEADS_PER_LIST;
        let zones: Vec<(&str, f64)> = match shape.zones.is_empty() {
            true => vec![(zone, 1.0)],
            false => shape.zones.iter().map(|(zone, weight)| (zone.as_str(), *weight)).collect(),
        };
        let weights: Vec<f64> = zones.iter().map(|(_, weight)| *weight).collect();
        let region = shape.region.as_deref().unwrap_or(region);
        let leads = (0..u64::from(shape.leads)).map(|row| {
            let mut rng = stream(seed, Purpose::List, place, row);
            let zone = zones[weighted(&mut rng, &weights).unwrap_or(0)].0;
            let mut fields = shape.fields.clone();
            fields.entry("name".into()).or_insert_with(|| format!("Lead {}", row + 1));
            Lead {
                id: LeadId(first + row),
                phone: number(region, place * 100_000 + row),
                number_hash: format!("{:016x}", mix(seed ^ mix(first + row))),
                zones: vec![zone.to_owned()],
                attempts: 0,
                attempts_today: 0,
                // Written when it is leased.
                day: String::new(),
                callback_at: None,
                callback_agent: None,
                fields,
            }
        });
        List::of(campaign, first, leads.collect())
    }

    /// `leads` have the ids `first`, `first + 1`, ...
    pub fn of(campaign: CampaignId, first: u64, leads: Vec<Lead>) -> List {
        let counts = LeadCounts { pending: leads.len() as u64, ..LeadCounts::default() };
        let pending = (0..leads.len()).collect();
        let row = |lead| Row { lead, status: Status::Pending, today: (i16::MIN, 0), due: None };
        let rows = leads.into_iter().map(row).collect();
        let (scheduled, suppressed, zones) = Default::default();
        List { campaign, rows, first, pending, scheduled, counts, suppressed, zones }
    }

    pub fn counts(&self) -> LeadCounts {
        self.counts
    }
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
    pub fn row(&self, lead: LeadId) -> Option<&Row> {
        self.rows.get(self.index(lead)?)
    }

    fn index(&self, lead: LeadId) -> Option<usize> {
        let index = usize::try_from(lead.0.checked_sub(self.first)?).ok()?;
        (index < self.rows.len()).then_some(index)
    }

    /// Up to `count` leads: promised and due ones first, then the list in its order. And when more is due.
    pub fn lease(&mut self, now: Wall, count: u32) -> (Vec<Lead>, Option<Wall>) {
        let mut leased = Vec::new();
        while leased.len() < count as usize {
            let due = self.scheduled.first().filter(|(at, _)| *at <= now).map(|(_, index)| *index);
            let Some(index) = due.or_else(|| self.pending.first().copied()) else { break };
            if self.suppressed.contains(&self.rows[index].lead.number_hash) {
                self.set(index, Status::Excluded);
                continue;
            }
            leased.push(self.hand_out(index, now));
        }
        (leased, self.scheduled.first().map(|(at, _)| *at))
    }

    /// One lead, also before its time; `None` if it is in other hands, closed or suppressed.
    pub fn lease_one(&mut self, now: Wall, lead: LeadId) -> Option<Lead> {
        let index = self.index(lead)?;
        let row = &self.rows[index];
        let free = matches!(row.status, Status::Pending | Status::Scheduled(_));
        (free && !self.suppressed.contains(&row.lead.number_hash)).then(|| self.hand_out(index, now))
    }

    fn hand_out(&mut self, index: usize, now: Wall) -> Lead {
        let day = self.day(index, now);
        let row = &mut self.rows[index];
        row.due = match row.status {
            Status::Scheduled(at) => Some(at),
            Status::Pending | Status::Leased | Status::InFlight(_) | Status::Closed | Status::Excluded => None,
        };
        row.lead.attempts_today = if row.today.0 == day { row.today.1 } else { 0 };
        let lead = row.lead.clone();
        self.set(index, Status::Leased);
        lead
    }

    pub fn release(&mut self, leads: &[LeadId]) {
        for lead in leads {
            let Some(index) = self.index(*lead) else { continue };
            if self.rows[index].status == Status::Leased {
                self.give_back(index);
            }
        }
    }

    fn give_back(&mut self, index: usize) {
        let due = self.rows[index].due;
        self.set(index, due.map_or(Status::Pending, Status::Scheduled));
    }

    /// After a crash nobody holds a lease.
    pub fn release_all(&mut self) {
        for index in 0..self.rows.len() {
            if self.rows[index].status == Status::Leased {
                self.give_back(index);
            }
        }
    }

    /// A fact of this campaign reached the disk.
    pub fn apply(&mut self, fact: &Fact, at: Wall) {
        match fact {
            Fact::CallPlaced { call, lead, attempt, .. } => self.placed(*lead, *call, *attempt, at),
            Fact::LeadHeld { lead, until, .. } => {
                self.move_to(*lead, until.map_or(Status::Excluded, Status::Scheduled));
            }
            Fact::RetryPlanned { lead, not_before, .. } => {
                self.promise(*lead, None, None);
                self.move_to(*lead, Status::Scheduled(*not_before));
            }
            Fact::CallbackPlanned { lead, at, agent, .. } => {
                self.promise(*lead, Some(*at), *agent);
                self.move_to(*lead, Status::Scheduled(*at));
            }
            Fact::LeadClosed { lead, reason: LeadEnd::Suppressed, .. } => self.move_to(*lead, Status::Excluded),
            Fact::LeadClosed { lead, .. } => self.move_to(*lead, Status::Closed),
            Fact::OptedOut { number_hash, .. } => {
                self.suppressed.insert(number_hash.clone());
            }
            _ => {}
        }
    }

    pub fn suppress(&mut self, number_hash: &str) {
        self.suppressed.insert(number_hash.to_owned());
    }

    /// Its INVITE never left: the attempt is not used up.
    pub fn withdrawn(&mut self, lead: LeadId, call: CallId) {
        let Some(index) = self.index(lead) else { return };
        let row = &mut self.rows[index];
        if row.status == Status::InFlight(call) {
            row.lead.attempts = row.lead.attempts.saturating_sub(1);
            row.today.1 = row.today.1.saturating_sub(1);
            self.give_back(index);
        }
    }

    fn placed(&mut self, lead: LeadId, call: CallId, attempt: u32, at: Wall) {
        let Some(index) = self.index(lead) else { return };
        let day = self.day(index, at);
        let row = &mut self.rows[index];
        row.lead.attempts = row.lead.attempts.max(attempt);
        row.today = if row.today.0 == day { (day, row.today.1 + 1) } else { (day, 1) };
        self.set(index, Status::InFlight(call));
    }

    fn promise(&mut self, lead: LeadId, at: Option<Wall>, agent: Option<AgentId>) {
        if let Some(index) = self.index(lead) {
            self.rows[index].lead.callback_at = at;
            self.rows[index].lead.callback_agent = agent;
        }
    }

    fn move_to(&mut self, lead: LeadId, status: Status) {
        if let Some(index) = self.index(lead) {
            self.set(index, status);
        }
    }

    fn set(&mut self, index: usize, status: Status) {
        let before = std::mem::replace(&mut self.rows[index].status, status);
        *self.count(before) -= 1;
        *self.count(status) += 1;
        match before {
            Status::Pending => _ = self.pending.remove(&index),
            Status::Scheduled(at) => _ = self.scheduled.remove(&(at, index)),
            Status::Leased | Status::InFlight(_) | Status::Closed | Status::Excluded => {}
        }
        match status {
            Status::Pending => _ = self.pending.insert(index),
            Status::Scheduled(at) => _ = self.scheduled.insert((at, index)),
            Status::Leased | Status::InFlight(_) | Status::Closed | Status::Excluded => {}
        }
    }

    fn count(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Pending => &mut self.counts.pending,
            Status::Scheduled(_) => &mut self.counts.scheduled,
            Status::Leased | Status::InFlight(_) => &mut self.counts.in_flight,
            Status::Closed => &mut self.counts.closed,
            Status::Excluded => &mut self.counts.excluded,
        }
    }

    /// Day of the year at the called party.
    fn day(&mut self, index: usize, at: Wall) -> i16 {
        let name = self.rows[index].lead.zones.first().map_or("UTC", String::as_str);
        if !self.zones.contains_key(name) {
            self.zones.insert(name.to_owned(), TimeZone::get(name).unwrap_or(TimeZone::UTC));
        }
        at.timestamp().to_zoned(self.zones[name].clone()).day_of_year()
    }
}

/// A number that can exist in the region, another for each `n`.
fn number(region: &str, n: u64) -> Phone {
    let text = match region {
        "CN" => format!("+86138{:08}", n % 100_000_000),
        "GB" => format!("+447400{:06}", n % 1_000_000),
        "HK" => format!("+8526{:07}", n % 10_000_000),
        "TW" => format!("+8869{:08}", n % 100_000_000),
        _ => {
            const AREAS: [&str; 6] = ["212", "312", "415", "617", "713", "206"];
            let (area, line) = ((n / 7_000_000) as usize % AREAS.len(), 2_000_000 + n % 7_000_000);
            format!("+1{}{line}", AREAS[area])
        }
    };
    Phone::e164(&text).expect("made of a country code and digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPAIGN: CampaignId = CampaignId(1);

    fn list(leads: u32) -> List {
        let shape = ListShape { leads, ..ListShape::default() };
        List::made_up(CAMPAIGN, 0, &shape, "US", "America/New_York", 1)
    }

    fn placed(lead: LeadId, call: u64, attempt: u32) -> Fact {
        let (number_hash, zone, pack) = Default::default();
        Fact::CallPlaced {
            call: CallId(call),
            campaign: CAMPAIGN,
            lead,
            attempt,
            number_hash,
            zone,
            rules: vec![],
            pack,
        }
    }

    #[test]
    fn a_lead_goes_round_until_it_is_closed() {
        let mut list = list(2);
        let monday = Wall::parse_rfc3339("2026-11-23T15:00:00Z").expect("a time");
        let (leads, due) = list.lease(monday, 1);
        assert_eq!((leads.len(), due), (1, None));
        let lead = leads[0].id;
        list.apply(&placed(lead, 7, 1), monday);
        let later = Wall(monday.0 + 3_600_000_000);
        list.apply(&Fact::RetryPlanned { campaign: CAMPAIGN, lead, after: CallId(7), not_before: later }, monday);
        assert_eq!(list.lease(monday, 5).0.len(), 1, "only the other lead: this one is not due");
        let (again, _) = list.lease(later, 5);
        assert_eq!((again[0].id, again[0].attempts, again[0].attempts_today), (lead, 1, 1));
        list.apply(&placed(lead, 8, 2), later);
        list.apply(&Fact::LeadClosed { campaign: CAMPAIGN, lead, reason: LeadEnd::Worked }, later);
        let counts = list.counts();
        assert_eq!((counts.closed, counts.in_flight, counts.pending, counts.scheduled), (1, 1, 0, 0));
    }

    #[test]
    fn a_new_day_counts_attempts_from_zero() {
        let mut list = list(1);
        let monday = Wall::parse_rfc3339("2026-11-24T04:30:00Z").expect("23:30 in New York");
        let lead = list.lease(monday, 1).0[0].id;
        list.apply(&placed(lead, 1, 1), monday);
        let tuesday = Wall(monday.0 + 3_600_000_000);
        list.apply(&Fact::RetryPlanned { campaign: CAMPAIGN, lead, after: CallId(1), not_before: tuesday }, monday);
        assert_eq!(list.lease(tuesday, 1).0[0].attempts_today, 0);
    }

    #[test]
    fn suppressed_numbers_are_left_out_and_leases_come_back() {
        let mut list = list(3);
        let hash = list.rows()[1].lead.number_hash.clone();
        list.suppress(&hash);
        let (leads, _) = list.lease(Wall(0), 9);
        assert_eq!(leads.len(), 2);
        list.release(&[leads[0].id]);
        assert_eq!(list.counts().pending, 1);
        list.release_all();
        assert_eq!((list.counts().pending, list.counts().excluded), (2, 1));
    }

    #[test]
    fn numbers_are_distinct() {
        let list = list(500);
        let numbers: BTreeSet<&str> = list.rows().iter().map(|row| row.lead.phone.digits()).collect();
        assert_eq!(numbers.len(), 500);
    }
}
