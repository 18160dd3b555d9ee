//! Starts everything that lives: the store's writer, the lines, the engine's thread; and stops it in order.

use super::clock::{Clock, wall_now};
use super::desk::Desk;
use super::ended::Ended;
use super::heir::{Heir, restore_phones};
use super::inbox::Inbox;
use super::lines::{Lines, LinesSetup};
use super::media_edge::MediaSettings;
use super::phonebook::Phonebook;
use super::prompts::Prompts;
use super::recorder;
use super::sip_thread::{SipCommand, SipHandle};
use super::watch::Watch;
use super::world::{LiveWorld, Observer, OnDisk};
use super::writer::{Writer, Writing};
use crate::engine::{AgentRecord, Engine, Input, Recovered, TrunkRecord, run};
use crate::sip::{Config, Stack, Trunk, UserSecret};
use crate::store::{Health, Standing, Store, StoreError, Testament, fail_point};
use crate::words::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// How far back abandonment ledgers look: the longest legal window.
const LEDGER_DAYS: u64 = 31;

/// A closed file is recorded within this, even by a store that was away for a while.
const UNTOLD: Duration = Duration::from_secs(3600);

/// Of a process that may not write any more.
const LAST_WORDS: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(20);

/// What the registrar grants at most: a phone that fell away unseen is known to be gone after this.
const REGISTER_EXPIRES: Duration = Duration::from_secs(60);

pub struct HostSetup {
    pub node: u16,
    pub store: Store,
    pub sip_bind: SocketAddr,
    pub realm: String,
    pub media: MediaSettings,
    pub trunks: Vec<TrunkSetup>,
    pub observer: Observer,
    pub on_disk: OnDisk,
    /// From the system's randomness: branches, tags, nonces, SSRCs.
    pub seed: u64,
}

#[derive(Clone)]
pub struct TrunkSetup {
    pub trunk: Trunk,
    pub channels: u32,
    pub calls_per_second: u32,
}

#[derive(Debug)]
pub enum HostError {
    Store(StoreError),
    /// The address, and why it cannot be had.
    Socket(SocketAddr, std::io::Error),
    Start(std::io::Error),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::Store(error) => error.fmt(f),
            HostError::Socket(address, error) => {
                let why = bind_advice(error);
                write!(f, "SIP on UDP {address}: {error}. {why}, or change sip.bind (OUTPACE__SIP__BIND).")
            }
            HostError::Start(error) => write!(f, "{error}"),
        }
    }
}

/// Why an address cannot be had, and what to do.
pub fn bind_advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "Another program listens there: stop it",
        std::io::ErrorKind::AddrNotAvailable => "This machine has no such address: use one of its own",
        std::io::ErrorKind::PermissionDenied => "Ports below 1024 need rights: take a higher one",
        _ => "See what the system says",
    }
}

impl std::error::Error for HostError {}
impl From<StoreError> for HostError {
    fn from(error: StoreError) -> HostError {
        HostError::Store(error)
    }
}

pub struct Host {
    pub desk: Desk,
    pub inbox: Inbox,
    pub prompts: Prompts,
    pub health: Health,
    pub sip: SipHandle,
    /// Of the threads of sound.
    sound: Ended,
    /// Campaigns that were running when the last run ended, to be configured and started again.
    pub running: Vec<CampaignId>,
    engine: JoinHandle<()>,
    writer: Writer,
    writing: Writing,
}

impl TrunkSetup {
    /// A trunk's id follows from its name, so that reports over restarts agree.
    pub fn id(name: &str) -> TrunkId {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(name.as_bytes());
        TrunkId(u64::from_be_bytes(digest[..8].try_into().expect("eight bytes of thirty-two")) >> 1)
    }
}

