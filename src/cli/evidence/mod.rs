//! `outpace evidence CAMPAIGN`: the proof of abandonment from the facts, by the window of the campaign's rule pack and
//! by day, with every number the rate is made of, and what the safe harbour asks beside the rate. Exit code 1 if a
//! window stands above its cap.

pub mod elements;
pub mod proof;
mod text;

use super::why::{campaign, moment};
use super::{Failure, Place, block_on, data};
use crate::kpi::{Fold, Interval, Query};
use crate::store::{FactFilter, Store};
use crate::words::{CampaignId, Wall};
use elements::{Abandoned, Elements, Observer};
use proof::{Proof, Prover, Span};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Evidence {
    /// The campaign's name or id. 活动名称或编号。
    campaign: String,
    /// Windows and days from here on: YYYY-MM-DD in the campaign's zone, or RFC 3339. 起始。
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to here, not included. 截止（不含）。
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// As JSON. 以 JSON 输出。
    #[arg(long)]
    json: bool,
    /// Writes a row for each abandoned call. 每通骚扰呼叫一行，写入文件。
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// All that is shown.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    proof: Proof,
    #[serde(flatten)]
    elements: Elements,
    #[serde(skip)]
    abandoned: Vec<Abandoned>,
}

impl Evidence {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (found, agrees) = block_on(self.find())?;
        if let Some(file) = &self.csv {
            write_csv(file, &found.abandoned)?;
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&found)?);
        } else {
            print!("{}", text::of(&found.proof, &found.elements));
        }
        if let Err(difference) = agrees {
            return Err(Failure(format!(
                "the proof and the KPI abandon_rate differ: {difference}; please report this"
            )));
        }
        Ok(if found.proof.holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn find(&self) -> Result<(Found, Result<(), String>), Failure> {
        let config = self.place.load()?;
        let store = data::open_store(&config).await?;
        let row = campaign(&store, &self.campaign).await?;
        let zone = zone_of(&row.spec);
        let from = self.from.as_deref().map(|text| border(text, &zone)).transpose()?;
        let to = self.to.as_deref().map(|text| border(text, &zone)).transpose()?;
        let found = prove(&store, row.id, from, to).await;
        store.close().await;
        found
    }
}

/// The proof, and whether the KPI catalogue comes to the same sums in every window.
async fn prove(
    store: &Store,
    campaign: CampaignId,
    from: Option<Wall>,
    to: Option<Wall>,
) -> Result<(Found, Result<(), String>), Failure> {
    let (mut prover, mut observer, mut fold) = (Prover::new(campaign), Observer::default(), Fold::new());
    let filter = FactFilter { campaign: Some(campaign), ..FactFilter::default() };
    store
        .each_fact(&filter, |fact| {
            prover.observe(fact);
            observer.observe(campaign, fact);
            fold.observe(fact);
        })
        .await?;
    let proof = prover.prove(from, to)?;
    let agrees = agrees(&proof, &fold);
    let within = within(&proof.zone, from, to);
    let elements = observer.elements(proof.threshold_ms, &within);
    let abandoned = observer.abandoned(&within);
    Ok((Found { elements, abandoned, proof }, agrees))
}

/// Is a moment on one of the zone's days that touch `[from, to)`? Those are the days of the proof.
fn within(zone: &str, from: Option<Wall>, to: Option<Wall>) -> impl Fn(Wall) -> bool + use<> {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let day = move |at: Wall| zone.to_datetime(at.timestamp()).date();
    let (from, to) = (from.map(&day), to.map(|at| day(Wall(at.0 - 1))));
    move |at| {
        let day = day(at);
        from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
    }
}

fn write_csv(file: &Path, rows: &[Abandoned]) -> Result<(), Failure> {
    let mut text = format!("{}\n", Abandoned::HEAD);
    for row in rows {
        text.push_str(&row.csv());
        text.push('\n');
    }
    std::fs::write(file, text).map_err(|error| {
        Failure(format!("--csv {}: {error}. Name a file in a folder that is writable.", file.display()))
    })
}

/// Against the KPI `abandon_rate`, window by window; the difference, if there is one.
pub fn agrees(proof: &Proof, fold: &Fold) -> Result<(), String> {
    let query = Query { interval: Some(Interval::Profile), include_test: true, ..Query::of(proof.campaign) };
    let table = fold.report().compute("abandon_rate", &query).map_err(|error| error.to_string())?;
    for window in &proof.windows {
        let Span { name, from, numerator, denominator, .. } = window;
        let row = table.rows.iter().find(|row| row.from_local.starts_with(from));
        let row = row.ok_or_else(|| format!("{name}: the KPI has no such window"))?;
        if (row.num - numerator).abs() > 1e-6 || (row.den - denominator).abs() > 1e-6 {
            return Err(format!("{name}: {numerator} / {denominator}, and {} / {}", row.num, row.den));
        }
    }
    Ok(())
}

/// Of a campaign as the store keeps it; UTC if it has none.
pub(super) fn zone_of(spec: &str) -> jiff::tz::TimeZone {
    let spec: serde_json::Value = serde_json::from_str(spec).unwrap_or_default();
    let zone = spec["hours"]["zone"].as_str().unwrap_or("UTC");
    jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC)
}

/// A day's midnight in the zone, or a moment.
pub(super) fn border(text: &str, zone: &jiff::tz::TimeZone) -> Result<Wall, Failure> {
    // A date is read out of a whole moment, too: the moment comes first.
    if let Ok(moment) = moment(text) {
        return Ok(moment);
    }
    let day: jiff::civil::Date = text.parse().map_err(|_| {
        Failure(format!(
            "\"{text}\" is no day and no time: a day is YYYY-MM-DD, such as 2026-11-23 (in the campaign's zone), \
             a time RFC 3339, such as 2026-11-23T10:30:00-05:00"
        ))
    })?;
    let midnight = day.to_zoned(zone.clone()).map_err(|e| Failure(format!("\"{text}\": {e}")))?;
    Ok(Wall(midnight.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_is_a_day_or_a_moment() {
        let zone = jiff::tz::TimeZone::get("America/New_York").expect("it is known");
        let of = |text| border(text, &zone).map(|at| at.rfc3339()).map_err(|failure| failure.0);
        assert_eq!(of("2026-11-22").as_deref(), Ok("2026-11-22T05:00:00.000Z"));
        assert_eq!(of("2026-11-22T10:30:00-05:00").as_deref(), Ok("2026-11-22T15:30:00.000Z"));
        let said = of("11/22/2026").expect_err("an American date is no border");
        assert!(said.contains("\"11/22/2026\"") && said.contains("YYYY-MM-DD") && said.contains("RFC 3339"), "{said}");
    }

    #[test]
    fn whole_days_of_the_zone_are_within() {
        let at = |text| Wall::parse_rfc3339(text).expect("a moment");
        let within = within("America/New_York", Some(at("2026-11-20T15:00:00Z")), Some(at("2026-11-22T05:00:00Z")));
        assert!(within(at("2026-11-20T05:00:00Z")) && within(at("2026-11-22T04:59:59Z")));
        assert!(!within(at("2026-11-20T04:59:59Z")) && !within(at("2026-11-22T05:00:00Z")));
    }
}
