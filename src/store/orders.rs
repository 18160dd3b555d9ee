//! Orders with their lines. They are made and moved on by facts alone.

use super::db::{Row, args, statements};
use super::rows::{OrderHead, OrderRow};
use super::table::{enum_from, enum_text};
use super::{Store, StoreError};
use crate::facts::{OrderLine, OrderState};
use crate::words::*;

const PAGE_MAX: u32 = 1_000;

macro_rules! orders_where {
    ($condition:literal) => {
        concat!(
            orders_sql!(select),
            " WHERE ",
            $condition,
            " AND ($5 = 0 OR t.campaign = $5) AND t.id < $2 AND ($3 = '' OR t.state = $3) ORDER BY t.id DESC LIMIT $4"
        )
    };
}

statements! {
    READ_ORDER = one(concat!(orders_sql!(select), " WHERE t.id = $1"));
    READ_ORDERS = one(orders_where!("$1 = 0"));
    READ_ORDERS_OF_CAMPAIGN = one(orders_where!("t.campaign = $1"));
    READ_ORDERS_OF_CALL = one(orders_where!("t.call = $1"));
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
        let (sql, key) = match (filter.call, filter.campaign) {
            (Some(call), _) => (&READ_ORDERS_OF_CALL, call.sql()),
            (None, Some(_)) => (&READ_ORDERS_OF_CAMPAIGN, campaign),
            (None, None) => (&READ_ORDERS, 0),
        };
        let state = filter.state.map_or(String::new(), |state| enum_text(&state));
        let before = before.map_or(i64::MAX, OrderId::sql);
        let rows = self.db().all(sql, args![key, before, state, limit.min(PAGE_MAX), campaign]).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            out.push(self.with_lines(OrderHead::read(row)?).await?);
        }
        Ok(out)
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
