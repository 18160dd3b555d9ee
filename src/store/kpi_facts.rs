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
        for (mut after, end) in self.stretches(filter).await? {
            loop {
                let page = self.facts_between(filter, after, end, PAGE).await?;
                page.iter().for_each(&mut each);
                count += page.len() as u64;
                let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) else { break };
                after = FactCursor::of(last);
            }
        }
        Ok(count)
    }

    /// Per node, from before the first fact that matters to the last: the index by time finds them, however long the
    /// history is. Without an end in time also what is written meanwhile counts.
    async fn stretches(&self, filter: &FactFilter) -> Result<Vec<(FactCursor, FactCursor)>, StoreError> {
        let bounds =
            self.fact_bounds(filter.from.unwrap_or(Wall(i64::MIN)), filter.to.unwrap_or(Wall(i64::MAX))).await?;
        let stretch = |&(node, first, last): &(u16, u64, u64)| {
            let end = if filter.to.is_some() { FactCursor { node, seq: last } } else { FactCursor::end_of(node) };
            (FactCursor { node, seq: first - 1 }, end)
        };
        Ok(bounds.iter().map(stretch).collect())
    }
}
