//! The world fails in one way at a time, under load: each story says what is seen while it lasts (I14: the fault's name in
//! the log and in /readyz), that nothing is lost, and that dialing goes on without a hand when it is over (I15).
//! How long everything took is printed, not asserted: machines differ.

#[path = "kill/centre.rs"]
mod centre;
mod real;
#[path = "kill/robots.rs"]
mod robots;

use centre::{CHANNELS, Centre, carrier, judge};
use real::{Process, run, scratch, wait_until};
use robots::now_micros;
use serde_json::json;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

const AGENTS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

/// Some agents talk, some calls ring.
fn under_load(centre: &mut Centre) {
    wait_until("load", PATIENCE, || {
        centre.robots.work(&centre.dialer);
        centre.count("talk") >= 3
    });
}

/// INVITEs that the carrier has seen so far.
fn invites(centre: &Centre) -> usize {
    centre.carrier.calls().values().filter(|call| call.invites > 0).count()
}

/// INVITEs leave again, without anybody's doing.
fn dials_again(centre: &mut Centre) {
    let before = invites(centre);
    let began = Instant::now();
    wait_until("dialing to go on", PATIENCE, || {
        centre.robots.work(&centre.dialer);
        invites(centre) > before
    });
    println!("dialing again after {} ms", began.elapsed().as_millis());
}

fn is_named(centre: &Centre, fault: &str) {
    let began = Instant::now();
    wait_until(&format!("/readyz to name {fault}"), PATIENCE, || centre.dialer.ready_says().contains(fault));
    println!("{fault} is named after {} ms", began.elapsed().as_millis());
}

fn is_over(centre: &mut Centre, fault: &str) {
    let began = Instant::now();
    wait_until(&format!("{fault} to be over"), PATIENCE, || {
        centre.robots.work(&centre.dialer);
        !centre.dialer.ready_says().contains(fault)
    });
    println!("{fault} is over after {} ms", began.elapsed().as_millis());
}

/// SIGTERM, the end of the process, and what the judge finds.
fn ends_well(centre: Centre, started: u64) -> String {
    ends_well_after(centre, &[json!({ "n": "only", "started": started })])
}

/// `lives`: when each process began and ended, for the judge.
fn ends_well_after(mut centre: Centre, lives: &[serde_json::Value]) -> String {
    let process = centre.process.as_mut().expect("it runs");
    process.signal("TERM");
    let stopped = stops(&mut centre);
    assert!(stopped.success(), "it ends in order");
    let said = centre.process.take().expect("it ran").said();
    assert!(!said.contains("panicked"), "{said}");
    centre.phones_go();
    let verified = centre.dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "I9, I12: {verified}");
    centre.write_run();
    let mut told = std::fs::File::create(centre.dir.join("deaths.jsonl")).expect("the scratch folder is writable");
    for life in lives {
        writeln!(told, "{life}").expect("the scratch folder is writable");
    }
    centre.carrier.process.signal("INT");
    centre.carrier.process.wait("the carrier", Duration::from_secs(20));
    judge(&centre.dir);
    said
}

