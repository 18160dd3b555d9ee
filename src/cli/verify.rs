//! `outpace verify`: every table replayed from the facts, every KPI recomputed, the recordings counted.

use super::{Failure, Place, block_on, data};
use crate::facts::Envelope;
use crate::kpi::{Fold, Query};
use crate::store::{FactFilter, STORE_NODE, Store};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Verify {
    /// Also print every KPI. 同时列出全部指标。
    #[arg(long)]
    kpis: bool,
    #[command(flatten)]
    place: Place,
}

impl Verify {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        block_on(async {
            let config = self.place.load()?;
            let store = data::open_store(&config).await?;
            let outcome = verify(&store, &config.data.dir, self.kpis).await;
            store.close().await;
            outcome
        })
    }
}

/// Prints what it found. The exit code says whether everything agrees.
pub(crate) async fn verify(store: &Store, data: &std::path::Path, print: bool) -> Result<ExitCode, Failure> {
    let mut differences = 0;
    for difference in store.check().await? {
        differences += 1;
        println!(
            "{} {}: stored {}, replayed {}",
            difference.table, difference.key, difference.stored, difference.replayed
        );
    }
    let Folded { facts, fold, .. } = fold(store).await?;
    // A second fold in pages of another size and from the last fact backwards must give the same figures.
    let again = fold_backwards(store).await?;
    let figures = fold.report().figures(&Query::default())?;
    let other = again.report().figures(&Query::default())?;
    for (id, figure) in &figures {
        let same = other.get(id).is_some_and(|o| o.num == figure.num && o.den == figure.den);
        if !same {
            differences += 1;
            println!("kpi {id}: {figure:?} and {:?}", other.get(id));
        }
        if print {
            let value = figure.value.map_or("-".to_owned(), |v| format!("{v:.4}"));
            println!("{id:<32} {:>14} / {:<14} = {value}", figure.num, figure.den);
        }
    }
    differences += missing_recordings(store, data).await?;
    if differences == 0 {
        println!("{facts} facts: tables, KPIs and recordings agree with them. 事实与各表、指标、录音一致。");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{differences} differences. 发现 {differences} 处不一致。");
    Ok(ExitCode::FAILURE)
}

/// All facts of the store, folded.
pub(crate) struct Folded {
    facts: u64,
    pub fold: Fold,
    /// The seq of the last fact that the store wrote by itself.
    pub told: u64,
}

pub(crate) async fn fold(store: &Store) -> Result<Folded, Failure> {
    let (mut fold, mut told) = (Fold::new(), 0);
    let each = |fact: &Envelope| {
        fold.observe(fact);
        told = if fact.node == STORE_NODE { fact.seq } else { told };
    };
    let facts = store.each_fact(&FactFilter::default(), each).await?;
    Ok(Folded { facts, fold, told })
}

async fn fold_backwards(store: &Store) -> Result<Fold, Failure> {
    let mut all = Vec::new();
    store.each_fact(&FactFilter::default(), |fact| all.push(fact.clone())).await?;
    let mut fold = Fold::new();
    all.iter().rev().for_each(|fact| fold.observe(fact));
    Ok(fold)
}

async fn missing_recordings(store: &Store, data: &std::path::Path) -> Result<u64, Failure> {
    let mut missing = 0;
    let mut before = None;
    loop {
        let page = store.recordings(None, before, 500).await?;
        let Some(last) = page.last() else { return Ok(missing) };
        before = Some(last.id);
        for recording in page.iter().filter(|r| !data.join(&r.file).is_file()) {
            missing += 1;
            println!("recording {} of call {}: {} is not there", recording.id, recording.call, recording.file);
        }
    }
}