impl Host {
    pub async fn start(setup: HostSetup) -> Result<Host, HostError> {
        let socket = UdpSocket::bind(setup.sip_bind).map_err(|e| HostError::Socket(setup.sip_bind, e))?;
        let local = socket.local_addr().map_err(HostError::Start)?;
        let clock = Clock::start();
        let store = setup.store;
        let owner = store.take_node(setup.node, wall_now()).await?;
        fail_point("at", "node_taken");
        let testaments = store.testaments(setup.node).await?;
        let since = wall_now() - Duration::from_secs(LEDGER_DAYS * 86_400);
        let ledgers: BTreeMap<CampaignId, Wall> = store.campaigns().await?.into_iter().map(|c| (c.id, since)).collect();
        let standing = store.recover(owner, &ledgers).await?;
        let last_fact = standing.last_wall;
        let running = standing.running.clone();
        let agents = store.agents().await?;
        let health = Health::default();
        let (inbox, inputs) = Inbox::new(clock, health.clone());
        let to_engine = inbox.clone();
        // The SIP thread starts below; nothing asks for a confirmation before.
        let confirming: Arc<OnceLock<SipHandle>> = Arc::default();
        let confirmed = confirming.clone();
        let (writer, writing) = Writer::start_with(
            store.clone(),
            owner,
            health.clone(),
            move |input| to_engine.put(input),
            move |leg| {
                // A thread that is full or gone sends nothing: the call fails there, and is told.
                let _ = confirmed.get().map(|sip| sip.send(SipCommand::Confirm { leg }));
            },
        )
        .map_err(HostError::Start)?;
        let phonebook = Phonebook::default();
        let records: Vec<AgentRecord> = agents
            .into_iter()
            .map(|a| AgentRecord { id: a.id, name: a.name, display: a.display, lang: a.lang })
            .collect();
        for agent in &records {
            phonebook.add(agent.id, &agent.name);
        }
        let prompts = Prompts::default();
        let mut first = vec![Input::WallClock { offset: clock.wall_offset() }];
        let known = recovered(&store, setup.node, owner.epoch, standing, records, &setup.trunks, &testaments);
        let (learned, promised) = (store.learned(wall_now()).await?, store.promised(wall_now()).await?);
        first.push(Input::Recovered(Box::new(Recovered { learned, promised, ..known })));
        if let Some(data) = &setup.media.data {
            first.extend(untold_recordings(&store, data, last_fact).await?.into_iter().map(mended));
            first.extend(recorder::mend(data).into_iter().map(mended));
        }
        let mut config = Config::new(local);
        config.realm.clone_from(&setup.realm);
        config.register_expires_max = REGISTER_EXPIRES;
        config.testaments = true;
        let lines = Lines::start(LinesSetup {
            stack: Stack::new(config, setup.seed),
            socket,
            media: setup.media,
            clock,
            inbox: inbox.clone(),
            phonebook: phonebook.clone(),
            prompts: prompts.clone(),
            health: health.clone(),
            heir: Heir::new(setup.node, writer.clone()),
        })
        .map_err(HostError::Start)?;
        let (sip, sound) = (lines.sip.clone(), lines.media.ended().clone());
        let _ = confirming.set(sip.clone());
        add_users(&store, &sip).await?;
        restore_phones(&store, &sip, wall_now()).await?;
        for trunk in setup.trunks {
            let _ = sip.send(SipCommand::AddTrunk(Box::new(trunk.trunk)));
        }
        // First of all: whoever the last run left on the line is let go.
        for testament in testaments {
            let _ = sip.send(SipCommand::Execute { leg: testament.leftover.leg, testament: testament.body });
        }
        fail_point("at", "testaments_executed");
        let desk = Desk::new(inbox.clone(), store, sip.clone(), phonebook, tokio::runtime::Handle::current());
        let world = LiveWorld {
            clock,
            inbox: inputs,
            writer: writer.clone(),
            lines,
            desk: desk.clone(),
            watch: Watch::new(clock),
            observer: setup.observer,
            health: health.clone(),
            trunks_down: BTreeSet::new(),
            on_disk: setup.on_disk,
            first,
            wall_offset: clock.wall_offset(),
            clock_looked_at: clock.now(),
            own_turn: false,
            letting_go: false,
        };
        let engine = engine_thread(world, setup.seed).map_err(HostError::Start)?;
        Ok(Host { desk, inbox, prompts, health, sip, sound, running, engine, writer, writing })
    }

    /// SIGTERM: no new calls; those in flight may go on for `within`.
    pub fn shut_down(&self, within: Duration) {
        self.inbox.put(Input::Shutdown { within });
    }

