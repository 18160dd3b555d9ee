//! The whole dialer put together: store, live world, shelf of campaigns, API. `serve` and `demo` both start it.

use super::config::Config;
use super::{Failure, check, data, verify};
use crate::api::{
    self, Api, CampaignShelf, Feed, Imports, Keep, LoginGuard, ShelfError, Taken, newcomers, suppressions,
};
use crate::engine::{CampaignSpec, Door, Request};
use crate::live::clock::wall_now;
use crate::live::host::bind_advice;
use crate::live::media_edge::MediaSettings;
use crate::live::prompts::Prompts;
use crate::live::{Host, HostSetup, TrunkSetup};
use crate::media::Prompt;
use crate::script::{Host as Lua, Limits};
use crate::sip::Trunk;
use crate::store::{Store, fail_point};
use crate::words::{CampaignId, ClientId, Reason, SellerId, Text};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

pub(crate) struct Assembly {
    pub store: Store,
    pub host: Host,
    pub feed: Feed,
    pub api: Arc<Api>,
    /// Where the API listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    following: tokio::task::JoinHandle<()>,
}

/// Campaign folders from the data folder, or shipped ones.
pub(crate) struct Shelf {
    config: Config,
    store: Store,
    prompts: Prompts,
    runtime: tokio::runtime::Handle,
}

impl Assembly {
    /// Everything is up when this returns; campaigns that were running go on.
    pub(crate) async fn start(config: &Config) -> Result<Assembly, Failure> {
        // First the listener: a port in use is the commonest fault and must not cost an epoch.
        let listener = tokio::net::TcpListener::bind(config.api.bind).await.map_err(|e| {
            let why = bind_advice(&e);
            Failure(format!("API on TCP {}: {e}. {why}, or change api.bind (OUTPACE__API__BIND).", config.api.bind))
        })?;
        let address = listener.local_addr()?;
        let store = data::open_store(config).await?;
        let verify::Folded { fold, told, .. } = verify::fold(&store).await?;
        let kpis = Arc::new(Mutex::new(fold));
        let feed = Feed::new(kpis.clone());
        let (observer, written) = (feed.clone(), feed.clone());
        let youngest = store.agents().await?.last().map(|agent| agent.id);
        // Before the engine learns of all that are suppressed.
        let suppressed = store.last_suppression().await?;
        let host = Host::start(HostSetup {
            node: config.node.id,
            store: store.clone(),
            sip_bind: config.sip.bind,
            realm: config.sip.realm.clone(),
            media: media_settings(config),
            trunks: config.trunks.iter().map(trunk).collect(),
            observer: Box::new(move |output| observer.observe(output)),
            on_disk: Box::new(move |seq| written.durable(seq)),
            seed: seed()?,
        })
        .await?;
        let shelf = Arc::new(Shelf {
            config: config.clone(),
            store: store.clone(),
            prompts: host.prompts.clone(),
            runtime: tokio::runtime::Handle::current(),
        });
        let api = Arc::new(Api {
            store: store.clone(),
            door: Arc::new(host.desk.clone()) as Arc<dyn Door>,
            feed: feed.clone(),
            kpis,
            imports: Imports::new(told),
            shelf: shelf.clone(),
            faults: faults(&host),
            recordings: config.data.dir.clone(),
            uploads: config.data.dir.join("uploads"),
            sip_realm: config.sip.realm.clone(),
            pauses: config.pause_reasons(),
            logins: LoginGuard::new(address),
            changing: tokio::sync::Mutex::default(),
            now: Arc::new(wall_now),
            preview: OnceLock::new(),
        });
        fail_point("at", "host_started");
        // Ready means ready: nobody is let in before the campaigns are back.
        resume(&store, &shelf, &api, &host.running).await?;
        fail_point("at", "resumed");
        let (stop, mut stopped) = watch::channel(false);
        let follower = api.clone();
        // From before the engine knew them: one who came between is told twice.
        let following = tokio::spawn(async move {
            tokio::join!(
                follower.imports.follow(&follower),
                newcomers::follow(&follower, youngest),
                suppressions::follow(&follower, suppressed)
            );
        });
        let state = api.clone();
        let serving = tokio::spawn(async move {
            let ended = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            api::serve(listener, state, ended).await
        });
        Ok(Assembly { store, host, feed, api, address, stop, serving, following })
    }

    /// No new calls; those in flight may go on for `within`; then everything is on disk. False: something broke.
    pub(crate) async fn stop(self, within: Duration) -> bool {
        self.following.abort();
        self.host.shut_down(within);
        let sound = self.host.finish().await;
        let _ = self.stop.send(true);
        // Streams never end by themselves: those who listen are cut off.
        let _ = tokio::time::timeout(Duration::from_millis(500), self.serving).await;
        self.store.close().await;
        sound
    }
}

/// Campaigns known to the store are configured again; those that were running are started again.
async fn resume(store: &Store, shelf: &Arc<Shelf>, api: &Api, running: &[CampaignId]) -> Result<(), Failure> {
    for row in store.campaigns().await? {
        let spec = shelf.from_store(row.id).await?;
        if let Err(refusal) = api.ask("restart", Request::Configure(Arc::new(spec))).await {
            let reason = refusal.reason.text(crate::words::Lang::En);
            tracing::error!(campaign = %row.name, %reason, "a campaign could not be taken up again");
            continue;
        }
        if running.contains(&row.id) {
            tracing::info!(campaign = %row.name, "goes on where it was");
            let _ = api.ask("restart", Request::StartCampaign { campaign: row.id }).await;
        }
    }
    Ok(())
}

