//! A campaign's life: configured, started, paused, drained, finished; and the trunks it dials over.

use super::Engine;
use super::io::*;
use super::state::{Campaign, Trunk};
use super::tape::{Entry, Joint, Tape};
use super::timers::Timer;
use super::why::Told;
use crate::campaign::Rules;
use crate::campaign::profile::{Profile, Window as LawWindow};
use crate::campaign::settings::HandledBy;
use crate::facts::{CampaignConfigured, Fact};
use crate::pacing::{self, Event, Mode, Pacer, Span};
use crate::script::{FlowSettings, Host, Limits};
use crate::words::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

impl Engine {
    /// Takes a campaign folder's content, new or changed. A flow that does not load changes nothing.
    pub(super) fn configure(&mut self, spec: Arc<CampaignSpec>) -> Result<Reply, Refusal> {
        let known = self.campaigns.get(&spec.id);
        if known.is_some_and(|known| known.spec.version == spec.version) {
            // What is in force already stays as it is, its calls' flows and the mode that was chosen meanwhile included.
            return Ok(Reply::Done);
        }
        if known.is_some_and(|known| !known.calls.is_empty()) {
            // Flows of calls at hand live in the old version's state.
            return Err(Refusal { kind: RefusalKind::Conflict, reason: Reason::new("campaign.calls_in_flight") });
        }
        let invalid = |reason| Refusal { kind: RefusalKind::Invalid, reason };
        let settings = &spec.settings;
        let mode = mode_of(&settings.dialing.mode)
            .ok_or_else(|| invalid(Reason::new("campaign.unknown_mode").with("mode", &settings.dialing.mode)))?;
        let profile = Profile::find(&settings.abandonment.profile).ok_or_else(|| {
            invalid(Reason::new("campaign.unknown_profile").with("profile", &settings.abandonment.profile))
        })?;
        let flow = FlowSettings {
            outcomes: settings.outcomes.keys().cloned().collect(),
            currency: settings.currency.clone(),
            lang: settings.lang,
            speaks: settings.flow.handled_by == HandledBy::Flow,
        };
        let host = Host::load(&spec.sources, flow, Limits::default(), self.seed ^ spec.id.0)
            .map_err(|e| invalid(Reason::new("campaign.flow_error").with("at", &e.at).with("error", &e.message)))?;
        self.watchdogs.add(host.watchdog());
        let fact = configured(&spec, mode);
        let id = spec.id;
        self.install(spec, mode, profile, host);
        self.fact(fact);
        self.plan_unplanned(id);
        Ok(Reply::Done)
    }

    fn install(&mut self, spec: Arc<CampaignSpec>, mode: Mode, profile: &'static Profile, host: Host) {
        let id = spec.id;
        self.command(Command::UseVersion { spec: spec.clone() });
        let rules = Rules::compile(&spec.settings);
        let (window, window_until) = law_window(profile, &spec.settings.hours.zone, self.wall(), self.wall_offset);
        let pacing = pacing_settings(&spec, mode, window);
        let (now, wall) = (self.now, self.wall());
        if let Some(campaign) = self.campaigns.get_mut(&id) {
            campaign.tape.write(now, wall, &Entry::Settings(Box::new(pacing.clone())));
            campaign.pacer.set_settings(pacing);
            campaign.rests = None;
            campaign.window_until = window_until;
            campaign.rules = rules;
            campaign.profile = profile;
            campaign.host = host;
            campaign.spec = spec;
            campaign.unseen = true;
            return;
        }
        let cap = pacing.cap;
        let mut pacer = Pacer::new(pacing.clone());
        let offset = self.wall_offset;
        let mut entries = self.ledgers.remove(&id).unwrap_or_default();
        entries.sort_by_key(|entry| entry.at);
        let ledger: Vec<(Moment, bool)> = entries.into_iter().map(|e| (Moment(e.at.0 - offset), e.abandoned)).collect();
        pacer.seed_ledger(ledger.iter().copied());
        let mut tape = Tape::default();
        tape.write(now, wall, &Entry::Begin { settings: Box::new(pacing), ledger });
        let campaign = Campaign {
            spec,
            rules,
            profile,
            host,
            pacer,
            state: CampaignState::Idle,
            hopper: VecDeque::new(),
            leasing: false,
            asked: 0,
            dry: false,
            short: true,
            counts: LeadCounts::default(),
            accepted: VecDeque::new(),
            calls: BTreeSet::new(),
            waiting: VecDeque::new(),
            steps: BTreeMap::new(),
            told: Told::new(Reason::new("campaign.idle")),
            estimates: pacing::Estimates::default(),
            placed: None,
            learned_kept: now,
            promised: BTreeMap::new(),
            joint: Joint::default(),
            lent: super::sharing::lent_ledger(cap),
            had: 0.0,
            lends: false,
            rests: None,
            tape,
            window_until,
            restless: false,
            unseen: true,
            view_sent: Moment(i64::MIN / 2),
            by: String::new(),
        };
        self.campaigns.insert(id, campaign);
        self.recall_promises(id);
        if let Some(halted) = self.halted.remove(&id) {
            self.stay_halted(halted);
        }
    }

