//! `kill -9` in the middle of a campaign, then a restart: no lead is dialed twice (I1), none is lost (I2), no record is
//! missing (I3), no abandoned call is unaccounted for (I4), KPIs and tables equal the facts (I9, I12). The carrier's
//! own log is the witness.

mod real;

use real::baresip::{Baresip, Phone};
use real::campaign::{self, Options};
use real::dialer::{Dialer, Trunk};
use real::robot::Robot;
use real::sipp::{CarrierCall, Sipp};
use real::{peers, run, scratch, udp_port, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LEADS: u32 = 60;

#[test]
fn kill_in_the_middle_and_go_on() {
    let dir = scratch("peers-kill");
    // Humans, machines, silence, refusals: calls of every stage are alive at any time.
    let carrier = Sipp::carrier("uas_carrier_mix", udp_port(), &dir, &[]);
    let trunk = Trunk { name: "mix", port: carrier.port, channels: 30, calls_per_second: 20, credentials: None };
    let mut dialer = Dialer::prepare(&dir, &[trunk], None);
    let options = Options { mode: "ratio", wrap_seconds_max: 3, ..Options::default() };
    campaign::write(&dialer.data, "kill", &options);
    let list = dir.join("leads.csv");
    // Every 100 / 60th ending: the whole mix.
    campaign::leads(&list, (0..LEADS).map(|n| n * 100 / LEADS));
    dialer.command(&["import", "kill", list.to_str().unwrap()]);
    dialer.start(&dir);
    let id = dialer.post("/v1/campaigns", &json!({ "name": "kill" }))["id"].as_str().unwrap().to_owned();
    let mut robots: Vec<Robot> = ["anna", "bert", "cora"].map(|name| Robot::create(&dialer, name)).into();
    let sound = long_sound(&dir);
    let mut phones = log_in(&dialer, &robots, &sound, &id, &dir);
    dialer.post(&format!("/v1/campaigns/{id}/start"), &Value::Null);

    let mut killed = 0;
    for talks in [3, 8] {
        wait_until("calls to be in every stage", Duration::from_secs(120), || {
            robots.iter_mut().for_each(|robot| robot.work(&dialer));
            let handled: usize = robots.iter().map(|r| r.calls.len()).sum();
            let talking = robots.iter().filter(|r| r.state(&dialer) == "talk").count();
            handled >= talks && talking >= 1
        });
        dialer.kill();
        killed += 1;
        drop(phones);
        dialer.start(&dir.join(format!("after-{killed}")).tap(|d| std::fs::create_dir_all(d).unwrap()));
        in_flight_is_zero_before_anything_goes_on(&dialer, &id);
        phones = log_in(&dialer, &robots, &sound, &id, &dir.join(format!("after-{killed}")));
    }
    wait_until("the rest of the list", Duration::from_secs(300), || {
        robots.iter_mut().for_each(|robot| robot.work(&dialer));
        let leads = &dialer.get(&format!("/v1/campaigns/{id}"))["leads"];
        leads["pending"] == 0 && leads["in_flight"] == 0
    });
    drop(phones);
    let calls = every_call(&dialer, &id);
    no_lead_twice_none_lost(&dialer, &id, &calls, &carrier);
    no_abandoned_call_unaccounted(&dialer, &calls);
    dialer.stop();
    let verified = dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "I9, I12: {verified}");
}

trait Tap: Sized {
    fn tap(self, look: impl FnOnce(&Self)) -> Self {
        look(&self);
        self
    }
}
impl Tap for PathBuf {}

fn long_sound(dir: &Path) -> PathBuf {
    let long = dir.join("agent_long.wav");
    run(Command::new("sox").arg(peers().join("media/agent.wav")).arg(&long).args(["repeat", "200"]));
    long
}

/// The phones register anew and the agents log in, as on a morning.
fn log_in(dialer: &Dialer, robots: &[Robot], sound: &Path, campaign: &str, dir: &Path) -> Vec<Baresip> {
    let phone = |r: &Robot| {
        Baresip::start(&Phone { name: &r.name, password: &r.sip_secret, registrar: dialer.sip, sound }, dir)
    };
    let phones = robots.iter().map(phone).collect();
    for robot in robots {
        robot.login(dialer, campaign);
        robot.ready(dialer);
    }
    wait_until("all agents to be at work", Duration::from_secs(30), || {
        robots.iter().all(|r| matches!(r.state(dialer).as_str(), "ready" | "talk" | "wrap"))
    });
    phones
}

