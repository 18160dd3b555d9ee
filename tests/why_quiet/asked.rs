//! Asking in mid-run: the simulated world stopped at a moment, and the API over what it showed.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use outpace::api::{self, Api, CampaignShelf, Feed, ShelfError, Taken};
use outpace::engine::{
    Answered, CampaignSpec, CampaignView, DecisionView, Door, Engine, Input, LedgerEntry, Machine, Output, View, Wake,
    World, run,
};
use outpace::kpi::Fold;
use outpace::sim::{Scenario, SimWorld};
use outpace::store::{NewCampaign, Scope, Store, Write};
use outpace::words::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// Ends at a moment, and gives the engine a past.
struct Until<'a> {
    world: SimWorld<'a>,
    ends: Moment,
    ledger: Vec<LedgerEntry>,
    campaign: CampaignId,
}

impl World for Until<'_> {
    fn wait(&mut self, until: Option<Moment>) -> Wake {
        if self.world.now() >= self.ends {
            return Wake::Over;
        }
        match self.world.wait(until) {
            Wake::Input(now, Input::Recovered(mut known)) => {
                known.ledgers.insert(self.campaign, std::mem::take(&mut self.ledger));
                Wake::Input(now, Input::Recovered(known))
            }
            other => other,
        }
    }

    fn carry_out(&mut self, now: Moment, output: Output) {
        self.world.carry_out(now, output);
    }
}

/// What the campaign shows so many seconds after the start.
pub fn in_mid_run(day: &Scenario, spec: CampaignSpec, ledger: Vec<LedgerEntry>, at: f64) -> CampaignView {
    let campaign = spec.id;
    beside(day, vec![spec], campaign, ledger, at)
}

/// What the first of several campaigns shows; `ledger` is the past of `of`.
pub fn beside(
    day: &Scenario,
    specs: Vec<CampaignSpec>,
    of: CampaignId,
    ledger: Vec<LedgerEntry>,
    at: f64,
) -> CampaignView {
    let campaign = specs[0].id;
    let world = SimWorld::new(day, specs, Box::new(|_| ()));
    let mut until = Until { world, ends: Moment((at * 1e6) as i64), ledger, campaign: of };
    run(&mut Engine::new(day.seed), &mut until);
    assert_eq!(until.world.checks.violations, [], "no rule is broken meanwhile");
    until.world.campaign_view(campaign).expect("it was configured").clone()
}

/// What a store would have kept of the whole run, and when the run began.
pub fn whole_run(day: &Scenario, spec: CampaignSpec) -> (Vec<DecisionView>, Wall) {
    let mut world = SimWorld::new(day, vec![spec], Box::new(|_| ()));
    let mut engine = Engine::new(day.seed);
    let start = match world.wait(None) {
        Wake::Input(now, input @ Input::WallClock { offset }) => {
            engine.handle(now, input);
            Wall(offset)
        }
        _ => panic!("the clock comes first"),
    };
    run(&mut engine, &mut world);
    (world.decided.iter().map(|(_, decision)| decision.clone()).collect(), start)
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

struct Nobody;

impl Door for Nobody {
    fn ask(&self, _by: &str, _request: outpace::engine::Request, _answered: Answered) {
        panic!("nothing is ordered here");
    }
}

impl CampaignShelf for Nobody {
    fn take(&self, name: &str) -> Result<Taken, ShelfError> {
        Err(ShelfError::Missing(Reason::new("folder.not_a_name").with("campaign", name)))
    }
}

/// An API over a store, without an engine: views are put into its feed.
pub struct House {
    router: axum::Router,
    store: Store,
    feed: Feed,
    campaign: CampaignId,
    key: String,
    faults: Arc<Mutex<Vec<(String, String)>>>,
    _dir: tempfile::TempDir,
}

impl House {
    pub async fn open() -> House {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open("sqlite:outpace.db", dir.path()).await.expect("a store");
        let files = BTreeMap::new();
        let (seller, client, now) = (SellerId(1), ClientId(1), Wall(0));
        let new = NewCampaign { name: "filters", version: "1", seller, client, spec: "{}", files: &files, now };
        let campaign = store.put_campaign(&new).await.expect("kept");
        let (_, key) = store.create_key(Scope::Admin, Default::default(), Wall(0)).await.expect("a key");
        let kpis = Arc::new(Mutex::new(Fold::new()));
        let feed = Feed::new(kpis.clone());
        let faults: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let seen = faults.clone();
        let state = Arc::new(Api {
            store: store.clone(),
            door: Arc::new(Nobody),
            feed: feed.clone(),
            kpis,
            imports: api::Imports::new(0),
            shelf: Arc::new(Nobody),
            faults: Arc::new(move || seen.lock().expect("one thread").clone()),
            recordings: dir.path().to_owned(),
            uploads: dir.path().to_owned(),
            sip_realm: "test".to_owned(),
            pauses: outpace::api::pauses::usual(),
            logins: api::LoginGuard::new("127.0.0.1:8080".parse().expect("an address")),
            changing: Default::default(),
            now: Arc::new(|| Wall(0)),
            preview: std::sync::OnceLock::new(),
        });
        House { router: api::router(state), store, feed, campaign, key, faults, _dir: dir }
    }

    pub fn shows(&self, mut view: CampaignView) {
        view.campaign = self.campaign;
        self.feed.observe(&Output::View(View::Campaign(Box::new(view))));
    }

    pub fn fails(&self, name: &str, cause: &str) {
        self.faults.lock().expect("one thread").push((name.to_owned(), cause.to_owned()));
    }

    pub async fn logs(&self, decided: &[DecisionView]) {
        let writes: Vec<Write> = decided
            .iter()
            .map(|one| {
                let body = serde_json::to_string(one).expect("decisions are JSON");
                Write::KeepDecision { campaign: self.campaign, at: one.at, body }
            })
            .collect();
        self.store.append(&writes).await.expect("written");
    }

    /// The sentence, or the problem's detail.
    pub async fn why(&self, lang: &str, at: &str) -> String {
        let query = if at.is_empty() { String::new() } else { format!("?at={at}") };
        let request = Request::get(format!("/v1/campaigns/{}/pacing{query}", self.campaign))
            .header("Authorization", format!("Bearer {}", self.key))
            .header("Accept-Language", lang)
            .body(Body::empty())
            .expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        let body: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let field = if status == StatusCode::OK { "why" } else { "detail" };
        body[field].as_str().unwrap_or_else(|| panic!("{status}: {body}")).to_owned()
    }
}
