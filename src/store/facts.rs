//! Writing facts, and with them, in the same transaction, the tables that follow from them; and reading them in order.
//! It never changes a fact that is written.

use super::db::{Arg, Row, Tx, args, statements};
use super::decisions::{keep_decision, keep_piece};
use super::learned::keep_learned;
use super::named::{Touched, agent_of, lead_of, order_of};
use super::projection::Tables;
use super::testaments::{self, Testament};
use super::touched::Work;
use super::tuples::tuples;
use super::{CENTRE, Owner, Store, StoreError, take_ids};
use crate::facts::{Envelope, Fact, LearnedRow};
use crate::words::*;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Facts of the store itself (imports) carry this node, so that they never meet the engine's numbering.
pub const STORE_NODE: u16 = 2047;
/// Of one read.
const PAGE_MAX: u32 = 10_000;

statements! {
    READ_EPOCH = locked("SELECT epoch FROM epoch WHERE node = $1");
    LAST_SEQ = one("SELECT COALESCE(MAX(seq), 0) FROM fact WHERE node = $1");
    KEEP_NOTE = one(
        "INSERT INTO call_note (centre, call, lead, place, note)
         SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), COALESCE(MAX(place), 0) + 1, CAST($4 AS TEXT) FROM call_note WHERE call = $2
         HAVING COUNT(CASE WHEN note = $4 THEN 1 END) = 0");
    READ_FACTS = one(
        "SELECT centre, node, seq, moment, wall, version, body FROM fact
         WHERE (node, seq) > ($1, $2) AND (node, seq) <= ($7, $8) AND wall >= $3 AND wall < $4 AND ($5 = '' OR kind = $5)
         ORDER BY node, seq LIMIT $6");
    READ_FACTS_OF_CAMPAIGN = one(
        "SELECT centre, node, seq, moment, wall, version, body FROM fact
         WHERE campaign = $9 AND (node, seq) > ($1, $2) AND (node, seq) <= ($7, $8) AND wall >= $3 AND wall < $4 AND ($5 = '' OR kind = $5)
         ORDER BY node, seq LIMIT $6");
    READ_FACTS_OF_CALL = one(
        "SELECT centre, node, seq, moment, wall, version, body FROM fact
         WHERE call = $9 AND ($10 = 0 OR campaign = $10) AND (node, seq) > ($1, $2) AND (node, seq) <= ($7, $8) AND wall >= $3 AND wall < $4 AND ($5 = '' OR kind = $5)
         ORDER BY node, seq LIMIT $6");
    READ_FACTS_OF_AGENT = one(
        "SELECT centre, node, seq, moment, wall, version, body FROM fact
         WHERE agent = $9 AND ($10 = 0 OR campaign = $10) AND (node, seq) > ($1, $2) AND (node, seq) <= ($7, $8) AND wall >= $3 AND wall < $4 AND ($5 = '' OR kind = $5)
         ORDER BY node, seq LIMIT $6");
    FACT_BOUNDS = one(
        "SELECT node, MIN(seq), MAX(seq) FROM fact WHERE wall >= $1 AND wall < $2 GROUP BY node ORDER BY node");
    // The sign keeps the database from going through all that the node ever wrote.
    FACT_BOUNDS_OF_NODE = one("SELECT MIN(seq), MAX(seq) FROM fact WHERE +node = $1 AND wall >= $2 AND wall < $3");
}

tuples! {
    ADD_FACTS = "iiiiiitiiiit",
        "INSERT INTO fact (centre, node, seq, moment, wall, version, kind, call, campaign, agent, lead, body) VALUES",
        "";
    KEEP_FIELDS = "iiitt",
        "INSERT INTO call_field (centre, call, lead, name, value) VALUES",
        "ON CONFLICT (call, name) DO UPDATE SET value = excluded.value";
}

/// One thing to write, in order.
#[derive(Debug, Clone)]
pub enum Write {
    Fact(Envelope),
    /// What a person said or typed; stands with the person, not with the facts.
    KeepFields {
        call: CallId,
        lead: LeadId,
        fields: BTreeMap<String, String>,
    },
    KeepNote {
        call: CallId,
        lead: LeadId,
        note: String,
    },
    /// Replaces what was kept for the leg.
    KeepTestament(Testament),
    DropTestament {
        leg: LegId,
    },
    /// Where a user's phones are, as the line layer writes it.
    KeepBindings {
        name: String,
        contacts: String,
    },
    /// JSON of the caller, for `why`.
    KeepDecision {
        campaign: CampaignId,
        at: Wall,
        body: String,
    },
    /// For `replay`.
    KeepTape {
        campaign: CampaignId,
        begun: Wall,
        piece: Vec<u8>,
    },
    /// For the next run of the same list type and hour; replaces the row of both.
    KeepLearned(LearnedRow),
}

/// All conditions hold together; the most selective of call, agent and campaign is the one that is looked up.
#[derive(Debug, Clone, Default)]
pub struct FactFilter {
    pub from: Option<Wall>,
    /// Exclusive.
    pub to: Option<Wall>,
    pub campaign: Option<CampaignId>,
    pub call: Option<CallId>,
    pub agent: Option<AgentId>,
    /// Such as `call_ended`.
    pub kind: Option<String>,
}

/// Where a reader of facts stands. Written as `node-seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FactCursor {
    pub node: u16,
    pub seq: u64,
}

impl FactCursor {
    /// After every fact of every node.
    pub(super) const LAST: FactCursor = FactCursor { node: u16::MAX, seq: i64::MAX as u64 };

    /// After every fact of a node.
    pub(super) fn end_of(node: u16) -> FactCursor {
        FactCursor { node, ..FactCursor::LAST }
    }

    pub fn of(envelope: &Envelope) -> FactCursor {
        FactCursor { node: envelope.node, seq: envelope.seq }
    }
}
impl fmt::Display for FactCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.node, self.seq)
    }
}
impl FromStr for FactCursor {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<FactCursor, StoreError> {
        let read = text.split_once('-').and_then(|(node, seq)| Some((node.parse().ok()?, seq.parse().ok()?)));
        let invalid = || StoreError::Invalid {
            what: "cursor",
            value: text.chars().take(40).collect(),
            fix: "send the cursor of the last fact as it came: NODE-SEQ",
        };
        read.map(|(node, seq)| FactCursor { node, seq }).ok_or_else(invalid)
    }
}

