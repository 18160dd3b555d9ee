//! A start: the node is taken, older processes of it are fenced off, leads that were leased and never placed go back,
//! and what the last run left open is read. It ends no call: the engine does, with facts.

use super::db::{Row, args, statements};
use super::facts::last_seq;
use super::lease::release;
use super::rows::CallRow;
use super::table::{Column, enum_from};
use super::{CENTRE, FactFilter, Owner, Store, StoreError};
use crate::facts::{Abandon, Fact, Halted, LedgerEntry, OpenCall, OpenSession, OrderState, UnplannedLead, Verdict};
use crate::words::*;
use std::collections::BTreeMap;

statements! {
    TAKE_NODE = one(
        "INSERT INTO epoch (centre, node, epoch, taken) VALUES ($1, $2, 1, $3)
         ON CONFLICT (node) DO UPDATE SET epoch = epoch.epoch + 1, taken = excluded.taken RETURNING epoch");
    LEASED_OF_NODE = one("SELECT id FROM lead WHERE lease_node = $1 AND state = 'leased' AND id > $2 ORDER BY id LIMIT 5000");
    OPEN_CALLS = one(concat!(call_sql!(select), " WHERE t.node = $1 AND t.ended_at IS NULL AND t.withdrawn IS NULL ORDER BY t.id"));
    UNPLANNED = one(concat!(call_sql!(select),
        " JOIN lead AS l ON l.last_call = t.id AND l.state = 'in_flight'
          WHERE t.node = $1 AND (t.ended_at IS NOT NULL OR t.withdrawn IS NOT NULL) ORDER BY t.id"));
    OPEN_SESSIONS = one(
        "SELECT agent, id, last_moment FROM agent_session WHERE node = $1 AND logged_out IS NULL ORDER BY id");
    LAST_WALL = one("SELECT wall FROM fact WHERE node = $1 ORDER BY seq DESC LIMIT 1");
    RUNNING = one("SELECT id FROM campaign WHERE state = 'running' ORDER BY id");
    HALTED = one("SELECT id, state FROM campaign WHERE state IN ('paused', 'draining', 'finished') ORDER BY id");
    // Little is written of a campaign after it was stopped, so this looks at the last few facts.
    HALTED_BY = one(
        "SELECT body FROM fact WHERE campaign = $1 AND node = $2 AND kind IN ('campaign_paused', 'campaign_drained')
         ORDER BY seq DESC LIMIT 1");
    // The conditions of `CallRow::human`, for calls that are over.
    HUMAN_CALLS = one(
        "SELECT answered_at, abandon FROM call
         WHERE campaign = $1 AND answered_at >= $2 AND ended_at IS NOT NULL
           AND (verdict IS NULL OR verdict NOT LIKE '%machine%') AND cause NOT LIKE '%machine%'
           AND (abandon IS NOT NULL OR bridged_at IS NOT NULL OR spoke_at IS NOT NULL
                OR cause IN ('handled', 'abandoned_no_agent', 'abandoned_customer_early'))
         ORDER BY answered_at, id");
}

/// Of one call: more than anybody makes.
const PROMISES_MAX: u32 = 10_000;

/// What the last run of a node left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    pub last_seq: u64,
    /// Of that fact; zero before the first.
    pub last_wall: Wall,
    pub open_calls: Vec<OpenCall>,
    pub unplanned: Vec<UnplannedLead>,
    pub open_sessions: Vec<OpenSession>,
    /// Where each order stands that can still move.
    pub orders: Vec<(OrderId, OrderState)>,
    pub suppressed: Vec<String>,
    pub ledgers: BTreeMap<CampaignId, Vec<LedgerEntry>>,
    /// Were running: to be configured and started again.
    pub running: Vec<CampaignId>,
    /// Were not, because somebody or the list's end had said so: to be configured, and to stay as they are.
    pub halted: Vec<Halted>,
}

impl Store {
    /// A new epoch for this node. Whoever held it before can neither write facts nor lease any more;
    /// the leads that were in its hands and not placed go back to the list.
    pub async fn take_node(&self, node: u16, now: Wall) -> Result<Owner, StoreError> {
        let mut tx = self.db().begin().await?;
        let row = tx.first(&TAKE_NODE, args![CENTRE.sql(), node, now.0]).await?;
        let epoch = row.ok_or(StoreError::Missing { what: "epoch of node", value: node.to_string() })?.int(0)? as u32;
        let mut after = -1_i64;
        loop {
            let rows = tx.all(&LEASED_OF_NODE, args![node, after]).await?;
            let ids = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
            let Some(last) = ids.last() else {
                break;
            };
            after = *last;
            let leads: Vec<LeadId> = ids.into_iter().map(LeadId::from_sql).collect();
            release(&mut tx, &leads, |lead| lead.lease_node == Some(node)).await?;
        }
        tx.commit().await?;
        Ok(Owner { node, epoch })
    }

    /// After `take_node`. `ledger_since`: per campaign, from when human answers count for its abandonment window.
    pub async fn recover(
        &self,
        owner: Owner,
        ledger_since: &BTreeMap<CampaignId, Wall>,
    ) -> Result<Standing, StoreError> {
        let mut tx = self.db().begin().await?;
        let last_seq = last_seq(&mut tx, owner.node).await?;
        tx.commit().await?;
        let node = owner.node;
        let mut ledgers = BTreeMap::new();
        for (campaign, since) in ledger_since {
            let rows = self.db().all(&HUMAN_CALLS, args![campaign.sql(), since.0]).await?;
            ledgers.insert(*campaign, ledger(&rows)?);
        }
        let open = self.db().all(&OPEN_CALLS, args![node]).await?;
        let unplanned = self.db().all(&UNPLANNED, args![node]).await?;
        let sessions = self.db().all(&OPEN_SESSIONS, args![node]).await?;
        let running = self.db().all(&RUNNING, args![]).await?;
        let halted = self.halted(node).await?;
        let last = self.db().first(&LAST_WALL, args![node]).await?;
        let (open_calls, unplanned) = (self.with_promises(&open).await?, self.with_promises(&unplanned).await?);
        Ok(Standing {
            last_seq,
            last_wall: Wall(last.map(|row| row.int(0)).transpose()?.unwrap_or(0)),
            open_calls: open_calls.into_iter().map(|(call, promised)| open_call(call, promised)).collect(),
            unplanned: unplanned.into_iter().map(|(call, promised)| unplanned_lead(call, promised)).collect(),
            open_sessions: sessions.iter().map(open_session).collect::<Result<_, _>>()?,
            orders: self.open_orders().await?,
            suppressed: self.suppressed().await?,
            ledgers,
            running: running
                .iter()
                .map(|row| Ok(CampaignId::from_sql(row.int(0)?)))
                .collect::<Result<_, StoreError>>()?,
            halted,
        })
    }

    async fn halted(&self, node: u16) -> Result<Vec<Halted>, StoreError> {
        let mut halted = Vec::new();
        for row in self.db().all(&HALTED, args![]).await? {
            let campaign = CampaignId::from_sql(row.int(0)?);
            let state: CampaignState = enum_from(&row.text(1)?)?;
            let by = match state {
                CampaignState::Paused | CampaignState::Draining => self.halted_by(campaign, node).await?,
                CampaignState::Idle | CampaignState::Running | CampaignState::Finished => "restart".to_owned(),
            };
            let counts = self.lead_counts(campaign).await?;
            halted.push(Halted { campaign, state, by, counts });
        }
        Ok(halted)
    }

    async fn halted_by(&self, campaign: CampaignId, node: u16) -> Result<String, StoreError> {
        // Of another node: its facts are its own.
        let Some(row) = self.db().first(&HALTED_BY, args![campaign.sql(), node]).await? else { return Ok("?".into()) };
        let fact: Fact = serde_json::from_str(&row.text(0)?)
            .map_err(|error| StoreError::Broken { place: "reading a fact", cause: error.to_string() })?;
        Ok(match fact {
            Fact::CampaignPaused { by, .. } | Fact::CampaignDrained { by, .. } => by,
            other => unreachable!("{} was not asked for", other.kind()),
        })
    }

    /// Calls, and the last time that was promised in each. Their facts alone tell it: few calls are open at a start, and
    /// fewer were answered.
    async fn with_promises(&self, rows: &[Row]) -> Result<Vec<(CallRow, Option<Wall>)>, StoreError> {
        let mut calls = Vec::with_capacity(rows.len());
        for row in rows {
            let call = CallRow::read(row)?;
            let promised = if call.answered_at.is_some() { self.promised_in(call.id).await? } else { None };
            calls.push((call, promised));
        }
        Ok(calls)
    }

    async fn promised_in(&self, call: CallId) -> Result<Option<Wall>, StoreError> {
        let kind = Some("callback_promised".to_owned());
        let filter = FactFilter { call: Some(call), kind, ..FactFilter::default() };
        let promises = self.facts(&filter, None, PROMISES_MAX).await?;
        Ok(promises
            .last()
            .and_then(|last| if let Fact::CallbackPromised { at, .. } = last.fact { Some(at) } else { None }))
    }
}

fn open_call(call: CallRow, callback: Option<Wall>) -> OpenCall {
    OpenCall {
        call: call.id,
        campaign: call.campaign,
        lead: call.lead,
        attempt: call.attempt,
        invite_sent: call.invite_at.is_some(),
        human: call.human(),
        sip_call_id: call.sip_call_id,
        answered: call.answered_at,
        bridged: call.bridged_at.is_some() || call.spoke_at.is_some(),
        machine: call.verdict.and_then(|verdict| match verdict {
            Verdict::Machine(kind) => Some(kind),
            Verdict::Human | Verdict::Unknown => None,
        }),
        abandoned: call.abandon,
        pack: call.pack,
        number_hash: call.number_hash,
        agent: call.agent,
        callback,
    }
}

fn unplanned_lead(call: CallRow, callback: Option<Wall>) -> UnplannedLead {
    UnplannedLead {
        call: call.id,
        campaign: call.campaign,
        lead: call.lead,
        attempt: call.attempt,
        cause: call.cause,
        outcome: call.outcome,
        number_hash: call.number_hash,
        agent: call.agent,
        callback,
    }
}

fn open_session(row: &Row) -> Result<OpenSession, StoreError> {
    Ok(OpenSession {
        agent: AgentId::from_sql(row.int(0)?),
        session: SessionId::from_sql(row.int(1)?),
        last: Moment(row.int(2)?),
    })
}

/// Human answers at their time of answer (KPI dictionary: `abandon_rate`, ANSWER). A customer who hung up early is a
/// person answered, and not an abandoned one. Open calls are missing: the engine judges them, with facts.
fn ledger(rows: &[Row]) -> Result<Vec<LedgerEntry>, StoreError> {
    let entry = |row: &Row| {
        let abandon: Option<Abandon> = Column::read(row, 1)?;
        let abandoned = match abandon {
            Some(Abandon::NoAgent | Abandon::Late | Abandon::Crash) => true,
            Some(Abandon::CustomerEarly) | None => false,
        };
        Ok(LedgerEntry { at: Wall(row.int(0)?), abandoned })
    };
    rows.iter().map(entry).collect()
}
