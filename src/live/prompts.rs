//! The sounds of the campaigns, decoded once, shared with the media threads.
//! A version's sounds are offered when its folder is read, and played once the engine has taken the version.

use crate::engine::Prompt as Wanted;
use crate::media::Prompt;
use crate::words::CampaignId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

/// By file name without `.wav`.
pub type Sounds = BTreeMap<String, Arc<Prompt>>;

/// Versions of one campaign that may wait for the engine's word: it may refuse them, and nobody says so here.
const OFFERED_MAX: usize = 4;

#[derive(Clone, Default)]
pub struct Prompts {
    campaigns: Arc<RwLock<BTreeMap<CampaignId, Versions>>>,
}

#[derive(Default)]
struct Versions {
    used: Option<(String, Sounds)>,
    offered: VecDeque<(String, Sounds)>,
}

impl Prompts {
    /// All of a version's sounds; what is played stays what it was.
    pub fn offer(&self, campaign: CampaignId, version: &str, sounds: Sounds) {
        let mut campaigns = self.write();
        let versions = campaigns.entry(campaign).or_default();
        versions.offered.retain(|(offered, _)| offered != version);
        versions.offered.push_back((version.to_owned(), sounds));
        if versions.offered.len() > OFFERED_MAX {
            versions.offered.pop_front();
        }
    }

    /// The engine took this version.
    pub fn use_version(&self, campaign: CampaignId, version: &str) {
        let mut campaigns = self.write();
        let versions = campaigns.entry(campaign).or_default();
        match versions.offered.iter().position(|(offered, _)| offered == version) {
            Some(at) => versions.used = versions.offered.remove(at),
            None => tracing::error!(%campaign, version, "the sounds of this version were never read"),
        }
    }

    /// `NAME.LANG` wins over `NAME`; a sound in another language is better than none.
    pub fn find(&self, campaign: CampaignId, wanted: &Wanted) -> Option<Arc<Prompt>> {
        let campaigns = self.campaigns.read().unwrap_or_else(PoisonError::into_inner);
        let (_, sounds) = campaigns.get(&campaign)?.used.as_ref()?;
        let own = wanted.lang.and_then(|lang| sounds.get(&format!("{}.{}", wanted.name, lang.tag())));
        let other = || {
            let prefix = format!("{}.", wanted.name);
            sounds.iter().find(|(name, _)| name.starts_with(&prefix)).map(|(_, sound)| sound)
        };
        own.or_else(|| sounds.get(&wanted.name)).or_else(other).cloned()
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<CampaignId, Versions>> {
        self.campaigns.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPAIGN: CampaignId = CampaignId(1);

    fn sounds(name: &str) -> Sounds {
        BTreeMap::from([(name.to_owned(), Arc::new(Prompt::from_samples(&[0; 80])))])
    }

    fn plays(prompts: &Prompts, name: &str) -> bool {
        prompts.find(CAMPAIGN, &Wanted { name: name.to_owned(), lang: None }).is_some()
    }

    #[test]
    fn a_refused_version_leaves_the_sounds_of_the_running_one() {
        let prompts = Prompts::default();
        prompts.offer(CAMPAIGN, "a", sounds("sorry"));
        assert!(!plays(&prompts, "sorry"), "nothing is played before the engine's word");
        prompts.use_version(CAMPAIGN, "a");
        prompts.offer(CAMPAIGN, "b", sounds("excuse"));
        assert!(plays(&prompts, "sorry") && !plays(&prompts, "excuse"));
        prompts.use_version(CAMPAIGN, "b");
        assert!(plays(&prompts, "excuse") && !plays(&prompts, "sorry"));
    }

    #[test]
    fn versions_that_were_never_taken_do_not_pile_up() {
        let prompts = Prompts::default();
        (0..100).for_each(|version| prompts.offer(CAMPAIGN, &version.to_string(), sounds("sorry")));
        assert_eq!(prompts.campaigns.read().unwrap()[&CAMPAIGN].offered.len(), OFFERED_MAX);
        prompts.use_version(CAMPAIGN, "99");
        assert!(plays(&prompts, "sorry"));
    }
}