impl Store {
    /// One transaction for all; facts that are on disk already are passed over, so that a batch may be repeated.
    /// Returns the highest seq on disk of the batch's node (0 if the batch holds no fact).
    pub async fn append(&self, batch: &[Write]) -> Result<u64, StoreError> {
        self.append_checked(None, batch).await
    }

    /// As `append`, and refused with `Fenced` once a younger process holds the node.
    pub async fn append_as(&self, owner: Owner, batch: &[Write]) -> Result<u64, StoreError> {
        self.append_checked(Some(owner), batch).await
    }

    async fn append_checked(&self, owner: Option<Owner>, batch: &[Write]) -> Result<u64, StoreError> {
        let mut tx = self.db().begin().await?;
        if let Some(owner) = owner {
            check_owner(&mut tx, owner).await?;
        }
        let last = append_in(&mut tx, batch).await?;
        tx.commit().await?;
        Ok(last)
    }

    /// In the order (node, seq): that of each node's engine. At most 10,000.
    pub async fn facts(
        &self,
        filter: &FactFilter,
        after: Option<FactCursor>,
        limit: u32,
    ) -> Result<Vec<Envelope>, StoreError> {
        self.facts_between(filter, after.unwrap_or_default(), FactCursor::LAST, limit).await
    }

    /// As `facts`, up to and with `last`: the rest of the history is not looked at.
    pub(super) async fn facts_between(
        &self,
        filter: &FactFilter,
        after: FactCursor,
        last: FactCursor,
        limit: u32,
    ) -> Result<Vec<Envelope>, StoreError> {
        let (from, to) = (filter.from.map_or(i64::MIN, |w| w.0), filter.to.map_or(i64::MAX, |w| w.0));
        let kind = filter.kind.as_deref().unwrap_or("");
        let limit = limit.min(PAGE_MAX);
        let mut args = args![after.node, after.seq as i64, from, to, kind, limit, last.node, last.seq as i64];
        let campaign = filter.campaign.map_or(0, CampaignId::sql);
        let (sql, more) = match (filter.call, filter.agent, filter.campaign) {
            (Some(call), _, _) => (&READ_FACTS_OF_CALL, args![call.sql(), campaign]),
            (None, Some(agent), _) => (&READ_FACTS_OF_AGENT, args![agent.sql(), campaign]),
            (None, None, Some(_)) => (&READ_FACTS_OF_CAMPAIGN, args![campaign]),
            (None, None, None) => (&READ_FACTS, args![]),
        };
        args.extend(more);
        self.db().all(sql, args).await?.iter().map(envelope).collect()
    }