/// Robots go on working until the process has ended.
fn stops(centre: &mut Centre) -> std::process::ExitStatus {
    let began = Instant::now();
    loop {
        centre.robots.work(&centre.dialer);
        let process = centre.process.as_mut().expect("it runs");
        if let Some(status) = process.child.try_wait().expect("our own child") {
            return status;
        }
        assert!(began.elapsed() < PATIENCE, "it never stopped:\n{}", process.said());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Talks go on to their end, nothing new begins, nobody who talked is cut off.
#[test]
fn sigterm_under_load_drops_nobody() {
    let dir = scratch("fault-sigterm");
    let started = now_micros();
    let mut centre = Centre::open(&dir, AGENTS, 0, 1);
    under_load(&mut centre);
    let signalled = now_micros();
    let said = ends_well(centre, started);
    assert!(said.contains("stopping: no new calls"), "{said}");
    // The judge's tables again, for the one thing that is special here.
    let script = "import sqlite3,sys\nd=sqlite3.connect(sys.argv[1]);at=int(sys.argv[2])\n\
                  last=d.execute(\"SELECT MAX(wall) FROM fact WHERE kind='invite_sent'\").fetchone()[0]\n\
                  print('last INVITE %d ms after the signal' % ((last-at)/1000))\n\
                  cut=d.execute(\"SELECT COUNT(*) FROM call WHERE cause='interrupted'\").fetchone()[0]\n\
                  talks=d.execute('SELECT COUNT(*) FROM call WHERE bridged_at IS NOT NULL AND ended_at>?',(at,)).fetchone()[0]\n\
                  assert cut==0, cut\nassert talks>=1, 'nobody talked when the signal came'\n\
                  print(talks,'talks went on to their end')";
    let facts =
        run(Command::new("python3").args(["-c", script]).arg(dir.join("data/outpace.db")).arg(signalled.to_string()));
    println!("{facts}");
}

/// The machine is suspended, or somebody stops the process by mistake.
#[test]
fn a_stopped_process_goes_on_where_it_was() {
    let dir = scratch("fault-sigstop");
    let started = now_micros();
    let mut centre = Centre::open(&dir, AGENTS, 0, 2);
    under_load(&mut centre);
    let process = centre.process.as_ref().expect("it runs");
    process.signal("STOP");
    let stat = format!("/proc/{}/stat", process.id());
    let stopped = Instant::now();
    wait_until("it to stand still for a while", PATIENCE, || {
        let still = std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "));
        still && stopped.elapsed() > Duration::from_secs(20)
    });
    let process = centre.process.as_ref().expect("it runs");
    process.signal("CONT");
    dials_again(&mut centre);
    under_load(&mut centre);
    ends_well(centre, started);
}

/// Another program holds the database: no INVITE leaves meanwhile, for none could be recorded.
#[test]
fn a_locked_database_is_named_and_waited_out() {
    let dir = scratch("fault-locked");
    let started = now_micros();
    let mut centre = Centre::open(&dir, AGENTS, 0, 3);
    under_load(&mut centre);
    let script = "import sqlite3,sys\nd=sqlite3.connect(sys.argv[1],isolation_level=None,timeout=30)\n\
                  d.execute('BEGIN IMMEDIATE')\nprint('held',flush=True)\nsys.stdin.read()";
    let mut holder = Command::new("python3")
        .args(["-c", script])
        .arg(centre.dialer.data.join("outpace.db"))
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("python3 is there");
    is_named(&centre, "store_locked");
    let before = invites(&centre);
    let held = Instant::now();
    wait_until("a while", PATIENCE, || {
        centre.robots.work(&centre.dialer);
        held.elapsed() > Duration::from_secs(4)
    });
    assert_eq!(invites(&centre), before, "no INVITE leaves that cannot be recorded");
    drop(holder.stdin.take());
    holder.wait().expect("our own child");
    is_over(&mut centre, "store_locked");
    dials_again(&mut centre);
    let said = ends_well(centre, started);
    assert!(said.contains("store_locked"), "{said}");
}

/// The carrier is gone for a while, and comes back at the same address.
#[test]
fn a_carrier_that_goes_away_is_named_and_used_again() {
    let dir = scratch("fault-carrier");
    let mut centre = Centre::open(&dir, AGENTS, 1, 4);
    under_load(&mut centre);
    let port = centre.carrier.port;
    centre.carrier.process.signal("KILL");
    centre.carrier.process.wait("the carrier", Duration::from_secs(10));
    is_named(&centre, "trunk_down: witness");
    let second = dir.join("second");
    std::fs::create_dir_all(&second).expect("the scratch folder is writable");
    centre.carrier = carrier(&second, port);
    is_over(&mut centre, "trunk_down");
    dials_again(&mut centre);
    under_load(&mut centre);
    centre.process.as_mut().expect("it runs").signal("TERM");
    assert!(stops(&mut centre).success());
    let said = centre.process.take().expect("it ran").said();
    assert!(said.contains("a trunk is down") && said.contains("witness"), "{said}");
    let verified = centre.dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "{verified}");
}

/// All phones fall silent at once (a switch in the office died): nobody is offered a customer any more.
#[test]
fn phones_that_fall_silent_make_nobody_ready() {
    let dir = scratch("fault-phones");
    let started = now_micros();
    let mut centre = Centre::open(&dir, AGENTS, 0, 5);
    under_load(&mut centre);
    centre.phones_go();
    let began = Instant::now();
    wait_until("nobody to be ready", PATIENCE, || {
        centre.robots.work(&centre.dialer);
        centre.count("ready") == 0 && centre.count("no_device") >= AGENTS / 2
    });
    println!("nobody is ready after {} ms", began.elapsed().as_millis());
    ends_well(centre, started);
}

/// Open files and threads after a storm of calls are what they were before it (I13).
#[test]
fn nothing_is_left_open_after_a_storm() {
    let dir = scratch("fault-leaks");
    let started = now_micros();
    let mut centre = Centre::open(&dir, AGENTS, 0, 6);
    under_load(&mut centre);
    let open = |process: &Process| {
        let count = |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", process.id())).map_or(0, Iterator::count);
        (count("fd"), count("task"))
    };
    let before = open(centre.process.as_ref().expect("it runs"));
    let storm = invites(&centre) + 100;
    wait_until("a hundred calls", Duration::from_secs(300), || {
        centre.robots.work(&centre.dialer);
        invites(&centre) >= storm
    });
    let id = centre.campaign.clone();
    centre.dialer.post(&format!("/v1/campaigns/{id}/pause"), &serde_json::Value::Null);
    wait_until("rest", Duration::from_secs(90), || {
        centre.robots.work(&centre.dialer);
        let open = centre.robots.get(&centre.dialer, &format!("/v1/calls?campaign={id}&open=true"));
        open.is_some_and(|open| open["items"].as_array().is_some_and(Vec::is_empty))
    });
    wait_until("files to be closed", PATIENCE, || open(centre.process.as_ref().expect("it runs")).0 <= before.0);
    let after = open(centre.process.as_ref().expect("it runs"));
    println!("files and threads before {before:?}, after {after:?}; {CHANNELS} channels");
    assert!(after.1 <= before.1 + 2, "threads before {}, after {}", before.1, after.1);
    ends_well(centre, started);
}

/// A thread of SIP or sound panics under load: the process says which, fails, and places no call that would only use up
/// its lead's attempts; the next one ends what was up and goes on.
fn a_dead_thread_ends_the_process(name: &str, seed: u64, point: &str, thread: &str) {
    let dir = scratch(name);
    let first = now_micros();
    let mut centre = Centre::open(&dir, AGENTS, 0, seed);
    under_load(&mut centre);
    centre.process.as_ref().expect("it runs").signal("TERM");
    assert!(stops(&mut centre).success());
    let second = now_micros();
    let armed = [("OUTPACE_FAIL_AT", point)];
    centre.process = Some(centre.dialer.spawn(&dir.join("outpace-armed.log"), &armed));
    let status = stops(&mut centre);
    let died = now_micros();
    let said = centre.process.take().expect("it ran").said();
    assert!(!status.success(), "a failure, so that whoever keeps it running starts it again:\n{said}");
    assert!(said.contains(&format!("no more calls are placed: the thread {thread} panicked")), "{said}");
    let failed = "import sqlite3,sys\nd=sqlite3.connect(sys.argv[1])\n\
                  n=d.execute(\"SELECT COUNT(*) FROM call WHERE cause LIKE '%own_error%'\").fetchone()[0]\n\
                  assert n==0, '%d calls failed by our own fault' % n\nprint('none failed')";
    println!("{}", run(Command::new("python3").args(["-c", failed]).arg(dir.join("data/outpace.db"))));
    let third = now_micros();
    centre.process = Some(centre.dialer.spawn(&dir.join("outpace-last.log"), &[]));
    wait_until("outpace to be ready", PATIENCE, || centre.dialer.status("/readyz") == 200);
    dials_again(&mut centre);
    let lives = [
        json!({ "n": 0, "started": first }),
        json!({ "n": 1, "started": second, "died": died }),
        json!({ "n": "last", "started": third }),
    ];
    ends_well_after(centre, &lives);
}

#[test]
fn a_dead_sip_thread_ends_the_process_and_the_next_goes_on() {
    a_dead_thread_ends_the_process("fault-sip-thread", 7, "sip:answered:12:panic", "sip");
}

#[test]
fn a_dead_media_thread_ends_the_process_and_the_next_goes_on() {
    a_dead_thread_ends_the_process("fault-media-thread", 8, "media:opened:20:panic", "media-0");
}
