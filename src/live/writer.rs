//! The bridge between the engine's outputs and the store: facts in groups, leases in their place among them,
//! `Durable` and `LeadsLeased` back. It drops nothing and never lets the engine wait.
//!
//! While one group is being committed, the next one gathers: that is the group commit. A fault of the store is named in
//! `Health`, waited out and tried again, in order. Meanwhile nothing becomes durable and nothing is leased, so no INVITE
//! leaves; what may still come is the rest of the calls in flight, and the queue has room for that.

use super::clock::wall_now;
use crate::engine::{Command, Input, Output};
use crate::store::{Health, LeasePolicy, Owner, Store, StoreError, Testament, Write, fail_point};
use crate::words::{CampaignId, LeadId, LegId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Of one transaction.
const GROUP_MAX: usize = 4_096;
/// Above this, health says that the store is behind. Nothing else has to happen: the engine counts calls whose record is
/// not on disk yet against the trunks' calls per second, so after as many of them it places no more by itself.
const QUEUE_HIGH: usize = 50_000;
/// All the room there is: the facts of some ten thousand calls. Above it the engine waits, and health says so.
const QUEUE_MAX: usize = 500_000;
/// Groups begin so far apart at the least: a busy engine's facts share one commit, an idle one's are written at once.
/// Durability of a call's record waits no longer than this and one commit.
const GATHER: Duration = Duration::from_millis(25);
const RETRY_FIRST: Duration = Duration::from_millis(20);
const RETRY_LAST: Duration = Duration::from_secs(1);
/// An idle store is asked so often whether it is there, and whether the node is still ours.
const LOOK: Duration = Duration::from_secs(2);

/// The queue is long: the store is slower than the engine, or away.
pub const FAULT_QUEUE: &str = "store_queue";
/// A campaign leases without `configure`: a mistake of ours.
pub const FAULT_POLICY: &str = "lease_policy";

enum Job {
    Write(Write),
    Lease { campaign: CampaignId, count: u32 },
    LeaseOne { campaign: CampaignId, lead: LeadId },
    Release { leads: Vec<LeadId> },
    Drain(oneshot::Sender<()>),
}

/// The writer's own life: its end, and why.
pub type Writing = JoinHandle<Result<(), StoreError>>;

/// The engine's end. Cheap to clone. When the last one is dropped, the task writes what is left and ends.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    health: Health,
    policies: Mutex<BTreeMap<CampaignId, LeasePolicy>>,
    depth: AtomicUsize,
    /// The fault of the queue stands.
    behind: AtomicBool,
}

impl Writer {
    /// Within a tokio runtime. `deliver` hands inputs to the engine's loop and must not block.
    /// The task ends with `Fenced` if a younger process took the node: then this one must stop. An error: the system gives
    /// no thread.
    pub fn start(
        store: Store,
        owner: Owner,
        health: Health,
        deliver: impl Fn(Input) + Send + Sync + 'static,
    ) -> std::io::Result<(Writer, Writing)> {
        Writer::start_with(store, owner, health, deliver, |_| {})
    }

    /// As `start`; `confirm` is told of every leg whose testament has come on disk, before any `Durable` of its group.
    pub fn start_with(
        store: Store,
        owner: Owner,
        health: Health,
        deliver: impl Fn(Input) + Send + Sync + 'static,
        confirm: impl Fn(LegId) + Send + Sync + 'static,
    ) -> std::io::Result<(Writer, Writing)> {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let shared = Arc::new(Shared {
            health,
            policies: Mutex::default(),
            depth: AtomicUsize::new(0),
            behind: AtomicBool::new(false),
        });
        let (deliver, confirm) = (Box::new(deliver), Box::new(confirm));
        let task = Task { store, owner, shared: shared.clone(), tickets: AtomicI64::new(1), deliver, confirm };
        Ok((Writer { queue, shared }, task.start(jobs)?))
    }

    /// Takes the outputs that are the store's matter and returns the others. Never waits for the store.
    pub fn carry_out(&self, output: Output) -> Option<Output> {
        match output {
            Output::Fact(envelope) => self.send(Job::Write(Write::Fact(envelope))),
            Output::Command(Command::KeepFields { call, lead, fields }) => {
                self.send(Job::Write(Write::KeepFields { call, lead, fields }));
            }
            Output::Command(Command::KeepNote { call, lead, note }) => {
                self.send(Job::Write(Write::KeepNote { call, lead, note }));
            }
            Output::Command(Command::KeepDecision { campaign, decision }) => {
                let body = serde_json::to_string(&*decision).expect("decisions always print as JSON");
                self.send(Job::Write(Write::KeepDecision { campaign, at: decision.at, body }));
            }
            Output::Command(Command::KeepTape { campaign, begun, tape }) => {
                self.send(Job::Write(Write::KeepTape { campaign, begun, piece: tape }));
            }
            Output::Command(Command::KeepLearned(row)) => self.send(Job::Write(Write::KeepLearned(row))),
            Output::Command(Command::ForgetLeg { leg }) => self.drop_testament(leg),
            Output::Command(Command::LeaseLeads { campaign, count }) => self.send(Job::Lease { campaign, count }),
            Output::Command(Command::LeaseLead { campaign, lead }) => self.send(Job::LeaseOne { campaign, lead }),
            Output::Command(Command::ReleaseLeads { campaign: _, leads }) => self.send(Job::Release { leads }),
            other => return Some(other),
        }
        None
    }

