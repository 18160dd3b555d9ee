//! The floor as a supervisor watches it: pushed each second, whole at first and then what changed.

use super::auth::Caller;
use super::board::{CampaignNow, Course, FloorNow, Row};
use super::error::Problem;
use super::push::{self, Push};
use super::state::{Api, State};
use crate::store::Scope;
use crate::words::{AgentId, CampaignId};
use axum::extract::State as Extract;
use axum::response::IntoResponse;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Apart from the others: it has no time-out.
pub fn stream_route() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// What differs from what this listener has.
#[derive(Default, Serialize)]
struct Changes<'a> {
    /// Of the server, milliseconds since 1970.
    now: i64,
    agents: Vec<&'a Row>,
    /// Logged out.
    gone: Vec<AgentId>,
    campaigns: Vec<&'a CampaignNow>,
    faults: &'a [String],
}

/// `event: hello | floor | course`. The first `floor` is whole, later ones hold what changed; `course` holds a
/// campaign's KPIs of the day, their course over two hours, and the list's burn-down. Clients see no agents.
#[utoipa::path(get, path = "/v1/floor/stream", tag = "floor",
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String)))]
async fn stream(Extract(api): Extract<State>, caller: Caller) -> Result<impl IntoResponse, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Client])?;
    Ok(push::stream(push::PICTURES_UNREAD_MAX, move |push| watch(api, caller, push)))
}

async fn watch(api: Arc<Api>, caller: Caller, push: Push) -> Option<()> {
    let board = api.feed.board();
    let (mut floor, mut figures) = (board.floor(), board.figures());
    let hello = serde_json::json!({ "boot": board.boot, "now": (api.now)().millis(), "pauses": api.pauses });
    push.json("hello", &hello).await?;
    let mut known = FloorNow::default();
    let mut courses: BTreeMap<CampaignId, Arc<Course>> = BTreeMap::new();
    let over = push.over(&api, &caller);
    tokio::pin!(over);
    loop {
        tokio::select! {
            changed = floor.changed() => {
                changed.ok()?;
                let now = floor.borrow_and_update().clone();
                let changes = changes(&known, &now, &caller, (api.now)().millis());
                push.json("floor", &changes).await?;
                known = FloorNow { agents: now.agents.clone(), campaigns: now.campaigns.clone(), faults: Vec::new() };
            }
            changed = figures.changed() => {
                changed.ok()?;
                let now = figures.borrow_and_update().clone();
                for (id, course) in now.campaigns.iter().filter(|(id, _)| caller.sees(**id).is_ok()) {
                    if courses.get(id).is_none_or(|held| !Arc::ptr_eq(held, course)) {
                        push.json("course", &**course).await?;
                        courses.insert(*id, course.clone());
                    }
                }
            }
            () = &mut over => return None,
        }
    }
}

fn changes<'a>(known: &FloorNow, now: &'a FloorNow, caller: &Caller, at: i64) -> Changes<'a> {
    let mut changes = Changes { now: at, faults: &now.faults, ..Changes::default() };
    let everybody = caller.scope != Scope::Client && caller.binding.campaign.is_none();
    if everybody {
        let differs = |(id, row): &(&AgentId, &Arc<Row>)| known.agents.get(id).is_none_or(|held| held != *row);
        changes.agents = now.agents.iter().filter(differs).map(|(_, row)| &**row).collect();
        changes.gone = known.agents.keys().filter(|id| !now.agents.contains_key(id)).copied().collect();
    }
    let seen = now.campaigns.iter().filter(|(id, _)| caller.sees(**id).is_ok());
    let differs =
        |(id, view): &(&CampaignId, &Arc<CampaignNow>)| known.campaigns.get(id).is_none_or(|held| held != *view);
    changes.campaigns = seen.filter(differs).map(|(_, view)| &**view).collect();
    changes
}
