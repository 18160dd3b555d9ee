//! The store's figures: durable facts a second, leads imported a second, and what a lease costs in a list of a million.
//! `cargo bench --bench store` (SQLite on the disk of `TMPDIR`, and a PostgreSQL of its own with fsync on).
//! `cargo bench --bench store -- --leads 100000 --facts 50000` for a smaller run.

#[path = "../tests/support/postgres.rs"]
mod postgres;

use outpace::facts::*;
use outpace::store::*;
use outpace::words::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

const NOW: Wall = Wall(1_795_000_000_000_000);

fn main() {
    let argument = |name: &str, default: u64| {
        let mut args = std::env::args().skip_while(|arg| arg != name);
        args.nth(1).map_or(default, |value| value.parse().expect("a number follows"))
    };
    let (leads, facts) = (argument("--leads", 1_000_000), argument("--facts", 200_000));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let dir = tempfile::tempdir().expect("a temporary directory");
    runtime.block_on(measure("SQLite", "sqlite:bench.db", dir.path(), leads, facts));
    let server = postgres::Postgres::start_with(&["fsync=on", "shared_buffers=512MB", "max_wal_size=4GB"]);
    let url = server.database("bench");
    runtime.block_on(measure("PostgreSQL", &url, dir.path(), leads, facts));
}

async fn measure(name: &str, url: &str, dir: &Path, leads: u64, facts: u64) {
    let store = Store::open(url, dir).await.expect("the store opens");
    let owner = store.take_node(0, NOW).await.expect("the node is free");
    let campaign = campaign(&store).await;
    let took = import(&store, campaign, leads).await;
    println!(
        "{name:<11} import        {:>9.0} leads/s ({leads} in {:.1} s)",
        leads as f64 / took.as_secs_f64(),
        took.as_secs_f64()
    );
    lease(name, &store, campaign, owner).await;
    let mut scribe = Scribe { store: store.clone(), owner, mint: Mint::new(0, owner.epoch), seq: 0 };
    for group in [1, 16, 256, 4_096] {
        let count = facts.min(group as u64 * 400);
        let (written, took, worst) = scribe.write(campaign, count, group).await;
        println!(
            "{name:<11} facts by {group:>4} {:>9.0} facts/s, worst commit {:.1} ms",
            written as f64 / took.as_secs_f64(),
            worst.as_secs_f64() * 1e3
        );
    }
    let at = Instant::now();
    let count = store.each_fact(&FactFilter::default(), |_| {}).await.expect("facts");
    println!("{name:<11} read back     {:>9.0} facts/s", count as f64 / at.elapsed().as_secs_f64());
    let at = Instant::now();
    let owner = store.take_node(0, NOW).await.expect("taken again");
    let standing = store.recover(owner, &BTreeMap::from([(campaign, Wall(0))])).await.expect("recovery");
    println!(
        "{name:<11} recovery      {:>9.1} ms ({} open calls)",
        at.elapsed().as_secs_f64() * 1e3,
        standing.open_calls.len()
    );
    store.close().await;
}

async fn campaign(store: &Store) -> CampaignId {
    let files = BTreeMap::new();
    let (seller, client) = (SellerId(1), ClientId(1));
    let new = NewCampaign { name: "bench", version: "v", seller, client, spec: "{}", files: &files, now: NOW };
    store.put_campaign(&new).await.expect("a campaign")
}

async fn import(store: &Store, campaign: CampaignId, leads: u64) -> Duration {
    let row = |n: u64| NewLead {
        phone: Phone::e164(&format!("+1212{n:07}")).expect("E.164"),
        zones: vec!["America/New_York".to_owned()],
        name: Some(format!("Person {n}")),
        lang: None,
        callback_at: None,
        fields: BTreeMap::from([("city".to_owned(), "Springfield".to_owned()), ("plan".to_owned(), "gold".to_owned())]),
    };
    let at = Instant::now();
    let mut import = store.begin_import(campaign, "bench", NOW).await.expect("an import");
    let mut next = 0;
    while next < leads {
        let chunk: Vec<NewLead> = (next..(next + 2_500).min(leads)).map(row).collect();
        next += chunk.len() as u64;
        import.push(&chunk).await.expect("rows");
    }
    import.finish(leads, 0, NOW).await.expect("an import ends");
    at.elapsed()
}

