//! The writer between engine and store: groups, order, and what it does when the database is locked or away.

#[path = "support/postgres.rs"]
mod postgres;

use outpace::engine::{Command, Input, Output};
use outpace::facts::*;
use outpace::live::writer::Writer;
use outpace::store::*;
use outpace::words::*;
use std::collections::BTreeMap;
use std::path::Path;
use tokio::sync::mpsc;

const NOW: Wall = Wall(1_795_000_000_000_000);

struct Bench {
    store: Store,
    writer: Writer,
    health: Health,
    inputs: mpsc::UnboundedReceiver<Input>,
    task: tokio::task::JoinHandle<Result<(), StoreError>>,
    owner: Owner,
    seq: u64,
}

impl Bench {
    async fn new(url: &str, dir: &Path) -> Bench {
        let store = Store::open(url, dir).await.expect("the store opens");
        let owner = store.take_node(0, NOW).await.expect("the node is free");
        let health = Health::default();
        let (tell, inputs) = mpsc::unbounded_channel();
        let deliver = move |input| tell.send(input).expect("the test listens");
        let (writer, task) = Writer::start(store.clone(), owner, health.clone(), deliver).expect("a thread more");
        Bench { store, writer, health, inputs, task, owner, seq: 0 }
    }

    fn fact(&mut self, fact: Fact) {
        self.seq += 1;
        let centre = CentreId(1);
        let envelope =
            Envelope { centre, node: 0, seq: self.seq, moment: Moment(0), wall: NOW, version: VERSION, fact };
        assert!(self.writer.carry_out(Output::Fact(envelope)).is_none(), "facts are the store's matter");
    }

    fn pause(&mut self, n: u64) {
        for _ in 0..n {
            self.fact(Fact::CampaignPaused {
                campaign: CampaignId(1),
                by: "t".to_owned(),
                reason: Reason::new("test"),
            });
        }
    }

    /// Waits until this seq is durable; how many `Durable` came on the way.
    async fn durable(&mut self, seq: u64) -> usize {
        let mut told = 0;
        loop {
            match self.inputs.recv().await.expect("the writer lives") {
                Input::Durable { seq: at } => {
                    told += 1;
                    if at >= seq {
                        assert_eq!(at, seq);
                        return told;
                    }
                }
                other => panic!("{other:?} was not asked for"),
            }
        }
    }

    /// Waits until a fault of this name stands, or (false) until none does.
    async fn health(&self, name: &str, stands: bool) {
        while self.health.faults().iter().any(|fault| fault.name == name) != stands {
            tokio::task::yield_now().await;
        }
    }

    async fn campaign(&self, leads: u32) -> CampaignId {
        let files = BTreeMap::new();
        let (seller, client) = (SellerId(1), ClientId(1));
        let new = NewCampaign { name: "c", version: "v", seller, client, spec: "{}", files: &files, now: NOW };
        let id = self.store.put_campaign(&new).await.expect("a campaign");
        let row = |n: u32| NewLead {
            phone: Phone::e164(&format!("+1212555{n:04}")).expect("E.164"),
            zones: vec!["America/New_York".to_owned()],
            name: None,
            lang: None,
            callback_at: None,
            fields: BTreeMap::new(),
        };
        let mut import = self.store.begin_import(id, "file", NOW).await.expect("an import");
        import.push(&(0..leads).map(row).collect::<Vec<_>>()).await.expect("rows");
        import.finish(u64::from(leads), 0, NOW).await.expect("an import ends");
        id
    }
}

fn policy() -> LeasePolicy {
    LeasePolicy { attempts_total: 3, attempts_per_day: 3, zone: "UTC".to_owned() }
}

fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(story);
}

#[test]
fn facts_become_durable_in_groups() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    run(async {
        let mut bench = Bench::new("sqlite:t.db", dir.path()).await;
        bench.pause(10_000);
        let told = bench.durable(10_000).await;
        assert!(told < 1_000, "one commit carries many facts: {told}");
        assert_eq!(bench.store.each_fact(&FactFilter::default(), |_| {}).await, Ok(10_000));
        assert!(bench.writer.carry_out(Output::Command(Command::Stop)).is_some(), "not the store's matter");
        drop(bench.writer);
        assert_eq!(bench.task.await.expect("no panic"), Ok(()), "the task ends with its last handle");
    });
}