    /// How the next run ends this leg, should this one die. `confirm` of `start_with` follows.
    pub fn keep_testament(&self, testament: Testament) {
        self.send(Job::Write(Write::KeepTestament(testament)));
    }

    /// Nothing is left of the leg.
    pub fn drop_testament(&self, leg: LegId) {
        self.send(Job::Write(Write::DropTestament { leg }));
    }

    /// Where a user's phones are, for the next run.
    pub fn keep_bindings(&self, name: String, contacts: String) {
        self.send(Job::Write(Write::KeepBindings { name, contacts }));
    }

    /// How a campaign's leads may be leased. Before the campaign is started; again with each new version.
    pub fn configure(&self, campaign: CampaignId, policy: LeasePolicy) {
        self.shared.policies.lock().unwrap_or_else(PoisonError::into_inner).insert(campaign, policy);
    }

    /// Facts and orders that wait.
    pub fn depth(&self) -> usize {
        self.shared.depth.load(Ordering::Relaxed)
    }

    /// Returns when everything given before is on disk. False: the writer ended before.
    pub async fn drain(&self) -> bool {
        let (done, waiting) = oneshot::channel();
        self.send(Job::Drain(done));
        waiting.await.is_ok()
    }

    fn send(&self, job: Job) {
        let depth = self.shared.depth.fetch_add(1, Ordering::Relaxed) + 1;
        if depth == QUEUE_HIGH {
            self.shared.behind.store(true, Ordering::Relaxed);
            self.shared
                .raise(FAULT_QUEUE, &format!("{depth} facts wait for the store; no INVITE leaves before its own"));
        }
        match self.queue.try_send(job) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(job)) => {
                // Not reachable while calls in flight are bounded; if it is, waiting is better than losing a fact.
                self.shared.raise(FAULT_QUEUE, "the queue is full; the engine waits for the store");
                let _ended = self.queue.blocking_send(job);
            }
            // Fenced: this process has no say any more, and its host is stopping.
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }
}

impl Shared {
    fn raise(&self, name: &'static str, cause: &str) {
        if self.health.raise(name, cause, wall_now()) {
            tracing::error!(fault = name, "{cause}");
        }
    }

    fn clear(&self, name: &str) {
        if let Some(fault) = self.health.clear(name) {
            let seconds = wall_now().since(fault.since).as_secs_f64();
            tracing::info!(fault = name, seconds, "over");
        }
    }

    fn took(&self, jobs: usize) {
        let depth = self.depth.fetch_sub(jobs, Ordering::Relaxed) - jobs;
        if depth < QUEUE_HIGH / 2 && self.behind.swap(false, Ordering::Relaxed) {
            self.clear(FAULT_QUEUE);
        }
    }
}

struct Task {
    store: Store,
    owner: Owner,
    shared: Arc<Shared>,
    /// One for each asking for leads, so that a repeated asking undoes the one whose answer was lost.
    tickets: AtomicI64,
    deliver: Box<dyn Fn(Input) + Send + Sync>,
    confirm: Box<dyn Fn(LegId) + Send + Sync>,
}

impl Task {
    /// Writing in place has a thread of its own: it waits for the disk, and the engine wakes no worker of the runtime
    /// while a group gathers.
    fn start(self, jobs: mpsc::Receiver<Job>) -> std::io::Result<Writing> {
        if !self.store.writes_in_place() {
            return Ok(tokio::spawn(self.run(jobs)));
        }
        let (runtime, (ended, end)) = (tokio::runtime::Handle::current(), oneshot::channel());
        let writing = move || _ = ended.send(runtime.block_on(self.run(jobs)));
        std::thread::Builder::new().name("writer".to_owned()).spawn(writing)?;
        Ok(tokio::spawn(async move { end.await.expect("the writer does not panic") }))
    }

