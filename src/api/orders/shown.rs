//! Orders as they travel: whole as JSON, line by line as CSV. It looks nothing up.

use crate::api::auth::Caller;
use crate::api::body::name_of;
use crate::store::{Customer, OrderRow};
use crate::words;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Order {
    pub id: String,
    call: String,
    campaign: String,
    lead: String,
    agent: Option<String>,
    lines: Vec<Line>,
    total: Money,
    /// `captured`, `verified`, `rejected`, `cancelled`, `shipped`, `delivered`, `returned`, `refused`.
    state: String,
    #[schema(format = DateTime)]
    taken_at: String,
    /// When it came into its state.
    #[schema(format = DateTime)]
    changed_at: String,
    /// Of the list; null once the person is erased.
    name: Option<String>,
    /// Whole for managers, masked for others, null once the person is erased.
    phone: Option<String>,
    /// What the flow and the agent filled in during the call, such as an address.
    fields: BTreeMap<String, String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OrderLine)]
struct Line {
    sku: String,
    quantity: u32,
    /// Of one.
    price: Money,
}

#[derive(Serialize, ToSchema)]
struct Money {
    /// Cents, fen: in the currency's smallest unit. 4990 USD are 49.90, 500 JPY are 500.
    minor: i64,
    /// ISO 4217.
    currency: String,
}

impl From<words::Money> for Money {
    fn from(money: words::Money) -> Money {
        Money { minor: money.minor, currency: money.currency }
    }
}

pub fn order((row, customer): (OrderRow, Customer), caller: &Caller) -> Order {
    let line =
        |line: crate::facts::OrderLine| Line { sku: line.sku, quantity: line.quantity, price: line.price.into() };
    Order {
        id: row.id.to_string(),
        call: row.call.to_string(),
        campaign: row.campaign.to_string(),
        lead: row.lead.to_string(),
        agent: row.agent.map(|agent| agent.to_string()),
        lines: row.lines.into_iter().map(line).collect(),
        total: row.total.into(),
        state: name_of(row.state),
        taken_at: row.taken_at.rfc3339(),
        changed_at: row.changed_at.rfc3339(),
        name: customer.name,
        phone: customer.phone.map(|phone| caller.number(&phone)),
        fields: customer.fields,
    }
}

const COLUMNS: [&str; 17] = [
    "order",
    "line",
    "sku",
    "quantity",
    "price",
    "line_total",
    "total",
    "currency",
    "state",
    "taken_at",
    "changed_at",
    "campaign",
    "call",
    "lead",
    "agent",
    "name",
    "phone",
];

/// Of a file, with a column for each of these fields.
pub fn columns(fields: Vec<String>) -> Vec<String> {
    let known = COLUMNS.iter().map(|name| (*name).to_owned());
    known.chain(fields.iter().map(|name| field(name))).collect()
}

fn field(name: &str) -> String {
    format!("field.{name}")
}

/// The rows of an order in a file. Lines count from 1; what belongs to the order stands in each of its rows.
pub fn lines(order: &Order) -> Vec<Map<String, Value>> {
    let decimal = |minor: i64, currency: &str| words::Money::new(minor, currency).decimal();
    let row = |(place, line): (usize, &Line)| {
        let (price, currency) = (line.price.minor, line.price.currency.as_str());
        let cells = [
            json!(order.id),
            json!(place + 1),
            json!(line.sku),
            json!(line.quantity),
            json!(decimal(price, currency)),
            json!(decimal(price.saturating_mul(i64::from(line.quantity)), currency)),
            json!(decimal(order.total.minor, &order.total.currency)),
            json!(currency),
            json!(order.state),
            json!(order.taken_at),
            json!(order.changed_at),
            json!(order.campaign),
            json!(order.call),
            json!(order.lead),
            json!(order.agent),
            json!(order.name),
            json!(order.phone),
        ];
        let known = COLUMNS.iter().map(|name| (*name).to_owned()).zip(cells);
        known.chain(order.fields.iter().map(|(name, value)| (field(name), json!(value)))).collect()
    };
    order.lines.iter().enumerate().map(row).collect()
}
