//! Sets the stage: the dialer, its trunk, the people behind it, agents with softphones and robots, a list, a campaign
//! that runs. It uses the API wherever a user would.

use super::client::Client;
use super::people::People;
use super::robots::{RobotSetup, Robots};
use super::{Demo, folder, leads};
use crate::api::Event;
use crate::campaign::settings::{HandledBy, Settings};
use crate::cli::assembly::Assembly;
use crate::cli::config::{Config, Trunk};
use crate::cli::{Failure, data};
use crate::live::clock::wall_now;
use crate::live::peers::{Peers, PeersSetup, PhoneSetup};
use crate::sim::rng::mix;
use crate::store::{Binding, Scope, Store};
use crate::words::{AgentId, CampaignId, Wall};
use serde_json::{Value, json};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;
use tokio::sync::broadcast;

/// RTP ports of the dialer and of its peers: below those that the system hands out by itself.
const DIALER_PORTS: (u16, u16) = (16_384, 24_575);
const PEERS_PORTS: (u16, u16) = (24_576, 32_767);
const NAMES: [&str; 12] =
    ["anna", "bruno", "chen", "dora", "emil", "fang", "gina", "hugo", "ivy", "jun", "kira", "liang"];

pub(super) struct Stage {
    pub assembly: Assembly,
    pub peers: Peers,
    pub robots: Robots,
    pub campaign: CampaignId,
    pub campaign_name: String,
    pub admin: Client,
    pub admin_key: String,
    /// When dialing ends.
    pub end: Wall,
    /// From before the first call on; the show takes it.
    pub events: Option<broadcast::Receiver<Event>>,
}

struct NewAgent {
    id: AgentId,
    name: String,
    sip_secret: String,
}

impl Stage {
    pub async fn build(demo: &Demo, dir: &Path) -> Result<Stage, Failure> {
        let socket = UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        let config = configured(demo, dir, socket.local_addr()?)?;
        let (campaign_name, settings) = put_folder(&config, &demo.campaign)?;
        let assembly = Assembly::start(&config).await?;
        tracing::info!(api = %assembly.address, sip = %assembly.host.sip.local(), "the dialer stands");
        let events = Some(assembly.feed.listen());
        let store = assembly.store.clone();
        let (_, admin_key) = store.create_key(Scope::Admin, Binding::default(), wall_now()).await?;
        let admin = Client::new(assembly.address, &admin_key);
        // A flow that speaks by itself needs nobody.
        let count = if settings.flow.handled_by == HandledBy::Agent { demo.agents } else { 0 };
        let (agents, campaign) = {
            let (admin, name) = (admin.clone(), campaign_name.clone());
            blocking(move || Ok((hire(&admin, count)?, take_campaign(&admin, &name)?))).await?
        };
        tracing::info!(agents = agents.len(), "agents and campaign are known");
        let people = leads::made_up(demo.leads(), demo.seed, wall_now(), demo.length());
        {
            let admin = admin.clone();
            blocking(move || Ok(admin.import(campaign, &leads::csv(&people))?)).await?;
        }
        tracing::info!("the list is in");
        let phones = agents.iter().map(|a| PhoneSetup { user: a.name.clone(), password: a.sip_secret.clone() });
        let peers = Peers::start(PeersSetup {
            socket,
            dialer: assembly.host.sip.local(),
            ports: PEERS_PORTS,
            media_threads: 1,
            phones: phones.collect(),
            casting: Box::new(People::new(demo.seed)),
            seed: demo.seed,
        })?;
        tracing::info!("the peers stand");
        let outcomes: Vec<String> = settings.outcomes.into_keys().collect();
        let robots = Robots::start(robots(&store, &agents, assembly.address, campaign, &outcomes, demo.seed).await?)?;
        {
            let admin = admin.clone();
            blocking(move || Ok(admin.post(&format!("/v1/campaigns/{campaign}/start"), &json!({}))?)).await?;
        }
        tracing::info!("the campaign runs");
        let end = wall_now() + demo.length();
        Ok(Stage { assembly, peers, robots, campaign, campaign_name, admin, admin_key, end, events })
    }

