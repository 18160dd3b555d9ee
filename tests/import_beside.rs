//! A list imported by the command beside a running server: the engine, the KPIs and those who watch hear of it.

mod real;

use real::campaign::{self, Options};
use real::dialer::Dialer;
use real::{scratch, wait_until};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_list_imported_beside_a_running_server_is_heard_of() {
    let dir = scratch("import-beside");
    let mut dialer = Dialer::prepare(&dir, &[], None);
    campaign::write(&dialer.data, "beside", &Options::default());
    dialer.start(&dir);
    let id = dialer.post("/v1/campaigns", &json!({ "name": "beside" }))["id"].as_str().unwrap().to_owned();
    let list = dir.join("leads.csv");
    campaign::leads(&list, 0..30);

    dialer.command(&["import", "beside", list.to_str().unwrap()]);

    let facts = format!("/v1/events?campaign={id}&kind=leads_imported");
    assert_eq!(dialer.get(&facts)["items"][0]["accepted"], 30);
    wait_until("the engine to know of the new leads", Duration::from_secs(30), || {
        dialer.get(&format!("/v1/campaigns/{id}"))["leads"]["pending"] == 30
    });
    wait_until("the KPIs to know of the new leads", Duration::from_secs(30), || {
        dialer.get(&format!("/v1/kpis/list_penetration?campaign={id}"))["rows"][0]["den"] == 30
    });
    // The same through the API is told once, not twice.
    dialer.stop();
    assert!(dialer.command(&["verify"]).contains("agree"));
}
