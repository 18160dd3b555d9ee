//! Facts as KPIs read them: all that match, in order, page by page, without holding them in memory.

use super::{FactCursor, FactFilter, Store, StoreError};
use crate::facts::Envelope;
use crate::words::Wall;

const PAGE: u32 = 5_000;

impl Store {
    /// Shows every fact that matches to `each`, in the order (node, seq), and returns how many there were.
    /// Sessions of agents belong to no campaign: who folds agent time reads without that filter.
    pub async fn each_fact(
        &self,
        filter: &FactFilter,
        mut each: impl FnMut(&Envelope) + Send,
    ) -> Result<u64, StoreError> {
        let mut count = 0;
        for mut after in self.starts(filter).await? {
            let node = after.node;
            loop {
                let page = self.facts(filter, Some(after), PAGE).await?;
                let ours = page.iter().take_while(|envelope| envelope.node == node);
                for envelope in ours.clone() {
                    each(envelope);
                }
                let seen = ours.count();
                count += seen as u64;
                // A page that reaches into the next node ends this one: that node starts at its own place.
                if seen < PAGE as usize {
                    break;
                }
                after = FactCursor::of(&page[seen - 1]);
            }
        }
        Ok(count)
    }

    /// Before the first fact that matters, per node: the index by time finds it, however long the history is.
    async fn starts(&self, filter: &FactFilter) -> Result<Vec<FactCursor>, StoreError> {
        let bounds =
            self.fact_bounds(filter.from.unwrap_or(Wall(i64::MIN)), filter.to.unwrap_or(Wall(i64::MAX))).await?;
        Ok(bounds.iter().map(|(node, first, _)| FactCursor { node: *node, seq: first - 1 }).collect())
    }
}
