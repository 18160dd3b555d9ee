//! A telesales call, told turn by turn: opener, an objection, the order, thanks.

use outpace::script::*;
use outpace::words::Lang;
use std::collections::BTreeMap;

fn sources() -> BTreeMap<String, String> {
    let shared = ["openers", "objections", "closings"];
    let mut sources: BTreeMap<String, String> = shared
        .iter()
        .map(|name| (format!("scripts/{name}.lua"), std::fs::read_to_string(format!("scripts/{name}.lua")).unwrap()))
        .collect();
    sources.insert("flow.lua".into(), std::fs::read_to_string("campaigns/telesales/flow.lua").unwrap());
    sources
}

fn host(seed: u64) -> Host {
    let names = ["order", "order_failed", "callback", "not_interested", "wrong_person", "opt_out"];
    let settings = FlowSettings {
        outcomes: names.iter().map(|s| (*s).to_owned()).collect(),
        currency: Some("USD".into()),
        ..FlowSettings::default()
    };
    Host::load(&sources(), settings, Limits::default(), seed).unwrap()
}

fn info() -> CallInfo {
    let lead = [("name", "Ann Lee"), ("address", "1 Main St"), ("city", "Albany")];
    CallInfo {
        id: "1".into(),
        campaign: "telesales".into(),
        attempt: 1,
        lead: lead.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        agent: Some("Bo".into()),
        ..CallInfo::default()
    }
}

fn step(turn: Turn) -> Step {
    match turn {
        Turn::Asks(Ask::Step(step)) => *step,
        other => panic!("a step was expected, not {other:?}"),
    }
}

fn choose(id: &str) -> Answer {
    Answer::Choice { id: id.into(), fields: Values::new() }
}

#[test]
fn an_objection_is_met_and_the_order_is_taken() {
    let mut host = host(1);
    let flow = host.start(info());
    let opener = step(host.resume(flow, Answer::Begin));
    assert_eq!((opener.name.as_str(), opener.kind), ("opener", StepKind::Opener));
    assert!(opener.text.get(Lang::En).starts_with("Hello Ann Lee, this is Bo from Clear Spring."));
    assert!(opener.text.get(Lang::ZhHans).starts_with("您好，Ann Lee"));
    assert_eq!(opener.objections.len(), 5);

    let offer = step(host.resume(flow, choose("yes")));
    assert_eq!((offer.name.as_str(), offer.kind), ("offer", StepKind::Step));
    let price = step(host.resume(flow, choose("objection:price")));
    assert_eq!((price.name.as_str(), price.kind), ("price", StepKind::Objection));
    let again = step(host.resume(flow, choose("continue")));
    assert_eq!(again.name, "offer");

    let closing = step(host.resume(flow, choose("tap")));
    assert_eq!((closing.name.as_str(), closing.kind), ("order", StepKind::Closing));
    assert!(closing.text.get(Lang::En).contains("1 Main St, Albany"));
    assert_eq!(step(host.resume(flow, choose("order"))).name, "order", "quantity is required: the same step again");
    let fields = Values::from([("quantity".into(), "2".into())]);
    let turn = host.resume(flow, Answer::Choice { id: "order".into(), fields });
    let Turn::Asks(Ask::Order { lines, fields }) = turn else { panic!("{turn:?}") };
    assert_eq!((lines[0].sku.as_str(), lines[0].quantity, lines[0].price.minor), ("CS-TAP", 2, 4990));
    assert_eq!(fields["address"], "1 Main St");

    assert_eq!(step(host.resume(flow, Answer::Order("7".into()))).name, "thanks");
    let turn = host.resume(flow, choose("done"));
    assert_eq!(turn, Turn::Finished(Finish { outcome: "order".into(), note: None, hang_up: false }));
    assert_eq!(host.flow_count(), 0);
    assert!(matches!(host.resume(flow, choose("done")), Turn::Failed(_)), "a flow that is over stays over");
}
