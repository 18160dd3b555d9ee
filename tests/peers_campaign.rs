//! A hundred leads over three SIPp trunks (the carrier mix, one that challenges with 407, one that answers the BYE
//! late), three baresip agents: every lead has exactly one attempt with the right SIP cause, and the API's KPIs equal
//! those recomputed from the facts and from SIPp's own log. On SQLite and on PostgreSQL.

#[path = "support/postgres.rs"]
#[allow(dead_code, reason = "the store's stories use the rest")]
mod postgres;
mod real;

use real::baresip::{Baresip, Phone};
use real::campaign::{self, Options};
use real::dialer::{Dialer, Trunk};
use real::robot::Robot;
use real::sipp::{CarrierCall, Sipp};
use real::{peers, scratch, udp_port, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

#[test]
fn a_campaign_on_sqlite() {
    let dir = scratch("peers-sqlite");
    a_campaign(&dir, None);
}

#[test]
fn the_same_campaign_on_postgresql() {
    let dir = scratch("peers-postgres");
    let server = postgres::Postgres::start();
    a_campaign(&dir, Some(&server.database("campaign")));
}

fn a_campaign(dir: &Path, store: Option<&str>) {
    let carriers = [("uas_carrier_mix", "mix"), ("uas_auth_407", "challenging"), ("uas_delayed_bye", "late")];
    let sipp: Vec<Sipp> = carriers.iter().map(|(scenario, _)| Sipp::carrier(scenario, udp_port(), dir, &[])).collect();
    let trunks: Vec<Trunk<'_>> = carriers
        .iter()
        .zip(&sipp)
        .map(|((_, name), sipp)| Trunk {
            name,
            port: sipp.port,
            channels: 30,
            calls_per_second: 20,
            credentials: Some(("trunk", "trunkpass")),
        })
        .collect();
    let mut dialer = Dialer::prepare(dir, &trunks, store);
    campaign::write(&dialer.data, "peers", &Options { wrap_seconds_max: 5, ..Options::default() });
    let list = dir.join("leads.csv");
    campaign::leads(&list, 0..100);
    let imported: Value =
        serde_json::from_str(&dialer.command(&["import", "peers", list.to_str().unwrap(), "--json"])).unwrap();
    assert_eq!(
        (&imported["rows"], &imported["accepted"], &imported["rejected"]),
        (&json!(100), &json!(100), &json!(0))
    );

    dialer.start(dir);
    let made = dialer.post("/v1/campaigns", &json!({ "name": "peers" }));
    let id = made["id"].as_str().unwrap().to_owned();
    let mut robots: Vec<Robot> = ["anna", "bert", "cora"].map(|name| Robot::create(&dialer, name)).into();
    let sound = peers().join("media/agent.wav");
    let long = dir.join("agent_long.wav");
    real::run(std::process::Command::new("sox").arg(&sound).arg(&long).args(["repeat", "200"]));
    let phones: Vec<Baresip> = robots
        .iter()
        .map(|r| {
            Baresip::start(&Phone { name: &r.name, password: &r.sip_secret, registrar: dialer.sip, sound: &long }, dir)
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

    wait_until("every lead to be called once", Duration::from_secs(400), || {
        robots.iter_mut().for_each(|robot| robot.work(&dialer));
        let leads = &dialer.get(&format!("/v1/campaigns/{id}"))["leads"];
        leads["pending"] == 0 && leads["in_flight"] == 0 && robots.iter().all(|r| r.state(&dialer) == "ready")
    });

    let calls = all(&dialer, "/v1/calls", &id);
    one_attempt_each(&calls);
    causes_fit_the_carriers(&calls, &sipp);
    kpis_fit_the_carriers(&dialer, &id, &calls, &sipp);
    recordings_open(&dialer, &calls);
    drop(phones);
    let said = dialer.stop();
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.contains("13800130"), "a whole number stands in the log:\n{said}");
    let verified = dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "{verified}");
}

/// Every row behind a paged path.
fn all(dialer: &Dialer, path: &str, campaign: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let page = dialer.get(&format!("{path}?campaign={campaign}&limit=40{after}"));
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return rows,
        }
    }
}

