//! One order and what became of it. Each state keeps the first time it was reached.

use crate::facts::OrderState;
use crate::words::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub taken: Option<Taken>,
    /// State to the wall milliseconds of its first report.
    pub states: BTreeMap<OrderState, i64>,
}

#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub wall: i64,
    pub call: CallId,
    pub campaign: CampaignId,
    pub lead: LeadId,
    pub agent: Option<AgentId>,
    pub total: Money,
}

impl Order {
    pub fn advance(&mut self, state: OrderState, wall: i64) {
        let held = self.states.entry(state).or_insert(wall);
        *held = (*held).min(wall);
    }

    pub fn is(&self, state: OrderState) -> bool {
        self.states.contains_key(&state)
    }

    /// When it was shipped; what was delivered, returned or refused was shipped, reported or not.
    pub fn shipped(&self) -> Option<i64> {
        [OrderState::Shipped, OrderState::Delivered, OrderState::Refused, OrderState::Returned]
            .iter()
            .find_map(|state| self.states.get(state))
            .copied()
    }

    pub fn delivered(&self) -> bool {
        self.is(OrderState::Delivered) || self.is(OrderState::Returned)
    }

    /// Counts in `_net`: not taken back by anyone.
    pub fn stands(&self) -> bool {
        use OrderState::*;
        ![Cancelled, Rejected, Refused, Returned].iter().any(|state| self.is(*state))
    }

    pub fn cancelled_before_shipping(&self) -> bool {
        self.states
            .get(&OrderState::Cancelled)
            .is_some_and(|cancelled| self.shipped().is_none_or(|shipped| *cancelled <= shipped))
    }
}