#[test]
fn leases_stand_in_their_place_among_facts() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    run(async {
        let mut bench = Bench::new("sqlite:t.db", dir.path()).await;
        let id = bench.campaign(5).await;
        bench.writer.configure(id, policy());
        let lease = || Output::Command(Command::LeaseLeads { campaign: id, count: 3 });
        bench.pause(2);
        assert!(bench.writer.carry_out(lease()).is_none());
        // Facts given before are on disk before: their `Durable` comes first.
        bench.durable(2).await;
        let Some(Input::LeadsLeased { leads, counts, .. }) = bench.inputs.recv().await else { panic!("leads") };
        assert_eq!((leads.len(), counts.pending, counts.in_flight), (3, 2, 3));
        let back = vec![leads[0].id, leads[1].id];
        bench.writer.carry_out(Output::Command(Command::ReleaseLeads { campaign: id, leads: back }));
        bench.writer.carry_out(lease());
        let Some(Input::LeadsLeased { leads: again, .. }) = bench.inputs.recv().await else { panic!("leads") };
        assert_eq!((again[0].id, again[1].id), (leads[0].id, leads[1].id));
        let call = CallId(1);
        let note = Command::KeepNote { call, lead: leads[2].id, note: "kind".to_owned() };
        bench.writer.carry_out(Output::Command(note));
        assert!(bench.writer.drain().await);
        assert_eq!(bench.store.call_notes(call).await, Ok(vec!["kind".to_owned()]));
        // Counted a moment after the answer.
        while bench.writer.depth() > 0 {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn an_answer_that_was_lost_leaves_no_lead_behind() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    run(async {
        let bench = Bench::new("sqlite:t.db", dir.path()).await;
        let id = bench.campaign(5).await;
        let policy = policy();
        let ask = || bench.store.lease_again(id, 3, NOW, &policy, bench.owner, 7);
        let lost = ask().await.expect("leads, whose answer nobody heard");
        let heard = ask().await.expect("leads");
        assert_eq!(heard.leads, lost.leads);
        assert_eq!(heard.counts.in_flight, 3);
    });
}

#[test]
fn a_locked_database_is_named_and_waited_out() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    run(async {
        let mut bench = Bench::new("sqlite:t.db", dir.path()).await;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("t.db"));
        let other =
            sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("opens");
        let held = other.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
        bench.pause(3);
        bench.health("store_locked", true).await;
        assert!(bench.inputs.is_empty(), "nothing is durable meanwhile");
        held.rollback().await.expect("the lock goes");
        bench.durable(3).await;
        bench.health("store_locked", false).await;
    });
}

#[test]
fn a_database_that_dies_loses_nothing() {
    let mut server = postgres::Postgres::start();
    let url = server.database("writer");
    run(async {
        let mut bench = Bench::new(&url, Path::new("/")).await;
        bench.pause(100);
        bench.durable(100).await;
        server.crash();
        bench.pause(50);
        bench.health("store_gone", true).await;
        bench.pause(50);
        server.recover();
        bench.durable(200).await;
        bench.health("store_gone", false).await;
        let mut seen = Vec::new();
        bench.store.each_fact(&FactFilter::default(), |fact| seen.push(fact.seq)).await.expect("facts");
        assert_eq!(seen, (1..=200).collect::<Vec<u64>>());
        bench.store.close().await;
    });
}

#[test]
fn a_process_that_lost_its_node_stops_writing() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    run(async {
        let mut bench = Bench::new("sqlite:t.db", dir.path()).await;
        bench.pause(1);
        bench.durable(1).await;
        let young = bench.store.take_node(0, NOW).await.expect("taken over");
        bench.pause(1);
        let ended = (&mut bench.task).await.expect("no panic");
        assert_eq!(ended, Err(StoreError::Fenced { node: 0, ours: young.epoch - 1, current: young.epoch }));
        bench.health("store_fenced", true).await;
        bench.pause(1);
        assert!(!bench.writer.drain().await, "a writer that ended says so");
    });
}

/// Leads' numbers lie in these files: nobody but their owner may read them, from the first start on.
#[test]
fn its_files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let mut bench = Bench::new("sqlite:outpace.db", dir.path()).await;
        bench.pause(1);
        bench.durable(1).await;
        for name in ["outpace.db", "outpace.db-wal", "outpace.db-shm"] {
            let mode = std::fs::metadata(dir.path().join(name)).expect("it is open").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
        }
    });
}
