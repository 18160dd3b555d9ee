//! From a lease to an INVITE: pacing says how many, the gate says whether, the store makes it durable,
//! the gate is asked once more, the trunk's limits say when.

use super::io::*;
use super::state::{Call, Stage};
use super::timers::Timer;
use super::{Engine, Owner};
use crate::campaign::rules::Rule;
use crate::campaign::{Lead, Verdict};
use crate::facts::{Fact, LeadEnd};
use crate::pacing::{Ending, Event};
use crate::words::*;
use std::collections::VecDeque;
use std::time::Duration;

/// How soon the store is asked again while calls are in flight, whose leads may come back.
const LEASE_AGAIN: Duration = Duration::from_secs(1);
/// And at the latest, for lists whose next lead is due far away.
const LEASE_AT_LATEST: Duration = Duration::from_secs(60);
/// Leads at hand per agent or line: enough for a burst, few enough to give back.
const LEADS_PER_SEAT: usize = 4;
const LEADS_MIN: usize = 20;
const LEADS_MAX: usize = 2_000;

impl Engine {
    // ── leads ──

    /// Asks the store for leads when the hopper runs low.
    pub(super) fn lease(&mut self, id: CampaignId) {
        let seats = self.floor.iter().filter(|a| a.session.as_ref().is_some_and(|s| s.campaigns.contains(&id))).count();
        let shutting_down = self.shutting_down;
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        if campaign.leasing || campaign.dry || campaign.state != CampaignState::Running || shutting_down {
            return;
        }
        let lines = campaign.spec.settings.dialing.lines_max as usize;
        let seats = if campaign.pacer.mode() == crate::pacing::Mode::Agentless { lines } else { seats };
        let wanted = (seats * LEADS_PER_SEAT).clamp(LEADS_MIN, LEADS_MAX);
        if campaign.hopper.len() > wanted / 2 {
            return;
        }
        campaign.leasing = true;
        campaign.asked = wanted - campaign.hopper.len();
        let count = u32::try_from(wanted - campaign.hopper.len()).expect("bounded by LEADS_MAX");
        self.command(Command::LeaseLeads { campaign: id, count });
    }

    pub(super) fn on_leads(&mut self, id: CampaignId, leads: Vec<Lead>, next_due: Option<Wall>, counts: LeadCounts) {
        let (wall, now, shutting_down) = (self.wall(), self.now, self.shutting_down);
        let Some(campaign) = self.campaigns.get_mut(&id) else {
            self.give_back(id, leads.into_iter().map(|lead| lead.id).collect());
            return;
        };
        campaign.leasing = false;
        campaign.counts = counts;
        campaign.told.next_due = next_due;
        campaign.unseen = true;
        if campaign.state != CampaignState::Running || shutting_down {
            self.give_back(id, leads.into_iter().map(|lead| lead.id).collect());
            return;
        }
        let got = leads.len();
        campaign.short = got < campaign.asked;
        campaign.hopper.extend(leads);
        campaign.restless = true;
        let idle = campaign.calls.is_empty() && campaign.hopper.is_empty();
        if idle && counts.pending == 0 && counts.scheduled == 0 && counts.in_flight == 0 {
            self.finish_campaign(id);
            return;
        }
        if got < campaign.asked {
            // That was all there is for now: asking again at once would only keep the store busy.
            campaign.dry = true;
            let due = next_due.map_or(LEASE_AT_LATEST, |at| at.since(wall).max(Duration::from_millis(50)));
            let wait = if idle { due.min(LEASE_AT_LATEST) } else { due.min(LEASE_AGAIN) };
            self.timers.set(Timer::Lease(id), now + wait);
        }
    }

    /// Time has passed, or something came in: the store may have leads again.
    pub(super) fn on_lease_timer(&mut self, id: CampaignId) {
        if let Some(campaign) = self.campaigns.get_mut(&id) {
            campaign.dry = false;
        }
        self.lease(id);
    }

    pub(super) fn give_back(&mut self, campaign: CampaignId, leads: Vec<LeadId>) {
        if !leads.is_empty() {
            self.command(Command::ReleaseLeads { campaign, leads });
        }
    }

    /// Gives the whole hopper back: the campaign stops, or the program does.
    pub(super) fn empty_hopper(&mut self, id: CampaignId) {
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        let leads = campaign.hopper.drain(..).map(|lead| lead.id).collect();
        self.give_back(id, leads);
    }