    /// A restart starts nothing that somebody had stopped, and says who that was.
    fn stay_halted(&mut self, Halted { campaign: id, state, by, counts }: Halted) {
        let reason = match state {
            CampaignState::Paused => Reason::new("campaign.paused").with("by", person(&by)),
            CampaignState::Draining => Reason::new("campaign.draining").with("by", person(&by)),
            CampaignState::Finished => finished(counts),
            // The host starts what was running.
            CampaignState::Idle | CampaignState::Running => return,
        };
        let campaign = self.campaigns.get_mut(&id).expect("just installed");
        campaign.state = state;
        campaign.counts = counts;
        campaign.by = by;
        self.note_state(id, reason);
    }

    /// A new day or month of the law has begun.
    pub(super) fn renew_window(&mut self, id: CampaignId) {
        let (now, wall, offset) = (self.now, self.wall(), self.wall_offset);
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        if campaign.window_until.is_none_or(|until| wall < until) {
            return;
        }
        let zone = &campaign.spec.settings.hours.zone;
        let (window, until) = law_window(campaign.profile, zone, wall, offset);
        campaign.window_until = until;
        let pacing = pacing_settings(&campaign.spec, campaign.pacer.mode(), window);
        campaign.tape.write(now, wall, &Entry::Settings(Box::new(pacing.clone())));
        campaign.pacer.set_settings(pacing);
    }

    pub(super) fn start_campaign(&mut self, id: CampaignId, by: String) -> Result<Reply, Refusal> {
        self.refuse_if_stopping()?;
        let campaign = self.campaigns.get_mut(&id).ok_or_else(|| campaign_not_found(id))?;
        if campaign.state == CampaignState::Running {
            return Ok(Reply::Done);
        }
        campaign.state = CampaignState::Running;
        campaign.told.reason = Reason::new("campaign.starting");
        campaign.rests = None;
        campaign.restless = true;
        campaign.show_at_once();
        campaign.by.clone_from(&by);
        self.fact(Fact::CampaignStarted { campaign: id, by });
        let now = self.now;
        self.timers.set(Timer::Lease(id), now);
        Ok(Reply::Done)
    }

    /// Stops placing and withdraws what has not left; calls ringing are let go, talks go on.
    pub(super) fn pause_campaign(&mut self, id: CampaignId, by: String) -> Result<Reply, Refusal> {
        let reason = Reason::new("campaign.paused").with("by", person(&by));
        self.stop_placing(id, CampaignState::Paused, reason.clone())?;
        self.fact(Fact::CampaignPaused { campaign: id, by, reason });
        let ringing: Vec<CallId> = self
            .calls
            .values()
            .filter(|c| c.campaign == id && c.stage == super::state::Stage::Dialing)
            .map(|c| c.id)
            .collect();
        for call in ringing {
            self.end_call(call, Cause::CancelledStopped, Side::Us);
        }
        Ok(Reply::Done)
    }

    /// No new calls; those in flight finish.
    pub(super) fn drain_campaign(&mut self, id: CampaignId, by: String) -> Result<Reply, Refusal> {
        self.stop_placing(id, CampaignState::Draining, Reason::new("campaign.draining").with("by", person(&by)))?;
        self.fact(Fact::CampaignDrained { campaign: id, by });
        Ok(Reply::Done)
    }

    fn stop_placing(&mut self, id: CampaignId, state: CampaignState, reason: Reason) -> Result<(), Refusal> {
        let campaign = self.campaigns.get_mut(&id).ok_or_else(|| campaign_not_found(id))?;
        campaign.state = state;
        campaign.show_at_once();
        self.note_state(id, reason);
        self.timers.cancel(Timer::Pace(id));
        self.timers.cancel(Timer::Lease(id));
        self.keep_learned(id);
        self.end_previews(id);
        self.empty_hopper(id);
        self.withdraw_undialed(Some(id));
        Ok(())
    }

