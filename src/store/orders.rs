//! Orders with their lines. They are made and moved on by facts alone.

use super::db::{Row, args, json_rows, statements};
use super::rows::{OrderHead, OrderRow};
use super::table::{enum_from, enum_text};
use super::{Store, StoreError};
use crate::facts::{OrderLine, OrderState};
use crate::words::*;
use std::collections::{BTreeMap, BTreeSet};

const PAGE_MAX: u32 = 1_000;
/// A flow has a few dozen; each is a column of a file.
const FIELD_NAMES_MAX: u32 = 200;

/// `$2` the page's border, `$3` the state, `$6`, `$7` the time of taking, `$8` that of the last change.
macro_rules! orders_where {
    ($condition:literal) => {
        orders_where!($condition, "+t.taken_at", "+t.changed_at", "t.id")
    };
    // A sign keeps the database from an index: only the column that narrows most goes without, and orders of a time are
    // not looked for among all in the order of their ids.
    ($condition:literal, $taken:literal, $changed:literal, $id:literal) => {
        concat!(
            orders_sql!(select),
            " WHERE ",
            $condition,
            " AND ($5 = 0 OR t.campaign = $5) AND ",
            $id,
            " < $2 AND ($3 = '' OR t.state = $3) AND ",
            $taken,
            " >= $6 AND ",
            $taken,
            " < $7 AND ",
            $changed,
            " >= $8 ORDER BY ",
            $id,
            " DESC LIMIT $4"
        )
    };
}

