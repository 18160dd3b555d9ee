//! A full disk: named, waited out, nothing lost, and all goes on by itself when there is room.
//! The small disk is a tmpfs in a mount namespace of its own, in which this test runs itself once more.

use outpace::engine::{Input, Output};
use outpace::facts::*;
use outpace::live::writer::Writer;
use outpace::store::*;
use outpace::words::*;
use std::path::Path;
use std::process::Command;

const FACTS: u64 = 20_000;
const SMALL: &str = "OUTPACE_TEST_SMALL_DISK";

#[test]
fn a_full_disk_is_waited_out() {
    if let Ok(disk) = std::env::var(SMALL) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.expect("a runtime").block_on(fill(Path::new(&disk)));
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let us = std::env::current_exe().expect("a test is a program");
    let script = "mount -t tmpfs -o size=6m tmpfs \"$1\" && exec \"$2\" --exact a_full_disk_is_waited_out --nocapture";
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let namespace = if root { "-m" } else { "-rm" };
    let ran = Command::new("unshare")
        .args([namespace, "sh", "-c", script, "sh"])
        .args([dir.path(), &us])
        .env(SMALL, dir.path())
        .output()
        .expect("unshare is part of util-linux");
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
}

async fn fill(disk: &Path) {
    let store = Store::open("sqlite:t.db", disk).await.expect("the store opens");
    let owner = store.take_node(0, Wall(1)).await.expect("the node is free");
    let health = Health::default();
    let (tell, mut inputs) = tokio::sync::mpsc::unbounded_channel();
    let deliver = move |input| tell.send(input).expect("the test listens");
    let (writer, _task) = Writer::start(store.clone(), owner, health.clone(), deliver).expect("a thread more");
    for seq in 1..=FACTS {
        let fact = Fact::CampaignPaused { campaign: CampaignId(1), by: "t".repeat(100), reason: Reason::new("test") };
        let (centre, moment, wall) = (CentreId(1), Moment(0), Wall(1));
        let envelope = Envelope { centre, node: 0, seq, moment, wall, version: VERSION, fact };
        assert!(writer.carry_out(Output::Fact(envelope)).is_none());
    }
    while !health.faults().iter().any(|fault| fault.name == "store_full") {
        tokio::task::yield_now().await;
    }
    let refused = store.create_agent("a", Lang::En, "r", Wall(1)).await.expect_err("no room");
    assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
    store.ping().await.expect("reading goes on");

    let grown = Command::new("mount").args(["-o", "remount,size=100m"]).arg(disk).status().expect("mount");
    assert!(grown.success());
    loop {
        if let Some(Input::Durable { seq: FACTS }) = inputs.recv().await {
            break;
        }
    }
    while !health.faults().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.each_fact(&FactFilter::default(), |_| {}).await, Ok(FACTS));
    assert_eq!(store.check().await, Ok(vec![]));
}
