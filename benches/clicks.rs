//! 500 agents' pages: each listens to its own stream and clicks through a flow. How long from the click to the next step
//! on the page, while the whole server (HTTP, engine, store, streams) has one core.
//! `cargo bench --bench clicks` runs it for a minute; `-- --agents 50 --seconds 10 --think 2` for less.
//!
//! The server is a process of its own on core 0 (`taskset`), the listeners are this one. Customers pick up at once and
//! no sound flows: `rtp_bridge` measures that. Facts are written to SQLite as they are in service.

use outpace::api::{self, Api, CampaignShelf, Feed, LoginGuard, ShelfError, Taken};
use outpace::campaign::Settings;
use outpace::engine::*;
use outpace::kpi::Fold;
use outpace::live::clock::{Clock, wall_now};
use outpace::live::world::Inbox;
use outpace::live::writer::Writer;
use outpace::store::{Binding, Health, LeasePolicy, NewCampaign, Scope, Store};
use outpace::words::*;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::BufRead;
use std::process::{Command as Process, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const FLOW: &str = r#"
local says = {
	{ "yes", en = "Yes, go on", ["zh-Hans"] = "好的，请讲" }, { "later", en = "Call me later", ["zh-Hans"] = "改天再打" },
	{ "no", en = "Not interested", ["zh-Hans"] = "不感兴趣" }, { "wrong", en = "Wrong person", ["zh-Hans"] = "打错了" },
}
local text = { en = "Our tap filter gives 1,200 litres of clean water and is fitted in two minutes. May I send you one?",
	["zh-Hans"] = "我们的龙头净水器可以净化一千二百升水，两分钟就能装好。给您寄一个好吗？" }
return flow {
	objections = { objection("price", { text = "It costs less than you think." }), objection("time", { text = "One minute." }) },
	refused = "no",
	opener = function(call) end,
	pitch = function(call)
		for n = 1, 100000 do step(n % 2 == 0 and "offer" or "question", { text = text, choices = says }) end
	end,
	closing = function(call) finish("no") end,
}
"#;

const SETTINGS: &str = r#"
title = "Clicks"
currency = "CNY"
[seller]
name = "Clicks"
caller_id = "+862155550100"
callback_number = "+862155550100"
[hours]
zone = "Asia/Shanghai"
mon = "00:00-24:00"
tue = "00:00-24:00"
wed = "00:00-24:00"
thu = "00:00-24:00"
fri = "00:00-24:00"
sat = "00:00-24:00"
sun = "00:00-24:00"
[dialing]
mode = "progressive"
region = "CN"
ring_seconds_max = 14
ring_seconds_min = 5
[abandonment]
profile = "cn_default"
message = "sorry"
[outcomes.no]
title = "Not interested"
right_party = true
"#;

fn main() {
    let argument = |name: &str, default: u64| {
        let mut args = std::env::args().skip_while(|arg| arg != name);
        args.nth(1).map_or(default, |value| value.parse().expect("a number follows"))
    };
    let agents = argument("--agents", 500);
    if std::env::args().any(|arg| arg == "--server") {
        serve(agents);
        return;
    }
    let me = std::env::current_exe().expect("a program has a path");
    let mut server = Process::new("taskset")
        .args(["-c", "0"])
        .arg(me)
        .args(["--server", "--agents", &agents.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("taskset (util-linux) starts it");
    let mut lines = std::io::BufReader::new(server.stdout.take().expect("piped")).lines();
    let mut line = || lines.next().expect("the server says where it is").expect("in UTF-8");
    let address = line();
    let keys: Vec<(String, String)> = (0..agents)
        .map(|_| line().split_once(' ').map(|(agent, key)| (agent.to_owned(), key.to_owned())).expect("two words"))
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (seconds, think) = (argument("--seconds", 60), argument("--think", 5));
    let took = runtime.block_on(click(&address, &keys, Duration::from_secs(seconds), think as f64));
    let cpu = cpu_seconds(server.id());
    server.kill().expect("our own child");
    let _ = server.wait();
    report(took, agents, seconds, cpu);
}

fn report(mut took: Vec<Duration>, agents: u64, seconds: u64, cpu: f64) {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() as f64 * share) as usize).min(took.len() - 1)].as_secs_f64() * 1e3;
    println!(
        "{agents} pages, {} clicks in {seconds} s: click to next step p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms; the server's one core was busy {:.0} s",
        took.len(),
        at(0.5),
        at(0.99),
        at(1.0),
        cpu
    );
}

