//! A lead as it is leased for dialing.

use crate::words::{AgentId, LeadId, Phone, Wall};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    pub id: LeadId,
    pub phone: Phone,
    /// Keyed hash of the number: what facts carry.
    pub number_hash: String,
    /// Every zone the number may be in (IANA). Several: the strictest window. Empty: unknown.
    pub zones: Vec<String>,
    /// Attempts made so far, without the one to come.
    pub attempts: u32,
    /// Attempts to this number on the called party's day, over all campaigns, without the one to come.
    pub attempts_today: u32,
    /// That day, `YYYY-MM-DD`: the store keeps room for one attempt on it, and on no other.
    pub day: String,
    /// Promised for this time; dialed then, by this agent if one is named.
    pub callback_at: Option<Wall>,
    pub callback_agent: Option<AgentId>,
    /// The columns of the list, names in lower case.
    pub fields: BTreeMap<String, String>,
}
