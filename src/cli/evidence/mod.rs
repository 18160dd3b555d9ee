//! `outpace evidence CAMPAIGN`: the proof of abandonment from the facts, by the window of the campaign's rule pack and
//! by day, with every number the rate is made of. Exit code 1 if a window stands above its cap.

pub mod proof;

use super::why::{campaign, moment};
use super::{Failure, Place, block_on, data};
use crate::kpi::{Fold, Interval, Query};
use crate::store::{FactFilter, Store};
use crate::words::{CampaignId, Wall};
use proof::{Proof, Prover, Span};
use std::fmt::Write;
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
    #[command(flatten)]
    place: Place,
}

impl Evidence {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (proof, agrees) = block_on(self.proof())?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&proof)?);
        } else {
            print!("{}", text(&proof));
        }
        if let Err(difference) = agrees {
            return Err(Failure(format!(
                "the proof and the KPI abandon_rate differ: {difference}; please report this"
            )));
        }
        Ok(if proof.holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn proof(&self) -> Result<(Proof, Result<(), String>), Failure> {
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
) -> Result<(Proof, Result<(), String>), Failure> {
    let mut prover = Prover::new(campaign);
    let mut fold = Fold::new();
    let filter = FactFilter { campaign: Some(campaign), ..FactFilter::default() };
    store
        .each_fact(&filter, |fact| {
            prover.observe(fact);
            fold.observe(fact);
        })
        .await?;
    let proof = prover.prove(from, to)?;
    let agrees = agrees(&proof, &fold);
    Ok((proof, agrees))
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
    let Ok(day) = text.parse::<jiff::civil::Date>() else { return moment(text) };
    let midnight = day.to_zoned(zone.clone()).map_err(|e| Failure(format!("\"{text}\": {e}")))?;
    Ok(Wall(midnight.timestamp().as_microsecond()))
}

fn text(proof: &Proof) -> String {
    let mut out = String::new();
    let percent = |rate: Option<f64>| rate.map_or("      -".to_owned(), |rate| format!("{:>6.2}%", rate * 100.0));
    let amd = if proof.amd_added {
        format!("AMD false positives f = {:.2} % added", proof.amd_false_positive_rate * 100.0)
    } else {
        "AMD false positives not added by this profile".to_owned()
    };
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("Abandonment of \"{}\" ({}) from its facts  活动骚扰率证明", proof.name, proof.campaign));
    line(format!("  profile 口径      {} ({})", proof.profile, proof.source));
    line(format!("  rule packs 规则包 {}", proof.packs.join(", ")));
    line(format!("  window 窗口       {}, zone {}", proof.window, proof.zone));
    line(format!(
        "  clock 计时        from {}; threshold {} ms; cap {:.2} %",
        proof.clock_start,
        proof.threshold_ms,
        proof.cap * 100.0
    ));
    line(format!("  rate 公式         {}; {amd}", proof.formula));
    if proof.configured > 0 {
        line(format!("  settings changed {} times within these facts; the last ones are shown", proof.configured));
    }
    for (title, spans) in [("window 窗口", &proof.windows), ("day 日", &proof.days)] {
        line(format!(
            "\n{title:<18} human  handled  no agent  late  crashed  early  message  silent  machines      AB /      H     rate"
        ));
        for span in spans {
            let c = &span.counts;
            let mut row = String::new();
            write!(
                row,
                "{:<18} {:>7} {:>8} {:>9} {:>5} {:>8} {:>6} {:>8} {:>7} {:>9} {:>7.1} / {:>6.1}  {} {}",
                span.name,
                c.human,
                c.handled,
                c.no_agent,
                c.late,
                c.crashed,
                c.customer_early,
                c.message_played,
                c.silent,
                c.machines,
                span.numerator,
                span.denominator,
                percent(span.rate),
                if span.holds { "" } else { "ABOVE THE CAP 超限" },
            )
            .expect("a string");
            line(row.trim_end().to_owned());
        }
    }
    for worst in &proof.rolling {
        line(format!(
            "worst {} h: {} of {} = {:.2} %, ending {}",
            worst.hours,
            worst.abandoned,
            worst.human,
            worst.rate * 100.0,
            worst.until.rfc3339()
        ));
    }
    out
}