async fn lease(name: &str, store: &Store, campaign: CampaignId, owner: Owner) {
    let policy = LeasePolicy { attempts_total: 6, attempts_per_day: 3, zone: "UTC".to_owned() };
    let mut took = Vec::new();
    for _ in 0..200 {
        let at = Instant::now();
        let lease = store.lease(campaign, 50, NOW, &policy, owner).await.expect("a lease");
        took.push(at.elapsed());
        assert_eq!(lease.leads.len(), 50);
    }
    took.sort_unstable();
    let ms = |at: usize| took[at].as_secs_f64() * 1e3;
    println!("{name:<11} lease of 50   {:>9.2} ms p50, {:.2} ms p99", ms(100), ms(198));
}

struct Scribe {
    store: Store,
    owner: Owner,
    mint: Mint,
    seq: u64,
}

impl Scribe {
    /// The facts of ordinary calls, in groups. Facts, time, the worst commit.
    async fn write(&mut self, campaign: CampaignId, count: u64, group: usize) -> (u64, Duration, Duration) {
        let mut facts = Vec::new();
        while (facts.len() as u64) < count {
            self.call(campaign, &mut facts);
        }
        let at = Instant::now();
        let mut worst = Duration::ZERO;
        for batch in facts.chunks(group) {
            let commit = Instant::now();
            self.store.append_as(self.owner, batch).await.expect("facts are written");
            worst = worst.max(commit.elapsed());
        }
        (facts.len() as u64, at.elapsed(), worst)
    }

    fn call(&mut self, campaign: CampaignId, out: &mut Vec<Write>) {
        let call: CallId = self.mint.next();
        let lead = LeadId(self.seq % 900_000 + 1);
        let text = |value: &str| value.to_owned();
        let facts = [
            Fact::CallPlaced {
                call,
                campaign,
                lead,
                attempt: 1,
                number_hash: format!("{:032x}", lead.0),
                zone: text("America/New_York"),
                rules: vec![text("us.hours"), text("us.attempts")],
                pack: text("us@1"),
            },
            Fact::InviteSent {
                call,
                leg: LegId(call.0),
                trunk: TrunkId(1),
                sip_call_id: format!("{call}@outpace"),
                caller_id: text("+12125550000"),
            },
            Fact::CallRinging { call, early_media: false },
            Fact::CallAnswered { call },
            Fact::GreetingStarted { call },
            Fact::GreetingEnded { call },
            Fact::CallClassified {
                call,
                verdict: Verdict::Human,
                why: text("amd.short_greeting_then_silence"),
                analysed_ms: 900,
            },
            Fact::CallBridged { call, agent: AgentId(1), waited_ms: 100, within: true },
            Fact::StepEntered { call, step: text("opener"), index: 0 },
            Fact::CallEnded {
                call,
                cause: Cause::Handled,
                sip: Some(200),
                q850: Some(16),
                by: Side::Customer,
                talk_ms: 60_000,
            },
            Fact::LeadClosed { campaign, lead, reason: LeadEnd::Worked },
        ];
        for fact in facts {
            self.seq += 1;
            let (centre, node, seq) = (CentreId(1), self.owner.node, self.seq);
            let moment = Moment(self.seq as i64 * 1_000);
            out.push(Write::Fact(Envelope {
                centre,
                node,
                seq,
                moment,
                wall: Wall(NOW.0 + moment.0),
                version: VERSION,
                fact,
            }));
        }
    }
}
