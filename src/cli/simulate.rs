//! `outpace simulate DIR`: a campaign's day in virtual time, before anybody is called. Nothing is stored.

use super::{Failure, data};
use crate::engine::CampaignSpec;
use crate::facts::Envelope;
use crate::sim::run::{Day, simulate};
use crate::sim::{Scenario, lines};
use crate::words::{CampaignId, ClientId, SellerId};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Simulate {
    /// The campaign folder. 活动文件夹。
    dir: PathBuf,
    /// The day as TOML: people, carrier, agents, faults; default: an ordinary day. 情景文件。
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Agents at work. 坐席数。
    #[arg(long)]
    agents: Option<u32>,
    /// Hours of dialing. 拨打小时数。
    #[arg(long)]
    hours: Option<f64>,
    /// The same seed is the same day. 随机种子。
    #[arg(long)]
    seed: Option<u64>,
    /// Leads on the made-up list. 模拟名单条数。
    #[arg(long)]
    leads: Option<u32>,
    /// Print every fact as a line first. 逐条列出事实。
    #[arg(long)]
    facts: bool,
    /// As JSON: hours, waits, every KPI. 以 JSON 输出。
    #[arg(long, conflicts_with = "facts")]
    json: bool,
}

impl Simulate {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let spec = spec(&self.dir)?;
        let scenario = self.scenario()?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let facts = self.facts;
        let day = simulate(&scenario, vec![spec], |envelope: &Envelope| {
            if facts {
                // A reader that closed the pipe has seen enough.
                let _ = writeln!(out, "{}", lines::line(envelope));
            }
        });
        out.flush()?;
        drop(out);
        self.print(&day)?;
        Ok(if day.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn scenario(&self) -> Result<Scenario, Failure> {
        let mut scenario = match &self.scenario {
            None => Scenario::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
                Scenario::from_toml(&text).map_err(|e| Failure(format!("{}: {e}", path.display())))?
            }
        };
        scenario.agents.number = self.agents.unwrap_or(scenario.agents.number);
        scenario.hours = self.hours.unwrap_or(scenario.hours);
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        scenario.list.leads = self.leads.unwrap_or(scenario.list.leads);
        scenario.check()?;
        Ok(scenario)
    }

    fn print(&self, day: &Day) -> Result<(), Failure> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(&day.summary)?);
            return Ok(());
        }
        print!("{}", day.summary.text());
        if day.violations > 0 {
            println!("{} rules were broken: please report this with the seed. 有规则被违反。", day.violations);
        }
        Ok(())
    }
}

/// The folder as the engine takes it.
fn spec(dir: &Path) -> Result<CampaignSpec, Failure> {
    let files = data::read_folder(dir)?;
    let name = dir.canonicalize()?.file_name().map_or("campaign".into(), |name| name.to_string_lossy().into_owned());
    let bundle = data::bundle(&name, &files)?;
    Ok(CampaignSpec {
        id: CampaignId(1),
        name,
        version: bundle.version,
        seller: SellerId(1),
        client: ClientId(1),
        settings: bundle.settings,
        sources: bundle.sources,
        prompts: bundle.prompts,
    })
}