    /// The list is through.
    pub(super) fn finish_campaign(&mut self, id: CampaignId) {
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        campaign.state = CampaignState::Finished;
        campaign.unseen = true;
        let counts = campaign.counts;
        self.note_state(id, finished(counts));
        self.timers.cancel(Timer::Pace(id));
        self.keep_learned(id);
        self.fact(Fact::CampaignFinished { campaign: id });
    }

    /// Calls in flight finish as they would have; leads that agents look at go back where nobody asks any more.
    pub(super) fn set_mode(&mut self, id: CampaignId, mode: Mode, by: String) -> Result<Reply, Refusal> {
        let (now, wall) = (self.now, self.wall());
        let campaign = self.campaigns.get_mut(&id).ok_or_else(|| campaign_not_found(id))?;
        let speaks = campaign.spec.settings.flow.handled_by == HandledBy::Flow;
        if mode == Mode::Agentless && !speaks {
            // Whoever answers would find nobody.
            let reason = Reason::new("campaign.agentless_needs_flow");
            return Err(Refusal { kind: RefusalKind::Invalid, reason });
        }
        campaign.pacer.set_mode(mode);
        campaign.rests = None;
        campaign.tape.write(now, wall, &Entry::Mode(mode));
        campaign.restless = true;
        campaign.show_at_once();
        self.fact(Fact::PacingModeChanged { campaign: id, mode: mode_name(mode).to_owned(), by });
        self.end_previews(id);
        Ok(Reply::Done)
    }

    /// New leads: a finished campaign wakes up.
    pub(super) fn leads_changed(&mut self, id: CampaignId) -> Result<Reply, Refusal> {
        let now = self.now;
        let campaign = self.campaigns.get_mut(&id).ok_or_else(|| campaign_not_found(id))?;
        if campaign.state == CampaignState::Finished {
            let by = campaign.by.clone();
            return self.start_campaign(id, by);
        }
        self.timers.set(Timer::Lease(id), now);
        Ok(Reply::Done)
    }

    // ── trunks ──

    pub(super) fn add_trunk(&mut self, record: TrunkRecord) {
        let rate = pacing::call_rate::CallRate::starting(record.calls_per_second, self.now);
        self.trunks.insert(record.id, Trunk { record, up: None, in_use: 0, rate });
    }

    pub(super) fn on_trunk(&mut self, id: TrunkId, event: TrunkEvent) {
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        // The first word counts too: a trunk that was never up and is down is told of.
        let up = matches!(event, TrunkEvent::Up);
        if trunk.up.replace(up) == Some(up) {
            return;
        }
        let name = trunk.record.name.clone();
        self.fact(match event {
            TrunkEvent::Up => Fact::TrunkWentUp { trunk: id, name },
            TrunkEvent::Down => Fact::TrunkWentDown { trunk: id, name, reason: Reason::new("trunk.silent") },
        });
        let campaigns: Vec<CampaignId> = self.campaigns.keys().copied().collect();
        for campaign in campaigns {
            self.rouse(campaign);
        }
    }

    /// Why no call of this campaign can leave, if none of its trunks is up: they are named.
    pub(super) fn trunks_down(&self, id: CampaignId) -> Option<Reason> {
        let campaign = self.campaigns.get(&id)?;
        let wanted = &campaign.spec.settings.dialing.trunks;
        let known = |name: &String| self.trunks.values().find(|t| &t.record.name == name);
        let missing: Vec<&str> = wanted.iter().filter(|name| known(name).is_none()).map(String::as_str).collect();
        let own = self.trunks.values().filter(|trunk| campaign.may_use(trunk));
        if own.clone().any(|trunk| trunk.up == Some(true)) {
            return None;
        }
        let silent: Vec<&str> = own.map(|trunk| trunk.record.name.as_str()).collect();
        Some(match (silent.is_empty(), missing.is_empty()) {
            (false, _) => Reason::new("campaign.trunks_down").with("trunks", silent.join(", ")),
            (true, false) => Reason::new("campaign.trunks_missing").with("trunks", missing.join(", ")),
            (true, true) => Reason::new("campaign.no_trunk"),
        })
    }