    /// The store kept room for an attempt on a day that is over at the called party (or, where a clock was set back,
    /// has not begun). On today's another campaign may have had the last one.
    pub(super) fn day_is_over(&self, id: CampaignId, lead: &Lead) -> bool {
        let zone = &self.campaigns[&id].spec.settings.hours.zone;
        LocalDay::at(self.wall(), &lead.zones, zone).date != lead.day
    }

    /// Gives such a lead back, with all that are like it. They are leased again where today has room for them.
    pub(super) fn give_back_yesterdays(&mut self, id: CampaignId, first: LeadId) {
        let campaign = self.campaigns.get_mut(&id).expect("leased for one of ours");
        let hopper = std::mem::take(&mut campaign.hopper);
        let (over, todays): (VecDeque<Lead>, _) = hopper.into_iter().partition(|lead| self.day_is_over(id, lead));
        let campaign = self.campaigns.get_mut(&id).expect("looked up above");
        campaign.hopper = todays;
        // The store has leads again.
        campaign.dry = false;
        self.give_back(id, std::iter::once(first).chain(over.into_iter().map(|lead| lead.id)).collect());
    }

    // ── placing ──

    /// Places the next lead that the gate lets through. False: no lead or no trunk.
    pub(super) fn place_next(&mut self, id: CampaignId) -> bool {
        loop {
            let Some(trunk) = self.free_trunk(id, &[]) else { return false };
            let campaign = self.campaigns.get_mut(&id).expect("paced");
            let Some(lead) = campaign.hopper.pop_front() else { return false };
            if self.day_is_over(id, &lead) {
                self.give_back_yesterdays(id, lead.id);
                continue;
            }
            let verdict = self.ask_gate(id, &lead);
            if verdict.allowed {
                self.campaigns.get_mut(&id).expect("paced").told.let_through();
                self.place(id, trunk, lead, verdict);
                return true;
            }
            self.hold_lead(id, &lead, verdict);
        }
    }

    pub(super) fn place(&mut self, id: CampaignId, trunk: TrunkId, lead: Lead, verdict: Verdict) -> CallId {
        let (call, now): (CallId, Moment) = (self.mint.next(), self.now);
        let campaign = self.campaigns.get_mut(&id).expect("paced");
        campaign.calls.insert(call);
        campaign.placed = Some(now);
        let zone = campaign.rules.zones_text(&lead);
        self.trunks.get_mut(&trunk).expect("free_trunk found it").in_use += 1;
        let mut entry = Call::new(call, id, lead, verdict.pack);
        entry.trunk = Some(trunk);
        self.fact(Fact::CallPlaced {
            call,
            campaign: id,
            lead: entry.lead.id,
            attempt: entry.attempt,
            number_hash: entry.lead.number_hash.clone(),
            zone,
            rules: verdict.rules.to_strings(),
            pack: verdict.pack.to_owned(),
        });
        self.undurable.push_back((self.seq, call));
        self.calls.insert(call, entry);
        self.tell_pacing(id, Event::Dialed { call });
        call
    }

    pub(super) fn ask_gate(&self, id: CampaignId, lead: &Lead) -> Verdict {
        let campaign = &self.campaigns[&id];
        crate::campaign::gate(lead, self.wall(), &campaign.rules, &|hash| self.suppressed.contains(hash))
    }

    /// Its turn came and the gate said no: until when, or for good.
    pub(super) fn hold_lead(&mut self, campaign: CampaignId, lead: &Lead, verdict: Verdict) {
        let why = verdict.why.expect("a refusal has its reason");
        if let Some(campaign) = self.campaigns.get_mut(&campaign) {
            campaign.told.held(lead, &verdict);
        }
        self.fact(Fact::LeadHeld {
            campaign,
            lead: lead.id,
            why,
            rules: verdict.rules.to_strings(),
            until: verdict.until,
        });
        let end = match (why, verdict.until) {
            (_, Some(_)) => return,
            (NotDialed::Dnc, None) => LeadEnd::Suppressed,
            (NotDialed::FreqCap, None) => LeadEnd::AttemptsUsedUp,
            (NotDialed::Window | NotDialed::Filtered | NotDialed::Withdrawn | NotDialed::Skipped, None) => {
                LeadEnd::Invalid
            }
        };
        self.promise_over(campaign, lead.id);
        self.fact(Fact::LeadClosed { campaign, lead: lead.id, reason: end });
    }