    /// Per node the first and last seq between two times: what a page-wise reader can skip.
    pub(super) async fn fact_bounds(&self, from: Wall, to: Wall) -> Result<Vec<(u16, u64, u64)>, StoreError> {
        let rows = self.db().all(&FACT_BOUNDS, args![from.0, to.0]).await?;
        rows.iter().map(|row| Ok((row.int(0)? as u16, row.int(1)? as u64, row.int(2)? as u64))).collect()
    }

    /// The same of one node; `None`: it wrote nothing then.
    pub(super) async fn fact_bounds_of(
        &self,
        node: u16,
        from: Wall,
        to: Wall,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        let row = self.db().first(&FACT_BOUNDS_OF_NODE, args![node, from.0, to.0]).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(row.opt_int(0)?.zip(row.opt_int(1)?).map(|(first, last)| (first as u64, last as u64)))
    }
}

impl Store {
    /// Is the node still this process's own? `Fenced` if a younger one took it; also says whether the store answers.
    pub async fn holds(&self, owner: Owner) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        check_owner(&mut tx, owner).await?;
        tx.commit().await
    }
}

pub(super) async fn check_owner(tx: &mut Tx, owner: Owner) -> Result<(), StoreError> {
    let row = tx.first(&READ_EPOCH, args![owner.node]).await?;
    let current = row.map(|row| row.int(0)).transpose()?.unwrap_or(0) as u32;
    if current == owner.epoch {
        return Ok(());
    }
    Err(StoreError::Fenced { node: owner.node, ours: owner.epoch, current })
}

/// The batch within a transaction of the caller.
pub(super) async fn append_in(tx: &mut Tx, batch: &[Write]) -> Result<u64, StoreError> {
    let (facts, last) = fresh(tx, batch).await?;
    let mut work = Work::load(tx, &Touched::of(facts.iter().copied())).await?;
    facts.iter().for_each(|envelope| work.now.fold(envelope));
    let mut values = Vec::with_capacity(facts.len() * 12);
    facts.iter().for_each(|envelope| bind(envelope, &work.now, &mut values));
    tx.put(&ADD_FACTS, values).await?;
    work.save(tx).await?;
    keep(tx, batch).await?;
    testaments::keep(tx, batch).await?;
    Ok(last)
}

pub(super) async fn last_seq(tx: &mut Tx, node: u16) -> Result<u64, StoreError> {
    let row = tx.first(&LAST_SEQ, args![node]).await?;
    Ok(row.map(|row| row.int(0)).transpose()?.unwrap_or(0) as u64)
}

/// The next number of the store's own facts. Whoever asks holds it until the commit: two that end together would else
/// take the same one, and the later fact would be passed over as written already.
pub(super) async fn next_store_seq(tx: &mut Tx) -> Result<u64, StoreError> {
    take_ids(tx, "store_fact", 1).await?;
    Ok(last_seq(tx, STORE_NODE).await? + 1)
}

