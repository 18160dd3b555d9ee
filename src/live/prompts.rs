//! The sounds of the campaigns, decoded once, shared with the media threads.

use crate::engine::Prompt as Wanted;
use crate::media::Prompt;
use crate::words::CampaignId;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Clone, Default)]
pub struct Prompts {
    sounds: Arc<RwLock<BTreeMap<CampaignId, BTreeMap<String, Arc<Prompt>>>>>,
}

impl Prompts {
    /// All of a campaign's, by file name without `.wav`; replaces what was there.
    pub fn put(&self, campaign: CampaignId, sounds: BTreeMap<String, Arc<Prompt>>) {
        self.sounds.write().unwrap_or_else(PoisonError::into_inner).insert(campaign, sounds);
    }

    /// `NAME.LANG` wins over `NAME`; a sound in another language is better than none.
    pub fn find(&self, campaign: CampaignId, wanted: &Wanted) -> Option<Arc<Prompt>> {
        let sounds = self.sounds.read().unwrap_or_else(PoisonError::into_inner);
        let sounds = sounds.get(&campaign)?;
        let own = wanted.lang.and_then(|lang| sounds.get(&format!("{}.{}", wanted.name, lang.tag())));
        let other = || {
            let prefix = format!("{}.", wanted.name);
            sounds.iter().find(|(name, _)| name.starts_with(&prefix)).map(|(_, sound)| sound)
        };
        own.or_else(|| sounds.get(&wanted.name)).or_else(other).cloned()
    }
}
