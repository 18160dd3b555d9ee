//! What all pages look at together, worked out once for everybody: the floor each second, KPIs of the day and their
//! courses every few seconds. While nobody looks, only the list's burn-down is noted. Nothing here is stored.

use super::state::Api;
use crate::engine::{AfterCall, AgentView, Estimates, InFlight, Mode};
use crate::facts::LeadCounts;
use crate::kpi::{self, Figure, Fold, GroupBy, Interval, Query};
use crate::words::*;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

const FLOOR_EVERY: Duration = Duration::from_secs(1);
/// KPIs of the day at most so often, and never more than a twentieth of the time.
const FIGURES_EVERY: Duration = Duration::from_secs(5);
const FIGURES_SHARE: u32 = 20;
/// The burn-down: a point so often, so many at most (eight hours).
const BURN_EVERY: Duration = Duration::from_secs(30);
const BURN_MAX: usize = 960;
/// Courses show so much, in steps of so much.
const COURSE: Duration = Duration::from_secs(2 * 3600);
const COURSE_STEP_MINUTES: u32 = 5;

/// An agent's own numbers.
const OWN: [&str; 6] = ["handled", "orders", "conv_contact", "talk_time_total", "aht", "occupancy"];
/// A campaign's numbers on the floor.
const CAMPAIGN: [&str; 14] = [
    "dials",
    "connect_rate_valid",
    "human_answer_rate",
    "contact_rate_rpc",
    "abandon_rate",
    "answer_to_agent_avg",
    "conv_contact",
    "orders",
    "revenue",
    "aht",
    "occupancy",
    "orders_per_login_hour",
    "callback_scheduled",
    "optout_rate",
];
const COURSES: [&str; 4] = ["occupancy", "abandon_rate", "dials", "orders"];

pub struct Board {
    floor: watch::Sender<Arc<FloorNow>>,
    figures: watch::Sender<Arc<Figures>>,
    /// Somebody begins to look at the figures.
    looked_at: Notify,
    burn: Mutex<BTreeMap<CampaignId, VecDeque<(i64, u64)>>>,
    /// Of this process: a page that sees another one knows that the server began anew.
    pub boot: String,
}

#[derive(Debug, Default)]
pub struct FloorNow {
    pub agents: BTreeMap<AgentId, Arc<Row>>,
    pub campaigns: BTreeMap<CampaignId, Arc<CampaignNow>>,
    pub faults: Vec<String>,
}

/// Who does what, since when.
#[derive(Debug, PartialEq, Serialize)]
pub struct Row {
    id: AgentId,
    name: String,
    state: AgentState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Milliseconds since 1970.
    since: i64,
    device: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<AfterCall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<CampaignId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct CampaignNow {
    pub id: CampaignId,
    pub name: String,
    pub title: Text,
    state: CampaignState,
    mode: Mode,
    why: Text,
    in_flight: InFlight,
    lines: u32,
    leads: LeadCounts,
    estimates: Estimates,
    target_utilization: f64,
}

#[derive(Debug, Default)]
pub struct Figures {
    pub agents: BTreeMap<AgentId, Vec<Shown>>,
    pub campaigns: BTreeMap<CampaignId, Arc<Course>>,
}

/// A KPI by its name in the dictionary.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    id: &'static str,
    names: kpi::Names,
    unit: kpi::Unit,
    #[serde(flatten)]
    figure: Figure,
    /// Decimals between the currency's unit and its minor one.
    #[serde(skip_serializing_if = "Option::is_none")]
    minor_digits: Option<u32>,
}

#[derive(Debug, Default, Serialize)]
pub struct Course {
    pub campaign: CampaignId,
    pub kpis: Vec<Shown>,
    /// By KPI: milliseconds and value, null where nothing happened.
    pub courses: BTreeMap<&'static str, Vec<(i64, Option<f64>)>>,
    /// Milliseconds, and leads that are still to be called.
    pub burn: Vec<(i64, u64)>,
}

impl Default for Board {
    fn default() -> Board {
        let boot = getrandom::u64().unwrap_or_default();
        Board {
            floor: watch::channel(Arc::default()).0,
            figures: watch::channel(Arc::default()).0,
            looked_at: Notify::new(),
            burn: Mutex::default(),
            boot: format!("{boot:016x}"),
        }
    }
}

impl Board {
    pub fn floor(&self) -> watch::Receiver<Arc<FloorNow>> {
        subscribe(&self.floor)
    }

