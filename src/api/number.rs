//! Who called back: a number as a person reads it from a phone, to what the store finds it by. It refuses to confirm numbers
//! to those who see them masked for a client: with a lookup, the masked digits could be tried out.

use super::auth::Caller;
use super::error::Problem;
use super::state::Api;
use crate::store::Scope;
use crate::words::{CampaignId, Phone, Reason};
use std::collections::BTreeSet;

/// The hash of the number that was asked for, if one was.
pub async fn asked(
    api: &Api,
    caller: &Caller,
    campaign: Option<CampaignId>,
    text: Option<&str>,
) -> Result<Option<String>, Problem> {
    let Some(text) = text else { return Ok(None) };
    caller.needs(&[Scope::Manager, Scope::Supervisor])?;
    // A plus that was not escaped arrives as a blank.
    let text = text.strip_prefix(' ').map_or_else(|| text.to_owned(), |rest| format!("+{rest}"));
    let phone = match Phone::e164(&text) {
        Ok(phone) => phone,
        Err(error) => national(api, campaign, &text).await?.ok_or_else(|| Problem::invalid("phone", error.reason()))?,
    };
    Ok(Some(api.store.hash_number(&phone)))
}

/// As the lists of the campaign read it, or of all campaigns where they agree. `None`: there is no campaign.
async fn national(api: &Api, campaign: Option<CampaignId>, text: &str) -> Result<Option<Phone>, Problem> {
    let rows = api.store.campaigns().await?;
    let ours = rows.iter().filter(|row| campaign.is_none_or(|campaign| row.id == campaign));
    let regions: BTreeSet<String> =
        ours.filter_map(super::desk::settings).map(|settings| settings.dialing.region).collect();
    let (mut phones, mut wrong) = (BTreeSet::new(), None);
    for region in &regions {
        match Phone::parse(text, region) {
            Ok(phone) => {
                phones.insert(phone);
            }
            Err(error) => wrong = Some(error),
        }
    }
    match (phones.pop_first(), phones.is_empty(), wrong) {
        (Some(phone), true, _) => Ok(Some(phone)),
        (Some(_), false, _) => {
            let regions = regions.into_iter().collect::<Vec<_>>().join(", ");
            Err(Problem::invalid("phone", Reason::new("api.phone_of_several").with("regions", regions)))
        }
        (None, _, Some(error)) => Err(Problem::invalid("phone", error.reason())),
        (None, _, None) => Ok(None),
    }
}
