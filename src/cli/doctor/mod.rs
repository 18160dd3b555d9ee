//! `outpace doctor`: what is wrong with this machine, this configuration and the other ends, and what to do about it.
//! It changes nothing, makes no call, and may run beside a running `outpace serve`.

mod finding;
mod house;
mod lines;
mod machine;

use super::{Failure, Place, check};
use crate::words::Reason;
use finding::{Finding, Grade};
use serde_json::json;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Doctor {
    /// Findings as JSON, in three languages. 以 JSON 输出，含三种语言。
    #[arg(long)]
    json: bool,
    /// en, zh-Hans or zh-Hant; default: of the environment (LANG). 语言。
    #[arg(long)]
    lang: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Doctor {
    /// Fails if anything is bad.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let findings = runtime.block_on(self.examine());
        let worst = findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Good);
        if self.json {
            let list: Vec<_> = findings.iter().map(Finding::json).collect();
            println!("{}", json!({ "sound": worst != Grade::Bad, "findings": list }));
        } else {
            let lang = check::lang(self.lang.as_deref());
            findings.iter().for_each(|finding| println!("{}", finding.text(lang)));
            let count = |grade: Grade| findings.iter().filter(|finding| finding.grade == grade).count();
            let summary = Reason::new("doctor.summary")
                .with("good", count(Grade::Good))
                .with("doubtful", count(Grade::Doubtful))
                .with("bad", count(Grade::Bad));
            println!("{}", summary.text(lang));
        }
        Ok(if worst == Grade::Bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn examine(&self) -> Vec<Finding> {
        let config = match self.place.load() {
            Ok(config) => config,
            Err(Failure(why)) => {
                let (meaning, fix) = (Reason::new("doctor.config"), Reason::new("doctor.config_fix"));
                return vec![Finding::bad(Reason::new("doctor.on_config"), why, meaning, fix)];
            }
        };
        let serving = machine::serving(&config).await;
        let mut findings = machine::examine(&config, serving);
        let (store, of_house) = house::examine(&config).await;
        findings.extend(of_house);
        findings.extend(lines::examine(&config, store.as_ref()).await);
        if let Some(store) = store {
            store.close().await;
        }
        findings
    }
}
