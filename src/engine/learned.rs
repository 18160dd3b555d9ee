//! What pacing learns outlives the run: kept by list type and hour of the day, given to the next run of the same as a
//! start (growth is bounded by what resolves in the new run all the same).
//! It refuses to know what was learned: that is pacing's.

use super::Engine;
use super::io::*;
use super::tape::Entry;
use crate::pacing::Learned;
use crate::words::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Kept so often, and when the campaign stops.
const KEEP_EVERY: Duration = Duration::from_secs(300);
/// Older lists were other lists.
const AGE_MAX: Duration = Duration::from_secs(60 * 86_400);
/// From fewer calls nothing is worth keeping.
const CALLS_MIN: u64 = 100;
/// Names of steps only grow from run to run: a row with more of them than this is learned anew, before pacing's stages
/// run out.
const STEPS_MAX: usize = 48;
/// What was learned within this time knows today's list better than any earlier day's row of the hour: a pause, a meal,
/// a restart of the program make no new list. A run that has placed nothing for longer is a new one when it goes on.
const TODAY: Duration = Duration::from_secs(3 * 3600);
/// A row of the very hour that is older than this comes after a younger one of the hour beside.
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// What was learned, and which steps its stages are.
#[derive(Serialize, Deserialize)]
struct Body {
    steps: Vec<String>,
    learned: Learned,
}

impl Engine {
    /// Before the first call of a run: pacing starts from what runs of such a list taught in the last hours, or else at
    /// this hour of the day, or the next, or the last.
    pub(super) fn warm(&mut self, id: CampaignId) {
        let now = self.now;
        let Some(campaign) = self.campaigns.get(&id) else { return };
        let new = campaign.placed.is_none_or(|at| now.since(at) >= TODAY);
        if !new || !campaign.calls.is_empty() || campaign.hopper.is_empty() {
            return;
        }
        let (hour, wall) = (self.hour(id), self.wall());
        let key = |hour: u8| (self.list_type(id), hour);
        let rows = self.learned.range(key(0)..=key(23)).map(|(_, row)| row);
        let row = nearest(rows, hour, wall).cloned();
        let campaign = self.campaigns.get_mut(&id).expect("looked up above");
        campaign.placed = Some(now);
        let Some(row) = row else { return };
        let warmed = serde_json::from_str(&row.body).map_err(|error| error.to_string()).and_then(|body: Body| {
            if body.steps.len() > STEPS_MAX {
                return Err(format!("{} steps, of many scripts", body.steps.len()));
            }
            // From the text that goes on the tape: a replay reads the same numbers to the last bit.
            let text = serde_json::to_string(&body.learned).expect("it was read from JSON");
            let learned: Learned = serde_json::from_str(&text).expect("it was just printed");
            campaign.pacer.warm_with(&learned).map_err(|error| error.to_string())?;
            Ok((body.steps, text))
        });
        match warmed {
            Ok((steps, text)) => {
                campaign.steps = (0..).zip(steps).map(|(at, name)| (name, at)).collect();
                campaign.tape.write(now, wall, &Entry::Warm(text));
            }
            Err(error) => tracing::warn!(campaign = %id, %error, "starts without what earlier runs taught"),
        }
    }

    pub(super) fn keep_learned_at_times(&mut self, id: CampaignId) {
        let due = self.campaigns.get(&id).is_some_and(|c| self.now.since(c.learned_kept) >= KEEP_EVERY);
        if due {
            self.keep_learned(id);
        }
    }

    pub(super) fn keep_learned(&mut self, id: CampaignId) {
        let (now, at) = (self.now, self.wall());
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        campaign.learned_kept = now;
        let learned = campaign.pacer.learned();
        // What was learned long ago says nothing of this hour.
        let lately = campaign.placed.is_some_and(|at| now.since(at) <= KEEP_EVERY);
        if learned.calls() < CALLS_MIN || !lately {
            return;
        }
        let mut steps: Vec<(u32, String)> = campaign.steps.iter().map(|(name, at)| (*at, name.clone())).collect();
        steps.sort_unstable();
        let steps = steps.into_iter().map(|(_, name)| name).collect();
        let body = serde_json::to_string(&Body { steps, learned }).expect("numbers and names print as JSON");
        let row = LearnedRow { list_type: self.list_type(id), hour: self.hour(id), at, body };
        self.learned.insert((row.list_type.clone(), row.hour), row.clone());
        self.command(Command::KeepLearned(row));
    }