    /// What ended that must live as long as the program, and what to do: the program must stop too, and fail.
    pub fn broken(&self) -> Option<String> {
        if let Some(end) = self.sip.ended().get().or_else(|| self.sound.get()) {
            return Some(end.to_string());
        }
        if self.writing.is_finished() {
            return Some("the writer ended: a younger process of this node has taken the database over".to_owned());
        }
        self.engine.is_finished().then(|| "the engine ended: the lines above say why. Start outpace again".to_owned())
    }

    /// After the engine stopped: the last facts on disk. False: the engine panicked, or nothing can be written any more.
    pub async fn finish(self) -> bool {
        let engine = self.engine;
        // The engine waits until its last fact is durable. Once the writer has ended, that never comes: after the time
        // it takes to say BYE, the process goes.
        let mut left = LAST_WORDS;
        while !engine.is_finished() && !left.is_zero() {
            tokio::time::sleep(LOOK).await;
            if self.writing.is_finished() {
                left = left.saturating_sub(LOOK);
            }
        }
        if !engine.is_finished() {
            return false;
        }
        let sound = tokio::task::spawn_blocking(move || engine.join().is_ok()).await.unwrap_or(false);
        self.writer.drain().await;
        drop(self.desk);
        drop(self.writer);
        // It ends with its last sender, before the runtime does.
        let _ = tokio::time::timeout(LAST_WORDS, self.writing).await;
        sound
    }
}

fn engine_thread(mut world: LiveWorld, seed: u64) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
        let mut engine = Engine::new(seed);
        let watch = world.watch.clone();
        if let Err(error) = watch.start(engine.watchdogs()) {
            tracing::error!(%error, "no watchdog: only counted budgets stop a flow");
        }
        run(&mut engine, &mut world);
        watch.stop();
        world.lines.stop();
    })
}

/// Every agent's softphone may register from now on.
pub(super) async fn add_users(store: &Store, sip: &SipHandle) -> Result<(), StoreError> {
    for credential in store.sip_credentials().await? {
        let secret = UserSecret::Ha1 { md5: credential.ha1_md5, sha256: credential.ha1_sha256 };
        let _ = sip.send(SipCommand::AddUser { name: credential.name, secret });
    }
    Ok(())
}

/// Files that the last run closed and never recorded (I7): written about when its facts end.
async fn untold_recordings(store: &Store, data: &Path, last: Wall) -> Result<Vec<recorder::Closed>, StoreError> {
    let since = Wall(last.0 - i64::try_from(UNTOLD.as_micros()).unwrap_or(i64::MAX));
    let mut untold = Vec::new();
    for (recording, path) in recorder::closed_since(data, since) {
        if store.has_recording(recording).await? {
            continue;
        }
        match recorder::describe(data, recording, &path) {
            Ok(closed) => untold.push(closed),
            Err(error) => tracing::error!(path = %path.display(), %error, "a recording cannot be read"),
        }
    }
    Ok(untold)
}

fn mended(closed: recorder::Closed) -> Input {
    Input::Recorded {
        call: CallId(closed.recording.0),
        recording: closed.recording,
        length_ms: closed.length_ms,
        sha256: closed.sha256,
        file: closed.file,
    }
}

fn recovered(
    store: &Store,
    node: u16,
    epoch: u32,
    standing: Standing,
    agents: Vec<AgentRecord>,
    trunks: &[TrunkSetup],
    testaments: &[Testament],
) -> Recovered {
    let trunks = trunks.iter().map(|t| TrunkRecord {
        id: t.trunk.id,
        name: t.trunk.name.clone(),
        channels: t.channels,
        calls_per_second: t.calls_per_second,
    });
    Recovered {
        centre: store.centre(),
        node,
        epoch,
        last_seq: standing.last_seq,
        open_calls: standing.open_calls,
        leftovers: testaments.iter().map(|testament| testament.leftover.clone()).collect(),
        unplanned: standing.unplanned,
        open_sessions: standing.open_sessions,
        agents,
        trunks: trunks.collect(),
        suppressed: standing.suppressed,
        ledgers: standing.ledgers,
        halted: standing.halted,
        orders: standing.orders,
        ..Recovered::default()
    }
}