/// The batch's facts that are not on disk, and the highest seq that will be.
async fn fresh<'a>(tx: &mut Tx, batch: &'a [Write]) -> Result<(Vec<&'a Envelope>, u64), StoreError> {
    let mut facts = Vec::new();
    let mut last: BTreeMap<u16, u64> = BTreeMap::new();
    let mut highest = 0;
    for write in batch {
        let Write::Fact(envelope) = write else {
            continue;
        };
        if !last.contains_key(&envelope.node) {
            last.insert(envelope.node, last_seq(tx, envelope.node).await?);
        }
        let on_disk = last.get_mut(&envelope.node).expect("inserted above");
        if envelope.seq > *on_disk {
            *on_disk = envelope.seq;
            facts.push(envelope);
        }
        highest = *on_disk;
    }
    Ok((facts, highest))
}

/// Fields and notes: the last value of a field counts, a note that stands already is not written twice.
async fn keep(tx: &mut Tx, batch: &[Write]) -> Result<(), StoreError> {
    let mut values: BTreeMap<(CallId, &str), (LeadId, &str)> = BTreeMap::new();
    for write in batch {
        match write {
            Write::Fact(_) | Write::KeepTestament(_) | Write::DropTestament { .. } | Write::KeepBindings { .. } => {}
            Write::KeepFields { call, lead, fields } => {
                values.extend(fields.iter().map(|(name, value)| ((*call, name.as_str()), (*lead, value.as_str()))));
            }
            Write::KeepNote { call, lead, note } => {
                tx.run(&KEEP_NOTE, args![CENTRE.sql(), call.sql(), lead.sql(), note]).await?;
            }
            Write::KeepDecision { campaign, at, body } => keep_decision(tx, *campaign, *at, body).await?,
            Write::KeepLearned(row) => keep_learned(tx, row).await?,
            Write::KeepTape { campaign, begun, piece } => keep_piece(tx, *campaign, *begun, piece).await?,
        }
    }
    let of = |((call, name), (lead, value)): ((CallId, &str), (LeadId, &str))| {
        args![CENTRE.sql(), call.sql(), lead.sql(), name, value]
    };
    tx.put(&KEEP_FIELDS, values.into_iter().flat_map(of).collect()).await
}

/// Campaign and lead of facts that name only their call are looked up, so that they can be found by either.
fn bind(envelope: &Envelope, tables: &Tables, values: &mut Vec<Arg>) {
    let fact = &envelope.fact;
    let call = fact.call();
    let row = call.and_then(|call| tables.calls.get(&call));
    let order = order_of(fact).and_then(|order| tables.orders.get(&order));
    let campaign = fact.campaign().or(row.map(|row| row.campaign)).or(order.map(|order| order.campaign));
    let lead = lead_of(fact).or(row.map(|row| row.lead)).or(order.map(|order| order.lead));
    let body = serde_json::to_string(fact).expect("facts always print as JSON");
    values.extend(args![
        envelope.centre.sql(),
        envelope.node,
        envelope.seq as i64,
        envelope.moment.0,
        envelope.wall.0,
        envelope.version,
        fact.kind(),
        call.map(CallId::sql),
        campaign.map(CampaignId::sql),
        agent_of(fact).map(AgentId::sql),
        lead.map(LeadId::sql),
        body,
    ]);
}

fn envelope(row: &Row) -> Result<Envelope, StoreError> {
    let body = row.text(6)?;
    let fact: Fact = serde_json::from_str(&body)
        .map_err(|error| StoreError::Broken { place: "reading a fact", cause: format!("{error}: {body}") })?;
    Ok(Envelope {
        centre: CentreId::from_sql(row.int(0)?),
        node: row.int(1)? as u16,
        seq: row.int(2)? as u64,
        moment: Moment(row.int(3)?),
        wall: Wall(row.int(4)?),
        version: row.int(5)? as u16,
        fact,
    })
}
