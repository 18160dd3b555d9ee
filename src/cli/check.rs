//! `outpace check DIR`: everything that is wrong with a campaign folder, at once, before anybody is called.

use super::{Failure, data};
use crate::campaign::Settings;
use crate::campaign::folder::Bundle;
use crate::campaign::list::ImportReport;
use crate::campaign::settings::HandledBy;
use crate::script::FlowSettings;
use crate::script::check::{self, Inputs};
use crate::words::Lang;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Check {
    /// The campaign folder. 活动文件夹。
    dir: PathBuf,
    /// en, zh-Hans or zh-Hant; default: of the environment (LANG). 语言。
    #[arg(long)]
    lang: Option<String>,
}

/// The language of the messages: the flag, else LANG.
pub(crate) fn lang(flag: Option<&str>) -> Lang {
    let environment = std::env::var("LANG").unwrap_or_default();
    Lang::from_tag(flag.unwrap_or(&environment))
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let lang = lang(self.lang.as_deref());
        let files = data::read_folder(&self.dir)?;
        let mut bad = false;
        let bundle = match crate::campaign::bundle(&files) {
            Ok(bundle) => bundle,
            Err(problems) => {
                for problem in &problems {
                    println!("{}/{}", self.dir.display(), problem.text(lang));
                }
                println!("{} problems. {} 个问题。", problems.len(), problems.len());
                return Ok(ExitCode::FAILURE);
            }
        };
        let bundle = data::with_shared_scripts(bundle);
        let report = check::check(&inputs(&self.dir, &bundle));
        print!("{}", report.text(lang));
        bad |= report.has_errors();
        for list in lists(&self.dir) {
            match crate::store::dry_run(&bundle.settings, &list) {
                Ok(report) => print_list(&list, &report, lang),
                Err(error) => {
                    bad = true;
                    println!("{error}");
                }
            }
        }
        if bad {
            return Ok(ExitCode::FAILURE);
        }
        println!("{} is good to dial, version {}. 检查通过。", self.dir.display(), bundle.version);
        Ok(ExitCode::SUCCESS)
    }
}

fn print_list(list: &Path, report: &ImportReport, lang: Lang) {
    println!("{}: {} rows, {} accepted, {} rejected", list.display(), report.rows, report.accepted, report.rejected);
    for rejected in report.rejections.iter().take(20) {
        println!("  line {}: {} ({})", rejected.line, rejected.reason.text(lang), rejected.value);
    }
}

/// CSV files that lie in the folder.
pub(crate) fn lists(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut lists: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"))).collect();
    lists.sort();
    lists
}

/// What a flow must know of its campaign.
pub(crate) fn flow_settings(settings: &Settings) -> FlowSettings {
    FlowSettings {
        outcomes: settings.outcomes.keys().cloned().collect(),
        currency: settings.currency.clone(),
        lang: settings.lang,
        speaks: settings.flow.handled_by == HandledBy::Flow,
    }
}

/// What the dry walk and the tests of a flow are given.
pub(crate) fn inputs(dir: &Path, bundle: &Bundle) -> Inputs {
    let settings = &bundle.settings;
    Inputs {
        sources: bundle.sources.clone(),
        settings: flow_settings(settings),
        prompts: bundle.prompts.keys().cloned().collect(),
        lead: lists(dir).first().and_then(|list| data::first_lead(settings, list)).unwrap_or_default(),
    }
}