    /// A trunk of the campaign with a free channel, in the order of its settings, that has not refused this attempt.
    pub(super) fn free_trunk(&self, id: CampaignId, refused_by: &[TrunkId]) -> Option<TrunkId> {
        let names = &self.campaigns.get(&id)?.spec.settings.dialing.trunks;
        let free = |t: &&super::state::Trunk| {
            t.up == Some(true) && t.in_use < t.record.channels && !refused_by.contains(&t.record.id)
        };
        if names.is_empty() {
            // The emptiest first, so that several trunks share the load.
            return self.trunks.values().filter(free).min_by_key(|t| (t.in_use, t.record.id)).map(|t| t.record.id);
        }
        names
            .iter()
            .find_map(|name| self.trunks.values().filter(free).find(|t| &t.record.name == name).map(|t| t.record.id))
    }

    // ── durable, gate again, out ──

    pub(super) fn on_durable(&mut self, seq: u64) {
        self.durable = self.durable.max(seq);
        if self.unconfirmed.is_some_and(|(oldest, _)| oldest <= seq) {
            self.unconfirmed = (self.durable < self.seq).then_some((self.seq, self.now));
        }
        while let Some((_, call)) = self.undurable.pop_front_if(|(at, _)| *at <= seq) {
            self.clear(call);
        }
        while let Some(held) = self.held.pop_front_if(|held| held.seq <= seq) {
            self.command(Command::Reply { id: held.id, result: held.result });
        }
        self.send_outgoing();
    }

    /// The record is durable: the call may take its turn on the trunk. The gate's second look comes with the turn.
    fn clear(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let running = self.campaigns.get(&call.campaign).is_some_and(|c| c.state == CampaignState::Running);
        if !running || self.shutting_down {
            self.withdraw(id, NotDialed::Withdrawn, vec!["campaign.stopped".to_owned()]);
            return;
        }
        self.calls.get_mut(&id).expect("just looked up").stage = Stage::Cleared;
        self.outgoing.push_back(id);
    }

    fn withdraw(&mut self, id: CallId, why: NotDialed, rules: Vec<String>) {
        self.fact(Fact::CallWithdrawn { call: id, why, rules });
        self.pace_out(id, Event::Ended { call: id, why: Ending::Cancelled });
        self.free_reserved(id);
        self.free_channel(id);
        let call = self.calls.remove(&id).expect("withdrawn once");
        if let Some(campaign) = self.campaigns.get_mut(&call.campaign) {
            campaign.calls.remove(&id);
        }
        self.timers.forget_call(id);
    }

    /// Withdraws everything of a campaign that is placed but not yet dialed.
    pub(super) fn withdraw_undialed(&mut self, campaign: Option<CampaignId>) {
        let stopped =
            |call: &Call| matches!(call.stage, Stage::Cleared) && campaign.is_none_or(|id| id == call.campaign);
        let calls: Vec<CallId> = self.calls.values().filter(|c| stopped(c)).map(|c| c.id).collect();
        for call in calls {
            self.recall(call, "campaign.stopped");
        }
    }

    /// Takes back a call whose INVITE has not left: its record may be on its way to the disk, or it waits for its turn.
    pub(super) fn recall(&mut self, id: CallId, rule: &str) {
        self.outgoing.retain(|queued| *queued != id);
        self.drop_undialed(id, NotDialed::Withdrawn, vec![rule.to_owned()]);
    }

    /// Sends what the trunks' calls-per-second limits let through, in order.
    pub(super) fn send_outgoing(&mut self) {
        let now = self.now;
        let mut later = VecDeque::new();
        let mut next: Option<Moment> = None;
        while let Some(id) = self.outgoing.pop_front() {
            let Some(trunk) = self.calls.get(&id).and_then(|c| c.trunk) else { continue };
            let rate = &mut self.trunks.get_mut(&trunk).expect("a call's trunk stays").rate;
            if rate.take(now) {
                self.dial_if_still_allowed(id, trunk);
            } else {
                let at = rate.next(now);
                next = match (next, at) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                later.push_back(id);
            }
        }
        self.outgoing = later;
        if let Some(at) = next {
            self.timers.set_earlier(Timer::Outgoing, at.max(now + Duration::from_millis(1)));
        }
    }

