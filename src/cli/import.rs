//! `outpace import CAMPAIGN FILE`: a list into the store, every row accepted or rejected with its reason.

use super::{Failure, Place, block_on, check, data};
use crate::campaign::list::ImportReport;
use crate::live::clock;
use crate::store::IntakeError;
use crate::words::{Lang, Reason};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Import {
    /// The campaign: a folder, or a name. 活动文件夹或名称。
    campaign: String,
    /// CSV: UTF-8, UTF-16, GB18030 or Big5; comma, semicolon, tab or bar. 名单文件。
    file: PathBuf,
    /// Only say what would come of it. 只检查，不导入。
    #[arg(long)]
    dry_run: bool,
    /// The report as JSON: rows, accepted, rejected, and a reason per row. 以 JSON 输出。
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Import {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let config = self.place.load()?;
        let (name, files) = data::find_campaign(&config, &self.campaign)?;
        let bundle = data::bundle(&name, &files)?;
        let report = if self.dry_run {
            crate::store::dry_run(&bundle.settings, &self.file).map_err(|e| self.failed(&e))?
        } else {
            block_on(async {
                let store = data::open_store(&config).await?;
                let id = data::keep_campaign(&store, &name, &bundle, &files).await?;
                let row = store.campaign(id).await?.expect("just kept");
                let report = store.import_file(&row, &self.file, clock::wall_now(), progress).await;
                store.close().await;
                report.map_err(|e| self.failed(&e))
            })?
        };
        self.print(&report)?;
        Ok(if report.accepted == 0 && report.rejected > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// With the file's name, which the list's own errors do not know, and what to do.
    fn failed(&self, error: &IntakeError) -> Failure {
        let reason = match error {
            IntakeError::File { error, .. } => Reason::new("cli.list_file").with("error", error),
            IntakeError::List(error) => Reason::new("cli.list_wrong").with("why", error.reason.text(check::lang(None))),
            IntakeError::Store(error) => Reason::new("cli.list_store").with("error", error),
        };
        Failure::from(reason.with("file", self.file.display()))
    }

    fn print(&self, report: &ImportReport) -> Result<(), Failure> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(report)?);
            return Ok(());
        }
        let lang: Lang = check::lang(None);
        for rejected in report.rejections.iter().take(50) {
            let row = Reason::new("cli.list_row").with("line", rejected.line).with("value", &rejected.value);
            println!("{}", row.with("why", rejected.reason.text(lang)).text(lang));
        }
        let more = report.rejected.saturating_sub(50);
        if more > 0 {
            println!("{}", Reason::new("cli.list_more").with("count", more).text(lang));
        }
        let total = Reason::new(if self.dry_run { "cli.list_dry" } else { "cli.list_kept" })
            .with("file", self.file.display())
            .with("rows", report.rows)
            .with("encoding", &report.encoding)
            .with("delimiter", format!("{:?}", report.delimiter))
            .with("accepted", report.accepted)
            .with("rejected", report.rejected);
        println!("{}", total.text(lang));
        Ok(())
    }
}

fn progress(rows: u64) {
    if rows.is_multiple_of(50_000) && std::io::stderr().is_terminal() {
        eprintln!("{rows} rows");
    }
}