    /// A campaign's agents that were there before it was configured or started become known to its pacing.
    pub(super) fn introduce_agents(&mut self, id: CampaignId) {
        let known: Vec<(AgentId, AgentState)> = self
            .floor
            .iter()
            .filter_map(|a| a.session.as_ref().map(|s| (a.id, s)))
            .filter(|(_, s)| s.campaigns.contains(&id) && s.device.up().is_some())
            .map(|(agent, s)| (agent, s.state))
            .collect();
        for (agent, state) in known {
            if state != AgentState::Pause && self.floor.session(agent).is_some_and(|s| s.shared()) {
                let counts_for = self.floor.session(agent).and_then(|s| s.counts_for());
                self.take_for(agent, counts_for);
                continue;
            }
            self.tell_pacing(id, Event::Login { agent });
            if state != AgentState::Ready {
                self.tell_pacing(id, Event::Pause { agent });
            }
        }
    }
}

fn finished(counts: LeadCounts) -> Reason {
    Reason::new("campaign.finished").with("closed", counts.closed).with("excluded", counts.excluded)
}

fn configured(spec: &CampaignSpec, mode: Mode) -> Fact {
    let s = &spec.settings;
    Fact::CampaignConfigured(Box::new(CampaignConfigured {
        campaign: spec.id,
        name: spec.name.clone(),
        version: spec.version.clone(),
        seller: spec.seller,
        client: spec.client,
        zone: s.hours.zone.clone(),
        mode: mode_name(mode).to_owned(),
        currency: s.currency.clone(),
        abandon_profile: s.abandonment.profile.clone(),
        abandon_threshold_ms: super::connect::millis(Duration::from_secs_f64(s.abandonment.threshold_seconds)),
        abandon_cap: s.abandonment.cap,
        amd: s.amd.enabled,
        amd_false_positive_rate: s.amd.false_positive_rate,
        target_utilization: s.dialing.target_utilization,
        handled_by: match s.flow.handled_by {
            HandledBy::Agent => "agent".to_owned(),
            HandledBy::Flow => "flow".to_owned(),
        },
        test: s.test,
    }))
}

/// The law's window as pacing counts it, and when the host must set it anew: calendar days and months differ in length.
/// Periods of days count from the campaign's first call; any such stretch is held, so that each period is.
fn law_window(profile: &Profile, zone: &str, wall: Wall, offset: i64) -> (Span, Option<Wall>) {
    let rolling = |hours: u32| (Span::Rolling(Duration::from_secs(u64::from(hours) * 3600)), None);
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let today = zone.to_datetime(wall.timestamp()).date();
    let (first, after) = match profile.window {
        LawWindow::PeriodDays(days) => return rolling(days * 24),
        LawWindow::RollingHours(hours) => return rolling(hours),
        LawWindow::Day => (today, today.tomorrow()),
        LawWindow::CalendarMonth => (today.first_of_month(), today.last_of_month().tomorrow()),
    };
    let midnight = |day: jiff::civil::Date| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp().as_microsecond());
    let borders = after.ok().and_then(|after| Some((midnight(first)?, midnight(after)?)));
    match borders {
        Some((from, until)) => {
            let length = Wall(until).since(Wall(from));
            (Span::Period { from: Moment(from - offset), length }, Some(Wall(until)))
        }
        // Beyond the calendar's years: a day is a day.
        None => rolling(24),
    }
}

fn pacing_settings(spec: &CampaignSpec, mode: Mode, window: Span) -> pacing::Settings {
    let s = &spec.settings;
    pacing::Settings {
        window,
        limits: pacing::Window::guards(window, s.abandonment.cap),
        mode,
        cap: s.abandonment.cap,
        target_utilization: s.dialing.target_utilization,
        threshold: Duration::from_secs_f64(s.abandonment.threshold_seconds),
        ring_seconds_max: f64::from(s.dialing.ring_seconds_max),
        ring_seconds_min: f64::from(s.dialing.ring_seconds_min),
        amd: s.amd.enabled,
        amd_false_positive_rate: s.amd.false_positive_rate,
        ratio: s.dialing.lines_per_agent,
        lines_max: s.dialing.lines_max,
        ..pacing::Settings::default()
    }
}

pub(super) fn mode_of(name: &str) -> Option<Mode> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Manual => "manual",
        Mode::Preview => "preview",
        Mode::Progressive => "progressive",
        Mode::Ratio => "ratio",
        Mode::Predictive => "predictive",
        Mode::Agentless => "agentless",
    }
}

/// As one reads it: `user:maria` is maria; a key has no other name.
fn person(by: &str) -> &str {
    by.strip_prefix("user:").unwrap_or(by)
}

pub(super) fn campaign_not_found(id: CampaignId) -> Refusal {
    Refusal { kind: RefusalKind::NotFound, reason: Reason::new("campaign.not_found").with("campaign", id) }
}