/// User and system time of a process so far (proc(5), fields 14 and 15, in hundredths).
fn cpu_seconds(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |nth: usize| fields.get(nth).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

// ── the pages ──

async fn click(address: &str, keys: &[(String, String)], length: Duration, think: f64) -> Vec<Duration> {
    let took: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let pages: Vec<_> = keys
        .iter()
        .zip(1..)
        .map(|((_, key), seed)| tokio::spawn(page(address.to_owned(), key.clone(), seed, think, took.clone())))
        .collect();
    // The first clicks meet pages that still connect.
    tokio::time::sleep(Duration::from_secs(5)).await;
    took.lock().expect("never held across a panic").clear();
    tokio::time::sleep(length).await;
    for page in &pages {
        assert!(!page.is_finished(), "a page lost its server");
        page.abort();
    }
    std::mem::take(&mut took.lock().expect("never held across a panic"))
}

async fn page(address: String, key: String, seed: u64, think: f64, took: Arc<Mutex<Vec<Duration>>>) {
    let mut stream = TcpStream::connect(&address).await.expect("the server listens");
    let head = format!("GET /v1/desk/stream HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut lines = BufReader::new(stream).lines();
    let mut clicks = TcpStream::connect(&address).await.expect("the server listens");
    let (mut clicked, mut turn) = (None, 0);
    let mut rng = rand_pcg::Pcg64::seed_from_u64(seed);
    let mut event = String::new();
    while let Some(line) = lines.next_line().await.expect("the stream goes on") {
        if let Some(name) = line.strip_prefix("event: ") {
            event = name.to_owned();
        }
        let Some(data) = line.strip_prefix("data: ").filter(|_| event == "view") else { continue };
        let arrived = Instant::now();
        let view: serde_json::Value = serde_json::from_str(data).expect("a view is JSON");
        let shown = view["call"]["turn"].as_u64().unwrap_or(0);
        if shown <= turn || view["call"]["step"].is_null() {
            continue;
        }
        if let Some(clicked) = clicked.take() {
            took.lock().expect("never held across a panic").push(arrived - clicked);
        }
        turn = shown;
        tokio::time::sleep(Duration::from_secs_f64(rng.random_range(0.2..2.0 * think))).await;
        let call = view["call"]["call"].as_str().expect("an id");
        let body = format!("{{\"turn\":{turn},\"choice\":\"yes\",\"fields\":{{}}}}");
        let request = format!(
            "POST /v1/calls/{call}/choice HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        clicked = Some(Instant::now());
        clicks.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = [0; 2048];
        let length = clicks.read(&mut answer).await.expect("it answers");
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }
}

// ── the server ──

fn serve(agents: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open("sqlite:clicks.db", dir.path()).await.expect("the store opens");
        let settings: Settings = outpace::campaign::check::check(SETTINGS).unwrap_or_else(|all| panic!("{}", all[0]));
        let campaign = campaign(&store, &settings, agents, dir.path()).await;
        let (records, keys) = people(&store, agents).await;
        let kpis = Arc::new(Mutex::new(Fold::new()));
        let feed = Feed::new(kpis.clone());
        let desk = start_engine(&store, &feed, spec(campaign, settings), records).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(Api {
            store,
            door: Arc::new(desk),
            feed,
            kpis,
            imports: outpace::api::Imports::new(0),
            shelf: Arc::new(NoShelf),
            faults: Arc::new(Vec::new),
            recordings: dir.path().to_owned(),
            uploads: dir.path().to_owned(),
            sip_realm: "bench".to_owned(),
            pauses: outpace::api::pauses::usual(),
            logins: LoginGuard::new(address),
            changing: tokio::sync::Mutex::default(),
            now: Arc::new(wall_now),
            preview: std::sync::OnceLock::new(),
        });
        println!("{address}");
        keys.iter().for_each(|(agent, key)| println!("{agent} {key}"));
        api::serve(listener, state, std::future::pending()).await.expect("it serves");
    });
}

struct NoShelf;

impl CampaignShelf for NoShelf {
    fn take(&self, name: &str) -> Result<Taken, ShelfError> {
        Err(ShelfError::Missing(name.to_owned()))
    }
}

async fn campaign(store: &Store, settings: &Settings, leads: u64, dir: &std::path::Path) -> CampaignId {
    let spec = serde_json::to_string(settings).expect("settings are JSON");
    let (seller, client, files) = (SellerId(1), ClientId(1), BTreeMap::new());
    let new = NewCampaign { name: "clicks", version: "1", seller, client, spec: &spec, files: &files, now: wall_now() };
    let id = store.put_campaign(&new).await.expect("kept");
    let mut list = "phone,name\n".to_owned();
    (0..leads + 100).for_each(|nth| writeln!(list, "+861990000{nth:04},Person {nth}").expect("a String takes all"));
    let file = dir.join("leads.csv");
    std::fs::write(&file, list).expect("writable");
    let row = store.campaign(id).await.expect("readable").expect("just made");
    store.import_file(&row, &file, wall_now(), |_| {}).await.expect("a good list");
    id
}

async fn people(store: &Store, agents: u64) -> (Vec<AgentRecord>, Vec<(AgentId, String)>) {
    let (mut records, mut keys) = (Vec::new(), Vec::new());
    for nth in 0..agents {
        let name = format!("agent{nth}");
        let made = store.create_agent(&name, Lang::En, "bench", wall_now()).await.expect("a new name");
        let binding = Binding { agent: Some(made.id), ..Binding::default() };
        let (_, key) = store.create_key(Scope::Agent, binding, wall_now()).await.expect("a key");
        records.push(AgentRecord { id: made.id, name, display: None, lang: Lang::En });
        keys.push((made.id, key));
    }
    (records, keys)
}

fn spec(id: CampaignId, settings: Settings) -> CampaignSpec {
    CampaignSpec {
        id,
        name: "clicks".to_owned(),
        version: "0011223344556677".to_owned(),
        seller: SellerId(1),
        client: ClientId(1),
        settings,
        sources: BTreeMap::from([("flow.lua".to_owned(), FLOW.to_owned())]),
        prompts: BTreeMap::from([("sorry".to_owned(), Duration::from_secs(5))]),
    }
}

/// Questions to the engine, as the program's own desk hands them on.
#[derive(Clone)]
struct Desk {
    inbox: Inbox,
    next: Arc<AtomicU64>,
    open: Arc<Mutex<BTreeMap<RequestId, Answered>>>,
}

impl Door for Desk {
    fn ask(&self, by: &str, request: Request, answered: Answered) {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        self.open.lock().expect("never held across a panic").insert(id, answered);
        self.inbox.put(Input::Request { id, by: by.to_owned(), request });
    }
}

/// Every phone is there, everybody who is called picks up at once, and nothing is heard.
struct BenchWorld {
    clock: Clock,
    inputs: crossbeam_channel::Receiver<(Moment, Input)>,
    desk: Desk,
    writer: Writer,
    feed: Feed,
}

impl World for BenchWorld {
    fn wait(&mut self, until: Option<Moment>) -> Wake {
        let deadline = until.unwrap_or(self.clock.now() + Duration::from_secs(1));
        match self.inputs.recv_deadline(self.clock.instant(deadline)) {
            Ok((at, input)) => Wake::Input(at, input),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => Wake::Timeout(self.clock.now()),
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => Wake::Over,
        }
    }

    fn carry_out(&mut self, _: Moment, output: Output) {
        self.feed.observe(&output);
        let Some(Output::Command(command)) = self.writer.carry_out(output) else { return };
        let tell = |leg, event| self.desk.inbox.put(Input::Leg { leg, event });
        if let Command::Reply { id, result } = command {
            let answered = self.desk.open.lock().expect("never held across a panic").remove(&id);
            if let Some(answered) = answered {
                answered(result);
            }
        } else if let Command::Dial { leg, call, .. } = command {
            tell(leg, LegEvent::InviteSent { sip_call_id: call.to_string() });
            tell(leg, LegEvent::Answered);
        } else if let Command::CallAgent { leg, .. } = command {
            tell(leg, LegEvent::Answered);
        } else if let Command::HangUp { leg } = command {
            tell(leg, LegEvent::Ended { by: Side::Us, q850: None });
        }
    }
}

/// Every agent signed in, ready, and soon with a customer.
async fn start_engine(store: &Store, feed: &Feed, spec: CampaignSpec, agents: Vec<AgentRecord>) -> Desk {
    let clock = Clock::start();
    let (inbox, inputs) = Inbox::new(clock);
    let owner = store.take_node(1, wall_now()).await.expect("the node is free");
    let deliver = inbox.clone();
    let (writer, _writing) = Writer::start(store.clone(), owner, Health::default(), move |input| deliver.put(input));
    let dialing = &spec.settings.dialing;
    let policy = LeasePolicy {
        attempts_total: dialing.attempts_total,
        attempts_per_day: dialing.attempts_per_day,
        zone: spec.settings.hours.zone.clone(),
    };
    writer.configure(spec.id, policy);
    let desk = Desk { inbox: inbox.clone(), next: Arc::new(AtomicU64::new(1)), open: Arc::default() };
    let campaign = spec.id;
    let trunk = TrunkRecord { id: TrunkId(1), name: "carrier".into(), channels: 2_000, calls_per_second: 100 };
    inbox.put(Input::WallClock { offset: clock.wall_offset() });
    inbox.put(Input::Recovered(Box::new(Recovered {
        centre: CentreId(1),
        node: owner.node,
        epoch: owner.epoch,
        agents: agents.clone(),
        trunks: vec![trunk],
        ..Recovered::default()
    })));
    inbox.put(Input::Trunk { trunk: TrunkId(1), event: TrunkEvent::Up });
    let ask = |request| desk.ask("bench", request, Box::new(|result| assert!(result.is_ok(), "{result:?}")));
    ask(Request::Configure(Arc::new(spec)));
    for agent in agents {
        inbox.put(Input::Phone { agent: agent.id, registered: true });
        ask(Request::Login { agent: agent.id, campaigns: vec![campaign] });
        ask(Request::Ready { agent: agent.id });
    }
    ask(Request::StartCampaign { campaign });
    let mut world = BenchWorld { clock, inputs, desk: desk.clone(), writer, feed: feed.clone() };
    std::thread::spawn(move || run(&mut Engine::new(1), &mut world));
    desk
}