    fn list_type(&self, id: CampaignId) -> String {
        let spec = &self.campaigns[&id].spec;
        spec.settings.dialing.list_type.clone().unwrap_or_else(|| spec.name.clone())
    }

    fn hour(&self, id: CampaignId) -> u8 {
        let zone = jiff::tz::TimeZone::get(&self.campaigns[&id].spec.settings.hours.zone);
        let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
        u8::try_from(zone.to_datetime(self.wall().timestamp()).hour()).expect("hours of a day")
    }
}

/// The row that says most about now: the latest word of the last hours, or else that of the hour of the day.
fn nearest<'a>(rows: impl Iterator<Item = &'a LearnedRow>, hour: u8, wall: Wall) -> Option<&'a LearnedRow> {
    let rank = |row: &LearnedRow| {
        let age = wall.since(row.at);
        let beside = [hour, (hour + 1) % 24, (hour + 23) % 24].iter().position(|one| *one == row.hour);
        match (age, beside) {
            (age, _) if age < TODAY => Some((0, age.as_micros())),
            (age, Some(beside)) if age <= WEEK => Some((1, beside as u128)),
            (age, Some(beside)) if age <= AGE_MAX => Some((2, beside as u128)),
            (_, Some(_) | None) => None,
        }
    };
    rows.filter_map(|row| Some((rank(row)?, row))).min_by_key(|(rank, _)| *rank).map(|(_, row)| row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(hour: u8, age_minutes: i64) -> LearnedRow {
        LearnedRow { list_type: "filters".into(), hour, at: Wall(-age_minutes * 60_000_000), body: String::new() }
    }

    fn chosen(rows: &[(u8, i64)], hour: u8) -> Option<(u8, i64)> {
        let rows: Vec<LearnedRow> = rows.iter().map(|(hour, age)| row(*hour, *age)).collect();
        nearest(rows.iter(), hour, Wall(0)).map(|row| (row.hour, -row.at.0 / 60_000_000))
    }

    const DAY: i64 = 24 * 60;

    #[test]
    fn todays_word_comes_before_an_earlier_days_row_of_the_hour() {
        let old = (11, 50 * DAY);
        assert_eq!(chosen(&[old, (10, 61)], 11), Some((10, 61)), "an hour's pause");
        assert_eq!(chosen(&[(11, DAY), (9, 170), (10, 100)], 11), Some((10, 100)), "the latest of today");
        assert_eq!(chosen(&[(0, 50 * DAY), (22, 100), (23, 50 * DAY)], 0), Some((22, 100)), "over midnight");
        assert_eq!(chosen(&[old, (7, 181)], 11), Some(old), "this morning was another time of day");
    }

    #[test]
    fn else_the_hour_counts_and_weeks_ago_less_than_the_hour_beside() {
        assert_eq!(chosen(&[(10, DAY), (11, DAY), (12, DAY)], 11), Some((11, DAY)));
        assert_eq!(chosen(&[(10, DAY), (12, 2 * DAY)], 11), Some((12, 2 * DAY)), "the next hour before the last");
        assert_eq!(chosen(&[(10, DAY), (11, 8 * DAY)], 11), Some((10, DAY)));
        assert_eq!(chosen(&[(10, 9 * DAY), (11, 8 * DAY)], 11), Some((11, 8 * DAY)));
        assert_eq!(chosen(&[(23, DAY), (1, 2 * DAY)], 0), Some((1, 2 * DAY)));
        assert_eq!(chosen(&[(9, DAY), (13, DAY), (11, 61 * DAY)], 11), None);
    }
}
