//! Why a campaign does not dial, in one sentence: pacing's own word, or what stands before it (the store, the trunks,
//! the agents, the clock at the called party, the list). It refuses to decide: it only says.

use super::Engine;
use super::io::*;
use super::state::Campaign;
use crate::campaign::rules::Rule;
use crate::campaign::{Lead, Verdict};
use crate::pacing::Decision;
use crate::words::*;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The store is named as the cause once it has confirmed nothing for so long.
const STORE_SILENT: Duration = Duration::from_secs(2);
/// Decisions kept in memory for those who watch.
const DECISIONS_KEPT: usize = 64;
/// The durable log: a change of reason at most so often, and one entry in this time if nothing changes.
const LOG_CHANGE: Duration = Duration::from_secs(1);
const LOG_STEADY: Duration = Duration::from_secs(60);

/// What a campaign remembers of its decisions.
#[derive(Debug)]
pub(super) struct Told {
    /// Why it dials or does not, now.
    pub reason: Reason,
    /// The latest ones; a repetition without change only counts up.
    pub decisions: VecDeque<DecisionView>,
    /// Leads whose turn came since the last one was let through, by what held them.
    held: BTreeMap<Hold, Held>,
    /// When the store's next lead is due, as it last said.
    pub next_due: Option<Wall>,
    /// What the durable log was last given.
    logged: Option<(Moment, String)>,
}

/// What holds a lead whose turn has come; each has a sentence of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// A law's calling hours at the called party.
    Law,
    ClosedDay,
    Campaign,
    ZoneUnknown,
    Callback,
    Attempts,
    Suppressed,
    Range,
}

#[derive(Debug, Clone)]
struct Held {
    leads: u64,
    /// The earliest of them, and in which zone.
    until: Option<Wall>,
    zone: String,
    rule: &'static str,
}

impl Told {
    pub fn new(reason: Reason) -> Told {
        Told { reason, decisions: VecDeque::new(), held: BTreeMap::new(), next_due: None, logged: None }
    }

    /// The gate let one through: whatever held others is not why the campaign rests.
    pub fn let_through(&mut self) {
        self.held.clear();
    }

