//! The proof of abandonment: a fold over a campaign's facts into the windows of its rule pack, and its days, with
//! everything the rate is made of. It judges no call (the engine did, in facts) and trusts no stored sum.

use crate::campaign::profile::{ClockStart, Profile, Window};
use crate::facts::{Abandon, CampaignConfigured, Envelope, Fact, Verdict};
use crate::words::*;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a window or a day is made of. A call belongs to the moment it was answered at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    pub answered: u64,
    pub machines: u64,
    /// `H`: people, and answers of which nobody can tell.
    pub human: u64,
    /// `HD`: met by an agent or by the flow, in time or late.
    pub handled: u64,
    /// `NA`: let go with nobody there, after the threshold; crashes while a person waited are among them.
    pub no_agent: u64,
    pub crashed: u64,
    /// `HD_late`: connected after the threshold.
    pub late: u64,
    /// `CE`: hung up before the threshold.
    pub customer_early: u64,
    /// Of `no_agent`: heard the seller's message, and did not.
    pub message_played: u64,
    pub silent: u64,
    /// Answered, and not over yet.
    pub open: u64,
}

impl Counts {
    /// `AB`, before anything is added for AMD.
    pub fn abandoned(&self) -> u64 {
        self.no_agent + self.late
    }

    fn add(&mut self, other: &Counts) {
        let pairs = [
            (&mut self.answered, other.answered),
            (&mut self.machines, other.machines),
            (&mut self.human, other.human),
            (&mut self.handled, other.handled),
            (&mut self.no_agent, other.no_agent),
            (&mut self.crashed, other.crashed),
            (&mut self.late, other.late),
            (&mut self.customer_early, other.customer_early),
            (&mut self.message_played, other.message_played),
            (&mut self.silent, other.silent),
            (&mut self.open, other.open),
        ];
        pairs.into_iter().for_each(|(sum, more)| *sum += more);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Span {
    /// `2026-11-23`, `2026-11`, `2026-11-23/P30D`, in the campaign's zone.
    pub name: String,
    /// The first local day and the one after the last.
    pub from: String,
    pub until: String,
    #[serde(flatten)]
    pub counts: Counts,
    /// By the pack's formula; null where nobody answered.
    pub numerator: f64,
    pub denominator: f64,
    pub rate: Option<f64>,
    /// At or below the cap.
    pub holds: bool,
}

/// The worst stretch of so many hours, wherever it begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rolling {
    pub hours: u32,
    /// The answer with which it ends.
    pub until: Wall,
    pub human: u64,
    pub abandoned: u64,
    pub rate: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proof {
    pub campaign: CampaignId,
    pub name: String,
    /// The abandonment profile and where it comes from.
    pub profile: String,
    pub source: &'static str,
    /// Rule packs by id and version that let the calls through.
    pub packs: Vec<String>,
    pub zone: String,
    pub window: String,
    /// Where the threshold's clock starts.
    pub clock_start: &'static str,
    pub threshold_ms: u32,
    pub cap: f64,
    /// Share of people whom AMD takes for machines, and whether the profile adds them.
    pub amd_false_positive_rate: f64,
    pub amd_added: bool,
    pub formula: &'static str,
    /// How often the settings above changed within the facts.
    pub configured: u64,
    pub windows: Vec<Span>,
    pub days: Vec<Span>,
    pub total: Counts,
    /// The worst hour and the worst 24 hours with at least 30 people.
    pub rolling: Vec<Rolling>,
    pub holds: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// The facts hold no `CampaignConfigured` of it.
    NotConfigured,
    /// Its profile is none that this program knows.
    UnknownProfile,
}

impl std::fmt::Display for ProofError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ProofError::NotConfigured => "the facts hold no settings of this campaign: it was never started here",
            ProofError::UnknownProfile => "the campaign's abandonment profile is none that this program knows",
        })
    }
}
impl std::error::Error for ProofError {}

/// Rates over fewer people than this say nothing of an hour.
const ROLLING_HUMANS_MIN: u64 = 30;

#[derive(Debug, Clone, Default)]
struct Call {
    answered: Option<Wall>,
    amd: bool,
    verdict: Option<Verdict>,
    handled: bool,
    late: bool,
    abandon: Option<Abandon>,
    message: bool,
    cause: Option<Cause>,
}

/// Give it the campaign's facts in the order they were written, then ask for the proof.
#[derive(Debug)]
pub struct Prover {
    campaign: CampaignId,
    configured: Option<CampaignConfigured>,
    changes: u64,
    packs: BTreeSet<String>,
    first_call: Option<Wall>,
    calls: BTreeMap<CallId, Call>,
}

impl Prover {
    pub fn new(campaign: CampaignId) -> Prover {
        Prover {
            campaign,
            configured: None,
            changes: 0,
            packs: BTreeSet::new(),
            first_call: None,
            calls: BTreeMap::new(),
        }
    }

