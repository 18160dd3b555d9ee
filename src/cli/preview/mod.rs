//! `outpace preview DIR`: the agent's page of a flow in a browser, with a customer's phone beside it to ring, answer and
//! hang up. Nothing is configured, nothing leaves the machine, nothing is kept: a dialer of its own runs on loopback
//! between a softphone and a customer in the same process, in a folder that is removed at the end. What is saved in the
//! campaign's folder meanwhile is in the next call.

mod folder;
mod watch;

use super::assembly::Assembly;
use super::config::{Config, Trunk};
use super::{Failure, check, serve};
use crate::api::preview::{Act, Phone, Preview as Page, Shown};
use crate::engine::{AgentRecord, Request};
use crate::live::clock::wall_now;
use crate::live::peers::{Casting, Course, Hand, HandState, Part, Peers, PeersSetup, PhoneSetup};
use crate::words::{CampaignId, Lang};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Below the ports that the system hands out by itself; beside the demo's.
const DIALER_PORTS: (u16, u16) = (15_384, 15_883);
const PEERS_PORTS: (u16, u16) = (15_884, 16_383);
const NAME: &str = "preview";
/// Whose page it is. A name, for openers say it.
const AGENT: &str = "anna";

#[derive(clap::Args)]
pub(crate) struct Preview {
    /// The campaign folder. 活动文件夹。
    dir: PathBuf,
    /// Of the page; 0 takes a free one. 页面端口，0 为任选。
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// Every number is the one phone on the page.
struct ByHand;
impl Casting for ByHand {
    fn cast(&mut self, _number: &str) -> Part {
        Part { post_dial: Duration::ZERO, course: Course::ByHand }
    }
}

impl Preview {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        serve::start_log("warn")?;
        let scratch = Scratch::make()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(self.show(&scratch.0))
    }

    async fn show(&self, scratch: &Path) -> Result<ExitCode, Failure> {
        let copy = scratch.join("campaigns").join(NAME);
        let lang = check::lang(None);
        watch::proof(&self.dir).map_err(|problems| {
            let (dir, problems) = (self.dir.display(), problems.get(lang));
            Failure(format!("{dir} has problems (`outpace check {dir}` lists the same):\n{problems}"))
        })?;
        folder::write(&self.dir, &copy)?;
        let list = scratch.join("people.csv");
        folder::people(&self.dir, &list)?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let assembly = Assembly::start(&self.configured(scratch, socket.local_addr()?)).await?;
        let board = watch::Board::default();
        let (peers, campaign) = prepare(&assembly, socket, &list, &board).await?;
        println!("The agent's page of {} is at http://{}/preview", self.dir.display(), assembly.address);
        println!("What you save in the folder is in the next call. Ctrl-C ends it.");
        println!("座席页面预览：http://{}/preview 。保存文件后，下一通电话即生效。Ctrl-C 结束。", assembly.address);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = watch::follow(&self.dir, &copy, &assembly, campaign, &board) => {}
            () = watch::listen(&assembly, &board) => {}
        }
        let sound = assembly.stop(Duration::ZERO).await;
        tokio::task::spawn_blocking(move || peers.lock().expect("nobody panics with it").stop()).await?;
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn configured(&self, scratch: &Path, peers: SocketAddr) -> Config {
        let mut config = Config::default();
        config.data.dir = scratch.to_owned();
        config.sip.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.api.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        (config.rtp.port_min, config.rtp.port_max) = DIALER_PORTS;
        config.trunks = vec![Trunk {
            name: NAME.to_owned(),
            address: peers,
            channels: 2,
            calls_per_second: 2,
            user: None,
            password: None,
            register: false,
            options_seconds: 0,
        }];
        config
    }
}

/// One agent with a softphone, one list, one campaign that runs; the page is open from here on.
async fn prepare(
    assembly: &Assembly,
    socket: UdpSocket,
    list: &Path,
    board: &watch::Board,
) -> Result<(Arc<Mutex<Peers>>, CampaignId), Failure> {
    let (store, api) = (&assembly.store, &assembly.api);
    let secrets = store.create_agent(AGENT, Lang::En, &api.sip_realm, wall_now()).await?;
    let record = AgentRecord { id: secrets.id, name: AGENT.to_owned(), display: None, lang: Lang::En };
    ask(assembly, Request::AddAgent(record)).await?;
    let user = store.user_named(AGENT).await?.ok_or_else(|| Failure("the agent has no user".to_owned()))?;
    let shelf = api.shelf.clone();
    let taken = tokio::task::spawn_blocking(move || shelf.take(NAME)).await?;
    // New in a new folder, so it is kept already.
    let spec = taken.map_err(|error| Failure(format!("{error:?}")))?.spec;
    let campaign = spec.id;
    ask(assembly, Request::Configure(spec)).await?;
    let row = store.campaign(campaign).await?.ok_or_else(|| Failure("the campaign is gone".to_owned()))?;
    let imported = store.import_file(&row, list, wall_now(), |_| {}).await;
    imported.map_err(|error| Failure(error.to_string()))?;
    let peers = Peers::start(PeersSetup {
        socket,
        dialer: assembly.host.sip.local(),
        ports: PEERS_PORTS,
        media_threads: 1,
        phones: vec![PhoneSetup { user: AGENT.to_owned(), password: secrets.sip_secret }],
        casting: Box::new(ByHand),
        seed: 1,
    })?;
    let peers = Arc::new(Mutex::new(peers));
    let (hand, phone, news) = (peers.clone(), peers.clone(), board.clone());
    let page = Page {
        user: user.id,
        act: Box::new(move |act| {
            let hand_does = match act {
                Act::Answer => Hand::Answer,
                Act::HangUp => Hand::HangUp,
                Act::Digit(key) => Hand::Press(key),
            };
            hand.lock().expect("nobody panics with it").by_hand(hand_does);
        }),
        shown: Box::new(move || Shown {
            phone: match phone.lock().expect("nobody panics with it").tally().hand() {
                HandState::Idle => Phone::Idle,
                HandState::Ringing => Phone::Ringing,
                HandState::Up => Phone::Up,
            },
            news: news.lock().expect("nobody panics with it").clone(),
        }),
    };
    if api.preview.set(page).is_err() {
        return Err(Failure("the preview was set up twice".to_owned()));
    }
    ask(assembly, Request::StartCampaign { campaign }).await?;
    Ok((peers, campaign))
}

async fn ask(assembly: &Assembly, request: Request) -> Result<(), Failure> {
    let answer = assembly.api.ask(NAME, request).await;
    answer.map(|_| ()).map_err(|refusal| Failure(refusal.reason.text(Lang::En)))
}

/// Removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> Result<Scratch, Failure> {
        let dir = std::env::temp_dir().join(format!("outpace-preview-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|e| Failure(format!("{}: {e}", dir.display())))?;
        Ok(Scratch(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