    pub fn held(&mut self, lead: &Lead, verdict: &Verdict) {
        let rule = verdict.rules.ids().last().unwrap_or("");
        let zone = lead.zones.first().cloned().unwrap_or_default();
        let entry = Held { leads: 0, until: verdict.until, zone, rule };
        let held = self.held.entry(hold(verdict)).or_insert(entry);
        held.leads += 1;
        held.until = match (held.until, verdict.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn keep(&mut self, view: DecisionView) {
        if let Some(last) = self.decisions.back_mut()
            && last.reason == view.reason
            && (view.dial, view.cancelled, last.dial, last.cancelled) == (0, 0, 0, 0)
        {
            last.times += 1;
            last.estimates = view.estimates;
            return;
        }
        if self.decisions.len() == DECISIONS_KEPT {
            self.decisions.pop_front();
        }
        self.decisions.push_back(view);
    }

    /// Is this one for the durable log? Changes of the reason, and one a minute.
    fn due_for_log(&mut self, now: Moment, code: &str) -> bool {
        let due = match &self.logged {
            None => true,
            Some((at, last)) => now.since(*at) >= if last == code { LOG_STEADY } else { LOG_CHANGE },
        };
        if due {
            self.logged = Some((now, code.to_owned()));
        }
        due
    }
}

fn hold(verdict: &Verdict) -> Hold {
    let says = |rule| verdict.rules.contains(rule);
    match verdict.why.unwrap_or(NotDialed::Withdrawn) {
        NotDialed::Dnc => Hold::Suppressed,
        NotDialed::FreqCap => Hold::Attempts,
        NotDialed::Filtered | NotDialed::Withdrawn | NotDialed::Skipped => Hold::Range,
        NotDialed::Window if says(Rule::HoursZoneUnknown) => Hold::ZoneUnknown,
        NotDialed::Window if says(Rule::CallbackNotDue) => Hold::Callback,
        NotDialed::Window if says(Rule::HoursClosedDay) => Hold::ClosedDay,
        NotDialed::Window if says(Rule::HoursCampaign) => Hold::Campaign,
        NotDialed::Window => Hold::Law,
    }
}

impl Engine {
    /// Keeps a decision where people can ask for it, with the sentence that says what really holds the dialer.
    pub(super) fn note(&mut self, id: CampaignId, mut decision: Decision, placed: u32) {
        let reason = self.sentence(id, &decision, placed < decision.dial);
        self.shown_by_law(id, &mut decision);
        let cancelled = u32::try_from(decision.hangups.len()).unwrap_or(u32::MAX);
        let view = DecisionView {
            at: self.wall(),
            dial: decision.dial,
            placed,
            cancelled,
            times: 1,
            reason,
            estimates: decision.estimates,
        };
        self.tell(id, view);
    }

    /// The campaign was paused, drained or is through: that is a decision too.
    pub(super) fn note_state(&mut self, id: CampaignId, reason: Reason) {
        let at = self.wall();
        let Some(campaign) = self.campaigns.get(&id) else { return };
        let estimates = campaign.estimates.clone();
        self.tell(id, DecisionView { at, dial: 0, placed: 0, cancelled: 0, times: 1, reason, estimates });
    }

    fn tell(&mut self, id: CampaignId, view: DecisionView) {
        let now = self.now;
        let campaign = self.campaigns.get_mut(&id).expect("asked by one of its own");
        campaign.unseen |= view.dial > 0 || campaign.told.reason != view.reason || campaign.estimates != view.estimates;
        campaign.told.reason.clone_from(&view.reason);
        campaign.estimates.clone_from(&view.estimates);
        let log = campaign.told.due_for_log(now, &view.reason.code);
        campaign.told.keep(view.clone());
        if log {
            self.command(Command::KeepDecision { campaign: id, decision: Box::new(view) });
        }
    }

    /// Pacing's reason, or what stands before it.
    fn sentence(&self, id: CampaignId, decision: &Decision, short: bool) -> Reason {
        if let Some(reason) = self.store_silent().or_else(|| self.trunks_down(id)) {
            return reason;
        }
        let decided = decision.reason.clone();
        if let Some(reason) = self.seller_binds(id, decision) {
            return reason;
        }
        match decided.code.as_str() {
            "pacing.no_agents" => self.share_used(id, decision).unwrap_or_else(|| self.nobody(id)),
            "pacing.no_channels" => self.channels_taken(id),
            _ if short || decided.code == "pacing.no_leads" => self.no_leads(id).unwrap_or(decided),
            "pacing.progressive" | "pacing.ratio" if decision.dial == 0 => {
                self.share_used(id, decision).unwrap_or(decided)
            }
            _ => decided,
        }
    }

    /// Nothing becomes durable (disk full, database away): so no INVITE may leave.
    fn store_silent(&self) -> Option<Reason> {
        let (_, since) = self.unconfirmed?;
        let silent = self.now.since(since);
        let facts = self.seq - self.durable;
        (silent >= STORE_SILENT)
            .then(|| Reason::new("why.store_silent").with("seconds", silent.as_secs()).with("facts", facts))
    }

    /// Who of the campaign's agents is where, when none of them can take a call.
    fn nobody(&self, id: CampaignId) -> Reason {
        let sessions = self.floor.iter().filter_map(|agent| agent.session.as_ref());
        let (mut here, mut paused, mut phones) = (0_u32, 0_u32, 0_u32);
        for session in sessions.filter(|session| session.campaigns.contains(&id)) {
            here += 1;
            phones += u32::from(session.usable().is_none());
            paused += u32::from(session.usable().is_some() && session.state == AgentState::Pause);
        }
        let with = |code: &str| Reason::new(code).with("agents", here);
        match () {
            () if here == 0 => Reason::new("why.nobody_logged_in"),
            () if paused == here => with("why.all_paused"),
            () if phones == here => with("why.no_phones"),
            () => with("why.nobody_free").with("paused", paused).with("phones", phones),
        }
    }

    pub(super) fn channels_taken(&self, id: CampaignId) -> Reason {
        let Some(campaign) = self.campaigns.get(&id) else { return Reason::new("pacing.no_channels") };
        let own = self.trunks.values().filter(|trunk| campaign.may_use(trunk));
        let up: Vec<_> = own.filter(|trunk| trunk.up == Some(true)).collect();
        let used: u32 = up.iter().map(|trunk| trunk.in_use).sum();
        let channels: u32 = up.iter().map(|trunk| trunk.record.channels).sum();
        let trunks: Vec<&str> = up.iter().map(|trunk| trunk.record.name.as_str()).collect();
        Reason::new("why.channels_taken")
            .with("used", used)
            .with("channels", channels)
            .with("trunks", trunks.join(", "))
    }

    /// Nothing at hand to dial: held by the clock or the law, waiting for its time, or through.
    pub(super) fn no_leads(&self, id: CampaignId) -> Option<Reason> {
        let campaign = self.campaigns.get(&id)?;
        if !campaign.hopper.is_empty() {
            return None;
        }
        if let Some((hold, held)) = campaign.told.held.iter().max_by_key(|(_, held)| held.leads) {
            return Some(self.held_reason(campaign, *hold, held));
        }
        if campaign.leasing {
            return None;
        }
        let counts = campaign.counts;
        let waiting = counts.pending + counts.scheduled;
        match campaign.told.next_due {
            Some(at) if waiting > 0 => {
                let zone = &campaign.spec.settings.hours.zone;
                Some(Reason::new("why.leads_wait").with("leads", waiting).with("at", local(at, zone)))
            }
            Some(_) | None if counts.in_flight > 0 => {
                Some(Reason::new("why.leads_in_hand").with("leads", counts.in_flight))
            }
            Some(_) | None => None,
        }
    }

    fn held_reason(&self, campaign: &Campaign, hold: Hold, held: &Held) -> Reason {
        let code = match hold {
            Hold::Law => "why.hours_law",
            Hold::ClosedDay => "why.hours_closed_day",
            Hold::Campaign => "why.hours_campaign",
            Hold::ZoneUnknown => "why.zone_unknown",
            Hold::Callback => "why.callbacks_wait",
            Hold::Attempts => "why.attempts",
            Hold::Suppressed => "why.suppressed",
            Hold::Range => "why.range",
        };
        let zone = if held.zone.is_empty() { &campaign.spec.settings.hours.zone } else { &held.zone };
        let until = held.until.map_or_else(|| "—".to_owned(), |at| local(at, zone));
        Reason::new(code).with("leads", held.leads).with("rule", held.rule).with("until", until)
    }
}

/// `2026-11-24 09:00 America/New_York`.
fn local(at: Wall, zone: &str) -> String {
    match jiff::tz::TimeZone::get(zone) {
        Ok(tz) => format!("{} {zone}", at.timestamp().to_zoned(tz).strftime("%Y-%m-%d %H:%M")),
        Err(_) => at.rfc3339(),
    }
}