    pub fn observe(&mut self, envelope: &Envelope) {
        match &envelope.fact {
            Fact::CampaignConfigured(configured) if configured.campaign == self.campaign => {
                self.changes += u64::from(self.configured.as_ref().is_some_and(|before| changed(before, configured)));
                self.configured = Some((**configured).clone());
            }
            Fact::CallPlaced { call, campaign, pack, .. } if *campaign == self.campaign => {
                if !self.packs.contains(pack) {
                    self.packs.insert(pack.clone());
                }
                self.first_call = Some(self.first_call.map_or(envelope.wall, |at| at.min(envelope.wall)));
                let amd = self.configured.as_ref().is_some_and(|configured| configured.amd);
                self.calls.insert(*call, Call { amd, ..Call::default() });
            }
            fact => {
                let Some(call) = fact.call().and_then(|call| self.calls.get_mut(&call)) else { return };
                call.learns(fact, envelope.wall);
            }
        }
    }

    /// Windows and days that touch `[from, until)`; whole ones, also where the range cuts them.
    pub fn prove(&self, from: Option<Wall>, until: Option<Wall>) -> Result<Proof, ProofError> {
        let configured = self.configured.as_ref().ok_or(ProofError::NotConfigured)?;
        let profile = Profile::find(&configured.abandon_profile).ok_or(ProofError::UnknownProfile)?;
        let zone = TimeZone::get(&configured.zone).unwrap_or(TimeZone::UTC);
        let f = if profile.amd_false_positives_added { configured.amd_false_positive_rate } else { 0.0 };
        let cap = configured.abandon_cap;
        let first = self.first_call.map_or(Date::ZERO, |at| local(at, &zone));
        let (mut windows, mut days) = (BTreeMap::new(), BTreeMap::new());
        let mut answers = Vec::new();
        for call in self.calls.values() {
            let Some(at) = call.answered else { continue };
            let counts = call.counts();
            let day = local(at, &zone);
            tally(&mut windows, period(profile.window, day, first), &counts);
            tally(&mut days, (day, next(day, 1)), &counts);
            if counts.human > 0 {
                answers.push((at, counts.abandoned() > 0));
            }
        }
        let edge = |at: Wall| local(at, &zone);
        let within = |(begins, ends): (Date, Date)| {
            until.is_none_or(|until| begins <= edge(Wall(until.0 - 1))) && from.is_none_or(|from| ends > edge(from))
        };
        let span = |((begins, ends), counts): (&(Date, Date), &Counts)| span(*begins, *ends, *counts, f, cap);
        let windows: Vec<Span> = windows.iter().filter(|(key, _)| within(**key)).map(span).collect();
        let days: Vec<Span> = days.iter().filter(|(key, _)| within(**key)).map(span).collect();
        let mut total = Counts::default();
        days.iter().for_each(|day| total.add(&day.counts));
        answers.retain(|(at, _)| from.is_none_or(|from| *at >= from) && until.is_none_or(|until| *at < until));
        answers.sort_unstable();
        Ok(Proof {
            campaign: self.campaign,
            name: configured.name.clone(),
            profile: profile.id.to_owned(),
            source: profile.source,
            packs: self.packs.iter().cloned().collect(),
            zone: configured.zone.clone(),
            window: window_name(profile.window),
            clock_start: clock_name(profile.clock_start, configured.amd),
            threshold_ms: configured.abandon_threshold_ms,
            cap,
            amd_false_positive_rate: configured.amd_false_positive_rate,
            amd_added: profile.amd_false_positives_added,
            formula: if f > 0.0 {
                "(AB + H*f/(1-f)) / (H/(1-f)), AB = NA + HD_late"
            } else {
                "AB / H, AB = NA + HD_late"
            },
            configured: self.changes,
            holds: windows.iter().all(|window| window.holds),
            windows,
            days,
            total,
            rolling: [1, 24].into_iter().filter_map(|hours| rolling(&answers, hours)).collect(),
        })
    }
}

/// In what the proof rests on.
fn changed(before: &CampaignConfigured, now: &CampaignConfigured) -> bool {
    let of = |c: &CampaignConfigured| {
        let CampaignConfigured { abandon_profile, abandon_threshold_ms, zone, amd, .. } = c;
        (abandon_profile.clone(), *abandon_threshold_ms, zone.clone(), *amd)
    };
    of(before) != of(now)
        || before.abandon_cap != now.abandon_cap
        || before.amd_false_positive_rate != now.amd_false_positive_rate
}

impl Call {
    fn learns(&mut self, fact: &Fact, at: Wall) {
        match fact {
            Fact::CallAnswered { .. } => _ = self.answered.get_or_insert(at),
            Fact::CallClassified { verdict, .. } => self.verdict = Some(*verdict),
            Fact::CallBridged { within, .. } | Fact::FlowSpoke { within, .. } => {
                self.late |= !self.handled && !within;
                self.handled = true;
            }
            Fact::MessagePlayed { .. } => self.message = true,
            Fact::CallAbandoned { abandon, .. } => _ = self.abandon.get_or_insert(*abandon),
            Fact::CallEnded { cause, .. } => self.cause = Some(cause.clone()),
            _ => {}
        }
    }

