//! Facts as a client follows them: what is new since it last asked, of every node. It refuses to order nodes among
//! each other: each counts its own facts, and a fact of an import may come after one of a call that stands before it.

use super::db::{args, statements};
use super::{FactCursor, FactFilter, Store, StoreError};
use crate::facts::Envelope;
use crate::words::Wall;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

statements! {
    // Along the primary key, not over all facts.
    LAST_OF_NODE = one("SELECT COALESCE(MAX(seq), 0) FROM fact WHERE node = $1");
    NEXT_NODE = one("SELECT MIN(node) FROM fact WHERE node > $1");
}

/// As many nodes as share a database, and those that are gone.
const NODES_MAX: usize = 64;

/// Where a client stands, per node. Written as `NODE-SEQ`, joined with `.`: `1-250.4095-3`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactCursors(BTreeMap<u16, u64>);

impl FactCursors {
    /// Passed, or before one that was.
    pub fn knows(&self, fact: &Envelope) -> bool {
        self.0.get(&fact.node).is_some_and(|seq| fact.seq <= *seq)
    }

    pub fn pass(&mut self, fact: &Envelope) {
        self.0.insert(fact.node, fact.seq);
    }
}

impl fmt::Display for FactCursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (node, seq)) in self.0.iter().enumerate() {
            let dot = if nth > 0 { "." } else { "" };
            write!(f, "{dot}{}", FactCursor { node: *node, seq: *seq })?;
        }
        Ok(())
    }
}

impl FromStr for FactCursors {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<FactCursors, StoreError> {
        let mut cursors = BTreeMap::new();
        for part in text.split('.').filter(|_| !text.is_empty()) {
            let cursor: FactCursor = part.parse()?;
            cursors.insert(cursor.node, cursor.seq);
            if cursors.len() > NODES_MAX {
                let value = text.chars().take(40).collect();
                return Err(StoreError::Invalid { what: "cursor", value, fix: "send the cursor as it came" });
            }
        }
        Ok(FactCursors(cursors))
    }
}

impl Store {
    /// Each node's facts in its order, node by node. Asked again with what it passed, it gives every fact once.
    pub async fn facts_since(
        &self,
        filter: &FactFilter,
        since: &FactCursors,
        limit: u32,
    ) -> Result<Vec<Envelope>, StoreError> {
        let mut facts: Vec<Envelope> = Vec::new();
        let mut last = -1_i64;
        while let Some(node) = self.next_node(last).await? {
            last = i64::from(node);
            let Some((after, end)) = self.stretch(filter, node, since.0.get(&node).copied()).await? else { continue };
            let room = limit - u32::try_from(facts.len()).unwrap_or(limit);
            facts.extend(self.facts_between(filter, after, end, room).await?);
            if facts.len() >= limit as usize {
                break;
            }
        }
        Ok(facts)
    }

    /// What there is to read of a node: from where the client stands, else from the first fact of the time asked for,
    /// which the index by time finds. `None`: nothing.
    async fn stretch(
        &self,
        filter: &FactFilter,
        node: u16,
        known: Option<u64>,
    ) -> Result<Option<(FactCursor, FactCursor)>, StoreError> {
        let whole = FactCursor::end_of(node);
        if let Some(seq) = known {
            return Ok(Some((FactCursor { node, seq }, whole)));
        }
        // Those of a call or an agent are few, and found by theirs.
        let from = filter.from.filter(|_| filter.call.is_none() && filter.agent.is_none());
        let Some(from) = from else { return Ok(Some((FactCursor { node, seq: 0 }, whole))) };
        let bounds = self.fact_bounds_of(node, from, filter.to.unwrap_or(Wall(i64::MAX))).await?;
        let end = |last| if filter.to.is_some() { FactCursor { node, seq: last } } else { whole };
        Ok(bounds.map(|(first, last)| (FactCursor { node, seq: first - 1 }, end(last))))
    }

    /// After every fact that is on disk now.
    pub async fn fact_ends(&self) -> Result<FactCursors, StoreError> {
        let (mut ends, mut last) = (BTreeMap::new(), -1_i64);
        while let Some(node) = self.next_node(last).await? {
            last = i64::from(node);
            let row = self.db().first(&LAST_OF_NODE, args![last]).await?;
            ends.insert(node, row.map(|row| row.int(0)).transpose()?.unwrap_or(0) as u64);
        }
        Ok(FactCursors(ends))
    }

    async fn next_node(&self, last: i64) -> Result<Option<u16>, StoreError> {
        let row = self.db().first(&NEXT_NODE, args![last]).await?;
        Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().map(|node| node as u16))
    }
}
