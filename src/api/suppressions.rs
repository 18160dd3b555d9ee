//! Numbers that may never be called again, from whatever node of a shared database, or from the command line: this node's
//! engine hears of them within a second, for leads in its hands passed the store before. It suppresses nothing by itself.

use super::state::Api;
use crate::engine::Request;
use crate::store::SuppressionPlace;
use std::time::Duration;

const LOOK: Duration = Duration::from_secs(1);
/// Of one reading; a longer list is read on at once.
const PAGE: u32 = 1_000;

/// Looks every second until the task is dropped. `known`: up to where the engine was told at the start. A store that is
/// away is the writer's matter to name.
pub async fn follow(api: &Api, mut known: SuppressionPlace) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        while tell(api, &mut known).await {}
    }
}

/// True: there may be more. Those of this node itself are told again, which changes nothing.
async fn tell(api: &Api, known: &mut SuppressionPlace) -> bool {
    let new = api.store.suppressed_since(*known, PAGE).await.unwrap_or_default();
    let full = new.len() == PAGE as usize;
    for (number_hash, place) in new {
        // Not taken: the next look begins with it.
        if api.ask("suppressions", Request::Suppress { number_hash }).await.is_err() {
            return false;
        }
        *known = place;
    }
    full
}
