//! One cell of a table before any division: sums, samples and what to be cautious about.

use super::attempt::Attempt;
use super::base::Sums;
use super::order::Order;
use super::profile::Answers;
use super::report::ConfigKey;
use crate::words::*;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a row is grouped by; `None` within: has no such thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    All,
    Agent(Option<AgentId>),
    Campaign(Option<CampaignId>),
    Hour(u8),
    Trunk(Option<TrunkId>),
    Text(Option<Arc<str>>),
}

impl Group {
    pub fn name(&self) -> Option<String> {
        fn or_dash<T: fmt::Display>(of: &Option<T>) -> Option<String> {
            Some(of.as_ref().map_or("-".to_owned(), T::to_string))
        }
        match self {
            Group::All => None,
            Group::Agent(agent) => or_dash(agent),
            Group::Campaign(campaign) => or_dash(campaign),
            Group::Hour(hour) => Some(format!("{hour:02}")),
            Group::Trunk(trunk) => or_dash(trunk),
            Group::Text(text) => or_dash(text),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    pub sums: Sums,
    pub answers: BTreeMap<Option<ConfigKey>, Answers>,
    pub post_dial_delay: Vec<i64>,
    pub answer_to_agent: Vec<i64>,
    /// Distinct once booked.
    pub leads: Vec<LeadId>,
    pub leads_rpc: Vec<LeadId>,
    pub currency: Currency,
    /// More facts will change it.
    pub provisional: bool,
    /// Holds agent time that other campaigns' rows hold too.
    pub shared: bool,
}

/// Money of two currencies does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Currency {
    #[default]
    None,
    One(String),
    Mixed,
}

pub(super) type Cells = BTreeMap<(u32, Group), Cell>;

/// What a record offers to group by.
#[derive(Default, Clone)]
pub(super) struct Keys {
    pub agent: Option<AgentId>,
    pub campaign: Option<CampaignId>,
    pub trunk: Option<TrunkId>,
    pub caller_id: Option<Arc<str>>,
    pub reason: Option<Arc<str>>,
    pub currency: Option<Arc<str>>,
}

impl Currency {
    pub fn add(&mut self, order: &Order) {
        let Some(taken) = &order.taken else { return };
        *self = match std::mem::take(self) {
            Currency::None => Currency::One(taken.total.currency.clone()),
            Currency::One(held) if held == taken.total.currency => Currency::One(held),
            Currency::One(_) | Currency::Mixed => Currency::Mixed,
        };
    }
}

pub(super) fn keys(attempt: &Attempt) -> Keys {
    let invite = attempt.last_invite.as_ref().map(|(_, invite)| invite);
    Keys {
        agent: attempt.agent(),
        campaign: attempt.campaign,
        trunk: invite.map(|invite| invite.trunk),
        caller_id: invite.map(|invite| invite.caller_id.clone()),
        reason: None,
        currency: None,
    }
}

pub(super) fn currency(order: &Order) -> Option<Arc<str>> {
    order.taken.as_ref().map(|taken| taken.total.currency.as_str().into())
}
