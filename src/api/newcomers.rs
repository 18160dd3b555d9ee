//! Agents that were made beside a running server (`outpace user add NAME --role agent`): the engine and the registrar
//! hear of them within a second. It makes nobody.

use super::state::Api;
use crate::engine::{AgentRecord, Request};
use crate::words::AgentId;
use std::time::Duration;

const LOOK: Duration = Duration::from_secs(1);
/// Of one look; the next one sees the rest.
const PAGE: u32 = 1_000;

/// Looks every second until the task is dropped. `known`: the youngest that was there at the start. A store that is away
/// is the writer's matter to name.
pub async fn follow(api: &Api, mut known: Option<AgentId>) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        for row in api.store.agents_after(known, PAGE).await.unwrap_or_default() {
            let record = AgentRecord { id: row.id, name: row.name, display: row.display, lang: row.lang };
            // Those made over the API are known already, and it does them no harm.
            if api.ask("newcomer", Request::AddAgent(record)).await.is_err() {
                break;
            }
            known = Some(row.id);
        }
    }
}