    pub fn figures(&self) -> watch::Receiver<Arc<Figures>> {
        let receiver = subscribe(&self.figures);
        self.looked_at.notify_one();
        receiver
    }

    /// Works until it is dropped.
    pub async fn work(&self, api: &Api) {
        tokio::join!(self.watch_floor(api), self.work_out_figures(api));
    }

    async fn watch_floor(&self, api: &Api) {
        let mut names = Names::default();
        let mut every = tokio::time::interval(FLOOR_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut burned = Instant::now() - BURN_EVERY;
        loop {
            every.tick().await;
            if burned.elapsed() >= BURN_EVERY {
                burned = Instant::now();
                self.note_burn_down(api).await;
            }
            if self.floor.receiver_count() > 0 {
                let floor = names.floor(api).await;
                self.floor.send_replace(Arc::new(floor));
            }
        }
    }

    async fn note_burn_down(&self, api: &Api) {
        let now = (api.now)().millis();
        for view in api.feed.campaigns() {
            let Ok(counts) = api.store.lead_counts(view.campaign).await else { continue };
            let mut burn = self.burn.lock().expect("never held across a panic");
            let points = burn.entry(view.campaign).or_default();
            points.push_back((now, counts.pending + counts.scheduled + counts.in_flight));
            if points.len() > BURN_MAX {
                points.pop_front();
            }
        }
    }

    async fn work_out_figures(&self, api: &Api) {
        let mut pause = FIGURES_EVERY;
        loop {
            if self.figures.receiver_count() > 0 {
                let began = Instant::now();
                let zones = zones(api).await;
                let burn = self.burn.lock().expect("never held across a panic").clone();
                let fold = api.kpis.lock().expect("never held across a panic").clone();
                let now = (api.now)();
                let work = tokio::task::spawn_blocking(move || figures(&fold, &zones, &burn, now));
                if let Ok(figures) = work.await {
                    self.figures.send_replace(Arc::new(figures));
                }
                pause = FIGURES_EVERY.max(began.elapsed() * FIGURES_SHARE);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // The first to look after a while does not wait.
                () = self.looked_at.notified(), if self.figures.receiver_count() == 0 => pause = FIGURES_EVERY,
            }
        }
    }
}

/// Where others listen, what they have is fresh and comes at once; else the next is the first.
fn subscribe<T>(sender: &watch::Sender<Arc<T>>) -> watch::Receiver<Arc<T>> {
    let mut receiver = sender.subscribe();
    if sender.receiver_count() > 1 {
        receiver.mark_changed();
    }
    receiver
}

/// Agents and campaigns by name, looked up once: names do not change, settings do with their version.
#[derive(Default)]
struct Names {
    agents: BTreeMap<AgentId, String>,
    titles: BTreeMap<CampaignId, Text>,
    looked: Option<Instant>,
}

impl Names {
    async fn floor(&mut self, api: &Api) -> FloorNow {
        let (agents, campaigns) = (api.feed.agents(), api.feed.campaigns());
        let unknown = agents.iter().any(|view| !self.agents.contains_key(&view.agent))
            || campaigns.iter().any(|view| !self.titles.contains_key(&view.campaign));
        if self.looked.is_none_or(|at| at.elapsed() > Duration::from_secs(if unknown { 1 } else { 60 })) {
            self.look(api).await;
        }
        let on_shift = agents.into_iter().filter(|view| view.session.is_some());
        let mut shown = BTreeMap::new();
        for view in campaigns {
            // The engine's own count is that of its last lease.
            let leads = api.store.lead_counts(view.campaign).await.unwrap_or(view.leads);
            shown.insert(view.campaign, Arc::new(self.campaign(view, leads)));
        }
        FloorNow {
            agents: on_shift.map(|view| (view.agent, Arc::new(self.row(view)))).collect(),
            campaigns: shown,
            faults: (api.faults)().into_iter().map(|(name, _)| name).collect(),
        }
    }

    async fn look(&mut self, api: &Api) {
        self.looked = Some(Instant::now());
        if let Ok(rows) = api.store.agents().await {
            self.agents = rows.into_iter().map(|row| (row.id, row.shown().to_owned())).collect();
        }
        if let Ok(rows) = api.store.campaigns().await {
            self.titles = rows.into_iter().map(|row| (row.id, super::desk::title(&row))).collect();
        }
    }

