//! What the next run needs of this one should it die: per leg, how to end it at the other end (I11), and where the
//! agents' phones are. Neither is a fact: rows go as soon as nothing is left of the leg. A testament names the called
//! number, so it is personal data, kept for as long as the call lasts.

use super::db::{Row, Tx, args, json_rows, statements};
use super::facts::Write;
use super::{CENTRE, Store, StoreError};
use crate::facts::Leftover;
use crate::words::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

statements! {
    KEEP_TESTAMENTS = rows(
        "INSERT INTO testament (leg, centre, node, call, trunk, answered, sip_call_id, caller_id, body)
         SELECT CAST(j.value->>'leg' AS BIGINT), CAST(j.value->>'centre' AS BIGINT), CAST(j.value->>'node' AS BIGINT),
                CAST(j.value->>'call' AS BIGINT), CAST(j.value->>'trunk' AS BIGINT), CAST(j.value->>'answered' AS BIGINT),
                j.value->>'sip_call_id', j.value->>'caller_id', j.value->>'body'
         FROM",
        "WHERE 1 = 1 ON CONFLICT (leg) DO UPDATE
         SET answered = excluded.answered, sip_call_id = excluded.sip_call_id, body = excluded.body");
    DROP_TESTAMENTS = rows("DELETE FROM testament WHERE leg IN (SELECT CAST(j.value AS BIGINT) FROM", ")");
    TESTAMENTS = one(
        "SELECT leg, call, trunk, answered, sip_call_id, caller_id, body FROM testament WHERE node = $1 ORDER BY leg");
    KEEP_BINDINGS = one(
        "INSERT INTO phone_binding (name, centre, contacts) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET contacts = excluded.contacts");
    ALL_BINDINGS = one("SELECT name, contacts FROM phone_binding ORDER BY name");
}

/// A leg and how another run ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Testament {
    pub node: u16,
    pub leftover: Leftover,
    /// For the line layer; nobody else reads it.
    pub body: String,
}

impl Store {
    /// What the last run of this node left behind.
    pub async fn testaments(&self, node: u16) -> Result<Vec<Testament>, StoreError> {
        let rows = self.db().all(&TESTAMENTS, args![node]).await?;
        rows.iter().map(|row| testament(node, row)).collect()
    }

    /// Phones' names, and the text that `Write::KeepBindings` kept for each.
    pub async fn phone_bindings(&self) -> Result<Vec<(String, String)>, StoreError> {
        let rows = self.db().all(&ALL_BINDINGS, args![]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }
}

fn testament(node: u16, row: &Row) -> Result<Testament, StoreError> {
    Ok(Testament {
        node,
        leftover: Leftover {
            leg: LegId::from_sql(row.int(0)?),
            call: row.opt_int(1)?.map(CallId::from_sql),
            trunk: row.opt_int(2)?.map(TrunkId::from_sql),
            answered: row.int(3)? != 0,
            sip_call_id: row.text(4)?,
            caller_id: row.text(5)?,
        },
        body: row.text(6)?,
    })
}

/// The last word on each leg counts; most short calls come and go within one batch and never reach the table.
pub(super) async fn keep(tx: &mut Tx, batch: &[Write]) -> Result<(), StoreError> {
    let mut legs: BTreeMap<LegId, Option<&Testament>> = BTreeMap::new();
    let mut phones: BTreeMap<&str, &str> = BTreeMap::new();
    for write in batch {
        match write {
            Write::KeepTestament(testament) => _ = legs.insert(testament.leftover.leg, Some(testament)),
            Write::DropTestament { leg } => _ = legs.insert(*leg, None),
            Write::KeepBindings { name, contacts } => _ = phones.insert(name, contacts),
            Write::Fact(_)
            | Write::KeepFields { .. }
            | Write::KeepNote { .. }
            | Write::KeepDecision { .. }
            | Write::KeepTape { .. }
            | Write::KeepLearned(_) => {}
        }
    }
    let kept: Vec<Value> = legs.values().flatten().map(|testament| row(testament)).collect();
    if !kept.is_empty() {
        tx.run(&KEEP_TESTAMENTS, args![json_rows(&kept)]).await?;
    }
    let dropped: Vec<i64> = legs.iter().filter(|(_, kept)| kept.is_none()).map(|(leg, _)| leg.sql()).collect();
    if !dropped.is_empty() {
        tx.run(&DROP_TESTAMENTS, args![json_rows(&dropped)]).await?;
    }
    for (name, contacts) in phones {
        tx.run(&KEEP_BINDINGS, args![name, CENTRE.sql(), contacts]).await?;
    }
    Ok(())
}

fn row(testament: &Testament) -> Value {
    let Testament { node, leftover, body } = testament;
    json!({
        "leg": leftover.leg.sql(), "centre": CENTRE.sql(), "node": node,
        "call": leftover.call.map(CallId::sql), "trunk": leftover.trunk.map(TrunkId::sql),
        "answered": i64::from(leftover.answered), "sip_call_id": leftover.sip_call_id,
        "caller_id": leftover.caller_id, "body": body,
    })
}
