//! Campaigns that agents can work for now, with their mode: what a desk offers. It refuses campaigns whose flow speaks by
//! itself.

use super::auth::Caller;
use super::desk::settings;
use super::state::Api;
use super::who::{self, Outcome};
use crate::campaign::settings::HandledBy;
use crate::engine::Mode;
use crate::store::CampaignRow;
use crate::words::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// A campaign that can be worked for.
#[derive(Serialize)]
pub(super) struct Choice {
    id: CampaignId,
    title: Text,
    outcomes: Vec<Outcome>,
    mode: Mode,
    running: bool,
    /// Manual and preview: what the dialer does, and why.
    why: Option<Text>,
}

type States = BTreeMap<CampaignId, (Mode, CampaignState, Option<Reason>)>;

/// As it was told last.
#[derive(Default)]
pub(super) struct Open {
    pub choices: Vec<Choice>,
    told: States,
}

impl Open {
    /// Looks, and says whether there is something to tell. The store is asked only when a campaign came or changed its
    /// state or its mode; while it is away, nothing is told.
    pub async fn changed(&mut self, api: &Api, caller: &Caller) -> bool {
        let now = api.feed.open_for_agents();
        if now == self.told {
            return false;
        }
        let states =
            |open: &States| -> Vec<_> { open.iter().map(|(id, (mode, state, _))| (*id, *mode, *state)).collect() };
        if states(&now) != states(&self.told) {
            let Ok(rows) = api.store.campaigns().await else { return false };
            self.choices = rows.iter().filter_map(|row| choice(row, &now, caller)).collect();
        }
        for choice in &mut self.choices {
            choice.why = now[&choice.id].2.as_ref().map(Reason::in_each);
        }
        self.told = now;
        true
    }
}

fn choice(row: &CampaignRow, states: &States, caller: &Caller) -> Option<Choice> {
    let (mode, state, _) = states.get(&row.id)?;
    let settings = settings(row)?;
    let by_agent = settings.flow.handled_by == HandledBy::Agent;
    (by_agent && caller.sees(row.id).is_ok()).then(|| Choice {
        id: row.id,
        title: settings.title.clone(),
        outcomes: who::outcomes(Some(settings)),
        mode: *mode,
        running: *state == CampaignState::Running,
        why: None,
    })
}
