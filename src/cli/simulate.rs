//! `outpace simulate DIR`: a campaign's day in virtual time, before anybody is called; over many seeds, two settings side
//! by side, with people made up or fitted from a past day. Nothing is stored.

mod change;
mod fitted;

use super::{Failure, Place, check, data};
use crate::engine::CampaignSpec;
use crate::facts::Envelope;
use crate::sim::report::Summary;
use crate::sim::report_bands::{self, Bands, Paired};
use crate::sim::run::{Day, simulate};
use crate::sim::{Scenario, lines, report_html};
use crate::words::{CampaignId, ClientId, Reason, SellerId};
use change::Change;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

#[derive(clap::Args)]
pub(crate) struct Simulate {
    /// The campaign folder. 活动文件夹。
    dir: PathBuf,
    /// The day as TOML: people, carrier, agents, faults; default: an ordinary day. 情景文件。
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// People, lines and agents as the facts of this day had them (YYYY-MM-DD, with --data). 以过去一天拟合。
    #[arg(long, value_name = "DATE")]
    from_day: Option<String>,
    /// Agents at work. 座席数。
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
    /// So many days with seeds of their own: medians and bands. 模拟次数。
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    runs: u32,
    /// Another setting: a key of campaign.toml (dialing.mode=progressive) or scenario.KEY. 更改设置。
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// A second setting on the same seeds, beside the first. 对比设置。
    #[arg(long, value_name = "KEY=VALUE", visible_alias = "against")]
    versus: Vec<String>,
    /// Charts as one HTML file. 图表输出为 HTML 文件。
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Runs side by side; default: one for each core. 并行数。
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: Option<u32>,
    /// Print every fact as a line first. 逐条列出事实。
    #[arg(long, conflicts_with_all = ["runs", "versus"])]
    facts: bool,
    /// As JSON: hours, waits, every KPI; with several runs, bands and each run. 以 JSON 输出。
    #[arg(long, conflicts_with = "facts")]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// One setting: the campaign and the day.
#[derive(Clone)]
struct Setting {
    name: String,
    spec: CampaignSpec,
    scenario: Scenario,
}

impl Simulate {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (a, recorded) = self.first()?;
        let several = self.runs > 1 || !self.versus.is_empty() || self.html.is_some() || recorded.is_some();
        if !several {
            return self.one(&a);
        }
        let mut settings = vec![a.clone()];
        if !self.versus.is_empty() {
            let mut b = changed(a, &self.versus)?;
            b.name = self.versus.join(", ");
            settings.push(b);
        }
        let runs = self.all(&settings)?;
        let bands: Vec<Bands> =
            settings.iter().zip(&runs).map(|(setting, runs)| Bands::of(&setting.name, runs)).collect();
        let pairs = if runs.len() == 2 { report_bands::paired(&runs[0], &runs[1]) } else { Vec::new() };
        self.show(&settings, &bands, &pairs, recorded.as_ref(), &runs)?;
        let broken: usize = bands.iter().map(|bands| bands.violations).sum();
        Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The first setting, and the recorded day it was fitted from.
    fn first(&self) -> Result<(Setting, Option<Summary>), Failure> {
        let spec = spec(&self.dir)?;
        let mut scenario = match &self.scenario {
            None => Scenario::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
                Scenario::from_toml(&text).map_err(|e| Failure(format!("{}: {e}", path.display())))?
            }
        };
        let mut recorded = None;
        if let Some(day) = &self.from_day {
            let config = self.place.load()?;
            let (fitted, summary) = fitted::from_day(&config, &spec.name, day, &scenario)?;
            (scenario, recorded) = (fitted, Some(summary));
        }
        scenario.agents.number = self.agents.unwrap_or(scenario.agents.number);
        scenario.hours = self.hours.unwrap_or(scenario.hours);
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        scenario.list.leads = self.leads.unwrap_or(scenario.list.leads);
        scenario.check()?;
        let name = if self.set.is_empty() { spec.name.clone() } else { self.set.join(", ") };
        Ok((changed(Setting { name, spec, scenario }, &self.set)?, recorded))
    }