fn one_attempt_each(calls: &[Value]) {
    let mut attempts: BTreeMap<&str, u32> = BTreeMap::new();
    for call in calls {
        *attempts.entry(call["lead"].as_str().unwrap()).or_default() += 1;
        assert!(call["ended_at"].is_string(), "a call without an end: {call}");
    }
    assert_eq!(attempts.len(), 100, "every lead was called");
    assert!(attempts.values().all(|n| *n == 1), "and once: {attempts:?}");
}

/// What each carrier did decides the cause; its log says what it did.
fn causes_fit_the_carriers(calls: &[Value], sipp: &[Sipp]) {
    let seen: BTreeMap<String, CarrierCall> = sipp.iter().flat_map(|s| s.calls()).collect();
    for call in calls {
        let call_id = call["sip_call_id"].as_str().unwrap_or_else(|| panic!("an INVITE left for {call}"));
        let carrier = seen.get(call_id).unwrap_or_else(|| panic!("the carrier knows {call_id} of {call}"));
        let expected = match carrier.last {
            Some(200) => json!(["handled", null]),
            Some(486) => json!(["busy", null]),
            Some(404) => json!(["invalid", "vacant"]),
            Some(487) => json!(["no_answer", null]),
            Some(503) => json!(["failed", "congestion"]),
            other => panic!("{other:?} at the carrier for {call}"),
        };
        // Special information tones in early media say more than the 404 after them.
        let cause = json!([call["cause"], call["cause_detail"]]);
        let heard_sit = cause == json!(["invalid", "sit"]) && (93..=95).contains(&ending(&carrier.dialed));
        assert!(cause == expected || heard_sit, "{carrier:?} but {call}");
        let challenged = carrier.invites > 1;
        assert!(carrier.invites <= 2, "{carrier:?}");
        assert!(
            !challenged || carrier.last == Some(200),
            "only the challenging trunk sees a second INVITE: {carrier:?}"
        );
    }
    let invited: usize = seen.values().filter(|c| c.invites > 0).count();
    let failed_over = seen.values().filter(|c| c.last == Some(503)).count();
    assert!(invited <= 100 + failed_over, "{invited} Call-IDs at the carriers for 100 attempts");
}

fn ending(dialed: &str) -> u32 {
    dialed[dialed.len() - 2..].parse().unwrap()
}

fn kpis_fit_the_carriers(dialer: &Dialer, id: &str, calls: &[Value], sipp: &[Sipp]) {
    let kpis = dialer.get(&format!("/v1/kpis:all?campaign={id}"));
    let num = |kpi: &str| kpis[kpi]["num"].as_f64().unwrap_or_else(|| panic!("{kpi} in {kpis}"));
    let last =
        |code: u16| sipp.iter().flat_map(|s| s.calls().into_values()).filter(|c| c.last == Some(code)).count() as f64;
    assert_eq!(num("dials"), 100.0);
    assert_eq!(num("connect_rate_all"), last(200), "answered: the API and SIPp's logs");
    assert_eq!(num("busy_rate"), last(486), "busy");
    assert_eq!(num("handled"), calls.iter().filter(|c| c["cause"] == "handled").count() as f64);
    let recomputed = dialer.command(&["verify", "--kpis"]);
    for (kpi, figure) in kpis.as_object().unwrap() {
        // Agents' time goes on while we look; everything about calls stands still.
        if kpi.contains("util")
            || kpi.contains("time")
            || kpi.contains("per_")
            || kpi.contains("ratio")
            || kpi.contains("occupancy")
            || kpi.contains("ready")
        {
            continue;
        }
        let line = recomputed
            .lines()
            .find(|l| l.split_whitespace().next() == Some(kpi))
            .unwrap_or_else(|| panic!("{kpi} in verify"));
        let recomputed: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert_eq!(Some(recomputed), figure["num"].as_f64(), "{kpi}: recomputed from facts");
    }
}

fn recordings_open(dialer: &Dialer, calls: &[Value]) {
    let handled: Vec<&Value> = calls.iter().filter(|c| c["cause"] == "handled").collect();
    assert!(handled.len() > 60, "most calls were handled: {}", handled.len());
    for call in handled {
        let bytes = dialer.bytes(&format!("/v1/calls/{}/recording", call["id"].as_str().unwrap()));
        let reader = hound::WavReader::new(std::io::Cursor::new(bytes)).expect("a WAV");
        assert_eq!(reader.spec().channels, 2);
    }
}
