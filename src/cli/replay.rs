//! `outpace replay CAMPAIGN --day DATE`: a past day's pacing played again from its tape, as it was or under other
//! settings, decision by decision. What happened on the lines stays as it was: it compares decisions, and refuses to
//! tell what would have come of others (`simulate --from-day` does).

use super::evidence::{border, zone_of};
use super::why::campaign;
use super::{Failure, Place, block_on, data};
use crate::engine::tape::{Replayed, replay};
use crate::pacing::Settings;
use crate::store::Store;
use crate::words::{CampaignId, Wall};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

/// How far before the day its program may have begun: as long as tape is kept.
const BEFORE: Duration = Duration::from_secs(14 * 86_400);

#[derive(clap::Args)]
pub(crate) struct Replay {
    /// The campaign's name or id. 活动名称或编号。
    campaign: String,
    /// YYYY-MM-DD in the campaign's zone. 日期。
    #[arg(long, value_name = "DATE")]
    day: String,
    /// Another setting: abandonment.cap=0.01, dialing.target_utilization=0.9, dialing.mode=progressive ... 更改设置。
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// As JSON. 以 JSON 输出。
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// A stretch of the day, as it was and as it would have been decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Hour {
    decisions: u64,
    same: u64,
    dialed: u64,
    would_dial: u64,
    cancelled: u64,
    would_cancel: u64,
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let changes = self.set.iter().map(|text| Change::read(text)).collect::<Result<Vec<_>, _>>()?;
        let hours = block_on(self.hours(&changes))?;
        let total = hours.values().fold(Hour::default(), |sum, hour| sum.and(hour));
        if total.decisions == 0 {
            return Err(Failure(format!("no decision of \"{}\" is on tape for {}", self.campaign, self.day)));
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&hours)?);
        } else {
            print(&hours, &total);
        }
        // Unchanged settings must decide as they did: anything else is a fault of ours, or another program's tape.
        let faithful = !changes.is_empty() || total.same == total.decisions;
        Ok(if faithful { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn hours(&self, changes: &[Change]) -> Result<BTreeMap<String, Hour>, Failure> {
        let config = self.place.load()?;
        let store = data::open_store(&config).await?;
        let row = campaign(&store, &self.campaign).await?;
        let zone = zone_of(&row.spec);
        let from = border(&self.day, &zone)?;
        let until = from + Duration::from_secs(86_400);
        let pieces = pieces(&store, row.id, from - BEFORE, until).await?;
        store.close().await;
        let mut hours: BTreeMap<String, Hour> = BTreeMap::new();
        let change = |settings: &mut Settings| changes.iter().for_each(|change| change.apply(settings));
        replay(pieces.iter().map(Vec::as_slice), &change, |one: &Replayed| {
            if one.at >= from && one.at < until {
                let name = zone.to_datetime(one.at.timestamp()).strftime("%H:00").to_string();
                hours.entry(name).or_default().count(one);
            }
        })?;
        Ok(hours)
    }
}

impl Hour {
    fn count(&mut self, one: &Replayed) {
        self.decisions += 1;
        self.same += u64::from(one.recorded == one.replayed);
        self.dialed += u64::from(one.recorded.dial);
        self.would_dial += u64::from(one.replayed.dial);
        self.cancelled += one.recorded.hangups.len() as u64;
        self.would_cancel += one.replayed.hangups.len() as u64;
    }

    fn and(&self, other: &Hour) -> Hour {
        Hour {
            decisions: self.decisions + other.decisions,
            same: self.same + other.same,
            dialed: self.dialed + other.dialed,
            would_dial: self.would_dial + other.would_dial,
            cancelled: self.cancelled + other.cancelled,
            would_cancel: self.would_cancel + other.would_cancel,
        }
    }
}

async fn pieces(store: &Store, campaign: CampaignId, from: Wall, until: Wall) -> Result<Vec<Vec<u8>>, Failure> {
    let (mut all, mut after) = (Vec::new(), from);
    loop {
        let page = store.tape(campaign, after, until).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        all.extend(page.into_iter().map(|(_, piece)| piece));
    }
    // Where the tape reaches back behind its first start, what comes before that start cannot be played.
    let begins = all.iter().position(|piece: &Vec<u8>| crate::engine::tape::begins(piece));
    Ok(all.split_off(begins.unwrap_or(0)))
}

fn print(hours: &BTreeMap<String, Hour>, total: &Hour) {
    println!("hour   decisions      same   dialed  would dial  cancelled  would cancel");
    for (name, h) in hours.iter().map(|(name, hour)| (name.as_str(), hour)).chain([("all", total)]) {
        println!(
            "{name:<5} {:>10} {:>9} {:>8} {:>11} {:>10} {:>13}",
            h.decisions, h.same, h.dialed, h.would_dial, h.cancelled, h.would_cancel
        );
    }
}

/// One setting of pacing, by its name in `campaign.toml`.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    field: &'static str,
    value: Value,
}

/// In `campaign.toml`, and in pacing.
const NAMES: [(&str, &str); 8] = [
    ("dialing.mode", "mode"),
    ("dialing.target_utilization", "target_utilization"),
    ("dialing.ring_seconds_max", "ring_seconds_max"),
    ("dialing.ring_seconds_min", "ring_seconds_min"),
    ("dialing.lines_per_agent", "ratio"),
    ("dialing.lines_max", "lines_max"),
    ("abandonment.cap", "cap"),
    ("amd.false_positive_rate", "amd_false_positive_rate"),
];

impl Change {
    fn read(text: &str) -> Result<Change, Failure> {
        let known = || NAMES.map(|(name, _)| name).join(", ");
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| Failure(format!("--set {text}: KEY=VALUE is expected; keys: {}", known())))?;
        let (_, field) = NAMES
            .iter()
            .find(|(name, _)| *name == key)
            .ok_or_else(|| Failure(format!("--set {text}: pacing has no \"{key}\"; it has {}", known())))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        let change = Change { field, value };
        change.applied(&Settings::default()).map_err(|error| Failure(format!("--set {text}: {error}")))?;
        Ok(change)
    }

    fn applied(&self, settings: &Settings) -> Result<Settings, serde_json::Error> {
        let mut json = serde_json::to_value(settings)?;
        json[self.field] = self.value.clone();
        serde_json::from_value(json)
    }

    fn apply(&self, settings: &mut Settings) {
        *settings = self.applied(settings).expect("tried on the default settings when it was read");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pacing::Mode;

    #[test]
    fn settings_go_by_their_names_in_campaign_toml() {
        let mut settings = Settings::default();
        for text in ["abandonment.cap=0.01", "dialing.mode=ratio", "dialing.lines_per_agent=2"] {
            Change::read(text).unwrap_or_else(|Failure(why)| panic!("{why}")).apply(&mut settings);
        }
        assert_eq!((settings.cap, settings.mode, settings.ratio), (0.01, Mode::Ratio, 2.0));
        for (text, part) in
            [("cap", "KEY=VALUE"), ("dialing.cap=1", "abandonment.cap"), ("dialing.lines_max=many", "invalid type")]
        {
            let Err(Failure(why)) = Change::read(text) else { panic!("{text} is refused") };
            assert!(why.contains(part), "{why}");
        }
    }
}
