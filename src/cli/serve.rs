//! `outpace serve`: dials for real until told to stop.

use super::assembly::Assembly;
use super::{Failure, Place};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[derive(clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
}

impl Serve {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let config = self.place.load()?;
        start_log(&config.log.level)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            let assembly = Assembly::start(&config).await?;
            tracing::info!(sip = %config.sip.bind, api = %assembly.address, store = assembly.store.url(), trunks = config.trunks.len(), "ready");
            let at = assembly.address;
            tracing::info!("agents work at http://{at}/agent, managers at http://{at}/floor; the API's manual is /docs");
            let mut look = tokio::time::interval(Duration::from_millis(250));
            let asked = loop {
                tokio::select! {
                    _ = terminate.recv() => break true,
                    _ = interrupt.recv() => break true,
                    _ = look.tick() => {
                        if let Some(why) = assembly.host.broken() {
                            tracing::error!("no more calls are placed: {why}");
                            break false;
                        }
                    }
                }
            };
            // Who may not write any more has no calls to finish either: they are another's now. Without SIP or sound
            // nothing can be finished.
            let within = Duration::from_secs(if asked { config.node.drain_seconds } else { 0 });
            tracing::info!(seconds = within.as_secs(), "stopping: no new calls, those in flight finish");
            let sound = tokio::select! {
                sound = assembly.stop(within) => sound,
                _ = terminate.recv() => asked_again(),
                _ = interrupt.recv() => asked_again(),
            };
            tracing::info!("stopped");
            Ok(if sound && asked { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}

/// A store that is away or full would keep a stopping process for as long as it is.
fn asked_again() -> bool {
    tracing::warn!("asked a second time: ending at once; what is not on disk yet is closed by the next start");
    false
}

pub(crate) fn start_log(level: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(level).map_err(|e| Failure(format!("log.level = \"{level}\": {e}")))?;
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(std::io::stderr).init();
    Ok(())
}
