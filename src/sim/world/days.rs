//! How a world begins, crashes and begins again: the first morning, the next, and the hour after a power cut.

use super::outside::Asker;
use super::store::Disk;
use super::{DRAIN, Event, Phone, SimWorld, Sink};
use crate::engine::{AgentRecord, CampaignSpec, Input, LearnedRow, Recovered, Request, TrunkEvent, TrunkRecord};
use crate::facts::Envelope;
use crate::sim::agent::SimAgent;
use crate::sim::carrier::Trunk;
use crate::sim::checks::Checks;
use crate::sim::dist::seconds;
use crate::sim::heap::Heap;
use crate::sim::list::List;
use crate::sim::recover;
use crate::sim::scenario::Scenario;
use crate::words::*;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// What is left of a world that crashed: the disk, and what the carrier remembers.
pub struct Remains {
    scenario: Arc<Scenario>,
    specs: Vec<Arc<CampaignSpec>>,
    lists: Vec<List>,
    checks: Checks,
    wall: Wall,
    end: Wall,
    on_disk: Vec<Envelope>,
    learned: BTreeMap<(String, u8), LearnedRow>,
    epochs: u32,
}

impl<'a> SimWorld<'a> {
    /// `specs` are dialed side by side, each with a list of its own; every agent works for all.
    pub fn new(scenario: &Scenario, specs: Vec<CampaignSpec>, sink: Sink<'a>) -> SimWorld<'a> {
        let specs: Vec<Arc<CampaignSpec>> = specs.into_iter().map(Arc::new).collect();
        let lists = made_up_lists(scenario, &specs);
        let start = start_wall(scenario, &specs);
        let end = start + seconds(scenario.hours * 3600.0);
        let checks = Checks::default();
        let remains = Remains {
            scenario: Arc::new(scenario.clone()),
            specs,
            lists,
            checks,
            wall: start,
            end,
            on_disk: Vec::new(),
            learned: BTreeMap::new(),
            epochs: 0,
        };
        SimWorld::after(remains, Duration::ZERO, sink)
    }

    /// The same centre again, `down` after the crash. Lists of one's own: `new`, then `set_list`.
    pub fn after(remains: Remains, down: Duration, sink: Sink<'a>) -> SimWorld<'a> {
        let Remains { scenario, specs, mut lists, checks, wall, end, on_disk, learned, epochs } = remains;
        let start = wall + down;
        lists.iter_mut().for_each(List::release_all);
        let campaigns: Vec<CampaignId> = specs.iter().map(|spec| spec.id).collect();
        let agents: Vec<SimAgent> = (0..scenario.agents.number as usize)
            .map(|place| {
                let id = AgentId(place as u64 + 1);
                SimAgent::new(id, place, &scenario.agents, campaigns.clone(), scenario.seed ^ u64::from(epochs))
            })
            .collect();
        let shapes = scenario.carrier.trunks.iter().enumerate();
        let trunks = shapes.map(|(at, shape)| Trunk::new(TrunkId(at as u64 + 1), shape, scenario.seed)).collect();
        let mut world = SimWorld {
            zone: zone_of(&scenario, &specs),
            now: Moment::ZERO,
            end: Moment::ZERO + end.since(start),
            offset: start.0,
            heap: Heap::default(),
            inbox: VecDeque::new(),
            disk: Disk::new(scenario.seed, epochs, on_disk.last().map_or(0, |envelope| envelope.seq)),
            phones: agents.iter().map(|_| Phone::default()).collect(),
            agents,
            trunks,
            lists,
            specs,
            reserved: BTreeMap::new(),
            calls: BTreeMap::new(),
            customers: BTreeMap::new(),
            agent_legs: BTreeMap::new(),
            requests: BTreeMap::new(),
            requested: 0,
            checks,
            sink,
            steps: 0,
            cut_at: None,
            same_moment: 0,
            stopped: false,
            views: BTreeMap::new(),
            decided: Vec::new(),
            tapes: Vec::new(),
            learned,
            scenario,
        };
        world.opens(&on_disk, epochs + 1);
        world
    }

    /// The inputs and plans with which every run begins.
    fn opens(&mut self, on_disk: &[Envelope], epoch: u32) {
        let records: Vec<TrunkRecord> = self.trunks.iter().map(|trunk| trunk.record.clone()).collect();
        for record in &records {
            self.checks.trunk(record.id, record.channels, record.calls_per_second);
        }
        let agents: Vec<AgentRecord> = self
            .agents
            .iter()
            .map(|agent| {
                let name = format!("agent{}", agent.place + 1);
                AgentRecord { id: agent.id, name, display: None, lang: Lang::En }
            })
            .collect();
        let mut recovered = match on_disk {
            [] => Recovered {
                centre: CentreId(1),
                node: 1,
                epoch,
                agents,
                trunks: records.clone(),
                ..Recovered::default()
            },
            facts => recover::recovered(facts, epoch, agents, records.clone()),
        };
        recovered.learned = self.learned.values().cloned().collect();
        self.inbox.push_back(Input::WallClock { offset: self.offset });
        self.inbox.push_back(Input::Recovered(Box::new(recovered)));
        for record in records {
            self.inbox.push_back(Input::Trunk { trunk: record.id, event: TrunkEvent::Up });
        }
        for spec in self.specs.clone() {
            let campaign = spec.id;
            self.asks(Asker::Host, Request::Configure(spec));
            self.asks(Asker::Host, Request::StartCampaign { campaign });
        }
        let run = self.end.since(Moment::ZERO);
        let scenario = self.scenario.clone();
        for place in 0..self.agents.len() {
            for (at, plan) in self.agents[place].day(&scenario.agents, run) {
                self.later(at, Event::Agent(place, plan));
            }
        }
        if epoch == 1 {
            for (index, planned) in scenario.planned.iter().enumerate() {
                self.later(seconds(planned.at_seconds), Event::Planned(index));
            }
        }
        self.later(run, Event::Shutdown(DRAIN / 2));
        self.later(run + DRAIN, Event::NeverStopped);
    }

    /// Everyone went home, the disk stays: what the next working day begins with. `on_disk` is what the sink was given.
    pub fn until_next_day(self, on_disk: Vec<Envelope>, start: Wall, length: Duration) -> Remains {
        Remains { wall: start, end: start + length, ..self.crashes(on_disk) }
    }

    /// Power off. `on_disk` is what the sink was given.
    pub fn crashes(self, on_disk: Vec<Envelope>) -> Remains {
        let wall = self.wall();
        Remains {
            checks: self.checks.after_crash(&on_disk),
            end: self.end.wall(self.offset),
            epochs: self.disk.epoch + 1,
            scenario: self.scenario,
            specs: self.specs,
            lists: self.lists,
            learned: self.learned,
            wall,
            on_disk,
        }
    }
}

fn made_up_lists(scenario: &Scenario, specs: &[Arc<CampaignSpec>]) -> Vec<List> {
    let made_up = |(place, spec): (usize, &Arc<CampaignSpec>)| {
        let (region, zone) = (&spec.settings.dialing.region, &spec.settings.hours.zone);
        List::made_up(spec.id, place as u64, &scenario.list, region, zone, scenario.seed)
    };
    specs.iter().enumerate().map(made_up).collect()
}

fn zone_of(scenario: &Scenario, specs: &[Arc<CampaignSpec>]) -> TimeZone {
    let own = scenario.zone.as_deref().or(specs.first().map(|spec| spec.settings.hours.zone.as_str()));
    TimeZone::get(own.unwrap_or("UTC")).unwrap_or(TimeZone::UTC)
}

fn start_wall(scenario: &Scenario, specs: &[Arc<CampaignSpec>]) -> Wall {
    let local: jiff::civil::DateTime = scenario.start.parse().expect("Scenario::check read it");
    let start = local.to_zoned(zone_of(scenario, specs)).expect("within jiff's years");
    Wall(start.timestamp().as_microsecond())
}