    fn counts(&self) -> Counts {
        let verdict_machine = matches!(self.verdict, Some(Verdict::Machine(_)));
        let machine = !self.handled && (verdict_machine || matches!(self.cause, Some(Cause::Machine(_))));
        let judged = |kinds: &[Abandon]| self.abandon.is_some_and(|abandon| kinds.contains(&abandon));
        let no_agent = !machine && !self.handled && judged(&[Abandon::NoAgent, Abandon::Crash]);
        let early = !machine && !self.handled && judged(&[Abandon::CustomerEarly]);
        let late = self.handled && (self.late || judged(&[Abandon::Late, Abandon::NoAgent]));
        let person = match self.verdict {
            Some(Verdict::Human | Verdict::Unknown) => true,
            Some(Verdict::Machine(_)) => false,
            // Without AMD every answer is a person's.
            None => !self.amd,
        };
        let human = !machine && (self.handled || no_agent || early || person);
        Counts {
            answered: 1,
            machines: u64::from(machine),
            human: u64::from(human),
            handled: u64::from(self.handled),
            no_agent: u64::from(no_agent),
            crashed: u64::from(no_agent && judged(&[Abandon::Crash])),
            late: u64::from(late),
            customer_early: u64::from(early),
            message_played: u64::from(no_agent && self.message),
            silent: u64::from(no_agent && !self.message),
            open: u64::from(self.cause.is_none()),
        }
    }
}

fn tally(spans: &mut BTreeMap<(Date, Date), Counts>, key: (Date, Date), counts: &Counts) {
    spans.entry(key).or_default().add(counts);
}

/// The legal window that holds a day. A rolling one has no borders: its days stand for it, `rolling` says the rest.
fn period(window: Window, day: Date, first: Date) -> (Date, Date) {
    match window {
        Window::Day | Window::RollingHours(_) => (day, next(day, 1)),
        Window::CalendarMonth => (day.first_of_month(), next(day.last_of_month(), 1)),
        Window::PeriodDays(length) => {
            let length = i64::from(length.max(1));
            let since = first.until(day).map_or(0, |span| i64::from(span.get_days()));
            let begins = next(first, since.div_euclid(length) * length);
            (begins, next(begins, length))
        }
    }
}

fn span(from: Date, until: Date, counts: Counts, f: f64, cap: f64) -> Span {
    let (ab, h) = (counts.abandoned() as f64, counts.human as f64);
    let (numerator, denominator) = if f > 0.0 && f < 1.0 { (ab + h * f / (1.0 - f), h / (1.0 - f)) } else { (ab, h) };
    let rate = (denominator > 0.0).then(|| numerator / denominator);
    let days = from.until(until).map_or(0, |span| span.get_days());
    let name = match days {
        1 => from.to_string(),
        _ if from.day() == 1 && until.day() == 1 => from.strftime("%Y-%m").to_string(),
        days => format!("{from}/P{days}D"),
    };
    let holds = rate.is_none_or(|rate| rate <= cap);
    Span { name, from: from.to_string(), until: until.to_string(), counts, numerator, denominator, rate, holds }
}

/// The worst stretch that ends with an answer and holds enough people.
fn rolling(answers: &[(Wall, bool)], hours: u32) -> Option<Rolling> {
    let length = i64::from(hours) * 3_600_000_000;
    let (mut inside, mut abandoned) = (VecDeque::new(), 0_u64);
    let mut worst: Option<Rolling> = None;
    for &(at, lost) in answers {
        inside.push_back((at, lost));
        abandoned += u64::from(lost);
        while let Some(&(oldest, lost)) = inside.front()
            && at.0 - oldest.0 >= length
        {
            inside.pop_front();
            abandoned -= u64::from(lost);
        }
        let human = inside.len() as u64;
        let rate = abandoned as f64 / human as f64;
        if human >= ROLLING_HUMANS_MIN && worst.as_ref().is_none_or(|worst| rate > worst.rate) {
            worst = Some(Rolling { hours, until: at, human, abandoned, rate });
        }
    }
    worst
}

fn local(at: Wall, zone: &TimeZone) -> Date {
    zone.to_datetime(at.timestamp()).date()
}

fn next(day: Date, days: i64) -> Date {
    day.saturating_add(jiff::Span::new().days(days.clamp(-3_000_000, 3_000_000)))
}

fn window_name(window: Window) -> String {
    match window {
        Window::Day => "calendar day".to_owned(),
        Window::CalendarMonth => "calendar month".to_owned(),
        Window::PeriodDays(days) => format!("{days} days, from the campaign's first call"),
        Window::RollingHours(hours) => format!("rolling {hours} h"),
    }
}

/// As the engine starts it: without AMD the greeting is not listened for, and the answer counts.
fn clock_name(clock: ClockStart, amd: bool) -> &'static str {
    match clock {
        ClockStart::GreetingStart | ClockStart::GreetingEnd if !amd => "the answer (no AMD: the greeting is not heard)",
        ClockStart::Answer => "the answer",
        ClockStart::GreetingStart => {
            "the start of the greeting, 2 s after the answer at the latest if nothing was said"
        }
        ClockStart::GreetingEnd => "the end of the greeting, 2 s after the answer at the latest if nothing was said",
        ClockStart::Live => "the classification as a person",
    }
}
