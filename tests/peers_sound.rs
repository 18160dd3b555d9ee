//! Who hears whom. Three called parties are baresip, each with a tone of its own, three agents likewise: each pair
//! hears exactly the other, nobody else's tone is there, and the two-channel recording holds both.

mod real;

use real::baresip::{Baresip, Phone};
use real::campaign::{self, Options};
use real::dialer::{Dialer, Trunk};
use real::robot::Robot;
use real::{run, scratch, tone, wait_for, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const CUSTOMERS: [f64; 3] = [400.0, 620.0, 850.0];
const AGENTS: [f64; 3] = [1100.0, 1500.0, 1900.0];
/// Long enough for baresip to record some seconds both ways.
const TALK: Duration = Duration::from_secs(6);

#[test]
fn each_pair_hears_exactly_the_other() {
    let dir = scratch("peers-sound");
    let numbers: Vec<String> = (0..3).map(|n| format!("+861380013{n:04}")).collect();
    let callees: Vec<Baresip> = CUSTOMERS
        .iter()
        .enumerate()
        .map(|(n, hz)| Baresip::callee(&format!("callee{n}"), &numbers, &sine(&dir, *hz), &dir))
        .collect();
    let names = ["line-a", "line-b", "line-c"];
    let trunks: Vec<Trunk<'_>> = names
        .iter()
        .zip(&callees)
        .map(|(name, callee)| Trunk {
            name,
            port: callee.sip_port,
            channels: 1,
            calls_per_second: 5,
            credentials: None,
        })
        .collect();
    let mut dialer = Dialer::prepare(&dir, &trunks, None);
    campaign::write(&dialer.data, "sound", &Options::default());
    let list = dir.join("leads.csv");
    campaign::leads(&list, 0..3);
    dialer.command(&["import", "sound", list.to_str().unwrap()]);
    dialer.start(&dir);
    let id = dialer.post("/v1/campaigns", &json!({ "name": "sound" }))["id"].as_str().unwrap().to_owned();
    let mut robots: Vec<Robot> = ["anna", "bert", "cora"].map(|name| Robot::create(&dialer, name)).into();
    let phones: Vec<Baresip> = robots
        .iter()
        .zip(AGENTS)
        .map(|(r, hz)| {
            let sound = sine(&dir, hz);
            Baresip::start(
                &Phone { name: &r.name, password: &r.sip_secret, registrar: dialer.sip, sound: &sound },
                &dir,
            )
        })
        .collect();
    for robot in &robots {
        robot.login(&dialer, &id);
        robot.ready(&dialer);
    }
    wait_until("all three agents to be ready", Duration::from_secs(30), || {
        robots.iter().all(|r| r.state(&dialer) == "ready")
    });
    dialer.post(&format!("/v1/campaigns/{id}/start"), &Value::Null);

    wait_until("all three to talk at once", Duration::from_secs(30), || {
        robots.iter().all(|r| r.state(&dialer) == "talk")
    });
    let pairs: Vec<Value> = robots.iter().map(|r| r.view(&dialer)["call"].clone()).collect();
    let start = Instant::now();
    wait_until("them to have talked", Duration::from_secs(30), || start.elapsed() >= TALK);
    for robot in &mut robots {
        robot.steps_max = 0;
    }
    wait_until("all to be done", Duration::from_secs(30), || {
        robots.iter_mut().for_each(|robot| robot.work(&dialer));
        robots.iter().all(|r| r.state(&dialer) == "ready")
    });
    for robot in &robots {
        dialer.post(&format!("/v1/agents/{}/logout", robot.id), &Value::Null);
    }

    let customer_of = customers_by_call(&dialer, &pairs);
    for (n, phone) in phones.iter().enumerate() {
        let call = pairs[n]["call"].as_str().unwrap();
        let customer = customer_of[call];
        let heard = wait_for("the agent's recording", Duration::from_secs(10), || sounding(phone, 3.0));
        hears(&format!("agent {n}"), &heard, CUSTOMERS[customer], &strangers(CUSTOMERS[customer]));
        let heard = wait_for("the customer's recording", Duration::from_secs(10), || sounding(&callees[customer], 3.0));
        hears(&format!("customer {customer}"), &heard, AGENTS[n], &strangers(AGENTS[n]));
        two_channels(&dialer, &dir, call, CUSTOMERS[customer], AGENTS[n]);
    }
    dialer.stop();
}

/// Which callee had which call: by the trunk of its `invite_sent`.
fn customers_by_call(dialer: &Dialer, pairs: &[Value]) -> BTreeMap<String, usize> {
    let mut customers = BTreeMap::new();
    let trunks: Vec<String> = pairs
        .iter()
        .map(|p| {
            dialer.get(&format!("/v1/calls/{}", p["call"].as_str().unwrap()))["trunk"].as_str().unwrap().to_owned()
        })
        .collect();
    let ups = dialer.get("/v1/events?kind=trunk_went_up&limit=100");
    for (pair, trunk) in pairs.iter().zip(&trunks) {
        let up =
            ups["items"].as_array().unwrap().iter().find(|f| f["trunk"] == trunk.as_str()).expect("the trunk went up");
        let customer = ["line-a", "line-b", "line-c"].iter().position(|n| up["name"] == *n).unwrap();
        customers.insert(pair["call"].as_str().unwrap().to_owned(), customer);
    }
    assert_eq!(customers.values().collect::<std::collections::BTreeSet<_>>().len(), 3, "each callee in one call");
    customers
}

fn strangers(own: f64) -> Vec<f64> {
    CUSTOMERS.into_iter().chain(AGENTS).filter(|hz| *hz != own).collect()
}

/// What a phone heard in its longest call, once it holds so many seconds of sound.
fn sounding(phone: &Baresip, seconds: f64) -> Option<Vec<f64>> {
    let heard = phone.recordings("dec").iter().map(|path| tone::channel(path, 0)).max_by_key(Vec::len)?;
    let loud = heard.iter().filter(|s| s.abs() > 300.0).count() as f64 / 8000.0;
    (loud >= seconds * 0.5).then_some(heard)
}

fn hears(who: &str, samples: &[f64], own: f64, strangers: &[f64]) {
    let share = tone::share(samples, own);
    assert!(share > 0.9, "{who} hears {own} Hz in {:.0} % of what sounds", share * 100.0);
    for hz in strangers {
        let traces = tone::traces(samples, *hz);
        // The beep before a customer and the edges of a talk spurt are short; a stranger would sound for seconds.
        assert!(traces <= 4, "{who} hears {hz} Hz in {traces} windows of 100 ms");
    }
}

fn two_channels(dialer: &Dialer, dir: &Path, call: &str, customer: f64, agent: f64) {
    let path = dir.join(format!("{call}.wav"));
    let bytes = wait_for("the recording", Duration::from_secs(10), || {
        (dialer.try_get(&format!("/v1/calls/{call}/recording")).0 == 200)
            .then(|| dialer.bytes(&format!("/v1/calls/{call}/recording")))
    });
    std::fs::write(&path, bytes).unwrap();
    let (left, right) = (tone::channel(&path, 0), tone::channel(&path, 1));
    let seconds = left.len() as f64 / 8000.0;
    assert!(seconds > TALK.as_secs_f64() - 0.5, "recorded {seconds} s of a talk of {TALK:?}");
    hears("the recording's left channel", &left, customer, &strangers(customer));
    hears("the recording's right channel", &right, agent, &strangers(agent));
}

/// Ten minutes of a tone: baresip's call ends with its sound.
fn sine(dir: &Path, hz: f64) -> PathBuf {
    let path = dir.join(format!("{hz}.wav"));
    run(Command::new("sox").args(["-n", "-r", "8000", "-c", "1", "-b", "16"]).arg(&path).args([
        "synth",
        "600",
        "sine",
        &hz.to_string(),
        "gain",
        "-12",
    ]));
    path
}