    fn one(&self, setting: &Setting) -> Result<ExitCode, Failure> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let facts = self.facts;
        let day = simulate(&setting.scenario, vec![setting.spec.clone()], |envelope: &Envelope| {
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

    fn print(&self, day: &Day) -> Result<(), Failure> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(&day.summary)?);
            return Ok(());
        }
        let lang = check::lang(None);
        print!("{}", day.summary.text(lang));
        if day.violations > 0 {
            println!("{}", Reason::new("simulate.violations").with("count", day.violations).text(lang));
        }
        Ok(())
    }

    /// Every setting with every seed, on as many threads as there are cores; in the order of the seeds.
    fn all(&self, settings: &[Setting]) -> Result<Vec<Vec<Summary>>, Failure> {
        let runs = self.runs as usize;
        let total = runs * settings.len();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = self.threads.map_or(cores, |threads| threads as usize).min(total);
        let done: Mutex<Vec<Option<Summary>>> = Mutex::new(vec![None; total]);
        let (next, progress) = (AtomicUsize::new(0), Progress::begin(total));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let job = next.fetch_add(1, Ordering::Relaxed);
                        if job >= total {
                            return;
                        }
                        // Both settings of a seed follow each other, so that a run cut short has pairs.
                        let (seed, place) = (job / settings.len(), job % settings.len());
                        let setting = &settings[place];
                        let mut scenario = setting.scenario.clone();
                        scenario.seed = scenario.seed.wrapping_add(seed as u64);
                        let day = simulate(&scenario, vec![setting.spec.clone()], |_| ());
                        let mut done = done.lock().expect("a run that panics ends all");
                        done[place * runs + seed] = Some(day.summary);
                        progress.one_more();
                    }
                });
            }
        });
        progress.end();
        let all = done.into_inner().expect("all threads are over").into_iter();
        let all: Vec<Summary> = all.map(|one| one.expect("every job was done")).collect();
        Ok(all.chunks(runs).map(<[Summary]>::to_vec).collect())
    }

    fn show(
        &self,
        settings: &[Setting],
        bands: &[Bands],
        pairs: &[Paired],
        recorded: Option<&Summary>,
        runs: &[Vec<Summary>],
    ) -> Result<(), Failure> {
        if let Some(path) = &self.html {
            let title = format!("Outpace: {}", settings[0].spec.name);
            let sets: Vec<&Bands> = bands.iter().collect();
            let cap = settings[0].spec.settings.abandonment.cap;
            std::fs::write(path, report_html::page(&title, &sets, pairs, cap))
                .map_err(|e| Failure(format!("{}: {e}", path.display())))?;
        }
        if self.json {
            let value = serde_json::json!({ "bands": bands, "paired": pairs, "recorded": recorded, "runs": runs });
            println!("{}", serde_json::to_string_pretty(&value)?);
            return Ok(());
        }
        for (nth, set) in bands.iter().enumerate() {
            println!("{}", report_bands::text(set, recorded.filter(|_| nth == 0)));
        }
        if let [a, b] = bands {
            print!("{}", report_bands::versus_text(a, b, pairs));
        }
        if let Some(path) = &self.html {
            println!("{}", path.display());
        }
        Ok(())
    }
}

fn changed(setting: Setting, changes: &[String]) -> Result<Setting, Failure> {
    changes.iter().try_fold(setting, |mut setting, text| {
        let change = Change::read(text)?;
        change.apply(&mut setting.spec.settings, &mut setting.scenario)?;
        Ok(setting)
    })
}

/// On standard error: a long wait must not look like a stop.
struct Progress {
    total: usize,
    done: AtomicUsize,
    began: Instant,
    terminal: bool,
}

impl Progress {
    fn begin(total: usize) -> Progress {
        Progress { total, done: AtomicUsize::new(0), began: Instant::now(), terminal: std::io::stderr().is_terminal() }
    }

    fn one_more(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let spent = self.began.elapsed().as_secs_f64();
        let left = spent / done as f64 * (self.total - done) as f64;
        let text = Reason::new("simulate.progress")
            .with("done", done)
            .with("total", self.total)
            .with("spent", format!("{spent:.0}"))
            .with("left", format!("{left:.0}"))
            .text(check::lang(None));
        let tenth = (self.total / 10).max(1);
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        } else if done.is_multiple_of(tenth) && spent > 5.0 {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    fn end(&self) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
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
