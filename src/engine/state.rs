//! What the engine knows of campaigns, calls and trunks between inputs.

use super::callbacks::Appointment;
use super::io::{CampaignSpec, LeadCounts, Refusal, Reply, TrunkRecord};
use super::tape::{Joint, Tape};
use super::why::Told;
use crate::campaign::{Lead, Rules, profile::Profile};
use crate::pacing::{Ledger, Pacer, call_rate::CallRate};
use crate::script::{FlowId, Host, Step};
use crate::words::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub(super) struct Campaign {
    pub spec: Arc<CampaignSpec>,
    pub rules: Rules,
    pub profile: &'static Profile,
    pub host: Host,
    pub pacer: Pacer,
    pub state: CampaignState,
    /// Leased, not yet placed.
    pub hopper: VecDeque<Lead>,
    /// A `LeaseLeads` is under way.
    pub leasing: bool,
    /// Leads asked for by it.
    pub asked: usize,
    /// The store had fewer than asked: it is asked again by `Timer::Lease`, not before.
    pub dry: bool,
    /// It had fewer than asked the last time (or was never asked): what is at hand is all for now.
    pub short: bool,
    pub counts: LeadCounts,
    /// Manual and preview: leads that their agents want dialed, in that order.
    pub accepted: VecDeque<(AgentId, Lead)>,
    /// Calls placed and not over (wrap-up included).
    pub calls: BTreeSet<CallId>,
    /// Persons on the line whom nobody serves yet, in order of arrival.
    pub waiting: VecDeque<CallId>,
    /// Step names in order of first appearance: pacing's stages.
    pub steps: BTreeMap<String, u32>,
    /// Why it dials or does not, and its latest decisions.
    pub told: Told,
    pub estimates: crate::pacing::Estimates,
    /// Its last call was placed; what it learned was kept.
    pub placed: Option<Moment>,
    pub learned_kept: Moment,
    /// Callbacks that pacing expects: promised with an agent of their own.
    pub promised: BTreeMap<LeadId, Appointment>,
    /// What pacing was last told of the seller's other campaigns.
    pub joint: Joint,
    /// Customers of this campaign, as if those whom agents of other campaigns served had been let go: it may dial for
    /// its own agents, and what spills over must stay rare.
    pub lent: Ledger,
    /// Agents it had of late while others wanted them, too: a fading mean.
    pub had: f64,
    /// It shares agents: `lent` counts, as the last window of `joint`.
    pub lends: bool,
    /// Nothing may be dialed until then, and why.
    pub rests: Option<(Moment, Reason)>,
    /// What pacing heard and said, for `replay`.
    pub tape: Tape,
    /// When the law's window must be set anew: a calendar day or month ends.
    pub window_until: Option<Wall>,
    /// Something happened that pacing should look at.
    pub restless: bool,
    /// The view changed since it was last sent.
    pub unseen: bool,
    pub view_sent: Moment,
    pub by: String,
}

pub(super) struct Trunk {
    pub record: TrunkRecord,
    /// `None`: not heard of yet.
    pub up: Option<bool>,
    pub in_use: u32,
    pub rate: CallRate,
}

impl Trunk {
    pub fn channels_free(&self) -> u32 {
        if self.up == Some(true) { self.record.channels.saturating_sub(self.in_use) } else { 0 }
    }
}

impl Campaign {
    /// Its calls may leave over this trunk: one that it names, or any.
    pub fn may_use(&self, trunk: &Trunk) -> bool {
        let names = &self.spec.settings.dialing.trunks;
        names.is_empty() || names.contains(&trunk.record.name)
    }

    /// Whoever gave an order sees it in the answer.
    pub fn show_at_once(&mut self) {
        self.unseen = true;
        self.view_sent = Moment(i64::MIN / 2);
    }
}