/// I2: what was on its way when the program died is planned again at once: nobody is logged in yet, nothing dials.
fn in_flight_is_zero_before_anything_goes_on(dialer: &Dialer, id: &str) {
    wait_until("in flight to be zero", Duration::from_secs(60), || {
        let leads = &dialer.get(&format!("/v1/campaigns/{id}"))["leads"];
        // Leased for the next calls counts as in flight too, but none of them may have a call.
        let open = dialer.get(&format!("/v1/calls?campaign={id}&open=true"));
        open["items"].as_array().unwrap().is_empty() && leads["pending"].as_u64() > Some(0)
    });
}

fn every_call(dialer: &Dialer, id: &str) -> Vec<Value> {
    let page = dialer.get(&format!("/v1/calls?campaign={id}&limit=1000"));
    page["items"].as_array().unwrap().clone()
}

fn no_lead_twice_none_lost(dialer: &Dialer, id: &str, calls: &[Value], carrier: &Sipp) {
    // I1: the carrier saw each number at most once, however often the program died.
    let mut by_number: BTreeMap<String, Vec<CarrierCall>> = BTreeMap::new();
    for call in carrier.calls().into_values().filter(|c| c.invites > 0) {
        by_number.entry(call.dialed.clone()).or_default().push(call);
    }
    for (number, seen) in &by_number {
        let reached = seen.iter().filter(|c| c.last == Some(200) || c.provisional.iter().any(|p| *p > 100)).count();
        assert!(
            reached <= 1,
            "I1: the number ending in {} reached {reached} times: {seen:?}",
            &number[number.len() - 2..]
        );
    }
    // I3: each INVITE the carrier saw has exactly one record with a final state.
    let leads = dialer.get(&format!("/v1/leads?campaign={id}&limit=1000"));
    let leads = leads["items"].as_array().unwrap();
    let number_of: BTreeMap<&str, &str> =
        leads.iter().map(|l| (l["id"].as_str().unwrap(), l["phone"].as_str().unwrap())).collect();
    let mut records: BTreeMap<&str, u32> = BTreeMap::new();
    for call in calls {
        assert!(call["ended_at"].is_string() || call["withdrawn"] == true, "I3: no final state: {call}");
        if call["withdrawn"] != true {
            *records.entry(number_of[call["lead"].as_str().unwrap()]).or_default() += 1;
        }
    }
    for number in by_number.keys() {
        assert_eq!(
            records.get(number.as_str()),
            Some(&1),
            "I3: records of the number ending in {}",
            &number[number.len() - 2..]
        );
    }
    // I2: imported = closed + scheduled + excluded, nothing else is left.
    let counts = &dialer.get(&format!("/v1/campaigns/{id}"))["leads"];
    let sum: u64 =
        ["pending", "scheduled", "in_flight", "closed", "excluded"].iter().map(|k| counts[k].as_u64().unwrap()).sum();
    assert_eq!(sum, u64::from(LEADS), "I2: {counts}");
    assert_eq!(leads.len() as u32, LEADS, "I2");
}

/// I4: a person who answered and got nobody counts as abandoned, also when the process died in between.
fn no_abandoned_call_unaccounted(dialer: &Dialer, calls: &[Value]) {
    let mut interrupted = 0;
    for call in calls.iter().filter(|c| c["cause"] == "interrupted") {
        interrupted += 1;
        if call["answered_at"].is_string() && call["bridged_at"].is_null() {
            let timeline = dialer.get(&format!("/v1/calls/{}/timeline", call["id"].as_str().unwrap()));
            let judged = timeline.as_array().unwrap().iter().any(|f| f["kind"] == "call_abandoned");
            assert!(judged, "I4: {timeline}");
        }
    }
    assert!(interrupted > 0, "the kills hit calls that were alive");
    for call in calls.iter().filter(|c| c["answered_at"].is_string() && c["bridged_at"].is_null()) {
        let timeline = dialer.get(&format!("/v1/calls/{}/timeline", call["id"].as_str().unwrap()));
        let judged = timeline.as_array().unwrap().iter().any(|f| f["kind"] == "call_abandoned");
        assert!(judged, "I4: answered, not bridged, not judged: {timeline}");
    }
}