impl Shelf {
    /// As the store has it: what was running goes on unchanged, whatever happened to the folder meanwhile.
    pub(crate) async fn from_store(&self, id: CampaignId) -> Result<CampaignSpec, Failure> {
        let row = self.store.campaign(id).await?.ok_or_else(|| Failure(format!("campaign {id} is gone")))?;
        let files = self.store.campaign_files(id).await?;
        self.spec(&row.name, &files, id)
    }

    fn spec(&self, name: &str, files: &data::Files, id: CampaignId) -> Result<CampaignSpec, Failure> {
        let bundle = data::bundle(name, files)?;
        self.prompts.offer(id, &bundle.version, sounds(name, files)?);
        Ok(CampaignSpec {
            id,
            name: name.to_owned(),
            version: bundle.version,
            seller: SellerId(1),
            client: ClientId(1),
            settings: bundle.settings,
            sources: bundle.sources,
            prompts: bundle.prompts,
        })
    }
}

impl CampaignShelf for Shelf {
    /// Blocks: called on a thread for blocking work.
    fn take(&self, name: &str) -> Result<Taken, ShelfError> {
        if name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(ShelfError::Missing(Reason::new("folder.not_a_name").with("campaign", name)));
        }
        let (name, files) = data::find_campaign(&self.config, name).map_err(ShelfError::Missing)?;
        let bundle =
            data::bundle(&name, &files).map_err(|wrong| ShelfError::Wrong(Text::in_each(|lang| wrong.lines(lang))))?;
        if let Err(error) = Lua::load(&bundle.sources, check::flow_settings(&bundle.settings), Limits::default(), 1) {
            let at = format!("{name}/{}", error.at);
            let reason = Reason::new("campaign.flow_error").with("at", at).with("error", error.message);
            return Err(ShelfError::Wrong(reason.in_each()));
        }
        let wrong = |Failure(why): Failure| ShelfError::Wrong(Text::plain(why));
        let broken = |why: String| ShelfError::Broken(why);
        let (store, runtime) = (self.store.clone(), self.runtime.clone());
        let known = runtime.block_on(store.campaign_named(&name)).map_err(|error| broken(error.to_string()))?;
        let spec = |id| self.spec(&name, &files, id).map(Arc::new).map_err(wrong);
        let keep = {
            let (runtime, name, files) = (runtime.clone(), name.clone(), files.clone());
            move || runtime.block_on(data::keep_campaign(&store, &name, &bundle, &files))
        };
        match known {
            Some(row) => {
                let keep: Keep = Box::new(move || keep().map(|_| ()).map_err(|Failure(why)| broken(why)));
                Ok(Taken { spec: spec(row.id)?, keep })
            }
            // A new one has its id from the store.
            None => {
                let id = keep().map_err(|Failure(why)| broken(why))?;
                Ok(Taken { spec: spec(id)?, keep: Box::new(|| Ok(())) })
            }
        }
    }
}

/// Decoded once, shared with the media threads.
fn sounds(name: &str, files: &data::Files) -> Result<BTreeMap<String, Arc<Prompt>>, Failure> {
    let mut sounds = BTreeMap::new();
    for (path, bytes) in files {
        let Some(sound) = path.strip_prefix("prompts/").and_then(|p| p.strip_suffix(".wav")) else { continue };
        let prompt = Prompt::from_wav(bytes).map_err(|e| Failure(format!("{name}/{path}: {e}")))?;
        sounds.insert(sound.to_owned(), Arc::new(prompt));
    }
    Ok(sounds)
}

fn media_settings(config: &Config) -> MediaSettings {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let threads = if config.rtp.threads == 0 { (cores / 2).max(1) } else { config.rtp.threads };
    MediaSettings {
        bind: config.rtp.bind,
        ports: (config.rtp.port_min, config.rtp.port_max),
        threads,
        data: Some(config.data.dir.clone()),
        seed: seed().unwrap_or(1),
        ..MediaSettings::default()
    }
}

fn trunk(trunk: &super::config::Trunk) -> TrunkSetup {
    let id = TrunkSetup::id(&trunk.name);
    TrunkSetup {
        trunk: Trunk {
            user: trunk.user.clone().unwrap_or_default(),
            password: trunk.password.clone().unwrap_or_default(),
            register: trunk.register.then_some(Duration::from_secs(600)),
            calls_per_second: Some(trunk.calls_per_second),
            options: (trunk.options_seconds > 0).then(|| Duration::from_secs(u64::from(trunk.options_seconds))),
            ..Trunk::new(id, &trunk.name, trunk.address)
        },
        channels: trunk.channels,
        calls_per_second: trunk.calls_per_second,
    }
}

fn faults(host: &Host) -> Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync> {
    let health = host.health.clone();
    Arc::new(move || health.faults().into_iter().map(|f| (f.name.to_owned(), f.cause)).collect())
}

fn seed() -> Result<u64, Failure> {
    getrandom::u64().map_err(|e| Failure(format!("the system's randomness: {e}")))
}