    async fn run(self, mut jobs: mpsc::Receiver<Job>) -> Result<(), StoreError> {
        let mut group: Vec<Job> = Vec::new();
        let mut next = tokio::time::Instant::now();
        loop {
            match tokio::time::timeout(LOOK, jobs.recv_many(&mut group, GROUP_MAX)).await {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    self.gather(next).await;
                    next = tokio::time::Instant::now() + GATHER;
                    while group.len() < GROUP_MAX
                        && let Ok(job) = jobs.try_recv()
                    {
                        group.push(job);
                    }
                    let taken = group.len();
                    self.work(std::mem::take(&mut group)).await?;
                    self.shared.took(taken);
                }
                Err(_idle) => {
                    self.until_done(|| self.store.holds(self.owner)).await?;
                }
            }
        }
    }

    /// A thread of its own simply sleeps: no timer of the runtime, and no worker that wakes for it.
    async fn gather(&self, until: tokio::time::Instant) {
        if self.store.writes_in_place() {
            std::thread::sleep(until.saturating_duration_since(tokio::time::Instant::now()));
        } else {
            tokio::time::sleep_until(until).await;
        }
    }

    /// One group: writes run together until a lease or a release comes between.
    async fn work(&self, group: Vec<Job>) -> Result<(), StoreError> {
        let mut writes = Vec::new();
        for job in group {
            match job {
                Job::Write(write) => writes.push(write),
                Job::Lease { campaign, count } => {
                    self.write(&mut writes).await?;
                    self.lease(campaign, count).await?;
                }
                Job::LeaseOne { campaign, lead } => {
                    self.write(&mut writes).await?;
                    self.lease_one(campaign, lead).await?;
                }
                Job::Release { leads } => {
                    self.write(&mut writes).await?;
                    self.until_done(|| self.store.release(&leads, self.owner)).await?;
                }
                Job::Drain(done) => {
                    self.write(&mut writes).await?;
                    let _nobody_waits_any_more = done.send(());
                }
            }
        }
        self.write(&mut writes).await
    }

    async fn write(&self, writes: &mut Vec<Write>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let seq = self.until_done(|| self.store.append_as(self.owner, writes)).await?;
        for write in writes.drain(..) {
            match write {
                Write::KeepTestament(testament) => (self.confirm)(testament.leftover.leg),
                Write::Fact(envelope) => fail_point("kept", envelope.fact.kind()),
                Write::KeepFields { .. }
                | Write::KeepNote { .. }
                | Write::KeepDecision { .. }
                | Write::KeepTape { .. }
                | Write::KeepLearned(_)
                | Write::DropTestament { .. }
                | Write::KeepBindings { .. } => {}
            }
        }
        if seq > 0 {
            (self.deliver)(Input::Durable { seq });
        }
        Ok(())
    }

    fn policy(&self, campaign: CampaignId) -> Option<LeasePolicy> {
        let policy = self.shared.policies.lock().unwrap_or_else(PoisonError::into_inner).get(&campaign).cloned();
        if policy.is_none() {
            self.shared.raise(FAULT_POLICY, &format!("campaign {campaign} leases leads and was never configured"));
        }
        policy
    }

    async fn lease_one(&self, campaign: CampaignId, id: LeadId) -> Result<(), StoreError> {
        let Some(policy) = self.policy(campaign) else { return Ok(()) };
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let ask = || self.store.lease_one(campaign, id, wall_now(), &policy, self.owner, ticket);
        let lead = self.until_done(ask).await?;
        (self.deliver)(Input::LeadLeased { campaign, id, lead });
        Ok(())
    }

    async fn lease(&self, campaign: CampaignId, count: u32) -> Result<(), StoreError> {
        let Some(policy) = self.policy(campaign) else { return Ok(()) };
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let ask = || self.store.lease_again(campaign, count, wall_now(), &policy, self.owner, ticket);
        let lease = self.until_done(ask).await?;
        fail_point("at", "leased");
        let (leads, next_due, counts) = (lease.leads, lease.next_due, lease.counts);
        (self.deliver)(Input::LeadsLeased { campaign, leads, next_due, counts });
        Ok(())
    }

    /// Tries until it is done, and says meanwhile what hinders. Only a fence ends it.
    async fn until_done<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, StoreError> {
        let mut pause = RETRY_FIRST;
        let mut raised: Vec<&'static str> = Vec::new();
        loop {
            let error = match attempt().await {
                Ok(done) => {
                    raised.iter().for_each(|name| self.shared.clear(name));
                    return Ok(done);
                }
                Err(error) => error,
            };
            let name = error.fault();
            self.shared.raise(name, &error.to_string());
            if let StoreError::Fenced { .. } = error {
                return Err(error);
            }
            raised.iter().filter(|other| **other != name).for_each(|other| self.shared.clear(other));
            raised = vec![name];
            // Also a statement that the database refuses is tried again: dropping its facts would be worse than waiting.
            tokio::time::sleep(if error.retryable() { pause } else { RETRY_LAST }).await;
            pause = (pause * 2).min(RETRY_LAST);
        }
    }
}
