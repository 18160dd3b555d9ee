//! Agents by the name their softphones register with.

use crate::words::AgentId;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Clone, Default)]
pub struct Phonebook {
    names: Arc<RwLock<BTreeMap<AgentId, String>>>,
}

impl Phonebook {
    pub fn add(&self, agent: AgentId, name: &str) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).insert(agent, name.to_owned());
    }

    pub fn name(&self, agent: AgentId) -> Option<String> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).get(&agent).cloned()
    }

    pub fn agent(&self, name: &str) -> Option<AgentId> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.iter().find(|(_, own)| *own == name).map(|(agent, _)| *agent)
    }
}