    fn row(&self, view: AgentView) -> Row {
        let name = self.agents.get(&view.agent).cloned().unwrap_or_else(|| view.agent.to_string());
        Row {
            id: view.agent,
            name,
            // A session without a state is one second old.
            state: view.state.unwrap_or(AgentState::NoDevice),
            reason: view.reason,
            since: view.since.millis(),
            device: view.device,
            next: view.next,
            campaign: view.call.as_ref().map(|call| call.campaign),
            step: view.call.and_then(|call| call.step).map(|step| step.name),
        }
    }

    fn campaign(&self, view: crate::engine::CampaignView, leads: LeadCounts) -> CampaignNow {
        CampaignNow {
            id: view.campaign,
            title: self.titles.get(&view.campaign).cloned().unwrap_or_else(|| Text::plain(&view.name)),
            name: view.name,
            state: view.state,
            mode: view.mode,
            why: view.reason.in_each(),
            in_flight: view.in_flight,
            lines: view.lines,
            leads,
            estimates: view.estimates,
            target_utilization: view.target_utilization,
        }
    }
}

/// Each campaign's zone: its day begins there.
async fn zones(api: &Api) -> BTreeMap<CampaignId, (String, Option<String>)> {
    let rows = api.store.campaigns().await.unwrap_or_default();
    rows.into_iter()
        .filter_map(|row| {
            let settings = super::desk::settings(&row)?;
            Some((row.id, (settings.hours.zone, settings.currency)))
        })
        .collect()
}

fn figures(
    fold: &Fold,
    campaigns: &BTreeMap<CampaignId, (String, Option<String>)>,
    burn: &BTreeMap<CampaignId, VecDeque<(i64, u64)>>,
    now: Wall,
) -> Figures {
    let report = fold.report_at(now);
    let mut shown = Figures::default();
    // An agent's day is that of the first campaign: most houses have one zone.
    if let Some((zone, currency)) = campaigns.values().next() {
        for id in OWN {
            let query = Query {
                from: midnight(zone, now),
                group_by: Some(GroupBy::Agent),
                include_test: true,
                ..Query::default()
            };
            let rows = report.compute(id, &query).map(|table| table.rows).unwrap_or_default();
            for row in rows {
                let Some(agent) = row.group.as_deref().and_then(|text| text.parse().ok()) else { continue };
                shown.agents.entry(agent).or_default().extend(show(id, row.into(), currency.as_ref()));
            }
        }
    }
    for (campaign, (zone, currency)) in campaigns {
        let day = Query { from: midnight(zone, now), include_test: true, ..Query::of(*campaign) };
        let mut all = report.figures(&day).unwrap_or_default();
        let kpis = CAMPAIGN.into_iter().filter_map(|id| show(id, all.remove(id)?, currency.as_ref())).collect();
        let courses = COURSES.into_iter().map(|id| (id, course(&report, *campaign, id, now))).collect();
        let burn = burn.get(campaign).map(|points| points.iter().copied().collect()).unwrap_or_default();
        shown.campaigns.insert(*campaign, Arc::new(Course { campaign: *campaign, kpis, courses, burn }));
    }
    shown
}

/// Before the first order money is shown in the campaign's currency.
fn show(id: &'static str, mut figure: Figure, currency: Option<&String>) -> Option<Shown> {
    let kpi = kpi::find(id)?;
    let money = kpi.unit == kpi::Unit::MoneyMinor;
    figure.currency = figure.currency.or_else(|| currency.filter(|_| money).cloned());
    let minor_digits = figure.currency.as_deref().map(minor_digits);
    Some(Shown { id, names: kpi.names, unit: kpi.unit, figure, minor_digits })
}

fn course(report: &kpi::Report<'_>, campaign: CampaignId, id: &str, now: Wall) -> Vec<(i64, Option<f64>)> {
    let step = i64::from(COURSE_STEP_MINUTES) * 60_000;
    // On round minutes, so that a point stays where it was.
    let from = Wall::from_millis((now - COURSE).millis().div_euclid(step) * step);
    let interval = Some(Interval::Minutes(COURSE_STEP_MINUTES));
    let query = Query { from: Some(from), interval, include_test: true, ..Query::of(campaign) };
    let rows = report.compute(id, &query).map(|table| table.rows).unwrap_or_default();
    rows.into_iter().map(|row| (row.from.millis(), row.value)).collect()
}

/// The last local midnight.
pub fn midnight(zone: &str, now: Wall) -> Option<Wall> {
    let zone = jiff::tz::TimeZone::get(zone).ok()?;
    let start = now.timestamp().to_zoned(zone).start_of_day().ok()?;
    Some(Wall(start.timestamp().as_microsecond()))
}
