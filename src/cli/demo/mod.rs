//! `outpace demo`: a whole campaign over real SIP and RTP on loopback, with a simulated carrier, simulated softphones
//! and robot agents in the same process. Everything goes the way a real installation goes: trunk, registrar, API.

mod client;
mod folder;
mod labels;
mod leads;
mod people;
mod picture;
mod robots;
mod show;
mod stage;
mod table;

use super::{Failure, Place, data, verify};
use crate::kpi::{Figure, Query};
use crate::words::Lang;
use labels::Labels;
use show::{Ended, Show};
use stage::Stage;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tracing_subscriber::EnvFilter;

#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Robot agents, each with a softphone. 座席数。
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=500))]
    agents: u32,
    /// How long it dials; conversations are then brought to their end. 时长（分钟）。
    #[arg(long, default_value_t = 2.0, value_parser = minutes)]
    minutes: f64,
    /// People on the list; without it, about as many as the agents can get through. 名单人数。
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    leads: Option<u32>,
    /// The same seed meets the same people. 随机种子。
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write every KPI here: {"id": {"num", "den", "value"}}. 指标写入 JSON 文件。
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keep the data here; without it, in a new temporary folder. 数据目录。
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// telesales (robots sell), reminder (the flow speaks by itself), or a campaign folder. 活动。
    #[arg(long, default_value = "telesales")]
    campaign: String,
    /// en, zh-Hans or zh-Hant; without it, English and Chinese side by side. 界面语言。
    #[arg(long)]
    lang: Option<String>,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes: f64 = text.parse().map_err(|_| "a number of minutes, such as 2 or 0.5".to_owned())?;
    if (0.05..=600.0).contains(&minutes) { Ok(minutes) } else { Err("between 0.05 and 600".to_owned()) }
}

impl Demo {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let began = Instant::now();
        let labels = Labels { lang: self.lang.as_deref().map(Lang::from_tag) };
        self.greet(labels);
        let dir = self.data_folder()?;
        start_log(&dir)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(self.play(began, labels, dir))
    }

    /// Before any work: whoever typed the command sees at once that it runs.
    fn greet(&self, labels: Labels) {
        let agents = self.agents;
        tell(&format!(
            "Outpace {} · {} · {} {agents}",
            env!("CARGO_PKG_VERSION"),
            labels.say([
                "a campaign over real SIP and RTP on this machine",
                "本机真实 SIP/RTP 外呼演示",
                "本機真實 SIP/RTP 外呼演示",
            ]),
            labels.say(["agents", "座席", "座席"]),
        ));
    }

    fn data_folder(&self) -> Result<PathBuf, Failure> {
        let dir = self.data.clone().unwrap_or_else(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            std::env::temp_dir().join(format!("outpace-demo-{}-{}", since.as_secs(), std::process::id()))
        });
        std::fs::create_dir_all(&dir)
            .map_err(|e| Failure(format!("data folder {}: {e}. Choose another with --data.", dir.display())))?;
        Ok(dir.canonicalize()?)
    }

    /// The length of the demo.
    fn length(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * 60.0)
    }

    fn leads(&self) -> u32 {
        // A robot is good for about five dials a minute, a large floor for some more.
        let through = f64::from(self.agents) * self.minutes * 8.0;
        self.leads.unwrap_or(through.clamp(20.0, 1_000_000.0) as u32)
    }

    async fn play(self, began: Instant, labels: Labels, dir: PathBuf) -> Result<ExitCode, Failure> {
        let mut stage = Stage::build(&self, &dir).await?;
        let title = format!(
            "Outpace demo 演示 · {} · {} {}",
            stage.campaign_name,
            labels.say(["seed", "种子", "種子"]),
            self.seed
        );
        tell(&format!("API http://{}  key {}", stage.assembly.address, stage.admin_key));
        tell(&format!("{} {}", labels.say(["Data:", "数据：", "資料："]), dir.display()));
        let mut show = Show::begin(&mut stage, began, self.length(), labels, title)?;
        let ended = show.until_the_end(&stage).await;
        show.wind_down(&stage, ended).await;
        let first_call = show.finish();
        let live = stage.assembly.api.kpis.clone();
        let heard = stage.peers.tally().customers_heard.load(Ordering::Relaxed);
        let sound = stage.strike().await;
        let live = live.lock().expect("never held across a panic").report().figures(&Query::default())?;
        let place = Place { config: None, data: Some(dir.clone()) };
        let store = data::open_store(&place.load()?).await?;
        let fold = verify::fold(&store).await?.fold;
        let figures = fold.report().figures(&Query::default())?;
        self.print(labels, &figures)?;
        if let Some(first) = first_call {
            let said = labels.say(["first call after", "首次呼叫用时", "首次呼叫用時"]);
            tell(&format!("{said} {:.2} s", first.as_secs_f64()));
        }
        let said = labels.say(["customers who heard a voice", "听到话音的客户", "聽到話音的客戶"]);
        tell(&format!("{said} {heard}"));
        let agree = verify::verify(&store, &dir, false).await?;
        store.close().await;
        let live_agrees = same(&live, &figures);
        self.say_where(labels, &dir);
        if !sound {
            return Err(Failure(format!("the engine broke down: {}/demo.log says where", dir.display())));
        }
        Ok(if ended == Ended::Broken || !live_agrees { ExitCode::FAILURE } else { agree })
    }

    fn print(&self, labels: Labels, figures: &BTreeMap<&'static str, Figure>) -> Result<(), Failure> {
        tell("");
        table::table(figures, labels).iter().for_each(|line| tell(line));
        tell("");
        match &self.json {
            Some(path) => table::write_json(figures, path),
            None => Ok(()),
        }
    }

    fn say_where(&self, labels: Labels, dir: &std::path::Path) {
        let dir = dir.display();
        let say = |said| labels.say(said);
        tell(&format!("{} outpace verify --data {dir} --kpis", say(["recompute:", "重新核算：", "重新核算："])));
        tell(&format!("{} outpace serve --data {dir}", say(["serve again:", "再次运行：", "再次執行："])));
        tell(&format!("{} {dir}/recordings", say(["recordings:", "录音：", "錄音："])));
    }
}

/// What the API showed while it ran, and what the facts on disk say.
fn same(live: &BTreeMap<&'static str, Figure>, stored: &BTreeMap<&'static str, Figure>) -> bool {
    let differs = |(id, figure): &(&&'static str, &Figure)| live.get(**id).is_none_or(|other| other != *figure);
    for (id, figure) in stored.iter().filter(differs) {
        tell(&format!("kpi {id}: {figure:?} on disk, {:?} live", live.get(id)));
    }
    !stored.iter().any(|pair| differs(&pair))
}

/// A line for whoever watches. A reader that has gone is no reason to end calls.
fn tell(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// To a file: the terminal belongs to the picture.
fn start_log(dir: &std::path::Path) -> Result<(), Failure> {
    let level = std::env::var("OUTPACE__LOG__LEVEL").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(&level).map_err(|e| Failure(format!("OUTPACE__LOG__LEVEL = \"{level}\": {e}")))?;
    let file = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("demo.log"))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(std::sync::Mutex::new(file)).init();
    Ok(())
}