statements! {
    READ_ORDER = one(concat!(orders_sql!(select), " WHERE t.id = $1"));
    READ_ORDERS = one(orders_where!("$1 = 0"));
    READ_ORDERS_OF_CAMPAIGN = one(orders_where!("t.campaign = $1"));
    READ_ORDERS_OF_CALL = one(orders_where!("t.call = $1"));
    READ_ORDERS_TAKEN = one(orders_where!("$1 = 0", "t.taken_at", "+t.changed_at", "+t.id"));
    READ_ORDERS_CHANGED = one(orders_where!("$1 = 0", "+t.taken_at", "t.changed_at", "+t.id"));
    FIELDS_OF_ORDERS = one(
        "SELECT DISTINCT f.name FROM orders AS t JOIN call_field AS f ON f.call = t.call
         WHERE ($1 = 0 OR t.campaign = $1) AND ($2 = 0 OR t.call = $2) AND ($3 = '' OR t.state = $3)
           AND t.taken_at >= $4 AND t.taken_at < $5 AND t.changed_at >= $6
         ORDER BY f.name LIMIT $7");
    PERSONS_OF_LEADS = rows(
        "SELECT l.id, p.phone, p.name FROM lead AS l JOIN person AS p ON p.id = l.person
         WHERE l.id IN (SELECT CAST(j.value AS BIGINT) FROM", ")");
    FIELDS_OF_CALLS = rows(
        "SELECT f.call, f.name, f.value FROM call_field AS f
         WHERE f.call IN (SELECT CAST(j.value AS BIGINT) FROM", ") ORDER BY f.call, f.name");
    // The states of `OrderState::is_final`.
    OPEN_ORDERS = one(
        "SELECT id, state FROM orders WHERE state NOT IN ('rejected', 'cancelled', 'returned', 'refused') ORDER BY id");
    READ_LINES = one("SELECT sku, quantity, price_minor, currency FROM order_line WHERE order_id = $1 ORDER BY place");
}

/// All conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    pub campaign: Option<CampaignId>,
    pub call: Option<CallId>,
    pub state: Option<OrderState>,
    /// Of taking.
    pub from: Option<Wall>,
    /// Exclusive.
    pub to: Option<Wall>,
    /// Taken or moved on then, or later.
    pub changed_since: Option<Wall>,
}

/// Whom an order goes to. Nothing is left of a person who was erased.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customer {
    pub phone: Option<Phone>,
    pub name: Option<String>,
    /// What was filled in during the call: an address, a size.
    pub fields: BTreeMap<String, String>,
}

impl OrderFilter {
    fn state_text(&self) -> String {
        self.state.map_or(String::new(), |state| enum_text(&state))
    }

    /// From, to, changed since.
    fn times(&self) -> [i64; 3] {
        let or = |at: Option<Wall>, open: i64| at.map_or(open, |wall| wall.0);
        [or(self.from, i64::MIN), or(self.to, i64::MAX), or(self.changed_since, i64::MIN)]
    }
}

impl Store {
    /// The newest first. At most 1,000.
    pub async fn orders(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let campaign = filter.campaign.map_or(0, CampaignId::sql);
        let (sql, key) = match (filter.call, filter.changed_since, filter.from, filter.campaign) {
            (Some(call), _, _, _) => (&READ_ORDERS_OF_CALL, call.sql()),
            (None, Some(_), _, _) => (&READ_ORDERS_CHANGED, 0),
            (None, None, Some(_), _) => (&READ_ORDERS_TAKEN, 0),
            (None, None, None, Some(_)) => (&READ_ORDERS_OF_CAMPAIGN, campaign),
            (None, None, None, None) => (&READ_ORDERS, 0),
        };
        let before = before.map_or(i64::MAX, OrderId::sql);
        let [from, to, changed] = filter.times();
        let args = args![key, before, filter.state_text(), limit.min(PAGE_MAX), campaign, from, to, changed];
        let rows = self.db().all(sql, args).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            out.push(self.with_lines(OrderHead::read(row)?).await?);
        }
        Ok(out)
    }

    /// Names of what was filled in during the calls of these orders, sorted. At most 200.
    pub async fn order_fields(&self, filter: &OrderFilter) -> Result<Vec<String>, StoreError> {
        let (campaign, call) = (filter.campaign.map_or(0, CampaignId::sql), filter.call.map_or(0, CallId::sql));
        let [from, to, changed] = filter.times();
        let args = args![campaign, call, filter.state_text(), from, to, changed, FIELD_NAMES_MAX];
        self.db().all(&FIELDS_OF_ORDERS, args).await?.iter().map(|row| row.text(0)).collect()
    }

    /// Each order's customer, in the order of the rows.
    pub async fn customers(&self, orders: &[OrderRow]) -> Result<Vec<Customer>, StoreError> {
        let leads: BTreeSet<i64> = orders.iter().map(|order| order.lead.sql()).collect();
        let calls: BTreeSet<i64> = orders.iter().map(|order| order.call.sql()).collect();
        let of = |ids: BTreeSet<i64>| args![json_rows(&ids.into_iter().collect::<Vec<_>>())];
        let mut persons = BTreeMap::new();
        for row in self.db().all(&PERSONS_OF_LEADS, of(leads)).await? {
            persons.insert(row.int(0)?, (super::leads::phone(row.opt_text(1)?)?, row.opt_text(2)?));
        }
        let mut fields: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
        for row in self.db().all(&FIELDS_OF_CALLS, of(calls)).await? {
            fields.entry(row.int(0)?).or_default().insert(row.text(1)?, row.text(2)?);
        }
        let customer = |order: &OrderRow| {
            let (phone, name) = persons.get(&order.lead.sql()).cloned().unwrap_or_default();
            Customer { phone, name, fields: fields.get(&order.call.sql()).cloned().unwrap_or_default() }
        };
        Ok(orders.iter().map(customer).collect())
    }

    pub async fn order(&self, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
        match self.db().first(&READ_ORDER, args![id.sql()]).await? {
            Some(row) => Ok(Some(self.with_lines(OrderHead::read(&row)?).await?)),
            None => Ok(None),
        }
    }

    /// Of the orders that can still move: a start needs no others.
    pub async fn open_orders(&self) -> Result<Vec<(OrderId, OrderState)>, StoreError> {
        let rows = self.db().all(&OPEN_ORDERS, args![]).await?;
        rows.iter().map(|row| Ok((OrderId::from_sql(row.int(0)?), enum_from(&row.text(1)?)?))).collect()
    }

    async fn with_lines(&self, head: OrderHead) -> Result<OrderRow, StoreError> {
        let rows = self.db().all(&READ_LINES, args![head.id.sql()]).await?;
        let lines = rows.iter().map(line).collect::<Result<_, _>>()?;
        Ok(OrderRow {
            id: head.id,
            call: head.call,
            campaign: head.campaign,
            lead: head.lead,
            agent: head.agent,
            lines,
            total: Money { minor: head.total_minor, currency: head.currency },
            state: head.state,
            taken_at: head.taken_at,
            changed_at: head.changed_at,
        })
    }
}

fn line(row: &Row) -> Result<OrderLine, StoreError> {
    let price = Money { minor: row.int(2)?, currency: row.text(3)? };
    Ok(OrderLine { sku: row.text(0)?, quantity: row.int(1)? as u32, price })
}