/// One attempt to reach one lead, from its placing to its outcome.
pub(super) struct Call {
    pub id: CallId,
    pub campaign: CampaignId,
    pub lead: Lead,
    pub attempt: u32,
    /// The rule pack that let it through.
    pub pack: &'static str,
    pub stage: Stage,
    pub leg: Option<LegId>,
    pub trunk: Option<TrunkId>,
    /// Trunks that refused this attempt already.
    pub refused_by: Vec<TrunkId>,
    pub rang: bool,
    pub answered: Option<Moment>,
    /// Where the legal clock started.
    pub clock: Option<Moment>,
    pub greeting_started: Option<Moment>,
    pub greeting_ended: Option<Moment>,
    pub classified: Option<crate::facts::Verdict>,
    pub machine_message: bool,
    pub abandoned: bool,
    /// Manual and preview: who asked for it and waits for its answer.
    pub reserved_for: Option<AgentId>,
    pub agent: Option<AgentId>,
    pub bridged: Option<Moment>,
    pub talk_ended: Option<Moment>,
    /// The flow has spoken, or an agent was bridged.
    pub handled: bool,
    pub talk: Talk,
    pub recording: Option<RecordingId>,
    /// Set when we or events decided the end; the fact is written when the leg is gone.
    pub ending: Option<(Cause, Side)>,
    pub ended: bool,
    pub outcome_set: bool,
    pub opted_out: bool,
    pub callback: Option<Wall>,
    /// Pacing has had its final event for this call.
    pub paced_out: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// `CallPlaced` is not durable yet.
    Placed,
    /// Durable; waits for its turn on the trunk.
    Cleared,
    /// The INVITE is on its way or ringing.
    Dialing,
    /// Answered; AMD listens.
    Listening,
    /// A person waits for an agent.
    Waiting,
    /// The abandonment message (or a machine's message) plays.
    Message,
    /// With an agent, or the flow speaks.
    Talking,
    /// The leg is being taken down, or is down.
    Ending,
}

/// The flow's side of a call.
#[derive(Default)]
pub(super) struct Talk {
    pub flow: Option<FlowId>,
    pub pending: Pending,
    /// Counts what the agent was shown; a late click carries an old one.
    pub turn: u32,
    pub step: Option<Step>,
    pub step_name: String,
    pub steps_entered: u32,
    pub finish: Option<crate::script::Finish>,
    /// What was pressed and filled in so far: no message of the flow may carry it into the record.
    pub told: Vec<String>,
    /// The agent's own word on the outcome, before or after the flow's.
    pub outcome: Option<String>,
    /// Marked with the outcome: when to call again.
    pub callback: Option<Wall>,
    /// The agent's latest note, not written down yet.
    pub note: Option<String>,
    /// When the wrap-up ends by itself.
    pub wrap_until: Option<Moment>,
    /// An outcome is marked: when it closes the call.
    pub closes_at: Option<Moment>,
    pub extended: u8,
}

#[derive(Default)]
pub(super) enum Pending {
    #[default]
    Nothing,
    Choice,
    Saying(PlaybackId),
    Gathering {
        playback: Option<PlaybackId>,
        digits: String,
        digits_max: u8,
        finish_on: Option<char>,
        seconds: f64,
        /// Of a menu's keys.
        means: BTreeMap<char, String>,
    },
    Waiting,
}

/// A reply that must not leave before what it acknowledges is on disk.
pub(super) struct Held {
    pub seq: u64,
    pub id: RequestId,
    pub result: Result<Reply, Refusal>,
}

impl Call {
    pub fn new(id: CallId, campaign: CampaignId, lead: Lead, pack: &'static str) -> Call {
        Call {
            id,
            campaign,
            attempt: lead.attempts + 1,
            lead,
            pack,
            stage: Stage::Placed,
            leg: None,
            trunk: None,
            refused_by: Vec::new(),
            rang: false,
            answered: None,
            clock: None,
            greeting_started: None,
            greeting_ended: None,
            classified: None,
            machine_message: false,
            abandoned: false,
            reserved_for: None,
            agent: None,
            bridged: None,
            talk_ended: None,
            handled: false,
            talk: Talk::default(),
            recording: None,
            ending: None,
            ended: false,
            outcome_set: false,
            opted_out: false,
            callback: None,
            paced_out: false,
        }
    }
}
