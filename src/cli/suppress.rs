//! `outpace suppress FILE`: a do-not-call list into the store. It holds from the next lease on, in every campaign; a server
//! that runs beside it hears of it within a second.

use super::{Failure, Place, block_on, check, data};
use crate::campaign::Settings;
use crate::live::clock;
use crate::store::{IntakeError, ListReport, Store, dry_run_suppressions};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Suppress {
    /// CSV with a column of numbers, as lists of leads are written. 禁拨名单文件。
    file: PathBuf,
    /// Whose list it is, kept as the reason; else the file's name. 名单名称，作为原因保存。
    #[arg(long, value_name = "NAME")]
    list: Option<String>,
    /// Where numbers without a country code are, such as CN; else that of the campaigns. 无国家码号码所属地区。
    #[arg(long, value_name = "CC")]
    region: Option<String>,
    /// Only say what would come of it. 只检查，不导入。
    #[arg(long)]
    dry_run: bool,
    /// The report as JSON: rows, accepted, rejected, new, leads_excluded, and a reason per row. 以 JSON 输出。
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

const WHY_MAX: usize = 512;

impl Suppress {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let config = self.place.load()?;
        let file_name = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
        let why = self.list.clone().or(file_name).unwrap_or_default();
        if why.chars().count() > WHY_MAX {
            return Err(Failure(format!("--list: at most {WHY_MAX} characters")));
        }
        let report = block_on(async {
            let store = data::open_store(&config).await?;
            let report = self.take(&store, &why).await;
            store.close().await;
            report
        })?;
        self.print(&report)?;
        Ok(if report.file.accepted == 0 && report.file.rejected > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn take(&self, store: &Store, why: &str) -> Result<ListReport, Failure> {
        let region = self.home(store).await?;
        if self.dry_run {
            let file = dry_run_suppressions(&self.file, &region).map_err(|e| self.failed(&e))?;
            return Ok(ListReport { file, new: 0, leads_excluded: 0 });
        }
        let report = store.suppress_file(&self.file, &region, why, "cli", clock::wall_now()).await;
        report.map_err(|e| self.failed(&e))
    }

    /// The only region of all campaigns, if none was named.
    async fn home(&self, store: &Store) -> Result<String, Failure> {
        if let Some(region) = &self.region {
            return Ok(region.to_ascii_uppercase());
        }
        let rows = store.campaigns().await?;
        let settings = rows.iter().filter_map(|row| serde_json::from_str::<Settings>(&row.spec).ok());
        let mut regions: BTreeSet<String> = settings.map(|settings| settings.dialing.region).collect();
        match (regions.pop_first(), regions.is_empty()) {
            (Some(region), true) => Ok(region),
            (Some(_), false) | (None, _) => Err(Failure(
                "--region: the campaigns do not agree on a country for numbers without a country code; name one, such \
                 as --region CN. 请用 --region 指定无国家码号码所属地区。"
                    .to_owned(),
            )),
        }
    }

    fn failed(&self, error: &IntakeError) -> Failure {
        let file = self.file.display();
        Failure(match error {
            IntakeError::File { error, .. } => {
                format!("{file}: {error}. Give the path of a CSV file that can be read; nothing was kept.")
            }
            IntakeError::List(error) => {
                format!("{file}: {} What was read before is kept.", error.reason.text(check::lang(None)))
            }
            IntakeError::Store(error) => {
                format!("{file}: {error}. What was kept so far holds; give the same file again for the rest.")
            }
        })
    }

    fn print(&self, report: &ListReport) -> Result<(), Failure> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(report)?);
            return Ok(());
        }
        let ListReport { file, new, leads_excluded } = report;
        let lang = check::lang(None);
        for rejected in file.rejections.iter().take(50) {
            println!("line {}: {} ({})", rejected.line, rejected.reason.text(lang), rejected.value);
        }
        let more = file.rejected.saturating_sub(50);
        if more > 0 {
            println!("... and {more} more; --json shows them");
        }
        let (rows, accepted, rejected) = (file.rows, file.accepted, file.rejected);
        let kept = if self.dry_run { "would be suppressed" } else { "are suppressed" };
        println!(
            "{}: {rows} rows, {accepted} {kept} ({new} new), {rejected} rejected, {leads_excluded} waiting leads excluded. \
             共 {rows} 行，禁拨 {accepted}（新增 {new}），拒绝 {rejected}，排除待拨名单 {leads_excluded}。",
            self.file.display(),
        );
        Ok(())
    }
}
