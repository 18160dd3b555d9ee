//! Who a customer is, for the agent who talks or is about to dial: what the list says, what was before. It refuses to
//! show a whole phone number.

use super::desk::{settings, title};
use crate::campaign::Settings;
use crate::store::{CallFilter, CallRow, CampaignRow, LeadRow, Store, StoreError};
use crate::words::*;
use serde::Serialize;
use std::collections::BTreeMap;

const HISTORY_MAX: u32 = 6;

/// The person of a lead.
#[derive(Serialize)]
pub(super) struct Card {
    campaign: Text,
    name: Option<String>,
    /// Masked.
    phone: Option<String>,
    fields: BTreeMap<String, String>,
    history: Vec<Past>,
}

/// What a call may end with, in the campaign's words.
#[derive(Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    id: String,
    title: Text,
    then: crate::campaign::settings::Then,
    opt_out: bool,
}

/// An earlier call.
#[derive(Serialize)]
pub(super) struct Past {
    call: CallId,
    at: i64,
    attempt: u32,
    cause: Option<Cause>,
    pub outcome: Option<String>,
    /// Of the outcome, in the campaign's words.
    title: Option<Text>,
    talk_ms: u32,
    agent: Option<AgentId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Of the person, in the list of own calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
}

/// What the store has of a lead and its campaign.
pub(super) struct Found {
    pub card: Card,
    pub settings: Option<Settings>,
    pub callback_at: Option<Wall>,
    pub lang: Option<Lang>,
    pub zone: Option<String>,
}

/// `but`: the call in hand is no earlier one. `None`: the lead or its campaign has gone.
pub(super) async fn look_up(
    store: &Store,
    campaign: CampaignId,
    lead: LeadId,
    but: Option<CallId>,
) -> Result<Option<Found>, StoreError> {
    let Some(campaign) = store.campaign(campaign).await? else { return Ok(None) };
    let Some(lead) = store.lead(lead).await? else { return Ok(None) };
    let settings = settings(&campaign);
    let filter = CallFilter { lead: Some(lead.id), ..CallFilter::default() };
    let mut history = Vec::new();
    for row in store.calls(&filter, but, HISTORY_MAX).await? {
        let notes = store.call_notes(row.id).await?;
        history.push(Past::of(row, settings.as_ref(), notes));
    }
    let (callback_at, lang, zone) = (lead.callback_at, lead.lang, lead.zones.first().cloned());
    Ok(Some(Found { card: Card::of(&campaign, lead, history), settings, callback_at, lang, zone }))
}

impl Card {
    fn of(campaign: &CampaignRow, lead: LeadRow, history: Vec<Past>) -> Card {
        let mut fields = lead.fields;
        // Shown apart from the others.
        ["phone", "name", "lang"].iter().for_each(|column| _ = fields.remove(*column));
        let phone = lead.phone.map(|phone| phone.to_string());
        Card { campaign: title(campaign), name: lead.name, phone, fields, history }
    }
}

impl Past {
    pub fn of(row: CallRow, settings: Option<&Settings>, notes: Vec<String>) -> Past {
        let title = row.outcome.as_ref().and_then(|name| settings?.outcomes.get(name));
        Past {
            call: row.id,
            at: row.answered_at.unwrap_or(row.placed_at).millis(),
            attempt: row.attempt,
            title: title.map(|outcome| outcome.title.clone()),
            cause: row.cause,
            outcome: row.outcome,
            talk_ms: row.talk_ms,
            agent: row.agent,
            notes,
            name: None,
            campaign: None,
        }
    }
}

pub(super) fn outcomes(settings: Option<Settings>) -> Vec<Outcome> {
    let all = settings.into_iter().flat_map(|settings| settings.outcomes);
    all.map(|(id, outcome)| Outcome { id, title: outcome.title, then: outcome.then, opt_out: outcome.opt_out })
        .collect()
}