    /// Everything down, in order. False: something broke.
    pub async fn strike(self) -> bool {
        let Stage { assembly, mut peers, .. } = self;
        let sound = assembly.stop(Duration::from_secs(2)).await;
        let _ = tokio::task::spawn_blocking(move || peers.stop()).await;
        sound
    }
}

/// Ports by the system's choice, one trunk to the peers.
fn configured(demo: &Demo, dir: &Path, peers: SocketAddr) -> Result<Config, Failure> {
    let mut config = Config::default();
    let local = SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    config.data.dir = dir.to_owned();
    config.sip.bind = local;
    config.api.bind = local;
    (config.rtp.port_min, config.rtp.port_max) = DIALER_PORTS;
    config.trunks = vec![Trunk {
        name: "demo-carrier".to_owned(),
        address: peers,
        channels: demo.agents * 4 + 10,
        calls_per_second: (demo.agents * 2).clamp(10, 200),
        user: None,
        password: None,
        register: false,
        options_seconds: 0,
    }];
    Ok(config)
}

/// The demo's copy of the campaign, beside whatever the data folder holds; its settings.
fn put_folder(config: &Config, campaign: &str) -> Result<(String, Settings), Failure> {
    let (name, files) = data::find_campaign(config, campaign)?;
    let name = if name.starts_with("demo-") { name } else { format!("demo-{name}") };
    folder::write(files, &config.data.dir.join("campaigns").join(&name))?;
    let (name, files) = data::find_campaign(config, &name)?;
    let settings = data::bundle(&name, &files)?.settings;
    Ok((name, settings))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await?
}

/// New agents, with names that are free.
fn hire(admin: &Client, count: u32) -> Result<Vec<NewAgent>, Failure> {
    let known = known(admin)?;
    let usual = (0..).map(|n: usize| match NAMES.get(n) {
        Some(name) => (*name).to_owned(),
        None => format!("{}-{}", NAMES[n % NAMES.len()], n / NAMES.len() + 1),
    });
    let names = usual.filter(|name| !known.contains(name)).take(count as usize);
    names
        .map(|name| {
            let created = admin.post("/v1/agents", &json!({ "name": name }))?;
            let text = |key: &str| created[key].as_str().unwrap_or_default().to_owned();
            Ok(NewAgent { id: text("id").parse()?, name, sip_secret: text("sip_secret") })
        })
        .collect()
}

/// The names that are taken, page by page.
fn known(admin: &Client) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    let mut page: Value = admin.get("/v1/agents?limit=1000")?;
    loop {
        let agents = page["items"].as_array().into_iter().flatten();
        names.extend(agents.filter_map(|agent| Some(agent["name"].as_str()?.to_owned())));
        let Some(next) = page["next"].as_str() else { return Ok(names) };
        page = admin.get(&format!("/v1/agents?limit=1000&after={next}"))?;
    }
}

fn take_campaign(admin: &Client, name: &str) -> Result<CampaignId, Failure> {
    let taken = admin.post("/v1/campaigns", &json!({ "name": name }))?;
    Ok(taken["id"].as_str().unwrap_or_default().parse()?)
}

/// Each with a key that may act for its own agent only.
async fn robots(
    store: &Store,
    agents: &[NewAgent],
    api: SocketAddr,
    campaign: CampaignId,
    outcomes: &[String],
    seed: u64,
) -> Result<Vec<RobotSetup>, Failure> {
    let mut setups = Vec::new();
    for (n, agent) in agents.iter().enumerate() {
        let binding = Binding { agent: Some(agent.id), ..Binding::default() };
        let (_, key) = store.create_key(Scope::Agent, binding, wall_now()).await?;
        setups.push(RobotSetup {
            client: Client::new(api, &key),
            agent: agent.id.to_string(),
            campaign,
            outcomes: outcomes.to_vec(),
            seed: mix(seed ^ mix(n as u64)),
        });
    }
    Ok(setups)
}
