//! One file per command; the only place that joins everything.

// First: its macros stand for the standard ones in all that follow.
#[macro_use]
mod out;

mod assembly;
mod check;
pub mod config;
mod data;
mod demo;
mod doctor;
pub mod evidence;
mod import;
mod key;
mod new;
pub mod pacer;
mod preview;
mod replay;
mod serve;
mod simulate;
mod suppress;
mod test;
mod user;
mod verify;
mod why;

use clap::{Args, Parser, Subcommand};
use config::Config;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// An outbound predictive dialer: real SIP and RTP, Lua campaigns, lawful pacing. 外呼预测拨号系统。
#[derive(Parser)]
#[command(name = "outpace", version, about, long_about = None, max_term_width = 100)]
struct Outpace {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a campaign folder that works. 新建活动文件夹。
    New(new::New),
    /// Check a campaign folder: settings, flow, prompts, leads. 检查活动文件夹。
    Check(check::Check),
    /// Run a campaign's flow_test.lua. 运行流程测试。
    Test(test::Test),
    /// Import leads from a CSV file. 导入名单。
    Import(import::Import),
    /// Take a do-not-call list in: these numbers are never called. 导入禁拨名单。
    Suppress(suppress::Suppress),
    /// Speak the pacing judge's protocol on standard input and output. 节奏评测协议。
    Pacer {
        /// As if no script step were told: for the comparison of what steps are worth. 不使用话术步骤信息。
        #[arg(long)]
        ignore_steps: bool,
    },
    /// Live a campaign's day in virtual time. 模拟一天的拨打。
    Simulate(simulate::Simulate),
    /// Play a past day's pacing again, as it was or under other settings. 以其他设置重放一天。
    Replay(replay::Replay),
    /// Why a campaign dials or does not, now or at a past moment. 为什么拨或不拨。
    Why(why::Why),
    /// The proof of abandonment from the facts, by the rule's own window. 骚扰率证明。
    Evidence(evidence::Evidence),
    /// Recompute every KPI and every table from the facts. 由事实重算全部指标并核对。
    Verify(verify::Verify),
    /// A whole campaign over real SIP and RTP on this machine, with robots. 本机演示。
    Demo(demo::Demo),
    /// Find what is wrong with ports, trunk, phones, clock, disk, database, campaigns. 体检：查出问题并给出办法。
    Doctor(doctor::Doctor),
    /// The agent's page of a flow, with a customer's phone beside it. 预览座席页面。
    Preview(preview::Preview),
    /// The configuration. 配置。
    Config(ConfigCommand),
    /// API keys. 接口密钥。
    Key(key::Key),
    /// People who log in on the pages. 登录用户。
    User(user::User),
    /// Dial for real: trunks, softphones, API. 正式运行。
    Serve(serve::Serve),
}

#[derive(Args)]
struct ConfigCommand {
    #[command(subcommand)]
    what: ConfigWhat,
}

#[derive(Subcommand)]
enum ConfigWhat {
    /// Print a complete, commented configuration file. 打印完整配置示例。
    Example,
}

/// Taken where it stands in the working directory and no other is named, so that every command means the same house.
const CONFIG_FILE: &str = "outpace.toml";

/// Where settings come from and data is kept: the same flags for every command that needs them.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Place {
    /// The configuration file; without it outpace.toml of this folder, or defaults. 配置文件。
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for campaigns, recordings and the SQLite file. 数据目录。
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    pub(crate) fn load(&self) -> Result<Config, Failure> {
        let here = Path::new(CONFIG_FILE);
        let file = self.config.as_deref().or_else(|| here.is_file().then_some(here));
        let mut config = Config::load(file, std::env::vars())?;
        if let Some(dir) = &self.data {
            config.data.dir.clone_from(dir);
        }
        Ok(config)
    }
}

/// What a command says when it cannot do its work. The exit code is 1.
#[derive(Debug)]
pub(crate) struct Failure(pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure(error.to_string())
    }
}

impl From<crate::words::Reason> for Failure {
    /// In the language of the terminal.
    fn from(reason: crate::words::Reason) -> Failure {
        Failure(reason.text(check::lang(None)))
    }
}

pub fn main() -> ExitCode {
    let outpace = Outpace::parse();
    let result = match outpace.command {
        Command::New(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Test(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Suppress(command) => command.run(),
        Command::Pacer { ignore_steps } => pacer::run(std::io::stdin().lock(), std::io::stdout().lock(), ignore_steps)
            .map(|()| ExitCode::SUCCESS)
            .map_err(Failure::from),
        Command::Simulate(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Why(command) => command.run(),
        Command::Evidence(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Preview(command) => command.run(),
        Command::Config(ConfigCommand { what: ConfigWhat::Example }) => {
            print!("{}", config::EXAMPLE);
            Ok(ExitCode::SUCCESS)
        }
        Command::Key(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Serve(command) => command.run(),
    };
    result.unwrap_or_else(|Failure(text)| {
        eprintln!("outpace: {text}");
        ExitCode::FAILURE
    })
}

/// A small runtime for commands that talk to the store and end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
