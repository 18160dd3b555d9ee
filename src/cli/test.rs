//! `outpace test DIR`: runs the campaign's `flow_test.lua` under virtual time.

use super::{Failure, check, data};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Test {
    /// The campaign folder. 活动文件夹。
    dir: PathBuf,
    /// Of math.random in the flow. 随机种子。
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The report as JSON. 以 JSON 输出。
    #[arg(long)]
    json: bool,
    /// en, zh-Hans or zh-Hant. 语言。
    #[arg(long)]
    lang: Option<String>,
}

impl Test {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let files = data::read_folder(&self.dir)?;
        let name = self.dir.display().to_string();
        let bundle = data::bundle(&name, &files)?;
        let mut inputs = check::inputs(&self.dir, &bundle);
        let Some(test) = files.get("flow_test.lua") else {
            return Err(Failure(format!(
                "{name}: no flow_test.lua in it; campaigns made by `outpace new` have one to start from"
            )));
        };
        inputs.sources.insert("flow_test.lua".to_owned(), String::from_utf8_lossy(test).into_owned());
        let report = crate::script::test::run(&inputs, &bundle.prompts, self.seed);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            print!("{}", report.text(check::lang(self.lang.as_deref())));
        }
        Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