    /// The gate's second look, at the last moment: hours may close, a day may end and people opt out while a call waits for
    /// its turn on the trunk.
    fn dial_if_still_allowed(&mut self, id: CallId, trunk: TrunkId) {
        let call = self.calls.get(&id).expect("queued calls exist");
        let verdict = self.ask_gate(call.campaign, &call.lead);
        // A second trunk is the same attempt, which the first one began on its day.
        let late = call.refused_by.is_empty() && self.day_is_over(call.campaign, &call.lead);
        if !verdict.allowed {
            let why = verdict.why.expect("a refusal has its reason");
            self.drop_undialed(id, why, verdict.rules.to_strings());
        } else if late {
            self.withdraw(id, NotDialed::Withdrawn, vec![Rule::AttemptsDay.id().to_owned()]);
        } else {
            self.dial(id, trunk);
        }
    }

    /// A queued call that will not be dialed: withdrawn if no INVITE left; else over as its first trunk left it.
    fn drop_undialed(&mut self, id: CallId, why: NotDialed, rules: Vec<String>) {
        let dialed_before = self.calls.get(&id).is_some_and(|call| !call.refused_by.is_empty());
        if dialed_before {
            self.end_call(id, Cause::Failed(FailKind::Carrier), Side::Network);
            self.finish_call(id, None, None);
        } else {
            self.withdraw(id, why, rules);
        }
    }

    fn dial(&mut self, id: CallId, trunk: TrunkId) {
        let leg: LegId = self.mint.next();
        let call = self.calls.get_mut(&id).expect("queued calls exist");
        call.stage = Stage::Dialing;
        call.leg = Some(leg);
        call.trunk = Some(trunk);
        let settings = &self.campaigns[&call.campaign].spec.settings;
        let ring = Duration::from_secs(u64::from(settings.dialing.ring_seconds_max));
        let command = Command::Dial {
            leg,
            call: id,
            trunk,
            to: call.lead.phone.clone(),
            caller_id: settings.seller.caller_id.clone(),
            ring,
        };
        self.legs.insert(leg, Owner::Call(id));
        self.command(command);
    }

    /// The attempt goes on over another trunk: only after a final refusal, never after ringing.
    pub(super) fn fail_over(&mut self, id: CallId) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        if call.rang || call.answered.is_some() || self.shutting_down {
            return false;
        }
        let refused = call.trunk.expect("dialed over a trunk");
        call.refused_by.push(refused);
        let (campaign, refused_by) = (call.campaign, call.refused_by.clone());
        let running = self.campaigns.get(&campaign).is_some_and(|c| c.state == CampaignState::Running);
        let Some(next) = self.free_trunk(campaign, &refused_by).filter(|_| running) else { return false };
        self.free_channel(id);
        self.trunks.get_mut(&next).expect("free_trunk found it").in_use += 1;
        let call = self.calls.get_mut(&id).expect("looked up above");
        call.trunk = Some(next);
        call.stage = Stage::Cleared;
        call.leg = None;
        self.timers.forget_call(id);
        self.outgoing.push_back(id);
        self.send_outgoing();
        true
    }

    /// The call's channel on its trunk is free again. Once per leg.
    pub(super) fn free_channel(&mut self, id: CallId) {
        let trunk = self.calls.get_mut(&id).and_then(|call| call.trunk.take());
        if let Some(trunk) = trunk.and_then(|id| self.trunks.get_mut(&id)) {
            trunk.in_use = trunk.in_use.saturating_sub(1);
        }
    }

    /// A ringing line whose answer nobody could take; the law's ring time has passed (pacing saw to it).
    pub(super) fn cancel_surplus(&mut self, id: CallId) {
        let ringing = self.calls.get(&id).is_some_and(|c| c.stage == Stage::Dialing);
        if ringing {
            self.end_call(id, Cause::CancelledSurplus, Side::Us);
        }
    }

    /// It has rung as long as the settings say; or nothing came back for as long, which says nothing about people.
    pub(super) fn on_rung_out(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|c| c.stage == Stage::Dialing) else { return };
        let cause = if call.rang { Cause::NoAnswer } else { Cause::Failed(FailKind::Timeout) };
        self.end_call(id, cause, Side::Us);
    }
}
